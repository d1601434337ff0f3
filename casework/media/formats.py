"""What a file is, from its bytes alone: kind, size in pixels and where its EXIF lies. Nothing is decoded here, so it is
cheap and safe at the door; every length is checked against the bytes that are really there."""
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from casework.errors import Fault, Invalid, Unsupported

MOST_SEGMENTS = 100_000
"""No camera writes more parts than this; a file of millions of empty parts is made to keep us busy."""


class Kind(StrEnum):
    """The kinds of photo we take."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    HEIC = "heic"

    @property
    def media_type(self) -> str:
        """As HTTP says it."""
        return f"image/{self.value}"


@dataclass(frozen=True)
class Header:
    """What a photo says of itself: pixels as stored (not yet turned), EXIF as a TIFF block or empty."""

    kind: Kind
    width: int
    height: int
    exif: bytes


def examine(content: bytes) -> Header:
    """Recognise a photo by its content; the file's name and declared type are not asked.

    Raises Unsupported for anything but JPEG, PNG, WebP and HEIC/HEIF (HEVC), Invalid for one of these that is broken.
    """
    if not content:
        raise Invalid("the photo is empty", Fault("photo", "has no bytes"))
    try:
        header = _examine(content)
    except (struct.error, IndexError) as error:
        raise broken("it ends in the middle") from error
    if not header.width or not header.height:
        raise broken("it says it has no pixels")
    return header


def broken(why: str) -> Invalid:
    """The error for a file of a kind we take that cannot be a whole photo."""
    return Invalid(f"the photo is broken: {why}", Fault("photo", why))


def _examine(content: bytes) -> Header:
    if content.startswith(b"\xff\xd8\xff"):
        return _jpeg(content)
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _webp(content)
    if content[4:8] == b"ftyp" and _brands(content) & _HEVC_BRANDS:
        return _heic(content)
    raise Unsupported("photos must be JPEG, PNG, WebP or HEIC")


# --- JPEG (ITU-T T.81, Exif 2.32) ---

_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def _jpeg(content: bytes) -> Header:
    width, height, exif = 0, 0, b""
    for marker, segment in _jpeg_segments(content):
        if marker in _FRAMES and not width:
            height, width = struct.unpack(">HH", segment[1:5])
        elif marker == 0xE1 and segment.startswith(b"Exif\0\0") and not exif:
            exif = segment[6:]
    return Header(Kind.JPEG, width, height, exif)


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The segments before the picture's data."""
    at = 2
    for _ in range(MOST_SEGMENTS):
        at = content.find(b"\xff", at)
        if at < 0:
            raise broken("it ends before its picture begins")
        marker = content[at + 1]
        if marker in {0xD9, 0xDA}:
            # The decoder refuses a picture that has no end; said here, the phone can send it again at once.
            if content.rfind(b"\xff\xd9", at) < 0:
                raise broken("it ends in the middle")
            return
        if marker in {0x00, 0x01, 0xFF} or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", content, at + 2)
        yield marker, content[at + 4:at + 2 + length]
        at += 2 + length
    raise broken("it has too many segments")


# --- PNG (W3C PNG, third edition) ---

def _png(content: bytes) -> Header:
    width, height, exif, at = 0, 0, b"", 8
    for _ in range(MOST_SEGMENTS):
        length, name = struct.unpack_from(">I4s", content, at)
        data = at + 8
        if data + length + 4 > len(content):
            raise broken("it ends in the middle")
        if name == b"IHDR":
            width, height = struct.unpack_from(">II", content, data)
        elif name == b"eXIf":
            exif = content[data:data + length]
        elif name == b"IEND":
            return Header(Kind.PNG, width, height, exif)
        at = data + length + 4
    raise broken("it has too many chunks")


# --- WebP (RFC 9649) ---

def _webp(content: bytes) -> Header:
    (length,) = struct.unpack_from("<I", content, 4)
    end = length + 8
    if end > len(content):
        raise broken("it ends in the middle")
    width, height, exif, at = 0, 0, b"", 12
    for _ in range(MOST_SEGMENTS):
        if at + 8 > end:
            return Header(Kind.WEBP, width, height, exif)
        name, length = struct.unpack_from("<4sI", content, at)
        data = content[at + 8:at + 8 + min(length, 10)]
        if not width:
            width, height = _webp_size(name, data)
        if name == b"EXIF":
            exif = content[at + 8:at + 8 + length].removeprefix(b"Exif\0\0")
        at += 8 + length + length % 2
    raise broken("it has too many chunks")


def _webp_size(name: bytes, data: bytes) -> tuple[int, int]:
    if name == b"VP8X":
        return int.from_bytes(data[4:7], "little") + 1, int.from_bytes(data[7:10], "little") + 1
    if name == b"VP8L":
        bits = int.from_bytes(data[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if name == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 6)
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0


# --- HEIC (ISO/IEC 14496-12 boxes, ISO/IEC 23008-12 HEIF) ---

_HEVC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}


def _brands(content: bytes) -> set[bytes]:
    (length,) = struct.unpack_from(">I", content)
    listed = content[16:min(length, 512)]
    return {content[8:12], *(listed[at:at + 4] for at in range(0, len(listed), 4))}


def _boxes(content: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes between two positions: name, begin and end of what they hold."""
    for _ in range(MOST_SEGMENTS):
        if at >= end:
            return
        length, name = struct.unpack_from(">I4s", content, at)
        begin = at + 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", content, begin)
            begin += 8
        stop = end if length == 0 else at + length
        if stop > end:
            raise broken("it ends in the middle")
        if stop < begin:
            raise broken("its parts overlap")
        yield name, begin, stop
        at = stop
    raise broken("it has too many boxes")


def _heic(content: bytes) -> Header:
    # Decoding does not prove that a file is whole (a HEIC cut to a tenth may decode); the lengths of its parts do.
    top = {name: (begin, end) for name, begin, end in _boxes(content, 0, len(content))}
    if b"meta" not in top:
        raise broken("it has no description of its picture")
    begin, end = top[b"meta"]
    meta = {name: (first, last) for name, first, last in _boxes(content, begin + 4, end)}
    width, height = _heic_size(content, *meta.get(b"iprp", (0, 0)))
    places = _item_places(content, *meta[b"iloc"]) if b"iloc" in meta else {}
    data_begin = meta.get(b"idat", (0, 0))[0]
    exif = b""
    if b"iinf" in meta and (item := _exif_item(content, *meta[b"iinf"])) in places:
        inside, offset, length = places[item]
        offset += data_begin if inside else 0
        exif = _exif_of_item(content[offset:offset + length])
    return Header(Kind.HEIC, width, height, exif)


def _heic_size(content: bytes, begin: int, end: int) -> tuple[int, int]:
    sizes = [(0, 0)]
    for name, first, last in _boxes(content, begin, end):
        if name == b"ipco":
            sizes += [struct.unpack_from(">II", content, inner + 4) for box, inner, _ in _boxes(content, first, last)
                      if box == b"ispe"]
    # Tiles and thumbnails have sizes of their own; the picture is the largest.
    return max(sizes, key=lambda size: size[0] * size[1])


def _exif_item(content: bytes, begin: int, end: int) -> int | None:
    version = content[begin]
    for name, first, _ in _boxes(content, begin + (6 if version == 0 else 8), end):
        if name == b"infe" and content[first] >= 2:
            wide = content[first] > 2
            number, _protection, kind = struct.unpack_from(">IH4s" if wide else ">HH4s", content, first + 4)
            if kind == b"Exif":
                return int(number)
    return None


def _item_places(content: bytes, begin: int, end: int) -> dict[int, tuple[bool, int, int]]:
    """Each item's first extent: whether inside idat, offset, length. Raises Invalid when one lies outside the file."""
    version = content[begin]
    widths = struct.unpack_from(">H", content, begin + 4)[0]
    offset_width, length_width, base_width, index_width = (widths >> shift & 15 for shift in (12, 8, 4, 0))
    at = begin + 6

    def number(width: int) -> int:
        nonlocal at
        at += width
        if at > end:
            raise broken("its list of items ends in the middle")
        return int.from_bytes(content[at - width:at], "big")

    places: dict[int, tuple[bool, int, int]] = {}
    for _ in range(number(4 if version == 2 else 2)):
        item = number(4 if version == 2 else 2)
        method = number(2) & 15 if version > 0 else 0
        number(2)
        base = number(base_width)
        for extent in range(number(2)):
            number(index_width if version > 0 else 0)
            offset, length = base + number(offset_width), number(length_width)
            if method == 0 and offset + length > len(content):
                raise broken("part of its picture is missing")
            if extent == 0:
                places[item] = (method == 1, offset, length)
    return places


def _exif_of_item(item: bytes) -> bytes:
    (skip,) = struct.unpack_from(">I", item)
    return item[4 + skip:].removeprefix(b"Exif\0\0")
