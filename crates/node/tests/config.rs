//! Every way in which `node.toml` can be wrong, and what its operator reads.

use std::fmt::Write;
use std::path::Path;

use node::config::{Config, ConfigFault};

const GOOD: &str = r#"# A county's first node.
node = 4
unit = "370811"
region = "."
data = "data"

[listen]
quic = "0.0.0.0:7400"
http = "127.0.0.1:8400"
"#;

fn parse(text: &str) -> Result<Config, ConfigFault> {
    Config::parse(Path::new("node.toml"), text.to_owned())
}

#[test]
fn each_fault_names_file_line_column_and_remedy() {
    let cases: &[(&str, &str, &str)] = &[
        ("a misspelt table", "[listen]", "[lisen]"),
        ("a misspelt key", "quic =", "quik ="),
        ("a key that is nothing like any", "data =", "zzz = 1\ndata ="),
        ("a key that is missing", "unit = \"370811\"\n", ""),
        ("a table that is missing", &GOOD[GOOD.find("\n[listen]").unwrap()..], ""),
        ("not TOML", "node = 4", "node = = 4"),
        ("a text that never ends", "\"127.0.0.1:8400\"", "\"127.0.0.1:8400"),
        ("a key twice", "node = 4", "node = 4\nnode = 5"),
        ("a code that is none", "\"370811\"", "\"任城区\""),
        ("a number that is a text", "node = 4", "node = \"4\""),
        ("an address without port", "\"0.0.0.0:7400\"", "\"0.0.0.0\""),
        ("a misspelt word", "[listen]", "[log]\nlevel = \"inof\"\n[listen]"),
        ("a number outside its bounds", "[listen]", "[limits]\nrequests = 0\n[listen]"),
        ("times that contradict each other", "[listen]", "[timing]\nheartbeat_milliseconds = 900\n[listen]"),
        (
            "no room for chance",
            "[listen]",
            "[timing]\nelection_least_milliseconds = 3000\nelection_most_milliseconds = 3000\n[listen]",
        ),
    ];
    let mut transcript = String::new();
    for (what, old, new) in cases {
        let text = GOOD.replacen(old, new, 1);
        assert_ne!(text, GOOD, "{what}");
        let fault = parse(&text).expect_err(what);
        writeln!(transcript, "## {what}\n{fault}\n").unwrap();
    }
    insta::assert_snapshot!(transcript);
}

#[test]
fn a_missing_file_says_which() {
    let fault = Config::read(Path::new("no/such/node.toml")).unwrap_err();
    assert_eq!(fault.code(), "config.file");
    assert_eq!(
        fault.to_string(),
        "error[config.file]: no/such/node.toml cannot be read: No such file or directory (os error 2)\n |\n = help: \
         `tongban region init` writes a region's files; check the path and who may read it"
    );
}

#[test]
fn what_is_left_out_has_its_default_and_paths_are_the_files_own() {
    let config = Config::parse(Path::new("/etc/tongban/node.toml"), GOOD.to_owned()).unwrap();
    assert_eq!(config.data, Path::new("/etc/tongban/data"));
    assert_eq!(config.unit.to_string(), "370811000000");
    assert_eq!(config.timing.heartbeat.as_millis(), 250);
    assert_eq!(config.limits.body_bytes, 256 * 1024);
    let place = config.unit_place();
    assert_eq!((place.line_and_column(), place.text()), ((3, 8), "\"370811\""));
}

#[test]
fn columns_count_characters() {
    let fault = parse(&GOOD.replace("node = 4", "node = 4 # 任城区\n\"节点\" = 5")).unwrap_err();
    let place = fault.place().unwrap();
    assert_eq!((place.line_and_column(), place.text()), ((3, 1), "\"节点\""));
    let fault = parse(&GOOD.replace("[listen]", "[listen]\n\"节\" = 1")).unwrap_err();
    assert_eq!(fault.code(), "config.key_unknown");
}
