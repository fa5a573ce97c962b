//! 收件 of an application about a licence: renewal, change, replacement or cancellation (行政许可法 arts. 49, 50, 70). Who issued the licence
//! decides it, and nobody else, whoever may be its equal for new ones.

use serde::{Deserialize, Serialize};

use crate::files::CaseFile;
use crate::licence::About;
use crate::refusal::Refusal;
use crate::routing::{RouteQuestion, RouteRule, route};
use crate::store::UnitStore;

use super::licensing::{issuer_of, licence_numbered};
use super::receive::{Beside, take_in};
use super::{Context, Receive, Ruling};

/// An application, and the licence that it is about. The authority chosen is the unit that issued it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiveAbout {
    /// The application.
    pub receive: Receive,
    /// As in [`super::ReceiveStated`].
    pub declared: bool,
    /// The licence, and what is asked for.
    pub about: About,
}

impl ReceiveAbout {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        self.apply_with(context, &[])
    }

    pub(super) fn apply_with(&self, context: &mut Context<'_, impl UnitStore>, files: &[CaseFile]) -> Ruling {
        let pin = context.catalogue_in_force()?;
        let Receive { matter, place, chosen, applicant, .. } = &self.receive;
        let unknown = || Refusal::LicenceUnknown { licence: self.about.licence.clone() };
        let here = context.meta.unit;
        let issuer = issuer_of(&*context.store, pin.number, matter, &self.about.licence)?;
        if issuer.is_some() && issuer != *chosen {
            return Err(Refusal::Changed.into());
        }
        // Where the place's entries are not known here, the city finds the issuer.
        let question = RouteQuestion {
            here,
            version: pin.number,
            day: context.now().date(),
            matter,
            place: *place,
            chosen: None,
            bound: false,
            passed_over: &[],
            reviewed: vec![],
        };
        if issuer.is_none() && route(&*context.store, &question)?.rule != RouteRule::Forwarded {
            return Err(unknown().into());
        }
        if issuer == Some(here) {
            let known = licence_numbered(&*context.store, &self.about.licence)?;
            let fits = known.is_some_and(|(_, licence)| licence.holder == *applicant && licence.matter == *matter);
            if !fits {
                return Err(unknown().into());
            }
        }
        let beside = Beside { object: None, declared: self.declared, about: Some(&self.about), files };
        take_in(context, &self.receive, beside)
    }
}
