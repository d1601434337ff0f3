"""What a PDA did offline is stored once, each operation for itself, however often, at once, late or wrongly it is sent."""
import gzip
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from casework import clock
from casework.cases.report import Report
from casework.fieldwork.operations import FieldOperation
from casework.identity.sessions import Device
from casework.intake import refusals
from casework.storage.database import reading
from casework.storage.outbox import Event
from tests.api.handheld import SYNC, faults, operation, results, send
from tests.api.town import Caller, Json, Town, ok, problem, stored
from tests.conftest import SetClock


def result(caller: Caller, one: Json, sent_at: Any = None) -> Json:
    return results(caller, one, sent_at=sent_at)[0]


def test_what_was_done_offline_is_done_and_answered_one_by_one(town: Town) -> None:
    answers = results(town.li, operation(), operation(text="路灯不亮", category="10105"))
    assert [one["outcome"] for one in answers] == ["done", "done"]
    assert len({one["result"]["number"] for one in answers}) == 2
    town.jobs()
    assert {row["category"] for row in town.listed(town.supervisor)} == {"上水井盖", "路灯"}


def test_sent_again_it_was_done_before_with_the_same_result(town: Town, time: SetClock) -> None:
    asked = [operation(), operation(text="路灯不亮")]
    first = results(town.li, *asked)
    time.passes(days=3)
    again = results(town.li, *reversed(asked))
    assert [one["outcome"] for one in again] == ["already_done"] * 2
    assert [one["result"] for one in reversed(again)] == [one["result"] for one in first]
    assert (stored(), stored(FieldOperation)) == (2, 2)
    with reading() as db:
        assert sorted(db.scalars(select(Event.name))) == ["report.received"] * 2


def test_an_id_that_was_done_means_nothing_else(town: Town) -> None:
    first = operation()
    ok_once = result(town.li, first)
    other = result(town.li, first | {"data": first["data"] | {"text": "路灯不亮"}})
    assert (other["outcome"], other["problem"]["status"]) == ("refused", 409)
    assert result(town.li, first)["result"] == ok_once["result"]
    assert result(town.wang, first | {"data": first["data"] | {"text": "路灯不亮"}})["outcome"] == "done"  # his ids are his own
    assert stored() == 2


def test_the_same_twice_in_one_request_is_one(town: Town) -> None:
    one = operation()
    other = one | {"data": one["data"] | {"text": "路灯不亮"}}
    answers = results(town.li, one, one, other)
    assert [answer["outcome"] for answer in answers] == ["done", "already_done", "refused"]
    assert answers[0]["result"] == answers[1]["result"]
    assert (stored(), stored(FieldOperation)) == (1, 1)


def test_the_same_request_eight_times_at_once_has_one_effect(town: Town) -> None:
    asked = [operation(text=f"第{number}处井盖缺失") for number in range(20)]
    worker = town.li
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: results(worker, *asked), range(8)))
    assert sorted(answer[0]["outcome"] for answer in answers) == ["already_done"] * 7 + ["done"]
    assert len({tuple(one["result"]["number"] for one in answer) for answer in answers}) == 1
    assert (stored(), stored(FieldOperation)) == (20, 20)


WRONG: dict[str, tuple[Any, set[str]]] = {
    "no id": ({"kind": "report", "at": "2026-03-02T10:00:00Z", "data": {}}, {"id"}),
    "an id that is none": (operation() | {"id": "1"}, {"id"}),
    "no such kind": (operation() | {"kind": "dance"}, {"kind"}),
    "a time without zone": (operation() | {"at": "2026-03-02T10:00:00"}, {"at"}),
    "data of another type": (operation() | {"data": []}, {"data"}),
    "something unknown": (operation() | {"more": 1}, {"more"}),
    "no text": (operation(text=None), {"data.text"}),
    "NUL in a text": (operation(text="井\0盖"), {"data.text"}),
    "half a place": (operation(place={"lon": 114.0}), {"data.place.lat"}),
    "several faults": (operation(text="", place="here", accuracy=-1), {"data.text", "data.place", "data.accuracy"}),
    "a hash that is none": (operation(files=[{"sha256": "Z" * 64, "size": 1, "type": "image/jpeg"}]), {"data.files.0.sha256"}),
}


def test_what_is_wrong_is_named_and_holds_up_no_other(town: Town) -> None:
    asked = [one for wrong, _ in WRONG.values() for one in (operation(), wrong)]
    answers = results(town.li, *asked, "no operation at all", None, 7)
    for what, answer in zip(WRONG, answers[1::2], strict=False):
        assert faults(answer) == WRONG[what][1], what
    assert all(one["outcome"] == "refused" for one in answers[-3:])
    assert [one["outcome"] for one in answers[0:-3:2]] == ["done"] * len(WRONG)
    assert stored() == len(WRONG)


def test_what_was_refused_may_be_mended_under_its_id(town: Town) -> None:
    wrong = operation(text=" ")
    assert faults(result(town.li, wrong)) == {"data.text"}
    assert result(town.li, wrong | {"data": wrong["data"] | {"text": "井盖缺失"}})["outcome"] == "done"


def test_refused_reports_are_counted(town: Town) -> None:
    results(town.li, operation(text=""), operation(text="ok"), operation(text=""))
    day = clock.now().astimezone(clock.CITY).date()
    with reading() as db:
        assert refusals.between(db, day, day)["pda"] == {"invalid": 2}


def test_a_wrong_clock_is_measured_and_corrected_and_kept(town: Town, time: SetClock) -> None:
    now = clock.now()
    device = now - timedelta(days=400, hours=3)  # an empty battery sets the clock back
    seen = device - timedelta(hours=2)
    answer = send(town.li, operation(at=seen.isoformat()), sent_at=device.isoformat())
    assert answer["skew_seconds"] == timedelta(days=400, hours=3).total_seconds()
    assert answer["results"][0]["at"] == (now - timedelta(hours=2)).isoformat().replace("+00:00", "Z")
    with reading() as db:
        kept = db.scalars(select(FieldOperation)).one()
        assert (kept.at, kept.device_at) == (now - timedelta(hours=2), seen)
        assert db.scalars(select(Report)).one().happened_at == now - timedelta(hours=2)
        assert db.scalar(select(Device.skew_seconds)) == answer["skew_seconds"]


def test_nothing_happened_after_it_was_received(town: Town) -> None:
    later = (clock.now() + timedelta(hours=1)).isoformat()
    assert result(town.li, operation(at=later))["at"] == clock.now().isoformat().replace("+00:00", "Z")


def test_a_resend_by_a_clock_that_was_set_right_meanwhile_is_the_same(town: Town, time: SetClock) -> None:
    one = operation(at=(clock.now() - timedelta(days=30)).isoformat())
    first = result(town.li, one, sent_at=(clock.now() - timedelta(days=30)).isoformat())
    time.passes(minutes=5)
    again = result(town.li, one)
    assert (again["outcome"], again["result"]) == ("already_done", first["result"])


def packed(town: Town, raw: bytes, coding: str = "gzip") -> Any:
    return town.app.test_client().post(SYNC, data=raw, content_type="application/json",
                                       headers=town.li.headers | {"Content-Encoding": coding})


def test_the_body_may_come_packed(town: Town) -> None:
    raw = orjson.dumps({"sent_at": clock.now().isoformat(), "operations": [operation()]})
    assert ok(packed(town, gzip.compress(raw)))["results"][0]["outcome"] == "done"
    problem(packed(town, raw), 400)
    problem(packed(town, gzip.compress(raw)[:-12]), 400)
    problem(packed(town, gzip.compress(raw), "br"), 415)
    assert stored() == 1


def test_a_bomb_unpacks_no_further_than_its_limit(town: Town) -> None:
    problem(packed(town, gzip.compress(b" " * 200_000_000, 1)), 413)


@pytest.mark.parametrize("body", [{}, {"operations": []},
                                  {"sent_at": "now", "operations": []}, {"sent_at": None, "operations": 1}])
def test_a_request_that_is_none_is_refused_whole(sqlite: str, town: Town, body: Json) -> None:
    problem(town.li.post(SYNC, body), 422)


def test_more_than_five_hundred_are_refused_whole(town: Town) -> None:
    asked = [operation() for _ in range(501)]
    document = problem(town.li.post(SYNC, {"sent_at": clock.now().isoformat(), "operations": asked}), 422)
    assert set(document["fields"]) == {"operations"}
    assert stored() == 0


def test_only_grid_workers_sync(town: Town) -> None:
    for caller, status in ((town.stranger, 401), (town.dispatcher, 403)):
        problem(caller.post(SYNC, {"sent_at": clock.now().isoformat(), "operations": []}), status)
