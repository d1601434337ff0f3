"""What those concerned are told of scorecards: published, appealed against, ruled on. The events name their readers and bring
words in both languages (notifications/rules.py); who did how, and why, stands on the scorecard, for who may read it."""
import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from casework import clock
from casework.performance.weights import Of, appeals_end
from casework.storage import outbox

RULES_ON_IT = "role:adjudicator"
"""The desk whose rulings are; supervisors and leaders, who may rule too, see appeals in their list."""


def published(db: Session, of: Of, period: str, about: Iterable[tuple[uuid.UUID, uuid.UUID]], at: datetime) -> None:
    """Tell everybody whom these scorecards (id, subject) are about: the grid worker, or the department's head."""
    end = appeals_end(at).astimezone(clock.CITY)
    words = {"zh": f"{period}考核结果已公布。如有异议，请于{end:%Y-%m-%d %H:%M}前申诉。",
             "en": f"The scores of {period} are published. Who does not accept the own may appeal until {end:%Y-%m-%d %H:%M}."}
    reader = "head" if of is Of.DEPARTMENT else "user"
    rows = [{"name": "score.published", "subject": card_id, "happened_at": at,
             "detail": words | {"reader": f"{reader}:{subject_id.hex}"}} for card_id, subject_id in about]
    if rows:
        db.execute(insert(outbox.Event), rows)


def appealed(db: Session, appeal_id: uuid.UUID, period: str) -> None:
    """Tell those who rule."""
    outbox.publish(db, "score.appealed", appeal_id, reader=RULES_ON_IT, zh=f"有一件对{period}考核结果的申诉，请裁定。",
                   en=f"Somebody appeals against a score of {period}. Please rule on it.")


def ruled(db: Session, appeal_id: uuid.UUID, period: str, appellant: uuid.UUID, *, granted: bool) -> None:
    """Tell who appealed."""
    outbox.publish(db, "score.ruled", appeal_id, reader=f"user:{appellant.hex}",
                   zh=f"对{period}考核结果的申诉{'成立' if granted else '不成立'}，裁定意见见考核结果。",
                   en=f"The appeal against the score of {period} is {'granted' if granted else 'dismissed'}; "
                      "the ruling stands on the scorecard.")
