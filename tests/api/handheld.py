"""A PDA as a client that keeps the rules: it merges what it is told, throws away when told so, and goes on from its cursor."""
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from casework import clock
from casework.fieldwork import changes
from casework.storage.database import transaction
from casework.storage.outbox import Event
from tests.api.town import Caller, Json, key, ok, point

SYNC, CHANGES = "/api/v1/pda/sync", "/api/v1/pda/changes"


def operation(kind: str = "report", /, *, id: str | None = None, at: Any = None, base: str | None = None,  # noqa: A002
              **data: Any) -> Json:
    """A missing manhole cover in the first grid, seen just now, unless told otherwise."""
    if kind == "report":
        data = {"text": "人行道上水井盖缺失", "category": "10101", "place": point(0), "accuracy": 8.5} | data
    return {"id": id or key(), "kind": kind, "at": at or clock.now().isoformat(), "base": base, "data": data}


def send(caller: Caller, *operations: Any, sent_at: Any = None) -> Json:
    """The whole answer."""
    return ok(caller.post(SYNC, {"sent_at": sent_at or clock.now().isoformat(), "operations": list(operations)}), 200)


def results(caller: Caller, *operations: Any, sent_at: Any = None) -> list[Json]:
    """One for each, in the order sent."""
    found: list[Json] = send(caller, *operations, sent_at=sent_at)["results"]
    assert [one["id"] for one in found] == [one.get("id") if isinstance(one, dict) else None for one in operations]
    return found


def done(caller: Caller, *operations: Any) -> list[Json]:
    """The results of what is all done."""
    found = results(caller, *operations)
    assert {one["outcome"] for one in found} == {"done"}, found
    return [one["result"] for one in found]


def faults(one: Json) -> set[str]:
    """The fields at fault in what was refused."""
    assert one["outcome"] == "refused", one
    return {fault["field"] for fault in one["problem"].get("errors", [])}


def house(subject: str | None = None, *, base: str | None = None, grid: int = 0, east: float = 0, **values: Any) -> Json:
    """A statement about a house."""
    return operation("entry", base=base, subject=subject or key(), register="house", place=point(grid, east),
                     values={"address": "南塘路1号"} | values)


def follow() -> int:
    """Follow all that happened and was not followed, as the job does."""
    with transaction() as db:
        return changes.follow(db, list(db.scalars(select(Event.id))))


@dataclass
class Handheld:
    """What a device has, by kind and id. `last` is what it was told by the last pull."""

    caller: Caller
    cursor: str | None = None
    items: dict[tuple[str, str], Json] = field(default_factory=dict)
    resets: int = 0
    last: list[Json] = field(default_factory=list)

    def pull(self, limit: int = 1000) -> "Handheld":
        """Ask until there is no more."""
        self.last = []
        while self.page(limit):
            pass
        return self

    def page(self, limit: int = 1000) -> bool:
        """Ask once; whether there is more."""
        query = {"cursor": self.cursor} if self.cursor else {}
        answer = ok(self.caller.get(CHANGES, limit=limit, **query))
        assert len(answer["items"]) <= limit
        if answer["reset"]:
            self.items.clear()
            self.resets += 1
        for item in answer["items"]:
            place = item["kind"], item["id"]
            if item.get("deleted"):
                self.items.pop(place, None)
            else:
                self.items[place] = self.items.get(place, {}) | item
        self.last += answer["items"]
        self.cursor = answer["next"]
        return bool(answer["more"])

    def of(self, kind: str) -> dict[str, Json]:
        """By id what it has of this kind."""
        return {id_: item for (one, id_), item in self.items.items() if one == kind}

    def told(self, kind: str) -> list[Json]:
        """What the last pull said of this kind."""
        return [item for item in self.last if item["kind"] == kind]
