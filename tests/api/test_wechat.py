"""The WeChat account as a door: one report from pieces in any order, the same answer for a retry, and nothing unsigned."""
import itertools
import logging
import re
import threading
from time import monotonic as clock_of_the_wall
from typing import Any
from unittest.mock import ANY

import pytest
from sqlalchemy import func, select, text

from casework import settings
from casework.cases.report import Channel, Report
from casework.cases.sameness import Choice
from casework.geography.coordinates import metres_between, wgs84_to_gcj02
from casework.identity.followers import Follower
from casework.intake.wechat import conversation, pictures
from casework.settings import Settings
from casework.storage.database import SQLITE_BUSY_SECONDS, reading, transaction
from tests.api.town import Town, ok, problem, stored
from tests.conftest import SetClock
from tests.factories import at_grid
from tests.wechat import ADDRESS, TOKEN, User, sha1, with_account

NUMBER = re.compile(r"ZW[0-9]{6}-[0-9A-Z]{5}-[0-9A-Z]{5}")


@pytest.fixture(params=[False, True], ids=["plain", "safe"])
def user(request: pytest.FixtureRequest, town: Town, config: Settings) -> User:
    """Somebody who writes to the city's account, in plain and in safe mode."""
    settings.configure(with_account(config, safe=request.param))
    return User(town.app, safe=request.param)


@pytest.fixture
def plain(town: Town, config: Settings) -> User:
    settings.configure(with_account(config))
    return User(town.app)


def here(user: User, grid: int = 0, east: float = 0) -> str:
    on_map = wgs84_to_gcj02(at_grid(grid, east))
    return user.stands_at(on_map.lon, on_map.lat, "北坡社区学府路12号")


def reports() -> list[Report]:
    with reading() as db:
        return list(db.scalars(select(Report).order_by(Report.id)))


PIECES: dict[str, Any] = {"photo": User.shows, "place": here, "words": lambda user: user.says("路灯坏了三天，晚上很黑")}


def test_without_an_account_the_channel_is_off_and_says_so(town: Town) -> None:
    user = User(town.app)
    assert "WeChat" in problem(user.post(user.xml("text", Content="你好")), 404)["detail"]
    problem(town.app.test_client().get(ADDRESS, query_string=user.query(echostr="1")), 404)
    problem(town.app.test_client().get(f"{ADDRESS}/signature", query_string={"url": "https://city.example/"}), 404)
    assert ok(town.stranger.get("/health/ready"))["channels"] == {
        "wechat": "off", "mini_program": "off", "blurring": ANY}


def test_the_address_is_checked(user: User) -> None:
    client = user.app.test_client()
    answer = client.get(ADDRESS, query_string=user.query(echostr="<b>5927"))
    assert (answer.status_code, answer.text, answer.mimetype) == (200, "<b>5927", "text/plain")
    problem(client.get(ADDRESS, query_string=user.query(echostr="1", signature="0" * 40)), 403)
    problem(client.get(ADDRESS), 403)
    assert ok(client.get("/health/ready"))["channels"]["wechat"] == "on"


@pytest.mark.parametrize("order", list(itertools.permutations(PIECES)), ids="-".join)
def test_photo_place_and_words_make_one_report_in_any_order(plain: User, order: tuple[str, ...]) -> None:
    first, second, last = (PIECES[name](plain) for name in order)
    chinese = {"photo": "照片", "place": "位置", "words": "文字说明"}
    assert all(chinese[name] in first for name in order[1:])
    assert chinese[order[2]] in second
    assert chinese[order[1]] not in second
    (report,) = reports()
    assert NUMBER.findall(last)[0] == report.number
    assert (report.channel, report.text, report.address) == (Channel.WECHAT, "路灯坏了三天，晚上很黑", "北坡社区学府路12号")
    assert report.lon
    assert report.lat
    assert metres_between(at_grid(0), conversation.Point(report.lon, report.lat)) < 0.1


def test_the_whole_conversation_in_both_modes(user: User, town: Town) -> None:
    assert "照片" in user.says("人行道上的井盖没了")
    assert "缺" in user.shows()
    number = NUMBER.findall(here(user))[0]
    town.jobs()
    assert number in user.says(f"进度 {number}")
    assert number in user.says(f"progress {number.lower()}")
    assert number in user.says("进度")
    assert "没有找到" in User(town.app, safe=user.safe).says(f"进度 {number}")
    assert "随手拍" in user.says("帮助")


def test_a_retry_gets_the_same_answer_and_changes_nothing(user: User) -> None:
    here(user)
    user.shows()
    xml = user.xml("text", Content="路灯坏了")
    first, again = user.heard(user.post(xml)), user.heard(user.post(xml))
    assert first == again
    assert NUMBER.search(first)
    assert stored(Report) == 1


def test_retries_that_come_at_once_make_one_report(user: User) -> None:
    here(user)
    user.shows()
    xml, answers = user.xml("text", Content="路灯坏了"), list[str]()
    threads = [threading.Thread(target=lambda: answers.append(user.heard(user.post(xml)))) for _ in range(5)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(answers) == 5
    assert len(set(answers)) == 1
    assert NUMBER.search(answers[0])
    assert stored(Report) == 1


def test_pieces_that_come_at_once_make_one_report(user: User) -> None:
    user.says("帮助")
    threads = [threading.Thread(target=PIECES[name], args=[user]) for name in PIECES]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert stored(Report) == 1


def test_what_was_signed_once_brings_no_other_message(plain: User) -> None:
    query = plain.query()
    plain.heard(plain.post(plain.xml("text", Content="路灯坏了"), query))
    problem(plain.post(plain.xml("text", Content="井盖没了"), query), 403)


def test_events_are_told_apart_by_sender_moment_and_name(user: User) -> None:
    xml = user.xml("event", Event="subscribe")
    assert "欢迎" in user.heard(user.post(xml))
    assert "欢迎" in user.heard(user.post(xml))
    assert user.sends("event", Event="unsubscribe") == ""
    with reading() as db:
        assert db.scalars(select(Follower.follows)).one() is False
    assert "随手拍" in user.sends("event", Event="SCAN", EventKey="7", Ticket="t")
    assert "随手拍" in user.sends("event", Event="CLICK", EventKey="report")
    assert "没有找到" in user.sends("event", Event="CLICK", EventKey="progress")
    assert user.sends("event", Event="LOCATION", Latitude="22.5", Longitude="114.0", Precision="60") == ""
    assert user.sends("event", Event="TEMPLATESENDJOBFINISH", MsgID="1", Status="success") == ""


def test_an_old_request_is_refused(user: User, time: SetClock) -> None:
    query, xml = user.query(), user.xml("text", Content="路灯坏了")
    time.passes(minutes=5, seconds=1)
    problem(user.post(xml, query), 403)
    time.passes(minutes=-10, seconds=-3)
    problem(user.post(xml, query), 403)


def test_every_flipped_bit_of_a_signature_is_refused(user: User) -> None:
    query, xml = user.query(), user.xml("text", Content="路灯坏了")
    sent, query = user.sealed(xml, query) if user.safe else (xml, query)
    name = "msg_signature" if user.safe else "signature"
    for at in range(len(query[name])):
        for bit in range(7):
            forged = query[name][:at] + chr(ord(query[name][at]) ^ 1 << bit) + query[name][at + 1:]
            assert user.post(sent, query | {name: forged}).status_code == 403, (at, bit)
    assert user.post(sent, query | {name: ""}).status_code == 403
    assert user.post(sent, query | {name: query[name].upper() + " "}).status_code == 403
    assert user.post(sent, query).status_code == 200


def test_every_changed_byte_of_a_cipher_is_refused(town: Town, config: Settings) -> None:
    settings.configure(with_account(config, safe=True))
    user = User(town.app, safe=True)
    sent, query = user.sealed(user.xml("text", Content="灯"), user.query())
    begin, end = sent.index("<Encrypt>") + 9, sent.index("</Encrypt>")
    for at in range(begin, end):
        forged = sent[:at] + ("A" if sent[at] != "A" else "B") + sent[at + 1:]
        assert user.post(forged, query).status_code == 403, at
    # signed anew by somebody who has the token and not the key: refused as well, never a fault of ours
    for at in range(begin, end, 7):
        encrypted = sent[begin:at] + ("A" if sent[at] != "A" else "B") + sent[at + 1:end]
        signed = sha1(TOKEN, query["timestamp"], query["nonce"], encrypted)
        answer = user.post(f"<xml><Encrypt>{encrypted}</Encrypt></xml>", query | {"msg_signature": signed})
        assert answer.status_code in {200, 403, 422}, answer.text
    assert stored(Report) == 0


def test_of_both_forms_only_the_encrypted_one_counts(town: Town, config: Settings) -> None:
    settings.configure(with_account(config, safe=True))
    user = User(town.app, safe=True)
    sent, query = user.sealed(user.xml("text", Content="帮助"), user.query(), plain_too=True)
    assert "随手拍" in user.heard(user.post(sent.replace("帮助", "取消"), query))
    problem(user.app.test_client().post(ADDRESS, data=user.xml("text", Content="帮助"), query_string=user.query()), 403)


HOSTILE = [
    b"", b"\0", b"<xml>", b"<xml/>", b"not xml", b"\xff\xfe<", b"<xml><Content>\0</Content></xml>", b"<xml>&#0;</xml>",
    b'<!DOCTYPE xml [<!ENTITY a "b">]><xml>&a;</xml>', b'<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml/>',
    b'<!DOCTYPE x [<!ENTITY a SYSTEM "http://127.0.0.1:1/">]><xml><Content>&a;</Content></xml>',
    b"<xml>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</xml>", b"<xml>" + b"<a/>" * 9000 + b"</xml>",
    b'<?xml version="1.0" encoding="nonesuch"?><xml/>', b'<?xml version="1.0" encoding="utf-7"?><xml>+ADw-</xml>',
    b"<xml>" + b"x" * 65_000 + b"</xml>", b"<xml>\xed\xa0\x80</xml>",
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_xml_is_refused(plain: User, body: bytes) -> None:
    answer = plain.post(body)
    assert answer.status_code in {400, 413, 422}, answer.text
    assert stored(Follower) == 0


def test_a_body_that_is_too_large_is_refused(plain: User) -> None:
    problem(plain.post(plain.xml("text", Content="长" * 30_000)), 413)


@pytest.mark.parametrize("spoiled", [
    {"FromUserName": ""}, {"FromUserName": "o" * 65}, {"FromUserName": "o<"}, {"CreateTime": "now"}, {"CreateTime": "9" * 30},
    {"CreateTime": "-1"}, {"MsgType": ""}, {"MsgType": "x" * 99}, {"MsgId": ""}, {"MsgId": "-7"}, {"MsgId": "9" * 40},
    *({"MsgType": "location", "Location_X": lat, "Location_Y": lon} for lat, lon in (
        ("91", "0"), ("nan", "1"), ("1e999", "1"), ("", ""), ("22", "-181"), ("二十二", "114"))),
])
def test_fields_that_cannot_be_are_named(plain: User, spoiled: dict[str, str]) -> None:
    assert problem(plain.post(plain.xml("text", Content="灯", **spoiled)), 422)["fields"]


AWKWARD = [
    "]]>", "<xml>&amp;</xml>", "'; DROP TABLE reports; --", "{{7*7}}", "%s%n%d", "\u202eabc", "👩‍👩‍👧‍👦🇨🇳", "e\u0301", "é",
    "𠮷野家", "\ufeff头", "\u200b零", "  两边空格  ", "a\tb\nc", "=cmd|' /C calc'!A0", "null", "0", "-1", "NaN",
    "<script>alert(1)</script>", "\U0010ffff", "مرحبا", "ﷺ", "ｆｕｌｌ　ｗｉｄｔｈ", "&#x41;", "\\u0041", "a" + "\u0300" * 50,
    "../../etc/passwd", "长" * 4000, "\ufffd", "\x7f\x85\u2028",
]


@pytest.mark.parametrize("words", AWKWARD, ids=range(len(AWKWARD)))
def test_awkward_words_are_kept_as_they_came(user: User, words: str) -> None:
    here(user)
    user.says(words)
    user.says("提交")
    (report,) = reports()
    assert report.text == words


def test_several_texts_and_what_was_heard_are_one_report(plain: User) -> None:
    assert "语音" in plain.sends("voice", MediaId="v", Format="amr")
    plain.sends("voice", MediaId="v", Format="amr", Recognition="路灯坏了。")
    plain.says("就在小学门口")
    here(plain)
    assert "无法受理" in plain.sends("video", MediaId="v", ThumbMediaId="t")
    plain.shows()
    assert [one.text for one in reports()] == ["路灯坏了。\n就在小学门口"]


def test_without_a_photo_it_is_sent_when_said_so(plain: User) -> None:
    assert "没有未完成" in plain.says("提交")
    plain.says("路灯坏了")
    assert "位置" in plain.says("提交")
    assert "提交" in here(plain)
    assert NUMBER.search(plain.says("提交"))
    assert stored(Report) == 1


def test_more_photos_go_to_the_report_that_was_just_made(plain: User) -> None:
    plain.says("路灯坏了")
    here(plain)
    number = NUMBER.findall(plain.shows("a"))[0]
    for one in "bcdefghi":
        assert number in plain.shows(one)
    assert "最多9张" in plain.shows("j")
    with reading() as db:
        (report_id,) = set(db.scalars(select(pictures.Picture.report_id)))
        assert db.scalar(select(func.count()).select_from(pictures.Picture)) == 9
    assert report_id == reports()[0].id


def test_what_is_dropped_or_too_old_makes_no_report(plain: User, time: SetClock) -> None:
    plain.says("路灯坏了")
    assert "已取消" in plain.says("取消")
    assert "没有未完成" in plain.says("取消")
    plain.says("路灯坏了")
    here(plain)
    time.passes(minutes=31)
    assert "位置" in plain.shows()
    time.passes(minutes=31)
    with transaction() as db:
        assert len(conversation.lapse_old(db, 10)) == 1
    with transaction() as db:
        assert list(conversation.lapse_old(db, 10)) == []
    assert stored(Report) == 0


def a_known_case(town: Town) -> str:
    other = User(town.app)
    other.says("人行道上的井盖没了，很危险")
    other.shows()
    number = NUMBER.findall(here(other))[0]
    town.jobs()
    return number


@pytest.mark.parametrize(("reply", "chosen"), [("1", 1), ("+1", 1), ("１", 1), ("2", 0)])
def test_a_case_near_by_is_offered(plain: User, town: Town, reply: str, chosen: int) -> None:
    a_known_case(town)
    plain.says("人行道上井盖没了，很危险")
    plain.shows()
    offer = here(plain, east=5)
    assert "+1" in offer
    assert stored(Report) == 1
    number = NUMBER.findall(plain.says(reply))[0]
    assert number in plain.says(reply)
    assert (stored(Report), stored(Choice)) == (2, chosen)
    town.jobs()
    if chosen:
        assert len({report.case_id for report in reports()}) == 1


def test_who_does_not_answer_an_offer_has_reported_all_the_same(plain: User, town: Town, time: SetClock) -> None:
    a_known_case(town)
    for _ in range(2):
        plain.says("人行道上井盖没了，很危险")
        plain.shows()
        assert "+1" in here(plain, east=5)
    assert NUMBER.search(plain.says("还有，路灯也不亮"))
    assert (stored(Report), stored(Choice)) == (3, 0)
    here(plain, east=5)
    plain.shows()
    time.passes(minutes=31)
    with transaction() as db:
        conversation.lapse_old(db, 10)
    assert stored(Report) == 4


def test_a_number_of_an_older_report_is_no_answer_while_another_is_under_way(plain: User) -> None:
    plain.says("路灯坏了")
    plain.shows()
    assert NUMBER.search(here(plain))
    plain.says("井盖没了")
    assert "位置" in plain.says("1")
    assert stored(Report) == 1


def test_an_openid_stands_nowhere_in_plain(plain: User, town: Town) -> None:
    plain.says("路灯坏了")
    plain.shows()
    here(plain)
    plain.sends("event", Event="CLICK", EventKey="help")
    town.jobs()
    with reading() as db:
        tables = conversation.Base.metadata.sorted_tables
        for table in tables:
            for row in db.execute(select(table)):
                assert plain.openid not in repr(tuple(row)), table.name
                assert not any(isinstance(value, bytes) and plain.openid.encode() in value for value in row)


def test_a_message_does_not_wait_longer_than_wechat_does(plain: User, store: str) -> None:
    plain.says("帮助")
    began = clock_of_the_wall()
    with transaction() as db:
        db.scalars(select(Follower).with_for_update()).one()
        answer = plain.post(plain.xml("text", Content="路灯坏了"))
        assert problem(answer, 503)
        assert answer.headers["Retry-After"]
    assert clock_of_the_wall() - began < 4.5
    assert "照片" in plain.says("路灯坏了")
    with transaction() as db:
        waits = "PRAGMA busy_timeout" if store.startswith("sqlite") else "SHOW lock_timeout"
        assert db.scalar(text(waits)) in {SQLITE_BUSY_SECONDS * 1000, "0"}


def test_without_redis_messages_are_answered(plain: User, config: Settings) -> None:
    settings.configure(with_account(config, redis_url="redis://127.0.0.1:1"))
    assert "照片" in plain.says("路灯坏了")


def test_the_log_knows_neither_openid_nor_words(plain: User, caplog: pytest.LogCaptureFixture,
                                               capsys: pytest.CaptureFixture[str]) -> None:
    with caplog.at_level(logging.DEBUG):
        plain.says("我家在南塘新村3栋1502室")
        plain.post(plain.xml("text", Content="我家在南塘新村3栋1502室"), plain.query(signature="x"))
        plain.post(plain.xml("text", Content="我家在南塘新村3栋1502室", CreateTime="x"))
    written = caplog.text + "".join(capsys.readouterr())
    assert plain.openid not in written
    assert "1502室" not in written
