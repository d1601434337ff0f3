"""Pixels: decode a photo, turn it upright, shrink it, hash it. Runs as a process of its own (see darkroom.py), because
the decoders are C code and the files come from strangers: whatever they do to this process, the worker lives on."""
import contextlib
import io
import json
import resource
import signal
import sys
from multiprocessing.connection import Connection

import imagehash
import pillow_heif
from PIL import Image, ImageCms, UnidentifiedImageError

from casework.errors import CaseworkError
from casework.media import formats, metadata
from casework.media.formats import Kind

LARGE, SMALL = 1600, 320
QUALITY = 80

_DECODERS = {Kind.JPEG: "JPEG", Kind.PNG: "PNG", Kind.WEBP: "WEBP", Kind.HEIC: "HEIF"}
_TURNS = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
          5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
          8: Image.Transpose.ROTATE_90}
"""What puts each EXIF orientation upright."""
_SRGB = ImageCms.createProfile("sRGB")

# An embedded thumbnail may show something else than the photo: never decode it instead.
pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
# Our own limit is checked before anything is decoded; Pillow's would only warn up to twice its size.
Image.MAX_IMAGE_PIXELS = None


def render(content: bytes, most_pixels: int) -> tuple[dict[str, object], list[bytes]]:
    """Upright width, height and perceptual hash (64 bit, 16 hex digits), and the JPEGs of 1600 and 320 px longest side.

    Raises Invalid for more than `most_pixels`; for a broken file, whatever the decoder raises.
    """
    header = formats.examine(content)
    image: Image.Image = Image.open(io.BytesIO(content), formats=[_DECODERS[header.kind]])
    width, height = image.size
    if width * height > most_pixels:
        raise formats.broken("it has more pixels than it says")
    large = _fit(width, height, LARGE)
    # Aspect-true and rounded down: libjpeg then decodes at a half, quarter or eighth of the size, many times as fast.
    image.draft("RGB", large)
    picture = _srgb(_shrink(image, large), image.info.get("icc_profile"))
    # HEIF has a property of its own for turning, which libheif obeys; by its standard the EXIF does not count.
    orientation = 1 if header.kind is Kind.HEIC else metadata.read(header.exif).orientation
    if orientation != 1:
        picture = picture.transpose(_TURNS[orientation])
    if orientation >= 5:
        width, height = height, width
    small = picture.resize(_fit(*picture.size, SMALL), Image.Resampling.HAMMING, reducing_gap=1.0)
    facts = {"width": width, "height": height, "phash": str(imagehash.phash(small))}
    return facts, [_jpeg(picture), _jpeg(small)]


def _fit(width: int, height: int, longest: int) -> tuple[int, int]:
    most = max(width, height)
    return (width, height) if most <= longest else (max(1, width * longest // most), max(1, height * longest // most))


def _shrink(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scaled down, what is transparent on white. HAMMING is as fast as BILINEAR and sharper; it only ever shrinks."""
    if image.mode.startswith("I"):
        image = image.point(lambda grey: grey / 256).convert("L")  # 16-bit grey: convert() alone would cut, not scale
    see_through = image.has_transparency_data
    if see_through:
        image = image.convert("RGBA")
    elif image.mode in {"P", "1"}:
        image = image.convert("RGB")  # numbers of colours, and single bits, cannot be averaged
    if image.size != size:
        image = image.resize(size, Image.Resampling.HAMMING, reducing_gap=2.0)
    if see_through:
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A"))
        return ground
    image.load()
    return image


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours as a screen shows them without a profile: phones of the last years write wide colours (Display P3)."""
    if profile and image.mode in {"RGB", "CMYK"}:
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(given):
                turned = ImageCms.profileToProfile(image, given, _SRGB, outputMode="RGB")
                return image.convert("RGB") if turned is None else turned
        except (ImageCms.PyCMSError, OSError, ValueError):
            return image.convert("RGB")  # a broken profile: plain colours are better than no picture
    return image.convert("RGB")


def _jpeg(image: Image.Image) -> bytes:
    image.info = {}  # Pillow would carry a comment over
    written = io.BytesIO()
    image.save(written, "JPEG", quality=QUALITY)
    return written.getvalue()


def serve(line: Connection, most_pixels: int) -> None:
    """Answer photo after photo until the other end hangs up: facts or {"refused": why} as JSON, then the JPEGs."""
    while True:
        try:
            content = line.recv_bytes()
        except EOFError:
            return
        try:
            facts, pictures = render(content, most_pixels)
        except MemoryError:
            facts, pictures = {"refused": "the photo needs too much memory"}, []
        except CaseworkError as error:
            facts, pictures = {"refused": error.sentence}, []
        except Exception as error:  # whatever a hostile file makes a decoder trip over
            facts, pictures = {"refused": f"the photo is broken: {_why(error)}"}, []
        del content
        for part in (json.dumps(facts).encode(), *pictures):
            line.send_bytes(part)


def _why(error: Exception) -> str:
    """In our words: a decoder's own may quote the file."""
    if isinstance(error, UnidentifiedImageError):
        return "it is not what its first bytes say"
    if "truncated" in str(error):
        return "it ends in the middle"
    return f"it cannot be decoded ({type(error).__name__})"


def main(descriptor: int, most_pixels: int, most_memory: int) -> None:
    """The process: `descriptor` is a connected socket, `most_memory` in bytes of address space."""
    resource.setrlimit(resource.RLIMIT_AS, (most_memory, most_memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for number in (signal.SIGINT, signal.SIGTERM):
        # Sent to the whole group, they are meant for the worker, which finishes its job first and then hangs up on us.
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        serve(Connection(descriptor), most_pixels)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
