"""Looking for what is left of a person: every column of every table, sealed ones opened, and every byte of every file."""
import zlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import LargeBinary, select

from casework.identity.sealing import SealedText
from casework.storage import blobs
from casework.storage.database import Base, reading


def rows() -> Iterator[tuple[str, str]]:
    """Each value of each row, with the name of its column; sealed ones in plain."""
    with reading() as db:
        for table in Base.metadata.sorted_tables:
            for row in db.execute(select(table)):
                for column, value in zip(table.columns, row, strict=True):
                    yield f"{table.name}.{column.name}", _plain(column.type, value)


def _plain(kind: Any, value: Any) -> str:
    if isinstance(value, SealedText):
        return value.open()
    if isinstance(value, bytes) and isinstance(kind, LargeBinary):
        try:
            return zlib.decompress(value).decode("latin-1")
        except zlib.error:
            return value.decode("utf-8", "ignore")
    return repr(value) if value is not None else ""


def traces(*words: str) -> list[str]:
    """Where any of these stands: columns by name, files by key."""
    found = {where for where, value in rows() if any(word in value for word in words)}
    for key in blobs.keys_under(""):
        content = blobs.get(key)
        if any(word.encode() in content or word in key for word in words):
            found.add(key)
    return sorted(found)
