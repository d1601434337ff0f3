"""Whatever a file does to the decoder, the worker lives on, the photo is marked, and the next photo gets its own picture."""
import contextlib
import io
import os
import random
import signal
import subprocess
import sys
import time as wall
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from casework import media
from casework.errors import CaseworkError
from casework.media import Photo, State, darkroom, formats
from casework.media.darkroom import Darkroom, Developed, Spoilt
from casework.storage.database import reading, transaction
from tests.factories import a_photo
from workers.media import process

pytestmark = pytest.mark.usefixtures("config")

SEED = 20260302


def written(image: Image.Image, kind: str, **options: object) -> bytes:
    to = io.BytesIO()
    image.save(to, kind, **options)
    return to.getvalue()


@pytest.fixture(scope="module")
def huge() -> bytes:
    """A lawful photo of a few kilobytes and 100 megapixels: 400 megabytes when unpacked, and a second of work."""
    return written(Image.new("1", (10_000, 10_000)), "PNG")


@pytest.fixture
def room() -> Iterator[Darkroom]:
    made = Darkroom()
    yield made
    made.close()


def pid_of(room: Darkroom) -> int:
    assert room._process is not None
    return room._process.pid


def shows(developed: Developed, colour: tuple[int, int, int]) -> bool:
    seen = Image.open(io.BytesIO(developed.large)).getpixel((20, 20))
    return all(abs(one - other) < 12 for one, other in zip(seen, colour, strict=True))


def test_one_process_serves_photo_after_photo(room: Darkroom) -> None:
    assert shows(room.develop(a_photo("red")), (255, 0, 0))
    pid = pid_of(room)
    assert shows(room.develop(a_photo("blue")), (0, 0, 255))
    assert pid_of(room) == pid


def test_a_photo_of_a_hundred_megapixels_goes_through(room: Darkroom, huge: bytes) -> None:
    developed = room.develop(huge)
    assert (developed.width, developed.height) == (10_000, 10_000)
    assert Image.open(io.BytesIO(developed.large)).size == (1600, 1600)


def test_what_needs_too_much_memory_is_refused_and_the_next_is_not(huge: bytes) -> None:
    room = Darkroom(most_memory=700 << 20)
    with contextlib.closing(room):
        with pytest.raises(Spoilt, match="memory"):
            room.develop(huge)
        assert shows(room.develop(a_photo("red")), (255, 0, 0))


def test_what_takes_too_long_is_given_up_and_the_next_gets_its_own_picture(room: Darkroom, huge: bytes) -> None:
    room.develop(a_photo("red"))
    room.most_seconds = 0.05
    with pytest.raises(Spoilt, match="longer"):
        room.develop(huge)
    room.most_seconds = 60
    assert shows(room.develop(a_photo("blue")), (0, 0, 255))


def test_an_answer_that_nobody_waits_for_any_more_is_not_taken_for_the_next(room: Darkroom, huge: bytes) -> None:
    class Interrupted(Exception):
        """What a job's own time limit raises in the middle of whatever runs."""

    def interrupt(_number: int, _frame: object) -> None:
        raise Interrupted
    room.develop(a_photo("red"))
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    with pytest.raises(Interrupted):
        room.develop(huge)
    signal.signal(signal.SIGALRM, before)
    assert shows(room.develop(a_photo("blue")), (0, 0, 255))


def test_a_decoder_that_died_between_two_photos_is_replaced(room: Darkroom) -> None:
    room.develop(a_photo("red"))
    os.kill(pid_of(room), signal.SIGKILL)
    assert shows(room.develop(a_photo("blue")), (0, 0, 255))


def kills_the_decoder(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Let this file do what a hole in a decoder would allow it."""
    real = Darkroom._exchange

    def exchange(self: Darkroom, line: object, given: bytes) -> object:
        if given == content:
            os.kill(pid_of(self), signal.SIGSEGV)
        return real(self, line, given)  # type: ignore[arg-type]
    monkeypatch.setattr(Darkroom, "_exchange", exchange)


def test_a_file_that_kills_the_decoder_twice_is_refused(room: Darkroom, monkeypatch: pytest.MonkeyPatch) -> None:
    kills_the_decoder(monkeypatch, a_photo("red"))
    with pytest.raises(Spoilt, match="SIGSEGV"):
        room.develop(a_photo("red"))
    assert shows(room.develop(a_photo("blue")), (0, 0, 255))


def test_the_signals_that_stop_a_worker_leave_its_decoder_to_finish(room: Darkroom) -> None:
    room.develop(a_photo("red"))
    pid = pid_of(room)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(pid, number)
    assert shows(room.develop(a_photo("blue")), (0, 0, 255))
    assert pid_of(room) == pid


def test_a_killed_worker_leaves_no_decoder_behind() -> None:
    script = ("import os, signal; from casework.media.darkroom import Darkroom\n"
              "room = Darkroom(); room._open_line(); print(room._process.pid, flush=True)\n"
              "os.kill(os.getpid(), signal.SIGKILL)")
    keys = {"DATABASE_URL": "sqlite:///x", "REDIS_URL": "redis://x", "BLOB_URL": "file:///x", "ZHIWANG_SIGNING_KEY": "A" * 43,
            "ZHIWANG_INDEX_KEY": "A" * 43, "ZHIWANG_DATA_KEYS": "k1:" + "A" * 43}
    worker = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | keys, capture_output=True, check=False, timeout=120)
    pid = int(worker.stdout)
    for _ in range(200):
        if not alive(pid):
            return
        wall.sleep(0.1)
    pytest.fail("the decoder outlived its worker by 20 seconds")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_damaged_files_are_made_into_pictures_or_refused_in_words(room: Darkroom) -> None:
    chance = random.Random(SEED)
    scene = Image.radial_gradient("L").resize((160, 120)).convert("RGB")
    whole = [written(scene, "JPEG"), written(scene, "JPEG", progressive=True), written(scene, "PNG"), written(scene, "WEBP"),
             written(scene, "WEBP", lossless=True)]
    hashes, refusals = [], []
    for number in range(150):
        content = bytearray(whole[number % len(whole)])
        for _ in range(chance.choice((1, 8, 60))):
            content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            formats.examine(bytes(content))
            hashes.append(room.develop(bytes(content)).phash)
        except (CaseworkError, Spoilt) as error:
            refusals.append(str(error))
    print(f"seed {SEED}: {len(hashes)} pictures, {len(refusals)} refusals")
    assert min(len(hashes), len(refusals)) > 10
    assert {len(one) for one in hashes} == {16}
    assert not [words for words in refusals if "0x" in words or not words.isascii()]  # our words, nothing of the file's


@pytest.mark.usefixtures("sqlite")
def test_the_job_marks_the_file_that_kills_and_makes_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    kills_the_decoder(monkeypatch, a_photo("red"))
    with transaction() as db:
        ids = [media.check_in(db, a_photo(colour), channel="citizen").id for colour in ("blue", "red", "green")]
    for _ in range(2):  # a job may run twice
        process([str(one) for one in [*ids, uuid.uuid4()]])
        with reading() as db:
            assert [db.get_one(Photo, one).state for one in ids] == [State.READY, State.REFUSED, State.READY]
            assert "SIGSEGV" in (db.scalar(select(Photo.reason).where(Photo.id == ids[1])) or "")
    darkroom._darkroom.close()
