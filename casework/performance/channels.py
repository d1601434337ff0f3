"""How each channel's reports fared in a span of days, counted when asked: reports, where the indicators count cases."""
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from casework.cases.case import Case
from casework.cases.report import Channel, Outcome, Report
from casework.cases.workflow import Status
from casework.identity.people import Actor
from casework.performance.facts import SATISFIED
from casework.performance.scope import within


def by_channel(db: Session, actor: Actor, since: datetime, until: datetime) -> dict[str, dict[str, Any]]:
    """How the reports received in this span fared, by channel (all of them); one pass over the span's reports by index.

    A head sees the reports of cases that the own department leads, a post in an area those of the cases that lie there. What is
    no case yet lies nowhere: only who sees the whole city sees it. Raises Refused.

    `on_time` and `late` count cases that are closed; `satisfied` and `rated` count ratings; other figures count reports.
    """
    seen = within(actor, Case.lead_department_id, Case.area_code)
    outcomes = {one.value: func.count(case((Report.outcome == one, 1))) for one in Outcome}
    own = and_(Report.outcome != Outcome.JOINED, Report.outcome.is_not(None))  # the report that opened its case
    statement = (select(
        Report.channel, func.count().label("received"), *(value.label(name) for name, value in outcomes.items()),
        func.count(case((Report.triaged_at.is_(None), 1))).label("waiting"),
        func.count(case((and_(own, Case.dispatched_by_rule), 1))).label("dispatched_by_rule"),
        func.count(case((and_(own, Case.status == Status.CLOSED), 1))).label("closed"),
        func.count(case((and_(own, Case.status == Status.CLOSED, Case.overdue.is_(False)), 1))).label("on_time"),
        func.count(case((and_(own, Case.is_open), 1))).label("open"),
        func.count(Report.rating).label("rated"),
        func.count(case((Report.rating >= SATISFIED, 1))).label("satisfied"),
    ).join(Case, Case.id == Report.case_id, isouter=True)
        .where(Report.received_at >= since, Report.received_at < until, *([] if seen is None else [seen]))
        .group_by(Report.channel))
    none = {one["name"]: 0 for one in statement.column_descriptions if one["name"] != "channel"}
    fared = {row.channel: {name: row._mapping[name] for name in none} for row in db.execute(statement)}  # noqa: SLF001
    return {one.value: fared.get(one, none) for one in Channel}
