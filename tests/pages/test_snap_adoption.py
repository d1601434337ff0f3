"""Adoption on the citizens' page in a real browser: found near by, adopted, looked after with a photo, given back."""
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from casework.community.adoption.adopting import Adoption, Ended
from casework.community.adoption.check_ins import CheckIn
from casework.community.adoption.shops import Shop as Owner
from casework.community.adoption.shops import ShopState
from casework.storage.database import reading, transaction
from tests.factories import a_photo, at_grid
from tests.pages.citizen import opened
from tests.pages.conftest import City, Shop
from tests.pages.phone import Phone
from tests.pages.test_snap_following import signed_in
from tests.storage.adopters import TREE, component

NUMBER = "13700007171"


@pytest.fixture
def phone(shop: Shop) -> Phone:
    """A citizen's phone with the page on it, on the form."""
    return opened(shop.phone())


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "hydrant.jpg"
    path.write_bytes(a_photo("firebrick", (640, 480)))
    return path


def looks() -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(CheckIn)) or 0


def test_something_near_by_is_adopted_looked_after_and_given_back(phone: Phone, city: City, picture: Path) -> None:
    hydrant = component(city.town.cast.steward)
    component(city.town.cast.steward, 2, at_grid(0, 40), TREE)
    page = phone.page
    phone.go("#/adopt")
    expect(page.locator(".screen.adopt")).to_contain_text("请先登录")
    signed_in(phone, NUMBER)
    page.get_by_role("link", name="我的认领").click()
    expect(page.locator(".screen.adoptions")).to_contain_text("还没有认领设施")
    page.get_by_role("link", name="认领身边的设施").click()
    trees = page.locator("#adoptable > li").filter(has_text="行道树")
    expect(trees.first).to_be_visible()
    page.get_by_label("设施种类").select_option(label="消火栓")
    expect(trees).to_have_count(0)
    assert not phone.is_wider_than_its_screen()
    page.get_by_role("button", name="认领", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="认领", exact=True).click()
    page.locator(".screen.adoption .facts").wait_for()
    with reading() as db:
        kept = db.scalars(select(Adoption).where(Adoption.component_id == hydrant)).one()
    assert kept.ended_at is None

    page.get_by_role("button", name="打卡").click()
    expect(page.locator(".fault").filter(visible=True)).to_have_text("请先拍一张照片。")
    page.locator("input[capture]").set_input_files(picture)
    page.get_by_alt_text("照片 1").wait_for()
    before = looks()
    page.get_by_role("button", name="打卡").click()
    expect(page.locator("#looks > li")).to_have_count(1)
    assert looks() == before + 1
    assert not phone.is_wider_than_its_screen()

    phone.go("#/adopt")
    expect(page.locator(f'[data-component="{hydrant}"]')).to_contain_text("已有人认领")
    phone.go(f"#/adoption/{kept.id}")
    page.get_by_role("button", name="不再照看").click()
    page.get_by_role("dialog").get_by_role("button", name="不再照看").click()
    expect(page.locator(".screen.adoption .facts")).to_contain_text("已交还")
    with reading() as db:
        assert db.get_one(Adoption, kept.id).ended is Ended.GIVEN_BACK
    assert phone.strangers() == []


def test_a_shop_is_named_looked_into_and_then_adopts(phone: Phone, city: City) -> None:
    tree, page = component(city.town.cast.steward, 3, at_grid(0, -40), TREE), phone.page
    signed_in(phone, "13700007272")
    phone.go("#/adoptions")
    page.get_by_text("以商户名义认领").click()
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".fault").filter(visible=True)).to_have_count(2)
    page.get_by_label("商户名称", exact=True).fill("老张包子铺")
    page.get_by_label("联系人和电话").fill("张师傅 13800000000")
    page.get_by_label("公开商户名称").check()
    page.get_by_role("button", name="提交").click()
    expect(page.locator("#shops")).to_contain_text("待核实")
    with transaction() as db:
        owner = db.scalars(select(Owner)).one()
        owner.state, owner.shown = ShopState.CONFIRMED, "老张包子铺"
    phone.go("#/adopt")
    page.get_by_label("以谁的名义").select_option(label="老张包子铺")
    page.locator(f'[data-component="{tree}"]').get_by_role("button").click()
    page.get_by_role("dialog").get_by_role("button", name="认领", exact=True).click()
    page.locator(".screen.adoption .facts").wait_for()
    phone.go("#/adopt")
    expect(page.locator(f'[data-component="{tree}"]')).to_contain_text("认领人：老张包子铺")
    assert not phone.is_wider_than_its_screen()
