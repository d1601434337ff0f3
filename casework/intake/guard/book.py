"""The abuse list: who is refused, or looked at by a person first; with reason, by whom, until when, and every change."""
import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Index, bindparam, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Conflict, Fault, Invalid, NotFound
from casework.identity import followers
from casework.identity.people import SYSTEM, Actor
from casework.identity.permissions import check
from casework.identity.privacy import Sealed, SealedText, blind_index, mask_phone, normal_phone, reveal, seal
from casework.intake.guard.sender import Kind, app_index, device_index, network_index, network_of
from casework.storage.database import Base, Keyed, new_id, one_at_a_time

KEPT = timedelta(days=365)
"""So long after its end an entry still says whom it meant; then only that there was one."""

LONGEST_OBJECTION = 1000

NOBODY = ""
"""The value of an entry that means nobody any more."""


class Effect(StrEnum):
    """What happens to whoever is on the list."""

    REFUSE = "refuse"  # nothing is taken, and he is told so
    HOLD = "hold"      # it is taken, and a person looks before anything follows


class Entry(Keyed, Base):
    """One line of the list, in force until `until` or `ended_at`. `value` is a blind index; `shown` is what was written,
    sealed and masked, None where the system listed somebody whom it knows by the index alone. Forgotten by forget_old()."""

    __tablename__ = "abuse_entries"
    kind: Mapped[Kind]
    value: Mapped[str]
    shown: Mapped[SealedText | None] = mapped_column(Sealed("abuse_entries.shown"))
    effect: Mapped[Effect]
    reason: Mapped[str]
    by_id: Mapped[uuid.UUID | None]
    since: Mapped[datetime] = mapped_column(default=clock.now)
    until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    objection: Mapped[SealedText | None] = mapped_column(Sealed("abuse_entries.objection"))
    objected_at: Mapped[datetime | None]
    """While somebody has to decide on it."""

    __table_args__ = (Index(None, "value"), Index(None, "objected_at"))

    @property
    def active(self) -> bool:
        """In force now."""
        return self.ended_at is None and (self.until is None or self.until > clock.now())

    @property
    def masked(self) -> str | None:
        """What was written, as lists show it."""
        if self.shown is None:
            return None
        text = self.shown.open()
        if self.kind is Kind.PHONE:
            return mask_phone(text)
        return text if self.kind is Kind.APP else f"{text[:len(text) // 3]}•••"


class Change(Keyed, Base):
    """Something that was done to an entry. Only ever added to; names no sender."""

    __tablename__ = "abuse_changes"
    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("abuse_entries.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor_kind: Mapped[str]
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str]
    what: Mapped[str]
    """added, changed, ended, objected, shown."""
    words: Mapped[str]


IN_FORCE = Entry.ended_at.is_(None)
AGAINST = select(Entry).where(
    Entry.value.in_(bindparam("values", expanding=True)), IN_FORCE,
    or_(Entry.until.is_(None), Entry.until > bindparam("now", type_=Entry.until.type)))


def against(db: Session, values: Collection[str]) -> Entry | None:
    """What the list holds against whoever is known by these: a refusal before anything milder."""
    found = db.scalars(AGAINST, {"values": list(values), "now": clock.now()}) if values else ()
    return min(found, key=lambda one: (one.effect is not Effect.REFUSE, one.since), default=None)


def alone(db: Session, index: str) -> None:
    """Until this transaction ends nobody else changes what the list holds against this sender."""
    one_at_a_time(db, f"abuse {index}")


def add(db: Session, actor: Actor, *, kind: Kind, value: str, effect: Effect, reason: str,
        until: datetime | None = None) -> Entry:
    """Put somebody on the list. Raises Refused, Invalid for a value that is none of its kind, Conflict when it is there."""
    check(actor, "abuse.manage")
    if until is not None and until <= clock.now():
        raise Invalid("this is over already", Fault("until", "must lie ahead"))
    plain, index = _index_of(kind, value)
    alone(db, index)
    if known := against(db, [index]):
        raise Conflict("this sender is on the list already", id=str(known.id))
    made = Entry(id=new_id(), kind=kind, value=index, shown=seal(plain), effect=effect, reason=reason, by_id=actor.id,
                 until=until)
    return _entered(db, made, actor)


def add_by_itself(db: Session, kind: Kind, index: str, reason: str, until: datetime) -> Entry:
    """Somebody whom the system knows by the index alone: held until then; an entry that there is, is made longer."""
    known = against(db, [index])
    if known is None:
        return _entered(db, Entry(id=new_id(), kind=kind, value=index, effect=Effect.HOLD, reason=reason, until=until), SYSTEM)
    if known.by_id is None and known.until and known.until < until:
        known.until = until
        _note(db, known, SYSTEM, "changed", reason)
    return known


def change(db: Session, actor: Actor, entry_id: uuid.UUID, *, reason: str, effect: Effect | None = None,
           until: datetime | None = None) -> Entry:
    """What is given is changed; an objection is decided by it. Raises Refused, NotFound, Conflict for one that has ended."""
    found = _open(db, actor, entry_id)
    if until is not None and until <= clock.now():
        raise Invalid("this is over already", Fault("until", "must lie ahead; to end it now, end it"))
    found.effect, found.until, found.objected_at = effect or found.effect, until or found.until, None
    _note(db, found, actor, "changed", reason)
    return found


def end(db: Session, actor: Actor, entry_id: uuid.UUID, reason: str) -> Entry:
    """From the commit on it holds no more. Raises Refused, NotFound, Conflict for one that has ended."""
    found = _open(db, actor, entry_id)
    _end(db, found, actor, reason)
    return found


def end_by_itself(db: Session, index: str, reason: str) -> None:
    """What the system itself had put on the list does not hold any more."""
    wanted = select(Entry).where(Entry.value == index, IN_FORCE, Entry.by_id.is_(None)).with_for_update()
    for found in db.scalars(wanted):
        _end(db, found, SYSTEM, reason)


def object_to(db: Session, actor: Actor, to: uuid.UUID | Collection[str], words: str) -> None:
    """Whoever is on the list says why he should not be; a supervisor decides. `to` is the entry, or what he is known by.

    Raises NotFound for no entry in force, Conflict while an earlier objection waits.
    """
    named = to if isinstance(to, uuid.UUID) else getattr(against(db, to), "id", None)
    found = db.get(Entry, named, with_for_update=True) if named else None
    if found is None or not found.active:
        raise NotFound("there is no such entry in force")
    if found.objected_at:
        raise Conflict("an objection waits to be decided already")
    found.objection, found.objected_at = seal(words), clock.now()
    _note(db, found, actor, "objected", "")


def page(db: Session, actor: Actor, *, active: bool | None = None, objected: bool = False, kind: Kind | None = None,
         after: uuid.UUID | None = None, limit: int = 50) -> Sequence[Entry]:
    """The list, the latest entry first. Raises Refused."""
    check(actor, "abuse.manage")
    where: list[ColumnElement[bool]] = []
    in_force = IN_FORCE & or_(Entry.until.is_(None), Entry.until > clock.now())
    if active is not None:
        where.append(in_force if active else ~in_force)
    if objected:
        where.append(Entry.objected_at.is_not(None))
    if kind:
        where.append(Entry.kind == kind)
    if after:
        where.append(Entry.id < after)
    return db.scalars(select(Entry).where(*where).order_by(Entry.id.desc()).limit(limit)).all()


def one(db: Session, actor: Actor, entry_id: uuid.UUID) -> tuple[Entry, Sequence[Change]]:
    """An entry and all that was done to it. Raises Refused, NotFound."""
    check(actor, "abuse.manage")
    found = db.get(Entry, entry_id)
    if found is None:
        raise NotFound("there is no such entry")
    return found, db.scalars(select(Change).where(Change.entry_id == entry_id).order_by(Change.id)).all()


def show(db: Session, actor: Actor, entry_id: uuid.UUID, reason: str) -> str | None:
    """Whom an entry means, in plain; the look is written down. None where that is not known. Raises Refused, NotFound."""
    found, _ = one(db, actor, entry_id)
    if found.shown is None:
        return None
    _note(db, found, actor, "shown", reason)
    return reveal(db, actor, "abuse_entry", found.id, "shown", found.shown, reason=reason, permission="abuse.manage")


def forget_old(db: Session, batch: int) -> int:
    """Whom entries meant that ended a year ago; call again while there are `batch`. The index goes too: whoever has a phone
    in hand could ask by it whether that was listed."""
    over = clock.now() - KEPT
    old = select(Entry.id).where(Entry.value != NOBODY, or_(Entry.ended_at < over, Entry.until < over)).limit(batch)
    wiped = (update(Entry).where(Entry.id.in_(old)).returning(Entry.id)
             .values(value=NOBODY, shown=None, objection=None, objected_at=None))
    return len(db.scalars(wiped).all())


def _open(db: Session, actor: Actor, entry_id: uuid.UUID) -> Entry:
    check(actor, "abuse.manage")
    found = db.get(Entry, entry_id, with_for_update=True)
    if found is None:
        raise NotFound("there is no such entry")
    if found.ended_at:
        raise Conflict("this entry has ended; make another one")
    return found


def _end(db: Session, found: Entry, actor: Actor, reason: str) -> None:
    found.ended_at, found.objected_at = clock.now(), None
    _note(db, found, actor, "ended", reason)


def _entered(db: Session, made: Entry, actor: Actor) -> Entry:
    db.add(made)
    db.flush()
    _note(db, made, actor, "added", made.reason)
    return made


def _note(db: Session, entry: Entry, actor: Actor, what: str, words: str) -> None:
    db.add(Change(id=new_id(), entry_id=entry.id, actor_kind=actor.kind, actor_id=actor.id, actor_name=actor.name,
                  what=what, words=words))


def _index_of(kind: Kind, value: str) -> tuple[str, str]:
    """The value as it is kept, and its blind index. Raises Invalid."""
    match kind:
        case Kind.PHONE:
            phone = normal_phone(value)
            if not 5 <= len(phone) <= 16:
                raise Invalid("this is no phone", Fault("value", "must be a phone number"))
            return phone, blind_index("phone", phone)
        case Kind.DEVICE:
            return value, device_index(value)
        case Kind.ADDRESS:
            network = network_of(value)
            return str(network), network_index(network)
        case Kind.OPENID:
            return value, followers.index_of(value)
        case Kind.APP:
            try:
                return value, app_index(uuid.UUID(value))
            except ValueError:
                raise Invalid("this is no key", Fault("value", "must be the id of an app's key")) from None
    raise Invalid("nobody is listed by this", Fault("kind", "must be phone, device, address, openid or app"))
