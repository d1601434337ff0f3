"""Entries of one register as a file: within the asker's areas, personal values masked as the pages show them."""
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from casework.exports.columns import Column
from casework.exports.listing import Asked, Listing, Page, Place, one_of, words
from casework.registry import entries
from casework.registry.catalogue import REGISTERS
from casework.registry.entries import Wanted
from casework.registry.fields import Field, Register


def _columns(query: Mapping[str, Any]) -> list[Column]:
    fields = REGISTERS[Register(query["register"])].fields.values()
    return [Column("id", "记录编号", "Entry"), Column("label", "名称", "Label"), Column("area", "区域编码", "Area code"),
            Column("lon", "经度（WGS-84）", "Longitude (WGS-84)"), Column("lat", "纬度（WGS-84）", "Latitude (WGS-84)"),
            *(_column(one) for one in fields), Column("version", "版本", "Version")]


def _column(field: Field) -> Column:
    words_of = {one.code: one.chinese for one in field.choices}

    def value(row: Mapping[str, Any]) -> Any:
        said = row["masked" if field.personal else "values"].get(field.name)
        return [words_of.get(one, one) for one in said] if isinstance(said, list) else words_of.get(said, said)
    return Column(field.name, field.chinese, field.english, value=value)


def _wanted(query: Mapping[str, Any]) -> Wanted:
    return Wanted(register=Register(query["register"]), text=query.get("q"), area_code=query.get("area"))


def _pages(db: Session, asked: Asked, after: Place | None, limit: int) -> Page:
    place = uuid.UUID(after[0]) if after else None
    found, following = entries.search(db, asked.actor, _wanted(asked.query), after=place, limit=limit)
    db.expunge_all()
    return Page(found, [str(following)] if following else None)


def _count(db: Session, asked: Asked, most: int) -> int:
    return entries.how_many(db, asked.actor, _wanted(asked.query), most=most)


ENTRIES = Listing(name="registry", zh="信息库", en="registers", permission="registry.read", columns=_columns, pages=_pages,
                  count=_count, needs=frozenset({"register"}),
                  filters={"register": one_of(*Register), "q": words, "area": words})
