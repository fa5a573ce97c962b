//! Who acts: somebody who is signed in with an account of the unit, or a demo person where the node has them; and the one table
//! of what each role may do. What is not in the table is refused.
//!
//! A role says who may *try*; whether a unit is the authority for a case is for the unit's own rules.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use domain::accounts::{AccountKind, AccountName, PostRole, TokenScope};
use domain::digest::ContentHash;
use domain::division::Tier;
use domain::ids::UnitId;
use domain::principal::{Principal, PrincipalKind};
use unit::{AccountAct, Act, Answer, BearerKind, BearerView, Question, Request, SubmitFault};

use crate::extract::Served;
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
    /// The city's matter administrator, who proposes and publishes catalogue versions.
    Administrator,
    /// The city's list reviewer: who looks at a version that somebody else proposed (domain.md §6).
    Reviewer,
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
                people.push(staff("reviewer", DemoRole::Reviewer));
            }
        }
        people.push(staff("inspector", DemoRole::Inspector));
        people
    }

    /// As somebody who acts.
    fn person(&self) -> Person {
        let role = match self.role {
            DemoRole::Applicant => Role::Applicant,
            DemoRole::Agent => Role::Post(PostRole::Agent),
            DemoRole::Window => Role::Post(PostRole::Window),
            DemoRole::Officer => Role::Post(PostRole::Officer),
            DemoRole::Administrator => Role::Post(PostRole::MatterAdministrator),
            DemoRole::Reviewer => Role::Post(PostRole::ListReviewer),
            DemoRole::Inspector => Role::Post(PostRole::Inspector),
        };
        let kind = if role == Role::Applicant { PrincipalKind::Public } else { PrincipalKind::Staff };
        Person { name: self.name.clone(), kind, roles: vec![(role, self.unit)], bearer: None }
    }
}

/// What somebody is, as far as the table of deeds goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Someone who applies: at any unit.
    Applicant,
    /// Somebody with a post: at its unit.
    Post(PostRole),
}

impl Role {
    /// The one table: whether the role may try that where it counts. What is not in it is refused.
    fn may(self, deed: Deed) -> bool {
        match self {
            Self::Applicant => {
                matches!(deed, Deed::Follow | Deed::Submit | Deed::WithdrawOwn | Deed::SupplementOwn | Deed::Say)
            }
            Self::Post(PostRole::Agent | PostRole::Window) => matches!(
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
            ),
            Self::Post(PostRole::Officer) => !matches!(
                deed,
                Deed::Publish
                    | Deed::ReviewVersion
                    | Deed::Order
                    | Deed::Review
                    | Deed::ManageAccounts
                    | Deed::ReadAccounts
            ),
            Self::Post(PostRole::MatterAdministrator) => matches!(deed, Deed::Publish | Deed::Follow | Deed::List),
            Self::Post(PostRole::ListReviewer) => matches!(deed, Deed::ReviewVersion | Deed::Follow | Deed::List),
            Self::Post(PostRole::Inspector) => {
                matches!(deed, Deed::Follow | Deed::List | Deed::Order | Deed::Review)
            }
            Self::Post(PostRole::SecurityAdministrator) => matches!(deed, Deed::ManageAccounts | Deed::ReadAccounts),
            Self::Post(PostRole::AuditAdministrator) => {
                matches!(deed, Deed::Follow | Deed::List | Deed::ReadAccounts)
            }
            Self::Post(PostRole::NodeOperator) => matches!(deed, Deed::ConfirmTime | Deed::ChangeVoters),
        }
    }
}

/// Who acts: by an account of the unit, or a demo person where the node has them.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// The account's name: audit rows have it.
    pub(crate) name: String,
    kind: PrincipalKind,
    roles: Vec<(Role, Option<UnitId>)>,
    /// By what somebody with an account is signed in.
    pub(crate) bearer: Option<Bearer>,
}

/// By what somebody is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Bearer {
    /// Of the session's or program's token.
    pub(crate) token: ContentHash,
    /// As the unit told.
    pub(crate) view: BearerView,
}

impl Person {
    fn of(token: ContentHash, view: BearerView) -> Self {
        let kind = principal(&view.account, view.kind).kind;
        let roles = match view.kind {
            AccountKind::Public => vec![(Role::Applicant, None)],
            AccountKind::Staff => view.posts.iter().map(|post| (Role::Post(post.role), Some(post.unit))).collect(),
        };
        Self { name: view.account.to_string(), kind, roles, bearer: Some(Bearer { token, view }) }
    }

    pub(crate) fn principal(&self) -> Principal {
        Principal { kind: self.kind, name: self.name.clone() }
    }

    /// Whether a post reaches so far, and the token that it is used by.
    pub(crate) fn may(&self, deed: Deed, at: UnitId) -> bool {
        self.has_role(deed, at) && self.reaches(deed)
    }

    fn has_role(&self, deed: Deed, at: UnitId) -> bool {
        self.roles.iter().any(|(role, unit)| unit.is_none_or(|unit| unit == at) && role.may(deed))
    }

    /// A program has a part of what its account may, as its token says; a person all of it.
    fn reaches(&self, deed: Deed) -> bool {
        let Some(BearerKind::Program(program)) = self.bearer.as_ref().map(|bearer| &bearer.view.by) else {
            return true;
        };
        match program.scope {
            TokenScope::Read => matches!(deed, Deed::Follow | Deed::List),
            TokenScope::Work => !matches!(
                deed,
                Deed::Publish
                    | Deed::ReviewVersion
                    | Deed::ConfirmTime
                    | Deed::ChangeVoters
                    | Deed::ManageAccounts
                    | Deed::ReadAccounts
            ),
        }
    }

    /// By a session, which a program does not have: accounts and credentials are people's affair.
    pub(crate) fn session(&self) -> Result<(&Bearer, AccountName), Problem> {
        match &self.bearer {
            Some(bearer) if matches!(bearer.view.by, BearerKind::Session { .. }) => {
                Ok((bearer, bearer.view.account.clone()))
            }
            Some(_) => Err(Problem::of("auth.scope")),
            None => Err(Problem::of("auth.sign_in")),
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
    /// Propose a catalogue version, take a proposal back, publish.
    Publish,
    /// Look at a version that somebody else proposed.
    ReviewVersion,
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
    /// Open, lock and close accounts.
    ManageAccounts,
    /// See which accounts there are.
    ReadAccounts,
}

/// Who sent the request.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    person: Option<Person>,
    /// What whoever has to be somebody is told instead.
    otherwise: Problem,
}

impl Caller {
    /// Nobody.
    pub(crate) fn nobody() -> Self {
        Self { person: None, otherwise: Problem::of("auth.sign_in") }
    }

    /// Whoever it is.
    pub(crate) fn who(&self) -> Option<&Person> {
        self.person.as_ref()
    }

    /// Somebody.
    pub(crate) fn somebody(&self) -> Result<&Person, Problem> {
        self.person.as_ref().ok_or_else(|| self.otherwise.clone())
    }

    /// The person, if allowed.
    pub(crate) fn allowed(&self, deed: Deed, at: UnitId) -> Result<&Person, Problem> {
        let person = self.somebody()?;
        match (person.has_role(deed, at), person.reaches(deed)) {
            (true, true) => Ok(person),
            (true, false) => Err(Problem::of("auth.scope")),
            _ => Err(Problem::of("auth.role")),
        }
    }

    pub(crate) fn may(&self, deed: Deed, at: UnitId) -> bool {
        self.person.as_ref().is_some_and(|person| person.may(deed, at))
    }
}

impl FromRequestParts<Arc<Shared>> for Caller {
    type Rejection = Problem;

    /// A header names somebody or is refused; a cookie that names nobody any more counts as none.
    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let people = &shared.site.people;
        let otherwise = || Problem::of(if people.is_empty() { "auth.sign_in" } else { "auth.person_missing" });
        let known = |name: &str| people.iter().find(|person| person.name == name).map(DemoPerson::person);
        let some = |person| Ok(Self { person: Some(person), otherwise: otherwise() });
        if let Some(typed) = parts.headers.get(AUTHORIZATION) {
            let token = typed.to_str().ok().and_then(|typed| typed.strip_prefix("Bearer ")).map(str::trim);
            let token = token_hash(token.ok_or_else(|| Problem::of("account.session_over"))?);
            let served = Served::from_request_parts(parts, shared).await?;
            return match bearer(&served, token).await? {
                Some(view) => some(Person::of(token, view)),
                None => Err(Problem::of("account.session_over")),
            };
        }
        if let Some(name) = parts.headers.get(PERSON_HEADER) {
            if people.is_empty() {
                return Err(Problem::of("auth.demo_off").field(PERSON_HEADER));
            }
            return match name.to_str().ok().and_then(known) {
                Some(person) => some(person),
                None => {
                    let names = people.iter().map(|person| person.name.clone());
                    Err(Problem::of("auth.person_unknown").field(PERSON_HEADER).candidates(names))
                }
            };
        }
        if let Some(token) = cookie(&parts.headers, shared.session_cookie()) {
            let token = token_hash(token);
            // Pages that need nobody are there without a leader too; who needs somebody is told why not.
            if let Ok(served) = Served::from_request_parts(parts, shared).await {
                match bearer(&served, token).await {
                    Ok(Some(view)) => return some(Person::of(token, view)),
                    Ok(None) => {}
                    Err(problem) => return Ok(Self { person: None, otherwise: problem }),
                }
            }
        }
        let person = cookie(&parts.headers, PERSON_COOKIE).and_then(known);
        Ok(Self { person, otherwise: otherwise() })
    }
}

/// Somebody with an account, as audit rows name people.
pub(crate) fn principal(account: &AccountName, kind: AccountKind) -> Principal {
    let kind = match kind {
        AccountKind::Public => PrincipalKind::Public,
        AccountKind::Staff => PrincipalKind::Staff,
    };
    Principal { kind, name: account.to_string() }
}

/// Of a session's or program's token, an invitation's code: what is kept of them.
///
/// Tokens are found by this hash alone: what a comparison's time tells of it tells nothing of a token.
pub(crate) fn token_hash(token: &str) -> ContentHash {
    ContentHash::of_bytes("bearer token", token.trim().as_bytes())
}

/// Who is signed in by that token at that unit. A session in use is told to be so now and then.
async fn bearer(served: &Served, token: ContentHash) -> Result<Option<BearerView>, Problem> {
    let Answer::Bearer(bearer) = served.handle.ask(Question::Bearer { token }).await? else {
        return Err(Problem::of("http.internal"));
    };
    let Some(view) = bearer.map(|view| *view) else { return Ok(None) };
    if matches!(view.by, BearerKind::Session { is_to_be_used: true, .. }) {
        let principal = Person::of(token, view.clone()).principal();
        let act = Act::Account(AccountAct::UseSession { session: token });
        let used = served.handle.submit(Request { principal, idempotency_key: None, act }).await;
        match used {
            // It ended meanwhile.
            Err(SubmitFault::Refused(_)) => return Ok(None),
            Err(fault) => tracing::debug!(code = fault.code(), "that a session is in use was not logged"),
            Ok(_) => {}
        }
    }
    Ok(Some(view))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_role_may_try() {
        const ALL: [Deed; 23] = [
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
            Deed::ReviewVersion,
            Deed::ManageAccounts,
            Deed::ReadAccounts,
        ];
        let (here, elsewhere) = ("370811".parse().unwrap(), "370826".parse().unwrap());
        // One letter a deed, in the order above: x allowed, - refused.
        let post = Role::Post;
        for (role, at_home) in [
            (Role::Applicant, "x-xx-x----------x------"),
            (post(PostRole::Agent), "xxxxxxx----xx-xxx--x---"),
            (post(PostRole::Window), "xxxxxxx----xx-xxx--x---"),
            (post(PostRole::Officer), "xxxxxxxxxxxxx-xxx--x---"),
            (post(PostRole::MatterAdministrator), "xx-----------x---------"),
            (post(PostRole::ListReviewer), "xx------------------x--"),
            (post(PostRole::Inspector), "xx---------------xx----"),
            (post(PostRole::SecurityAdministrator), "---------------------xx"),
            (post(PostRole::AuditAdministrator), "xx--------------------x"),
            (post(PostRole::NodeOperator), "--------------xx-------"),
        ] {
            let unit = (role != Role::Applicant).then_some(here);
            let kind = PrincipalKind::Staff;
            let person = Person { name: "somebody".into(), kind, roles: vec![(role, unit)], bearer: None };
            let row = |at| ALL.map(|deed| if person.may(deed, at) { 'x' } else { '-' }).iter().collect::<String>();
            assert_eq!(row(here), at_home, "{role:?}");
            let away = if unit.is_some() { "-----------------------" } else { at_home };
            assert_eq!(row(elsewhere), away, "{role:?} elsewhere");
            // A program's token takes some of it away, and never adds.
            for (scope, kept) in [(TokenScope::Read, 2), (TokenScope::Work, 17)] {
                let program = Person { bearer: Some(by_program(scope, here)), ..person.clone() };
                let count = ALL.iter().filter(|deed| program.reaches(**deed)).count();
                assert_eq!(count, kept);
                assert!(ALL.iter().all(|deed| person.may(*deed, here) || !program.may(*deed, here)));
            }
        }
    }

    fn by_program(scope: TokenScope, unit: UnitId) -> Bearer {
        let (account, now): (AccountName, _) = ("somebody".parse().unwrap(), domain::time::Timestamp(0));
        let program = domain::accounts::ProgramToken {
            account: account.clone(),
            label: "reports".into(),
            scope,
            given: now,
            until: now.plus_millis(1),
        };
        let posts = vec![domain::accounts::Post { role: PostRole::Officer, unit }];
        let display = unit::Private::default();
        let by = BearerKind::Program(program);
        let view = BearerView { account, kind: AccountKind::Staff, display, posts, by };
        Bearer { token: ContentHash::default(), view }
    }
}
