"""A machine that plays lives: reports come in, jobs run and run again, people act or try to, time passes. Every step is
compared with what tests/laws/belief.py says must be true, and held against the laws of the house.

A life is one database transaction that is rolled back at its end: what the product commits are savepoints inside it.
"""
import itertools
import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import Connection, Row, Select, func, select
from sqlalchemy.orm import Session

from api.steps import VERBS
from casework import resolution
from casework.cases import search, turns, versions
from casework.cases.case import Case
from casework.cases.history import GENESIS, Entry
from casework.cases.report import Channel, Report, Said, receive_one
from casework.cases.workflow import STEPS, Facts, allowed_actions, turn
from casework.community import ratings
from casework.errors import CaseworkError, NotFound
from casework.geography.coordinates import Point
from casework.identity.people import SYSTEM, Actor, Department, Role
from casework.media import Original, check_in
from casework.notifications.messages import Message
from casework.sla import timers
from casework.sla.timers import Timer, TimerState
from casework.storage import database, outbox
from casework.storage.outbox import Event
from tests.conftest import SetClock
from tests.factories import at_grid, said
from tests.laws.belief import DAYS_TO_APPEAL, MOST_EXTENSIONS, OPEN, Belief, Person
from tests.people import POSTS, Cast
from workers import dispatching, relay, triage

APART = {"media", "fieldwork", "exchange", "figures"}
"""Queues of jobs that touch no case, or only its flags: lives are long enough without them."""

NOISE = {"alarm", "recount", "merged_in", "unmerged", "rate", "dissatisfied", "presence"}
"""Lines about something that is not a step of this case: their number is not this model's business, their order is."""

BY_RULE = {"10101": "water", "10102": "water", "10105": "roads", "301": "office", "302": "office"}
CATEGORIES = ("10101", "10105", "301", "20101", "10102")
NAME, PHONE = "赵淑芬", "13912345678"
FORWARD = {"file": 3, "dispatch": 4, "sign": 6, "resolve": 4, "pass": 3, "fail": 2, "accept": 3, "decline": 2, "hand_back": 2,
           "uphold": 2, "overrule": 2, "endorse": 2, "allow": 3, "suspend": 3, "unjoin": 2, "reopen": 2, "propose_void": 0.5,
           "void": 0.5, "reject": 0.3, "merge": 0.5, "correct": 0.5}
"""How much more often than others: else most lives would end before they began."""
SPANS = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=5), timedelta(days=1), timedelta(days=4),
         timedelta(days=16), timedelta(days=40))
LOOKS = ("confirm", "refute", "pass", "fail")
IN_WORDS = {"reason": "实情如此", "ground": "三定方案第二条", "finding": "到现场看过", "reply": "已经处理",
            "question": "在哪一栋？"}


CASES = select(*Case.__table__.c).order_by(Case.id)
LINES = select(*Entry.__table__.c).order_by(Entry.case_id, Entry.number)
CLOCKS = select(*Timer.__table__.c).order_by(Timer.case_id, Timer.started_at, Timer.stage)
REPORTS = select(Report.__table__.c["id", "number", "case_id", "outcome"])
EVENTS = select(Event.__table__.c["id", "name", "subject", "detail"]).order_by(Event.id)


@dataclass(frozen=True)
class World:
    """All that is stored of a life, as plain rows."""

    cases: dict[uuid.UUID, Row[Any]]
    lines: dict[uuid.UUID, list[Row[Any]]]
    clocks: dict[uuid.UUID, list[Row[Any]]]
    reports: dict[str, Row[Any]]
    events: list[Row[Any]]

    @classmethod
    def seen(cls, connection: Connection) -> "World":
        """As it stands now, whatever a session remembers of it."""
        def by_case(wanted: Select[Any]) -> dict[uuid.UUID, list[Row[Any]]]:
            made: dict[uuid.UUID, list[Row[Any]]] = {}
            for row in connection.execute(wanted):
                made.setdefault(row.case_id, []).append(row)
            return made
        return cls({row.id: row for row in connection.execute(CASES)}, by_case(LINES), by_case(CLOCKS),
                   {row.number: row for row in connection.execute(REPORTS)}, list(connection.execute(EVENTS)))


@dataclass
class Stage:
    """Where lives are played: a city that is there before them and after them."""

    cast: Cast
    departments: dict[str, Department]
    time: SetClock
    photo: Original
    people: dict[str, Person] = field(init=False)
    actors: dict[str, Actor] = field(init=False)
    lives: int = 0
    steps: int = 0
    done: dict[str, int] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.people = {name: Person(name, role.value, department, grid) for name, (role, department, grid) in POSTS.items()}
        self.people["system"] = Person("system", "system")
        self.actors = self.cast.everybody() | {"system": SYSTEM}

    def begin_ids(self, luck: int) -> None:
        """From now on cases have ids that are the same in the same life again: which are sampled follows from them."""
        self.ids = itertools.count(luck, 37)

    def next_id(self) -> uuid.UUID:
        number = next(self.ids)
        return uuid.UUID(int=(number << 80) + number % 100)

    def counted(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1


class Life(RuleBasedStateMachine):
    """One life of a city; `stage` is set by a subclass for each test."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.stage.lives += 1
        self.stage.time.is_now("2026-03-02 09:00")
        self.connection = database.engine().connect()
        self.outer = self.connection.begin()
        for maker in (database._writing, database._reading):
            maker.configure(bind=self.connection, join_transaction_mode="create_savepoint")
        self.people, self.actors = dict(self.stage.people), dict(self.stage.actors)
        self.names = {actor.id: name for name, actor in self.actors.items() if actor.id}
        self.codes = {one.id: code for code, one in self.stage.departments.items()}
        self.beliefs: dict[uuid.UUID, Belief] = {}
        self.said: dict[str, tuple[str, bool]] = {}
        self.arrivals: dict[str, str] = {}
        self.world = World.seen(self.connection)
        assert not self.world.cases

    def teardown(self) -> None:
        self.outer.rollback()
        self.connection.close()

    # What may happen

    @initialize(channel=st.integers(0, 5), kind=st.integers(0, 9), grid=st.integers(0, 3), sure=st.integers(0, 3),
                luck=st.integers(0, 19))
    def a_first_report(self, channel: int, kind: int, grid: int, sure: int, luck: int) -> None:
        self.stage.begin_ids(luck)
        self._receive(channel, kind, grid)
        self._triage(reversed_order=False)
        if sure:
            self._dispatch()

    @precondition(lambda self: len(self.said) < 4)
    @rule(channel=st.integers(0, 5), kind=st.integers(0, 9), grid=st.integers(0, 3), at_once=st.booleans())
    def a_report_comes_in(self, channel: int, kind: int, grid: int, at_once: bool) -> None:
        sent = self._receive(channel, kind, grid)
        if at_once:
            self._triage(reversed_order=False)
        with database.transaction() as db:
            assert not receive_one(db, sent).is_new
        self._nothing_happened()

    @rule(backwards=st.booleans(), twice=st.booleans())
    def the_relay_hands_over(self, backwards: bool, twice: bool) -> None:
        """Events reach their jobs, in their order or not, once or twice."""
        with database.transaction() as db:
            events = outbox.claim(db, 1000)
            outbox.mark_relayed(db, events)
        batches = [one for one in relay.batches(events) if one.queue not in APART]
        for batch in reversed(batches) if backwards else batches:
            self._job(batch)
            if twice:
                before = self._messages()
                self._job(batch)
                assert self._messages() == before

    @rule(which=st.integers(0, 9), what=st.integers(0, 9999), who=st.integers(0, 99), care=st.integers(0, 19))
    def somebody_acts(self, which: int, what: int, who: int, care: int) -> None:
        self._act(which, what, who, care)

    @rule(which=st.integers(0, 9), what=st.integers(0, 9999), who=st.integers(0, 99), care=st.integers(0, 19))
    def and_then_somebody(self, which: int, what: int, who: int, care: int) -> None:
        self._act(which, what, who, care)

    @rule(which=st.integers(0, 9), what=st.integers(0, 9999), who=st.integers(0, 99), care=st.integers(0, 19))
    def and_somebody_else(self, which: int, what: int, who: int, care: int) -> None:
        self._act(which, what, who, care)

    @precondition(lambda self: any(one.status == "closed" for one in self.beliefs.values()))
    @rule(which=st.integers(0, 9), score=st.integers(0, 6))
    def a_citizen_rates(self, which: int, score: int) -> None:
        citizens = [person for person in self.people.values() if person.report]
        if citizens:
            self._rate(citizens[which % len(citizens)], score)

    @rule(span=st.sampled_from(SPANS), looks=st.booleans())
    def time_passes(self, span: timedelta, looks: bool) -> None:
        self.stage.time.moment += span
        if looks:
            self._schedule()

    # How it happens

    def _tells(self, what: str) -> None:
        """For whoever reads how a life failed: hypothesis prints it beside the last one."""
        note(f"{self.now:%m-%d %H:%M} {what}")

    @property
    def now(self) -> Any:
        return self.stage.time.moment

    def _receive(self, channel: int, kind: int, grid: int) -> Said:
        facts: dict[str, Any] = {"place": at_grid(grid, 10 * len(self.said)), "text": f"第{len(self.said)}次说的事情"}
        by_phone = channel in {1, 4}
        if channel in {0, 3}:
            walker = ("li", "wang", "zhao")[grid % 3]
            facts |= {"reporter_id": self.actors[walker].id, "claimed_category": CATEGORIES[kind % 5],
                      "handled_on_the_spot": kind == 7}
        elif by_phone:
            facts |= {"channel": Channel.HOTLINE, "source": "12345", "claimed_category": ("301", "10101")[kind % 2],
                      "reporter_name": NAME, "reporter_phone": PHONE}
        else:
            facts |= {"channel": Channel.CITIZEN, "source": "citizen", "claimed_category": "10101" if kind < 5 else None}
        sent = said(**facts)
        self.stage.time.passes(seconds=1)
        with database.transaction() as db:
            receipt = receive_one(db, sent)
            if sent.handled_on_the_spot:
                for _ in range(2):
                    self._photo(db, None, report_id=receipt.id)
        speaker = walker if channel in {0, 3} else receipt.number
        self.said[receipt.number] = (speaker, by_phone)
        self.arrivals[receipt.number] = sent.channel.value
        if speaker == receipt.number:
            self.people[speaker] = Person(speaker, "citizen", report=receipt.number)
            self.actors[speaker] = Actor("citizen", None, "市民", frozenset({Role.CITIZEN}), report_id=receipt.id)
        self._settle()
        return sent

    def _job(self, batch: Any) -> None:
        if batch.job is triage.triage_reports:
            self._triage(reversed_order=False)
        elif batch.job is dispatching.dispatch_cases:
            self._dispatch()
        else:
            batch.job.__wrapped__(batch.ids)
            self._settle()

    def _triage(self, *, reversed_order: bool) -> None:
        """All reports again: those that were triaged are left alone."""
        before = self.world
        ids = [str(report.id) for report in self._look().reports.values()]
        triage.triage_reports.__wrapped__(ids[::-1] if reversed_order else ids)  # type: ignore[attr-defined]
        self.world = after = self._look()
        for number in self.said:
            report, earlier = after.reports[number], before.reports.get(number)
            if report.outcome is not None and (earlier is None or earlier.outcome is None):
                self._was_triaged(report, after)
        self._settle()

    def _was_triaged(self, report: Row[Any], after: World) -> None:
        speaker, by_phone = self.said[report.number]
        known = self.beliefs.get(report.case_id)
        if report.outcome == "joined":
            assert known is not None
            assert known.status in OPEN
            known.lines.append("join")
        else:
            assert known is None, f"{report.outcome} made no case of its own"
            lines = {"filed": ["report", "file"], "left": ["report"], "self_handled": ["report", "self_handle"]}[report.outcome]
            known = self._meets(after.cases[report.case_id], lines)
        known.reports[report.number] = speaker
        known.opened_by = known.opened_by or report.number
        if by_phone:
            known.phones.add(report.number)
        if report.outcome == "self_handled":
            known.handlers.add(speaker)

    def _meets(self, row: Row[Any], lines: list[str]) -> Belief:
        """A case that has just been opened."""
        status = {"report": "reported", "file": "filed", "parted": "reported", "self_handle": "closed"}[lines[-1]]
        made = self.beliefs[row.id] = Belief(row.number, status, {}, lines, grid=row.area_code,
                                             category=row.category_code if row.standard_id else "",
                                             arrivals=self.arrivals)
        if status == "closed":
            made.sampled, made.closed_at = False, self.now
            if row.sampled:
                made.take("sample", self.people["system"], {}, self.now)
        return made

    def _dispatch(self) -> None:
        """All cases again: those that wait for a person are left alone."""
        for case_id, row in self._look().cases.items():
            known = self.beliefs[case_id]
            if known.status == "filed" and row.waiting_for is None and known.category in BY_RULE:
                known.take("dispatch", self.people["system"], {"lead": BY_RULE[known.category]}, self.now)
        dispatching.dispatch_cases.__wrapped__([str(one) for one in self.beliefs])  # type: ignore[attr-defined]
        self._settle()

    def _schedule(self) -> None:
        """What the timetable does in the minutes after."""
        for known, row in self._pairs(self._look()):
            if known.status == "suspended" and known.suspended_until and known.suspended_until <= self.now:
                known.take("resume", self.people["system"], {}, self.now)
            if known.question and known.status == "handling" and row.question_until <= self.now:
                known.take("unanswered", self.people["system"], {}, self.now)
        for verb in (resolution.resume_due, resolution.close_questions, timers.sweep):
            with database.transaction() as db:
                verb(db, 100)
        self._settle()
        with database.reading() as db:
            assert not (forgotten := turns.without_party(db)), forgotten

    def _rate(self, citizen: Person, score: int) -> None:
        case_id = self.world.reports[citizen.report or ""].case_id
        known = self.beliefs.get(case_id)
        expected = known is not None and known.status == "closed" and 1 <= score <= 5
        again = expected and known is not None and f"rate {citizen.name} {known.closed_at}" in known.handlers
        try:
            with database.transaction() as db:
                report = db.get_one(Report, self.world.reports[citizen.report or ""].id)
                ratings.rate(db, report, self.actors[citizen.name], score)
        except CaseworkError:
            assert not expected or again
            self._nothing_happened()
            return
        assert known is not None
        assert expected
        assert not again
        known.handlers.add(f"rate {citizen.name} {known.closed_at}")
        if score <= 2:
            self._dissatisfied(known, citizen)
        self._settle()

    def _dissatisfied(self, known: Belief, citizen: Person) -> None:
        if "reopen" in known.may(citizen, self.now):
            known.take("reopen", citizen, {}, self.now)
            return
        known.dissatisfied += 1
        if known.dissatisfied >= 2 and known.closed_at and self.now - known.closed_at <= timedelta(days=15):
            known.take("order_rework", self.people["system"], {}, self.now)

    def _act(self, which: int, what: int, who: int, care: int) -> None:
        if not self.beliefs:
            return
        case_id, known = list(self.beliefs.items())[which % len(self.beliefs)]
        action, person = self._chosen(known, what, who, at_random=care < 4)
        facts = self._facts(action, known, case_id, person, what)
        needs = STEPS[action].needs
        lacking = care == 19 and bool(needs)
        if lacking:
            facts.pop(needs[what % len(needs)])
        self._tells(f"{known.number} is {known.status}: {person.name} takes {action} with {facts}")
        may, sees = known.may(person, self.now), known.is_known_to(person)
        expected = sees and action in may and not lacking and not self._hindered(action, known, person, facts)
        try:
            with database.transaction() as db:
                actor = self.actors[person.name]
                found = search.find(db, actor, known.number, to_change=True)
                assert sees, f"{person} may not know of the case"
                self._look_closely(found, known, actor, may)
                taken = Facts(**self._with_photos(db, facts, actor))
                versions.take(db, found, actor, action, taken, verb=VERBS[action], seen=None)
        except CaseworkError as error:
            self._was_refused(error, expected=expected, sees=sees)
            return
        assert expected, f"{person} should not be able to {action}"
        self._happened(action, known, case_id, person, facts)

    def _was_refused(self, error: CaseworkError, *, expected: bool, sees: bool) -> None:
        self._tells(f"  refused: {error!r}")
        assert not expected
        assert sees or isinstance(error, NotFound)
        self._nothing_happened()

    def _happened(self, action: str, known: Belief, case_id: uuid.UUID, person: Person, facts: dict[str, Any]) -> None:
        self.stage.counted(action)
        into = known.into
        known.take(action, person, facts, self.now)
        if action == "merge":
            other = next(one for one in self.beliefs.values() if one.number == facts["into"])
            known.into = other.number
            other.reports |= known.reports
            other.phones |= known.phones
            known.reports = {}
        elif action == "unmerge":
            self._unmerged(known, into)
        elif action in {"unjoin", "split"}:
            self._parted(known)
        elif action == "self_handle" and self._look().cases[case_id].sampled:
            known.take("sample", self.people["system"], {}, self.now)
        self._settle()

    def _unmerged(self, known: Belief, into: str | None) -> None:
        last = next(one for one in self.beliefs.values() if one.number == into)
        known.reports = {number: last.reports.pop(number) for number in list(last.reports) if number in known.took_along}

    def _parted(self, known: Belief) -> None:
        after = self._look()
        for row in after.cases.values():
            if row.id not in self.beliefs:
                filed = row.status == "filed"
                made = self._meets(row, ["report", "parted", "file"] if filed else ["report", "parted"])
                for number in list(known.reports):
                    if after.reports[number].case_id == row.id:
                        made.reports[number] = known.reports.pop(number)
                        made.opened_by = made.opened_by or number
                        if number in known.phones:
                            made.phones.add(number)

    # What is chosen, and what comes with it

    def _chosen(self, known: Belief, what: int, who: int, *, at_random: bool) -> tuple[str, Person]:
        people = list(self.people.values())
        if not at_random:
            possible: dict[str, list[Person]] = {}
            for person in people:
                for action in known.may(person, self.now) if known.is_known_to(person) else ():
                    possible.setdefault(action, []).append(person)
            if len(self.beliefs) == 1:
                possible.pop("merge", None)
            weighed = [action for action in sorted(possible) for _ in range(int(10 * FORWARD.get(action, 1)))]
            if weighed:
                action = weighed[what * 37 % len(weighed)]
                return action, possible[action][who % len(possible[action])]
        return sorted(VERBS)[what % len(VERBS)], people[who % len(people)]

    def _facts(self, action: str, known: Belief, case_id: uuid.UUID, person: Person, what: int) -> dict[str, Any]:
        facts: dict[str, Any] = {need: IN_WORDS[need] for need in STEPS[action].needs if need in IN_WORDS}
        row = self.world.cases[case_id]
        place = Point(row.lon, row.lat) if row.lon is not None else at_grid(0)
        codes = list(self.stage.departments)
        if action in LOOKS or action in {"self_handle", "resolve"}:
            facts |= {"position": place, "photos": 2 if action == "self_handle" else 1}
        if action in {"file", "correct"}:
            facts["category"] = CATEGORIES[what % len(CATEGORIES)]
        if action in {"dispatch", "uphold"} and (action == "dispatch" or what % 2):
            facts["lead"] = codes[what % len(codes)]
        if action == "resolve" and what % 3:
            facts["reason"] = IN_WORDS["reason"]
        if action == "assist":
            facts["assistants"] = (codes[what % len(codes)],)
        if action == "hand_over":
            named = [name for name, (_, department, _) in POSTS.items() if department]
            facts["handler"] = named[what % len(named)]
        if action == "defer":
            facts["until"] = self.now + timedelta(days=(3, 30, 400)[what % 3])
        if action == "merge":
            others = [one.number for one in self.beliefs.values() if one is not known] or [known.number]
            facts["into"] = others[what % len(others)]
        if action in {"unjoin", "split"}:
            theirs = list(known.reports) or ["ZW-none"]
            facts["reports"] = (theirs[what % len(theirs)],)
        if action == "reassign":
            free = [name for name in ("li", "wang", "zhao") if name not in {*known.handlers, *known.reports.values()}]
            facts["inspector"] = (free or ["li"])[0]
        if action == "appeal":
            clocks = [one.id for one in self.world.clocks.get(case_id, ()) if self._can_be_appealed(one, known, person)]
            facts["clock"] = clocks[what % len(clocks)] if clocks else uuid.UUID(int=what)
        return facts

    def _with_photos(self, db: Session, facts: dict[str, Any], actor: Actor) -> dict[str, Any]:
        """The facts as the verbs want them: ids instead of names, photos that were just taken."""
        made = dict(facts)
        if "photos" in made:
            made["photos"] = tuple(self._photo(db, actor.id) for _ in range(made["photos"]))
        if "lead" in made:
            made["lead"] = self.stage.departments[made["lead"]].id
        if "assistants" in made:
            made["assistants"] = tuple(self.stage.departments[one].id for one in made["assistants"])
        for one in {"inspector", "handler"} & set(made):
            made[one] = self.actors[made[one]].id
        return made

    def _photo(self, db: Session, by: uuid.UUID | None, report_id: uuid.UUID | None = None) -> uuid.UUID:
        new = replace(self.stage.photo, sha256=uuid.uuid4().hex * 2)
        return check_in(db, new, channel="pda", uploaded_by=by, report_id=report_id).id

    def _can_be_appealed(self, row: Row[Any], known: Belief, person: Person) -> bool:
        since = row.stopped_at or row.due_at
        owing = known.lead if row.stage == "supervise" else self.codes.get(row.department_id)
        return (row.state == TimerState.STOPPED and row.overdue and not row.excused_at and row.stage != "appeal"
                and row.id not in known.appealed_before
                and owing == person.department
                and (since is None or self.now <= since + DAYS_TO_APPEAL))

    def _hindered(self, action: str, known: Belief, person: Person, facts: dict[str, Any]) -> bool:
        """Whether something beyond status and person stands against it."""
        case_id = next(one for one, belief in self.beliefs.items() if belief is known)
        handling = next((one for one in self.world.clocks.get(case_id, ())
                         if one.stage == "handle" and one.state != TimerState.STOPPED), None)
        late = handling is not None and handling.due_at is not None and handling.due_at < self.now
        return {
            "extend": lambda: late or known.extensions >= MOST_EXTENSIONS,
            "defer": lambda: late or facts["until"] > self.now + timedelta(days=365),
            "suspend": lambda: known.applied_until is None or known.applied_until <= self.now,
            "dispatch": lambda: facts["lead"] in known.released,
            "uphold": lambda: facts.get("lead") in known.released | {known.lead},
            "hand_over": lambda: POSTS[facts["handler"]][1] != known.lead or facts["handler"] == known.worker,
            "assist": lambda: bool({*facts["assistants"]} & ({known.lead} | set(known.helpers))),
            "assist_sign": lambda: known.helpers[person.department or ""],
            "resolve": lambda: bool(known.helpers) and "reason" not in facts,
            "merge": lambda: not any(one.number == facts["into"] and one.status in OPEN and one is not known
                                     for one in self.beliefs.values()),
            "unmerge": lambda: self._cannot_part(known),
            "unjoin": lambda: any(self.world.reports[one].outcome != "joined" for one in facts["reports"]),
            "reassign": lambda: facts["inspector"] in (set(known.reports.values()) if known.status == "verifying"
                                                       else known.handlers),
            "appeal": lambda: not any(one.id == facts["clock"] for one in self.world.clocks.get(case_id, ())
                                      if self._can_be_appealed(one, known, person)),
        }.get(action, bool)()

    def _cannot_part(self, known: Belief) -> bool:
        """The other went into a third, or one of the two would be left without a report."""
        other = next(one for one in self.beliefs.values() if one.number == known.into)
        back = known.took_along & set(other.reports)
        return other.status == "merged" or not back or back == set(other.reports)

    # What must be true

    def _look(self) -> World:
        return World.seen(self.connection)

    def _messages(self) -> int:
        with database.reading() as db:
            return db.scalar(select(func.count()).select_from(Message)) or 0

    def _pairs(self, world: World) -> Iterable[tuple[Belief, Row[Any]]]:
        return ((self.beliefs[case_id], row) for case_id, row in world.cases.items())

    def _nothing_happened(self) -> None:
        assert self._look() == self.world

    def _look_closely(self, found: Case, known: Belief, actor: Actor, may: set[str]) -> None:
        """Laws 4, 5 and 7 of one case: whose turn, who may know of it, who may do what."""
        assert (offered := set(allowed_actions(found, actor))) == may, offered ^ may
        assert turn(found) == known.whose_turn()
        for person in self.people.values():
            assert search.may_see(self.actors[person.name], found) == known.is_known_to(person), person

    def _settle(self) -> None:
        """Read everything, and hold it against the laws and against what is believed."""
        before, self.world = self.world, self._look()
        self.stage.steps += 1
        self._law_1()
        self._law_2(before)
        self._law_3(before)
        for known, row in self._pairs(self.world):
            self._law_4(known, row)

    def _law_1(self) -> None:
        """No report is lost or doubled: each counts in one case, and each case counts those and no others."""
        assert set(self.world.reports) == set(self.said)
        for case_id, row in self.world.cases.items():
            theirs = {number for number, report in self.world.reports.items() if report.case_id == case_id}
            assert theirs == set(self.beliefs[case_id].reports)
            assert row.status == "merged" or row.report_count == len(theirs)

    def _law_2(self, before: World) -> None:
        """History only grows, each line sealed and chained; the last one ends where the case stands."""
        for case_id, row in self.world.cases.items():
            lines, old = self.world.lines[case_id], before.lines.get(case_id, [])
            assert lines[:len(old)] == old
            previous = old[-1].hash if old else GENESIS
            for line in lines[len(old):]:
                entry = Entry(**line._mapping)
                assert (line.previous, line.hash) == (previous, entry.digest())
                previous = line.hash
            assert (row.history_length, row.history_head) == (len(lines), previous)
            assert lines[-1].target == row.status
            assert [one.action for one in lines if one.action not in NOISE] == self.beliefs[case_id].lines

    def _law_3(self, before: World) -> None:
        """An event for each step and none without; laws 5 and 6: nothing of a person in what is kept for ever or leaves."""
        told = [(one.subject, one.name, one.detail["line"]) for one in self.world.events
                if one.name.startswith("case.") and "line" in one.detail]
        steps = {(case_id, f"case.{one.action}", one.number) for case_id, lines in self.world.lines.items() for one in lines
                 if one.action in STEPS}
        assert len(told) == len(steps)
        assert set(told) == steps
        kept = [line.facts for case_id, lines in self.world.lines.items()
                for line in lines[len(before.lines.get(case_id, ())):]]
        kept += [one.detail for one in self.world.events[len(before.events):]]
        text = json.dumps(kept, ensure_ascii=False)
        assert NAME not in text
        assert PHONE not in text

    def _law_4(self, known: Belief, row: Row[Any]) -> None:
        """The case is as it must be: where it stands, whose turn it is, which clocks run, which stand still unarmed."""
        known.inspector = self.names[row.inspector_id] if row.inspector_id else None
        assert (row.status, row.is_open) == (known.status, known.status in OPEN)
        assert (self.codes[row.lead_department_id] if row.lead_department_id else None) == known.lead
        assert (row.returns, row.reworks, row.reopens, row.questions, row.urges, row.dissatisfied) == (
            known.returns, known.reworks, known.reopens, known.questions, known.urges, known.dissatisfied)
        assert (row.applied_for, row.endorsed, row.feedback_owed, row.sampled) == (
            known.applied, known.endorsed, known.owes, known.sampled)
        assert (row.question_until is not None) == known.question
        assert (row.suspended_until, row.closed_at, row.appealed_timer_id) == (
            known.suspended_until, known.closed_at, known.appealed)
        if known.status == "verifying":
            assert known.inspector not in known.reports.values()
        if known.status == "resolved":
            assert known.inspector not in known.handlers or known.whose_turn() == "operator"
        clocks = [one for one in self.world.clocks.get(row.id, ()) if one.state != TimerState.STOPPED]
        if known.weighed != set(known.reports):
            known.weighed = set(known.reports)
            known.to_contact = any(one.stage == "contact" for one in clocks)
        there = {(str(one.stage), self.codes.get(one.department_id)): str(one.state) for one in clocks}
        assert there == known.clocks(), (there, known.clocks())
        assert len(there) == len(clocks)
        assert not [one for one in clocks if one.state == TimerState.PAUSED and one.next_alarm_at is not None]
        running = [one.due_at for one in clocks if one.state == TimerState.RUNNING]
        assert not running or row.due_at == min(running), (row.due_at, running)
        signs = [one.due_at for one in clocks if one.stage == "sign" and one.state == TimerState.RUNNING]
        if signs and (known.return_until or [one for one in known.lines if one not in {"urge", "supervise"}][-1] in {
                "dispatch", "overrule"}):
            known.return_until = signs[0]
        assert row.return_until == known.return_until
