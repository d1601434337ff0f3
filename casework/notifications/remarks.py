"""What those who work here are told of leaders' remarks and of scores: the event names the reader, a person or a desk, and
brings the words in both languages. Each event is written once."""
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import clock
from casework.notifications.messages import Message
from casework.notifications.rules import Kind, Via
from casework.storage.database import insert_once, new_id, one_at_a_time
from casework.storage.outbox import Event

REMARKS: dict[str, Kind] = {
    "remark.made": Kind.ORDER, "remark.due": Kind.ORDER, "remark.answered": Kind.ORDER,
    "score.published": Kind.RULING, "score.appealed": Kind.RULING, "score.ruled": Kind.RULING}
"""Event → of which kind its message is."""


def write(db: Session, event_ids: Sequence[int]) -> int:
    """Write what these events tell, into inboxes; how many messages are new. Bears repetition."""
    events = db.scalars(select(Event).where(Event.id.in_(event_ids), Event.name.in_(REMARKS)).order_by(Event.id)).all()
    if not events:
        return 0
    one_at_a_time(db, "messages")  # as in messages.py
    return len(insert_once(db, Message, [_row(event) for event in events], on=("event_id", "reader", "via")))


def _row(event: Event) -> dict[str, Any]:
    at = clock.now()
    return {"id": new_id(), "event_id": event.id, "reader": event.detail["reader"], "report_id": None, "user_id": None,
            "citizen_id": None, "follower_id": None, "case_id": None, "via": Via.INBOX, "kind": REMARKS[event.name],
            "text": event.detail["zh"], "urgent": False, "created_at": at, "next_try_at": None, "sent_at": at}
