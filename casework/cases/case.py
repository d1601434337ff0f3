"""The case: one problem in the world, and move(), the one method that changes its status."""
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column, object_session, relationship

from casework import clock, taxonomy
from casework.cases import workflow
from casework.cases.assignment import Assignment, Part
from casework.cases.cells import cell_of
from casework.cases.consequences import Consequences, Turn
from casework.cases.history import GENESIS, Entry
from casework.cases.indexes import INDEXES
from casework.cases.report import Channel, Report, public_number
from casework.cases.urgency import why_urgent
from casework.cases.workflow import MAIN_LINE, OPEN, RUNS_IN, Facts, Status, Step, goes_on_in
from casework.errors import Fault, Invalid, NotFound
from casework.geography.coordinates import Point
from casework.identity.people import DEPARTMENTAL, SYSTEM, Actor, Role
from casework.sla import policies, timers
from casework.sla.limits import Limit, Stage, Unit
from casework.sla.policies import Numbers
from casework.sla.timers import Start, Timer, TimerState
from casework.storage import outbox
from casework.storage.database import Base, Keyed, new_id
from casework.taxonomy import Standard

HANDLING = frozenset({"sign", "resolve", "assisted", "self_handle"})
"""Who took one of these handled the case, and never inspects it."""

LEADS_CLOCKS = frozenset({Stage.SIGN, Stage.HANDLE, Stage.CONTACT})
"""These hang on the lead's assignment, so that a next lead starts with fresh ones."""


class Priority(StrEnum):
    """Urgent cases have clocks of their own, day and night."""

    NORMAL = "normal"
    URGENT = "urgent"


class Case(Keyed, Base):
    """One problem, with one or more reports. `due_at` is the first of its running clocks, kept here for the lists."""

    __tablename__ = "cases"
    number: Mapped[str] = mapped_column(unique=True)
    status: Mapped[Status]
    priority: Mapped[Priority] = mapped_column(default=Priority.NORMAL)
    title: Mapped[str]
    channel: Mapped[str]
    taxonomy_version_id: Mapped[uuid.UUID | None]
    category_code: Mapped[str | None]
    standard_id: Mapped[uuid.UUID | None]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    cell: Mapped[str | None]
    area_code: Mapped[str | None]
    address: Mapped[str | None]
    opened_at: Mapped[datetime]
    moved_at: Mapped[datetime]
    due_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    is_open: Mapped[bool] = mapped_column(default=True)
    overdue: Mapped[bool] = mapped_column(default=False)
    waiting_for: Mapped[str | None]
    lead_department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("departments.id"))
    handler_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    """Who of the lead works on it: whoever signed, or was named since. All the others of that department still may."""
    inspector_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    merged_into_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("cases.id"), index=True)
    void_proposed_by_id: Mapped[uuid.UUID | None]
    report_count: Mapped[int] = mapped_column(default=0)
    returns: Mapped[int] = mapped_column(default=0)
    reworks: Mapped[int] = mapped_column(default=0)
    reopens: Mapped[int] = mapped_column(default=0)
    return_until: Mapped[datetime | None]
    """Until when the lead may hand it back: the end of its time for signing; None once it has answered."""
    applied_for: Mapped[str | None]
    """"extend" or "suspend", while it waits for a decision."""
    endorsed: Mapped[bool] = mapped_column(default=False)
    applied_until: Mapped[datetime | None]
    suspended_until: Mapped[datetime | None]
    questions: Mapped[int] = mapped_column(default=0)
    question_until: Mapped[datetime | None]
    """While the citizen is asked something the clock stands still, at most until then."""
    urges: Mapped[int] = mapped_column(default=0)
    urged_at: Mapped[datetime | None]
    feedback_owed: Mapped[bool] = mapped_column(default=False)
    """An order from above (督办) is open."""
    dissatisfied: Mapped[int] = mapped_column(default=0)
    """How often those concerned said that it is not put right."""
    appealed_timer_id: Mapped[uuid.UUID | None]
    """The clock whose overdue mark is appealed against, until the ruling."""
    sampled: Mapped[bool | None]
    """None unless it was put right on the spot; then, whether somebody else was sent to look afterwards."""
    flagged: Mapped[bool] = mapped_column(default=False)
    flags: Mapped[list[str]] = mapped_column(default=list)
    """What an inspector or a leader should know: evidence that is missing or from far away."""
    urgent_because: Mapped[str | None]
    priority_fixed: Mapped[bool] = mapped_column(default=False)
    """A person has said how urgent it is; weigh() leaves that alone."""
    dispatched_by_rule: Mapped[bool] = mapped_column(default=False)
    history_length: Mapped[int] = mapped_column(default=0)
    history_head: Mapped[str] = mapped_column(default=GENESIS)
    version: Mapped[int] = mapped_column()

    history: Mapped[list[Entry]] = relationship(order_by=Entry.number)
    reports: Mapped[list[Report]] = relationship(order_by=Report.received_at, foreign_keys=Report.case_id)
    assignments: Mapped[list[Assignment]] = relationship(order_by=Assignment.since)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name for optimistic concurrency
    __table_args__ = INDEXES

    @classmethod
    def open(cls, db: Session, report: Report, actor: Actor, *, area_code: str | None, place: Point | None,
             later: Consequences | None = None) -> "Case":
        """A case of its own for this report. Its triage clock has been running since the report came in."""
        at = later.at if later else clock.now()
        case = cls(id=new_id(), number=public_number("AJ", at), title=report.heading, channel=report.channel,
                   opened_at=report.received_at, due_at=report.received_at, address=report.address,
                   report_count=0, returns=0, reworks=0, reopens=0, questions=0, urges=0, dissatisfied=0, overdue=False,
                   endorsed=False, feedback_owed=False, flags=[], flagged=False, priority_fixed=False, dispatched_by_rule=False,
                   history_length=0, history_head=GENESIS, area_code=area_code)
        case.history, case.assignments, case.reports = [], [], []
        if place:
            case.locate(place)
        case.add_report(report)
        case.weigh(db)
        db.add(case)
        case.move("report", actor, clocks_from=report.received_at, later=later)
        return case

    def add_report(self, report: Report) -> None:
        """One more voice: the report counts here from now on."""
        if report.case_id is None and "reports" not in self.__dict__:
            report.case_id = self.id  # nobody has looked at the others, so they are not read for this
        else:
            self.reports.append(report)
        self.report_count += 1

    def move(self, action: str, actor: Actor, facts: Facts | None = None, *, clocks_from: datetime | None = None,
             extra: dict[str, Any] | None = None, later: Consequences | None = None) -> None:
        """Take one step of the table: status, clocks, history line and event, together or not at all.

        Raises Refused, Conflict or Invalid as workflow.take() does. `extra` are more facts for the history line. With
        `later` clocks and events of a whole batch are dealt with at its end, by its settle().
        """
        db = cast("Session", object_session(self))
        facts, at, source = facts or Facts(), later.at if later else clock.now(), self.status
        step, role = workflow.take(action, self, actor, facts)
        unled = step.unled if self.lead_department_id is None else None
        target = self._status_before() if step.back else unled or step.target or source
        starts = (*RUNS_IN[unled], *(one for one in step.starts if one not in MAIN_LINE)) if unled else step.starts
        self.status = target
        self.moved_at = at
        if target is not source:
            self._leave(source, target, at)
        self._write(action, source, (actor, role), facts.given() | (extra or {}), at)
        if later:
            later.turn(Turn(self, action, step, self._starts(db, starts, clocks_from or at)))
            later.publish(self.id, f"case.{action}", line=self.history_length)
        else:
            self._turn_clocks(db, step, starts, clocks_from or at)
            outbox.publish(db, f"case.{action}", self.id, line=self.history_length)

    def _leave(self, source: Status, target: Status, at: datetime) -> None:
        """What was asked for in the status before is no longer asked for; but a merged case may come back to where it was."""
        self.is_open = target in OPEN
        self.closed_at = at if target is Status.CLOSED else None
        if Status.MERGED in {source, target}:
            return
        self.applied_for = self.applied_until = self.question_until = self.void_proposed_by_id = None
        self.endorsed = False
        if target is not Status.SUSPENDED:
            self.suspended_until = None
        if target not in OPEN:
            self.feedback_owed = False

    def note(self, action: str, actor: Actor, **facts: Any) -> None:
        """A history line about something that is not a step: a report joined, an alarm reached somebody."""
        self._write(action, self.status, (actor, None), facts, clock.now())

    def assign(self, department_id: uuid.UUID, part: Part, why: str) -> Assignment:
        """Give a department a share in the case; a new lead ends the one before."""
        at = clock.now()
        if part is Part.LEAD:
            self.release_lead(at)
            self.lead_department_id = department_id
        made = Assignment(id=new_id(), department_id=department_id, part=part, why=why, since=at)
        self.assignments.append(made)
        return made

    def categorise(self, db: Session, code: str, standard_id: uuid.UUID | None = None) -> None:
        """Put the case under a category and one of its standards, the default one unless named.

        Raises Invalid for a category or standard that the current taxonomy does not have, or that nothing is filed under.
        """
        catalogue = taxonomy.catalogue(db)
        try:
            standard = catalogue.standard(standard_id) if standard_id else catalogue.default_standard(code)
            of_category = catalogue.standards(code)
        except NotFound as error:
            raise Invalid(error.sentence, Fault("standard" if standard_id else "category", error.sentence)) from None
        if standard not in of_category:
            raise Invalid("this standard is another category's", Fault("standard", f"not a standard of {code}"))
        self.taxonomy_version_id, self.category_code, self.standard_id = catalogue.version.id, code, standard.id
        self.weigh(db)

    def weigh(self, db: Session) -> None:
        """Urgent or not, and why: by category and standard, marks, words and the number of voices, as they are now."""
        if self.priority_fixed:
            return
        standard = self.standard(db)
        category = taxonomy.catalogue(db, self.taxonomy_version_id).by_code.get(self.category_code or "") if standard else None
        of_its_kind = bool((standard and standard.urgent) or (category and category.urgent))
        self.urgent_because = why_urgent(self.reports, policies.numbers(db, self.category_code), of_its_kind=of_its_kind)
        if self.urgent_because is None and self.report_count > 1 and self._took_in_urgent(db):
            self.urgent_because = "并入的案件由人工标为紧急"
        self.priority = Priority.URGENT if self.urgent_because else Priority.NORMAL

    def _took_in_urgent(self, db: Session) -> bool:
        fixed = select(Case.id).where(Case.merged_into_id == self.id, Case.priority == Priority.URGENT, Case.priority_fixed)
        return db.scalar(fixed.limit(1)) is not None

    def standard(self, db: Session) -> Standard | None:
        """The standard it was filed under, of the taxonomy of that day."""
        return taxonomy.catalogue(db, self.taxonomy_version_id).standard(self.standard_id) if self.standard_id else None

    def flag(self, *remarks: str) -> None:
        """Keep what an inspector or a leader should know; said once."""
        self.flags = [*self.flags, *(one for one in remarks if one not in self.flags)]
        self.flagged = bool(self.flags)

    def heed(self, turned: Sequence[Timer]) -> None:
        """Clocks outside the step were turned: a late one makes the case late, and the next due time is another."""
        self.overdue = self.overdue or any(timer.counts_as_late for timer in turned)
        self.due_at = timers.next_due(cast("Session", object_session(self)), self.id) or self.due_at

    def rests_until(self, db: Session, moment: datetime) -> None:
        """Its clocks stand still, and go on at this moment by themselves: where no other runs, that is what is next."""
        self.due_at = timers.next_due(db, self.id) or moment

    def judge(self, clocks: Iterable[Timer]) -> None:
        """Late or not by all its clocks, after one was given time or excused."""
        self.overdue = any(timer.counts_as_late for timer in clocks)
        self.due_at = timers.next_due(cast("Session", object_session(self)), self.id) or self.due_at

    def was_not_satisfying(self, reason: str) -> None:
        """Once more somebody concerned is not satisfied; the second time the case is supervised by itself."""
        self.dissatisfied += 1
        if self.dissatisfied >= self.numbers.supervise_after and not self.feedback_owed:
            self.move("supervise", SYSTEM, Facts(reason=f"第{self.dissatisfied}次不满意，自动督办：{reason}"))
            self.feedback_owed = True

    def limit(self, db: Session, stage: Stage) -> Limit:
        """How long this stage may take for this case: for handling its standard says, for all else the city's policy."""
        policy, urgent = policies.current(db), self.priority is Priority.URGENT
        if stage is Stage.HANDLE:
            standard = self.standard(db)
            own = Limit(standard.limit_value, Unit(standard.limit_unit)) if standard else None
            return policy.handling(own, urgent=urgent, channel=self.channel, category=self.category_code)
        return policy.limit(stage, urgent=urgent, channel=self.channel, category=self.category_code)

    def release_lead(self, at: datetime, *, returned: bool = False) -> None:
        """Nobody leads from now on, and nobody assists: whoever leads next asks for the help that he needs."""
        if self.lead_assignment:
            self.lead_assignment.returned = returned
            self.lead_assignment.until = at
        for one in self.assignments:
            if one.part is Part.ASSIST and one.until is None:
                one.until, one.done_at = at, one.done_at or at
        self.lead_department_id = self.handler_id = self.return_until = None

    def locate(self, place: Point) -> None:
        """Where the problem is; `cell` is the hundredth of a kilometre that finds its neighbours by an index."""
        self.lon, self.lat, self.cell = place.lon, place.lat, cell_of(place)

    @property
    def numbers(self) -> Numbers:
        """What the city has set for this branch of its taxonomy."""
        return policies.numbers(cast("Session", object_session(self)), self.category_code)

    @property
    def return_is_final(self) -> bool:
        """The lead handed it back once, and an adjudicator ruled that it is its own."""
        return any(one.ruled and one.department_id == self.lead_department_id for one in self.assignments)

    @property
    def place(self) -> Point | None:
        """WGS-84, or None where only words are known."""
        return None if self.lon is None or self.lat is None else Point(self.lon, self.lat)

    @property
    def lead_assignment(self) -> Assignment | None:
        return next((one for one in self.assignments if one.part is Part.LEAD and one.until is None), None)

    @property
    def assisting_department_ids(self) -> set[uuid.UUID]:
        """Departments whose help was asked for and is not done."""
        return {one.department_id for one in self.assignments if one.part is Part.ASSIST and one.done_at is None}

    @property
    def involved_department_ids(self) -> set[uuid.UUID]:
        """Who leads and who was asked to help, also when that help is done; nobody whose part is over."""
        return {one.department_id for one in self.assignments if one.until is None}

    @property
    def handled_by(self) -> set[uuid.UUID]:
        return {line.actor_id for line in self.history if line.action in HANDLING and line.actor_id}

    @property
    def reported_by(self) -> set[uuid.UUID]:
        return {report.reporter_id for report in self.reports if report.reporter_id}

    def was_said_by(self, actor: Actor) -> bool:
        """One of the reports is this actor's own: by account, by tracking token, or by a proven phone number."""
        return any(report.is_by(actor) for report in self.reports)

    @property
    def first_report(self) -> Report | None:
        """What the case was opened for, or what is left of it: questions speak of what this one said, and are for no other."""
        return next((one for one in self.reports if one.received_at == self.opened_at), next(iter(self.reports), None))

    @property
    def can_be_asked(self) -> bool:
        """Whoever sent the first report reads questions; grid workers are sent to look instead."""
        return self.first_report is not None and self.first_report.channel is not Channel.PDA

    def _status_before(self) -> Status:
        return next(Status(line.source) for line in reversed(self.history)
                    if line.source and line.target == self.status != line.source)

    def _write(self, action: str, source: Status | None, who: tuple[Actor, Role | None], facts: dict[str, Any],
               at: datetime) -> None:
        actor, role = who
        line = Entry(id=new_id(), case_id=self.id, number=self.history_length + 1, action=action, source=source,
                     target=self.status, actor_kind=actor.kind, actor_id=actor.id, role=role,
                     department_id=self._department_of(actor) if role in DEPARTMENTAL else None,
                     facts=facts, at=at, previous=self.history_head)
        line.hash = line.digest()
        if "history" in self.__dict__:
            self.history.append(line)
        else:  # nobody has looked at it, so it is not read for this: a long history must not make a step slow
            cast("Session", object_session(self)).add(line)
        self.history_length, self.history_head = line.number, line.hash

    def _department_of(self, actor: Actor) -> uuid.UUID | None:
        """For which of the departments in this case the actor acts: the lead first."""
        if self.lead_department_id in actor.department_ids:
            return self.lead_department_id
        return min(self.involved_department_ids & actor.department_ids, default=None)

    def _turn_clocks(self, db: Session, step: Step, starts: Sequence[Stage], at: datetime) -> None:
        db.flush()  # a new case is there before its clocks
        resumes = goes_on_in(self.status) if step.back else step.resumes
        if step.back and self.question_until:  # the citizen is still asked
            resumes = tuple(one for one in resumes if one is not Stage.HANDLE)
        turned = timers.turn(db, self.id, at, stops=step.stops, pauses=step.pauses, resumes=resumes)
        self.overdue = self.overdue or any(timer.counts_as_late for timer in turned)
        timers.start_many(db, self._starts(db, starts, at))
        self.due_at = timers.next_due(db, self.id) or self.due_at
        if Stage.SIGN in starts or (step.back and self.return_until):
            signing = db.scalar(select(Timer.due_at).where(
                Timer.case_id == self.id, Timer.stage == Stage.SIGN, Timer.state == TimerState.RUNNING))
            self.return_until = signing or self._later(at)

    def _later(self, at: datetime) -> datetime | None:
        """The end of the time for handing back, later by how long the case was merged: meanwhile nobody could."""
        merged_at = next((line.at for line in reversed(self.history) if line.action == "merge"), at)
        return self.return_until and self.return_until + (at - merged_at)

    def _starts(self, db: Session, stages: Sequence[Stage], at: datetime) -> list[Start]:
        return [Start(self.id, stage, self.limit(db, stage), at, whose.department_id if whose else None,
                      whose.id if whose else None) for stage in stages for whose in self._owing(stage)]

    def _owing(self, stage: Stage) -> Sequence[Assignment | None]:
        """Whose clock it is: the lead's, each assistant's, or the centre's own (None)."""
        if stage in {Stage.ASSIST_SIGN, Stage.ASSIST_HANDLE}:
            return [one for one in self.assignments if one.part is Part.ASSIST and one.done_at is None
                    and (stage is Stage.ASSIST_HANDLE or one.signed_at is None)]
        if stage is Stage.CONTACT and not (self.lead_assignment and any(one.can_be_called for one in self.reports)):
            return []  # nobody is there to speak, or to be spoken to
        return [self.lead_assignment if stage in LEADS_CLOCKS else None]
