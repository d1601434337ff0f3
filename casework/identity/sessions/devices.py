"""PDAs: a long token that works on one device only, and stops at once when the device is revoked or is to be wiped."""
import secrets
import uuid
from datetime import datetime, timedelta
from hmac import compare_digest

from sqlalchemy import ForeignKey, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Conflict, Fault, Invalid, NotFound, Refused, Unauthenticated
from casework.identity.people import Actor, Post, Role, User, actor_with, posts_of, user_by_id
from casework.identity.sessions.desk import prove
from casework.identity.sessions.refusals import token_hash
from casework.storage.database import Base, Keyed

SEEN_EVERY = timedelta(minutes=1)


class Device(Keyed, Base):
    """A PDA in the hands of a user, who may have several. `last_seen_at` is true to the minute, `skew_seconds` is how far
    its clock was behind ours when it last sent something."""

    __tablename__ = "devices"
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str]
    token_hash: Mapped[str]
    enrolled_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    wipe_ordered_at: Mapped[datetime | None]
    wiped_at: Mapped[datetime | None]
    """When it called and was told to erase itself."""
    skew_seconds: Mapped[float | None]


_CARRIER = (
    select(Device.token_hash, Device.last_seen_at, Device.revoked_at, Device.wipe_ordered_at, Device.user_id, User.name,
           User.active, Post.role, Post.department_id, Post.area_code)
    .join(User, Device.user_id == User.id).join(Post, Post.holder_id == User.id, isouter=True)
    .where(Device.id == bindparam("device_id")))


def log_in_device(db: Session, login: str, password: str, name: str, address: str) -> tuple[Device, str]:
    """A grid worker enrols the PDA in his hands with his password: the device and its token, which is shown this once.

    Raises what a log-in at the desk raises, and Refused for somebody who walks no grid.
    """
    user = prove(db, login, password, address)
    if not any(post.role is Role.GRID_WORKER for post in posts_of(db, user.id)):
        raise Refused("PDAs are for grid workers; log in at the desk instead")
    return enrol_device(db, user.id, name)


def enrol_device(db: Session, user_id: uuid.UUID, name: str) -> tuple[Device, str]:
    """A new device and its token, which is shown this once. Raises NotFound, Invalid, Conflict when deactivated."""
    said = _said(name)
    if not user_by_id(db, user_id).active:
        raise Conflict("this account has been deactivated")
    token = secrets.token_urlsafe(32)
    made = Device(user_id=user_id, name=said, token_hash=token_hash(token))
    db.add(made)
    db.flush()
    return made, token


def actor_of_device(db: Session, token: str, device_id: uuid.UUID) -> Actor:
    """Who carries this device, with the posts of this moment: one query, and one update a minute.

    Raises Unauthenticated for another device's token, a revoked device or a deactivated user; its facts say `revoked`, and
    `wipe` where the device is to erase what it keeps.
    """
    rows = db.execute(_CARRIER, {"device_id": device_id}).all()
    if not rows or not compare_digest(rows[0].token_hash, token_hash(token)):
        raise Unauthenticated("this is not the token of this device")
    one = rows[0]
    if one.revoked_at or not one.active:
        wipe = {"wipe": True} if one.wipe_ordered_at else {}
        raise Unauthenticated("this device has been revoked", revoked=True, **wipe)
    now = clock.now()
    # A look (reading()) must not wait for the write lock, and what it changes is thrown away.
    if not _read_only(db) and (one.last_seen_at is None or one.last_seen_at <= now - SEEN_EVERY):
        db.execute(update(Device).where(Device.id == device_id).values(last_seen_at=now))
    return actor_with(one.user_id, one.name, rows, device_id)


def revoke_device(db: Session, device_id: uuid.UUID) -> None:
    """The device's token stops with the commit; what it keeps stays on it. A second time changes nothing. Raises NotFound."""
    device = device_by_id(db, device_id)
    device.revoked_at = device.revoked_at or clock.now()


def wipe_device(db: Session, device_id: uuid.UUID) -> None:
    """The device is lost: its token stops, and at its next contact it is told to erase what it keeps. Raises NotFound."""
    device = device_by_id(db, device_id)
    device.revoked_at = device.revoked_at or clock.now()
    device.wipe_ordered_at = device.wipe_ordered_at or clock.now()


def note_wiped(db: Session, device_id: uuid.UUID) -> None:
    """A device that is to be wiped has called and was told so."""
    db.execute(update(Device).where(Device.id == device_id, Device.wiped_at.is_(None)).values(wiped_at=clock.now()))


def note_skew(db: Session, device_id: uuid.UUID, seconds: float) -> None:
    """How far the device's clock is behind ours (negative: before it), as just measured."""
    db.execute(update(Device).where(Device.id == device_id).values(skew_seconds=seconds))


def rename_device(db: Session, device_id: uuid.UUID, name: str) -> Device:
    """Call the device something else. Raises NotFound, Invalid."""
    device = device_by_id(db, device_id)
    device.name = _said(name)
    return device


def carrier(db: Session, device: Device) -> User:
    """In whose hands it is."""
    return user_by_id(db, device.user_id)


def own_device(db: Session, user_id: uuid.UUID | None, device_id: uuid.UUID) -> Device:
    """A device of this person. Raises NotFound, also for somebody else's."""
    device = device_by_id(db, device_id)
    if device.user_id != user_id:
        raise NotFound("no such device")
    return device


def device_by_id(db: Session, device_id: uuid.UUID) -> Device:
    """Raises NotFound."""
    device = db.get(Device, device_id)
    if device is None:
        raise NotFound("no such device")
    return device


def revoke_all(db: Session, user_id: uuid.UUID) -> None:
    """Revoke every device of a user."""
    db.execute(update(Device).where(Device.user_id == user_id, Device.revoked_at.is_(None))
               .values(revoked_at=clock.now()))


def _said(name: str) -> str:
    if not name.strip() or "\0" in name:
        raise Invalid("a device needs a name", Fault("name", "must not be empty"))
    return name.strip()


def _read_only(db: Session) -> bool:
    return bool(db.get_bind().get_execution_options().get("read_only"))
