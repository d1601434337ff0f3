"""Open311 GeoReport v2 as apps of other makers speak it: what is offered, what they send, and what they read back."""
import threading
from typing import Any

import pytest
from sqlalchemy import select

from casework.cases.particulars import Particulars
from casework.cases.report import Channel, Report
from casework.geography.coordinates import Point, metres_between
from casework.identity.sessions import actor_of_tracking
from casework.media import Photo
from casework.notifications import messages
from casework.notifications.rules import Via
from casework.storage.database import reading, transaction
from casework.taxonomy import Category, LimitUnit, Standard
from tests.api.geoclient import App, app_of, good, manhole, refused
from tests.api.town import Town, citizen_report, ok, pda_report, point, stored, ticket
from tests.conftest import SetClock
from tests.factories import a_photo


@pytest.fixture
def app(town: Town) -> App:
    return app_of(town)


@pytest.fixture
def stranger(town: Town) -> App:
    return App(town.app)


def add_condition(town: Town) -> None:
    """Lamps may be dark, or lean: a second standard."""
    with transaction() as db:
        lamp = db.scalars(select(Category).where(Category.code == "10105")).one()
        db.add(Standard(version_id=lamp.version_id, category_code="10105", ordinal=2, condition="灯杆倾斜", closing="扶正",
                        limit_value=4, limit_unit=LimitUnit.URGENT_HOUR, evidence=[], is_default=False))


def the_report() -> Report:
    with reading() as db:
        return db.scalars(select(Report)).one()


def test_services_are_what_can_be_seen_in_the_street(stranger: App) -> None:
    listed = good(stranger.get("services"))
    assert [one["service_code"] for one in listed] == ["10101", "10102", "10105", "20101"]
    assert listed[0] == {"service_code": "10101", "service_name": "上水井盖", "description": "井盖缺失", "metadata": False,
                         "type": "realtime", "keywords": "公用设施,井盖", "group": "公用设施"}
    in_xml = good(stranger.in_xml().get("services"))
    assert in_xml == [one | {"metadata": "false"} for one in listed]


def test_a_service_with_several_conditions_asks_which_it_is(town: Town, stranger: App, app: App) -> None:
    add_condition(town)
    (lamp,) = [one for one in good(stranger.get("services")) if one["service_code"] == "10105"]
    assert lamp["metadata"] is True
    asked = good(stranger.get("services/10105"))
    assert asked["service_code"] == "10105"
    (one,) = asked["attributes"]
    assert (one["code"], one["datatype"], one["variable"], one["required"], one["order"]) == (
        "condition", "singlevaluelist", True, False, 1)
    assert one["values"] == [{"key": "1", "name": "灯不亮"}, {"key": "2", "name": "灯杆倾斜"}]
    assert good(stranger.in_xml().get("services/10105"))["attributes"][0]["values"] == one["values"]
    number = app.sent(**{"service_code": "10105", "attribute[condition]": "2", "description": ""})
    assert app.own(number, extensions="true")["attributes"] == [{"code": "condition", "values": ["2"]}]
    assert the_report().text == "路灯：灯杆倾斜"
    assert "attribute[condition]" in refused(app.post("requests", manhole(**{
        "service_code": "10105", "attribute[condition]": "3"})), 400)


def test_a_service_without_questions_has_an_empty_definition(stranger: App) -> None:
    assert good(stranger.get("services/10101")) == {"service_code": "10101", "attributes": []}
    assert b"<attributes/>" in stranger.in_xml().get("services/10101").data


@pytest.mark.parametrize("code", ["99999", "101", "301", "长城", "10101'--"])
def test_what_is_not_offered_is_not_there(stranger: App, app: App, code: str) -> None:
    for one in (stranger, stranger.in_xml()):
        refused(one.get(f"services/{code}"), 404)
    refused(app.post("requests", manhole(service_code=code)), 404)


def test_discovery_is_found_where_clients_look(town: Town, stranger: App) -> None:
    for one in (stranger, stranger.in_xml()):
        found = good(one.get("discovery"))
        assert good(town.app.test_client().get(f"/open311/discovery.{one.suffix}")) == found
        assert set(found) == {"changeset", "contact", "key_service", "endpoints"}
        assert all(found.values())
        assert len(found["endpoints"]) == 2
        assert found["endpoints"][0] == {
            "specification": "http://wiki.open311.org/GeoReport_v2", "url": "http://localhost/open311/v2",
            "changeset": found["changeset"], "type": "production", "formats": ["text/xml", "application/json"]}


def test_what_an_app_sends_it_reads_back(town: Town, app: App, time: SetClock) -> None:
    said = manhole(address_string="学府路12号门前", address_id="DZ-77", account_id="a-1", device_id="d-1",
                   email="w@example.org", first_name="小明", last_name="王", phone="13800138000", media_url="https://example.org/p?a=1&b=<2>",
                   jurisdiction_id="city.example")
    (made,) = good(app.post("requests", said))
    assert set(made) == {"service_request_id", "service_notice", "account_id"}
    assert made["account_id"] == "a-1"
    number = made["service_request_id"]
    for one in (app, app.in_xml()):
        read = one.own(number)
        assert {name: read[name] for name in ("description", "address", "address_id", "media_url", "service_code")} == {
            "description": said["description"], "address": said["address_string"], "address_id": "DZ-77",
            "media_url": said["media_url"], "service_code": "10101"}
        assert (read["service_name"], read["status"], read["status_notes"]) == ("上水井盖", "open", "已收到，等待受理")
        assert read["requested_datetime"] == read["updated_datetime"] == "2026-03-02T10:00:00+08:00"
        assert [round(float(read[name]), 6) for name in ("lat", "long")] == [
            round(point(0)[name], 6) for name in ("lat", "lon")]
        assert read["zipcode"] is read["expected_datetime"] is read["agency_responsible"] is None
    town.jobs()
    (shown,) = town.case_of(number)["reports"]
    assert (shown["links"], shown["name"], shown["phone"]) == ([said["media_url"]], "王**", "138****8000")
    report = the_report()
    assert report.channel is Channel.OPEN311
    assert (report.reporter_name.open(), report.reporter_phone.open()) == ("王小明", "13800138000")  # type: ignore[union-attr]
    with reading() as db:
        kept = db.get_one(Particulars, report.id)
    assert [one.open() for one in (kept.account, kept.device, kept.mail) if one] == ["a-1", "d-1", "w@example.org"]


def test_a_stranger_reads_no_word_and_no_exact_place(town: Town, app: App, stranger: App) -> None:
    home = point(0, 60, 40)
    number = app.sent(lat=str(home["lat"]), long=str(home["lon"]), address_string="南塘新村3栋1502室",
                      description="南塘新村3栋1502室欧阳铁蛋家门口 13812345678",
                      last_name="欧阳", first_name="铁蛋", phone="13812345678", email="t@example.org", account_id="acc-9",
                      device_id="dev-9", media_url="https://example.org/face.jpg")
    town.jobs()
    other = app_of(town, "别的应用")
    for one in (stranger, stranger.in_xml()):
        for path, query in ((f"requests/{number}", {}), ("requests", {}), ("requests", {"extensions": "true"}),
                            ("requests", {"api_key": other.key, "extensions": "true"}), (f"tokens/{number}", {}),
                            ("requests", {"api_key": "x", "service_request_id": number})):
            answer = one.get(path, **query)
            text = answer.text
            assert number in text
            hidden = ("1502室", "欧阳", "铁蛋", "1381234", "@example", "acc-9", "dev-9", "face.jpg", "南塘新村")
            assert not [word for word in hidden if word in text]
        (read,) = good(one.get(f"requests/{number}"))
        place = Point(float(read["long"]), float(read["lat"]))
        assert 50 < metres_between(place, Point(home["lon"], home["lat"])) < 170
        assert read["address"].endswith("南塘社区")


def test_a_case_of_another_door_is_shown_once_it_is_filed_and_requests_of_persons_never(town: Town, stranger: App) -> None:
    ok(town.li.post("/api/v1/pda/reports", pda_report(text="王大爷家门口的井盖")))
    ok(town.operator.post("/api/v1/hotline/tickets", ticket()))
    ok(town.stranger.post("/api/v1/citizen/reports", citizen_report(text="说不清是什么", place=point(3))))
    assert good(stranger.get("requests")) == []
    assert stranger.in_xml().get("requests").data.endswith(b"<service_requests/>")
    town.jobs()
    (shown,) = good(stranger.get("requests"))
    case = next(one for one in town.listed(town.supervisor) if one["category_code"] == "10101")
    assert shown["service_request_id"] == case["number"]
    assert (shown["description"], shown["service_name"]) == ("井盖缺失", "上水井盖")
    assert shown["agency_responsible"] == "水务局"
    assert shown["expected_datetime"] == "2026-03-02T12:00:00+08:00"
    assert "王大爷" not in stranger.get("requests", extensions="true").text
    for row in town.listed(town.supervisor):
        if row["number"] != case["number"]:
            refused(stranger.get(f"requests/{row['number']}"), 404)


def test_sent_again_it_is_one_report_until_the_window_is_over(town: Town, app: App, time: SetClock) -> None:
    first = app.sent()
    time.passes(minutes=59)
    assert app.sent() == first
    assert stored() == 1
    assert app_of(town, "别的应用").sent() != first  # another app speaks for itself
    assert app.sent(description="另一个井盖") != first
    assert app.sent(account_id="a-2") != first
    time.passes(minutes=2)
    assert app.sent() != first
    assert stored() == 5


def test_a_key_of_the_apps_own_makes_a_resend_harmless_for_ever(app: App, time: SetClock) -> None:
    mine = {"Idempotency-Key": "abc-1"}
    (first,) = good(app.post("requests", manhole(), mine))
    time.passes(days=40)
    (again,) = good(app.post("requests", manhole(), mine))
    assert again == first
    assert "before" in refused(app.post("requests", manhole(description="另一个"), mine), 400)
    assert stored() == 1
    (other,) = good(app.post("requests", manhole(), {"Idempotency-Key": "ABC-1"}))
    assert other["service_request_id"] != first["service_request_id"]


def test_two_at_once_are_one_report(app: App) -> None:
    numbers: list[str] = []
    threads = [threading.Thread(target=lambda: numbers.append(app.sent())) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(numbers) == 6
    assert len(set(numbers)) == stored() == 1


def test_photos_come_under_whatever_name(app: App) -> None:
    files = {"media": a_photo("red"), "file_1": a_photo("blue"), "photo2": a_photo("green")}
    for _ in range(2):
        (made,) = good(app.post_parts("requests", manhole(), files))
    with reading() as db:
        photos = db.scalars(select(Photo)).all()
    assert {one.report_id for one in photos} == {the_report().id}
    assert (len(photos), {one.channel for one in photos}) == (3, {"open311"})
    assert "media.0" in refused(app.in_xml().post_parts("requests", manhole(), {"media": b"no picture"}), 400)
    assert refused(app.post_parts("requests", manhole(), {f"f{n}": a_photo() for n in range(10)}), 413)
    assert stored() == 1
    assert made["service_request_id"]


def test_the_tracking_token_in_the_notice_opens_the_report(town: Town, app: App) -> None:
    (made,) = good(app.post("requests", manhole()))
    assert good(app.post("requests", manhole())) == [made]
    notice = made["service_notice"]
    token = notice.partition("查询口令 ")[2].partition("（")[0]
    town.jobs()
    citizen = town.citizen({"token": token})
    assert ok(citizen.get(f"/api/v1/citizen/reports/{made['service_request_id']}"))["department"] == "水务局"
    with reading() as db:
        report = db.scalars(select(Report)).one()
    assert actor_of_tracking(report.id, token.partition(".")[2]).report_id == report.id


def test_a_request_follows_its_case_to_the_end(town: Town, app: App, stranger: App, time: SetClock) -> None:
    number = app.sent()
    town.jobs()
    assert app.own(number)["status_notes"] == "已派遣，等待责任部门签收"
    case = town.case_of(number)["number"]
    time.passes(minutes=10)
    town.closed(case)
    closed = app.own(number, extensions="true")
    assert (closed["status"], closed["updated_datetime"]) == ("closed", "2026-03-02T10:10:00+08:00")
    assert closed["status_notes"] == "已结案：已处理"
    assert [one["type"] for one in closed["notes"]] == ["report", "file", "dispatch", "sign", "resolve", "pass"]
    assert closed["extended_attributes"]["status"] == "closed"
    assert "已处理" not in stranger.get(f"requests/{number}", extensions="true").text
    assert [one["service_request_id"] for one in good(stranger.get("requests", status="closed"))] == [number]
    assert good(stranger.get("requests", status="open")) == []
    assert good(stranger.get(f"tokens/{number}")) == [{"service_request_id": number, "token": number}]


def numbers(app: App, **query: str) -> list[str]:
    return [one["service_request_id"] for one in good(app.get("requests", **query))]


def test_lists_are_narrowed_as_the_specification_says(app: App, time: SetClock) -> None:
    old = app.sent(description="一月")
    time.is_now("2026-06-20 10:00")
    young = app.sent(service_code="10105", description="六月")
    assert numbers(app) == [young]
    assert numbers(app, start_date="2026-03-01T00:00:00+08:00") == [old]
    assert numbers(app, start_date="2026-03-01T00:00:00 08:00") == [old]  # a plus sign that was not escaped
    assert numbers(app, start_date="2026-03-02T02:00:00Z", end_date="2026-03-02T02:00:00Z") == [old]
    assert numbers(app, end_date="2026-03-03") == [old]
    assert numbers(app, service_code="10101,10105") == [young]
    assert numbers(app, service_code="10101") == []
    assert numbers(app, status="open,closed") == [young]
    assert numbers(app, status="closed") == []
    assert numbers(app, service_request_id=f"{old},{young}, ,ZW000000-00000-00000", status="closed") == [young, old]
    assert numbers(app, status="", service_code="", whatever="1") == [young]
    assert numbers(app, updated_after="2026-03-02T00:00:00+08:00", updated_before="2026-03-03T00:00:00+08:00") == [old]
    assert "90 days" in refused(app.get("requests", start_date="2026-01-01T00:00:00Z", end_date="2026-06-01T00:00:00Z"), 400)
    for query in ({"status": "broken"}, {"start_date": "yesterday"}, {"page": "0"}, {"page_size": "many"}, {"page": "٣"},
                  {"start_date": "9999-12-31T23:59:59Z"}, {"end_date": "0001-01-01"}):
        for one in (app, app.in_xml()):
            refused(one.get("requests", **query), 400)


def test_pages_show_each_once(app: App, time: SetClock) -> None:
    made = []
    for n in range(7):
        made.append(app.sent(description=f"井盖 {n}"))
        time.passes(seconds=1)
    assert numbers(app) == made[::-1]
    assert [number for page in "1234" for number in numbers(app, page=page, page_size="2")] == made[::-1]
    assert numbers(app, count="3") == made[:3:-1]
    assert numbers(app, page="9", page_size="1000000") == []


def test_what_moved_is_found_however_old(town: Town, app: App, stranger: App, time: SetClock) -> None:
    number = app.sent()
    ok(town.wang.post("/api/v1/pda/reports", pda_report(place=point(1), category="10102")))
    town.jobs()
    time.passes(days=5)
    since = "2026-03-07T00:00:00+08:00"
    assert numbers(stranger, updated_after=since) == []
    town.act(town.water_handler, town.case_of(number)["number"], "sign")
    assert numbers(stranger, updated_after=since) == [number]
    assert len(numbers(stranger)) == 2


PLACES: list[tuple[dict[str, str], str]] = [
    ({"lat": ""}, "lat"), ({"long": ""}, "long"), ({"lat": "", "long": ""}, "address_string"), ({"lat": "91"}, "lat"),
    ({"long": "-181"}, "long"), ({"lat": "nan"}, "lat"), ({"lat": "1e999"}, "lat"), ({"lat": "٣"}, "lat"),
    ({"lat": "22,5"}, "lat")]


@pytest.mark.parametrize(("facts", "field"), PLACES)
def test_a_place_is_needed_whole(app: App, facts: dict[str, str], field: str) -> None:
    for one in (app, app.in_xml()):
        assert field in refused(one.post("requests", manhole(**facts)), 400)
    assert stored() == 0


def test_words_or_a_code_stand_for_a_place(town: Town, app: App) -> None:
    words = app.sent(lat="", long="", address_string="南塘社区学府路")
    code = app.sent(lat="", long="", address_id="DZ-77", description="另一个")
    assert app.own(words)["lat"] is None
    assert app.own(code)["address_id"] == "DZ-77"
    town.jobs()


REFUSED: list[tuple[dict[str, str], int, str]] = [
    ({"service_code": ""}, 400, "service_code"), ({"description": "长" * 4001}, 400, "description"),
    ({"media_url": "javascript:alert(1)"}, 400, "media_url"), ({"media_url": "http://["}, 400, "media_url"),
    ({"media_url": "/etc/passwd"}, 400, "media_url"), ({"phone": "1" * 33}, 400, "phone"),
    ({"address_string": "x" * 301}, 400, "address_string")]


@pytest.mark.parametrize(("facts", "status", "word"), REFUSED)
def test_what_cannot_be_taken_is_refused_by_name(app: App, facts: dict[str, str], status: int, word: str) -> None:
    for one in (app, app.in_xml()):
        assert word in refused(one.post("requests", manhole(**facts)), status)
    assert stored() == 0


def test_the_longest_description_is_taken_whole(app: App) -> None:
    text = "井" * 4000
    assert app.own(app.sent(description=text))["description"] == text


def test_a_report_counts_with_the_neighbours_of_other_doors(town: Town, app: App) -> None:
    ok(town.li.post("/api/v1/pda/reports", pda_report()))
    number = app.sent()
    town.jobs()
    case = town.case_of(number)
    assert case["report_count"] == 2
    board: dict[str, Any] = ok(town.leader.get("/api/v1/board"))
    assert board["reports"]["by_channel"]["open311"] == 1


def test_news_go_to_the_phone_without_the_words(town: Town, app: App) -> None:
    app.sent(phone="13800138000")
    town.jobs()
    report = the_report()
    with reading() as db:
        told = [one.text for one in messages.told(db, report) if one.via is Via.SMS]
    assert told
    assert "上水井盖" in " ".join(told)
    assert "很危险" not in " ".join(told)
