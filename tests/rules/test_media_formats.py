"""Files are known by their bytes; what is cut, lying or something else is refused before anything is decoded."""
import contextlib
import io
import struct
import time as wall
import zipfile
import zlib

import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from casework.errors import CaseworkError, Invalid, Unsupported
from casework.media import formats
from casework.media.formats import Kind

pillow_heif.register_heif_opener()


def picture(kind: str = "JPEG", size: tuple[int, int] = (96, 64), mode: str = "RGB", **options: object) -> bytes:
    written = io.BytesIO()
    Image.radial_gradient("L").resize(size).convert(mode).save(written, kind, **options)
    return written.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


WHOLE = {
    "jpeg": picture("JPEG"), "progressive jpeg": picture("JPEG", progressive=True), "png": picture("PNG"),
    "webp": picture("WEBP"), "lossless webp": picture("WEBP", lossless=True),
    "webp with alpha": picture("WEBP", mode="RGBA", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0"), "heic": picture("HEIF"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_photo_is_known_by_its_content(name: str) -> None:
    header = formats.examine(WHOLE[name])
    assert header.kind in {Kind(word) for word in name.split() if word in set(Kind)}
    assert (header.width, header.height) == (96, 64)


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9, 0.999])
def test_a_cut_photo_is_refused_at_the_door(name: str, share: float) -> None:
    whole = WHOLE[name]
    with pytest.raises((Invalid, Unsupported)):
        formats.examine(whole[:int(len(whole) * share)])


def zip_file() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as made:
        made.writestr("photo.jpg", b"x" * 100)
    return written.getvalue()


@pytest.mark.parametrize("content", [
    zip_file(), picture("GIF"), picture("BMP"), picture("TIFF"), b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    b"<html><script>alert(1)</script></html>", "照片".encode(), b"%PDF-1.7", b"MZ\x90", b"\0" * 500,
    b"\0\0\0\x18ftypavif\0\0\0\0avifmif1", b"\0\0\0\x18ftypisom\0\0\0\0isommp42", b"\xff\xd8", b"RIFF\x04\0\0\0WAVE",
], ids=lambda content: repr(content[:8]))
def test_what_is_no_photo_is_not_taken_whatever_it_is_called(content: bytes) -> None:
    with pytest.raises(Unsupported):
        formats.examine(content)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(Invalid):
        formats.examine(b"")


def test_the_pixels_of_a_bomb_are_read_without_unpacking_it() -> None:
    bomb = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b""))
    header = formats.examine(bomb)
    assert header.width * header.height == 3_600_000_000


@pytest.mark.parametrize("content", [
    b"\x89PNG\r\n\x1a\n" + chunk(b"tEXt", b"") * 1_500_000,
    b"\xff\xd8" + b"\xff\xe1\0\x02" * 4_000_000 + b"\xff\xda",
    b"\xff\xd8" + b"\xff" * 15_000_000,
    b"\xff\xd8\xff" + b"\0\xff" * 7_000_000,
    b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0\0\0\x08free" * 2_000_000,
], ids=["chunks", "segments", "fill", "stuffing", "boxes"])
def test_a_file_of_endless_small_parts_keeps_nobody_busy(content: bytes) -> None:
    began = wall.process_time()
    with pytest.raises(Invalid):
        formats.examine(content)
    assert wall.process_time() - began < 2


def test_a_picture_without_pixels_is_broken() -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 0, 5, 8, 2, 0, 0, 0))
    with pytest.raises(Invalid):
        formats.examine(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IEND", b""))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(WHOLE)), st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=12))
def test_no_damage_makes_the_door_fall_over(name: str, damage: list[tuple[int, int]]) -> None:
    content = bytearray(WHOLE[name])
    for at, byte in damage:
        content[at % len(content)] = byte
    try:
        header = formats.examine(bytes(content))
    except CaseworkError:
        return
    assert header.width > 0
    assert header.height > 0


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x20\0\0\0WEBPVP8X",
                        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"]), st.binary(max_size=300))
def test_noise_behind_a_true_beginning_is_no_accident(beginning: bytes, noise: bytes) -> None:
    with contextlib.suppress(CaseworkError):
        formats.examine(beginning + noise)
