"""The ledger: one account a person, one line for each thing that counted, each line chained to the one before by its seal.

Lines are only ever added, and each has a key that no other has: whatever is said again, nothing comes of it. A mistake is
mended by a line of its own that says who and why. The balance is that of the last line, so it is exact, and never below zero.
(Retention: kept for ever; a line names no person, and the account's tie is cut in persons.py.)
"""
import uuid
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, event, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Mapper, Session, mapped_column

from casework import clock
from casework.cases.history import GENESIS, seal
from casework.community.points.rules import Rule
from casework.errors import Conflict, Invalid
from casework.identity.people import SYSTEM, Actor
from casework.storage.database import Base, Keyed, insert_once, new_id

LONGEST_NOTE = 300
BATCH = 200


class Account(Keyed, Base):
    """What a person has; `length` and `head` are the number and the seal of the last line."""

    __tablename__ = "point_accounts"
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("community_persons.id"), unique=True)
    balance: Mapped[int] = mapped_column(default=0)
    length: Mapped[int] = mapped_column(default=0)
    head: Mapped[str] = mapped_column(default=GENESIS)

    __table_args__ = (CheckConstraint("balance >= 0", name="not_negative"),)


class Line(Keyed, Base):
    """One movement. `rule` is a rule's code or one of rules.WORDS; `limited`: a limit, or an empty account, let less of it
    count. `day` is the city's day whose limits it counts in. `note` says why, and never of whom."""

    __tablename__ = "point_lines"
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("point_accounts.id"))
    number: Mapped[int]
    key: Mapped[str] = mapped_column(unique=True)
    rule: Mapped[str]
    points: Mapped[int]
    balance: Mapped[int]
    limited: Mapped[bool]
    day: Mapped[date]
    case_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    report_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    subject_id: Mapped[uuid.UUID | None]
    """The check-in, the redemption, or the line that is taken back."""
    by_kind: Mapped[str]
    by_id: Mapped[uuid.UUID | None]
    note: Mapped[str | None]
    at: Mapped[datetime]
    previous: Mapped[str]
    hash: Mapped[str]

    __table_args__ = (UniqueConstraint("account_id", "number"), Index(None, "account_id", "rule", "day"))

    def digest(self) -> str:
        """The seal over everything that this line says, and the seal of the line before."""
        return seal(b"points", [
            self.account_id, self.number, self.key, self.rule, self.points, self.balance, self.limited, self.day, self.case_id,
            self.report_id, self.subject_id, self.by_kind, self.by_id, self.note, int(self.at.timestamp() * 1_000_000),
            self.previous])


@event.listens_for(Line, "before_update")
@event.listens_for(Line, "before_delete")
def _refuse_changes(_mapper: Mapper[Line], _connection: Connection, line: Line) -> None:
    raise Conflict(f"the ledger only grows; line {line.number} of an account was about to change")


def account_of(db: Session, person_id: uuid.UUID) -> Account | None:
    """The account as it stands, if the person has one."""
    return db.scalar(select(Account).where(Account.person_id == person_id))


def held(db: Session, person_id: uuid.UUID) -> Account:
    """The account, opened if there is none, and locked: what changes it comes one after the other. Whoever takes several
    takes them in the order of the persons' ids."""
    first: dict[str, Any] = {"id": new_id(), "person_id": person_id, "balance": 0, "length": 0, "head": GENESIS}
    insert_once(db, Account, [first], on=("person_id",))
    return db.scalars(select(Account).where(Account.person_id == person_id)
                      .with_for_update().execution_options(populate_existing=True)).one()


def line_of(db: Session, key: str) -> Line | None:
    """The line of this key, if it was written."""
    return db.scalar(select(Line).where(Line.key == key))


@dataclass(frozen=True, kw_only=True)
class About:
    """What a line is about: a case, a report in it; or the check-in, the redemption, the line that is taken back."""

    case_id: uuid.UUID | None = None
    report_id: uuid.UUID | None = None
    subject_id: uuid.UUID | None = None


NOTHING = About()


def award(db: Session, account: Account, rule: Rule, key: str, *, day: date, about: About) -> Line | None:
    """What this rule says, within its limits, once for each key; None when it was written before. A line is written also
    when nothing of it counts: it is explained, and does not count tomorrow either. `account` is held."""
    if not rule.active or line_of(db, key):
        return None
    granted = rule.granted(moved(db, account, rule.code, day, day), moved(db, account, rule.code, *month_of(day)),
                           account.balance)
    return write(db, account, key, rule.code, granted, day=day, limited=granted != rule.points, about=about)


def moved(db: Session, account: Account, rule: str, first: date, last: date) -> int:
    """Points that a rule gave or took on these days."""
    return int(db.scalar(select(func.coalesce(func.sum(func.abs(Line.points)), 0)).where(
        Line.account_id == account.id, Line.rule == rule, Line.day.between(first, last))) or 0)


def month_of(day: date) -> tuple[date, date]:
    """Its first day and its last."""
    return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])


def correct(db: Session, account: Account, actor: Actor, points: int, *, key: uuid.UUID, why: str) -> Line:
    """A line of the staff's own, with the reason; the same key again answers the same line. `account` is held.

    Raises Invalid for a reason that says nothing and for more than there is, Conflict for a key of something else.
    """
    name = f"correction:{key.hex}"
    known = line_of(db, name)
    if known:
        if (known.account_id, known.points, known.note) != (account.id, points, why):
            raise Conflict("this key was used before for another correction")
        return known
    if not points or account.balance + points < 0:
        raise Invalid("points cannot go below zero, and a correction corrects something")
    return write(db, account, name, "correction", points, actor=actor, note=why[:LONGEST_NOTE])


def write(db: Session, account: Account, key: str, rule: str, points: int, *, day: date | None = None, limited: bool = False,
          actor: Actor = SYSTEM, note: str | None = None, about: About = NOTHING) -> Line:
    """The next line of an account that is held."""
    at = clock.now()
    line = Line(id=new_id(), account_id=account.id, number=account.length + 1, key=key, rule=rule, points=points,
                balance=account.balance + points, limited=limited, day=day or today(), case_id=about.case_id,
                report_id=about.report_id, subject_id=about.subject_id, by_kind=actor.kind, by_id=actor.id, note=note, at=at,
                previous=account.head)
    line.hash = line.digest()
    db.add(line)
    account.balance, account.length, account.head = line.balance, line.number, line.hash
    db.flush()
    return line


def page(db: Session, account: Account, *, before: int | None = None, limit: int = 50) -> tuple[Sequence[Line], int | None]:
    """Lines, the latest first, and the number that the next page goes on below, or None."""
    wanted = select(Line).where(Line.account_id == account.id).order_by(Line.number.desc()).limit(limit + 1)
    found = db.scalars(wanted.where(Line.number < before) if before else wanted).all()
    return found[:limit], found[limit - 1].number if len(found) > limit else None


def today() -> date:
    """The city's day."""
    return clock.now().astimezone(clock.CITY).date()


def broken(db: Session) -> Iterator[str]:
    """What is wrong with every account whose lines are not as they were written: a sentence each."""
    after: uuid.UUID | None = None
    while True:
        wanted = select(Account).order_by(Account.id).limit(BATCH)
        accounts = db.scalars(wanted.where(Account.id > after) if after else wanted).all()
        for one in accounts:
            lines = db.scalars(select(Line).where(Line.account_id == one.id).order_by(Line.number))
            if wrong := _first_break(one, lines.all()):
                yield f"point account {one.id}: {wrong}"
        db.expunge_all()
        if len(accounts) < BATCH:
            return
        after = accounts[-1].id


def _first_break(account: Account, lines: Sequence[Line]) -> str | None:
    previous, balance = GENESIS, 0
    for number, line in enumerate(lines, start=1):
        balance += line.points
        if line.number != number:
            return f"line {number} was removed"
        if line.digest() != line.hash:
            return f"line {number} ({line.rule}) was edited"
        if line.previous != previous:
            return f"line {number} does not follow the line before it"
        if line.balance != balance:
            return f"line {number} does not add up"
        previous = line.hash
    if (len(lines), previous, balance) != (account.length, account.head, account.balance):
        return f"it remembers {account.length} lines and {account.balance} points, and has {len(lines)} and {balance}"
    return None
