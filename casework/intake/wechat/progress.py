"""Where one's own report stands, in a sentence that fits a chat."""
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from casework.cases import search, wording
from casework.cases.report import Report, written_by
from casework.cases.wording import Language
from casework.cases.workflow import Status
from casework.identity.followers import Follower
from casework.identity.people import Department
from casework.intake.wechat import answers


def of(db: Session, follower: Follower, number: str) -> str:
    """Of the report of this number, if this person sent it: a stranger's is as unknown as one that is not there."""
    return _told(db, db.scalar(_own(follower).where(Report.number == number.upper())))


def of_latest(db: Session, follower: Follower) -> str:
    """Of the report that this person sent last."""
    return _told(db, db.scalar(_own(follower).order_by(Report.received_at.desc(), Report.id.desc()).limit(1)))


def _own(follower: Follower) -> Select[Report]:
    return select(Report).where(written_by(follower.id))


def _told(db: Session, report: Report | None) -> str:
    if report is None:
        return answers.UNKNOWN
    case = search.followed(db, report)
    stands = wording.STANDS[case.status if case else Status.REPORTED]
    department = db.get(Department, case.lead_department_id) if case and case.lead_department_id else None
    until = wording.until(db, case) if case else None
    return answers.progress(
        report.number, stands[Language.ZH], stands[Language.EN],
        wording.holder(case, department.name if department else None) if case else None,
        wording.moment(until) if until else None)
