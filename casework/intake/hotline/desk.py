"""What an operator sees while somebody is on the telephone: what the caller reported before, what is open near by, and what
the words may be about.
"""
import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import taxonomy
from casework.cases import reporters, search
from casework.cases.case import Case
from casework.cases.cells import cells_around
from casework.cases.report import Channel, Report
from casework.cases.whereabouts import SURE_OF_PLACE
from casework.classification.suggester import suggester_of
from casework.errors import Fault, Invalid
from casework.geography import addresses, areas
from casework.geography.coordinates import Point, metres_between
from casework.identity import privacy
from casework.identity.people import Actor
from casework.identity.permissions import check
from casework.identity.privacy import blind_index, normal_phone
from casework.triage.automatic import BRANCHES

MOST, GUESSES = 20, 3
FARTHEST = 1000
"""Metres around the place that may be looked at."""


def of_caller(db: Session, actor: Actor, phone: str, reason: str) -> list[dict[str, Any]]:
    """Up to MOST reports that came from this phone, the latest first; the look is logged, the phone is not.

    What was said in confidence is left out for whoever may not know who said it: that it was this phone would say so.
    Raises Refused, Invalid for what is no phone.
    """
    check(actor, "callers.read")
    if len(normal_phone(phone)) < 5:
        raise Invalid("this is no phone number", Fault("phone", "must have at least five digits"))
    index = blind_index("phone", phone)
    privacy.note(db, actor, "caller", uuid.UUID(hex=index), "reports", reason)
    found = db.execute(select(Report, Case).join(Case, Case.id == Report.case_id, isouter=True)
                       .where(Report.reporter_phone_index == index)
                       .order_by(Report.received_at.desc(), Report.id.desc()).limit(5 * MOST))
    return [{"number": report.number, "ticket": report.external_number, "channel": report.channel,
             "received_at": report.received_at, "text": report.text, "address": report.address,
             "confidential": report.confidential, "case": case.number if case else None,
             "status": case.status if case else None}
            for report, case in found
            if reporters.may_know(actor, report) and (case is None or search.may_see(actor, case))][:MOST]


def near(db: Session, actor: Actor, place: Point, metres: int) -> list[dict[str, Any]]:
    """Up to MOST open cases within so many metres (at most FARTHEST) of a place (WGS-84), the nearest first."""
    check(actor, "callers.read")
    cases = db.scalars(select(Case).where(Case.is_open, Case.cell.in_(cells_around(place, min(metres, FARTHEST)))))
    found = [(metres_between(place, Point(case.lon, case.lat)), case) for case in cases
             if case.lon is not None and case.lat is not None and search.may_see(actor, case)]
    return [{"number": case.number, "title": case.title, "status": case.status, "category_code": case.category_code,
             "address": case.address, "opened_at": case.opened_at, "report_count": case.report_count, "metres": round(distance),
             "lon": case.lon, "lat": case.lat}
            for distance, case in sorted(found, key=lambda one: (one[0], one[1].id)) if distance <= metres][:MOST]


def guesses(db: Session, text: str) -> list[dict[str, Any]]:
    """Up to GUESSES categories that triage would think of for these words, the likeliest first: code, name, confidence, and
    whether it would take them for it without a person."""
    catalogue = taxonomy.catalogue(db)
    (found,) = suggester_of(catalogue).suggest([text], within=BRANCHES[Channel.HOTLINE])
    return [{"code": one.label, "name": " · ".join(above.name for above in catalogue.path(one.label)),
             "confidence": round(one.score, 3), "sure": one.label == found.code and not found.abstained}
            for one in found.alternatives[:GUESSES] if one.label in catalogue.by_code]


def where(db: Session, address: str) -> dict[str, Any]:
    """What an address names: the place (WGS-84), the area, and whether triage would go by them."""
    found = addresses.locate(db, address)
    area = areas.describe(db, found.area_code) if found and found.area_code else None
    return {"place": {"lon": found.point.lon, "lat": found.point.lat} if found and found.point else None,
            "area": area.full_name if area else None, "sure": found is not None and found.confidence >= SURE_OF_PLACE}
