"""The independent oracle of legal time: reads timelines as JSON lines, answers each with one JSON line.

Days come from the PyPI package chinese_calendar, never from our own list. The arithmetic is its own: where the Rust side walks day by
day and spends budgets, this one builds sets of days and searches for the first day on which enough of them count. The words of
requests and answers are those of crates/domain/src/legal; the answer is judged by crates/domain/tests/legal_oracle.rs.
"""

import datetime
import functools
import json
import sys

from chinese_calendar.constants import holidays, workdays

EPOCH = datetime.date(1970, 1, 1)
DAY = datetime.timedelta(days=1)
FIRST_YEAR = 2020  # ours begins here

# name: window, off at least, off at most, worked at most (docs/law.md)
FESTIVALS = [
    (((12, 28), (1, 6)), 0, 2, 2),
    (((1, 14), (3, 4)), 4, 7, 2),
    (((3, 30), (4, 9)), 1, 3, 2),
    (((4, 20), (5, 14)), 0, 3, 2),
    (((5, 24), (6, 30)), 1, 3, 2),
    (((9, 4), (10, 12)), 0, 3, 2),
    (((9, 18), (10, 14)), 0, 5, 2),
]
FIXED = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
LICENCE = {
    "gaps_told": (5, "working", None),
    "decision": (20, "working", (10, "organ_head")),
    "joint_decision": (45, "working", (15, "government_head")),
    "lower_review": (20, "working", None),
    "delivery": (10, "working", None),
    "hearing_asked": (5, "working", None),
    "hearing_held": (20, "working", None),
    "hearing_notice": (7, "working", None),
}
STOPPABLE = {"decision", "joint_decision", "lower_review", "promised"}
ARTICLE_45 = {"hearing", "tender", "auction", "inspection", "testing", "quarantine", "appraisal", "expert_review"}


def date_of(text):
    return datetime.date.fromisoformat(text)


def text_of(day):
    return day.isoformat()


class Calendar:
    """What one organ counts by: published years below `until`, its own days before those of the package."""

    def __init__(self, until, own):
        self.until = until
        self.own = {date_of(day): kind for day, kind in own.items()}

    @functools.lru_cache(maxsize=None)
    def base(self, day):
        """'on' or 'off' for good, or what is open about it: 'weekday' or 'weekend' that a festival may move."""
        if day in self.own:
            return "on" if self.own[day] == "workday" else "off"
        known = day.year < self.until
        if known and day in holidays:
            return "off"
        if known and day in workdays:
            return "on"
        if day.weekday() >= 5:
            return "weekend"
        if not known and (day.month, day.day) in FIXED:
            return "off"
        return "weekday"

    @functools.lru_cache(maxsize=None)
    def open(self, day):
        """Numbers of the festivals that can still move the day, with their year."""
        year = day.year + 1 if day.month == 12 else day.year
        if year < self.until:
            return ()
        return tuple((n, year) for n in range(len(FESTIVALS)) if day in window(n, year))


@functools.lru_cache(maxsize=None)
def window(n, year):
    (first, last) = FESTIVALS[n][0]
    begin = datetime.date(year - 1 if first > last else year, *first)
    end = datetime.date(year, *last)
    return frozenset(begin + DAY * i for i in range((end - begin).days + 1))


def matched(sets, budgets):
    """How many days can be given to festivals, each to one that may have it, none above its budget: at most two share days."""
    single, shared = {}, 0
    for festivals in sets:
        if len(festivals) == 1:
            single[festivals[0]] = single.get(festivals[0], 0) + 1
        else:
            shared += 1
    names = {name for festivals in sets for name in festivals}
    own = sum(min(single.get(name, 0), budgets(name)) for name in names)
    room = 0
    for both in {festivals for festivals in sets if len(festivals) == 2}:
        room += sum(budgets(name) - min(single.get(name, 0), budgets(name)) for name in both)
    return own + min(shared, room)


def working(days, calendar_of, earliest):
    """How many of the days are worked in one of the two worlds."""
    certain, weekdays, weekends = 0, [], []
    for day in days:
        calendar = calendar_of(day)
        kind, festivals = calendar.base(day), calendar.open(day)
        if kind == "on":
            certain += 1
        elif kind == "weekday":
            certain += 1
            if festivals:
                weekdays.append((day, festivals))
        elif kind == "weekend" and festivals:
            weekends.append(festivals)
    if not earliest:
        return certain - matched([f for _, f in weekdays], lambda name: FESTIVALS[name[0]][2])
    off = 0
    for name in {name for _, festivals in weekdays for name in festivals}:
        everywhere = sum(calendar_of(day).base(day) == "weekday" for day in window(*name))
        here = sum(name in festivals for _, festivals in weekdays)
        off += max(0, FESTIVALS[name[0]][1] - (everywhere - here))
    return certain - off + matched(weekends, lambda name: FESTIVALS[name[0]][3])


def search(enough, low):
    """The first number from `low` on for which `enough` holds; it goes on holding."""
    step = 1
    while not enough(low + step):
        step *= 2
    a, b = low, low + step
    if enough(a):
        return a
    while b - a > 1:
        middle = (a + b) // 2
        a, b = (a, middle) if enough(middle) else (middle, b)
    return b


def last_day(start, days, unit, stops, calendar_of, earliest):
    """The last day of a limit; stops are (after, until) of this world."""
    if days == 0:
        return start

    def run(length):
        every = (start + DAY * i for i in range(1, length + 1))
        counted = [day for day in every if not any(a < day <= u for a, u in stops)]
        return len(counted) if unit == "calendar" else working(counted, calendar_of, earliest)

    return start + DAY * search(lambda length: run(length) >= days, days - 1 if unit == "calendar" else 0)


class Refused(Exception):
    pass


class Timeline:
    def __init__(self, request):
        self.terms = request["terms"]
        own = request["own"]
        self.calendars = {organ: Calendar(request["published_until"], days) for organ, days in own.items()}
        self.national = Calendar(request["published_until"], {})
        self.legs, self.stops, self.clocks = [], [], []
        self.gaps_told, self.by_law = False, False
        self.reviews = self.terms["reviews"]
        self.stage, self.done = "contacted", None
        contact = request["contact"]
        self.since = EPOCH + DAY * ((contact + 8 * 3_600_000) // 86_400_000)
        self.last = self.received = self.filed(contact)
        if self.terms["intake"] == "for_authority":
            self.receive(self.last)

    # terms

    def filed(self, at):
        local = at + 8 * 3_600_000
        day, minute = EPOCH + DAY * (local // 86_400_000), local % 86_400_000 // 60_000
        late = self.terms["cut_off"] is not None and minute > self.terms["cut_off"]["minutes"]
        return day + DAY * late

    def rule(self, name):
        """Days, unit, extension; None where nothing limits."""
        if name == "promised":
            promised = self.terms["promised"]
            return promised and (promised["days"], promised["unit"], None)
        if self.terms["regime"] == "licence":
            return LICENCE.get(name)
        for cited in self.terms["regime"]["cited"]["rules"]:
            if cited["rule"] == name:
                more = cited["extension"]
                return cited["limit"]["days"], cited["limit"]["unit"], more and (more["days"], more["by"])
        return None

    def main(self):
        if self.reviews:
            return "lower_review"
        return "joint_decision" if self.terms["joint"] else "decision"

    # days

    def calendar(self, day):
        organ = self.terms["organ"]
        for since, to in self.legs:
            if since < day:
                organ = to
        return self.calendars.get(organ, self.national)

    def until(self, stop, earliest):
        if stop["resumed"]:
            return stop["resumed"]
        calendar = self.calendar(stop["after"])
        end = stop["after"]
        for told in stop["told"]:
            end = last_day(end, told["days"], told["unit"], [], lambda _: calendar, earliest)
        return end

    def due(self, clock, earliest):
        stops = []
        if clock["rule"] in STOPPABLE:
            stops = [(s["after"], self.until(s, earliest)) for s in self.stops if s["after"] >= clock["from"]]
        return last_day(clock["from"], clock["days"], clock["unit"], stops, self.calendar, earliest)

    def running(self, rule):
        found = [c for c in self.clocks if c["rule"] == rule and c["ended"] is None]
        return found[-1] if found else None

    def open_clock(self, rule, start):
        if row := self.rule(rule):
            self.clocks.append({"rule": rule, "from": start, "days": row[0], "unit": row[1], "more": False, "ended": None})

    def close(self, day, *rules):
        for clock in self.clocks:
            if clock["ended"] is None and (not rules or clock["rule"] in rules):
                clock["ended"] = day

    # what happens

    def receive(self, day):
        self.close(day, "gaps_told")
        self.received, self.stage = day, "received"
        self.open_clock("gaps_told", day)

    def accept(self, day, by_law):
        self.close(day, "gaps_told")
        self.stage, self.by_law = "accepted", by_law
        self.open_clock(self.main(), day)
        self.open_clock("promised", day)

    def settle(self, day):
        regime = self.terms["regime"]
        deems = regime == "licence" or regime["cited"]["deemed"]
        clock = self.running("gaps_told")
        if self.stage == "received" and deems and clock and self.due(clock, False) < day:
            self.accept(self.received, True)

    def stoppable(self):
        return self.running(self.main()) or self.running("promised")

    def standing(self, day, inclusive):
        clock = self.stoppable()
        if not clock or not self.stops:
            return None
        stop = self.stops[-1]
        if stop["after"] < clock["from"] or stop["resumed"] or day <= stop["after"]:
            return None
        end = self.until(stop, True)
        return stop if day < end or (inclusive and day == end) else None

    def act(self, act):
        name = act["act"]
        if "at" in act:
            day = after = self.filed(act["at"])
        elif name == "moved":
            day, after = date_of(act["left"]), date_of(act["arrived"])
        else:
            day = after = date_of(act["on"])
        if day < self.last or after < day:
            raise Refused("order")
        before = [dict(clock) for clock in self.clocks], self.stage, self.by_law
        self.settle(day)
        try:
            getattr(self, "on_" + name)(act, day)
        except Refused:
            # What was refused happened never: neither did its day come.
            self.clocks, self.stage, self.by_law = before
            raise
        self.last = after

    def need(self, *stages):
        if self.stage not in stages:
            raise Refused("stage_unfit")

    def on_arrived(self, act, day):
        self.need("contacted")
        self.receive(day)

    def on_redirected(self, act, day):
        self.need("contacted", "received", "waiting")
        self.legs.append((day, act["to"]))
        self.gaps_told = False
        self.receive(day)

    def on_moved(self, act, day):
        self.need("received", "waiting", "accepted")
        self.legs.append((day, act["to"]))

    def on_gaps_told(self, act, day):
        if self.stage == "accepted" and self.by_law:
            raise Refused("accepted_by_law")
        self.need("received", "waiting")
        if self.gaps_told:
            raise Refused("gaps_again")
        self.need("received")
        self.gaps_told, self.stage = True, "waiting"
        self.close(day, "gaps_told")

    def on_supplemented(self, act, day):
        self.need("waiting")
        self.receive(day)

    def on_accepted(self, act, day):
        if self.stage == "accepted" and self.by_law:
            return
        self.need("received")
        self.accept(day, False)

    def on_not_accepted(self, act, day):
        if self.stage == "accepted" and self.by_law:
            raise Refused("accepted_by_law")
        self.need("received", "waiting")
        self.close(day)
        self.stage, self.done = "not_accepted", day

    def on_stopped(self, act, day):
        self.need("accepted")
        notice = act["notice"]
        kind, told = notice["kind"], notice["told"]
        if kind is None:
            raise Refused("stop_kind")
        if not notice["basis"].strip():
            raise Refused("stop_basis")
        if told is None or told["days"] == 0:
            raise Refused("stop_estimate")
        if kind == "site_check":
            if self.terms["site_check"] is None:
                raise Refused("site_check")
        else:
            regime = self.terms["regime"]
            if kind not in (ARTICLE_45 if regime == "licence" else regime["cited"]["stops"]):
                raise Refused("stop_uncited")
        clock = self.stoppable()
        if clock is None:
            raise Refused("stop_uncited")
        before = [s for s in self.stops if s["after"] >= clock["from"]]
        if before and day < self.until(before[-1], False):
            raise Refused("stop_overlap")
        if day >= self.due(clock, True):
            raise Refused("stop_late")
        self.stops.append({"after": day, "told": [told], "resumed": None})

    def on_prolonged(self, act, day):
        self.need("accepted")
        stop = self.standing(day, True)
        if stop is None:
            raise Refused("not_stopped")
        if len(stop["told"]) > 1:
            raise Refused("prolonged_again")
        if not act["reason"].strip():
            raise Refused("reason_missing")
        if act["told"] is None or act["told"]["days"] == 0:
            raise Refused("stop_estimate")
        stop["told"].append(act["told"])

    def on_resumed(self, act, day):
        self.need("accepted")
        stop = self.standing(day, False)
        if stop is None:
            raise Refused("not_stopped")
        stop["resumed"] = day

    def on_extended(self, act, day):
        self.need("accepted")
        row, clock = self.rule(self.main()), self.running(self.main())
        if not row or not row[2] or not clock:
            raise Refused("extension_none")
        if clock["more"]:
            raise Refused("extension_again")
        if not 1 <= act["days"] <= row[2][0]:
            raise Refused("extension_long")
        if act["by"] != row[2][1]:
            raise Refused("extension_by")
        if not act["reason"].strip():
            raise Refused("reason_missing")
        if day > self.due(clock, True):
            raise Refused("extension_late")
        clock["days"] += act["days"]
        clock["more"] = True

    def on_sent_up(self, act, day):
        self.need("accepted" if self.reviews else "nowhere")
        self.close(day, "lower_review")
        self.reviews -= 1
        self.stage = "sent_up"

    def on_came_up(self, act, day):
        self.need("sent_up")
        self.legs.append((day, act["to"]))
        self.stage, self.by_law = "accepted", False
        self.open_clock(self.main(), day)

    def on_hearing_offered(self, act, day):
        self.need("accepted")
        self.close(day, "hearing_asked")
        self.open_clock("hearing_asked", day)

    def on_hearing_asked(self, act, day):
        self.need("accepted")
        clock = self.running("hearing_asked")
        if clock is None:
            raise Refused("stage_unfit")
        if day > self.due(clock, False):
            raise Refused("hearing_late")
        self.close(day, "hearing_asked")
        self.open_clock("hearing_held", day)

    def on_hearing_set(self, act, day):
        self.need("accepted")
        held, clock = date_of(act["held"]), self.running("hearing_held")
        if clock is None:
            raise Refused("stage_unfit")
        if held > self.due(clock, True):
            raise Refused("hearing_far")
        if row := self.rule("hearing_notice"):
            calendar = self.calendar(day)

            def back(length):
                return working([held - DAY * i for i in range(1, length + 1)], lambda _: calendar, False) >= row[0]

            if day > held - DAY * search(back, 0):
                raise Refused("hearing_notice")
        self.close(held, "hearing_held")

    def on_decided(self, act, day):
        self.need("nowhere" if self.reviews else "accepted")
        self.close(day)
        self.open_clock("delivery", day)
        self.stage = "decided"

    def on_delivered(self, act, day):
        self.need("decided")
        self.close(day)
        self.stage, self.done = "delivered", day

    # the answer

    def left(self, clock, due, today):
        day = min(today, clock["ended"]) if clock["ended"] else today
        if day > due:
            past = [due + DAY * i for i in range(1, (day - due).days + 1)]
            if clock["unit"] == "working":
                past = [d for d in past if self.calendar(d).base(d) in ("on", "weekday")]
            return -max(1, len(past))
        stops = []
        if clock["rule"] in STOPPABLE:
            stops = [(s["after"], self.until(s, True)) for s in self.stops if s["after"] >= clock["from"]]
        days = [clock["from"] + DAY * i for i in range(1, (day - clock["from"]).days + 1)]
        days = [d for d in days if not any(a < d <= u for a, u in stops)]
        used = len(days) if clock["unit"] == "calendar" else working(days, self.calendar, True)
        return clock["days"] - used

    def answer(self, today):
        self.settle(today)
        limits = []
        for clock in self.clocks:
            earliest, latest = self.due(clock, True), self.due(clock, False)
            limits.append([clock["rule"], text_of(clock["from"]), text_of(earliest), text_of(latest), self.left(clock, earliest, today)])
        return {"waited": ((self.done or today) - self.since).days, "limits": limits}


def reply(request):
    timeline = Timeline(request)
    outcomes = []
    for act in request["acts"]:
        try:
            timeline.act(act)
            outcomes.append("done")
        except Refused as why:
            outcomes.append("legal." + why.args[0])
    answer = timeline.answer(date_of(request["today"]))
    answer["outcomes"] = outcomes
    return answer


def main():
    for line in sys.stdin:
        print(json.dumps(reply(json.loads(line)), separators=(",", ":")))


if __name__ == "__main__":
    main()
