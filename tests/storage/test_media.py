"""Photos come in once, belong to one report or case, are looked into, shown by link and forgotten when nobody wants them."""
import io
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from time import sleep
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pillow_heif
import pytest
from PIL import Image
from sqlalchemy import func, select

from casework import media
from casework.cases.report import Channel
from casework.errors import Conflict, Invalid, NotFound, Refused, TooLarge, Unavailable, Unsupported
from casework.geography.coordinates import Point
from casework.media import Photo, Picture, Purpose, Rendition, State, processing
from casework.settings import Settings, configure
from casework.storage import blobs, outbox
from casework.storage.database import reading, transaction
from tests.conftest import SetClock, absent
from tests.factories import a_photo, a_report
from tests.storage.bare_cases import bare_cases

PHOTOS = Path(__file__).parents[2].parent / "shared" / "data" / "photos"
ME, OTHER = uuid.UUID(int=7), uuid.UUID(int=8)

pytestmark = pytest.mark.usefixtures("store")


def upload(content: bytes | str = "grey", **facts: Any) -> Photo:
    with transaction() as db:
        return media.check_in(db, a_photo(content) if isinstance(content, str) else content, **{"channel": "citizen"} | facts)


def a_report_id() -> uuid.UUID:
    with transaction() as db:
        return a_report(db, channel=Channel.CITIZEN).id


def a_case_id() -> uuid.UUID:
    with transaction() as db:
        return bare_cases(db, 1)[0]


def reread(photo: Photo) -> Photo:
    with reading() as db:
        return db.get_one(Photo, photo.id)


def count() -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(Photo)) or 0


def received() -> list[uuid.UUID]:
    with transaction() as db:
        return [event.subject for event in outbox.claim(db, 100) if event.name == "photo.received"]


def claim(photo: Photo, report: uuid.UUID, token: str | None = None) -> Photo:
    with transaction() as db:
        return media.claim(db, photo.id, media.upload_token(photo.id) if token is None else token, report_id=report)


def attach(photos: list[Photo], case: uuid.UUID, actor: uuid.UUID | None = ME) -> None:
    with transaction() as db:
        media.attach(db, [one.id for one in photos], case_id=case, purpose=Purpose.AFTER, step="resolve", actor_id=actor)


def follow(link: str) -> Picture:
    parts = urlsplit(link)
    photo_id, rendition = parts.path.split("/")[-2:]
    query = parse_qs(parts.query)
    with reading() as db:
        return media.view(db, uuid.UUID(photo_id), Rendition(rendition), int(query["expires"][0]), query["signature"][0])


def forget_unclaimed() -> int:
    with transaction() as db:
        return media.delete_unclaimed(db)


def test_the_original_is_kept_byte_for_byte_and_says_that_it_came(time: SetClock) -> None:
    photo = reread(upload("red", uploaded_by=ME))
    assert blobs.get(photo.original_key) == a_photo("red")
    assert (photo.size, photo.kind, photo.state, photo.uploaded_by) == (len(a_photo("red")), "jpeg", State.RECEIVED, ME)
    assert (photo.width, photo.height, len(photo.sha256), photo.created_at) == (64, 48, 64, time.moment)
    assert received() == [photo.id]


def test_the_same_content_twice_in_one_report_is_one_photo() -> None:
    report = a_report_id()
    first, again = upload("red", report_id=report), upload("red", report_id=report)
    assert first.id == again.id
    assert received() == [first.id]
    assert upload("red", report_id=a_report_id()).id != first.id


def test_the_same_content_on_two_connections_at_once_is_one_photo() -> None:
    report = a_report_id()
    with ThreadPoolExecutor(1) as pool:
        with transaction() as db:
            first = media.check_in(db, a_photo("red"), channel="pda", report_id=report)
            second = pool.submit(upload, "red", report_id=report)
            sleep(0.3)  # long enough for the other to look, find nothing and wait for us
        assert second.result().id == first.id
    assert count() == 1


@pytest.mark.parametrize(("content", "error"), [
    (b"", Invalid), (b"<svg/>", Unsupported), (a_photo()[:200], Invalid), (a_photo() + bytes(1_000_000), TooLarge),
    (a_photo(size=(1001, 1000)), TooLarge)], ids=["empty", "drawing", "cut", "bytes", "pixels"])
def test_what_is_refused_at_the_door_leaves_nothing(config: Settings, content: bytes, error: type[Exception]) -> None:
    configure(Settings(**vars(config) | {"photo_megabytes": 1, "photo_megapixels": 1}))
    with pytest.raises(error), transaction() as db:
        media.check_in(db, content, channel="citizen")
    assert count() == 0
    assert not (config.home / "blobs" / "photos").exists()


def test_a_photo_sent_first_is_claimed_by_its_token() -> None:
    photo, report = upload(), a_report_id()
    assert claim(photo, report).report_id == report
    assert claim(photo, report).id == photo.id
    with reading() as db:
        assert [one.id for one in media.of_reports(db, [report])] == [photo.id]


def test_nobody_claims_what_is_not_theirs() -> None:
    mine, report = upload("red"), a_report_id()
    for token in ("", "x", media.upload_token(uuid.uuid4()), "签"):
        with pytest.raises(NotFound):
            claim(mine, report, token)
    claim(mine, report)
    with pytest.raises(Conflict):
        claim(mine, a_report_id())


def test_the_same_picture_uploaded_twice_and_claimed_twice_counts_once() -> None:
    first, second, report = upload("red"), upload("red"), a_report_id()
    assert claim(first, report).id == claim(second, report).id == first.id
    with reading() as db:
        assert len(media.of_reports(db, [report])) == 1


def test_unclaimed_photos_are_forgotten_after_a_day_with_their_files(time: SetClock) -> None:
    stale, claimed = upload("red"), upload("blue")
    claim(claimed, a_report_id())
    processing.process([stale.id, claimed.id])
    time.passes(hours=23, minutes=59)
    fresh = upload("green")
    assert forget_unclaimed() == 0
    time.passes(minutes=1)
    with pytest.raises(NotFound):
        claim(stale, a_report_id())
    assert forget_unclaimed() == 1
    for key in (stale.original_key, f"{stale.original_key}-1600.jpg", f"{stale.original_key}-320.jpg"):
        with pytest.raises(NotFound):
            blobs.get(key)
    for kept in (claimed, fresh):
        assert blobs.get(reread(kept).original_key)


def test_a_file_that_another_photo_still_needs_is_not_forgotten(time: SetClock) -> None:
    upload("red")
    wanted = upload("red")
    claim(wanted, a_report_id())
    time.passes(days=2)
    assert forget_unclaimed() == 1
    assert blobs.get(wanted.original_key) == a_photo("red")


def test_yesterdays_file_forgotten_does_not_take_todays_upload_of_it_along(time: SetClock) -> None:
    upload("red")
    time.passes(days=1)
    again = upload("red")
    assert forget_unclaimed() == 1
    assert blobs.get(again.original_key) == a_photo("red")


def test_evidence_is_ones_own_and_new() -> None:
    case, photo = a_case_id(), upload("red", uploaded_by=ME)
    with pytest.raises(Invalid):
        attach([photo], case, actor=OTHER)
    with pytest.raises(Invalid):
        attach([photo, upload("red", uploaded_by=ME)], case)  # twice the same file
    assert reread(photo).case_id is None
    attach([photo], case)
    with reading() as db:
        (kept,) = media.of_case(db, case, Purpose.AFTER, "resolve")
        assert kept.id == photo.id
        assert media.of_case(db, case, Purpose.INSPECTION) == []
    for used in (photo, upload("red", uploaded_by=ME), upload("blue", uploaded_by=ME, report_id=a_report_id())):
        with pytest.raises(Invalid) as refusal:
            attach([used], case)
        assert refusal.value.faults[0].field == "photos.0"


def test_the_same_file_may_show_two_cases() -> None:
    attach([upload("red", uploaded_by=ME)], a_case_id())
    attach([upload("red", uploaded_by=ME)], a_case_id())


def test_a_photo_is_shown_in_each_size_once_it_is_ready() -> None:
    photo = upload(a_photo("red", size=(2000, 1000)))
    with pytest.raises(Unavailable):
        follow(media.sign(photo.id, Rendition.SMALL))
    assert processing.process([photo.id]) == processing.Tally(ready=1, refused=0)
    for rendition, size in ((Rendition.LARGE, (1600, 800)), (Rendition.SMALL, (320, 160)), (Rendition.ORIGINAL, (2000, 1000))):
        shown = follow(media.sign(photo.id, rendition))
        assert shown.media_type == "image/jpeg"
        assert Image.open(io.BytesIO(shown.content)).size == size


def test_a_link_ends_with_its_time_and_with_its_photo(time: SetClock) -> None:
    photo = upload()
    processing.process([photo.id])
    link = media.sign(photo.id, Rendition.LARGE, minutes=60 * 48)
    short = media.sign(photo.id, Rendition.LARGE)
    time.passes(hours=24)
    with pytest.raises(Refused):
        follow(short)
    forget_unclaimed()
    with pytest.raises(NotFound):
        follow(link)


def test_processing_twice_changes_nothing() -> None:
    photo = upload()
    assert processing.process([photo.id, photo.id]) == processing.Tally(1, 0)
    ready = reread(photo)
    assert ready.state is State.READY
    assert processing.process([photo.id, uuid.uuid4()]) == processing.Tally(0, 0)
    assert reread(photo).phash == ready.phash


def test_one_bad_file_does_not_hold_up_the_others() -> None:
    png = io.BytesIO()
    Image.effect_noise((200, 200), 90).save(png, "PNG")
    damaged = bytearray(png.getvalue())
    damaged[5000:5400] = bytes(400)
    bad, gone, good = upload(bytes(damaged)), upload("blue"), upload("red")
    blobs.delete(gone.original_key)
    assert processing.process([bad.id, gone.id, good.id]) == processing.Tally(ready=1, refused=2)
    assert reread(good).state is State.READY
    for photo, word in ((bad, "broken"), (gone, "missing")):
        assert reread(photo).state is State.REFUSED
        assert word in (reread(photo).reason or "")
        with pytest.raises(NotFound):
            follow(media.sign(photo.id, Rendition.SMALL))


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(f"{text}+00:00") if text else None


# Seen with our own eyes: what each shows upright, and its EXIF worked out by hand. A time without offset is city time.
# The Nokia's HEIF lies on its side: its rotation property says so, and the standard lets that property decide.
FACTS: dict[str, tuple[int, int, str | None, Point | None]] = {
    "45-gps_ifd.jpg": (1600, 900, "2012-06-22 22:55:49", None),
    "DSCN0010.jpg": (640, 480, "2008-10-22 08:28:39", Point(11.885127, 43.467448)),
    "DSCN0012.jpg": (640, 480, "2008-10-22 08:29:49", Point(11.885395, 43.467157)),
    "DSCN0021.jpg": (640, 480, "2008-10-22 08:38:20", Point(11.884538, 43.467082)),
    "HMD_Nokia_8.3_5G.heif": (3456, 4608, "2022-02-03 14:44:09", Point(-4.005141, 40.788685)),
    "HMD_Nokia_8.3_5G.jpg": (4608, 1976, "2022-08-14 11:12:31", Point(24.906772, 60.146706)),
    "IMG_5195.HEIC": (2566, 3313, "2021-04-11 20:47:53", Point(-94.288772, 39.051344)),
    "image00971.jpg": (636, 227, None, None), "image01137.jpg": (88, 64, None, None),
    "landscape_1.jpg": (600, 450, None, None), "landscape_3.jpg": (600, 450, None, None),
    "landscape_6.jpg": (600, 450, None, None), "landscape_8.jpg": (600, 450, None, None),
    "portrait_1.jpg": (450, 600, None, None), "portrait_5.jpg": (450, 600, None, None),
    "portrait_6.jpg": (450, 600, None, None), "portrait_8.jpg": (450, 600, None, None),
}


def test_real_photos_go_through_upright_with_their_time_and_place() -> None:
    if not PHOTOS.exists():
        absent(f"no photos at {PHOTOS}")
    assert {path.name for path in PHOTOS.iterdir()} == set(FACTS)
    photos = {name: upload((PHOTOS / name).read_bytes()) for name in FACTS}
    assert processing.process([photo.id for photo in photos.values()]) == processing.Tally(len(FACTS), 0)
    ready = {name: reread(photo) for name, photo in photos.items()}
    for name, (width, height, taken_at, place) in FACTS.items():
        photo = ready[name]
        assert (photo.width, photo.height, photo.taken_at) == (width, height, moment(taken_at)), name
        assert (photo.place is None) == (place is None), name
        if photo.place and place:
            assert (photo.place.lon, photo.place.lat) == pytest.approx((place.lon, place.lat), abs=1e-6), name
        large = Image.open(io.BytesIO(follow(media.sign(photo.id, Rendition.LARGE)).content))
        assert max(large.size) == min(1600, max(width, height)), name
        assert large.size[0] / large.size[1] == pytest.approx(width / height, rel=0.01), name
    for first, others in (("landscape_1.jpg", ("landscape_3.jpg", "landscape_6.jpg", "landscape_8.jpg")),
                          ("portrait_1.jpg", ("portrait_5.jpg", "portrait_6.jpg", "portrait_8.jpg"))):
        for other in others:  # the same scene held in another way
            assert (int(ready[first].phash or "", 16) ^ int(ready[other].phash or "", 16)).bit_count() <= 4, other


def test_the_wide_colours_of_a_phone_become_those_of_a_screen() -> None:
    if not PHOTOS.exists():
        absent(f"no photos at {PHOTOS}")
    pillow_heif.register_heif_opener()
    profile = Image.open(PHOTOS / "IMG_5195.HEIC").info["icc_profile"]  # Display P3
    content = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 80, 80)).save(content, "PNG", icc_profile=profile)
    photo = upload(content.getvalue())
    processing.process([photo.id])
    red, green, _ = Image.open(io.BytesIO(follow(media.sign(photo.id, Rendition.LARGE)).content)).getpixel((32, 32))
    assert red > 208  # P3's red is redder: sRGB needs more of it, and less green, for the same colour
    assert green < 76
