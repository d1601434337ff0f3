"""The line that a round has left: thinned, sealed, kept for some weeks, shown to its walker and by permission to others."""
import base64
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import ForeignKey, Index, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, settings
from casework.cases.cells import CELL_DEGREES
from casework.errors import CaseworkError, Conflict, NotFound
from casework.geography.coordinates import METRES_PER_DEGREE, Point
from casework.identity.people import Actor
from casework.identity.sealing import Sealed, SealedText, seal
from casework.storage.database import Base, Keyed, insert_once

TOLERANCE_METRES = 5.0
"""How far the kept line may pass beside a point that was dropped: less than receivers err."""

MOST_POINTS = 5000
"""Of one batch: seven hours at one in five seconds."""

GOOD_METRES = 100
"""A point that may be further off says nothing about which square was walked."""

PACKED = np.dtype([("lon", "<i4"), ("lat", "<i4"), ("accuracy", "<u2"), ("at", "<u4")])
"""Millionths of a degree (11 cm), metres, seconds since 1970: fourteen bytes a point."""

TEN_SECONDS = 10_000
"""In milliseconds: so often somebody on foot is looked for along a line, to find every square."""

EDGE = timedelta(seconds=30)
"""Start and points are corrected by two measurements of the device's clock, which differ by what the network took."""

Rows = NDArray[np.float64]


class Track(Keyed, Base):
    """One batch of points of a round, under the id that the device gave it. Where somebody went is sensitive: it is sealed."""

    __tablename__ = "field_tracks"
    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("field_rounds.id"))
    user_id: Mapped[uuid.UUID]
    since: Mapped[datetime]
    until: Mapped[datetime]
    kept: Mapped[int]
    dropped: Mapped[int]
    metres: Mapped[float]
    points: Mapped[SealedText] = mapped_column(Sealed("field_tracks.points"))
    """The line, and the first point in each square and hour: see written()."""
    received_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (Index(None, "round_id", "since"), Index(None, "until"))


@dataclass(frozen=True)
class Batch:
    """Points of a round as a device sends them: [lon, lat, accuracy in metres, unix milliseconds] by the device's clock,
    which is `behind` ours. `key` is the device's own, so that a resend is harmless."""

    key: uuid.UUID
    round_id: uuid.UUID
    points: Sequence[Sequence[float]]
    behind: timedelta = timedelta()


@dataclass(frozen=True)
class Kept:
    """What was kept of a batch, and how many of its points lay outside of the round; the same for every resend."""

    kept: int
    dropped: int


Fixes = list[tuple[Point, datetime]]


@dataclass(frozen=True)
class Cut:
    """What was thrown away of a track: how many points fewer are kept, how many lay outside, how long they were, and where
    else they had been (see squares())."""

    kept: int
    dropped: int
    metres: float
    walked: Fixes


@dataclass(frozen=True)
class Drawn:
    """What a batch adds to its round. `walked`: the squares in which it was, before thinning (see squares())."""

    round_id: uuid.UUID
    kept: int
    dropped: int
    metres: float
    walked: Fixes


@dataclass(frozen=True)
class Line:
    """What is left of points: rows of longitude, latitude, accuracy and unix milliseconds, and its length in metres."""

    rows: Rows
    metres: float


def keep(db: Session, actor: Actor, batches: Sequence[Batch],
         spans: Mapping[uuid.UUID, tuple[datetime, datetime]]) -> tuple[list[Kept | CaseworkError], list[Drawn]]:
    """Keep each batch once, as far as it lies in the span of its round; and what is new of it. Three statements.

    An answer is NotFound where `spans` does not have the round, Conflict where the key is that of another batch.
    """
    first = {one.key: one for one in reversed(batches) if one.round_id in spans}
    known = {row.id: row for row in db.execute(select(Track.id, Track.round_id, Track.kept, Track.dropped).where(
        Track.id.in_([one.key for one in batches])))}
    new, rows = [], []
    for key in sorted(first.keys() - known.keys()):
        row, drawn = _drawn(first[key], actor, *spans[first[key].round_id])
        rows.append(row)
        new.append(drawn)
    insert_once(db, Track, rows, on=("id",))
    made = {row["id"]: row for row in rows}
    return [_answer(one, made, known) for one in batches], new


def draw(rows: Rows) -> Line:
    """The line of these points in the order of their time; two of one moment are one. Pure."""
    rows = rows[np.unique(rows[:, 3], return_index=True)[1]]
    if not len(rows):
        return Line(rows, 0.0)
    plane = on_plane(rows[:, :2])
    left = thinned(plane, TOLERANCE_METRES)
    return Line(rows[left], float(np.hypot(*np.diff(plane[left], axis=0).T).sum()))


def within(rows: Rows, since: datetime, until: datetime) -> NDArray[np.bool_]:
    """Which points lie in this span, or as near to it as two measurements of a device's clock differ."""
    since_ms, until_ms = ((since - EDGE).timestamp() * 1000, (until + EDGE).timestamp() * 1000)
    return np.logical_and(rows[:, 3] >= since_ms, rows[:, 3] <= until_ms)


def on_plane(lonlat: Rows) -> Rows:
    """Degrees as metres east and north of the first point, on a plane that touches the earth there."""
    metres_per_degree = METRES_PER_DEGREE * np.array([np.cos(np.radians(lonlat[0, 1])), 1.0])
    plane: Rows = (lonlat - lonlat[0]) * metres_per_degree
    return plane


def thinned(plane: Rows, tolerance: float) -> NDArray[np.int64]:
    """Which points to keep so that none that is dropped lies further than this beside the piece that replaces it.

    Douglas and Peucker 1973, by GEOS: the ends stay, and of a piece that strays the point furthest off. Each point carries
    its number as a third coordinate, which the measuring ignores.
    """
    if len(plane) < 3:
        return np.arange(len(plane))
    line = shapely.linestrings(np.column_stack([plane, np.arange(len(plane))]))
    kept = shapely.get_coordinates(shapely.simplify(line, tolerance, preserve_topology=False), include_z=True)
    numbers: NDArray[np.int64] = kept[:, 2].astype(np.int64)
    return numbers


def squares(rows: Rows) -> Rows:
    """The first point in each square and hour, of those that are good enough to say in which square they lie."""
    good = rows[rows[:, 2] <= GOOD_METRES]
    good = good[np.argsort(good[:, 3], kind="stable")]
    hours = np.column_stack([np.floor(good[:, :2] / CELL_DEGREES), good[:, 3] // 3_600_000])
    first: Rows = good[np.unique(hours, axis=0, return_index=True)[1]]
    return first


def fixes(rows: Rows) -> Fixes:
    """These points, each with its moment."""
    return [(Point(lon, lat), datetime.fromtimestamp(at / 1000, UTC)) for lon, lat, _, at in rows.tolist()]


def along(line: Rows, moments: NDArray[np.float64]) -> Rows:
    """Where the line was at these moments (unix milliseconds), as if each piece was walked evenly."""
    return np.column_stack([*(np.interp(moments, line[:, 3], line[:, column]) for column in range(3)), moments])


def points_of(db: Session, round_id: uuid.UUID) -> list[list[float]]:
    """The points of a round as a device sends them, in the order of time. Whoever calls has asked for the permission."""
    batches = db.scalars(select(Track.points).where(Track.round_id == round_id).order_by(Track.since))
    return [point for sealed in batches for point in read(sealed.open())[0].tolist()]


def walked_in(db: Session, round_ids: Sequence[uuid.UUID]) -> Fixes:
    """Where these rounds were, as far as tracks of them are kept (see squares())."""
    batches = db.scalars(select(Track.points).where(Track.round_id.in_(round_ids)))
    return [fix for sealed in batches for fix in fixes(read(sealed.open())[1])]


def cut_off(db: Session, round_id: uuid.UUID, until: datetime) -> Cut:
    """Throw away what was kept of the time after a round ended; what that was."""
    cut = Cut(0, 0, 0.0, [])
    for track in db.scalars(select(Track).where(Track.round_id == round_id, Track.until > until + EDGE).with_for_update()):
        rows, walked = read(track.points.open())
        inside, was_on_duty = within(rows, track.since, until), within(walked, track.since, until)
        line, outside = draw(_up_to(rows, inside, until)), int((~inside).sum())
        cut = Cut(cut.kept + track.kept - len(line.rows), cut.dropped + outside, cut.metres + track.metres - line.metres,
                  cut.walked + fixes(walked[~was_on_duty]))
        if len(line.rows):
            track.dropped += outside
            track.kept, track.metres, track.until = len(line.rows), line.metres, until
            track.points = seal(written(line.rows, walked[was_on_duty]))
        else:
            db.delete(track)
    return cut


def _up_to(rows: Rows, inside: NDArray[np.bool_], until: datetime) -> Rows:
    """The points inside, and where the line was at the end: of a straight way only its ends are kept, one before the end
    and one long after, and what lies between was walked on duty."""
    last = float(until.timestamp() // 1 * 1000)
    kept = rows[inside]
    return np.concatenate([kept, along(rows, np.array([last]))]) if len(kept) and kept[-1, 3] < last else kept


def forget_old(db: Session, batch: int) -> int:
    """Forget up to `batch` tracks of settings.track_days ago; returns how many, call again while it is `batch`."""
    old = (select(Track.id).where(Track.until < clock.now() - timedelta(days=settings.current().track_days))
           .order_by(Track.until).limit(batch))
    return len(db.scalars(delete(Track).where(Track.id.in_(old)).returning(Track.id)).all())


def packed(rows: Rows) -> str:
    """Points as text that can be sealed: fourteen bytes each."""
    table = np.empty(len(rows), dtype=PACKED)
    table["lon"], table["lat"] = np.round(rows[:, 0] * 1e6), np.round(rows[:, 1] * 1e6)
    table["accuracy"], table["at"] = np.clip(np.round(rows[:, 2]), 0, 65_535), rows[:, 3] // 1000
    return base64.b85encode(table.tobytes()).decode()


def unpacked(text: str) -> Rows:
    """What packed() was given, to 11 cm, a metre of accuracy and a second."""
    table = np.frombuffer(base64.b85decode(text), dtype=PACKED)
    return np.column_stack([table["lon"] / 1e6, table["lat"] / 1e6, table["accuracy"].astype(np.float64),
                            table["at"].astype(np.float64) * 1000])


def written(line: Rows, walked: Rows) -> str:
    """What is sealed of a batch. Beside the thinned line stands where it was before thinning, or nobody could say later which
    squares were walked before a moment and which after."""
    return f"{packed(line)},{packed(walked)}"


def read(text: str) -> tuple[Rows, Rows]:
    """What written() was given. Of a track that was kept without its squares they are those along its line."""
    line, _, walked = text.partition(",")
    rows = unpacked(line)
    if "," in text or not len(rows):
        return rows, unpacked(walked)
    return rows, squares(along(rows, np.arange(rows[0, 3], rows[-1, 3] + 1, TEN_SECONDS)))


def _drawn(batch: Batch, actor: Actor, since: datetime, until: datetime) -> tuple[dict[str, Any], Drawn]:
    rows = np.array(batch.points, dtype=np.float64).reshape(-1, 4)
    rows[:, 3] += batch.behind.total_seconds() * 1000
    rows[:, :2] = np.round(rows[:, :2], 6)  # as it is packed: else a square could be another when it is read again
    taken = rows[within(rows, since, until)]
    line, walked, dropped = draw(taken), squares(taken), len(rows) - len(taken)
    moments = [datetime.fromtimestamp(at / 1000, UTC) for at in line.rows[[0, -1], 3].tolist()] if len(line.rows) else [since]
    row = {"id": batch.key, "round_id": batch.round_id, "user_id": actor.id, "since": moments[0], "until": moments[-1],
           "kept": len(line.rows), "dropped": dropped, "metres": line.metres, "points": seal(written(line.rows, walked)),
           "received_at": clock.now()}
    return row, Drawn(batch.round_id, len(line.rows), dropped, line.metres, fixes(walked))


def _answer(batch: Batch, made: Mapping[uuid.UUID, Mapping[str, Any]], known: Mapping[uuid.UUID, Any]) -> Kept | CaseworkError:
    if batch.key in made:
        row = made[batch.key]
        return Kept(row["kept"], row["dropped"])
    if batch.key not in known:
        return NotFound("this round has not begun here", id=str(batch.round_id))
    earlier = known[batch.key]
    if earlier.round_id != batch.round_id:
        return Conflict("this key was used before for another batch", key=str(batch.key))
    return Kept(earlier.kept, earlier.dropped)
