"""Bytes by key: a local folder by default, any S3-compatible store by URL. Content is written once, never changed."""
import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from casework.errors import NoRoom, NotFound, Unavailable

PATIENCE = timedelta(seconds=5)
"""A caller waits for the answer: a store that does not come back so soon is away."""

ROOM_SECONDS = 60
"""A disk is made free by people, so to ask again sooner is of no use."""

FULL = re.compile(r"StorageFull|QuotaExceeded|os error (28|122)\b")
"""ENOSPC and EDQUOT as obstore says them: it has no exception of its own for a disk that is full."""

_store: ObjectStore | None = None


def configure(url: str) -> None:
    """Use this store from now on: file:///folder (made when missing) or s3://bucket/prefix with the usual AWS_ variables."""
    global _store  # noqa: PLW0603 - one store a process
    parts = urlsplit(url)
    if parts.scheme == "file":
        _store = LocalStore(prefix=Path(unquote(parts.path)), mkdir=True)
    else:
        _store = from_url(url, config={}, client_options={"allow_http": "AWS_ALLOW_HTTP" in os.environ},
                          retry_config={"max_retries": 2, "retry_timeout": PATIENCE})


def put(key: str, content: bytes) -> None:
    """Keep these bytes under this key; complete or not at all.

    Raises NoRoom when the store is full, Unavailable when it does not take them for another reason.
    """
    try:
        obstore.put(_opened(), key, content)
    except (obstore.exceptions.BaseError, OSError) as error:
        if FULL.search(str(error)):
            raise NoRoom("the file store is full; what has arrived is kept", ROOM_SECONDS) from error
        raise Unavailable("the file store does not take files just now") from error


def get(key: str) -> bytes:
    """The bytes under this key. Raises NotFound when there are none, Unavailable when the store does not answer."""
    try:
        return bytes(obstore.get(_opened(), key).bytes())
    except FileNotFoundError:
        raise NotFound(f"no file {key}") from None
    except (obstore.exceptions.BaseError, OSError) as error:
        raise Unavailable("the file store does not give files just now") from error


def delete(key: str) -> None:
    """Forget the bytes under this key; nothing happens when there are none. Raises Unavailable."""
    try:
        obstore.delete(_opened(), key)
    except FileNotFoundError:
        return
    except (obstore.exceptions.BaseError, OSError) as error:
        raise Unavailable("the file store does not answer just now") from error


def keys_under(folder: str, before: datetime | None = None) -> Iterator[str]:
    """Every key that begins with this folder's name and a slash, in no order; only of what was written before this moment, if
    one is given. Raises Unavailable."""
    try:
        for batch in obstore.list(_opened(), folder):
            yield from (one["path"] for one in batch if before is None or one["last_modified"] < before)
    except (obstore.exceptions.BaseError, OSError) as error:
        raise Unavailable("the file store does not answer just now") from error


def _opened() -> ObjectStore:
    if _store is None:
        raise Unavailable("no file store is configured")
    return _store
