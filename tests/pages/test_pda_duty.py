"""What a grid worker does all day on the page, without a network: rounds, tasks, visits, and what belongs to whom."""
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from playwright.sync_api import expect
from sqlalchemy import func, select

from casework import clock
from casework.fieldwork.rounds import CheckIn, Round
from casework.fieldwork.tasks import State, Task
from casework.fieldwork.tracks import Track
from casework.media import Photo
from casework.registry.records import Entry
from casework.registry.relations import Relation
from casework.registry.visits import Visit
from casework.storage.database import reading
from tests.api.town import key, ok, point
from tests.pages.conftest import HERE, City
from tests.pages.phone import Phone
from tests.pages.test_pda_offline import a_picture, digest, fill_house, follow, offline, online, saved

STEP = 0.0003
"""Degrees of longitude: some thirty metres."""


def test_a_round_keeps_its_track_between_signing_in_and_out(phone: Phone) -> None:
    page = phone.page
    offline(phone)
    phone.go("#/round")
    page.get_by_text("已定位").wait_for()
    page.get_by_role("button", name="签到，开始巡查").click()
    page.get_by_text("巡查中").wait_for()
    for step in range(1, 4):
        phone.context.set_geolocation({**HERE, "longitude": HERE["longitude"] + step * STEP})
        page.wait_for_timeout(4200)  # one point in four seconds is enough, and more are not kept
    phone.until(lambda: len(phone.stored("points")) >= 3, why="the track was not noted")
    page.get_by_label("备注").fill("市场入口")
    page.get_by_role("button", name="打卡").click()
    expect(page.locator("#notice")).to_have_text("已保存在本机")
    page.get_by_role("button", name="签退，结束巡查").click()
    page.get_by_text("未签到").wait_for()
    assert phone.stored("points") == []
    phone.context.set_geolocation({**HERE, "longitude": HERE["longitude"] + 9 * STEP})
    page.wait_for_timeout(500)
    assert phone.stored("points") == [], "nobody is followed who is off duty"
    online(phone)
    phone.all_sent()
    with reading() as db:
        walked = db.scalars(select(Round)).one()
        assert walked.ended_at is not None
        assert db.scalar(select(func.sum(Track.kept)).where(Track.round_id == walked.id)) >= 2  # a straight line is thinned
        assert walked.metres > 50
        assert db.scalars(select(CheckIn)).one().round_id == walked.id


def test_a_task_comes_is_answered_offline_and_goes(phone: Phone, city: City, tmp_path: Path) -> None:
    made = ok(city.town.supervisor.post("/api/v1/duty/tasks", {
        "key": key(), "kind": "visit", "title": "走访独居老人", "place": point(0, 50), "assignee": str(city.town.cast.li.id),
        "due_at": (clock.now() + timedelta(hours=5)).isoformat()}))
    follow(city, phone)
    phone.go("#/today")
    card = phone.page.get_by_role("link", name="走访独居老人")
    card.wait_for()
    offline(phone)
    card.click()
    phone.page.get_by_text("已定位").wait_for()
    phone.page.get_by_label("无法完成").check()
    phone.page.locator("#save").click()
    expect(phone.page.locator("#notice")).to_have_text("请检查标出的各项。")
    picture = a_picture(tmp_path, 900)
    phone.page.locator("input[data-purpose=report]").set_input_files(picture)
    phone.page.get_by_alt_text("照片 1").wait_for()
    phone.page.get_by_label("说明").fill("家中无人")
    phone.page.locator("#save").click()
    saved(phone, "today")
    expect(card).to_contain_text("待发送")
    online(phone)
    phone.all_sent()
    with reading() as db:
        task = db.scalars(select(Task).where(Task.title == "走访独居老人")).one()
        assert (str(task.id), task.state) == (made["id"], State.CANNOT)
        assert task.note is not None
        assert task.note.open() == "家中无人"
    assert digest(picture) in photos_of_task(made["id"])
    expect(card).to_have_count(0)  # though nobody has told the phone
    follow(city, phone)
    expect(card).to_have_count(0)


def photos_of_task(task_id: str) -> set[str]:
    with reading() as db:
        return set(db.scalars(select(Photo.sha256).where(Photo.task_id == UUID(task_id))))


def test_who_lives_where_and_what_a_visit_found_are_said_offline(phone: Phone) -> None:
    page = phone.page
    offline(phone)
    phone.go("#/edit/new/house")
    fill_house(phone, "同乐路7号", "出租")
    page.get_by_text("已定位").wait_for()
    page.locator("#save").click()
    saved(phone, "entry")
    phone.go("#/edit/new/person")
    page.get_by_label("姓名").fill("陈小明")
    page.get_by_role("radio", name="流动", exact=True).check()
    page.get_by_role("radio", name="租住", exact=True).check()
    page.get_by_text("已定位").wait_for()
    page.locator("#save").click()
    saved(phone, "entry")
    page.get_by_role("link", name="建立关联").click()
    page.get_by_role("radio", name="同乐路7号").check()
    page.locator("#save").click()
    saved(phone, "entry")
    page.get_by_role("link", name="走访记录").click()
    page.get_by_role("radio", name="安全检查").check()
    page.get_by_label("走访情况").fill("阳台堆放杂物，已当面提醒")
    page.locator("#save").click()
    saved(phone, "entry")
    online(phone)
    phone.all_sent()
    with reading() as db:
        house = db.scalars(select(Entry).where(Entry.label.like("%同乐路7号%"))).one()
        relation = db.scalars(select(Relation).where(Relation.to_id == house.id)).one()
        assert relation.kind == "lives_in"
        visit = db.scalars(select(Visit).where(Visit.subject_id == relation.from_id)).one()
        assert visit.purpose == "safety"
