"""Who goes and looks: the grid's own worker, else the nearest one with the least to do, never who reported or handled."""
import uuid
from collections.abc import Set as AbstractSet

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework.cases import evidence, workflow
from casework.cases.case import Case
from casework.cases.consequences import Consequences
from casework.cases.workflow import Facts
from casework.errors import CaseworkError, Fault, Invalid
from casework.geography.codes import lies_in
from casework.geography.coordinates import metres_between
from casework.identity import rosters
from casework.identity.people import SYSTEM, Actor, Post, Role, User, actor_of
from casework.media import photo
from casework.media.photo import Purpose

RINGS = (15, 14, 12, 9, 6, 0)
"""How many digits of the area code must agree: grid, community, street, district, and at last anywhere in the city."""


def check(db: Session, user_id: uuid.UUID, never: AbstractSet[uuid.UUID]) -> None:
    """Raises Invalid unless this is a grid worker who may look at it."""
    try:
        worker = actor_of(db, user_id)
    except CaseworkError as error:
        raise Invalid(error.sentence, Fault("inspector", error.sentence)) from None
    if Role.GRID_WORKER not in worker.roles:
        raise Invalid("only grid workers inspect", Fault("inspector", "is no grid worker"))
    if user_id in never:
        raise Invalid("who handled or reported it does not look at it", Fault("inspector", "handled or reported it"))


def look(db: Session, case: Case, actor: Actor, facts: Facts, action: str) -> None:
    """Take the step of somebody who is at the place: near enough to have looked, with photos of his own.

    Raises what Case.move() raises first: who may not is told so, whatever else is wrong.
    """
    metres = metres_between(case.place, facts.position) if case.place and facts.position else None
    case.move(action, actor, facts, extra={} if metres is None else {"metres": round(metres)})
    case.flag(*evidence.far_away(db, case, facts.position, workflow.STEPS[action].says.partition(" ")[0]))
    photo.attach(db, facts.photos, case_id=case.id, purpose=Purpose.INSPECTION, step=action, actor_id=actor.id)


def sample(db: Session, case: Case, later: Consequences | None = None) -> None:
    """抽查: a share of what was put right on the spot is looked at by somebody else. Call it after self_handle.

    Which ones follows from the case's random id, so nobody can choose, and asking again gives the same answer.
    """
    case.sampled = False
    if int.from_bytes(case.id.bytes[-4:]) % 100 < case.numbers.sample_share:
        draw(db, case, SYSTEM, Facts(), later)


def draw(db: Session, case: Case, actor: Actor, facts: Facts, later: Consequences | None = None) -> None:
    """Send somebody else to look at what was put right on the spot."""
    case.move("sample", actor, facts, later=later)
    case.sampled = True
    case.inspector_id = choose(db, case, never=case.handled_by)
    case.waiting_for = None if case.inspector_id else "没有可派的核查员"


def choose(db: Session, case: Case, never: AbstractSet[uuid.UUID]) -> uuid.UUID | None:
    """The grid worker who is to look at this case, or None when the city has none that may. A roster comes first: who stands
    in for the grid's own worker may come from the next grid."""
    area = case.area_code or ""
    on_duty = rosters.on_duty(db, Role.GRID_WORKER, area_code=area) if area else []
    if found := next((one.id for one in on_duty if one.id not in never), None):
        return found
    for digits in RINGS:
        if digits and len(area) < digits:
            continue
        if found := _least_busy(db, area[:digits], never):
            return found
    return None


def _least_busy(db: Session, around: str, never: AbstractSet[uuid.UUID]) -> uuid.UUID | None:
    # Counted for the few workers of a ring, each by index: not for everybody in the city who has something to look at.
    tasks = select(func.count()).where(Case.is_open, Case.inspector_id == User.id).scalar_subquery()
    wanted = (select(User.id).join(Post, Post.holder_id == User.id)
              .where(Post.role == Role.GRID_WORKER, User.active, User.id.not_in(never)).order_by(tasks, User.login).limit(1))
    if around:
        wanted = wanted.where(lies_in(Post.area_code, around))
    return db.scalar(wanted)
