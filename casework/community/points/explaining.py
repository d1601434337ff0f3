"""Points explained to whoever has them: each line in words, what counts, and how much of today's limits is left."""
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.cases.report import Report
from casework.cases.wording import Language
from casework.community.points import ledger, rules
from casework.community.points.ledger import Account, Line

LIMITED = {Language.ZH: "（已达上限或余额不足，未全部计入）",
           Language.EN: " (less counted: a limit was reached, or nothing was left)"}


def counts(db: Session, account: Account | None, language: Language) -> list[dict[str, Any]]:
    """What counts: {rule, words, points, day_limit, month_limit, today, this_month}; the last two are what was used."""
    day = ledger.today()
    return [{"rule": one.code, "words": one.words(language), "points": one.points, "day_limit": one.day_limit,
             "month_limit": one.month_limit, "today": ledger.moved(db, account, one.code, day, day) if account else 0,
             "this_month": ledger.moved(db, account, one.code, *ledger.month_of(day)) if account else 0}
            for one in rules.current(db).values() if one.active]


def lines(db: Session, account: Account | None, language: Language, *, before: int | None = None,
          limit: int = 50) -> tuple[list[dict[str, Any]], int | None]:
    """A page of lines {number, at, day, words, points, balance, report, note}, the latest first; and where the next begins."""
    if account is None:
        return [], None
    found, following = ledger.page(db, account, before=before, limit=limit)
    numbers, known = _numbers(db, found), rules.current(db)
    return [{"number": one.number, "at": one.at, "day": one.day, "words": _words(one, known, language), "points": one.points,
             "balance": one.balance, "report": numbers.get(one.report_id) if one.report_id else None, "note": one.note}
            for one in found], following


def _words(line: Line, known: Mapping[str, rules.Rule], language: Language) -> str:
    rule = known.get(line.rule)
    said = rule.words(language) if rule else rules.WORDS[line.rule][0 if language is Language.ZH else 1]
    return said + (LIMITED[language] if line.limited else "")


def _numbers(db: Session, found: Sequence[Line]) -> dict[uuid.UUID, str]:
    ids = {one.report_id for one in found if one.report_id}
    return dict(db.execute(select(Report.id, Report.number).where(Report.id.in_(ids))).all()) if ids else {}
