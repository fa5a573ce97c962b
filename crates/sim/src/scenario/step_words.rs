//! What a step can do: the table of words, each with its keys, an example, and how it is read.

use super::actions::{
    case_act, clock, confirm_time, crash, cut_links, decide, disk, from_to, lasting, optional_text, promote, publish,
    quality, replace_voter, submit, traffic, voters,
};
use super::words::{
    FORGERIES, Form, Key, LINK_KEYS, ReadStep, StepWord, disk_words, forgery_words, former_words, may, moment_words,
    must, outcome_words, table_of,
};
use super::{Action, DiskFault, FaultKind as F, LinkQuality, Shape, VoterStep, concerning, flow_words, handling};

pub(super) const BY: Key = must("by", Form::Unit, "the unit where the act is done");
const EVERY: Key = must("every", Form::Span, "between two changes");
const FOR: Key = must("for", Form::Span, "how long it lasts");

const fn step(
    (word, form): (&'static str, Form),
    keys: &'static [Key],
    meaning: &'static str,
    example: &'static str,
    faults: &'static [F],
    read: ReadStep,
) -> StepWord {
    StepWord { word, form, keys, act: false, meaning, example, faults, read }
}

pub(super) const fn act(
    word: (&'static str, Form),
    keys: &'static [Key],
    meaning: &'static str,
    example: &'static str,
    read: ReadStep,
) -> StepWord {
    StepWord { act: true, ..step(word, keys, meaning, example, &[], read) }
}

/// Everything that a step can do, in the order of the reference page.
pub const STEP_WORDS: &[StepWord] = &[
    act(
        ("submit", Form::Label),
        &[
            must("to", Form::Unit, "where it is handed in"),
            may("matter", Form::Matter, "which matter; one that city and county hold alike where it is left out"),
            may("place", Form::Division, "the place that it is about; where it is handed in if left out"),
            may("authority", Form::Division, "the authority that the applicant chooses"),
            may(
                "applicant",
                Form::Text,
                "who applies: equal words are the same person; the label where it is left out",
            ),
            may("about", Form::Label, "the case whose licence it is about"),
            may(
                "act",
                Form::OneOf(handling::licence_act_words),
                "what is asked for of that licence; its renewal if left out",
            ),
            may("lacks", Form::Text, "a listed material that is not handed in yet; all are where it is left out"),
        ],
        "Somebody hands in an application; later steps call the case by the label.",
        r#"{ at = "+10s", submit = "shop", to = "village", applicant = "Zhang" }"#,
        submit,
    ),
    step(
        ("traffic", Form::Count(1, 1_000_000)),
        &[
            must("to", Form::Units, "at these units in turn"),
            must("over", Form::Span, "over so long a time, evenly"),
            may("matter", Form::Matter, "which matter; those of the catalogue in turn where it is left out"),
        ],
        "Many hand in applications, one after the other. These cases have no labels: `clerks` deal with them.",
        r#"{ at = "+0s", traffic = 40, to = ["village", "township"], over = "2m" }"#,
        &[],
        traffic,
    ),
    act(
        ("accept", Form::Label),
        &[BY],
        "受理: the authority accepts the application; its clock starts.",
        r#"{ at = "+5s", accept = "shop", by = "county" }"#,
        |reading, fields, value| case_act(reading, fields, value, |case, by| Action::Accept { case, by }),
    ),
    act(
        ("not-accept", Form::Label),
        &[BY, may("reasons", Form::Text, "why; a unit refuses the act without")],
        "不予受理: the authority does not accept the application.",
        r#"{ at = "+5s", not-accept = "shop", by = "county", reasons = "outside our powers" }"#,
        |reading, fields, value| {
            let reasons = optional_text(reading, fields, "reasons")?;
            case_act(reading, fields, value, |case, by| Action::NotAccept { case, by, reasons })
        },
    ),
    act(
        ("decide", Form::Label),
        &[
            BY,
            must("as", Form::OneOf(outcome_words), "what is decided"),
            may("reasons", Form::Text, "why; a unit refuses a denial without"),
        ],
        "决定: the authority grants or denies.",
        r#"{ at = "+5s", decide = "shop", by = "county", as = "denied", reasons = "too close to the school" }"#,
        decide,
    ),
    act(
        ("deliver", Form::Label),
        &[BY],
        "送达: the result is handed over, where it lies: at the unit that received the application.",
        r#"{ at = "+30s", deliver = "shop", by = "village" }"#,
        |reading, fields, value| case_act(reading, fields, value, |case, by| Action::Deliver { case, by }),
    ),
    act(
        ("withdraw", Form::Label),
        &[BY, may("reason", Form::Text, "as the applicant says")],
        "撤回: the applicant takes the application back.",
        r#"{ at = "+5s", withdraw = "shop", by = "village", reason = "moved away" }"#,
        |reading, fields, value| {
            let reason = optional_text(reading, fields, "reason")?;
            case_act(reading, fields, value, |case, by| Action::Withdraw { case, by, reason })
        },
    ),
    act(
        ("take-back", Form::Label),
        &[BY],
        "An open offer is taken back; the case is the unit's own again.",
        r#"{ at = "+5s", take-back = "shop", by = "village" }"#,
        |reading, fields, value| case_act(reading, fields, value, |case, by| Action::TakeBack { case, by }),
    ),
    act(
        ("tell-gaps", Form::Label),
        &[
            BY,
            may("material", Form::Text, "which listed material; the first handed in where it is left out"),
            must("what", Form::Text, "what is missing or wrong about it"),
            may("within", Form::Count(1, 1_000), "so many working days to fill it; without, no end is told"),
            may("basis", Form::Text, "by which provision the application is over otherwise; refused without"),
        ],
        "补正告知: the authority tells all gaps, once. None told in time: the law has accepted the application.",
        r#"{ at = "+1d", tell-gaps = "shop", by = "county", what = "not signed" }"#,
        handling::tell_gaps,
    ),
    act(
        ("supplement", Form::Label),
        &[BY, may("material", Form::Text, "which listed material; all that were handed in where it is left out")],
        "补正: what was missing is handed in where the case is; the days for telling gaps begin anew.",
        r#"{ at = "+1d", supplement = "shop", by = "county" }"#,
        handling::supplement,
    ),
    act(
        ("accept-with-deficit", Form::Label),
        &[
            BY,
            may("asked", Form::Flag, "the applicant asked for it and signed; yes if left out"),
            may("within", Form::Count(1, 1_000), "so many working days to bring what follows; refused without"),
            may("basis", Form::Text, "by which provision the application is over otherwise; refused without"),
        ],
        "容缺受理: accepted, with the listed materials to follow that may and were not handed in (`lacks`).",
        r#"{ at = "+1d", accept-with-deficit = "shop", by = "county", within = 5, basis = "art. 8" }"#,
        handling::accept_with_deficit,
    ),
    act(
        ("complete", Form::Label),
        &[BY, may("material", Form::Text, "which listed material; what was not handed in where it is left out")],
        "补齐: what was to follow is handed in where the case is.",
        r#"{ at = "+2d", complete = "shop", by = "county" }"#,
        handling::complete,
    ),
    act(
        ("pass-on", Form::Label),
        &[
            BY,
            must("to", Form::Unit, "the authority that is competent"),
            may("reasons", Form::Text, "why this one is not; refused without"),
            may("consented", Form::Flag, "the applicant agreed; yes if left out"),
        ],
        "移送: a wrong authority passes the application to the right one, whose time begins where it arrives.",
        r#"{ at = "+1d", pass-on = "shop", by = "county", to = "city", reasons = "two districts" }"#,
        handling::pass_on,
    ),
    flow_words::SEND_UP,
    flow_words::DO_STEP,
    flow_words::STEP_BACK,
    flow_words::TELL_HEARING,
    flow_words::ASK_HEARING,
    flow_words::SET_HEARING,
    flow_words::HOLD_HEARING,
    concerning::RATE,
    concerning::URGE,
    concerning::ORDER,
    concerning::COMPLAIN,
    concerning::CALL_BACK,
    concerning::RECTIFY,
    concerning::EXCLUDE_RATING,
    concerning::ANSWER_URGING,
    concerning::JUDGE_COMPLAINT,
    concerning::HANDLE_COMPLAINT,
    concerning::ANSWER_COMPLAINT,
    act(
        ("accept-on-promise", Form::Label),
        &[
            BY,
            may(
                "signed",
                Form::Flag,
                "the applicant was told what follows from a false promise and signed; yes if left out",
            ),
        ],
        "告知承诺: accepted on the applicant's promise in place of proofs that were not handed in (`lacks`).",
        r#"{ at = "+1d", accept-on-promise = "shop", by = "county" }"#,
        handling::accept_on_promise,
    ),
    act(
        ("check-promise", Form::Label),
        &[
            BY,
            may("kept", Form::Flag, "whether what was promised is so; yes if left out"),
            may("findings", Form::Text, "what was found; refused without"),
        ],
        "核查: whether what was promised is so. A broken promise counts against later applications.",
        r#"{ at = "+9d", check-promise = "shop", by = "county", kept = false, findings = "a dwelling" }"#,
        handling::check_promise,
    ),
    act(
        ("revoke", Form::Label),
        &[
            BY,
            may("reasons", Form::Text, "why; refused without"),
            may("basis", Form::Text, "the provision; refused without"),
        ],
        "撤销: the licence that was issued in the case is taken back, and all who had the case are told.",
        r#"{ at = "+9d", revoke = "shop", by = "county", reasons = "a false promise", basis = "art. 69" }"#,
        handling::revoke,
    ),
    act(
        ("stop-clock", Form::Label),
        &[
            BY,
            may("kind", Form::OneOf(handling::procedure_words), "for which procedure; refused without"),
            may("basis", Form::Text, "which provision requires it; refused without"),
            may("told", Form::Count(1, 1_000), "so many days, as the applicant is told; refused without"),
            may("calendar-days", Form::Flag, "the days are calendar days; working days where it is left out"),
        ],
        "特别程序: the clock stands still for a procedure, for the time told; then counting goes on by itself.",
        r#"{ at = "+3d", stop-clock = "shop", by = "county", kind = "testing", basis = "art. 55", told = 10 }"#,
        handling::stop_clock,
    ),
    act(
        ("prolong-stop", Form::Label),
        &[
            BY,
            may("reason", Form::Text, "why the time told first is not enough; refused without"),
            may("told", Form::Count(1, 1_000), "so many further days; refused without"),
            may("calendar-days", Form::Flag, "the days are calendar days; working days where it is left out"),
        ],
        "A second, reasoned notice: the clock stands still for longer. Once.",
        r#"{ at = "+10d", prolong-stop = "shop", by = "county", reason = "the laboratory is late", told = 5 }"#,
        handling::prolong_stop,
    ),
    act(
        ("resume-clock", Form::Label),
        &[BY],
        "The procedure is over before the time told: counting goes on from the day after.",
        r#"{ at = "+4d", resume-clock = "shop", by = "county" }"#,
        handling::resume_clock,
    ),
    act(
        ("extend-limit", Form::Label),
        &[
            BY,
            must("days", Form::Count(1, 1_000), "by how many, in the limit's own unit"),
            may("approved-by", Form::OneOf(handling::approver_words), "who approved; the organ's head if left out"),
            may("reason", Form::Text, "as the applicant is told; refused without"),
        ],
        "延长: the limit of the decision is extended, once.",
        r#"{ at = "+10d", extend-limit = "shop", by = "county", days = 10, reason = "two sites to visit" }"#,
        handling::extend_limit,
    ),
    act(
        ("confirm-time", Form::Unit),
        &[may("said", Form::Wall, "what the clerk's own clock shows; the true time where it is left out")],
        "A clerk has looked at another clock, and confirms the time of a unit whose clock is in doubt.",
        r#"{ at = "+5s", confirm-time = "village" }"#,
        confirm_time,
    ),
    act(
        ("add-voter", Form::Nodes),
        &[],
        "A spare machine (`spares`) starts, catches up and becomes a voter of its unit.",
        r#"{ at = "+1m", add-voter = "city/4" }"#,
        |reading, _, value| voters(reading, value, VoterStep::Add),
    ),
    act(
        ("remove-voter", Form::Nodes),
        &[],
        "A voter votes no more; then its machine is switched off. Refused where too few would answer.",
        r#"{ at = "+1m", remove-voter = "city/3", answer = "voters.quorum" }"#,
        |reading, _, value| voters(reading, value, VoterStep::Remove),
    ),
    act(
        ("replace-voter", Form::Nodes),
        &[must("by", Form::Nodes, "the spare machine that takes its place")],
        "A spare machine starts, catches up and takes the place of a voter, mostly of one that is lost.",
        r#"{ at = "+1m", replace-voter = "city/3", by = "city/4" }"#,
        replace_voter,
    ),
    act(
        ("transfer-leader", Form::Nodes),
        &[],
        "A voter takes the lead of its unit.",
        r#"{ at = "+1m", transfer-leader = "city/2" }"#,
        |reading, _, value| voters(reading, value, VoterStep::Lead),
    ),
    act(
        ("publish", Form::Flag),
        &[may("patience", Form::Span, "how long an offer may stay unanswered from this version on")],
        "The city publishes the next catalogue version.",
        r#"{ at = "+5s", publish = true, patience = "1m" }"#,
        publish,
    ),
    step(
        ("cut", Form::UnitOrPair),
        &[may("one-way", Form::Flag, "of two units: only what the first sends to the second is lost")],
        "A unit is cut off from everyone (links inside it stay), or two units from each other.",
        r#"{ at = "+1m", cut = ["county", "city"] }"#,
        &[F::Cut, F::CutOneWay],
        cut_links,
    ),
    step(
        ("island", Form::Units),
        &[],
        "Some units are cut off from all others; they reach each other.",
        r#"{ at = "+1m", island = ["county", "township", "village"] }"#,
        &[F::Cut],
        |reading, _, value| Some(Action::Cut(Shape::Group(reading.units(value, 1, MOST_UNITS)?))),
    ),
    step(
        ("ring", Form::Units),
        &[],
        "Each of these units reaches its two neighbours in the list only.",
        r#"{ at = "+1m", ring = ["city", "county", "township", "village"] }"#,
        &[F::Ring],
        |reading, _, value| Some(Action::Cut(Shape::Ring(reading.units(value, 4, MOST_UNITS)?))),
    ),
    step(
        ("bridge", Form::Units),
        &[],
        "All but the first of these units are split in two halves that only the first reaches.",
        r#"{ at = "+1m", bridge = ["county", "city", "township"] }"#,
        &[F::Bridge],
        |reading, _, value| Some(Action::Cut(Shape::Bridge(reading.units(value, 3, MOST_UNITS)?))),
    ),
    step(
        ("cut-node", Form::Nodes),
        &[],
        "Replicas are cut off from the others of their unit and from everyone: a leader is isolated.",
        r#"{ at = "+1m", cut-node = "city/leader" }"#,
        &[F::CutNode],
        |reading, _, value| Some(Action::Cut(Shape::Node(reading.nodes(value)?))),
    ),
    step(
        ("flap", Form::Pair),
        &[EVERY, FOR],
        "The link between two units is cut and joined in turn; joined for good at the end.",
        r#"{ at = "+1m", flap = ["county", "city"], every = "10s", for = "2m" }"#,
        &[F::Flapping],
        |reading, fields, value| {
            let pair = reading.pair(value);
            let (every, lasting) = (lasting(reading, fields, "every"), lasting(reading, fields, "for"));
            Some(Action::Cut(Shape::Flapping { pair: pair?, every: every?, lasting: lasting? }))
        },
    ),
    step(
        ("swizzle", Form::Units),
        &[EVERY],
        "These units are cut off from everyone one after the other, and joined again in another order.",
        r#"{ at = "+1m", swizzle = ["county", "township", "village"], every = "5s" }"#,
        &[F::Swizzle],
        |reading, fields, value| {
            let units = reading.units(value, 2, MOST_UNITS);
            let every = lasting(reading, fields, "every");
            Some(Action::Cut(Shape::Swizzle { units: units?, every: every? }))
        },
    ),
    step(
        ("heal", Form::UnitOrAll),
        &[],
        "Cut links are joined again: those of a unit, or all.",
        r#"{ at = "+1m", heal = "all" }"#,
        &[],
        |reading, _, value| match reading.text(value, "\"all\"")? {
            "all" => Some(Action::Heal(None)),
            _ => Some(Action::Heal(Some(reading.unit(value)?))),
        },
    ),
    step(
        ("link", Form::PairOrAll),
        LINK_KEYS,
        "The link between two units gets better or worse, both ways; all links with `all`. What is not named is as a usual line: 5 ms, jitter of 1 ms, nothing lost.",
        r#"{ at = "+1m", link = ["county", "city"], delay = "300ms", loss = 5 }"#,
        &[F::Delay, F::Loss, F::Duplicate, F::Reorder, F::Rate],
        |reading, fields, value| {
            let pair = match value.value.as_str() {
                Some("all") => None,
                _ => Some(reading.pair(value)?),
            };
            Some(Action::Link { pair, quality: quality(reading, fields, LinkQuality::default())? })
        },
    ),
    step(
        ("crash", Form::Nodes),
        &[
            may(
                "when",
                Form::OneOf(moment_words),
                "not at once, but the next time that the unit reaches this moment of the protocol",
            ),
            may(
                "keep",
                Form::Count(0, 100),
                "the power goes too: of the unsynced batches this share (percent) reached the disk all the same; where it is left \
                 out, simulation loses them all, and real processes are killed under a system that goes on",
            ),
        ],
        "Processes end without warning; what no sync kept is lost.",
        r#"{ at = "+1m", crash = "city/leader", when = "prepared" }"#,
        &[F::Crash, F::CrashAtMoment, F::UnsyncedLost],
        crash,
    ),
    step(
        ("restart", Form::Nodes),
        &[],
        "Replicas that have ended, or stopped by themselves, start again.",
        r#"{ at = "+20s", restart = "city" }"#,
        &[F::Restart],
        |reading, _, value| Some(Action::Restart(reading.nodes(value)?)),
    ),
    step(
        ("pause", Form::Nodes),
        &[FOR],
        "Processes stand still and go on after a time; longer than an election, the lead is lost.",
        r#"{ at = "+1m", pause = "city/leader", for = "5s" }"#,
        &[F::Pause],
        |reading, fields, value| {
            let nodes = reading.nodes(value);
            Some(Action::Pause { nodes: nodes?, lasting: lasting(reading, fields, "for")? })
        },
    ),
    step(
        ("clock", Form::Nodes),
        &[
            may("offset", Form::Offset, "it differs from true time by so much; `0s` puts it right"),
            may("set", Form::Wall, "it shows this time now, and goes on from there"),
            may("strobe", Form::Offset, "it jumps there and back by so much; needs `every` and `for`"),
            may("every", Form::Span, "between two jumps"),
            may("for", Form::Span, "right again after this"),
        ],
        "A clock is wrong from now on, in one of three ways.",
        r#"{ at = "+1m", clock = "village", set = "1970-01-01 08:00" }"#,
        &[F::ClockOffset, F::ClockSet, F::ClockStrobe],
        clock,
    ),
    step(
        ("disk", Form::Nodes),
        &[
            must("fault", Form::OneOf(disk_words), "how it fails; `mended` puts `slow` and `full` right"),
            may("takes", Form::Span, "of `slow`: how long a sync takes"),
        ],
        "A disk fails: the next sync fails, every call fails, syncs are slow, nothing more can be written, kept bits flip.",
        r#"{ at = "+1m", disk = "township", fault = "full" }"#,
        &[F::SyncFails, F::DiskDead, F::DiskSlow, F::DiskFull, F::Rot],
        disk,
    ),
    step(
        ("wipe", Form::Nodes),
        &[],
        "The folder of a replica that is down is emptied.",
        r#"{ at = "+5s", wipe = "city/2" }"#,
        &[F::Wiped],
        |reading, _, value| Some(Action::Disk { nodes: reading.nodes(value)?, fault: DiskFault::Wiped }),
    ),
    step(
        ("roll-back", Form::Nodes),
        &[must("by", Form::Span, "how long ago the folder was so")],
        "The folder of a replica that is down is put back to what it was before.",
        r#"{ at = "+5s", roll-back = "city/2", by = "1m" }"#,
        &[F::RolledBack],
        |reading, fields, value| {
            let nodes = reading.nodes(value);
            let by = lasting(reading, fields, "by")?;
            Some(Action::Disk { nodes: nodes?, fault: DiskFault::RolledBack(by) })
        },
    ),
    step(
        ("replay-mail", Form::Unit),
        &[must("to", Form::Unit, "who gets it again")],
        "Mail that this unit once sent is handed to its receiver again.",
        r#"{ at = "+1m", replay-mail = "village", to = "county" }"#,
        &[F::ReplayMail],
        |reading, fields, value| {
            let (from, to) = from_to(reading, fields, value)?;
            Some(Action::ReplayMail { from, to })
        },
    ),
    step(
        ("forge-mail", Form::Unit),
        &[must("to", Form::Unit, "who gets it"), must("how", Form::OneOf(forgery_words), "what is false about it")],
        "Mail in the name of this unit is made up or altered on its way.",
        r#"{ at = "+1m", forge-mail = "county", to = "city", how = "altered" }"#,
        &[F::ForgeMail],
        |reading, fields, value| {
            let ends = from_to(reading, fields, value);
            let forgery = reading.word("forgery", fields.get("how")?, &table_of(&FORGERIES));
            let (from, to) = ends?;
            Some(Action::ForgeMail { from, to, forgery: forgery? })
        },
    ),
    step(
        ("advance", Form::Span),
        &[],
        "Wall time goes on for everyone while nothing else happens: quiet days pass at once. The next step counts from the end of it.",
        r#"{ at = "+1s", advance = "3d" }"#,
        &[F::Advance],
        |reading, _, value| Some(Action::Advance(reading.lasting(value)?)),
    ),
    step(
        ("promote", Form::Unit),
        &[
            may(
                "lag",
                Form::Text,
                "how far its mirror is behind: `40 commands`, or a span; not at all where it is left out",
            ),
            may(
                "former",
                Form::OneOf(former_words),
                "whether the old machines run on all the same; `gone` where it is left out",
            ),
        ],
        "A unit that is lost goes on from its mirror as its next generation. A mirror is never behind what it acknowledged.",
        r#"{ at = "+1m", promote = "county", lag = "40 commands" }"#,
        &[F::Promote],
        promote,
    ),
    step(
        ("declare-lost", Form::Unit),
        &[must("by", Form::Unit, "the unit in whose round it is declared")],
        "In the round of a unit that comes back, two people declare that another one does not.",
        r#"{ at = "+1m", declare-lost = "village", by = "county" }"#,
        &[F::DeclareLost],
        |reading, fields, value| {
            let peer = reading.unit(value);
            let by = reading.unit(fields.get("by")?);
            Some(Action::DeclareLost { peer: peer?, by: by? })
        },
    ),
];

pub(super) const MOST_UNITS: usize = 10_000;
