"""One watcher in each web process: it looks once a second at what happened, and tells every stream that is open here.

A stream holds a thread of the web server, which is why there are only so many; a request beyond is asked to poll instead.
"""
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from queue import Empty, Full, Queue

import orjson
import structlog
from sqlalchemy.exc import SQLAlchemyError

from casework.cases import live
from casework.cases.live import Happening, Reader
from casework.errors import CaseworkError, TooMany, Unavailable
from casework.identity.people import Actor
from casework.identity.permissions import allowed
from casework.storage.database import reading

LOOK_SECONDS = 1.0
RETRY_SECONDS = 15
"""How often a page without a stream may poll."""

MOST_EACH = 4
"""Streams of one person in one process: the tabs of a browser share one, and one that died lives on for a heartbeat."""

MOST_WAITING = 200
"""Messages for a line that is slow; then it is told to read its lists anew."""

RESET = b"event: reset\ndata: {}\n\n"

log = structlog.get_logger("api.watching")


@dataclass(eq=False)
class Stream:
    """One open page. Messages wait here until its line takes them."""

    actor: Actor
    waiting: "Queue[bytes]" = field(default_factory=lambda: Queue(MOST_WAITING))

    def next(self, seconds: float) -> bytes | None:
        """The next message, or None when there was none for so long."""
        try:
            return self.waiting.get(timeout=seconds)
        except Empty:
            return None

    def put(self, message: bytes) -> None:
        try:
            self.waiting.put_nowait(message)
        except Full:
            with self.waiting.mutex:
                self.waiting.queue.clear()
                self.waiting.queue.append(RESET)

    def sees(self, what: Happening) -> bool:
        return allowed(self.actor, "case.read", what)


def message(what: Happening, position: int) -> bytes:
    """A happening as it goes over the line: its number and desk, and where to go on after a break."""
    data = orjson.dumps({"number": what.number, "queue": what.queue}).decode()
    return f"id: {position}\nevent: {'hold' if what.held else 'case'}\ndata: {data}\n\n".encode()


class Watcher:
    """Looks while there is somebody to tell, and rests otherwise."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._streams: set[Stream] = set()
        self._reader: Reader | None = None
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._streams)

    def open(self, actor: Actor, most: int) -> tuple[Stream, int]:
        """A stream that hears of everything from now on, and the position at which that is.

        Raises Unavailable when there are `most` in this process, TooMany when this person has MOST_EACH.
        """
        with self._lock:
            if len(self._streams) >= most:
                raise Unavailable("there is no room for another stream just now; poll instead", retry_after=RETRY_SECONDS)
            if Counter(one.actor.id for one in self._streams)[actor.id] >= MOST_EACH:
                raise TooMany("you have enough streams open here; close one, or poll", retry_after=RETRY_SECONDS)
            if self._reader is None:
                with reading() as db:
                    self._reader = Reader.at_end(db)
                self._thread = threading.Thread(target=self._watch, name="watcher", daemon=True)
                self._thread.start()
            made = Stream(actor)
            self._streams.add(made)
            return made, self._reader.position

    def close(self, stream: Stream) -> None:
        """Nobody reads it any more."""
        with self._lock:
            self._streams.discard(stream)

    def end(self) -> None:
        """Nobody reads any stream any more; waits until the last look at the database is over."""
        with self._lock:
            self._streams.clear()
        if self._thread is not None:
            self._thread.join()

    def tell(self, happened: Iterable[Happening], position: int) -> None:
        """Hand these to every stream whose reader may see them."""
        with self._lock:
            streams = tuple(self._streams)
        for what in happened:
            said = message(what, position)
            for stream in streams:
                if stream.sees(what):
                    stream.put(said)

    def _watch(self) -> None:
        pause, failing = threading.Event(), False
        while not pause.wait(LOOK_SECONDS):
            with self._lock:
                reader = self._reader
                if not self._streams or reader is None:
                    self._reader = None
                    return
            try:
                with reading() as db:
                    happened = reader.look(db)
                failing = False
            except (SQLAlchemyError, CaseworkError) as error:  # the database is away: what happens meanwhile is read later
                if not failing:
                    log.warning("watcher_waits", fault=type(error).__name__)
                failing = True
                continue
            self.tell(happened, reader.position)


WATCHER = Watcher()


def missed(actor: Actor, position: int) -> list[bytes] | None:
    """What somebody did not hear who heard everything up to this position; None when he has to read the lists anew."""
    with reading() as db:
        happened = live.since(db, position)
    if happened is None:
        return None
    stream = Stream(actor)
    return [message(one, position) for one in happened if stream.sees(one)]


def forget() -> None:
    """For tests: whatever is open here belongs to a database that is gone, and nobody looks at it any more."""
    global WATCHER  # noqa: PLW0603 - one a process
    WATCHER.end()
    WATCHER = Watcher()


