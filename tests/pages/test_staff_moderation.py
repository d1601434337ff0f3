"""Moderation in a browser: words for everybody, and boxes on photos by mouse, by finger and by keys."""
from collections.abc import Callable
from io import BytesIO
from typing import Any

import orjson
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect

from api import releases
from tests.api.town import ok, pda_report, point
from tests.pages.conftest import PASSWORD, City
from tests.pages.desk import Window

PAGE, PHOTOS = "/command/moderation", "/api/v1/moderation/photos"
ID, CASE = "018f3c1e-7b5a-7c2d-9e4f-0123456789ab", "AJ260302-7K3F9-Q2MXA"
FOUND = {"x": 0.1, "y": 0.2, "width": 0.2, "height": 0.3}


def waiting_case(city: City, text: str) -> str:
    """A case in the first grid that waits for a look."""
    town = city.town
    ok(town.administrator.post("/api/v1/admin/policy", {
        "version": "2026.9", "rules": [], "numbers": {"": {"look_first": 1}}}))
    receipt = ok(town.li.post("/api/v1/pda/reports", pda_report(text=text, place=point(0))))
    town.jobs()
    return str(town.case_of(receipt["number"])["number"])


def line_of(page: Page, number: str) -> Locator:
    found = page.locator(f"[data-number='{number}']")
    found.wait_for()
    return found


def test_words_are_released_and_a_case_is_withheld(window: Window, city: City) -> None:
    first = waiting_case(city, "王大爷家门口的井盖没了，电话 13812345678 <b>急</b>")
    page = window.log_in("operator", PASSWORD, PAGE)
    line = line_of(page, first)
    expect(line).to_contain_text("<b>急</b>")
    assert "13812345678" not in line.get_by_label("公开的文字").input_value()
    window.is_sound()
    line.get_by_label("公开的文字").fill("电话 13812345678")
    line.get_by_role("button", name="连同文字公开").click()
    expect(line.get_by_label("公开的文字")).to_be_focused()
    expect(line.get_by_label("公开的文字")).to_have_attribute("aria-invalid", "true")
    line.get_by_label("公开的文字").fill("路口的井盖缺失")
    line.get_by_role("button", name="连同文字公开").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text(first)
    expect(line).to_have_count(0)
    assert ok(city.town.stranger.get(f"/api/v1/public/cases/{first}"))["words"] == "路口的井盖缺失"
    page.get_by_label("状态").select_option("published")
    line_of(page, first).get_by_role("button", name="不公开").click()
    expect(line_of(page, first).get_by_label("不公开的理由")).to_be_focused()
    line_of(page, first).get_by_label("不公开的理由").fill("看得出是谁")
    line_of(page, first).get_by_role("button", name="不公开").click()
    expect(page.locator("#notice")).to_contain_text("不公开")
    assert city.town.stranger.get(f"/api/v1/public/cases/{first}").status_code == 404


@pytest.fixture
def decided(window: Window, narrow: Window) -> list[dict[str, Any]]:
    """What was decided of the one photo that waits; its API has tests of its own, here it stands still."""
    made: list[dict[str, Any]] = []
    row = {"id": ID, "case": CASE, "purpose": "report", "state": "waiting", "certain": False, "covers": 1,
           "created_at": "2026-03-02T02:00:00Z"}
    whole = row | {"link": "/api/v1/media/picture", "public": None, "width": 800, "height": 600,
                   "found": [FOUND | {"kind": "face", "score": 0.6}], "rectangles": [FOUND], "decided_at": None,
                   "decided_by": None}
    content = BytesIO()
    Image.new("RGB", (800, 600), "#7799aa").save(content, "PNG")

    def photo(route: Route) -> None:
        if route.request.method == "POST":
            made.append(orjson.loads(route.request.post_data or "{}"))
        route.fulfill(json=whole)
    for one in (window, narrow):
        one.context.route(f"**{PHOTOS}?*", lambda route: route.fulfill(json={"items": [] if made else [row], "next": None}))
        one.context.route(f"**{PHOTOS}/{ID}", photo)
        one.context.route("**/api/v1/media/picture",
                          lambda route: route.fulfill(body=content.getvalue(), content_type="image/png"))
    return made


def opened(window: Window) -> Page:
    page = window.log_in("operator", PASSWORD, f"{PAGE}#photos")
    page.get_by_role("button", name=CASE).click()
    page.locator(".box").wait_for()
    return page


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From here to there on the picture, in shares of it."""
    page.locator(".stage").scroll_into_view_if_needed()
    box = page.locator(".stage").bounding_box()
    assert box
    place: Callable[[tuple[float, float]], tuple[float, float]] = lambda one: (  # noqa: E731 - two lines below are all its use
        box["x"] + one[0] * box["width"], box["y"] + one[1] * box["height"])
    page.mouse.move(*place(start))
    page.mouse.down()
    page.mouse.move(*place(((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)))
    page.mouse.move(*place(end))
    page.mouse.up()


def test_boxes_are_drawn_moved_resized_and_published_by_mouse(window: Window, decided: list[dict[str, Any]]) -> None:
    page = opened(window)
    window.is_sound()
    drag(page, (0.5, 0.5), (0.7, 0.8))
    expect(page.locator(".box")).to_have_count(2)
    drag(page, (0.2, 0.35), (0.3, 0.45))
    drag(page, (0.7, 0.8), (0.8, 0.9))
    page.get_by_role("button", name="预览").click()
    assert page.evaluate("document.querySelector('canvas.preview').width") == 800
    window.is_sound()
    page.get_by_role("button", name="遮盖后公开").click()
    expect(page.locator("#notice")).to_contain_text("照片已公开")
    (sent,) = decided
    assert sent["decision"] == "publish"
    moved, drawn = sent["rectangles"]
    assert moved == pytest.approx({"x": 0.2, "y": 0.3, "width": 0.2, "height": 0.3}, abs=0.01)
    assert drawn == pytest.approx({"x": 0.5, "y": 0.5, "width": 0.3, "height": 0.4}, abs=0.01)
    expect(page.locator("#moderated")).to_contain_text("没有照片")


def test_boxes_are_worked_with_keys_alone(window: Window, decided: list[dict[str, Any]]) -> None:
    page = window.log_in("operator", PASSWORD, PAGE)
    page.get_by_role("tab", name="案件").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name=CASE).focus()
    page.keyboard.press("Enter")
    page.locator(".box").wait_for()
    page.get_by_role("button", name="加一个框").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="遮盖框 2")).to_be_focused()
    for key, times in (("ArrowLeft", 10), ("ArrowUp", 5), ("Shift+ArrowRight", 10), ("Shift+ArrowDown", 5),
                       ("Control+ArrowRight", 5)):
        for _ in range(times):
            page.keyboard.press(key)
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="遮盖框 1")).to_be_focused()
    page.keyboard.press("Delete")
    expect(page.locator(".box")).to_have_count(1)
    expect(page.get_by_role("button", name="遮盖框 1")).to_be_focused()
    page.get_by_role("button", name="遮盖后公开").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text("照片已公开")
    assert decided[0]["rectangles"][0] == pytest.approx({"x": 0.31, "y": 0.35, "width": 0.3, "height": 0.25}, abs=0.001)


def test_a_finger_draws_on_a_narrow_screen_and_a_photo_is_withheld(narrow: Window, decided: list[dict[str, Any]]) -> None:
    page = opened(narrow)
    narrow.is_sound()
    page.locator(".stage").scroll_into_view_if_needed()
    box, scrolled = page.locator(".stage").bounding_box(), page.evaluate("scrollY")
    assert box
    finger = narrow.context.new_cdp_session(page)
    for kind, share in (("touchStart", 0.6), ("touchMove", 0.7), ("touchMove", 0.9), ("touchEnd", None)):
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [
            {"x": box["x"] + share * box["width"], "y": box["y"] + share * box["height"]}] if share else []})
    expect(page.locator(".box")).to_have_count(2)
    drawn = page.locator(".box").nth(1).bounding_box()
    assert drawn
    assert drawn["width"] == pytest.approx(0.3 * box["width"], abs=2)
    assert page.evaluate("scrollY") == scrolled, "a finger that draws does not scroll"
    page.get_by_role("button", name="不公开", exact=True).click()
    expect(page.locator("#notice")).to_contain_text("照片不公开")
    assert decided == [{"decision": "withhold", "rectangles": []}]


def test_no_box_leaves_the_picture_or_vanishes(window: Window) -> None:
    page = window.visit(PAGE)
    address = f"{releases.of('staff').address}/screens/moderation/boxes.js"
    outcome = page.evaluate("""async (address) => {
        const {fitted, between, stepped} = await import(address);
        let box = {x: 0.5, y: 0.5, width: 0.3, height: 0.3};
        const keys = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
        let seed = 7;
        const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
        const boxes = [];
        for (let turn = 0; turn < 3000; turn++) {
            box = stepped(box, keys[Math.floor(random() * 4)], {shift: random() < 0.5, fine: random() < 0.2});
            const anywhere = {x: random() * 4 - 2, y: random() * 4 - 2, width: random() * 3 - 1, height: random() * 3 - 1};
            boxes.push(box, fitted(anywhere), between({x: random(), y: random()}, {x: random(), y: random()}));
        }
        return boxes.filter(({x, y, width, height}) => !(x >= 0 && y >= 0 && width >= 0.0099 && height >= 0.0099
            && x + width <= 1.0000001 && y + height <= 1.0000001));
    }""", address)
    assert outcome == []
