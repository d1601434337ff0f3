"""What a citizen is told before reporting: is it known already? And the answer "it is this one", which triage weighs."""
import hmac
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, and_, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, taxonomy
from casework.cases import duplicates, wording
from casework.cases.case import Case
from casework.cases.cells import cells_around, moved
from casework.cases.lookout import WIDENED, Known, Lookout, rarity
from casework.cases.publication import REQUESTS, SECRET
from casework.cases.report import Channel
from casework.cases.similarity import Evidence
from casework.cases.whereabouts import whereabouts
from casework.errors import Fault, Invalid
from casework.geography import areas
from casework.geography.coordinates import Point
from casework.geography.squares import COMMUNITY, SQUARE_METRES, blurred, squares_apart
from casework.media.links import signature
from casework.sla import policies
from casework.storage.database import Base, new_id

HOLDS = timedelta(hours=1)
"""From the answer to the report."""

NEXT = 1.1
"""So many times the window's metres a case in the next square counts as away: it may be the same, and is not likely by that."""


class Choice(Base):
    """A reporter says that the report is about this case; kept beside the report, which is never edited."""

    __tablename__ = "report_choices"
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"))


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What somebody is about to report; WGS-84."""

    text: str
    title: str | None = None
    place: Point | None = None
    address: str | None = None
    category: str | None = None


@dataclass(frozen=True)
class Public:
    """An open case as everybody may know of it: no words of its reporters, no place nearer than its community, no number."""

    words: str
    category: str | None
    area: str | None
    opened_at: datetime
    report_count: int
    score: float
    """The mark that it reaches: the one for joining, or the one for being proposed."""
    reasons: list[str]
    same_as: str


class Blurred(Lookout):
    """The search as a stranger may ask for it, from any place and as often as he likes: what it answers depends on the
    squares in which he and the case are, and on nothing nearer. A report's evidence is to be that of its blurred() place."""

    nearest = 40  # none is nearer than another in the same square
    among = and_(Case.is_open, ~SECRET, or_(
        Case.category_code < REQUESTS, and_(Case.category_code.is_(None), Case.channel != Channel.HOTLINE)))
    """Requests and what was told in confidence are affairs of persons. Not even that there is such a case is told: who asks
    with a name in mind would learn whether somebody has complained. Callers speak of anything until it has a category;
    what came by another door is something in the street."""

    def _cells(self, one: Evidence) -> list[str]:
        reach = max(WIDENED * self.catalogue.window(one.category).metres, SQUARE_METRES)
        return cells_around(one.place, reach + SQUARE_METRES) if one.place else []

    def _seen(self, mine: Evidence, known: Known) -> Known:
        place, area_code = known.evidence.place, known.evidence.area_code
        if place:
            place = blurred(place)
            if mine.place and 0 < squares_apart(mine.place, place) <= 1:
                window = self.catalogue.window(mine.category or known.evidence.category)
                place = moved(mine.place, NEXT * window.metres, 0)
        return replace(known, evidence=replace(known.evidence, place=place, area_code=area_code and area_code[:COMMUNITY]))


def ask(db: Session, asked: Asked) -> list[Public]:
    """Open cases that may be what is about to be reported, the likeliest first."""
    catalogue = taxonomy.catalogue(db)
    (words,) = rarity(db).read([(asked.title, asked.text)])
    place, area_code = whereabouts(db, asked.place, asked.address, asked.title, asked.text)
    category = duplicates.known(catalogue, asked.category)
    evidence = Evidence(clock.now(), words, category, place and blurred(place), area_code and area_code[:COMMUNITY])
    report_id, numbers = new_id(), policies.numbers(db, category)
    matches = duplicates.worth_proposing(
        db, category, duplicates.matches_of(db, catalogue, {report_id: evidence}, worded=[report_id], by=Blurred))
    cases = {one.id: one for one in db.scalars(select(Case).where(Case.id.in_([match.case_id for match in matches])))}
    made = []
    for match in matches:
        case = cases[match.case_id]
        filed = catalogue.by_code.get(case.category_code or "")
        area = areas.describe(db, case.area_code[:COMMUNITY]) if case.area_code else None
        made.append(Public(wording.STANDS[case.status][wording.Language.ZH], filed.name if filed else None,
                           area.full_name if area else None, case.opened_at, case.report_count,
                           numbers.join_score if match.score.total >= numbers.join_score else numbers.propose_score,
                           [_coarse(reason) for reason in match.score.reasons], token(case.id)))
    return made


def token(case_id: uuid.UUID) -> str:
    """What the reporter sends back to say "it is this one"; holds for an hour."""
    expires = int((clock.now() + HOLDS).timestamp())
    return f"{case_id.hex}.{expires}.{signature('same as', case_id.hex, str(expires))}"


def claim(db: Session, report_id: uuid.UUID, said: str) -> bool:
    """Keep what the reporter chose; False for a token that is too old, which says nothing any more: a phone without a network
    sends hours later, and triage looks for itself. Raises Invalid for one that is not ours."""
    case, _, rest = said.partition(".")
    expires, _, signed = rest.partition(".")
    genuine = hmac.compare_digest(signed.encode(), signature("same as", case, expires).encode())
    if not genuine:
        raise Invalid("this choice is not ours", Fault("same_as", "ask again which cases are alike"))
    if int(expires) <= clock.now().timestamp():
        return False
    db.add(Choice(report_id=report_id, case_id=uuid.UUID(hex=case)))
    return True


def choose(db: Session, cases: Mapping[uuid.UUID, uuid.UUID]) -> None:
    """Keep, by report, the case that it is about as somebody who works here heard."""
    db.add_all(Choice(report_id=report_id, case_id=case_id) for report_id, case_id in cases.items())


def chosen(db: Session, report_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """The cases that reporters chose, by their reports."""
    rows = db.execute(select(Choice.report_id, Choice.case_id).where(Choice.report_id.in_(list(report_ids))))
    return {row.report_id: row.case_id for row in rows}


def _coarse(reason: str) -> str:
    """How many metres away would tell where a neighbour's trouble is, and how many words are alike, what he said."""
    if reason.startswith("文字相似"):
        return "文字相似"
    return "就在附近" if reason.startswith("相距") else reason
