//! `tongban time confirm`: a clerk's word for a unit whose clock is in doubt.

use clap::Args;
use domain::text::Malformed;
use domain::time::Timestamp;
use serde_json::json;

use super::super::{Failure, Output, block_on, fresh_key, print, print_json};
use crate::client::{Region, Where};
use crate::words;

/// Say what another clock shows, so that a unit whose clock is in doubt goes on with what starts or ends legal periods.
///
/// The unit refuses where other machines contradict its clock, or where it is more than ten minutes from what you say: then set the
/// machine's clock first.
#[derive(Debug, Args)]
pub(super) struct Confirm {
    #[command(flatten)]
    place: Where,
    /// What the other clock shows, at UTC+8, e.g. "2026-03-02 09:15".
    #[arg(long, value_name = "TIME")]
    said: String,
    /// Who says so: a demo person; the first of the unit's staff where left out.
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

impl Confirm {
    pub(super) fn run(self) -> Result<(), Failure> {
        self.said.parse::<Timestamp>().map_err(|fault: Malformed| {
            let expected = fault.expected;
            Failure::refused(format!("error[request.field]: --said is no time\n  remedy   write {expected}"))
        })?;
        block_on(async {
            let mut client = self.place.client(Region::top)?;
            let person = match self.person {
                Some(person) => Some(person),
                None => client.someone(&["agent", "window", "officer"]).await?,
            };
            client.act_as(person);
            let (key, body) = (fresh_key()?, json!({ "said": self.said }));
            let done = client.post(&["time", "confirm"], Some(&body), &key, |_| {}).await?;
            match self.output {
                Output::Json => print_json(&done.value),
                Output::Text => {
                    let now = done.value["now"].as_str().map(words::moment).unwrap_or_default();
                    print(format_args!("the unit's time is certain again: {now}"));
                }
            }
            Ok(())
        })
    }
}
