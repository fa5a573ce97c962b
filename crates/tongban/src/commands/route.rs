//! `tongban route explain`: which authority decides a matter for a place, by which rule, and who was ruled out.

use clap::{Args, Subcommand};

use super::{Failure, Output, block_on, print, print_json};
use crate::client::{Region, Where, divisions};
use crate::forms;
use crate::words;

/// Which authority decides a matter for a place, and why.
#[derive(Debug, Args)]
pub(crate) struct Route {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The candidates in their order, the rule that chose, each one's chain of power, and who was ruled out.
    Explain(Explain),
}

#[derive(Debug, Args)]
struct Explain {
    /// The matter's code, as `matter search` prints it.
    matter: String,
    /// The place that the application is about: its code or name. The asked unit's own place where left out.
    #[arg(long, value_name = "PLACE")]
    place: Option<String>,
    #[command(flatten)]
    node: Where,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

impl Route {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Explain(explain) => block_on(explain.run()),
        }
    }
}

impl Explain {
    async fn run(self) -> Result<(), Failure> {
        let client = self.node.client(|region| match &self.place {
            // Whoever is nearest to the place would be asked for it.
            Some(place) => region.nearest(divisions().find(place)?.unit),
            None => Region::top(region),
        })?;
        let mut query = vec![("matter", self.matter.as_str())];
        query.extend(self.place.as_deref().map(|place| ("place", place)));
        let value = client.get(&["routes"], &query).await?;
        match self.output {
            Output::Json => print_json(&value),
            Output::Text => print(explain(&serde_json::from_value(value).map_err(Failure::failed)?)),
        }
        Ok(())
    }
}

/// All of an answer, in words.
pub(crate) fn explain(route: &forms::Route) -> String {
    let to = match &route.to {
        Some(unit) => format!("goes to {}", words::unit(unit)),
        None => "goes nowhere".to_owned(),
    };
    let mut lines = vec![
        format!("{} for {} {to}", route.matter, words::unit(&route.place)),
        format!("  because  {}", words::rule(&route.rule)),
    ];
    for (at, candidate) in route.candidates.iter().enumerate() {
        let tried = match candidate.passed_over {
            0 => String::new(),
            1 => ", asked once in vain".to_owned(),
            times => format!(", asked {times} times in vain"),
        };
        lines.push(format!("  {}. {}, {}{tried}", at + 1, words::unit(&candidate.unit), candidate.tier));
        lines.push(format!("     body        {} {}", candidate.body_name, candidate.body));
        let power = &candidate.power;
        lines.push(format!("     law         {}", power.law));
        lines.push(format!("     list entry  {} ({})", power.list_entry, candidate.implementation_code));
        lines.push(format!("     instrument  {}", power.instrument));
        lines.push(format!("     post        {}", power.post));
    }
    if !route.reviews.is_empty() {
        let names: Vec<&str> = route.reviews.iter().map(|unit| unit.name.as_str()).collect();
        lines.push(format!("  reviewed first, in this order (依次初审): {}", names.join(", ")));
    }
    // A matter has an entry in every county: those of other places are told in one line.
    let (elsewhere, ruled_out): (Vec<_>, Vec<_>) = route.ruled_out.iter().partition(|out| out.reason == "other_place");
    for out in ruled_out {
        lines.push(format!("  not {}: {}", words::unit(&out.unit), words::ruled_out(&out.reason)));
    }
    if !elsewhere.is_empty() {
        let names: Vec<&str> = elsewhere.iter().map(|out| out.unit.name.as_str()).collect();
        lines.push(format!("  not {}: {}", names.join(", "), words::ruled_out("other_place")));
    }
    lines.push(format!("  by catalogue version {}", route.version));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_explains_itself_in_words() {
        let json = r#"{"matter":"512012002012","place":{"code":"370811002001","name":"航运新村居委会"},"version":3,
            "to":{"code":"370811000000","name":"任城区"},"rule":"nearest",
            "candidates":[
              {"unit":{"code":"370811000000","name":"任城区"},"tier":"county","body":"11370811MB28586770","body_name":"任城区行政审批服务局",
               "implementation_code":"X","power":{"law":"食品安全法","list_entry":"清单","instrument":"济政发1号","post":"审批岗"},"passed_over":2},
              {"unit":{"code":"370800000000","name":"济宁市"},"tier":"city","body":"11370800MB28586770","body_name":"济宁市行政审批服务局",
               "implementation_code":"Y","power":{"law":"食品安全法","list_entry":"清单","instrument":"济政发1号","post":"审批岗"}}],
            "ruled_out":[{"unit":{"code":"370812000000","name":"兖州区"},"reason":"other_place"},
              {"unit":{"code":"370826000000","name":"微山县"},"reason":"other_place"},
              {"unit":{"code":"370871000000","name":"高新区"},"reason":"other_exercise"}]}"#;
        let text = explain(&serde_json::from_str(json).unwrap());
        assert_eq!(
            text,
            "512012002012 for 航运新村居委会 (370811 002 001) goes to 任城区 (370811 000 000)\n  \
             because  several are equal (同权): the nearest goes first, county before city\n  \
             1. 任城区 (370811 000 000), county, asked 2 times in vain\n     \
             body        任城区行政审批服务局 11370811MB28586770\n     law         食品安全法\n     \
             list entry  清单 (X)\n     instrument  济政发1号\n     post        审批岗\n  \
             2. 济宁市 (370800 000 000), city\n     body        济宁市行政审批服务局 11370800MB28586770\n     \
             law         食品安全法\n     list entry  清单 (Y)\n     instrument  济政发1号\n     post        审批岗\n  \
             not 高新区 (370871 000 000): its content of exercise (行使内容) differs from the nearest's\n  \
             not 兖州区, 微山县: implements the matter for other places\n  by catalogue version 3"
        );
    }
}
