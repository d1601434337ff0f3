"""Of what an actor may see figures: by the reach of those posts alone that may look at figures."""
import uuid

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import InstrumentedAttribute

from casework.geography.codes import lies_in
from casework.identity.people import Actor
from casework.identity.permissions import Reach, allowed, check, reach


def scopes(actor: Actor) -> list[Reach]:
    """What each such post reaches; what another post looks after lends nothing. Raises Refused for whom there is none."""
    check(actor, "performance.read")
    return [reach(post) for post in actor.each() if allowed(post, "performance.read")]


def sees_all(actor: Actor) -> bool:
    """Whether the figures of the whole city are the actor's to see. Raises Refused."""
    return any(one.everything for one in scopes(actor))


def within(actor: Actor, department: InstrumentedAttribute[uuid.UUID] | InstrumentedAttribute[uuid.UUID | None],
           area: InstrumentedAttribute[str | None]) -> ColumnElement[bool] | None:
    """The condition under which what has this department and this area is the actor's to see; None for whoever sees all.

    Raises Refused.
    """
    if sees_all(actor):
        return None
    posts = scopes(actor)
    departments = frozenset().union(*(one.department_ids for one in posts))
    return or_(department.in_(departments), lies_in(area, *sorted(frozenset().union(*(one.area_codes for one in posts)))))
