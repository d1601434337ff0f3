"""What goes wrong in the hand: two pages, two taps, a clock set back, a full phone, walking on before a form is finished."""
from pathlib import Path
from typing import Any

from playwright.sync_api import expect
from sqlalchemy import func, select

from api import releases
from casework.cases.report import Report
from casework.registry.records import Entry, Statement
from casework.storage.database import reading
from tests.pages.conftest import HERE
from tests.pages.phone import Line, Phone
from tests.pages.test_pda_offline import a_picture, digest, fill_house, offline, online, photos_of, report, saved

NEXT_STREET = HERE["longitude"] + 0.0006


def within(phone: Phone, script: str) -> Any:
    """The answer of a script that has the page's own modules as `store`, `operations` and `track`."""
    return phone.page.evaluate("""async address => {
        const names = ["store", "operations", "track"];
        const [store, operations, track] = await Promise.all(names.map(name => import(`${address}/${name}.js`)));
        """ + script + "}", releases.of("pda").address)


def test_a_report_is_made_where_the_worker_is_not_where_the_form_was_once_opened(phone: Phone) -> None:
    phone.go("#/report")
    phone.page.get_by_text("已定位").wait_for()
    phone.page.wait_for_timeout(500)
    phone.go("#/today")
    phone.page.locator(".screen.today").wait_for()
    phone.context.set_geolocation({**HERE, "longitude": NEXT_STREET})
    phone.page.reload()
    report(phone, "走到下一条街")
    phone.all_sent()
    with reading() as db:
        made = db.scalars(select(Report).where(Report.text == "走到下一条街")).one()
    assert made.lon is not None
    assert abs(made.lon - NEXT_STREET) < 0.0001


def test_a_category_chosen_before_the_page_was_closed_is_enough_to_report(phone: Phone) -> None:
    offline(phone)
    phone.go("#/report")
    phone.page.locator(".category .choice input").first.check()
    phone.until(lambda: phone.stored("drafts"))
    phone.page.reload()
    phone.page.get_by_text("已定位").wait_for()
    expect(phone.page.locator(".category .choice input").first).to_be_checked()
    phone.page.locator("#save").click()
    saved(phone, "today")


def refuse(phone: Phone, number: int = 0) -> None:
    """As if the server had not taken the operation of this number."""
    within(phone, f"""const one = (await operations.open())[{number}];
        await store.put("operations", {{...one, state: "refused", problem: {{detail: "不行"}}}}); store.tell("operations");""")


def test_a_form_that_was_begun_is_not_lost_to_one_that_is_mended(phone: Phone, tmp_path: Path) -> None:
    page = phone.page
    offline(phone)
    report(phone, "没被接收")
    refuse(phone)
    phone.go("#/report")
    page.locator("input[data-purpose=report]").set_input_files(a_picture(tmp_path, 1000))
    page.get_by_alt_text("照片 1").wait_for()
    page.get_by_label("情况描述").fill("还没写完")
    phone.go("#/sync")
    page.get_by_role("button", name="修改").click()
    page.get_by_role("button", name="保留").click()
    phone.go("#/report")
    expect(page.get_by_label("情况描述")).to_have_value("还没写完")
    expect(page.get_by_alt_text("照片 1")).to_be_visible()
    phone.go("#/sync")
    page.get_by_role("button", name="修改").click()
    page.locator("dialog").get_by_role("button", name="修改").click()
    expect(page.get_by_label("情况描述")).to_have_value("没被接收")


def test_what_was_based_on_a_refused_entry_follows_the_mended_one(phone: Phone) -> None:
    page = phone.page
    offline(phone)
    phone.go("#/edit/new/house")
    fill_house(phone, "改正路1号", "自住")
    page.get_by_text("已定位").wait_for()
    page.locator("#save").click()
    saved(phone, "entry")
    page.get_by_role("link", name="修改").click()
    page.get_by_role("radio", name="出租", exact=True).check()
    page.locator("#save").click()
    saved(phone, "entry")
    refuse(phone)
    phone.go("#/sync")
    page.locator(".state-refused").get_by_role("button", name="修改").click()
    page.get_by_label("地址").first.fill("改正路2号")
    page.locator("#save").click()
    saved(phone, "entry")
    online(phone)
    phone.all_sent()
    with reading() as db:
        entry = db.scalars(select(Entry).where(Entry.label.like("%改正路2号%"))).one()
        assert entry.values["usage"] == "rented"
        assert db.scalar(select(func.count()).select_from(Statement).where(Statement.subject_id == entry.id)) == 2


def test_what_is_said_stays_in_order_when_the_clock_is_set_back_a_day(phone: Phone) -> None:
    offline(phone)
    orders = within(phone, """const now = Date.now;
        await operations.save("check_in", {note: "first"});
        Date.now = () => now() - 86400000;
        await operations.save("check_in", {note: "second"});
        return (await operations.open()).map(({data}) => data.note);""")
    assert orders == ["first", "second"]


FULL = """() => {
    const full = () => { throw new DOMException("no room", "QuotaExceededError"); };
    IDBObjectStore.prototype.put = IDBObjectStore.prototype.add = full;
}"""


def test_a_full_phone_sends_all_the_same_and_so_has_room_again(phone: Phone, tmp_path: Path) -> None:
    phone.page.evaluate("delete ServiceWorkerRegistration.prototype.sync")  # the page itself, not its worker
    offline(phone)
    pictures = {f"存满{number}": a_picture(tmp_path, 1100 + number, 900) for number in range(2)}
    for text, picture in pictures.items():
        report(phone, text, ("report", picture))
    phone.go("#/sync")
    phone.page.evaluate(FULL)
    online(phone)
    phone.page.locator("#send").click()
    phone.all_sent()
    for text, picture in pictures.items():
        assert [one.sha256 for one in photos_of(text)] == [digest(picture)]


def test_how_far_a_photo_is_does_not_write_the_photo_anew(phone: Phone, tmp_path: Path) -> None:
    offline(phone)
    report(phone, "进度不重写照片", ("report", a_picture(tmp_path, 1200, 2400)))
    used = "(await navigator.storage.estimate()).usage"
    before = within(phone, f"return {used}")
    after = within(phone, f"""const [file] = await store.files();
        for (let offset = 0; offset < 20; offset += 1) await store.keepProgress({{...at(file), offset}});
        function at({{key, url, sent, reason}}) {{ return {{key, url, sent, reason}}; }}
        return {used}""")
    assert after - before < 1_000_000
    assert within(phone, "return (await store.files())[0].offset") == 19
    online(phone)
    phone.all_sent()


def test_a_file_that_the_server_does_not_begin_with_can_be_given_up(phone: Phone, tmp_path: Path) -> None:
    offline(phone)
    report(phone, "照片太大", ("report", a_picture(tmp_path, 1300)))
    phone.page.route("**/api/v1/uploads", lambda route: route.fulfill(
        status=413, content_type="application/problem+json", body='{"detail": "照片过大"}'))
    online(phone)
    phone.go("#/sync")
    phone.page.get_by_text("照片过大").wait_for()
    phone.page.get_by_role("button", name="放弃").click()
    phone.page.locator("dialog").get_by_role("button", name="放弃").click()
    phone.all_sent()


def test_a_round_that_is_ended_in_one_page_is_noted_by_no_other(phone: Phone) -> None:
    offline(phone)
    phone.go("#/round")
    phone.page.get_by_text("已定位").wait_for()
    phone.page.get_by_role("button", name="签到，开始巡查").click()
    phone.page.get_by_text("巡查中").wait_for()
    other = phone.context.new_page()
    other.goto(f"{phone.url}/pda#/today")
    other.locator("#tabs").wait_for()
    phone.page.bring_to_front()
    phone.page.get_by_role("button", name="签退，结束巡查").click()
    phone.page.get_by_text("未签到").wait_for()
    other.bring_to_front()
    for step in range(1, 3):
        phone.context.set_geolocation({**HERE, "longitude": HERE["longitude"] + step * 0.0009})
        other.wait_for_timeout(700)
    assert phone.stored("points") == []


def test_points_are_handed_over_once_though_two_do_it_at_the_same_time(phone: Phone) -> None:
    offline(phone)
    counted = within(phone, """await store.put("meta", {id: "r", since: 1}, "round");
        for (let number = 0; number < 3; number += 1) await track.keep("r", [114, 22, 5, number]);
        await Promise.all([track.handOver({rest: true}), track.handOver({rest: true})]);
        return (await operations.open()).map(({data}) => data.points.length);""")
    assert counted == [3]


def test_two_taps_save_once(phone: Phone) -> None:
    offline(phone)
    phone.go("#/round")
    phone.page.get_by_text("已定位").wait_for()
    phone.page.get_by_role("button", name="打卡").evaluate("one => { one.click(); one.click(); }")
    expect(phone.page.locator("#notice")).to_have_text("已保存在本机")
    assert len(phone.stored("operations")) == 1


def test_the_focus_stays_where_it_is_when_a_list_is_drawn_anew(phone: Phone) -> None:
    phone.go("#/today")
    tab = phone.page.get_by_role("button", name="我报的")
    tab.focus()
    phone.page.keyboard.press("Enter")
    expect(tab).to_have_attribute("aria-pressed", "true")
    within(phone, 'store.tell("items")')
    phone.page.wait_for_timeout(400)
    expect(tab).to_be_focused()


def test_a_broken_address_and_a_hasty_worker_end_on_a_screen(phone: Phone) -> None:
    phone.visit("#/case/%E0%A4%A")
    phone.page.locator(".screen.case").wait_for()
    phone.page.evaluate("for (const one of ['registers', 'round', 'sync']) location.hash = `#/${one}`")
    phone.page.locator(".screen.sync").wait_for()
    expect(phone.page.locator(".screen")).to_have_count(1)
    assert phone.wrong == []


def test_a_page_in_the_way_that_asks_for_a_log_in_does_not_lock_the_phone(phone: Phone, line: Line) -> None:
    offline(phone)
    report(phone, "酒店网络")
    phone.page.route("**/api/**", lambda route: route.fulfill(status=401, content_type="text/html", body="<h1>Wi-Fi</h1>"))
    online(phone)
    phone.page.get_by_text("离线").first.wait_for()
    assert not any(one.get("revoked") for one in phone.stored("meta") if isinstance(one, dict))
    phone.page.unroute("**/api/**")
    phone.go("#/sync")
    phone.page.locator("#send").click()
    phone.all_sent()
