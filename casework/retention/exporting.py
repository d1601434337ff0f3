"""A copy of what we hold of one person: JSON and photos in a ZIP, with a page in both languages that says what is what."""
import io
import uuid
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import LargeBinary, select
from sqlalchemy.orm import Session

from casework import clock
from casework.cases import comments, wording
from casework.cases.case import Case
from casework.cases.history import Entry
from casework.cases.report import Report
from casework.cases.wording import Language
from casework.errors import NotFound
from casework.identity.people import Citizen
from casework.identity.sealing import SealedText
from casework.media import Photo, Rendition, links, of_reports
from casework.media.photo import Thinned
from casework.retention import files, walking
from casework.retention.persons import Person
from casework.storage import blobs
from casework.storage.database import reading

MOST_MEGABYTES = 100
"""Of photos in one copy; those beyond are named in the list, and can be seen with their reports."""

OURS = frozenset({"digest", "key", "source", "suggestion", "openid_index", "phone_index", "reporter_phone_index", "token_hash",
                  "code_hash", "list_index", "hash", "previous", "head", "by_id", "decided_by_id"})
"""Columns that mean something to our machines alone, or name who works here."""

TOLD_OTHERWISE = frozenset({"messages", "comments", "photos", "data_requests"})
"""Tables of which a copy tells as the tracking page does."""

NOT_THEIRS = frozenset({"access_log", "form_submissions", "sender_traces"})
"""Tables that speak of those who work here, or to our machines alone."""

THROUGH = (("adoptions", "person_id", "community_persons"), ("adoption_check_ins", "adoption_id", "adoptions"),
           ("adopting_shops", "person_id", "community_persons"), ("point_accounts", "person_id", "community_persons"),
           ("point_lines", "account_id", "point_accounts"), ("point_redemptions", "account_id", "point_accounts"),
           ("follows", "subscriber_id", "subscribers"))
"""Tables that belong to a person by way of another table: which column names a row of that."""

READ_ME = """\
个人数据副本　Copy of personal data
生成时间 made at: {at}（UTC）

reports.json　您的上报：原文、地点、联系方式、所属案件的状态和经过、往来留言、评价、照片清单。
　　　　　　　What you reported: words, place, contact, the state and course of its case, remarks, rating, list of photos.
account.json　账号、登录、消息设置、领养、打卡和积分，以及其他与您有关的记录（按数据表列出）。
　　　　　　　Account, log-ins, wishes about messages, adoptions, check-ins, points, and what else belongs to you, by table.
photos/　　　 您随上报和打卡发来的照片；超过保存期限的只剩缩小的图，或已删除。
　　　　　　　Photos that you sent with reports and check-ins; of old ones only a smaller picture is left, or none.

时间均为 UTC，坐标为 WGS-84。要更正请联系受理中心；要删除请在“我的数据”中申请。
Times are UTC, places WGS-84. To have something corrected, speak to the intake centre; to be forgotten, ask under "my data".
"""


def copy_of(person: Person) -> bytes:
    """The ZIP. Reads in its own transaction; photos one after the other, so that memory holds one and the ZIP."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive, reading() as db:
        photos = of_reports(db, person.report_ids) if person.report_ids else ()
        archive.writestr("说明 README.txt", READ_ME.format(at=f"{clock.now():%Y-%m-%d %H:%M}"))
        archive.writestr("reports.json", _json([_report(db, one, photos) for one in _reports(db, person)]))
        account = _account(db, person)
        looks = _of_check_ins(db, [row["id"] for row in account.get("adoption_check_ins", ())])
        archive.writestr("account.json", _json(account | {"check_in_photos": [_name(one) for one in looks]}))
        for name, content in _files([*photos, *looks]):
            archive.writestr(name, content, zipfile.ZIP_STORED)  # photos are compressed already
    return made.getvalue()


def _reports(db: Session, person: Person) -> Sequence[Report]:
    return db.scalars(select(Report).where(Report.id.in_(person.report_ids)).order_by(Report.received_at, Report.id)).all()


def _report(db: Session, report: Report, photos: Sequence[Photo]) -> dict[str, Any]:
    case = db.get(Case, report.case_id) if report.case_id else None
    others = {table.name: _rows(db, table, table.c[link.column] == report.id) for table, link in walking.links("report")
              if table.name not in TOLD_OTHERWISE | NOT_THEIRS}
    return _plain(Report.__table__, report) | {
        "case": _case(db, case) if case else None,
        "comments": [{"at": one.at, "mine": one.by_citizen, "words": one.text} for one in comments.for_reporter(db, report)],
        "messages": [{"at": row["created_at"], "via": row["via"], "words": row["text"]} for row in
                     _rows(db, walking.table_of("messages"), walking.table_of("messages").c.report_id == report.id)],
        "photos": [_name(one) for one in photos if one.report_id == report.id],
        "more": {name: rows for name, rows in others.items() if rows}}


def _case(db: Session, case: Case) -> dict[str, Any]:
    """What the reporter may know of it: its course in words, as the tracking page tells it; nothing that others said."""
    lines = db.execute(select(Entry.at, Entry.action).where(Entry.case_id == case.id, Entry.action.in_(wording.HAPPENED))
                       .order_by(Entry.number)).all()
    return {"number": case.number, "status": case.status, "status_words": wording.STANDS[case.status][Language.ZH],
            "steps": [{"at": at, "words": wording.HAPPENED[action][Language.ZH],
                       "words_en": wording.HAPPENED[action][Language.EN]} for at, action in lines]}


def _account(db: Session, person: Person) -> dict[str, Any]:
    made: dict[str, Any] = {"citizens": _rows(db, Citizen.__table__, Citizen.id.in_(person.citizen_ids))}
    followers = walking.table_of("wechat_followers")
    made["wechat_followers"] = _rows(db, followers, followers.c.id.in_(person.follower_ids))
    for kind, ids in person.subjects.items():
        for table, link in walking.links(kind):
            if ids and table.name not in TOLD_OTHERWISE:
                made.setdefault(table.name, []).extend(_rows(db, table, table.c[link.column].in_(list(ids))))
    for name, column, owner in THROUGH:
        if owners := [row["id"] for row in made.get(owner, ())]:
            table = walking.table_of(name)
            made[name] = _rows(db, table, table.c[column].in_(owners))
    return {name: rows for name, rows in made.items() if rows}


def _of_check_ins(db: Session, ids: Sequence[uuid.UUID]) -> Sequence[Photo]:
    return db.scalars(select(Photo).where(Photo.check_in_id.in_(ids)).order_by(Photo.id)).all() if ids else ()


def _rows(db: Session, table: Any, *mine: Any) -> list[dict[str, Any]]:
    names = [column.name for column in table.columns if column.name not in OURS and not isinstance(column.type, LargeBinary)]
    found = db.execute(select(*(table.c[name] for name in names)).where(*mine)).all()
    return [dict(zip(names, map(_open, row), strict=True)) for row in found]


def _plain(table: Any, row: object) -> dict[str, Any]:
    return {column.name: _open(getattr(row, column.name)) for column in table.columns if column.name not in OURS}


def _open(value: Any) -> Any:
    return value.open() if isinstance(value, SealedText) else value


def _json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS, default=str)


def _name(photo: Photo) -> str:
    """The file as it was sent where it is still there, else what is left of it."""
    ending = photo.kind.value if photo.thinned is None else "jpg"
    return f"photos/{photo.id}.{ending}"


def _files(photos: Sequence[Photo]) -> Iterator[tuple[str, bytes]]:
    left = MOST_MEGABYTES * 1_000_000
    shows: Mapping[Thinned | None, Rendition] = {None: Rendition.ORIGINAL, Thinned.ORIGINAL: Rendition.LARGE,
                                                 Thinned.LARGE: Rendition.SMALL}
    for photo in photos:
        if photo.thinned not in shows:
            continue
        try:
            content = blobs.get(links.key(photo.original_key, shows[photo.thinned]))
        except NotFound:
            continue  # refused at the door of the darkroom, or lost
        left -= len(content)
        if left < 0:
            return
        yield _name(photo), content


def key_of(request_id: uuid.UUID) -> str:
    """Where the copy lies, locked, until its time is over."""
    return f"{files.EXPORTS}/{request_id}.zip.locked"
