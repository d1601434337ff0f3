"""What a section of the changes is: a reader that goes on from where it was, and a worker as all of them see him."""
import hashlib
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from casework.fieldwork.changes.log import Told
from casework.geography.areas import Area
from casework.identity.people import Actor, Role

Item = dict[str, Any]
"""{"kind", "id", …}: fields to be merged into what the device has under this kind and id; or "deleted": True."""

Position = Any
"""Plain values of JSON, as short as can be: they travel in the cursor. None where nothing was told yet."""


@dataclass(frozen=True)
class Worker:
    """Who asks, and where he works: `own` are the codes of the areas of his posts, `inside` of those and all that lies in
    them, in order."""

    actor: Actor
    own: tuple[str, ...]
    inside: tuple[str, ...]

    @property
    def user_id(self) -> uuid.UUID:
        """Of the worker: only people carry devices."""
        assert self.actor.id is not None  # noqa: S101 - see above; mypy cannot know
        return self.actor.id

    @property
    def codes(self) -> frozenset[str]:
        """All areas in which what changes is his; a post may name one that is retired."""
        return frozenset((*self.own, *self.inside))

    @property
    def reach(self) -> str:
        """Changes when he is another or works elsewhere: then the device starts over. 12 hex digits."""
        return digest(self.user_id.hex, *sorted(self.codes))


class Batch(NamedTuple):
    """What a section has to tell; `position` is where it goes on, at once if there is `more`. `told` are the things of the log
    that the worker has on the device after this."""

    items: list[Item]
    position: Position
    more: bool
    told: Collection[Told] = ()


@dataclass(frozen=True)
class Section:
    """`read` tells up to `limit` items from behind a position, `fits` says whether a position may be one of its own."""

    read: Callable[[Session, Worker, Position, int], Batch]
    fits: Callable[[Position], bool]


def worker(db: Session, actor: Actor) -> Worker:
    """Where this actor works as a grid worker, now: one query."""
    own = tuple(sorted({post.area_code for post in actor.posts if post.role is Role.GRID_WORKER and post.area_code}))
    inside = or_(*((Area.code >= code) & (Area.code < f"{code}:") for code in own))
    found = db.scalars(select(Area.code).where(inside, Area.retired_at.is_(None)).order_by(Area.code)).all() if own else ()
    return Worker(actor, own, tuple(found))


def digest(*said: str) -> str:
    """12 hex digits that change when what is said does."""
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:12]


def turn(version: str | int, keys: Sequence[str], position: Position, limit: int) -> tuple[list[str], Position, bool]:
    """A list that is told again as a whole when its version changes, in pages: the keys of this one, the position after it,
    and whether there are more. `keys` in their order."""
    told, after = position or [None, ""]
    if told == version and after is None:
        return [], position, False
    ahead = [key for key in keys if key > after] if told == version else list(keys)
    page = ahead[:limit]
    more = len(ahead) > len(page)
    return page, [version, page[-1] if more else None], more


def fits_turn(position: Position) -> bool:
    """Whether turn() may have given this position."""
    return position is None or (isinstance(position, list) and len(position) == 2 and type(position[0]) in {str, int}
                                and isinstance(position[1], str | None))
