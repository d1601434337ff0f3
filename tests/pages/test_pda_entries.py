"""What the worker said of an entry stays on his phone after it was sent, and what he meets there he can settle."""
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from playwright.sync_api import Route, expect

from casework.registry.records import Entry
from casework.storage.database import reading
from tests.api.town import key, ok, point
from tests.pages.conftest import City
from tests.pages.phone import Phone
from tests.pages.test_pda_mishaps import FULL, refuse, within
from tests.pages.test_pda_offline import fill_house, follow, offline, online, saved, say_wrong_person


def house(city: City, phone: Phone, address: str, **values: Any) -> tuple[str, str]:
    """A house that another has told of and that is on the phone: its id and its head."""
    subject, first = key(), key()
    state(city, subject, first, None, address=address, **({"usage": "self_occupied"} | values))
    follow(city, phone)
    phone.until(lambda: known(phone, subject), why="the entry did not come")
    return subject, first


def state(city: City, subject: str, name: str, base: str | None, **values: Any) -> None:
    """Another source says something of a house."""
    ok(city.town.li.post("/api/v1/registry/statements", {"items": [{
        "id": name, "register": "house", "subject": subject, "base": base, "place": point(0), "values": values}]}))


def known(phone: Phone, subject: str) -> dict[str, Any]:
    """What the phone keeps of an entry; nothing if it has not heard of it."""
    return next((one for one in phone.stored("items") if (one["kind"], one["id"]) == ("entry", subject)), {})


def entry(subject: str) -> Entry:
    with reading() as db:
        return db.get_one(Entry, UUID(subject))


def edit(phone: Phone, subject: str, **said: str) -> None:
    """Change the usage or the number of people, as the worker does it."""
    phone.go(f"#/edit/{subject}")
    if "usage" in said:
        phone.page.get_by_role("radio", name=said["usage"], exact=True).check()
    if "occupants" in said:
        phone.page.get_by_label("居住人数").fill(said["occupants"])
    phone.page.locator("#save").click()
    saved(phone, "entry")


def mend(phone: Phone) -> None:
    """Open the form of what was refused."""
    phone.go("#/sync")
    phone.page.locator(".state-refused").get_by_role("button", name="修改").click()
    phone.page.locator(".screen.edit").wait_for()


def look(phone: Phone, subject: str) -> None:
    """Open the entry's screen anew."""
    phone.go("#/today")
    phone.page.locator(".screen.today").wait_for()
    phone.go(f"#/entry/{subject}")
    phone.page.locator(".screen.entry").wait_for()


def test_a_new_entry_that_was_sent_is_still_on_the_phone(phone: Phone) -> None:
    phone.go("#/edit/new/house")
    fill_house(phone, "留存路1号", "自住")
    phone.page.get_by_text("已定位").wait_for()
    phone.page.locator("#save").click()
    saved(phone, "entry")
    phone.all_sent()
    subject = phone.page.url.rsplit("/", 1)[1]
    look(phone, subject)
    expect(phone.page.locator("h2").first).to_have_text("留存路1号")
    expect(phone.page.locator(".screen.entry .facts")).to_contain_text("自住")


def test_an_edit_that_was_sent_is_shown_without_a_network_and_the_next_one_meets_no_conflict(
        phone: Phone, city: City) -> None:
    subject, _ = house(city, phone, "留存路2号")
    edit(phone, subject, usage="出租")
    phone.all_sent()
    offline(phone)
    look(phone, subject)
    expect(phone.page.locator(".screen.entry .facts")).to_contain_text("出租")
    edit(phone, subject, usage="空置")
    online(phone)
    phone.all_sent()
    assert (entry(subject).values["usage"], entry(subject).contested) == ("vacant", [])
    follow(city, phone)
    phone.until(lambda: known(phone, subject)["version"] == 3, why="the phone did not hear of it again")
    assert known(phone, subject)["head"] == str(entry(subject).head)


@contextmanager
def old_answer(phone: Phone) -> Iterator[list[Route]]:
    """The next answer of the changes is made now and comes when this is over."""
    held: list[Any] = []

    def hold(route: Route) -> None:
        held.append((route, route.fetch()))
    phone.page.route("**/api/v1/pda/changes*", hold, times=1)
    phone.page.evaluate("window.dispatchEvent(new Event('online'))")
    phone.until(lambda: held, why="the phone did not ask")
    yield held
    (route, answer), = held
    route.fulfill(response=answer)


def test_an_answer_that_was_made_before_an_edit_does_not_take_it_back(phone: Phone, city: City) -> None:
    subject, first = house(city, phone, "留存路3号", occupants=2)
    state(city, subject, key(), first, occupants=4)
    city.town.jobs()
    with old_answer(phone):
        edit(phone, subject, usage="出租")
    phone.all_sent()
    look(phone, subject)
    expect(phone.page.locator(".screen.entry .facts")).to_contain_text("出租")
    follow(city, phone)
    phone.until(lambda: known(phone, subject)["head"] == str(entry(subject).head))
    assert {name: entry(subject).values[name] for name in ("usage", "occupants")} == {"usage": "rented", "occupants": 4}


def test_what_another_said_meanwhile_is_not_taken_for_seen(phone: Phone, city: City) -> None:
    subject, first = house(city, phone, "留存路4号", occupants=2)
    offline(phone)
    edit(phone, subject, usage="出租")
    state(city, subject, key(), first, occupants=3)
    online(phone)
    phone.all_sent()
    edit(phone, subject, occupants="5")
    phone.until(lambda: [one["state"] for one in phone.stored("operations")] == ["conflict"], why="3 was taken for seen")
    assert entry(subject).contested == ["occupants"]


def test_an_edit_is_sent_by_a_phone_that_has_no_room_to_note_it(phone: Phone, city: City) -> None:
    phone.page.evaluate("delete ServiceWorkerRegistration.prototype.sync")  # the page itself, not its worker
    subject, _ = house(city, phone, "留存路5号")
    offline(phone)
    edit(phone, subject, usage="出租")
    phone.go("#/sync")
    phone.page.evaluate(FULL)
    online(phone)
    phone.page.locator("#send").click()
    phone.all_sent()
    assert entry(subject).values["usage"] == "rented"


def conflicted(city: City, phone: Phone, address: str, *occupants: str) -> str:
    """A house of which another said that 3 live there while the worker, without a network, said otherwise, one after the other;
    the phone has heard of it. Its id."""
    subject, first = house(city, phone, address, occupants=2)
    offline(phone)
    for number in occupants:
        edit(phone, subject, occupants=number)
    state(city, subject, key(), first, occupants=3)
    online(phone)
    phone.until(lambda: states(phone) == ["conflict"] * len(occupants), why="no conflict")
    follow(city, phone)
    phone.until(lambda: known(phone, subject).get("conflicts"), why="the conflict did not come")
    return subject


def states(phone: Phone) -> list[str]:
    return [one["state"] for one in phone.stored("operations")]


def decide_elsewhere(city: City, phone: Phone, subject: str) -> None:
    """The steward keeps what stands."""
    (conflict,) = known(phone, subject)["conflicts"]
    ok(city.town.steward.post(f"/api/v1/registry/conflicts/{conflict['id']}/decide", {"keep": "current"}))


def choose(phone: Phone, choice: str) -> None:
    phone.page.get_by_label(choice).check()
    phone.page.get_by_role("button", name="确认").click()
    saved(phone, "registers")


def test_a_conflict_that_was_settled_at_a_desk_leaves_the_phone(phone: Phone, city: City) -> None:
    subject = conflicted(city, phone, "裁定路1号", "5")
    decide_elsewhere(city, phone, subject)
    follow(city, phone)
    phone.all_sent()
    look(phone, subject)
    expect(phone.page.locator("section.warn")).to_have_count(0)
    expect(phone.page.locator(".screen.entry .facts")).to_contain_text("3")
    assert entry(subject).values["occupants"] == 3


def test_what_met_a_conflict_that_was_settled_long_ago_leaves_when_it_is_sent_again(phone: Phone, city: City) -> None:
    subject = conflicted(city, phone, "裁定路2号", "5")
    (left,) = phone.stored("operations")
    decide_elsewhere(city, phone, subject)
    follow(city, phone)
    phone.until(lambda: not known(phone, subject)["conflicts"], why="the decision did not come")
    within(phone, f"await store.put('operations', {json.dumps(left)}); store.tell('operations');")  # an older page left it
    phone.go("#/sync")
    phone.page.get_by_role("button", name="再发一次").click()
    phone.all_sent()


def test_one_decision_settles_all_that_met_the_conflict(phone: Phone, city: City) -> None:
    subject = conflicted(city, phone, "裁定路3号", "5", "6")
    look(phone, subject)
    expect(phone.page.locator("section.warn tbody td")).to_have_text(["3", "6"])
    offline(phone)
    choose(phone, "新填值")
    assert [one["kind"] for one in phone.stored("operations")] == ["decision"]
    online(phone)
    phone.all_sent()
    assert (entry(subject).values["occupants"], entry(subject).contested) == (6, [])
    look(phone, subject)
    expect(phone.page.locator("section.warn")).to_have_count(0)
    expect(phone.page.locator(".screen.entry .facts")).to_contain_text("6")
    edit(phone, subject, occupants="7")
    phone.all_sent()
    assert (entry(subject).values["occupants"], entry(subject).contested) == (7, [])


def test_what_was_based_on_a_statement_that_met_a_conflict_is_sent_after_the_decision(phone: Phone, city: City) -> None:
    subject = conflicted(city, phone, "裁定路4号", "5")
    (met,) = phone.stored("operations")
    look(phone, subject)
    offline(phone)
    within(phone, f"""await operations.save("entry", {{subject: "{subject}", register: "house", values: {{usage: "rented"}}}},
        {{base: "{met['id']}"}});""")
    choose(phone, "新填值")
    online(phone)
    phone.until(lambda: all(one["kind"] == "decision" for one in phone.stored("operations")), why="it waits for ever")
    assert entry(subject).values["usage"] == "rented"


def test_a_decision_that_was_not_taken_is_asked_for_again(phone: Phone, city: City) -> None:
    subject = conflicted(city, phone, "裁定路5号", "5")
    look(phone, subject)
    offline(phone)
    choose(phone, "新填值")
    state(city, subject, key(), str(entry(subject).head), usage="rented")
    online(phone)
    phone.until(lambda: states(phone) == ["refused"], why="it was decided without a look")
    follow(city, phone)
    phone.until(lambda: known(phone, subject)["head"] == str(entry(subject).head))
    look(phone, subject)
    choose(phone, "新填值")
    phone.all_sent()
    assert (entry(subject).values["occupants"], entry(subject).contested) == (5, [])


def test_what_waits_for_a_refused_statement_is_taken_once_that_is_mended(phone: Phone) -> None:
    page = phone.page
    offline(phone)
    say_wrong_person(phone, "赵改正")
    page.get_by_role("link", name="修改").click()
    page.get_by_role("radio", name="流动", exact=True).check()
    page.locator("#save").click()
    saved(phone, "entry")
    online(phone)
    phone.until(lambda: sorted(states(phone)) == ["held", "refused"], why="the server did not hold the second")
    mend(phone)
    page.get_by_label("证件号码").fill("11010519491231002X")
    page.locator("#save").click()
    saved(phone, "entry")
    phone.all_sent()


def test_what_was_based_on_a_statement_that_was_given_up_is_taken_all_the_same(phone: Phone, city: City) -> None:
    subject, _ = house(city, phone, "裁定路6号", occupants=2)
    offline(phone)
    edit(phone, subject, occupants="5")
    edit(phone, subject, usage="出租")
    refuse(phone)
    phone.go("#/sync")
    phone.page.locator(".state-refused").get_by_role("button", name="放弃").click()
    phone.page.locator("dialog").get_by_role("button", name="放弃").click()
    phone.until(lambda: states(phone) == ["waiting"])
    online(phone)
    phone.all_sent()
    assert {name: entry(subject).values[name] for name in ("usage", "occupants")} == {"usage": "rented", "occupants": 2}


def test_an_edit_that_is_mended_stands_in_its_form_with_the_rest_of_the_entry(phone: Phone, city: City) -> None:
    page = phone.page
    subject, first = house(city, phone, "改正路11号", occupants=2, rooms=3)
    offline(phone)
    edit(phone, subject, usage="出租", occupants="")
    refuse(phone)
    mend(phone)
    expect(page.get_by_label("地址").first).to_have_value("改正路11号")
    expect(page.get_by_label("房间数")).to_have_value("3")
    expect(page.get_by_label("居住人数")).to_have_value("")  # it was emptied on purpose
    expect(page.get_by_role("radio", name="出租", exact=True)).to_be_checked()
    expect(page.get_by_text("沿用档案中的位置")).to_be_visible()
    page.get_by_label("房间数").fill("4")
    page.locator("#save").click()
    saved(phone, "entry")
    (said,) = phone.stored("operations")
    assert (said["base"], said["data"]["values"]) == (first, {"usage": "rented", "occupants": None, "rooms": "4"})
    assert "place" not in said["data"]
    online(phone)
    phone.all_sent()
    values = entry(subject).values
    assert (values["address"], values["usage"], values["rooms"], "occupants" in values) == ("改正路11号", "rented", 4, False)


def test_an_edit_that_is_mended_comes_before_the_one_that_was_based_on_it(phone: Phone, city: City) -> None:
    subject, _ = house(city, phone, "改正路12号", occupants=2)
    offline(phone)
    edit(phone, subject, occupants="50")
    edit(phone, subject, usage="出租")
    refuse(phone)
    mend(phone)
    expect(phone.page.get_by_role("radio", name="自住", exact=True)).to_be_checked()
    phone.page.get_by_label("居住人数").fill("5")
    phone.page.locator("#save").click()
    saved(phone, "entry")
    online(phone)
    phone.all_sent()
    assert {name: entry(subject).values[name] for name in ("usage", "occupants")} == {"usage": "rented", "occupants": 5}
