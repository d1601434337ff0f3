"""Whole lives of cases, as the doors and the jobs lead them: reported, triaged, dispatched, signed, resolved, passed."""
import itertools
import uuid

from sqlalchemy import select

from casework import dispatch, inspection, resolution
from casework.cases import search
from casework.cases.case import Case
from casework.cases.report import Receipt, Report
from casework.cases.workflow import Facts, Status
from casework.geography.coordinates import Point
from casework.identity.people import Actor, actor_of
from casework.media import check_in
from casework.storage.database import new_id, reading, transaction
from casework.triage import automatic, desk
from tests.benchmarks.ground import Ground
from tests.factories import SIDE, SOUTH, WEST, a_report

VERBS = desk.VERBS | dispatch.VERBS | resolution.VERBS | inspection.VERBS
TOGETHER = 20
"""Reports that lie in one batch of triage."""

_places = itertools.cycle([Point(WEST + SIDE * (0.5 + east) / 10, SOUTH + SIDE * (0.5 + north) / 10)
                           for north in range(20) for east in range(20)])
"""A hundred metres apart, so that no report joins the case of another that is just being handled."""


def live(ground: Ground, lives: int, photo: bytes) -> int:
    """So many broken street lamps; each report, step and photo is a transaction of its own, triage and dispatch are batches."""
    for _ in range(0, lives, TOGETHER):
        together = min(lives, TOGETHER)
        receipts = [_received(next(_places)) for _ in range(together)]
        automatic.triage([receipt.id for receipt in receipts])
        cases = _cases(receipts)
        with transaction() as db:
            dispatch.dispatch_filed(db, list(cases))
        for number in cases.values():
            _to_the_end(ground.cast.roads_handler, number, photo)
    return -(-lives // min(lives, TOGETHER)) * min(lives, TOGETHER)


def _received(place: Point) -> Receipt:
    with transaction() as db:
        return a_report(db, claimed_category="10105", text="路灯不亮", place=place)


def _cases(receipts: list[Receipt]) -> dict[uuid.UUID, str]:
    ids = [receipt.id for receipt in receipts]
    with reading() as db:
        rows = db.execute(select(Case.id, Case.number).join(Report, Report.case_id == Case.id).where(Report.id.in_(ids)))
        found = {row.id: row.number for row in rows}
    assert len(found) == len(receipts), "reports have joined cases that they do not belong to"
    return found


def _to_the_end(handler: Actor, number: str, photo: bytes) -> None:
    _does(handler, "sign", number, Facts())
    case = _does(handler, "resolve", number, Facts(reply="已修复", photos=_photo(handler, photo)))
    assert case.inspector_id is not None
    with reading() as db:
        inspector = actor_of(db, case.inspector_id)
    case = _does(inspector, "pass", number, Facts(position=case.place, finding="灯已亮", photos=_photo(inspector, photo)))
    assert case.status is Status.CLOSED


def _photo(actor: Actor, photo: bytes) -> tuple[uuid.UUID, ...]:
    """Another file every time: the bytes after the end of a JPEG change nothing but its hash."""
    with transaction() as db:
        return (check_in(db, photo + new_id().bytes, channel="desk", uploaded_by=actor.id).id,)


def _does(actor: Actor, action: str, number: str, facts: Facts) -> Case:
    with transaction() as db:
        case = search.find(db, actor, number, to_change=True)
        VERBS[action](db, case, actor, facts)
        return case

