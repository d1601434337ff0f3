"""ODK Collect, unchanged: finds the forms, sends what was filled in, once, in parts and again, and reports arise."""
import dataclasses
import hashlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from defusedxml.ElementTree import fromstring
from sqlalchemy import select

from casework import media, settings
from casework.cases.report import Report
from casework.fieldwork.forms.submissions import Submission, SubmittedFile
from casework.media import Photo, Purpose
from casework.settings import Settings
from casework.storage import blobs
from casework.storage.database import reading
from tests.api.collect import Collect, a_report, collect, filled, instance, message
from tests.api.town import Town, ok, stored
from tests.conftest import SetClock
from tests.factories import a_photo

SUBMISSIONS = "/api/v1/forms/submissions"
BEFORE, AFTER = a_photo("grey"), a_photo("green")


@pytest.fixture(params=["digest", "token"])
def phone(request: pytest.FixtureRequest, town: Town) -> Collect:
    """Li's phone, with either kind of credential."""
    return collect(town, token=request.param == "token")


def test_the_forms_are_listed_with_all_that_collect_wants(phone: Collect) -> None:
    listed = {one["formID"]: one for one in phone.list()}
    assert sorted(listed) == ["address", "component", "entity", "house", "person", "report"]
    house = listed["house"]
    assert (house["name"], house["version"]) == ("房屋信息采集", "1")
    assert house["downloadUrl"].startswith(phone.server)
    assert [one["formID"] for one in phone.list("formID=house")] == ["house"]
    assert phone.list("formID=%00") == []
    assert "descriptionText" not in house
    assert phone.list("verbose=true")[0]["descriptionText"]


def test_a_form_is_the_bytes_that_its_hash_tells_and_is_not_sent_twice(phone: Collect) -> None:
    for one in phone.list():
        answer = phone.get(one["downloadUrl"])
        assert f"md5:{hashlib.md5(answer.content, usedforsecurity=False).hexdigest()}" == one["hash"]
        assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
        assert f'<data id="{one["formID"]}" version="1"' in answer.text
        again = phone.get(one["downloadUrl"], **{"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        manifest = fromstring(phone.get(one["manifestUrl"]).content)
        assert (manifest.tag, len(manifest)) == ("{http://openrosa.org/xforms/xformsManifest}manifest", 0)


def test_head_says_how_much_may_be_sent(phone: Collect) -> None:
    answer = phone.head()
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["X-OpenRosa-Version"] == "1.0"
    assert int(answer.headers["X-OpenRosa-Accept-Content-Length"]) == 100_000_000
    assert answer.headers["Date"] == "Mon, 02 Mar 2026 02:00:00 GMT"


def test_what_was_filled_in_is_a_report_with_its_photos(town: Town, phone: Collect) -> None:
    answers = a_report(before="1.jpg", after="2.jpg", handled="yes", urgent="yes")
    assert phone.send(filled("report", answers, instance()), {"1.jpg": BEFORE, "2.jpg": AFTER}) == 201
    with reading() as db:
        report = db.scalars(select(Report)).one()
        photos = {photo.purpose: photo.sha256 for photo in db.scalars(select(Photo).where(Photo.report_id == report.id))}
    assert (report.text, report.claimed_category, report.reporter_id) == ("人行道上水井盖缺失", "10101", town.cast.li.id)
    assert (report.urgent, report.handled_on_the_spot, report.accuracy) == (True, True, 8.5)
    assert report.happened_at is not None
    assert report.happened_at.isoformat() == "2026-03-02T01:55:00+00:00"
    assert photos == {Purpose.BEFORE: hashlib.sha256(BEFORE).hexdigest(), Purpose.AFTER: hashlib.sha256(AFTER).hexdigest()}
    town.jobs()
    (row,) = town.listed(town.supervisor, status="closed") + town.listed(town.supervisor)
    assert row["title"] == "人行道上水井盖缺失"


def test_sent_again_it_is_the_same_report(town: Town, phone: Collect, time: SetClock) -> None:
    xml = filled("report", a_report(photo="1.jpg"), instance())
    assert phone.send(xml, {"1.jpg": BEFORE}) == 201
    time.passes(hours=5)
    assert phone.send(xml, {"1.jpg": BEFORE}) == 202
    assert phone.send(xml) == 202
    assert (stored(), stored(Photo), stored(Submission), stored(SubmittedFile)) == (1, 1, 1, 1)


def test_sent_six_times_at_once_it_is_one_report(town: Town, phone: Collect) -> None:
    xml = filled("report", a_report(photo="1.jpg"), instance())
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: phone.post(xml, {"1.jpg": BEFORE}).status_code, range(6)))
    assert sorted(answers) == [201, 202, 202, 202, 202, 202]
    assert (stored(), stored(Photo), stored(Submission)) == (1, 1, 1)


def test_in_two_parts_it_is_one_report_that_is_incomplete_between(town: Town, phone: Collect) -> None:
    xml = filled("report", a_report(before="1.jpg", after="2.jpg", handled="yes"), instance())
    first = phone.post(xml, {"1.jpg": BEFORE}, incomplete=True)
    assert first.status_code == 201
    assert "还缺1个文件" in message(first)
    (row,) = ok(town.steward.get(SUBMISSIONS))["items"]
    assert (row["state"], row["missing"], [file["name"] for file in row["files"]]) == ("done", ["2.jpg"], ["1.jpg"])
    number = _number()
    waiting = ok(town.li.get(f"/api/v1/pda/reports/{number}/receipt"))
    assert waiting["complete"] is False
    assert phone.post(xml, {"2.jpg": AFTER}).status_code == 201
    assert ok(town.steward.get(SUBMISSIONS))["items"][0]["missing"] == []
    complete = ok(town.li.get(f"/api/v1/pda/reports/{number}/receipt"))
    assert complete["complete"] is True
    assert {file["sha256"] for file in complete["files"]} == {hashlib.sha256(one).hexdigest() for one in (BEFORE, AFTER)}
    assert (stored(), stored(Photo)) == (1, 2)


def test_parts_may_come_in_any_order_and_the_flag_alone_proves_nothing(town: Town, phone: Collect) -> None:
    xml = filled("report", a_report(before="1.jpg", after="2.jpg", handled="yes"), instance())
    assert phone.post(xml).status_code == 201  # no flag, and both files are missing
    assert ok(town.steward.get(SUBMISSIONS))["items"][0]["missing"] == ["1.jpg", "2.jpg"]
    assert phone.post(xml, {"2.jpg": AFTER}, incomplete=True).status_code == 201
    assert phone.post(xml, {"1.jpg": BEFORE}, incomplete=True).status_code == 201
    assert ok(town.steward.get(SUBMISSIONS))["items"][0]["missing"] == []
    assert (stored(), stored(Photo)) == (1, 2)


def test_the_same_name_with_other_content_keeps_both(town: Town, phone: Collect) -> None:
    xml = filled("report", a_report(photo="1.jpg"), instance())
    assert phone.send(xml, {"1.jpg": BEFORE}) == 201
    assert phone.send(xml, {"1.jpg": AFTER}) == 201
    with reading() as db:
        assert {one.sha256 for one in db.scalars(select(Photo))} == {hashlib.sha256(one).hexdigest() for one in (BEFORE, AFTER)}
    assert stored() == 1


def test_the_same_instance_with_other_answers_is_a_conflict(town: Town, phone: Collect) -> None:
    instance_id = instance()
    assert phone.send(filled("report", a_report(), instance_id)) == 201
    answer = phone.post(filled("report", a_report(text="路灯不亮"), instance_id))
    assert answer.status_code == 409
    assert "deprecatedID" in message(answer)
    other = collect(town, "wang").post(filled("report", a_report(), instance_id))
    assert other.status_code == 409  # the same answers, and another person's
    assert stored() == 1


def test_a_report_is_corrected_by_saying_it_once_more(town: Town, phone: Collect) -> None:
    first = instance()
    assert phone.send(filled("report", a_report(photo="1.jpg"), first), {"1.jpg": BEFORE}) == 201
    number = _number()
    again = filled("report", a_report(text="污水井盖缺失", category="10102", photo="1.jpg"), instance(), deprecated=first)
    assert phone.send(again, {"1.jpg": BEFORE}) == 201
    with reading() as db:
        texts = list(db.scalars(select(Report.text).order_by(Report.id)))
    assert texts == ["人行道上水井盖缺失", f"更正{number}：污水井盖缺失"]
    town.jobs()
    assert len(town.listed(town.supervisor)) == 1  # triage finds that it is the same problem


def test_a_correction_of_a_refused_correction_corrects_the_report(town: Town, phone: Collect) -> None:
    first, second = instance(), instance()
    assert phone.send(filled("report", a_report(), first)) == 201
    number = _number()
    assert phone.send(filled("report", a_report(category="99999999999999"), second, deprecated=first)) == 201
    assert stored() == 1
    assert phone.send(filled("report", a_report(text="污水井盖缺失"), instance(), deprecated=second)) == 201
    with reading() as db:
        texts = list(db.scalars(select(Report.text).order_by(Report.id)))
    assert texts == ["人行道上水井盖缺失", f"更正{number}：污水井盖缺失"]


def test_a_correction_that_comes_first_waits_with_its_photos(town: Town, phone: Collect) -> None:
    first, second = instance(), instance()
    correction = filled("report", a_report(text="污水井盖缺失", photo="1.jpg", photo_2="2.jpg"), second, deprecated=first)
    assert phone.post(correction, {"1.jpg": AFTER}, incomplete=True).status_code == 201
    assert phone.post(correction, {"2.jpg": BEFORE}).status_code == 201
    assert (stored(), stored(Photo), len(list(blobs.keys_under("forms")))) == (0, 0, 2)
    assert ok(town.steward.get(SUBMISSIONS))["items"][0]["state"] == "waiting"
    assert phone.send(filled("report", a_report(photo="1.jpg"), first), {"1.jpg": BEFORE}) == 201
    with reading() as db:
        shown = [len(media.of_reports(db, [report.id])) for report in db.scalars(select(Report).order_by(Report.id))]
    assert shown == [1, 2]
    assert {row["state"] for row in ok(town.steward.get(SUBMISSIONS))["items"]} == {"done"}


def test_what_is_refused_keeps_its_photos(town: Town, phone: Collect) -> None:
    assert phone.send(filled("report", a_report(text=None, photo="1.jpg"), instance()), {"1.jpg": BEFORE}) == 201
    (row,) = ok(town.steward.get(SUBMISSIONS, state="refused"))["items"]
    assert [fault["field"] for fault in row["faults"]] == ["text"]
    (key,) = blobs.keys_under("forms")
    assert (blobs.get(key), row["files"][0]["sha256"]) == (BEFORE, hashlib.sha256(BEFORE).hexdigest())
    assert (stored(), stored(Photo)) == (0, 0)
    assert ok(town.steward.post(f"{SUBMISSIONS}/{row['id']}/retry"))["state"] == "refused"


@pytest.mark.parametrize("content", [b"no photo at all", b""])
def test_a_photo_that_is_none_is_kept_and_the_report_knows(town: Town, phone: Collect, content: bytes) -> None:
    xml = filled("report", a_report(photo="1.jpg"), instance())
    assert phone.send(xml, {"1.jpg": content}) == 201
    (row,) = ok(town.steward.get(SUBMISSIONS))["items"]
    assert (row["missing"], row["files"][0]["size"], bool(row["files"][0]["reason"])) == ([], len(content), True)
    receipt = ok(town.li.get(f"/api/v1/pda/reports/{_number()}/receipt"))
    assert [file["state"] for file in receipt["files"]] == ["refused"]
    assert (stored(), stored(Photo)) == (1, 0)


def test_a_photo_too_large_for_the_desk_holds_up_no_report(town: Town, phone: Collect, config: Settings) -> None:
    settings.configure(dataclasses.replace(config, photo_megabytes=1))
    xml = filled("report", a_report(photo="1.jpg"), instance())
    assert phone.send(xml, {"1.jpg": BEFORE + bytes(1_000_000)}) == 201
    (file,) = ok(town.steward.get(SUBMISSIONS))["items"][0]["files"]
    assert "1 megabytes" in file["reason"]
    assert (stored(), stored(Photo)) == (1, 0)


def test_photos_beyond_nine_belong_to_the_report_too(town: Town, phone: Collect) -> None:
    colours = ("red", "green", "blue", "grey", "white", "black", "navy", "olive", "pink", "gold", "teal")
    form = _with_many_photos(town)
    names = {f"{number}.jpg": a_photo(colour) for number, colour in enumerate(colours)}
    answers = a_report(photos=[{"photo": name} for name in names])
    assert phone.send(filled(form, answers, instance()), names) == 201
    assert (stored(), stored(Photo)) == (1, 11)
    assert ok(town.li.get(f"/api/v1/pda/reports/{_number()}/receipt"))["complete"] is True


def _with_many_photos(town: Town) -> str:
    text = """
| settings |
| | form_title | form_id | version |
| | 多图上报 | report_photos | 1 |
| survey |
| | type | name | label |
| | text | text | 情况 |
| | geopoint | place | 位置 |
| | begin_repeat | photos | 照片 |
| | image | photo | 照片 |
| | end_repeat | | |
"""
    ok(town.steward.post("/api/v1/forms", files={"form": (BytesIO(text.encode()), "f.md")}), 201)
    return "report_photos"


def _number() -> str:
    with reading() as db:
        return db.scalars(select(Report.number)).one()
