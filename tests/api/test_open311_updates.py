"""News of an app's own requests, both ways; and how apps come by their keys."""
import pytest
from sqlalchemy import select

from api import app as application
from api.limits import limiter
from casework.exchange.open311_updates import Taken
from casework.identity.privacy import Access
from casework.settings import Settings
from casework.storage.database import reading
from tests.api.geoclient import App, app_of, good, manhole, refused
from tests.api.test_health import free_port
from tests.api.town import Town, ok, pda_report, problem, stored
from tests.conftest import SetClock


@pytest.fixture
def app(town: Town) -> App:
    return app_of(town)


def heard(app: App, **query: str) -> list[dict[str, str]]:
    return list(good(app.get("servicerequestupdates", api_key=app.key, **query)))


def said(number: str, **facts: str) -> dict[str, str]:
    return {"service_request_id": number, "update_id": "u-1", "status": "OPEN", "description": "水还在流",
            "updated_datetime": "2026-03-02T10:00:00+08:00"} | facts


def comments(town: Town, case: str) -> list[str]:
    return [one["text"] for one in ok(town.dispatcher.get(f"/api/v1/cases/{case}/comments"))["items"]]


def test_an_app_hears_what_happens_to_its_own_requests_and_of_no_others(town: Town, app: App, time: SetClock) -> None:
    number = app.sent()
    ok(town.li.post("/api/v1/pda/reports", pda_report(category="10102", text="污水井盖")))
    town.jobs()
    case = town.case_of(number)["number"]
    time.passes(hours=1)
    town.closed(case)
    for one in (app, app.in_xml()):
        told = heard(one)
        assert {line["service_request_id"] for line in told} == {number}
        assert [line["status"] for line in told] == ["OPEN", "OPEN", "ACTION_SCHEDULED", "IN_PROGRESS", "IN_PROGRESS", "CLOSED"]
        assert [line["description"] for line in told[-2:]] == ["反馈：已处理", "核查通过"]
        assert told[-1]["external_status_code"] == "closed"
        assert len({line["update_id"] for line in told}) == 6
    assert len(heard(app, start_date="2026-03-02T10:30:00+08:00", end_date="2026-03-02T12:00:00+08:00")) == 3
    assert heard(app, end_date="2026-03-01T00:00:00Z") == []
    assert "90 days" in refused(app.get("servicerequestupdates", api_key=app.key, start_date="2026-01-01",
                                        end_date="2026-06-01"), 400)
    assert heard(app_of(town, "别的应用")) == []


def test_what_the_department_says_to_the_reporter_is_heard(town: Town, app: App) -> None:
    number = app.sent()
    town.jobs()
    case = town.case_of(number)["number"]
    ok(town.water_handler.post(f"/api/v1/cases/{case}/comments", {"text": "明早更换", "visibility": "public"}), 201)
    ok(town.water_handler.post(f"/api/v1/cases/{case}/comments", {"text": "内部话", "visibility": "internal"}), 201)
    words = [line["description"] for line in heard(app)]
    assert "明早更换" in words
    assert "内部话" not in words


def test_what_people_say_there_stands_here_once(town: Town, app: App) -> None:
    number = app.sent()
    refused(app.post("servicerequestupdates", said(number)), 400)  # nobody has looked at it yet: the app tries again
    town.jobs()
    case = town.case_of(number)["number"]
    for one in (app, app.in_xml(), app):
        (made,) = good(one.post("servicerequestupdates", said(number)))
        assert made["update_id"]
    assert good(app.post_parts("servicerequestupdates", said(number))) == [made]
    assert comments(town, case) == ["水还在流"]
    good(app.post("servicerequestupdates", said(number, update_id="u-2", status="FIXED", description="")))
    assert comments(town, case) == ["上报人表示已经修好", "水还在流"]
    assert [line["description"] for line in heard(app) if "水" in line["description"]] == []  # its own words are no news to it


def test_a_closed_request_is_opened_again(town: Town, app: App) -> None:
    number = app.sent()
    town.jobs()
    case = town.case_of(number)["number"]
    town.closed(case)
    again = said(number, status="reopen", description="又坏了")
    for _ in range(2):
        good(app.post("servicerequestupdates", again))
    assert app.own(number)["status"] == "open"
    history = ok(town.supervisor.get(f"/api/v1/cases/{case}"))["history"]
    assert [line["action"] for line in history].count("reopen") == 1


def test_nobody_speaks_about_what_others_sent(town: Town, app: App) -> None:
    number = app.sent()
    town.jobs()
    other = app_of(town, "别的应用")
    for target in (number, "ZW260302-00000-00000", "no number", "\U0001f4a9"):
        refused(other.post("servicerequestupdates", said(target)), 404)
    for field in ("service_request_id", "update_id", "status"):
        assert field in refused(app.post("servicerequestupdates", said(number, **{field: ""})), 400)
    second = app.sent(description="另一个", service_code="10105")
    town.jobs()
    good(app.post("servicerequestupdates", said(number)))
    assert "before" in refused(app.post("servicerequestupdates", said(second)), 400)
    assert stored(Taken) == 1


def test_who_asks_for_a_key_gets_one_that_works_once_it_is_approved(town: Town) -> None:
    asked = ok(town.stranger.post("/api/v1/open311/applications", {"name": "新应用", "contact": "me@example.org"}), 201)
    app = App(town.app, asked["api_key"])
    refused(app.post("requests", manhole()), 403)
    key = f"/api/v1/open311/keys/{asked['id']}"
    problem(town.dispatcher.post(f"{key}/approve", {}), 403)
    problem(town.stranger.post(f"{key}/approve", {}), 401)
    ok(town.administrator.post(f"{key}/approve", {"per_minute": 7}))
    assert app.sent()
    (listed,) = ok(town.administrator.get("/api/v1/open311/keys"))["items"]
    assert (listed["name"], listed["per_minute"]) == ("新应用", 7)
    assert not {"api_key", "contact", "key_hash"} & set(listed)
    ok(town.administrator.post(f"{key}/revoke"))
    refused(app.post("requests", manhole()), 403)
    problem(town.administrator.post(f"{key}/approve", {}), 409)


def test_whom_to_write_to_is_sealed_and_a_look_is_written_down(town: Town) -> None:
    made = ok(town.administrator.post("/api/v1/open311/keys", {"name": "应用", "contact": "me@example.org"}), 201)
    path = f"/api/v1/open311/keys/{made['id']}/contact"
    problem(town.supervisor.post(path, {"reason": "好奇"}), 403)
    assert ok(town.administrator.post(path, {"reason": "刷屏"})) == {"contact": "me@example.org"}
    with reading() as db:
        look = db.scalars(select(Access)).one()
    assert (look.subject_kind, look.field, look.reason) == ("api_key", "contact", "刷屏")
    problem(town.administrator.post(path.replace(made["id"], "018f3c1e-7b5a-7c2d-9e4f-0123456789ab"), {"reason": "x"}), 404)


def test_a_key_sends_no_more_than_it_may(
        config: Settings, sqlite: str, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    object.__setattr__(config, "redis_url", f"redis://127.0.0.1:{free_port()}/0")
    monkeypatch.setattr(limiter, "enabled", True)
    town = Town.built(application.create_app(config, testing=True))
    slow, quick = app_of(town, "慢", per_minute=2), app_of(town, "快", per_minute=50)
    for n in range(2):
        slow.sent(description=f"第{n}个")
    answer = slow.in_xml().post("requests", manhole())
    refused(answer, 429)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert quick.sent()
