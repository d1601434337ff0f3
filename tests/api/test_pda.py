"""What a grid worker's PDA sends is stored once, or refused with the field at fault; what it is to inspect comes back."""
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from sqlalchemy import select

from casework.cases import inspectors
from casework.cases.report import Report
from casework.media import Photo
from casework.storage.database import reading
from casework.storage.outbox import Event
from tests.api.town import Json, Town, jpeg, key, ok, pda_report, point, problem, stored
from tests.conftest import SetClock

REPORTS = "/api/v1/pda/reports"


def test_a_report_goes_from_the_pda_to_a_closed_case(town: Town, time: SetClock) -> None:
    receipt = ok(town.li.post(REPORTS, pda_report(), files={"photos": [jpeg("grey"), jpeg("brown")]}), 201)
    town.jobs()
    (row,) = town.listed(town.water_handler)
    assert (row["status"], row["department"], row["category"]) == ("dispatched", "水务局", "上水井盖")
    case = ok(town.water_handler.get(f"/api/v1/cases/{row['number']}"))
    assert [one["number"] for one in case["reports"]] == [receipt["number"]]
    assert len(case["photos"]) == 2
    time.passes(minutes=20)
    done = town.closed(row["number"])
    assert done["status"] == "closed"
    assert [line["action"] for line in done["history"]] == ["report", "file", "dispatch", "sign", "resolve", "pass"]
    assert (done["overdue"], done["clocks"], done["turn"]) == (False, [], None)
    assert {one["step"] for one in done["photos"]} == {None, "resolve", "pass"}


def test_sent_again_it_is_the_same_report(town: Town, time: SetClock) -> None:
    body = pda_report()
    first = ok(town.li.post(REPORTS, body, files={"photos": [jpeg()]}), 201)
    time.passes(hours=5)
    again = ok(town.li.post(REPORTS, body, files={"photos": [jpeg()]}), 201)
    assert again == first
    assert (stored(), stored(Photo)) == (1, 1)
    with reading() as db:
        assert sorted(db.scalars(select(Event.name))) == ["photo.received", "report.received"]


def test_sent_eight_times_at_once_it_is_one_report(town: Town) -> None:
    body, worker = pda_report(), town.li
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: worker.post(REPORTS, body, files={"photos": [jpeg()]}), range(8)))
    assert len({ok(one, 201)["number"] for one in answers}) == 1
    assert (stored(), stored(Photo)) == (1, 1)


def test_a_key_of_another_report_is_a_conflict(town: Town) -> None:
    body = pda_report()
    receipt = ok(town.li.post(REPORTS, body))
    document = problem(town.li.post(REPORTS, body | {"text": "路灯不亮"}), 409)
    assert document["number"] == receipt["number"]
    ok(town.wang.post(REPORTS, body | {"text": "路灯不亮"}), 201)  # another worker's keys are his own
    assert stored() == 2


def test_what_the_worker_put_right_is_closed_at_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspectors, "sample", lambda *_: None)
    ok(town.li.post(REPORTS, pda_report(handled=True), files={"photos": [jpeg(), jpeg("red")]}))
    ok(town.li.post(REPORTS, pda_report(handled=True, place=point(0, 300)), files={"photos": [jpeg()]}))
    town.jobs()
    (row,) = town.listed(town.supervisor, status="closed")
    assert [line["action"] for line in ok(town.supervisor.get(f"/api/v1/cases/{row['number']}"))["history"]] == [
        "report", "self_handle"]
    (left,) = town.listed(town.triage, queue="triage")
    assert "处置前、后照片" in left["waiting_for"]


def test_a_place_in_another_system_is_turned_into_wgs84(town: Town) -> None:
    ok(town.li.post(REPORTS, pda_report(place=point(0) | {"system": "gcj02"})))
    with reading() as db:
        report = db.scalars(select(Report)).one()
    assert report.lon is not None
    assert 0.003 < point(0)["lon"] - report.lon < 0.007  # the offset there is about half a kilometre


NOT_PHOTOS: dict[str, tuple[bytes, int]] = {
    "text": (b"no photo at all", 415), "script": (b"<svg onload=alert(1)>", 415), "empty": (b"", 422),
    "only a head": (b"\xff\xd8\xff\xe0" + b"\0" * 40, 422)}


def test_one_broken_photo_refuses_the_report_and_is_named(town: Town) -> None:
    for content, status in NOT_PHOTOS.values():
        files = {"photos": [jpeg(), (BytesIO(content), "b.jpg")]}
        document = problem(town.li.post(REPORTS, pda_report(), files=files), status)
        assert document["field"] == "photos.1"
        assert status == 415 or set(document["fields"]) == {"photos.1"}
    assert (stored(), stored(Photo), stored(Event)) == (0, 0, 0)


changed = pda_report
WRONG: dict[str, tuple[Json, str]] = {
    "no key": (changed(key=None), "key"), "a key that is none": (changed(key="1"), "key"),
    "a key of another type": (changed(key={"a": 1}), "key"), "no text": (changed(text=None), "text"),
    "blank text": (changed(text=" \n "), "text"), "text too long": (changed(text="长" * 4001), "text"),
    "text with NUL": (changed(text="井\0盖"), "text"), "text of another type": (changed(text=["井盖"]), "text"),
    "no place": (changed(place=None), "place"), "half a place": (changed(place={"lon": 114.0}), "place.lat"),
    "a place off the globe": (changed(place={"lon": 114.0, "lat": 97}), "place.lat"),
    "a place in another system": (changed(place=point(0) | {"system": "mars"}), "place.system"),
    "a place with more": (changed(place=point(0) | {"alt": 3}), "place.alt"),
    "negative accuracy": (changed(accuracy=-1), "accuracy"), "accuracy in words": (changed(accuracy="近"), "accuracy"),
    "a time without zone": (changed(at="2026-03-02T10:00:00"), "at"), "a time that is none": (changed(at="昨天"), "at"),
    "a category too long": (changed(category="1" * 13), "category"), "handled in words": (changed(handled="也许"), "handled"),
    "something unknown": (changed(reporter="李"), "reporter"),
}


def test_what_is_wrong_is_named_and_nothing_is_stored(town: Town) -> None:
    for what, (body, field) in WRONG.items():
        document = problem(town.li.post(REPORTS, body), 422)
        assert set(document["fields"]) == {field}, what
        assert document["fields"][field], what
    assert (stored(), stored(Event)) == (0, 0)


def test_several_faults_are_told_at_once_also_in_a_form(town: Town) -> None:
    body = {"key": "x", "text": "井盖", "place": {"lon": 114.0, "lat": "北"}}
    document = problem(town.li.post(REPORTS, body, files={"photos": [jpeg()]}), 422)
    assert set(document["fields"]) == {"key", "place.lat"}


NO_REPORTS = [
    (b"{", "application/json", 400), (b'{"text": "\\ud83d"}', "application/json", 400),
    (b"key=1", "application/x-www-form-urlencoded", 415), (b"<a/>", "text/xml", 415), (b"", "", 415),
    (b'{"text": "' + b"a" * 300_000 + b'"}', "application/json", 413)]


def test_what_is_not_a_report_at_all_is_refused_by_kind(town: Town) -> None:
    for raw, kind, status in NO_REPORTS:
        problem(town.app.test_client().post(REPORTS, data=raw, content_type=kind, headers=town.li.headers), status)
    assert stored() == 0


def test_ten_photos_are_too_many(town: Town) -> None:
    problem(town.li.post(REPORTS, pda_report(), files={"photos": [jpeg()] * 10}), 413)
    assert stored() == 0


def test_only_grid_workers_report_here(town: Town) -> None:
    problem(town.stranger.post(REPORTS, pda_report()), 401)
    problem(town.dispatcher.post(REPORTS, pda_report()), 403)
    problem(town.platform().post(REPORTS, pda_report()), 403)
    assert stored() == 0


def test_a_worker_sees_what_he_is_to_look_at_and_others_do_not(town: Town) -> None:
    ok(town.li.post(REPORTS, pda_report(category="99999")))
    town.jobs()
    (row,) = town.listed(town.triage, queue="triage")
    case = town.act(town.triage, row["number"], "verify")
    assert case["inspector_id"] == str(town.cast.wang.id)  # not Li, who reported it
    mine = ok(town.wang.get("/api/v1/pda/inspections"))
    assert [one["number"] for one in mine["items"]] == [row["number"]]
    assert ok(town.li.get("/api/v1/pda/inspections"))["items"] == []
    problem(town.dispatcher.get("/api/v1/pda/inspections"), 403)
    shown = [town.photo(town.wang)]
    town.act(town.wang, row["number"], "confirm", position=point(0), finding="确实没有井盖", photos=shown)
    assert ok(town.wang.get("/api/v1/pda/inspections"))["items"] == []


def test_a_made_up_cursor_is_a_fault(town: Town) -> None:
    for cursor in ("x", "W10", key(), "WyIyMDI2LTAzLTAyVDAyOjAwOjAwWiIsIDFd"):
        assert set(problem(town.li.get("/api/v1/pda/inspections", cursor=cursor), 422)["fields"]) == {"cursor"}
