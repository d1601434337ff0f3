"""What a person asks for: a copy of what we hold, or to be forgotten. Each has a time by which it is to be answered.

Who has proved a phone asks for himself. For who only ever rang up, staff ask, with the reason, and a second person agrees.
The law (个人信息保护法 art. 44-50) says "in time" and bars conditions; ANSWER is within the 15 working days that the
regulators' rules for apps name. A case in hand is no ground to refuse: it goes on without the person.
"""
import hmac
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, select, tuple_, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, settings
from casework.cases.report import Report
from casework.errors import Conflict, Fault, Gone, Invalid, NotFound, Refused, TooMany
from casework.identity.people import Actor, Citizen
from casework.identity.permissions import check
from casework.identity.privacy import Sealed, SealedText, note
from casework.identity.sealing import blind_index, normal_phone, phone_index, seal
from casework.retention import files
from casework.storage import outbox
from casework.storage.database import Base, Keyed, new_id, partial_index

ANSWER = timedelta(days=15)
SEE = "个人数据申请，理由见申请 the reason stands with the request"
"""In the log of looks, which is kept for longer: the reason may name who rang up."""

MOST_AT_ONCE = 50
"""Requests that one run answers."""

MOST_OPEN = 3
"""Requests of one phone that are not answered yet."""


class Wish(StrEnum):
    """What is asked for."""

    EXPORT = "export"
    ERASE = "erase"


class State(StrEnum):
    """agreeing: a second person is to agree; waiting: its time comes at `ready_at`, till then it may be withdrawn; done;
    withdrawn; refused, with the reason."""

    AGREEING = "agreeing"
    WAITING = "waiting"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"


OPEN = frozenset({State.AGREEING, State.WAITING})


class DataRequest(Keyed, Base):
    """One request. Phone and reports go from it when it is answered, and with an export when the copy does: what stays says
    that somebody asked, and when it was answered."""

    __tablename__ = "data_requests"
    wish: Mapped[Wish]
    state: Mapped[State]
    phone: Mapped[SealedText | None] = mapped_column(Sealed("data_requests.phone"))
    phone_index: Mapped[str | None] = mapped_column(index=True)
    report_ids: Mapped[list[str]] = mapped_column(default=list)
    """Reports that were sent without this phone, and whose tokens were shown."""
    known: Mapped[SealedText | None] = mapped_column(Sealed("data_requests.known"))
    """While somebody is being forgotten: by what he is known, see persons.py. Gone with the phone."""
    follower_id: Mapped[uuid.UUID | None]
    """The WeChat user who this is as well, and whose session was shown."""
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    ready_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    asked_by_id: Mapped[uuid.UUID | None]
    """Who here asked for somebody who rang up; None for who asked for himself."""
    reason: Mapped[str | None]
    decided_by_id: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]
    ruling: Mapped[str | None]
    file_key: Mapped[str | None]
    reports: Mapped[int | None]
    """How many reports it concerned."""

    __table_args__ = (
        Index(None, "due_at", "id"),
        partial_index("ix_data_requests_open", "due_at", "id", where="ended_at IS NULL"),
        partial_index("ix_data_requests_files", "ended_at", where="file_key IS NOT NULL"))

    @property
    def is_ready(self) -> bool:
        """Its time has come, and nobody has answered it or taken it back."""
        return self.state is State.WAITING and self.ready_at <= clock.now()

    @property
    def is_overdue(self) -> bool:
        """It should have been answered by now."""
        return self.ended_at is None and self.due_at < clock.now()

    @property
    def expires_at(self) -> datetime | None:
        """Until when the copy can be fetched."""
        days = settings.current().kept_days("exports")
        return self.ended_at + timedelta(days=days) if self.file_key and self.ended_at else None


def ask(db: Session, actor: Actor, wish: Wish, also: Iterable[uuid.UUID] = (), wechat: Actor | None = None) -> DataRequest:
    """A citizen asks for himself; `also` are reports whose tokens he shows, `wechat` is who has a page of ours open there, if
    he shows that. What is asked for twice is one request.

    Raises Refused for who has not proved a phone, Invalid for a report that names another phone: its token was passed on.
    """
    phone, also = phone_of(db, actor), list(also)
    another = Report.reporter_phone_index.is_not(None) & (Report.reporter_phone_index != actor.phone_index)
    if db.scalar(select(Report.id).where(Report.id.in_(also), another, Report.anonymised_at.is_(None)).limit(1)):
        raise Invalid("one of these reports names another phone", Fault("tokens", "that phone is to be proved"))
    if wechat and wechat.openid_index is None:
        raise Invalid("this is no session of a page in WeChat", Fault("wechat", "must come from /wechat/h5/sessions"))
    return _keep(db, phone, wish, also, follower_id=wechat.id if wechat else None)


def phone_of(db: Session, actor: Actor) -> str:
    """The phone that this citizen has proved. Raises Refused."""
    citizen = db.get(Citizen, actor.id) if actor.kind == "citizen" and actor.id and actor.phone_index else None
    if citizen is None:
        raise Refused("prove your phone first: a code that is sent to it logs you in")
    return citizen.phone.open()


def ask_for_caller(db: Session, actor: Actor, wish: Wish, phone: str, reason: str) -> DataRequest:
    """Somebody here asks for who rang up; another person must agree before anything is done. It stands in the log of looks.

    Raises Refused, Invalid for what is no phone."""
    check(actor, "data_requests.manage")
    if phone_index(phone) is None:
        raise Invalid("this is no phone", Fault("phone", "must be a phone number"))
    made = _keep(db, normal_phone(phone), wish, (), state=State.AGREEING, asked_by_id=actor.id, reason=reason)
    note(db, actor, "data_request", made.id, wish, SEE)
    return made


def agree(db: Session, actor: Actor, request_id: uuid.UUID) -> DataRequest:
    """The second person agrees. Raises Conflict for the one who asked."""
    made = _to_decide(db, actor, request_id, frozenset({State.AGREEING}))
    if made.asked_by_id == actor.id:
        raise Conflict("a second person has to agree")
    made.state, made.decided_by_id, made.decided_at = State.WAITING, actor.id, clock.now()
    made.ready_at = _ready(made.wish)
    note(db, actor, "data_request", made.id, made.wish, SEE)
    outbox.publish(db, "data.requested", made.id)
    return made


def refuse(db: Session, actor: Actor, request_id: uuid.UUID, ruling: str) -> DataRequest:
    """It is not done: whoever rang up is not who he said, or takes it back. Also after a second person has agreed, while
    nothing is done. What somebody asked for himself nobody here refuses."""
    made = _to_decide(db, actor, request_id, OPEN)
    made.decided_by_id, made.decided_at, made.ruling = actor.id, clock.now(), ruling
    end(made, State.REFUSED)
    return made


def withdraw(db: Session, actor: Actor, request_id: uuid.UUID) -> DataRequest:
    """Who asked takes it back, while nothing is done. Raises NotFound, Conflict."""
    made = db.get(DataRequest, request_id, with_for_update=True)
    if made is None or actor.phone_index is None or made.phone_index != actor.phone_index:
        raise NotFound("there is no such request")
    if made.state not in OPEN:
        raise Conflict(f"this request is {made.state} already")
    end(made, State.WITHDRAWN)
    return made


def mine(db: Session, actor: Actor) -> Sequence[DataRequest]:
    """What this citizen asked for, the latest first."""
    if actor.phone_index is None:
        raise Refused("prove your phone first: a code that is sent to it logs you in")
    return db.scalars(select(DataRequest).where(DataRequest.phone_index == actor.phone_index)
                      .order_by(DataRequest.asked_at.desc(), DataRequest.id.desc()).limit(50)).all()


def listed(db: Session, actor: Actor, *, is_open: bool = True, after: tuple[datetime, uuid.UUID] | None = None,
           limit: int = 50) -> Sequence[DataRequest]:
    """All that are not answered, what is due first coming first; or with `is_open` false all that there are."""
    check(actor, "data_requests.manage")
    wanted = select(DataRequest).order_by(DataRequest.due_at, DataRequest.id).limit(limit)
    if is_open:
        wanted = wanted.where(DataRequest.ended_at.is_(None))
    return db.scalars(wanted.where(tuple_(DataRequest.due_at, DataRequest.id) > after) if after else wanted).all()


def ready(db: Session, limit: int) -> Sequence[uuid.UUID]:
    """Those whose time has come, what is due first coming first."""
    return db.scalars(select(DataRequest.id).where(
        DataRequest.ended_at.is_(None), DataRequest.state == State.WAITING, DataRequest.ready_at <= clock.now())
        .order_by(DataRequest.due_at, DataRequest.id).limit(limit)).all()


def end(made: DataRequest, state: State) -> None:
    """Answered: who it was about is forgotten here too, unless there is a copy to be fetched."""
    made.state, made.ended_at = state, clock.now()
    if made.file_key is None:
        made.phone, made.known, made.follower_id, made.report_ids = None, None, None, []
        made.phone_index = made.phone_index if state is not State.DONE else None


def file_of(db: Session, request_id: uuid.UUID) -> DataRequest:
    """The request with its copy. Raises NotFound, and Gone when its time is over."""
    made = db.get(DataRequest, request_id)
    if made is None:
        raise NotFound("there is no such copy")
    if made.file_key is None or made.expires_at is None or made.expires_at <= clock.now():
        raise Gone("this copy was deleted when its time was over; ask for another one")
    return made


def same_signature(shown: str, made: str) -> None:
    """Raises NotFound for a link that we did not make."""
    if not hmac.compare_digest(shown.encode(), made.encode()):
        raise NotFound("there is no such copy")


def hand_over(db: Session, actor: Actor, request_id: uuid.UUID) -> DataRequest:
    """The copy that was made for who rang up, for somebody here to hand over; logged. Raises NotFound, also for that of who
    asked for himself, and Gone."""
    check(actor, "data_requests.decide")
    made = file_of(db, request_id)
    if made.asked_by_id is None:
        raise NotFound("there is no such copy")
    note(db, actor, "data_request", made.id, "copy", SEE)
    return made


def copies_of(db: Session, phone_index: str | None) -> Sequence[uuid.UUID]:
    """Requests of this phone of which there is a copy."""
    return db.scalars(select(DataRequest.id).where(DataRequest.phone_index == phone_index,
                                                   DataRequest.file_key.is_not(None))).all()


def old_files(db: Session, before: datetime, limit: int | None) -> Sequence[uuid.UUID]:
    """Requests whose copy is older than this moment."""
    return db.scalars(select(DataRequest.id).where(DataRequest.file_key.is_not(None), DataRequest.ended_at < before)
                      .order_by(DataRequest.ended_at).limit(limit)).all()


def forget_files(db: Session, ids: Sequence[uuid.UUID]) -> int:
    """The copies go, and with them who it was about."""
    keys = db.scalars(select(DataRequest.file_key).where(DataRequest.id.in_(ids), DataRequest.file_key.is_not(None))).all()
    files.forget(db, ((key, key) for key in keys if key))
    gone: dict[str, Any] = {"file_key": None, "phone": None, "phone_index": None, "follower_id": None, "report_ids": []}
    db.execute(update(DataRequest).where(DataRequest.id.in_(ids)).values(gone))
    return len(keys)


def _keep(db: Session, phone: str, wish: Wish, also: Iterable[uuid.UUID], *, state: State = State.WAITING,
          asked_by_id: uuid.UUID | None = None, follower_id: uuid.UUID | None = None, reason: str | None = None) -> DataRequest:
    index, reports = blind_index("phone", phone), [str(one) for one in dict.fromkeys(also)]
    waiting = db.scalars(select(DataRequest).where(DataRequest.phone_index == index, DataRequest.ended_at.is_(None))
                         .with_for_update()).all()
    for one in waiting:
        if (one.wish, one.report_ids, one.follower_id, one.asked_by_id is None) == (
                wish, reports, follower_id, asked_by_id is None):
            return one
    if len(waiting) >= MOST_OPEN:
        raise TooMany("wait until what was asked for before is answered", retry_after=86_400)
    now = clock.now()
    made = DataRequest(id=new_id(), wish=wish, state=state, phone=seal(phone), phone_index=index, report_ids=reports,
                       follower_id=follower_id, asked_at=now, due_at=now + ANSWER, ready_at=_ready(wish),
                       asked_by_id=asked_by_id, reason=reason)
    db.add(made)
    db.flush()
    if state is State.WAITING:
        outbox.publish(db, "data.requested", made.id)
    return made


def _ready(wish: Wish) -> datetime:
    """A copy is made at once; before somebody is forgotten there is time to think better of it, or to notice a thief."""
    return clock.now() + timedelta(days=settings.current().erasure_days if wish is Wish.ERASE else 0)


def _to_decide(db: Session, actor: Actor, request_id: uuid.UUID, states: frozenset[State]) -> DataRequest:
    check(actor, "data_requests.decide")
    made = db.get(DataRequest, request_id, with_for_update=True)
    if made is None or made.asked_by_id is None:
        raise NotFound("there is no such request")
    if made.state not in states:
        raise Conflict(f"this request is {made.state} already")
    return made
