"""Bytes arrive: each piece is kept and counted by itself, so a connection that breaks keeps all that came before.

Nobody locks an upload. A piece is written under a key of its own, and counts only if the upload is still where its writer
saw it: of two who send at once one is told so, and a process that was given up for dead can harm nothing.
"""
import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from hmac import compare_digest
from typing import Protocol

from casework.errors import CaseworkError, Damaged, TooLarge
from casework.media.uploads import finishing
from casework.media.uploads.upload import FOLDER, Piece, State, Upload, advance, check_room, drop, elsewhere, largest
from casework.storage import blobs
from casework.storage.database import reading, transaction

PIECE = 1 << 20
"""Bytes that a crash of ours may cost the client to send again."""

ALGORITHMS = ("sha1", "sha256", "md5")
"""What Upload-Checksum may name: a guard against bad lines, not against people, so the weak ones do."""


class Source(Protocol):
    """Where bytes come from; an end that comes too early is an end like any other."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Checksum:
    """What the bytes of one request must hash to; `algorithm` is one of ALGORITHMS."""

    algorithm: str
    digest: bytes


def append(upload: Upload, offset: int, source: Source, checksum: Checksum | None = None) -> Upload:
    """Take what the source gives from this offset on; the upload as it is then. Opens its own transactions.

    A source that ends early keeps what came, but with a checksum nothing is kept before all of it fits. The bytes that make
    the upload complete finish it. Raises Conflict when the upload is elsewhere or somebody else moves it, TooLarge for more
    bytes than its length, Damaged, NoRoom, Unavailable; what was counted before the error stays.
    """
    if offset != upload.received:
        raise elsewhere(upload.received)
    most = largest() if upload.length is None else upload.length
    at, pending = offset, list[Piece]()
    last = b"" if upload.has_all and upload.state is State.RECEIVING and not upload.partial else None
    running = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
    try:
        for start, content in _pieces(source, offset, most):
            if running:
                running.update(content)
            if start + len(content) == upload.length and not upload.partial:
                last = content
                break
            pending.append(_keep(upload, start, content))
            if not running:
                at = _count(upload, at, pending)
                pending = []
        if checksum and running and not compare_digest(running.digest(), checksum.digest):
            raise Damaged("the checksum of these bytes is another; none of them is kept")
        if last is not None:
            return finishing.finish(upload, at, pending, last)
        if pending:
            _count(upload, at, pending)
    except CaseworkError:
        # Of ours, so no row names these pieces. After an error of the database one might: those are for the night's sweep.
        drop([one.key for one in pending])
        raise
    with reading() as db:
        return db.get_one(Upload, upload.id)


def _pieces(source: Source, at: int, most: int) -> Iterator[tuple[int, bytes]]:
    """Bytes by their offset. The last piece ends where the source has ended: one byte more is asked for, and is too much."""
    while True:
        room = most - at
        asked = room + 1 if room <= PIECE else PIECE
        content = _filled(source, asked)
        if len(content) > room:
            raise TooLarge("these are more bytes than the upload is to have", limit=most)
        if content:
            yield at, content
        at += len(content)
        if len(content) < asked:
            return


def _filled(source: Source, size: int) -> bytes:
    """So many bytes, fewer only at the end: a source may give less than it is asked for."""
    got = bytearray()
    while len(got) < size and (more := source.read(size - len(got))):
        got += more
    return bytes(got)


def _keep(upload: Upload, start: int, content: bytes) -> Piece:
    key = f"{FOLDER}/{upload.created_at:%Y-%m-%d}/{upload.id.hex}-{start}-{secrets.token_hex(4)}"
    blobs.put(key, content)
    return Piece(upload_id=upload.id, start=start, size=len(content), key=key)


def _count(upload: Upload, since: int, pieces: list[Piece]) -> int:
    """These pieces are part of the upload from now on; where it is then."""
    until = pieces[-1].start + pieces[-1].size
    with transaction() as db:
        check_room(db, upload.owner_id, until - since)
        # A partial upload that is complete waits for the final one; any other is finished, not counted, by its last bytes.
        advance(db, upload, since, until, State.COMPLETE if until == upload.length else State.RECEIVING)
        db.add_all(pieces)
    return until
