"""New work appears by itself: a stream of what happens to the cases that I may see, as server-sent events."""
import random
import time
from collections.abc import Iterator

from flask import Response, request

from api import watching
from api.auth import caller, requires
from api.blueprint import Blueprint
from api.fields import LARGEST_INTEGER
from api.watching import Stream
from casework import settings

blueprint = Blueprint("live", __name__, url_prefix="/api/v1", description="实时 What happens now")

HEARTBEAT_SECONDS = 5
"""So often something goes over the line: only so is it noticed that a page is gone, and until then it takes another's room."""

LIFE_SECONDS = 300
"""A stream ends after about so long, and the page opens the next: who was logged out or lost a post is then refused."""

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@blueprint.operation("GET", "/live", requires("live.read"), media_type="text/event-stream", problems=("too-many",))
def stream() -> Response:
    """A stream (text/event-stream) of what happens to the cases that I may see, within about a second.

    `case`: something happened to a case, data `{"number", "queue"}`, the queue in which it lies now or null. `hold`: somebody
    took it in hand or gave it back; see `GET /holds`. `begin`: from here on nothing is missed; read the lists now. `reset`:
    too much was missed; read the lists anew. Lines that begin with a colon keep the line open. It ends after some minutes:
    open the next one with `Last-Event-ID`, and what happened in between comes first; some of it perhaps twice.

    503 with `Retry-After` when this server has no room for another stream: poll the lists that often instead.
    """
    position = _position()
    made, now = watching.WATCHER.open(caller(), settings.current().live_streams)
    try:
        begins = [_said("begin", now)] if position is None else _since(position, now)
    except BaseException:
        watching.WATCHER.close(made)
        raise
    return Response(_Lines(made, begins), mimetype="text/event-stream", headers=HEADERS)


def _position() -> int | None:
    """Where the reader was; None for a new one. What is none of ours counts as too long ago."""
    said = request.headers.get("Last-Event-ID", "").strip()
    if not said:
        return None
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 19 else LARGEST_INTEGER


def _since(position: int, now: int) -> list[bytes]:
    missed = watching.missed(caller(), position)
    return [_said("reset", now)] if missed is None else [*missed, _said("go_on", now)]


def _said(event: str, position: int) -> bytes:
    return f"id: {position}\nevent: {event}\ndata: {{}}\n\n".encode()


class _Lines(Iterator[bytes]):
    """What goes over the line. An object, not a generator: the server closes it also before the first byte is asked for."""

    def __init__(self, stream: Stream, begins: list[bytes]) -> None:
        self._stream, self._begins = stream, begins
        self._until = time.monotonic() + LIFE_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311 - so that not all come back at once

    def __next__(self) -> bytes:
        if self._begins:
            begins, self._begins = b"".join(self._begins), []
            return begins
        left = self._until - time.monotonic()
        if left <= 0:
            self.close()
            raise StopIteration
        return self._stream.next(min(HEARTBEAT_SECONDS, left)) or b": \n\n"

    def close(self) -> None:
        """The line is gone, or its time is over."""
        watching.WATCHER.close(self._stream)

    def __del__(self) -> None:
        self.close()
