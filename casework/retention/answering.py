"""Requests are answered: the copy is made and kept locked, or the person is forgotten. Killed anywhere, it comes again."""
import uuid

from sqlalchemy.orm import Session

from casework.errors import Gone
from casework.identity.sealing import UnreadableError, lock, seal, unlock
from casework.media import of_reports
from casework.media.links import signature
from casework.media.photo import Thinned
from casework.retention import carrying_out, exporting, files, persons, requests
from casework.retention.persons import Person
from casework.retention.requests import DataRequest, State, Wish
from casework.storage import blobs
from casework.storage.database import reading, transaction

PURPOSE = "export"


def answer(request_id: uuid.UUID) -> bool:
    """Do what is asked for, if its time has come and it was not done or taken back; whether anything was done. Opens its own
    transactions."""
    with reading() as db:
        request = db.get(DataRequest, request_id)
        if request is None or not request.is_ready:
            return False
        wish = request.wish
        person = _person(db, request)
    if wish is Wish.EXPORT:
        _export(request_id, person)
    else:
        _erase(request_id)
    return True


def _person(db: Session, request: DataRequest) -> Person:
    return persons.find(db, request.phone.open() if request.phone else None, map(uuid.UUID, request.report_ids),
                        request.follower_id, request.known.open() if request.known else None)


def _export(request_id: uuid.UUID, person: Person) -> None:
    key = exporting.key_of(request_id)
    blobs.put(key, lock(exporting.copy_of(person), f"{PURPOSE}:{request_id}"))
    with transaction() as db:
        request = db.get_one(DataRequest, request_id, with_for_update=True)
        if request.state is State.WAITING:
            request.file_key, request.reports = key, len(person.report_ids)
            requests.end(request, State.DONE)
            carrying_out.note(db, "export", 1)
        else:  # withdrawn while it was made
            files.forget(db, [(key, key)])
    files.delete_forgotten()


def _erase(request_id: uuid.UUID) -> None:
    """Report by report in short transactions, the account last. By what the person is known is written down first: reports
    that are forgotten already lead to nobody, and a killed process must find the rest."""
    with transaction() as db:
        request = db.get_one(DataRequest, request_id, with_for_update=True)
        if request.state is not State.WAITING:
            return
        person = _person(db, request)
        request.known = seal(person.remembered())
    while True:
        with transaction() as db:
            request = db.get_one(DataRequest, request_id, with_for_update=True)
            if request.state is not State.WAITING:
                return
            done = persons.erase_some(db, person)
            # With the originals of their photos goes what the camera wrote of place and time.
            files.thin(db, [one.id for one in of_reports(db, done)], Thinned.ORIGINAL)
            request = db.get_one(DataRequest, request_id)
            request.reports = (request.reports or 0) + len(done)
        if not done:
            break
    with transaction() as db:
        request = db.get_one(DataRequest, request_id, with_for_update=True)
        if request.state is not State.WAITING:
            return
        requests.forget_files(db, requests.copies_of(db, request.phone_index))
        persons.erase_rest(db, person)
        db.refresh(request)
        requests.end(request, State.DONE)
        carrying_out.note(db, "erasure", 1)
    files.delete_forgotten()


def link_of(request: DataRequest) -> str | None:
    """The path under which the copy is fetched, for whoever holds it; None when there is none any more."""
    if request.expires_at is None:
        return None
    expires = int(request.expires_at.timestamp())
    return f"/api/v1/data/{request.id}/copy?expires={expires}&signature={_signed(request.id, expires)}"


def fetch(request_id: uuid.UUID, expires: int, signed: str) -> bytes:
    """The ZIP by a link that link_of() made. Raises NotFound for another one, Gone when its time is over."""
    requests.same_signature(signed, _signed(request_id, expires))
    with reading() as db:
        key = requests.file_of(db, request_id).file_key
    try:
        return unlock(blobs.get(key or ""), f"{PURPOSE}:{request_id}")
    except UnreadableError:  # its key has left ZHIWANG_DATA_KEYS
        raise Gone("this copy cannot be opened any more; ask for another one") from None


def _signed(request_id: uuid.UUID, expires: int) -> str:
    return signature("data copy", str(request_id), str(expires))
