"""Saved mappings: how the exports of one hotline are to be read, kept under a name."""
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Fault, Invalid, NotFound
from casework.geography.coordinates import System
from casework.identity.people import Actor, Role
from casework.identity.permissions import check
from casework.identity.sessions.clients import Client
from casework.intake.hotline.columns import FIELDS, LEFT_OUT, Plan
from casework.intake.hotline.tickets import numbering_of
from casework.storage.database import Base, Keyed


class Mapping(Keyed, Base):
    """How files of one kind are read; see columns.Plan. `platform_id`: the system whose ticket numbers they have."""

    __tablename__ = "hotline_mappings"
    name: Mapped[str] = mapped_column(unique=True)
    columns: Mapped[dict[str, Any]]
    words: Mapped[dict[str, Any]]
    system: Mapped[System]
    platform_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("clients.id"))
    changed_at: Mapped[datetime]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a caller says of a file: the name of a saved mapping, and what is different this once."""

    mapping: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    system: System | None = None
    platform_id: uuid.UUID | None = None


def save(db: Session, name: str, wanted: Wanted) -> Mapping:
    """Keep a mapping under this name, in the place of the one that was there. Raises Invalid."""
    faults = [Fault(f"columns.{heading}", f"{target} is not a part of a ticket") for heading, target in wanted.columns.items()
              if target not in {LEFT_OUT, *FIELDS}]
    faults += [Fault(f"words.{target}", f"{target} is not a part of a ticket") for target in wanted.words
               if target not in FIELDS]
    if faults:
        raise Invalid("this mapping does not fit", *faults)
    _check_platform(db, wanted.platform_id)
    made = db.scalar(select(Mapping).where(Mapping.name == name).with_for_update()) or Mapping(name=name)
    made.columns, made.words, made.system = wanted.columns, wanted.words, wanted.system or System.WGS84
    made.platform_id, made.changed_at = wanted.platform_id, clock.now()
    db.add(made)
    db.flush()
    return made


def every(db: Session) -> Sequence[Mapping]:
    """All of them, by name."""
    return db.scalars(select(Mapping).order_by(Mapping.name)).all()


def plan(db: Session, actor: Actor, wanted: Wanted) -> Plan:
    """How this file is to be read: the saved mapping with what is said beside it. A platform's tickets have its own numbers.

    Raises Refused, NotFound for an unknown mapping, Invalid for a platform that is none.
    """
    check(actor, "tickets.import")
    saved = db.scalar(select(Mapping).where(Mapping.name == wanted.mapping)) if wanted.mapping else None
    if wanted.mapping and saved is None:
        raise NotFound(f"there is no mapping {wanted.mapping}")
    platform = wanted.platform_id or (saved.platform_id if saved else None)
    if Role.PLATFORM in actor.roles:
        platform = actor.id
    _check_platform(db, platform)
    kept: dict[str, Any] = saved.words if saved else {}
    return Plan(columns=(saved.columns if saved else {}) | wanted.columns,
                words={one: kept.get(one, {}) | wanted.words.get(one, {}) for one in kept.keys() | wanted.words.keys()},
                system=wanted.system or (saved.system if saved else System.WGS84), source=numbering_of(platform))


def _check_platform(db: Session, platform_id: uuid.UUID | None) -> None:
    client = db.get(Client, platform_id) if platform_id else None
    if platform_id and (client is None or Role.PLATFORM not in client.roles):
        raise Invalid("there is no such platform", Fault("platform", "names no system that hands over tickets"))
