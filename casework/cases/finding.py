"""Somebody looks for a case: by its number or a report's, by words, by an address, by the phone of who reported."""
import re
import unicodedata
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from casework import taxonomy
from casework.cases import reporters, sifting
from casework.cases.cells import cells_around
from casework.cases.report import Report
from casework.cases.search import CASES, COLUMNS, Position, Wanted, as_row, visible
from casework.cases.sifting import Sieve, Way
from casework.errors import Fault, Invalid
from casework.geography import addresses
from casework.geography.coordinates import Point, metres_between
from casework.identity import privacy
from casework.identity.people import Actor, Department
from casework.identity.permissions import check
from casework.identity.privacy import blind_index, normal_phone

MOST = 50
NEAR_METRES = 150
"""Around what an address names: as far as people take for the same place."""

SHORTEST_PHONE = 7
MISREAD = str.maketrans("OIL", "011")
"""Letters that our numbers do not have, as people read them out."""


def number_in(text: str) -> str | None:
    """The public number that somebody typed: in small letters, without dashes, with O for 0; None for what is none."""
    plain = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
    found = re.fullmatch(r"(AJ|ZW)(\d{6})(\w{5})(\w{5})", plain[:2] + plain[2:].translate(MISREAD), re.ASCII)
    return f"{found[1]}{found[2]}-{found[3]}-{found[4]}" if found else None


def by_number(db: Session, actor: Actor, number: str) -> list[dict[str, Any]]:
    """The case of this number or of the report of this number, open or not, if the actor may see it."""
    reported = select(Report.case_id).where(Report.number == number).scalar_subquery()
    return _rows(db, actor, or_(CASES.number == number, CASES.id == reported))


def by_phone(db: Session, actor: Actor, phone: str, reason: str) -> list[dict[str, Any]]:
    """Up to MOST cases, open or not, that were reported from this phone; the search is logged, the phone is not.

    What was said in confidence is left out for whoever may not know who said it. Raises Refused, Invalid for what is no phone.
    """
    check(actor, "case.search.phone")
    if len(normal_phone(phone)) < SHORTEST_PHONE:
        raise Invalid("this is no phone number", Fault("phone", f"must have at least {SHORTEST_PHONE} digits"))
    index = blind_index("phone", phone)
    privacy.note(db, actor, "caller", uuid.UUID(hex=index), "cases", reason)
    said = select(Report.case_id).where(Report.reporter_phone_index == index, reporters.known_to(actor))
    latest = said.order_by(Report.received_at.desc()).limit(5 * MOST).subquery()
    return _rows(db, actor, CASES.id.in_(select(latest.c.case_id)))


def by_words(db: Session, actor: Actor, words: str, *, after: Position | None = None,
             limit: int = 50) -> tuple[list[dict[str, Any]], Position | None]:
    """A page of the open cases with all of these words in title, address or a report; see sifting.page()."""
    seen = visible(actor, Wanted())
    ways: Sequence[Way] = [[CASES.is_open, way] for way in seen] or [[CASES.is_open]]
    return sifting.page(db, ways, Sieve(words=words), after=after, limit=limit)


def near(db: Session, actor: Actor, address: str) -> list[dict[str, Any]]:
    """Up to MOST open cases around the place that an address names, the nearest first, each with `metres`; none where it
    names no place that we know."""
    found = addresses.locate(db, address)
    if found is None or found.point is None:
        return []
    cells = cells_around(found.point, NEAR_METRES)
    around = [one | {"metres": round(metres_between(found.point, Point(one["lon"], one["lat"])))}
              for one in _rows(db, actor, CASES.is_open, CASES.cell.in_(cells), most=10 * MOST)]
    return sorted((one for one in around if one["metres"] <= NEAR_METRES), key=lambda one: (one["metres"], one["id"]))[:MOST]


def _rows(db: Session, actor: Actor, *which: ColumnElement[bool], most: int = MOST) -> list[dict[str, Any]]:
    """Of these few cases those that the actor may see, the latest first."""
    seen = visible(actor, Wanted(only_open=False))
    tables = CASES.id.table.join(Department.__table__, Department.__table__.c.id == CASES.lead_department_id, isouter=True)
    wanted = select(*COLUMNS).select_from(tables).where(*which, *([or_(*seen)] if seen else []))
    rows = db.connection().execute(wanted.order_by(CASES.opened_at.desc(), CASES.id.desc()).limit(most)).all()
    by_code = taxonomy.catalogue(db).by_code if rows else {}
    return [as_row(row, by_code) for row in rows]
