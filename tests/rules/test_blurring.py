"""Faces and plates: what the networks' numbers mean, what is made of doubts, and that what is covered cannot come back."""
import io
import itertools

import numpy as np
import pytest
from PIL import Image

from casework.media.blurring import covering, detectors, judging, models, networks
from casework.media.blurring.boxes import Finding, Kind, Rectangle, findings
from casework.media.blurring.networks import Boxes, distinct


def found(score: float, where: tuple[float, float, float, float] = (0.4, 0.4, 0.2, 0.2), kind: Kind = Kind.FACE) -> Finding:
    return Finding(kind, score, Rectangle(*where))


def boxes(*rows: tuple[float, ...]) -> Boxes:
    return np.array(rows, np.float32).reshape(-1, 5)


def test_of_boxes_over_the_same_thing_the_surest_stays() -> None:
    kept = distinct(boxes((0, 0, 10, 10, 0.5), (1, 1, 11, 11, 0.9), (50, 50, 60, 60, 0.3)), 0.3)
    assert kept[:, 4].tolist() == pytest.approx([0.9, 0.3])
    assert len(distinct(boxes((0, 0, 10, 10, 0.5), (8, 8, 18, 18, 0.9)), 0.3)) == 2
    assert distinct(boxes(), 0.3).shape == (0, 5)


def test_findings_are_relative_and_end_where_the_picture_ends() -> None:
    inside, cut = findings(Kind.PLATE, boxes((20, 10, 60, 30, 0.9), (-10, 90, 30, 130, 0.5), (210, 0, 230, 10, 0.8)), 200, 100)
    assert inside.where == Rectangle(0.1, 0.1, pytest.approx(0.2), pytest.approx(0.2))
    assert cut.where == Rectangle(0, 0.9, 0.15, pytest.approx(0.1))


def test_a_cell_of_centerface_is_a_face_of_its_size_around_its_middle() -> None:
    heat, size, offset = np.zeros((20, 30), np.float32), np.zeros((2, 20, 30), np.float32), np.zeros((2, 20, 30), np.float32)
    heat[10, 5] = 0.8
    size[:, 10, 5] = np.log(8), np.log(4)  # rows first: 32 pixels high, 16 wide
    offset[:, 10, 5] = 0.25, -0.5
    (left, top, right, bottom, sure), = networks.face_boxes(heat, size, offset)
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx(((5 - 0.5 + 0.5) * 4, (10 + 0.25 + 0.5) * 4))
    assert (right - left, bottom - top, sure) == (pytest.approx(16, 1e-4), pytest.approx(32, 1e-4), pytest.approx(0.8))


@pytest.mark.parametrize(("number", "middle", "side"), [
    (0, (4, 4), 24), (1, (4, 4), 48), (2, (12, 4), 24), (26, (4, 12), 24), (13 * 7 * 2, (8, 8), 96),
    (13 * 7 * 2 + 7 * 4 * 2, (16, 16), 384)])
def test_an_anchor_of_the_plate_network_is_where_its_number_says(number: int, middle: tuple[int, int], side: int) -> None:
    """A picture of 100 by 50: 13 x 7 cells of 8 pixels, 7 x 4 of 16, 4 x 2 of 32, two anchors each."""
    count = 2 * (13 * 7 + 7 * 4 + 4 * 2)
    sure, shifts = np.zeros(count, np.float32), np.zeros((count, 4), np.float32)
    sure[number] = 0.9
    (left, top, right, bottom, _), = networks.plate_boxes(shifts, sure, 100, 50)
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx(middle)
    assert (right - left, bottom - top) == pytest.approx((side, side))
    shifts[number] = 5, -5, np.log(2) * 5, 0
    (left, top, right, bottom, _), = networks.plate_boxes(shifts, sure, 100, 50)
    assert ((left + right) / 2, right - left) == pytest.approx((middle[0] + side / 2, 2 * side), 1e-4)


@pytest.mark.parametrize("length", [1, 100, 1399, 1400, 1401, 2560, 4000, 10_000])
def test_pieces_cover_everything_and_overlap(length: int) -> None:
    pieces = detectors._cut(length)
    assert (pieces[0][0], pieces[-1][1]) == (0, length)
    assert all(end - start <= detectors.PIECE for start, end in pieces)
    assert all(before[1] - after[0] >= detectors.OVERLAP - 1 for before, after in itertools.pairwise(pieces))


def test_what_a_network_sees_in_a_piece_of_an_enlarged_picture_is_told_in_the_picture_itself(
        monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands in for a network: finds the red spot of whatever it is shown."""
    seen = []

    def red(picture: Image.Image) -> Boxes:
        seen.append(picture.size)
        pixels = np.asarray(picture).astype(int)
        rows, columns = np.where((pixels[:, :, 0] > 200) & (pixels[:, :, 1] < 60))
        return boxes((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1, 0.9)) if len(rows) else boxes()

    monkeypatch.setattr(detectors, "NETWORKS", {Kind.FACE: red})
    picture = Image.new("RGB", (1200, 900), "white")
    picture.paste("red", (1100, 800, 1140, 840))
    one, = detectors.look(picture)
    assert (one.where.x * 1200, one.where.y * 900) == pytest.approx((1100, 800), abs=2)
    assert (one.where.width * 1200, one.where.height * 900) == pytest.approx((40, 40), abs=3)
    assert max(max(size) for size in seen) <= detectors.PIECE
    assert len(seen) > 3


@pytest.mark.parametrize("size", [(1, 1), (1280, 1), (1, 1280)])
def test_a_picture_of_a_single_row_is_looked_at_as_well(
        size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detectors, "NETWORKS", {Kind.FACE: lambda _: boxes()})
    assert detectors.look(Image.new("RGB", size, "white")) == []


def test_a_dark_picture_is_brightened_before_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    lightest = []
    monkeypatch.setattr(detectors, "NETWORKS", {
        Kind.FACE: lambda picture: lightest.append(np.asarray(picture).max()) or boxes()})
    dark = Image.fromarray(np.linspace(0, 40, 300 * 200 * 3).reshape(200, 300, 3).astype(np.uint8))
    assert detectors.look(dark) == []
    assert min(lightest) > 200


def test_above_the_one_mark_it_is_sure_below_the_other_it_is_nothing_and_between_a_person_looks() -> None:
    assert judging.judge([]).certain
    clear = judging.judge([found(judging.CLEAR[Kind.FACE] - 0.01)])
    assert (clear.certain, clear.rectangles, clear.found) == (True, [], [])
    sure = judging.judge([found(judging.SURE[Kind.FACE])])
    assert (sure.certain, len(sure.rectangles)) == (True, 1)
    doubt = judging.judge([found(0.9), found(judging.SURE[Kind.PLATE] - 0.01, (0, 0, 0.1, 0.1), Kind.PLATE)])
    assert (doubt.certain, len(doubt.rectangles), len(doubt.found)) == (False, 2, 2)


def test_a_doubt_that_lies_under_what_is_covered_anyway_is_none() -> None:
    face, eye = found(0.9, (0.4, 0.4, 0.2, 0.2)), found(0.4, (0.42, 0.45, 0.05, 0.05))
    assert judging.judge([face, eye]).certain
    assert len(judging.judge([face, eye]).rectangles) == 1
    beside = found(0.4, (0.62, 0.4, 0.2, 0.2))
    assert not judging.judge([face, beside]).certain


def test_a_crowd_is_left_to_a_person() -> None:
    crowd = [found(0.9, (at / 200, 0.1, 0.004, 0.004)) for at in range(judging.MOST + 1)]
    assert not judging.judge(crowd).certain
    assert len(judging.judge(crowd).rectangles) == judging.MOST


def test_more_than_the_face_is_covered_and_nothing_outside_of_the_picture() -> None:
    (cover,) = judging.judge([found(0.9, (0.0, 0.8, 0.2, 0.2))]).rectangles
    assert (cover.x, cover.y) == (0, pytest.approx(0.75))
    assert (cover.width, cover.height) == (pytest.approx(0.25), pytest.approx(0.25))


def noise(seed: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8))


def test_of_what_is_covered_only_four_tints_are_left() -> None:
    """The pixels of each quarter are shuffled, and no bit of the file is another: nothing of them can be worked out from it."""
    picture, where = noise(1), Rectangle(0.25, 0.25, 0.5, 0.5)
    pixels = np.asarray(picture).copy()
    for top, left in itertools.product((120, 240), (160, 320)):
        quarter = pixels[top:top + 120, left:left + 160]
        quarter[:] = np.random.default_rng(2).permutation(quarter.reshape(-1, 3)).reshape(quarter.shape)
    other = Image.fromarray(pixels)
    assert (np.asarray(other) != np.asarray(picture)).mean() > 0.2
    assert covering.covered(other, [where]) == covering.covered(picture, [where])


def test_what_is_not_covered_stays_and_the_file_says_nothing_else() -> None:
    picture = Image.linear_gradient("L").resize((1280, 960)).convert("RGB")
    picture.info = {"comment": b"by Wang", "exif": b"Exif\0\0", "xmp": b"<x/>"}
    full, thumb = covering.covered(picture, [Rectangle(0, 0, 0.5, 0.5)])
    for content, side in ((full, 1280), (thumb, 320)):
        made = Image.open(io.BytesIO(content))
        assert max(made.size) == side
        assert (set(made.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}, dict(made.getexif())) == (set(), {})
        assert b"Wang" not in content
    outside = np.asarray(Image.open(io.BytesIO(full)))[500:, :].astype(int)
    assert np.abs(outside - np.asarray(picture)[500:, :].astype(int)).mean() < 3


@pytest.mark.parametrize("where", [
    (0, 0, 1, 1), (0.9999, 0.9999, 0.0001, 0.0001), (0, 0, 0.00001, 1), (0.5, 0.2, 0.50004, 0.8004)])
def test_every_rectangle_that_is_allowed_can_be_covered(where: tuple[float, float, float, float]) -> None:
    full, _ = covering.covered(noise(3, (97, 61)), [Rectangle(*where)])
    assert Image.open(io.BytesIO(full)).size == (97, 61)


def test_a_model_whose_wheel_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "FACES", ("no-such-wheel", "x.onnx"))
    assert "no-such-wheel" in models.missing()
    assert not detectors.ready()
