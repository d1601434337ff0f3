"""Rounds: a grid worker is on duty from 签到 to 签退, and only for that time is kept where he went.

Whatever a device sends may come late, twice and in any order: the round is told by its id, a batch and a check-in by theirs.
"""
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import partial

from sqlalchemy import ForeignKey, Index, Select, delete, or_, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, settings
from casework.errors import CaseworkError, Conflict, Fault, Invalid, NotFound
from casework.fieldwork import coverage, presence, tracks
from casework.fieldwork.inside import reached
from casework.fieldwork.presence import Fix, Noted, Subject
from casework.fieldwork.tracks import Batch, Kept
from casework.geography import areas
from casework.geography.codes import LENGTHS, Level, lies_in
from casework.geography.coordinates import Point
from casework.identity.people import Actor
from casework.identity.permissions import allowed
from casework.identity.privacy import Access
from casework.identity.sealing import Sealed, SealedText, seal
from casework.storage.database import Base, Keyed, insert_once, partial_index

LONGEST = timedelta(hours=12)
"""A round that goes on longer was forgotten: nobody is on duty for ever."""

Position = tuple[datetime, uuid.UUID]


class EndedBy(StrEnum):
    """A round that the timetable closed may still be ended by its worker, at the true time."""

    WORKER = "worker"
    TIMETABLE = "timetable"


class Round(Keyed, Base):
    """One round of one worker, under the id that his device gave it. `kept` and `dropped` count points of its track."""

    __tablename__ = "field_rounds"
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    device_id: Mapped[uuid.UUID | None]
    area_code: Mapped[str | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[EndedBy | None]
    kept: Mapped[int] = mapped_column(default=0)
    dropped: Mapped[int] = mapped_column(default=0)
    metres: Mapped[float] = mapped_column(default=0.0)

    __table_args__ = (
        Index(None, "user_id", "started_at", "id"), Index(None, "started_at", "id"),
        partial_index("ix_field_rounds_running", "started_at", "id", where="ended_at IS NULL"),
    )

    @property
    def latest_end(self) -> datetime:
        """When it ended, or must end."""
        return self.ended_at or self.started_at + LONGEST


class CheckIn(Keyed, Base):
    """签到: here I am, at this moment, on a round or not."""

    __tablename__ = "check_ins"
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    round_id: Mapped[uuid.UUID | None]
    at: Mapped[datetime]
    lon: Mapped[float]
    lat: Mapped[float]
    area_code: Mapped[str | None]
    note: Mapped[SealedText | None] = mapped_column(Sealed("check_ins.note"))

    __table_args__ = (Index(None, "user_id", "at"), Index(None, "at"))


@dataclass(frozen=True, kw_only=True)
class Here:
    """A check-in to be kept; `key` is the device's own, `at` in UTC, accuracy in metres."""

    key: uuid.UUID
    at: datetime
    place: Point
    accuracy: float | None = None
    mock: bool = False
    note: str | None = None
    round_id: uuid.UUID | None = None


def start(db: Session, actor: Actor, round_id: uuid.UUID, at: datetime, place: Point | None = None) -> Round:
    """签到: on duty from now on. Started again it is the round that it was. Raises Conflict for an id of somebody else's."""
    assert actor.id is not None  # noqa: S101 - the permission is for people only
    grid = areas.area_at(db, place) if place else None
    insert_once(db, Round, [{
        "id": round_id, "user_id": actor.id, "device_id": actor.device_id, "started_at": at, "kept": 0, "dropped": 0,
        "metres": 0.0, "area_code": grid.code if grid else min(actor.area_codes, default=None)}], on=("id",))
    made = db.get_one(Round, round_id)
    if made.user_id != actor.id:
        raise Conflict("this id is that of another round", id=str(round_id))
    if place:
        coverage.walked(db, [(place, at)])
    return made


def end(db: Session, actor: Actor, round_id: uuid.UUID, at: datetime, place: Point | None = None) -> Round:
    """签退: off duty; what was kept of the time after is thrown away. Ended again it stays as it is.

    Raises NotFound when it is not the actor's or has not begun, Invalid for an end before the start.
    """
    ended = _own(db, actor, [round_id]).get(round_id)
    if ended is None:
        raise NotFound("there is no such round of yours", id=str(round_id))
    if ended.ended_by is EndedBy.WORKER:
        return ended
    if at < ended.started_at:
        raise Invalid("a round ends after it began", Fault("at", f"must be after {ended.started_at.isoformat()}"))
    ended.ended_at, ended.ended_by = min(at, ended.started_at + LONGEST), EndedBy.WORKER
    cut = tracks.cut_off(db, ended.id, ended.ended_at)
    ended.kept, ended.dropped, ended.metres = ended.kept - cut.kept, ended.dropped + cut.dropped, ended.metres - cut.metres
    coverage.take_back(db, cut.walked, partial(_on_duty, db, ended.user_id))
    if place:
        coverage.walked(db, [(place, ended.ended_at)])
    return ended


def track(db: Session, actor: Actor, batch: Batch) -> Kept:
    """Keep one batch of points. Raises what track_many() answers instead."""
    (kept,) = track_many(db, actor, [batch])
    if isinstance(kept, CaseworkError):
        raise kept
    return kept


def track_many(db: Session, actor: Actor, batches: Sequence[Batch]) -> list[Kept | CaseworkError]:
    """Keep the points of the actor's rounds that lie inside them, thinned; each batch once. Six statements, however many.

    A batch of a round that has not begun here comes back as NotFound: its start may still be on the way.
    """
    if not batches:
        return []
    rounds = _own(db, actor, {one.round_id for one in batches})
    spans = {one.id: (one.started_at, one.latest_end) for one in rounds.values()}
    answers, new = tracks.keep(db, actor, batches, spans)
    for drawn in new:
        of = rounds[drawn.round_id]
        of.kept, of.dropped, of.metres = of.kept + drawn.kept, of.dropped + drawn.dropped, of.metres + drawn.metres
    coverage.walked(db, [fix for drawn in new for fix in drawn.walked])
    return answers


def check_in(db: Session, actor: Actor, here: Here) -> list[str]:
    """Keep one check-in and say what is odd about it, for people to look at. The same one again changes nothing."""
    return check_in_many(db, actor, [here])[0]


def check_in_many(db: Session, actor: Actor, here: Sequence[Here]) -> list[list[str]]:
    """Keep these check-ins, each once, and say what is odd about each; eight statements, however many.

    Raises Conflict when a key is that of somebody else's.
    """
    grids = areas.areas_at(db, [one.place for one in here])
    rows = [{"id": one.key, "user_id": actor.id, "round_id": one.round_id, "at": one.at, "lon": one.place.lon,
             "lat": one.place.lat, "area_code": grid.code if grid else None, "note": seal(one.note) if one.note else None}
            for one, grid in zip(here, grids, strict=True)]
    made = insert_once(db, CheckIn, sorted(rows, key=lambda row: str(row["id"])), on=("id",))
    _refuse_strange(db, actor, {one.key for one in here} - made)
    coverage.walked(db, [(one.place, one.at) for one in here])
    return presence.note_many(db, actor, [
        Noted(Subject.CHECK_IN, one.key, Fix(one.place, one.at, one.accuracy, one.mock)) for one in here])


def own(db: Session, actor: Actor, *, after: Position | None = None, limit: int = 50) -> Sequence[Round]:
    """One's own rounds, the latest first; `after`: start and id of the last one of the page before."""
    return db.scalars(_latest(after, limit).where(Round.user_id == actor.id)).all()


def listed(db: Session, actor: Actor, *, user_id: uuid.UUID | None = None, area_code: str | None = None,
           since: datetime | None = None, until: datetime | None = None, after: Position | None = None,
           limit: int = 50) -> Sequence[Round]:
    """Rounds of whomever, in areas over which the actor may read tracks, the latest first.

    Times and figures only; where somebody went is shown by look().
    """
    wanted = _latest(after, limit).where(reached(Round.area_code, actor, "tracks.read", area_code))
    if user_id:
        wanted = wanted.where(Round.user_id == user_id)
    if since:
        wanted = wanted.where(Round.started_at >= since)
    if until:
        wanted = wanted.where(Round.started_at < until)
    return db.scalars(wanted).all()


def look(db: Session, actor: Actor, round_id: uuid.UUID, reason: str | None = None) -> list[list[float]]:
    """The track of a round: [lon, lat, accuracy in metres, unix milliseconds], in the order of time.

    One's own, or by "tracks.read" with a reason that is kept in the access log. Raises NotFound, Invalid without a reason.
    """
    found = db.get(Round, round_id)
    if found is None or not (found.user_id == actor.id or allowed(actor, "tracks.read", found)):
        raise NotFound("there is no such round", id=str(round_id))
    if found.user_id != actor.id:
        if not reason:
            raise Invalid("why do you look?", Fault("reason", "say why: it is kept in the access log"))
        db.add(Access(actor_kind=actor.kind, actor_id=actor.id, actor_name=actor.name, subject_kind="round",
                      subject_id=found.id, field="track", reason=reason))
    return tracks.points_of(db, found.id)


def close_forgotten(db: Session, batch: int) -> int:
    """End up to `batch` rounds that nobody ended within LONGEST; points from inside that still come are kept. How many."""
    forgotten = db.scalars(select(Round).where(Round.ended_at.is_(None), Round.started_at < clock.now() - LONGEST)
                           .order_by(Round.started_at, Round.id).limit(batch).with_for_update(skip_locked=True)).all()
    for one in forgotten:
        one.ended_at, one.ended_by = one.latest_end, EndedBy.TIMETABLE
    return len(forgotten)


def forget_check_ins(db: Session, batch: int) -> int:
    """Forget up to `batch` check-ins of settings.track_days ago; returns how many, call again while it is `batch`."""
    old = (select(CheckIn.id).where(CheckIn.at < clock.now() - timedelta(days=settings.current().track_days))
           .order_by(CheckIn.at).limit(batch))
    return len(db.scalars(delete(CheckIn).where(CheckIn.id.in_(old)).returning(CheckIn.id)).all())


def _refuse_strange(db: Session, actor: Actor, known: set[uuid.UUID]) -> None:
    """Of check-ins that were there before: they must be the actor's own, or what is acknowledged here is not kept."""
    strange = select(CheckIn.id).where(CheckIn.id.in_(known), CheckIn.user_id != actor.id).limit(1)
    if known and (found := db.scalar(strange)):
        raise Conflict("this key was used before for another check-in", key=str(found))


def _own(db: Session, actor: Actor, round_ids: Sequence[uuid.UUID] | set[uuid.UUID]) -> dict[uuid.UUID, Round]:
    """These rounds of the actor, locked: points that come while one is ended wait for its end."""
    return {one.id: one for one in db.scalars(
        select(Round).where(Round.id.in_(round_ids), Round.user_id == actor.id).order_by(Round.id).with_for_update()
        .execution_options(populate_existing=True))}


def _on_duty(db: Session, user_id: uuid.UUID, grids: set[str], days: set[date]) -> list[tuple[Point, datetime]]:
    """Where this worker, and whoever else walks in the streets of these grids, was on these days by tracks and check-ins.

    Where rounds began and ended is kept only as squares; the tracks between begin and end there.
    """
    since = datetime.combine(min(days), time(), clock.CITY)
    until = datetime.combine(max(days) + timedelta(days=1), time(), clock.CITY)
    streets = sorted({code[:LENGTHS[Level.STREET][0]] for code in grids})
    near = select(Round.id).where(Round.started_at >= since - LONGEST, Round.started_at < until,
                                  or_(Round.user_id == user_id, lies_in(Round.area_code, *streets)))
    seen = select(CheckIn.lon, CheckIn.lat, CheckIn.at).where(CheckIn.at >= since, CheckIn.at < until,
                                                              CheckIn.area_code.in_(grids))
    return [*tracks.walked_in(db, db.scalars(near).all()), *((Point(lon, lat), at) for lon, lat, at in db.execute(seen))]


def _latest(after: Position | None, limit: int) -> Select[Round]:
    wanted = select(Round).order_by(Round.started_at.desc(), Round.id.desc()).limit(limit)
    return wanted.where(tuple_(Round.started_at, Round.id) < after) if after else wanted
