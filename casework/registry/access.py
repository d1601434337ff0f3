"""Which entries somebody may know of: those that lie in the areas of the posts that are for registers."""
from sqlalchemy import ColumnElement

from casework.geography.codes import lies_in
from casework.identity.people import Actor
from casework.identity.permissions import areas_of
from casework.registry.records import Entry


def inside(actor: Actor, area_code: str | None = None) -> list[ColumnElement[bool]]:
    """Conditions for a list: what the actor may see, narrowed to an area if one is named."""
    codes = areas_of(actor, "registry.read")
    narrowed = [lies_in(Entry.area_code, area_code)] if area_code else []
    return narrowed if codes is None else [*narrowed, lies_in(Entry.area_code, *codes)]
