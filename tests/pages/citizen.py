"""What a citizen does on the page /snap in a test, and what became of it."""
from pathlib import Path
from typing import Any

from sqlalchemy import select

from casework.cases.report import Report
from casework.storage.database import reading
from tests.pages.conftest import City
from tests.pages.phone import Phone

Json = dict[str, Any]


def opened(phone: Phone) -> Phone:
    phone.visit()
    phone.page.locator("#send").wait_for()
    return phone


def write(phone: Phone, text: str, *pictures: Path) -> None:
    """Fill the form in, up to sending."""
    page = phone.page
    for number, picture in enumerate(pictures):
        page.locator("input[capture]").set_input_files(picture)
        page.get_by_alt_text(f"照片 {number + 1}").wait_for()
    page.get_by_label("发生了什么").fill(text)
    page.get_by_text("已定位").wait_for()


def send(phone: Phone, text: str, *pictures: Path) -> Json:
    """Report, and wait until the server has it: the receipt that the phone keeps."""
    write(phone, text, *pictures)
    phone.page.locator("#send").click()
    received(phone)
    return next(one for one in phone.stored("receipts") if one["title"] == text)


def received(phone: Phone) -> None:
    """The page says that the server has it."""
    phone.page.get_by_role("heading", name="已收到").wait_for()


def filed(city: City, receipt: Json) -> str:
    """The report is a case that a department has; its number."""
    city.town.jobs()
    case = city.town.case_of(receipt["number"])
    if case["status"] == "reported":
        city.town.act(city.town.triage, case["number"], "file", category="10101")
        city.town.jobs()
    return str(case["number"])


def track(phone: Phone, number: str) -> None:
    phone.go("#/mine")
    phone.page.locator(".screen.mine").wait_for()
    phone.go(f"#/track/{number}")
    phone.page.locator(".screen.track .big").wait_for()


def reports(text: str) -> list[Report]:
    with reading() as db:
        return list(db.scalars(select(Report).where(Report.text == text)))
