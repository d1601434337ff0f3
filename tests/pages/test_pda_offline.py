"""The grid workers' page in a real browser: what is saved without a network survives an empty battery, and arrives once."""
import hashlib
import io
import random
import re
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from playwright.sync_api import Playwright, expect
from sqlalchemy import func, select

from casework.cases.case import Case
from casework.cases.report import Report
from casework.cases.workflow import Status
from casework.identity.sessions import Device, revoke_device, wipe_device
from casework.media import Photo
from casework.registry.records import Entry, Statement
from casework.storage.database import reading, transaction
from tests.api.town import ok, pda_report, point
from tests.conftest import Say
from tests.pages.conftest import PASSWORD, City
from tests.pages.phone import SMALL, Line, Phone

REPORTS = 20


def a_picture(folder: Path, seed: int, side: int = 240) -> Path:
    """A photo of its own, with noise as cameras make it, so that it is as heavy as its size."""
    noise = random.Random(seed).randbytes(side * side)
    path = folder / f"{seed}.jpg"
    Image.frombytes("L", (side, side), noise).convert("RGB").save(path, "JPEG", quality=90)
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def offline(phone: Phone) -> None:
    """No signal, and nobody would answer if there were one."""
    phone.context.set_offline(True)
    phone.line.cut()


def online(phone: Phone) -> None:
    phone.line.mend()
    phone.context.set_offline(False)


def report(phone: Phone, text: str, *pictures: tuple[str, Path], handled: bool = False) -> None:
    """As the worker does it: tab, photo, words, save."""
    page = phone.page
    page.locator("#tabs").get_by_text("上报").click()
    page.get_by_text("已定位").wait_for()
    if handled:
        page.get_by_label("已当场处置").check()
    for purpose, path in pictures:
        page.locator(f"input[data-purpose={purpose}]").set_input_files(path)
        page.get_by_alt_text("照片 1").nth(0 if purpose != "after" else 1).wait_for()
    page.get_by_label("情况描述").fill(text)
    page.locator("#save").click()
    saved(phone, "today")


def saved(phone: Phone, screen: str) -> None:
    """The page says that it is kept, and goes on to another screen."""
    phone.page.locator(f".screen.{screen}").wait_for()
    expect(phone.page.locator("#notice")).to_have_text("已保存在本机")


def photos_of(text: str) -> list[Photo]:
    with reading() as db:
        return list(db.scalars(select(Photo).join(Report, Report.id == Photo.report_id).where(Report.text == text)
                               .order_by(Photo.purpose)))


def test_twenty_reports_made_offline_survive_an_empty_battery_and_arrive_once_each(
        phone: Phone, line: Line, city: City, tmp_path: Path, say: Say) -> None:
    offline(phone)
    pictures = {f"离线上报{number}": a_picture(tmp_path, number, 1400 if number == 0 else 240) for number in range(REPORTS)}
    for text, picture in pictures.items():
        report(phone, text, ("report", picture))
    phone.kill()

    phone.switch_on()
    phone.context.set_offline(True)
    phone.visit("#/sync")
    waiting = phone.page.locator("#waiting > li")
    expect(waiting).to_have_count(REPORTS)
    assert {re.sub(r"\s", "", text) for text in waiting.locator(".card-body > strong").all_inner_texts()} == set(pictures)
    expect(phone.page.locator("#waiting .files img")).to_have_count(REPORTS)
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Report).where(Report.text.like("离线上报%"))) == 0

    online(phone)
    phone.page.locator("#send").click()
    phone.all_sent()
    expect(waiting).to_have_count(0)
    phone.page.get_by_text("没有等待发送的内容").wait_for()
    with reading() as db:
        arrived = list(db.scalars(select(Report.text).where(Report.text.like("离线上报%"))))
    assert sorted(arrived) == sorted(pictures)
    for text, picture in pictures.items():
        assert [one.sha256 for one in photos_of(text)] == [digest(picture)], text
    assert phone.strangers() == []
    say(f"{REPORTS} reports, {sum(one.stat().st_size for one in pictures.values()) // 1024} KB of photos")


def test_what_was_put_right_on_the_spot_shows_how_it_was_before_and_after(phone: Phone, tmp_path: Path) -> None:
    offline(phone)
    before, after = a_picture(tmp_path, 100), a_picture(tmp_path, 101)
    phone.page.locator("#tabs").get_by_text("上报").click()
    phone.page.get_by_label("已当场处置").check()
    phone.page.get_by_label("情况描述").fill("缺一张照片")
    phone.page.locator("#save").click()
    phone.page.get_by_text("需要处置前和处置后照片").wait_for()
    assert phone.stored("operations") == []
    phone.page.get_by_label("已当场处置").uncheck()
    report(phone, "自行处置一件", ("before", before), ("after", after), handled=True)
    online(phone)
    phone.all_sent()
    assert {(one.purpose.value, one.sha256) for one in photos_of("自行处置一件")} == {
        ("before", digest(before)), ("after", digest(after))}
    with reading() as db:
        assert db.scalars(select(Report).where(Report.text == "自行处置一件")).one().handled_on_the_spot


def test_a_form_that_was_not_finished_is_still_there_after_an_empty_battery(phone: Phone, tmp_path: Path) -> None:
    page = phone.page
    phone.go("#/report")
    page.locator("input[data-purpose=report]").set_input_files(a_picture(tmp_path, 200))
    page.get_by_alt_text("照片 1").wait_for()
    page.get_by_label("情况描述").fill("还没写完")
    phone.until(lambda: phone.stored("drafts"))
    page.wait_for_timeout(500)
    phone.kill()
    phone.switch_on()
    phone.visit("#/report")
    expect(phone.page.get_by_label("情况描述")).to_have_value("还没写完")
    expect(phone.page.get_by_alt_text("照片 1")).to_be_visible()


def fill_house(phone: Phone, address: str, usage: str) -> None:
    phone.page.get_by_label("地址").first.fill(address)
    phone.page.get_by_role("radio", name=usage, exact=True).check()


def test_an_entry_is_made_and_changed_offline(phone: Phone) -> None:
    offline(phone)
    page = phone.page
    phone.go("#/registers")
    page.get_by_role("link", name="新建房屋").click()
    page.locator("#save").click()
    page.get_by_text("请检查标出的各项").wait_for()
    assert phone.stored("operations") == []
    fill_house(phone, "南塘路99号", "自住")
    page.get_by_text("已定位").wait_for()
    page.locator("#save").click()
    saved(phone, "entry")
    page.get_by_role("link", name="修改").click()
    page.get_by_role("radio", name="出租", exact=True).check()
    page.locator("#save").click()
    saved(phone, "entry")
    phone.go("#/registers")
    page.get_by_label("查找").fill("99号")
    expect(page.get_by_role("link", name="南塘路99号")).to_be_visible()

    online(phone)
    phone.all_sent()
    with reading() as db:
        entry = db.scalars(select(Entry).where(Entry.label.like("%南塘路99号%"))).one()
        said = db.scalars(select(Statement).where(Statement.subject_id == entry.id).order_by(Statement.version)).all()
    assert (entry.values["usage"], entry.version, entry.area_code) == ("rented", 2, "44030100100101")
    assert [one.base for one in said] == [None, said[0].id]
    assert "address" not in said[1].values, "only what was changed is said"


def say_wrong_person(phone: Phone, name: str) -> None:
    """Put in somebody with a number that cannot be."""
    page = phone.page
    phone.go("#/edit/new/person")
    page.get_by_label("姓名").fill(name)
    page.get_by_role("radio", name="户籍", exact=True).check()
    page.get_by_role("radio", name="常住", exact=True).check()
    page.get_by_label("证件号码").fill("110105194912310021")
    page.get_by_text("已定位").wait_for()
    page.locator("#save").click()
    saved(phone, "entry")


def test_what_the_server_does_not_take_is_shown_with_its_reason_and_mended(phone: Phone) -> None:
    page = phone.page
    say_wrong_person(phone, "王试错")
    phone.until(lambda: [one["state"] for one in phone.stored("operations")] == ["refused"], why="not refused")
    phone.go("#/sync")
    expect(page.locator("#waiting .fault")).to_contain_text("id_number")
    page.get_by_role("button", name="修改").click()
    expect(page.get_by_label("姓名")).to_have_value("王试错")
    page.get_by_label("证件号码").fill("11010519491231002X")
    page.locator("#save").click()
    saved(phone, "entry")
    phone.all_sent()
    with reading() as db:
        (entry,) = [one for one in db.scalars(select(Entry)) if one.whole.get("name") == "王试错"]
    assert entry.whole["id_number"] == "11010519491231002X"


def test_two_sources_that_disagree_are_both_shown_and_one_is_chosen(phone: Phone, city: City) -> None:
    page, li = phone.page, city.town.li
    subject, first = "0191d4a0-0000-7000-8000-00000000c0f1", "0191d4a0-0000-7000-8000-00000000c0f2"
    stated: dict[str, Any] = {"register": "house", "subject": subject, "place": point(0)}
    ok(li.post("/api/v1/registry/statements", {"items": [
        {**stated, "id": first, "base": None, "values": {"address": "冲突路1号", "usage": "self_occupied", "occupants": 2}}]}))
    follow(city, phone)
    phone.until(lambda: any(one["id"] == subject for one in phone.stored("items")), why="the entry did not come")
    offline(phone)
    phone.go(f"#/edit/{subject}")
    page.get_by_label("居住人数").fill("5")
    page.locator("#save").click()
    saved(phone, "entry")
    ok(li.post("/api/v1/registry/statements", {"items": [
        {**stated, "id": "0191d4a0-0000-7000-8000-00000000c0f3", "base": first, "values": {"occupants": 3}}]}))
    online(phone)
    phone.until(lambda: any(one["state"] == "conflict" for one in phone.stored("operations")), why="no conflict")
    follow(city, phone)
    phone.until(lambda: any(one.get("conflicts") for one in phone.stored("items")), why="the conflict did not come")
    phone.go("#/today")
    phone.go(f"#/entry/{subject}")
    contested = page.locator("section.warn tbody tr")
    expect(contested.locator("td")).to_have_text(["3", "5"])
    page.get_by_label("新填值").check()
    page.get_by_role("button", name="确认").click()
    saved(phone, "registers")
    phone.all_sent()
    with reading() as db:
        assert db.get_one(Entry, UUID(subject)).values["occupants"] == 5


def follow(city: City, phone: Phone) -> None:
    """What the workers do with what happened, and then the phone asks again."""
    city.town.jobs()
    phone.page.evaluate("window.dispatchEvent(new Event('online'))")


def test_an_inspection_is_done_offline(playwright: Playwright, city: City, line: Line, tmp_path: Path) -> None:
    town = city.town
    with transaction() as db:
        db.execute(Case.__table__.update().where(Case.inspector_id.is_not(None)).values(inspector_id=None))
    receipt = ok(town.wang.post("/api/v1/pda/reports", pda_report(text="巷口井盖缺失待核查", place=point(0, 120, 80))))
    town.jobs()
    case = town.case_of(receipt["number"])["number"]
    town.act(town.water_handler, case, "sign")
    resolved = town.act(town.water_handler, case, "resolve", reply="已更换", photos=[town.photo(town.water_handler, "navy")])
    login = next(name for name in ("li", "zhao") if str(getattr(town.cast, name).id) == resolved["inspector_id"])
    phone = city.phone(playwright, line)
    phone.visit()
    phone.log_in(login, PASSWORD)
    phone.is_kept()
    phone.page.get_by_role("link", name="巷口井盖缺失待核查").wait_for()
    offline(phone)
    phone.page.get_by_role("link", name="巷口井盖缺失待核查").click()
    phone.page.locator("[data-action=pass]").click()
    phone.page.get_by_text("请先拍照").wait_for()
    picture = a_picture(tmp_path, 300)
    phone.page.locator("input[data-purpose=report]").set_input_files(picture)
    phone.page.get_by_alt_text("照片 1").wait_for()
    phone.page.get_by_label("现场情况").fill("井盖已更换，路面平整")
    phone.page.get_by_text("已定位").wait_for()
    phone.page.locator("[data-action=pass]").click()
    saved(phone, "today")
    expect(phone.page.locator(".card.answered")).to_contain_text("待发送")
    online(phone)
    phone.all_sent()
    expect(phone.page.get_by_role("link", name="巷口井盖缺失待核查")).to_have_count(0)
    with reading() as db:
        found = db.scalars(select(Case).where(Case.number == case)).one()
        assert found.status is Status.CLOSED
        assert db.scalar(select(Photo.sha256).where(Photo.case_id == found.id, Photo.step == "pass")) == digest(picture)


def test_what_waits_can_be_carried_away_as_a_file(phone: Phone, tmp_path: Path) -> None:
    offline(phone)
    picture = a_picture(tmp_path, 400)
    report(phone, "导出一件", ("report", picture))
    phone.go("#/sync")
    with phone.page.expect_download() as download:
        phone.page.get_by_role("button", name="导出待发内容").click()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as carried:
        assert carried.testzip() is None
        listed, photo = sorted(carried.namelist(), reverse=True)
        assert "导出一件" in carried.read(listed).decode()
        assert carried.read(photo) == picture.read_bytes()


def device_of(phone: Phone) -> Device:
    device_id = next(one["id"] for one in phone.stored("meta") if isinstance(one, dict) and "token" in one)
    with reading() as db:
        return db.scalars(select(Device).where(Device.id == UUID(device_id))).one()


def test_a_phone_that_is_lost_erases_all_it_keeps_when_it_calls(phone: Phone, tmp_path: Path) -> None:
    offline(phone)
    report(phone, "丢失前的一件", ("report", a_picture(tmp_path, 500)))
    with transaction() as db:
        wipe_device(db, device_of(phone).id)
    online(phone)
    phone.page.get_by_text("本机数据已清除").wait_for()
    for room in ("operations", "files", "progress", "items", "drafts"):
        assert phone.stored(room) == [], room
    assert not any("token" in str(one) for one in phone.stored("meta"))
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Report).where(Report.text == "丢失前的一件")) == 0


def test_a_phone_that_changes_hands_keeps_what_waits_until_its_worker_is_back(phone: Phone, tmp_path: Path) -> None:
    offline(phone)
    report(phone, "停用前的一件", ("report", a_picture(tmp_path, 600)))
    with transaction() as db:
        revoke_device(db, device_of(phone).id)
    online(phone)
    phone.page.get_by_text("1 项待发内容仍保存在本机").wait_for()
    phone.page.get_by_label("账号").fill("zhao")
    phone.page.get_by_label("密码").fill(PASSWORD)
    phone.page.get_by_role("button", name="登录").click()
    phone.page.get_by_text("本机还有 li 的 1 项没有发送").wait_for()
    phone.log_in("li", PASSWORD)
    phone.all_sent()
    assert len(photos_of("停用前的一件")) == 1


SCREENS = ["today", "report", "registers", "edit/new/person", "edit/new/house", "round", "messages", "sync", "settings"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_screen_is_wider_than_the_smallest_phone(playwright: Playwright, city: City, line: Line, language: str) -> None:
    phone = city.phone(playwright, line, viewport=SMALL)
    phone.visit()
    phone.page.get_by_label("账号").wait_for()
    assert not phone.is_wider_than_its_screen()
    phone.log_in("li", PASSWORD)
    phone.until(lambda: len(phone.stored("items")) > 5)
    if language == "en":
        phone.go("#/settings")
        phone.page.get_by_label("English").check()
        phone.page.locator("html[lang=en]").wait_for()
    for screen in SCREENS:
        phone.go(f"#/{screen}")
        phone.page.wait_for_timeout(250)
        assert not phone.is_wider_than_its_screen(), screen
        too_small = phone.page.evaluate(SMALLER_THAN_A_FINGER)
        assert too_small == [], screen
    assert phone.strangers() == []
    assert phone.wrong == []


SMALLER_THAN_A_FINGER = """[...document.querySelectorAll('button, a, .choice label, .picker label, input, textarea')]
    .filter(one => one.checkVisibility() && !one.matches('.unseen, .skip, .choice input, p a'))
    .map(one => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0 && (box.height < 47.5 || box.width < 47.5) && box.height > 0)
    .map(([html, box]) => `${html} ${Math.round(box.width)}x${Math.round(box.height)}`)"""
