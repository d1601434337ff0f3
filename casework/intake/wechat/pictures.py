"""Photos of a conversation: WeChat names them, and keeps them for three days; a worker fetches them and gives them in here."""
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.cases.report import Channel
from casework.errors import NotFound
from casework.identity.followers import Follower
from casework.identity.sealing import SealedText
from casework.media import Original, check_in, claim, upload_token
from casework.storage import outbox
from casework.storage.database import Base, Keyed, new_id, partial_index

LIFE = timedelta(days=3)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480, 1440))
"""Before the next attempt. Together less than a file lives at WeChat's."""

MOST = 9
"""Of one report."""


class State(StrEnum):
    """Whether the file is here."""

    WAITING = "waiting"
    FETCHED = "fetched"
    LOST = "lost"  # nobody can fetch it any more; the sender is told


class Picture(Keyed, Base):
    """One photo that was sent; `draft_id` is the report's key, `report_id` is set once the report is made."""

    __tablename__ = "wechat_pictures"
    follower_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_followers.id"))
    draft_id: Mapped[uuid.UUID] = mapped_column(index=True)
    media_id: Mapped[str]
    report_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("reports.id"))
    photo_id: Mapped[uuid.UUID | None]
    """Not bound to the table of photos: one whose report never came is forgotten there after a day."""
    state: Mapped[State] = mapped_column(default=State.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    fault: Mapped[str | None]

    __table_args__ = (
        partial_index("ix_wechat_pictures_waiting", "next_try_at", where="next_try_at IS NOT NULL"), Index(None, "created_at"))


def announced(db: Session, follower: Follower, draft_id: uuid.UUID, media_id: str, report_id: uuid.UUID | None = None) -> None:
    """A photo was sent: it is fetched as soon as a worker is free."""
    now = clock.now()
    one = Picture(id=new_id(), follower_id=follower.id, draft_id=draft_id, media_id=media_id, report_id=report_id,
                  created_at=now, next_try_at=now)
    db.add(one)
    outbox.publish(db, "wechat.picture", one.id)


def count(db: Session, draft_id: uuid.UUID) -> int:
    """How many photos were sent for this report and are not lost."""
    return db.scalar(select(func.count()).where(Picture.draft_id == draft_id, Picture.state != State.LOST)) or 0


def give(db: Session, draft_id: uuid.UUID, report_id: uuid.UUID) -> None:
    """The report is made: it gets the photos that are here, and those that still come."""
    for one in db.scalars(select(Picture).where(Picture.draft_id == draft_id).order_by(Picture.id).with_for_update()):
        one.report_id = report_id
        if one.photo_id:
            try:
                claim(db, one.photo_id, upload_token(one.photo_id), report_id=report_id)
            except NotFound:  # it waited for its report for more than a day and was forgotten; WeChat has it for three
                one.photo_id, one.state, one.next_try_at = None, State.WAITING, clock.now()
                outbox.publish(db, "wechat.picture", one.id)


def to_fetch(db: Session, picture_id: uuid.UUID) -> str | None:
    """The name of the file at WeChat's, claimed until the next attempt is due; None when there is nothing to fetch now."""
    now = clock.now()
    claimed = (update(Picture).where(Picture.id == picture_id, Picture.state == State.WAITING, Picture.next_try_at <= now)
               .values(next_try_at=now + WAITS[0]).returning(Picture.media_id))
    return db.scalar(claimed)


def fetched(db: Session, picture_id: uuid.UUID, original: Original) -> None:
    """The file is here, and in the store: a photo of the report, or of the one that is to come."""
    one = db.scalars(select(Picture).where(Picture.id == picture_id).with_for_update()).one()
    if one.state is not State.WAITING:
        return
    one.photo_id = check_in(db, original, channel=Channel.WECHAT, report_id=one.report_id).id
    one.state, one.next_try_at, one.fault = State.FETCHED, None, None


def missed(db: Session, picture_id: uuid.UUID, fault: str, *, final: bool) -> SealedText | None:
    """It could not be fetched; `fault` in our words. When it is lost for good, the openid whom to tell, if he is there."""
    one = db.scalars(select(Picture).where(Picture.id == picture_id).with_for_update()).one()
    if one.state is not State.WAITING:
        return None
    one.attempts, one.fault = one.attempts + 1, fault
    if not final and one.attempts < len(WAITS) and clock.now() + WAITS[one.attempts] < one.created_at + LIFE:
        one.next_try_at = clock.now() + WAITS[one.attempts - 1]
        return None
    one.state, one.next_try_at = State.LOST, None
    return db.scalar(select(Follower.openid).where(Follower.id == one.follower_id, Follower.follows))


def waiting(db: Session, since: datetime, limit: int) -> Sequence[uuid.UUID]:
    """Photos whose next attempt was due before this moment."""
    due = select(Picture.id).where(Picture.next_try_at.is_not(None), Picture.next_try_at < since)
    return db.scalars(due.order_by(Picture.next_try_at).limit(limit)).all()
