"""The shape of what the stages of a case offer: one verb for each row of the workflow table."""
from collections.abc import Callable

from sqlalchemy.orm import Session

from casework.cases.case import Case
from casework.cases.workflow import Facts
from casework.identity.people import Actor

Verb = Callable[[Session, Case, Actor, Facts], None]
"""Takes the step of its name on a case that was found to be changed; the stages list theirs in VERBS."""


def plain(action: str) -> Verb:
    """A step that needs nothing beyond its row in the table."""
    def take(_db: Session, case: Case, actor: Actor, facts: Facts) -> None:
        case.move(action, actor, facts)
    return take
