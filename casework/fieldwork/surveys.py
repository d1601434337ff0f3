"""专项普查: the same thing asked everywhere: one task for each grid of an area, or for each entry of a register in it.

Tasks are made behind the request, batch by batch: a city has twenty thousand grids. Their ids follow from the survey and the
place, so a batch that is repeated makes none twice.
"""
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, func, select, tuple_, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Conflict, Fault, Invalid, NotFound
from casework.fieldwork.inside import reached
from casework.fieldwork.tasks.task import Kind, State, Task, changed, row_of
from casework.fieldwork.tasks.workers import whose
from casework.geography import areas
from casework.geography.areas import Area, Level
from casework.geography.codes import PARENT_LENGTHS, lies_in
from casework.identity.people import Actor
from casework.identity.permissions import allowed, check
from casework.registry.fields import Register
from casework.registry.records import Entry
from casework.storage import outbox
from casework.storage.database import Base, Keyed, insert_once, partial_index

KINDS = frozenset({Kind.SURVEY, Kind.COMPONENT_SURVEY, Kind.VISIT})

BATCH = 500

Position = tuple[datetime, uuid.UUID]


class Survey(Keyed, Base):
    """One survey, under the id that its maker gave it. `register`: one task for each entry of it, else one for each grid."""

    __tablename__ = "field_surveys"
    kind: Mapped[Kind]
    title: Mapped[str]
    text: Mapped[str | None]
    form_id: Mapped[str | None]
    area_code: Mapped[str]
    register: Mapped[str | None]
    due_at: Mapped[datetime]
    made_by_id: Mapped[uuid.UUID | None]
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    reached: Mapped[str | None]
    """The grid or entry for which the last task was made."""
    spread_at: Mapped[datetime | None]
    """When the last of its tasks was made."""
    cancelled_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "due_at", "id"),
                      partial_index("ix_field_surveys_unspread", "made_at", where="spread_at IS NULL"))


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A survey to be made; `key` is its maker's, so that a resend is harmless."""

    key: uuid.UUID
    kind: Kind
    title: str
    area_code: str
    due_at: datetime
    text: str | None = None
    form_id: str | None = None
    register: Register | None = None


@dataclass(frozen=True)
class Progress:
    """How far a survey is within one area: how many tasks by state, and of those still to be done how many nobody has."""

    code: str
    name: str
    states: dict[State, int]
    vacant: int


def create(db: Session, actor: Actor, asked: Asked) -> Survey:
    """Begin a survey; its tasks follow by "survey.opened". The same one again is the one that is there.

    Raises Invalid with the field, Refused for an area that the actor does not reach, Conflict when the key was used before.
    """
    if asked.kind not in KINDS:
        raise Invalid("this is no survey", Fault("kind", f"must be one of {', '.join(sorted(KINDS))}"))
    if asked.due_at <= clock.now():
        raise Invalid("nobody can do this in time", Fault("due_at", "must be in the future"))
    if areas.describe(db, asked.area_code) is None:
        raise Invalid("there is no such area", Fault("area", "no area has this code"))
    said = {name: value for name, value in vars(asked).items() if name != "key"}
    check(actor, "tasks.manage", asked)
    made = insert_once(db, Survey, [{"id": asked.key, "made_by_id": actor.id, "made_at": clock.now(), **said}], on=("id",))
    if made:
        outbox.publish(db, "survey.opened", asked.key)
    known = db.get_one(Survey, asked.key)
    if any(getattr(known, name) != value for name, value in said.items()):
        raise Conflict("this key was used before for another survey", id=str(asked.key))
    return known


def spread(db: Session, survey_id: uuid.UUID, batch: int = BATCH) -> bool:
    """Make the next tasks of a survey, for at most `batch` grids or entries; whether there may be more.

    Two at once share the work; repeated it makes no task twice.
    """
    survey = db.get(Survey, survey_id, with_for_update=True, populate_existing=True)
    if survey is None or survey.spread_at or survey.cancelled_at:
        return False
    spots = _entries(db, survey, batch) if survey.register else _grids(db, survey, batch)
    workers = whose(db, {spot.area_code for spot in spots})
    made = insert_once(db, Task, [row_of(_task(survey, spot, workers)) for spot in spots], on=("id",))
    changed(db, *sorted(made))
    if spots:
        survey.reached = spots[-1].key
    if len(spots) < batch:
        survey.spread_at = clock.now()
    return survey.spread_at is None


def unspread(db: Session, older_than: datetime, limit: int = 100) -> Sequence[uuid.UUID]:
    """Surveys made before this moment whose tasks are not all there: what should make them was lost on the way."""
    waits = select(Survey.id).where(Survey.spread_at.is_(None), Survey.made_at < older_than, Survey.cancelled_at.is_(None))
    return db.scalars(waits.order_by(Survey.made_at).limit(limit)).all()


def cancel(db: Session, actor: Actor, survey_id: uuid.UUID) -> Survey:
    """Call a survey off with what is not done of it. Called off twice is called off. Raises NotFound."""
    survey = find(db, actor, survey_id, to_change=True)
    if survey.cancelled_at is None:
        survey.cancelled_at = clock.now()
        gone = db.scalars(update(Task).where(Task.survey_id == survey.id, Task.is_open)
                          .values(state=State.CANCELLED, is_open=False, done_at=clock.now(), version=Task.version + 1)
                          .returning(Task.id).execution_options(synchronize_session=False)).all()
        changed(db, *gone)
    return survey


def find(db: Session, actor: Actor, survey_id: uuid.UUID, *, to_change: bool = False) -> Survey:
    """The survey. Raises NotFound when there is none, or none in an area that the actor manages."""
    survey = db.get(Survey, survey_id, with_for_update=to_change, populate_existing=to_change)
    if survey is None or not allowed(actor, "tasks.manage", survey):
        raise NotFound("there is no such survey", id=str(survey_id))
    return survey


def page(db: Session, actor: Actor, *, after: Position | None = None, limit: int = 50) -> Sequence[Survey]:
    """Surveys in areas that the actor manages, the one due last first; `after`: due time and id of the last before."""
    wanted = (select(Survey).where(reached(Survey.area_code, actor, "tasks.manage"))
              .order_by(Survey.due_at.desc(), Survey.id.desc()).limit(limit))
    return db.scalars(wanted.where(tuple_(Survey.due_at, Survey.id) < after) if after else wanted).all()


def progress(db: Session, survey: Survey, area_code: str | None = None) -> list[Progress]:
    """How far it is in each of the areas right below this one (that of the survey, unless said), by code."""
    above = area_code or survey.area_code
    digits = next((length for length in PARENT_LENGTHS if length > len(above)), 15)
    below = func.substr(Task.area_code, 1, digits)
    rows = db.execute(select(below, Task.state, Task.is_open & Task.assignee_id.is_(None), func.count())
                      .where(Task.survey_id == survey.id, lies_in(Task.area_code, above))
                      .group_by(below, Task.state, Task.is_open & Task.assignee_id.is_(None)))
    states: dict[str, Counter[State]] = defaultdict(Counter)
    vacant: Counter[str] = Counter()
    for code, state, nobody, count in rows:
        states[code][state] += count
        vacant[code] += count if nobody else 0
    return [Progress(code, ref.name if (ref := areas.describe(db, code)) else code, dict(states[code]), vacant[code])
            for code in sorted(states)]


@dataclass(frozen=True)
class _Spot:
    """Where one task of a survey lies. `key` tells it from all others of the survey, and grows as they are walked."""

    key: str
    area_code: str
    label: str
    lon: float | None = None
    lat: float | None = None
    subject_id: uuid.UUID | None = None


def _grids(db: Session, survey: Survey, batch: int) -> list[_Spot]:
    wanted = (select(Area.code, Area.name).where(Area.level == Level.GRID, Area.retired_at.is_(None),
                                                 lies_in(Area.code, survey.area_code), Area.code > (survey.reached or ""))
              .order_by(Area.code).limit(batch))
    return [_Spot(code, code, name) for code, name in db.execute(wanted)]


def _entries(db: Session, survey: Survey, batch: int) -> list[_Spot]:
    wanted = (select(Entry.id, Entry.area_code, Entry.label, Entry.lon, Entry.lat)
              .where(Entry.register == survey.register, lies_in(Entry.area_code, survey.area_code))
              .order_by(Entry.area_code, Entry.id).limit(batch))
    if survey.reached:
        code, entry_id = survey.reached.split("/")
        wanted = wanted.where(tuple_(Entry.area_code, Entry.id) > (code, uuid.UUID(entry_id)))
    return [_Spot(f"{code}/{entry_id}", code or "", label, lon, lat, entry_id)
            for entry_id, code, label, lon, lat in db.execute(wanted)]


def _task(survey: Survey, spot: _Spot, workers: dict[str, uuid.UUID]) -> Task:
    where: dict[str, Any] = {"area_code": spot.area_code, "lon": spot.lon, "lat": spot.lat, "subject_id": spot.subject_id}
    return Task(id=uuid.uuid5(survey.id, str(spot.subject_id or spot.key)), kind=survey.kind, text=survey.text,
                title=f"{survey.title}：{spot.label}", form_id=survey.form_id, survey_id=survey.id, due_at=survey.due_at,
                made_by_id=survey.made_by_id, assignee_id=workers.get(spot.area_code), **where)
