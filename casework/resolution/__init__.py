"""What a department does with a case that is its own, and what is asked of it meanwhile."""
from casework.cases.verbs import Verb
from casework.resolution import answer, appeals, applications, assistance, handing_over, pressure
from casework.resolution.answer import close_questions, dissatisfied
from casework.resolution.applications import resume_due

VERBS: dict[str, Verb] = (answer.VERBS | handing_over.VERBS | assistance.VERBS | applications.VERBS | appeals.VERBS
                          | pressure.VERBS)

__all__ = ["VERBS", "close_questions", "dissatisfied", "resume_due"]
