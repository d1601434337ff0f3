"""Makes what the public sees: smaller, what is covered destroyed, nothing but pixels in the file.

Works on our own rendition of 1600 px, never on what was sent: that one is upright, and no decoder can be surprised by it.
"""
import io
import math
from collections.abc import Sequence

from PIL import Image

from casework.media.blurring.boxes import Rectangle

FULL, THUMB = 1280, 320
"""Longest sides in pixels. The detectors look at the very picture that is published: what they cannot see is not in it."""

QUALITY = 80

TINTS = 2
"""Of what is covered so many colours are left in a row and a column: the light of the place, and of a face or number nothing.
More would do for a face, but the signs of a plate can be worked out from the brightness of each."""


def opened(large: bytes) -> Image.Image:
    """The picture that is to be published, as yet with everything in it. `large`: our rendition of 1600 px."""
    picture = Image.open(io.BytesIO(large), formats=["JPEG"]).convert("RGB")
    picture.thumbnail((FULL, FULL), Image.Resampling.LANCZOS)
    return picture


def covered(picture: Image.Image, rectangles: Sequence[Rectangle]) -> tuple[bytes, bytes]:
    """JPEGs of FULL and of THUMB pixels of this picture, in which what lies in the rectangles is destroyed."""
    made = picture.copy()
    for one in rectangles:
        left, top = math.floor(one.x * made.width), math.floor(one.y * made.height)
        right = max(left + 1, min(made.width, math.ceil((one.x + one.width) * made.width)))
        bottom = max(top + 1, min(made.height, math.ceil((one.y + one.height) * made.height)))
        # From a crop of its own: nothing from outside is mixed in, and nothing of it goes outside.
        tints = picture.crop((left, top, right, bottom)).resize((TINTS, TINTS), Image.Resampling.BOX)
        made.paste(tints.resize((right - left, bottom - top), Image.Resampling.BILINEAR), (left, top))
    small = made.copy()
    small.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
    return _jpeg(made), _jpeg(small)


def _jpeg(picture: Image.Image) -> bytes:
    picture.info = {}  # Pillow would carry a comment over
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=QUALITY)
    return written.getvalue()
