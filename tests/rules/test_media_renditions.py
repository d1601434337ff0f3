"""Every kind of photo becomes an upright, small, plain JPEG that shows the same and says nothing else."""
import io

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms, ImageDraw

from casework.errors import Invalid
from casework.media import renditions

pillow_heif.register_heif_opener()

MOST = 100_000_000


def scene(size: tuple[int, int] = (320, 240)) -> Image.Image:
    """A picture that looks different from each side."""
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    drawn = ImageDraw.Draw(image)
    drawn.rectangle((0, 0, size[0] // 3, size[1] // 4), fill="red")
    drawn.ellipse((size[0] // 2, size[1] // 2, size[0] * 3 // 4, size[1] - 5), fill="blue")
    return image


def written(image: Image.Image, kind: str, **options: object) -> bytes:
    to = io.BytesIO()
    image.save(to, kind, **options)
    return to.getvalue()


def rendered(content: bytes) -> tuple[dict[str, object], Image.Image, Image.Image]:
    facts, (large, small) = renditions.render(content, MOST)
    return facts, Image.open(io.BytesIO(large)), Image.open(io.BytesIO(small))


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of brightness, 0-255."""
    grey = [np.asarray(image.convert("L").resize((64, 48)), dtype=float) for image in (one, other)]
    return float(np.abs(grey[0] - grey[1]).mean())


UNTURN = {1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
          5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
          8: Image.Transpose.ROTATE_270}
"""How a camera held that way stores an upright scene."""


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", UNTURN)
def test_a_photo_is_put_upright_however_it_was_held(orientation: int, kind: str) -> None:
    turn = UNTURN[orientation]
    stored = scene() if turn is None else scene().transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    facts, large, _ = rendered(written(stored, kind, exif=exif))
    assert (facts["width"], facts["height"]) == large.size == (320, 240)
    assert difference(large, scene()) < 3


def test_a_heic_is_turned_by_its_own_property_and_only_once() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the encoder writes this as the rotation property
    facts, large, _ = rendered(written(scene().transpose(Image.Transpose.ROTATE_90), "HEIF", exif=exif.tobytes()))
    assert (facts["width"], facts["height"]) == large.size == (320, 240)
    assert difference(large, scene()) < 4


def test_the_same_scene_has_the_same_hash_turned_and_written_anew() -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    plain = rendered(written(scene(), "PNG"))[0]["phash"]
    turned = rendered(written(scene().transpose(Image.Transpose.ROTATE_270), "JPEG", quality=50, exif=exif))[0]["phash"]
    other = rendered(written(scene().transpose(Image.Transpose.ROTATE_180), "PNG"))[0]["phash"]
    assert len(str(plain)) == 16
    assert (int(str(plain), 16) ^ int(str(turned), 16)).bit_count() <= 6
    assert (int(str(plain), 16) ^ int(str(other), 16)).bit_count() > 16


@pytest.mark.parametrize(("kind", "size", "large", "small"), [
    ("JPEG", (4000, 3000), (1600, 1200), (320, 240)), ("JPEG", (3000, 4000), (1200, 1600), (240, 320)),
    ("JPEG", (3201, 2401), (1600, 1200), (320, 240)), ("JPEG", (1601, 900), (1600, 899), (320, 179)),
    ("PNG", (1601, 900), (1600, 899), (320, 179)), ("PNG", (200, 100), (200, 100), (200, 100)),
    ("PNG", (1, 1), (1, 1), (1, 1)), ("PNG", (5000, 2), (1600, 1), (320, 1)), ("JPEG", (2, 5000), (1, 1600), (1, 320)),
])
def test_the_longest_side_is_1600_and_320_and_nothing_is_enlarged(
        kind: str, size: tuple[int, int], large: tuple[int, int], small: tuple[int, int]) -> None:
    facts, one, two = rendered(written(scene(size) if min(size) > 20 else Image.new("RGB", size), kind))
    assert (facts["width"], facts["height"]) == size
    assert one.size == large
    assert two.size == small


def in_16_bits(image: Image.Image) -> Image.Image:
    return Image.fromarray(np.asarray(image.convert("L")).astype("uint16") * 257)


@pytest.mark.parametrize(("content", "most"), [
    (written(scene().convert("CMYK"), "JPEG"), 3), (written(scene().convert("L"), "JPEG"), 3),
    (written(scene(), "JPEG", progressive=True), 3), (written(in_16_bits(scene()), "PNG"), 3),
    (written(scene().convert("P"), "PNG"), 8), (written(scene().convert("P"), "PNG", transparency=7), 8),
    (written(scene().convert("1"), "PNG"), 15), (written(scene().convert("LA"), "PNG"), 3),
    (written(scene().convert("RGBA"), "WEBP"), 4), (written(scene(), "HEIF"), 4),
    (written(scene(), "MPO", save_all=True, append_images=[scene().rotate(90)]), 3),
    (written(scene(), "WEBP", save_all=True, append_images=[scene().rotate(90)]), 4),
    (written(scene(), "PNG", save_all=True, append_images=[scene().rotate(90)]), 3),
], ids=["cmyk", "grey", "progressive", "16 bit", "palette", "palette with a hole", "black and white", "grey alpha",
        "webp alpha", "heic", "mpo", "animated webp", "animated png"])
def test_every_way_of_storing_pixels_shows_the_same(content: bytes, most: float) -> None:
    _, large, small = rendered(content)
    assert large.mode == small.mode == "RGB"
    assert difference(large, scene()) < most
    assert difference(small, scene()) < most


def test_what_is_transparent_is_white() -> None:
    _, large, _ = rendered(written(Image.new("RGBA", (40, 30), (255, 0, 0, 0)), "PNG"))
    assert large.getpixel((20, 15)) == (255, 255, 255)


def test_nothing_of_the_metadata_is_left() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET maker"
    exif.get_ifd(0x8825).update({1: "N", 2: (22.0, 32.0, 36.0), 3: "E", 4: (114.0, 3.0, 18.0)})
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = written(scene(), "JPEG", exif=exif, comment="SECRET words", icc_profile=profile, xmp=b"<x>SECRET</x>")
    assert content.count(b"SECRET") == 3
    for part in renditions.render(content, MOST)[1]:
        assert b"SECRET" not in part
        assert set(Image.open(io.BytesIO(part)).info) == {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("profile", [
    b"no profile at all", ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()], ids=["broken", "unfit"])
def test_a_colour_profile_that_cannot_be_used_hinders_nothing(profile: bytes) -> None:
    _, large, _ = rendered(written(scene(), "JPEG", icc_profile=profile))
    assert difference(large, scene()) < 3


def test_a_file_that_decodes_to_more_than_the_limit_is_refused_before_decoding() -> None:
    with pytest.raises(Invalid):
        renditions.render(written(scene(), "PNG"), 320 * 240 - 1)
