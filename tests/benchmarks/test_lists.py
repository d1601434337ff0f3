"""What must not grow with the number of cases: pages, the inbox, the sweep of clocks, and a case's whole life."""

import orjson
import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from api import app as application
from casework import clock
from casework.cases.case import Case
from casework.sla import timers
from casework.sla.timers import Timer
from casework.storage.database import reading, transaction
from tests.benchmarks import lives
from tests.benchmarks.ground import Ground, area_desk
from tests.benchmarks.harness import (
    Measured,
    Scale,
    Server,
    by_turns,
    get,
    load,
    milliseconds,
    per_second,
    record,
    repeat,
    timed,
    under_load,
)
from tests.factories import a_photo
from tests.statements import heard

MOST_QUERIES = 2
SWEEP = 1000


def case_page(token: str, **query: object) -> bytes:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return get(f"/api/v1/cases?{asked}", Authorization=f"Bearer {token}")


@pytest.fixture
def web(crowded: Ground) -> FlaskClient:
    made = application.create_app(crowded.settings).test_client()
    crowded.stand()
    return made


def test_a_page_of_a_hundred_cases(crowded: Ground, scale: Scale) -> None:
    product, beside = crowded.product(scale), crowded.beside(scale)
    busy = crowded.crowd["busy"]
    page = case_page(crowded.desks["busy"], department=busy, limit=100)
    joined = get(f"/page?department={busy.hex if crowded.kind == 'sqlite' else busy}")
    for server, request in ((product, page), (beside, joined)):
        load(server.port, repeat(request), seconds=scale.seconds / 5, status=200)
    backends = crowded.backends_cpu()
    ours, limit, ratio = by_turns(
        scale, lambda: under_load(product, repeat(page), scale, status=200, database_cpu=backends),
        lambda: under_load(beside, repeat(joined), scale, status=200, database_cpu=backends))
    record(scale, f"page of 100 cases, {crowded.kind}", per_second(ours), per_second(limit), ratio=ratio, goal=0.5,
           note=f"p95 {ours.at(0.95) * 1000:.1f} ms; by processor time {limit.cost / ours.cost:.2f}")


def test_an_inbox_takes_two_queries_and_shows_what_is_due_first(web: FlaskClient, crowded: Ground) -> None:
    for name, token in crowded.desks.items():
        headers = {"Authorization": f"Bearer {token}"}
        web.get("/api/v1/cases?limit=20", headers=headers)  # the taxonomy is read once a process
        with heard() as seen:
            answer = web.get("/api/v1/cases?limit=20", headers=headers)
        shown = orjson.loads(answer.data)["items"]
        assert answer.status_code == 200
        assert len(seen) <= MOST_QUERIES, seen
        with reading() as db:
            first = db.scalars(select(Case.number).where(
                Case.lead_department_id == crowded.crowd[name], Case.is_open).order_by(Case.due_at, Case.id).limit(20)).all()
        assert [row["number"] for row in shown] == list(first)


def one_by_one(server: Server, request: bytes, scale: Scale) -> Measured:
    return load(server.port, repeat(request), seconds=scale.seconds / 2, connections=1, status=200)


def test_inboxes_beside_select_one(crowded: Ground, scale: Scale) -> None:
    product, beside = crowded.product(scale), crowded.beside(scale)
    worker = area_desk(crowded.cast.li)
    inboxes = {"department inbox": case_page(crowded.desks["busy"], limit=20),
               "its queue to handle": case_page(crowded.desks["busy"], queue="handle", limit=20),
               "quiet department": case_page(crowded.desks["quiet"], limit=20),
               "grid worker's area": case_page(worker, limit=20),
               "whole city, overdue": case_page(area_desk(crowded.cast.dispatcher), overdue="true", limit=20)}
    load(beside.port, repeat(get("/one")), seconds=scale.seconds / 10, connections=1, status=200)
    for name, request in inboxes.items():
        load(product.port, repeat(request), seconds=scale.seconds / 10, connections=1, status=200)
        ours, limit, _ = by_turns(scale, lambda asked=request: one_by_one(product, asked, scale),
                                  lambda: one_by_one(beside, get("/one"), scale))
        record(scale, f"{name} over HTTP, {crowded.kind}", f"p95 {milliseconds(ours.at(0.95))}",
               f"select 1: {milliseconds(limit.at(0.95))}", ratio=ours.at(0.95) / limit.at(0.95),
               goal=2.0 if name == "department inbox" and crowded.kind == "postgresql" else None, at_most=True,
               note=f"medians {milliseconds(ours.at(0.5))}, {milliseconds(limit.at(0.5))}")


def test_the_next_thousand_due_are_swept(crowded: Ground, scale: Scale) -> None:
    batch = SWEEP if scale.full else 20
    raw = select(Timer.id).where(Timer.next_alarm_at <= clock.now()).order_by(Timer.next_alarm_at).limit(batch)

    def waiting() -> int:
        with reading() as db:
            return db.scalar(select(func.count()).select_from(Timer).where(Timer.next_alarm_at <= clock.now())) or 0

    def swept() -> int:
        with transaction() as db:
            assert timers.sweep(db, batch)
        return batch

    def looked() -> int:
        with reading() as db:
            return len(db.scalars(raw).all())
    due = waiting()
    swept()  # warm
    backends = crowded.backends_cpu()
    ours, limit, ratio = by_turns(
        scale, lambda: timed(swept, database_cpu=backends), lambda: timed(looked, database_cpu=backends))
    # One sweep was to warm up; what is let go has its next alarm ahead.
    assert due - waiting() == ours.number + batch, "clocks were passed over, or swept twice"
    record(scale, f"next {batch:,} due of {scale.rows:,}, {crowded.kind}",
           f"{milliseconds(ours.seconds / scale.rounds)} judged, told, set anew",
           f"{milliseconds(limit.seconds / scale.rounds)} looked up", ratio=ratio)


def test_whole_lives_cost_the_same_among_a_million(empty: Ground, crowded: Ground, scale: Scale) -> None:
    photo = a_photo()

    def lived(ground: Ground) -> Measured:
        ground.stand()
        lives.live(ground, min(scale.lives, 2), photo)  # what a new connection reads once
        return timed(lambda: lives.live(ground, scale.lives, photo), database_cpu=ground.backends_cpu())
    among, alone, ratio = by_turns(scale, lambda: lived(crowded), lambda: lived(empty))
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Case).where(Case.category_code == "10105", Case.is_open)) == 0
    record(scale, f"whole life cycles at {scale.rows:,} cases, {crowded.kind}", per_second(among),
           f"{per_second(alone)} on empty", ratio=ratio, goal=0.9, note=f"by processor time {alone.cost / among.cost:.2f}")
