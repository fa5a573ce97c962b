//! A run as swim lanes: one for each unit, true time from left to right, faults as bands, each case's path as bars and arrows.
//!
//! Quiet stretches are drawn short, with a mark that says how long they are: else thirty days would hide ten seconds.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use domain::ids::UnitId;
use domain::time::Timestamp;

use crate::play::{CasePath, Held, Played, Verdict};

use super::{escape, lasting, moment};

const WIDTH: f64 = 1200.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = 20.0;
const AXIS: f64 = 26.0;
const ROW: f64 = 15.0;
/// More cases are not told apart in a picture; the page's tables have all.
const MOST_CASES: usize = 16;
/// A gap longer than this is drawn short.
const LONG_GAP_MILLIS: f64 = 60_000.0;

const COLOURS: [&str; 8] = ["#1f6f8b", "#8a5a00", "#4f7a28", "#8b3a62", "#3b4ba3", "#a0522d", "#00695c", "#6a4c93"];

/// The axis: moments at which something happens, and where each is drawn.
struct Axis {
    points: Vec<(Timestamp, f64)>,
    /// Gaps that are drawn short.
    breaks: Vec<(Timestamp, Timestamp)>,
}

impl Axis {
    fn of(played: &Played) -> Self {
        let mut moments: Vec<Timestamp> = vec![played.started, played.ended.max(played.started)];
        moments.extend(played.bands.iter().flat_map(|band| [band.from, band.to]));
        moments.extend(played.cases.iter().flat_map(|case| case.held.iter().flat_map(|held| [held.from, held.to])));
        moments.extend(played.lines.iter().map(|line| line.at));
        for moment in &mut moments {
            *moment = (*moment).clamp(played.started, played.ended.max(played.started));
        }
        moments.sort_unstable();
        moments.dedup();
        let mut breaks = Vec::new();
        let mut at = 0.0;
        let mut points = vec![(moments[0], at)];
        for two in moments.windows(2) {
            let gap = (two[1].0 - two[0].0) as f64;
            at += if gap > LONG_GAP_MILLIS {
                breaks.push((two[0], two[1]));
                LONG_GAP_MILLIS / 4.0
            } else {
                gap
            };
            points.push((two[1], at));
        }
        let scale = (WIDTH - LEFT - RIGHT) / at.max(1.0);
        for (_, x) in &mut points {
            *x = LEFT + *x * scale;
        }
        Self { points, breaks }
    }

    fn x(&self, at: Timestamp) -> f64 {
        let next = self.points.partition_point(|(moment, _)| *moment < at);
        match (next.checked_sub(1).and_then(|before| self.points.get(before)), self.points.get(next)) {
            (_, Some((moment, x))) if *moment == at => *x,
            (Some((from, left)), Some((to, right))) => {
                left + (right - left) * (at.0 - from.0) as f64 / (to.0 - from.0).max(1) as f64
            }
            (None, Some((_, x))) | (Some((_, x)), None) => *x,
            (None, None) => LEFT,
        }
    }
}

/// Lays stretches on rows so that none overlap.
#[derive(Default)]
struct Rows(Vec<f64>);

impl Rows {
    fn take(&mut self, left: f64, right: f64) -> usize {
        let free = self.0.iter().position(|end| *end <= left);
        let row = free.unwrap_or(self.0.len());
        match free {
            Some(row) => self.0[row] = right,
            None => self.0.push(right),
        }
        row
    }
}

/// What is drawn of a case's standing at a unit; former ones are not.
fn style(role: &str) -> Option<&'static str> {
    match role {
        "owner" => Some("owner"),
        "offering" => Some("offering"),
        "offered" | "prepared" => Some("held"),
        _ => None,
    }
}

struct Bar<'a> {
    case: usize,
    held: &'a Held,
    left: f64,
    right: f64,
    row: usize,
}

/// The picture; self-contained, to stand in a page or alone.
pub fn swim_lanes(played: &Played) -> String {
    let axis = Axis::of(played);
    let shown: Vec<&CasePath> = played.cases.iter().take(MOST_CASES).collect();
    let mut lanes: BTreeMap<UnitId, (Vec<Bar<'_>>, Rows)> = BTreeMap::new();
    for (case, path) in shown.iter().enumerate() {
        for held in path.held.iter().filter(|held| style(&held.role).is_some()) {
            let (left, right) = (axis.x(held.from), axis.x(held.to).max(axis.x(held.from) + 3.0));
            let (bars, rows) = lanes.entry(held.unit).or_default();
            let row = rows.take(left, right + 1.0);
            bars.push(Bar { case, held, left, right, row });
        }
    }
    let mut strip = Rows::default();
    let bands: Vec<(usize, f64, f64, &crate::play::Band)> = played
        .bands
        .iter()
        .map(|band| {
            let (left, right) = (axis.x(band.from), axis.x(band.to).max(axis.x(band.from) + 2.0));
            // The words need room too; they never leave the picture.
            let words = (left + 7.0 * words_width(&band.what)).min(WIDTH);
            (strip.take(left, right.max(words)), left, right, band)
        })
        .collect();

    let mut y = AXIS + strip.0.len() as f64 * ROW + 4.0;
    let mut tops: BTreeMap<UnitId, (f64, f64)> = BTreeMap::new();
    for unit in &played.units {
        let rows = lanes.get(&unit.unit).map_or(1, |(_, rows)| rows.0.len()).max(2) as f64;
        let height = rows * ROW + 10.0;
        tops.insert(unit.unit, (y, height));
        y += height;
    }
    let height = y + 6.0;

    let mut svg = String::new();
    let title = escape(&played.title);
    let _infallible = write!(
        svg,
        "<svg class=\"lanes\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH:.0} {height:.0}\" role=\"img\" \
         aria-label=\"Swim lanes: {title}\">\n<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\"/></marker></defs>\n"
    );
    for (at, unit) in played.units.iter().enumerate() {
        let Some((top, tall)) = tops.get(&unit.unit) else { continue };
        let shade = if at % 2 == 0 { "lane" } else { "lane odd" };
        let _infallible = write!(
            svg,
            "<rect class=\"{shade}\" x=\"0\" y=\"{top:.1}\" width=\"{WIDTH:.0}\" height=\"{tall:.1}\"/>\n\
             <text class=\"unit\" x=\"6\" y=\"{:.1}\">{}</text><text class=\"place\" x=\"6\" y=\"{:.1}\">{}</text>\n",
            top + 14.0,
            escape(&unit.alias),
            top + 28.0,
            escape(&last_name(&unit.name))
        );
    }
    draw_axis(&mut svg, played, &axis, height);
    for (row, left, right, band) in bands {
        let y = AXIS + row as f64 * ROW;
        let wide = right - left;
        let touched = played.units.iter().filter(|unit| band.units.is_empty() || band.units.contains(&unit.unit));
        for (top, tall) in touched.filter_map(|unit| tops.get(&unit.unit)) {
            let _infallible = writeln!(
                svg,
                "<rect class=\"band\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{tall:.1}\"/>"
            );
        }
        let what = escape(&band.what);
        let anchor = if left > WIDTH * 0.75 { ("end", WIDTH - 4.0) } else { ("start", left + 3.0) };
        let _infallible = writeln!(
            svg,
            "<rect class=\"fault\" x=\"{left:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{:.1}\"><title>{what}</title></rect>\
             <text class=\"fault\" text-anchor=\"{}\" x=\"{:.1}\" y=\"{:.1}\">{what}</text>",
            ROW - 2.0,
            anchor.0,
            anchor.1,
            y + ROW - 5.0
        );
    }
    let mut labelled = vec![false; shown.len()];
    for (unit, (bars, _)) in &lanes {
        let Some((top, _)) = tops.get(unit) else { continue };
        for bar in bars {
            draw_bar(&mut svg, played, shown[bar.case], bar, *top, &mut labelled[bar.case]);
        }
    }
    for (case, path) in shown.iter().enumerate() {
        draw_moves(&mut svg, case, path, &lanes, &tops);
    }
    for judged in &played.invariants {
        if let Verdict::Broken { at, .. } = &judged.verdict {
            let x = axis.x(*at);
            let _infallible = writeln!(
                svg,
                "<line class=\"broken\" x1=\"{x:.1}\" y1=\"{AXIS}\" x2=\"{x:.1}\" y2=\"{height:.1}\"/>\
                 <text class=\"broken\" x=\"{:.1}\" y=\"{:.1}\">{} broken</text>",
                (x + 3.0).min(WIDTH - 60.0),
                height - 4.0,
                escape(&judged.id)
            );
        }
    }
    svg.push_str("</svg>\n");
    if played.cases.len() > shown.len() {
        let more = played.cases.len() - shown.len();
        svg += &format!("<p class=\"note\">{more} more cases are not drawn; the table of cases has them.</p>\n");
    }
    svg
}

fn draw_axis(svg: &mut String, played: &Played, axis: &Axis, height: f64) {
    const APART: f64 = 95.0;
    let mut last = f64::MIN;
    for (at, x) in &axis.points {
        if x - last >= APART && *x <= WIDTH - APART * 0.8 {
            last = *x;
            let clock = moment(played, *at);
            let clock = clock.rsplit_once('.').map_or(clock.as_str(), |(clock, _)| clock);
            let _infallible = writeln!(
                svg,
                "<line class=\"tick\" x1=\"{x:.1}\" y1=\"16\" x2=\"{x:.1}\" y2=\"{height:.1}\"/><text class=\"tick\" x=\"{:.1}\" y=\"12\">{}</text>",
                x + 2.0,
                escape(clock)
            );
        }
    }
    for (from, to) in &axis.breaks {
        let x = (axis.x(*from) + axis.x(*to)) / 2.0;
        let _infallible = writeln!(
            svg,
            "<line class=\"gap\" x1=\"{x:.1}\" y1=\"{AXIS}\" x2=\"{x:.1}\" y2=\"{height:.1}\"/>\
             <text class=\"gap\" text-anchor=\"middle\" x=\"{x:.1}\" y=\"23\">// {}</text>",
            lasting(*from, *to)
        );
    }
}

fn draw_bar(svg: &mut String, played: &Played, path: &CasePath, bar: &Bar<'_>, top: f64, labelled: &mut bool) {
    let Some(class) = style(&bar.held.role) else { return };
    let y = top + 5.0 + bar.row as f64 * ROW;
    let wide = bar.right - bar.left;
    let colour = COLOURS[bar.case % COLOURS.len()];
    let words = format!(
        "{}: {} (attempt {}), {} to {}",
        path.label,
        bar.held.role,
        bar.held.attempt,
        moment(played, bar.held.from),
        moment(played, bar.held.to)
    );
    let _infallible = write!(
        svg,
        "<rect class=\"{class}\" style=\"--c:{colour}\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{:.1}\" rx=\"2\">\
         <title>{}</title></rect>",
        bar.left,
        ROW - 3.0,
        escape(&words)
    );
    let fits = wide > 7.0 * words_width(&path.label) + 6.0;
    if fits || !*labelled {
        *labelled = true;
        let (x, class) = if fits { (bar.left + 4.0, class) } else { (bar.right + 2.0, "beside") };
        let _infallible = write!(
            svg,
            "<text class=\"case {class}\" x=\"{x:.1}\" y=\"{:.1}\">{}</text>",
            y + ROW - 6.0,
            escape(&path.label)
        );
    }
    svg.push('\n');
}

/// An arrow from where a case was owned or offered to where it was owned next.
fn draw_moves(
    svg: &mut String,
    case: usize,
    path: &CasePath,
    lanes: &BTreeMap<UnitId, (Vec<Bar<'_>>, Rows)>,
    tops: &BTreeMap<UnitId, (f64, f64)>,
) {
    let mut stays: Vec<&Held> =
        path.held.iter().filter(|held| held.role == "owner" || held.role == "offering").collect();
    stays.sort_by_key(|held| (held.from, held.to));
    let place = |held: &Held| {
        let (bars, _) = lanes.get(&held.unit)?;
        let bar = bars.iter().find(|bar| bar.case == case && std::ptr::eq(bar.held, held))?;
        let (top, _) = tops.get(&held.unit)?;
        Some((bar.left, bar.right, top + 5.0 + bar.row as f64 * ROW + (ROW - 3.0) / 2.0))
    };
    for two in stays.windows(2).filter(|two| two[0].unit != two[1].unit) {
        let (Some((_, right, from)), Some((left, _, to))) = (place(two[0]), place(two[1])) else { continue };
        let colour = COLOURS[case % COLOURS.len()];
        let _infallible = writeln!(
            svg,
            "<path class=\"move\" style=\"--c:{colour}\" marker-end=\"url(#tip)\" d=\"M{right:.1} {from:.1} L{:.1} {to:.1}\"/>",
            left.max(right - 1.0)
        );
    }
}

/// How wide words are, in Latin letters.
fn words_width(text: &str) -> f64 {
    text.chars().map(|c| if c.is_ascii() { 0.9 } else { 1.8 }).sum()
}

fn last_name(path: &str) -> String {
    const MOST: usize = 10;
    let name = path.rsplit('/').next().unwrap_or(path);
    if name.chars().count() > MOST { name.chars().take(MOST - 1).chain(['…']).collect() } else { name.to_owned() }
}
