"""What follows from a case for those who reported it: looked up from how it stands, so that events may come late, twice or
in any order.

One report counts once, and one person once in a case: whoever reported it first has filed it, all others joined. A case that
is refused or void gives nothing, and what it gave is taken back; one that a grid worker found untrue costs those who said so
and had proved who they are.
"""
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from casework import clock
from casework.cases.case import Case
from casework.cases.history import Entry
from casework.cases.report import Channel, Report
from casework.cases.workflow import Status
from casework.community import persons
from casework.community.points import ledger, rules
from casework.community.points.ledger import About, Account, Line
from casework.community.points.rules import Rule
from casework.storage.database import one_at_a_time

EARNED = ("filed", "joined")
UNSURE = frozenset({Status.REPORTED, Status.VERIFYING, Status.MERGED})
"""Not filed yet; and a merged case has given its reports to another."""

FALLEN = frozenset({Status.REJECTED, Status.VOID})
MOST = 500
"""Reports of one case that one run works through; the case's next event goes on."""

OF_CITIZENS = (
    Report.channel.in_(sorted(persons.CITIZENS_DOORS)),
    or_(Report.reporter_phone_index.is_not(None), Report.channel == Channel.WECHAT),
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
    if case.status in FALLEN:
        return _take_back(db, case) + (_punish(db, case, known["false_report"]) if _untrue(db, case) else 0)
    written = _reward(db, case, known)
    return written + (_reward_closing(db, case, known["closed"]) if case.status is Status.CLOSED else 0)


def _reward(db: Session, case: Case, known: dict[str, Rule]) -> int:
    """Those whose reports have not counted yet."""
    if not any(known[code].covers(case.category_code) for code in EARNED):
        return 0
    paid = select(Line.id).where(Line.report_id == Report.id, Line.rule.in_(EARNED)).exists()
    reports = db.scalars(select(Report).where(Report.case_id == case.id, *OF_CITIZENS, ~paid)
                         .order_by(Report.received_at, Report.id).limit(MOST)).all()
    first = _first(db, case)
    written, had = 0, _had(db, case)
    for account, report in _accounts(db, reports):
        if account.id in had:
            continue
        had.add(account.id)
        rule = known["filed" if report is first else "joined"]
        if rule.covers(case.category_code):
            written += _award(db, account, rule, f"report:{report.id.hex}", report, report.received_at)
    return written


def _reward_closing(db: Session, case: Case, rule: Rule) -> int:
    """Whoever reported it first, once however often it is opened again."""
    first = _first(db, case)
    if first is None or not rule.covers(case.category_code):
        return 0
    closed_at = case.closed_at or clock.now()
    return sum(_award(db, account, rule, f"closed:{first.id.hex}", first, closed_at) for account, _ in _accounts(db, [first]))


def _take_back(db: Session, case: Case) -> int:
    """Every line that this case gave and that was not taken back."""
    given = db.scalars(select(Line).where(Line.case_id == case.id, Line.rule.in_((*EARNED, "closed")), Line.points > 0)).all()
    owners = {one.id: one for one in db.scalars(select(Account).where(Account.id.in_({line.account_id for line in given})))}
    written = 0
    for line in sorted(given, key=lambda one: (owners[one.account_id].person_id, one.number)):
        account = ledger.held(db, owners[line.account_id].person_id)
        if not ledger.line_of(db, f"back:{line.id.hex}"):
            points = min(line.points, account.balance)
            ledger.write(db, account, f"back:{line.id.hex}", "taken_back", -points, limited=points != line.points,
                         about=About(case_id=case.id, report_id=line.report_id, subject_id=line.id))
            written += 1
    return written


def _punish(db: Session, case: Case, rule: Rule) -> int:
    reports = db.scalars(select(Report).where(Report.case_id == case.id, *OF_CITIZENS).order_by(Report.received_at).limit(MOST))
    mine = list(reports)
    sure = persons.proved(db, mine)
    return sum(_award(db, account, rule, f"false:{report.id.hex}", report, report.received_at)
               for account, report in _accounts(db, [one for one in mine if one.id in sure]))


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
    return set(db.scalars(select(Line.account_id).where(Line.case_id == case.id, Line.rule.in_(EARNED))))


def _accounts(db: Session, reports: Sequence[Report]) -> list[tuple[Account, Report]]:
    """Each report with its sender's account, all held, taken in the order of the persons; then in that of the reports."""
    ties = {report.id: tie for report in reports if (tie := persons.tie_of_report(report))}
    whose = {tie: persons.with_tie(db, tie).id for tie in sorted(set(ties.values()), key=str)}
    accounts = {person_id: ledger.held(db, person_id) for person_id in sorted(whose.values())}
    return [(accounts[whose[ties[report.id]]], report) for report in reports if report.id in ties]
