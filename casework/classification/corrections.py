"""What people decided, kept as training data: the text stays with its report, here is only which category it got."""
import uuid
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.storage.database import Base, Keyed

PAGE = 1000


class TrainingExample(Keyed, Base):
    """A report that a person classified. One a report: who corrects again replaces what was said before."""

    __tablename__ = "training_examples"
    report_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    code: Mapped[str]
    corrected_by: Mapped[uuid.UUID | None]
    corrected_at: Mapped[datetime]


def record_correction(db: Session, report_id: uuid.UUID, code: str, actor_id: uuid.UUID | None) -> TrainingExample:
    """Keep that this person gave this report this category. Said again by anybody, the last word holds."""
    example = db.scalar(select(TrainingExample).where(TrainingExample.report_id == report_id).with_for_update())
    if example is None:
        example = TrainingExample(report_id=report_id)
        db.add(example)
    example.code, example.corrected_by, example.corrected_at = code, actor_id, clock.now()
    db.flush()
    return example


def corrections(db: Session) -> Iterator[TrainingExample]:
    """All examples in the order in which they first came, read page by page; the caller joins each to its report's text."""
    last: uuid.UUID | None = None
    while True:
        page = select(TrainingExample).order_by(TrainingExample.id).limit(PAGE)
        rows = db.scalars(page if last is None else page.where(TrainingExample.id > last)).all()
        yield from rows
        if len(rows) < PAGE:
            return
        last = rows[-1].id


def forget(db: Session, report_ids: list[uuid.UUID]) -> None:
    """Drop what was learned from these reports, when retention removes them."""
    for example in db.scalars(select(TrainingExample).where(TrainingExample.report_id.in_(report_ids))):
        db.delete(example)
