//! 送达: the result is in the applicant's hands (行政许可法 art. 44).

use serde::{Deserialize, Serialize};

use crate::case::{Happening, Stage};
use crate::ids::CaseId;
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::{Context, Done, Ruling};

/// Which case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliver {
    /// Which case.
    pub case: CaseId,
}

impl Deliver {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (mut row, mut content) = context.owned_case(self.case)?;
        if content.stage != Stage::Closed {
            return Err(Refusal::StageUnfit { stage: content.stage }.into());
        }

        content.stage = Stage::Delivered;
        content.delivered_at = Some(context.now());
        context.announce(&mut content, Happening::Delivered)?;
        row.content = Some(content);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Close, Command};
    use crate::support::*;

    #[test]
    fn close_and_deliver_refuse_in_order() {
        let mut world = World::jining();
        let case = world.receive(COUNTY, EQUAL);
        let unknown = CaseId(uuid::Uuid::nil());
        let (close, deliver) = (|case| Command::Close(Close { case }), |case| Command::Deliver(Deliver { case }));
        let county = world.unit(COUNTY);
        for command in [close(unknown), deliver(unknown)] {
            assert_eq!(county.refused(command), Refusal::CaseUnknown { case: unknown });
        }
        for command in [close(case), deliver(case)] {
            assert_eq!(county.refused(command), Refusal::StageUnfit { stage: Stage::Received });
        }
        let accept = county.accept_command(case);
        county.done(accept);
        county.done(decide(case, true, ""));
        assert_eq!(county.refused(deliver(case)), Refusal::StageUnfit { stage: Stage::Decided });
        county.done(close(case));
        assert_eq!(county.refused(close(case)), Refusal::StageUnfit { stage: Stage::Closed });
        county.done(deliver(case));
        assert_eq!(county.refused(deliver(case)), Refusal::StageUnfit { stage: Stage::Delivered });
    }
}
