"""Following and unfollowing: what may be followed by whom, how often he hears of it, and how much anybody may follow."""
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from casework import clock, settings, taxonomy
from casework.cases import publication, search, subscribers
from casework.cases.case import Case
from casework.cases.report import Report
from casework.cases.subscribers import Follow, Rhythm, Subscriber
from casework.cases.wording import Language
from casework.community.subscriptions.holders import Holder
from casework.errors import Conflict, Fault, Invalid, NotFound
from casework.geography import areas
from casework.geography.codes import Level, level_of
from casework.identity.people import Actor
from casework.storage.database import insert_once, new_id

AREAS = frozenset({Level.DISTRICT, Level.STREET, Level.COMMUNITY})
"""Of a grid would be told too exactly where something is; of a whole city there is too much."""

REQUESTS = "3"
"""What codes of requests (诉求) begin with: affairs of persons, never public."""


class Kind(StrEnum):
    """What can be followed; both of the last two may be narrowed by the other."""

    CASE = "case"
    AREA = "area"
    CATEGORY = "category"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants to follow. `what` is the number of a case or of an own report, an area's code, or a category's."""

    kind: Kind
    what: str
    area: str | None = None
    category: str | None = None
    rhythm: Rhythm | None = None
    language: Language | None = None


def follow(db: Session, holder: Holder, actor: Actor, wish: Wish) -> Follow:
    """Follow it; what is followed already takes the new rhythm. Bears repetition.

    Raises NotFound for a case that is not public and for a report that is not the actor's, Invalid for an area or category
    that cannot be followed, Conflict when the holder follows as much as he may.
    """
    at, sought = clock.now(), _case(db, actor, wish) if wish.kind is Kind.CASE else _kind_of_cases(db, wish)
    rhythm = _rhythm(wish, sought)
    subscriber = holder.make(db, wish.language)
    due_at = subscribers.next_digest(rhythm, at) if subscriber.is_told else None
    known = db.scalar(select(Follow).where(Follow.subscriber_id == subscriber.id, Follow.what == sought["what"]))
    if known is None:
        _leave_room(db, subscriber)
        row = {"id": new_id(), "subscriber_id": subscriber.id, "rhythm": rhythm, "created_at": at, "told_until": at,
               "due_at": due_at} | sought
        insert_once(db, Follow, [row], on=("subscriber_id", "what"))
        known = db.scalars(select(Follow).where(Follow.subscriber_id == subscriber.id, Follow.what == sought["what"])).one()
    elif wish.rhythm and known.rhythm is not rhythm:
        if known.rhythm is Rhythm.AT_ONCE:  # all until now was told; else the next digest begins where the last one ended
            known.told_until = at
        known.rhythm, known.due_at = rhythm, due_at
    return known


def listed(db: Session, subscriber: Subscriber | None, *, after: uuid.UUID | None = None,
           limit: int = 50) -> tuple[Sequence[Follow], uuid.UUID | None]:
    """What somebody follows, the oldest first; and where the next page goes on, or None."""
    if subscriber is None:
        return [], None
    wanted = select(Follow).where(Follow.subscriber_id == subscriber.id).order_by(Follow.id).limit(limit + 1)
    found = db.scalars(wanted.where(Follow.id > after) if after else wanted).all()
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def end(db: Session, subscriber: Subscriber | None, follow_id: uuid.UUID | None = None) -> None:
    """Follow this no more, or nothing (None). Bears repetition: what is not followed raises nothing, so that nobody learns
    what others follow."""
    if subscriber is None:
        return
    mine = delete(Follow).where(Follow.subscriber_id == subscriber.id)
    db.execute(mine.where(Follow.id == follow_id) if follow_id else mine)
    subscriber.ended_at = subscriber.seen_at = clock.now()


def described(db: Session, follows: Sequence[Follow], language: Language) -> list[dict[str, object]]:
    """What is followed, for its holder: {id, kind, what, title, area, category, rhythm, created_at}."""
    numbers = dict(db.execute(select(Case.id, Case.number).where(
        Case.id.in_([one.case_id for one in follows if one.case_id]))).all())
    numbers |= dict(db.execute(select(Report.id, Report.number).where(
        Report.id.in_([one.report_id for one in follows if one.report_id]))).all())
    return [_described(db, one, numbers, language) for one in follows]


def names(db: Session, area: str | None, category: str | None) -> list[str]:
    """How people call this area and this category; a code that nobody knows is called by itself."""
    return [name for name in (_area_name(db, area), _category_name(db, category)) if name]


def _described(db: Session, one: Follow, numbers: dict[uuid.UUID, str], language: Language) -> dict[str, object]:
    number = numbers.get(one.case_id or one.report_id) if one.is_of_case else None  # type: ignore[arg-type]  # one of both is
    kind = Kind.CASE if one.is_of_case else Kind.AREA if one.area_code else Kind.CATEGORY
    words = {Language.ZH: "案件", Language.EN: "case "}[language]
    return {"id": one.id, "kind": kind, "what": number or one.area_code or one.category_code,
            "title": f"{words}{number}" if one.is_of_case else " · ".join(names(db, one.area_code, one.category_code)),
            "area": one.area_code, "category": one.category_code, "rhythm": one.rhythm, "created_at": one.created_at}


def _area_name(db: Session, code: str | None) -> str | None:
    found = areas.describe(db, code) if code else None
    return found.full_name if found else code


def _category_name(db: Session, code: str | None) -> str | None:
    found = taxonomy.catalogue(db).by_code.get(code) if code else None
    return found.name if found else code


def _case(db: Session, actor: Actor, wish: Wish) -> dict[str, object]:
    """An own report, by its number; else a case of which everybody may know."""
    try:
        report = search.find_report(db, actor, wish.what)
    except NotFound:
        report = None
    if report is not None:
        return {"what": f"report {report.id.hex}", "report_id": report.id, "case_id": None, "area_code": None,
                "category_code": None}
    case = publication.find(db, wish.what)
    if case is None:
        raise NotFound(f"there is no public case {wish.what}")
    return {"what": f"case {case.id.hex}", "case_id": case.id, "report_id": None, "area_code": None, "category_code": None}


def _kind_of_cases(db: Session, wish: Wish) -> dict[str, object]:
    area, category = ((wish.what, wish.category) if wish.kind is Kind.AREA else (wish.area, wish.what))
    places = {Kind.AREA: ("what", "category"), Kind.CATEGORY: ("area", "what")}[wish.kind]
    faults = [Fault(field, reason) for field, reason in zip(
        places, (_unfit_area(db, area), _unfit_category(db, category)), strict=True) if reason]
    if faults:
        raise Invalid("this cannot be followed", *faults)
    return {"what": f"area {area or ''} category {category or ''}", "area_code": area, "category_code": category,
            "case_id": None, "report_id": None}


def _unfit_area(db: Session, code: str | None) -> str | None:
    if code is None:
        return None
    if level_of(code) not in AREAS:
        return "must be the code of a district, a street or a community"
    return None if areas.describe(db, code) else "there is no such area"


def _unfit_category(db: Session, code: str | None) -> str | None:
    if code is None:
        return None
    if code not in taxonomy.catalogue(db).by_code:
        return "there is no such category"
    return "requests are affairs of persons and never public" if code.startswith(REQUESTS) else None


def _rhythm(wish: Wish, sought: dict[str, object]) -> Rhythm:
    of_case = bool(sought["case_id"] or sought["report_id"])
    if wish.rhythm is Rhythm.AT_ONCE and not of_case:
        raise Invalid("this comes once a day at most", Fault("rhythm", "may be daily or weekly, but of a case"))
    return wish.rhythm or (Rhythm.AT_ONCE if of_case else Rhythm.DAILY)


def _leave_room(db: Session, subscriber: Subscriber) -> None:
    most = settings.current().subscriptions
    count = db.scalar(select(func.count()).select_from(Follow).where(Follow.subscriber_id == subscriber.id)) or 0
    if count >= most:
        raise Conflict(f"at most {most} can be followed; end one first")
