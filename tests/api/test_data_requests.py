"""What a person asks for: a copy of what we hold, or to be forgotten, without breaking cases and figures."""
import uuid
import zipfile
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import orjson
import pytest
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.auth import tracking_credential
from casework import settings
from casework.cases import proof
from casework.cases.case import Case
from casework.cases.report import Channel, Report
from casework.geography.coordinates import wgs84_to_gcj02
from casework.identity import followers, sessions
from casework.identity.privacy import Access
from casework.identity.sealing import blind_index
from casework.identity.sessions import MemorySender
from casework.intake.hotline import updates
from casework.notifications import senders
from casework.retention import carrying_out, persons
from casework.retention.requests import DataRequest, State
from casework.settings import Settings
from casework.sla.limits import Stage
from casework.sla.timers import Timer, TimerState
from casework.storage import blobs
from casework.storage.database import reading, transaction
from tests.api.forgotten import traces
from tests.api.geoclient import app_of
from tests.api.town import Caller, Json, Town, citizen_report, ok, point, problem, stored, ticket
from tests.conftest import SetClock
from tests.factories import at_grid, said
from tests.wechat import User, with_account
from workers import forgetting, retention

DATA = "/api/v1/citizen/data"
ADMIN = "/api/v1/admin/data-requests"
REPORTS = "/api/v1/citizen/reports"
NAME, PHONE = "欧阳铁蛋", "13812345678"
CALLER, CALLED_FROM = "诸葛大力", "0755-26001234"
MAIL, OPENID = "tiedan@example.org", "oTheOpenIdOfOuyangTieDan"


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> MemorySender:
    made = MemorySender()
    monkeypatch.setattr(senders, "texts", lambda: made)
    return made


def code(town: Town, texts: MemorySender, time: SetClock, phone: str = PHONE) -> str:
    time.passes(minutes=5)
    texts.sent.clear()
    assert town.stranger.post("/api/v1/sessions/phone/code", {"phone": phone}).status_code == 204
    return texts.sent[-1][1].split("验证码 ")[1][:6]


def proved(town: Town, texts: MemorySender, time: SetClock) -> Caller:
    """The citizen who holds the phone, logged in now: an access token lives a quarter of an hour."""
    body = {"phone": PHONE, "code": code(town, texts, time)}
    tokens = ok(town.stranger.post("/api/v1/sessions/phone", body), 201)
    return Caller(town.app, {"Authorization": f"Bearer {tokens['access']}"})


def signed_photo(colour: str) -> tuple[BytesIO, str]:
    """A photo in which the camera wrote whose it is."""
    exif, kept = Image.Exif(), BytesIO()
    exif[0x013B] = f"{NAME} {PHONE}".encode()
    Image.new("RGB", (64, 48), colour).save(kept, "JPEG", exif=exif)
    return BytesIO(kept.getvalue()), "a.jpg"


def figures(town: Town, time: SetClock, day: datetime) -> list[Any]:
    """All that the city counts of this day, asked on that day."""
    today, time.moment = time.moment, day
    town.known.clear()
    try:
        return [ok(town.leader.get(f"/api/v1/performance/{one}")) for one in ("channels", "departments")] + _counts()
    finally:
        time.moment = today
        town.known.clear()


def _counts() -> list[Any]:
    """Cases and reporters as they are counted from the tables: distinct reporters of each case among them."""
    with reading() as db:
        voices = (select(Case.number, Case.status, Case.report_count, Case.overdue, Case.history_length,
                         func.count(func.distinct(Report.reporter_phone_index)), func.count(Report.rating))
                  .join(Report, Report.case_id == Case.id).group_by(Case.id).order_by(Case.number))
        return [tuple(row) for row in db.execute(voices)]


def tracked(town: Town, receipt: Json, action: str, **body: Any) -> Json:
    return ok(town.citizen(receipt).post(f"{REPORTS}/{receipt['number']}/{action}", body))


def lived_in(town: Town, me: Caller, time: SetClock, config: Settings) -> dict[str, Json]:
    """A town in which one person has reported by every door, said who he is wherever one can, and others did too."""
    photo = ok(town.stranger.post("/api/v1/citizen/photos", files={"photo": signed_photo("green")}), 201)
    first = ok(me.post(REPORTS, citizen_report(
        text=f"我是{NAME}，电话138-1234-5678，井盖没了", name=NAME, address=f"北坡社区{NAME}家门口", photos=[photo])), 201)
    time.passes(minutes=1)  # questions are for whoever reported first
    neighbour = ok(town.stranger.post(REPORTS, citizen_report(
        place=point(0, 5), text="隔壁欧阳铁蛋也报了", name="司马光", phone="13900139000")), 201)
    town.jobs()
    case = town.case_of(first["number"])["number"]
    town.act(town.triage, case, "file", category="10101")
    town.act(town.triage, town.case_of(neighbour["number"])["number"], "merge", into=case, reason=f"{NAME}说是同一个")
    town.jobs()
    tracked(town, first, "urge", reason=f"我{NAME}等了三天了，打{PHONE}")
    tracked(town, first, "comments", text=f"水还在流，{PHONE}")
    handler = town.water_handler
    town.act(handler, case, "sign")
    town.act(handler, case, "ask", question=f"{NAME}您好，是哪一栋？")
    town.jobs()
    tracked(town, first, "answered", reply=f"3栋，找{NAME}")
    town.jobs()
    platform = town.platform()
    called = ok(platform.post("/api/v1/hotline/tickets", {"tickets": [ticket(
        number="T-1", caller_name=CALLER, caller_phone=CALLED_FROM, detail=f"{CALLER}来电，停水，回{CALLED_FROM}")]}))
    corrected = said(channel=Channel.HOTLINE, key="T-1", text=f"{CALLER}又来电，07552600 1234", reporter_name=CALLER,
                     reporter_phone=CALLED_FROM, external_number="T-1")
    with transaction() as db:  # as an import finds a ticket that it knows
        updates.take(db, town.cast.operator, [(called["results"][0]["number"], corrected)])
    town.jobs()
    app = app_of(town)
    app.sent(first_name="铁蛋", last_name="欧阳", phone=PHONE, email=MAIL, device_id="device-of-tiedan",
             description=f"井盖坏了，联系{PHONE}", lat=str(point(1)["lat"]), long=str(point(1)["lon"]))
    settings.configure(with_account(config))
    user = User(town.app, openid=OPENID)
    user.says(f"我是{NAME}，路灯坏了")
    on_map = wgs84_to_gcj02(at_grid(3))
    user.stands_at(on_map.lon, on_map.lat, "北坡社区学府路12号")
    user.says("提交")
    town.jobs()
    town.prepare_photos()
    in_page = logged_in_wechat(town)
    ok(in_page.post(REPORTS, citizen_report(text=f"我是{NAME}，座椅坏了", place=point(0, 3))), 201)
    for follower, one in ((me, case), (in_page, case)):
        ok(follower.post("/api/v1/citizen/subscriptions", {"kind": "case", "what": one}), 201)
    ok(me.post("/api/v1/citizen/subscriptions", {"kind": "category", "what": "10101"}), 201)
    ok(town.operator.post(f"/api/v1/moderation/cases/{case}", {"decision": "publish", "words": f"{NAME}家门口井盖没了"}))
    for kind, value in (("phone", PHONE), ("openid", OPENID)):
        listed = ok(town.supervisor.post("/api/v1/admin/abuse", {
            "kind": kind, "value": value, "effect": "hold", "reason": "多次虚假上报"}), 201)
        ok(town.stranger.post("/api/v1/citizen/objections", {"entry": listed["id"], "words": f"我是{NAME}，冤枉"}), 204)
    ok(town.triage.post(f"/api/v1/cases/{case}/reports/{first['number']}/abuse", {"reason": f"{NAME}乱报"}))
    ok(me.post("/api/v1/citizen/preferences", {"lang": "en"}))
    return {"first": first, "neighbour": neighbour, "called": called}


def closed_and_rated(town: Town, first: Json) -> str:
    """The first case is put right and rated, and its second rating says who is not satisfied."""
    case = str(town.case_of(first["number"])["number"])
    handler = town.water_handler
    resolved = town.act(handler, case, "resolve", reply=f"{NAME}您好，已装好", photos=[town.photo(handler, "red")])
    inspector = next(getattr(town, name) for name in ("li", "wang", "zhao")
                     if str(getattr(town.cast, name).id) == resolved["inspector_id"])
    town.act(inspector, case, "pass", position=point(0), finding="已恢复", photos=[town.photo(inspector, "blue")])
    town.jobs()
    ok(town.citizen(first).post(f"{REPORTS}/{first['number']}/rating", {"score": 5, "comment": f"谢谢，{NAME}"}), 201)
    town.jobs()
    return case


def logged_in_wechat(town: Town) -> Caller:
    """The same person, who has a page of ours open there."""
    with transaction() as db:
        follower = db.scalars(select(followers.Follower)).one()
        return Caller(town.app, {"Authorization": f"Bearer {sessions.tokens.begin(db, follower_id=follower.id).access}"})


def in_wechat(town: Town) -> str:
    """What proves who it is there."""
    return logged_in_wechat(town).headers["Authorization"].removeprefix("Bearer ")


def ask_to_be_erased(town: Town, texts: MemorySender, time: SetClock, *, wechat: bool = False) -> Json:
    me = proved(town, texts, time)
    body = {"code": code(town, texts, time)} | ({"wechat": in_wechat(town)} if wechat else {})
    return ok(me.post(f"{DATA}/erase", body), 201)


WORDS = (NAME, CALLER, PHONE, "138-1234-5678", CALLED_FROM, "075526001234", "07552600 1234", MAIL, OPENID, "device-of-tiedan")


def test_everybody_is_erased_and_cases_and_figures_stay(town: Town, texts: MemorySender, time: SetClock,
                                                        config: Settings) -> None:
    lived = lived_in(town, proved(town, texts, time), time, config)
    case, asked_on = closed_and_rated(town, lived["first"]), time.moment
    before = figures(town, time, asked_on)
    words = (*WORDS, blind_index("phone", PHONE), blind_index("phone", CALLED_FROM))
    there = traces(*words)
    assert {"reports.text", "reports.reporter_name", "reports.reporter_phone", "reports.reporter_phone_index", "cases.title",
            "case_history.facts", "comments.text", "messages.text", "citizens.phone", "wechat_followers.openid",
            "hotline_ticket_updates.changed", "report_particulars.mail", "message_preferences.phone_index",
            "publications.words", "abuse_entries.shown", "abuse_entries.objection", "abusive_reports.reason",
            "sender_traces.value"} <= set(there)
    assert any(one.startswith("photos/") for one in there)

    assert ask_to_be_erased(town, texts, time, wechat=True)["state"] == "waiting"
    theirs = ok(town.operator.post(ADMIN, {"wish": "erase", "phone": CALLED_FROM, "reason": f"{CALLER}来电，已回拨核对"}), 201)
    ok(town.supervisor.post(f"{ADMIN}/{theirs['id']}/agree"))
    time.passes(days=8)
    retention.answer_ready_requests()
    time.passes(days=20)
    for forget in (forgetting.forget_events, forgetting.forget_expired, forgetting.forget_wechat_messages):
        forget()  # what is short-lived goes by itself

    assert traces(*words) == ["abuse_entries.value"], "who is refused or held stays so, by an index alone"
    for one in ok(town.supervisor.get("/api/v1/admin/abuse"))["items"]:
        ok(town.supervisor.post(f"/api/v1/admin/abuse/{one['id']}/end", {"reason": "期满"}))
    at, time.moment = time.moment, time.moment + timedelta(days=366)
    forgetting.forget_senders()
    assert traces(*words) == []
    time.moment = at
    with reading() as db:
        assert list(proof.broken(db)) == []
        assert {one.state for one in db.scalars(select(DataRequest))} == {State.DONE}
    assert figures(town, time, asked_on) == before
    now = ok(town.citizen(lived["first"]).get(f"{REPORTS}/{lived['first']['number']}"))
    assert (now["case"], now["status"], now["text"]) == (case, "closed", "我是•••，电话•••，井盖没了")
    other = ok(town.citizen(lived["neighbour"]).get(f"{REPORTS}/{lived['neighbour']['number']}"))
    assert other["case"] == case
    with reading() as db:
        neighbour = db.scalars(select(Report).where(Report.number == lived["neighbour"]["number"])).one()
        assert neighbour.reporter_phone is not None
        assert neighbour.reporter_phone.open() == "13900139000"


def test_a_copy_has_all_and_is_gone_after_a_week(town: Town, texts: MemorySender, time: SetClock, config: Settings) -> None:
    lived = lived_in(town, proved(town, texts, time), time, config)
    me = proved(town, texts, time)
    body = {"wechat": in_wechat(town)}
    made = ok(me.post(f"{DATA}/export", body), 201)
    assert ok(me.post(f"{DATA}/export", body), 201)["id"] == made["id"]  # asked twice is asked once
    town.jobs()
    (mine,) = ok(me.get(DATA))["items"]
    assert (mine["state"], mine["reports"]) == ("done", 4)
    assert [key for key in blobs.keys_under("exports") if NAME.encode() in blobs.get(key) or blobs.get(key)[:2] == b"PK"] == []
    answer = town.stranger.get(mine["copy"])
    assert (answer.status_code, answer.content_type) == (200, "application/zip")
    with zipfile.ZipFile(BytesIO(answer.data)) as archive:
        reports, account = (orjson.loads(archive.read(f"{name}.json")) for name in ("reports", "account"))
        page = archive.read("说明 README.txt").decode()
        first = next(one for one in reports if one["number"] == lived["first"]["number"])
        (photo,) = first["photos"]
        assert NAME.encode() in archive.read(photo)  # the file as it was sent
    assert "您的上报" in page
    assert "What you reported" in page
    assert (first["reporter_name"], first["reporter_phone"], first["case"]["status"]) == (NAME, PHONE, "handling")
    assert [one["words"] for one in first["comments"] if one["mine"]] == [f"水还在流，{PHONE}"]
    assert first["messages"]
    assert {one["channel"] for one in reports} == {"citizen", "open311", "wechat"}
    assert account["wechat_followers"][0]["openid"] == OPENID
    assert account["message_preferences"][0]["language"] == "en"
    assert sorted(one["category_code"] or "" for one in account["follows"]) == ["", "", "10101"]
    assert "司马光" not in answer.data.decode("latin-1") + orjson.dumps(reports).decode()
    problem(town.stranger.get(mine["copy"].replace("signature=", "signature=x")), 404)
    time.passes(days=8)
    problem(town.stranger.get(mine["copy"]), 410)
    carrying_out.carry_out()
    assert list(blobs.keys_under("exports")) == []
    with reading() as db:
        assert db.scalars(select(DataRequest.phone)).one() is None


def test_who_is_erased_leaves_open_cases_that_go_on(town: Town, texts: MemorySender, time: SetClock) -> None:
    me = proved(town, texts, time)
    receipt = ok(me.post(REPORTS, citizen_report(text="小区停水", name=NAME)), 201)
    town.jobs()
    case = str(town.case_of(receipt["number"])["number"])
    town.act(town.triage, case, "file", category="301")
    town.jobs()
    town.act(town.office_handler, case, "sign")
    with reading() as db:
        due = db.scalars(select(Timer).where(Timer.stage == Stage.CONTACT)).one()
        assert due.state is TimerState.RUNNING
    ask_to_be_erased(town, texts, time)
    time.passes(days=8)
    retention.answer_ready_requests()
    with reading() as db:
        due = db.scalars(select(Timer).where(Timer.stage == Stage.CONTACT)).one()
        assert due.state is TimerState.STOPPED
        assert not due.overdue
        assert list(proof.broken(db)) == []
    ok(town.citizen(receipt).post(f"{REPORTS}/{receipt['number']}/urge", {"reason": "还没有水"}))
    town.jobs()  # whoever is told now is told on the page: there is no phone
    assert ok(town.citizen(receipt).get(f"{REPORTS}/{receipt['number']}"))["status"] == "handling"
    assert not [phone for phone, text in texts.sent if phone == PHONE and "验证码" not in text]


def test_an_erasure_waits_and_can_be_withdrawn(town: Town, texts: MemorySender, time: SetClock) -> None:
    me = proved(town, texts, time)
    receipt = ok(me.post(REPORTS, citizen_report(name=NAME)), 201)
    made = ask_to_be_erased(town, texts, time)
    problem(town.supervisor.post(f"{ADMIN}/{made['id']}/refuse", {"ruling": "不必"}), 404)  # nobody's but his
    time.passes(days=6)
    retention.answer_ready_requests()
    me = proved(town, texts, time)
    assert ok(me.get(DATA))["items"][0]["state"] == "waiting"
    problem(town.citizen(receipt).post(f"{DATA}/{made['id']}/withdraw"), 404)
    assert ok(me.post(f"{DATA}/{made['id']}/withdraw"))["state"] == "withdrawn"
    problem(me.post(f"{DATA}/{made['id']}/withdraw"), 409)
    time.passes(days=30)
    retention.answer_ready_requests()
    with reading() as db:
        assert db.scalars(select(Report.reporter_name)).one() is not None


def dies_at_the(go: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that forgets is killed before it has forgotten in so many cases."""
    erase, calls = persons.erase_some, []

    def dies(db: Session, person: persons.Person) -> list[uuid.UUID]:
        calls.append(person)
        if len(calls) == go:
            raise SystemExit
        return erase(db, person)
    with monkeypatch.context() as patch:
        patch.setattr(persons, "BATCH", 1)
        patch.setattr(persons, "erase_some", dies)
        with pytest.raises(SystemExit):
            retention.answer_ready_requests()


def test_an_erasure_that_dies_half_way_is_finished_by_the_next_run(town: Town, texts: MemorySender, time: SetClock,
                                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    me = proved(town, texts, time)
    for grid in (0, 1, 3):
        ok(me.post(REPORTS, citizen_report(name=NAME, text=f"{NAME}报", place=point(grid))), 201)
    town.jobs()
    ask_to_be_erased(town, texts, time)
    time.passes(days=8)
    dies_at_the(3, monkeypatch)
    assert traces(NAME) != []
    retention.answer_ready_requests()
    time.passes(days=1)
    forgetting.forget_expired()
    assert traces(NAME, PHONE, blind_index("phone", PHONE)) == []
    with reading() as db:
        done = db.scalars(select(DataRequest)).one()
        assert (done.state, done.reports) == (State.DONE, 3)


def test_an_erasure_that_dies_half_way_still_knows_whom_it_forgets(town: Town, texts: MemorySender, time: SetClock,
                                                                  config: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    me = proved(town, texts, time)
    settings.configure(with_account(config))
    user = User(town.app, openid=OPENID)
    for grid in (0, 1):
        user.says(f"{NAME}报，路灯坏了")
        on_map = wgs84_to_gcj02(at_grid(grid))
        user.stands_at(on_map.lon, on_map.lat)
        user.says("提交")
        town.jobs()
    ok(me.post(REPORTS, citizen_report(name=NAME, text="井盖没了", place=point(3))), 201)
    town.jobs()
    ask_to_be_erased(town, texts, time, wechat=True)
    time.passes(days=8)
    dies_at_the(3, monkeypatch)  # when the reports by which name and openid are found are forgotten already
    assert traces(OPENID) != []
    retention.answer_ready_requests()
    time.passes(days=1)
    forgetting.forget_expired()
    forgetting.forget_wechat_messages()
    assert traces(NAME, PHONE, OPENID, followers.index_of(OPENID)) == []


def test_only_who_holds_the_phone_asks(town: Town, texts: MemorySender, time: SetClock) -> None:
    receipt = ok(town.stranger.post(REPORTS, citizen_report(phone=PHONE)), 201)
    for caller in (town.stranger, town.citizen(receipt)):
        problem(caller.post(f"{DATA}/export", {}), 403)
        problem(caller.get(DATA), 403)
        problem(caller.post(f"{DATA}/erase", {"code": "123456"}), 403)
    me = proved(town, texts, time)
    problem(me.post(f"{DATA}/erase", {"code": "000000"}), 401)
    problem(me.post(f"{DATA}/export", {"tokens": ["0" * 32 + ".made-up"]}), 401)
    problem(town.dispatcher.post(f"{DATA}/export", {}), 403)
    assert stored(DataRequest) == 0


def test_a_token_that_was_passed_on_tells_and_forgets_nobody_else(town: Town, texts: MemorySender, time: SetClock,
                                                                  config: Settings) -> None:
    theirs = ok(town.stranger.post(REPORTS, citizen_report(phone="13900139000", name=CALLER)), 201)
    nobodys = ok(town.stranger.post(REPORTS, citizen_report(place=point(1))), 201)
    settings.configure(with_account(config))
    user = User(town.app, openid=OPENID)
    user.says("路灯坏了")
    user.stands_at(114.06, 22.54)
    user.says("提交")
    with reading() as db:
        chat = tracking_credential(db.scalars(select(Report.id).where(Report.channel == Channel.WECHAT)).one())
    me = proved(town, texts, time)
    assert set(problem(me.post(f"{DATA}/export", {"tokens": [theirs["token"]]}), 422)["fields"]) == {"tokens"}
    problem(me.post(f"{DATA}/export", {"wechat": chat}), 401)
    assert set(problem(me.post(f"{DATA}/export", {"wechat": me.headers["Authorization"].removeprefix("Bearer ")}),
                       422)["fields"]) == {"wechat"}
    ok(me.post(f"{DATA}/export", {"tokens": [nobodys["token"], chat]}), 201)
    town.jobs()
    (made,) = ok(me.get(DATA))["items"]
    assert made["reports"] == 2
    with zipfile.ZipFile(BytesIO(town.stranger.get(made["copy"]).data)) as archive:
        assert OPENID.encode() not in b"".join(archive.read(name) for name in archive.namelist())


def test_for_who_rang_up_two_people_ask(town: Town, time: SetClock) -> None:
    ok(town.platform().post("/api/v1/hotline/tickets", {"tickets": [ticket(caller_name=CALLER, caller_phone=CALLED_FROM)]}))
    body = {"wish": "export", "phone": CALLED_FROM, "reason": "来电要求副本，已回拨"}
    assert set(problem(town.operator.post(ADMIN, body | {"phone": "不详"}), 422)["fields"]) == {"phone"}
    problem(town.dispatcher.post(ADMIN, body), 403)
    made = ok(town.supervisor.post(ADMIN, body), 201)
    problem(town.supervisor.post(f"{ADMIN}/{made['id']}/agree"), 409)
    problem(town.operator.post(f"{ADMIN}/{made['id']}/agree"), 403)
    town.jobs()
    assert ok(town.operator.get(ADMIN))["items"][0]["state"] == "agreeing"
    time.passes(days=16)
    assert ok(town.operator.get(ADMIN))["items"][0]["overdue"]
    ok(town.administrator.post(f"{ADMIN}/{made['id']}/agree"))
    town.jobs()
    assert ok(town.operator.get(ADMIN))["items"] == []
    (done,) = ok(town.operator.get(ADMIN, all="true"))["items"]
    assert (done["state"], done["copy"], done["reports"]) == ("done", None, 1)
    problem(town.operator.post(f"{ADMIN}/{made['id']}/copy"), 403)
    handed = ok(town.supervisor.post(f"{ADMIN}/{made['id']}/copy"))
    assert town.stranger.get(handed["copy"]).status_code == 200
    with reading() as db:
        looks = db.scalars(select(Access.field).order_by(Access.at, Access.id)).all()
    assert sorted(looks) == ["copy", "export", "export"]
    refused = ok(town.operator.post(ADMIN, body | {"wish": "erase"}), 201)
    assert ok(town.supervisor.post(f"{ADMIN}/{refused['id']}/refuse", {"ruling": "回拨无人认可"}))["state"] == "refused"
    problem(town.administrator.post(f"{ADMIN}/{refused['id']}/agree"), 409)
    taken_back = ok(town.operator.post(ADMIN, body | {"wish": "erase"}), 201)
    ok(town.supervisor.post(f"{ADMIN}/{taken_back['id']}/agree"))
    ok(town.supervisor.post(f"{ADMIN}/{taken_back['id']}/refuse", {"ruling": "本人来电撤回"}))
    time.passes(days=30)
    retention.answer_ready_requests()
    with reading() as db:
        assert db.scalars(select(Report.reporter_phone)).one() is not None


def test_rules_and_record_are_shown_to_who_oversees(town: Town) -> None:
    problem(town.operator.get("/api/v1/admin/retention/rules"), 403)
    rules = ok(town.supervisor.get("/api/v1/admin/retention/rules"))["items"]
    assert rules[0] == {"name": "contacts_closed", "zh": "已结案案件的上报人", "en": "who reported cases that are closed",
                        "days": 365}
    with transaction() as db:
        for count in (1, 2, 3):
            carrying_out.note(db, "messages", count, 365)
    page = ok(town.supervisor.get("/api/v1/admin/retention/runs", limit=2))
    more = ok(town.supervisor.get("/api/v1/admin/retention/runs", cursor=page["next"]))
    assert sorted(one["count"] for one in page["items"] + more["items"]) == [1, 2, 3]
