"""A department's share in a case: it leads, or it helps."""
import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from casework.storage.database import Base, Keyed, partial_index


class Part(StrEnum):
    """What a department was asked to do."""

    LEAD = "lead"      # 主办
    ASSIST = "assist"  # 协办


HELPING = "part = 'assist' AND until IS NULL AND done_at IS NULL"
"""Help that is still to be given: what the queue of those who assist asks for, in the words of its index."""


class Assignment(Keyed, Base):
    """One department's share in one case, from when until when, and why it was chosen."""

    __tablename__ = "assignments"
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("departments.id"))
    part: Mapped[Part]
    why: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    returned: Mapped[bool] = mapped_column(default=False)
    """Its return was upheld: it does not get the case again."""
    ruled: Mapped[bool] = mapped_column(default=False)
    """Its return was overruled: it does not hand the case back again."""
    signed_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]

    __table_args__ = (
        partial_index("ix_assignments_assisting", "department_id", "case_id", where="part = 'assist'"),
        partial_index("ix_assignments_helping", "department_id", "case_id", where=HELPING),
        Index("ix_assignments_ruled", "since", postgresql_where=text("returned OR ruled"),
              sqlite_where=text("returned = 1 OR ruled = 1")),  # each as SQLAlchemy asks there
        Index(None, "since"),
    )
