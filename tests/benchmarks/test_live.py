"""Open streams cost the others next to nothing: a normal request beside 200 of them on the Procfile's own processes."""
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select as choose

from api.live import HEARTBEAT_SECONDS
from casework.cases.case import Case
from casework.identity.people import Role, create_post, create_user
from casework.identity.sessions.tokens import begin
from casework.storage import outbox
from casework.storage.database import transaction
from tests.benchmarks.ground import Ground, area_desk
from tests.benchmarks.harness import Measured, Scale, get, load, milliseconds, record, repeat
from tests.benchmarks.test_lists import case_page

AT_MOST = 1.5
"""Times the p95 without any stream."""


def readers(number: int) -> list[str]:
    """Access tokens of so many operators."""
    with transaction() as db:
        made = [create_user(db, f"live{time.monotonic_ns()}-{one}", "受理员") for one in range(number)]
        for user in made:
            create_post(db, "受理员", Role.TRIAGE_OPERATOR, holder_id=user.id)
        return [begin(db, user_id=user.id).access for user in made]


@contextmanager
def streams(port: int, tokens: list[str]) -> Iterator[list[socket.socket]]:
    """One open stream for each of these."""
    made = []
    try:
        for token in tokens:
            line = socket.create_connection(("127.0.0.1", port), timeout=30)
            line.sendall(get("/api/v1/live", Authorization=f"Bearer {token}", Accept="text/event-stream"))
            made.append(line)
        for line in made:
            said = b""
            while b"event: begin" not in said:
                piece = line.recv(4096)
                assert piece, said
                said += piece
        yield made
    finally:
        for line in made:
            line.close()


def told_within(lines: list[socket.socket]) -> float:
    """Seconds until every line has heard of something that happens now."""
    with transaction() as db:
        case_id = db.scalars(choose(Case.id).limit(1)).one()
        outbox.publish(db, "case.changed", case_id)
    began, left = time.perf_counter(), {line.fileno(): line for line in lines}
    poll = select.epoll()
    for number in left:
        poll.register(number, select.EPOLLIN)
    while left and time.perf_counter() - began < 20:
        for number, _ in poll.poll(1):
            if b"event: case" in left[number].recv(65536):
                poll.unregister(number)
                del left[number]
    assert not left, f"{len(left)} heard nothing"
    return time.perf_counter() - began


def test_a_request_beside_open_streams(crowded: Ground, scale: Scale) -> None:
    server, number = crowded.product(scale), 200 if scale.full else 5
    request = case_page(area_desk(crowded.cast.triage), queue="triage", limit=50)
    rounds: list[tuple[Measured, Measured]] = []
    for _ in range(scale.rounds):
        alone = load(server.port, repeat(request), seconds=scale.seconds, connections=4, status=200)
        before = server.cpu()
        with streams(server.port, readers(number)) as lines:
            opened = server.cpu() - before
            beside = load(server.port, repeat(request), seconds=scale.seconds, connections=4, status=200)
            idle, began = server.cpu(), time.perf_counter()
            heard = told_within(lines)
            time.sleep(scale.seconds)
            idle = (server.cpu() - idle) / (time.perf_counter() - began)
        rounds.append((alone, beside))
        time.sleep(2 * HEARTBEAT_SECONDS if scale.full else 0)  # until it is noticed that the pages are gone
    without = sum((one for one, _ in rounds), Measured())
    with_them = sum((one for _, one in rounds), Measured())
    record(scale, f"a page of 50 beside {number} open streams, p95 ({crowded.kind})", milliseconds(with_them.at(0.95)),
           milliseconds(without.at(0.95)), ratio=with_them.at(0.95) / without.at(0.95), goal=AT_MOST, at_most=True,
           note=f"all heard within {heard:.1f} s; at rest they cost {idle * 100:.1f} % of a core; to open one "
                f"{opened * 1e3 / number:.1f} ms")
