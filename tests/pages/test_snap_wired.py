"""The citizens' page in a real browser, where it meets the rest: public photos, WeChat's account, a server that puts off."""
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from casework import settings
from casework.community.subscriptions.holders import Subscriber
from casework.exchange.wechat import h5
from casework.media.blurring import detectors
from casework.media.blurring.public_photo import PublicPhoto
from casework.storage.database import reading, transaction
from tests.api.town import Caller, citizen_report, ok, point
from tests.pages.citizen import filed, opened, reports, send, write
from tests.pages.conftest import City, Shop
from tests.pages.phone import Phone
from tests.pages.test_snap_following import WECHAT
from tests.wechat import with_account
from workers import media

REPORTS = "/api/v1/citizen/reports"


@pytest.fixture
def phone(shop: Shop) -> Phone:
    """A citizen's phone with the page on it, on the form."""
    return opened(shop.phone())


# ---- photos

LOADED = """() => Promise.all([...document.querySelectorAll('.sides > div')].map(async (side) => [
    side.querySelector('h3').textContent,
    await Promise.all([...side.querySelectorAll('img')].map(async (one) => {
        await one.decode();
        return one.naturalWidth > 0;
    }))]))"""


def sides(page: Page) -> list[tuple[str, list[bool]]]:
    """The heading of each side, and for each of its pictures whether the browser could draw it."""
    page.locator(".sides").wait_for()
    for one in page.locator(".sides img").all():
        one.scroll_into_view_if_needed()
    return [(title, loaded) for title, loaded in page.evaluate(LOADED)]


def test_photos_before_and_after_are_seen_by_the_reporter_and_by_everybody(
        phone: Phone, city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detectors, "look", lambda _picture: [])
    monkeypatch.setattr(detectors, "ready", lambda: True)
    town, content = city.town, BytesIO()
    Image.new("RGB", (800, 600), "brown").save(content, "JPEG")
    content.seek(0)
    photo = ok(town.stranger.post("/api/v1/citizen/photos", files={"photo": (content, "a.jpg")}), 201)
    receipt = ok(town.stranger.post(REPORTS, citizen_report(text="井盖破了一角", place=point(0, 5), photos=[photo])))
    case = filed(city, receipt)
    town.closed(case, ("teal", "gold"))
    town.prepare_photos()
    town.jobs()
    phone.go(f"#/case/{case}")
    phone.page.locator(".screen.case .timeline").wait_for()
    assert phone.page.locator(".sides").count() == 0, "nobody has looked at them"
    with reading() as db:
        waiting = [str(one) for one in db.scalars(select(PublicPhoto.photo_id))]
    media.look(waiting)
    for one in waiting:
        ok(town.operator.post(f"/api/v1/moderation/photos/{one}", {"decision": "publish", "rectangles": []}))
    phone.page.goto("about:blank")
    phone.visit(f"?track={receipt['number']}#token={receipt['token']}")
    assert sides(phone.page) == [("处置前", [True]), ("处置后", [True])]
    phone.page.evaluate("address => fetch(address, {cache: 'reload'})", f"/api/v1/public/cases/{case}?lang=zh")
    phone.go(f"#/case/{case}")
    phone.page.locator(".screen.case").wait_for()
    assert sides(phone.page) == [("处置前", [True]), ("处置后", [True])]
    assert not phone.is_wider_than_its_screen()
    assert phone.strangers() == []
    assert phone.wrong == []


# ---- WeChat

SET_OUT = f"{'5a' * 16}/snap"
"""The cookie of a browser that went to WeChat."""


def ticket_of(openid: str, browser: str = SET_OUT) -> str:
    """As the server makes it for whoever comes back from WeChat."""
    settings.configure(with_account(settings.current()))
    with transaction() as db:
        return h5.ticket(db, openid, browser)


def in_wechat(shop: Shop, ticket: str) -> Phone:
    """A phone on which the page is open in WeChat, which answers the way in with this ticket."""
    phone = shop.phone(agent=WECHAT)
    phone.page.route("**/api/v1/wechat/signature?*", lambda route: route.fulfill(
        json={"app_id": "wx1", "timestamp": 1, "nonce": "n", "signature": "s"}))
    phone.context.route("**/api/v1/wechat/h5?to=/snap", lambda route: route.fulfill(
        status=302, headers={"Location": f"{phone.url}/snap#wechat={ticket}"}))
    phone.context.add_cookies([{"name": "wechat_h5", "value": SET_OUT, "url": f"{phone.url}/api/v1/wechat/"}])
    phone.visit("#/mine")
    return phone


def test_inside_wechat_whoever_opened_the_page_is_known_by_his_account(shop: Shop, city: City) -> None:
    ticket = ticket_of("o-zhang", "")
    tokens = ok(city.town.stranger.post("/api/v1/wechat/h5/sessions", {"ticket": ticket}), 201)
    chat = Caller(city.town.app, {"Authorization": f"Bearer {tokens['access']}"})
    earlier = ok(chat.post(REPORTS, citizen_report(text="在公众号里报的", place=point(1))), 201)
    phone = in_wechat(shop, ticket_of("o-zhang"))
    page = phone.page
    page.get_by_role("link", name="微信登录").click()
    page.get_by_text("已用微信登录").wait_for()
    assert page.url == f"{phone.url}/snap#/mine"
    page.get_by_role("link", name="在公众号里报的").click()
    expect(page.locator(".facts")).to_contain_text("在公众号里报的")
    phone.go("#/report")
    send(phone, "用微信登录后报的")
    (made,), (before,) = reports("用微信登录后报的"), reports("在公众号里报的")
    assert made.source == before.source
    case = filed(city, earlier)
    phone.go(f"#/case/{case}")
    page.get_by_role("button", name="关注", exact=True).click()
    expect(page.locator("#notice")).to_contain_text("在微信里告诉您")
    with reading() as db:
        assert db.scalars(select(Subscriber.id).where(Subscriber.follower_id.is_not(None))).one()
    phone.go("#/mine")
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_text("在公众号里报的")).to_be_hidden()


def test_a_ticket_that_does_not_hold_or_is_none_leaves_the_page_as_it_was(shop: Shop) -> None:
    for ticket, words in (("failed", "微信没有确认"), ("018f3c1e7b5a7c2d9e4f0123456789ab65a1c4e7", "登录已过期")):
        phone = in_wechat(shop, ticket)
        phone.page.get_by_role("link", name="微信登录").click()
        expect(phone.page.locator("#notice")).to_contain_text(words)
        assert phone.page.url == f"{phone.url}/snap#/mine"
        expect(phone.page.get_by_role("link", name="手机号登录")).to_be_visible()


def test_outside_of_wechat_its_account_is_not_offered(phone: Phone) -> None:
    phone.go("#/mine")
    phone.page.get_by_role("link", name="手机号登录").wait_for()
    assert phone.page.get_by_role("link", name="微信登录").count() == 0
    assert [url for url in phone.asked if "wechat/" in url] == []


# ---- what the server puts off, and what somebody writes meanwhile

def test_a_report_that_the_server_puts_off_holds_up_no_other(phone: Phone) -> None:
    def stumbles(route: Route) -> None:
        if "让服务器出错" in (route.request.post_data or ""):
            route.fulfill(status=500, json={"type": "/problems/internal", "title": "系统内部错误", "status": 500})
        else:
            route.continue_()

    phone.context.route(f"**{REPORTS}", stumbles)
    write(phone, "让服务器出错")
    phone.page.locator("#send").click()
    phone.page.get_by_role("heading", name="已保存在本机").wait_for()
    phone.go("#/report")
    phone.page.locator("#send").wait_for()
    send(phone, "后来写的")
    assert [one["about"]["title"] for one in phone.stored("outbox")] == ["让服务器出错"]
    assert len(reports("后来写的")) == 1


def test_what_is_written_to_object_is_there_while_the_page_looks_for_news(phone: Phone) -> None:
    phone.context.route(f"**{REPORTS}", lambda route: route.fulfill(status=403, json={
        "type": "/problems/refused", "title": "不允许", "status": 403, "detail": "在名单上", "entry": "e1"}))
    write(phone, "不让报的")
    phone.page.locator("#send").click()
    phone.page.get_by_role("link", name="去处理").click()
    phone.page.locator("#waiting summary").click()
    words = phone.page.locator("#waiting textarea")
    words.fill("是误会")
    phone.page.evaluate("new BroadcastChannel('zhiwang-snap').postMessage('sync')")
    phone.page.wait_for_timeout(600)
    expect(words).to_have_value("是误会")


def test_a_heap_on_the_map_is_shown_to_its_last_case(phone: Phone) -> None:
    def page_of(route: Route) -> None:
        first = "cursor=" not in route.request.url
        one = {"status": "open", "stands": "已立案", "category": "上水井盖", "report_count": 1,
               "opened_at": "2026-11-26T08:00:00Z"}
        route.fulfill(json={"items": [one | {"number": f"AJ-{n}"} for n in (range(20) if first else range(20, 23))],
                            "next": "more" if first else None})

    phone.context.route("**/api/v1/public/map?*", lambda route: route.fulfill(json={"type": "FeatureCollection", "features": [{
        "type": "Feature", "geometry": {"type": "Point", "coordinates": [point(0)["lon"], point(0)["lat"]]},
        "bbox": [114.0, 22.6, 114.002, 22.602], "properties": {"kind": "square", "count": 23}}]}))
    phone.context.route("**/api/v1/public/cases?*", page_of)
    phone.go("#/near")
    phone.page.get_by_role("button", name="地图").click()
    phone.page.locator(".marker", has_text="23").click()
    expect(phone.page.locator("#cases > li")).to_have_count(20)
    phone.page.get_by_role("button", name="更多").click()
    expect(phone.page.locator("#cases > li")).to_have_count(23)
    assert "bbox=114%2C22.6%2C114.002%2C22.602" in next(url for url in phone.asked if "cursor=more" in url)
