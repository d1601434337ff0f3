"""Photos made fit to be shown, per core, beside what cannot be beaten (decoding alone) and beside the obvious way."""
import io
import time as wall
from collections.abc import Callable, Iterator
from pathlib import Path

import imagehash
import pytest
from PIL import Image, ImageOps

from casework.media.darkroom import Darkroom
from tests.conftest import absent

PHOTOS = Path(__file__).parents[2].parent / "shared" / "data" / "photos"
ROUNDS, EACH = 5, 4

pytestmark = [pytest.mark.benchmark, pytest.mark.usefixtures("config")]


@pytest.fixture(scope="module")
def photo() -> bytes:
    """Twelve megapixels of a real phone photo, written as phones do."""
    if not PHOTOS.exists():
        absent(f"no photos at {PHOTOS}")
    real = Image.open(PHOTOS / "HMD_Nokia_8.3_5G.jpg").convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    written = io.BytesIO()
    real.resize((4000, 3000), Image.Resampling.BICUBIC).save(written, "JPEG", quality=93, exif=exif)
    return written.getvalue()


@pytest.fixture
def room() -> Iterator[Darkroom]:
    made = Darkroom()
    yield made
    made.close()


def decode_alone(photo: bytes) -> None:
    """The limit: the file at half its size, and nothing done with it."""
    image = Image.open(io.BytesIO(photo))
    image.draft("RGB", (1600, 1200))
    image.load()


def naive(photo: bytes) -> None:
    """All of the picture decoded, turned, then shrunk twice and hashed from the whole."""
    whole = ImageOps.exif_transpose(Image.open(io.BytesIO(photo)).convert("RGB"))
    for longest in (1600, 320):
        rendition = whole.copy()
        rendition.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=None)
        rendition.save(io.BytesIO(), "JPEG", quality=80)
    imagehash.phash(whole)


def cpu() -> float:
    """Seconds of computing of this process; steadier than the clock on the wall when others work too."""
    return wall.process_time()


def cpu_of(pid: int) -> float:
    """The same for another process."""
    return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[0]) / 1e9


def seconds_each(work: Callable[[], object], clock: Callable[[], float]) -> float:
    began = clock()
    for _ in range(EACH):
        work()
    return (clock() - began) / EACH


def test_photos_per_core(photo: bytes, room: Darkroom) -> None:
    room.develop(photo)
    assert room._process is not None
    pid = room._process.pid
    figures: dict[str, list[float]] = {"decoding alone": [], "ours, both processes": [], "naive": []}
    decode_alone(photo)
    for _ in range(ROUNDS):  # by turns, so that the load of others falls on all three
        figures["decoding alone"].append(seconds_each(lambda: decode_alone(photo), cpu))
        figures["ours, both processes"].append(seconds_each(lambda: room.develop(photo), lambda: cpu() + cpu_of(pid)))
        figures["naive"].append(seconds_each(lambda: naive(photo), cpu))
    best = {name: min(seconds) for name, seconds in figures.items()}
    limit, ours, slow = best.values()
    print(f"\n12 MP JPEG, {len(photo) / 1e6:.1f} MB, to 1600 and 320 px with hash, per core")
    print(f"{'':24}{'ms':>8}{'a second':>10}{'of limit':>10}")
    for name, seconds in best.items():
        print(f"{name:24}{seconds * 1000:8.1f}{1 / seconds:10.1f}{limit / seconds:10.2f}")
    print(f"to reach: {limit / ours:.2f} of the limit (0.35), {slow / ours:.1f} times the naive way (3)")
    assert limit / ours >= 0.35
    assert slow / ours >= 3
