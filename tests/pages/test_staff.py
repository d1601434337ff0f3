"""The staff pages in a browser: logging in, and each page's journey by mouse and by keys, on a wide screen and a narrow one."""
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select, update

from casework import clock
from casework.cases.report import Report
from casework.exchange.feed import FeedEntry
from casework.identity.people import Role, User, create_post, create_user
from casework.identity.privacy import blind_index
from casework.identity.sessions.refusals import Tally
from casework.intake.hotline.updates import TicketUpdate
from casework.notifications.messages import Message
from casework.storage.database import reading, transaction
from tests.api.town import ok, point, ticket
from tests.pages.conftest import PASSWORD, City
from tests.pages.desk import Window
from tests.storage.test_hotline_exports import GOOD
from tests.storage.test_registry_import import csv_of
from tests.workers import errands
from workers import queues
from workers.queues import Batch
from workers.run import work

TICKETS = "/api/v1/hotline/tickets"
CALLS, STUCK, IMPORTS = "/command/calls", "/command/admin/queues", "/command/imports"


def tickets() -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(Report).where(Report.external_number.startswith("DH"))) or 0


def latest() -> Report:
    with reading() as db:
        report = db.scalars(select(Report).where(Report.external_number.startswith("DH"))
                            .order_by(Report.received_at.desc()).limit(1)).one()
        db.expunge(report)
        return report


def typed_call(page: Page, text: str, phone: str = "") -> None:
    page.get_by_label("来电号码").fill(phone)
    page.get_by_label("诉求内容").fill(text)


def spoken(page: Page) -> str:
    page.locator(".spoken").wait_for()
    return page.locator(".spoken").inner_text()


# ---- logging in

def test_somebody_logs_in_reloads_switches_the_language_and_logs_out(window: Window) -> None:
    page = window.visit(CALLS)
    page.get_by_role("heading", name="登录").wait_for()
    window.is_sound()
    page = window.log_in("operator", PASSWORD, CALLS)
    assert [one.inner_text() for one in page.locator("#nav a").all()] == ["来电登记", *page_names(page)]
    page.reload()
    page.get_by_label("来电号码").wait_for()
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="Calls").wait_for()
    assert page.evaluate("document.documentElement.lang") == "en"
    page.get_by_role("button", name="中文").click()
    page.get_by_role("button", name="退出登录").click()
    page.get_by_role("heading", name="登录").wait_for()
    assert page.evaluate("Object.keys(sessionStorage)") == []
    page.reload()
    page.get_by_role("heading", name="登录").wait_for()


def asked_who_i_am(window: Window) -> int:
    return len([url for url in window.asked if url.endswith("/sessions/me")])


def test_who_i_am_is_asked_once_until_a_reload_or_a_page_that_was_not_mine(window: Window) -> None:
    page = window.log_in("operator", PASSWORD, CALLS)
    before = asked_who_i_am(window)
    for path in ("/command/imports", CALLS):
        window.visit(path)
        page.locator("#who").wait_for()
        expect(page.locator("#name")).to_have_text("Operator")
    assert asked_who_i_am(window) == before
    page.reload()
    page.get_by_label("来电号码").wait_for()
    assert asked_who_i_am(window) == before + 1
    window.visit("/command/dispatch")
    expect(page.locator("#screen")).to_contain_text("没有这些页面的权限")
    with transaction() as db:
        user = db.scalars(select(User).where(User.login == "operator")).one()
        made = create_post(db, "代班派遣员", Role.DISPATCHER, holder_id=user.id)
    window.visit("/command/triage")
    page.locator(".bench-work").wait_for()
    assert page.get_by_role("link", name="派遣").count() == 0
    window.visit("/command/dispatch")
    page.locator(".bench-work").wait_for()
    with transaction() as db:
        db.delete(db.merge(made))
    page.reload()
    expect(page.locator("#screen")).to_contain_text("没有这些页面的权限")


def page_names(page: Page) -> list[str]:
    return [name for name in ("受理", "查找案件", "公开审核", "工单导入") if page.get_by_role("link", name=name).count()]


def test_a_closed_browser_has_forgotten_it_and_another_tab_has_not(browser: Browser, window: Window) -> None:
    window.log_in("operator", PASSWORD, CALLS)
    second = window.open()
    second.goto(window.url + CALLS)
    second.get_by_label("来电号码").wait_for()
    assert window.page.evaluate("Object.keys(localStorage)") == []
    second.get_by_role("button", name="退出登录").click()
    window.page.get_by_role("heading", name="登录").wait_for()
    kept = window.context.storage_state()  # what a browser keeps on the disk
    again = browser.new_context(storage_state=kept)
    fresh = again.new_page()
    fresh.goto(window.url + CALLS)
    fresh.locator("input[type=password]").wait_for()
    again.close()


def test_two_tabs_share_a_refresh_token_that_is_good_only_once(window: Window) -> None:
    window.log_in("operator", PASSWORD, CALLS)
    second = window.open()
    second.goto(window.url + CALLS)
    second.get_by_label("来电号码").wait_for()
    ends = """() => { const pair = JSON.parse(sessionStorage['zhiwang-session']);
                      sessionStorage['zhiwang-session'] = JSON.stringify({...pair, until: 0}); }"""
    for _ in range(2):
        for page in (window.page, second):
            page.evaluate(ends)
        for page in (window.page, second):
            page.evaluate("location.reload()")
        for page in (window.page, second):
            page.get_by_label("来电号码").wait_for()
    assert len([url for url in window.asked if url.endswith("/refresh")]) >= 2


def test_a_tab_that_is_too_busy_to_hand_over_what_it_got_ends_no_log_in(window: Window) -> None:
    window.log_in("operator", PASSWORD, CALLS)
    second = window.open()
    second.goto(window.url + CALLS)
    second.get_by_label("来电号码").wait_for()
    ended = """old => { const pair = {...JSON.parse(old ?? sessionStorage['zhiwang-session']), until: 0};
                        return sessionStorage['zhiwang-session'] = JSON.stringify(pair); }"""
    old = window.page.evaluate(ended, None)
    window.page.reload()
    window.page.get_by_label("来电号码").wait_for()
    window.page.evaluate("setTimeout(() => { const since = Date.now(); while (Date.now() - since < 1500); })")
    second.evaluate(ended, old)
    second.reload()
    for page in (second, window.page):
        page.get_by_label("来电号码").wait_for()
    assert len([url for url in window.asked if url.endswith("/refresh")]) == 1


def test_a_wrong_password_is_told_and_guessing_is_locked_out(window: Window) -> None:
    page = window.visit(CALLS)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_label("账号")).to_be_focused()
    page.get_by_label("账号").fill("dispatcher")
    for _ in range(7):
        page.get_by_label("密码").fill("guess")
        with page.expect_response(lambda answer: answer.url.endswith("/sessions")):
            page.keyboard.press("Enter")
        expect(page.locator("form > .fault")).to_have_text(re.compile("账号或密码不对|尝试次数过多"))
        expect(page.locator("[type=submit]")).to_be_enabled()
    expect(page.locator("form > .fault")).to_contain_text("秒后再试")
    window.is_sound()
    with transaction() as db:  # it would hold up those of the other tests who come from here
        db.query(Tally).delete()


def test_who_has_no_such_post_sees_neither_page_nor_link(window: Window) -> None:
    page = window.log_in("water_handler", PASSWORD, CALLS)
    expect(page.locator("#screen")).to_contain_text("没有这些页面的权限")
    assert page.locator("#nav a").count() == 0


def test_an_address_that_leads_nowhere_says_so_also_when_it_was_cut_off_in_a_letter(window: Window) -> None:
    window.log_in("operator", PASSWORD, CALLS)
    for path in ("/desk/nothing/here", "/desk/cases/%E4%B8"):
        expect(window.visit(path).locator("#screen")).to_contain_text("没有这个页面")


def test_a_log_in_that_runs_out_is_renewed_over_the_page(window: Window) -> None:
    page = window.log_in("operator", PASSWORD, CALLS)
    typed_call(page, "路灯不亮，登录过期时写的")
    page.evaluate("""() => { const pair = JSON.parse(sessionStorage['zhiwang-session']);
        sessionStorage['zhiwang-session'] = JSON.stringify({...pair, access: 'x', refresh: 'x'}); }""")
    page.get_by_role("button", name="保存").click()
    again = page.get_by_role("dialog")
    again.get_by_label("账号").fill("operator")
    again.get_by_label("密码").fill(PASSWORD)
    window.is_sound()
    page.keyboard.press("Enter")
    assert spoken(page)
    assert latest().text == "路灯不亮，登录过期时写的"


def test_whoever_logs_in_after_somebody_else_finds_nothing_of_theirs(window: Window) -> None:
    before = tickets()
    page = window.log_in("operator", PASSWORD, CALLS)
    typed_call(page, "前一个人写的", "13900000009")
    page.evaluate("""() => { const pair = JSON.parse(sessionStorage['zhiwang-session']);
        sessionStorage['zhiwang-session'] = JSON.stringify({...pair, access: 'x', refresh: 'x'}); }""")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("dialog").get_by_label("账号").fill("supervisor")
    page.get_by_role("dialog").get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#name")).to_have_text("Supervisor")
    assert "前一个人写的" not in page.content() + page.evaluate("JSON.stringify(sessionStorage)")
    assert tickets() == before


# ---- calls

def test_a_call_is_taken_by_keyboard_alone(window: Window, city: City) -> None:
    phone, before = "13900000001", tickets()
    ok(city.town.operator.post(TICKETS, ticket(detail="上周报过的停水", caller_phone=phone)))
    page = window.log_in("operator", PASSWORD, CALLS)
    expect(page.get_by_label("来电号码")).to_be_focused()
    keys = page.keyboard
    keys.type(phone)
    keys.press("Enter")
    expect(page.locator("aside")).to_contain_text("上周报过的停水")
    expect(page.get_by_label("诉求内容")).to_be_focused()
    keys.type("人行道上的上水井盖没有了")
    page.locator(".guess").first.wait_for()
    keys.press("Alt+C")
    expect(page.locator(".guess").first).to_be_focused()
    keys.press("Enter")
    chosen = page.get_by_label("分类", exact=False).first.input_value()
    keys.press("Alt+B")
    keys.press("Alt+L")
    keys.type("南塘社区")
    keys.press("Enter")
    expect(page.locator(".place-text")).to_contain_text("南塘社区")
    window.is_sound()
    keys.press("Alt+S")
    number = spoken(page)
    report = latest()
    assert (report.number, report.text, report.claimed_category) == (number, "人行道上的上水井盖没有了", chosen)
    assert (report.confidential, report.address, report.title) == (True, "南塘社区", "人行道上的上水井盖没有了")
    assert report.reporter_phone_index == blind_index("phone", phone)
    assert report.taken_by_id == city.town.cast.operator.id
    assert tickets() == before + 1
    window.is_sound()
    keys.press("Enter")
    expect(page.get_by_label("来电号码")).to_be_focused()
    expect(page.get_by_label("来电号码")).to_have_value("")


def test_what_is_known_near_by_is_chosen_on_the_map_by_mouse(window: Window, city: City) -> None:
    told = ok(city.town.operator.post(TICKETS, ticket(category="10101", subject="井盖", detail="井盖没了", place=point(1))))
    city.town.jobs()
    case = city.town.case_of(told["results"][0]["number"])["number"]
    page = window.log_in("operator", PASSWORD, CALLS)
    typed_call(page, "还是那个井盖")
    page.locator(".map").click()
    page.get_by_text("地图上选定的位置").wait_for()
    place = point(1)
    with page.expect_response(lambda answer: "/hotline/caller" in answer.url):
        page.evaluate("""place => { const kept = JSON.parse(sessionStorage['zhiwang-draft-call']);
            sessionStorage['zhiwang-draft-call'] = JSON.stringify({...kept, place}); location.reload(); }""", place)
    same = page.locator(f"aside [data-case='{case}']")
    same.click()
    expect(same).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(same).to_have_attribute("aria-pressed", "false")
    expect(same).to_be_focused()
    same.click()
    window.is_sound()
    page.get_by_role("button", name="保存").click()
    number = spoken(page)
    city.town.jobs()
    assert city.town.case_of(number)["number"] == case


def test_a_double_click_a_lost_answer_and_a_reload_make_one_ticket(window: Window) -> None:
    before = tickets()
    page = window.log_in("operator", PASSWORD, CALLS)
    typed_call(page, "双击保存")
    page.get_by_role("button", name="保存").dblclick()
    spoken(page)
    assert tickets() == before + 1
    page.get_by_role("button", name="记下一个").click()
    typed_call(page, "答复丢失", "13900000002")

    def lose(route: Any) -> None:
        route.fetch()
        route.abort()
    page.route(f"**{TICKETS}", lose, times=1)
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".refused")).to_contain_text("服务器没有应答")
    page.reload()
    expect(page.get_by_label("诉求内容")).to_have_value("答复丢失")
    page.get_by_role("button", name="保存").click()
    assert spoken(page) == latest().number
    assert tickets() == before + 2


def test_two_operators_at_once_have_two_tickets(browser: Browser, window: Window, city: City) -> None:
    with transaction() as db:
        user = create_user(db, "colleague", "Colleague", "x")
        create_post(db, "operator", Role.OPERATOR, holder_id=user.id)
        db.execute(update(type(user)).where(type(user).id == user.id).values(password_hash=select(
            type(user).password_hash).where(type(user).id == city.town.cast.operator.id).scalar_subquery()))
    other = Window(browser, window.url)
    pages = [window.log_in("operator", PASSWORD, CALLS), other.log_in("colleague", PASSWORD, CALLS)]
    before = tickets()
    for at, page in enumerate(pages):
        typed_call(page, f"同时的来电 {at}", "13900000003")
    for page in pages:
        page.evaluate("setTimeout(() => document.querySelector('.actions .strong').click(), 50)")
    assert len({spoken(page) for page in pages}) == 2
    assert tickets() == before + 2
    with reading() as db:
        assert db.scalars(select(TicketUpdate)).all() == []
    other.context.close()


def test_what_cannot_be_is_told_at_its_field(window: Window) -> None:
    page = window.log_in("operator", PASSWORD, CALLS)
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_label("诉求内容")).to_be_focused()
    expect(page.get_by_label("诉求内容")).to_have_attribute("aria-invalid", "true")
    window.is_sound()
    before = tickets()
    typed_call(page, "<img src=x onerror=alert(1)>\u202e停水")
    page.evaluate("document.querySelector('input[type=tel]').value = '1'.repeat(40)")
    page.locator("input[type=tel]").dispatch_event("input")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("input[type=tel]")).to_be_focused()
    assert tickets() == before
    page.get_by_label("来电号码").fill("13900000004")
    page.get_by_role("button", name="保存").click()
    spoken(page)
    assert latest().text == "<img src=x onerror=alert(1)>\u202e停水"


# ---- what is stuck

def test_an_administrator_sees_what_is_stuck_and_tries_it_again(window: Window, city: City) -> None:
    town, platform = city.town, city.town.platform("市12345")
    client = next(one["id"] for one in ok(town.administrator.get("/api/v1/admin/clients"))["items"] if one["name"] == "市12345")
    ok(town.administrator.post("/api/v1/exchange/subscriptions", {"client": client, "url": "https://12345.example.gov.cn/z"}))
    ok(platform.post(TICKETS, ticket(number="T-77")))
    town.jobs()
    with transaction() as db:
        given_up = {"failed_at": clock.now(), "next_try_at": None}
        db.execute(update(FeedEntry).values(given_up | {"fault": "HTTP 500", "attempts": 7}))
        db.execute(update(Message).where(Message.via == "sms").values(given_up | {"fault": "HTTP 403"}))
    queues.forget_connection()
    queues.connection().flushdb()
    queues.enqueue([Batch("media", errands.run, ["bad"], "1-1")])
    work(queues.QUEUES, burst=True)
    page = window.log_in("administrator", PASSWORD, STUCK)
    webhook = page.locator("tr", has_text="https://12345.example.gov.cn/z")
    expect(webhook).to_contain_text("有放弃的")
    expect(webhook).to_contain_text("HTTP 500")
    expect(page.locator("#screen")).to_contain_text("T-77")
    expect(page.locator("tr", has_text="tests.workers.errands.run")).to_contain_text("ValueError")
    expect(page.locator("#screen")).to_contain_text("HTTP 403")
    window.is_sound()
    webhook.get_by_role("button", name="重试").click()
    expect(page.locator("#notice")).to_contain_text("已重新排队")
    expect(webhook).to_contain_text("正在发送")
    webhook.get_by_role("button", name="重放").focus()
    page.keyboard.press("Enter")
    window.is_sound()
    page.get_by_role("dialog").get_by_role("button", name="确定").click()
    expect(page.locator("#notice")).to_contain_text("将再次发送")
    page.locator("tr", has_text="照片").get_by_role("button", name="重试").click()
    expect(page.locator("tr", has_text="tests.workers.errands.run")).to_have_count(0)
    page.get_by_role("button", name="全部重试").click()
    expect(page.locator("#screen")).to_contain_text("没有放弃的消息")
    with reading() as db:
        assert db.scalars(select(FeedEntry.id).where(FeedEntry.failed_at.is_not(None))).all() == []
        assert db.scalars(select(Message.id).where(Message.failed_at.is_not(None))).all() == []
    assert (queues.dead()["media"], queues.depth()["media"]) == (0, 1)


# ---- exports of the hotline

def test_an_export_is_tried_mended_taken_and_its_bad_rows_come_back(window: Window, city: City, tmp_path: Path) -> None:
    rows = [[*GOOD[0], "怪列"], *([*row, "x"] for row in GOOD[1:]), ["T3", "", "", "2026/3/2", "", "", "", "", "", "", "", "x"]]
    rows[0][2] = "群众说的话"
    file = tmp_path / "三月.csv"
    file.write_bytes(csv_of(rows))
    page = window.log_in("operator", PASSWORD, IMPORTS)
    page.get_by_role("button", name="试运行").click()
    expect(page.get_by_label("文件")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("文件").set_input_files(file)
    page.get_by_role("button", name="试运行").click()
    expect(page.locator(".refused")).to_contain_text("诉求内容")
    page.get_by_label("群众说的话").select_option("detail")
    window.is_sound()
    page.get_by_label("保存为").fill("区平台")
    page.get_by_role("button", name="保存列对应").click()
    expect(page.get_by_label("列对应", exact=True)).to_have_value("区平台")
    page.get_by_role("button", name="试运行").click()
    page.get_by_role("heading", name="试运行结果").wait_for()
    assert figures(page) == ["3", "2", "0", "0", "1"]
    expect(page.locator("tbody")).to_contain_text("群众说的话为空")
    window.is_sound()
    page.get_by_role("button", name="正式导入 2 行").focus()
    page.keyboard.press("Enter")
    page.get_by_text("导入完成").wait_for()
    assert figures(page) == ["3", "2", "0", "0", "1"]
    with page.expect_download() as download:
        page.get_by_role("link", name="下载有误的行").click()
    assert download.value.suggested_filename == "三月-错误.csv"
    bad = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert (len(bad), bad[0].endswith("错误原因"), bad[1].startswith("T3")) == (2, True, True)
    page.reload()
    page.get_by_label("列对应", exact=True).select_option("区平台")
    page.get_by_label("文件").set_input_files(file)
    page.get_by_role("button", name="试运行").click()
    page.get_by_role("heading", name="试运行结果").wait_for()
    assert figures(page) == ["3", "0", "0", "2", "1"]


def figures(page: Page) -> list[str]:
    return [one.inner_text() for one in page.locator(".figure dd").all()]


# ---- a narrow screen

def test_every_page_is_whole_at_320_pixels(narrow: Window, city: City) -> None:
    page = narrow.log_in("operator", PASSWORD, CALLS)
    page.locator(".leaflet-container").wait_for()
    narrow.is_sound()
    typed_call(page, "窄屏登记")
    page.get_by_role("button", name="保存").click()
    spoken(page)
    narrow.is_sound()
    page.get_by_role("link", name="工单导入").click()
    page.get_by_label("文件").wait_for()
    narrow.is_sound()
    page.get_by_role("button", name="退出登录").click()
    page = narrow.log_in("administrator", PASSWORD, STUCK)
    page.get_by_role("heading", name="后台作业").wait_for()
    narrow.is_sound()
