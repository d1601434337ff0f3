"""Law: figures kept event by event, late, twice and in any order, are those that counting everything anew would give."""
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.steps import VERBS
from casework import clock
from casework.cases import anonymity
from casework.cases.case import Case
from casework.cases.report import Channel, Report
from casework.cases.workflow import Facts, allowed_actions
from casework.community import ratings
from casework.errors import CaseworkError
from casework.identity.people import Actor
from casework.media import check_in
from casework.performance import facts, rebuilding, rollups
from casework.performance.facts import KeptFact
from casework.performance.rollups import Rollup
from casework.sla import timers
from casework.storage import outbox
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests import people
from tests.conftest import SetClock
from tests.factories import a_photo, a_report, at_grid, small_city
from workers import dispatching, performance, queues, relay, triage

FORWARD = {"file": 4, "dispatch": 6, "sign": 8, "resolve": 6, "pass": 4, "fail": 2, "suspend": 4, "allow": 4, "uphold": 3,
           "merge": 2, "unmerge": 4, "split": 4, "unjoin": 4, "void": 0.3, "reject": 0.2, "propose_void": 0.3}
WORDS = {"reason": "实情如此", "ground": "三定方案", "finding": "看过", "reply": "已经处理", "question": "在哪一栋？"}


class Life:
    """People who do by chance what they may do."""

    def __init__(self, seed: int, time: SetClock) -> None:
        self.luck, self.time, self.seen = random.Random(seed), time, 0
        with transaction() as db:
            self.departments = small_city(db)
            self.actors = list(people.hire(db, self.departments).everybody().values())

    def goes_on(self) -> None:
        self.luck.choices([self.report, self.act, self.rate, self.wait], [2, 12, 1, 2])[0]()

    def report(self) -> None:
        li = self.actors[0]
        channel = self.luck.choice(list(Channel))
        who = {"reporter_id": li.id} if channel is Channel.PDA else {"reporter_phone": "13800000000"}
        with transaction() as db:
            made = a_report(db, channel=channel, claimed_category=self.luck.choice(["10101", "10102", "10105", "301"]),
                            place=at_grid(self.luck.randrange(4), self.luck.randrange(3) * 150), **who)
        triage.triage_reports([str(made.id)])
        with reading() as db:
            filed = [str(one) for one in db.scalars(select(Case.id).where(Case.status == "filed"))]
        if filed and self.luck.random() < 0.8:
            dispatching.dispatch_cases(filed)

    def act(self) -> None:
        with reading() as db:
            cases = db.scalars(select(Case).order_by(Case.id)).all()
            if not cases:
                return
            case = self.luck.choice(cases)
            may = [(actor, action) for actor in self.actors for action in allowed_actions(case, actor) if action in VERBS]
            numbers = [one.number for one in cases if one.is_open and one is not case]
            theirs = [one.number for one in case.reports]
        if may:
            weights = [FORWARD.get(action, 1) for _, action in may]
            self.does(case, *self.luck.choices(may, weights)[0], numbers, theirs)

    def does(self, case: Case, actor: Actor, action: str, others: list[str], reports: list[str]) -> None:
        facts: dict[str, Any] = WORDS | {
            "position": at_grid(0), "lead": self.luck.choice(list(self.departments.values())).id, "category": "10101",
            "until": clock.now() + timedelta(days=2), "assistants": (self.departments["office"].id,),
            "into": self.luck.choice(others) if others else None,
            "reports": tuple(self.luck.sample(reports, len(reports) // 2))}
        try:
            with transaction() as db:
                photos = (check_in(db, a_photo(self.luck.choice(["red", "blue"])), channel="desk", uploaded_by=actor.id).id,)
                VERBS[action](db, db.get_one(Case, case.id), actor, Facts(**facts, photos=photos))
        except CaseworkError:
            pass  # not everything that may be tried may be done

    def rate(self) -> None:
        try:
            with transaction() as db:
                report = self.luck.choice(db.scalars(select(Report).order_by(Report.id)).all() or [None])
                if report is not None:
                    ratings.rate(db, report, self.actors[0], self.luck.randint(1, 5))
        except CaseworkError:
            pass

    def wait(self) -> None:
        self.time.passes(hours=self.luck.choice([1, 5, 30, 100]))
        with transaction() as db:
            timers.sweep(db)

    def hands_over(self) -> None:
        """What happened since, in an order of its own; some of it twice, some in one batch."""
        with reading() as db:
            events = db.scalars(select(Event).where(Event.id > self.seen).order_by(Event.id)).all()
        self.seen = max((one.id for one in events), default=self.seen)
        claimed = [outbox.Claimed(one.id, one.name, one.subject, one.happened_at) for one in events]
        batches = [one for one in relay.batches(claimed) if one.queue == "figures"] * self.luck.choice([1, 2])
        self.luck.shuffle(batches)
        for batch in batches:
            relay.COUNT.job(batch.ids)


@pytest.mark.parametrize("seed", [1, 2])
def test_figures_kept_by_events_equal_those_made_anew(store: str, time: SetClock, seed: int) -> None:
    life = Life(seed, time)
    for step in range(100):
        life.goes_on()
        if step % 9 == 0:
            life.hands_over()
    life.hands_over()
    with transaction() as db:  # and who is forgotten still counts
        anonymity.forget_senders(db, db.scalars(select(Report)).all(), lambda said: said)
    done = rebuilding.rebuild()
    assert (done.facts_differed, done.sums_differed) == (0, 0)
    assert done.cases > 10
    assert done.sums > 200


def test_what_was_tampered_with_is_found_and_put_right(store: str, time: SetClock) -> None:
    life = Life(4, time)
    for _ in range(12):
        life.report()
    life.hands_over()
    with transaction() as db:
        first, second = db.scalars(select(KeptFact).limit(2))
        first.tally, second.category_code = b"", "999"
        db.delete(db.scalars(select(Rollup).limit(1)).one())
        kept = len(db.scalars(select(Rollup.id)).all()) + 1
    done = rebuilding.rebuild()
    assert done.facts_differed == 2
    assert done.sums_differed > 0
    again = rebuilding.rebuild()
    assert (again.facts_differed, again.sums_differed, again.sums) == (0, 0, kept)


def test_what_a_lost_batch_left_out_is_counted_at_night(store: str, time: SetClock) -> None:
    life = Life(6, time)
    for _ in range(3):
        life.report()
    time.passes(days=1)
    performance.recount_lately_moved()
    done = rebuilding.rebuild()
    assert (done.facts_differed, done.sums_differed) == (0, 0)
    assert done.sums > 0


def test_cases_from_before_there_were_figures_are_counted_by_themselves(
        store: str, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    life = Life(7, time)
    for _ in range(6):
        life.report()
    time.passes(days=30)
    with reading() as db:
        cases = [str(one) for one in db.scalars(select(Case.id).order_by(Case.id.desc()))]
    queued: list[queues.Batch] = []
    monkeypatch.setattr(performance, "BATCH", 2)
    monkeypatch.setattr(queues, "enqueue", queued.extend)
    monkeypatch.setattr(queues, "depth", lambda: {"figures": 0})
    performance.count_older_cases()
    assert [one for batch in queued for one in batch.ids] == cases
    assert len(queued) == (len(cases) + 1) // 2 > 1
    for batch in queued:
        batch.job(batch.ids)
    performance.count_older_cases()
    assert sum(len(batch.ids) for batch in queued) == len(cases), "all are counted now"
    done = rebuilding.rebuild()
    assert (done.cases, done.facts_differed, done.sums_differed) == (len(cases), 0, 0)


def test_what_ran_over_its_limit_unheard_is_counted_at_night_though_it_did_not_move(store: str, time: SetClock) -> None:
    life = Life(8, time)
    for _ in range(4):
        life.report()
    life.hands_over()
    time.passes(days=10)
    with transaction() as db:
        timers.sweep(db)
    assert rebuilding.recount_since(clock.now() - timedelta(days=2)) > 0
    done = rebuilding.rebuild()
    assert (done.facts_differed, done.sums_differed) == (0, 0)


def test_jobs_that_count_the_same_cases_at_the_same_time_count_them_once(store: str, time: SetClock) -> None:
    life = Life(9, time)
    for _ in range(4):
        life.report()
    with reading() as db:
        ids = [str(one) for one in db.scalars(select(Case.id))]
    orders = [ids, ids[::-1], ids[1:], ids[:-1]] * 2
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(performance.count_cases, orders))
    done = rebuilding.rebuild()
    assert (done.cases, done.facts_differed, done.sums_differed) == (len(ids), 0, 0)


def test_counting_again_changes_nothing(store: str, time: SetClock) -> None:
    life = Life(5, time)
    life.report()
    life.hands_over()
    with transaction() as db:
        ids = db.scalars(select(Case.id)).all()
        assert rollups.refresh(db, ids) == 0
        assert len(facts.of(db, ids)) == len(ids)
