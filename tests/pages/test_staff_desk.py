"""A department's queues in a browser: by mouse and by keys, filters that are kept, many cases at once, search, and paper."""
import re

import pytest
from playwright.sync_api import Page, expect

from casework.cases.case import Case
from casework.storage.database import reading
from tests.api.town import ok, pda_report, point
from tests.pages.conftest import PASSWORD, City
from tests.pages.desk import Window

QUEUES = "/desk/queues"
TEXTS = ("学府路12号门前上水井盖缺失，行人有坠落危险，夜间没有照明，请尽快派人处理",
         "消防通道旁上水井盖松动异响", "幼儿园门口上水井盖破损")


@pytest.fixture(scope="module")
def _shared() -> dict[str, list[str]]:
    return {}


@pytest.fixture
def cases(city: City, _shared: dict[str, list[str]]) -> list[str]:
    """Three manholes far from each other, all dispatched to the water office: made once for the tests of this file."""
    if not _shared:
        made = []
        for number, text in enumerate(TEXTS):
            receipt = ok(city.town.li.post("/api/v1/pda/reports", pda_report(
                text=text, place=point(0, 400 * (number - 1), 300 * (number - 1)))), 201)
            city.town.jobs()
            made.append(city.town.case_of(receipt["number"])["number"])
        _shared["numbers"] = made
        assert len(set(made)) == 3
    return _shared["numbers"]


def rows(page: Page) -> list[str]:
    page.locator(".shown:not([aria-busy])").wait_for()
    return [one.get_attribute("data-number") or "" for one in page.locator("tr[data-number]").all()]


def at_the_desk(window: Window, login: str = "water_handler", path: str = QUEUES) -> Page:
    page = window.log_in(login, PASSWORD, path)
    page.locator(".queues a").first.wait_for()
    return page


def count(page: Page, queue: str) -> str:
    return page.locator(f"[data-queue={queue}] b").inner_text()


def test_a_department_comes_to_its_queues_with_counts_and_the_time_that_is_left(window: Window, cases: list[str]) -> None:
    page = at_the_desk(window, path="/desk")
    assert page.url.endswith(QUEUES)
    assert set(rows(page)) == set(cases)
    assert (count(page, "sign"), count(page, "open"), count(page, "overdue")) == ("3", "3", "0")
    assert re.search(r"还有 \d+", page.locator("time.chip").first.inner_text())
    window.is_sound()
    page.locator("[data-queue=overdue]").click()
    page.get_by_text("没有超时的案件").wait_for()
    assert page.url.endswith("queue=overdue")
    window.is_sound()
    page.go_back()
    expect(page.locator("tr[data-number]")).to_have_count(3)
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="Cases").wait_for()
    page.get_by_role("link", name=re.compile("To sign")).wait_for()
    window.is_sound()


def test_it_is_worked_by_keys_alone(window: Window, cases: list[str]) -> None:
    page = at_the_desk(window)
    order = rows(page)
    focused = "document.activeElement.closest('tr')?.dataset.number"
    for key, at in (("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        assert page.evaluate(focused) == order[at]
    page.keyboard.press("x")
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(page.get_by_text("已选 2 件")).to_be_visible()
    page.keyboard.press("x")
    expect(page.get_by_text("已选 1 件")).to_be_visible()
    window.is_sound()
    page.keyboard.press("/")
    page.keyboard.type("j没有这样的话")
    page.keyboard.press("Enter")
    page.get_by_text("未结案件中没有找到").wait_for()
    page.locator("body").press("?")
    page.get_by_role("dialog").wait_for()
    window.is_sound()
    page.get_by_label("使用单键快捷键").uncheck()
    page.keyboard.press("Escape")
    page.locator("body").press("?")
    assert page.get_by_role("dialog").count() == 0
    page.evaluate("localStorage.clear()")
    page.get_by_role("button", name="返回列表").click()
    page.locator("tr[data-number] a.open").first.wait_for()
    page.keyboard.press("j")
    first = page.evaluate(focused)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/desk/cases/{first}")


def test_a_filter_is_kept_shown_again_and_deleted(window: Window, cases: list[str]) -> None:
    page = at_the_desk(window)
    page.get_by_text("筛选", exact=True).click()
    page.get_by_label("分类").locator("option").nth(3).wait_for(state="attached")
    page.get_by_label("包含文字").fill("松动")
    page.get_by_role("button", name="显示", exact=True).click()
    expect(page.locator("tr[data-number]")).to_have_count(1)
    assert rows(page) == [cases[1]]
    expect(page.locator(".queues [aria-current]")).to_be_focused()
    assert len([url for url in window.asked if "/api/v1/areas" in url]) == 1
    page.get_by_role("button", name="保存筛选").click()
    page.get_by_role("alert").filter(has_text="请填写").wait_for()
    page.get_by_label("存为").fill("松动的井盖，南塘街道一带，很长很长的一个名称，用来看看会不会溢出")
    page.keyboard.press("Enter")
    kept = page.get_by_role("button", name=re.compile("^松动的井盖"))
    expect(kept).to_have_attribute("aria-pressed", "true")
    window.is_sound()
    page.get_by_label("包含文字").fill("没有这样的话")
    page.get_by_role("button", name="显示", exact=True).click()
    page.get_by_text("没有符合筛选的案件").wait_for()
    window.is_sound()
    page.reload()
    page.get_by_text("没有符合筛选的案件").wait_for()
    kept.click()
    expect(page.locator("tr[data-number]")).to_have_count(1)
    page.get_by_role("button", name=re.compile("^删除筛选")).click()
    expect(kept).to_have_count(0)


def test_a_search_finds_words_numbers_and_phones(window: Window, city: City, cases: list[str]) -> None:
    page = at_the_desk(window)
    page.get_by_role("searchbox").fill("学府路 井盖")
    page.get_by_role("button", name="查找", exact=True).click()
    page.get_by_role("heading", name="查找“学府路 井盖”").wait_for()
    assert rows(page) == [cases[0]]
    window.is_sound()
    page.get_by_role("searchbox").fill("13812345678")
    page.keyboard.press("Enter")
    page.get_by_text("本次查询已记录").wait_for()
    window.is_sound()
    page.get_by_role("searchbox").fill(cases[2].lower().replace("-", ""))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/desk/cases/{cases[2]}")


def test_what_fails_is_said_and_can_be_tried_again(window: Window, cases: list[str]) -> None:
    page = at_the_desk(window)
    page.route("**/api/v1/desk?*", lambda route: route.fulfill(status=503, body="{}", content_type="application/json"))
    page.locator("[data-queue=open]").click()
    page.get_by_text("服务器没有应答").wait_for()
    window.is_sound()
    page.unroute("**/api/v1/desk?*")
    page.locator(".shown").get_by_role("button", name="刷新").click()
    expect(page.locator("tr[data-number]")).to_have_count(3)


def test_a_sheet_of_paper_tells_what_is_to_be_done(window: Window, narrow: Window, cases: list[str]) -> None:
    page = window.log_in("water_handler", PASSWORD, f"/desk/print/{cases[0]},{cases[1]}")
    page.get_by_text("处置人签名").first.wait_for()
    assert page.locator(".sheet").count() == 2
    assert TEXTS[0] in page.locator(".sheet").first.inner_text()
    window.is_sound()
    page.emulate_media(media="print")
    assert not page.locator("body > header").is_visible()
    assert page.get_by_text("处置人签名").first.is_visible()
    page = narrow.log_in("water_handler", PASSWORD, f"/desk/print/{cases[0]},AJ260101-00000-00000")
    page.get_by_role("alert").wait_for()
    narrow.is_sound()


def test_on_a_narrow_screen_each_case_is_a_card(narrow: Window, cases: list[str]) -> None:
    page = at_the_desk(narrow)
    assert set(rows(page)) == set(cases)
    narrow.is_sound()
    page.locator(".tickbox input").nth(1).check()
    page.get_by_text("筛选", exact=True).click()
    narrow.is_sound()


def test_many_are_signed_and_handed_over_at_once(window: Window, city: City, cases: list[str]) -> None:
    page = at_the_desk(window, path=f"{QUEUES}?queue=sign")
    page.get_by_label("全选本页").check()
    page.get_by_text("已选 3 件").wait_for()
    city.town.act(city.town.water_head, cases[0], "sign")  # meanwhile
    page.get_by_role("button", name="签收", exact=True).click()
    page.get_by_text("已签收 2 件").wait_for()
    page.get_by_text("有 1 件没有办成").wait_for()
    expect(page.locator(".refused:visible")).to_contain_text(f"{cases[0]} 状态冲突：目前为“处置中”。")
    page.get_by_text("这里没有案件").wait_for()
    window.is_sound()
    assert (count(page, "sign"), count(page, "handle"), count(page, "mine")) == ("0", "3", "2")
    page.locator("[data-queue=mine]").click()
    expect(page.locator("tr[data-number]")).to_have_count(2)
    page.locator(".tickbox input").nth(1).check()
    page.get_by_role("button", name="转交", exact=True).click()
    page.get_by_label("转交给").select_option(label="Water_Head · department_head")
    page.get_by_label("说明").fill("明日休假")
    window.is_sound()
    page.get_by_role("dialog").get_by_role("button", name="转交").click()
    page.get_by_text("已转交 1 件").wait_for()
    expect(page.locator("tr[data-number]")).to_have_count(1)
    with reading() as db:
        heads = {one.number for one in db.query(Case).filter(Case.handler_id == city.town.cast.water_head.id)}
    assert cases[0] in heads
    assert len(heads) == 2
