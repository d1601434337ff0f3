"""What everybody may look up is read by index on both databases: a page costs the page, in however large a city."""
import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, select, update

from casework import clock
from casework.cases import moderation, public_lists, publication
from casework.cases.case import Case
from casework.cases.public_lists import Box, Wanted
from casework.cases.publication import Publication, State
from casework.cases.workflow import Status
from casework.community.subscriptions import news
from casework.exchange import open311
from casework.geography.coordinates import Point
from casework.geography.squares import blurred, tile_of
from casework.identity.people import HeldPost, Role, actor_with
from casework.storage.database import new_id, reading, transaction
from casework.taxonomy import Category, Standard
from tests import people
from tests.conftest import SetClock
from tests.factories import small_city
from tests.statements import heard
from tests.storage.bare_cases import bare_cases
from tests.storage.plans import analyze, plans

MANY = 2000
BOX = Box(114.02, 22.62, 114.06, 22.66)


@pytest.fixture
def cast(store: str, time: SetClock) -> people.Cast:
    """A city of a year's cases all over a district, most of them closed, most of them public."""
    chance = random.Random(3)
    with transaction() as db:
        cast = people.hire(db, small_city(db))
        standard = db.scalars(select(Standard).where(Standard.category_code == "10101")).one()
        codes = sorted(db.scalars(select(Category.code).where(Category.code < "3", Category.parent_code.is_not(None))))
        made = bare_cases(db, MANY)
        rows: list[dict[str, Any]] = []
        for number, case_id in enumerate(made):
            at = clock.now() - timedelta(days=365) * (MANY - number) / MANY
            place, is_open = Point(chance.uniform(114, 114.3), chance.uniform(22.5, 22.8)), number % 20 == 0
            square, code = blurred(place), chance.choice(codes)
            community = f"440301001{chance.randrange(1, 40):03}"
            rows.append({
                "one": case_id, "case_id": case_id, "at": at, "state": State.WAITING if number % 200 == 1 else State.PUBLISHED,
                "category_code": code, "community_code": community, "lon": square.lon, "lat": square.lat,
                "tile": tile_of(square), "is_open": is_open, "published_at": at, "changed_at": at, "reopens": 0,
                "followed_at": at, "decided_by_id": new_id() if number % 20 else None,
                "status": Status.HANDLING if is_open else Status.CLOSED, "closed": None if is_open else at,
                "exact_lon": place.lon, "exact_lat": place.lat})
        table = Case.__table__
        db.connection().execute(update(table).where(table.c.id == bindparam("one")).values(
            standard_id=standard.id, taxonomy_version_id=standard.version_id, category_code=bindparam("category_code"),
            area_code=bindparam("community_code"), status=bindparam("status"), is_open=bindparam("is_open"),
            opened_at=bindparam("at"), closed_at=bindparam("closed"), moved_at=bindparam("at"), lon=bindparam("exact_lon"),
            lat=bindparam("exact_lat"), channel="pda"), rows)
        names = [column.name for column in Publication.__table__.columns]
        db.execute(insert(Publication), [{name: row[name] for name in names if name in row} for row in rows])
    analyze()
    return cast



WAYS: list[tuple[dict[str, Any], str]] = [
    ({}, "ix_publications_public"), ({"is_open": True}, "ix_publications_public"),
    ({"category": "10101"}, "ix_publications_public_category"),
    ({"community": "440301001007"}, "ix_publications_public_community"), ({"box": BOX}, "ix_publications_public_tile"),
    ({"box": BOX, "category": "10105", "is_open": False}, "ix_publications_public_tile")]


def test_pages_of_public_cases_are_read_in_the_order_of_an_index(store: str, cast: people.Cast) -> None:
    for wanted, index in WAYS:
        with heard() as said, reading() as db:
            found, after = public_lists.page(db, Wanted(**wanted), limit=5)
        assert found
        assert [one.published_at for one in found] == sorted((one.published_at for one in found), reverse=True)
        (plan,) = plans(store, said, "ORDER BY publications.published_at DESC")
        assert index in plan, wanted
        assert "Seq Scan on publications" not in plan
        assert "SCAN publications'" not in plan
        with heard() as said, reading() as db:
            again, _ = public_lists.page(db, Wanted(**wanted), after=after, limit=5) if after else ([], None)
        assert not {one.id for one in again} & {one.id for one in found}
        for plan in plans(store, said, "FROM cases"):
            assert "Seq Scan on cases" not in plan
            assert "SCAN cases'" not in plan


def test_pages_together_are_all_that_is_public_in_a_box_and_the_map_agrees(cast: people.Cast) -> None:
    found, after = [], None
    with reading() as db:
        while True:
            page, after = public_lists.page(db, Wanted(box=BOX), after=after, limit=17)
            found += [one.id for one in page]
            if after is None:
                break
        inside = {row.id for row in db.execute(select(Case.id, Case.lon, Case.lat).where(publication.shown()))
                  if BOX.west <= blurred(Point(row.lon, row.lat)).lon <= BOX.east
                  and BOX.south <= blurred(Point(row.lon, row.lat)).lat <= BOX.north}
    assert len(found) == len(set(found)) > 17
    assert set(found) == inside
    for box in (BOX, Box(114.0, 22.5, 114.3, 22.8)):
        with reading() as db:
            counted = sum(one.count for one in public_lists.counts(db, Wanted(box=box)))
            shown = [row for row in db.execute(select(Publication.lon, Publication.lat).join(
                Case, Case.id == Publication.case_id).where(publication.shown(), Case.is_open))
                if box.west <= row.lon <= box.east and box.south <= row.lat <= box.north]
        assert counted == len(shown) > 0


def test_what_waits_for_a_moderator_is_read_by_index(store: str, cast: people.Cast) -> None:
    with heard() as said, reading() as db:
        found, _ = moderation.queue(db, cast.operator, State.WAITING, limit=20)
    assert len(found) == MANY / 200
    (plan,) = plans(store, said, "ORDER BY publications.changed_at")
    assert "ix_publications_waiting" in plan
    assert "Seq Scan on cases" not in plan
    with heard() as said, reading() as db:
        found, after = moderation.queue(db, cast.operator, State.PUBLISHED, by_person=False, limit=20)
        again, _ = moderation.queue(db, cast.operator, State.PUBLISHED, by_person=False, after=after, limit=20)
    assert [one.row.changed_at for one in found + again] == sorted((one.row.changed_at for one in found + again), reverse=True)
    for plan in plans(store, said, "ORDER BY publications.changed_at DESC"):
        # SQLite may walk all that is published in the same order, which a town of its size bears.
        assert "ix_publications_unlooked" in plan or ("ix_publications_published" in plan and store.startswith("sqlite"))
        assert "Seq Scan on cases" not in plan


def test_a_moderator_finds_what_is_his_to_decide_and_no_more(cast: people.Cast) -> None:
    here = "440301001007"
    posts = [HeldPost(Role.OPERATOR, None, here), HeldPost(Role.DISPATCHER, None, None)]
    with reading() as db:
        found, _ = moderation.queue(db, actor_with(cast.operator.id, "某人", posts), State.PUBLISHED, limit=100)
        assert {one.case.area_code for one in found} == {here}
        assert moderation.queue(db, actor_with(cast.operator.id, "某人", posts[1:]), State.PUBLISHED) == ([], None)


def test_the_map_counts_what_it_shows_and_no_more(store: str, cast: people.Cast) -> None:
    lately = clock.now() - timedelta(days=90)
    for wanted in (Wanted(box=BOX), Wanted(is_open=False), Wanted(box=BOX, category="10101", is_open=False, since=lately)):
        with heard() as said, reading() as db:
            assert public_lists.counts(db, wanted)
        (plan,) = plans(store, said, "count(*) AS many")
        assert "ix_publications_public" in plan, plan
        assert "Seq Scan on publications" not in plan


def test_open311_and_what_looks_for_lost_ones_read_by_index_too(store: str, cast: people.Cast) -> None:
    with heard() as said, reading() as db:
        assert len(open311.requests(db, open311.Wanted(most=50), None)) == 50
    plan = next(one for one in plans(store, said, "ORDER BY cases.opened_at DESC"))
    assert "ix_cases_opened_at_id" in plan
    assert "Seq Scan on publications" not in plan
    assert "SCAN publications'" not in plan
    with heard() as said, reading() as db:
        publication.unfollowed(db, clock.now() - timedelta(days=1), clock.now(), 100)
        assert publication.unseen(db, None, 10) == publication.unseen(db, new_id(), 10) == []
    (plan,) = plans(store, said, "outbox.happened_at >=")
    assert "ix_outbox_name_happened_at" in plan or "SCAN outbox" not in plan
    with heard() as said, reading() as db:
        assert publication.unstirred(db, clock.now() - timedelta(days=1), clock.now(), 100) == []
        assert news.taken_back_at(db)
    plan = next(one for one in plans(store, said, "cases.moved_at >="))
    assert "ix_cases_moved_at" in plan
    assert "ix_publications_left" in next(one for one in plans(store, said, "publications.published_at IS NOT NULL"))
