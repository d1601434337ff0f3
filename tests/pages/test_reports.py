"""Bulletins, remarks and exports in a browser: read, remarked on and answered, asked for and saved, by mouse and by keys."""
import csv
import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Download, Page, expect
from sqlalchemy import delete

from casework import clock
from casework.exports import writing
from casework.exports.export import Export
from casework.performance.bulletins import bulletin, periods
from casework.performance.bulletins.bulletin import Bulletin
from casework.performance.bulletins.periods import Kind
from casework.performance.bulletins.remarks import Remark
from casework.storage.database import transaction
from tests.api.town import ok, pda_report, point
from tests.pages.conftest import PASSWORD, City
from tests.pages.desk import Window
from workers import exports as jobs

PAGE, MINE, WAITING = "/cockpit/bulletins", "/cockpit/exports", "/desk/remarks"
NAMES = {"area": ["南山区", "福田区", "罗湖区"], "channel": ["热线", "网格员终端"], "category": ["公用设施", "道路交通"],
         "department": ["水务局", "城市管理和综合执法局下属市政设施维护管理中心（北片区）", "交通运输局"]}


def figures(by: str, since: date, until: date) -> dict[str, Any]:
    """A city in which more came in than the week before; every second item fell."""
    earlier = since < periods.last(Kind.WEEK, clock.now().astimezone(clock.CITY).date()).since

    def values(number: int) -> dict[str, Any]:
        fell = number % 2
        received = 400 - 40 * number if earlier is not bool(fell) else 260 - 30 * number
        return {"received": received, "closed": received - 40, "due": received - 10, "filed": received - 10, "overdue": 12,
                "closing_rate": 0.9, "on_time_rate": 0.84, "overdue_rate": 0.05 + 0.02 * number, "satisfaction_rate": 0.93}
    if by == "day":
        days = [since + timedelta(days=one) for one in range((until - since).days)]
        items = [{"key": day, "name": "", "values": {"received": 150 + 9 * day.day % 50, "closed": 120}} for day in days]
        return {"items": items, "total": {"values": values(0) | {"received": 1204}}}
    total = {"values": values(0) | {"received": 1075 if earlier else 1204}}
    return {"items": [{"key": str(number), "name": name, "values": values(number)} for number, name in enumerate(NAMES[by])],
            "total": total}


@pytest.fixture
def paper(city: City) -> Bulletin:
    """This week's bulletin, and no other, with no remark on it."""
    period = periods.last(Kind.WEEK, clock.now().astimezone(clock.CITY).date())
    with transaction() as db:
        for model in (Remark, Bulletin):
            db.execute(delete(model))
        made = bulletin.make(db, period, lambda _db: figures)
        assert made is not None
        return bulletin.find(db, made)


def saved(download: Download) -> bytes:
    return Path(download.path()).read_bytes()


def settled(page: Page) -> None:
    expect(page.locator("main .quiet[role=status]")).not_to_have_text("正在读取…")


def opened(window: Window) -> Page:
    page = window.log_in("leader", PASSWORD, PAGE)
    page.locator(".bulletin-list a").first.click()
    page.locator("img.chart").first.wait_for()
    return page


def test_a_leader_reads_what_changed_and_saves_it(window: Window, paper: Bulletin) -> None:
    page = window.log_in("leader", PASSWORD, PAGE)
    expect(page.locator(".bulletin-list")).to_contain_text("上周受理 1,204 件，比前一周多 12%。")
    window.is_sound()
    page.locator(".bulletin-list a").first.click()
    expect(page.locator("#title")).to_contain_text("城市治理周报")
    expect(page.locator(".bulletin-text")).to_contain_text("增加最多的是")
    images = page.locator("img.chart")
    expect(images).to_have_count(5)
    page.wait_for_function("[...document.images].every((one) => one.complete && one.naturalWidth > 0)")
    window.is_sound()
    with page.expect_download() as pdf:
        page.get_by_role("button", name="下载 PDF").click()
    assert saved(pdf.value).startswith(b"%PDF")
    assert pdf.value.suggested_filename.endswith(".pdf")
    with page.expect_download() as html:
        page.get_by_role("button", name="下载网页").click()
    assert "<svg" in saved(html.value).decode()


def test_a_remark_goes_to_a_department_and_its_answer_is_seen(window: Window, city: City, paper: Bulletin) -> None:
    page = opened(window)
    page.get_by_text("写批示").click()
    page.get_by_role("button", name="下达").click()
    expect(page.locator("#remarks .fault:visible").first).to_be_visible()
    window.is_sound()
    page.get_by_label("批示内容").fill("超期率上升，请说明原因和措施。")
    page.get_by_label("关于").select_option(label="各部门情况")
    page.get_by_label("答复期限").fill(str(clock.now().date() + timedelta(days=5)))
    page.get_by_label("答复部门").select_option(label="水务局")
    page.get_by_role("button", name="下达").click()
    expect(page.locator(".remark-list li")).to_contain_text("待答复")
    window.is_sound()
    city.town.jobs()
    other = Window(window.context.browser, window.url)  # type: ignore[arg-type]  # a window's context has one
    desk = other.log_in("water_head", PASSWORD, WAITING)
    expect(desk.locator(".remark-list li")).to_contain_text("超期率上升")
    desk.get_by_label("答复", exact=True).focus()
    desk.keyboard.type("已增派人手。")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    expect(desk.locator("main")).to_contain_text("没有待您答复的批示")
    assert other.faults() == []
    assert (other.strangers(), other.wrong) == ([], [])
    other.context.close()
    page.reload()
    expect(page.locator(".remark-list li")).to_contain_text("已增派人手。")
    expect(page.locator(".remark-list .chip")).to_have_text("已答复")


def test_bulletins_are_read_on_a_narrow_screen_in_english(narrow: Window, paper: Bulletin) -> None:
    page = narrow.log_in("leader", PASSWORD, PAGE)
    narrow.is_sound()
    page.get_by_role("button", name="English").click()
    expect(page.locator("#title")).to_have_text("Bulletins")
    expect(page.locator(".bulletin-list")).to_contain_text("1,204 cases came in, 12% more than the week before.")
    page.locator(".bulletin-list a").first.click()
    expect(page.locator(".bulletin-text")).to_contain_text("The largest rises")
    narrow.is_sound()


def test_where_there_is_no_bulletin_that_is_said(window: Window, city: City) -> None:
    with transaction() as db:
        for model in (Remark, Bulletin):
            db.execute(delete(model))
    page = window.log_in("leader", PASSWORD, PAGE)
    expect(page.locator("main")).to_contain_text("还没有简报")
    window.is_sound()
    window.visit(f"{PAGE}/018f3c1e-7b5a-7c2d-9e4f-0123456789ab")
    expect(page.locator("main .fault")).to_be_visible()
    window.is_sound()


@pytest.fixture
def busy(city: City) -> City:
    ok(city.town.li.post("/api/v1/pda/reports", pda_report(place=point(0))))
    ok(city.town.zhao.post("/api/v1/pda/reports", pda_report(place=point(2), text="=1+1")))
    city.town.jobs()
    with transaction() as db:
        db.execute(delete(Export))
    return city


def test_a_short_list_is_asked_for_and_saved_by_keys(window: Window, busy: City) -> None:
    page = window.log_in("supervisor", PASSWORD, MINE)
    expect(page.locator("main")).to_contain_text("还没有导出")
    window.is_sound()
    page.get_by_label("格式").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="导出", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_contain_text("完成")
    window.is_sound()
    with page.expect_download() as file:
        page.get_by_role("button", name="下载").focus()
        page.keyboard.press("Enter")
    rows = list(csv.reader(io.StringIO(saved(file.value).decode("utf-8-sig"))))
    assert rows[0][0] == "案件编号"
    assert "'=1+1" in {row[1] for row in rows}


def test_a_long_list_shows_how_far_it_is_and_can_be_cancelled(
        window: Window, busy: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "ROWS", 1)
    with transaction() as db:  # as the server keeps it when a list is long
        user = busy.town.cast.supervisor.id
        assert user is not None
        first, second = (Export(listing="cases", form="csv", language="zh", asked_by_id=user, query={}) for _ in range(2))
        db.add_all([first, second])
        db.flush()
        ids = first.id, second.id
    page = window.log_in("supervisor", PASSWORD, MINE)
    expect(page.get_by_text("排队中")).to_have_count(2)
    window.is_sound()
    page.locator("tbody tr").first.get_by_role("button", name="取消").click()
    expect(page.locator("tbody tr").first).to_contain_text("已取消")
    jobs.write([str(one) for one in ids])
    expect(page.locator("tbody")).to_contain_text("完成")


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize(("who", "path", "heading", "least"), [
    ("water_handler", "/desk/queues", "案件编号", 1), ("leader", "/cockpit/figures#by=department", "编码", 0),
    ("leader", "/cockpit/scorecards", "名次", 0),
    ("leader", "/cockpit/warnings", "种类", 0), ("supervisor", "/command/supervision", "案件编号", 0),
    ("administrator", "/command/admin/people", "账号", 10),
    ("administrator", "/command/admin/posts", "岗位", 10), ("administrator", "/command/admin/rules", "规则", 1),
    ("administrator", "/command/admin/taxonomy", "编码", 3), ("administrator", "/command/admin/rosters", "人员", 0),
    ("administrator", "/command/admin/devices", "名称", 0), ("administrator", "/command/admin/templates", "标题", 0)])
def test_each_list_has_a_button_that_saves_it(window: Window, who: str, path: str, heading: str, least: int) -> None:
    page = window.log_in(who, PASSWORD, path)
    page.get_by_role("button", name="导出", exact=True).first.click()
    box = page.get_by_role("dialog")
    expect(box).to_contain_text("导出列表")
    window.is_sound()
    box.get_by_label("CSV").check()
    with page.expect_download() as file:
        box.get_by_role("button", name="导出", exact=True).click()
    rows = list(csv.reader(io.StringIO(saved(file.value).decode("utf-8-sig"))))
    assert rows[0][0] == heading
    assert len(rows) > least
    expect(box).to_have_count(0)


def test_names_and_phones_come_in_plain_only_with_a_reason_and_where_permitted(window: Window, busy: City) -> None:
    page = window.log_in("supervisor", PASSWORD, MINE)
    tick = page.get_by_label("姓名和电话不打码")
    expect(tick).to_be_hidden()
    page.get_by_label("列表").select_option(label="上报")
    tick.check()
    page.get_by_label("开始日期").fill("2026-01-01")
    page.get_by_label("结束日期").fill(str(clock.now().date() + timedelta(days=2)))
    page.get_by_role("button", name="导出", exact=True).click()
    expect(page.get_by_label("为什么需要")).to_be_focused()
    window.is_sound()
    page.keyboard.type("回访")
    page.get_by_role("button", name="导出", exact=True).click()
    expect(page.locator("tbody tr")).to_contain_text("未打码")


def test_the_register_is_asked_with_which_one_and_reports_with_their_days(narrow: Window, busy: City) -> None:
    page = narrow.log_in("supervisor", PASSWORD, MINE)
    page.get_by_label("列表").select_option(label="上报")
    page.get_by_role("button", name="导出", exact=True).click()
    expect(page.locator("[aria-invalid]")).to_have_count(2)
    expect(page.get_by_label("开始日期")).to_be_focused()
    narrow.is_sound()
    page.get_by_label("开始日期").fill("2026-01-01")
    page.get_by_label("结束日期").fill(str(clock.now().date() + timedelta(days=2)))
    page.get_by_role("button", name="导出", exact=True).click()
    expect(page.locator("tbody tr")).to_contain_text("完成")
    narrow.is_sound()
    page.get_by_role("button", name="English").click()
    expect(page.locator("#title")).to_have_text("Exports")
    expect(page.locator("tbody tr")).to_contain_text("Done")
    narrow.is_sound()
