"""Rows that lie in the areas over which somebody has a permission, by an index."""
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, true

from casework.geography.codes import lies_in
from casework.identity.people import Actor
from casework.identity.permissions import PERMISSIONS, reach


def reached(column: Any, actor: Actor, permission: str, area_code: str | None = None) -> ColumnElement[bool]:
    """The column holds the code of an area over which a post of the actor has this permission, and that lies in the area
    named, if one is. What another post of his looks after lends nothing."""
    scopes = [reach(post) for post in actor.each() if not PERMISSIONS[permission].roles.isdisjoint(post.roles)]
    codes = {code for scope in scopes for code in scope.area_codes}
    mine = true() if any(scope.everything for scope in scopes) else lies_in(column, *_fewest(codes))
    return and_(mine, lies_in(column, area_code)) if area_code else mine


def _fewest(codes: Iterable[str]) -> list[str]:
    """Without those that lie in another of them."""
    kept: list[str] = []
    for code in sorted(codes):
        if not kept or not code.startswith(kept[-1]):
            kept.append(code)
    return kept
