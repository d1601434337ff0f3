"""Reports in batches: suggest the category, find the place, find the case they belong to; then join, file or leave."""
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import clock, taxonomy
from casework.cases import callers, duplicates, links, recounting, reporters, sameness
from casework.cases.case import Case
from casework.cases.consequences import Consequences
from casework.cases.lookout import Lookout, Match, photos_of, rarity
from casework.cases.report import Channel, Outcome, Report, announce
from casework.cases.similarity import Evidence
from casework.cases.whereabouts import SURE_OF_PLACE
from casework.cases.workflow import Facts, Status
from casework.classification.linear import message
from casework.classification.suggester import Suggester, suggester_of
from casework.classification.suggestion import Suggestion
from casework.geography import addresses, areas
from casework.geography.coordinates import Point
from casework.identity.people import SYSTEM
from casework.sla import policies
from casework.storage.database import one_at_a_time, reading, transaction
from casework.taxonomy import Catalogue
from casework.triage import on_the_spot
from casework.triage.on_the_spot import OnTheSpot

BRANCHES = {Channel.PDA: ("1", "2"), Channel.HOTLINE: ("",), Channel.CITIZEN: ("",), Channel.OPEN311: ("",),
            Channel.WECHAT: ("",)}
"""Where a channel's reports are looked for when nobody said: PDAs see things on the street, callers speak of anything."""

CHOOSING = frozenset({Channel.CITIZEN, Channel.WECHAT, Channel.HOTLINE})
"""The doors where a reporter, or who listens, may say that it is a case which is known already."""


@dataclass(frozen=True)
class Placed:
    """Where a report is, as far as it could be found out."""

    area_code: str | None
    why: str
    point: Point | None = None


@dataclass(frozen=True)
class Verdict:
    """What is known of a report before it is joined, filed or left. `doubt` is why a person has to look."""

    category: str | None
    placed: Placed
    doubt: str | None


def triage(report_ids: Sequence[uuid.UUID]) -> Counter[str]:
    """Triage these reports, each once however often it is asked; how many were joined, filed, left or self-handled.

    Opens its own transactions: the model thinks between them, so that nobody waits for it at the database.
    """
    with reading() as db:
        waiting = db.scalars(select(Report).where(Report.id.in_(report_ids), Report.triaged_at.is_(None))).all()
        suggester = suggester_of(taxonomy.catalogue(db)) if waiting else None
    suggestions = _suggest(suggester, waiting) if suggester else {}
    with transaction() as db:
        return _triage(db, suggestions)


def complete(report_ids: Sequence[uuid.UUID]) -> Counter[str]:
    """The last file of these reports is here: what was put right on the spot and only waited for it is closed; how many were
    self-handled, how many left. Bears repetition; what a person has taken in hand meanwhile stays theirs.

    Opens its own transactions, as triage() does.
    """
    with reading() as db:
        handled = db.scalars(select(Report).where(Report.id.in_(report_ids), Report.handled_on_the_spot)).all()
        suggester = suggester_of(taxonomy.catalogue(db)) if handled else None
    suggestions = _suggest(suggester, handled) if suggester else {}
    with transaction() as db:
        return _complete(db, suggestions)


def leave(report_id: uuid.UUID) -> None:
    """Put a report that triage() stumbles over on the triage desk as it is: a fault of ours must not hide what was said."""
    with transaction() as db:
        report = db.scalar(select(Report).where(Report.id == report_id, Report.triaged_at.is_(None)).with_for_update())
        if report is not None:
            case = Case.open(db, report, SYSTEM, area_code=None, place=report.place)
            case.waiting_for = report.outcome_reason = "自动受理出错，请人工受理"
            report.outcome, report.triaged_at = Outcome.LEFT, clock.now()


def republish_waiting(db: Session, older_than: timedelta, limit: int = 1000) -> int:
    """Say again that reports came in which nobody has triaged for so long: a queue that lost its jobs costs minutes."""
    stuck = db.scalars(select(Report.id).where(
        Report.triaged_at.is_(None), Report.received_at < clock.now() - older_than)
        .order_by(Report.received_at, Report.id).limit(limit)).all()
    announce(db, stuck)
    return len(stuck)


def _suggest(suggester: Suggester, reports: Sequence[Report]) -> dict[uuid.UUID, Suggestion]:
    made: dict[uuid.UUID, Suggestion] = {}
    for channel, branches in BRANCHES.items():
        mine = [report for report in reports if report.channel is channel]
        texts = [message(report.title, report.text) for report in mine]
        made.update(zip((report.id for report in mine), suggester.suggest(texts, within=branches) if texts else (),
                        strict=True))
    return made


def _triage(db: Session, suggestions: dict[uuid.UUID, Suggestion]) -> Counter[str]:
    wanted = select(Report).where(Report.id.in_(suggestions), Report.triaged_at.is_(None))
    # key_share: whoever stores a photo of a report just now holds its key, and that is no reason to leave the report out.
    untriaged = wanted.order_by(Report.received_at, Report.id).with_for_update(skip_locked=True, key_share=True)
    reports = db.scalars(untriaged).all()
    placed = _place(db, reports)
    catalogue, counts = taxonomy.catalogue(db), Counter[str]()
    verdicts = {report.id: _judge(report, suggestions[report.id], placed[report.id], catalogue) for report in reports}
    lookout = _lookout(db, reports, verdicts, catalogue)
    there = on_the_spot.look(db, reports)
    later, belonging = Consequences(clock.now()), Belonging(db, lookout)
    for report in reports:
        verdict = verdicts[report.id]
        report.suggestion = suggestions[report.id].stored()
        found = None if report.handled_on_the_spot or report.held_because else belonging.of(report, verdict)
        if found:
            case, why = found
            belonging.joined(report, case, links.join(db, report, case, why, later))
            report.outcome, report.outcome_reason = Outcome.JOINED, why
        else:
            case = _open(db, report, verdict, there, later)
            belonging.opened(report, case)
        if case.is_open:
            lookout.counted(report.id, case)
        report.triaged_at = later.at
        counts[str(report.outcome)] += 1
    later.settle(db)
    belonging.settle(db)
    return counts


def _complete(db: Session, suggestions: dict[uuid.UUID, Suggestion]) -> Counter[str]:
    # Waits for triage, and looks at the outcome only then: one that is not triaged yet is closed by triage itself.
    wanted = select(Report).where(Report.id.in_(suggestions)).order_by(Report.received_at, Report.id).with_for_update()
    reports = [report for report in db.scalars(wanted) if report.outcome is Outcome.LEFT]
    of_them = select(Case).where(Case.id.in_({report.case_id for report in reports}))
    cases = {case.id: case for case in db.scalars(of_them.order_by(Case.id).with_for_update())}
    placed, there = _place(db, reports), on_the_spot.look(db, reports)
    catalogue, later, counts = taxonomy.catalogue(db), Consequences(clock.now()), Counter[str]()
    for report in reports:
        case, verdict = cases.get(report.case_id) if report.case_id else None, _judge(
            report, suggestions[report.id], placed[report.id], catalogue)
        if case is None or case.status is not Status.REPORTED or case.waiting_for != report.outcome_reason:
            continue  # a person has it in hand
        doubt = "；".join(filter(None, (verdict.doubt, there.lacks(report), _touched(case, verdict)))) or None
        case.waiting_for = None
        if doubt or not verdict.category or not on_the_spot.put_right(db, case, report, verdict.category, there, later=later):
            case.waiting_for = report.outcome_reason = doubt or "自行处置，请人工核对"
        counts[str(report.outcome)] += 1
    later.settle(db)
    return counts


def _touched(case: Case, verdict: Verdict) -> str | None:
    """Why a case is not closed by itself any more, although nobody has moved it: it is not only this report's, or not that
    which the report was taken for."""
    same = case.report_count == 1 and case.category_code == verdict.category
    return None if same else "等待照片期间案件已有变动，请人工受理"


def _lookout(db: Session, reports: Sequence[Report], verdicts: dict[uuid.UUID, Verdict], catalogue: Catalogue) -> Lookout:
    """Everything that these reports could belong to: one look for the whole batch, with nobody else looking there."""
    words = rarity(db).read([(report.title, report.text) for report in reports])
    photos = photos_of(db, [report.id for report in reports])
    evidence = {report.id: Evidence(report.received_at, one, verdict.category, verdict.placed.point, verdict.placed.area_code,
                                    photos.get(report.id, frozenset()))
                for report, one, verdict in zip(reports, words, verdicts.values(), strict=True)}
    made = Lookout(catalogue, evidence, [report.id for report in reports if report.channel is not Channel.PDA],
                   sameness.chosen(db, [report.id for report in reports if report.channel in CHOOSING]))
    for lock in made.locks():
        one_at_a_time(db, lock)
    made.look(db, tidy=True)
    return made


class Belonging:
    """To which case each report of a batch belongs, and what is to be done about it when the batch is through."""

    def __init__(self, db: Session, lookout: Lookout) -> None:
        self.db, self.lookout = db, lookout
        self._secret = reporters.in_confidence(db, lookout.found())
        self._held: dict[uuid.UUID, Case] = {}
        self._alike: list[Match] = []
        self._proposals: list[tuple[uuid.UUID, Match]] = []
        self._urgent: dict[uuid.UUID, str] = {}
        self._called: set[uuid.UUID] = set()

    def of(self, report: Report, verdict: Verdict) -> tuple[Case, str] | None:
        """The case that this report surely belongs to, held for it, and why; what is merely alike is kept for opened()."""
        self._alike = self.lookout.ranked(report.id)
        mark = policies.numbers(self.db, verdict.category).join_score
        sure = [one for one in self._alike
                if one.score.sure and one.score.total >= mark and self._may_join(report, one.case_id)]
        for match in sure:
            if case := self._hold(match.case_id):
                # Two cases that a report belongs to are likely one: that is for a person to say.
                self._proposals += [(case.id, one) for one in sure if one.case_id != case.id][:duplicates.PROPOSED]
                return case, match.score.why
        return None

    def _may_join(self, report: Report, case_id: uuid.UUID) -> bool:
        """Whoever joins a case reads how it goes and what is answered. Where somebody spoke in confidence that is by itself
        only for him, for who works here and for whom an operator has heard; of others a person decides."""
        if case_id not in self._secret or report.channel is Channel.PDA:
            return True
        heard = report.channel is Channel.HOTLINE and self.lookout.chosen.get(report.id) == case_id
        phone = report.reporter_phone_index
        return heard or (phone is not None and phone in self._secret[case_id])

    def joined(self, report: Report, case: Case, urgent_because: str | None) -> None:
        """The report joined this case, which that may have made urgent."""
        self._alike = []
        if callers.can_be_called([report]):
            self._called.add(case.id)
        if urgent_because:
            self._urgent[case.id] = urgent_because

    def opened(self, report: Report, case: Case) -> None:
        """The report has a case of its own, beside which a person sees what is alike."""
        self._held[case.id] = case
        if report.confidential:
            self._secret[case.id] = {report.reporter_phone_index}
        self._proposals += [(case.id, one) for one in duplicates.worth_proposing(self.db, case.category_code, self._alike)
                            if case.is_open]
        self._alike = []

    def settle(self, db: Session) -> None:
        """After the cases and clocks of the batch are in the database."""
        duplicates.propose(db, self._proposals)
        self.lookout.keep(db)
        callers.came(db, self._called)
        if self._urgent:
            recounting.recount_many(db, {case_id: f"转为紧急：{why}" for case_id, why in self._urgent.items()})

    def _hold(self, case_id: uuid.UUID) -> Case | None:
        """The case, locked once for the whole batch; None when somebody has closed it since it was found."""
        if case_id not in self._held:
            fresh = select(Case).where(Case.id == case_id).with_for_update().execution_options(populate_existing=True)
            with self.db.no_autoflush:  # nothing of this case waits to be written: nobody in this batch has held it yet
                self._held[case_id] = self.db.scalars(fresh).one()
        case = self._held[case_id]
        return case if case.is_open else None


def _place(db: Session, reports: Sequence[Report]) -> dict[uuid.UUID, Placed]:
    pointed = [report for report in reports if report.place]
    worded = [report for report in reports if not report.place]
    made: dict[uuid.UUID, Placed] = {}
    for report, grid in zip(pointed, areas.areas_at(db, [one.place for one in pointed if one.place]), strict=True):
        made[report.id] = (Placed(grid.code, f"坐标落在{grid.name}", report.place) if grid
                           else Placed(None, "坐标不在本市网格内", report.place))
    words = [" ".join(filter(None, (report.address, report.title, report.text))) for report in worded]
    for report, place in zip(worded, addresses.locate_many(db, words), strict=True):
        made[report.id] = _worded(place)
    return made


def _worded(place: addresses.Place | None) -> Placed:
    if place is None:
        return Placed(None, "没有坐标，文字里认不出唯一的地点")
    if place.confidence < SURE_OF_PLACE:
        return Placed(None, f"地点把握不足（可能是{place.name}，{place.confidence:.0%}）")
    return Placed(place.area_code, f"地址文字提到{place.name}", place.point)


def _judge(report: Report, suggestion: Suggestion, placed: Placed, catalogue: Catalogue) -> Verdict:
    """Pure: the category that was said or is surely meant, the area, and what is in doubt."""
    doubts = [report.held_because] if report.held_because else []
    if report.claimed_category in catalogue.by_code:
        category: str | None = report.claimed_category
    elif suggestion.code and not suggestion.abstained:
        category = suggestion.code
    else:
        category = None
        doubts.append(_unsure(report, suggestion, catalogue))
    if category and not catalogue.standards(category):
        doubts.append(f"类别{category}没有立案标准，需选更细的类")
    if placed.area_code is None:
        doubts.append(placed.why)
    return Verdict(category, placed, "；".join(doubts) or None)


def _unsure(report: Report, suggestion: Suggestion, catalogue: Catalogue) -> str:
    if report.claimed_category:
        return f"上报的类别{report.claimed_category}不在分类表中"
    best = suggestion.code and catalogue.by_code.get(suggestion.code)
    return f"分类把握不足（最像“{best.name}”，{suggestion.confidence:.0%}）" if best else "认不出类别"


def _open(db: Session, report: Report, verdict: Verdict, there: OnTheSpot, later: Consequences) -> Case:
    case = Case.open(db, report, SYSTEM, area_code=verdict.placed.area_code, place=verdict.placed.point, later=later)
    doubt = "；".join(filter(None, (verdict.doubt, there.lacks(report)))) or None
    if verdict.category and not doubt and on_the_spot.put_right(db, case, report, verdict.category, there, later=later):
        return case
    if verdict.category and not doubt:
        case.categorise(db, verdict.category)
        case.move("file", SYSTEM, Facts(category=verdict.category, standard=case.standard_id), later=later)
        report.outcome, report.outcome_reason = Outcome.FILED, f"立案：{verdict.category}"
    else:
        case.category_code = verdict.category
        case.waiting_for = report.outcome_reason = doubt
        report.outcome = Outcome.LEFT
    return case
