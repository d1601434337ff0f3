"""The staff pages in a browser, where something is not as somebody at the desk believes it to be."""
import itertools
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.api.test_cases import reported
from tests.api.town import Json, ok, ticket
from tests.factories import a_photo
from tests.pages.conftest import PASSWORD, City
from tests.pages.desk import Window
from tests.pages.test_staff import CALLS, TICKETS, typed_call
from tests.pages.test_staff_case import PHOTO, case, sit, somewhere, stands
from tests.pages.test_staff_command import TRIAGE, case_of, left, opened

EASTS = itertools.count(-400, 160)
SOON = 400
"""Milliseconds after which a page has done what it must not do."""


def held_up(page: Page, address: str, method: str = "POST") -> list[Route]:
    """What is asked of this address from now on: it waits until the test lets it go on."""
    waiting: list[Route] = []

    def keep(route: Route) -> None:
        if route.request.method == method:
            waiting.append(route)
        else:
            route.continue_()

    page.route(address, keep)
    return waiting


def refused(page: Page, address: str, status: int, why: str) -> None:
    """Whoever asks this address is refused for this reason."""
    page.route(address, lambda route: route.fulfill(
        status=status, content_type="application/problem+json", json={"title": "冲突", "detail": why, "status": status}))


def test_without_a_screen_in_the_address_whoever_logs_in_is_led_to_the_first_of_theirs(window: Window) -> None:
    page = window.log_in("administrator", PASSWORD, "/command")
    page.wait_for_url("**/command/admin/people")
    page.get_by_role("heading", name="人员").wait_for()


def test_a_case_that_was_chosen_is_told_as_long_as_it_goes_with_the_ticket(window: Window, city: City) -> None:
    told = ok(city.town.operator.post(TICKETS, ticket(
        category="10101", subject="井盖", detail="井盖破了", caller_phone="13900000021")))
    city.town.jobs()
    case = city.town.case_of(told["results"][0]["number"])["number"]
    page = window.log_in("operator", PASSWORD, CALLS)
    typed_call(page, "还是那个井盖", "13900000021")
    page.locator(f"aside [data-case='{case}']").click()
    page.get_by_label("来电号码").fill("13900000022")
    page.keyboard.press("Enter")
    expect(page.locator("aside")).not_to_contain_text("井盖破了")
    expect(page.locator(".chosen")).to_contain_text(case)
    assert all("1390000002" not in url for url in window.asked)
    page.get_by_label("来电号码").fill("")
    page.get_by_label("诉求内容").focus()
    expect(page.locator("aside")).to_contain_text("输入号码")
    page.get_by_role("button", name="取消").click()
    expect(page.locator(".chosen")).to_be_empty()
    window.is_sound()


# ---- a desk of the centre: another case is chosen than the one in hand

@pytest.fixture
def pair(city: City) -> Iterator[tuple[str, str]]:
    """The numbers of two cases on the triage desk, which leave it with the test."""
    town, east = city.town, next(EASTS)
    numbers = [left(town, text, grid, east)["number"] for grid, text in enumerate(("井盖不见了，人行道上很危险", "另外一件事"))]
    yield numbers[0], numbers[1]
    for row in town.listed(town.supervisor, queue="triage"):
        ok(town.supervisor.post(f"/api/v1/holds/{row['number']}", {"over": True}))
        town.app.test_client().delete(f"/api/v1/holds/{row['number']}", headers=town.supervisor.headers)
        town.act(town.triage, row["number"], "reject", reason="清场")


def in_hand(window: Window, city: City, number: str) -> Page:
    """Without a stream: the server would go on looking for it for a while, at a city that is laid anew for the next file."""
    window.page.route("**/api/v1/live", lambda route: route.fulfill(status=503, headers={"Retry-After": "60"}, body="{}"))
    page = window.log_in("triage", PASSWORD, TRIAGE)
    page.locator(f"[data-number='{number}']").click()
    opened(page, case_of(city.town, number)["title"])
    return page


def is_not_filed_by_key(page: Page, city: City, number: str) -> None:
    page.keyboard.press("Alt+a")
    page.wait_for_timeout(SOON)
    assert case_of(city.town, number)["status"] == "reported"


def holds(city: City) -> list[Json]:
    found: list[Json] = ok(city.town.supervisor.get("/api/v1/holds"))["items"]
    return found


def test_the_keys_of_a_case_are_gone_when_the_next_one_is_a_colleagues(
        window: Window, city: City, pair: tuple[str, str]) -> None:
    first, second = pair
    page = in_hand(window, city, first)
    ok(city.town.operator.post(f"/api/v1/holds/{second}", {}))
    page.locator(f"[data-number='{second}']").click()
    expect(page.locator(".bench-work")).to_contain_text("Operator 正在办理此案")
    is_not_filed_by_key(page, city, first)
    assert {one["number"] for one in holds(city)} == {second}


def test_the_keys_of_a_case_are_gone_when_the_next_one_cannot_be_read(
        window: Window, city: City, pair: tuple[str, str]) -> None:
    first, second = pair
    page = in_hand(window, city, first)
    refused(page, f"**/api/v1/triage/cases/{second}", 503, "稍后再试")
    page.locator(f"[data-number='{second}']").click()
    expect(page.locator(".bench-work").get_by_role("alert")).to_contain_text("服务器没有应答")
    is_not_filed_by_key(page, city, first)


def test_a_case_that_cannot_be_taken_leaves_nothing_in_hand(window: Window, city: City, pair: tuple[str, str]) -> None:
    first, second = pair
    page = in_hand(window, city, first)
    refused(page, f"**/api/v1/holds/{second}", 409, "此案已结")
    page.locator(f"[data-number='{second}']").click()
    expect(page.locator("#notice")).to_contain_text("此案已结")
    expect(page.locator(".bench-work")).to_contain_text("从列表中选择一件")
    expect(page.locator(".bench-row[aria-current=true]")).to_have_count(0)
    is_not_filed_by_key(page, city, first)
    assert holds(city) == []


def test_while_another_case_is_being_taken_the_keys_of_the_former_do_nothing(
        window: Window, city: City, pair: tuple[str, str]) -> None:
    first, second = pair
    page = in_hand(window, city, first)
    waiting = held_up(page, f"**/api/v1/holds/{second}")
    page.locator(f"[data-number='{second}']").click()
    expect(page.locator(".bench-work h2")).to_have_count(0)
    is_not_filed_by_key(page, city, first)
    page.locator(f"[data-number='{first}']").click()  # after all
    waiting[0].continue_()
    opened(page, case_of(city.town, first)["title"])
    page.wait_for_timeout(SOON)
    opened(page, case_of(city.town, first)["title"])
    assert [one["number"] for one in holds(city)] == [first]


def test_an_answer_that_comes_late_leaves_the_case_that_was_chosen_meanwhile_alone(
        window: Window, city: City, pair: tuple[str, str]) -> None:
    first, second = pair
    page = in_hand(window, city, first)
    waiting = held_up(page, f"**/api/v1/cases/{first}/file")
    page.keyboard.press("Alt+a")
    page.wait_for_timeout(SOON)
    page.locator(f"[data-number='{second}']").click()
    opened(page, case_of(city.town, second)["title"])
    waiting[0].continue_()
    expect(page.locator("#notice")).to_contain_text("已立案")
    expect(page.locator(f"[data-number='{first}']")).to_have_count(0)
    page.wait_for_timeout(SOON)
    opened(page, case_of(city.town, second)["title"])
    assert [one["number"] for one in holds(city)] == [second]


# ---- the page of a case: a form waits for its photo, and what it waits for does not come, or somebody does something else

ANOTHER, THIRD = (PHOTO | {"name": f"{colour}.jpg", "buffer": a_photo(colour)} for colour in ("navy", "gold"))
REPLY = "给诉求人的答复"


def waiting_for_a_photo(window: Window, city: City, login: str = "water_handler") -> tuple[str, Page, list[Route]]:
    """A case for which more time was asked, and whose answer is sent off with two photos, the second still on its way."""
    number = str(reported(city.town, place=somewhere())["number"])
    city.town.act(city.town.water_handler, number, "sign")
    city.town.act(city.town.water_handler, number, "extend", reason="缺料")
    page = sit(window, login, number)
    page.locator('[data-action="resolve"]').click()
    page.get_by_label(REPLY).fill("井盖已更换")
    photos = page.locator(".action-form input[type=file]")
    photos.set_input_files(PHOTO)
    page.get_by_role("button", name="移除照片 1").wait_for()
    waiting = held_up(page, "**/api/v1/media")
    photos.set_input_files(ANOTHER)
    page.locator(".action-form").get_by_role("button", name="反馈").click()
    page.wait_for_timeout(SOON)
    assert case(city, number)["status"] == "handling"
    return number, page, waiting


def test_an_answer_whose_photo_fails_is_not_sent_without_it_until_somebody_says_so(window: Window, city: City) -> None:
    number, page, waiting = waiting_for_a_photo(window, city)
    waiting[0].fulfill(status=422, json={"title": "内容有误", "errors": [{"field": "photo", "reason": "照片太大"}]})
    expect(page.locator(".action-form .refused")).to_contain_text("还没有提交")
    expect(page.locator(".action-form .refused")).to_contain_text("navy.jpg：照片太大")
    expect(page.locator(".action-form input[type=file]")).to_be_focused()
    window.is_sound()
    assert case(city, number)["status"] == "handling"
    page.locator(".action-form").get_by_role("button", name="反馈").click()
    stands(page, "待核查")


def test_what_is_taken_out_while_a_photo_is_on_its_way_is_missed(window: Window, city: City) -> None:
    number, page, waiting = waiting_for_a_photo(window, city)
    page.get_by_label(REPLY).fill("")
    waiting[0].continue_()
    expect(page.locator(".action-form .refused")).to_contain_text("还有内容没有填写")
    expect(page.get_by_label(REPLY)).to_be_focused()
    assert case(city, number)["status"] == "handling"


def test_a_photo_that_is_chosen_while_another_is_on_its_way_goes_with_it(window: Window, city: City) -> None:
    _number, page, waiting = waiting_for_a_photo(window, city)
    page.locator(".action-form input[type=file]").set_input_files(THIRD)
    page.wait_for_timeout(SOON)
    for route in waiting:
        route.continue_()
        page.wait_for_timeout(SOON)
    stands(page, "待核查")
    expect(page.locator(".group.after .album li")).to_have_count(3)


def nothing_was_sent(city: City, number: str) -> None:
    assert [one["action"] for one in case(city, number)["history"]][-1] == "extend"


def is_sent_after_all(page: Page) -> None:
    """What was typed is there again, and so is the photo that came late."""
    page.locator('[data-action="resolve"]').click()
    expect(page.get_by_label(REPLY)).to_have_value("井盖已更换")
    page.get_by_role("button", name="移除照片 2").wait_for()
    page.keyboard.press("Control+Enter")
    stands(page, "待核查")
    expect(page.locator(".group.after .album li")).to_have_count(2)


def test_a_form_that_waits_for_its_photo_is_not_sent_as_what_is_opened_meanwhile(window: Window, city: City) -> None:
    number, page, waiting = waiting_for_a_photo(window, city, "water_head")
    page.locator('[data-action="endorse"]').click()
    expect(page.locator("#notice")).to_contain_text("“反馈”没有提交")
    expect(page.locator(".action-form").get_by_role("button", name="初审同意")).to_be_visible()
    window.is_sound()
    waiting[0].continue_()
    page.wait_for_timeout(2 * SOON)
    nothing_was_sent(city, number)
    expect(page.locator(".action-form").get_by_role("button", name="初审同意")).to_be_enabled()
    is_sent_after_all(page)


def test_a_form_that_is_left_while_it_waits_for_its_photo_is_not_sent_and_that_is_said(window: Window, city: City) -> None:
    number, page, waiting = waiting_for_a_photo(window, city)
    page.get_by_label(REPLY).press("Escape")
    expect(page.locator("#notice")).to_contain_text("“反馈”没有提交")
    expect(page.locator('[data-action="resolve"]')).to_be_focused()
    waiting[0].continue_()
    page.wait_for_timeout(2 * SOON)
    expect(page.locator("#notice")).not_to_contain_text("页面出错")
    nothing_was_sent(city, number)
    is_sent_after_all(page)


@pytest.mark.parametrize(("answer", "told", "status"), [
    (None, "“反馈”已办理", "待核查"), (503, "反馈：服务器没有应答", "处置中")], ids=["well", "badly"])
def test_a_form_that_is_left_while_it_is_being_sent_tells_how_it_went(
        window: Window, city: City, answer: int | None, told: str, status: str) -> None:
    number, page, photos = waiting_for_a_photo(window, city, "water_head")
    answers = held_up(page, f"**/api/v1/cases/{number}/resolve")
    photos[0].continue_()
    page.wait_for_timeout(2 * SOON)
    page.locator('[data-action="endorse"]').click()
    form = page.locator(".action-form").get_by_role("button", name="初审同意")
    form.wait_for()
    if answer:
        answers[0].fulfill(status=answer, json={})
    else:
        answers[0].continue_()
    expect(page.locator("#notice")).to_contain_text(told)
    stands(page, status)
    expect(form).to_be_visible()


# ---- a department's desk: what is looked for is found when somebody looks at something else

QUEUES = "/desk/queues"


@pytest.mark.parametrize("is_number", [False, True], ids=["words", "number"])
def test_what_is_found_too_late_leaves_the_queue_alone(window: Window, city: City, is_number: bool) -> None:
    number = str(reported(city.town, place=somewhere())["number"])
    page = window.log_in("water_handler", PASSWORD, QUEUES)
    rows = page.locator("tr[data-number]")
    expect(rows.first).to_be_visible()
    waiting = held_up(page, "**/api/v1/cases/search")
    page.get_by_role("searchbox").fill(number if is_number else "井盖")
    page.keyboard.press("Enter")
    page.get_by_text("正在查找").wait_for()
    page.locator("[data-queue=sign]").click()
    expect(rows.first).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("")
    with page.expect_response("**/api/v1/cases/search"):
        waiting[0].continue_()
    page.wait_for_timeout(SOON)
    assert page.url.endswith("queue=sign")
    expect(page.get_by_role("heading", name="查找“井盖”")).to_have_count(0)
    expect(rows.first).to_be_visible()


def test_a_queue_that_comes_too_late_leaves_what_was_found_alone(window: Window, city: City) -> None:
    reported(city.town, place=somewhere())
    page = window.log_in("water_handler", PASSWORD, QUEUES)
    expect(page.locator("tr[data-number]").first).to_be_visible()
    waiting = held_up(page, "**/api/v1/desk?*", "GET")
    page.locator("[data-queue=overdue]").click()
    page.get_by_role("searchbox").fill("井盖")
    page.keyboard.press("Enter")
    found = page.get_by_role("heading", name="查找“井盖”")
    found.wait_for()
    waiting[0].continue_()
    expect(page.locator("[data-queue=overdue]")).to_have_attribute("aria-current", "true")
    expect(page.locator(".shown:not([aria-busy])")).to_be_visible()
    expect(found).to_be_focused()
    page.unroute("**/api/v1/desk?*")
    page.get_by_role("button", name="返回列表").click()
    page.get_by_text("没有超时的案件").wait_for()
    expect(page.get_by_role("searchbox")).to_have_value("")
