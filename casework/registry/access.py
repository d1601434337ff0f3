"""Which entries somebody may know of: those that lie in the areas of the posts that are for registers."""
from sqlalchemy import ColumnElement

from casework.geography.codes import lies_in
from casework.identity.people import Actor
from casework.identity.permissions import PERMISSIONS, reach
from casework.registry.records import Entry


def area_codes(actor: Actor, permission: str) -> frozenset[str] | None:
    """The areas of the posts that have this permission, None for everywhere. What another post looks after lends nothing."""
    scopes = [reach(post) for post in actor.each() if not PERMISSIONS[permission].roles.isdisjoint(post.roles)]
    return None if any(one.everything for one in scopes) else frozenset().union(*(one.area_codes for one in scopes))


def inside(actor: Actor, area_code: str | None = None) -> list[ColumnElement[bool]]:
    """Conditions for a list: what the actor may see, narrowed to an area if one is named."""
    codes = area_codes(actor, "registry.read")
    narrowed = [lies_in(Entry.area_code, area_code)] if area_code else []
    return narrowed if codes is None else [*narrowed, lies_in(Entry.area_code, *sorted(codes))]
