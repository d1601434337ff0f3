"""The taxonomy on a device: the whole of it once, then of each new version what is not as it was in the one before."""
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import taxonomy
from casework.errors import NotFound
from casework.fieldwork.changes.sections import Batch, Item, Position, Section, Worker, fits_turn, turn
from casework.sla.limits import Limit, Unit
from casework.taxonomy import Category, Standard, TaxonomyVersion
from casework.taxonomy.catalogue import Catalogue


def categories(db: Session, _worker: Worker, position: Position, limit: int) -> Batch:
    """From the version that the device has (`known`, 0 for none) to the one in use; on the way, up to which code it is told."""
    known, on_the_way = position or [0, None]
    try:
        new = taxonomy.catalogue(db)
    except NotFound:  # no city works like that for long
        return Batch([], position, more=False)
    if known == new.version.number and on_the_way is None:
        return Batch([], position, more=False)
    old = _of_number(db, known)
    changed = _changed(old, new)
    told, on_the_way, more = turn(new.version.number, sorted(changed), on_the_way, limit)
    items = [{"kind": "category", "id": code, **changed[code]} for code in told]
    return Batch(items, [known, on_the_way] if more else [new.version.number, None], more)


def _of_number(db: Session, number: int) -> Catalogue | None:
    version_id = db.scalar(select(TaxonomyVersion.id).where(TaxonomyVersion.number == number))
    return taxonomy.catalogue(db, version_id) if version_id else None


def _changed(old: Catalogue | None, new: Catalogue) -> dict[str, Item]:
    """By code what the device has to merge into what it knows."""
    found: dict[str, Item] = {code: {"deleted": True} for code in (old.by_code if old else ()) if code not in new.by_code}
    for code, category in new.by_code.items():
        item = _plain(category, new.standards(code))
        before = _plain(old.by_code[code], old.standards(code)) if old and code in old.by_code else {}
        if news := {name: value for name, value in item.items() if name not in before or before[name] != value}:
            found[code] = news
    return found


def _plain(category: Category, standards: list[Standard]) -> dict[str, Any]:
    return {"code": category.code, "name": category.name, "category_kind": category.kind, "parent": category.parent_code,
            "urgent": category.urgent, "standards": [_standard(one) for one in standards]}


def _standard(one: Standard) -> dict[str, Any]:
    # Named by place, not by the key of its row: that is another in each version, and would make everything news.
    return {"id": f"{one.category_code}.{one.ordinal}", "condition": one.condition,
            "limit": str(Limit(one.limit_value, Unit(one.limit_unit))), "evidence": one.evidence}


def _fits(position: Position) -> bool:
    return position is None or (isinstance(position, list) and len(position) == 2 and type(position[0]) is int
                                and 0 <= position[0] < 2**31 and fits_turn(position[1]))


CATEGORIES = Section(categories, _fits)
