"""Who has adopted which component: taken once, by one hand after the other, and given back."""
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, settings
from casework.cases import about
from casework.community import persons
from casework.community.adoption import kinds, terms
from casework.community.adoption.kinds import Kind
from casework.community.adoption.shops import Shop, ShopState
from casework.community.adoption.terms import Standing
from casework.community.persons import Person
from casework.errors import Conflict, NotFound
from casework.geography.coordinates import Point
from casework.identity.people import Actor
from casework.registry.fields import Register
from casework.registry.records import Entry
from casework.storage.database import Base, Keyed, new_id, one_at_a_time, partial_index


class Ended(StrEnum):
    """Why an adoption is over."""

    GIVEN_BACK = "given_back"
    LAPSED = "lapsed"    # no sign of care, also after a warning
    GONE = "gone"        # there is no such component any more
    ERASED = "erased"    # the adopter wanted to be forgotten


class Adoption(Keyed, Base):
    """A person, or a shop that the person speaks for, takes care of a component. `slot` is which of its adopters, `kind` the
    code of its category; place and area are the component's own. (Retention: no contact stands here; see persons.py.)"""

    __tablename__ = "adoptions"
    component_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("register_entries.id"))
    code: Mapped[str]
    kind: Mapped[str]
    lon: Mapped[float]
    lat: Mapped[float]
    area_code: Mapped[str | None]
    slot: Mapped[int]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("community_persons.id"))
    shop_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("adopting_shops.id"), index=True)
    adopted_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """The last sign of care: the adoption itself, a check-in, a report."""
    reminded_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    look_at: Mapped[datetime | None]
    """When something is due next; None once it is over."""
    ended_at: Mapped[datetime | None]
    ended: Mapped[Ended | None]

    __table_args__ = (
        partial_index("uq_adoptions_slot", "component_id", "slot", where="ended_at IS NULL", unique=True),
        partial_index("uq_adoptions_person", "person_id", "component_id", where="ended_at IS NULL", unique=True),
        partial_index("ix_adoptions_due", "look_at", "id", where="look_at IS NOT NULL"),
        partial_index("ix_adoptions_near", "kind", "lat", where="ended_at IS NULL"),
        partial_index("ix_adoptions_kind", "kind", "person_id", where="ended_at IS NULL"),
        Index(None, "person_id", "id"),
    )

    @property
    def place(self) -> Point:
        """Where the component is, WGS-84."""
        return Point(self.lon, self.lat)

    @property
    def short(self) -> str:
        """Its serial number, which is enough beside its kind."""
        return self.code[-6:]

    @property
    def standing(self) -> Standing:
        """What the terms are reckoned from."""
        return Standing(self.seen_at, self.reminded_at, self.warned_at)

    def seen(self, at: datetime, kind: Kind) -> None:
        """A sign of care: reminders and warnings begin anew."""
        self.seen_at = max(self.seen_at, at)
        self.reminded_at = self.warned_at = None
        self.look_again(kind)

    def look_again(self, kind: Kind) -> None:
        """When it is to be looked at next, after what has just changed."""
        self.look_at = None if self.ended_at else terms.next_look(self.standing, kind)

    def end(self, why: Ended) -> None:
        """It is over; the component may be adopted by somebody else."""
        self.ended_at, self.ended, self.look_at = clock.now(), why, None


ACTIVE = Adoption.ended_at.is_(None)


def adopt(db: Session, actor: Actor, component_id: uuid.UUID, shop_id: uuid.UUID | None = None) -> Adoption:
    """Adopt a component, for oneself or for a shop of one's own that is confirmed; who has it already has it still.

    Raises Unauthenticated for who has proved nothing, NotFound for what is no component that may be adopted or no shop of
    theirs, Conflict when it has its adopters, when the shop is not confirmed, and for one more than a person may have.
    """
    person = persons.of(db, actor)
    entry, kind = _adoptable(db, component_id)
    if shop_id:
        _confirmed(db, person, shop_id)
    one_at_a_time(db, f"adopt {component_id}")  # first the component, then the person: nobody waits in a circle
    one_at_a_time(db, f"adopter {person.id}")
    taken = {one.slot: one for one in db.scalars(select(Adoption).where(Adoption.component_id == component_id, ACTIVE))}
    mine = next((one for one in taken.values() if one.person_id == person.id), None)
    if mine:
        return mine
    if len(taken) >= kind.adopters:
        raise Conflict("this has been adopted already")
    most = settings.current().adoptions_each
    if (db.scalar(select(func.count()).where(Adoption.person_id == person.id, ACTIVE)) or 0) >= most:
        raise Conflict(f"one person may adopt {most}; give one back first", most=most)
    assert entry.lon is not None and entry.lat is not None  # noqa: S101, PT018 - _adoptable() looked
    now, slot = clock.now(), next(number for number in range(len(taken) + 1) if number not in taken)
    made = Adoption(id=new_id(), component_id=entry.id, code=entry.values["code"], kind=kind.code, lon=entry.lon, lat=entry.lat,
                    area_code=entry.area_code, slot=slot, person_id=person.id, shop_id=shop_id, adopted_at=now, seen_at=now)
    made.look_again(kind)
    db.add(made)
    db.flush()
    return made


def give_back(db: Session, actor: Actor, adoption_id: uuid.UUID) -> Adoption:
    """It may be adopted by somebody else; again changes nothing. Raises as find() does."""
    found = find(db, actor, adoption_id, to_change=True)
    if found.ended_at is None:
        found.end(Ended.GIVEN_BACK)
    return found


def find(db: Session, actor: Actor, adoption_id: uuid.UUID, *, to_change: bool = False) -> Adoption:
    """One of this citizen's own. Raises NotFound, Unauthenticated."""
    person = persons.known(db, actor)
    found = db.get(Adoption, adoption_id, with_for_update=to_change, populate_existing=to_change)
    if found is None or person is None or found.person_id != person.id:
        raise NotFound("no adoption of yours")
    return found


def of(db: Session, actor: Actor, limit: int = 200) -> Sequence[Adoption]:
    """What this citizen has adopted and had, the latest first. Raises Unauthenticated."""
    person = persons.known(db, actor)
    wanted = select(Adoption).where(Adoption.person_id == person.id) if person else None
    return db.scalars(wanted.order_by(Adoption.id.desc()).limit(limit)).all() if wanted is not None else []


def forget(db: Session, person_ids: Iterable[uuid.UUID]) -> None:
    """Whoever is erased adopts nothing any more."""
    for one in db.scalars(select(Adoption).where(Adoption.person_id.in_(list(person_ids)), ACTIVE).with_for_update()):
        one.end(Ended.ERASED)


def kind_of(entry: Entry) -> str | None:
    """The code of the kind that a component's own code names; None for what is no component."""
    code = entry.values.get("code") if entry.register is Register.COMPONENT else None
    return about.category_of(code) if isinstance(code, str) and len(code) == 16 else None


def _adoptable(db: Session, component_id: uuid.UUID) -> tuple[Entry, Kind]:
    entry = db.get(Entry, component_id)
    kind = kinds.current(db).get(kind_of(entry) or "") if entry else None
    if entry is None or kind is None or not kind.active or entry.lat is None or entry.lon is None:
        raise NotFound("no component that may be adopted")
    if entry.values.get("state") == "missing":
        raise NotFound("this component is not there any more")
    return entry, kind


def _confirmed(db: Session, person: Person, shop_id: uuid.UUID) -> None:
    shop = db.get(Shop, shop_id)
    if shop is None or shop.person_id != person.id:
        raise NotFound("no shop of yours")
    if shop.state is not ShopState.CONFIRMED:
        raise Conflict("this shop is not confirmed yet" if shop.state is ShopState.WAITING else "this shop was not confirmed")
