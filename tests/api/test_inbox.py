"""The inbox over HTTP, how people want to be told, and what administrators see of what could not be sent."""
import uuid
from typing import Any

import pytest

from casework.notifications import delivery, senders
from casework.notifications.rules import Via
from casework.notifications.senders import HttpSmsSender
from tests.api.test_citizen import REPORTS, filed, progress
from tests.api.town import Json, Town, citizen_report, ok, problem
from tests.servers import KEY, SECRET, gateway

INBOX = "/api/v1/inbox"
LETTERS = "/api/v1/admin/messages"


def sent(town: Town, **facts: Any) -> Json:
    return ok(town.stranger.post(REPORTS, citizen_report(**facts)), 201)


def test_a_department_reads_what_is_for_it_until_it_has_read_it(town: Town) -> None:
    case = filed(town, sent(town))
    (message,) = ok(town.water_handler.get(INBOX))["items"]
    assert (message["case"], message["kind"], message["status"], message["read"]) == (case, "work", "dispatched", False)
    assert ok(town.water_handler.get(f"{INBOX}/unread")) == {"unread": 1}
    assert town.water_handler.post(f"{INBOX}/seen", {"until": message["at"]}).status_code == 204
    assert ok(town.water_handler.get(f"{INBOX}/unread")) == {"unread": 0}
    assert ok(town.water_handler.get(INBOX, unread="true"))["items"] == []
    assert ok(town.water_handler.get(INBOX))["items"][0]["read"] is True
    assert ok(town.water_head.get(f"{INBOX}/unread")) == {"unread": 1}
    assert ok(town.roads_handler.get(INBOX))["items"] == []


def test_it_is_for_people_who_work_here(town: Town) -> None:
    receipt = sent(town)
    problem(town.stranger.get(INBOX), 401)
    problem(town.citizen(receipt).get(INBOX), 403)
    problem(town.platform().post(f"{INBOX}/seen", {"until": "2026-03-02T10:00:00Z"}), 403)
    problem(town.li.post(f"{INBOX}/seen", {"until": "gestern"}), 422)
    problem(town.li.post(f"{INBOX}/seen", {}), 422)


def test_each_chooses_for_himself(town: Town) -> None:
    address = f"{INBOX}/preferences"
    assert ok(town.li.get(address)) == {"lang": "zh", "mail": None, "off": {}, "kinds": [
        "progress", "result", "question", "comment", "work", "ruling", "order", "followed", "care"]}
    now = ok(town.li.post(address, {"mail": "li@city.example", "lang": "en", "off": {"mail": ["comment"]}}))
    assert (now["mail"], now["lang"], now["off"]) == ("li@city.example", "en", {"mail": ["comment"]})
    assert ok(town.li.post(address, {"mail": ""}))["mail"] is None
    assert ok(town.li.get(address))["off"] == {"mail": ["comment"]}
    assert ok(town.wang.get(address))["lang"] == "zh"
    for body, field in (({"mail": "li"}, "mail"), ({"off": {"sms": []}}, "off.sms"), ({"off": {"mail": ["x"]}}, "off.mail"),
                        ({"lang": "fr"}, "lang"), ({"off": []}, "off")):
        assert field in problem(town.li.post(address, body), 422)["fields"]


def test_a_citizen_chooses_by_token_and_the_page_always_has_the_result(town: Town) -> None:
    receipt, address = sent(town, phone="13900139000"), "/api/v1/citizen/preferences"
    me = town.citizen(receipt)
    assert ok(me.get(address))["off"] == {}
    ok(me.post(address, {"lang": "en", "off": {"sms": ["progress", "result"]}}))
    assert set(problem(me.post(address, {"off": {"page": ["question"]}}), 422)["fields"]) == {"off.page"}
    problem(town.stranger.get(address), 409)
    assert ok(town.citizen(sent(town)).get(address))["off"] == {}
    problem(town.operator.get(address), 403)
    filed(town, receipt)
    with gateway() as city:
        assert delivery.send_waiting({Via.SMS: HttpSmsSender(city.url, KEY, SECRET)}) == {}
    news = progress(town, receipt)["news"]
    assert [one["words"].partition(": ")[2][:11] for one in news] == ["it is filed", "水务局 has it,"[:11]]


def test_what_the_gateway_refused_is_seen_masked_and_revived_by_administrators(
        town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = sent(town, phone="13900139000")
    with gateway(403) as city:
        sender = HttpSmsSender(city.url, KEY, SECRET)
        monkeypatch.setattr(senders, "texts", lambda: sender)
        town.jobs()
        town.act(town.triage, town.case_of(receipt["number"])["number"], "reject", reason="属私人场地")
        town.jobs()
        (dead,) = ok(town.administrator.get(LETTERS))["items"]
        assert (dead["to"], dead["fault"], dead["attempts"], dead["via"]) == ("139****9000", "HTTP 403", 1, "sms")
        assert "私人" not in str(dead)
        assert "13900139000" not in str(dead)
        assert ok(town.administrator.get(LETTERS, state="waiting"))["items"] == []
        assert town.administrator.post(f"{LETTERS}/{dead['id']}/revive").status_code == 204
        problem(town.administrator.post(f"{LETTERS}/{dead['id']}/revive"), 409)
        problem(town.administrator.post(f"{LETTERS}/{uuid.uuid4()}/revive"), 404)
        assert len(ok(town.administrator.get(LETTERS, state="waiting"))["items"]) == 1
        assert delivery.send_waiting({Via.SMS: sender}) == {"given_up": 1}
        assert ok(town.administrator.post(f"{LETTERS}/revive", {"fault": "HTTP 500"})) == {"revived": 0}
        assert ok(town.administrator.post(f"{LETTERS}/revive", {})) == {"revived": 1}
        city.answers = [200]
        assert delivery.send_waiting({Via.SMS: sender}) == {"sent": 1}
    for other in (town.supervisor, town.water_head):
        problem(other.get(LETTERS), 403)
