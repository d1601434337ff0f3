"""Photos for the demonstration: drawn, not taken, with the time and position that a phone's camera writes into them."""
import io
import random
from datetime import UTC, datetime
from functools import cache

from PIL import ExifTags, Image, ImageDraw
from PIL.TiffImagePlugin import IFDRational

from casework import clock
from casework.geography.coordinates import Point

SIZE = (800, 600)
QUALITY = 78
HORIZON = 260


def photo(scene: str, seed: str, *, at: datetime, place: Point, done: bool = False, shot: str = "") -> bytes:
    """A JPEG of a scene (manhole cover, lamp, rubbish …) before or, with `done`, after it was put right.

    `at` is aware, `place` WGS-84; both stand in its EXIF. The same seed is the same corner of the city; another `shot`
    of it differs as two photos do.
    """
    chance = random.Random(seed)  # noqa: S311 - drawings, no secret
    image = _street(chance.randrange(6)).copy()
    draw = ImageDraw.Draw(image)
    x, y = chance.randint(180, 560), chance.randint(330, 460)
    DRAWN.get(scene, _hole)(draw, x, y, done, chance)
    chance = random.Random(f"{seed} {shot} {done}")  # noqa: S311 - drawings, no secret
    for _ in range(60):  # dirt and leaves: no two photos alike
        spot = chance.randrange(SIZE[0]), chance.randrange(HORIZON, SIZE[1])
        draw.ellipse((*spot, spot[0] + 3, spot[1] + 2), fill=(chance.randint(60, 130),) * 3)
    draw.text((12, SIZE[1] - 24), f"{at.astimezone(clock.CITY):%Y-%m-%d %H:%M}  DEMO", fill="white")
    kept = io.BytesIO()
    image.save(kept, "JPEG", quality=QUALITY, exif=_exif(at, place))
    return kept.getvalue()


@cache
def _street(number: int) -> Image.Image:
    """One of a few backgrounds: sky, houses, pavement, road."""
    chance = random.Random(f"street {number}")  # noqa: S311 - drawings, no secret
    sky = Image.linear_gradient("L").resize((SIZE[0], HORIZON)).convert("RGB")
    image = Image.new("RGB", SIZE, (122, 122, 126))
    image.paste(Image.blend(sky, Image.new("RGB", sky.size, (150 + 10 * number, 190, 230)), 0.75))
    draw = ImageDraw.Draw(image)
    for left in range(0, SIZE[0], 110):
        top, colour = chance.randint(60, 190), tuple(chance.randint(140, 215) for _ in range(3))
        draw.rectangle((left, top, left + 96, HORIZON), fill=colour)
        for row in range(top + 12, HORIZON - 16, 26):
            for column in range(left + 10, left + 84, 24):
                draw.rectangle((column, row, column + 12, row + 14), fill=(90, 110, 130))
    draw.rectangle((0, HORIZON, SIZE[0], HORIZON + 50), fill=(176, 170, 160))
    for left in range(0, SIZE[0], 40):
        draw.line((left, HORIZON, left - 30, HORIZON + 50), fill=(150, 145, 136))
    for left in range(20, SIZE[0], 130):
        draw.rectangle((left, 520, left + 70, 528), fill=(235, 235, 225))
    return image


def _cover(draw: ImageDraw.ImageDraw, x: int, y: int, done: bool, _chance: random.Random) -> None:
    draw.ellipse((x - 90, y - 45, x + 90, y + 45), fill=(70, 70, 72), outline=(40, 40, 40), width=6)
    if done:
        for step in range(-60, 61, 20):
            draw.line((x + step, y - 30, x + step, y + 30), fill=(105, 105, 108), width=5)
    else:
        draw.ellipse((x - 70, y - 34, x + 70, y + 34), fill=(12, 12, 14))


def _lamp(draw: ImageDraw.ImageDraw, x: int, y: int, done: bool, _chance: random.Random) -> None:
    top = x if done else x + 70
    draw.line((x, y, top, 90), fill=(60, 62, 66), width=10)
    draw.line((top, 90, top + 60, 100), fill=(60, 62, 66), width=8)
    draw.ellipse((top + 45, 92, top + 85, 116), fill=(255, 236, 150) if done else (80, 80, 80))


def _rubbish(draw: ImageDraw.ImageDraw, x: int, y: int, done: bool, chance: random.Random) -> None:
    draw.rectangle((x + 90, y - 90, x + 150, y), fill=(40, 110, 60))
    for _ in range(0 if done else 40):
        left, top = x + chance.randint(-120, 90), y + chance.randint(-30, 40)
        colour = tuple(chance.randint(40, 240) for _ in range(3))
        draw.ellipse((left, top, left + chance.randint(16, 46), top + chance.randint(12, 34)), fill=colour)


def _tree(draw: ImageDraw.ImageDraw, x: int, y: int, done: bool, chance: random.Random) -> None:
    draw.line((x, y, x if done else x + 120, 180 if done else 240), fill=(94, 66, 40), width=22)
    for _ in range(26):
        left, top = x + chance.randint(-90, 60) + (0 if done else 120), chance.randint(90, 210)
        draw.ellipse((left, top, left + 56, top + 44), fill=(40, chance.randint(95, 150), 48))


def _stall(draw: ImageDraw.ImageDraw, x: int, y: int, done: bool, chance: random.Random) -> None:
    for left in () if done else (x - 130, x, x + 130):
        draw.polygon((left - 60, y - 60, left, y - 110, left + 60, y - 60), fill=(200, chance.randint(40, 120), 50))
        draw.rectangle((left - 50, y - 20, left + 50, y + 20), fill=(160, 120, 70))


def _cars(draw: ImageDraw.ImageDraw, x: int, y: int, done: bool, chance: random.Random) -> None:
    for number in range(1 if done else 4):
        left, colour = x - 200 + 110 * number, tuple(chance.randint(30, 220) for _ in range(3))
        draw.rectangle((left, y - 40, left + 95, y), fill=colour)
        for wheel in (left + 10, left + 65):
            draw.ellipse((wheel, y - 12, wheel + 22, y + 10), fill=(20, 20, 20))


def _works(draw: ImageDraw.ImageDraw, x: int, y: int, done: bool, _chance: random.Random) -> None:
    for left in range(x - 160, x + 160, 40):
        draw.rectangle((left, y - 120, left + 36, y), fill=(60, 130, 200) if done else (230, 150, 40))
    if not done:
        draw.polygon((x - 90, y + 40, x, y - 40, x + 90, y + 40), fill=(150, 110, 70))


def _hole(draw: ImageDraw.ImageDraw, x: int, y: int, done: bool, chance: random.Random) -> None:
    edge = [(x + chance.randint(60, 110) * dx, y + chance.randint(25, 45) * dy)
            for dx, dy in ((-1, 0), (-0.6, -0.8), (0.4, -1), (1, -0.2), (0.7, 0.8), (-0.5, 1))]
    draw.polygon(edge, fill=(96, 96, 98) if done else (44, 40, 38))


DRAWN = {"cover": _cover, "lamp": _lamp, "pole": _lamp, "rubbish": _rubbish, "tree": _tree, "stall": _stall,
         "cars": _cars, "bus": _cars, "works": _works}
"""What is drawn for a scene; anything else is a hole in the road."""


def _exif(at: datetime, place: Point) -> Image.Exif:
    local, utc = at.astimezone(clock.CITY), at.astimezone(UTC)
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "Zhiwang", "Demo PDA"
    exif[ExifTags.Base.Orientation] = 1
    exif.get_ifd(ExifTags.IFD.Exif).update({
        ExifTags.Base.DateTimeOriginal: f"{local:%Y:%m:%d %H:%M:%S}", ExifTags.Base.OffsetTimeOriginal: "+08:00"})
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({
        ExifTags.GPS.GPSLatitudeRef: "N" if place.lat >= 0 else "S", ExifTags.GPS.GPSLatitude: _degrees(place.lat),
        ExifTags.GPS.GPSLongitudeRef: "E" if place.lon >= 0 else "W", ExifTags.GPS.GPSLongitude: _degrees(place.lon),
        ExifTags.GPS.GPSDateStamp: f"{utc:%Y:%m:%d}", ExifTags.GPS.GPSMapDatum: "WGS-84"})
    return exif


def _degrees(value: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    whole, rest = divmod(abs(value) * 60, 60)
    minutes, parts = divmod(rest, 1)
    return IFDRational(int(whole), 1), IFDRational(int(minutes), 1), IFDRational(round(parts * 60 * 10_000), 10_000)
