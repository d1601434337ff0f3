"""What an app said beside what every report says: whose account and device it was, links to pictures, answers to questions."""
import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.identity.people import Actor
from casework.identity.privacy import Sealed, SealedText
from casework.storage.database import Base


class Particulars(Base):
    """Of one report. Links are text: nobody here follows them."""

    __tablename__ = "report_particulars"
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    account: Mapped[SealedText | None] = mapped_column(Sealed("report_particulars.account"))
    device: Mapped[SealedText | None] = mapped_column(Sealed("report_particulars.device"))
    mail: Mapped[SealedText | None] = mapped_column(Sealed("report_particulars.mail"))
    address_code: Mapped[str | None]
    links: Mapped[list[str]]
    answers: Mapped[dict[str, Any]]
    """By the question's code, a list of what was chosen or written."""


def source_of(actor: Actor) -> str:
    """How reports name the app that sent them, by its key."""
    return f"open311:{actor.id}"


def of_reports(db: Session, report_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Particulars]:
    """Those of these reports that have any."""
    found = db.scalars(select(Particulars).where(Particulars.report_id.in_(list(report_ids))))
    return {one.report_id: one for one in found}
