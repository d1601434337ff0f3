"""The staff pages in a browser, where something is not as somebody at the desk believes it to be."""
from playwright.sync_api import expect

from tests.api.town import ok, ticket
from tests.pages.conftest import PASSWORD, City
from tests.pages.desk import Window
from tests.pages.test_staff import CALLS, TICKETS, typed_call


def test_without_a_screen_in_the_address_whoever_logs_in_is_led_to_the_first_of_theirs(window: Window) -> None:
    page = window.log_in("administrator", PASSWORD, "/command")
    page.wait_for_url("**/command/admin/people")
    page.get_by_role("heading", name="人员").wait_for()


def test_a_case_that_was_chosen_is_told_as_long_as_it_goes_with_the_ticket(window: Window, city: City) -> None:
    told = ok(city.town.operator.post(TICKETS, ticket(
        category="10101", subject="井盖", detail="井盖破了", caller_phone="13900000021")))
    city.town.jobs()
    case = city.town.case_of(told["results"][0]["number"])["number"]
    page = window.log_in("operator", PASSWORD, CALLS)
    typed_call(page, "还是那个井盖", "13900000021")
    page.locator(f"aside [data-case='{case}']").click()
    page.get_by_label("来电号码").fill("13900000022")
    page.keyboard.press("Enter")
    expect(page.locator("aside")).not_to_contain_text("井盖破了")
    expect(page.locator(".chosen")).to_contain_text(case)
    assert all("1390000002" not in url for url in window.asked)
    page.get_by_label("来电号码").fill("")
    page.get_by_label("诉求内容").focus()
    expect(page.locator("aside")).to_contain_text("输入号码")
    page.get_by_role("button", name="取消").click()
    expect(page.locator(".chosen")).to_be_empty()
    window.is_sound()
