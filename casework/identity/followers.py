"""People who write to the city's WeChat account: known by an openid, which is personal and stays sealed."""
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.identity.sealing import Sealed, SealedText, blind_index, seal
from casework.storage.database import Base, Keyed, insert_once, new_id

FREELY = timedelta(hours=48)
"""So long after his last word a person may be written to without a template."""


class Follower(Keyed, Base):
    """One person as one account (its appid) knows him. `heard_at`: for two days from then he may be written to freely."""

    __tablename__ = "wechat_followers"
    account: Mapped[str]
    openid: Mapped[SealedText] = mapped_column(Sealed("wechat_followers.openid"))
    openid_index: Mapped[str]
    follows: Mapped[bool] = mapped_column(default=True)
    """False once he has left the account: nothing is sent to him any more."""
    heard_at: Mapped[datetime]
    refused_at: Mapped[datetime | None]
    """When WeChat said that he does not want news; a new message from him takes it back."""

    __table_args__ = (UniqueConstraint("account", "openid_index"),)

    def heard(self) -> None:
        """He has just written, or opened the account anew: he may be answered, and wants news again."""
        self.heard_at, self.refused_at, self.follows = clock.now(), None, True


def index_of(openid: str) -> str:
    """The blind index of an openid, in which capitals count."""
    return blind_index("openid", openid.encode().hex())


def meet(db: Session, account: str, openid: str) -> Follower:
    """Who writes; locked, so that what one person sends is worked in turn."""
    index = index_of(openid)
    row = {"id": new_id(), "account": account, "openid": seal(openid), "openid_index": index, "follows": True,
           "heard_at": clock.now()}
    insert_once(db, Follower, [row], on=("account", "openid_index"))
    return db.scalars(select(Follower).where(Follower.account == account, Follower.openid_index == index)
                      .with_for_update().execution_options(populate_existing=True)).one()


def known(db: Session, account: str, openid: str) -> uuid.UUID:
    """Whoever opened a page of ours in WeChat: he need not follow the account, and has not written to it, so he is told by a
    template if at all."""
    index = index_of(openid)
    row = {"id": new_id(), "account": account, "openid": seal(openid), "openid_index": index, "follows": True,
           "heard_at": clock.now() - FREELY}
    insert_once(db, Follower, [row], on=("account", "openid_index"))
    return db.scalars(select(Follower.id).where(Follower.account == account, Follower.openid_index == index)).one()


def by_openid(db: Session, account: str, openid: str) -> Follower | None:
    """Who has this openid, if we know him."""
    return db.scalar(select(Follower).where(Follower.account == account, Follower.openid_index == index_of(openid)))


REACHED = Follower.follows, Follower.refused_at.is_(None)
"""Who is here and wants news."""


def reached(db: Session, ids: Iterable[uuid.UUID], *, by_template: bool) -> set[uuid.UUID]:
    """Which of these can be sent news: freely, or at any time if the account has a template for it."""
    wanted = select(Follower.id).where(Follower.id.in_(set(ids)), *REACHED)
    return set(db.scalars(wanted if by_template else wanted.where(Follower.heard_at > clock.now() - FREELY)))
