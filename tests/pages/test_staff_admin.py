"""Administration in a browser: each screen sound on both screens and in both languages, and changes that really are made."""
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import PASSWORD, City
from tests.pages.desk import Window

SCREENS = {
    "people": "人员", "posts": "岗位", "roles": "角色权限", "rosters": "值班", "areas": "区域", "taxonomy": "分类标准", "rules": "权责",
    "calendar": "工作日历", "limits": "时限规定", "templates": "答复模板", "forms": "采集表单", "clients": "系统接入", "devices": "终端"}
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


@pytest.mark.parametrize("screen", SCREENS)
def test_each_screen_is_sound_with_every_pane_open(window: Window, city: City, screen: str) -> None:
    page = at(window, screen)
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


@pytest.mark.parametrize("screen", SCREENS)
def test_each_screen_is_sound_when_narrow_and_in_english(narrow: Window, city: City, screen: str) -> None:
    page = at(narrow, screen)
    narrow.is_sound()
    page.get_by_role("button", name="English").click()
    page.wait_for_function("document.documentElement.lang === 'en'")
    settled(page)
    narrow.is_sound()
    own = [text for text in page.locator("#screen label, #screen button, #screen h2, #screen h3, #screen th[scope=col]").all_inner_texts()
           if re.search("[一-鿿]", text)]
    assert [text for text in own if not re.search("社区|街道|区|市|局|中心|办|公用|市容|城乡|环境|诉求|事件|部件", text)] == []
    for opened in page.locator(".tools [data-key]").all()[:1]:
        opened.click()
        expect(page.locator(".pane")).to_be_visible()
        narrow.is_sound()
