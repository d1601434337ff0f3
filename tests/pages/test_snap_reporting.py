"""The citizens' page in a real browser: reporting, whatever the network does, and being told what is known or whom to call."""
import random
from pathlib import Path

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational
from playwright.sync_api import Route, expect
from sqlalchemy import func, select

from api import releases
from casework.cases.sameness import Choice
from casework.media import Photo
from casework.storage.database import reading
from tests.api.town import citizen_report, ok, point
from tests.pages.citizen import Json, filed, opened, received, reports, send, write
from tests.pages.conftest import HERE, City, Shop
from tests.pages.phone import Line, Phone
from tests.pages.test_pda_offline import a_picture, digest, offline, online, photos_of


@pytest.fixture
def phone(shop: Shop) -> Phone:
    """A citizen's phone with the page on it, on the form."""
    return opened(shop.phone())


def test_a_report_made_offline_survives_an_empty_battery_and_arrives_once(shop: Shop, line: Line, tmp_path: Path) -> None:
    phone = opened(shop.phone(browser=None))
    phone.is_kept()
    offline(phone)
    picture = a_picture(tmp_path, 900, 500)
    write(phone, "断网时拍的路灯不亮", picture)
    phone.page.locator("#send").click()
    phone.page.get_by_role("heading", name="已保存在本机").wait_for()
    phone.kill()

    phone.switch_on()
    phone.context.set_offline(True)
    phone.visit("#/mine")
    expect(phone.page.locator("#waiting > li")).to_contain_text("断网时拍的路灯不亮")
    expect(phone.page.locator("#queue")).to_contain_text("1 件待发")
    assert reports("断网时拍的路灯不亮") == []

    line.breaks_after = line.sent + 60_000  # in the middle of the photo
    online(phone)
    phone.until(lambda: line.ears is None, why="the line did not break")
    assert phone.stored("outbox"), "nothing leaves the phone before it has arrived"
    line.mend()
    phone.page.evaluate("window.dispatchEvent(new Event('online'))")
    phone.until(lambda: not phone.stored("outbox") and not phone.stored("files"), 60, "it was not sent")
    expect(phone.page.locator("#sent > li")).to_contain_text("断网时拍的路灯不亮")
    expect(phone.page.locator("#queue")).to_be_hidden()
    (made,) = reports("断网时拍的路灯不亮")
    assert [one.sha256 for one in photos_of("断网时拍的路灯不亮")] == [digest(picture)]
    assert (made.reporter_phone_index, made.lon) == (None, pytest.approx(HERE["longitude"]))
    assert phone.strangers() == []


def test_an_answer_that_is_lost_makes_no_second_report(phone: Phone) -> None:
    answers = []

    def swallowed(route: Route) -> None:
        answers.append(route.fetch().status)
        route.abort()

    phone.page.route("**/api/v1/citizen/reports", swallowed, times=1)
    write(phone, "答复丢在路上")
    phone.page.locator("#send").click()
    received(phone)
    assert answers == [201]
    assert len(reports("答复丢在路上")) == 1


def test_a_form_that_was_not_finished_is_still_there_after_a_reload(phone: Phone, tmp_path: Path) -> None:
    write(phone, "还没写完", a_picture(tmp_path, 901))
    phone.until(lambda: len(phone.stored("drafts")) == 2)
    phone.page.reload()
    expect(phone.page.get_by_label("发生了什么")).to_have_value("还没写完")
    expect(phone.page.get_by_alt_text("照片 1")).to_be_visible()


def test_what_the_server_does_not_take_is_shown_with_its_reason_and_mended(phone: Phone) -> None:
    page = phone.page
    refusal = {"type": "/problems/invalid", "title": "内容有误", "errors": [{"field": "phone", "reason": "is no number"}]}
    page.route("**/api/v1/citizen/reports", lambda route: route.fulfill(
        status=422, content_type="application/problem+json", json=refusal), times=1)
    page.get_by_text("联系方式（可不填）").click()
    page.get_by_label("手机号").fill("12")
    write(phone, "号码写错了")
    page.locator("#send").click()
    page.get_by_role("link", name="去处理").click()
    expect(page.locator("#waiting .fault")).to_contain_text("手机号")
    expect(page.locator("#queue")).to_contain_text("1 件需处理")
    page.get_by_role("button", name="修改").click()
    expect(page.get_by_label("发生了什么")).to_have_value("号码写错了")
    page.get_by_label("手机号").fill("13912345678")
    page.locator("#send").click()
    received(phone)
    (made,) = reports("号码写错了")
    assert made.reporter_phone_index


def test_a_report_is_held_up_neither_by_a_photo_that_cannot_be_taken_nor_by_what_holds_no_more(
        phone: Phone, tmp_path: Path) -> None:
    page = phone.page
    nonsense = tmp_path / "nonsense.jpg"
    nonsense.write_bytes(b"this is no photo" * 100)
    picture = a_picture(tmp_path, 906)
    page.route("**/api/v1/citizen/similar", lambda route: route.fulfill(json={"items": [{
        "words": "处置中", "category": "路灯", "area": "南塘社区", "opened_at": "2026-11-26T00:00:00Z", "report_count": 2,
        "score": 0.9, "reasons": [], "same_as": "held until yesterday"}]}))
    page.route("**/api/v1/citizen/photos", lambda route: route.fulfill(
        status=201, json={"id": "0191d4a0-0000-7000-8000-00000000dead", "token": "forgotten"}), times=1)
    page.locator("input[multiple]").set_input_files([picture, nonsense])
    page.locator(".nopreview").wait_for()
    write(phone, "照片过期了也要收下")
    page.get_by_role("button", name="我也遇到").click()
    received(phone)
    expect(page.locator(".fault")).to_have_text("有 1 张照片没能收下。")
    assert [one.sha256 for one in photos_of("照片过期了也要收下")] == [digest(picture)]


KNOWN = {"words": "处置中", "category": "水管", "area": "南塘社区", "opened_at": "2026-11-26T00:00:00Z", "report_count": 200,
         "score": 0.9, "reasons": [], "same_as": "known"}


def test_in_a_crowd_one_touch_lets_a_report_through(phone: Phone) -> None:
    sent: list[Json] = []

    def crowd(route: Route) -> None:
        sent.append(route.request.post_data_json | {"device": route.request.headers["x-device"]})
        if "same_as" in sent[-1]:
            route.fulfill(status=201, json={"number": "ZW261126-AAAAA-AAAAA", "received_at": "2026-11-26T00:00:00Z",
                                            "token": "t", "held": True, "call": None})
        else:
            route.fulfill(status=429, content_type="application/problem+json", headers={"Retry-After": "600"},
                          json={"type": "/problems/too-many", "title": "请求过于频繁", "limit": "crowd", "similar": [KNOWN]})

    phone.page.route("**/api/v1/citizen/reports", crowd)
    write(phone, "爆管了路都淹了的人群")
    if phone.page.get_by_role("button", name="不是紧急情况").is_visible():
        phone.page.get_by_role("button", name="不是紧急情况").click()
    phone.page.locator("#send").click()
    phone.page.locator(".crowd").get_by_role("button", name="我也遇到").click()
    received(phone)
    expect(phone.page.locator(".done")).to_contain_text("工作人员会先看一看")
    assert len({one["key"] for one in sent}) == len({one["device"] for one in sent}) == 1
    assert phone.stored("outbox") == []


def test_what_is_sent_at_once_for_the_first_time_comes_from_one_device(phone: Phone) -> None:
    sent: list[str] = []

    def hear(route: Route) -> None:
        sent.append(route.request.headers["x-device"])
        route.fulfill(json={})

    phone.page.route("**/heard", hear)
    phone.page.evaluate("""async (address) => {
        const [server, store] = await Promise.all(["server", "store"].map(name => import(`${address}/${name}.js`)));
        await store.remove("meta", "device");
        await Promise.all([1, 2, 3].map(() => server.json("POST", "/heard", {body: {}})));
        await server.json("POST", "/heard", {body: {}});
    }""", releases.of("snap").address)
    assert (len(sent), len(set(sent))) == (4, 1)


def test_whoever_is_not_let_in_reads_why_and_may_object(phone: Phone) -> None:
    objections: list[Json] = []
    phone.page.route("**/api/v1/citizen/reports", lambda route: route.fulfill(
        status=403, content_type="application/problem+json", json={
            "type": "/problems/refused", "title": "没有权限", "detail": "因“多次虚假”，不予受理；可申诉。", "entry": "e1"}))

    def hear(route: Route) -> None:
        objections.append(route.request.post_data_json)
        route.fulfill(status=204)

    phone.page.route("**/api/v1/citizen/objections", hear)
    write(phone, "被列入名单的人")
    phone.page.locator("#send").click()
    phone.page.get_by_role("link", name="去处理").click()
    expect(phone.page.locator("#waiting .fault").first).to_contain_text("多次虚假")
    phone.page.locator("summary", has_text="申诉").click()
    phone.page.get_by_label("为什么不应如此").fill("号码上月才办")
    phone.page.get_by_role("button", name="提交申诉").click()
    expect(phone.page.locator("#notice")).to_contain_text("由督办人员复核")
    assert objections == [{"entry": "e1", "words": "号码上月才办"}]


def test_nothing_is_sent_without_words_or_place(shop: Shop) -> None:
    phone = shop.phone(place=None)
    phone.context.clear_permissions()
    phone.visit()
    phone.page.locator("#send").click()
    expect(phone.page.get_by_label("发生了什么")).to_have_attribute("aria-invalid", "true")
    phone.page.get_by_label("发生了什么").fill("没有位置也能报")
    phone.page.locator("#send").click()
    phone.page.get_by_text("还没有位置").wait_for()
    assert phone.stored("outbox") == []
    phone.page.get_by_label("地点说明").fill("南塘社区东门")
    phone.page.locator("#send").click()
    received(phone)
    assert [one.address for one in reports("没有位置也能报")] == ["南塘社区东门"]


def a_picture_taken_at(folder: Path, lon: float, lat: float) -> Path:
    """A photo with the camera's note of the place."""
    def parts(degrees: float) -> tuple[IFDRational, ...]:
        minutes = (degrees % 1) * 60
        return IFDRational(int(degrees)), IFDRational(int(minutes)), IFDRational(round((minutes % 1) * 60 * 10_000), 10_000)

    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: parts(lat), 3: "E", 4: parts(lon)}
    path = folder / "placed.jpg"
    Image.new("RGB", (640, 480), "olive").save(path, "JPEG", exif=exif)
    return path


def test_the_place_is_where_the_photo_was_taken(phone: Phone, tmp_path: Path) -> None:
    elsewhere = point(3)
    picture = a_picture_taken_at(tmp_path, elsewhere["lon"], elsewhere["lat"])
    phone.page.get_by_text("已定位").wait_for()
    phone.page.locator("input[multiple]").set_input_files(picture)
    phone.page.get_by_text("已取照片里的位置").wait_for()
    phone.page.get_by_label("发生了什么").fill("昨天路过拍的")
    phone.page.locator("#send").click()
    received(phone)
    (made,) = reports("昨天路过拍的")
    assert (made.lon, made.lat) == (pytest.approx(elsewhere["lon"], abs=1e-5), pytest.approx(elsewhere["lat"], abs=1e-5))


def test_a_photo_whose_note_of_the_place_is_damaged_says_nothing(phone: Phone, tmp_path: Path) -> None:
    whole = a_picture_taken_at(tmp_path, 114.0, 22.6).read_bytes()
    chance = random.Random(20261126)
    damaged = [whole[:length] for length in range(0, 400, 9)]
    for _ in range(120):
        torn = bytearray(whole[:400])
        for at in chance.choices(range(len(torn)), k=4):
            torn[at] = chance.randrange(256)
        damaged.append(bytes(torn))
    found = phone.page.evaluate("""async ([address, files]) => {
        const {placeOf} = await import(address);
        return Promise.all(files.map(file => placeOf(new Blob([new Uint8Array(file)]))));
    }""", [f"{releases.of('snap').address}/exif.js", [list(one) for one in [whole, *damaged]]])
    assert found[0] == {"lon": pytest.approx(114.0), "lat": pytest.approx(22.6, abs=1e-6)}
    assert all(one is None or (abs(one["lon"]) <= 180 and abs(one["lat"]) <= 90) for one in found)


def test_a_pin_on_the_map_goes_before_everything_else(phone: Phone) -> None:
    phone.page.get_by_text("已定位").wait_for()
    phone.page.get_by_role("button", name="地图选点").click()
    ground = phone.shown(".map")
    expect(phone.page.locator(".area-name").first).to_be_attached()
    ground.click(position={"x": 60, "y": 60})
    phone.page.get_by_text("已在地图上选定").wait_for()
    phone.page.get_by_label("发生了什么").fill("在图上点的")
    phone.page.locator("#send").click()
    received(phone)
    (made,) = reports("在图上点的")
    assert made.lon is not None
    assert 0.0001 < abs(made.lon - HERE["longitude"]) < 0.01


def test_what_is_known_already_is_joined_by_one_touch(phone: Phone, city: City) -> None:
    number = filed(city, ok(city.town.stranger.post("/api/v1/citizen/reports", citizen_report(
        text="巷子里的井盖丢了很危险", place=point(0, 6)))))
    write(phone, "巷子里井盖丢了很危险啊")
    known = phone.shown(".similar .card").filter(has_text="上水井盖").first
    known.get_by_role("button", name="我也遇到").click()
    received(phone)
    (made,) = reports("巷子里井盖丢了很危险啊")
    with reading() as db:
        assert db.get(Choice, made.id)
    city.town.jobs()
    assert city.town.case_of(made.number)["number"] == number


def test_an_emergency_stops_the_form_and_says_whom_to_call(phone: Phone) -> None:
    page = phone.page
    write(phone, "三楼着火了，有人被困")
    page.get_by_role("heading", name="请先打电话").wait_for()
    expect(page.get_by_role("link", name="拨打 119")).to_have_attribute("href", "tel:119")
    expect(page.get_by_role("link", name="拨打 119")).to_be_focused()
    expect(page.locator("#send")).to_be_hidden()
    page.get_by_role("button", name="不是紧急情况").click()
    expect(page.get_by_label("发生了什么")).to_have_value("三楼着火了，有人被困")
    page.wait_for_timeout(1200)
    expect(page.locator("#send")).to_be_visible()
    page.locator("#send").click()
    received(phone)
    expect(page.get_by_role("link", name="拨打 119")).to_be_visible()


def test_a_category_that_is_an_emergency_stops_the_form_until_another_is_chosen(phone: Phone) -> None:
    page = phone.page
    choice = {"code": "20502", "name": "燃气泄漏", "call": {"kind": "gas", "number": "0755-119119", "words": "请开窗离开"}}
    other = choice | {"code": "20509", "name": "其他", "call": None}
    page.route("**/api/v1/citizen/categories?*", lambda route: route.fulfill(json={"items": [
        {"code": "205", "name": "突发事件", "kind": "event", "items": [choice, other]}]}))
    page.reload()  # what the page has asked before is not waited for
    expect(page.get_by_label("分类（可不选）").locator("option")).to_have_count(3)
    page.get_by_label("分类（可不选）").select_option("20502")
    expect(page.get_by_role("link", name="拨打 0755-119119")).to_have_attribute("href", "tel:0755119119")
    expect(page.locator("#send")).to_be_hidden()
    page.get_by_role("button", name="选错了").click()
    expect(page.get_by_label("分类（可不选）")).to_have_value("")
    page.get_by_label("分类（可不选）").select_option("20509")
    expect(page.locator("#send")).to_be_visible()


def test_a_category_is_suggested_while_one_types_and_chosen_by_touch(phone: Phone) -> None:
    write(phone, "路灯不亮了，一片漆黑")
    phone.page.get_by_role("radio", name="路灯", exact=True).check()
    expect(phone.page.get_by_label("分类（可不选）")).to_have_value("10105")
    phone.page.locator("#send").click()
    received(phone)
    assert [one.claimed_category for one in reports("路灯不亮了，一片漆黑")] == ["10105"]


def test_photos_of_a_report_are_kept_and_counted_once(phone: Phone, tmp_path: Path) -> None:
    pictures = [a_picture(tmp_path, 910 + number) for number in range(3)]
    send(phone, "三张照片", *pictures)
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Photo).where(Photo.report_id == reports("三张照片")[0].id)) == 3
