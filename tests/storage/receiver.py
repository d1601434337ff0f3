"""A platform's own server on this machine, as webhooks meet it: it checks signatures and answers as it is told to."""
import http.server
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from casework.identity.sessions import signature_of


@dataclass
class Receiver:
    """What it took, in the order in which it came; `answer` says the status for a line, "hang" is silence, "drip" a head
    that never ends."""

    url: str = ""
    secret: str = ""
    answer: Callable[[dict[str, Any]], int | str] = lambda _: 204
    taken: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    forged: int = 0

    def steps(self, ticket: str) -> list[str]:
        """What it took of this ticket."""
        return [one["event"].removeprefix("case.") for one in self.taken if one["ticket"] == ticket]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Runs as long as the block."""
    made = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            parts = dict(re.findall(r"(\w+)=([^,\s]+)", self.headers.get("Authorization", "")))
            right = signature_of(made.secret, "POST", self.path, parts["time"], parts["nonce"], body)
            told = orjson.loads(body)
            made.asked.append(told)
            status = made.answer(told) if parts["signature"] == right else 401
            made.forged += parts["signature"] != right
            if status == "hang":
                time.sleep(1.5)
                return
            if status == "drip":
                self.drip()
                return
            if status in {200, 204}:
                made.taken.append(told)
                made.keys.append(self.headers["Idempotency-Key"])
            self.send_response(int(status))
            self.send_header("Content-Length", "0")
            if status == 302:
                self.send_header("Location", "http://198.51.100.1/")
            self.end_headers()

        def drip(self) -> None:
            self.close_connection = True
            self.wfile.write(b"HTTP/1.1 204 No Content\r\nX-Long: ")
            for _ in range(200):
                self.wfile.write(b"x")
                time.sleep(0.05)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its own name
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}/zhiwang?city=1"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
