"""My data and my points in a real browser: a copy is fetched, an erasure taken back, and every point has its reason."""
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from casework.cases.report import Report
from casework.identity import sessions
from casework.identity.sealing import blind_index
from casework.identity.sessions.refusals import Tally
from casework.retention.requests import DataRequest, State, Wish
from casework.storage.database import reading, transaction
from tests.api.town import citizen_report, key, ok, point
from tests.pages.citizen import opened, send
from tests.pages.conftest import City, Shop
from tests.pages.phone import Phone
from tests.pages.test_snap_following import CHINESE, signed_in
from tests.pages.test_snap_wired import in_wechat, ticket_of

NUMBER = "13700006161"
OTHER = "13700006262"


@pytest.fixture
def phone(shop: Shop) -> Phone:
    """A citizen's phone with the page on it, on the form."""
    return opened(shop.phone())


def asked(wish: Wish, number: str = NUMBER) -> DataRequest:
    with reading() as db:
        found = db.scalars(select(DataRequest).where(
            DataRequest.wish == wish, DataRequest.phone_index == blind_index("phone", number))).one()
        db.expunge(found)
        return found


def code_sent(number: str) -> str:
    """As if a minute had passed since the last one."""
    sent = sessions.MemorySender()
    with transaction() as db:
        db.execute(update(Tally).values(until=None))
        sessions.send_phone_code(db, number, sent)
    found = re.search(r"\d{6}", sent.sent[0][1])
    assert found
    return found[0]


def test_a_copy_is_fetched_and_an_erasure_is_taken_back(phone: Phone, city: City, tmp_path: Path) -> None:
    page = phone.page
    ok(city.town.stranger.post("/api/v1/citizen/reports", citizen_report(text="我的旧上报", phone=NUMBER, place=point(1))))
    send(phone, "没留电话的上报")
    phone.go("#/settings")
    page.get_by_role("link", name="我的数据").click()
    expect(page.locator(".screen.data")).to_contain_text("请先用手机号登录")
    signed_in(phone, NUMBER)
    phone.go("#/data")
    expect(page.locator(".screen.data")).to_contain_text("还没有申请")

    page.get_by_label("没留电话的上报").check()
    page.locator("#export").click()
    copy = page.locator("#requests > li").filter(has_text="副本")
    expect(copy).to_contain_text("等待执行")
    with reading() as db:
        own = db.scalars(select(Report.id).where(Report.text == "没留电话的上报")).one()
    assert asked(Wish.EXPORT).report_ids == [str(own)]
    city.town.jobs()
    with page.expect_download() as got:
        copy.get_by_role("link", name="下载").click()
    got.value.save_as(tmp_path / "copy.zip")
    with zipfile.ZipFile(tmp_path / "copy.zip") as made:
        inside = b"".join(made.read(name) for name in made.namelist()).decode("utf-8", "replace")
    assert "我的旧上报" in inside
    assert "没留电话的上报" in inside

    page.locator("summary", has_text="要求删除").click()
    expect(page.locator(".screen.data")).to_contain_text("7 天后执行，之前可以在这里撤回")
    phone.context.route("**/sessions/phone/code", lambda route: route.fulfill(status=204))
    page.get_by_label("手机号").fill(NUMBER)
    page.locator("#ask").click()
    expect(page.locator("#notice")).to_contain_text("验证码已发送")
    code = code_sent(NUMBER)
    page.get_by_label("验证码").fill("000000" if code != "000000" else "000001")
    page.locator("#erase").click()
    expect(page.get_by_text("验证码不对")).to_be_visible()
    page.get_by_label("验证码").fill(code)
    page.locator("#erase").click()
    erasure = page.locator("#requests > li").filter(has_text="删除")
    expect(erasure).to_contain_text("之前可以撤回")
    assert asked(Wish.ERASE).state is State.WAITING
    assert not phone.is_wider_than_its_screen()
    erasure.get_by_role("button", name="撤回").click()
    expect(erasure).to_contain_text("已撤回")
    assert asked(Wish.ERASE).state is State.WITHDRAWN

    phone.go("#/settings")
    page.get_by_label("English").check()
    page.locator("html[lang=en]").wait_for()
    phone.go("#/data")
    expect(page.locator("#requests")).to_contain_text("Withdrawn")
    expect(page.locator("#notice")).to_have_text("")
    assert [text for text in page.evaluate(CHINESE) if text != "没留电话的上报"] == []
    assert phone.strangers() == []


def test_what_is_in_wechat_is_asked_for_along_with_the_phone(shop: Shop) -> None:
    phone = in_wechat(shop, ticket_of("o-data"))
    phone.page.get_by_role("link", name="微信登录").click()
    phone.page.get_by_text("已用微信登录").wait_for()
    phone.go("#/data")
    expect(phone.page.locator(".screen.data")).to_contain_text("微信里的内容可以一并办理")
    signed_in(phone, OTHER)
    phone.go("#/data")
    expect(phone.page.get_by_label("微信里的内容")).to_be_checked()
    phone.page.locator("#export").click()
    expect(phone.page.locator("#requests > li")).to_have_count(1)
    assert asked(Wish.EXPORT, OTHER).follower_id is not None


def test_points_are_shown_with_their_reasons(phone: Phone, city: City) -> None:
    page, mine = phone.page, "13700006363"
    phone.go("#/points")
    expect(page.locator(".screen.points")).to_contain_text("请先登录")
    signed_in(phone, mine)
    ok(city.town.supervisor.post("/api/v1/admin/points/corrections", {
        "key": key(), "phone": mine, "points": 7, "reason": "社区活动补记"}), 201)
    page.get_by_role("link", name="积分").click()
    expect(page.locator("#balance")).to_have_text("现有 7 分")
    expect(page.locator("#lines > li")).to_have_count(1)
    expect(page.locator("#lines")).to_contain_text("社区活动补记")
    expect(page.locator("#lines")).to_contain_text("+7")
    expect(page.locator(".screen.points")).to_contain_text("怎样得分")
    assert not phone.is_wider_than_its_screen()
