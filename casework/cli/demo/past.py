"""The weeks before the day: cases led from report to closing, each step at its time and by the rules of the house, so that
the leaders' pages have figures, bulletins, scorecards and warnings to show.

It is made before the processes start: they tell of what happened in the last day, and nobody of what is long over. What was not
done by now stays as it is.
"""
import heapq
import random
import uuid
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select, update

from casework import clock, dispatch, inspection, resolution
from casework.cases import anchors, search, turns
from casework.cases.case import Case
from casework.cases.report import Channel, Outcome, Report, Said, receive_one
from casework.cases.verbs import Verb
from casework.cases.workflow import Facts, Status
from casework.cli.demo import drawings
from casework.cli.demo.departments import GAPS, OVERLAPS
from casework.cli.demo.district import District
from casework.cli.demo.plan import Planned, Spot, plan
from casework.community import ratings
from casework.identity.people import Actor, User, actor_of
from casework.identity.sessions import citizens
from casework.media import Photo, State, check_in
from casework.performance import rebuilding, scorecards
from casework.performance.bulletins import bulletin, periods
from casework.performance.early_warning import clusters, days, keeping, repeats
from casework.performance.early_warning.warning import Kind
from casework.performance.weights import Of
from casework.storage import outbox
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from casework.triage import automatic, desk

WEEKEND = 0.6
"""What a day without offices brings, beside one with."""

SURGE, SURGE_HOURS = 14, 2.5
"""Reports of one thing in one community in the last hours: what early warning is to find."""

AGAIN, AGAIN_DAYS = 6, 4
"""Cases of one thing at one place, so many days apart: it was put right, and comes again."""

DRAGGED, DRAGS = 0.05, 8.0
"""Of so many cases it takes so many times as long."""

TRIAGED = timedelta(minutes=1)
"""So long the jobs take, and as long again to send it out."""

NEWS = timedelta(hours=24)
"""What is not older is told: the schedule would look for what was not."""

MOST_DAYS = 100
OPENS, CLOSES = 8, 20
"""Hours in which people work."""

VERBS: Mapping[str, Verb] = desk.VERBS | dispatch.VERBS | resolution.VERBS | inspection.VERBS
Life = Generator[datetime, None, None]
Step = Generator[datetime, None, Case]


@dataclass(frozen=True)
class Course:
    """A report, and when it came in."""

    said: Planned
    at: datetime


def courses(spots: Sequence[Spot], count: int, seed: int, now: datetime) -> list[Course]:
    """About so many reports, the oldest first: from the month before the last, with which its bulletin compares, to the day
    before this; and a few of the last hours. Pure."""
    chance = random.Random(f"past {seed}")  # noqa: S311 - a made-up past, no secret
    today = now.astimezone(clock.CITY).date()
    began = periods.last(periods.Kind.MONTH, today).before.since
    back = [today - timedelta(days=number) for number in range(1, (today - began).days + 1)]
    shares = [WEEKEND if day.weekday() > 4 else 1.0 for day in back]
    doubtful = GAPS | OVERLAPS.keys()
    usual = [one for one in plan(spots, count, seed + 1_000) if one.repeats is None and one.category not in doubtful]
    made = [Course(one, _moment(day, chance)) for one, day in zip(
        usual, chance.choices(back, shares, k=len(usual)), strict=True)]
    seen = [one for one in usual if one.channel == "pda"]
    if len(seen) > 1:
        made += _again(chance.choice(seen), today, chance) + _surge(chance.choice(seen), spots, now, chance)
    return sorted(made, key=lambda one: one.at)


def _moment(day: date, chance: random.Random) -> datetime:
    hour = chance.gauss(10, 1.5) if chance.random() < 0.55 else chance.gauss(16, 1.8)
    return datetime.combine(day, time(), clock.CITY) + timedelta(hours=min(max(hour, OPENS - 1), CLOSES))


def _again(first: Planned, today: date, chance: random.Random) -> list[Course]:
    """The same thing at the same place, with some days between."""
    return [Course(replace(first, key=_key(chance)), _moment(today - timedelta(days=2 + AGAIN_DAYS * number), chance))
            for number in range(AGAIN)]


def _surge(like: Planned, spots: Sequence[Spot], now: datetime, chance: random.Random) -> list[Course]:
    """Much of one thing in one community, each a street further."""
    near = [spot for spot in spots if spot.area_code[:12] == like.spot.area_code[:12]]
    made = []
    for _ in range(SURGE):
        spot = chance.choice(near)
        text = like.text.replace(like.spot.name, spot.name)
        at = now.astimezone(clock.CITY) - timedelta(hours=chance.uniform(0.2, SURGE_HOURS))
        made.append(Course(replace(like, key=_key(chance), text=text, spot=spot, point=spot.point), at))
    return made


def _key(chance: random.Random) -> uuid.UUID:
    return uuid.UUID(int=chance.getrandbits(128), version=4)


class Past:
    """Leads cases by the domain's own verbs, as the API and the jobs do, up to a moment."""

    def __init__(self, district: District, until: datetime) -> None:
        self.district, self.until = district, until
        self.codes = {str(one): code.lower() for code, one in district.departments.items()}
        self._people: dict[str, Actor] = {}

    def lead(self, courses: Sequence[Course]) -> Iterator[Course]:
        """All of them, step by step in the order of time, as far as they go by then; tells of each when it begins."""
        waiting = [(one.at, number, self._life(one.said)) for number, one in enumerate(courses)]
        heapq.heapify(waiting)
        begun: set[int] = set()
        while waiting and waiting[0][0] < self.until:
            at, number, life = waiting[0]
            with clock.at(at):
                then = next(life, None)
            if then is None:
                heapq.heappop(waiting)
            else:
                heapq.heapreplace(waiting, (then, number, life))
            if number not in begun:
                begun.add(number)
                yield courses[number]

    def _life(self, said: Planned) -> Life:
        """From the report on; what it gives is when its next step is, which is taken when it is that late."""
        chance = random.Random(f"course {said.key}")  # noqa: S311 - a made-up past, no secret
        report_id = self._receive(said)
        yield clock.now() + TRIAGED
        automatic.triage([report_id])
        yield clock.now() + TRIAGED
        outcome, case = _sent(report_id)
        if outcome is Outcome.LEFT:
            yield _in_hours(hours=chance.random())
            _does(self.person("triage1"), "reject", case.number, reason="所述地点不在本市范围内，无法受理")
        if outcome is not Outcome.FILED:
            return  # a case that it has joined has a life of its own
        while case.is_open:
            if case.status is Status.DISPATCHED:
                case = yield from self._sign(said, case, chance)
            case = yield from self._answer(said, case, chance)
            if not case.is_open and said.channel != "pda" and chance.random() < 0.6:
                yield clock.now() + timedelta(hours=1 + chance.expovariate(1 / 5))
                case = _rated(report_id, chance)

    def _sign(self, said: Planned, case: Case, chance: random.Random) -> Step:
        handler = self._handler(case)
        yield _in_hours(minutes=20 * chance.lognormvariate(0, 1))
        case = _does(handler, "sign", case.number)
        if said.channel != "pda":
            yield _in_hours(minutes=10 + chance.expovariate(1 / 30))
            case = _does(handler, "contact", case.number, finding="已与来电人通话，约定处理时间")
        return case

    def _answer(self, said: Planned, case: Case, chance: random.Random) -> Step:
        """Done, and looked at by somebody else, or rung up about; some are not content, once."""
        handler = self._handler(case)
        pace = 0.2 + 0.35 * random.Random(handler.name).random()  # noqa: S311 - as above
        left = max((case.due_at - clock.now()) / timedelta(hours=1), 1.0) * (DRAGS if chance.random() < DRAGGED else 1.0)
        yield _in_hours(hours=left * pace * chance.lognormvariate(0, 0.6))
        shot = _shot(said) if said.category[0] != "3" else None
        case = _does(handler, "resolve", case.number, shot, reply=f"{said.spot.name}的问题已处理完毕，感谢监督")
        yield _in_hours(hours=0.3 + chance.expovariate(1.8))
        is_good = case.reworks > 0 or chance.random() > 0.07
        if case.inspector_id is None:
            finding = "电话回访，来电人认可处理结果" if is_good else "来电人表示问题依旧存在"
            return _does(self.person("operator1"), "accept" if is_good else "decline", case.number, finding=finding)
        with reading() as db:
            walker = actor_of(db, case.inspector_id)
        finding = "已恢复原状，与反馈一致" if is_good else "处置不彻底，仍有残留"
        return _does(walker, "pass" if is_good else "fail", case.number, _shot(said), position=said.point, finding=finding)

    def _receive(self, one: Planned) -> uuid.UUID:
        walker = self.person(self.district.walker_of(one.spot.area_code).login)
        is_seen = one.channel == "pda"
        with transaction() as db:
            return receive_one(db, Said(
                channel=Channel(one.channel), source=str(walker.id) if is_seen else "past", key=str(one.key), text=one.text,
                title=one.heading or None, claimed_category=one.category, place=one.point, address=one.spot.address,
                accuracy=6.5 if is_seen else None, reporter_id=walker.id if is_seen else None)).id

    def _handler(self, case: Case) -> Actor:
        return self.person(f"{self.codes[str(case.lead_department_id)]}-1")

    def person(self, login: str) -> Actor:
        """Whoever logs in by this name."""
        if login not in self._people:
            with reading() as db:
                self._people[login] = actor_of(db, db.scalars(select(User.id).where(User.login == login)).one())
        return self._people[login]


def _does(who: Actor, action: str, number: str, shot: bytes | None = None, **facts: Any) -> Case:
    with transaction() as db:
        shots = (check_in(db, shot, channel="desk", uploaded_by=who.id).id,) if shot else ()
        case = search.find(db, who, number, to_change=True)
        VERBS[action](db, case, who, Facts(photos=shots, **facts))
        return case


def _sent(report_id: uuid.UUID) -> tuple[Outcome | None, Case]:
    """What triage made of it, and the case it counts in, sent out by the rules if it was filed."""
    with transaction() as db:
        report = db.get_one(Report, report_id)
        dispatch.dispatch_filed(db, [report.case_id] if report.case_id else [])
        return report.outcome, db.get_one(Case, report.case_id)


def _rated(report_id: uuid.UUID, chance: random.Random) -> Case:
    with transaction() as db:
        reporter = citizens.actor_of_tracking(report_id, citizens.tracking_token(report_id))
        report = db.get_one(Report, report_id)
        ratings.rate(db, report, reporter, chance.choices((5, 4, 3, 2, 1), (46, 34, 13, 4, 3))[0])
        return db.get_one(Case, report.case_id)


def _shot(said: Planned) -> bytes:
    """The place put right."""
    at = clock.now()
    return drawings.photo(said.scene, f"{said.key}", at=at, place=said.point, done=True, shot=f"{at}")


def _in_hours(**later: float) -> datetime:
    """So much later, or on the next morning."""
    here = (clock.now() + timedelta(**later)).astimezone(clock.CITY)
    if OPENS <= here.hour < CLOSES:
        return here
    day = here.date() + timedelta(days=here.hour >= CLOSES)
    return datetime.combine(day, time(OPENS, here.minute, here.second), clock.CITY)


def tell(now: datetime, publisher: Actor) -> None:
    """Make of it what the jobs make of what happens: figures and what is said of them, anchors of the history, the look at whom
    nobody has in hand, warnings; and publish how departments did in the last month."""
    today = now.astimezone(clock.CITY).date()
    with transaction() as db:  # at its own time, or the relay takes it for what a power cut may have lost
        db.execute(update(Event).where(Event.relayed_at.is_(None)).values(relayed_at=Event.happened_at))
    rebuilding.rebuild()
    with reading() as db:
        due = bulletin.due(db, today)
    for period in due:
        with transaction() as db:
            bulletin.make(db, period)
    month = scorecards.month_of(today.replace(day=1) - timedelta(days=1))
    with transaction() as db:
        if scorecards.draft(db, Of.DEPARTMENT, month):
            scorecards.publish(db, publisher, Of.DEPARTMENT, month)
        scorecards.draft(db, Of.WORKER, month)
        while anchors.anchor_next(db):
            pass
        turns.keep(db, turns.without_party(db))
    _watch(now)
    with transaction() as db:  # last, for a bulletin waits for what waits to be told
        outbox.hand_over_again(db, db.scalars(select(Event.id).where(Event.happened_at > now - NEWS)))
        outbox.publish_many(db, "photo.received", db.scalars(select(Photo.id).where(Photo.state == State.RECEIVED)))


def _watch(now: datetime) -> None:
    """What is usual, and what is not."""
    days.catch_up(MOST_DAYS)
    with transaction() as db:
        clusters.watch(db)
        keeping.keep(db, Kind.REPEAT, repeats.find(db, now))
