"""Looking at warnings: lists by area, who has seen one, whether it was right, and how often each kind is."""
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, select, tuple_
from sqlalchemy.orm import Session

from casework import clock, taxonomy
from casework.errors import Conflict, NotFound
from casework.geography import areas
from casework.geography.codes import lies_in
from casework.identity.people import Actor, User
from casework.identity.permissions import allowed, areas_of, check
from casework.performance.early_warning.warning import EarlyWarning, Kind, Outcome, State
from casework.performance.early_warning.wording import Named, sentence

YEAR = timedelta(days=365)
"""How far back precision is counted: what was wrong before that, somebody has tuned."""

Position = tuple[datetime, uuid.UUID]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a page of warnings is narrowed to; None means any. `area_code` includes everything inside that area."""

    state: State | None = None
    kind: Kind | None = None
    area_code: str | None = None


def page(db: Session, actor: Actor, wanted: Wanted, *, after: Position | None = None,
         limit: int = 50) -> tuple[list[dict[str, Any]], Position | None]:
    """Up to `limit` warnings over which a post of the actor looks, the latest first; and where the next page goes on."""
    where = [*_seen_by(actor)]
    if wanted.state:
        where.append(EarlyWarning.state == wanted.state)
    if wanted.kind:
        where.append(EarlyWarning.kind == wanted.kind)
    if wanted.area_code:
        where.append(lies_in(EarlyWarning.area_code, wanted.area_code))
    if after:
        where.append(tuple_(EarlyWarning.raised_at, EarlyWarning.id) < after)
    found = db.scalars(select(EarlyWarning).where(*where)
                       .order_by(EarlyWarning.raised_at.desc(), EarlyWarning.id.desc()).limit(limit + 1)).all()
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    return plain(db, shown), (last.raised_at, last.id) if last else None


def find(db: Session, actor: Actor, warning_id: uuid.UUID, *, to_change: bool = False) -> EarlyWarning:
    """The warning of this id, locked when it is to be changed. Raises NotFound also where the actor may not know of it."""
    wanted = select(EarlyWarning).where(EarlyWarning.id == warning_id)
    found = db.scalar(wanted.with_for_update() if to_change else wanted)
    if found is None or not allowed(actor, "warnings.read", found):
        raise NotFound("there is no such warning")
    return found


def whole(db: Session, one: EarlyWarning) -> dict[str, Any]:
    """A warning with its evidence, and what was said of it."""
    (made,) = plain(db, [one])
    given, judge = one.evidence, one.judged_by_id
    return made | {
        "note": one.note, "outcome_note": one.outcome_note, "judged_at": one.judged_at,
        "judged_by": _names(db, {judge}).get(judge) if judge else None,
        "evidence": {name: given.get(name, []) for name in ("cases", "days", "words", "places")}}


def acknowledge(db: Session, one: EarlyWarning, actor: Actor, note: str | None) -> None:
    """The actor has seen it and looks after it. Done again by the same person it only takes the note.

    Raises Refused, or Conflict when somebody else was first.
    """
    check(actor, "warnings.decide", one)
    if one.acknowledged_by_id not in {None, actor.id}:
        raise Conflict("somebody else looks after this warning already")
    if one.acknowledged_at is None:
        one.acknowledged_at, one.acknowledged_by_id = clock.now(), actor.id
    if one.state is State.OPEN:
        one.state = State.ACKNOWLEDGED
    one.note = note or one.note


def judge(db: Session, one: EarlyWarning, actor: Actor, outcome: Outcome, note: str) -> None:
    """The actor says whether it was right, and may say otherwise later. Who judges it has seen it. Raises Refused."""
    check(actor, "warnings.decide", one)
    if one.acknowledged_at is None:
        acknowledge(db, one, actor, None)
    one.outcome, one.outcome_note, one.judged_at, one.judged_by_id = outcome, note, clock.now(), actor.id


def precision(db: Session, actor: Actor) -> list[dict[str, Any]]:
    """Of the last year, by kind: how many warnings the actor could see, how many were judged, and how."""
    def how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count(case((condition, 1)))
    counted = db.execute(
        select(EarlyWarning.kind, func.count().label("raised"), how_many(EarlyWarning.outcome == Outcome.TRUE).label("true"),
               how_many(EarlyWarning.outcome == Outcome.FALSE).label("false"))
        .where(EarlyWarning.raised_at >= clock.now() - YEAR, *_seen_by(actor)).group_by(EarlyWarning.kind))
    found = {row.kind: (row.raised, row.true, row.false) for row in counted}
    return [_fared(kind, *found.get(kind, (0, 0, 0))) for kind in Kind]


def plain(db: Session, warnings: Sequence[EarlyWarning]) -> list[dict[str, Any]]:
    """Warnings as values ready for an encoder."""
    who = _names(db, {one.acknowledged_by_id for one in warnings})
    return [_plain(one, who, names_of(db, one)) for one in warnings]


def names_of(db: Session, one: EarlyWarning) -> Named:
    """The names of its area and category; a code that is no more stands for itself."""
    area = areas.describe(db, one.area_code) if one.area_code else None
    category = taxonomy.catalogue(db).by_code.get(one.category_code) if one.category_code else None
    return Named(area.name if area else one.area_code, category.name if category else one.category_code)


def _seen_by(actor: Actor) -> list[ColumnElement[bool]]:
    scope = areas_of(actor, "warnings.read")
    return [] if scope is None else [lies_in(EarlyWarning.area_code, *scope)]


def _names(db: Session, ids: set[uuid.UUID | None]) -> Mapping[uuid.UUID, str]:
    wanted = ids - {None}
    if not wanted:
        return {}
    return {row.id: row.name for row in db.execute(select(User.id, User.name).where(User.id.in_(wanted)))}


def _plain(one: EarlyWarning, who: Mapping[uuid.UUID, str], named: Named) -> dict[str, Any]:
    return {
        "id": one.id, "kind": one.kind, "state": one.state, "raised_at": one.raised_at, "updated_at": one.updated_at,
        "ended_at": one.ended_at, "area": {"code": one.area_code, "name": named.area} if one.area_code else None,
        "category": {"code": one.category_code, "name": named.category} if one.category_code else None,
        "place": {"lon": one.lon, "lat": one.lat} if one.lon is not None else None, "metres": one.metres,
        "since": one.since, "until": one.until, "count": one.count, "expected": round(one.expected, 2),
        "confidence": round(one.confidence, 4), "sentence": sentence(one, named),
        "acknowledged_by": who.get(one.acknowledged_by_id) if one.acknowledged_by_id else None,
        "acknowledged_at": one.acknowledged_at, "outcome": one.outcome}


def _fared(kind: Kind, raised: int, right: int, wrong: int) -> dict[str, Any]:
    judged = right + wrong
    return {"kind": kind, "raised": raised, "judged": judged, "true": right, "false": wrong,
            "precision": round(right / judged, 3) if judged else None}
