"""Photos grow thin: the file as it was sent goes first, with what the camera wrote into it; then all but the small picture;
at last that too. Bytes are deleted after the commit that forgets them, never before.

Keys to delete are rows of the same transaction, so a crash between commit and deletion loses none. A file that two photos
share stays while one of them needs it.
"""
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.cases.case import Case
from casework.cases.report import Report
from casework.media import Photo, Rendition, State, links
from casework.media.blurring import public_photo
from casework.media.photo import Thinned
from casework.retention.walking import table_of
from casework.storage import blobs
from casework.storage.database import Base, Keyed, insert_once, new_id, reading, transaction

ORDER = (None, Thinned.ORIGINAL, Thinned.LARGE, Thinned.ALL)
"""From everything to nothing."""

OWN = tuple(one for one in Rendition if one not in links.OF_EVERYBODY)
"""What lies beside the original. What the public sees has keys of its own, and goes with the large picture."""

SETTLED = timedelta(days=2)
"""A file that no row names after so long belongs to a transaction that failed."""

LOOKED_BACK = 7
"""Days of files that a sweep looks through: a week, so that a night may be missed."""


MOST_SWEPT = 10_000
"""Files of one folder that a sweep deletes; the next night goes on."""

EXPORTS = "exports"
"""The folder of copies of personal data."""


class ForgottenFile(Keyed, Base):
    """A key of the blob store whose row is gone, or wants it no more; deleted soon after the commit."""

    __tablename__ = "forgotten_files"
    key: Mapped[str] = mapped_column(unique=True)
    original_key: Mapped[str]
    """Of the file that it was made from, or its own; other photos may show the same."""
    at: Mapped[datetime] = mapped_column(default=clock.now)


def gone_at(rendition: Rendition) -> Thinned:
    """The stage from which on this file is not there."""
    return {Rendition.ORIGINAL: Thinned.ORIGINAL, Rendition.SMALL: Thinned.ALL}.get(rendition, Thinned.LARGE)


def due(db: Session, before: datetime, limit: int | None, *, stage: Thinned, evidence: bool) -> Sequence[uuid.UUID]:
    """Photos to be thinned to this stage: those that came with reports whose case ended before this moment, or with
    `evidence` what steps of such cases, tasks in the field and check-ins of adopters showed. One stage after the other, the
    oldest first."""
    stages = ORDER[:ORDER.index(stage)]
    former = stages[-1]
    at = Photo.thinned.is_(None) if former is None else Photo.thinned == former
    wanted = _of_tasks_and_steps() if evidence else _of_reports()
    return db.scalars(wanted.where(at, Photo.created_at < before, Photo.state != State.RECEIVED, _ended(before, evidence))
                      .order_by(Photo.created_at, Photo.id).limit(limit)).all()


def _of_reports() -> Select[uuid.UUID]:
    return (select(Photo.id).join(Report, Report.id == Photo.report_id).join(Case, Case.id == Report.case_id)
            .where(Photo.report_id.is_not(None)))


def _of_tasks_and_steps() -> Select[uuid.UUID]:
    tasks, looks = table_of("field_tasks"), table_of("adoption_check_ins")
    owned = or_(Photo.case_id.is_not(None), Photo.task_id.is_not(None), Photo.check_in_id.is_not(None))
    return (select(Photo.id).join(Case, Case.id == Photo.case_id, isouter=True)
            .join(tasks, tasks.c.id == Photo.task_id, isouter=True).join(looks, looks.c.id == Photo.check_in_id, isouter=True)
            .where(Photo.report_id.is_(None), owned))


def _ended(before: datetime, evidence: bool) -> ColumnElement[bool]:
    ended = and_(Case.is_open.is_(False), Case.moved_at < before)
    done, looked = table_of("field_tasks").c.done_at < before, table_of("adoption_check_ins").c.at < before
    return or_(ended, done, looked) if evidence else ended


def thin(db: Session, photo_ids: Sequence[uuid.UUID], stage: Thinned) -> int:
    """These photos have come to this stage: what goes is noted, to be deleted after the commit. Without its original nobody
    knows any more where and when the camera was. How many photos it was news for."""
    wanted = select(Photo).where(Photo.id.in_(photo_ids)).order_by(Photo.id).with_for_update()
    news = [one for one in db.scalars(wanted.execution_options(populate_existing=True))
            if ORDER.index(one.thinned) < ORDER.index(stage)]
    for photo in news:
        photo.thinned, photo.lon, photo.lat, photo.taken_at = stage, None, None, None
    db.flush()
    forget(db, ((links.key(photo.original_key, one), photo.original_key) for photo in news for one in OWN
                if ORDER.index(gone_at(one)) <= ORDER.index(stage)))
    if stage is not Thinned.ORIGINAL:
        forget(db, ((key, key) for key in public_photo.take_back(db, [photo.id for photo in news])))
    return len(news)


def forget(db: Session, keys: Iterable[tuple[str, str]]) -> None:
    """Delete these files once this transaction is committed: keys, each with the key of the file that it was made from."""
    rows = {key: {"id": new_id(), "key": key, "original_key": original, "at": clock.now()} for key, original in keys}
    insert_once(db, ForgottenFile, [rows[key] for key in sorted(rows)], on=("key",))


def delete_forgotten(batch: int = 200) -> int:
    """Delete what committed transactions have forgotten; how many files. Opens its own transactions, and may be killed
    anywhere: a key goes from the list when its bytes are gone. Raises Unavailable when the store does not answer."""
    done = 0
    while True:
        with transaction() as db:
            rows = db.scalars(select(ForgottenFile).order_by(ForgottenFile.id).limit(batch)
                              .with_for_update(skip_locked=True)).all()
            for one in rows:
                if not _needed(db, one):
                    blobs.delete(one.key)
                    done += 1
                db.delete(one)
        if len(rows) < batch:
            return done


def _needed(db: Session, file: ForgottenFile) -> bool:
    """Another photo of the same picture still has this file."""
    rendition = next(one for one in OWN if links.key(file.original_key, one) == file.key)
    holds = [one for one in ORDER[:ORDER.index(gone_at(rendition))] if one]
    still = or_(Photo.thinned.is_(None), Photo.thinned.in_(holds))
    return db.scalar(select(Photo.id).where(Photo.original_key == file.original_key, still).limit(1)) is not None


def sweep_orphans() -> int:
    """Delete files that no row names: their transaction failed after they had been kept, or nobody came to delete what it had
    replaced. How many.

    Of photos it looks through a week of days, the youngest of them long enough ago that no request is still at it; what the
    public sees and copies that were handed over have no day in their names, and are old enough by the store's own clock.
    """
    return _sweep_photos() + _sweep_public() + _sweep_exports()


def _sweep_photos() -> int:
    done = 0
    for days in range(LOOKED_BACK):
        day = clock.now() - SETTLED - timedelta(days=days)
        found: dict[str, list[str]] = {}
        for key in blobs.keys_under(f"photos/{day:%Y/%m/%d}"):
            found.setdefault(_original_of(key), []).append(key)
        with reading() as db:
            known = _known(db, list(found))
        for original in found.keys() - known:
            for key in found[original]:
                blobs.delete(key)
                done += 1
    return done


def _sweep_public() -> int:
    """A sixteenth of them a night, by the first letter of names that are drawn by lot: so each file is looked at every 16 days,
    with one walk through the folder, one through the table and little memory."""
    letter = "0123456789abcdef"[clock.now().astimezone(clock.CITY).toordinal() % 16]
    tonight = f"{public_photo.FOLDER}/{letter}"
    with reading() as db:
        named = public_photo.named(db, letter)
    return _delete(key for key in blobs.keys_under(public_photo.FOLDER, clock.now() - SETTLED)
                   if key.startswith(tonight) and key not in named)


def _sweep_exports() -> int:
    """The copy of a request that is not answered yet may be made just now, for the second time."""
    asked = table_of("data_requests").c
    with reading() as db:
        named = {f"{EXPORTS}/{one}" for one in db.scalars(
            select(asked.id).where(or_(asked.file_key.is_not(None), asked.ended_at.is_(None))))}
    return _delete(key for key in blobs.keys_under(EXPORTS, clock.now() - SETTLED) if key.partition(".")[0] not in named)


def _delete(keys: Iterable[str]) -> int:
    some = list(islice(keys, MOST_SWEPT))
    for key in some:
        blobs.delete(key)
    return len(some)


def _original_of(key: str) -> str:
    folder, _, name = key.rpartition("/")
    return f"{folder}/{name[:64]}"  # the file's own hash; what is made of it has more to its name


def _known(db: Session, keys: Sequence[str]) -> set[str]:
    sent, known = table_of("form_submission_files"), set[str]()
    for at in range(0, len(keys), 500):
        part = keys[at:at + 500]
        known |= set(db.scalars(select(Photo.original_key).where(Photo.original_key.in_(part))))
        known |= set(db.scalars(select(sent.c.key).where(sent.c.key.in_(part))))
    return known
