"""Rows that lie in the areas over which somebody has a permission, by an index."""
from typing import Any

from sqlalchemy import ColumnElement, and_, true

from casework.geography.codes import lies_in
from casework.identity.people import Actor
from casework.identity.permissions import areas_of


def reached(column: Any, actor: Actor, permission: str, area_code: str | None = None) -> ColumnElement[bool]:
    """The column holds the code of an area over which a post of the actor has this permission, and that lies in the area
    named, if one is."""
    codes = areas_of(actor, permission)
    mine = true() if codes is None else lies_in(column, *codes)
    return and_(mine, lies_in(column, area_code)) if area_code else mine
