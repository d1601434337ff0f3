"""The leaders' screens in a browser: the day at one look, the map down to a case, figures, scorecards, warnings."""
import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import delete, select, update

from casework import clock
from casework.identity.people import Department
from casework.performance import area_counts, rollups, scorecards, tally
from casework.performance.early_warning.warning import EarlyWarning, Kind, Outcome, State
from casework.performance.score_appeals import ScoreAppeal
from casework.performance.scorecards import Scorecard
from casework.performance.weights import Of
from casework.storage.database import new_id, reading, transaction
from tests.api.town import Json, citizen_report, ok, pda_report, point
from tests.factories import GRIDS
from tests.pages.conftest import PASSWORD, City
from tests.pages.desk import NARROW, Window

TODAY, MAP, FIGURES, CARDS, WARNINGS = (f"/cockpit/{name}" for name in ("today", "map", "figures", "scorecards", "warnings"))


@pytest.fixture(autouse=True)
def busy(city: City) -> None:
    """Cases in two grids, one of them closed and rated, once for this file."""
    with reading() as db:
        if db.scalar(select(area_counts.AreaCount.number).limit(1)) is not None:
            return
    town = city.town
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report()))
    town.close_and_rate(receipt, 5)
    for place in (point(0, 200), point(0, -300), point(1)):
        ok(town.li.post("/api/v1/pda/reports", pda_report(place=place)))
    town.jobs()
    with transaction() as db:
        db.add(area_counts.AreaCount(area_code=GRIDS[0], what="population", number=1234, counted_at=clock.now()))
        db.add(EarlyWarning(
            id=new_id(), kind=Kind.SURGE, area_code=GRIDS[0], lon=114.005, lat=22.605, metres=300,
            since=clock.now() - timedelta(hours=20),
            until=clock.now(), count=23, expected=5.7, confidence=0.993, subject="test", raised_at=clock.now(),
            updated_at=clock.now(), evidence={
                "cases": ["AJ260302-7K3F9-Q2MXA"], "words": ["积水"], "places": ["网格1"],
                "days": [{"day": f"2026-03-0{day}", "count": day * 3, "expected": 5.5} for day in range(1, 8)]}))


def rows(page: Page) -> dict[str, str]:
    page.locator(".beside-map tbody tr").first.wait_for()
    return {line.locator("th").inner_text(): line.locator("td").first.inner_text().strip()
            for line in page.locator(".beside-map tbody tr").all()}


def code_of(page: Page) -> str:
    found = re.search(r"area=(\d+)", page.url)
    return found[1] if found else ""


def warn_again() -> None:
    """The warning is open, whatever another test has made of it."""
    with transaction() as db:
        db.execute(update(EarlyWarning).values(state=State.OPEN, acknowledged_at=None, ended_at=None, outcome=None))


def test_the_day_opens_at_one_look(window: Window) -> None:
    warn_again()
    page = window.log_in("leader", PASSWORD, "/cockpit")
    page.locator(".chart svg.drawn").wait_for()
    assert page.url.endswith(TODAY)
    window.is_sound()
    assert "23" in page.get_by_role("link", name=re.compile("通常约5.7件")).inner_text()
    page.get_by_text("查看数字").click()
    assert page.get_by_role("table", name="近 30 天新增与结案").locator("tbody tr").count() == 30
    assert page.locator(".figures .change").count() == 0, "a day that is not over is judged by one that is"
    line = page.locator(".figure svg.sparkline").first.get_attribute("aria-label") or ""
    assert re.search("受理量：最近（.+）4；最低 0（.+），最高 4", line), line
    picture = page.locator("svg.drawn")
    assert "受理量" in (picture.get_attribute("aria-label") or "")
    window.is_sound()


def test_a_leader_goes_down_from_the_city_to_a_case_and_back(window: Window) -> None:
    page = window.log_in("leader", PASSWORD, MAP)
    assert rows(page) == {"东山区": "3"}
    for name in ("东山区", "河口街道", "南塘社区"):
        page.locator(".beside-map").get_by_role("link", name=name).click()
        page.locator(".crumbs [aria-current]").get_by_text(name).wait_for()
    assert rows(page) == {"网格1": "2", "网格2": "1"}
    window.is_sound()
    assert page.locator("path.area").count() == 2
    assert sorted(one.inner_text() for one in page.locator(".area-label .number").all()) == ["1", "2"]
    page.get_by_label("指标", exact=True).select_option("received")
    expect(page.locator(".legend")).to_contain_text("3")
    assert rows(page) == {"网格1": "3", "网格2": "1"}
    page.locator("path.area").first.click(position={"x": 60, "y": 60})
    page.locator(".cases li").first.wait_for()
    assert code_of(page) == GRIDS[0]
    assert page.locator(".cases a").first.get_attribute("href", timeout=1000).startswith("/desk/cases/AJ")  # type: ignore[union-attr]
    assert page.locator(".map .marker").count() == 2
    window.is_sound()
    page.go_back()
    page.locator("path.area").nth(1).wait_for()
    assert page.get_by_label("指标", exact=True).input_value() == "received"
    page.reload()
    assert rows(page) == {"网格1": "3", "网格2": "1"}


def test_a_grid_with_many_cases_shows_them_page_by_page(window: Window) -> None:
    def first_alone(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        later.extend(told["cases"]["items"][1:])
        told["cases"] = {"items": told["cases"]["items"][:1], "next": "further"}
        route.fulfill(response=answer, json=told)
    later: list[Json] = []
    window.context.route("**/api/v1/cockpit/map?*", first_alone)
    window.context.route("**/api/v1/cases?*cursor=further", lambda route: route.fulfill(json={"items": later, "next": None}))
    page = window.log_in("leader", PASSWORD, f"{MAP}#area={GRIDS[0]}")
    page.locator(".cases li").first.wait_for()
    assert page.locator(".map .marker").count() == 1
    page.get_by_role("button", name="更多").click()
    expect(page.locator(".cases li")).to_have_count(2)
    expect(page.locator(".map .marker")).to_have_count(2)
    assert page.locator(".cases .marker").all_inner_texts() == ["1", "2"]
    assert page.get_by_role("button", name="更多").count() == 0


def test_outlines_are_not_sent_again_to_who_has_them(window: Window) -> None:
    warn_again()
    page = window.log_in("leader", PASSWORD, WARNINGS)
    page.locator(".map path.outline").first.wait_for()
    window.visit("/cockpit/warnings")
    page.locator(".map path.outline").first.wait_for()
    assert page.evaluate("""performance.getEntriesByType('resource').filter(({name}) => name.endsWith('/outlines'))
                            .map(({transferSize}) => transferSize)""") == [0]


def test_the_map_is_walked_by_keys_alone(window: Window) -> None:
    page = window.log_in("leader", PASSWORD, MAP)
    rows(page)
    for name in ("东山区", "河口街道"):
        link = page.locator(".beside-map").get_by_role("link", name=name)
        link.focus()
        assert page.locator("path.area.marked").count() == 1
        page.keyboard.press("Enter")
        page.locator(".crumbs [aria-current]").get_by_text(name).wait_for()
    button = page.get_by_role("button", name="今天")
    button.focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="今天")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="今天")).to_be_focused()
    page.go_back()
    expect(page.get_by_role("button", name="近 7 天")).to_have_attribute("aria-pressed", "true")


def test_days_of_ones_own_and_an_area_that_is_none(window: Window) -> None:
    page = window.log_in("leader", PASSWORD, f"{MAP}#area=440301001001&since=2020-01-01&until=2020-02-01&measure=received")
    assert rows(page) == {"网格1": "0", "网格2": "0"}
    last = page.get_by_label("结束日期")
    assert last.input_value() == "2020-01-31"
    for first, why in (("2020-02-01", "不能早于"), ("2019-01-30", "最多查看 366 天"), ("", "请填写")):
        page.get_by_label("起始日期").fill(first)
        page.get_by_role("button", name="按此日期").click()
        assert why in last.evaluate("input => input.validationMessage")
    page.get_by_label("起始日期").fill("2019-01-31")
    page.get_by_role("button", name="按此日期").click()
    page.wait_for_url(re.compile("since=2019-01-31"))
    assert rows(page) == {"网格1": "0", "网格2": "0"}
    window.visit("/cockpit/today")
    window.visit(f"{MAP}#area=9999")
    page.get_by_role("alert").wait_for()
    window.is_sound()
    page.get_by_role("button", name="刷新").wait_for()


def test_figures_are_narrowed_sorted_and_explained(window: Window) -> None:
    page = window.log_in("leader", PASSWORD, FIGURES)
    page.locator("svg.drawn").first.wait_for()
    window.is_sound()
    page.get_by_role("link", name="渠道", exact=True).click()
    page.get_by_role("button", name="受理量", exact=True).wait_for()
    first = page.locator("tbody th").first
    page.get_by_role("button", name="受理量", exact=True).click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("受理量")
    expect(first).to_have_text("网格员")
    page.get_by_role("button", name="受理量", exact=True).press("Enter")
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("受理量")
    expect(page.get_by_role("button", name="受理量", exact=True)).to_be_focused()
    expect(first).not_to_have_text("网格员")
    window.is_sound()
    page.get_by_role("button", name="说明：按期结案率").click()
    page.get_by_role("dialog").get_by_text("closed_on_time / (due - deferred)").wait_for()
    assert page.get_by_role("dialog").locator("dd").nth(1).inner_text() == "案件、计时"
    window.is_sound()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="说明：按期结案率")).to_be_focused()
    page.get_by_role("link", name="网格员", exact=True).last.click()
    page.locator("svg.drawn").first.wait_for()
    expect(page.locator(".narrowed")).to_contain_text("渠道 网格员")
    assert page.locator(".trend .total").first.inner_text() == "3"
    page.get_by_role("link", name="取消范围：渠道").click()
    expect(page.locator(".trend .total").first).to_have_text("4")
    page.get_by_text(re.compile("选择指标")).click()
    page.get_by_label("立案率").check()
    page.locator("figcaption").get_by_text("立案率", exact=True).wait_for()


def test_a_department_head_sees_figures_and_no_map(window: Window) -> None:
    page = window.log_in("water_head", PASSWORD, "/cockpit")
    page.locator("svg.drawn").first.wait_for()
    assert page.url.endswith(FIGURES)
    assert page.get_by_role("link", name="态势地图").count() == 0


def test_a_warning_is_taken_over_and_judged(window: Window) -> None:
    warn_again()
    page = window.log_in("supervisor", PASSWORD, WARNINGS)
    page.get_by_role("link", name=re.compile("通常约5.7件")).wait_for()
    assert page.locator(".map .marker").count() == 1
    window.is_sound()
    page.get_by_role("link", name=re.compile("通常约5.7件")).click()
    page.locator("svg.drawn").wait_for()
    window.is_sound()
    page.get_by_role("button", name="我来跟进").click()
    page.get_by_role("button", name="误报").click()
    expect(page.get_by_label("核实情况")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("核实情况").fill("泵站故障，已抢修")
    page.get_by_role("button", name="属实").click()
    page.get_by_text("核实属实").wait_for()
    with reading() as db:
        assert db.scalars(select(EarlyWarning.outcome)).all() == [Outcome.TRUE]
    page.get_by_role("link", name="返回预警列表").click()
    page.get_by_text("没有这样的预警。").wait_for()
    window.is_sound()
    page.get_by_label("状态").select_option("acknowledged")
    page.get_by_text("核实属实").wait_for()
    page.get_by_role("button", name="准确率").click()
    page.get_by_role("table", name="准确率").wait_for()
    window.is_sound()


def a_scorecard() -> Scorecard:
    """Of the water department for last month, as a draft; it replaces what an earlier test left."""
    first = (clock.now().astimezone(clock.CITY).date().replace(day=1) - timedelta(days=1)).replace(day=1)
    with transaction() as db:
        db.execute(delete(ScoreAppeal))
        db.execute(delete(Scorecard))
        water = db.scalars(select(Department).where(Department.code == "water")).one()
        did = dict.fromkeys(("received", "filed", "dispatched", "given", "due"), 10) | {"closed": 9, "closed_on_time": 8}
        rollups.write(db, {("department", str(water.id), "", rollups.Span.MONTH, first): tally.packed(did, {})})
        scorecards.draft(db, Of.DEPARTMENT, f"{first:%Y-%m}")
    with reading() as db:
        return db.scalars(select(Scorecard)).one()


def test_a_month_is_published_appealed_against_and_ruled_on(browser: Browser, window: Window) -> None:
    card = a_scorecard()
    page = window.log_in("supervisor", PASSWORD, CARDS)
    page.get_by_role("link", name=card.name).wait_for()
    window.is_sound()
    page.get_by_role("button", name="公布本月考核").click()
    page.get_by_role("dialog").get_by_role("button", name="公布本月考核").click()
    page.locator("#notice").get_by_text("已公布 1 份。").wait_for()
    page.get_by_text("已公布", exact=True).wait_for()
    assert page.get_by_role("button", name="公布本月考核").count() == 0

    head = Window(browser, window.url)
    page = head.log_in("water_head", PASSWORD, f"{CARDS}/{card.id}")
    page.get_by_text("按期结案率").wait_for()
    assert "80%" in page.locator("tbody tr").filter(has_text="按期结案率").inner_text()
    assert "不计" in page.locator("tbody tr").filter(has_text="满意率").inner_text()
    page.get_by_label("理由").fill("道路封闭三日，无法进场")
    head.is_sound()
    page.get_by_role("button", name="申诉", exact=True).click()
    page.get_by_text("申诉待裁").wait_for()
    assert (head.strangers(), head.wrong) == ([], [])
    head.context.close()

    leader = Window(browser, window.url, NARROW)
    page = leader.log_in("leader", PASSWORD, "/cockpit/appeals")
    page.get_by_text("道路封闭三日，无法进场").wait_for()
    leader.is_sound()
    page.get_by_role("link", name=re.compile(card.name)).click()
    page.get_by_label("裁定说明").fill("情况属实")
    page.get_by_label("更正后得分").fill("90.5")
    page.get_by_role("button", name="成立").click()
    page.locator(".figure").filter(has_text="更正后得分").get_by_text("90.5").wait_for()
    leader.is_sound()
    leader.context.close()


@pytest.mark.parametrize("path", [
    TODAY, f"{MAP}#area=440301001001", f"{FIGURES}#by=category", FIGURES, CARDS, WARNINGS, "/cockpit/appeals"])
def test_a_narrow_screen_has_all_of_it_in_both_languages(narrow: Window, path: str) -> None:
    page = narrow.log_in("leader", PASSWORD, path)
    page.locator(".screen:not([aria-busy])").wait_for()
    page.get_by_text("正在读取…").wait_for(state="detached")
    narrow.is_sound()
    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="中文").wait_for()
    page.locator(".screen:not([aria-busy])").wait_for()
    page.get_by_text("Loading…").wait_for(state="detached")
    narrow.is_sound()


def test_at_two_hundred_per_cent_nothing_is_lost(window: Window) -> None:
    page = window.log_in("leader", PASSWORD, MAP)
    rows(page)
    page.set_viewport_size({"width": 640, "height": 450})
    window.is_sound()
