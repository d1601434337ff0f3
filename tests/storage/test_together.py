"""Several lists by one statement: each is what it would be by itself, and is read by its own index, however much there is."""
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from casework import clock
from casework.cases import dossier
from casework.cases.case import Case
from casework.cases.comments import Comment, Visibility
from casework.cases.history import GENESIS, Entry
from casework.identity.people import SYSTEM
from casework.media import Photo
from casework.sla.limits import Stage, Unit
from casework.sla.timers import Timer, TimerState
from casework.storage.database import new_id, reading, together, transaction
from tests.conftest import SetClock
from tests.statements import heard
from tests.storage.bare_cases import bare_cases
from tests.storage.plans import analyze, plans

MANY = 4000
LARGE = ("case_history", "comments", "photos", "timers", "cases")
FEW = 2


@pytest.fixture
def numbers(store: str, time: SetClock) -> list[str]:
    """Of cases with two lines, two comments, a photo and a clock each."""
    with transaction() as db:
        ids, now = bare_cases(db, MANY), clock.now()
        line = {"action": "file", "target": "filed", "actor_kind": "system", "facts": {}, "at": now, "previous": GENESIS}
        db.execute(insert(Entry), [line | {"id": new_id(), "case_id": one, "number": number, "hash": f"{one}{number}"}
                                   for one in ids for number in (2, 1)])
        db.execute(insert(Comment), [
            {"id": new_id(), "case_id": one, "author_kind": "system", "visibility": Visibility.INTERNAL, "text": str(ago),
             "at": now - timedelta(hours=ago)} for one in ids for ago in (1, 2)])
        db.execute(insert(Photo), [
            {"id": new_id(), "case_id": one, "sha256": one.hex, "size": 1, "kind": "jpeg", "width": 1, "height": 1,
             "original_key": one.hex, "channel": "pda", "purpose": "after"} for one in ids])
        db.execute(insert(Timer), [
            {"id": new_id(), "case_id": one, "stage": Stage.HANDLE, "limit_value": 1, "limit_unit": Unit.WORK_DAY,
             "policy_version": "1", "state": TimerState.RUNNING, "started_at": now} for one in ids])
        found = list(db.scalars(select(Case.number).where(Case.id.in_(ids[::MANY // FEW]))))
    analyze()
    return found


def test_each_list_is_what_it_would_be_by_itself(numbers: list[str]) -> None:
    with reading() as db:
        one, none = db.scalar(select(Case.id).where(Case.number == numbers[0])), new_id()
        wanted: list[Any] = [
            select(Entry).where(Entry.case_id == one), select(Photo).where(Photo.case_id == none),
            select(Comment).where(Comment.case_id == one).order_by(Comment.at.desc()).limit(1),
            select(Timer).where(Timer.case_id == one)]
        with heard() as said:
            lines, photos, comments, clocks = together(db, *wanted)
        assert len([sql for sql, _ in said if sql != "BEGIN"]) == 1
        assert {line.number for line in lines} == {1, 2}
        assert photos == []
        assert [comment.text for comment in comments] == ["1"]
        assert [set(found) for found in (lines, photos, comments, clocks)] == [set(db.scalars(query)) for query in wanted]


def test_a_case_is_read_by_index_and_many_sheets_are(store: str, numbers: list[str]) -> None:
    with heard() as said, reading() as db:
        whole = dossier.read(db, SYSTEM, numbers[0])
        sheets = dossier.sheets(db, SYSTEM, numbers)
    assert ([line.number for line in whole.case.history], len(whole.remarks), len(whole.photos), len(whole.clocks)) == (
        [1, 2], 2, 1, 1)
    assert [sheet.case.number for sheet in sheets] == numbers
    assert {(len(sheet.case.history), len(sheet.photos), len(sheet.clocks)) for sheet in sheets} == {(2, 1, 1)}
    told = "\n".join(plans(store, [one for one in said if one[0] != "BEGIN"], "SELECT"))
    walked = re.findall(r"Seq Scan on (\w+)|SCAN (\w+)", told)
    assert {name for pair in walked for name in pair}.isdisjoint(LARGE), told
