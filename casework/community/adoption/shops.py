"""Shops that adopt: a citizen speaks for one, a data steward looks into it, and only then may its name be shown."""
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.community import persons
from casework.errors import Conflict, Fault, Invalid, NotFound
from casework.identity.people import Actor
from casework.identity.privacy import Sealed, SealedText, seal
from casework.registry import keys
from casework.registry.fields import Register
from casework.registry.keys import Key
from casework.registry.numbers import credit_code
from casework.registry.records import Entry
from casework.storage.database import Base, Keyed, insert_once, new_id, partial_index


class ShopState(StrEnum):
    """What the steward found."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class Shop(Keyed, Base):
    """A shop as the one who speaks for it says; `entity_id`: its entry in the register of legal entities, by its credit code.
    `shown` is the name that everybody may read, once a person has looked at it. `key` is the sender's own.

    (Retention: name and contact are emptied when the person is erased, see forget(); the row stays for the adoptions.)
    """

    __tablename__ = "adopting_shops"
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("community_persons.id"))
    key: Mapped[uuid.UUID]
    name: Mapped[SealedText | None] = mapped_column(Sealed("adopting_shops.name"))
    contact: Mapped[SealedText | None] = mapped_column(Sealed("adopting_shops.contact"))
    entity_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("register_entries.id"))
    wants_name: Mapped[bool] = mapped_column(default=False)
    """The shop would like its name to be shown."""
    state: Mapped[ShopState] = mapped_column(default=ShopState.WAITING)
    shown: Mapped[str | None]
    reason: Mapped[str | None]
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[uuid.UUID | None]

    __table_args__ = (
        UniqueConstraint("person_id", "key"),
        partial_index("ix_adopting_shops_waiting", "id", where="state = 'waiting'"),
    )


MOST_EACH = 20


def propose(db: Session, actor: Actor, *, key: uuid.UUID, name: str, contact: str, code: str | None = None,
            wants_name: bool = False) -> Shop:
    """A shop that this citizen speaks for, to be confirmed; the same key again changes nothing.

    Raises Unauthenticated, Invalid for a credit code that cannot be or that the register does not know, Conflict for too many.
    """
    person = persons.of(db, actor)
    entity_id = _entity(db, code) if code else None
    mine = db.scalars(select(Shop.key).where(Shop.person_id == person.id)).all()
    if len(mine) >= MOST_EACH and key not in mine:
        raise Conflict(f"one person may speak for {MOST_EACH} shops")
    insert_once(db, Shop, [{
        "id": new_id(), "person_id": person.id, "key": key, "name": seal(name), "contact": seal(contact),
        "entity_id": entity_id, "wants_name": wants_name, "state": ShopState.WAITING, "made_at": clock.now()}],
        on=("person_id", "key"))
    return db.scalars(select(Shop).where(Shop.person_id == person.id, Shop.key == key)).one()


def of(db: Session, actor: Actor) -> Sequence[Shop]:
    """The shops that this citizen speaks for. Raises Unauthenticated."""
    person = persons.known(db, actor)
    return db.scalars(select(Shop).where(Shop.person_id == person.id).order_by(Shop.id)).all() if person else []


def waiting(db: Session, after: uuid.UUID | None = None, limit: int = 50) -> tuple[Sequence[Shop], uuid.UUID | None]:
    """Shops that nobody has looked into, the oldest first; and where the next page goes on, or None."""
    wanted = select(Shop).where(Shop.state == ShopState.WAITING).order_by(Shop.id).limit(limit + 1)
    found = db.scalars(wanted.where(Shop.id > after) if after else wanted).all()
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def decide(db: Session, actor: Actor, shop_id: uuid.UUID, *, confirm: bool, shown: str | None = None,
           reason: str | None = None) -> Shop:
    """Confirm a shop, with the name that may be shown if any, or refuse it with the reason; may be decided anew.

    Raises NotFound, Invalid for a refusal without a reason and for a name that the shop did not ask to be shown.
    """
    found = db.get(Shop, shop_id, with_for_update=True, populate_existing=True)
    if found is None or found.name is None:
        raise NotFound("no such shop")
    if not confirm and not reason:
        raise Invalid("say why", Fault("reason", "the shop reads it"))
    if shown and not (confirm and found.wants_name):
        raise Invalid("this name cannot be shown", Fault("shown", "the shop did not ask for it, or is not confirmed"))
    found.state = ShopState.CONFIRMED if confirm else ShopState.REFUSED
    found.shown, found.reason, found.decided_at, found.decided_by_id = shown, reason, clock.now(), actor.id
    return found


def contact_of(db: Session, shop_id: uuid.UUID) -> SealedText:
    """Whom to ask about it. Raises NotFound."""
    found = db.get(Shop, shop_id)
    if found is None or found.contact is None:
        raise NotFound("no such shop")
    return found.contact


def shown(db: Session, shop_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The names that everybody may read."""
    rows = db.execute(select(Shop.id, Shop.shown).where(
        Shop.id.in_(list(shop_ids)), Shop.state == ShopState.CONFIRMED, Shop.shown.is_not(None)))
    return {shop_id: name for shop_id, name in rows if name}


def forget(db: Session, person_ids: Iterable[uuid.UUID]) -> None:
    """Name and contact of whoever is erased."""
    for one in db.scalars(select(Shop).where(Shop.person_id.in_(list(person_ids))).with_for_update()):
        one.name = one.contact = one.shown = one.reason = None
        one.state = ShopState.REFUSED


def _entity(db: Session, code: str) -> uuid.UUID:
    try:
        digests = keys.holding([Register.ENTITY], credit_code(code))
    except ValueError as error:
        raise Invalid("this credit code cannot be", Fault("credit_code", str(error))) from None
    found = db.scalar(select(Key.entry_id).join(Entry, Entry.id == Key.entry_id).where(
        Key.digest.in_(digests), Key.field == "credit_code", Entry.register == Register.ENTITY).order_by(Key.id).limit(1))
    if found is None:
        raise Invalid("the register does not know this shop", Fault("credit_code", "is not in the register; leave it out"))
    return found
