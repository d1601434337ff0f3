"""Carrying the rules out, in short transactions, and the record of it: how many, when, by which rule; nobody's name or id."""
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session

from casework import clock
from casework.retention import files
from casework.retention.rules import RULES, Rule
from casework.storage.database import Base, Keyed, reading, transaction

MOST_COUNTED = 100_000
"""A dry run counts no further: nobody reads the difference, and counting costs by the row."""


class Run(Keyed, Base):
    """A rule, or a person's request ("erasure"), was carried out. Kept for good; it says nothing of anybody."""

    __tablename__ = "retention_runs"
    rule: Mapped[str]
    days: Mapped[int | None]
    count: Mapped[int]
    at: Mapped[datetime]

    __table_args__ = (Index(None, "at", "id"),)


@dataclass(frozen=True)
class Due:
    """What a rule would do now. `count` is MOST_COUNTED where there is that much or more."""

    rule: Rule
    count: int


def dry_run() -> list[Due]:
    """How much each rule would find now; changes nothing. A photo that would pass two stages tonight counts for the first."""
    with reading() as db:
        return [Due(rule, len(rule.find(db, rule.before, MOST_COUNTED))) for rule in RULES.values()]


def carry_out(rules: Iterable[Rule] | None = None) -> dict[str, int]:
    """Carry out all rules, or these; how many by rule, as recorded. Opens its own transactions, one for each batch, and bears
    being killed, repeated, and run twice at once. Files are deleted last, after the commits that forgot them. A rule that
    fails holds up no other; its error is raised at the end."""
    done, failed = dict[str, int](), list[Exception]()
    ways: dict[str, Callable[[], int]] = {rule.name: partial(_one, rule)
                                          for rule in (RULES.values() if rules is None else rules)}
    ways["files"] = files.delete_forgotten
    if rules is None:
        ways["orphans"] = files.sweep_orphans
    for name, forget in ways.items():
        try:
            done[name] = forget()
        except Exception as error:  # whatever it is, the others are none the worse for it
            error.add_note(f"while carrying out {name}")
            failed.append(error)
    if failed:
        raise failed[0]
    return done


def _one(rule: Rule) -> int:
    total, before = 0, rule.before
    while True:
        with transaction() as db:
            keys = rule.find(db, before, rule.batch)
            count = rule.do(db, keys) if keys else 0
            if count:
                note(db, rule.name, count, rule.days)
        total += count
        # Where a batch was news to nobody, another process did it just now.
        if len(keys) < rule.batch or not count:
            return total


def note(db: Session, rule: str, count: int, days: int | None = None) -> None:
    """One line of the record."""
    db.add(Run(rule=rule, days=days, count=count, at=clock.now()))


def record(db: Session, after: tuple[datetime, object] | None = None, limit: int = 50) -> Sequence[Run]:
    """The record, the latest first."""
    wanted = select(Run).order_by(Run.at.desc(), Run.id.desc()).limit(limit)
    return db.scalars(wanted.where((Run.at < after[0]) | ((Run.at == after[0]) & (Run.id < after[1]))) if after
                      else wanted).all()
