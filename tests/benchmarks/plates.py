"""Chinese number plates drawn by their public dimensions (GA 36-2018), of invented numbers: on a car, seen askew, at night."""
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

FONTS = ("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc", "/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc",
         "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", "/System/Library/Fonts/PingFang.ttc")
"""Where the sign of the province comes from; without any, two strokes stand for it."""

PROVINCES = "粤京沪苏浙川湘鄂闽桂"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


@dataclass(frozen=True)
class Kind:
    """Millimetres, the ground from top to bottom, and the colour of the signs."""

    wide: int
    high: int
    ground: tuple[tuple[int, int, int], tuple[int, int, int]]
    sign: tuple[int, int, int]
    signs: int
    rows: int = 1


KINDS = {
    "blue": Kind(440, 140, ((20, 60, 170), (20, 60, 170)), (245, 245, 245), 7),
    "green": Kind(480, 140, ((235, 245, 240), (90, 190, 120)), (15, 15, 15), 8),
    "yellow": Kind(440, 140, ((240, 180, 20), (240, 180, 20)), (15, 15, 15), 7),
    "yellow, two rows": Kind(440, 220, ((240, 180, 20), (240, 180, 20)), (15, 15, 15), 7, rows=2),
}


def plate(kind: Kind, rng: random.Random) -> Image.Image:
    """The plate from straight ahead, two pixels a millimetre."""
    scale, rows = 2, np.linspace(0, 1, kind.high * 2)[:, None, None]
    ground = np.array(kind.ground[0]) * (1 - rows) + np.array(kind.ground[1]) * rows
    image = Image.fromarray(np.broadcast_to(ground, (kind.high * scale, kind.wide * scale, 3)).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((6, 6, image.width - 7, image.height - 7), 18, outline=kind.sign, width=5)
    text = rng.choice(PROVINCES) + rng.choice("ABCDEFG") + "".join(rng.choices(LETTERS, k=kind.signs - 2))
    lines = (text[:2], text[2:]) if kind.rows == 2 else (text,)
    top = 25 * scale
    for line, high in zip(lines, (60, 110) if kind.rows == 2 else (90,), strict=True):
        _write(image, line, (15 * scale, top, image.width - 15 * scale, top + high * scale), kind.sign)
        top += (high + 10) * scale
    return image


def _write(image: Image.Image, text: str, box: tuple[int, int, int, int], colour: tuple[int, int, int]) -> None:
    pitch = min((box[2] - box[0]) / len(text), (box[3] - box[1]) * 0.8)
    left = (box[0] + box[2] - pitch * len(text)) / 2
    for at, sign in enumerate(text):
        mask = Image.new("L", (200, 240))
        ImageDraw.Draw(mask).text((100, 120), sign, fill=255, anchor="mm", font=_font(sign))
        if inked := mask.getbbox():
            mask = mask.crop(inked)
        narrow = 0.35 if sign in "1I" else 0.8
        mask = mask.resize((max(1, round(pitch * narrow)), box[3] - box[1]))
        image.paste(colour, (round(left + pitch * (at + (1 - narrow) / 2)), box[1]), mask)


def _font(sign: str) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    chinese = next((path for path in FONTS if Path(path).exists()), None) if ord(sign) > 255 else None
    return ImageFont.truetype(chinese, 180) if chinese else ImageFont.load_default(200)


def car(kind: Kind, wide: int, rng: random.Random, *, askew: float = 0.0) -> tuple[Image.Image, tuple[float, ...]]:
    """The rear of a car whose plate is `wide` pixels, and the plate's box in it. `askew` 0 to 0.4: seen from the side."""
    paint = rng.choice([(40, 42, 48), (190, 190, 195), (120, 20, 25), (235, 235, 235)])
    body = Image.new("RGB", (kind.wide * 6, kind.wide * 4), paint)
    draw = ImageDraw.Draw(body)
    draw.rectangle((0, 0, body.width, body.height // 4), fill=(25, 30, 38))
    for left in (0.03, 0.8):
        draw.rounded_rectangle((body.width * left, body.height * 0.3, body.width * (left + 0.17), body.height * 0.45), 30,
                               fill=(170, 25, 25))
    draw.rectangle((0, body.height * 0.82, body.width, body.height), fill=(28, 28, 30))
    drawn = plate(kind, rng)
    at = ((body.width - drawn.width) // 2, round(body.height * 0.5))
    body.paste(drawn, at)
    corners = [(at[0], at[1]), (at[0] + drawn.width, at[1]),
               (at[0] + drawn.width, at[1] + drawn.height), (at[0], at[1] + drawn.height)]
    if askew:
        body, corners = _turned(body, corners, askew)
    scale = wide / (max(x for x, _ in corners) - min(x for x, _ in corners))
    body = body.resize((max(1, round(body.width * scale)), max(1, round(body.height * scale))), Image.Resampling.BOX)
    xs, ys = [x * scale for x, _ in corners], [y * scale for _, y in corners]
    return body, (min(xs), min(ys), max(xs), max(ys))


def _turned(image: Image.Image, corners: Sequence[tuple[float, float]],
            askew: float) -> tuple[Image.Image, list[tuple[float, float]]]:
    wide, high = image.size
    seen = [(0, 0), (wide * (1 - askew), high * askew / 3), (wide * (1 - askew), high * (1 - askew / 3)), (0, high)]
    back = _projection(seen, [(0, 0), (wide, 0), (wide, high), (0, high)])
    there = np.linalg.inv(np.append(back, 1).reshape(3, 3))
    moved = [there @ (x, y, 1) for x, y in corners]
    turned = image.transform(image.size, Image.Transform.PERSPECTIVE, tuple(back), Image.Resampling.BILINEAR)
    return turned.crop((0, 0, round(wide * (1 - askew)), high)), [(x / w, y / w) for x, y, w in moved]


def _projection(seen: Sequence[tuple[float, float]], flat: Sequence[tuple[float, float]]) -> np.ndarray:
    rows = [line for (x, y), (u, v) in zip(seen, flat, strict=True)
            for line in ((x, y, 1, 0, 0, 0, -u * x, -u * y), (0, 0, 0, x, y, 1, -v * x, -v * y))]
    return np.linalg.solve(np.array(rows, float), np.array(flat, float).ravel())


def night(image: Image.Image, rng: random.Random) -> Image.Image:
    """A tenth of the light, and the noise of a small sensor."""
    noise = np.random.default_rng(rng.randrange(2**32)).normal(0, 6, (image.height, image.width, 3))
    return Image.fromarray(np.clip(np.asarray(image) * 0.18 + noise + 4, 0, 255).astype(np.uint8))


def shaken(image: Image.Image, size: float) -> Image.Image:
    """Out of focus by a share of the thing's size in pixels."""
    return image.filter(ImageFilter.GaussianBlur(size))
