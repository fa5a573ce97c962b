//! `tongban case cards`: 预警, 黄牌, 红牌 on the authority that has a case.

use clap::Args;

use super::{Failure, Named, Output, columns, print, print_json};
use crate::forms;
use crate::words;

/// Cards on a case, oldest first, and whether it was decided earlier than promised.
#[derive(Debug, Args)]
pub(super) struct Cards {
    #[command(flatten)]
    named: Named,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

/// Who may see them.
const STAFF: &[&str] = &["officer", "administrator", "window"];

impl Cards {
    pub(super) async fn run(self) -> Result<(), Failure> {
        // Cards are the authority's: of a case that went back to its receiver it is still who decided it.
        let client = self.named.authority(STAFF).await?;
        let value = client.get(&["cases", &self.named.case, "cards"], &[]).await?;
        if self.output == Output::Json {
            print_json(&value);
            return Ok(());
        }
        let found: forms::CaseCards = serde_json::from_value(value).map_err(Failure::failed)?;
        if found.cards.is_empty() {
            print("no card");
        } else {
            let mut table = columns(["card", "for", "of", "since", "last day"]);
            for card in &found.cards {
                let kind = match card.undetermined {
                    true => format!("{}; undetermined, an inspector looks", words::card(&card.kind)),
                    false => words::card(&card.kind).to_owned(),
                };
                table.add_row([&kind, words::card_cause(&card.cause), &card.unit.name, &card.on, &card.due]);
            }
            print(table);
        }
        if let Some(days) = found.early_days {
            print(format!("提前办结 decided {days} days earlier than promised"));
        }
        Ok(())
    }
}
