"""Photos over HTTP: checked at the door, shown by links that end, never as they were sent to whoever guesses."""
from io import BytesIO

from PIL import Image
from sqlalchemy import select

from casework import media, settings
from casework.media import Photo, Rendition
from casework.storage.database import new_id, reading
from tests.api.town import Town, citizen_report, jpeg, ok, pda_report, problem
from tests.conftest import SetClock

MEDIA = "/api/v1/media"


def drawn(width: int, height: int, kind: str = "JPEG") -> bytes:
    kept = BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(kept, kind)
    return kept.getvalue()


def test_a_photo_is_sent_prepared_and_shown_by_the_links_of_its_case(town: Town) -> None:
    receipt = ok(town.li.post("/api/v1/pda/reports", pda_report(), files={
        "photos": [(BytesIO(drawn(2000, 1000)), "井盖.jpg")]}), 201)
    town.jobs()
    (photo,) = town.case_of(receipt["number"])["photos"]
    assert photo["state"] == "received"
    waiting = town.stranger.get(photo["small"])
    problem(waiting, 503)
    assert int(waiting.headers["Retry-After"]) > 0
    town.prepare_photos()
    (photo,) = town.case_of(receipt["number"])["photos"]
    assert photo["state"] == "ready"
    for link, side in ((photo["small"], 320), (photo["large"], 1600)):
        shown = town.stranger.get(link)
        assert (shown.status_code, shown.content_type) == (200, "image/jpeg")
        assert Image.open(BytesIO(shown.data)).size == (side, side // 2)
        assert "private" in shown.headers["Cache-Control"]


def test_a_link_that_was_changed_or_has_ended_shows_nothing(town: Town, time: SetClock) -> None:
    photo_id = ok(town.li.post(MEDIA, files={"photo": jpeg()}), 201)["id"]
    with reading() as db:
        link = media.sign(db.scalars(select(Photo.id)).one(), Rendition.ORIGINAL)
    assert town.stranger.get(link).status_code == 200
    path, _, signed = link.partition("?")
    for other in (link.replace("/original", "/1600"), link.replace("/original", "/huge"), link + "x",
                  link.replace(photo_id, str(new_id())), link.replace("expires=1", "expires=2"), f"{path[:-8]}%00?{signed}"):
        problem(town.stranger.get(other), 404)
    for query in ("", "expires=1", "expires=x&signature=y", f"expires={'9' * 50}&signature=y", f"{signed}&size=1"):
        problem(town.stranger.get(f"{path}?{query}"), 422)
    problem(town.stranger.get(f"{MEDIA}/1/original?{signed}"), 404)
    time.passes(days=2)
    assert "expired" in problem(town.stranger.get(link), 403)["detail"]


def test_the_content_decides_what_is_a_photo_not_its_name(town: Town) -> None:
    for kind in ("PNG", "WEBP"):
        ok(town.water_handler.post(MEDIA, files={"photo": (BytesIO(drawn(40, 30, kind)), "a.exe")}), 201)
    for content, status in ((b"GIF89a" + b"\0" * 30, 415), (b"%PDF-1.7", 415), (b"PK\3\4" + b"\0" * 40, 415),
                            (drawn(40, 30)[:200], 422), (b"", 422)):
        answer = town.water_handler.post(MEDIA, files={"photo": (BytesIO(content), "photo.jpg", "image/jpeg")})
        assert problem(answer, status)["field"] == "photo"


def test_more_bytes_or_pixels_than_allowed_are_too_large(town: Town) -> None:
    heavy = drawn(40, 30) + b"\0" * 20_100_000
    problem(town.li.post(MEDIA, files={"photo": (BytesIO(heavy), "a.jpg")}), 413)
    wide = BytesIO()
    Image.new("1", (20_000, 6_000)).save(wide, "PNG")
    assert len(wide.getvalue()) < 100_000  # a bomb: a hundred kilobytes that would become 120 megapixels
    wide.seek(0)
    assert problem(town.li.post(MEDIA, files={"photo": (wide, "a.png")}), 413)["field"] == "photo"


def test_the_settings_say_how_heavy_a_photo_may_be(town: Town) -> None:
    heavy = drawn(40, 30) + b"\0" * 21_500_000
    object.__setattr__(settings.current(), "photo_megabytes", 22)
    ok(town.li.post(MEDIA, files={"photo": (BytesIO(heavy), "a.jpg")}), 201)
    object.__setattr__(settings.current(), "photo_megabytes", 21)
    problem(town.li.post(MEDIA, files={"photo": (BytesIO(heavy), "a.jpg")}), 413)


def test_one_file_is_sent_and_as_a_form(town: Town) -> None:
    for files in ({"photo": [jpeg(), jpeg()]}, {"picture": jpeg()}):
        assert town.li.post(MEDIA, files=files).status_code in {413, 422}
    problem(town.li.post(MEDIA, {"photo": "base64"}), 415)
    cut = town.app.test_client().post(MEDIA, data=b"--x\r\nContent-Disposition: form-data; name=\"photo\"",
                                      content_type="multipart/form-data; boundary=x", headers=town.li.headers)
    problem(cut, 400)


def test_only_who_works_here_sends_photos_to_the_desk(town: Town) -> None:
    problem(town.stranger.post(MEDIA, files={"photo": jpeg()}), 401)
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report()), 201)
    problem(town.citizen(receipt).post(MEDIA, files={"photo": jpeg()}), 403)
    ok(town.stranger.post("/api/v1/citizen/photos", files={"photo": jpeg()}), 201)


def test_a_photo_that_cannot_be_decoded_is_marked_and_the_report_stands(town: Town) -> None:
    noise = BytesIO()
    Image.effect_noise((200, 200), 90).save(noise, "PNG")
    lying = noise.getvalue()[:5000] + bytes(400) + noise.getvalue()[5400:]
    receipt = ok(town.li.post("/api/v1/pda/reports", pda_report(), files={"photos": [(BytesIO(lying), "a.png"), jpeg()]}), 201)
    town.jobs()
    town.prepare_photos()
    states = {one["state"]: one for one in town.case_of(receipt["number"])["photos"]}
    assert set(states) == {"refused", "ready"}
    assert states["refused"]["reason"]
    problem(town.stranger.get(states["refused"]["small"]), 404)
