"""A limit for all of a request. What an HTTP client calls a time-out is for each read: a server that sends a byte now and then
is waited for without end, and whoever is next in turn waits with it."""
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx

CONNECTED = "connection.connect_tcp.complete"
"""Of httpcore's trace, which hands over the stream."""


@contextmanager
def within(seconds: float) -> Iterator[dict[str, Any]]:
    """The `extensions` of one httpx request on a connection of its own. Raises ReadTimeout after so many seconds: the line is
    torn then, whoever reads or writes there."""
    lines: list[socket.socket] = []
    lock, over = threading.Lock(), threading.Event()

    def tear() -> None:
        with lock:
            over.set()
            for line in lines:
                _tear(line)

    def watch(event: str, facts: dict[str, Any]) -> None:
        if event == CONNECTED:
            # A second handle of the same line: TLS takes the first away from whoever holds it.
            line = facts["return_value"].get_extra_info("socket").dup()
            with lock:
                lines.append(line)
                if over.is_set():
                    _tear(line)

    timer = threading.Timer(seconds, tear)
    timer.daemon = True
    timer.start()
    try:
        yield {"trace": watch}
    except httpx.TransportError as error:
        if over.is_set():
            raise httpx.ReadTimeout("took too long in all") from error
        raise
    finally:
        timer.cancel()
        with lock:
            for line in lines:
                line.close()
            lines.clear()


def _tear(line: socket.socket) -> None:
    with suppress(OSError):  # the other side was faster
        line.shutdown(socket.SHUT_RDWR)
