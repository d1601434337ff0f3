"""Time, place and orientation as cameras write them, and as they should not."""
import struct
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from casework.geography.coordinates import Point, metres_between, wgs84_to_gcj02
from casework.media import metadata
from casework.media.metadata import Taken

HERE = {1: "N", 2: (22.0, 32.0, 36.0), 3: "E", 4: (114.0, 3.0, 18.0)}
POINT = Point(114.055, 22.5433333)


def block(main: dict[int, Any] | None = None, details: dict[int, Any] | None = None,
          gps: dict[int, Any] | None = None) -> bytes:
    exif = Image.Exif()
    exif.update(main or {})
    exif.get_ifd(0x8769).update(details or {})
    exif.get_ifd(0x8825).update(gps or {})
    return exif.tobytes().removeprefix(b"Exif\0\0")


def test_a_time_with_its_offset_is_that_moment() -> None:
    taken = metadata.read(block(details={0x9003: "2026:03:02 10:00:00", 0x9011: "+09:00"}))
    assert taken.at == datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_a_time_without_offset_is_city_time() -> None:
    taken = metadata.read(block(details={0x9003: "2026:03:02 10:00:00"}))
    assert taken.at == datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def test_the_moment_of_exposure_goes_before_the_moment_of_saving() -> None:
    taken = metadata.read(block({0x0132: "2026:03:05 10:00:00"}, {0x9003: "2026:03:02 10:00:00"}))
    assert taken.at == datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def test_satellite_time_serves_when_the_camera_has_none() -> None:
    taken = metadata.read(block({0x0132: "2020:01:01 00:00:00"}, gps=HERE | {7: (1.0, 2.0, 3.0), 29: "2026:03:02"}))
    assert taken.at == datetime(2026, 3, 2, 1, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize("text", ["0000:00:00 00:00:00", "    :  :     :  :  ", "2026-03-02", "2026:13:40 25:61:61", "",
                                  "昨天"])
def test_a_time_that_cannot_be_is_none(text: str) -> None:
    assert metadata.read(block(details={0x9003: text.encode()})).at is None


def test_a_position_is_read_in_degrees() -> None:
    assert metadata.read(block(gps=HERE)).place == POINT


def test_south_and_west_are_negative() -> None:
    assert metadata.read(block(gps=HERE | {1: "S", 3: "W"})).place == Point(-POINT.lon, -POINT.lat)


def test_a_position_in_the_shifted_system_is_turned_back() -> None:
    shifted = wgs84_to_gcj02(POINT)
    place = metadata.read(block(gps=HERE | {2: (shifted.lat, 0.0, 0.0), 4: (shifted.lon, 0.0, 0.0), 18: "GCJ-02"})).place
    assert place is not None
    assert metres_between(place, POINT) < 2


@pytest.mark.parametrize("wrong", [
    {2: (0.0, 0.0, 0.0), 4: (0.0, 0.0, 0.0)}, {2: (91.0, 0.0, 0.0)}, {4: (181.0, 0.0, 0.0)}, {1: ""}, {3: "X"},
    {2: (IFDRational(0, 0), IFDRational(0, 0), IFDRational(0, 0))}, {2: ()},
], ids=["null island", "beyond the pole", "beyond the date line", "no side", "no such side", "0/0", "empty"])
def test_a_position_that_cannot_be_is_none(wrong: dict[int, Any]) -> None:
    assert metadata.read(block(gps=HERE | wrong)).place is None


@pytest.mark.parametrize(("written", "read"), [*((n, n) for n in range(1, 9)), (0, 1), (9, 1), (65535, 1)])
def test_only_the_eight_orientations_count(written: int, read: int) -> None:
    assert metadata.read(block({0x0112: written})).orientation == read


def test_signed_fractions_are_read_too() -> None:
    """Some phones (HMD) write them."""
    entries = [(1, 2, 2, b"N\0\0\0"), (2, 10, 3, None), (3, 2, 2, b"E\0\0\0"), (4, 10, 3, None)]
    gps, tail, at = b"", b"", 26 + 2 + 12 * len(entries) + 4
    for tag, kind, count, value in entries:
        place = value or struct.pack(">I", at + len(tail))
        tail += b"" if value else struct.pack(">6i", *((22, 1, 32, 1, 3600, 100) if tag == 2 else (114, 1, 3, 1, 1800, 100)))
        gps += struct.pack(">HHI", tag, kind, count) + place
    main = struct.pack(">H", 1) + struct.pack(">HHII", 0x8825, 4, 1, 26) + bytes(4)
    content = b"MM\0*" + struct.pack(">I", 8) + main + struct.pack(">H", len(entries)) + gps + bytes(4) + tail
    assert metadata.read(content).place == POINT


@pytest.mark.parametrize("content", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff", b"Exif"])
def test_a_broken_block_says_nothing(content: bytes) -> None:
    assert metadata.read(content) == Taken()


def test_a_block_whose_entries_all_point_at_the_same_megabytes_costs_nothing() -> None:
    entries = b"".join(struct.pack("<HHII", tag, 7, 15_000_000, 8) for tag in range(65_535))
    content = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 65_535) + entries + bytes(15_000_000)
    assert metadata.read(content) == Taken()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=10))
def test_damage_is_never_an_error(damage: list[tuple[int, int]]) -> None:
    content = bytearray(block({0x0112: 6}, {0x9003: "2026:03:02 10:00:00", 0x9011: "+08:00"}, HERE))
    for at, byte in damage:
        content[at % len(content)] = byte
    assert 1 <= metadata.read(bytes(content)).orientation <= 8
