"""What a PDA is told of what it missed: all that there is once, then each change, and nothing that is not its worker's."""
import base64
import gzip
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select, update

from casework import clock
from casework.cases.case import Case
from casework.fieldwork import changes, tasks
from casework.fieldwork.changes.log import FieldChange, FollowedEvent
from casework.identity.people import Post
from casework.sla import timers
from casework.storage import outbox
from casework.storage.database import new_id, reading, transaction
from tests.api.handheld import CHANGES, Handheld, done, follow, house, operation
from tests.api.town import Town, ok, point, problem, stored
from tests.conftest import SetClock
from tests.factories import GRIDS, at_grid

BEGINNING = {"profile", "area", "category"}


def everything(town: Town) -> None:
    """Jobs run, and what they changed is followed."""
    town.jobs()
    follow()


def case_of(number: str) -> str:
    """The id of a case."""
    with reading() as db:
        return str(db.scalar(select(Case.id).where(Case.number == number)))


def test_the_first_time_all_that_there_is_is_told_and_then_nothing(town: Town) -> None:
    pda = Handheld(town.li).pull()
    assert {kind for kind, _ in pda.items} == BEGINNING
    (profile,) = pda.of("profile").values()
    assert (profile["name"], profile["areas"], profile["device"]["name"]) == ("Li", [GRIDS[0]], "PDA")
    (area,) = pda.of("area").values()
    assert (area["code"], area["name"], area["parent"]) == (GRIDS[0], "网格1", GRIDS[0][:12])
    assert [len(ring) for ring in area["outline"]] == [5]
    manhole = pda.of("category")["10101"]
    assert (manhole["name"], manhole["parent"], manhole["category_kind"]) == ("上水井盖", "101", "component")
    (standard,) = manhole["standards"]
    assert (standard["id"], standard["condition"], standard["evidence"]) == ("10101.1", "井盖缺失", ["after_photo"])
    assert (pda.pull().last, pda.resets) == ([], 0)


def test_pages_of_any_size_tell_the_same(town: Town) -> None:
    whole = Handheld(town.li).pull().items
    for limit in (1, 3, 7):
        assert Handheld(town.li).pull(limit).items == whole


def test_a_case_of_an_own_report_is_followed_to_its_end_and_forgotten_later(town: Town, time: SetClock) -> None:
    pda = Handheld(town.li).pull()
    (receipt,) = done(town.li, report := operation())
    everything(town)
    (case,) = pda.pull().of("case").values()
    assert (case["role"], case["status"]) == ("reported", "dispatched")
    assert (case["department"], case["category"]) == ("水务局", "上水井盖")
    assert (case["reports"], case["lon"], case["overdue"]) == ([report["id"]], point(0)["lon"], False)
    assert receipt["number"] not in case["title"]
    time.passes(minutes=20)
    town.closed(case["number"])
    everything(town)
    assert pda.pull().of("case")[case["id"]]["status"] == "closed"
    time.passes(days=changes.RECENT.days + 1)
    with transaction() as db:
        changes.forget_old(db)
    assert pda.pull().told("case") == [{"kind": "case", "id": case["id"], "deleted": True}]
    assert Handheld(town.li).pull().of("case") == {}


def test_what_somebody_is_to_look_at_comes_with_its_actions_and_goes_to_another(town: Town) -> None:
    wang, zhao = Handheld(town.wang).pull(), Handheld(town.zhao).pull()
    done(town.li, operation(category="99999"))
    town.jobs()
    (row,) = town.listed(town.triage, queue="triage")
    town.act(town.triage, row["number"], "verify", inspector=str(town.cast.wang.id))
    everything(town)
    (case,) = wang.pull().of("case").values()
    assert (case["role"], case["reports"]) == ("inspect", [])
    assert {one["action"]: one["needs"] for one in case["actions"]} == {
        "confirm": ["position", "photos", "finding"], "refute": ["position", "photos", "finding"]}
    assert zhao.pull().of("case") == {}
    town.act(town.dispatcher, row["number"], "reassign", inspector=str(town.cast.zhao.id))
    everything(town)
    assert wang.pull().of("case") == {}
    assert list(zhao.pull().of("case")) == [case["id"]]


def test_a_case_is_taken_from_who_saw_it_before_anybody_had_followed_that_it_was_his(town: Town) -> None:
    done(town.li, operation(category="99999"))
    town.jobs()
    (row,) = town.listed(town.triage, queue="triage")
    town.act(town.triage, row["number"], "verify", inspector=str(town.cast.wang.id))
    wang = Handheld(town.wang).pull()
    assert len(wang.of("case")) == 1
    town.act(town.dispatcher, row["number"], "reassign", inspector=str(town.cast.zhao.id))
    follow()
    assert wang.pull().of("case") == {}


def test_reports_that_are_merged_and_parted_move_between_the_cases_of_their_reporters(town: Town) -> None:
    li, wang = Handheld(town.li), Handheld(town.wang)
    done(town.li, operation())
    done(town.wang, operation(place=point(1)))
    everything(town)
    (mine,), (his,) = li.pull().of("case").values(), wang.pull().of("case").values()
    town.act(town.dispatcher, his["number"], "merge", into=mine["number"], reason="同一处")
    everything(town)
    assert list(wang.pull().of("case")) == list(li.pull().of("case")) == [mine["id"]]
    assert len(wang.of("case")[mine["id"]]["reports"]) == 1
    town.act(town.dispatcher, his["number"], "unmerge", reason="不是同一处")
    everything(town)
    assert (list(li.pull().of("case")), list(wang.pull().of("case"))) == ([mine["id"]], [his["id"]])


def test_what_is_late_is_late_on_the_device_too(town: Town, time: SetClock) -> None:
    pda = Handheld(town.li)
    done(town.li, operation())
    everything(town)
    assert [one["overdue"] for one in pda.pull().of("case").values()] == [False]
    time.passes(days=2)
    with transaction() as db:
        timers.sweep(db, 100)
    everything(town)
    assert [one["overdue"] for one in pda.pull().of("case").values()] == [True]


def task_for(town: Town, worker: Any, **facts: Any) -> str:
    """A visit in the first grid."""
    with transaction() as db:
        made = tasks.create(db, town.cast.dispatcher, task_id=new_id(), kind=tasks.Kind.VISIT, title="走访独居老人",
                            due_at=clock.now() + timedelta(days=2), place=at_grid(0), assignee_id=worker.id, **facts)
        return str(made.id)


def test_tasks_come_change_hands_and_go_when_they_are_done(town: Town) -> None:
    li, wang = Handheld(town.li).pull(), Handheld(town.wang).pull()
    task = task_for(town, town.cast.li)
    follow()
    item = li.pull().of("task")[task]
    assert (item["task_kind"], item["title"], item["area"], item["state"]) == ("visit", "走访独居老人", GRIDS[0], "open")
    assert "assignee" not in item
    with transaction() as db:
        tasks.reassign(db, town.cast.dispatcher, UUID(task), town.cast.wang.id)  # type: ignore[arg-type]
    follow()
    assert (li.pull().of("task"), list(wang.pull().of("task"))) == ({}, [task])
    done(town.wang, operation("task", task=task, outcome="done", place=point(0), note="已送药"))
    follow()
    assert wang.pull().told("task") == [{"kind": "task", "id": task, "deleted": True}]
    assert Handheld(town.wang).pull().of("task") == {}


def test_entries_of_the_own_grids_come_masked_and_leave_with_what_moves_away(town: Town) -> None:
    li, wang = Handheld(town.li).pull(), Handheld(town.wang).pull()
    (made,) = done(town.li, stated := house(owner_name="欧阳铁蛋", rooms=3))
    subject = stated["data"]["subject"]
    follow()
    entry = li.pull().of("entry")[subject]
    assert (entry["register"], entry["area"], entry["head"], entry["version"]) == ("house", GRIDS[0], made["head"], 1)
    assert (entry["values"]["rooms"], entry["masked"]["owner_name"]) == (3, "欧**")
    assert wang.pull().of("entry") == {}
    (moved,) = done(town.li, house(subject, base=made["head"], grid=1, rooms=4))
    follow()
    assert li.pull().of("entry") == {}
    assert (wang.pull().of("entry")[subject]["values"]["rooms"], moved["version"]) == (4, 2)


def test_who_is_related_is_told_when_the_other_goes_by_another_name(town: Town) -> None:
    pda = Handheld(town.li)
    person = operation("entry", subject=str(new_id()), register="person", place=point(0), values={"name": "王小明"})
    home = house()
    done(town.li, person, home, operation("relation", kind="lives_in", **{
        "from": person["data"]["subject"], "to": home["data"]["subject"]}))
    follow()
    (related,) = pda.pull().of("entry")[person["data"]["subject"]]["relations"]
    assert (related["kind"], related["other"]) == ("lives_in", home["data"]["subject"])
    head = pda.of("entry")[home["data"]["subject"]]["head"]
    done(town.li, house(home["data"]["subject"], base=head, address="南塘路99号"))
    follow()
    assert "99" in pda.pull().of("entry")[person["data"]["subject"]]["relations"][0]["label"]


def test_who_works_elsewhere_starts_over(town: Town) -> None:
    pda = Handheld(town.li)
    done(town.li, house())
    follow()
    assert len(pda.pull().of("entry")) == 1
    with transaction() as db:
        db.execute(update(Post).where(Post.holder_id == town.cast.li.id).values(area_code=GRIDS[1]))
    assert (pda.pull(2).resets, pda.of("entry")) == (1, {})
    assert {item["code"] for item in pda.of("area").values()} == {GRIDS[1]}
    assert pda.items == Handheld(town.li).pull().items


def test_a_worker_of_a_community_has_all_its_grids(town: Town) -> None:
    with transaction() as db:
        db.execute(update(Post).where(Post.holder_id == town.cast.li.id).values(area_code=GRIDS[0][:12]))
    pda = Handheld(town.li)
    done(town.li, house(), house(grid=1))
    follow()
    assert {item["code"] for item in pda.pull().of("area").values()} == {GRIDS[0][:12], GRIDS[0], GRIDS[1]}
    done(town.wang, house(grid=1, east=50), house(grid=1, east=60))
    follow()
    assert (len(pda.pull().of("entry")), len(pda.told("entry"))) == (4, 2)


def test_messages_come_once_in_their_order(town: Town, time: SetClock) -> None:
    pda = Handheld(town.li).pull()
    for number in range(3):
        done(town.li, operation(place=point(0, 200 * number)))
        town.jobs()
        (case,) = town.listed(town.supervisor, status="dispatched")
        time.passes(minutes=5)
        town.closed(case["number"], ("red", f"#{number}{number}00ff"))
        town.jobs()
    told = pda.pull(1).told("message")
    assert [one["at"] for one in told] == sorted(one["at"] for one in told)
    assert len({one["id"] for one in told}) == len(told) >= 3
    assert {one["case"] for one in told} == {row["number"] for row in town.listed(town.supervisor, status="closed")}
    assert pda.pull().told("message") == []
    assert Handheld(town.li).pull().of("message") == pda.of("message")


RUBBISH = ("x", "W10", "e30", "WzFd", "WzEsMWU5OTksIiIsbnVsbF0", "bnVsbA", "中")


def test_a_made_up_cursor_is_a_fault_and_one_of_another_starts_over(town: Town) -> None:
    for cursor in RUBBISH:
        answer = town.li.get(CHANGES, cursor=cursor)
        assert set(problem(answer, 422)["fields"]) == {"cursor"}, cursor
    stolen = Handheld(town.wang).pull().cursor
    pda = Handheld(town.li, stolen).pull()
    assert (pda.resets, pda.items) == (1, Handheld(town.li).pull().items)


NEVER_GIVEN = ["a", [1], [1, 2, 3], {"a": 1}, -5, [None, 7], ["2026", "x"], [0, 9, None], [0, 0, "zz"], 2.5, True, ["\0", "\0"],
               [False, None], [True, 0, None], ["0001-01-01T00:00:00+23:59", "0" * 32], ["9999-12-31T23:59:59-23:59", "0" * 32]]


def test_a_cursor_with_a_position_that_was_never_given_is_a_fault(town: Town) -> None:
    good = Handheld(town.li).pull().cursor or ""
    said = orjson.loads(base64.urlsafe_b64decode(good + "=" * (-len(good) % 4)))
    for at in range(3, len(said)):
        for wrong in NEVER_GIVEN:
            changed = [*said[:at], wrong, *said[at + 1:]]
            cursor = base64.urlsafe_b64encode(orjson.dumps(changed)).decode()
            answer = town.li.get(CHANGES, cursor=cursor)
            assert answer.status_code in {200, 422}, (at, wrong, answer.text)


@pytest.mark.parametrize("wrong", [False, True, "", [], {}, [False, 0, None], [0, False, None]])
def test_what_only_looks_like_nothing_is_no_position_either(town: Town, wrong: Any) -> None:
    good = Handheld(town.li).pull().cursor or ""
    said = orjson.loads(base64.urlsafe_b64decode(good + "=" * (-len(good) % 4)))
    for at in range(3, len(said)):
        cursor = base64.urlsafe_b64encode(orjson.dumps([*said[:at], wrong, *said[at + 1:]])).decode()
        assert set(problem(town.li.get(CHANGES, cursor=cursor), 422)["fields"]) == {"cursor"}, at


def test_who_was_away_for_too_long_starts_over(town: Town, time: SetClock) -> None:
    pda = Handheld(town.li).pull()
    time.passes(days=29)
    assert pda.pull().resets == 0
    time.passes(days=31)
    town.known.clear()
    assert pda.pull().resets == 1


def test_what_is_gone_for_long_is_forgotten_and_numbers_never_begin_again(town: Town, time: SetClock) -> None:
    task = task_for(town, town.cast.li)
    follow()
    with transaction() as db:
        tasks.cancel(db, town.cast.dispatcher, UUID(task))
    follow()
    other = task_for(town, town.cast.li)
    follow()
    time.passes(days=32)
    with transaction() as db:
        changes.forget_old(db)
    with reading() as db:
        assert [str(row.subject) for row in db.scalars(select(FieldChange))] == [other]
        newest = db.scalar(select(FieldChange.seq))
    assert stored(FollowedEvent) == 0
    with transaction() as db:
        tasks.cancel(db, town.cast.dispatcher, UUID(other))
    time.passes(days=32)
    follow()
    with transaction() as db:
        changes.forget_old(db)
    with reading() as db:
        assert (db.scalar(select(FieldChange.seq)) or 0) > (newest or 0)


def test_an_event_is_followed_once_and_none_is_lost_on_the_way(town: Town, time: SetClock) -> None:
    task_for(town, town.cast.li)
    done(town.li, house())
    with transaction() as db:  # handed over, to a queue that lost it
        outbox.mark_relayed(db, outbox.claim(db, 100))
    begin, later = clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1)
    with transaction() as db:
        lost = changes.unfollowed(db, begin, later, 100)
        assert changes.follow(db, lost) > 0
        before = list(db.scalars(select(FieldChange.seq)))
        assert changes.follow(db, lost) == 0
        assert (list(db.scalars(select(FieldChange.seq))), changes.unfollowed(db, begin, later, 100)) == (before, [])


def test_the_answer_is_packed_for_who_takes_that(town: Town) -> None:
    plain = town.li.get(CHANGES)
    packed = town.app.test_client().get(CHANGES, headers=town.li.headers | {"Accept-Encoding": "gzip, br"})
    assert (plain.content_encoding, packed.content_encoding) == (None, "gzip")
    assert len(packed.data) * 2 < len(plain.data)
    assert orjson.loads(gzip.decompress(packed.data))["items"] == ok(plain)["items"]
    cursor = ok(plain)["next"]
    small = town.app.test_client().get(CHANGES, query_string={"cursor": cursor},
                                       headers=town.li.headers | {"Accept-Encoding": "gzip"})
    assert small.content_encoding is None


def test_only_grid_workers_ask(town: Town) -> None:
    problem(town.stranger.get(CHANGES), 401)
    problem(town.dispatcher.get(CHANGES), 403)


@pytest.mark.parametrize("limit", [0, 1001, "x"])
def test_a_page_has_its_bounds(sqlite: str, town: Town, limit: Any) -> None:
    problem(town.li.get(CHANGES, limit=limit), 422)
