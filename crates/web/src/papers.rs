//! Papers in words: Chinese, with an English gloss. Pages print them, the API gives them to programs.

use std::sync::Arc;

use domain::case::{Happening, Intake, Period};
use domain::catalogue::{Entry, Matter, MatterType};
use domain::identifiers::CreditCode;
use domain::ids::UnitId;
use domain::papers::{Paper, PaperKind, PaperNumber, papers};
use domain::time::Timestamp;
use seal::{NoSeal, PaperSeal};
use unit::{Answer, CaseName, CaseView, Question};

use crate::api::matters::ask_matter;
use crate::extract::Served;
use crate::language::Language;
use crate::pages::words;
use crate::places::Places;
use crate::problem::Problem;

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) zh: String,
    /// The same as `zh` where it is a name, a number or what somebody wrote.
    pub(crate) en: String,
}

impl Words {
    fn each(say: impl Fn(Language) -> String) -> Self {
        Self { zh: say(Language::Chinese), en: say(Language::English) }
    }

    fn say(key: &str) -> Self {
        Self::each(|language| language.say(key))
    }

    fn tell(key: &str, arguments: &[(&'static str, String)]) -> Self {
        Self::each(|language| language.tell(key, arguments))
    }

    fn same(text: impl ToString) -> Self {
        Self { zh: text.to_string(), en: text.to_string() }
    }

    /// In one of the two.
    pub(crate) fn of(self, language: Language) -> String {
        match language {
            Language::Chinese => self.zh,
            Language::English => self.en,
        }
    }

    /// Whether the gloss says anything that the Chinese does not.
    pub(crate) fn has_gloss(&self) -> bool {
        self.zh != self.en
    }
}

/// A fact on a paper.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    pub(crate) label: Words,
    pub(crate) value: Words,
}

/// A paper as it is printed.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    pub(crate) number: PaperNumber,
    pub(crate) kind: PaperKind,
    pub(crate) title: Words,
    /// Number, matter, applicant; and what the paper itself lists.
    pub(crate) facts: Vec<Fact>,
    /// What is told.
    pub(crate) text: Vec<Words>,
    /// Where the law asks for it.
    pub(crate) basis: Option<Words>,
    /// How it can be challenged.
    pub(crate) review: Option<Words>,
    /// Within which bounds it was issued, where the clock was in doubt.
    pub(crate) uncertain: Option<Words>,
    /// Whether it bears a seal. None is drawn with one: whoever gives it out seals it.
    pub(crate) mark: Mark,
    /// In whose name it is in law; `None` where a unit without power over the matter only took papers.
    pub(crate) body: Option<CreditCode>,
    /// Whose line of the story it is.
    pub(crate) unit: UnitId,
    /// In whose name: the body, or the unit where papers were only taken.
    pub(crate) issuer: String,
    pub(crate) issued: Timestamp,
}

/// Whether a paper bears an electronic seal.
#[derive(Clone, Debug)]
pub(crate) enum Mark {
    /// This one.
    Sealed(Box<PaperSeal>),
    /// None, and why.
    Unsealed(NoSeal),
}

impl Sheet {
    /// What the paper says of its seal: by whom, when, by whose certificate; or that it has none, and why.
    pub(crate) fn on_its_seal(&self) -> Vec<Words> {
        match &self.mark {
            Mark::Unsealed(why) => {
                let taken_only = matches!(self.kind, PaperKind::Receipt | PaperKind::SupplementReceipt);
                let face = Words::say(if taken_only { "paper-unsealed-receipt" } else { "paper-unsealed" });
                let because = Words::each(|language| {
                    language.tell("paper-unsealed-because", [("why", language.of(why.on_paper()).to_owned())])
                });
                vec![face, because]
            }
            Mark::Sealed(seal) => {
                let by = &seal.certificate.says;
                let whom = [
                    ("body", by.body_name.clone()),
                    ("code", by.body.as_str().to_owned()),
                    ("at", seal.says.at.to_string()),
                ];
                let certificate = [
                    ("serial", by.serial.to_string()),
                    ("issuer", by.issuer.clone()),
                    ("from", by.from.to_string()),
                    ("until", by.until.to_string()),
                ];
                let mut said = vec![
                    Words::tell("paper-sealed", &whom),
                    Words::tell("paper-sealed-certificate", &certificate),
                    Words::same(format!("SM3 {}", seal.says.sm3)),
                ];
                if by.test {
                    said.push(Words::say("paper-sealed-test"));
                }
                said
            }
        }
    }

    /// For the page.
    pub(crate) fn is_sealed(&self) -> bool {
        matches!(self.mark, Mark::Sealed(_))
    }
}

/// All papers of a case, oldest first.
pub(crate) async fn sheets(served: &Served, places: &Places, view: &CaseView) -> Result<Vec<Sheet>, Problem> {
    let void = match served.handle.ask(Question::VoidActs { case: CaseName::Id(view.id) }).await? {
        Answer::VoidActs(void) => void,
        _ => return Err(Problem::of("http.internal")),
    };
    let matter = match &view.content {
        // A matter that is no longer in the catalogue, or not in this unit's slice: the paper says what the story says.
        Some(content) => ask_matter(served, content.matter.to_string()).await.ok(),
        None => None,
    };
    let matter = matter.map(|answered| (Arc::new(answered.matter), answered.entries));
    let Some(number) = view.timeline.iter().find_map(|line| match line.what {
        Happening::Received { number } => Some(number),
        _ => None,
    }) else {
        return Ok(vec![]);
    };
    let drawn = papers(&view.timeline, &void);
    let known = Known { places, view, matter: matter.as_ref().map(|(matter, entries)| (&**matter, &entries[..])) };
    let sheet = |paper: &Paper<'_>| known.sheet(PaperNumber { case: number, ordinal: paper.ordinal }, paper);
    Ok(drawn.iter().map(sheet).collect())
}

/// What is known where a paper is drawn.
struct Known<'a> {
    places: &'a Places,
    view: &'a CaseView,
    matter: Option<(&'a Matter, &'a [Entry])>,
}

impl Known<'_> {
    fn sheet(&self, number: PaperNumber, paper: &Paper<'_>) -> Sheet {
        let is_licence = self.matter.is_some_and(|(matter, _)| matter.matter_type == MatterType::Licence);
        let basis = paper.kind.licensing_law().filter(|_| is_licence);
        let taken_only = matches!(paper.kind, PaperKind::Receipt | PaperKind::SupplementReceipt);
        let entry = self.matter.and_then(|(_, entries)| entries.iter().find(|entry| entry.unit == paper.line.unit));
        // Who has no power over the matter only takes papers, in no body's name.
        let issuer = match entry {
            Some(entry) if !taken_only => entry.body_name.clone(),
            _ => self.places.path(paper.line.unit),
        };
        Sheet {
            number,
            kind: paper.kind,
            title: Words::say(title_key(paper.kind, is_licence)),
            facts: self.facts(number, paper),
            text: self.text(paper),
            basis: basis.map(|law| {
                Words::each(|language| language.tell("paper-basis", [("law", language.of(law).to_owned())]))
            }),
            review: paper.kind.can_be_challenged().then(|| Words::say("paper-review")),
            uncertain: paper.uncertain.map(|bounds| match bounds.before {
                None => Words::tell("paper-uncertain", &[("after", bounds.after.to_string())]),
                Some(before) => {
                    let bounds = [("after", bounds.after.to_string()), ("before", before.to_string())];
                    Words::tell("paper-uncertain-between", &bounds)
                }
            }),
            mark: Mark::Unsealed(NoSeal::NotKept),
            body: entry.map(|entry| entry.body.clone()),
            unit: paper.line.unit,
            issuer,
            issued: paper.line.at,
        }
    }

    fn facts(&self, number: PaperNumber, paper: &Paper<'_>) -> Vec<Fact> {
        let mut facts = vec![Fact { label: Words::say("paper-case"), value: Words::same(number.case) }];
        let mut fact =
            |key: &str, value: String| facts.push(Fact { label: Words::say(key), value: Words::same(value) });
        if let Some(content) = &self.view.content {
            fact("paper-matter", format!("{} ({})", content.matter_name, content.matter));
            fact("paper-place", self.places.path(content.place));
        }
        if let Some(applicant) = &self.view.applicant {
            fact("paper-applicant", format!("{} {}", applicant.name, applicant.identifier));
        }
        match &paper.line.what {
            Happening::Received { .. } => {
                // What was handed in later stands on a paper of its own, and is in the content too.
                for material in self.view.content.iter().flat_map(|content| &content.materials) {
                    let later = self.view.timeline.iter().any(|line| match &line.what {
                        Happening::Supplemented { materials } | Happening::Completed { materials } => {
                            materials.contains(&material.name)
                        }
                        _ => false,
                    });
                    if !later {
                        fact("paper-material", material.name.clone());
                    }
                }
            }
            Happening::GapsTold { gaps, .. } => {
                for gap in gaps {
                    fact("paper-gap", format!("{}：{}", gap.material, gap.what));
                }
            }
            Happening::Supplemented { materials }
            | Happening::Completed { materials }
            | Happening::DeficitAgreed { materials, .. } => {
                for material in materials {
                    fact("paper-material", material.clone());
                }
            }
            _ => {}
        }
        facts
    }

    fn text(&self, paper: &Paper<'_>) -> Vec<Words> {
        let at = ("at", paper.line.at.to_string());
        let unit = ("unit", self.places.path(paper.line.unit));
        let reasons = |text: &str| Words::tell("paper-reasons", &[("reasons", text.to_owned())]);
        let by_when = |key: &str, within: &Period| {
            Words::each(|language| {
                let told = ("told", words::limit(language, within.told));
                language.tell(key, [told, ("until", within.until.to_string()), ("basis", within.basis.clone())])
            })
        };
        let because = |key: &str, text: &str| {
            let mut said = vec![Words::say(key)];
            if !text.is_empty() {
                said.push(reasons(text));
            }
            said
        };
        match &paper.line.what {
            Happening::Received { .. } => {
                let intake = match self.view.content.as_ref().map(|content| content.intake) {
                    Some(Intake::ForAuthority) => Some(Words::say("paper-text-for-authority")),
                    Some(Intake::Courier) => Some(Words::say("paper-text-courier")),
                    None => None,
                };
                [Words::tell("paper-text-receipt", &[unit, at])].into_iter().chain(intake).collect()
            }
            Happening::GapsTold { within, .. } => {
                let until = within.as_ref().map(|within| by_when("paper-text-within", within));
                [Words::say("paper-text-gaps")].into_iter().chain(until).collect()
            }
            Happening::DeficitAgreed { within, .. } => vec![by_when("paper-text-deficit", within)],
            Happening::Lapsed { basis } => vec![Words::tell("paper-text-lapse", &[("basis", basis.clone())])],
            Happening::PassedOn { to, reasons: why } => {
                vec![Words::tell("paper-text-transfer", &[("unit", self.places.path(*to))]), reasons(why)]
            }
            Happening::HearingOffered { until, reason } => {
                vec![Words::tell("paper-text-hearing-rights", &[("until", until.to_string())]), reasons(reason)]
            }
            Happening::HearingSet { held, place, chair } => {
                let told = [("held", held.to_string()), ("place", place.clone()), ("chair", chair.clone())];
                vec![Words::tell("paper-text-hearing-notice", &told)]
            }
            Happening::SentUp { to, .. } => {
                vec![Words::tell("paper-text-referral", &[("unit", self.places.path(*to))])]
            }
            Happening::Promised { materials, check, basis } => vec![
                Words::each(|language| {
                    let materials = ("materials", materials.join(" · "));
                    language.tell("paper-text-promise", [materials, ("check", words::limit(language, *check))])
                }),
                reasons(basis),
            ],
            Happening::LicenceIssued { licence, until, .. } => vec![Words::each(|language| {
                let until = ("until", words::last_day(language, *until));
                language.tell("paper-text-licence", [("licence", licence.to_string()), until])
            })],
            Happening::RenewedByLaw { licence, until } => vec![Words::each(|language| {
                let until = ("until", words::last_day(language, *until));
                language.tell("paper-text-renewal-by-law", [("licence", licence.to_string()), until])
            })],
            Happening::LicenceRevoked { licence, reasons: why, basis } => {
                let told = [("licence", licence.to_string()), ("basis", basis.clone())];
                vec![Words::tell("paper-text-revocation", &told), reasons(why)]
            }
            Happening::LicenceCancelled { licence } => {
                vec![Words::tell("paper-text-cancellation", &[("licence", licence.to_string())])]
            }
            Happening::Supplemented { .. } | Happening::Completed { .. } => {
                vec![Words::tell("paper-text-supplement", &[unit, at])]
            }
            Happening::Accepted { due, .. } => vec![Words::tell("paper-text-acceptance", &[("due", due.to_string())])],
            Happening::AcceptedByLaw { since, due, .. } => {
                let days = [("since", since.to_string()), ("due", due.to_string())];
                vec![Words::tell("paper-text-acceptance-by-law", &days)]
            }
            Happening::NotAccepted { reasons, right_authority } => {
                let mut said = because("paper-text-non-acceptance", reasons);
                if let Some(right) = right_authority {
                    said.push(Words::tell("paper-text-right-authority", &[("unit", self.places.path(*right))]));
                }
                said
            }
            Happening::ClockStopped { kind, basis, told, until, due } => vec![
                Words::each(|language| {
                    let kind = ("kind", language.say(words::procedure_key(*kind)));
                    let told = ("told", words::limit(language, *told));
                    let days = [kind, told, ("until", until.to_string()), ("due", due.to_string())];
                    language.tell("paper-text-stop", days)
                }),
                reasons(basis),
            ],
            Happening::StopProlonged { reason, told, until, due } => vec![
                Words::each(|language| {
                    let told = ("told", words::limit(language, *told));
                    language
                        .tell("paper-text-stop-longer", [told, ("until", until.to_string()), ("due", due.to_string())])
                }),
                reasons(reason),
            ],
            Happening::LimitExtended { days, by, reason, due } => vec![
                Words::each(|language| {
                    let by = ("by", language.say(words::approver_key(*by)));
                    language.tell("paper-text-extension", [by, ("days", days.to_string()), ("due", due.to_string())])
                }),
                reasons(reason),
            ],
            Happening::Decided { granted: true, reasons } => because("paper-text-grant", reasons),
            Happening::Decided { granted: false, reasons } => because("paper-text-denial", reasons),
            Happening::Delivered => vec![Words::tell("paper-text-delivery", &[unit, at])],
            Happening::Withdrawn { reason } => because("paper-text-withdrawal", reason),
            Happening::Terminated { duplicate } => vec![Words::each(|language| {
                let ground = ("ground", language.say(words::ground_key(duplicate.ground)));
                language.tell("paper-text-termination", [("number", duplicate.of.to_string()), ground])
            })],
            _ => vec![],
        }
    }
}

fn title_key(kind: PaperKind, is_licence: bool) -> &'static str {
    match kind {
        PaperKind::Grant if is_licence => "paper-grant-licence",
        PaperKind::Denial if is_licence => "paper-denial-licence",
        PaperKind::Receipt => "paper-receipt",
        PaperKind::GapsNotice => "paper-gaps-notice",
        PaperKind::SupplementReceipt => "paper-supplement-receipt",
        PaperKind::Acceptance => "paper-acceptance",
        PaperKind::NonAcceptance => "paper-non-acceptance",
        PaperKind::StopNotice => "paper-stop-notice",
        PaperKind::ExtensionNotice => "paper-extension-notice",
        PaperKind::Grant => "paper-grant",
        PaperKind::Denial => "paper-denial",
        PaperKind::DeliveryReceipt => "paper-delivery-receipt",
        PaperKind::WithdrawalReceipt => "paper-withdrawal-receipt",
        PaperKind::TerminationNotice => "paper-termination-notice",
        PaperKind::DeficitNotice => "paper-deficit-notice",
        PaperKind::LapseNotice => "paper-lapse-notice",
        PaperKind::TransferNotice => "paper-transfer-notice",
        PaperKind::PromiseNotice => "paper-promise-notice",
        PaperKind::LicenceSlip => "paper-licence-slip",
        PaperKind::RenewalByLaw => "paper-renewal-by-law",
        PaperKind::Revocation => "paper-revocation",
        PaperKind::CancellationNotice => "paper-cancellation-notice",
        PaperKind::ReferralNotice => "paper-referral-notice",
        PaperKind::HearingRights => "paper-hearing-rights",
        PaperKind::HearingNotice => "paper-hearing-notice",
    }
}
