"""One entry in the making: what stands of it, and what each further statement changes."""
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from casework import clock
from casework.registry.catalogue import REGISTERS
from casework.registry.compiling import PLACE, Claim, Record, Said
from casework.registry.drafts import Told
from casework.registry.fields import Register
from casework.registry.keys import Change
from casework.registry.records import Entry, State, Statement, parted

VERSIONS = uuid.UUID("10356f3f-b174-53ee-948f-649e9c964dd2")


def merged_id(statement_id: uuid.UUID) -> uuid.UUID:
    """The name of a version that holds more than the author of its last statement had seen."""
    return uuid.uuid5(VERSIONS, str(statement_id))


@dataclass
class Subject:
    """The entry as it is in the database (None: not there yet), and as it is becoming."""

    id: uuid.UUID
    register: Register
    entry: Entry | None
    record: Record = field(default_factory=Record)
    seen: dict[uuid.UUID, int] = field(default_factory=dict)
    """What somebody has seen who bases a statement on this id, bit by bit."""
    head: uuid.UUID | None = None
    before: dict[str, Any] = field(default_factory=dict)
    applied: list[Told] = field(default_factory=list)

    @classmethod
    def of(cls, entry: Entry) -> "Subject":
        """An entry whose statements are not looked at: enough for what is based on its head while nothing is contested."""
        made = cls(entry.id, entry.register, entry, head=entry.head, before=entry.whole)
        place = {PLACE: [entry.lon, entry.lat, entry.area_code]}
        made.record = Record.resumed(made.before | place, entry.field_versions, entry.version, (entry.created_at, entry.head))
        made.seen = {entry.head: made.record.all}
        return made

    def recall(self, statements: Iterable[Statement]) -> None:
        """Begin anew with all statements that were applied, in order of their versions."""
        self.record, self.seen = Record(), {}
        for one in statements:
            self._count(one)

    def _count(self, one: Told) -> int:
        seen = self.seen[one.base] if one.base else 0
        whole = seen == self.record.all
        number = self.record.apply(Claim(one.id, one.at, seen, one.says, frozenset(one.decides)))
        self.seen[one.id] = seen | 1 << number
        self.head = one.id
        if not whole:
            self.head = merged_id(one.id)
            self.seen[self.head] = self.record.all
        return number

    @property
    def area_code(self) -> str | None:
        """Where it lies now, as far as anybody said."""
        line = self.record.lines.get(PLACE)
        return line.shown.value[2] if line and line.shown else None

    def knows(self, base: uuid.UUID | None) -> bool:
        """Whether a statement with this base can be applied."""
        return base is None or base in self.seen

    def apply(self, one: Told) -> None:
        """Apply a statement whose base is here. Sets what became of it."""
        number = self._count(one)
        self.applied.append(one)
        one.version, one.within = number + 1, None
        one.merged = None if self.head == one.id else self.head
        says, lines = one.says, self.record.lines
        one.contested = sorted(name for name in self.record.contested()
                               if name in says and says[name] != _value(lines[name].shown))
        one.state = State.CONFLICT if one.contested else State.APPLIED

    def columns(self) -> dict[str, Any]:
        """The entry's columns as they now are to be."""
        values = self.record.values()
        lon, lat, area_code = values.pop(PLACE, (None, None, None))
        plain, personal = parted(self.register, values)
        return {"label": REGISTERS[self.register].label(values), "area_code": area_code, "lon": lon, "lat": lat,
                "values": plain, "personal": personal, "head": self.head, "version": self.record.count,
                "field_versions": self.record.versions(), "contested": sorted(self.record.contested()),
                "changed_at": clock.now()}

    def change(self) -> Change:
        """What the index has to know."""
        after = {name: value for name, value in self.record.values().items() if name != PLACE}
        return Change(self.id, self.register, self.before, after)


def linear(entry: Entry, pending: Sequence[Told], known: Iterable[uuid.UUID]) -> bool:
    """Whether what can be applied of these follows one after the other on the head, so that nothing else need be read."""
    by_base: dict[uuid.UUID | None, list[Told]] = {}
    for one in pending:
        by_base.setdefault(one.base, []).append(one)
    head, chain = entry.head, set()
    while len(following := by_base.get(head, [])) == 1:
        head = following[0].id
        chain.add(head)
    here = {one.id for one in pending} | set(known) | {entry.head, None}
    return not entry.contested and not any(one.base in here for one in pending if one.id not in chain)


def _value(said: Said | None) -> Any:
    return said.value if said else None
