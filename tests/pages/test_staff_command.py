"""The desks of the centre in a browser: triage, dispatch, returns and supervision, by mouse and by keys, and two at once."""
import itertools
import os
import signal
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from casework import clock
from casework.cases.case import Case
from casework.storage.database import transaction
from tests.api.town import Json, Town, citizen_report, ok, pda_report, point
from tests.benchmarks.harness import family
from tests.pages.conftest import PASSWORD, City
from tests.pages.desk import Window

PLACES = itertools.count()
TRIAGE, DISPATCH, RETURNS, SUPERVISION = (f"/command/{one}" for one in ("triage", "dispatch", "returns", "supervision"))


@pytest.fixture(autouse=True)
def _nobody_left(city: City) -> Iterator[None]:
    """What a test leaves on a desk is not the next one's."""
    yield
    town = city.town
    for queue, caller, action, facts in (
            ("triage", town.triage, "reject", {"reason": "清场"}), ("dispatch", town.operator, "reject", {"reason": "清场"}),
            ("adjudicate", town.adjudicator, "overrule", {"reason": "清场"})):
        for row in town.listed(town.supervisor, queue=queue):
            town.app.test_client().delete(f"/api/v1/holds/{row['number']}", headers=caller.headers)
            ok(town.supervisor.post(f"/api/v1/holds/{row['number']}", {"over": True}))
            town.app.test_client().delete(f"/api/v1/holds/{row['number']}", headers=town.supervisor.headers)
            town.act(caller, row["number"], action, **facts)


def left(town: Town, text: str = "路边有东西坏了，请来看看", grid: int = 0, east: float = 0) -> Json:
    """A citizen's report that triage left to a person."""
    said = citizen_report(text=text, category=None, place=point(grid, east))
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", said), 201)
    town.jobs()
    case = town.case_of(receipt["number"])
    assert case["status"] == "reported", case
    return case


def filed(town: Town) -> Json:
    """A case of a category for which there is no rule."""
    case = left(town, "这里的东西不知道归谁管", east=300)
    town.act(town.triage, case["number"], "file", category="20101")
    town.jobs()
    return ok(town.dispatcher.get(f"/api/v1/cases/{case['number']}"))


def returned(town: Town) -> Json:
    """Each at a place of its own, so that none joins another."""
    place = point(0, -300, next(PLACES) * 120 - 360)
    receipt = ok(town.li.post("/api/v1/pda/reports", pda_report(place=place)), 201)
    town.jobs()
    number = town.case_of(receipt["number"])["number"]
    return town.act(town.water_head, number, "hand_back", ground="三定方案第四条：道路附属井盖由道路养护中心负责",
                    proposed=str(town.departments["roads"].id))


def dispatched(town: Town, east: float, north: float) -> str:
    """The number of a manhole of the water office, in the third grid."""
    receipt = ok(town.li.post("/api/v1/pda/reports", pda_report(place=point(2, east, north))), 201)
    town.jobs()
    return str(town.case_of(receipt["number"])["number"])


def late(number: str) -> None:
    """Its clock ran over five hours ago."""
    with transaction() as db:
        db.execute(update(Case).where(Case.number == number).values(overdue=True, due_at=clock.now() - timedelta(hours=5)))


def case_of(town: Town, number: str) -> Json:
    return ok(town.supervisor.get(f"/api/v1/cases/{number}"))


def opened(page: Page, title: str) -> None:
    expect(page.locator(".bench-work h2")).to_have_text(title)
    expect(page.locator(".bench-body .actions")).to_be_visible()


def test_a_triage_operator_takes_the_next_and_files_it_by_keyboard_alone(window: Window, city: City) -> None:
    case = left(city.town, "井盖不见了，人行道上很危险")
    page = window.log_in("triage", PASSWORD, TRIAGE)
    expect(page.locator(".bench-row")).to_have_count(1)
    page.keyboard.press("Alt+n")
    opened(page, case["title"])
    expect(page.locator(".option").first).to_be_visible()
    window.is_sound()
    page.keyboard.press("Alt+2")
    expect(page.locator(".option[aria-pressed=true]")).to_have_count(1)
    page.keyboard.press("Alt+1")
    page.keyboard.press("Alt+a")
    expect(page.locator("#notice")).to_contain_text("已立案")
    expect(page.locator(".bench-rows li")).to_have_count(0)
    assert case_of(city.town, case["number"])["status"] in {"filed", "dispatched"}


def test_a_triage_operator_refuses_joins_and_chooses_another_class_by_mouse(window: Window, city: City) -> None:
    town = city.town
    first, second = left(town, east=0), left(town, "路边有东西坏了，请来看看，急", east=30)
    third = left(town, "另外一件事", grid=1)
    page = window.log_in("triage", PASSWORD, TRIAGE)
    page.locator(f"[data-number='{first['number']}']").click()
    opened(page, first["title"])
    page.get_by_role("button", name="不予受理").click()
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("理由")
    page.get_by_label("理由", exact=True).fill("不属于受理范围")
    page.get_by_role("button", name="不予受理").click()
    expect(page.locator("#notice")).to_contain_text("不予受理")
    assert case_of(town, first["number"])["status"] == "rejected"
    page.locator(f"[data-number='{third['number']}']").click()
    opened(page, third["title"])
    expect(page.locator("[data-number]")).to_have_count(2)
    page.get_by_label("其他分类").select_option("20101")
    expect(page.get_by_label("立案标准").locator("option").first).to_be_attached()
    page.get_by_role("button", name="立案").click()
    expect(page.locator("#notice")).to_contain_text("已立案")
    assert case_of(town, third["number"])["category_code"] == "20101"
    assert case_of(town, second["number"])["status"] == "reported"


def test_two_operators_never_have_the_same_case_and_see_whose_it_is(browser: Browser, window: Window, city: City) -> None:
    town = city.town
    cases = [left(town, "井盖不见了，有人差点摔倒"), left(town, "另外一件事", grid=1)]
    one, other = window.log_in("triage", PASSWORD, TRIAGE), Window(browser, window.url)
    second = other.log_in("operator", PASSWORD, TRIAGE)
    one.get_by_role("button", name="取下一件").click()
    opened(one, cases[0]["title"])
    expect(second.locator(f"[data-number='{cases[0]['number']}']")).to_contain_text("Triage 正在办理")
    second.locator(f"[data-number='{cases[0]['number']}']").click()
    expect(second.locator(".bench-work")).to_contain_text("Triage 正在办理此案")
    other.is_sound()
    second.keyboard.press("Alt+n")
    opened(second, cases[1]["title"])
    expect(one.locator(f"[data-number='{cases[1]['number']}']")).to_contain_text("Operator 正在办理")
    one.keyboard.press("Alt+a")
    expect(one.locator("#notice")).to_contain_text("已立案")
    expect(second.locator(f"[data-number='{cases[0]['number']}']")).to_have_count(0)
    second.goto("about:blank")  # who leaves gives it back
    expect(one.locator(".chip.wait")).to_have_count(0)
    other.context.close()
    assert other.wrong == []


def test_new_work_appears_by_itself_and_a_server_that_was_killed_costs_nothing(window: Window, city: City) -> None:
    town = city.town
    page = window.log_in("triage", PASSWORD, TRIAGE)
    expect(page.locator(".chip.good")).to_contain_text("实时更新")
    expect(page.locator("[data-number]")).to_have_count(0)
    first = left(town)
    expect(page.locator(f"[data-number='{first['number']}']")).to_be_visible()
    workers = [pid for pid in family(city.server.process.pid) if pid != city.server.process.pid and not family(pid)[1:]]
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    missed = left(town, "另外一件事", grid=1)
    expect(page.locator(f"[data-number='{missed['number']}']")).to_be_visible(timeout=120_000)
    expect(page.locator(".chip.good")).to_contain_text("实时更新", timeout=120_000)


def test_without_room_for_a_stream_the_page_asks_every_few_seconds(window: Window, city: City) -> None:
    window.page.route("**/api/v1/live", lambda route: route.fulfill(
        status=503, headers={"Retry-After": "1", "Content-Type": "application/problem+json"}, body="{}"))
    page = window.log_in("triage", PASSWORD, TRIAGE)
    expect(page.locator(".chip.wait")).to_contain_text("定时更新")
    case = left(city.town)
    expect(page.locator(f"[data-number='{case['number']}']")).to_be_visible()


def test_tabs_of_one_person_share_a_stream_and_the_last_one_takes_it_over(window: Window, city: City) -> None:
    page = window.log_in("triage", PASSWORD, TRIAGE)
    expect(page.locator(".chip.good")).to_be_visible()
    tab = window.open()
    tab.goto(window.url + TRIAGE)
    expect(tab.locator(".chip.good")).to_be_visible()
    assert sum(url.endswith("/api/v1/live") for url in window.asked) == 1
    first = left(city.town)
    expect(tab.locator(f"[data-number='{first['number']}']")).to_be_visible()
    page.close()
    second = left(city.town, "另外一件事", grid=1)
    expect(tab.locator(f"[data-number='{second['number']}']")).to_be_visible()
    assert sum(url.endswith("/api/v1/live") for url in window.asked) == 2


def test_what_was_in_hand_when_a_browser_broke_down_is_in_hand_again(window: Window, city: City) -> None:
    case = left(city.town)
    ok(city.town.triage.post(f"/api/v1/holds/{case['number']}", {}))
    opened(window.log_in("triage", PASSWORD, TRIAGE), case["title"])


def test_whoever_leaves_the_page_gives_back_what_is_in_hand(window: Window, city: City) -> None:
    case = left(city.town)
    page = window.log_in("triage", PASSWORD, TRIAGE)
    page.locator(f"[data-number='{case['number']}']").click()
    opened(page, case["title"])
    page.goto("about:blank")
    for _ in range(50):
        if not ok(city.town.supervisor.get("/api/v1/holds"))["items"]:
            return
        page.wait_for_timeout(100)
    pytest.fail("it is still held")


def test_a_dispatcher_sends_a_case_out_of_a_gap_and_proposes_the_rule_by_keyboard(window: Window, city: City) -> None:
    town, case = city.town, filed(city.town)
    page = window.log_in("dispatcher", PASSWORD, DISPATCH)
    expect(page.locator(".bench-row")).to_have_count(1)
    page.keyboard.press("Alt+n")
    opened(page, case["title"])
    expect(page.locator(".bench-body .panel").first).to_contain_text("没有可用的权责规则")
    page.keyboard.press("Alt+g")
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("依据")
    page.get_by_label("主办部门").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("主办部门").locator("option:checked")).to_have_text("道路养护中心")
    page.get_by_label("理由或依据").focus()
    page.keyboard.type("三定方案第九条")
    window.is_sound()
    page.keyboard.press("Alt+g")
    expect(page.locator("#notice")).to_contain_text("已派 道路养护中心")
    assert case_of(town, case["number"])["department"] == "道路养护中心"
    proposals = ok(town.steward.get("/api/v1/rules/proposals"))["items"]
    assert [case["number"]] in [one["cases"] for one in proposals]


def test_an_adjudicator_sees_both_sides_and_rules_by_mouse(window: Window, city: City) -> None:
    town, case = city.town, returned(city.town)
    page = window.log_in("adjudicator", PASSWORD, RETURNS)
    page.locator(f"[data-number='{case['number']}']").click()
    opened(page, case["title"])
    sides = page.locator(".beside .panel")
    expect(sides.nth(0)).to_contain_text("供水井盖")
    expect(sides.nth(1)).to_contain_text("三定方案第四条")
    expect(page.get_by_label("改派部门").locator("option:checked")).to_have_text("道路养护中心")
    page.get_by_role("button", name="准予退单").click()
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("裁定意见")
    page.get_by_label("裁定意见").fill("道路附属井盖，归道路养护中心")
    window.is_sound()
    page.get_by_role("button", name="准予退单").click()
    expect(page.locator("#notice")).to_contain_text("准予退单")
    assert case_of(town, case["number"])["department"] == "道路养护中心"
    again = returned(town)
    page.locator(f"[data-number='{again['number']}']").click()
    expect(page.get_by_role("table", name="以往同类裁定")).to_contain_text("归道路养护中心")


def test_a_supervisor_orders_what_is_late_by_keyboard_and_sees_the_order_with_its_clock(window: Window, city: City) -> None:
    town = city.town
    number = dispatched(town, 200, 0)
    late(number)
    page = window.log_in("supervisor", PASSWORD, SUPERVISION)
    expect(page.get_by_role("table", name="超时案件")).to_contain_text("已超 5 小时")
    page.get_by_role("checkbox", name=f"选择 {number}").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Alt+s")
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("要求")
    page.get_by_label("督办或催办的要求").focus()
    page.keyboard.type("今日内办结")
    page.keyboard.press("Alt+s")
    expect(page.locator("#notice")).to_contain_text("1 件已下达")
    expect(page.get_by_role("table", name="督办单")).to_contain_text("今日内办结")
    window.is_sound()
    assert case_of(town, number)["feedback_owed"]


@pytest.mark.parametrize(("who", "path"), [("triage", TRIAGE), ("dispatcher", DISPATCH), ("adjudicator", RETURNS)])
def test_every_desk_is_whole_at_320_pixels_and_in_english(narrow: Window, city: City, who: str, path: str) -> None:
    make = {TRIAGE: lambda: left(city.town, "很长的一段话" * 60), DISPATCH: lambda: filed(city.town),
            RETURNS: lambda: returned(city.town)}
    make[path]()
    page = narrow.log_in(who, PASSWORD, path)
    narrow.is_sound()
    page.get_by_role("button", name="取下一件").click()
    expect(page.locator(".bench-body .actions")).to_be_visible()
    narrow.is_sound()
    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="Take the next").click()
    expect(page.locator(".bench-work")).not_to_contain_text("command.")
    narrow.is_sound()


def test_supervision_is_whole_at_320_pixels(narrow: Window) -> None:
    page = narrow.log_in("supervisor", PASSWORD, SUPERVISION)
    expect(page.locator(".chip.good")).to_be_visible()
    narrow.is_sound()


def test_a_hold_that_was_taken_over_is_said_on_the_page(window: Window, city: City) -> None:
    case = left(city.town)
    window.context.clock.install()
    page = window.log_in("triage", PASSWORD, TRIAGE)
    page.locator(f"[data-number='{case['number']}']").click()
    opened(page, case["title"])
    ok(city.town.supervisor.post(f"/api/v1/holds/{case['number']}", {"over": True}))
    page.clock.fast_forward(41_000)
    expect(page.locator(".bench-body")).to_have_count(0)
    expect(page.locator("#notice")).to_contain_text("Supervisor")


def test_a_key_that_is_held_down_and_clicks_that_come_too_fast_take_one_case_alone(window: Window, city: City) -> None:
    for grid in (0, 1):
        left(city.town, f"第{grid}件事", grid=grid)
    page = window.log_in("triage", PASSWORD, TRIAGE)
    expect(page.locator(".bench-row")).to_have_count(2)
    page.evaluate("for (const row of document.querySelectorAll('.bench-row')) row.click()")
    expect(page.locator(".bench-body .actions")).to_be_visible()
    page.keyboard.down("Alt")
    for _ in range(5):
        page.keyboard.down("n")
    page.keyboard.up("n")
    page.keyboard.up("Alt")
    page.wait_for_timeout(1000)
    expect(page.locator(".bench-body .actions")).to_be_visible()
    assert len(ok(city.town.supervisor.get("/api/v1/holds"))["items"]) == 1


def test_a_list_that_goes_on_by_itself_leaves_the_focus_and_what_is_chosen_alone(window: Window, city: City) -> None:
    town = city.town
    chosen, other = (dispatched(town, east, 300) for east in (-250, 250))
    late(chosen)
    page = window.log_in("supervisor", PASSWORD, SUPERVISION)
    box = page.get_by_role("checkbox", name=f"选择 {chosen}")
    box.focus()
    page.keyboard.press("Space")
    late(other)
    town.act(town.water_handler, other, "sign")
    expect(page.get_by_role("checkbox", name=f"选择 {other}")).to_be_visible()
    expect(box).to_be_focused()
    expect(box).to_be_checked()


def test_an_operator_finds_a_case_and_urges_whoever_has_it(window: Window, city: City) -> None:
    number = dispatched(city.town, -250, -300)
    page = window.log_in("operator", PASSWORD, "/command/find")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("没有这样的话")
    page.keyboard.press("Enter")
    page.get_by_text("未结案件中没有找到").wait_for()
    window.is_sound()
    page.get_by_role("searchbox").fill(number)
    page.keyboard.press("Enter")
    page.locator('[data-action="urge"]').click()
    page.get_by_label("催办内容").fill("诉求人又来电")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".chips")).to_contain_text("催办 1 次")


def test_what_is_similar_is_merged_or_kept_apart_on_the_page_of_a_case_and_parted_again(window: Window, city: City) -> None:
    town = city.town
    one, other = left(town, east=0), left(town, "路边有东西坏了，请来看看，急", east=30)
    page = window.log_in("triage", PASSWORD, f"/desk/cases/{other['number']}")
    page.get_by_text("查找相似案件").click()
    alike = page.locator(".alikes li").filter(has_text=one["number"])
    alike.get_by_role("button", name="不是同一问题").click()
    expect(alike).to_contain_text("已确认不是同一问题")
    window.is_sound()
    page.goto(f"{window.url}/desk/cases/{one['number']}")
    page.locator('[data-action="merge"]').click()
    page.get_by_label("并入案件号").fill(other["number"].lower())
    page.get_by_label("理由").fill("还是同一处")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".case-head .chips .chip").first).to_have_text("已并案")
    page.goto(f"{window.url}/desk/cases/{other['number']}")
    page.locator('[data-action="split"]').click()
    page.locator(".several input[type=checkbox]").last.check()
    page.get_by_label("理由").fill("另一处")
    window.is_sound()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".reports > li")).to_have_count(1)
    assert case_of(town, other["number"])["report_count"] == 1
