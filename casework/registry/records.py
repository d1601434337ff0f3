"""The two tables of the registers: entries as they stand now, and the statements they are compiled from."""
import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from casework import clock
from casework.identity.privacy import Sealed, SealedText, seal
from casework.registry.catalogue import REGISTERS
from casework.registry.compiling import PLACE
from casework.registry.fields import Register
from casework.storage.database import Base, Keyed, partial_index


class Source(StrEnum):
    """By what right somebody says something."""

    COLLECTED = "collected"  # 基层采集: a grid worker looked
    DECLARED = "declared"    # 主动申报: people said it of themselves
    GENERATED = "generated"  # 业务生成: it came up in the work of a department, or of this system


class State(StrEnum):
    """What became of a statement."""

    APPLIED = "applied"
    WAITING = "waiting"    # what it is based on is not here yet
    CONFLICT = "conflict"  # applied, and some of it differs from what others say
    REFUSED = "refused"    # when what it was based on came, it could not be


class Entry(Keyed, Base):
    """What is known of one person, house, entity, component or address; its id is made by who states it first.

    `label` is what lists show and names no person. `head` is what the next statement is to be based on: the id of the latest
    statement, or of the version that it made together with others that it did not know of. lon, lat: WGS-84.
    """

    __tablename__ = "register_entries"
    register: Mapped[Register]
    label: Mapped[str]
    area_code: Mapped[str | None]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    values: Mapped[dict[str, Any]]
    personal: Mapped[SealedText | None] = mapped_column(Sealed("register_entries.personal"))
    head: Mapped[uuid.UUID]
    version: Mapped[int]
    field_versions: Mapped[dict[str, Any]]
    contested: Mapped[list[str]]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        Index(None, "area_code", "id"), Index(None, "lat", "lon"),
    )

    @property
    def whole(self) -> dict[str, Any]:
        """All values by field, those of personal fields in plain: for rules, never to be shown."""
        return {**self.values, **opened(self.personal)}


class Statement(Keyed, Base):
    """One source's claim about one subject. What was said is never changed; below the line stands what became of it."""

    __tablename__ = "register_statements"
    subject_id: Mapped[uuid.UUID]
    register: Mapped[Register]
    base: Mapped[uuid.UUID | None]
    source: Mapped[Source]
    origin: Mapped[str]
    form: Mapped[str | None]
    by_kind: Mapped[str]
    by_id: Mapped[uuid.UUID | None]
    device_at: Mapped[datetime | None]
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    values: Mapped[dict[str, Any]]
    personal: Mapped[SealedText | None] = mapped_column(Sealed("register_statements.personal"))
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    accuracy: Mapped[float | None]
    area_code: Mapped[str | None]
    decides: Mapped[list[str]]
    digest: Mapped[str]
    within: Mapped[list[str] | None]
    """Of one that waits: the areas that its author may write in; None for all."""
    # ---
    state: Mapped[State]
    version: Mapped[int | None]
    merged: Mapped[uuid.UUID | None]
    """Name of the version it made, where that holds more than its author had seen."""
    contested: Mapped[list[str]]
    reason: Mapped[str | None]

    __table_args__ = (
        Index(None, "subject_id", "version"),
        partial_index("ix_register_statements_merged", "merged", where="merged IS NOT NULL"),
        partial_index("ix_register_statements_waiting", "base", where="version IS NULL"),
    )

    @property
    def says(self) -> dict[str, Any]:
        """All that it says by field, personal values in plain, and its place."""
        place = {PLACE: [self.lon, self.lat, self.area_code]} if self.area_code or self.lon is not None else {}
        return {**self.values, **opened(self.personal), **place}

    def lies_in(self, area_code: str) -> None:
        """Nobody said where it is; it is here."""
        self.area_code = area_code


def opened(sealed: SealedText | None) -> dict[str, Any]:
    """Sealed values by field."""
    return orjson.loads(sealed.open()) if sealed else {}


def parted(register: Register, values: dict[str, Any]) -> tuple[dict[str, Any], SealedText | None]:
    """The values that may stand in plain, and the personal ones, sealed."""
    fields = REGISTERS[register].fields
    personal = {name: value for name, value in values.items() if fields[name].personal}
    plain = {name: value for name, value in values.items() if not fields[name].personal}
    return plain, seal(orjson.dumps(personal).decode()) if personal else None
