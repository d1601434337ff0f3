"""Photos before the public: looked at by detectors and people, shown with faces and plates destroyed, gone when taken back."""
import uuid
from functools import cache
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from casework import settings
from casework.cases import public_pictures
from casework.cases.case import Case
from casework.media import Photo
from casework.media.blurring import detectors
from casework.media.blurring.boxes import Finding, Kind, Rectangle
from casework.media.blurring.public_photo import PublicPhoto
from casework.storage import blobs
from casework.storage.database import reading, transaction
from tests.api.town import Town, ok, pda_report, problem
from tests.conftest import SetClock
from workers import media, publishing

PHOTOS = "/api/v1/moderation/photos"
FACE = {"x": 0.25, "y": 0.25, "width": 0.25, "height": 0.5}


@cache
def chequered(size: tuple[int, int] = (1600, 1200)) -> bytes:
    """Black and white fields of eight pixels, with EXIF: whoever blurs it can be seen to have done so."""
    image = Image.new("L", (size[0] // 8, size[1] // 8))
    image.putdata([255 * ((x + y) % 2) for y in range(image.height) for x in range(image.width)])
    exif = Image.Exif()
    exif[0x010F], exif[0x8825] = "Maker of phones", {1: "N", 2: (22.0, 33.0, 11.0)}
    kept = BytesIO()
    image.resize(size, Image.Resampling.NEAREST).convert("RGB").save(kept, "JPEG", quality=95, exif=exif)
    return kept.getvalue()


class Eyes:
    """Detectors that find what a test says."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self.looks = 0

    def look(self, _picture: Image.Image) -> list[Finding]:
        self.looks += 1
        return self.found

    def see(self, *scores: float) -> None:
        self.found = [Finding(Kind.FACE, score, Rectangle(**FACE)) for score in scores]


@pytest.fixture
def eyes(monkeypatch: pytest.MonkeyPatch) -> Eyes:
    made = Eyes()
    monkeypatch.setattr(detectors, "look", made.look)
    monkeypatch.setattr(detectors, "ready", lambda: True)
    return made


def policy(value: str) -> None:
    object.__setattr__(settings.current(), "public_photos", value)


def reported(town: Town, **facts: Any) -> str:
    """A case with one photo; its number. Filed, and so public, unless told otherwise."""
    receipt = ok(town.li.post("/api/v1/pda/reports", pda_report(**facts), files={
        "photos": [(BytesIO(chequered()), "现场.jpg")]}), 201)
    town.prepare_photos()
    town.jobs()
    return str(town.case_of(receipt["number"])["number"])


def look() -> None:
    with reading() as db:
        media.look([str(one) for one in db.scalars(select(PublicPhoto.photo_id))])


def public(town: Town) -> str:
    number = reported(town)
    look()
    return number


def shown(number: str) -> list[public_pictures.Public]:
    with reading() as db:
        case_id = db.scalars(select(Case.id).where(Case.number == number)).one()
        return list(public_pictures.public_photos(db, [case_id]).get(case_id, ()))


def waiting(town: Town, **query: Any) -> list[dict[str, Any]]:
    return list(ok(town.triage.get(PHOTOS, **query))["items"])


def contrast(content: bytes, box: tuple[float, float, float, float]) -> int:
    """The difference between the lightest and the darkest spot within a relative box."""
    image = Image.open(BytesIO(content)).convert("L")
    cut = image.crop((round(box[0] * image.width), round(box[1] * image.height),
                      round(box[2] * image.width), round(box[3] * image.height)))
    low, high = cut.getextrema()
    return int(high) - int(low)


INSIDE, OUTSIDE = (0.27, 0.27, 0.48, 0.73), (0.7, 0.1, 0.95, 0.9)


def test_a_photo_of_a_public_case_waits_for_a_person_who_covers_what_is_to_be_covered(town: Town, eyes: Eyes) -> None:
    eyes.see(0.9)
    number = public(town)
    assert shown(number) == []
    (row,) = waiting(town)
    assert (row["case"], row["certain"], row["covers"], row["purpose"]) == (number, True, 1, "report")
    photo = ok(town.triage.get(f"{PHOTOS}/{row['id']}"))
    assert (photo["width"], photo["height"], photo["public"]) == (1600, 1200, None)
    assert (photo["found"][0]["kind"], photo["found"][0]["score"]) == ("face", 0.9)
    assert photo["rectangles"][0]["width"] > FACE["width"], "hair and ears tell a person as well"
    plain = town.stranger.get(photo["link"]).data
    assert contrast(plain, INSIDE) > 200
    decided = ok(town.triage.post(f"{PHOTOS}/{row['id']}", {"decision": "publish", "rectangles": [FACE]}))
    assert (decided["state"], decided["rectangles"], decided["decided_by"]) == (
        "ready", [FACE], str(town.cast.triage.id))
    assert waiting(town) == []
    (one,) = shown(number)
    assert one.purpose == "report"
    for link, side in ((one.link, 1280), (one.small, 320)):
        answer = town.stranger.get(link)
        assert (answer.status_code, answer.content_type) == (200, "image/jpeg")
        image = Image.open(BytesIO(answer.data))
        assert max(image.size) == side
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert contrast(answer.data, INSIDE) < 40
    assert contrast(town.stranger.get(one.link).data, OUTSIDE) > 150
    assert town.stranger.get(decided["public"]).status_code == 200
    answer = town.stranger.get(f"/api/v1/public/cases/{number}")
    assert ok(answer)["photos"] == [{"purpose": "report", "link": one.link, "small": one.small}]
    assert town.stranger.get(f"/api/v1/public/cases/{number}").headers["ETag"] == answer.headers["ETag"]


def test_where_the_setting_says_so_the_detectors_alone_suffice_but_not_in_doubt(town: Town, eyes: Eyes) -> None:
    policy("auto")
    eyes.see(0.9)
    number = public(town)
    (one,) = shown(number)
    assert contrast(town.stranger.get(one.link).data, INSIDE) < 40
    with reading() as db:
        row = db.scalars(select(PublicPhoto)).one()
        assert (row.state, row.certain, row.decided_by_id) == ("ready", True, None)


@pytest.mark.parametrize("scores", [(0.4,), (0.26,)])
def test_a_doubt_waits_for_a_person_whatever_the_setting(town: Town, eyes: Eyes, scores: tuple[float, ...]) -> None:
    policy("auto")
    eyes.see(*scores)
    number = public(town)
    assert shown(number) == []
    (row,) = waiting(town)
    assert (row["certain"], row["covers"]) == (False, 1)


def test_a_photo_with_nothing_to_hide_is_shown_by_itself_where_the_setting_says_so(town: Town, eyes: Eyes) -> None:
    policy("auto")
    eyes.see(0.2)
    (one,) = shown(public(town))
    assert contrast(town.stranger.get(one.link).data, INSIDE) > 150


def test_without_detectors_every_photo_waits_whatever_the_setting(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    policy("auto")
    monkeypatch.setattr(detectors, "ready", lambda: False)
    number = public(town)
    assert shown(number) == []
    (row,) = waiting(town)
    assert (row["certain"], row["covers"]) == (None, 0)
    ok(town.triage.post(f"{PHOTOS}/{row['id']}", {"decision": "publish", "rectangles": [FACE]}))
    assert len(shown(number)) == 1


def test_what_is_withheld_or_belongs_to_a_case_that_was_taken_back_is_gone_from_its_links(town: Town, eyes: Eyes) -> None:
    number = public(town)
    (row,) = waiting(town)
    address = f"{PHOTOS}/{row['id']}"
    ok(town.triage.post(address, {"decision": "publish", "rectangles": []}))
    (one,) = shown(number)
    link = one.link
    assert town.stranger.get(link).status_code == 200
    with transaction() as db:
        case = db.scalars(select(Case).where(Case.number == number)).one()
        case.reports[0].confidential = True
    problem(town.stranger.get(link), 404)
    assert shown(number) == []
    with transaction() as db:
        db.scalars(select(Case).where(Case.number == number)).one().reports[0].confidential = False
    assert town.stranger.get(link).status_code == 200
    policy("never")
    problem(town.stranger.get(link), 404)
    assert shown(number) == []
    policy("person")
    assert town.stranger.get(link).status_code == 200
    ok(town.triage.post(address, {"decision": "withhold"}))
    problem(town.stranger.get(link), 404)
    problem(town.stranger.get(one.small), 404)
    assert list(blobs.keys_under("public")) == []
    assert [one["state"] for one in waiting(town, state="withheld")] == ["withheld"]
    ok(town.triage.post(address, {"decision": "publish", "rectangles": []}))
    assert town.stranger.get(link).status_code == 200


def test_nothing_of_a_case_that_is_not_public_waits_or_is_shown(town: Town, eyes: Eyes) -> None:
    number = reported(town, text="请来看看", category=None)
    look()
    assert (waiting(town), shown(number), eyes.looks) == ([], [], 0)
    with reading() as db:
        assert db.scalars(select(PublicPhoto)).all() == []
    town.act(town.triage, number, "file", category="10101")
    town.jobs()
    look()
    assert ([one["case"] for one in waiting(town)], eyes.looks) == ([number], 1)


def test_the_same_decision_again_changes_nothing_and_another_replaces_it(town: Town, eyes: Eyes, time: SetClock) -> None:
    number = public(town)
    (row,) = waiting(town)
    address = f"{PHOTOS}/{row['id']}"
    first = ok(town.triage.post(address, {"decision": "publish", "rectangles": [FACE]}))
    files = sorted(blobs.keys_under("public"))
    assert len(files) == 2
    time.passes(minutes=1)
    again = ok(town.supervisor.post(address, {"decision": "publish", "rectangles": [FACE]}))
    assert (again["decided_by"], again["decided_at"]) == (first["decided_by"], first["decided_at"])
    assert sorted(blobs.keys_under("public")) == files
    other = ok(town.supervisor.post(address, {"decision": "publish", "rectangles": []}))
    assert other["decided_by"] == str(town.cast.supervisor.id)
    assert len(list(blobs.keys_under("public"))) == 2
    assert set(blobs.keys_under("public")).isdisjoint(files), "who kept the old address has nothing"
    assert contrast(town.stranger.get(shown(number)[0].link).data, INSIDE) > 150
    media.look([row["id"]])  # a late run of the job
    assert ok(town.triage.get(address))["decided_by"] == other["decided_by"]


def test_a_photo_of_afterwards_joins_when_a_step_has_shown_it_and_one_of_the_inspection_never(town: Town, eyes: Eyes) -> None:
    number = public(town)
    town.closed(number)
    town.prepare_photos()
    town.jobs()
    assert sorted(one["purpose"] for one in waiting(town)) == ["after", "report"]
    with reading() as db:
        assert len(db.scalars(select(Photo)).all()) == 3
    for one in waiting(town):
        ok(town.triage.post(f"{PHOTOS}/{one['id']}", {"decision": "publish", "rectangles": []}))
    assert [one.purpose for one in shown(number)] == ["report", "after"]


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({}, "decision"), ({"decision": "publish"}, "rectangles"), ({"decision": "perhaps"}, "decision"),
    ({"decision": "publish", "rectangles": [{}]}, "rectangles.0.x"),
    ({"decision": "publish", "rectangles": [FACE | {"x": -0.1}]}, "rectangles.0.x"),
    ({"decision": "publish", "rectangles": [FACE | {"x": True}]}, "rectangles.0.x"),
    ({"decision": "publish", "rectangles": [FACE | {"x": "0.5"}]}, "rectangles.0.x"),
    ({"decision": "publish", "rectangles": [FACE, FACE | {"x": 0.9}]}, "rectangles.1.width"),
    ({"decision": "publish", "rectangles": [FACE | {"height": 0}]}, "rectangles.0.height"),
    ({"decision": "publish", "rectangles": [FACE] * 101}, "rectangles"),
    ({"decision": "publish", "rectangles": [FACE], "kind": "face"}, "kind"),
    ({"decision": "withhold", "rectangles": [FACE]}, "rectangles"),
]


def test_what_cannot_be_a_decision_is_refused_by_its_field_and_changes_nothing(town: Town, eyes: Eyes) -> None:
    public(town)
    (row,) = waiting(town)
    for body, field in IMPOSSIBLE:
        assert field in problem(town.triage.post(f"{PHOTOS}/{row['id']}", body), 422)["fields"], body
    assert waiting(town) == [row]


def test_not_a_number_is_refused_as_well(town: Town, eyes: Eyes) -> None:
    public(town)
    (row,) = waiting(town)
    for number in ("NaN", "Infinity", "-1e999"):
        raw = f'{{"decision": "publish", "rectangles": [{{"x": {number}, "y": 0, "width": 1, "height": 1}}]}}'
        assert town.triage.post(f"{PHOTOS}/{row['id']}", raw.encode()).status_code in {400, 422}
    assert waiting(town) == [row]


def test_who_does_not_moderate_sees_neither_list_nor_photo(town: Town, eyes: Eyes) -> None:
    public(town)
    (row,) = waiting(town)
    for caller, status in ((town.stranger, 401), (town.water_handler, 403), (town.li, 403), (town.dispatcher, 403)):
        for answer in (caller.get(PHOTOS), caller.get(f"{PHOTOS}/{row['id']}"),
                       caller.post(f"{PHOTOS}/{row['id']}", {"decision": "publish", "rectangles": []})):
            problem(answer, status)
    problem(town.triage.get(f"{PHOTOS}/{uuid.uuid4()}"), 404)


def test_each_look_at_a_photo_as_it_came_is_logged_and_a_decision_is_no_look(town: Town, eyes: Eyes) -> None:
    public(town)
    (row,) = waiting(town)
    for _ in range(2):
        ok(town.triage.get(f"{PHOTOS}/{row['id']}"))
    ok(town.triage.post(f"{PHOTOS}/{row['id']}", {"decision": "publish", "rectangles": [FACE]}))
    looks = ok(town.administrator.get("/api/v1/admin/looks"))["items"]
    assert [(one["actor_name"], one["subject_kind"], one["subject_id"], one["field"]) for one in looks] == [
        ("Triage", "photo", row["id"], "uncovered")] * 2


def test_the_link_stays_the_same_for_a_while_so_that_answers_can_be_kept(town: Town, eyes: Eyes, time: SetClock) -> None:
    number = public(town)
    ok(town.triage.post(f"{PHOTOS}/{waiting(town)[0]['id']}", {"decision": "publish", "rectangles": []}))
    (one,) = shown(number)
    first = one.link
    time.passes(seconds=90)
    assert one.link == first
    time.passes(minutes=14)
    assert one.link != first
    assert town.stranger.get(first).status_code == 200
    time.passes(minutes=20)
    assert "expired" in problem(town.stranger.get(first), 403)["detail"]
    for rendition in ("public-320", "1600", "original"):
        other = first.replace("/public?", f"/{rendition}?")
        problem(town.stranger.get(other), 404)


def test_publishing_runs_again_without_a_second_row(town: Town, eyes: Eyes) -> None:
    number = public(town)
    with reading() as db:
        case_id = str(db.scalars(select(Case.id).where(Case.number == number)).one())
    for _ in range(2):
        media.enter_cases([case_id])
        publishing.follow([case_id])
        look()
    assert eyes.looks == 1
    assert len(waiting(town)) == 1


def test_everybody_sees_the_released_photos_with_the_case_and_only_there(town: Town, eyes: Eyes) -> None:
    number = public(town)
    address = f"/api/v1/public/cases/{number}"
    assert ok(town.stranger.get(address))["photos"] == []
    (row,) = waiting(town)
    ok(town.triage.post(f"{PHOTOS}/{row['id']}", {"decision": "publish", "rectangles": [FACE]}))
    answer = town.stranger.get(address)
    (photo,) = ok(answer)["photos"]
    assert photo == {"purpose": "report", "link": shown(number)[0].link, "small": shown(number)[0].small}
    assert contrast(town.stranger.get(photo["link"]).data, INSIDE) < 40
    again = town.app.test_client().get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304, "links are the same for a while"
    ok(town.triage.post(f"{PHOTOS}/{row['id']}", {"decision": "withhold"}))
    assert ok(town.stranger.get(address))["photos"] == []
