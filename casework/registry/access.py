"""Which entries somebody may know of: those that lie in the areas of their posts."""
from sqlalchemy import ColumnElement, and_, false, or_

from casework.identity.people import Actor
from casework.identity.permissions import reach
from casework.registry.records import Entry


def within(area_code: str) -> ColumnElement[bool]:
    """In this area or one inside it: codes extend the code of what is around them, and ":" follows "9"."""
    return and_(Entry.area_code >= area_code, Entry.area_code < area_code + ":")


def inside(actor: Actor, area_code: str | None = None) -> list[ColumnElement[bool]]:
    """Conditions for a list: what the actor may see, narrowed to an area if one is named."""
    scope = reach(actor)
    narrowed = [within(area_code)] if area_code else []
    if scope.everything:
        return narrowed
    return [*narrowed, or_(*(within(code) for code in sorted(scope.area_codes)))] if scope.area_codes else [false()]
