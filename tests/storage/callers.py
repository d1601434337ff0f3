"""What people tell the hotline about one estate and another, and what becomes of it."""
from sqlalchemy import select

from casework.cases.duplicates import Proposal
from casework.cases.report import Channel, Outcome, Receipt, Report
from casework.storage.database import reading
from tests.storage.city import City

SITE = ("阳光花园旁工地夜间施工", "阳光花园东侧的工地每晚打桩到凌晨三点，噪音很大，老人和孩子都睡不着，请管一管")
SAME_SITE = ("工地半夜打桩太吵", "我住在阳光花园，东侧工地每晚打桩到后半夜，噪音很大，孩子睡不着，已经一个星期了")
COPIED = ("金桂家园旁工地夜间施工", SITE[1].replace("阳光花园", "金桂家园"))
PARKING = ("阳光花园车位太少", "下班以后在阳光花园找不到停车位，只好停到马路对面，走路要十分钟")


def calls(city: City, said: tuple[str, str], **facts: object) -> Receipt:
    """Somebody calls the hotline, from nowhere on the map."""
    title, text = said
    return city.receives(**{"channel": Channel.HOTLINE, "source": "12345", "claimed_category": "301", "place": None,
                            "title": title, "text": text, "address": "南塘社区"} | facts)


def triaged(city: City, *said: tuple[str, str], **facts: object) -> list[Receipt]:
    """One after the other, each in a batch of its own."""
    made = []
    for one in said:
        made.append(calls(city, one, **facts))
        city.triages(made[-1])
    return made


def proposals() -> list[Proposal]:
    with reading() as db:
        return list(db.scalars(select(Proposal).order_by(Proposal.made_at)))


def outcome(receipt: Receipt) -> tuple[Outcome | None, str]:
    with reading() as db:
        report = db.get_one(Report, receipt.id)
        return report.outcome, report.outcome_reason or ""
