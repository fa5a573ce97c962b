//! The scenario that `tongban scenario new` writes: small, passing, and a place to start from.

/// The text of a new scenario file, under a title.
pub fn template(title: &str) -> String {
    let title = title.replace(['"', '\\'], "").replace(char::is_control, " ");
    TEMPLATE.replace("{title}", title.trim())
}

const TEMPLATE: &str = r#"title = "{title}"
intent = "A village takes an application, the county decides it, and the result is handed over in the village."
start = "2026-03-02 09:00"

# What is done, one step a line, in the order of time. docs/scenarios-reference.md shows every word.
steps = [
  { at = "+1s", submit = "shop", to = "village", applicant = "Zhang" },
  { at = "+30s", accept = "shop", by = "county" },
  { at = "+10s", decide = "shop", by = "county", as = "granted" },
  { at = "+30s", deliver = "shop", by = "village" },
]

# What must come of it, after the last step.
expect = [
  { within = "1m", case = "shop", owner = "village", stage = "delivered" },
  { within = "1m", quiet = true },
]

# A run in which nothing happened proves nothing.
require = { cases = 1, commands = 10 }

# Real places: names from the city down, or a division code. Steps call each by the word before it.
[world]
units = { city = "济宁市", county = "济宁市/任城区", township = "任城区/许庄街道", village = "370811002001" }
voters = { city = 3 }
"#;
