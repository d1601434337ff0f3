"""The numbers of a city's practice beside its limits: how often, how long, how far, from how many on."""
from dataclasses import dataclass

from sqlalchemy.orm import Session

URGENT_WORDS = ("燃气泄漏", "煤气泄漏", "坍塌", "塌陷", "触电", "漏电", "着火", "爆炸", "被困")


@dataclass(frozen=True)
class Numbers:
    """What a city may set for a branch of its taxonomy; days and hours run day and night."""

    max_extensions: int = 2
    suspension_days: int = 365
    max_returns: int = 2
    reopen_days: int = 15
    appeal_days: int = 10
    question_hours: int = 72
    max_questions: int = 2
    urge_hours: int = 24
    inspection_metres: float = 500.0
    sample_share: int = 5
    """Per cent of what was put right on the spot that somebody else looks at afterwards."""
    dissatisfied_score: int = 2
    """Up to this score a rating asks for rework by itself."""
    supervise_after: int = 2
    """So many times dissatisfied, and the case is supervised by itself."""
    many_reports: int = 10
    """So many reports make a case urgent; 0 never."""
    join_score: float = 0.85
    propose_score: float = 0.6
    urgent_words: tuple[str, ...] = URGENT_WORDS


def numbers(_db: Session, _category_code: str | None) -> Numbers:
    """The numbers for this branch of the taxonomy."""
    return Numbers()
