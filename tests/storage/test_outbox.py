"""Events leave with the commit, in order, to one relay each, and never before they were handed over."""
import threading

import pytest

from casework.storage import database, outbox
from casework.storage.database import new_id


def test_nothing_leaves_when_the_transaction_fails(store: str) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as db:
        outbox.publish(db, "report.received", new_id())
        raise ZeroDivisionError
    with database.transaction() as db:
        assert outbox.claim(db, 10) == []


def test_events_are_claimed_in_order_until_they_are_marked(store: str) -> None:
    subjects = [new_id() for _ in range(5)]
    with database.transaction() as db:
        outbox.publish_many(db, "report.received", subjects, channel="pda")
    with database.transaction() as db:
        assert [event.subject for event in outbox.claim(db, 3)] == subjects[:3]
    with database.transaction() as db:
        first = outbox.claim(db, 3)
        assert [event.subject for event in first] == subjects[:3]
        outbox.mark_relayed(db, first)
    with database.transaction() as db:
        rest = outbox.claim(db, 10)
        assert [event.subject for event in rest] == subjects[3:]
        assert {db.get_one(outbox.Event, event.id).detail["channel"] for event in rest} == {"pda"}
        assert outbox.oldest_waiting(db) == rest[0].happened_at


def test_two_relays_never_claim_the_same_event(store: str) -> None:
    with database.transaction() as db:
        outbox.publish_many(db, "report.received", [new_id() for _ in range(200)])
    seen: list[int] = []
    start = threading.Barrier(4)

    def drain() -> None:
        start.wait()
        while True:
            with database.transaction() as db:
                events = outbox.claim(db, 7)
                seen.extend(event.id for event in events)
                outbox.mark_relayed(db, events)
            if not events:
                return
    relays = [threading.Thread(target=drain) for _ in range(4)]
    for relay in relays:
        relay.start()
    for relay in relays:
        relay.join()
    assert sorted(seen) == sorted(set(seen))
    assert len(seen) == 200
