"""The citizens' page in a real browser: what became of a report, what everybody may see, and how the page looks everywhere."""
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from casework.identity import sessions
from casework.storage.database import transaction
from tests.api.town import citizen_report, ok, point
from tests.pages.citizen import filed, opened, reports, send, track
from tests.pages.conftest import City, Shop
from tests.pages.phone import SMALL, Phone
from tests.pages.test_pda_offline import SMALLER_THAN_A_FINGER, a_picture, offline


@pytest.fixture
def phone(shop: Shop) -> Phone:
    """A citizen's phone with the page on it, on the form."""
    return opened(shop.phone())


def test_a_report_is_followed_to_its_end_rated_and_reopened(phone: Phone, city: City, tmp_path: Path) -> None:
    page, town = phone.page, city.town
    receipt = send(phone, "巷口井盖碎了一半", a_picture(tmp_path, 905))
    case = filed(city, receipt)
    track(phone, receipt["number"])
    expect(page.locator(".facts")).to_contain_text("水务局")
    page.locator("summary", has_text="催办").click()
    page.get_by_label("想提醒什么").fill("已经有人摔倒")
    page.locator("[data-action=urge]").click()
    expect(page.locator("#notice")).to_have_text("已提交")

    town.act(town.water_handler, case, "sign")
    town.act(town.water_handler, case, "ask", question="在几号门口")
    track(phone, receipt["number"])
    page.get_by_label("您的回答").fill("在5号门口")
    page.locator("[data-action=answered]").click()
    expect(page.get_by_text("在几号门口")).to_be_hidden()
    page.locator("summary", has_text="补充说明").click()
    page.get_by_label("补充说明").fill("晚上更危险")
    page.locator("[data-action=comments]").click()
    expect(page.locator(".timeline").last).to_contain_text("晚上更危险")

    done = [town.photo(town.water_handler, "navy")]
    resolved = town.act(town.water_handler, case, "resolve", reply="已更换新井盖", photos=done)
    inspector = next(getattr(town, name) for name in ("li", "wang", "zhao")
                     if str(getattr(town.cast, name).id) == resolved["inspector_id"])
    town.act(inspector, case, "pass", position=point(0), finding="已恢复", photos=[town.photo(inspector, "plum")])
    track(phone, receipt["number"])
    expect(page.locator(".screen")).to_contain_text("已更换新井盖")
    page.get_by_role("radio", name="满意", exact=True).check()
    page.locator("[data-action=rate]").click()
    expect(page.locator("#notice")).to_have_text("谢谢您的评价")
    expect(page.locator(".screen")).to_contain_text("您的评价：满意")
    page.locator("summary", has_text="没有解决").click()
    page.get_by_label("哪里没有解决").fill("第二天又塌了")
    page.locator("[data-action=reopen]").click()
    expect(page.locator("#notice")).to_have_text("已提交")
    assert ok(town.supervisor.get(f"/api/v1/cases/{case}"))["status"] == "dispatched"
    assert phone.wrong == []


def test_what_was_seen_last_is_shown_without_a_network(phone: Phone) -> None:
    receipt = send(phone, "没有网络时看进展")
    track(phone, receipt["number"])
    phone.is_kept()
    offline(phone)
    phone.page.reload()
    phone.page.get_by_text("现在连不上服务器").wait_for()
    expect(phone.page.locator(".screen")).to_contain_text("没有网络时看进展")


def test_a_link_that_is_passed_on_opens_the_progress_and_sends_its_token_to_nobody(phone: Phone, city: City) -> None:
    receipt = ok(city.town.stranger.post("/api/v1/citizen/reports", citizen_report(text="转给邻居看", place=point(1))))
    phone.asked.clear()
    phone.page.goto("about:blank")
    phone.visit(f"?track={receipt['number'].lower()}#token={receipt['token']}")
    expect(phone.page.locator(".facts")).to_contain_text("转给邻居看")
    assert receipt["token"] not in phone.page.url
    assert not [url for url in phone.asked if receipt["token"] in url]
    phone.page.reload()
    expect(phone.page.locator(".facts")).to_contain_text("转给邻居看")
    phone.visit("?track=ZW000000-00000-00000#token=nonsense")
    phone.page.locator(".empty").wait_for()
    assert len(phone.stored("receipts")) == 1


def test_a_number_and_its_token_can_be_typed_in(phone: Phone, city: City) -> None:
    receipt = ok(city.town.stranger.post("/api/v1/citizen/reports", citizen_report(text="在别处报的", place=point(1))))
    page = phone.page
    phone.go("#/mine")
    page.get_by_text("用编号查询").click()
    page.get_by_label("编号").fill(receipt["number"])
    page.get_by_label("凭证").fill("wrong")
    page.get_by_role("button", name="查询").click()
    page.get_by_text("凭证不对").wait_for()
    page.get_by_label("凭证").fill(receipt["token"])
    page.get_by_role("button", name="查询").click()
    expect(page.locator(".facts")).to_contain_text("在别处报的")


def signed_in(phone: Phone, number: str) -> None:
    """By a code of which this test knows: the one that the page asked for went to the log without its digits."""
    sent = sessions.MemorySender()
    phone.page.route("**/sessions/phone/code", lambda route: route.fulfill(status=204))
    phone.go("#/signin")
    phone.page.get_by_label("手机号").fill(number)
    phone.page.locator("#ask").click()
    phone.page.get_by_label("验证码").wait_for()
    with transaction() as db:
        sessions.send_phone_code(db, number, sent)
    found = re.search(r"\d{6}", sent.sent[0][1])
    assert found
    phone.page.get_by_label("验证码").fill("000000" if found[0] != "000000" else "000001")
    phone.page.locator("#enter").click()
    phone.page.get_by_text("验证码不对").wait_for()
    phone.page.get_by_label("验证码").fill(found[0])
    phone.page.locator("#enter").click()
    phone.page.get_by_text("已登录").wait_for()


def test_my_reports_from_any_device_are_shown_to_whoever_proves_the_phone(phone: Phone, city: City) -> None:
    ok(city.town.stranger.post("/api/v1/citizen/reports", citizen_report(
        text="从旧手机报的", phone="13700001111", place=point(1))))
    signed_in(phone, "13700001111")
    phone.page.get_by_role("link", name="从旧手机报的").click()
    expect(phone.page.locator(".facts")).to_contain_text("从旧手机报的")
    assert "13700001111" not in str(phone.stored("meta"))
    phone.go("#/report")
    send(phone, "登录后报的")
    (made,) = reports("登录后报的")
    assert made.reporter_phone_index
    phone.go("#/mine")
    phone.page.get_by_role("button", name="退出登录").click()
    expect(phone.page.get_by_text("从旧手机报的")).to_be_hidden()
    expect(phone.page.locator("#sent")).to_contain_text("登录后报的")


def test_an_access_token_that_has_expired_is_renewed_and_a_log_in_that_ended_holds_up_no_report(phone: Phone) -> None:
    signed_in(phone, "13700002222")
    page = phone.page
    renew = """work => new Promise((resolve, reject) => {
        const request = indexedDB.open('zhiwang-snap');
        request.onsuccess = () => {
            const room = request.result.transaction('meta', 'readwrite').objectStore('meta');
            const got = room.get('session');
            got.onsuccess = () => {
                const put = room.put({...got.result, ...work}, 'session');
                put.onsuccess = () => { request.result.close(); resolve(); };
            };
        };
    })"""
    page.evaluate(renew, {"until": 0})
    phone.go("#/report")
    send(phone, "令牌过期后报的")
    page.evaluate(renew, {"until": 0, "refresh": "ended"})
    phone.go("#/report")
    send(phone, "登录结束后报的")
    (renewed,), (ended,) = reports("令牌过期后报的"), reports("登录结束后报的")
    assert renewed.reporter_phone_index
    assert ended.reporter_phone_index is None


def test_forgetting_leaves_nothing_on_the_phone_but_the_language(phone: Phone) -> None:
    send(phone, "报完就清除")
    phone.go("#/settings")
    phone.page.get_by_label("English").check()
    phone.page.locator("html[lang=en]").wait_for()
    phone.page.locator("#forget").click()
    phone.page.locator("dialog").get_by_role("button", name="Forget everything").click()
    phone.page.locator(".screen.report").wait_for()
    assert [phone.stored(room) for room in ("receipts", "outbox", "files")] == [[], [], []]
    assert "token" not in str(phone.stored("meta"))
    expect(phone.page.locator("html")).to_have_attribute("lang", "en")


CHINESE = """[...document.querySelectorAll('body *')].filter(one => one.checkVisibility()
        && !one.closest('option, optgroup, .outline, .area-name, .similar, .category .choice, [data-number], .facts'))
    .flatMap(one => [...[...one.childNodes].filter(child => child.nodeType === 3).map(child => child.data),
        ...['aria-label', 'alt', 'title', 'placeholder', 'label'].map(name => one.getAttribute(name))])
    .filter(text => /[一-鿿]/.test(text ?? ""))"""
"""Texts of the page, but for what the city itself wrote: names of categories and areas, and what somebody reported."""

NAMELESS = """[...document.querySelectorAll('a, button, input, textarea, select, summary, img, dialog, fieldset')]
    .filter(one => one.checkVisibility() && !one.getAttribute('aria-label') && !one.getAttribute('alt')
        && !(one.labels?.length ? [...one.labels].some(label => label.textContent.trim())
            : (one.querySelector('legend') ?? one).textContent.trim()))
    .map(one => one.outerHTML.slice(0, 90))"""
"""What a screen reader could not name."""

SCREENS = ["report", "near", "mine", "signin", "following", "settings", "data", "points", "adopt", "adoptions"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_screen_is_wider_than_the_smallest_phone_nor_asks_any_other_host(
        shop: Shop, city: City, language: str) -> None:
    """320 pixels are also what a desk of 640 shows at 200 %."""
    phone = shop.phone(viewport=SMALL)
    phone.visit("#/settings")
    if language == "en":
        phone.page.get_by_label("English").check()
        phone.page.locator("html[lang=en]").wait_for()
    ok(city.town.stranger.post("/api/v1/citizen/reports", citizen_report(text="井盖松动", place=point(0, 30))))
    receipt = ok(city.town.stranger.post("/api/v1/citizen/reports", citizen_report(text="一" * 80 + "w" * 120, place=point(2))))
    phone.page.goto("about:blank")
    phone.visit(f"?track={receipt['number']}#token={receipt['token']}")
    phone.page.locator(".facts").wait_for()
    for screen in [*SCREENS, f"track/{receipt['number']}"]:
        phone.go(f"#/{screen}")
        phone.page.wait_for_timeout(300)
        for summary in phone.page.locator("summary").all():
            summary.click()
        assert not phone.is_wider_than_its_screen(), screen
        assert phone.page.evaluate(SMALLER_THAN_A_FINGER) == [], screen
        assert phone.page.evaluate(NAMELESS) == [], screen
        phone.page.set_viewport_size({"width": 320, "height": 256})  # a desk of 1280 by 1024 at 400 %
        assert phone.page.evaluate("getComputedStyle(document.querySelector('#tabs')).position") == "static", screen
        assert not phone.is_wider_than_its_screen(), screen
        phone.page.set_viewport_size(SMALL)
        if language == "en":
            assert [text for text in phone.page.evaluate(CHINESE) if text not in ("中文", "Language 语言")] == [], screen
    assert phone.strangers() == []
    assert phone.wrong == []


WECHAT = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50"
BRIDGE = """window.WeixinJSBridge = {asked: [], invoke(name, said, done) {
    this.asked.push([name, said]);
    done({err_msg: `${name}:ok`, longitude: "114.0150", latitude: "22.6150", accuracy: "12"});
}};"""


def test_inside_wechat_nothing_is_asked_of_it_while_the_city_has_no_account(shop: Shop) -> None:
    phone = shop.phone(agent=WECHAT)
    phone.page.add_init_script(BRIDGE)
    phone.visit()
    phone.page.get_by_text("精度 8 米").wait_for()
    assert [url for url in phone.asked if "/wechat/signature" in url]
    assert phone.page.evaluate("WeixinJSBridge.asked") == []
    assert phone.strangers() == []


def test_inside_wechat_the_place_is_asked_of_wechat_with_the_signature(shop: Shop) -> None:
    phone = shop.phone(agent=WECHAT)
    phone.page.add_init_script(BRIDGE)
    phone.page.route("**/api/v1/wechat/signature?*", lambda route: route.fulfill(
        json={"app_id": "wx1", "timestamp": 1, "nonce": "n", "signature": "s"}))
    phone.visit()
    phone.page.get_by_text("精度 12 米").wait_for()
    asked = phone.page.evaluate("WeixinJSBridge.asked")
    assert [(name, said["verifyAppId"], said["verifySignature"]) for name, said in asked] == [
        ("preVerifyJSAPI", "wx1", "s"), ("geoLocation", "wx1", "s")]
    send(phone, "在微信里报的")
    assert [one.lon for one in reports("在微信里报的")] == [pytest.approx(114.015)]
    assert phone.strangers() == []


def test_what_is_public_is_listed_mapped_and_opened_without_the_words_of_its_reporter(phone: Phone, city: City) -> None:
    number = filed(city, ok(city.town.stranger.post("/api/v1/citizen/reports", citizen_report(
        text="我家门口井盖没了，请找王先生", place=point(0, -20, 15)))))
    page = phone.page
    phone.go("#/near")
    mine = page.locator(f'#cases [data-number="{number}"]')
    expect(mine).to_contain_text("上水井盖")
    expect(mine).not_to_contain_text("王先生")
    page.get_by_label("状态").select_option("closed")
    expect(mine).to_be_hidden()
    page.get_by_label("状态").select_option("open")
    page.get_by_role("button", name="全市").click()
    page.get_by_role("button", name="地图").click()
    sign = page.locator(".marker", has_text=re.compile("[0-9]")).first
    expect(sign).to_have_attribute("title", re.compile("[0-9]+ 件"))
    page.get_by_role("button", name="我附近").click()
    page.locator(".marker", has_text=re.compile("[0-9]")).first.click()
    expect(mine).to_be_visible()
    mine.get_by_role("link").click()
    expect(page.locator(".screen.case")).to_contain_text("南塘社区")
    expect(page.locator(".screen.case .timeline")).to_contain_text("立案")
    expect(page.locator(".screen.case")).not_to_contain_text("王先生")
    page.go_back()
    page.locator(".screen.near").wait_for()
    assert phone.strangers() == []


def test_what_is_followed_without_a_log_in_is_a_list_of_this_browser(phone: Phone, city: City) -> None:
    number = filed(city, ok(city.town.stranger.post("/api/v1/citizen/reports", citizen_report(
        text="河边井盖没了", place=point(1, 20, 25)))))
    page = phone.page
    phone.go(f"#/case/{number}")
    page.get_by_role("button", name="关注", exact=True).click()
    expect(page.locator("#notice")).to_contain_text("我的关注")
    page.get_by_role("button", name=re.compile("关注“.*社区”的案件")).click()
    expect(page.get_by_role("button", name="取消关注")).to_have_count(2)
    city.town.act(city.town.water_handler, number, "sign")
    city.town.jobs()
    phone.go("#/following")
    expect(page.locator(f'#news [data-number="{number}"]')).to_be_visible()
    page.locator("section").get_by_role("button", name="取消关注").first.click()
    expect(page.get_by_role("button", name="取消关注")).to_have_count(1)
    page.reload()
    page.locator(f'#news [data-number="{number}"]').wait_for()
    expect(page.get_by_role("button", name="取消关注")).to_have_count(1)
