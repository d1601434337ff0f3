"""Inbox, tracking page and dead letters cost what they show, not all that a desk was ever told: read by index on both."""
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import insert

from casework import clock
from casework.identity.people import Actor, HeldPost, Role, User, actor_with, create_department, create_post, create_user
from casework.notifications import dead_letters, inbox, preferences, readers
from casework.notifications.dead_letters import State
from casework.notifications.messages import Message
from casework.notifications.rules import Kind, Via
from casework.storage.database import new_id, reading, transaction
from tests.conftest import SetClock
from tests.statements import heard
from tests.storage.bare_cases import bare_cases
from tests.storage.plans import analyze, plans

MANY = 3000
EACH = 3


@pytest.fixture
def head(store: str, time: SetClock) -> Actor:
    """The head of a department that was told much, as were a hundred others."""
    with transaction() as db:
        (case,) = bare_cases(db, 1)
        departments = [create_department(db, f"d{number}", f"第{number}局").id for number in range(20)]
        user: User = create_user(db, "head", "某局长")
        create_post(db, "局长", Role.DEPARTMENT_HEAD, department_id=departments[0], holder_id=user.id)
        db.execute(insert(Message), [_row(case, number, departments) for number in range(MANY)])
    analyze()
    return actor_with(user.id, "某局长", [HeldPost(Role.DEPARTMENT_HEAD, departments[0], None)])


def _row(case: uuid.UUID, number: int, departments: list[uuid.UUID]) -> dict[str, object]:
    at, dead = clock.now() - timedelta(minutes=number), number % 100 == 0
    return {"id": new_id(), "event_id": number, "reader": readers.desk(departments[number % 20]).key, "case_id": case,
            "via": Via.SMS if dead else Via.INBOX, "kind": Kind.WORK, "text": str(number), "urgent": False, "created_at": at,
            "attempts": 0, "failed_at": at if dead else None, "sent_at": None if dead else at}


def test_a_page_of_the_inbox_is_read_by_the_keys_of_its_reader(head: Actor, store: str) -> None:
    with heard() as said, reading() as db:
        page, after = inbox.page(db, head, limit=EACH)
        rest, _ = inbox.page(db, head, after=after, limit=EACH)
    shown = [int(one["text"]) for one in page + rest]
    assert shown == [number for number in range(0, MANY, 20) if number % 100][:2 * EACH]
    found = plans(store, said, "messages.reader =")
    assert found
    for plan in found:
        assert "ix_messages_reader_created_at_id" in plan
        assert "SCAN messages" not in plan
        assert "Seq Scan on messages" not in plan


def test_the_dead_are_read_by_their_own_index(head: Actor, store: str) -> None:
    with heard() as said, reading() as db:
        page, after = dead_letters.page(db, State.DEAD, limit=EACH)
        rest, _ = dead_letters.page(db, State.DEAD, after=after, limit=EACH)
        assert dead_letters.count(db) == MANY // 100
    moments = [one["failed_at"] for one in page + rest]
    assert moments == sorted(moments)
    assert len(set(moments)) == 2 * EACH
    assert all("ix_messages_dead" in plan for plan in plans(store, said, "failed_at IS NOT NULL"))


def test_whoever_holds_nothing_reads_nothing(head: Actor) -> None:
    nobody = Actor("user", uuid.uuid4(), "某人", frozenset())
    with reading() as db:
        assert inbox.page(db, nobody) == ([], None)
        assert inbox.unread(db, nobody) == 0
        assert inbox.unread(db, head) == inbox.MOST_UNREAD
    with transaction() as db:
        preferences.seen(db, head, clock.now())
    with reading() as db:
        assert inbox.unread(db, head) == 0
