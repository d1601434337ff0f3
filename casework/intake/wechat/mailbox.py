"""Messages that came in, each once: whenever WeChat sends one again, it is told what it was told the first time."""
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Index, UniqueConstraint, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session

from casework import clock
from casework.errors import Refused
from casework.identity import followers
from casework.identity.followers import Follower
from casework.identity.sealing import blind_index
from casework.intake.wechat.dialect import Incoming
from casework.storage.database import Base, Keyed, insert_once, new_id

KEPT = timedelta(days=3)
"""WeChat gives up after three tries within a minute; what is signed holds for five."""

Talk = Callable[[Session, Follower, Incoming], str]


class Letter(Keyed, Base):
    """One message and what was answered to it ("": nothing). What it said stands in the conversation, not here."""

    __tablename__ = "wechat_messages"
    account: Mapped[str]
    key: Mapped[str]
    """Blind index of MsgId, or of sender, moment and event: an openid is personal."""
    signed: Mapped[str]
    """The signature that it came with. It does not cover the body, so one that was seen may not bring another message."""
    answer: Mapped[str]
    received_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("account", "key"), UniqueConstraint("account", "signed"), Index(None, "received_at"))


def take(db: Session, account: str, message: Incoming, signed: str, talk: Talk) -> tuple[str, datetime]:
    """What is answered to this message, and when it came first; whatever it leads to is in the same transaction.

    Raises Refused for a signature that brought another message before.
    """
    key = blind_index("wechat message", message.key.encode().hex())
    row = {"id": new_id(), "account": account, "key": key, "signed": signed, "answer": "", "received_at": clock.now()}
    is_new = _enter(db, row)
    letter = db.scalars(select(Letter).where(Letter.account == account, Letter.key == key)).one()
    if is_new:
        letter.answer = talk(db, followers.meet(db, account, message.openid), message)
    return letter.answer, letter.received_at


def forget_old(db: Session, batch: int) -> list[uuid.UUID]:
    """Messages that nobody sends again any more; call again while there are `batch`."""
    old = select(Letter.id).where(Letter.received_at < clock.now() - KEPT).limit(batch)
    return list(db.scalars(delete(Letter).where(Letter.id.in_(old)).returning(Letter.id)))


def _enter(db: Session, row: dict[str, object]) -> bool:
    try:
        with db.begin_nested():
            return bool(insert_once(db, Letter, [row], on=("account", "key")))
    except IntegrityError:
        raise Refused("this signature was used for another message") from None
