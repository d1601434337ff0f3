"""What citizens are told beside their reports: the event names the reader, a citizen with a proved phone or a follower in
WeChat, and brings the words in both languages.

Whoever publishes such an event has seen to it that there is one for each person and occasion; here each event is written once.
"""
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from casework import clock, settings
from casework.cases.wording import Language
from casework.identity import followers
from casework.identity.followers import Follower
from casework.identity.people import Actor, Citizen
from casework.notifications import preferences
from casework.notifications.messages import Message
from casework.notifications.preferences import Preference
from casework.notifications.rules import Kind, Via
from casework.storage.database import insert_once, new_id
from casework.storage.outbox import Event

NOTICES: dict[str, Kind] = {"adoption.reminded": Kind.CARE}
"""Event → of which kind its message is."""


def write(db: Session, event_ids: Sequence[int]) -> int:
    """Write what these events tell their readers; how many messages are new. Bears repetition."""
    events = db.scalars(select(Event).where(Event.id.in_(event_ids), Event.name.in_(NOTICES)).order_by(Event.id)).all()
    return len(insert_once(db, Message, _rows(db, events), on=("event_id", "reader", "via"))) if events else 0


def untold(db: Session, since: datetime, until: datetime, limit: int) -> list[int]:
    """Ids of events that were handed over in this span and have a reader who was not told. The oldest first."""
    silent = (select(Event).where(Event.name.in_(NOTICES), Event.happened_at >= since, Event.relayed_at < until,
                                  ~exists().where(Message.event_id == Event.id))
              .order_by(Event.happened_at, Event.id).limit(limit))
    return sorted({row["event_id"] for row in _rows(db, db.scalars(silent).all())})


def told(db: Session, actor: Actor, limit: int = 20) -> Sequence[Message]:
    """What this citizen was told beside the reports, the latest first."""
    if actor.kind != "citizen" or actor.id is None:
        return []
    mine = select(Message).where(Message.reader == _key(actor.id))
    return db.scalars(mine.order_by(Message.created_at.desc(), Message.id.desc()).limit(limit)).all()


def _rows(db: Session, events: Sequence[Event]) -> list[dict[str, Any]]:
    """A message for each event whose reader takes it: in WeChat or by SMS, else on the page alone."""
    ids = {event.subject for event in events}
    phones: dict[uuid.UUID, str] = dict(db.execute(
        select(Citizen.id, Citizen.phone_index).where(Citizen.id.in_(ids), Citizen.active)).all())
    accounts = set(db.scalars(select(Follower.id).where(Follower.id.in_(ids))))
    reached, chosen = _in_wechat(db, accounts), preferences.of_many(db, phones.values(), ())
    made = []
    for event in events:
        phone = phones.get(event.subject)
        if phone is None and event.subject not in accounts:
            continue  # forgotten meanwhile
        via = _way(NOTICES[event.name], phone, chosen, in_wechat=event.subject in reached)
        if via:
            wishes = chosen.get(phone) if phone else None
            made.append(_row(event, via, wishes.language if wishes else Language.ZH, is_citizen=phone is not None))
    return made


def _way(kind: Kind, phone: str | None, chosen: Mapping[str | uuid.UUID, Preference], *, in_wechat: bool) -> Via | None:
    if in_wechat:
        return Via.WECHAT
    wishes = chosen.get(phone) if phone else None
    ways = (Via.SMS, Via.PAGE) if phone else (Via.PAGE,)
    return next((via for via in ways if wishes is None or wishes.takes(via, kind)), None)


def _in_wechat(db: Session, accounts: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    config = settings.current()
    by_template = bool(config.wechat_template or config.wechat_subscription)
    return followers.reached(db, accounts, by_template=by_template) if config.wechat and accounts else set()


def _row(event: Event, via: Via, language: Language, *, is_citizen: bool) -> dict[str, Any]:
    at, leaves = clock.now(), via is not Via.PAGE
    return {"id": new_id(), "event_id": event.id, "reader": _key(event.subject), "report_id": None, "user_id": None,
            "citizen_id": event.subject if is_citizen else None, "follower_id": None if is_citizen else event.subject,
            "case_id": None, "via": via, "kind": NOTICES[event.name], "text": event.detail[language.value], "urgent": False,
            "created_at": at, "next_try_at": at if leaves else None, "sent_at": None if leaves else at}


def _key(citizen_id: uuid.UUID) -> str:
    return f"citizen:{citizen_id.hex}"
