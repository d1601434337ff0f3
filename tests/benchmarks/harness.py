"""What every benchmark needs: servers run as the Procfile runs them, a frugal client, processor time, and the table."""
import base64
import os
import re
import select
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from casework.settings import Settings
from tests.conftest import REDIS

ROOT = Path(__file__).parents[2]
TICK = os.sysconf("SC_CLK_TCK")
START_SECONDS = 60
BENCH_REDIS = os.environ.get("BENCH_REDIS_URL", re.sub(r"/\d+$", "/14", REDIS))
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Scale:
    """How much is measured. The smoke run keeps the benchmarks from rotting; its figures mean nothing."""

    full: bool
    rows: int       # cases, and as many timers
    seconds: float  # of load in one round
    rounds: int     # by turns with the limit, so that the load of others falls on both
    events: int     # outbox rows to drain
    lives: int      # whole life cycles in one round

    @property
    def workers(self) -> int:
        return 2 if self.full else 1


SMOKE = Scale(full=False, rows=2_000, seconds=0.2, rounds=1, events=700, lives=5)
FULL = Scale(full=True, rows=int(os.environ.get("BENCH_ROWS", "1000000")), seconds=5.0, rounds=3, events=20_000, lives=60)


@dataclass
class Measured:
    """So many operations, in so many seconds, at this cost of processor time (ours, and the database's)."""

    number: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    database_cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Operations a second."""
        return self.number / self.seconds

    @property
    def cost(self) -> float:
        """Seconds of processor time an operation, our processes and the database's backends together."""
        return (self.cpu + self.database_cpu) / self.number

    def at(self, share: float) -> float:
        """The latency, in seconds, that this share of all operations does not exceed."""
        return sorted(self.latencies)[min(len(self.latencies) - 1, int(share * len(self.latencies)))]

    def __add__(self, other: "Measured") -> "Measured":
        return Measured(self.number + other.number, self.seconds + other.seconds, self.cpu + other.cpu,
                        self.database_cpu + other.database_cpu, self.latencies + other.latencies)


# ---- processor time

def process_cpu(pid: int) -> float:
    """Seconds of processor time, user and system, that a process has used; 0 when it is gone."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(words[11]) + int(words[12])) / TICK


def family(pid: int) -> list[int]:
    """A process and all that it has started."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "stat").read_text("ascii").rpartition(") ")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents.setdefault(int(words[1]), []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def timed(work: Callable[[], int], cpu: Callable[[], float] = time.process_time,
          database_cpu: Callable[[], float] = lambda: 0.0) -> Measured:
    """Do this once; it answers how many operations it was."""
    own, theirs, began = cpu(), database_cpu(), time.perf_counter()
    number = work()
    return Measured(number, time.perf_counter() - began, cpu() - own, database_cpu() - theirs)


# ---- servers

def environment(settings: Settings) -> dict[str, str]:
    """These settings as the processes of the product read them; limits of rate are there, and out of reach."""
    def key(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ZHIWANG_")}
    account = {"ZHIWANG_WECHAT_APP_ID": settings.wechat_app_id, "ZHIWANG_WECHAT_SECRET": settings.wechat_secret,
               "ZHIWANG_WECHAT_TOKEN": settings.wechat_token, "ZHIWANG_WECHAT_URL": settings.wechat_url}
    base_map = {"ZHIWANG_TILES": settings.tiles_url, "ZHIWANG_TILES_ATTRIBUTION": settings.tiles_attribution}
    return kept | (account if settings.wechat else {}) | (base_map if settings.tiles_url else {}) | {
        "DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url, "BLOB_URL": settings.blob_url,
        "ZHIWANG_HOME": str(settings.home), "ZHIWANG_SIGNING_KEY": key(settings.signing_key),
        "ZHIWANG_INDEX_KEY": key(settings.index_key), "ZHIWANG_ACCESS_MINUTES": "120",
        "ZHIWANG_DATA_KEYS": ",".join(f"{name}:{key(raw)}" for name, raw in settings.data_keys.items()),
        "ZHIWANG_RATE_REPORTS": settings.rate_limit_reports, "ZHIWANG_RATE_LOGIN": settings.rate_limit_login,
        "ZHIWANG_FLOOD": "none", "PYTHONPATH": str(ROOT),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


class Server:
    """An application behind the Procfile's own web line, with another target and port."""

    def __init__(self, target: str, settings: Settings, workers: int) -> None:
        line = next(line for line in (ROOT / "Procfile").read_text().splitlines() if line.startswith("web: "))
        command = line.removeprefix("web: ").replace("api.app:create_app", target)
        command = re.sub(r"--workers \d+", f"--workers {workers}", command)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.log = settings.home / f"{target.partition(':')[0]}-{self.port}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["sh", "-c", f"exec {command}"], cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
                env=environment(settings) | {"ZHIWANG_PORT": str(self.port)})

    def wait(self, path: str) -> None:
        """Until it answers here."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                load(self.port, repeat(get(path)), seconds=0, connections=1)
            except OSError:
                assert self.process.poll() is None, self.log.read_text()[-2000:]
                assert time.monotonic() < deadline, self.log.read_text()[-2000:]
                time.sleep(0.1)
            else:
                return

    def cpu(self) -> float:
        """Seconds of processor time of all its processes."""
        return sum(map(process_cpu, family(self.process.pid)))

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def serving(target: str, settings: Settings, workers: int, path: str) -> Iterator[Server]:
    """This application, until the block ends."""
    server = Server(target, settings, workers)
    try:
        server.wait(path)
        yield server
    finally:
        server.stop()


# ---- the client

def get(path: str, **headers: str) -> bytes:
    """A GET as it goes over the wire."""
    return _request("GET", path, headers, b"")


def post(path: str, body: bytes, **headers: str) -> bytes:
    """A POST of JSON as it goes over the wire."""
    return _request("POST", path, {"Content_Type": "application/json", "Content_Length": str(len(body))} | headers, body)


def repeat(request: bytes) -> Iterator[bytes]:
    """The same again and again."""
    while True:
        yield request


def _request(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1",
             *(f"{name.replace('_', '-')}: {text}" for name, text in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Wire:
    """One connection that is kept: a request out, an answer in."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.wanted = 0
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.received, self.wanted, self.sent_at = b"", 0, time.perf_counter()
        self.socket.sendall(request)

    def complete(self) -> bool:
        """Read what is there; whether the answer is whole."""
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise ConnectionError("the server hung up")
        self.received += piece
        if not self.wanted:
            head = self.received.find(b"\r\n\r\n")
            if head < 0:
                return False
            length = LENGTH.search(self.received, 0, head + 2)
            self.wanted = head + 4 + (int(length[1]) if length else 0)
        return len(self.received) >= self.wanted


def load(port: int, requests: Iterable[bytes], *, seconds: float, connections: int = 8, status: int | None = None) -> Measured:
    """Send these, each connection the next when it has its answer, until the time is over; at least one a connection.

    Costs about 15 us a request of this process. Asserts that every answer has the status, if one is named.
    """
    source, made, statuses = iter(requests), Measured(), Counter[bytes]()
    wires = {wire.socket.fileno(): wire for wire in (Wire(port) for _ in range(connections))}
    poll = select.epoll()
    began = time.perf_counter()
    try:
        for number, wire in wires.items():
            poll.register(number, select.EPOLLIN)
            wire.send(next(source))
        waiting = len(wires)
        while waiting:
            for number, _ in poll.poll(30) or _silent():
                wire = wires[number]
                if not wire.complete():
                    continue
                now = time.perf_counter()
                made.latencies.append(now - wire.sent_at)
                statuses[wire.received[9:12]] += 1
                if now - began < seconds:
                    wire.send(next(source))
                else:
                    waiting -= 1
        made.seconds = time.perf_counter() - began
    finally:
        poll.close()
        for wire in wires.values():
            wire.socket.close()
    made.number = len(made.latencies)
    if status is not None:
        assert set(statuses) == {str(status).encode()}, f"{dict(statuses)}: {next(iter(wires.values())).received[:600]!r}"
    return made


def _silent() -> list[tuple[int, int]]:
    raise ConnectionError("the server has not answered for 30 seconds")


def under_load(server: Server, requests: Iterable[bytes], scale: Scale, *, status: int, connections: int = 8,
               database_cpu: Callable[[], float] = lambda: 0.0) -> Measured:
    """One round of load on a server, with what it cost the server and the database."""
    own, theirs = server.cpu(), database_cpu()
    made = load(server.port, requests, seconds=scale.seconds, connections=connections, status=status)
    made.cpu, made.database_cpu = server.cpu() - own, database_cpu() - theirs
    return made


def by_turns(scale: Scale, ours: Callable[[], Measured], limit: Callable[[], Measured]) -> tuple[Measured, Measured, float]:
    """Both, round by round; all rounds of each together, and the median of the rounds' ratios (our rate to the limit's)."""
    pairs = [(ours(), limit()) for _ in range(scale.rounds)]
    ratio = statistics.median(mine.rate / theirs.rate for mine, theirs in pairs)
    return sum((mine for mine, _ in pairs), Measured()), sum((theirs for _, theirs in pairs), Measured()), ratio


# ---- the table

@dataclass(frozen=True)
class Row:
    """One line of the table. `goal` is speed.md's, None where it names none."""

    what: str
    ours: str
    limit: str
    ratio: float | None
    goal: float | None
    at_most: bool
    note: str

    @property
    def verdict(self) -> str:
        if self.ratio is None or self.goal is None:
            return ""
        return "reached" if (self.ratio <= self.goal if self.at_most else self.ratio >= self.goal) else "MISSED"


ROWS: list[Row] = []


def record(scale: Scale, what: str, ours: str, limit: str, *, ratio: float | None = None, goal: float | None = None,
           at_most: bool = False, note: str = "") -> None:
    """One more line for the table at the end; a smoke run leaves none."""
    if scale.full:
        ROWS.append(Row(what, ours, limit, ratio, goal, at_most, note))


def per_second(measured: Measured) -> str:
    """Rate, and processor time an operation: of ours, and + of the database's backends."""
    backends = f"+{measured.database_cpu / measured.number * 1e6:,.0f}" if measured.database_cpu else ""
    return f"{measured.rate:,.0f}/s {measured.cpu / measured.number * 1e6:,.0f}{backends} us"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.2f} ms"


def table() -> Iterator[str]:
    """The lines of the table."""
    heads = ("what", "ours", "the limit beside it", "ratio", "goal", "", "")
    lines = [heads] + [
        (row.what, row.ours, row.limit, "" if row.ratio is None else f"{row.ratio:.2f}",
         "" if row.goal is None else f"{'<=' if row.at_most else '>='} {row.goal:g}", row.verdict, row.note)
        for row in ROWS]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    for line in lines:
        yield "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
