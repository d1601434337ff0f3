"""The fixes that are kept: one row for each report, step, task or check-in that told where its worker was."""
import uuid
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint, delete, select, tuple_
from sqlalchemy.orm import Mapped, Session

from casework import clock, settings
from casework.cases.case import Case
from casework.cases.cells import moved
from casework.fieldwork.inside import reached
from casework.fieldwork.presence.assessment import Fix, Shot, assess
from casework.geography import areas
from casework.geography.coordinates import Point
from casework.identity.people import Actor, Role
from casework.identity.rosters import Duty
from casework.media import Photo
from casework.storage.database import Base, Keyed, insert_once, new_id, partial_index

NEIGHBOURS = timedelta(hours=2)
"""Fixes further apart say nothing about speed: at the fastest that is 240 km, wider than a city."""

MOST_NEIGHBOURS = 1000

ASIDE_METRES = 100
"""How far beyond the border of the own grid nobody asks: a street has two sides."""

Position = tuple[datetime, uuid.UUID]


class Subject(StrEnum):
    """What a fix belongs to."""

    REPORT = "report"
    STEP = "step"
    TASK = "task"
    CHECK_IN = "check_in"


WORDS = {Subject.REPORT: "上报", Subject.STEP: "现场查看", Subject.TASK: "任务", Subject.CHECK_IN: "签到"}

AT_HOME = frozenset({Subject.REPORT, Subject.CHECK_IN})
"""Who does a task or looks at a case may have been sent into another grid."""


@dataclass(frozen=True)
class Noted:
    """A fix to be kept: of the report, task or check-in of this id, or of a step: then the id of its operation, and its
    case. `photos` are ids of photos that came with it; those of a report are found by themselves."""

    kind: Subject
    subject_id: uuid.UUID
    fix: Fix
    case_id: uuid.UUID | None = None
    photos: Sequence[uuid.UUID] = field(default=())


class Check(Keyed, Base):
    """One fix of one person and what is odd about it. Forgotten by rule as tracks are.

    `area_code` is the grid in which it lies; of one that has strayed, or lies outside of the city, the person's own.
    """

    __tablename__ = "presence_checks"
    kind: Mapped[Subject]
    subject_id: Mapped[uuid.UUID]
    case_id: Mapped[uuid.UUID | None]
    user_id: Mapped[uuid.UUID]
    at: Mapped[datetime]
    lon: Mapped[float]
    lat: Mapped[float]
    accuracy: Mapped[float | None]
    mock: Mapped[bool]
    area_code: Mapped[str | None]
    flags: Mapped[list[str]]
    flagged: Mapped[bool]

    __table_args__ = (
        UniqueConstraint("kind", "subject_id"), Index(None, "user_id", "at"), Index(None, "at"),
        partial_index("ix_presence_checks_flagged", "at", "id", where="flagged"),
    )

    @property
    def fix(self) -> Fix:
        """As the device told it."""
        return Fix(Point(self.lon, self.lat), self.at, self.accuracy, self.mock)


def note(db: Session, actor: Actor, kind: Subject, subject_id: uuid.UUID, fix: Fix, *, case_id: uuid.UUID | None = None,
         photos: Sequence[uuid.UUID] = ()) -> list[str]:
    """Keep one fix; what note_many() says of it."""
    return note_many(db, actor, [Noted(kind, subject_id, fix, case_id, photos)])[0]


def note_many(db: Session, actor: Actor, noted: Sequence[Noted]) -> list[list[str]]:
    """Keep these fixes of the actor, and say what is odd about each: five statements at most, however many.

    A fix that was kept before stays as it is. A step's flags are put on its case here; those of a report by review(), since
    its case and photos come later.
    """
    if not noted or actor.id is None:
        return [[] for _ in noted]
    shots = _shots(db, [photo for one in noted for photo in one.photos])
    line = sorted([*_around(db, actor.id, [one.fix.at for one in noted]), *(one.fix for one in noted)], key=lambda fix: fix.at)
    grids = areas.areas_at(db, [one.fix.place for one in noted])
    strayed, home = _strayed(db, actor, noted), min(_own(actor), default=None)
    found = [assess(one.fix, _beside(one.fix, line), [shots[photo] for photo in one.photos if photo in shots],
                    strayed=outside, what=WORDS[one.kind]) for one, outside in zip(noted, strayed, strict=True)]
    rows = [{"id": new_id(), "kind": one.kind, "subject_id": one.subject_id, "case_id": one.case_id, "user_id": actor.id,
             "at": one.fix.at, "lon": one.fix.place.lon, "lat": one.fix.place.lat, "accuracy": one.fix.accuracy,
             "mock": one.fix.mock, "area_code": grid.code if grid and not outside else home, "flags": flags,
             "flagged": bool(flags)} for one, grid, outside, flags in zip(noted, grids, strayed, found, strict=True)]
    insert_once(db, Check, sorted(rows, key=lambda row: str(row["subject_id"])), on=("kind", "subject_id"))
    for one, flags in zip(noted, found, strict=True):
        if one.case_id and flags and (case := db.get(Case, one.case_id, with_for_update=True)):
            case.flag(*flags)  # the line of the step itself stands in the history
    return found


def flagged(db: Session, actor: Actor, *, area_code: str | None = None, user_id: uuid.UUID | None = None,
            after: Position | None = None, limit: int = 50) -> Sequence[Check]:
    """Checks with a flag that the actor reaches, the latest first; `after`: time and id of the last one of the page before."""
    wanted = (select(Check).where(Check.flagged, reached(Check.area_code, actor, "tracks.read", area_code))
              .order_by(Check.at.desc(), Check.id.desc()).limit(limit))
    if user_id:
        wanted = wanted.where(Check.user_id == user_id)
    if after:
        wanted = wanted.where(tuple_(Check.at, Check.id) < after)
    return db.scalars(wanted).all()


def forget_old(db: Session, batch: int) -> int:
    """Forget where people were settings.track_days ago: what was flagged stands in the case. Returns how many."""
    old = (select(Check.id).where(Check.at < clock.now() - timedelta(days=settings.current().track_days))
           .order_by(Check.at).limit(batch))
    return len(db.scalars(delete(Check).where(Check.id.in_(old)).returning(Check.id)).all())


def _shots(db: Session, photo_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Shot]:
    if not photo_ids:
        return {}
    return {photo.id: shot(photo) for photo in db.scalars(select(Photo).where(Photo.id.in_(photo_ids)))}


def shot(photo: Photo) -> Shot:
    """What the camera says of a photo."""
    return Shot(photo.taken_at, photo.place)


def _around(db: Session, user_id: uuid.UUID, moments: Sequence[datetime]) -> list[Fix]:
    """The latest of this person's fixes that may stand beside one of these moments."""
    wanted = select(Check.lon, Check.lat, Check.at, Check.accuracy).where(
        Check.user_id == user_id, Check.at > min(moments) - NEIGHBOURS, Check.at < max(moments) + NEIGHBOURS)
    return [Fix(Point(lon, lat), at, accuracy)
            for lon, lat, at, accuracy in db.execute(wanted.order_by(Check.at.desc()).limit(MOST_NEIGHBOURS))]


def _beside(fix: Fix, line: Sequence[Fix]) -> list[Fix]:
    """The fix before and the fix after this one, where they are near in time; `line` is in the order of time."""
    at = next(place for place in range(bisect_left(line, fix.at, key=lambda one: one.at), len(line)) if line[place] is fix)
    return [line[other] for other in (at - 1, at + 1)
            if 0 <= other < len(line) and abs(line[other].at - fix.at) < NEIGHBOURS]


def _strayed(db: Session, actor: Actor, noted: Sequence[Noted]) -> list[bool]:
    """Of each, whether it lies outside of the grids that the actor walks, or stands in for, by more than a street's width."""
    own = _own(actor)
    if not own or any(not post.area_codes for post in actor.each() if Role.GRID_WORKER in post.roles):
        return [False for _ in noted]
    away = [one.kind in AT_HOME and not _within(db, one.fix, own) for one in noted]
    if not any(away):
        return away
    moments = [one.fix.at for one in noted]
    duties = db.execute(select(Duty.area_code, Duty.since, Duty.until).where(
        Duty.user_id == actor.id, Duty.role == Role.GRID_WORKER, Duty.since <= max(moments), Duty.until > min(moments))).all()
    return [outside and not any(duty.since <= one.fix.at < duty.until and _within(db, one.fix, {duty.area_code or ""})
                                for duty in duties) for outside, one in zip(away, noted, strict=True)]


def _own(actor: Actor) -> set[str]:
    """The areas that the actor walks."""
    return {code for post in actor.each() if Role.GRID_WORKER in post.roles for code in post.area_codes}


def _within(db: Session, fix: Fix, codes: set[str]) -> bool:
    """Whether the fix, or a point as near to it as its error and a street's width, lies in one of these areas."""
    metres = ASIDE_METRES + min(fix.accuracy or 0, ASIDE_METRES)
    ring = [moved(fix.place, east * metres, north * metres)
            for east, north in ((0, 0), (1, 0), (0, 1), (-1, 0), (0, -1), (.7, .7), (.7, -.7), (-.7, .7), (-.7, -.7))]
    return any(grid is not None and grid.code.startswith(tuple(codes)) for grid in areas.areas_at(db, ring))
