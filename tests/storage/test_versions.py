"""A case's version is the length of its history, so whatever changes a case writes a line: two people would not notice else."""
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session

from casework.cases import alarms, search, versions
from casework.cases.case import Case
from casework.cases.report import Channel, Receipt
from casework.cases.workflow import Facts
from casework.errors import Conflict
from casework.identity.people import Actor
from casework.sla import timers
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests.conftest import SetClock
from tests.factories import at_grid, case_of
from tests.storage.city import VERBS, City

SILENT = {"waiting_for"}
"""Why a case lies on the dispatcher's desk: the rules say it, to nobody who is at work on the case."""


@contextmanager
def watched() -> Iterator[list[set[str]]]:
    """What changed of a case in a transaction that wrote no line about it."""
    changed: dict[uuid.UUID, set[str]] = defaultdict(set)
    unlined: list[set[str]] = []

    def flushes(db: Session, *_: Any) -> None:
        for one in db.dirty:
            if isinstance(one, Case):
                changed[one.id] |= {part.key for part in inspect(one).attrs if part.history.has_changes()}

    def commits(_db: Session) -> None:
        unlined.extend(parts - SILENT for parts in changed.values() if "history_length" not in parts and parts - SILENT)
        changed.clear()
    event.listen(Session, "before_flush", flushes)
    event.listen(Session, "after_commit", commits)
    try:
        yield unlined
    finally:
        event.remove(Session, "before_flush", flushes)
        event.remove(Session, "after_commit", commits)


Taken = tuple[Actor, str, dict[str, Any]]


def acts(number: str, *steps: Taken) -> None:
    for actor, action, facts in steps:
        with transaction() as db:
            VERBS[action](db, search.find(db, actor, number, to_change=True), actor, Facts(**facts))


def test_whatever_happens_to_a_case_writes_a_line(city: City, time: SetClock) -> None:
    cast, roads, worker, head = city.cast, city.departments["roads"].id, city.cast.water_handler, city.cast.water_head
    with watched() as unlined:
        receipts = city.receives(channel=Channel.CITIZEN, source="citizen"), city.receives(place=at_grid(0, 160))
        city.triages(*receipts)
        city.dispatches()
        one, other = (city.case(receipt).number for receipt in receipts)
        acts(other, (cast.triage, "merge", {"into": one, "reason": "同一处"}), (cast.triage, "unmerge", {"reason": "两处"}),
             (cast.dispatcher, "recall", {"reason": "改派"}), (cast.dispatcher, "dispatch", {"lead": roads}),
             (cast.roads_head, "hand_back", {"ground": "三定方案"}), (cast.adjudicator, "overrule", {"reason": "属实"}))
        acts(one, (worker, "sign", {}), (worker, "contact", {"finding": "已联系"}),
             (worker, "extend", {"reason": "缺料"}), (head, "endorse", {}), (cast.dispatcher, "allow", {}),
             (worker, "defer", {"reason": "等料", "until": time.moment.replace(month=6)}), (cast.dispatcher, "suspend", {}),
             (cast.dispatcher, "resume", {}), (worker, "ask", {"question": "哪一侧？"}),
             (cast.operator, "answered", {"reply": "东侧"}), (worker, "assist", {"assistants": (roads,), "reason": "断路"}),
             (cast.roads_handler, "assist_sign", {}), (cast.roads_handler, "assisted", {"reply": "已断路"}),
             (cast.operator, "urge", {"reason": "急"}), (cast.supervisor, "supervise", {"reason": "督"}),
             (worker, "report_back", {"reply": "在办"}), (cast.dispatcher, "propose_void", {"reason": "误报"}),
             (cast.triage, "correct", {"reason": "更正", "priority": "urgent"}))
        time.passes(days=30)
        warned()
        looked = {"position": at_grid(0), "finding": "看过"}
        for photo, (actor, action, facts) in enumerate((
                (worker, "resolve", {"reply": "好了"}), (cast.li, "fail", looked), (worker, "resolve", {"reply": "真好了"}),
                (cast.li, "pass", looked))):
            acts(one, (actor, action, facts | {"photos": city.photo_of(actor, ("red", "blue", "teal", "navy")[photo])}))
        acts(one, (cast.supervisor, "reopen", {"reason": "又坏了"}))
    assert unlined == []


def warned() -> None:
    """The clocks that have run over give their alarms, and somebody hears of them."""
    with transaction() as db:
        timers.sweep(db, 1000)
    with transaction() as db:
        for one in db.scalars(select(Event).where(Event.name.in_(alarms.EVENTS))):
            alarms.hear(db, one)


def test_the_watch_sees_what_writes_no_line(city: City, handled: Receipt) -> None:
    with watched() as unlined, transaction() as db:
        case_of(db, handled).overdue = True
    assert unlined == [{"overdue"}]


def taken(city: City, receipt: Receipt, action: str, seen: set[int] | None, **facts: Any) -> Callable[[], None]:
    def take() -> None:
        with transaction() as db:
            case = db.scalars(select(Case).where(Case.number == city.case(receipt).number).with_for_update()).one()
            versions.take(db, case, city.cast.water_handler, action, Facts(**facts), verb=VERBS[action], seen=seen)
    return take


def test_long_news_are_cut_to_the_latest(city: City, handled: Receipt) -> None:
    for number in range(versions.MOST + 5):
        with transaction() as db:
            case_of(db, handled).note("comment", city.cast.operator, number=number)
    with pytest.raises(Conflict) as refused:
        taken(city, handled, "contact", {1}, finding="见")()
    assert refused.value.facts["version"] == versions.MOST + 9
    told = [one["number"] for one in refused.value.facts["changed"]]
    assert told == list(range(10, versions.MOST + 10))


def test_a_version_that_is_yet_to_come_is_no_version_seen(city: City, handled: Receipt) -> None:
    with pytest.raises(Conflict) as refused:
        taken(city, handled, "contact", {99}, finding="见")()
    assert [one["action"] for one in refused.value.facts["changed"]] == ["sign"]
    taken(city, handled, "contact", {99, 4}, finding="见")()
    with reading() as db:
        assert case_of(db, handled).history_length == 5
