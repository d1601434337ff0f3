"""催办与督办: reminders from outside, orders from above, and the feedback that is owed on these."""
from sqlalchemy.orm import Session

from casework import clock
from casework.cases.case import Case
from casework.cases.verbs import Verb
from casework.cases.workflow import Facts
from casework.identity.people import Actor


def urge(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """催办: whoever waits reminds, and not too often."""
    case.move("urge", actor, facts)
    case.urges += 1
    case.urged_at = clock.now()


def supervise(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """督办: an order from above, on which feedback is owed within its own limit."""
    case.move("supervise", actor, facts)
    case.feedback_owed = True


def report_back(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
    """督办反馈: what was done about the order."""
    case.move("report_back", actor, facts)
    case.feedback_owed = False


VERBS: dict[str, Verb] = {"urge": urge, "supervise": supervise, "report_back": report_back}
