"""A report whose sender nobody knows any more. What was said stays, so cases and figures stay as they are.

A report is never edited, with this one exception, and here is why it is one. A text may name its sender ("我是3栋的王小明，
电话…"), and a copy kept beside it would be no forgetting. So the words themselves lose what names a person ("•••"), nothing is
added, and `digest` stays: made under our key from all that was said, it proves a claimed original and gives none away, and a
report that is sent again is still the same one.
"""
import secrets
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework import clock
from casework.cases.particulars import Particulars
from casework.cases.report import Channel, Report
from casework.identity.scrubbing import Known

WORDS = ("text", "title", "address", "outcome_reason", "rating_comment")


def known_of(db: Session, reports: Sequence[Report]) -> Known:
    """What these reports say of who sent them."""
    apps = db.query(Particulars).where(Particulars.report_id.in_([one.id for one in reports])).all()
    return Known(names=frozenset(one.reporter_name.open() for one in reports if one.reporter_name),
                 phones=frozenset(one.reporter_phone.open() for one in reports if one.reporter_phone),
                 others=frozenset(sealed.open() for one in apps for sealed in (one.account, one.mail, one.device) if sealed))


def scrub_others(db: Session, case_id: uuid.UUID, scrubbed: Callable[[Any], Any]) -> None:
    """What others of the same case said of who is forgotten ("隔壁王小明也报了") goes as well; who they are stays."""
    others = select(Report.id, *(getattr(Report, name) for name in WORDS)).where(
        Report.case_id == case_id, Report.anonymised_at.is_(None)).order_by(Report.id).with_for_update()
    for row in db.execute(others).all():
        said = dict(zip(WORDS, row[1:], strict=True))
        left = {name: new for name, old in said.items() if (new := scrubbed(old)) != old}
        if left:
            db.execute(update(Report).where(Report.id == row.id).values(left).execution_options(synchronize_session=False))


def forget_senders(db: Session, reports: Sequence[Report], scrubbed: Callable[[Any], Any]) -> None:
    """Take name and phone from these locked reports, and out of their words by `scrubbed`; once for each.

    In place of the phone's blind index stands a pseudonym: one person has one in a case, so how many people reported it
    can still be counted, and another in every case. It is random; no key leads back from it. A grid worker who reported is
    not forgotten: who works here answers for what he did.
    """
    pseudonyms: dict[tuple[uuid.UUID | None, str], str] = {}
    for one in reports:
        if one.anonymised_at is not None:
            continue
        index, values = one.reporter_phone_index, {name: scrubbed(getattr(one, name)) for name in WORDS}
        if index is not None:
            index = pseudonyms.setdefault((one.case_id, index), f"gone:{secrets.token_hex(12)}")
        # Not by the ORM, which refuses to edit a report.
        db.execute(update(Report).where(Report.id == one.id).values(
            **values, reporter_name=None, reporter_phone=None, reporter_phone_index=index, anonymised_at=clock.now(),
            reporter_id=one.reporter_id if one.channel is Channel.PDA else None)
            .execution_options(synchronize_session=False))
    db.expire_all()
