"""How surely faces and plates are found, by size and condition, how often something is found where nothing is, and how long it
takes: the table of docs/moderation.md, from which the marks of judging.py were read.

Real faces come from photos that other packages ship. They are not ours and not copied; unpack them into a folder with
`pip install --no-deps --target FOLDER scikit-image ultralytics insightface` and set BLURRING_PHOTOS=FOLDER. Plates are drawn.
"""
import io
import os
import random
import resource
import time as wall
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from casework.media.blurring import covering, detectors, judging, models
from casework.media.blurring.boxes import Kind, Rectangle
from casework.media.darkroom import Darkroom
from tests.benchmarks.plates import KINDS, car, night, shaken
from tests.conftest import absent

FOLDER = Path(os.environ.get("BLURRING_PHOTOS", "no-folder"))
SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "photos"

FACES = {
    "skimage/data/astronaut.png": [(181, 58, 269, 177)],
    "skimage/data/camera.png": [(202, 118, 257, 196)],
    "ultralytics/assets/bus.jpg": [(113, 417, 154, 472), (270, 424, 308, 474)],
    "ultralytics/assets/zidane.jpg": [(911, 107, 1051, 280), (561, 258, 666, 432)],
    "insightface/data/images/t1.jpg": [
        (62, 268, 165, 391), (748, 345, 846, 482), (464, 265, 571, 410), (1132, 266, 1230, 401), (903, 59, 1012, 201),
        (271, 152, 371, 266)]}
"""Pixels: left, top, right, bottom of each face that a person sees from the front or half from the side."""

FACELESS = tuple(f"skimage/data/{name}" for name in (
    "brick.png", "chelsea.png", "coffee.png", "coins.png", "grass.png", "gravel.png", "hubble_deep_field.jpg",
    "motorcycle_left.png", "page.png", "rocket.jpg"))
WITH_FACES = {"image00971.jpg", "image01137.jpg"}
GROUNDS = ("skimage/data/coffee.png", "skimage/data/gravel.png", "skimage/data/rocket.jpg")

HEIGHTS = (8, 10, 14, 20, 30, 60, 150, 400, 800)
"""By day; in harder conditions only those in between, where they make a difference."""
HARDER = (14, 20, 30, 60, 150)
WIDTHS = (24, 36, 60, 120, 300)

Change = Callable[[Image.Image, float, random.Random], Image.Image]


def _coarse(picture: Image.Image, _size: float, _rng: random.Random) -> Image.Image:
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=25)
    return Image.open(written).convert("RGB")


CONDITIONS: dict[str, Change] = {
    "day": lambda picture, _size, _rng: picture,
    "out of focus": lambda picture, size, _rng: shaken(picture, size * 0.03),
    "night": lambda picture, _size, rng: night(picture, rng),
    "coarse JPEG": _coarse,
    "on its side": lambda picture, _size, _rng: picture.transpose(Image.Transpose.ROTATE_90)}

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(0), pytest.mark.usefixtures("config")]


@pytest.fixture(autouse=True)
def _installed() -> None:
    if lacking := models.missing():
        absent(f"{', '.join(lacking)} not installed, see docs/moderation.md")


@pytest.fixture
def folder() -> Path:
    if not FOLDER.is_dir():
        absent("BLURRING_PHOTOS names no folder with photos")
    return FOLDER


def surest(picture: Image.Image, kind: Kind, where: Rectangle) -> float:
    """How sure a detector is of what lies there; 0 if it has not found it."""
    hits = [one.score for one in detectors.look(picture) if one.kind is kind
            and min(one.where.covers(where), where.covers(one.where)) > 0.4]
    return max(hits, default=0.0)


def turned(where: Rectangle) -> Rectangle:
    """Where it is after ROTATE_90."""
    return Rectangle(where.y, 1 - where.x - where.width, where.height, where.width)


def put(thing: Image.Image, box: Iterable[float], ground: Image.Image) -> tuple[Image.Image, Rectangle]:
    """The thing in the middle of a piece of ground a little larger, and where its box is then."""
    side = max(256, thing.width + 60, thing.height + 60)
    picture = ImageOps.fit(ground, (side, side))
    x, y = (side - thing.width) // 2, (side - thing.height) // 2
    picture.paste(thing, (x, y))
    left, top, right, bottom = box
    return picture, Rectangle((left + x) / side, (top + y) / side, (right - left) / side, (bottom - top) / side)


def told(kind: Kind, size: int, condition: str, scores: list[float]) -> str:
    sure = sum(one >= judging.SURE[kind] for one in scores)
    missed = sum(one < judging.CLEAR[kind] for one in scores)
    return (f"{size:>4} px  {condition:<14} {len(scores):>3} seen: sure {sure / len(scores):>5.0%}, "
            f"a person looks {(len(scores) - sure - missed) / len(scores):>5.0%}, missed {missed / len(scores):>5.0%}")


def cut_out(folder: Path) -> list[tuple[Image.Image, tuple[int, int, int, int]]]:
    """Each face with head and shoulders, and its box in that."""
    made = []
    for name, faces in FACES.items():
        whole = Image.open(folder / name).convert("RGB")
        for left, top, right, bottom in faces:
            wide, high = right - left, bottom - top
            x, y = max(0, left - wide), max(0, top - high * 6 // 10)
            crop = whole.crop((x, y, min(whole.width, right + wide), min(whole.height, bottom + high * 3 // 2)))
            made.append((crop, (left - x, top - y, right - x, bottom - y)))
    return made


def test_faces_by_size_and_condition(folder: Path) -> None:
    faces, grounds = cut_out(folder), [Image.open(folder / name).convert("RGB") for name in GROUNDS]
    rng, missed = random.Random(1), []
    for condition, change in CONDITIONS.items():
        for height in HEIGHTS if condition == "day" else HARDER:
            scores = []
            for number, (crop, (left, top, right, bottom)) in enumerate(faces[:4] if height >= 400 else faces):
                scale = height / (bottom - top)
                small = crop.resize((max(1, round(crop.width * scale)), max(1, round(crop.height * scale))),
                                    Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC)
                picture, where = put(small, (left * scale, top * scale, right * scale, bottom * scale),
                                     grounds[number % len(grounds)])
                scores.append(surest(change(picture, height, rng), Kind.FACE,
                                     turned(where) if condition == "on its side" else where))
            print(told(Kind.FACE, height, condition, scores), flush=True)
            if condition == "day" and height >= 14:
                missed += [one for one in scores if one < judging.CLEAR[Kind.FACE]]
    assert missed == []


@pytest.mark.parametrize("name", KINDS)
def test_plates_by_size_and_condition(folder: Path, name: str) -> None:
    grounds = [Image.open(folder / one).convert("RGB") for one in GROUNDS]
    rng, missed = random.Random(2), []
    for condition, change in [*CONDITIONS.items(), ("askew", CONDITIONS["day"])]:
        if condition == "on its side":
            continue  # photos are turned upright, and cars stand on their wheels
        for width in WIDTHS:
            scores = []
            for number in range(6):
                drawn, box = car(KINDS[name], width, rng, askew=0.3 if condition == "askew" else 0.0)
                picture, where = put(drawn, box, grounds[number % len(grounds)])
                scores.append(surest(change(picture, width / 2, rng), Kind.PLATE, where))
            print(f"{name:<17}", told(Kind.PLATE, width, condition, scores), flush=True)
            if condition == "day" and width >= 36:
                missed += [one for one in scores if one < judging.CLEAR[Kind.PLATE]]
    assert missed == []


def test_what_is_found_where_nothing_is(folder: Path) -> None:
    photos = [folder / name for name in FACELESS]
    photos += [path for path in sorted(SHARED.glob("*.jpg")) if path.name not in WITH_FACES]
    certain = doubtful = covered = 0
    for path in photos:
        picture = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
        picture.thumbnail((covering.FULL, covering.FULL))
        found = detectors.look(picture)
        verdict = judging.judge(found)
        certain += verdict.certain and not verdict.rectangles
        covered += verdict.certain and bool(verdict.rectangles)
        doubtful += not verdict.certain
        print(f"{path.name:<24} {picture.size}", *(f"{one.kind} {one.score:.2f}" for one in found[:4]), flush=True)
    print(f"{len(photos)} photos with neither: {certain} clear, {doubtful} a person looks, {covered} covered in vain")
    assert certain >= len(photos) / 2


def test_seconds_and_memory_of_a_photo_of_24_megapixels() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (400, 600, 3), np.uint8)
    written = io.BytesIO()
    Image.fromarray(noise).resize((6000, 4000), Image.Resampling.BICUBIC).save(written, "JPEG", quality=90)
    room = Darkroom()
    large = room.develop(written.getvalue()).large
    room.close()
    detectors.look(Image.new("RGB", (64, 64)))  # loads the networks
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, wall.process_time()
    found = detectors.look(covering.opened(large))
    looked = wall.process_time() - began
    covering.covered(covering.opened(large), judging.judge(found).rectangles)
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"looked at in {looked:.1f} s, covered in {wall.process_time() - began - looked:.2f} s of one core, "
          f"{memory:.0f} MB more than with the networks loaded")
    assert looked < 20
    assert memory < 800
