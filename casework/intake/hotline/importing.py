"""Exports on their way in: good rows are taken, batch by batch, bad ones told; a known ticket is updated, not doubled."""
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.cases.report import Channel, Report, Said, receive
from casework.errors import Conflict
from casework.identity.people import Actor
from casework.intake import refusals
from casework.intake.hotline import updates
from casework.intake.hotline.columns import Plan
from casework.intake.hotline.sheets import Sheet
from casework.intake.hotline.tickets import Ticket, said

BATCH = 500
"""Rows of one transaction: others write in between, and a file that was cut short is sent again without harm."""


@dataclass
class Imported:
    """What an import did, or with dry run would do: rows of each kind."""

    rows: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    bad: list[dict[str, Any]] = field(default_factory=list)
    columns: dict[str, str | None] = field(default_factory=dict)
    error_file: dict[str, str] | None = None

    def add(self, counts: Counter[str]) -> None:
        """What became of one batch."""
        self.new += counts["new"]
        self.updated += counts["updated"]
        self.unchanged += counts["unchanged"]


def report_of(sheet: Sheet) -> Imported:
    """What can be told of a file before any row is taken."""
    return Imported(rows=sheet.rows, skipped=len(sheet.lines), bad=[one._asdict() for one in sheet.bad],
                    columns=sheet.headings.read_as,
                    error_file=sheet.error_file())


def batches(sheet: Sheet) -> Iterator[list[Ticket]]:
    """The tickets of a file, as many at a time as one transaction takes."""
    tickets = [ticket for _, ticket in sheet.tickets]
    for start in range(0, len(tickets), BATCH):
        yield tickets[start:start + BATCH]


def take(db: Session, actor: Actor, plan: Plan, tickets: Sequence[Ticket]) -> Counter[str]:
    """Keep these tickets, each once; what is known and says something else is an update. Rows by new, updated, unchanged."""
    counts: Counter[str] = Counter()
    again: list[tuple[str, Said]] = []
    sent = [said(actor, plan.source, one) for one in tickets]
    seen: set[str] = set()
    for one, answer in zip(sent, receive(db, sent), strict=True):
        if isinstance(answer, Conflict):
            again.append((answer.facts["number"], one))
        else:
            counts["new" if answer.is_new and one.key not in seen else "unchanged"] += 1
            seen.add(one.key)
    updated = updates.take(db, actor, again)
    counts["updated"] += updated
    counts["unchanged"] += len(again) - updated
    return counts


def tried(db: Session, actor: Actor, plan: Plan, tickets: Sequence[Ticket]) -> Counter[str]:
    """What take() would count, as nearly as can be said without doing it: a known ticket in other words is an update."""
    sent = [said(actor, plan.source, one) for one in tickets]
    rows = db.execute(select(Report.key, Report.digest, updates.TicketUpdate.digest.label("later"))
                      .join(updates.TicketUpdate, updates.TicketUpdate.report_id == Report.id, isouter=True)
                      .where(Report.channel == Channel.HOTLINE, Report.source == plan.source,
                             Report.key.in_({one.key for one in sent})))
    known: dict[str, set[str | None]] = {}
    for row in rows:
        known.setdefault(row.key, {row.digest}).add(row.later)
    counts: Counter[str] = Counter()
    for one in sent:
        digests = known.setdefault(one.key, set())
        counts["unchanged" if one.digest in digests else "updated" if digests else "new"] += 1
        digests.add(one.digest)
    return counts


def count_refused(db: Session, sheet: Sheet) -> None:
    """Bad rows are seen among what the channel sends, not only by whoever sent them."""
    if sheet.lines:
        refusals.count(db, Channel.HOTLINE, "invalid", len(sheet.lines))
