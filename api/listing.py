"""Rows of one table as a page: by a key that is unique and grows, so that none is shown twice or left out."""
from collections.abc import Callable
from typing import Any

import marshmallow as ma
from flask import Response
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from api.fields import rows
from casework.storage.database import reading

Rows = list[dict[str, Any]]


def listed(wanted: Select[Any], key: InstrumentedAttribute[Any], query: dict[str, Any], shape: type[ma.Schema],
           complete: Callable[[Session, Rows], None] | None = None) -> Response:
    """A page of what was wanted, as `shape` has its fields; `query` carries `limit` and perhaps `cursor`.

    `complete` puts into all rows of the page at once what stands in other tables.
    """
    if "cursor" in query:
        wanted = wanted.where(key > query["cursor"][0])
    with reading() as db:
        found = db.scalars(wanted.order_by(key).limit(query["limit"] + 1)).all()
        shown = [plain(one, shape) for one in found[:query["limit"]]]
        if complete:
            complete(db, shown)
    return rows(shown, [shown[-1][key.key]] if len(found) > len(shown) else None)


def plain(one: Any, shape: type[ma.Schema]) -> dict[str, Any]:
    """The fields of the shape, taken from the object as they are."""
    return {name: getattr(one, name) for name in shape().fields}
