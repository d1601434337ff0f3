"""The stream of what happens, and holds, over HTTP."""
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from api import live, watching
from casework import settings
from casework.cases.live import Reader
from tests.api.town import Caller, Town, citizen_report, ok, pda_report, problem


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.3)
    watching.forget()
    yield
    watching.forget()


Heard = tuple[str, str, Any]


class Line:
    """An open stream; what comes over it as (event, id, data)."""

    def __init__(self, caller: Caller, after: str | None = None) -> None:
        headers = caller.headers | ({"Last-Event-ID": after} if after else {})
        self.answer: TestResponse = caller.app.test_client().get("/api/v1/live", headers=headers, buffered=False)
        assert self.answer.status_code == 200, self.answer.text
        assert self.answer.mimetype == "text/event-stream"
        self.chunks = iter(self.answer.response)
        self.kept: list[Heard] = []

    def heard(self) -> list[Heard]:
        """What came until nothing came for a while."""
        made: list[Heard] = []
        for chunk in self.chunks:
            text = chunk.decode() if isinstance(chunk, bytes) else chunk
            if text.startswith(":"):
                return made
            for one in filter(None, text.split("\n\n")):
                parts = dict(line.split(": ", 1) for line in one.splitlines())
                made.append((parts["event"], parts.get("id", ""), orjson.loads(parts["data"])))
        return made

    def close(self) -> None:
        self.answer.close()


def filed(town: Town) -> str:
    receipt = ok(town.li.post("/api/v1/pda/reports", pda_report()), 201)
    town.jobs()
    return str(town.case_of(receipt["number"])["number"])


def left(town: Town) -> str:
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report(text="这里有点问题", category=None)), 201)
    town.jobs()
    case = town.case_of(receipt["number"])
    assert case["status"] == "reported"
    return str(case["number"])


def test_a_stream_begins_and_then_tells_numbers_and_desks_alone(town: Town) -> None:
    line = Line(town.triage)
    ((event, _, data),) = line.heard()
    assert (event, data) == ("begin", {})
    number = left(town)
    assert ("case", {"number": number, "queue": "triage"}) in [(event, data) for event, _, data in line.heard()]
    ok(town.operator.post(f"/api/v1/holds/{number}", {}))
    assert [(event, data) for event, _, data in line.heard()] == [("hold", {"number": number, "queue": "triage"})]


def test_nobody_hears_of_what_he_may_not_see(town: Town) -> None:
    water, roads = Line(town.water_handler), Line(town.roads_handler)
    water.heard(), roads.heard()
    number = filed(town)
    assert number in [data["number"] for _, _, data in water.heard()]
    assert roads.heard() == []
    problem(town.stranger.get("/api/v1/live"), 401)
    problem(town.li.get("/api/v1/live"), 403)


def test_whoever_comes_back_is_told_what_he_missed(town: Town) -> None:
    line = Line(town.triage)
    ((_, position, _),) = line.heard()
    line.close()
    number = left(town)
    again = Line(town.triage, after=position).heard()
    assert ("case", {"number": number, "queue": "triage"}) in [(event, data) for event, _, data in again]
    assert again[-1][0] == "go_on"
    assert [event for event, _, _ in Line(town.triage, after=again[-1][1]).heard()] == ["go_on"]


@pytest.mark.parametrize("nonsense", ["99999999", "-1", "abc", "9" * 40, "1; drop"])
def test_a_position_that_is_none_of_ours_means_to_read_the_lists_anew(town: Town, nonsense: str) -> None:
    assert [event for event, _, _ in Line(town.triage, after=nonsense).heard()] == ["reset"]


def test_a_look_that_fails_is_made_up_for(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    line, look, fails = Line(town.triage), Reader.look, iter([True])

    def falls_over(reader: Reader, db: Session) -> Any:
        if next(fails, False):
            raise RuntimeError("whatever it is")
        return look(reader, db)
    line.heard()
    monkeypatch.setattr(Reader, "look", falls_over)
    number = left(town)
    heard = line.heard() or line.heard()
    assert next(fails, None) is None
    assert number in [data["number"] for _, _, data in heard]


def test_there_are_only_so_many_streams_and_what_is_closed_makes_room(town: Town) -> None:
    object.__setattr__(settings.current(), "live_streams", 2)
    first, second = Line(town.triage), Line(town.dispatcher)
    refused = town.operator.get("/api/v1/live")
    problem(refused, 503)
    assert refused.headers["Retry-After"] == str(watching.RETRY_SECONDS)
    first.close()
    Line(town.operator).close()
    second.close()
    assert len(watching.WATCHER) == 0


def test_one_person_does_not_take_all_of_them(town: Town) -> None:
    mine = [Line(town.triage) for _ in range(watching.MOST_EACH)]
    problem(town.triage.get("/api/v1/live"), 429)
    Line(town.operator).close()
    for one in mine:
        one.close()


def test_a_stream_ends_so_that_its_reader_shows_who_he_is_again(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LIFE_SECONDS", 0.0)
    assert [event for event, _, _ in Line(town.triage).heard()] == ["begin"]
    assert len(watching.WATCHER) == 0


def test_a_line_that_is_slow_is_told_to_read_anew(town: Town) -> None:
    stream, _ = watching.WATCHER.open(town.cast.triage, 9)
    for _ in range(watching.MOST_WAITING + 1):
        stream.put(b"x")
    assert stream.next(0) == watching.RESET
    assert stream.next(0) is None


def test_a_watcher_rests_when_nobody_reads_and_wakes_for_the_next(town: Town) -> None:
    Line(town.triage).close()
    line = Line(town.triage)
    line.heard()
    number = left(town)
    assert number in [data["number"] for _, _, data in line.heard()]


def test_the_next_case_is_mine_and_a_step_of_another_says_whose_it_is(town: Town) -> None:
    number = left(town)
    hold = ok(town.triage.post("/api/v1/holds/next", {"queue": "triage"}))["hold"]
    assert (hold["number"], hold["queue"], hold["mine"], hold["holder"]) == (number, "triage", True, "Triage")
    assert ok(town.operator.post("/api/v1/holds/next", {"queue": "triage"}))["hold"] is None
    refused = problem(town.operator.post(f"/api/v1/cases/{number}/file", {"category": "10101"}), 409)
    assert refused["holder"] == "Triage"
    assert refused["held_until"] == hold["until"]
    (told,) = ok(town.operator.get("/api/v1/holds"))["items"]
    assert (told["number"], told["mine"]) == (number, False)
    problem(town.operator.post(f"/api/v1/holds/{number}", {"over": True}), 403)
    assert ok(town.supervisor.post(f"/api/v1/holds/{number}", {"over": True}))["mine"]
    answer = town.app.test_client().delete(f"/api/v1/holds/{number}", headers=town.supervisor.headers)
    assert answer.status_code == 204
    town.act(town.operator, number, "file", category="10101")


def test_departments_and_strangers_hold_nothing(town: Town) -> None:
    number = filed(town)
    problem(town.water_handler.post(f"/api/v1/holds/{number}", {}), 403)
    problem(town.stranger.get("/api/v1/holds"), 401)
    problem(town.triage.post("/api/v1/holds/AJ000000-00000-00000", {}), 404)
    problem(town.triage.post("/api/v1/holds/next", {"queue": "nowhere"}), 422)
