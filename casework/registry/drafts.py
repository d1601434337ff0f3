"""A statement as it comes in: its values read, its place found, or the faults that forbid to keep it."""
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from casework.errors import CaseworkError, Fault, Invalid
from casework.geography import areas
from casework.geography.codes import Level, level_of
from casework.geography.coordinates import Point
from casework.identity.people import Actor
from casework.identity.permissions import areas_of
from casework.identity.privacy import blind_index
from casework.registry.catalogue import REGISTERS
from casework.registry.compiling import PLACE
from casework.registry.fields import Register
from casework.registry.records import Source, State, Statement, parted


@dataclass(frozen=True, kw_only=True)
class Stated:
    """What one source says about one subject. `id` and `subject_id` are the sender's own; `base` is the head of the entry as
    the sender knew it, or the id of the sender's own statement before; None: the sender knew of none. `values`: by field, None
    for nothing. `at` is the corrected time, `device_at` the device's own; `place` is WGS-84, `accuracy` in metres."""

    id: uuid.UUID
    register: Register
    subject_id: uuid.UUID
    base: uuid.UUID | None
    values: Mapping[str, Any]
    source: Source
    at: datetime
    device_at: datetime | None = None
    place: Point | None = None
    accuracy: float | None = None
    form: str | None = None
    origin: str = ""
    area_code: str | None = None


@dataclass(frozen=True)
class Draft:
    """A statement that may be kept, or why not."""

    stated: Stated
    says: Mapping[str, Any]
    digest: str
    error: CaseworkError | None = None
    decides: frozenset[str] = frozenset()

    def fresh(self, actor: Actor, within: tuple[str, ...] | None) -> "Fresh":
        """As it comes in, not yet applied."""
        return Fresh(self, actor, within)


class Fresh:
    """A statement that has just come in, with what becomes of it: what a Statement is, before it is a row. Plain, because an
    object of the ORM costs as much as all the rest of a statement."""

    __slots__ = ("actor", "at", "base", "contested", "decides", "digest", "id", "merged", "register", "says", "state", "stated",
                 "subject_id", "version", "within")

    def __init__(self, draft: Draft, actor: Actor, within: tuple[str, ...] | None) -> None:
        self.stated = stated = draft.stated
        self.actor, self.says, self.decides, self.digest = actor, draft.says, draft.decides, draft.digest
        self.id, self.subject_id, self.register = stated.id, stated.subject_id, stated.register
        self.base, self.at, self.within = stated.base, stated.at, None if within is None else list(within)
        self.state = State.WAITING
        self.version: int | None = None
        self.merged: uuid.UUID | None = None
        self.contested: list[str] = []

    @property
    def area_code(self) -> str | None:
        """Where it says that the subject lies."""
        area_code: str | None = self.says.get(PLACE, (None, None, None))[2]
        return area_code

    def lies_in(self, area_code: str) -> None:
        """Nobody said where it is; it is here."""
        self.says = {**self.says, PLACE: [None, None, area_code]}

    def row(self, received_at: datetime) -> dict[str, Any]:
        """The columns of the Statement."""
        stated = self.stated
        values, personal = parted(self.register, {name: value for name, value in self.says.items() if name != PLACE})
        lon, lat, area_code = self.says.get(PLACE, (None, None, None))
        return {"id": self.id, "subject_id": self.subject_id, "register": self.register, "base": self.base,
                "source": stated.source, "origin": stated.origin, "form": stated.form, "by_kind": self.actor.kind,
                "by_id": self.actor.id, "device_at": stated.device_at, "at": self.at, "received_at": received_at,
                "values": values, "personal": personal, "lon": lon, "lat": lat, "accuracy": stated.accuracy,
                "area_code": area_code, "decides": sorted(self.decides), "digest": self.digest, "within": self.within,
                "state": self.state, "version": self.version, "merged": self.merged, "contested": self.contested,
                "reason": None}


Told = Statement | Fresh
"""A statement, kept already or just come in."""


def drafted(db: Session, actor: Actor, stated: Sequence[Stated]) -> list[Draft]:
    """These statements with their values read and their places found, in their order; the map is asked once."""
    placed = [one.place for one in stated if one.place is not None]
    grids = iter(areas.areas_at(db, placed) if placed else ())
    own = own_grid(areas_of(actor, "registry.write"))
    return [_draft(db, one, next(grids) if one.place is not None else None, own) for one in stated]


def decision(draft: Draft, fields: frozenset[str]) -> Draft:
    """The same statement, taking the place of all that stands of these fields."""
    return replace(draft, decides=fields, digest=blind_index("decision", draft.digest + repr(sorted(fields))))


def _draft(db: Session, stated: Stated, grid: areas.GridRef | None, own: str | None) -> Draft:
    says, faults = REGISTERS[stated.register].read(stated.values, whole=stated.base is None)
    area_code = stated.area_code or (grid.code if grid else own if stated.place is not None else None)
    if stated.area_code and areas.describe(db, stated.area_code) is None:
        faults.append(Fault("area", "is not the code of an area"))
    elif stated.place is not None and area_code is None:
        faults.append(Fault("place", "must lie in an area of the city"))
    plain = (stated.register, stated.subject_id, stated.base, sorted(says.items()), stated.source, stated.form,
             stated.place and (stated.place.lon, stated.place.lat), stated.area_code)
    digest = blind_index("statement", repr(plain))  # keyed: what somebody said is soon guessed from a plain hash
    if area_code is not None:
        says = says | {PLACE: [stated.place.lon if stated.place else None, stated.place.lat if stated.place else None,
                               area_code]}
    error = Invalid("this statement cannot be kept", *faults) if faults else None
    return Draft(stated, says, digest, error)


def own_grid(within: Sequence[str] | None) -> str | None:
    """Where something is of which nobody says where: in the grid of who says it, who has but one."""
    return within[0] if within and len(within) == 1 and level_of(within[0]) is Level.GRID else None
