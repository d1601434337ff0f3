"""PDAs: a long token that works on one device only, and stops at once when the device is revoked."""
import secrets
import uuid
from datetime import datetime, timedelta
from hmac import compare_digest

from sqlalchemy import ForeignKey, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Conflict, Fault, Invalid, NotFound, Unauthenticated
from casework.identity.people import Actor, Post, User, actor_with, user_by_id
from casework.identity.sessions.refusals import token_hash
from casework.storage.database import Base, Keyed

SEEN_EVERY = timedelta(minutes=1)


class Device(Keyed, Base):
    """A PDA in the hands of a user. `last_seen_at` is true to the minute."""

    __tablename__ = "devices"
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str]
    token_hash: Mapped[str]
    enrolled_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


_CARRIER = (
    select(Device.token_hash, Device.last_seen_at, Device.revoked_at, Device.user_id, User.name, User.active,
           Post.role, Post.department_id, Post.area_code)
    .join(User, Device.user_id == User.id).join(Post, Post.holder_id == User.id, isouter=True)
    .where(Device.id == bindparam("device_id")))


def enrol_device(db: Session, user_id: uuid.UUID, name: str) -> tuple[Device, str]:
    """A new device and its token, which is shown this once. Raises NotFound, Invalid, Conflict when deactivated."""
    if not name.strip() or "\0" in name:
        raise Invalid("a device needs a name", Fault("name", "must not be empty"))
    if not user_by_id(db, user_id).active:
        raise Conflict("this account has been deactivated")
    token = secrets.token_urlsafe(32)
    made = Device(user_id=user_id, name=name.strip(), token_hash=token_hash(token))
    db.add(made)
    db.flush()
    return made, token


def actor_of_device(db: Session, token: str, device_id: uuid.UUID) -> Actor:
    """Who carries this device, with the posts of this moment: one query, and one update a minute.

    Raises Unauthenticated for another device's token, a revoked device or a deactivated user.
    """
    rows = db.execute(_CARRIER, {"device_id": device_id}).all()
    if not rows or not compare_digest(rows[0].token_hash, token_hash(token)):
        raise Unauthenticated("this is not the token of this device")
    one = rows[0]
    if one.revoked_at or not one.active:
        raise Unauthenticated("this device has been revoked")
    now = clock.now()
    # A look (reading()) must not wait for the write lock, and what it changes is thrown away.
    if not _read_only(db) and (one.last_seen_at is None or one.last_seen_at <= now - SEEN_EVERY):
        db.execute(update(Device).where(Device.id == device_id).values(last_seen_at=now))
    return actor_with(one.user_id, one.name, rows, device_id)


def revoke_device(db: Session, device_id: uuid.UUID) -> None:
    """The device's token stops with the commit; a second time changes nothing. Raises NotFound."""
    device = db.get(Device, device_id)
    if device is None:
        raise NotFound("no such device")
    device.revoked_at = device.revoked_at or clock.now()


def revoke_all(db: Session, user_id: uuid.UUID) -> None:
    """Revoke every device of a user."""
    db.execute(update(Device).where(Device.user_id == user_id, Device.revoked_at.is_(None))
               .values(revoked_at=clock.now()))


def _read_only(db: Session) -> bool:
    return bool(db.get_bind().get_execution_options().get("read_only"))
