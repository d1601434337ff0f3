"""The models themselves, where they are installed: plates that are drawn here, and real faces where there are photos."""
import random
from pathlib import Path

import pytest
from PIL import Image

from casework.media.blurring import covering, detectors, judging, models
from casework.media.blurring.boxes import Kind, Rectangle
from tests.benchmarks.plates import KINDS, car
from tests.conftest import absent

PHOTOS = Path(__file__).parents[2].parent / "shared" / "data" / "photos"


@pytest.fixture(autouse=True)
def _installed() -> None:
    if lacking := models.missing():
        absent(f"{', '.join(lacking)} not installed, see docs/moderation.md")


@pytest.mark.parametrize("kind", [*KINDS])
@pytest.mark.parametrize("wide", [60, 240])
def test_a_plate_is_found_and_covered(kind: str, wide: int) -> None:
    drawn, (left, top, right, bottom) = car(KINDS[kind], wide, random.Random(5), askew=0.2)
    picture = Image.new("RGB", (640, 480), (120, 130, 110))
    picture.paste(drawn, (20, 30))
    plate = Rectangle((left + 20) / 640, (top + 30) / 480, (right - left) / 640, (bottom - top) / 480)
    seen = detectors.look(picture)
    surest = max(one.score for one in seen if one.kind is Kind.PLATE and one.where.covers(plate) > 0.5)
    assert surest >= judging.CLEAR[Kind.PLATE]
    assert any(cover.covers(plate) > 0.9 for cover in judging.judge(seen).rectangles)
    covered, _ = covering.covered(picture, judging.judge(seen).rectangles)
    assert len(covered) < len(covering.covered(picture, [])[0])


def test_where_there_is_nothing_nothing_is_covered() -> None:
    verdict = judging.judge(detectors.look(Image.linear_gradient("L").resize((640, 480)).convert("RGB")))
    assert (verdict.certain, list(verdict.rectangles)) == (True, [])


@pytest.mark.parametrize(("photo", "face"), [
    ("image00971.jpg", (501, 44, 556, 112)), ("image01137.jpg", (11, 23, 39, 59))])
def test_a_real_face_is_found(photo: str, face: tuple[int, int, int, int]) -> None:
    path = PHOTOS / photo
    if not path.exists():
        pytest.skip("the photos for measuring are not part of the product, and not here")
    picture = Image.open(path).convert("RGB")
    where = Rectangle(face[0] / picture.width, face[1] / picture.height, (face[2] - face[0]) / picture.width,
                      (face[3] - face[1]) / picture.height)
    seen = detectors.look(picture)
    assert max(one.score for one in seen if one.kind is Kind.FACE and one.where.covers(where) > 0.6) > judging.SURE[Kind.FACE]
