//! Who acts: demo people instead of a login, and the one table of what each role may do. What is not in the table is refused.
//!
//! A role says who may *try*; whether a unit is the authority for a case is for the unit's own rules.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::division::Tier;
use domain::ids::UnitId;
use domain::principal::{Principal, PrincipalKind};

use crate::language::cookie;
use crate::problem::Problem;
use crate::site::Shared;

/// The header that programs pick a demo person with.
pub(crate) const PERSON_HEADER: &str = "x-tongban-person";
/// The cookie that pages keep the picked person in.
pub(crate) const PERSON_COOKIE: &str = "tongban-person";

/// Somebody who can be picked without a login. Not for production.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoPerson {
    /// The account, e.g. `demo-window-370811002000`.
    pub name: String,
    /// What the person is.
    pub role: DemoRole,
    /// Where staff work; `None` for the public.
    pub unit: Option<UnitId>,
}

/// What a demo person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DemoRole {
    /// Someone who applies.
    Applicant,
    /// A village's agent, who helps people apply and hands results over; never accepts or decides (domain.md §6).
    Agent,
    /// A township's window, likewise.
    Window,
    /// An officer of a county or city, who accepts and decides; of a township, who reviews.
    Officer,
    /// The city's matter administrator, who publishes the catalogue.
    Administrator,
    /// Who looks after ratings and complaints, and orders what is late to be finished; handles no case (domain.md §6).
    Inspector,
}

/// Three of them: who handles a case does not judge it, and a site is looked at by two.
const OFFICERS: [&str; 3] = ["officer", "officer-second", "officer-third"];

impl DemoPerson {
    /// The usual people around a unit: one who applies, and staff as its tier has them.
    pub fn usual(unit: UnitId, tier: Tier) -> Vec<Self> {
        let staff = |word: &str, role| Self { name: format!("demo-{word}-{unit}"), role, unit: Some(unit) };
        let mut people = vec![Self { name: "demo-applicant".into(), role: DemoRole::Applicant, unit: None }];
        match tier {
            Tier::Village => people.push(staff("agent", DemoRole::Agent)),
            Tier::Township => people.extend([staff("window", DemoRole::Window), staff("officer", DemoRole::Officer)]),
            Tier::County => people.extend(OFFICERS.map(|word| staff(word, DemoRole::Officer))),
            Tier::City => {
                people.extend(OFFICERS.map(|word| staff(word, DemoRole::Officer)));
                people.push(staff("administrator", DemoRole::Administrator));
            }
        }
        people.push(staff("inspector", DemoRole::Inspector));
        people
    }

    pub(crate) fn principal(&self) -> Principal {
        let kind = match self.role {
            DemoRole::Applicant => PrincipalKind::Public,
            _ => PrincipalKind::Staff,
        };
        Principal { kind, name: self.name.clone() }
    }

    /// Whether the person may try that at a unit.
    pub(crate) fn may(&self, deed: Deed, at: UnitId) -> bool {
        let at_home = self.unit == Some(at);
        match self.role {
            DemoRole::Applicant => {
                matches!(deed, Deed::Follow | Deed::Submit | Deed::WithdrawOwn | Deed::SupplementOwn | Deed::Say)
            }
            DemoRole::Agent | DemoRole::Window => {
                at_home
                    && matches!(
                        deed,
                        Deed::Follow
                            | Deed::List
                            | Deed::Submit
                            | Deed::WithdrawOwn
                            | Deed::Withdraw
                            | Deed::SupplementOwn
                            | Deed::Supplement
                            | Deed::TakeBack
                            | Deed::Deliver
                            | Deed::ConfirmTime
                            | Deed::ChangeVoters
                            | Deed::Say
                            | Deed::PutRight
                    )
            }
            DemoRole::Officer => at_home && !matches!(deed, Deed::Publish | Deed::Order | Deed::Review),
            DemoRole::Administrator => at_home && matches!(deed, Deed::Publish | Deed::Follow | Deed::List),
            DemoRole::Inspector => at_home && matches!(deed, Deed::Follow | Deed::List | Deed::Order | Deed::Review),
        }
    }
}

/// What a person may be allowed to try. Matters, routes, divisions and the state of a unit are for everyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Look at a case whose number one holds; the applicant is masked.
    Follow,
    /// See the unit's list of cases.
    List,
    Submit,
    /// Withdraw what one submitted oneself.
    WithdrawOwn,
    /// Withdraw for an applicant who asks for it at the counter.
    Withdraw,
    /// Fill the gaps of what one submitted oneself.
    SupplementOwn,
    /// Take in at the counter what fills the gaps.
    Supplement,
    Accept,
    NotAccept,
    /// Tell gaps, stop the clock, extend.
    Handle,
    Decide,
    Deliver,
    TakeBack,
    Publish,
    /// Say that the unit's time is right, after a look at another clock.
    ConfirmTime,
    /// Change who votes in the unit, or who leads.
    ChangeVoters,
    /// Rate, urge, complain: as the person concerned, or for who stands at the counter.
    Say,
    /// Order a case to be finished by a day.
    Order,
    /// Call back, exclude a rating, see to complaints.
    Review,
    /// Put right what was rated badly, and answer an urging.
    PutRight,
}

/// Who sent the request; `None` where nobody was picked.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) Option<DemoPerson>);

impl Caller {
    /// The person, if allowed.
    pub(crate) fn allowed(&self, deed: Deed, at: UnitId) -> Result<&DemoPerson, Problem> {
        let person = self.0.as_ref().ok_or_else(|| Problem::of("auth.person_missing"))?;
        if person.may(deed, at) { Ok(person) } else { Err(Problem::of("auth.role")) }
    }

    pub(crate) fn may(&self, deed: Deed, at: UnitId) -> bool {
        self.0.as_ref().is_some_and(|person| person.may(deed, at))
    }
}

impl FromRequestParts<Arc<Shared>> for Caller {
    type Rejection = Problem;

    /// A header names somebody or is refused; a cookie that names nobody any more counts as none.
    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let known = |name: &str| shared.site.people.iter().find(|person| person.name == name).cloned();
        match parts.headers.get(PERSON_HEADER) {
            Some(name) => match name.to_str().ok().and_then(known) {
                Some(person) => Ok(Self(Some(person))),
                None => {
                    let names = shared.site.people.iter().map(|person| person.name.clone());
                    Err(Problem::of("auth.person_unknown").field(PERSON_HEADER).candidates(names))
                }
            },
            None => Ok(Self(cookie(&parts.headers, PERSON_COOKIE).and_then(known))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_role_may_try() {
        const ALL: [Deed; 20] = [
            Deed::Follow,
            Deed::List,
            Deed::Submit,
            Deed::WithdrawOwn,
            Deed::Withdraw,
            Deed::SupplementOwn,
            Deed::Supplement,
            Deed::Accept,
            Deed::NotAccept,
            Deed::Handle,
            Deed::Decide,
            Deed::Deliver,
            Deed::TakeBack,
            Deed::Publish,
            Deed::ConfirmTime,
            Deed::ChangeVoters,
            Deed::Say,
            Deed::Order,
            Deed::Review,
            Deed::PutRight,
        ];
        let (here, elsewhere) = ("370811".parse().unwrap(), "370826".parse().unwrap());
        // One letter a deed, in the order above: x allowed, - refused.
        for (role, at_home) in [
            (DemoRole::Applicant, "x-xx-x----------x---"),
            (DemoRole::Agent, "xxxxxxx----xx-xxx--x"),
            (DemoRole::Window, "xxxxxxx----xx-xxx--x"),
            (DemoRole::Officer, "xxxxxxxxxxxxx-xxx--x"),
            (DemoRole::Administrator, "xx-----------x------"),
            (DemoRole::Inspector, "xx---------------xx-"),
        ] {
            let unit = (role != DemoRole::Applicant).then_some(here);
            let person = DemoPerson { name: "demo".into(), role, unit };
            let row = |at| ALL.map(|deed| if person.may(deed, at) { 'x' } else { '-' }).iter().collect::<String>();
            assert_eq!(row(here), at_home, "{role:?}");
            let away = if unit.is_some() { "--------------------" } else { at_home };
            assert_eq!(row(elsewhere), away, "{role:?} elsewhere");
        }
    }
}
