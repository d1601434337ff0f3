"""What people say about a case beside its steps: among themselves, or for the public to read.

A comment changes nothing of the case: no status, no clock, and never the window for reopening.
"""
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Index, func, or_, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.cases.case import Case
from casework.cases.report import Report
from casework.errors import Fault, Invalid, TooMany
from casework.identity.people import DEPARTMENTAL, Actor, Role
from casework.identity.permissions import check
from casework.storage import outbox
from casework.storage.database import Base, Keyed, new_id

MOST_A_DAY = 10
"""Comments of a citizen on one report; who has more to say rings up."""


class Visibility(StrEnum):
    """Who reads a comment."""

    PUBLIC = "public"      # everybody who may see the case, and on the tracking page those whom it concerns
    INTERNAL = "internal"  # only those who work here and may see the case


class Comment(Keyed, Base):
    """One remark, never edited. `report_id` is the report whose sender speaks, or whom alone a public comment answers."""

    __tablename__ = "comments"
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"))
    report_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("reports.id"))
    author_kind: Mapped[str]
    author_id: Mapped[uuid.UUID | None]
    role: Mapped[Role | None]
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("departments.id"))
    visibility: Mapped[Visibility]
    text: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (Index(None, "case_id", "at", "id"), Index(None, "report_id", "at", "id"))

    @property
    def by_citizen(self) -> bool:
        """A reporter speaks."""
        return self.author_kind == "citizen"


def say(db: Session, case: Case, actor: Actor, text: str, *, visibility: Visibility = Visibility.INTERNAL,
        to: str | None = None) -> Comment:
    """A remark of somebody who works here; `to` is the number of the one report that a public one answers.

    Raises Refused for a public one by somebody who does not speak for the city, Invalid for a report of another case.
    """
    if visibility is Visibility.PUBLIC:
        check(actor, "comment.publish", case)
    answered = next((one for one in case.reports if one.number == to), None)
    if to and answered is None:
        raise Invalid("this report does not count in this case", Fault("report", "names no report of this case"))
    if to and visibility is Visibility.INTERNAL:
        raise Invalid("an internal comment answers no citizen", Fault("report", "only a public comment answers a report"))
    return _keep(db, case, actor, text, visibility=visibility, report=answered)


def say_as_citizen(db: Session, case: Case, report: Report, actor: Actor, text: str) -> Comment:
    """A remark of the one who sent this report of the case. Raises TooMany after MOST_A_DAY in a day."""
    lately = clock.now() - timedelta(days=1)
    said = select(func.count()).where(Comment.report_id == report.id, Comment.at > lately, Comment.author_kind == "citizen")
    if (db.scalar(said) or 0) >= MOST_A_DAY:
        raise TooMany(f"at most {MOST_A_DAY} comments a day on one report", retry_after=3600)
    return _keep(db, case, actor, text, report=report)


Position = tuple[datetime, uuid.UUID]


def about(case: Case) -> ColumnElement[bool]:
    """Whether a comment was made about the case, or by who reported it: what he said goes along when the report moves.

    With the ids of the reports, not a query for them: only then do the databases read both ways by an index.
    """
    return or_(Comment.case_id == case.id, Comment.report_id.in_([one.id for one in case.reports]))


def of_case(db: Session, case: Case, *, after: Position | None = None,
            limit: int = 50) -> tuple[Sequence[Comment], Position | None]:
    """All that was said about the case or by who reported it, the latest first; and where the next page goes on, or None."""
    wanted = select(Comment).where(about(case))
    if after:
        wanted = wanted.where(tuple_(Comment.at, Comment.id) < after)
    found = db.scalars(wanted.order_by(Comment.at.desc(), Comment.id.desc()).limit(limit + 1)).all()
    last = found[limit - 1] if len(found) > limit else None
    return found[:limit], (last.at, last.id) if last else None


def for_reporter(db: Session, report: Report, limit: int = 50) -> Sequence[Comment]:
    """What the sender of this report may read, the oldest first: what he said, and what was said to him or to all who
    reported the same problem. Never what a neighbour said, and nothing internal."""
    mine = Comment.report_id == report.id
    to_all = (Comment.case_id == report.case_id) & Comment.report_id.is_(None)
    wanted = select(Comment).where(Comment.visibility == Visibility.PUBLIC, or_(mine, to_all))
    return db.scalars(wanted.order_by(Comment.at.desc(), Comment.id.desc()).limit(limit)).all()[::-1]


def _keep(db: Session, case: Case, actor: Actor, text: str, *, visibility: Visibility = Visibility.PUBLIC,
          report: Report | None = None) -> Comment:
    made = Comment(id=new_id(), case_id=case.id, report_id=report.id if report else None, author_kind=actor.kind,
                   author_id=actor.id, role=min(actor.roles, default=None), department_id=_speaks_for(actor, case),
                   visibility=visibility, text=text, at=clock.now())
    db.add(made)
    case.note("comment", actor, comment=str(made.id), visibility=visibility.value)
    public, citizen = visibility is Visibility.PUBLIC, made.by_citizen
    outbox.publish(db, ("case.citizen_comment" if citizen else "case.public_comment") if public else "case.comment",
                   case.id, comment=str(made.id), line=case.history_length)
    return made


def _speaks_for(actor: Actor, case: Case) -> uuid.UUID | None:
    """The department of this case that the actor belongs to: the lead first."""
    if actor.roles.isdisjoint(DEPARTMENTAL):
        return None
    if case.lead_department_id in actor.department_ids:
        return case.lead_department_id
    return min(case.involved_department_ids & actor.department_ids, default=None)
