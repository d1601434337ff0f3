"""Keeps the process in which photos are decoded: started when first needed, replaced when a file has killed it."""
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from casework import settings

MOST_MEMORY = 3 << 30
"""Bytes of address space: enough for every 100-megapixel photo we take; a file that wants more is refused."""

MOST_SECONDS = 60
"""The largest photos take seconds; what is not done by then will not be."""


_ENVIRONMENT = {
    # The arithmetic of the hash is small, and every thread takes address space.
    "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
    # glibc gives blocks of a photo's size back at once and asks for them again: a fifth of the time went into that.
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(128 << 20),
}


@dataclass(frozen=True)
class Developed:
    """A photo made fit to be shown: upright size, perceptual hash (16 hex digits), JPEGs of 1600 and 320 px."""

    width: int
    height: int
    phash: str
    large: bytes
    small: bytes


class Spoilt(Exception):
    """This file cannot be made into a picture; the message says why."""


class _Died(Exception):
    """The process ended while it had our photo."""


class Darkroom:
    """One decoding process. Safe to call from several threads; they wait for each other."""

    def __init__(self, most_memory: int = MOST_MEMORY, most_seconds: float = MOST_SECONDS) -> None:
        self.most_memory = most_memory
        self.most_seconds = most_seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Connection | None = None
        self._owner = 0

    def develop(self, content: bytes) -> Developed:
        """Decode, turn, shrink, hash. Raises Spoilt for a file that is broken or takes too much memory or time."""
        with self._lock:
            try:
                return self._ask(content)
            except _Died:
                # It may have died of an earlier file, or been killed by the system: the second time it is this file.
                try:
                    return self._ask(content)
                except _Died as error:
                    raise Spoilt(f"the photo cannot be decoded: {error}") from error

    def close(self) -> None:
        """End the process; the next photo starts a new one."""
        with self._lock:
            self._end()

    def _ask(self, content: bytes) -> Developed:
        line = self._open_line()
        try:
            facts, pictures = self._exchange(line, content)
        except (EOFError, OSError) as error:
            raise _Died(self._end()) from error
        except BaseException:
            # Out of time, or interrupted by the job's own limit: a late answer must not reach the next question.
            self._end()
            raise
        if "refused" in facts:
            raise Spoilt(facts["refused"])
        return Developed(facts["width"], facts["height"], facts["phash"], *pictures)

    def _exchange(self, line: Connection, content: bytes) -> tuple[dict[str, Any], list[bytes]]:
        line.send_bytes(content)
        if not line.poll(self.most_seconds):
            raise Spoilt(f"the photo takes longer than {self.most_seconds:g} seconds to decode")
        facts = json.loads(line.recv_bytes())
        return facts, [] if "refused" in facts else [line.recv_bytes(), line.recv_bytes()]

    def _open_line(self) -> Connection:
        if self._line is not None and self._owner == os.getpid() and self._process and self._process.poll() is None:
            return self._line
        if self._owner == os.getpid():
            self._end()
        # After a fork the process belongs to our parent: leave it alone and start our own.
        ours, theirs = socket.socketpair()
        with theirs:
            limits = (theirs.fileno(), settings.current().photo_megapixels * 1_000_000, self.most_memory)
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own module, numbers
                [sys.executable, "-W", "ignore", "-m", "casework.media.renditions", *map(str, limits)],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                env={**os.environ, **_ENVIRONMENT})
        self._line = Connection(ours.detach())
        self._owner = os.getpid()
        return self._line

    def _end(self) -> str:
        """Kill what is left of the process; says what it died of."""
        if self._line is not None:
            self._line.close()
            self._line = None
        if self._process is None:
            return "there is no decoder"
        self._process.kill()
        code = self._process.wait()
        self._process = None
        return f"the decoder died of {signal.Signals(-code).name}" if code < 0 else f"the decoder ended with {code}"


_darkroom = Darkroom()


def develop(content: bytes) -> Developed:
    """Develop a photo in this process's darkroom. Raises Spoilt."""
    return _darkroom.develop(content)
