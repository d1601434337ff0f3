"""The rules: what goes after how many days, in the order in which they are carried out. Days are a setting."""
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from casework import clock, settings
from casework.cases.report import Report
from casework.cases.subscribers import Follow, Subscriber
from casework.cases.workflow import Status
from casework.identity.followers import Follower
from casework.identity.people import Citizen
from casework.media.photo import Thinned
from casework.retention import contacts, files, persons, requests, walking
from casework.retention.holdings import Aged
from casework.retention.table import TABLES

Find = Callable[[Session, datetime, int | None], Sequence[Any]]
Do = Callable[[Session, Sequence[Any]], int]


@dataclass(frozen=True)
class Rule:
    """`find` gives keys of what is older than a moment, by index, at most so many; `do` forgets them and answers how many it
    was news for: what is done is found no more."""

    name: str
    zh: str
    en: str
    find: Find
    do: Do
    batch: int = 200

    @property
    def days(self) -> int:
        """How long it is kept."""
        return settings.current().kept_days(self.name)

    @property
    def before(self) -> datetime:
        """What is older goes."""
        return clock.now() - timedelta(days=self.days)


def _contacts(name: str, zh: str, status: Status) -> Rule:
    return Rule(name, f"{zh}案件的上报人", f"who reported cases that are {status.value}",
                lambda db, before, limit: contacts.ended(db, status, before, limit), contacts.anonymise_ended)


def _photos(name: str, zh: str, en: str, stage: Thinned, *, evidence: bool) -> Rule:
    return Rule(name, zh, en, partial(files.due, stage=stage, evidence=evidence), partial(files.thin, stage=stage))


def _aged(name: str, zh: str, en: str) -> Rule:
    table, aged = next((table, fate.aged) for table, fate in TABLES.items() if fate.aged and fate.aged.rule == name)
    return Rule(name, zh, en, partial(_old, table, aged), partial(_forget_old, table, aged), batch=500)


def _old(name: str, aged: Aged, db: Session, before: datetime, limit: int | None) -> Sequence[Any]:
    table = walking.table_of(name)
    (key,) = table.primary_key.columns
    wanted = select(key).where(table.c[aged.column] < before).order_by(table.c[aged.column])
    if aged.clears:
        wanted = wanted.where(or_(*(table.c[one].is_not(None) for one in aged.clears)))
    return db.scalars(wanted.limit(limit)).all()


def _forget_old(name: str, aged: Aged, db: Session, keys: Sequence[Any]) -> int:
    table = walking.table_of(name)
    (key,) = table.primary_key.columns
    goes = update(table).values(dict.fromkeys(aged.clears)) if aged.clears else delete(table)
    return len(db.execute(goes.where(key.in_(keys)).returning(key)).all())


def _old_submissions(db: Session, before: datetime, limit: int | None) -> Sequence[uuid.UUID]:
    table = walking.table_of("form_submissions")
    return db.scalars(select(table.c.id).where(table.c.received_at < before).order_by(table.c.received_at).limit(limit)).all()


def _forget_submissions(db: Session, ids: Sequence[uuid.UUID]) -> int:
    """What they became stays; the answers as they were sent go, with their files."""
    submissions, sent = walking.table_of("form_submissions"), walking.table_of("form_submission_files")
    keys = db.scalars(delete(sent).where(sent.c.submission_id.in_(ids)).returning(sent.c.key)).all()
    files.forget(db, ((key, key) for key in keys))
    return len(db.scalars(delete(submissions).where(submissions.c.id.in_(ids)).returning(submissions.c.id)).all())


def _silent_followers(db: Session, before: datetime, limit: int | None) -> Sequence[uuid.UUID]:
    """Who has not written for so long, has no page of ours open, follows nothing, and of whom no report is left that he might
    hear of."""
    named = exists().where(Report.reporter_id == Follower.id, Report.anonymised_at.is_(None))
    away = _away("follower_id", Follower.id)
    return db.scalars(select(Follower.id).where(Follower.heard_at < before, ~named, *away)
                      .order_by(Follower.heard_at).limit(limit)).all()


def _forget_followers(db: Session, ids: Sequence[uuid.UUID]) -> int:
    walking.forget(db, {"follower": ids}, lambda said: said)
    persons.forget_followers(db, ids)
    return len(ids)


def _away(column: str, who: Any) -> list[ColumnElement[bool]]:
    """Nobody is logged in as this one, and he follows nothing: who still hears from us is not gone."""
    log_ins = walking.table_of("log_ins")
    follows = exists().where(getattr(Subscriber, column) == who, Follow.subscriber_id == Subscriber.id)
    return [~exists().where(log_ins.c[column] == who), ~follows]


def _idle_citizens(db: Session, before: datetime, limit: int | None) -> Sequence[uuid.UUID]:
    """Who proved a phone so long ago, is not logged in, follows nothing, and has no report left."""
    named = exists().where(Report.reporter_phone_index == Citizen.phone_index)
    away = _away("citizen_id", Citizen.id)
    return db.scalars(select(Citizen.id).where(Citizen.created_at < before, Citizen.active, ~named, *away)
                      .order_by(Citizen.created_at).limit(limit)).all()


def _forget_citizens(db: Session, ids: Sequence[uuid.UUID]) -> int:
    indexes = db.scalars(select(Citizen.phone_index).where(Citizen.id.in_(ids))).all()
    walking.forget(db, {"phone": indexes, "citizen": ids}, lambda said: said)
    persons.forget_citizens(db, ids)
    return len(ids)


RULES: dict[str, Rule] = {rule.name: rule for rule in (
    _contacts("contacts_closed", "已结案", Status.CLOSED),
    _contacts("contacts_rejected", "不予受理", Status.REJECTED),
    _contacts("contacts_void", "作废", Status.VOID),
    _photos("photos_originals", "上报照片的原图", "originals of photos of reports", Thinned.ORIGINAL, evidence=False),
    _photos("photos_large", "上报照片的大图", "large pictures of reports", Thinned.LARGE, evidence=False),
    _photos("photos_small", "上报照片的小图", "small pictures of reports", Thinned.ALL, evidence=False),
    _photos("evidence_originals", "处置、核查和任务照片的原图", "originals of photos of steps and tasks", Thinned.ORIGINAL,
            evidence=True),
    _photos("evidence_large", "处置、核查和任务照片的大图", "large pictures of steps and tasks", Thinned.LARGE, evidence=True),
    _photos("evidence_small", "处置、核查和任务照片的小图", "small pictures of steps and tasks", Thinned.ALL, evidence=True),
    _aged("messages", "发出的消息", "messages"),
    Rule("submissions", "表单的原始提交", "form submissions as they were sent", _old_submissions, _forget_submissions),
    _aged("task_words", "外勤任务的文字", "words of tasks in the field"),
    Rule("followers", "久未来信的微信用户", "WeChat users who have been silent", _silent_followers, _forget_followers),
    Rule("citizens", "久未登录的市民", "citizens who have been away", _idle_citizens, _forget_citizens),
    _aged("access_log", "查看日志", "the log of looks"),
    Rule("exports", "交付的个人数据副本", "copies of personal data that were handed over", requests.old_files,
         requests.forget_files),
    _aged("data_requests", "已办结的个人数据申请", "requests that were answered"),
)}
"""By name. What lasts longest of a kind stands last: a photo goes from stage to stage in one night if it must."""
