"""Following over HTTP: with a phone, with a report's token, with a list of the browser's own, in WeChat; and ending it."""
from dataclasses import replace

import pytest
from sqlalchemy import select

from casework import settings
from casework.cases.subscribers import Follow, Subscriber, unsubscribe_token
from casework.identity.people import Citizen
from casework.identity.privacy import blind_index, seal
from casework.identity.sessions import tokens
from casework.notifications.messages import Message
from casework.settings import Settings
from casework.storage.database import reading, transaction
from tests.api.town import Caller, Json, Town, citizen_report, key, ok, point, problem
from tests.conftest import SetClock
from tests.storage.following import COMMUNITY
from tests.wechat import User, with_account

ADDRESS = "/api/v1/citizen/subscriptions"
PHONE = "13700000001"


@pytest.fixture
def number(town: Town) -> str:
    """A public case."""
    return a_public_case(town)


def a_public_case(town: Town, grid: int = 0, **facts: object) -> str:
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report(**({"place": point(grid)} | facts))), 201)
    town.jobs()
    case = str(town.case_of(receipt["number"])["number"])
    town.act(town.triage, case, "file", category="10102")
    town.jobs()
    return case


def with_phone(town: Town, phone: str = PHONE) -> Caller:
    with transaction() as db:
        made = Citizen(phone=seal(phone), phone_index=blind_index("phone", phone))
        db.add(made)
        db.flush()
        return Caller(town.app, {"Authorization": f"Bearer {tokens.begin(db, citizen_id=made.id).access}"})


def with_list(town: Town) -> Caller:
    return Caller(town.app, {"X-Subscription-List": key()})


def case(number: str, **more: str) -> Json:
    return {"kind": "case", "what": number} | more


def followed(caller: Caller) -> list[Json]:
    return list(ok(caller.get(ADDRESS))["items"])


def test_a_case_an_area_and_a_category_are_followed_listed_and_ended(town: Town, number: str) -> None:
    me = with_phone(town)
    one = ok(me.post(ADDRESS, case(number.lower())), 201)
    assert one | {"id": 0, "created_at": 0} == {
        "id": 0, "kind": "case", "what": number, "title": f"案件{number}", "area": None, "category": None,
        "rhythm": "at_once", "created_at": 0}
    two = ok(me.post(ADDRESS, {"kind": "area", "what": COMMUNITY, "category": "101"}), 201)
    assert (two["title"], two["rhythm"]) == ("小城市东山区河口街道南塘社区 · 公用设施", "daily")
    three = ok(me.post(ADDRESS, {"kind": "category", "what": "10105", "rhythm": "weekly"}), 201)
    assert followed(me) == [one, two, three]
    assert ok(me.post(ADDRESS, case(number)), 201) == one
    page = ok(me.get(ADDRESS, limit=2))
    assert (page["items"], ok(me.get(ADDRESS, cursor=page["next"]))["items"]) == ([one, two], [three])
    for _ in range(2):
        assert town.app.test_client().delete(f"{ADDRESS}/{two['id']}", headers=me.headers).status_code == 204
    assert followed(me) == [one, three]


def test_nobody_sees_or_ends_what_another_follows(town: Town, number: str) -> None:
    me, other = with_phone(town), with_phone(town, "13700000002")
    mine = ok(me.post(ADDRESS, case(number)), 201)
    assert followed(other) == []
    assert town.app.test_client().delete(f"{ADDRESS}/{mine['id']}", headers=other.headers).status_code == 204
    assert followed(me) == [mine]


def test_without_a_contact_the_news_are_read_on_the_page(town: Town, number: str, time: SetClock) -> None:
    me = with_list(town)
    ok(me.post(ADDRESS, {"kind": "area", "what": COMMUNITY}), 201)
    ok(me.post(ADDRESS, case(number)), 201)
    time.passes(minutes=5)
    other = a_public_case(town, 1, text="污水井盖破了")
    a_public_case(town, 2, text="北坡的井盖")
    news = ok(me.get(f"{ADDRESS}/news"))["items"]
    assert [one["number"] for one in news] == [other, number]
    assert set(news[0]) == {"at", "number", "status", "stands", "category", "community", "square", "department", "opened_at",
                            "closed_at", "report_count", "words"}
    assert (news[0]["department"], news[0]["words"], "污水井盖破了" in str(news)) == ("水务局", None, False)
    time.passes(minutes=5)
    town.act(town.water_handler, number, "sign")
    town.jobs()
    first = ok(me.get(f"{ADDRESS}/news", limit=1, lang="en"))
    assert [(one["number"], one["stands"]) for one in first["items"]] == [(number, "the department is working on it")]
    rest = ok(me.get(f"{ADDRESS}/news", limit=1, cursor=first["next"]))
    assert ([one["number"] for one in rest["items"]], rest["next"]) == ([other], None)
    with reading() as db:
        row = db.scalars(select(Subscriber)).one()
        assert me.headers["X-Subscription-List"] not in str(vars(row))
    assert ok(with_list(town).get(f"{ADDRESS}/news"))["items"] == []


def test_a_tracking_token_follows_for_its_own_page(town: Town, number: str) -> None:
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report(phone=PHONE, place=point(3))), 201)
    me = town.citizen(receipt)
    assert ok(me.post(ADDRESS, case(receipt["number"])), 201)["what"] == receipt["number"]
    assert ok(me.post(ADDRESS, case(number)), 201)["what"] == number
    assert [one["number"] for one in ok(me.get(f"{ADDRESS}/news"))["items"]] == [number]
    problem(town.citizen(ok(town.stranger.post("/api/v1/citizen/reports", citizen_report(place=point(2))), 201)).post(
        ADDRESS, case(receipt["number"])), 404)


def test_who_shows_nothing_or_nonsense_is_told_what_to_show(town: Town, number: str) -> None:
    for answer in (town.stranger.post(ADDRESS, case(number)), town.stranger.get(ADDRESS), town.stranger.get(f"{ADDRESS}/news")):
        assert "list" in problem(answer, 409)["detail"]
    for wrong in ("1", "'; drop table", "0" * 40):
        me = Caller(town.app, {"X-Subscription-List": wrong})
        assert set(problem(me.post(ADDRESS, case(number)), 422)["fields"]) == {"X-Subscription-List"}
    problem(town.triage.post(ADDRESS, case(number)), 403)


@pytest.mark.parametrize(("body", "field"), [
    ({"kind": "street", "what": "1"}, "kind"), ({"kind": "case"}, "what"), ({"kind": "case", "what": "1; 2"}, "what"),
    ({"kind": "area", "what": COMMUNITY, "area": COMMUNITY}, "area"),
    ({"kind": "case", "what": "AJ-1", "category": "1"}, "category"),
    ({"kind": "area", "what": "南塘"}, "what"), ({"kind": "category", "what": "301"}, "what"),
    ({"kind": "area", "what": COMMUNITY, "rhythm": "at_once"}, "rhythm"), ({"kind": "area", "what": COMMUNITY, "x": 1}, "x")])
def test_what_cannot_be_is_refused_with_the_field(town: Town, body: Json, field: str) -> None:
    assert set(problem(with_list(town).post(ADDRESS, body), 422)["fields"]) == {field}


def test_a_case_that_is_not_public_is_unknown(town: Town) -> None:
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report()), 201)
    town.jobs()
    hidden = town.case_of(receipt["number"])["number"]
    for number in (hidden, receipt["number"], "AJ260302-AAAAA-AAAAA"):
        assert number in problem(with_list(town).post(ADDRESS, case(number)), 404)["detail"]


def test_the_link_of_a_message_shows_a_button_and_only_the_button_ends_it(town: Town, number: str, config: Settings) -> None:
    me, web = with_phone(town), town.app.test_client()
    mine = [ok(me.post(ADDRESS, case(number)), 201), ok(me.post(ADDRESS, {"kind": "area", "what": COMMUNITY}), 201)]
    with reading() as db:
        address = f"/unsubscribe/{unsubscribe_token(db.scalars(select(Subscriber.id)).one())}"
    for _ in range(3):
        page = web.get(address)
        assert (page.status_code, page.headers["X-Robots-Tag"]) == (200, "noindex")
        assert all(one["title"] in page.text for one in mine)
        assert page.text.count("取消关注</button>") == 2
    assert "Unfollow everything" in web.get(address, query_string={"lang": "en"}).text
    assert followed(me) == mine
    ended = web.post(address, data={"what": mine[0]["id"]})
    assert (ended.status_code, ended.headers["Location"].startswith(address)) == (303, True)
    assert followed(me) == mine[1:]
    assert web.post(address, data={"what": "all"}).status_code == 303
    assert web.post(address, data={"what": "all"}).status_code == 303
    assert followed(me) == []
    assert "You follow nothing" in web.get(address, query_string={"lang": "en"}).text


def test_a_link_that_is_not_ours_leads_nowhere_and_nonsense_ends_nothing(town: Town, number: str) -> None:
    me, web = with_phone(town), town.app.test_client()
    mine = ok(me.post(ADDRESS, case(number)), 201)
    with reading() as db:
        token = unsubscribe_token(db.scalars(select(Subscriber.id)).one())
    for wrong in (token[:-1], token[:63] + ("0" if token[63] != "0" else "1"), "0" * 64, "x", f"{token}x"):
        assert web.get(f"/unsubscribe/{wrong}").status_code == 404
        assert web.post(f"/unsubscribe/{wrong}", data={"what": "all"}).status_code == 404
    for said in ({}, {"what": "everything"}, {"what": ""}):
        assert web.post(f"/unsubscribe/{token}", data=said).status_code == 404
    assert followed(me) == [mine]


def test_in_wechat_a_case_is_followed_by_its_number(town: Town, number: str, config: Settings) -> None:
    settings.configure(with_account(config))
    user = User(town.app)
    answer = user.heard(user.post(user.xml("text", Content=f"关注 {number}")))
    assert answer.startswith(f"已关注：案件{number}")
    with reading() as db:
        assert len(db.scalars(select(Follow)).all()) == 1
    assert "还缺" in user.heard(user.post(user.xml("text", Content="关注一下我们小区的路灯")))
    assert "已全部取消" in user.heard(user.post(user.xml("text", Content="退订")))
    with reading() as db:
        assert db.scalars(select(Follow)).all() == []


def test_the_same_message_of_wechat_follows_once(town: Town, number: str, config: Settings) -> None:
    settings.configure(with_account(config))
    user = User(town.app)
    xml = user.xml("text", Content=f"follow {number}")
    assert user.heard(user.post(xml)) == user.heard(user.post(xml))
    with reading() as db:
        assert len(db.scalars(select(Follow)).all()) == 1


def test_the_city_limits_how_much_one_follows(town: Town, config: Settings) -> None:
    settings.configure(replace(config, subscriptions=1))
    me = with_list(town)
    ok(me.post(ADDRESS, {"kind": "category", "what": "101"}), 201)
    assert "at most 1" in problem(me.post(ADDRESS, {"kind": "category", "what": "201"}), 409)["detail"]


def test_from_the_step_to_the_message_all_hangs_together(town: Town, number: str, time: SetClock) -> None:
    ok(with_phone(town).post(ADDRESS, case(number)), 201)
    time.passes(minutes=1)
    town.closed(number, ("red", "blue"))
    town.jobs()
    with reading() as db:
        (text,) = db.scalars(select(Message.text).where(Message.subscriber_id.is_not(None)))
        assert "经现场核查，案件已结案" in text
        assert "已处理" not in text
        assert db.scalars(select(Message.sent_at).where(Message.subscriber_id.is_not(None))).one() is not None
