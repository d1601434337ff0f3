"""What must lie beside a result before a case is closed under its standard: refused without, or flagged, as it says."""
import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from casework.cases.case import Case
from casework.cases.workflow import Facts
from casework.errors import Fault, Invalid
from casework.geography.coordinates import Point, metres_between
from casework.media import photo
from casework.taxonomy import Evidence, Standard

FIELDS = {Evidence.REPLY: "reply", Evidence.POSITION: "position", Evidence.DOCUMENT: "reply"}
"""Where each is given; all others are photos."""

NAMES = {Evidence.BEFORE_PHOTO: "处置前照片", Evidence.AFTER_PHOTO: "处置后照片", Evidence.POSITION: "现场位置",
         Evidence.DOCUMENT: "书面材料", Evidence.REPLY: "给诉求人的答复"}


def asked(standard: Standard | None, *, has_before: bool) -> dict[str, list[Evidence]]:
    """What the standard asks to lie beside the answer of a department, by the field in which it is given.

    `has_before`: a photo from before is there already, with one of the reports.
    """
    wanted: dict[str, list[Evidence]] = {}
    for one in Evidence:
        if standard and one in standard.evidence and not (one is Evidence.BEFORE_PHOTO and has_before):
            wanted.setdefault(FIELDS.get(one, "photos"), []).append(one)
    return wanted


def is_refused_without(standard: Standard | None) -> bool:
    """Missing evidence is refused, and not only flagged; so it is where no standard says otherwise."""
    return standard is None or not standard.lenient


def of_answer(db: Session, case: Case, facts: Facts) -> list[str]:
    """What the answer of a department lacks, in words for the flags.

    Raises Invalid, with a fault for each, unless the standard says that this is flagged only.
    """
    standard = case.standard(db)
    wanted = asked(standard, has_before=bool(photo.of_reports(db, [report.id for report in case.reports])))
    given = {Evidence.REPLY: bool(facts.reply), Evidence.DOCUMENT: bool(facts.reply),
             Evidence.BEFORE_PHOTO: len(set(facts.photos)) > 1, Evidence.AFTER_PHOTO: bool(facts.photos),
             Evidence.POSITION: facts.position is not None}
    missing = [(field, one) for field, several in wanted.items() for one in several if not given[one]]
    if missing and is_refused_without(standard):
        raise Invalid("no closing without the evidence that the standard asks for",
                      *(Fault(field, f"the standard asks for {one}") for field, one in missing))
    distant = far_away(db, case, facts.position, "反馈") if "position" in wanted else []
    return [*(f"反馈缺{NAMES[one]}" for _, one in missing), *distant]


def before_and_after(db: Session, case: Case, photos: Sequence[uuid.UUID]) -> None:
    """自行处置 shows how it was and how it is: two photos, that of the report among them. Raises Invalid."""
    shown = {*photos, *(one.id for one in photo.of_reports(db, [report.id for report in case.reports]))}
    if len(shown) < 2:
        raise Invalid("what is put right on the spot needs a photo from before and one from after",
                      Fault("photos", f"{len(shown)} so far"))


def far_away(db: Session, case: Case, position: Point | None, what: str) -> list[str]:
    """Whether somebody who says that he is at the place is too far from it, in words for the flags.

    Raises Invalid unless the standard says that this is flagged only.
    """
    if case.place is None or position is None:
        return []
    metres, furthest = metres_between(case.place, position), case.numbers.inspection_metres
    if metres <= furthest:
        return []
    if is_refused_without(case.standard(db)):
        raise Invalid("too far from the place to have looked", Fault(
            "position", f"{metres:.0f} m from the case; at most {furthest:.0f} m"))
    return [f"{what}位置距现场{metres:.0f}米"]
