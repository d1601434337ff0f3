"""What follows from a case for those who reported it: looked up from how it stands, so that events may come late, twice or
in any order.

One report counts once, and one person once in a case: whoever reported it first has filed it, all others joined. A case that
is refused or void gives nothing, and what it gave is taken back; one that a grid worker found untrue costs those who said so
and had proved who they are.
"""
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from casework import clock
from casework.cases.case import Case
from casework.cases.history import Entry
from casework.cases.report import Report
from casework.cases.workflow import Status
from casework.community import persons
from casework.community.points import ledger, rules
from casework.community.points.ledger import About, Account, Line
from casework.community.points.rules import Rule
from casework.storage.database import one_at_a_time

T = TypeVar("T")

EARNED = ("filed", "joined")
UNSURE = frozenset({Status.REPORTED, Status.VERIFYING, Status.MERGED})
"""Not filed yet; and a merged case has given its reports to another."""

FALLEN = frozenset({Status.REJECTED, Status.VOID})
MOST = 500
"""Reports of one case that one run works through; the case's next event goes on."""

OF_CITIZENS = (
    Report.channel.in_(sorted(persons.CITIZENS_DOORS)),
    or_(Report.reporter_phone_index.is_not(None), Report.reporter_id.is_not(None)),
)


def concerned(db: Session, case_ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Those of these cases that somebody reported who can have points."""
    found = db.scalars(select(Report.case_id).where(Report.case_id.in_(list(case_ids)), *OF_CITIZENS))
    return sorted({one for one in found if one})


def settle(db: Session, case_id: uuid.UUID) -> int:
    """Give and take what this case means for its reporters; how many lines are new. A transaction of its own: accounts are
    held until its end."""
    one_at_a_time(db, f"points of case {case_id}")
    case = db.get(Case, case_id, populate_existing=True)
    if case is None or case.status in UNSURE:
        return 0
    known = rules.current(db)
    return _fall(db, case, known["false_report"]) if case.status in FALLEN else _reward(db, case, known)


def _reward(db: Session, case: Case, known: dict[str, Rule]) -> int:
    """Those whose reports have not counted yet; and once it is closed whoever reported it first, once however often it is
    opened again."""
    first, written, had = _first(db, case), 0, _had(db, case)
    reports = _unpaid(db, case) if any(known[code].covers(case.category_code) for code in EARNED) else []
    closing = [first] if first and case.status is Status.CLOSED and known["closed"].covers(case.category_code) else []
    accounts = _accounts(db, dict.fromkeys([*reports, *closing]))
    for report in reports:
        account, rule = accounts.get(report.id), known["filed" if report is first else "joined"]
        if account is None or account.id in had:
            continue
        had.add(account.id)
        if rule.covers(case.category_code):
            written += _award(db, account, rule, f"report:{report.id.hex}", report, report.received_at)
    for report in closing:
        if account := accounts.get(report.id):
            written += _award(db, account, known["closed"], f"closed:{report.id.hex}", report, case.closed_at or clock.now())
    return written


def _unpaid(db: Session, case: Case) -> Sequence[Report]:
    paid = select(Line.id).where(Line.report_id == Report.id, Line.rule.in_(EARNED)).exists()
    return db.scalars(select(Report).where(Report.case_id == case.id, *OF_CITIZENS, ~paid)
                      .order_by(Report.received_at, Report.id).limit(MOST)).all()


def _fall(db: Session, case: Case, rule: Rule) -> int:
    """Every line that these reports were given and that was not taken back, in whichever case they lay then; and what it
    costs to have said what is not so."""
    given = db.scalars(_of_reports(select(Line), case).where(Line.rule.in_((*EARNED, "closed")), Line.points > 0)).all()
    owners = {one.id: one.person_id for one in db.scalars(
        select(Account).where(Account.id.in_({line.account_id for line in given})))}
    untrue = _sure(db, case) if _untrue(db, case) else []
    punished = _accounts(db, untrue, beside=owners.values())
    written = 0
    for line in sorted(given, key=lambda one: (owners[one.account_id], one.number)):
        account = ledger.held(db, owners[line.account_id])
        if not ledger.line_of(db, f"back:{line.id.hex}"):
            points = min(line.points, account.balance)
            ledger.write(db, account, f"back:{line.id.hex}", "taken_back", -points, limited=points != line.points,
                         about=About(case_id=case.id, report_id=line.report_id, subject_id=line.id))
            written += 1
    return written + sum(_award(db, punished[report.id], rule, f"false:{report.id.hex}", report, report.received_at)
                         for report in untrue if report.id in punished)


def _sure(db: Session, case: Case) -> Sequence[Report]:
    """The reports whose senders had proved who they are."""
    mine = db.scalars(select(Report).where(Report.case_id == case.id, *OF_CITIZENS)
                      .order_by(Report.received_at, Report.id).limit(MOST)).all()
    sure = persons.proved(db, mine)
    return [one for one in mine if one.id in sure]


def _award(db: Session, account: Account, rule: Rule, key: str, report: Report,  # noqa: PLR0917 - one line, said in this order
           moment: datetime) -> int:
    """How many lines are new; the limits are those of the city's day of this moment."""
    about = About(case_id=report.case_id, report_id=report.id)
    return ledger.award(db, account, rule, key, day=moment.astimezone(clock.CITY).date(), about=about) is not None


def _first(db: Session, case: Case) -> Report | None:
    """What the problem was first heard by, from whomever."""
    return db.scalar(select(Report).where(Report.case_id == case.id).order_by(Report.received_at, Report.id).limit(1))


def _untrue(db: Session, case: Case) -> bool:
    """A grid worker looked, and it was not as reported."""
    looked = select(Entry.action).where(Entry.case_id == case.id, Entry.action.in_(("confirm", "refute")))
    return case.status is Status.REJECTED and db.scalar(looked.order_by(Entry.number.desc()).limit(1)) == "refute"


def _had(db: Session, case: Case) -> set[uuid.UUID]:
    """Accounts for which this case has counted."""
    return set(db.scalars(_of_reports(select(Line.account_id), case).where(Line.rule.in_(EARNED))))


def _of_reports(wanted: Select[T], case: Case) -> Select[T]:
    """Lines about the reports that the case has now: a line keeps the case of its day, and reports move by merging and
    splitting."""
    return wanted.join(Report, Report.id == Line.report_id).where(Report.case_id == case.id)


def _accounts(db: Session, reports: Iterable[Report], beside: Iterable[uuid.UUID] = ()) -> dict[uuid.UUID, Account]:
    """By report, its sender's account. All are held, with those of the persons `beside`, in the order of the persons: so two
    cases with the same reporters never wait for each other."""
    ties = persons.ties_of(db, reports)
    whose = {tie: persons.with_tie(db, tie).id for tie in sorted(set(ties.values()), key=str)}
    accounts = {person_id: ledger.held(db, person_id) for person_id in sorted({*whose.values(), *beside})}
    return {report_id: accounts[whose[tie]] for report_id, tie in ties.items()}
