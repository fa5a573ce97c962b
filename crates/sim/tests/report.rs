//! Reports say what was found, all of it, in documents that are well formed and need nothing else.

mod sample;

use sample::played;
use sim::report::{Colours, page, summary, swim_lanes, table, to_json};

/// Every tag is closed in its turn; gives how many elements there are.
fn elements(document: &str) -> usize {
    let mut open: Vec<&str> = Vec::new();
    let mut count = 0;
    let body = document.strip_prefix("<!DOCTYPE html>").unwrap_or(document);
    let mut rest = body;
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>') || open.last() == Some(&"style"), "a bare `>` in {:?}", &rest[..at]);
        let end = rest[at..].find('>').expect("a tag ends") + at;
        let tag = &rest[at + 1..end];
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap();
        match tag {
            _ if tag.starts_with('/') => assert_eq!(open.pop(), Some(name), "closed in another order"),
            _ if tag.ends_with('/') => count += 1,
            _ => {
                assert_eq!(tag.matches('"').count() % 2, 0, "an open quote in {tag:?}");
                open.push(name);
                count += 1;
            }
        }
        rest = &rest[end + 1..];
    }
    assert_eq!(open, Vec::<&str>::new(), "never closed");
    count
}

#[test]
fn a_page_has_everything_and_needs_nothing() {
    let run = played(true);
    let page = page(std::slice::from_ref(&run));
    assert!(elements(&page) > 200);
    for wanted in [
        "FAILED",
        "County cut off from the city for a day &lt;b&gt;&amp;",
        "invariant I1 broken",
        "SKIPPED",
        "a disk cannot rot at fidelity core",
        "tongban scenario replay",
        "济宁市",
        "任城区",
        "broken</strong> first at day 1 09:01:15.000",
        "Never do two offices handle the same application at once.",
        "not yet: mirrors and papers",
        "not met</strong>; found: owned by city, received",
        "village → county → village",
        "decision due 2026-03-30",
        "370811002001-260302-A-00001-7",
        "cut off from city &lt;both ways&gt; &amp; &quot;quoted&quot;",
        &run.trace.to_string(),
        "@media print",
        "width=device-width",
    ] {
        assert!(page.contains(wanted), "the page lacks {wanted}");
    }
    assert!(!page.contains("<script"), "no script is needed");
    let elsewhere = page.replace("http://www.w3.org/2000/svg", "");
    for outside in ["http://", "https://", "src=", "@import", "url(h"] {
        assert!(!elsewhere.contains(outside), "the page asks for something outside: {outside}");
    }
}

#[test]
fn many_runs_have_an_index_with_a_row_each() {
    let runs = [played(false), played(true), played(false)];
    let page = page(&runs);
    elements(&page);
    assert!(page.contains("3 runs: <span class=\"bad\">2 passed, 1 failed"));
    for at in 0..3 {
        assert!(page.contains(&format!("href=\"#run-{at}\"")) && page.contains(&format!("id=\"run-{at}\"")));
    }
}

#[test]
fn the_lanes_show_owners_moves_and_faults_and_fit_their_frame() {
    let svg = swim_lanes(&played(true));
    elements(&svg);
    assert_eq!(svg.matches("class=\"lane").count(), 1 + 4, "the picture and a lane for each of four units");
    assert_eq!(svg.matches("class=\"move\"").count(), 3, "shop to the county and back, stall to the city");
    assert_eq!(svg.matches("rect class=\"fault\"").count(), 3);
    // A band of no unit touches everyone.
    assert_eq!(svg.matches("class=\"band\"").count(), 2 + 1 + 4);
    assert!(svg.contains("// 23 h"), "the quiet day is drawn short: {svg}");
    for x in svg.split(" x=\"").skip(1).filter_map(|rest| rest.split('"').next()?.parse::<f64>().ok()) {
        assert!((0.0..=1200.0).contains(&x), "{x} lies outside");
    }
}

#[test]
fn a_run_without_anything_is_still_a_page() {
    let mut run = played(false);
    run.units.clear();
    run.lines.clear();
    run.bands.clear();
    run.cases.clear();
    run.expectations.clear();
    run.invariants.clear();
    run.faults.clear();
    run.ended = run.started;
    elements(&page(&[run]));
    elements(&page(&[]));
}

#[test]
fn a_terminal_is_told_failures_and_never_steered() {
    let mut run = played(true);
    run.title = "a\u{1b}[2Jb".into();
    let plain = summary(&run, Colours::None);
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    for wanted in [
        "FAILED: a [2Jb (consensus, seed 7)",
        "1 d of true time; 58 commands, 3 cases, 41 mail; 12 acts answered, 1 unknown",
        "faults: cut 38, crash 1, advance 1",
        "SKIPPED: line 14",
        "expectations: 1 of 2 met",
        "not met: line 25",
        "invariants: 13 held, 1 broken, 2 not built yet",
        "I1 broken at day 1 09:01:15.000",
        "again: tongban scenario replay",
    ] {
        assert!(plain.contains(wanted), "lacks {wanted}:\n{plain}");
    }
    assert!(summary(&run, Colours::Ansi).contains("\u{1b}[31mFAILED"));
    let all = table(&[played(true), played(false)], Colours::None);
    let first = all.lines().next().unwrap_or_default();
    assert!(first.starts_with("passed"), "{all}");
    assert!(all.contains("  1 SKIPPED\n"), "{all}");
    let last = all.lines().last().unwrap_or_default();
    assert!(last.trim_start().starts_with("again: tongban scenario replay scenarios/"), "{all}");
}

#[test]
fn json_has_what_the_page_has() {
    let json: serde_json::Value = serde_json::from_str(&to_json(&[played(true)]).unwrap()).unwrap();
    assert_eq!(json[0]["passed"], false);
    assert_eq!(json[0]["faults"]["cut"], 38);
    assert_eq!(json[0]["cases"][0]["held"][0]["role"], "owner");
    assert_eq!(json[0]["trace"].as_str().map(str::len), Some(64));
}
