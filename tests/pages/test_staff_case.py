"""One case on one page, in a browser: journeys by mouse and by keys, narrow, in English, and when somebody else was first."""
import itertools
import re

import pytest
from playwright.sync_api import Page, expect

from tests.api.test_cases import CASES, reported
from tests.api.town import Json, citizen_report, ok, point
from tests.factories import a_photo
from tests.pages.conftest import PASSWORD, City
from tests.pages.desk import Window

PLACES = itertools.product(range(-420, 421, 140), range(-420, 421, 140))
"""Far enough apart in the first grid that no two cases are taken for one problem."""

PHOTO = {"name": "after.jpg", "mimeType": "image/jpeg", "buffer": a_photo("teal")}


@pytest.fixture
def number(city: City) -> str:
    """A manhole of the water office, dispatched."""
    return str(reported(city.town, place=somewhere())["number"])


def somewhere() -> Json:
    """Where no other case of this file is."""
    return point(0, *next(PLACES))


def case(city: City, number: str) -> Json:
    return ok(city.town.supervisor.get(f"{CASES}/{number}"))


def sit(window: Window, login: str, number: str) -> Page:
    """Somebody opens the page of this case."""
    page = window.log_in(login, PASSWORD, f"/desk/cases/{number}")
    page.locator(".case-head").wait_for()
    return page


def actions(page: Page) -> list[str]:
    return [one.get_attribute("data-action") or "" for one in page.locator(".buttons button").all()]


def stands(page: Page, status: str) -> None:
    """The page shows that the case has come to this status."""
    expect(page.locator(".case-head .chips .chip").first).to_have_text(status)


# ---- a handler

def test_a_handler_signs_and_answers_with_a_photo_by_mouse(window: Window, city: City, number: str) -> None:
    page = sit(window, "water_handler", number)
    window.is_sound()
    assert set(actions(page)) == {one["action"] for one in ok(city.town.water_handler.get(f"{CASES}/{number}"))["actions"]}
    page.get_by_role("button", name="签收", exact=False).first.click()
    page.locator(".action-form").get_by_role("button", name="签收").click()
    stands(page, "处置中")
    expect(page.locator(".case-head .facts")).to_contain_text("经办人Water_Handler")
    page.locator('[data-action="resolve"]').click()
    page.get_by_label("给诉求人的答复").fill("井盖已更换")
    page.locator(".action-form input[type=file]").set_input_files(PHOTO)
    page.get_by_role("button", name="移除照片 1").wait_for()
    window.is_sound()
    page.locator(".action-form").get_by_role("button", name="反馈").click()
    stands(page, "待核查")
    expect(page.locator(".group.after .album li")).to_have_count(1)
    expect(page.locator(".buttons")).to_be_focused()
    assert case(city, number)["status"] == "resolved"


def test_a_handler_signs_and_answers_by_keys_alone(window: Window, city: City, number: str) -> None:
    page = sit(window, "water_handler", number)
    page.keyboard.press("Alt+s")
    expect(page.locator(".action-form").get_by_role("button", name="签收")).to_be_focused()
    page.keyboard.press("Enter")
    stands(page, "处置中")
    page.keyboard.press("Alt+r")
    expect(page.get_by_label("给诉求人的答复")).to_be_focused()
    page.keyboard.type("井盖已更换")
    page.keyboard.press("Escape")
    expect(page.locator('[data-action="resolve"]')).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("给诉求人的答复")).to_have_value("井盖已更换")
    expect(page.get_by_label("给诉求人的答复")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".action-form input[type=file]").first).to_be_focused()
    with page.expect_file_chooser() as choosing:
        page.keyboard.press("Space")
    choosing.value.set_files(PHOTO)
    page.get_by_role("button", name="移除照片 1").wait_for()
    page.keyboard.press("Control+Enter")
    stands(page, "待核查")
    assert case(city, number)["status"] == "resolved"


def test_what_the_standard_asks_for_is_asked_where_it_belongs(window: Window, city: City, number: str) -> None:
    city.town.act(city.town.water_handler, number, "sign")
    page = sit(window, "water_handler", number)
    page.locator('[data-action="resolve"]').click()
    expect(page.locator(".action-form")).to_contain_text("立案标准要求：处置后照片")
    page.locator(".action-form").get_by_role("button", name="反馈").click()
    expect(page.locator(".action-form .refused")).to_contain_text("处置后照片")
    expect(page.get_by_label("给诉求人的答复")).to_be_focused()
    window.is_sound()
    assert case(city, number)["status"] == "handling"


def test_a_template_fills_the_reply(window: Window, city: City, number: str) -> None:
    ok(city.town.steward.post("/api/v1/admin/templates", {
        "category": "10101", "action": "resolve", "title": "井盖复位", "text": "{department}已到场处置。"}), 201)
    city.town.act(city.town.water_handler, number, "sign")
    page = sit(window, "water_handler", number)
    page.keyboard.press("Alt+r")
    page.get_by_label("套用答复模板").select_option(label="井盖复位")
    expect(page.get_by_label("给诉求人的答复")).to_have_value("水务局已到场处置。")


def test_joint_handling_from_the_page(window: Window, city: City, number: str) -> None:
    city.town.act(city.town.water_handler, number, "sign")
    page = sit(window, "water_handler", number)
    page.locator('[data-action="assist"]').click()
    page.get_by_role("checkbox", name="道路养护中心").check()
    page.get_by_label("请协助的事项").fill("需占道")
    page.locator(".action-form").get_by_role("button", name="协办").click()
    expect(page.locator(".shares")).to_contain_text("道路养护中心")
    expect(page.locator(".shares")).to_contain_text("未签收")
    assert len(case(city, number)["history"]) == case(city, number)["version"]


# ---- the others

def test_a_department_head_hands_back_with_the_ground_and_an_adjudicator_rules(
        window: Window, narrow: Window, city: City, number: str) -> None:
    page = sit(window, "water_head", number)
    page.keyboard.press("Alt+b")
    page.get_by_label("退单依据").fill("三定方案第四条：道路附属设施归道路养护中心")
    page.get_by_label("建议承办部门").select_option(label="道路养护中心")
    page.locator(".action-form").get_by_role("button", name="退单").click()
    stands(page, "退单待裁")
    expect(page.locator(".history")).to_contain_text("道路养护中心")
    ruling = sit(narrow, "adjudicator", number)
    expect(ruling.locator(".history")).to_contain_text("三定方案第四条")
    narrow.is_sound()
    ruling.locator('[data-action="uphold"]').click()
    ruling.get_by_label("裁定意见").fill("确属道路附属设施")
    ruling.get_by_label("改派部门").select_option(label="道路养护中心")
    narrow.is_sound()
    ruling.locator(".action-form").get_by_role("button", name="准予退单").click()
    stands(ruling, "待签收")
    assert case(city, number)["department"] == "道路养护中心"


def test_an_adjudicator_rules_by_keys_alone(window: Window, city: City, number: str) -> None:
    city.town.act(city.town.water_head, number, "hand_back", ground="三定方案第四条")
    page = sit(window, "adjudicator", number)
    page.keyboard.press("Alt+o")
    expect(page.get_by_label("裁定意见")).to_be_focused()
    page.keyboard.type("供水井盖属水务局")
    page.keyboard.press("Control+Enter")
    stands(page, "待签收")
    assert case(city, number)["status"] == "dispatched"


def test_a_dispatcher_sends_it_to_a_department(window: Window, city: City) -> None:
    town = city.town
    number = reported(town, town.zhao, place=point(2), category="20101")["number"]
    page = sit(window, "dispatcher", number)
    page.keyboard.press("Alt+d")
    page.get_by_label("主办部门").select_option(label="道路养护中心")
    page.locator(".action-form").get_by_role("button", name="派遣").click()
    stands(page, "待签收")
    assert case(city, number)["department"] == "道路养护中心"


def test_a_triage_operator_files_under_a_category_and_a_standard(window: Window, city: City) -> None:
    town = city.town
    unclear = citizen_report(text="嗯嗯这里有点不对劲呀", place=somewhere())
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", unclear), 201)
    town.jobs()
    number = town.case_of(receipt["number"])["number"]
    assert case(city, number)["status"] == "reported"
    page = sit(window, "triage", number)
    page.locator('[data-action="file"]').click()
    page.get_by_label("分类").select_option("10101")
    expect(page.get_by_label("立案条件").locator("option")).not_to_have_count(1)
    page.locator(".action-form").get_by_role("button", name="立案").click()
    page.locator('[data-action="file"]').wait_for(state="detached")
    assert case(city, number)["category_code"] == "10101"


def test_a_leader_sees_all_and_may_order(window: Window, city: City, number: str) -> None:
    page = sit(window, "leader", number)
    assert actions(page) == ["supervise"]
    page.keyboard.press("Alt+g")
    page.get_by_label("督办要求").fill("今日内办结")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".chips")).to_contain_text("督办中")


# ---- two at one case

def test_who_comes_second_is_told_what_happened_and_keeps_what_was_typed(window: Window, city: City, number: str) -> None:
    city.town.act(city.town.water_handler, number, "sign")
    page = sit(window, "water_handler", number)
    page.keyboard.press("Alt+r")
    page.get_by_label("给诉求人的答复").fill("井盖已更换")
    page.locator(".action-form input[type=file]").set_input_files(PHOTO)
    page.get_by_role("button", name="移除照片 1").wait_for()
    city.town.act(city.town.supervisor, number, "supervise", reason="学校门口")
    page.keyboard.press("Control+Enter")
    told = page.locator(".changed")
    expect(told).to_contain_text("Supervisor 督办")
    expect(told).to_be_focused()
    expect(page.locator(".chips")).to_contain_text("督办中")
    expect(page.get_by_label("给诉求人的答复")).to_have_value("井盖已更换")
    window.is_sound()
    page.locator(".action-form").get_by_role("button", name="反馈").click()
    stands(page, "待核查")


def test_what_is_no_longer_possible_is_said_and_nothing_typed_is_lost(window: Window, city: City, number: str) -> None:
    page = sit(window, "water_head", number)
    page.keyboard.press("Alt+b")
    page.get_by_label("退单依据").fill("三定方案第四条")
    city.town.act(city.town.dispatcher, number, "recall", reason="派错")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".changed")).to_contain_text("没有这个案件")
    expect(page.get_by_label("退单依据")).to_have_value("三定方案第四条")
    expect(page.locator(".action-form").get_by_role("button", name="退单")).to_be_disabled()


# ---- looking

def test_photos_are_enlarged_and_turned_by_keys_and_the_focus_comes_back(window: Window, city: City, number: str) -> None:
    town = city.town
    town.act(town.water_handler, number, "sign")
    town.act(town.water_handler, number, "resolve", reply="已处理",
             photos=[town.photo(town.water_handler, "navy"), town.photo(town.water_handler, "gold")])
    town.prepare_photos()
    page = sit(window, "supervisor", number)
    first = page.locator(".photo-button").first
    first.focus()
    page.keyboard.press("Enter")
    large = page.get_by_role("dialog", name="照片")
    expect(large).to_contain_text("第 1 张，共 2 张")
    window.is_sound()
    page.keyboard.press("ArrowRight")
    expect(large).to_contain_text("第 2 张，共 2 张")
    page.keyboard.press("Escape")
    expect(large).to_have_count(0)
    expect(first).to_be_focused()


def test_a_phone_is_shown_for_a_reason_only(window: Window, city: City) -> None:
    town = city.town
    with_phone = citizen_report(phone="13800138000", category="10101", place=somewhere())
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", with_phone), 201)
    town.jobs()
    page = sit(window, "supervisor", town.case_of(receipt["number"])["number"])
    page.get_by_role("button", name="查看电话").first.click()
    page.get_by_role("button", name="查看并记录").click()
    expect(page.get_by_label("查看原因")).to_be_focused()
    page.get_by_label("查看原因").fill("联系核实地点")
    page.keyboard.press("Enter")
    expect(page.get_by_text("13800138000")).to_be_visible()


def test_comments_are_said_from_here(window: Window, number: str) -> None:
    page = sit(window, "water_handler", number)
    page.keyboard.press("Alt+c")
    page.keyboard.type("备件已到")
    page.get_by_role("button", name="发表").click()
    expect(page.locator(".comments")).to_contain_text("备件已到")
    expect(page.locator(".comments")).to_contain_text("Water_Handler")


def test_clocks_tell_how_they_came_about(window: Window, number: str) -> None:
    page = sit(window, "supervisor", number)
    page.locator(".clocks summary").first.click()
    expect(page.locator(".clocks details[open]").first).to_contain_text("起计时")
    window.is_sound()


def test_the_map_shows_the_grid_and_what_is_similar_is_looked_for_on_demand(window: Window, number: str) -> None:
    page = sit(window, "triage", number)
    page.locator("#h-around").scroll_into_view_if_needed()
    page.locator(".case path.outline.grid").wait_for(state="attached")
    assert not [url for url in window.asked if url.endswith("/similar")]
    page.get_by_text("查找相似案件").click()
    page.locator(".alikes, .alike .quiet").first.wait_for()
    window.is_sound()


def test_the_page_asks_little(window: Window, number: str) -> None:
    page = sit(window, "supervisor", number)
    page.locator("#h-around").scroll_into_view_if_needed()
    page.locator(".case path.outline.grid").wait_for(state="attached")
    asked = [url for url in window.asked if "/api/v1/cases/" in url]
    assert [re.sub(r".*/", "", url) for url in asked] == ["dossier"]


def test_in_english_and_narrow_it_is_whole(narrow: Window, city: City, number: str) -> None:
    city.town.act(city.town.water_handler, number, "sign")
    page = sit(narrow, "water_handler", number)
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="What can be done now").wait_for()
    page.locator('[data-action="resolve"]').click()
    page.get_by_label("Reply to the citizen").wait_for()
    narrow.is_sound()
    words = page.locator("main").inner_text()
    assert not re.findall(r"\b(?:case|case_\w+|due|status)\.\w+", words)


def test_a_print_is_a_work_sheet_without_what_is_pressed(window: Window, number: str) -> None:
    page = sit(window, "supervisor", number)
    page.emulate_media(media="print")
    for hidden in (".buttons", ".map", ".writing", "header", ".tools"):
        expect(page.locator(hidden).first).to_be_hidden()
    for shown in (".case-head", ".history", ".reports", ".shares", ".clocks"):
        expect(page.locator(shown).first).to_be_visible()


def test_a_case_out_of_reach_is_none(window: Window, number: str) -> None:
    page = window.log_in("roads_handler", PASSWORD, f"/desk/cases/{number}")
    expect(page.get_by_role("alert")).to_contain_text("没有这个案件")
