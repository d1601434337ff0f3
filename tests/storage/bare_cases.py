"""Rows of the cases table that hold just what the table insists on: enough to hang clocks on."""
import uuid
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from casework import clock
from casework.cases.case import Case
from casework.storage.database import Moment, new_id


def bare_cases(db: Session, count: int) -> list[uuid.UUID]:
    """So many cases, in one statement."""
    made = [{column.key: _something(column) for column in Case.__table__.columns
             if not column.nullable and column.default is None} | {"id": new_id()} for _ in range(count)]
    db.execute(insert(Case.__table__), made)
    return [row["id"] for row in made]


def _something(column: Any) -> Any:
    if isinstance(column.type, Moment):
        return clock.now()
    kind = column.type.python_type
    if issubclass(kind, str):
        return column.type.enums[0] if hasattr(column.type, "enums") else new_id().hex
    return kind()
