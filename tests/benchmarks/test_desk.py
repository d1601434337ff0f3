"""A department's desk among a million cases: counts and a page at once, a word that is in no case, and a search of the city."""
import orjson
import pytest
from flask.testing import FlaskClient

from api import app as application
from tests.benchmarks.ground import Ground, area_desk
from tests.benchmarks.harness import Scale, get, load, milliseconds, post, record, repeat
from tests.statements import heard

DESK, SEARCH = "/api/v1/desk", "/api/v1/cases/search"
MOST_QUERIES = 4
LONGEST = 0.1
"""Seconds of the server for one page at the 95th percentile."""

NOWHERE = "%E6%B2%A1%E6%9C%89"  # 没有, which no case says


@pytest.fixture
def web(crowded: Ground) -> FlaskClient:
    made = application.create_app(crowded.settings).test_client()
    crowded.stand()
    return made


def test_a_desk_takes_four_queries_whatever_is_sifted(web: FlaskClient, crowded: Ground) -> None:
    for token in crowded.desks.values():
        headers = {"Authorization": f"Bearer {token}"}
        for asked in ("queue=handle", "queue=open&urgent=false", f"queue=open&words={NOWHERE}"):
            web.get(f"{DESK}?{asked}", headers=headers)  # the taxonomy is read once a process
            with heard() as seen:
                answer = web.get(f"{DESK}?{asked}", headers=headers)
            assert answer.status_code == 200
            assert len(seen) <= MOST_QUERIES, seen


def test_a_desk_beside_its_limit(crowded: Ground, scale: Scale) -> None:
    product = crowded.product(scale)
    asked = {f"desk with counts, {name}": get(f"{DESK}?queue=handle&limit=30", Authorization=f"Bearer {token}")
             for name, token in crowded.desks.items()}
    busy = f"Bearer {crowded.desks['busy']}"
    asked["desk, a word that is nowhere"] = get(f"{DESK}?queue=open&words={NOWHERE}", Authorization=busy)
    body = orjson.dumps({"words": "没有这样的话", "limit": 20})
    asked["search of the whole city"] = post(SEARCH, body, Authorization=f"Bearer {area_desk(crowded.cast.dispatcher)}")
    for name, request in asked.items():
        load(product.port, repeat(request), seconds=scale.seconds / 10, connections=1, status=200)
        ours = load(product.port, repeat(request), seconds=scale.seconds, connections=1, status=200)
        record(scale, f"{name}, {crowded.kind}", f"p95 {milliseconds(ours.at(0.95))}", f"to reach: {milliseconds(LONGEST)}",
               ratio=ours.at(0.95) / LONGEST, goal=1.0, at_most=True, note=f"median {milliseconds(ours.at(0.5))}")
