"""What people decided, kept as training data: the text stays with its report, here is only which category it got."""
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.classification import table
from casework.storage.database import Base, Keyed, insert_once, new_id

PAGE = 1000

Texts = Callable[[Sequence[uuid.UUID]], Mapping[uuid.UUID, tuple[str, str]]]
"""Subject and detail of these reports. The reports lie above this package, so whoever exports brings the reader along."""


class TrainingExample(Keyed, Base):
    """A report that a person classified. One a report: who corrects again replaces what was said before."""

    __tablename__ = "training_examples"
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reports.id"), unique=True)
    code: Mapped[str]
    corrected_by: Mapped[uuid.UUID | None]
    corrected_at: Mapped[datetime]


def record_correction(db: Session, report_id: uuid.UUID, code: str, actor_id: uuid.UUID | None) -> TrainingExample:
    """Keep that this person gave this report this category. Said again by anybody, the last word holds."""
    at = clock.now()
    first = {"id": new_id(), "report_id": report_id, "code": code, "corrected_by": actor_id, "corrected_at": at}
    insert_once(db, TrainingExample, [first], on=("report_id",))
    example = db.scalars(select(TrainingExample).where(TrainingExample.report_id == report_id).with_for_update()).one()
    example.code, example.corrected_by, example.corrected_at = code, actor_id, at
    db.flush()
    return example


def corrections(db: Session) -> Iterator[TrainingExample]:
    """All examples in the order in which they first came, read page by page."""
    last: uuid.UUID | None = None
    while True:
        page = select(TrainingExample).order_by(TrainingExample.id).limit(PAGE)
        rows = db.scalars(page if last is None else page.where(TrainingExample.id > last)).all()
        yield from rows
        if len(rows) < PAGE:
            return
        last = rows[-1].id


def export_csv(db: Session, path: Path | str, texts_of: Texts) -> int:
    """Write what people decided as a file that train_csv reads, labels being category codes; returns the number of rows.

    Examples whose report `texts_of` no longer knows are left out.
    """
    written = 0
    with table.writing(path, ("subject", "detail", "label")) as write:
        for batch in table.batches(corrections(db), PAGE):
            texts = texts_of([example.report_id for example in batch])
            for example in batch:
                if example.report_id in texts:
                    subject, detail = texts[example.report_id]
                    write({"subject": subject, "detail": detail, "label": example.code})
                    written += 1
    return written


def forget(db: Session, report_ids: Sequence[uuid.UUID]) -> None:
    """Drop what was learned from these reports, before retention removes them."""
    for example in db.scalars(select(TrainingExample).where(TrainingExample.report_id.in_(report_ids))):
        db.delete(example)
    db.flush()
