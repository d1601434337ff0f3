"""Administration in a browser: each screen sound on both screens and in both languages, and changes that really are made."""
import re
from pathlib import Path

import orjson
from playwright.sync_api import Browser, Page, expect

from tests.api.town import ok
from tests.factories import GRIDS, small_map
from tests.pages.conftest import PASSWORD, City
from tests.pages.desk import Window

SCREENS = {
    "people": "人员", "posts": "岗位", "roles": "角色权限", "rosters": "值班", "areas": "区域",
    "taxonomy": "分类标准", "rules": "权责", "calendar": "工作日历", "limits": "时限规定",
    "templates": "答复模板", "forms": "采集表单", "clients": "系统接入", "devices": "终端"}
PANES = {
    "people": ["新增人员"], "posts": ["新增岗位", "新增部门"], "roles": [], "rosters": ["排班"], "areas": ["导入区域"],
    "taxonomy": ["导入新版本"], "rules": ["新增规则", "派遣试算", "导入规则"], "calendar": ["载入放假安排", "设置办公时间"],
    "limits": ["增加时限", "为部门单设"], "templates": ["新增模板"], "forms": ["发布表单"], "clients": ["接入系统", "发放密钥"],
    "devices": ["登记终端"]}


def at(window: Window, screen: str, who: str = "administrator") -> Page:
    page = window.log_in(who, PASSWORD, f"/command/admin/{screen}")
    settled(page)
    return page


def settled(page: Page) -> None:
    """Nothing is being loaded any more."""
    expect(page.locator("#screen > .screen")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_text("正在读取…")).to_have_count(0)
    expect(page.get_by_text("Loading…")).to_have_count(0)


def test_each_screen_is_sound_with_every_pane_open(window: Window, city: City) -> None:
    page = at(window, "people")
    for screen in SCREENS:
        window.visit(f"/command/admin/{screen}")
        settled(page)
        _sound_with_every_pane_open(window, page, screen)


def _sound_with_every_pane_open(window: Window, page: Page, screen: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(SCREENS[screen])
    assert page.locator("#screen .fault:visible, [role=alert]:visible").all_inner_texts() == []
    window.is_sound()
    for name in PANES[screen]:
        page.get_by_role("button", name=name, exact=True).first.click()
        expect(page.locator(".pane")).to_be_visible()
        window.is_sound()
        page.keyboard.press("Escape")
        expect(page.locator(".pane")).to_be_hidden()
        expect(page.get_by_role("button", name=name, exact=True).first).to_be_focused()
    if page.get_by_role("button", name="查看", exact=True).count():
        page.get_by_role("button", name="查看", exact=True).first.click()
        expect(page.locator(".pane")).to_be_visible()
        settled(page)
        window.is_sound()


def test_each_screen_is_sound_when_narrow_and_in_english(narrow: Window, city: City) -> None:
    page = at(narrow, "people")
    narrow.is_sound()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html[lang=en]")).to_be_visible()
    for screen in SCREENS:
        narrow.visit(f"/command/admin/{screen}")
        settled(page)
        _sound_in_english(narrow, page)


def _sound_in_english(narrow: Window, page: Page) -> None:
    narrow.is_sound()
    own = page.locator("#screen label, #screen h2, #screen .tools button").all_inner_texts()
    assert [text for text in own if re.search("[一-鿿]", text)] == []
    for opened in page.locator(".tools [data-key]").all()[:1]:
        opened.click()
        expect(page.locator(".pane")).to_be_visible()
        narrow.is_sound()


def sure(page: Page, says: str) -> None:
    """The question names what will happen; then it is done."""
    box = page.get_by_role("dialog")
    expect(box).to_contain_text(says)
    box.get_by_role("button", name="确定").click()


def test_somebody_is_added_with_a_post_by_keyboard_and_logs_in(window: Window, browser: Browser, city: City) -> None:
    page = at(window, "people")
    page.get_by_role("button", name="新增人员").focus()
    keys = page.keyboard
    keys.press("Enter")
    login = page.locator(".pane").get_by_label("账号")
    expect(login).to_be_focused()
    keys.press("Enter")  # nothing was filled in: each field says so
    expect(page.locator(".pane .refused")).to_contain_text("还有内容需要填写")
    expect(login).to_be_focused()
    window.is_sound()
    for text in ("hua.zhang", "张花花花花花花花花花花花花花花花花花花花花", "short", "水务局井盖班"):
        keys.type(text)
        keys.press("Tab")
    page.locator(".pane").get_by_label("角色").select_option("handler")
    page.locator(".pane").get_by_label("部门").select_option(label="水务局")
    login.press("Enter")
    sure(page, "张花花花")
    expect(page.locator(".pane [aria-invalid]")).to_have_count(1)  # the password is too short, and says so itself
    page.locator(".pane").get_by_label("密码").fill("correct horse battery")
    keys.press("Enter")  # in the field that was at fault
    sure(page, "水务局井盖班 · 处置人员 · 水务局")
    expect(page.locator(".pane")).to_contain_text("免去岗位")
    window.is_sound()
    other = Window(browser, window.url)
    assert other.log_in("hua.zhang", "correct horse battery", "/command/calls").locator("#name").inner_text().startswith("张花")
    page.get_by_role("button", name="停用账号").click()
    sure(page, "登录和终端立即失效")
    expect(page.locator(".pane")).to_contain_text("恢复账号")
    other.page.reload()
    other.page.get_by_role("heading", name="登录").wait_for()
    other.context.close()


def test_the_way_down_and_up_again_keeps_the_focus(window: Window, city: City) -> None:
    page = at(window, "areas")
    for _ in range(2):
        page.get_by_role("button", name="下级").first.focus()
        page.keyboard.press("Enter")
        settled(page)
        expect(page.locator(".crumbs [aria-current]")).to_be_focused()
    page.locator(".crumbs button").first.focus()
    page.keyboard.press("Enter")
    settled(page)
    expect(page.locator(".crumbs button")).to_have_count(1)
    expect(page.locator(".crumbs button")).to_be_focused()


def test_a_vacant_post_is_abolished_after_a_question(window: Window, city: City) -> None:
    made = ok(city.town.administrator.post("/api/v1/admin/posts", {"title": "临时岗位", "role": "dispatcher"}), 201)
    page = at(window, "posts")
    page.get_by_label("任职人员").first.select_option("true")
    settled(page)
    page.locator("tbody tr", has_text="临时岗位").get_by_role("button", name="查看").click()
    page.get_by_role("button", name="撤销岗位").click()
    sure(page, "临时岗位")
    expect(page.locator("tbody tr", has_text="临时岗位")).to_have_count(0)
    posts = ok(city.town.administrator.get("/api/v1/admin/posts", limit=100))["items"]
    assert made["id"] not in {one["id"] for one in posts}


def test_a_rule_from_the_column_of_the_whole_city_names_no_area_and_several_may_assist(window: Window, city: City) -> None:
    page = at(window, "rules")
    page.locator("button.cell").first.click()
    page.get_by_role("button", name="为此格新增规则").click()
    pane = page.locator(".pane")
    assert pane.get_by_label("区域").input_value() == ""
    pane.get_by_label("名称").fill("兜底")
    pane.get_by_label("主办部门").select_option(label="水务局")
    boxes = pane.get_by_role("group", name="协办部门").get_by_role("checkbox")
    others = [one.name for one in city.town.departments.values() if one.name != "水务局"][:2]
    for name in others:
        pane.get_by_role("group", name="协办部门").get_by_label(name).check()
    assert boxes.count() >= 3
    window.is_sound()
    pane.get_by_role("button", name="试算并保存").click()
    sure(page, "兜底")
    expect(page.locator("#notice")).to_contain_text("规则已保存")
    (kept,) = [one for one in ok(city.town.administrator.get("/api/v1/rules"))["items"] if one["name"] == "兜底"]
    assert (kept["area_code"], len(kept["assisting_ids"])) == (None, 2)
    ok(city.town.administrator.post(f"/api/v1/rules/{kept['id']}/retire"))


def test_a_part_of_the_name_finds_and_a_post_is_ended(window: Window, city: City) -> None:
    page = at(window, "people")
    page.get_by_label("按姓名或账号查找").fill("other_disp")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="查看").click()
    page.get_by_role("button", name="免去岗位").click()
    sure(page, "免去 Other_Dispatcher 的岗位")
    expect(page.locator(".pane")).to_contain_text("没有岗位")
    page.locator("summary", has_text="增加岗位").click()
    page.locator(".pane").get_by_label("岗位名称").fill("夜班派遣")
    page.locator(".pane").get_by_label("角色").select_option("dispatcher")
    page.locator(".pane").get_by_label("区域").fill("南塘")
    page.locator(".pane").get_by_role("button", name="增加岗位").click()
    sure(page, "440301001001")
    expect(page.locator(".pane table")).to_contain_text("南塘社区")


def test_areas_are_tried_and_then_taken_in(window: Window, city: City, tmp_path: Path) -> None:
    changed = small_map()
    changed["features"][4]["properties"]["name"] = "北坡新社区"
    changed["features"] = [one for one in changed["features"] if one["properties"]["code"] != GRIDS[3]]
    file = tmp_path / "areas.geojson"
    file.write_bytes(orjson.dumps(changed))
    page = at(window, "areas")
    page.get_by_role("button", name="导入区域").click()
    pane = page.locator(".pane")
    pane.get_by_label("文件").set_input_files(file)
    pane.get_by_label("坐标系").select_option("wgs84")
    pane.get_by_label("整体替换的区域").fill("440301001002")
    pane.get_by_role("button", name="试导入", exact=True).click()
    expect(pane.locator(".refused")).to_contain_text("不在 440301001002 之内")  # the whole city is no part of a community
    pane.get_by_label("整体替换的区域").fill("4403")
    pane.get_by_role("button", name="试导入", exact=True).click()
    expect(pane.get_by_role("heading", name="试导入结果")).to_be_visible()
    expect(pane.get_by_role("table", name="边界问题")).to_contain_text("空隙")
    expect(page.locator(".atlas .marker")).to_have_count(1)
    window.is_sound()
    assert ok(city.town.dispatcher.get("/api/v1/areas/search", q="北坡新"))["items"] == []
    pane.get_by_role("button", name="正式导入").click()
    sure(page, "修改 1、停用 1")
    expect(pane.get_by_role("heading", name="区域已导入")).to_be_visible()
    page.get_by_label("按名称或编码查找区域").fill("北坡新")
    expect(page.get_by_role("table", name="区域", exact=True)).to_contain_text("小城市东山区河口街道北坡新社区")


def test_a_year_is_loaded_and_stands_in_the_calendar(window: Window, city: City) -> None:
    page = at(window, "calendar")
    page.get_by_role("button", name="下一年").click()
    year = int(page.locator("h2").first.inner_text())
    expect(page.locator(".panel.alarm")).to_contain_text("尚未载入")
    page.get_by_role("button", name="载入放假安排").click()
    page.locator(".pane").get_by_label("公告内容").fill("不是公告")
    page.locator(".pane").get_by_label("来源").fill("国办发明电")
    page.locator(".pane").get_by_role("button", name="载入放假安排").click()
    expect(page.locator(".pane .fault:visible")).to_contain_text("JSON")
    days = [{"date": f"{year}-01-0{day}", "isOffDay": day == 1, "name": "元旦"} for day in (1, 3)]
    page.locator(".pane").get_by_label("公告内容").fill(orjson.dumps({"days": days}).decode())
    page.locator(".pane").get_by_role("button", name="载入放假安排").click()
    sure(page, f"载入 {year} 年：放假 1 天，调休上班 1 天")
    expect(page.locator(".panel").first).to_contain_text("国办发明电")
    expect(page.locator(".month .off")).to_have_text(re.compile("1休"))
    window.is_sound()
    assert len(ok(city.town.dispatcher.get(f"/api/v1/admin/calendar/{year}"))["days"]) == 2


def test_a_limit_is_changed_as_a_new_version(window: Window, city: City) -> None:
    page = at(window, "limits")
    page.get_by_role("button", name="修改", exact=True).first.click()
    page.locator(".pane").get_by_label("时限").first.fill("2.5")
    page.locator(".pane").get_by_role("button", name="记入改动").click()
    expect(page.locator(".changes")).to_contain_text("有 2 处改动尚未保存")
    window.is_sound()
    page.locator(".changes").get_by_role("button", name="保存为新版本").click()
    page.locator(".pane").get_by_label("版本").fill("城市 2026.9")
    page.locator(".pane").get_by_role("button", name="保存为新版本").click()
    sure(page, "新版本 城市 2026.9 有 2 处改动")
    expect(page.locator("#screen")).to_contain_text("现行：城市 2026.9")
    expect(page.locator(".changes")).to_have_count(0)
    told = ok(city.town.dispatcher.get("/api/v1/admin/policy"))
    assert (told["version"], told["rules"][0]["value"]) == ("城市 2026.9", 2.5)
    expect(page.get_by_role("table", name="版本")).to_contain_text("Administrator")


def test_a_rule_closes_a_gap_of_the_matrix(window: Window, city: City) -> None:
    page = at(window, "rules")
    gap = page.locator("button.cell", has_text="无人负责")
    expect(gap).to_have_count(1)
    gap.click()
    expect(page.locator(".pane")).to_contain_text("没有规则")
    page.get_by_role("button", name="为此格新增规则").click()
    page.locator(".pane").get_by_label("名称").fill("市容事件")
    page.locator(".pane").get_by_label("主办部门").select_option(label="道路养护中心")
    page.locator(".pane").get_by_role("button", name="试算并保存").click()
    sure(page, "此处主办由“无人”变为“道路养护中心”")
    expect(page.locator("button.cell", has_text="无人负责")).to_have_count(0)
    expect(page.get_by_text("没有空缺。")).to_be_visible()
    page.get_by_role("button", name="派遣试算").click()
    page.locator(".pane").get_by_label("分类").fill("暴露垃圾")
    page.locator(".pane").get_by_label("区域").fill("南塘")
    page.locator(".pane").get_by_role("button", name="试算", exact=True).click()
    expect(page.locator(".pane")).to_contain_text("会派给：道路养护中心")
    expect(page.locator(".pane")).to_contain_text("适用规则“市容事件”")
    window.is_sound()


def test_shifts_are_entered_for_the_days_of_a_week(window: Window, city: City) -> None:
    page = at(window, "rosters")
    page.get_by_role("button", name="下一周").click()
    page.get_by_role("button", name="排班").click()
    pane = page.locator(".pane")
    pane.get_by_label("人员").fill("handler")
    pane.get_by_role("button", name="排班").click()
    expect(pane.locator(".fault:visible").first).to_contain_text("有多个符合")
    pane.get_by_label("人员").fill("supervisor")
    pane.get_by_label("角色").select_option("dispatcher")
    pane.get_by_role("button", name="排班").click()
    sure(page, "08:00 至 18:00，共 5 个班次")
    expect(pane.locator(".fault:visible")).to_contain_text("没有这样的岗位")
    pane.get_by_label("角色").select_option("supervisor")
    pane.get_by_role("button", name="排班").click()
    sure(page, "共 5 个班次")
    expect(page.locator(".shift")).to_have_count(5)
    window.is_sound()
    page.locator(".shift").first.get_by_role("button", name="结束").click()
    sure(page, "取消 Supervisor")
    expect(page.locator(".shift")).to_have_count(4)


def test_a_system_is_let_in_and_its_secret_is_shown_once(window: Window, city: City) -> None:
    page = at(window, "clients")
    page.get_by_role("button", name="接入系统").click()
    page.locator(".pane").get_by_label("名称").fill("市12345热线平台")
    page.locator(".pane").get_by_role("button", name="接入系统").click()
    sure(page, "允许“市12345热线平台”调用接口")
    expect(page.locator(".pane .secret")).to_have_count(2)
    window.is_sound()
    page.keyboard.press("Escape")
    expect(page.locator(".secret")).to_have_count(0)
    page.get_by_role("button", name="查看").first.click()
    page.get_by_role("button", name="收回").click()
    sure(page, "其签名立即失效")
    expect(page.get_by_role("table", name="接入系统")).to_contain_text("已收回")


def test_a_template_is_kept_and_retired_and_what_is_refused_stands_at_its_field(window: Window, city: City) -> None:
    page = at(window, "templates", "steward")
    page.get_by_role("button", name="新增模板").click()
    pane = page.locator(".pane")
    pane.get_by_label("动作").select_option("resolve")
    pane.get_by_label("标题").fill("井盖复位")
    pane.get_by_label("内容").fill("{nobody}已处置")
    pane.get_by_role("button", name="保存").click()
    sure(page, "新增模板“井盖复位”")
    expect(pane.locator(".fault:visible")).to_have_count(1)
    pane.get_by_label("内容").fill("{department}已处置：{title}。")
    pane.get_by_role("button", name="保存").click()
    sure(page, "新增模板“井盖复位”")
    expect(page.get_by_role("table", name="答复模板")).to_contain_text("井盖复位")
    page.get_by_role("button", name="查看").click()
    pane.get_by_role("button", name="停用").click()
    sure(page, "停用模板")
    expect(page.locator("#screen")).to_contain_text("没有模板。")


def test_each_sees_the_screens_of_the_own_posts(window: Window, city: City) -> None:
    page = at(window, "taxonomy", "steward")
    assert page.locator("#nav a").all_inner_texts() == [
        "区域", "分类标准", "权责", "工作日历", "时限规定", "答复模板", "采集表单"]
    page.goto(f"{window.url}/command/admin/people")
    expect(page.locator("#screen")).to_contain_text("没有这些页面的权限")
