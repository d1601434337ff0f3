"""Of what an actor may see figures: by the reach of those posts alone that may look at figures."""
import uuid

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import InstrumentedAttribute

from casework.geography.codes import lies_in
from casework.identity.people import Actor
from casework.identity.permissions import Reach, check, reach_by


def scope(actor: Actor) -> Reach:
    """Of what the figures are the actor's to see. Raises Refused for whom there is nothing."""
    check(actor, "performance.read")
    return reach_by(actor, "performance.read")


def within(actor: Actor, department: InstrumentedAttribute[uuid.UUID] | InstrumentedAttribute[uuid.UUID | None],
           area: InstrumentedAttribute[str | None]) -> ColumnElement[bool] | None:
    """The condition under which what has this department and this area is the actor's to see; None for whoever sees all.

    Raises Refused.
    """
    seen = scope(actor)
    return None if seen.everything else or_(department.in_(seen.department_ids), lies_in(area, *sorted(seen.area_codes)))
