"""Moderation in a browser: words for everybody, and boxes on photos by mouse, by finger and by keys."""
import uuid
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from api import releases
from casework.media.blurring import detectors
from casework.media.blurring.boxes import Finding, Kind, Rectangle
from casework.media.blurring.public_photo import PublicPhoto, State
from casework.storage.database import reading
from tests.api.town import ok, pda_report, point
from tests.pages.conftest import PASSWORD, City
from tests.pages.desk import Window
from workers import media

PAGE = "/command/moderation"
FOUND = {"x": 0.1, "y": 0.2, "width": 0.2, "height": 0.3}


def waiting_case(city: City, text: str) -> str:
    """A case in the first grid that waits for a look, as all do from now on: this is for the last test of the file."""
    town = city.town
    ok(town.administrator.post("/api/v1/admin/policy", {
        "version": "2026.9", "rules": [], "numbers": {"": {"look_first": 1}}}))
    receipt = ok(town.li.post("/api/v1/pda/reports", pda_report(text=text, place=point(2))))
    town.jobs()
    return str(town.case_of(receipt["number"])["number"])


def line_of(page: Page, number: str) -> Locator:
    found = page.locator(f"[data-number='{number}']")
    found.wait_for()
    return found


@pytest.fixture
def photo(city: City, monkeypatch: pytest.MonkeyPatch) -> uuid.UUID:
    """A photo of a public case that waits for a person, because a detector was unsure of what it found."""
    monkeypatch.setattr(detectors, "look", lambda _picture: [Finding(Kind.FACE, 0.4, Rectangle(**FOUND))])
    monkeypatch.setattr(detectors, "ready", lambda: True)
    town, content = city.town, BytesIO()
    Image.new("RGB", (800, 600), "#7799aa").save(content, "JPEG")
    content.seek(0)
    ok(town.li.post("/api/v1/pda/reports", pda_report(place=point(0)), files={"photos": [(content, "现场.jpg")]}), 201)
    town.prepare_photos()
    town.jobs()
    with reading() as db:
        newest = db.scalars(select(PublicPhoto.photo_id).order_by(PublicPhoto.photo_id.desc()).limit(1)).one()
    media.look([str(newest)])
    return newest


def decided(photo_id: uuid.UUID) -> PublicPhoto:
    with reading() as db:
        found = db.get_one(PublicPhoto, photo_id)
        db.expunge(found)
        return found


def boxed(rectangles: Any) -> list[dict[str, float]]:
    return [{name: one[name] for name in ("x", "y", "width", "height")} for one in rectangles]


def opened(window: Window) -> Page:
    page = window.log_in("operator", PASSWORD, f"{PAGE}#photos")
    page.locator(".strip button").last.click()
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


def test_boxes_are_drawn_moved_resized_and_published_by_mouse(window: Window, photo: uuid.UUID) -> None:
    page, (advised,) = opened(window), boxed(decided(photo).rectangles)
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
    row = decided(photo)
    assert row.state is State.READY
    moved, drawn = boxed(row.rectangles)
    assert moved == pytest.approx(advised | {"x": advised["x"] + 0.1, "y": advised["y"] + 0.1}, abs=0.01)
    assert drawn == pytest.approx({"x": 0.5, "y": 0.5, "width": 0.3, "height": 0.4}, abs=0.01)
    expect(page.locator("#moderated")).to_contain_text("没有照片")
    page.get_by_label("状态").select_option("ready")
    page.locator(".strip button").last.click()
    expect(page.locator(".box")).to_have_count(2)


def test_boxes_are_worked_with_keys_alone(window: Window, photo: uuid.UUID) -> None:
    page = window.log_in("operator", PASSWORD, PAGE)
    page.get_by_role("tab", name="案件").focus()
    page.keyboard.press("ArrowRight")
    page.locator(".strip button").last.focus()
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
    assert boxed(decided(photo).rectangles)[0] == pytest.approx({"x": 0.31, "y": 0.35, "width": 0.3, "height": 0.25}, abs=0.001)


def test_a_finger_draws_on_a_narrow_screen_and_a_photo_is_withheld(narrow: Window, photo: uuid.UUID) -> None:
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
    assert decided(photo).state is State.WITHHELD


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


def test_what_was_published_before_a_look_is_given_words_or_withheld(window: Window, city: City) -> None:
    town = city.town
    numbers = []
    for text, place in (("先公开的井盖", point(3)), ("先公开的路灯", point(1))):
        receipt = ok(town.li.post("/api/v1/pda/reports", pda_report(text=text, place=place)), 201)
        town.jobs()
        numbers.append(str(town.case_of(receipt["number"])["number"]))
    worded, withheld = numbers
    page = window.log_in("operator", PASSWORD, PAGE)
    unseen = page.locator("#unseen")
    expect(unseen.get_by_role("heading")).to_have_text("未经审核已公开")
    line = unseen.locator(f"[data-number='{worded}']")
    line.get_by_label("公开的文字").fill("路口的井盖缺失")
    line.get_by_role("button", name="连同文字公开").click()
    expect(line).to_have_count(0)
    assert ok(town.stranger.get(f"/api/v1/public/cases/{worded}"))["words"] == "路口的井盖缺失"
    line = unseen.locator(f"[data-number='{withheld}']")
    line.get_by_label("不公开的理由").fill("看得出是谁")
    line.get_by_role("button", name="不公开").click()
    expect(line).to_have_count(0)
    assert town.stranger.get(f"/api/v1/public/cases/{withheld}").status_code == 404
    unseen.get_by_role("button", name="刷新").click()
    expect(page.locator("#unseen [data-number]").filter(has_text="先公开的")).to_have_count(0)
    window.is_sound()


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
