//! Writes a scenario as a file that reads back equal: what a generator found or a shrinker made smaller, to be kept.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use domain::ids::UnitId;

use super::time::{print_offset, print_span, print_wall};
use super::words::{INVARIANTS, word_of};
use super::{
    Action, ClockFault, Direction, DiskFault, Expectation, Expected, ExpectedAnswer, Fidelity, Lag, LinkQuality,
    NodeChoice, Officer, Scenario, Shape, VoterStep, World, concerning, handling,
};

/// An inline table in the making.
#[derive(Default)]
pub(super) struct Row(Vec<String>);

impl Row {
    pub(super) fn raw(&mut self, key: &str, value: impl std::fmt::Display) {
        self.0.push(format!("{key} = {value}"));
    }

    pub(super) fn text(&mut self, key: &str, text: &str) {
        self.raw(key, quote(text));
    }

    fn span(&mut self, key: &str, span: Duration) {
        self.text(key, &print_span(span));
    }

    fn print(&self) -> String {
        format!("{{ {} }}", self.0.join(", "))
    }
}

/// A TOML basic string.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_control() => quoted += &format!("\\u{:04X}", u32::from(c)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A key: bare where it may be.
fn key(text: &str) -> String {
    let bare = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if bare && !text.is_empty() { text.to_owned() } else { quote(text) }
}

fn list<T>(items: impl IntoIterator<Item = T>, print: impl Fn(T) -> String) -> String {
    format!("[{}]", items.into_iter().map(print).collect::<Vec<_>>().join(", "))
}

impl Scenario {
    /// The scenario as a file. Lines are those of the new file, the rest reads back equal.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let mut line = |key: &str, value: String| {
            text += &format!("{key} = {value}\n");
        };
        line("title", quote(&self.title));
        line("intent", quote(&self.intent));
        if !self.journeys.is_empty() {
            line("journeys", list(&self.journeys, u8::to_string));
        }
        line("start", quote(&print_wall(self.start)));
        line("seed", self.seed.to_string());
        if self.fidelities != BTreeSet::from([Fidelity::Core, Fidelity::Consensus]) {
            line("play", list(&self.fidelities, |fidelity| quote(fidelity.as_str())));
        }
        if self.always.len() != INVARIANTS.len() {
            line("always", list(&self.always, |id| quote(id)));
        }
        let requirements = self.requirements();
        if !requirements.0.is_empty() {
            line("require", requirements.print());
        }
        let steps = self.print_steps();
        if !steps.is_empty() {
            line("steps", format!("[\n{steps}]"));
        }
        let mut expectations = String::new();
        for expectation in &self.expectations {
            expectations += &format!("  {},\n", self.expectation(expectation).print());
        }
        if !expectations.is_empty() {
            line("expect", format!("[\n{expectations}]"));
        }
        text + "\n" + &self.world.to_toml()
    }

    fn requirements(&self) -> Row {
        let (require, mut row) = (&self.require, Row::default());
        if !require.faults.is_empty() {
            row.raw("faults", list(&require.faults, |kind| quote(&word_of(kind))));
        }
        for (key, count) in [("commands", require.commands), ("cases", require.cases), ("mail", require.mail)] {
            if count > 0 {
                row.raw(key, count);
            }
        }
        row
    }

    fn print_steps(&self) -> String {
        let mut text = String::new();
        let mut before = Duration::ZERO;
        for step in &self.steps {
            let mut row = Row::default();
            row.text("at", &format!("+{}", print_span(step.at.saturating_sub(before))));
            self.world.action(&mut row, &step.action);
            match &step.answer {
                ExpectedAnswer::Done => {}
                other => row.text("answer", other.word()),
            }
            before = step.end();
            let _infallible = writeln!(text, "  {},", row.print());
        }
        text
    }

    fn expectation(&self, expectation: &Expectation) -> Row {
        let mut row = Row::default();
        let end = self.end_of_steps();
        match expectation.at.checked_sub(end) {
            Some(after) if after.is_zero() => {}
            Some(after) => row.text("at", &format!("+{}", print_span(after))),
            None => {
                let millis = i64::try_from(expectation.at.as_millis()).unwrap_or(i64::MAX);
                row.text("at", &print_wall(self.start.plus_millis(millis)));
            }
        }
        if !expectation.within.is_zero() {
            row.span("within", expectation.within);
        }
        let alias = |unit: &UnitId| self.world.alias(*unit);
        match &expectation.what {
            Expected::Case { case, owner, stage, seen_from, role, passed_over, card } => {
                row.text("case", case);
                for (key, unit) in [("owner", owner), ("seen-from", seen_from), ("passed-over", passed_over)] {
                    if let Some(unit) = unit {
                        row.text(key, &alias(unit));
                    }
                }
                if let Some(stage) = stage {
                    row.text("stage", &word_of(stage));
                }
                if let Some(role) = role {
                    row.text("role", role);
                }
                if let Some(card) = card {
                    row.text("card", &word_of(card));
                }
            }
            Expected::Concern { case, seen_from, kind, number, waits, card } => {
                row.text("concern", case);
                row.text("seen-from", &alias(seen_from));
                row.text("kind", &word_of(kind));
                if let Some(number) = number {
                    row.raw("number", number);
                }
                if let Some(waits) = waits {
                    row.text("waits", &waits.map_or_else(|| concerning::NOTHING.to_owned(), |task| word_of(&task)));
                }
                if let Some(card) = card {
                    row.text("card", &word_of(card));
                }
            }
            Expected::Unit { unit, catalogue, backlog, stopped, evidence } => {
                row.text("unit", &alias(unit));
                for (key, count) in [("catalogue", catalogue), ("backlog", backlog), ("evidence", evidence)] {
                    if let Some(count) = count {
                        row.raw(key, count);
                    }
                }
                if let Some(stopped) = stopped {
                    row.raw("stopped", stopped);
                }
            }
            Expected::Quiet => row.raw("quiet", true),
        }
        row
    }
}

impl World {
    fn to_toml(&self) -> String {
        let mut text = String::from("[world]\n");
        if !self.pairs.is_empty() {
            text += "pairs = [\n";
            for ((a, b), quality) in &self.pairs {
                let mut row = Row::default();
                row.raw("between", list([a, b], |unit| quote(&self.alias(*unit))));
                quality.print(&mut row);
                text += &format!("  {},\n", row.print());
            }
            text += "]\n";
        }
        text += &format!("patience = {}\n", quote(&print_span(self.patience)));
        text += &format!("matters = {}\n", self.matters);
        if let Some(clerks) = self.clerks {
            let mut row = Row::default();
            row.span("pace", clerks.pace);
            row.raw("deny", clerks.deny_percent);
            text += &format!("clerks = {}\n", row.print());
        }
        if self.links != LinkQuality::default() {
            let mut row = Row::default();
            self.links.print(&mut row);
            text += &format!("links = {}\n", row.print());
        }
        let mut voters = Row::default();
        for unit in self.units.iter().filter(|unit| unit.voters != 1) {
            voters.raw(&key(&unit.alias), unit.voters);
        }
        if !voters.0.is_empty() {
            text += &format!("voters = {}\n", voters.print());
        }
        let mut spares = Row::default();
        for unit in self.units.iter().filter(|unit| unit.spares != 0) {
            spares.raw(&key(&unit.alias), unit.spares);
        }
        if !spares.0.is_empty() {
            text += &format!("spares = {}\n", spares.print());
        }
        text += "\n[world.units]\n";
        for unit in &self.units {
            text += &format!("{} = {} # {}\n", key(&unit.alias), quote(&unit.unit.to_string()), unit.name);
        }
        text
    }

    fn voters(&self, row: &mut Row, change: VoterStep) {
        match change {
            VoterStep::Add(node) => row.text("add-voter", &self.nodes(node)),
            VoterStep::Remove(node) => row.text("remove-voter", &self.nodes(node)),
            VoterStep::Replace { node, by } => {
                row.text("replace-voter", &self.nodes(node));
                row.text("by", &self.nodes(by));
            }
            VoterStep::Lead(node) => row.text("transfer-leader", &self.nodes(node)),
        }
    }

    fn nodes(&self, nodes: NodeChoice) -> String {
        match nodes {
            NodeChoice::All(unit) => self.alias(unit),
            NodeChoice::Leader(unit) => format!("{}/leader", self.alias(unit)),
            NodeChoice::Nth(unit, number) => format!("{}/{number}", self.alias(unit)),
            NodeChoice::Everyone => "everyone".to_owned(),
        }
    }

    fn units<'a>(&self, units: impl IntoIterator<Item = &'a UnitId>) -> String {
        list(units, |unit| quote(&self.alias(*unit)))
    }

    fn case(&self, row: &mut Row, word: &str, case: &str, by: UnitId) {
        row.text(word, case);
        row.text("by", &self.alias(by));
    }

    fn action(&self, row: &mut Row, action: &Action) {
        match action {
            Action::Submit(application) => {
                row.text("submit", &application.case);
                row.text("to", &self.alias(application.at));
                if let Some(matter) = &application.matter {
                    row.text("matter", matter);
                }
                for (key, unit) in [("place", application.place), ("authority", application.authority)] {
                    if let Some(unit) = unit {
                        row.text(key, &self.alias(unit));
                    }
                }
                if application.applicant != application.case {
                    row.text("applicant", &application.applicant);
                }
                if let Some((case, act)) = &application.about {
                    row.text("about", case);
                    row.text("act", &super::words::word_of(act));
                }
                if let Some(lacks) = &application.lacks {
                    row.text("lacks", lacks);
                }
            }
            Action::Traffic { cases, at, over, matter } => {
                row.raw("traffic", cases);
                row.raw("to", self.units(at));
                row.span("over", *over);
                if let Some(matter) = matter {
                    row.text("matter", matter);
                }
            }
            Action::Accept { case, by } => self.case(row, "accept", case, *by),
            Action::NotAccept { case, by, reasons } => {
                self.case(row, "not-accept", case, *by);
                row.text("reasons", reasons);
            }
            Action::Decide { case, by, granted, reasons } => {
                self.case(row, "decide", case, *by);
                row.text("as", if *granted { "granted" } else { "denied" });
                if !reasons.is_empty() {
                    row.text("reasons", reasons);
                }
            }
            Action::Deliver { case, by } => self.case(row, "deliver", case, *by),
            Action::Withdraw { case, by, reason } => {
                self.case(row, "withdraw", case, *by);
                if !reason.is_empty() {
                    row.text("reason", reason);
                }
            }
            Action::TakeBack { case, by } => self.case(row, "take-back", case, *by),
            Action::Handle { case, by, officer, handling } => {
                self.case(row, handling::word(handling), case, *by);
                if *officer != Officer::First {
                    row.text("officer", officer.as_str());
                }
                handling::write(row, handling, |unit| self.alias(unit));
            }
            Action::Concern { case, by, concerning } => {
                self.case(row, concerning::word(concerning), case, *by);
                concerning::write(row, concerning);
            }
            Action::ConfirmTime { by, said } => {
                row.text("confirm-time", &self.alias(*by));
                if let Some(said) = said {
                    row.text("said", &print_wall(*said));
                }
            }
            Action::Voters(change) => self.voters(row, *change),
            Action::Publish { patience } => {
                row.raw("publish", true);
                if let Some(patience) = patience {
                    row.span("patience", *patience);
                }
            }
            Action::Cut(shape) => self.shape(row, shape),
            Action::Heal(unit) => row.text("heal", &unit.map_or_else(|| "all".to_owned(), |unit| self.alias(unit))),
            Action::Link { pair, quality } => {
                match pair {
                    Some((a, b)) => row.raw("link", self.units([a, b])),
                    None => row.text("link", "all"),
                }
                quality.print(row);
            }
            Action::Crash { nodes, when, kept_percent } => {
                row.text("crash", &self.nodes(*nodes));
                if let Some(when) = when {
                    row.text("when", &word_of(when));
                }
                if let Some(kept) = kept_percent {
                    row.raw("keep", kept);
                }
            }
            Action::Restart(nodes) => row.text("restart", &self.nodes(*nodes)),
            Action::Pause { nodes, lasting } => {
                row.text("pause", &self.nodes(*nodes));
                row.span("for", *lasting);
            }
            Action::Clock { nodes, fault } => self.clock(row, *nodes, *fault),
            Action::Disk { nodes, fault } => self.disk(row, *nodes, *fault),
            Action::ReplayMail { from, to } => {
                row.text("replay-mail", &self.alias(*from));
                row.text("to", &self.alias(*to));
            }
            Action::ForgeMail { from, to, forgery } => {
                row.text("forge-mail", &self.alias(*from));
                row.text("to", &self.alias(*to));
                row.text("how", &word_of(forgery));
            }
            Action::Advance(span) => row.span("advance", *span),
            Action::Promote { unit, lag, former_runs } => {
                row.text("promote", &self.alias(*unit));
                if *lag != Lag::Commands(0) {
                    row.text("lag", &lag.to_string());
                }
                if *former_runs {
                    row.text("former", "runs");
                }
            }
            Action::DeclareLost { peer, by } => {
                row.text("declare-lost", &self.alias(*peer));
                row.text("by", &self.alias(*by));
            }
        }
    }

    fn shape(&self, row: &mut Row, shape: &Shape) {
        match shape {
            Shape::Unit(unit) => row.text("cut", &self.alias(*unit)),
            Shape::Pair(a, b, direction) => {
                row.raw("cut", self.units([a, b]));
                if *direction == Direction::OneWay {
                    row.raw("one-way", true);
                }
            }
            Shape::Group(units) => row.raw("island", self.units(units)),
            Shape::Ring(units) => row.raw("ring", self.units(units)),
            Shape::Bridge(units) => row.raw("bridge", self.units(units)),
            Shape::Node(nodes) => row.text("cut-node", &self.nodes(*nodes)),
            Shape::Flapping { pair: (a, b), every, lasting } => {
                row.raw("flap", self.units([a, b]));
                row.span("every", *every);
                row.span("for", *lasting);
            }
            Shape::Swizzle { units, every } => {
                row.raw("swizzle", self.units(units));
                row.span("every", *every);
            }
        }
    }

    fn clock(&self, row: &mut Row, nodes: NodeChoice, fault: ClockFault) {
        row.text("clock", &self.nodes(nodes));
        match fault {
            ClockFault::Offset(millis) => row.text("offset", &print_offset(millis)),
            ClockFault::Set(time) => row.text("set", &print_wall(time)),
            ClockFault::Strobe { by_millis, every, lasting } => {
                row.text("strobe", &print_offset(by_millis));
                row.span("every", every);
                row.span("for", lasting);
            }
        }
    }

    fn disk(&self, row: &mut Row, nodes: NodeChoice, fault: DiskFault) {
        let word = match fault {
            DiskFault::RolledBack(span) => {
                row.text("roll-back", &self.nodes(nodes));
                return row.span("by", span);
            }
            DiskFault::Wiped => return row.text("wipe", &self.nodes(nodes)),
            DiskFault::SyncFails => "sync-fails",
            DiskFault::Dead => "dead",
            DiskFault::Slow(_) => "slow",
            DiskFault::Full => "full",
            DiskFault::Mended => "mended",
            DiskFault::Rot => "rot",
        };
        row.text("disk", &self.nodes(nodes));
        row.text("fault", word);
        if let DiskFault::Slow(takes) = fault {
            row.span("takes", takes);
        }
    }
}

impl LinkQuality {
    /// Every part, so that it does not matter what is usual where it stands.
    fn print(&self, row: &mut Row) {
        row.span("delay", self.delay);
        row.span("jitter", self.jitter);
        for (key, percent) in
            [("loss", self.loss_percent), ("duplicate", self.duplicate_percent), ("reorder", self.reorder_percent)]
        {
            // Whole numbers as people write them.
            row.raw(key, if percent.fract() == 0.0 { format!("{percent:.0}") } else { format!("{percent:?}") });
        }
        row.raw("rate", self.rate.unwrap_or(0));
    }
}
