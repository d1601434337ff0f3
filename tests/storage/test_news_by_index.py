"""Feeds, digests and followers are read by index on both databases, in however large a city and with however many followers."""
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from casework import clock
from casework.cases import subscribers
from casework.cases.case import Case
from casework.cases.publication import Publication
from casework.cases.subscribers import Follow, Rhythm, Subscriber
from casework.community.subscriptions import Holder, news
from casework.community.subscriptions.news import Wanted
from casework.identity.people import Citizen
from casework.identity.privacy import blind_index, seal
from casework.notifications import digests
from casework.storage.database import new_id, reading, transaction
from tests import people
from tests.statements import heard
from tests.storage.plans import analyze, plans
from tests.storage.test_public_by_index import BOX, cast

__all__ = ["cast"]

FOLLOWERS = 1500


@pytest.fixture
def holder(cast: people.Cast) -> Holder:
    """One of many who follow: an area, a category in a street, and a case."""
    with transaction() as db:
        db.execute(update(Publication).values(stirred_at=Publication.published_at))
        cases = db.scalars(select(Case.id).order_by(Case.id).limit(FOLLOWERS)).all()
        now = clock.now()
        holders = [(new_id(), new_id()) for _ in range(FOLLOWERS)]
        db.add_all(Citizen(id=citizen, phone=seal(f"137{number:08}"), phone_index=blind_index("phone", f"137{number:08}"))
                   for number, (citizen, _) in enumerate(holders))
        db.flush()
        db.add_all(Subscriber(id=own, citizen_id=citizen) for citizen, own in holders)
        db.flush()
        for number, (_, own) in enumerate(holders):
            late = number < 3
            db.add(Follow(subscriber_id=own, what="case", case_id=cases[number], rhythm=Rhythm.AT_ONCE))
            db.add(Follow(subscriber_id=own, what="area", area_code=f"440301001{number % 40:03}", rhythm=Rhythm.DAILY,
                          due_at=now + timedelta(hours=-1 if late else 9), told_until=now - timedelta(days=1)))
            db.add(Follow(subscriber_id=own, what="both", area_code="440301001", category_code="10101", rhythm=Rhythm.DAILY,
                          due_at=now + timedelta(hours=9)))
    analyze()
    return Holder("citizen_id", holders[7][0])


def _scans(plan: str, *tables: str) -> list[str]:
    return [table for table in tables if f"Seq Scan on {table}" in plan or f"SCAN {table}'" in plan]


WAYS: list[tuple[Wanted, str]] = [
    (Wanted(), "ix_publications_stirred"), (Wanted(area="440301001007"), "ix_publications_stirred_community"),
    (Wanted(area="440301001"), "ix_publications_"), (Wanted(category="10105"), "ix_publications_"),
    (Wanted(area="440301001007", category="10105"), "ix_publications_"), (Wanted(box=BOX), "ix_publications_")]


def test_feeds_are_read_in_the_order_of_an_index(store: str, holder: Holder) -> None:
    for wanted, index in WAYS:
        with heard() as said, reading() as db:
            found, after = news.page(db, wanted, limit=5)
            again, _ = news.page(db, wanted, after=after, limit=5)
        assert len(found) == 5
        assert [one.at for one in found + again] == sorted((one.at for one in found + again), reverse=True)
        assert not {one.case.id for one in found} & {one.case.id for one in again}
        for plan in plans(store, said, "ORDER BY publications.stirred_at DESC"):
            assert index in plan, (wanted, plan)
            assert _scans(plan, "publications", "cases") == []


def test_pages_together_are_all_that_is_public(holder: Holder) -> None:
    seen, after = list[uuid.UUID](), None
    with reading() as db:
        while True:
            found, after = news.page(db, Wanted(box=BOX), after=after, limit=17)
            seen += [one.case.id for one in found]
            if after is None:
                break
        public, _ = news.page(db, Wanted(box=BOX), limit=10_000)
        every, _ = news.page(db, Wanted(), limit=10_000)
    inside = [one.case.id for one in every if one.case.square and BOX.west <= one.case.square.lon <= BOX.east
              and BOX.south <= one.case.square.lat <= BOX.north]
    assert seen == inside
    assert len(seen) == len(set(seen)) > 17
    assert seen == [one.case.id for one in public]


def test_what_somebody_follows_is_read_each_by_its_index(store: str, holder: Holder) -> None:
    with heard() as said, reading() as db:
        found, after = news.followed(db, holder, limit=5)
        again, _ = news.followed(db, holder, after=after, limit=5)
    assert len(found) == len(again) == 5
    assert not {one.case.id for one in found} & {one.case.id for one in again}
    for plan in plans(store, said, "UNION"):
        assert _scans(plan, "publications", "cases", "follows", "subscribers") == []


def test_who_is_told_and_what_is_due_is_found_by_index(store: str, holder: Holder) -> None:
    with reading() as db:
        case = db.scalars(select(Case).order_by(Case.id).offset(7).limit(1)).one()
    with heard() as said, reading() as db:
        told = subscribers.of_cases(db, {case.id})
    assert [follow.case_id for _, follow, _ in told] == [case.id]
    for plan in plans(store, said, "FROM follows"):
        assert _scans(plan, "follows") == []
    with heard() as said, transaction() as db:
        assert digests.due(db, 500) == 3
    plan: Any
    for plan in plans(store, said, "follows.due_at"):
        assert _scans(plan, "follows") == []
