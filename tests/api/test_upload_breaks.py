"""Whatever breaks on the way, the file that arrives is the file that was sent: torn requests, two at once, a process that is
killed, and clients as others have written them."""
import dataclasses
import io
import os
import signal
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from sqlalchemy import select
from tusclient.client import TusClient
from tusclient.storage.filestorage import FileStorage

from casework.errors import Conflict
from casework.media import Photo
from casework.media.uploads import receiving
from casework.media.uploads.upload import Upload
from casework.settings import Settings
from casework.storage import blobs
from casework.storage.database import reading
from tests.api.town import Town, stored
from tests.api.tus import BYTES, UPLOADS, Tus, checksum, described, heavy_photo, sha256
from tests.benchmarks.harness import Server, family
from tests.factories import a_photo

HEAVY, OTHER, SMALL = heavy_photo(3, 3500), heavy_photo(4, 3500), (a_photo("red"), a_photo("blue"))


@pytest.fixture
def li(town: Town) -> Tus:
    return Tus(town.li)


def files() -> list[bytes]:
    with reading() as db:
        return [blobs.get(key) for key in db.scalars(select(Photo.original_key).order_by(Photo.id))]


def found(path: str) -> Upload:
    with reading() as db:
        return db.get_one(Upload, uuid.UUID(path.rpartition("/")[2]))


def test_sent_twice_at_once_it_arrives_once(li: Tus) -> None:
    path = li.begin(len(HEAVY))
    half = len(HEAVY) // 2
    for since, until in ((0, half), (half, len(HEAVY))):
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda _, a=since, b=until: li.send(path, a, HEAVY[a:b]), range(6)))
        assert {one.status_code for one in answers} <= {204, 409, 413}  # 413: at the end nothing more is taken
        assert 204 in {one.status_code for one in answers}
        offset = li.offset(path)
        if offset < until:  # of two who sent the same each may have got some of it in
            li.send(path, offset, HEAVY[offset:until])
    assert files() == [HEAVY]
    assert list(blobs.keys_under("uploads")) == []


def test_ended_while_it_comes_it_is_gone_with_all_that_came(li: Tus) -> None:
    for _ in range(5):
        path = li.begin(len(HEAVY))
        with ThreadPoolExecutor(2) as pool:
            sent = pool.submit(li.send, path, 0, HEAVY[:-1])
            time.sleep(0.02)
            assert li.ask("DELETE", path).status_code == 204
        assert sent.result().status_code in {404, 409, 204}
    assert (stored(Upload), list(blobs.keys_under("uploads"))) == (0, [])


class Meanwhile:
    """A body in the midst of which something else happens."""

    def __init__(self, content: bytes, after: int, happens: Callable[[], None]) -> None:
        self.content, self.after = io.BytesIO(content), after
        self.happens: Callable[[], None] | None = happens

    def read(self, size: int, /) -> bytes:
        if self.happens and self.content.tell() >= self.after:
            happens, self.happens = self.happens, None
            happens()
        return self.content.read(size)


@pytest.mark.parametrize("away", ["finished", "gone"])
def test_who_was_given_up_for_dead_harms_nothing(li: Tus, away: str) -> None:
    """His connection is gone, and another has finished the upload, or ended it, when his process goes on."""
    path = li.begin(len(HEAVY))

    def other() -> None:
        if away == "finished":
            offset = li.offset(path)
            assert offset == receiving.PIECE
            assert li.send(path, offset, HEAVY[offset:]).status_code == 204
        else:
            assert li.ask("DELETE", path).status_code == 204
    wrong = b"x" * (len(HEAVY) - receiving.PIECE)
    with pytest.raises(Conflict):
        receiving.append(found(path), 0, Meanwhile(HEAVY[:receiving.PIECE] + wrong, receiving.PIECE, other))
    assert list(blobs.keys_under("uploads")) == []
    assert stored(Photo) == (0 if away == "gone" else 1)


def test_a_creation_that_comes_too_late_takes_nothing_back(li: Tus) -> None:
    """Its line is gone, and whom the receipt told of the upload has gone on with it."""
    photo = a_photo("red")

    def other() -> None:
        with reading() as db:
            path = f"{UPLOADS}/{db.scalars(select(Upload.id)).one()}"
        assert li.send(path, 0, photo).status_code == 204
    said = {"Tus-Resumable": "1.0.0", "Content-Type": BYTES, "Upload-Length": str(len(photo))}
    late = li.who.app.test_client().post(UPLOADS, headers=li.who.headers | said, environ_overrides={
        "wsgi.input": Meanwhile(photo[:100], 0, other), "wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(photo))})
    assert late.status_code == 409
    assert (files(), stored(Upload)) == ([photo], 1)


def test_a_connection_that_breaks_keeps_what_arrived(li: Tus) -> None:
    path = li.begin(len(HEAVY))
    for came in (700, 1_500_000, 2_100_000):
        offset = li.offset(path)
        li.torn(path, offset, HEAVY[offset:], came - offset)
        assert li.offset(path) == came
    offset = li.offset(path)
    li.torn(path, offset, HEAVY[offset:], len(HEAVY) - offset)
    assert files() == [HEAVY]


STEPS = st.lists(st.tuples(st.sampled_from(["sent", "torn", "checked", "damaged", "elsewhere"]), st.integers(0, 700),
                           st.integers(0, 700)), max_size=12)


@how(max_examples=40, deadline=None, derandomize=True, database=None,
     suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS, deferred=st.booleans(), seed=st.integers(0, 10**6))
def test_however_a_file_is_cut_and_torn_it_is_the_same_file(
        town: Town, steps: list[tuple[str, int, int]], deferred: bool, seed: int) -> None:
    li, content = Tus(town.li), a_photo(f"#{seed:06x}", (64, 48 + seed % 40))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(receiving, "PIECE", 128)
        path, true = li.begin(None if deferred else len(content), Upload_Metadata=described(sha256=sha256(content))), 0
        for what, size, came in steps:
            part = content[true:true + size]
            if what == "sent":
                assert li.send(path, true, part).status_code == 204
                true += len(part)
            elif what == "torn":
                assert li.torn(path, true, part, came).status_code == 204
                true += len(part[:came])
            elif what == "checked":
                assert li.send(path, true, part, Upload_Checksum=checksum(part)).status_code == 204
                true += len(part)
            elif what == "damaged":
                assert li.send(path, true, part, Upload_Checksum=checksum(part + b"x")).status_code == 460
            elif came != true:
                assert li.send(path, came, part).status_code == 409
            assert li.offset(path) == true
        last = li.send(path, true, content[true:], Upload_Length=len(content))
        assert (last.status_code, "Upload-Photo" in last.headers) == (204, True)
    assert files()[-1] == content
    assert list(blobs.keys_under("uploads")) == []


@contextmanager
def real(config: Settings, store: str) -> Iterator[Server]:
    """Two web processes as they are run, on this test's database."""
    server = Server("api.app:create_app", dataclasses.replace(config, database_url=store), 2)
    try:
        server.wait("/health/live")
        yield server
    finally:
        killed(server)
        server.process.wait()


def request(path: str, carrier: dict[str, str], **headers: object) -> bytes:
    """The head of a PATCH, for a line of our own."""
    said = {"Host": "here", "Tus-Resumable": "1.0.0", "Content-Type": BYTES} | carrier | {
        name.replace("_", "-"): value for name, value in headers.items()}
    return (f"PATCH {UPLOADS}{path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in said.items())
            + "\r\n").encode()


def killed(server: Server) -> None:
    """All its processes, at once."""
    for process in family(server.process.pid):
        os.kill(process, signal.SIGKILL)


def test_on_real_lines_with_clients_that_others_wrote(config: Settings, store: str, town: Town, tmp_path: Path) -> None:
    """tuspy, unmodified, and lines that are torn; in the middle every process is killed, and others go on."""
    carrier = town.li.headers
    with real(config, store) as server:
        client = TusClient(f"http://127.0.0.1:{server.port}{UPLOADS}", carrier)
        a_line_that_breaks_keeps_what_arrived(server, client, carrier)
        assert files() == [HEAVY]
        file = tmp_path / "other.png"
        file.write_bytes(OTHER)
        path = client.uploader(str(file), metadata={"filename": "井盖.png"}).create_url().removeprefix(client.url)
        with socket.create_connection(("127.0.0.1", server.port)) as line:
            line.sendall(request(path, carrier, Content_Length=len(OTHER), Upload_Offset=0) + OTHER[:2_400_000])
            reached(path, 2 * receiving.PIECE)
            killed(server)
    with real(config, store) as server:
        client = TusClient(f"http://127.0.0.1:{server.port}{UPLOADS}", carrier)
        uploader = client.uploader(str(file), url=client.url + path, chunk_size=500_000)
        assert uploader.offset == 2 * receiving.PIECE
        uploader.upload()
        client_of_others(client, tmp_path)
    assert files() == [HEAVY, OTHER, SMALL[0], SMALL[1]]


def a_line_that_breaks_keeps_what_arrived(server: Server, client: TusClient, carrier: dict[str, str]) -> None:
    """Closed, or torn off, in the middle of a body of unknown length: whole pieces and the rest that came are there."""
    url = client.uploader(file_stream=io.BytesIO(HEAVY)).create_url()
    path = url.removeprefix(client.url)
    for came, torn_off in ((300_000, False), (1_900_000, True), (2_600_000, False)):
        at = found(path).received
        with socket.create_connection(("127.0.0.1", server.port)) as line:
            head = request(path, carrier, Transfer_Encoding="chunked", Upload_Offset=at)
            line.sendall(head + f"{came - at:x}\r\n".encode() + HEAVY[at:came] + b"\r\n")
            if torn_off:
                handed_over(line)
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        reached(path, came)
    client.uploader(file_stream=io.BytesIO(HEAVY), url=url).upload()


def handed_over(line: socket.socket) -> None:
    """Wait until the server has taken all that was sent: with a line that is torn off goes what its kernel still holds."""
    here, there = (f":{one[1]:04X}" for one in (line.getsockname(), line.getpeername()))
    while True:
        lines = [one.split() for one in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
        ends = [(own, queues) for _, own, other, _, queues, *_ in lines if {own[8:], other[8:]} == {here, there}]
        sent = all(queues.startswith("00000000:") for own, queues in ends if own.endswith(here))
        taken = all(queues.endswith(":00000000") for own, queues in ends if own.endswith(there))
        if sent and taken:
            break
        time.sleep(0.05)


def reached(path: str, offset: int) -> None:
    until = time.monotonic() + 120  # nobody is helped when a busy machine gives up
    while found(path).received < offset:
        assert time.monotonic() < until, found(path).received
        time.sleep(0.05)
    assert found(path).received == offset


def client_of_others(client: TusClient, folder: Path) -> None:
    """In small chunks with checksums; by an address that was written down; and nothing at all."""
    client.uploader(file_stream=io.BytesIO(SMALL[0]), chunk_size=200, upload_checksum=True).upload()
    kept = folder / "small.jpg"
    kept.write_bytes(SMALL[1])
    storage = FileStorage(str(folder / "addresses.json"))
    client.uploader(str(kept), chunk_size=200, store_url=True, url_storage=storage).upload_chunk()
    again = client.uploader(str(kept), chunk_size=200, store_url=True, url_storage=storage)
    assert again.offset == 200
    again.upload()
    client.uploader(file_stream=io.BytesIO(b"")).upload()
