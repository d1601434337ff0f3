"""What a citizen may choose from, what is guessed while he types, and what is no matter for a form."""

import pytest
from sqlalchemy import select

from casework import settings
from casework.cases.report import Report
from casework.intake import choices
from casework.media.blurring import detectors
from casework.media.blurring.public_photo import PublicPhoto
from casework.settings import Settings
from casework.storage.database import reading
from tests.api.town import Json, Town, citizen_report, jpeg, ok, problem
from tests.statements import heard
from workers import media as jobs

GROUPS, GUESSES, REPORTS = "/api/v1/citizen/categories", "/api/v1/citizen/suggestions", "/api/v1/citizen/reports"


@pytest.fixture(autouse=True)
def _nothing_seen_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choices, "_seen", None)


def chosen(town: Town, **query: str) -> dict[str, Json]:
    groups = ok(town.stranger.get(GROUPS, **query))["items"]
    return {item["code"]: item for group in groups for item in group["items"]}


def guessed(town: Town, text: str, **query: str) -> Json:
    answer: Json = ok(town.stranger.post(GUESSES, {"text": text}, **query))
    return answer


def test_what_can_be_chosen_can_be_filed(town: Town) -> None:
    offered = chosen(town)
    assert offered
    for code in offered:
        receipt = ok(town.stranger.post(REPORTS, citizen_report(category=code)), 201)
        town.jobs()
        assert town.case_of(receipt["number"])["status"] in {"filed", "dispatched"}


def test_a_guess_is_one_of_those_offered_and_asks_no_database(town: Town) -> None:
    first = guessed(town, "路边的井盖没了，很危险")["items"]
    assert 0 < len(first) <= 3
    assert {one["code"] for one in first} <= set(chosen(town))
    assert all(0 < one["confidence"] <= 1 for one in first)
    assert first == sorted(first, key=lambda one: -one["confidence"])
    with heard() as asked:
        guessed(town, "路边的井盖没了，很危险")
    assert asked == []


def test_words_that_mean_nothing_are_no_fault(town: Town) -> None:
    assert guessed(town, "x")["items"] == []
    assert set(problem(town.stranger.post(GUESSES, {"text": ""}), 422)["fields"]) == {"text"}


@pytest.mark.parametrize(("text", "kind", "number"), [
    ("三楼着火了，有浓烟", "fire", "119"), ("有人在路边晕倒了", "ambulance", "120"), ("有人持刀", "police", "110"),
    ("楼道里有煤气味", "gas", "119"), ("电线掉在路上", "power", "95598"), ("路口车祸", "traffic", "122"),
    ("自来水爆管了", "water", "12345")])
def test_an_emergency_says_whom_to_call(town: Town, text: str, kind: str, number: str) -> None:
    call = guessed(town, text)["call"]
    assert (call["kind"], call["number"]) == (kind, number)
    assert number in call["words"]
    english = guessed(town, text, lang="en")["call"]["words"]
    assert number in english
    assert english.isascii()


@pytest.mark.parametrize("text", ["没有着火，只是烟味", "防止火灾的宣传栏坏了", "去年这里出过车祸"])
def test_what_is_denied_prevented_or_past_is_none(town: Town, text: str) -> None:
    assert guessed(town, text)["call"] is None


def test_the_city_s_own_number_goes_before_the_nation_s(town: Town, config: Settings) -> None:
    object.__setattr__(config, "emergency_numbers", (("gas", "0755-25199999"),))
    settings.configure(config)
    call = guessed(town, "楼道里有煤气味")["call"]
    assert call["number"] == "0755-25199999"
    assert "0755-25199999" in call["words"]


def test_an_emergency_that_is_sent_all_the_same_is_taken_and_urgent(town: Town) -> None:
    receipt = ok(town.stranger.post(REPORTS, citizen_report(text="这里有点不对劲", category="20502")), 201)
    assert (receipt["call"]["kind"], receipt["call"]["number"]) == ("gas", "119")
    town.jobs()
    case = town.case_of(receipt["number"])
    assert case["priority"] == "urgent"


def test_a_category_that_there_is_no_more_loses_nothing(town: Town) -> None:
    receipt = ok(town.stranger.post(REPORTS, citizen_report(category="299")), 201)
    assert receipt["call"] is None
    town.jobs()
    with reading() as db:
        assert db.query(Report).one().claimed_category == "299"
    assert "299" in town.case_of(receipt["number"])["waiting_for"]
    assert set(problem(town.stranger.post(REPORTS, citizen_report(category="猫")), 422)["fields"]) == {"category"}


def test_my_photos_stand_on_my_page_and_open_without_log_in(town: Town) -> None:
    photo = ok(town.stranger.post("/api/v1/citizen/photos", files={"photo": jpeg()}), 201)
    receipt = ok(town.stranger.post(REPORTS, citizen_report(photos=[photo])), 201)
    address = f"{REPORTS}/{receipt['number']}"
    assert ok(town.citizen(receipt).get(address))["photos"] == []  # it is not prepared yet
    town.prepare_photos()
    (shown,) = ok(town.citizen(receipt).get(address))["photos"]
    assert shown["purpose"] == "report"
    assert town.stranger.get(shown["link"]).mimetype == "image/jpeg"


def test_what_others_took_is_shown_only_as_everybody_may_see_it(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detectors, "look", lambda _picture: [])
    monkeypatch.setattr(detectors, "ready", lambda: True)
    photo = ok(town.stranger.post("/api/v1/citizen/photos", files={"photo": jpeg()}), 201)
    receipt = ok(town.stranger.post(REPORTS, citizen_report(photos=[photo], category="10101")), 201)
    town.jobs()
    town.closed(town.case_of(receipt["number"])["number"])
    town.prepare_photos()
    town.jobs()

    def purposes() -> list[str]:
        return [one["purpose"] for one in ok(town.citizen(receipt).get(f"{REPORTS}/{receipt['number']}"))["photos"]]
    assert purposes() == ["report"]  # the department's own picture may show a neighbour
    with reading() as db:
        jobs.look([str(one) for one in db.scalars(select(PublicPhoto.photo_id))])
    waiting = ok(town.triage.get("/api/v1/moderation/photos"))["items"]
    assert sorted(one["purpose"] for one in waiting) == ["after", "report"]
    for one in waiting:
        ok(town.triage.post(f"/api/v1/moderation/photos/{one['id']}", {"decision": "publish", "rectangles": []}))
    assert purposes() == ["report", "after"]  # my own once, as I sent it
    shown = ok(town.citizen(receipt).get(f"{REPORTS}/{receipt['number']}"))["photos"][-1]["link"]
    assert town.stranger.get(shown).mimetype == "image/jpeg"
