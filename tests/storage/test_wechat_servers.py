"""WeChat's servers: one token for the whole house, renewed once; files that come late, cut or not at all; people who refuse."""
import threading
from collections.abc import Iterator
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import select

from casework import clock, settings
from casework.exchange.wechat import client, pages, tokens
from casework.exchange.wechat.client import WechatError, WechatServer
from casework.exchange.wechat.news import WechatNews
from casework.exchange.wechat.tokens import Token
from casework.identity import followers
from casework.identity.followers import Follower
from casework.identity.sessions import NotTakenError
from casework.intake.wechat import pictures
from casework.intake.wechat.pictures import Picture
from casework.media import Photo
from casework.settings import Settings
from casework.storage.database import new_id, reading, transaction
from tests.conftest import SetClock
from tests.factories import a_photo
from tests.wechat import APP_ID, SECRET, Servers, servers, with_account
from workers import upkeep, wechat

OPENID = "oABC-def_1234567890abcdefghi"
TOKEN, CUSTOM = "/cgi-bin/token", "/cgi-bin/message/custom/send"
SUBSCRIBE, TEMPLATE = "/cgi-bin/message/subscribe/bizsend", "/cgi-bin/message/template/send"


@pytest.fixture
def city(config: Settings, store: str, time: SetClock) -> Iterator[Servers]:
    """WeChat's servers, and our account with them."""
    with servers() as made:
        settings.configure(with_account(config, url=made.url))
        yield made


@pytest.fixture
def server(city: Servers) -> WechatServer:
    found = client.server()
    assert found is not None
    return found


@pytest.fixture
def zhang(city: Servers) -> Follower:
    with transaction() as db:
        return followers.meet(db, APP_ID, OPENID)


def test_all_processes_share_one_token(city: Servers) -> None:
    processes = [WechatServer(city.url, APP_ID, SECRET) for _ in range(6)]
    city.sleep = 0.1
    threads = [threading.Thread(target=one.post, args=[CUSTOM, {"touser": "a"}]) for one in processes]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert city.asked == {TOKEN: 1, CUSTOM: 6}


def test_it_is_sealed_and_renewed_before_its_end(city: Servers, server: WechatServer, time: SetClock) -> None:
    server.post(CUSTOM, {})
    with reading() as db:
        token = db.scalars(select(Token)).one()
        assert token.value
        assert (str(token.value), token.value.open()) == ("•••", city.tokens[-1])
    time.passes(minutes=114)
    server.post(CUSTOM, {})
    assert city.asked[TOKEN] == 1
    time.passes(minutes=2)
    server.post(CUSTOM, {})
    assert city.asked[TOKEN] == 2


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_refused_token_is_renewed_once(city: Servers, server: WechatServer, code: int) -> None:
    city.faults[CUSTOM] = [code]
    assert server.post(CUSTOM, {})["errcode"] == 0
    assert city.asked == {TOKEN: 2, CUSTOM: 2}
    city.faults[CUSTOM] = [code, code]
    with pytest.raises(WechatError) as told:
        server.post(CUSTOM, {})
    assert told.value.code == code
    assert city.asked == {TOKEN: 3, CUSTOM: 4}


def test_who_still_has_a_refused_token_takes_the_one_that_another_has_fetched(city: Servers, server: WechatServer) -> None:
    server.post(CUSTOM, {})
    old = city.tokens[-1]
    city.expired.add(old)
    server.post(CUSTOM, {})
    assert tokens.current(APP_ID, tokens.Kind.ACCESS, lambda: pytest.fail("fetched"), instead_of=old) == city.tokens[-1]
    assert city.asked[TOKEN] == 2


def test_whoever_died_while_fetching_is_followed_by_another(city: Servers, server: WechatServer, time: SetClock,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "PATIENCE", 0.2)
    with transaction() as db:
        db.add(Token(account=APP_ID, kind=tokens.Kind.ACCESS, fetching_until=clock.now() + tokens.LEASE))
    with pytest.raises(tokens.Unavailable):
        server.post(CUSTOM, {})
    time.passes(seconds=16)
    server.post(CUSTOM, {})
    assert city.asked[TOKEN] == 1


def test_a_token_that_cannot_be_fetched_is_tried_again_at_once(city: Servers, server: WechatServer) -> None:
    city.faults[TOKEN] = [-1]
    with pytest.raises(WechatError) as told:
        server.post(CUSTOM, {})
    assert (told.value.code, told.value.away) == (-1, True)
    server.post(CUSTOM, {})


def test_no_words_of_an_error_hold_token_or_secret(config: Settings, store: str) -> None:
    with pytest.raises(WechatError) as told:
        WechatServer("http://127.0.0.1:1", APP_ID, SECRET).post(CUSTOM, {})
    assert told.value.away
    assert SECRET not in f"{told.value!r} {told.value.__cause__!r}"


def test_silence_is_not_waited_for_for_ever(city: Servers) -> None:
    city.sleep = 1
    with pytest.raises(WechatError) as told:
        WechatServer(city.url, APP_ID, SECRET, seconds=0.2).post(CUSTOM, {})
    assert told.value.away


def test_a_page_is_signed_as_the_documentation_does(city: Servers) -> None:
    ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
    assert pages.signature(ticket, "Wm3WZYTPz0wzccnW", 1414587457, "http://mp.weixin.qq.com?params=value#top") == \
        "0f9de62fce790f9a083d5c99e95740ceb90c27ed"
    first, second = pages.signed("https://city.example/snap"), pages.signed("https://city.example/snap")
    assert first.signature == pages.signature("a ticket", first.nonce, first.timestamp, "https://city.example/snap")
    assert first.nonce != second.nonce
    assert city.asked == {TOKEN: 1, "/cgi-bin/ticket/getticket": 1}


# --- photos ---

def a_picture(zhang: Follower, media_id: str = "m1") -> Picture:
    with transaction() as db:
        pictures.announced(db, zhang, new_id(), media_id)
        db.flush()
        return db.scalars(select(Picture).where(Picture.media_id == media_id)).one()


def now_is(picture: Picture) -> Picture:
    with reading() as db:
        return db.get_one(Picture, picture.id)


def test_a_photo_is_fetched_once_and_becomes_the_sender_s(city: Servers, zhang: Follower) -> None:
    city.files["m1"] = a_photo()
    one = a_picture(zhang)
    for _ in range(2):
        wechat.fetch_pictures([str(one.id)])
    assert city.asked["/cgi-bin/media/get"] == 1
    with reading() as db:
        photo = db.scalars(select(Photo)).one()
    assert now_is(one).photo_id == photo.id
    assert (photo.channel, now_is(one).state) == ("wechat", "fetched")


@pytest.mark.parametrize("fault", ["cut", "half", "busy"])
def test_a_photo_that_came_broken_is_fetched_again(city: Servers, zhang: Follower, time: SetClock, fault: str) -> None:
    city.files["m1"] = a_photo()
    if fault == "cut":
        city.cut["m1"] = 1
    elif fault == "half":
        city.files["m1"] = a_photo()[:300]
    else:
        city.faults["/cgi-bin/media/get"] = [-1]
    one = a_picture(zhang)
    wechat.fetch_pictures([str(one.id)])
    assert (now_is(one).state, now_is(one).attempts) == ("waiting", 1)
    city.files["m1"] = a_photo()
    wechat.fetch_pictures([str(one.id)])  # not yet
    assert now_is(one).attempts == 1
    time.passes(minutes=1)
    wechat.fetch_pictures([str(one.id)])
    assert now_is(one).state == "fetched"
    assert city.sent == []


def test_a_photo_that_is_no_more_is_told_to_its_sender(city: Servers, zhang: Follower) -> None:
    one = a_picture(zhang, "gone")
    wechat.fetch_pictures([str(one.id)])
    assert now_is(one).state == "lost"
    ((path, body),) = city.sent
    assert (path, body["touser"]) == (CUSTOM, OPENID)
    assert "重新发送" in body["text"]["content"]


def test_in_the_end_it_is_given_up_and_told_once(city: Servers, zhang: Follower, time: SetClock) -> None:
    city.files["m1"] = b"not a photo at all"
    one = a_picture(zhang)
    for _ in range(10):
        wechat.fetch_pictures([str(one.id)])
        time.passes(hours=24)
    assert now_is(one).state == "lost"
    assert len(city.sent) == 1


def test_what_is_too_large_is_not_read_to_its_end(city: Servers, server: WechatServer) -> None:
    city.files["m1"] = b"\0" * 3_000_000
    with pytest.raises(WechatError, match="too large"):
        server.file("m1", 1_000_000)


def test_the_schedule_looks_for_photos_of_which_no_worker_heard(city: Servers, zhang: Follower, time: SetClock) -> None:
    a_picture(zhang)
    with reading() as db:
        assert list(pictures.waiting(db, clock.now() - upkeep.STUCK, 10)) == []
    time.passes(minutes=2)
    with reading() as db:
        assert len(pictures.waiting(db, clock.now() - upkeep.STUCK, 10)) == 1


# --- news ---

def test_within_two_days_news_are_written_freely(city: Servers, server: WechatServer, zhang: Follower) -> None:
    WechatNews(server).send(OPENID, "您反映的“路灯”已派遣。" * 100, "k")
    ((path, body),) = city.sent
    assert path == CUSTOM
    assert len(body["text"]["content"].encode()) <= 2048
    assert body["text"]["content"].startswith("您反映的")


@pytest.mark.parametrize("way", [("wechat_subscription", SUBSCRIBE), ("wechat_template", TEMPLATE)])
@pytest.mark.usefixtures("zhang")
def test_later_by_template(city: Servers, config: Settings, time: SetClock, way: tuple[str, str]) -> None:
    setting, path = way
    settings.configure(with_account(config, url=city.url, **{setting: "T1"}))
    server = client.server()
    assert server
    city.faults[CUSTOM] = [45015]
    WechatNews(server).send(OPENID, "已派遣", "k")
    time.passes(hours=49)
    WechatNews(server).send(OPENID, "已结案", "k")
    assert [one for one, _ in city.sent] == [path, path]
    assert city.asked[CUSTOM] == 1
    assert city.sent[0][1]["template_id"] == "T1"
    assert "已派遣" in orjson.dumps(city.sent[0][1]).decode()


def test_later_without_a_template_nothing_is_sent(server: WechatServer, city: Servers, zhang: Follower, time: SetClock) -> None:
    time.passes(hours=49)
    with pytest.raises(NotTakenError) as told:
        WechatNews(server).send(OPENID, "已结案", "k")
    assert told.value.final
    with reading() as db:
        assert followers.reached(db, [zhang.id], by_template=False) == set()
        assert followers.reached(db, [zhang.id], by_template=True) == {zhang.id}


def test_who_refuses_is_remembered_until_he_writes_again(city: Servers, config: Settings, zhang: Follower,
                                                         time: SetClock) -> None:
    settings.configure(with_account(config, url=city.url, wechat_subscription="T1"))
    server = client.server()
    assert server
    time.passes(hours=49)
    city.faults[SUBSCRIBE] = [43101]
    with pytest.raises(NotTakenError) as told:
        WechatNews(server).send(OPENID, "已结案", "k")
    assert (told.value.final, OPENID in str(told.value)) == (True, False)
    with transaction() as db:
        assert followers.reached(db, [zhang.id], by_template=True) == set()
        followers.meet(db, APP_ID, OPENID).heard()
    with reading() as db:
        assert followers.reached(db, [zhang.id], by_template=False) == {zhang.id}


@pytest.mark.parametrize("told_of", [(40003, True, False), (45009, False, True), (47003, True, False), (1, False, False)])
@pytest.mark.usefixtures("zhang")
def test_each_errcode_says_whether_it_is_worth_another_try(city: Servers, server: WechatServer,
                                                           told_of: tuple[int, bool, bool]) -> None:
    code, final, away = told_of
    city.faults[CUSTOM] = [code]
    with pytest.raises(NotTakenError) as told:
        WechatNews(server).send(OPENID, "已结案", "k")
    assert (told.value.final, told.value.away) == (final, away)


def test_waits_end_within_the_life_of_a_file() -> None:
    assert sum(pictures.WAITS, timedelta()) < pictures.LIFE
