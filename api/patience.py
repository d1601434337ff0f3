"""Bodies over lines that fall silent: a phone that walks into a basement neither sends nor closes, and must hold no thread.

A web server reads a body for as long as it takes. Here another thread waits for it, and the request goes on without.
Once the answer is written to a line that is gone, the system finds that out by itself and ends the read that still waits.
"""
import threading
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Protocol, Self

SILENT_SECONDS = 30
"""A line on which nothing comes for so long is given up; whoever still is there begins anew from what was kept."""

STEP = 8192
"""Bytes that are waited for at once, and may be lost with the line: the slowest that lives brings 270 a second."""


class Stream(Protocol):
    """What can be read from; it may block."""

    def read(self, size: int, /) -> bytes: ...


class Patient:
    """Reads from a stream, but not for ever: what fell silent has ended. Use it in a with statement."""

    def __init__(self, stream: Stream, seconds: float = SILENT_SECONDS) -> None:
        self._stream, self._seconds = stream, seconds
        self._asked, self._given = SimpleQueue[int](), SimpleQueue[bytes | Exception]()
        self._ended = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._wait, name="patience", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._asked.put(0)

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end, or when none came for too long. Raises what the stream raises."""
        if self._ended:
            return b""
        self._asked.put(min(size, STEP))
        try:
            got = self._given.get(timeout=self._seconds)
        except Empty:
            got = b""
        if isinstance(got, Exception):
            raise got
        self._ended = not got
        return got

    def _wait(self) -> None:
        while size := self._asked.get():
            try:
                self._given.put(self._stream.read(size))
            except Exception as error:  # whatever it is, it is the reader's to hear
                self._given.put(error)
