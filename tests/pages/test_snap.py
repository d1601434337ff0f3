"""The citizens' page in a real browser: reporting, being told what is known or whom to call, and seeing what becomes of it."""
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational
from playwright.sync_api import Browser, Playwright, Route, expect
from sqlalchemy import func, select

from casework.cases.report import Report
from casework.cases.sameness import Choice
from casework.identity import sessions
from casework.media import Photo
from casework.storage.database import reading, transaction
from tests.api.town import citizen_report, ok, point
from tests.pages.conftest import HERE, City
from tests.pages.phone import ARGUMENTS, CHROMIUM, SMALL, Line, Phone
from tests.pages.test_pda_offline import SMALLER_THAN_A_FINGER, a_picture, digest, offline, online, photos_of

Json = dict[str, Any]


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One for all phones that are not killed: most of a start is the browser's."""
    made = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield made
    made.close()


class Shop:
    """Where phones come from."""

    def __init__(self, playwright: Playwright, city: City, line: Line, browser: Browser) -> None:
        self.playwright, self.city, self.line, self.browser = playwright, city, line, browser

    def phone(self, **more: Any) -> Phone:
        return self.city.phone(self.playwright, self.line, **({"app": "snap", "browser": self.browser} | more))


@pytest.fixture
def shop(playwright: Playwright, city: City, line: Line, browser: Browser) -> Shop:
    return Shop(playwright, city, line, browser)


@pytest.fixture
def phone(shop: Shop) -> Phone:
    """A citizen's phone with the page on it, on the form."""
    return opened(shop.phone())


def opened(phone: Phone) -> Phone:
    phone.visit()
    phone.page.locator("#send").wait_for()
    return phone


def write(phone: Phone, text: str, *pictures: Path) -> None:
    """Fill the form in, up to sending."""
    page = phone.page
    for number, picture in enumerate(pictures):
        page.locator("input[capture]").set_input_files(picture)
        page.get_by_alt_text(f"照片 {number + 1}").wait_for()
    page.get_by_label("发生了什么").fill(text)
    page.get_by_text("已定位").wait_for()


def send(phone: Phone, text: str, *pictures: Path) -> Json:
    """Report, and wait until the server has it: the receipt that the phone keeps."""
    write(phone, text, *pictures)
    phone.page.locator("#send").click()
    received(phone)
    return next(one for one in phone.stored("receipts") if one["title"] == text)


def received(phone: Phone) -> None:
    """The page says that the server has it."""
    phone.page.get_by_role("heading", name="已收到").wait_for()


def filed(city: City, receipt: Json) -> str:
    """The report is a case that a department has; its number."""
    city.town.jobs()
    case = city.town.case_of(receipt["number"])
    if case["status"] == "reported":
        city.town.act(city.town.triage, case["number"], "file", category="10101")
        city.town.jobs()
    return str(case["number"])


def track(phone: Phone, number: str) -> None:
    phone.go("#/mine")
    phone.page.locator(".screen.mine").wait_for()
    phone.go(f"#/track/{number}")
    phone.page.locator(".screen.track .big").wait_for()


def reports(text: str) -> list[Report]:
    with reading() as db:
        return list(db.scalars(select(Report).where(Report.text == text)))


def test_a_report_made_offline_survives_an_empty_battery_and_arrives_once(shop: Shop, line: Line, tmp_path: Path) -> None:
    phone = opened(shop.phone(browser=None))
    phone.is_kept()
    offline(phone)
    picture = a_picture(tmp_path, 900, 500)
    write(phone, "断网时拍的路灯不亮", picture)
    phone.page.locator("#send").click()
    phone.page.get_by_role("heading", name="已保存在本机").wait_for()
    phone.kill()

    phone.switch_on()
    phone.context.set_offline(True)
    phone.visit("#/mine")
    expect(phone.page.locator("#waiting > li")).to_contain_text("断网时拍的路灯不亮")
    expect(phone.page.locator("#queue")).to_contain_text("1 件待发")
    assert reports("断网时拍的路灯不亮") == []

    line.breaks_after = line.sent + 60_000  # in the middle of the photo
    online(phone)
    phone.until(lambda: line.ears is None, why="the line did not break")
    assert phone.stored("outbox"), "nothing leaves the phone before it has arrived"
    line.mend()
    phone.page.evaluate("window.dispatchEvent(new Event('online'))")
    phone.until(lambda: not phone.stored("outbox") and not phone.stored("files"), 60, "it was not sent")
    expect(phone.page.locator("#sent > li")).to_contain_text("断网时拍的路灯不亮")
    expect(phone.page.locator("#queue")).to_be_hidden()
    (made,) = reports("断网时拍的路灯不亮")
    assert [one.sha256 for one in photos_of("断网时拍的路灯不亮")] == [digest(picture)]
    assert (made.reporter_phone_index, made.lon) == (None, pytest.approx(HERE["longitude"]))
    assert phone.strangers() == []


def test_an_answer_that_is_lost_makes_no_second_report(phone: Phone) -> None:
    answers = []

    def swallowed(route: Route) -> None:
        answers.append(route.fetch().status)
        route.abort()

    phone.page.route("**/api/v1/citizen/reports", swallowed, times=1)
    write(phone, "答复丢在路上")
    phone.page.locator("#send").click()
    received(phone)
    assert answers == [201]
    assert len(reports("答复丢在路上")) == 1


def test_a_form_that_was_not_finished_is_still_there_after_a_reload(phone: Phone, tmp_path: Path) -> None:
    write(phone, "还没写完", a_picture(tmp_path, 901))
    phone.until(lambda: len(phone.stored("drafts")) == 2)
    phone.page.reload()
    expect(phone.page.get_by_label("发生了什么")).to_have_value("还没写完")
    expect(phone.page.get_by_alt_text("照片 1")).to_be_visible()


def test_what_the_server_does_not_take_is_shown_with_its_reason_and_mended(phone: Phone) -> None:
    page = phone.page
    refusal = {"type": "/problems/invalid", "title": "内容有误", "errors": [{"field": "phone", "reason": "is no number"}]}
    page.route("**/api/v1/citizen/reports", lambda route: route.fulfill(
        status=422, content_type="application/problem+json", json=refusal), times=1)
    page.get_by_text("联系方式（可不填）").click()
    page.get_by_label("手机号").fill("12")
    write(phone, "号码写错了")
    page.locator("#send").click()
    page.get_by_role("link", name="去处理").click()
    expect(page.locator("#waiting .fault")).to_contain_text("手机号")
    expect(page.locator("#queue")).to_contain_text("1 件需处理")
    page.get_by_role("button", name="修改").click()
    expect(page.get_by_label("发生了什么")).to_have_value("号码写错了")
    page.get_by_label("手机号").fill("13912345678")
    page.locator("#send").click()
    received(phone)
    (made,) = reports("号码写错了")
    assert made.reporter_phone_index


def test_nothing_is_sent_without_words_or_place(shop: Shop) -> None:
    phone = shop.phone(place=None)
    phone.context.clear_permissions()
    phone.visit()
    phone.page.locator("#send").click()
    expect(phone.page.get_by_label("发生了什么")).to_have_attribute("aria-invalid", "true")
    phone.page.get_by_label("发生了什么").fill("没有位置也能报")
    phone.page.locator("#send").click()
    phone.page.get_by_text("还没有位置").wait_for()
    assert phone.stored("outbox") == []
    phone.page.get_by_label("地点说明").fill("南塘社区东门")
    phone.page.locator("#send").click()
    received(phone)
    assert [one.address for one in reports("没有位置也能报")] == ["南塘社区东门"]


def a_picture_taken_at(folder: Path, lon: float, lat: float) -> Path:
    """A photo with the camera's note of the place."""
    def parts(degrees: float) -> tuple[IFDRational, ...]:
        minutes = (degrees % 1) * 60
        return IFDRational(int(degrees)), IFDRational(int(minutes)), IFDRational(round((minutes % 1) * 60 * 10_000), 10_000)

    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: parts(lat), 3: "E", 4: parts(lon)}
    path = folder / "placed.jpg"
    Image.new("RGB", (640, 480), "olive").save(path, "JPEG", exif=exif)
    return path


def test_the_place_is_where_the_photo_was_taken(phone: Phone, tmp_path: Path) -> None:
    elsewhere = point(3)
    picture = a_picture_taken_at(tmp_path, elsewhere["lon"], elsewhere["lat"])
    phone.page.get_by_text("已定位").wait_for()
    phone.page.locator("input[multiple]").set_input_files(picture)
    phone.page.get_by_text("已取照片里的位置").wait_for()
    phone.page.get_by_label("发生了什么").fill("昨天路过拍的")
    phone.page.locator("#send").click()
    received(phone)
    (made,) = reports("昨天路过拍的")
    assert (made.lon, made.lat) == (pytest.approx(elsewhere["lon"], abs=1e-5), pytest.approx(elsewhere["lat"], abs=1e-5))


def test_a_pin_on_the_map_goes_before_everything_else(phone: Phone) -> None:
    phone.page.get_by_text("已定位").wait_for()
    phone.page.get_by_role("button", name="地图选点").click()
    ground = phone.shown(".map")
    expect(phone.page.locator(".area-name").first).to_be_attached()
    ground.click(position={"x": 60, "y": 60})
    phone.page.get_by_text("已在地图上选定").wait_for()
    phone.page.get_by_label("发生了什么").fill("在图上点的")
    phone.page.locator("#send").click()
    received(phone)
    (made,) = reports("在图上点的")
    assert made.lon is not None
    assert 0.0001 < abs(made.lon - HERE["longitude"]) < 0.01


def test_what_is_known_already_is_joined_by_one_touch(phone: Phone, city: City) -> None:
    number = filed(city, ok(city.town.stranger.post("/api/v1/citizen/reports", citizen_report(
        text="巷子里的井盖丢了很危险", place=point(0, 6)))))
    write(phone, "巷子里井盖丢了很危险啊")
    known = phone.shown(".similar .card").filter(has_text="上水井盖").first
    known.get_by_role("button", name="我也遇到").click()
    received(phone)
    (made,) = reports("巷子里井盖丢了很危险啊")
    with reading() as db:
        assert db.get(Choice, made.id)
    city.town.jobs()
    assert city.town.case_of(made.number)["number"] == number


def test_an_emergency_stops_the_form_and_says_whom_to_call(phone: Phone) -> None:
    page = phone.page
    write(phone, "三楼着火了，有人被困")
    page.get_by_role("heading", name="请先打电话").wait_for()
    expect(page.get_by_role("link", name="拨打 119")).to_have_attribute("href", "tel:119")
    expect(page.get_by_role("link", name="拨打 119")).to_be_focused()
    expect(page.locator("#send")).to_be_hidden()
    page.get_by_role("button", name="不是紧急情况").click()
    expect(page.get_by_label("发生了什么")).to_have_value("三楼着火了，有人被困")
    page.get_by_label("发生了什么").fill("三楼着火了，已经扑灭")
    page.wait_for_timeout(1200)
    expect(page.locator("#send")).to_be_visible()


def test_a_category_is_suggested_while_one_types_and_chosen_by_touch(phone: Phone) -> None:
    write(phone, "路灯不亮了，一片漆黑")
    phone.page.get_by_role("radio", name="路灯", exact=True).check()
    expect(phone.page.get_by_label("分类（可不选）")).to_have_value("10105")
    phone.page.locator("#send").click()
    received(phone)
    assert [one.claimed_category for one in reports("路灯不亮了，一片漆黑")] == ["10105"]


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

SCREENS = ["report", "near", "mine", "signin", "following", "settings"]


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


def test_photos_of_a_report_are_kept_and_counted_once(phone: Phone, tmp_path: Path) -> None:
    pictures = [a_picture(tmp_path, 910 + number) for number in range(3)]
    send(phone, "三张照片", *pictures)
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Photo).where(Photo.report_id == reports("三张照片")[0].id)) == 3
