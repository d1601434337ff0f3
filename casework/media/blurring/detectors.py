"""Looks through a picture for faces and number plates: at three sizes, in pieces, so that memory does not grow with it."""
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image, ImageOps, ImageStat

from casework.media.blurring import models, networks
from casework.media.blurring.boxes import Finding, Kind, findings
from casework.media.blurring.networks import Boxes, distinct

SIZES = (2.0, 1.0, 0.5)
"""Small faces are found in an enlarged picture, large ones in a reduced one (see the table in docs/moderation.md)."""

PIECE = 1400
"""Pixels of a side that a network gets at once, at most."""

OVERLAP = 128
"""What lies on the border of two pieces is whole in one of them; what is larger is found at the next smaller size."""

DARK = 60
"""Mean brightness (0 to 255) below which a picture is brightened before it is looked at, and a person looks as well."""

NETWORKS: dict[Kind, Callable[[Image.Image], Boxes]] = {Kind.FACE: networks.faces, Kind.PLATE: networks.plates}


def ready() -> bool:
    """Whether everything that it takes is installed."""
    return not models.missing()


def dark(picture: Image.Image) -> bool:
    """Whether it was night: plates of 60 px are missed then, so that the detectors' silence says nothing."""
    return ImageStat.Stat(picture.convert("L")).mean[0] < DARK


def look(picture: Image.Image) -> list[Finding]:
    """Everything in an upright RGB picture that might be a face or a plate, down to networks.FLOOR; the surest first. Takes
    seconds; only where ready()."""
    if dark(picture):
        picture = ImageOps.autocontrast(picture, cutoff=(0, 1), preserve_tone=True)
    found: list[Finding] = []
    for kind, network in NETWORKS.items():
        seen = [_at_size(picture, size, network) for size in SIZES]
        found += findings(kind, distinct(np.concatenate(seen), 0.4), *picture.size)
    return sorted(found, key=lambda one: -one.score)


def _at_size(picture: Image.Image, size: float, network: Callable[[Image.Image], Boxes]) -> Boxes:
    scaled = ImageOps.scale(picture, size, Image.Resampling.BILINEAR) if size != 1 else picture
    seen = []
    for left, top, right, bottom in _pieces(*scaled.size):
        boxes = network(scaled.crop((left, top, right, bottom)))
        boxes[:, :4] += (left, top, left, top)
        seen.append(boxes)
    boxes = np.concatenate(seen)
    boxes[:, :4] /= size
    return boxes


def _pieces(width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    for top, bottom in _cut(height):
        for left, right in _cut(width):
            yield left, top, right, bottom


def _cut(length: int) -> list[tuple[int, int]]:
    """As few stretches of at most PIECE as possible, of the same length, with an overlap."""
    count = 1 if length <= PIECE else -(-(length - OVERLAP) // (PIECE - OVERLAP))
    step = (length - OVERLAP) / count
    return [(round(at * step), round((at + 1) * step) + OVERLAP) for at in range(count)] if count > 1 else [(0, length)]
