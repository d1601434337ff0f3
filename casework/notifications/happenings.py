"""What happened, as it was then: a case may have gone on before its news are written, and news speak of their own moment."""
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from casework import taxonomy
from casework.cases import wording
from casework.cases.case import Case
from casework.cases.comments import Comment
from casework.cases.history import Entry
from casework.cases.report import Channel, Report
from casework.cases.wording import Language
from casework.cases.workflow import TURN, Status
from casework.identity.people import Citizen, Department
from casework.notifications.rules import RULES, Audience, Via
from casework.sla import calendar, deadlines
from casework.sla.deadlines import Span, SpanState
from casework.sla.limits import Stage
from casework.sla.timers import Timer, TimerState
from casework.storage.outbox import Event

SENT_OUT, TAKEN_BACK = "dispatch", frozenset({"recall", "uphold"})
PROMISED = {"case.file": Stage.DISPATCH}
"""Which clock's end a message promises; that of handling, where nothing else stands here."""

TELLS_OF_NOW = frozenset({"case.joined", "case.unmerge"})
"""Who comes to a case that is under way is told how it stands."""

SENDS_TO_LOOK = frozenset({"verify", "confirm", "refute", "resolve", "reassign", "sample", "pass", "fail", "accept", "decline",
                           "reopen", "order_rework", "merge", "void"})
"""After one of these it is somebody else's look, or nobody's."""

SPOKEN_OF = SENDS_TO_LOOK | TAKEN_BACK | {SENT_OUT, "self_handle", "appeal", "parted", "supervise", "merged_in"}
"""News look for these lines beside their own. A crowd that joins adds none, so its news cost no more with each."""

WHOLE_CROWD = frozenset({Audience.REPORTERS, Audience.FIRST, Audience.ADDRESSED, Audience.WORKERS, Audience.FOLLOWERS})

BY_ANYBODY = frozenset({Channel.CITIZEN, Channel.OPEN311})
"""By these doors people name a phone without proving that it is theirs."""

UNNAMED: dict[Language, dict[str, str]] = {
    Language.ZH: {"department": "责任部门", "date": "规定时限", "worker": "网格员", "speaker": "指挥中心", "reply": "无"},
    Language.EN: {"department": "the department", "date": "its limit", "worker": "a grid worker",
                  "speaker": "the command centre", "reply": "none"},
}
"""Where there is nobody and no date to name."""


@dataclass
class Happening:
    """One event with its case. `line` is its own line of the history, if it has one; `lines` are those before it that news
    speak of, and itself; `later` those that followed. `reports` are those that its audiences need."""

    event: Event
    case: Case
    lines: Sequence[Entry] = ()
    line: Entry | None = None
    later: Sequence[Entry] = ()
    reports: Sequence[Report] = ()
    comment: Comment | None = None
    clocks: Sequence[Timer] = ()
    moved: Sequence[Report] = ()
    departments: Mapping[uuid.UUID, str] = field(default_factory=dict)
    elsewhere: Mapping[uuid.UUID, Case] = field(default_factory=dict)
    """Where the moved reports count now."""
    came_later: Collection[str] = frozenset()
    """Ids of reports that another case brought along when it was merged in after this."""
    proved: Collection[uuid.UUID] = frozenset()
    """The reports of citizens who had proved that the phone is theirs."""

    @property
    def lead_id(self) -> uuid.UUID | None:
        """The department that led when this had happened."""
        last = next((one for one in reversed(self.lines) if one.action == SENT_OUT or one.action in TAKEN_BACK), None)
        return uuid.UUID(last.facts["lead"]) if last and last.action == SENT_OUT else None

    @property
    def released_id(self) -> uuid.UUID | None:
        """The department that led last, whether or not it was taken back since."""
        last = self.last(SENT_OUT)
        return uuid.UUID(last.facts["lead"]) if last else None

    @property
    def helper_ids(self) -> list[uuid.UUID]:
        """The departments that this very step asks for help."""
        return [uuid.UUID(one) for one in self.line.facts.get("assistants", ())] if self.line else []

    @property
    def speaker_id(self) -> uuid.UUID | None:
        """The department that acts or speaks here."""
        if self.comment:
            return self.comment.department_id
        return self.line.department_id if self.line else None

    def last(self, *actions: str) -> Entry | None:
        """The latest of these lines so far."""
        return next((one for one in reversed(self.lines) if one.action in actions), None)

    def words(self, db: Session, language: Language, report: Report | None = None, via: Via | None = None) -> dict[str, str]:
        """What the templates ask for, for this reader by this way."""
        unnamed, due = UNNAMED[language], self._due(db)
        there = self.elsewhere.get(report.case_id) if report and report.case_id else None
        name = self._lead_name() or unnamed["worker" if self.lead_id is None and self.last("self_handle") else "department"]
        until = self._until()
        facts = self._facts()
        return facts | {
            "title": self._title(db, report, via) if report else self.case.title, "case": self.case.number, "department": name,
            "reply": facts["reply"] or unnamed["reply"],
            "holder": self._holder(name, language) or unnamed["department"],
            "holder_there": self._held_there(there, language) or unnamed["department"],
            "into": there.number if there else facts["into"],
            "due": wording.moment(due, language) if due else unnamed["date"],
            "until": wording.moment(until, language) if until else unnamed["date"],
            "speaker": self._speaker(language), "comment": self.comment.text if self.comment else "",
            "window": str(self.case.numbers.reopen_days)}

    def _title(self, db: Session, report: Report, via: Via | None) -> str:
        """The reporter's own words; but whoever reports on the web may name any phone, and the city carries nobody's words to
        somebody else: there it is the category, or the report's number."""
        if via is not Via.SMS or report.channel not in BY_ANYBODY or report.id in self.proved:
            return report.heading
        category = taxonomy.catalogue(db, self.case.taxonomy_version_id).by_code.get(self.case.category_code or "")
        return category.name if category else report.number

    def _facts(self) -> dict[str, str]:
        """What came with this step; when a case is closed, what the department had answered the citizen."""
        own = self.line.facts if self.line else {}
        answer = self.last("resolve")
        facts = ({"reply": answer.facts.get("reply", "")} if answer else {}) | own
        return {name: str(facts.get(name, "")) for name in ("reason", "reply", "question", "finding", "into")}

    def _holder(self, department: str, language: Language) -> str | None:
        """Who had it after this step; where it was none of a case's own steps, who has it now."""
        stood = Status(self.line.target) if self.line and self.event.name not in TELLS_OF_NOW else self.case.status
        if stood in wording.OURS and self.lead_id:
            return department
        if stood is self.case.status:
            return wording.holder(self.case, department if self.lead_id else None, language)
        return wording.DESKS[TURN[stood]][language] if stood in TURN else None

    def _lead_name(self) -> str | None:
        taken_back = self.line is not None and self.line.action in TAKEN_BACK
        found = self.released_id if taken_back else self.lead_id
        return self.departments.get(found) if found else None

    def _held_there(self, there: Case | None, language: Language) -> str | None:
        if there is None:
            return None
        lead = self.departments.get(there.lead_department_id) if there.lead_department_id else None
        return wording.holder(there, lead, language)

    def _speaker(self, language: Language) -> str:
        if self.speaker_id and (name := self.departments.get(self.speaker_id)):
            return name
        role = self.comment.role if self.comment else self.line.role if self.line else None
        return wording.DESKS[role][language] if role in wording.DESKS else UNNAMED[language]["speaker"]

    def _until(self) -> datetime | None:
        """Until when it rests, or an answer is waited for."""
        said = self.line.facts.get("until") if self.line else None
        return datetime.fromisoformat(said) if said else self.case.question_until

    def _due(self, db: Session) -> datetime | None:
        """What was promised when this step started the clock; of a clock that it did not start, what holds now.

        The case's own due time is the next of all its clocks, and no promise while a department handles it.
        """
        stage = PROMISED.get(self.event.name, Stage.HANDLE)
        mine = [one for one in self.clocks if one.stage is stage]
        started = next((one for one in reversed(mine) if self.line and one.started_at == self.line.at), None)
        if started is not None:
            return deadlines.due_at(calendar.load(db), started.original, [Span(SpanState.RUNNING, started.started_at)])
        running = [one.due_at for one in mine if one.state is TimerState.RUNNING and one.due_at]
        if running or not self.case.is_open:
            return min(running, default=None)
        if self.event.name in TELLS_OF_NOW:
            return self.case.suspended_until or self.case.due_at
        return None if self.lead_id else self.case.due_at


def gathered(db: Session, events: Iterable[Event]) -> list[Happening]:
    """These events with all that their news need, in a fixed number of queries; those without a case are left out."""
    events = list(events)
    cases = {case.id: case for case in db.scalars(select(Case).where(Case.id.in_({event.subject for event in events})))}
    clocks, lines, reports = _clocks(db, cases), _lines(db, events), _reports(db, events)
    made = [_happening(db, event, cases[event.subject], lines) for event in events if event.subject in cases]
    for one in made:
        one.clocks, one.reports = clocks.get(one.case.id, ()), reports.get(one.case.id, ())
    _find_moved(db, made)
    _find_who_came_later(db, made)
    _name_departments(db, made)
    _look_who_proved(db, made)
    return made


def _happening(db: Session, event: Event, case: Case, lines: Mapping[uuid.UUID, list[Entry]]) -> Happening:
    own, known = event.detail.get("line"), lines.get(case.id, [])
    comment = db.get(Comment, uuid.UUID(event.detail["comment"])) if "comment" in event.detail else None
    if own is None:
        return Happening(event, case, known, comment=comment)
    until = [line for line in known if line.number <= own]
    return Happening(event, case, until, until[-1] if until else None, known[len(until):], comment=comment)


def _lines(db: Session, events: Sequence[Event]) -> dict[uuid.UUID, list[Entry]]:
    """Of these cases, the lines that news speak of and the events' own, in their order."""
    own = {event.detail["line"] for event in events if event.detail.get("line") is not None}
    wanted = select(Entry).where(Entry.case_id.in_({event.subject for event in events}),
                                 or_(Entry.action.in_(SPOKEN_OF), Entry.number.in_(own)))
    found: dict[uuid.UUID, list[Entry]] = {}
    for line in db.scalars(wanted.order_by(Entry.case_id, Entry.number)):
        found.setdefault(line.case_id, []).append(line)
    return found


def _reports(db: Session, events: Sequence[Event]) -> dict[uuid.UUID, list[Report]]:
    """Of these cases, the reports of all who are told, the oldest first; of who just joined, that one alone."""
    crowded = {event.subject for event in events if WHOLE_CROWD & {rule.audience for rule in RULES[event.name]}}
    named = {uuid.UUID(event.detail["report"]) for event in events if "report" in event.detail}
    wanted = select(Report).where(or_(Report.case_id.in_(crowded), Report.id.in_(named)))
    found: dict[uuid.UUID, list[Report]] = {}
    for report in db.scalars(wanted.order_by(Report.received_at, Report.id)):
        if report.case_id:
            found.setdefault(report.case_id, []).append(report)
    return found


def _clocks(db: Session, cases: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Timer]]:
    wanted = select(Timer).where(Timer.case_id.in_(list(cases)), Timer.stage.in_([Stage.DISPATCH, Stage.HANDLE]))
    found: dict[uuid.UUID, list[Timer]] = {}
    for timer in db.scalars(wanted.order_by(Timer.started_at, Timer.id)):
        found.setdefault(timer.case_id, []).append(timer)
    return found


MOVES = frozenset({"merge", "unjoin", "split"})


def _find_moved(db: Session, happenings: Iterable[Happening]) -> None:
    """Those whose reports a step took to another case, whether it names them by id or by number."""
    moving = {id(one): [str(name) for name in one.line.facts.get("reports", ())]
              for one in happenings if one.line and one.line.action in MOVES}
    named = {name for names in moving.values() for name in names}
    if not named:
        return
    ids = [uuid.UUID(name) for name in named if len(name) == 36]
    reports = db.scalars(select(Report).where(or_(Report.id.in_(ids), Report.number.in_(named)))).all()
    there = {case.id: case for case in db.scalars(select(Case).where(Case.id.in_({one.case_id for one in reports})))}
    for one in happenings:
        names = set(moving.get(id(one), ()))
        one.moved = [report for report in reports if {str(report.id), report.number} & names]
        one.elsewhere = there


def _name_departments(db: Session, happenings: Sequence[Happening]) -> None:
    wanted = {found for one in happenings for found in (
        one.lead_id, one.released_id, one.speaker_id, *(case.lead_department_id for case in one.elsewhere.values())) if found}
    named = {row.id: row.name for row in db.execute(select(Department.id, Department.name).where(Department.id.in_(wanted)))}
    for one in happenings:
        one.departments = named


def _find_who_came_later(db: Session, happenings: Iterable[Happening]) -> None:
    """Who came with a case that was merged in afterwards was told then how things stand."""
    brought = {id(one): {line.facts.get("case") for line in one.later if line.action == "merged_in"} for one in happenings}
    numbers = {number for named in brought.values() for number in named}
    if not numbers:
        return
    merges = (select(Case.number, Entry.facts).join(Entry, Entry.case_id == Case.id)
              .where(Case.number.in_(numbers), Entry.action == "merge"))
    along: dict[str, set[str]] = {}
    for number, facts in db.execute(merges):
        along.setdefault(number, set()).update(facts.get("reports", ()))
    for one in happenings:
        one.came_later = {report for number in brought[id(one)] for report in along.get(number or "", ())}


def _look_who_proved(db: Session, happenings: Iterable[Happening]) -> None:
    spoken_to = {report.id: report for one in happenings for report in (*one.reports, *one.moved)
                 if report.channel is Channel.CITIZEN and report.reporter_id}
    holders = dict(db.execute(select(Citizen.id, Citizen.phone_index).where(
        Citizen.id.in_({report.reporter_id for report in spoken_to.values()}))).all())
    proved = {report.id for report in spoken_to.values()
              if report.reporter_id and holders.get(report.reporter_id) == report.reporter_phone_index}
    for one in happenings:
        one.proved = proved
