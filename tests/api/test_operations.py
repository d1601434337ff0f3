"""Each kind of operation that a PDA makes offline: what it does, what it waits for, and what stands in its way."""
import hashlib
import random
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from api import operations as table
from casework import clock
from casework.cases.report import Report
from casework.fieldwork import tasks
from casework.fieldwork.operations import FieldOperation, Outcome
from casework.fieldwork.presence import Check
from casework.fieldwork.rounds import CheckIn, Round
from casework.fieldwork.tracks import Track
from casework.media.awaited import AwaitedFile
from casework.registry.records import Entry, Statement
from casework.registry.relations import Relation
from casework.registry.visits import Visit
from casework.storage.database import new_id, reading, transaction
from tests.api.handheld import done, faults, house, operation, results
from tests.api.town import Caller, Json, Town, key, ok, point, stored
from tests.conftest import SetClock
from tests.factories import a_photo, at_grid


def result(caller: Caller, one: Json) -> Json:
    (found,) = results(caller, one)
    return found


def file(colour: str = "green", **more: Any) -> Json:
    """A photo as an operation names it."""
    content = a_photo(colour)
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "type": "image/jpeg", **more}


def verifying(town: Town) -> Json:
    """A case that Wang is to look at."""
    done(town.li, operation(category="99999"))
    town.jobs()
    (row,) = town.listed(town.triage, queue="triage")
    return town.act(town.triage, row["number"], "verify", inspector=str(town.cast.wang.id))


def confirmed(case: Json, **more: Any) -> Json:
    """Wang has stood there and seen it."""
    return operation("step", case=case["number"], action="confirm", files=[file()],
                     facts={"position": point(0), "finding": "确实没有井盖"}, **more)


# Reports and steps

def test_a_report_names_files_that_come_later_and_keeps_the_devices_time(town: Town) -> None:
    files = [file("red", purpose="before"), file("blue", purpose="after")]
    done(town.li, one := operation(files=files, handled=True, mock=True))
    with reading() as db:
        report = db.scalars(select(Report)).one()
        assert (report.key, report.handled_on_the_spot, report.device_at) == (one["id"], True, clock.now())
        assert {row.sha256: row.purpose for row in db.scalars(select(AwaitedFile))} == {
            file("red")["sha256"]: "before", file("blue")["sha256"]: "after"}
        check = db.scalars(select(Check)).one()
        assert (check.subject_id, check.kind, check.mock, check.flagged) == (report.id, "report", True, True)


def test_a_report_is_the_same_by_sync_and_by_itself(town: Town) -> None:
    one = operation()
    (receipt,) = done(town.li, one)
    alone = {"key": one["id"], "at": one["at"], **one["data"]}
    assert ok(town.li.post("/api/v1/pda/reports", alone), 201)["number"] == receipt["number"]


def test_a_step_waits_for_its_photos_and_is_taken_once(town: Town) -> None:
    case = verifying(town)
    step = confirmed(case, version=case["version"])
    waiting = result(town.wang, step)
    assert (waiting["outcome"], waiting["missing"], waiting["problem"]) == ("waiting", [file()["sha256"]], None)
    town.photo(town.wang)
    (stand,) = done(town.wang, step)
    assert stand == {"status": "reported", "version": case["version"] + 1}
    assert result(town.wang, step)["outcome"] == "already_done"
    after = ok(town.triage.get(f"/api/v1/cases/{case['number']}"))
    assert [line["action"] for line in after["history"]].count("confirm") == 1
    with reading() as db:
        assert db.scalar(select(func.count()).where(Check.kind == "step")) == 1


def test_a_step_on_what_was_changed_meanwhile_is_a_conflict_that_says_what(town: Town) -> None:
    case = verifying(town)
    town.photo(town.wang)
    town.act(town.dispatcher, case["number"], "propose_void", reason="误报")
    stale = result(town.wang, confirmed(case, version=case["version"]))
    assert (stale["outcome"], stale["current"]["version"]) == ("conflict", case["version"] + 1)
    assert [line["action"] for line in stale["current"]["changed"]] == ["propose_void"]
    assert stale["problem"]["status"] == 409
    done(town.wang, confirmed(case))  # who does not say what he saw takes it as it stands


def test_a_step_that_cannot_be_is_refused_with_its_fields(town: Town) -> None:
    case = verifying(town)
    town.photo(town.wang)
    step = confirmed(case)
    assert faults(result(town.wang, step | {"data": step["data"] | {"facts": {"finding": "在"}}})) == {"data.facts.position"}
    far = step["data"]["facts"] | {"position": point(3)}
    assert faults(result(town.wang, step | {"data": step["data"] | {"facts": far}})) == {"data.facts.position"}
    assert result(town.zhao, confirmed(case) | {"data": step["data"] | {"files": []}})["problem"]["status"] == 404
    assert result(town.wang, operation("step", case=case["number"], action="fly"))["problem"]["status"] == 422
    assert town.act(town.dispatcher, case["number"], "propose_void", reason="误报")["status"] == "verifying"


def several_to_verify(town: Town, most: int) -> list[str]:
    """Cases that wang is to look at, 200 m from each other."""
    numbers: list[str] = []
    for number in range(most):
        done(town.li, operation(category="99999", place=point(0, 200 * number)))
        town.jobs()
        case = next(row for row in town.listed(town.triage, queue="triage") if row["number"] not in numbers)
        town.act(town.triage, case["number"], "verify", inspector=str(town.cast.wang.id))
        numbers.append(case["number"])
    return numbers


def test_steps_on_many_cases_are_taken_each_for_itself(town: Town) -> None:
    numbers = several_to_verify(town, 3)
    for colour in ("red", "green"):
        town.photo(town.wang, colour)
    asked = [operation("step", case=case, action="confirm", files=[file(colour)], facts={
        "position": point(0, 200 * number), "finding": "在"}) for number, (case, colour) in enumerate(
            zip(numbers, ("red", "blue", "green"), strict=True))]
    assert [one["outcome"] for one in results(town.wang, *asked)] == ["done", "waiting", "done"]


# Registers

def test_entries_come_in_any_order_and_wait_for_what_they_are_based_on(town: Town) -> None:
    first = house(rooms=2)
    second = house(first["data"]["subject"], base=first["id"], rooms=3)
    third = house(first["data"]["subject"], base=second["id"], rooms=4)
    assert result(town.li, third)["outcome"] == "waiting"
    done(town.li, second, first)
    assert result(town.li, third)["outcome"] in {"done", "already_done"}
    with reading() as db:
        entry = db.scalars(select(Entry)).one()
        assert (entry.version, entry.values["rooms"], stored(Statement)) == (3, 4, 3)


def test_a_conflict_says_both_values_and_is_decided_by_an_operation(town: Town) -> None:
    (made,) = done(town.li, first := house(rooms=2, owner_phone="13800138000"))
    subject = first["data"]["subject"]
    done(town.li, house(subject, base=made["head"], rooms=3, owner_phone="13900139000"))
    late = result(town.li, mine := house(subject, base=made["head"], rooms=6, owner_phone="13600136000"))
    assert (late["outcome"], late["current"]["contested"]["rooms"]) == ("conflict", {"current": 3, "stated": 6})
    assert "13900139000" not in str(late)
    with reading() as db:
        assert not re.search(r"139[\d*]{8}", str(db.scalars(select(FieldOperation.answer)).all()))
    (conflict,) = ok(town.li.get("/api/v1/registry/conflicts"))["items"]
    (decided,) = done(town.li, operation("decision", conflict=conflict["id"], keep="stated", base=late["current"]["head"]))
    with reading() as db:
        entry = db.get_one(Entry, UUID(subject))
        assert (entry.values["rooms"], entry.head, entry.contested) == (6, UUID(decided["head"]), [])
    assert result(town.li, mine)["outcome"] in {"conflict", "done"}


def test_a_bad_value_of_an_entry_is_named_and_holds_up_no_other(town: Town) -> None:
    wrong = house(rooms="many", colour="red")
    answers = results(town.li, house(), wrong, house(grid=3), house(address=None), operation(
        "entry", subject=key(), register="house", values={"note": "a\0b"}))
    assert answers[0]["outcome"] == "done"
    assert faults(answers[1]) == {"data.values.rooms", "data.values.colour"}
    assert answers[2]["problem"]["status"] == 403
    assert faults(answers[3]) == {"data.values.address"}
    assert faults(answers[4]) == {"data.values.note"}
    assert stored(Entry) == 1
    first, other = house(), house()
    done(town.li, first, other)
    elsewhere = house(first["data"]["subject"], base=other["id"], rooms=3)
    shop = operation("entry", subject=first["data"]["subject"], register="entity", values={"name": "店"})
    assert [faults(one) for one in results(town.li, elsewhere, shop)] == [{"data.base"}, {"data.register"}]


def test_relations_and_visits_of_what_comes_in_the_same_request(town: Town) -> None:
    person = operation("entry", subject=key(), register="person", place=point(0), values={"name": "王小明"})
    home = house()
    relation = operation("relation", kind="lives_in", **{"from": person["data"]["subject"], "to": home["data"]["subject"]})
    visit = operation("visit", subject=person["data"]["subject"], purpose="care", place=point(0), note="身体好")
    asked = [visit, relation, home, person]
    done(town.li, *asked)
    assert {one["outcome"] for one in results(town.li, *asked)} == {"already_done"}
    assert (stored(Relation), stored(Visit), stored(Entry)) == (1, 1, 2)
    assert result(town.li, operation("visit", subject=person["data"]["subject"], purpose="dance"))["outcome"] == "refused"


# Duty

def test_a_task_is_answered_once_with_its_photos(town: Town) -> None:
    with transaction() as db:
        task = tasks.create(db, town.cast.dispatcher, task_id=new_id(), kind=tasks.Kind.VISIT, title="走访", place=at_grid(0),
                            due_at=clock.now() + timedelta(days=3), assignee_id=town.cast.li.id)
    one = operation("task", task=str(task.id), outcome="done", place=point(0), values={"people": 3}, files=[file()])
    assert result(town.li, one)["missing"] == [file()["sha256"]]
    town.photo(town.li)
    (answer,) = done(town.li, one)
    assert answer == {"task": str(task.id), "state": "done"}
    again = result(town.li, operation("task", task=str(task.id), outcome="cannot", note="没人"))
    assert (again["outcome"], again["current"]["state"]) == ("conflict", "done")
    assert result(town.wang, operation("task", task=str(task.id), outcome="done"))["problem"]["status"] == 404
    assert faults(result(town.li, operation("task", task="x", outcome="perhaps"))) == {"data.task", "data.outcome"}


def minutes_ago(minutes: int) -> str:
    return (clock.now() - timedelta(minutes=minutes)).isoformat()


def visits(town: Town, number: int) -> list[Json]:
    """Answers of Li's to so many tasks, all with the same photo."""
    with transaction() as db:
        made = [tasks.create(db, town.cast.dispatcher, task_id=new_id(), kind=tasks.Kind.VISIT, title="走访", place=at_grid(0),
                             due_at=clock.now() + timedelta(days=3), assignee_id=town.cast.li.id) for _ in range(number)]
    return [operation("task", at=minutes_ago(10 - at), task=str(one.id), outcome="done", place=point(0), files=[file()])
            for at, one in enumerate(made)]


def test_a_photo_that_one_task_took_shows_no_other_however_they_are_sent(town: Town) -> None:
    together, apart = visits(town, 2), visits(town, 2)
    town.photo(town.li)
    answers = results(town.li, *together)
    town.photo(town.li)
    answers += [result(town.li, one) for one in apart]
    assert [one["outcome"] for one in answers] == ["done", "refused"] * 2
    assert [one["missing"] for one in answers] == [[]] * 4
    assert [faults(one) for one in answers[1::2]] == [{"data.files.0"}] * 2
    assert answers[1]["problem"]["errors"] == answers[3]["problem"]["errors"]
    town.photo(town.li)
    assert sorted(one["outcome"] for one in results(town.li, together[1], apart[1])) == ["done", "refused"], "sent once more"


def test_each_of_two_tasks_takes_its_own_copy_of_a_photo(town: Town) -> None:
    asked = visits(town, 2)
    town.photo(town.li)
    town.photo(town.li)
    done(town.li, *asked)


def test_a_photo_that_one_step_took_shows_no_other_however_they_are_sent(town: Town) -> None:
    cases = several_to_verify(town, 4)
    asked = [operation("step", at=minutes_ago(10 - number), case=case, action="confirm", files=[file()], facts={
        "position": point(0, 200 * number), "finding": "在"}) for number, case in enumerate(cases)]
    town.photo(town.wang)
    answers = results(town.wang, *asked[:2])
    town.photo(town.wang)
    answers += [result(town.wang, one) for one in asked[2:]]
    assert [one["outcome"] for one in answers] == ["done", "refused"] * 2
    assert [faults(one) for one in answers[1::2]] == [{"data.files.0"}] * 2


def test_a_step_awaits_a_photo_that_only_a_report_has(town: Town) -> None:
    case = verifying(town)
    done(town.wang, operation(files=[file()]))
    town.photo(town.wang)
    done(town.wang, operation(files=[file()], text="又一处"))
    assert result(town.wang, confirmed(case))["outcome"] == "waiting"
    town.photo(town.wang)
    done(town.wang, confirmed(case))


def test_a_round_that_was_walked_offline_comes_in_any_order(town: Town, time: SetClock) -> None:
    walk = key()
    start = operation("round", round=walk, event="start", place=point(0))
    began = clock.now()
    time.passes(minutes=30)
    points = [[*point(0, metre).values(), 8, (began.timestamp() + metre) * 1000] for metre in range(0, 600, 60)]
    track = operation("track", round=walk, points=points)
    here = operation("check_in", round=walk, place=point(0, 300), accuracy=9)
    end = operation("round", round=walk, event="end")
    assert [result(town.li, one)["outcome"] for one in (track, end)] == ["waiting", "waiting"]
    answers = done(town.li, end, here, track, start)
    assert answers[2]["dropped"] == 0
    assert answers[0]["ended_at"] == end["at"].replace("+00:00", "Z")
    assert (stored(Round), stored(Track), stored(CheckIn)) == (1, 1, 1)
    assert {one["outcome"] for one in results(town.li, start, track, here, end)} == {"already_done"}
    assert (stored(Round), stored(Track), stored(CheckIn)) == (1, 1, 1)


WRONG_POINTS: list[Any] = [{}, "x", [[114, 22.6, 5]], [[114, 22.6, 5, "now"]], [[200, 22.6, 5, 0]], [[114, 22.6, 5, True]],
                           [[114, 22.6, 5, 0]] * 5001]


def test_points_that_are_none_are_refused(town: Town) -> None:
    for points in WRONG_POINTS:
        answer = result(town.li, operation("track", round=key(), points=points))
        assert all(field.startswith("data.points") for field in faults(answer)), points


# All together

def a_days_work(town: Town) -> list[Json]:
    walk, person, home = key(), key(), house()
    return [operation("round", round=walk, event="start", place=point(0)), operation(), operation(text="路灯不亮"),
            operation("check_in", round=walk, place=point(0)), home,
            operation("entry", subject=person, register="person", place=point(0), values={"name": "王小明"}),
            operation("relation", kind="lives_in", **{"from": person, "to": home["data"]["subject"]}),
            operation("visit", subject=person, purpose="routine", place=point(0)),
            house(home["data"]["subject"], base=home["id"], rooms=3),
            operation("round", round=walk, event="end")]


def test_a_days_work_in_any_order_and_in_any_pieces_is_done_once(town: Town) -> None:
    for seed in range(4):
        work, chance = a_days_work(town), random.Random(seed)
        before = stored(FieldOperation)
        open_ones = list(work)
        while open_ones:
            chance.shuffle(open_ones)
            piece = open_ones[:chance.randint(1, 5)]
            answers = results(town.li, *piece, *chance.sample(work, 2))
            settled = {one["id"] for one in answers if one["outcome"] in {"done", "already_done"}}
            assert {one["outcome"] for one in answers} <= {"done", "already_done", "waiting"}
            open_ones = [one for one in open_ones if one["id"] not in settled]
        assert stored(FieldOperation) == before + len(work)
        assert (stored(Report), stored(Round), stored(Visit)) == (2 * (seed + 1), seed + 1, seed + 1)


def test_a_fault_of_ours_in_one_holds_up_no_other(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks_on_seven(db: Any, actor: Any, asked: Any) -> Any:
        if any(one.data.get("text") == "7" for one in asked):
            raise ZeroDivisionError
        return real(db, actor, asked)
    real = table.VERBS["report"]
    monkeypatch.setitem(table.VERBS, "report", breaks_on_seven)
    answers = results(town.li, *(operation(text=str(number)) for number in range(10)))
    assert [one["outcome"] for one in answers] == ["done"] * 7 + ["refused"] + ["done"] * 2
    assert answers[7]["problem"]["status"] == 500
    assert stored() == 9


def test_one_operation_by_another_way_is_the_same(town: Town) -> None:
    one = operation()
    with transaction() as db:
        answer = table.perform_one(db, town.cast.li, "report", UUID(one["id"]), clock.now(), one["data"])
        wrong = table.perform_one(db, town.cast.li, "report", new_id(), clock.now(), {"text": ""})
    assert (answer.outcome, wrong.outcome) == (Outcome.DONE, Outcome.REFUSED)
    again = result(town.li, one)
    assert (again["outcome"], again["result"]["number"]) == ("already_done", (answer.result or {})["number"])


def test_the_ledger_forgets_after_half_a_year(town: Town, time: SetClock) -> None:
    done(town.li, operation())
    time.passes(days=100)
    town.known.clear()
    done(town.li, operation())
    time.passes(days=100)
    with transaction() as db:
        assert table.operations.forget_old(db) == 1
        assert table.operations.forget_old(db) == 0
    assert stored(FieldOperation) == 1


def test_neighbours_who_sync_at_the_same_moment_do_not_wait_for_each_other_for_ever(town: Town) -> None:
    """Both walked the same squares of two grids, each the other way round."""
    def walks(turn: int) -> list[Json]:
        way = [point(0, east) for east in range(-400, 1400, 100)]
        walk, began = key(), (clock.now() - timedelta(hours=1)).isoformat()
        moments = (clock.now().timestamp() - 3500 + 60 * step for step in range(len(way)))
        points = [[*place.values(), 8, 1000 * at] for place, at in zip(way[::1 - 2 * turn], moments, strict=False)]
        return [operation("round", round=walk, event="start", place=way[-turn], at=began),
                operation("track", round=walk, points=points[:9]), operation("track", round=walk, points=points[9:]),
                *(operation("check_in", round=walk, place=place) for place in way[::2 * turn - 1])]
    workers = [town.li, town.wang]
    asked = [(workers[number % 2], walks(number % 2)) for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda one: done(one[0], *one[1]), asked))
    assert len(answers) == 12
    assert stored(Round) == 12
