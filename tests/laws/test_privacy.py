"""Law 6: who reported stands nowhere in plain: not in the database, not in messages, events or history, not in the log."""
import logging
from pathlib import Path

import pytest
import structlog
from sqlalchemy import LargeBinary, String, cast, select

from casework import dispatch, resolution
from casework.cases.report import Channel, Receipt, Report
from casework.cases.workflow import Facts
from casework.community import tracking
from casework.identity.privacy import Access, Sealed, blind_index, reveal
from casework.identity.sessions import actor_of_tracking, tracking_token
from casework.notifications import delivery, messages, senders
from casework.notifications.rules import Via
from casework.notifications.senders import LogSender
from casework.settings import Settings
from casework.storage.database import Base, reading, transaction
from casework.storage.outbox import Event
from casework.triage import automatic
from tests import people
from tests.conftest import SetClock
from tests.factories import a_report, at_grid, case_of, small_city

NAME, PHONE = "欧阳铁蛋", "13812345678"


@pytest.fixture
def told(store: str) -> people.Cast:
    """A citizen with name and phone has reported, the report is a case, and the citizen was told."""
    with transaction() as db:
        cast = people.hire(db, small_city(db))
        receipt = a_report(db, channel=Channel.CITIZEN, reporter_name=NAME, reporter_phone=PHONE, text="井盖不见了，请尽快处理")
    automatic.triage([receipt.id])
    with transaction() as db:
        messages.write(db, list(db.scalars(select(Event.id))))
    delivery.send_waiting({Via.SMS: LogSender()})
    return cast


def test_no_table_holds_a_name_or_phone_in_plain(told: people.Cast) -> None:
    seen = 0
    with reading() as db:
        for table in Base.metadata.sorted_tables:
            plain = [cast(column, String) for column in table.columns if not isinstance(column.type, Sealed | LargeBinary)]
            for row in db.execute(select(*plain)):
                seen += 1
                assert not [value for value in row if value and (NAME in value or PHONE in value)], table.name
    assert seen > 50


def test_no_byte_of_the_file_shows_it(told: people.Cast, config: Settings, store: str) -> None:
    if not store.startswith("sqlite"):
        return  # PostgreSQL keeps its files to itself; its tables are read above
    for path in Path(store.removeprefix("sqlite:///")).parent.glob("zhiwang.db*"):
        content = path.read_bytes()
        assert NAME.encode() not in content
        assert PHONE.encode() not in content


def test_it_is_found_by_its_blind_index_and_every_look_is_written_down(told: people.Cast) -> None:
    with transaction() as db:
        known_by = blind_index("phone", f"+86 {PHONE}")
        report = db.scalars(select(Report).where(Report.reporter_phone_index == known_by)).one()
        assert (str(report.reporter_name), str(report.reporter_phone)) == ("•••", "•••")
        case = case_of(db, report)
        shown = reveal(db, told.operator, "report", report.id, "phone", report.reporter_phone, subject=case, reason="回访")
    assert shown == PHONE
    with reading() as db:
        look = db.scalars(select(Access)).one()
        assert (look.actor_id, look.subject_id, look.field, look.reason) == (told.operator.id, report.id, "phone", "回访")


def test_the_log_does_not_know_it(store: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
                                  monkeypatch: pytest.MonkeyPatch) -> None:
    structlog.reset_defaults()  # whatever test opened another log before
    monkeypatch.setattr(senders, "log", structlog.get_logger())
    with caplog.at_level(logging.DEBUG):
        with transaction() as db:
            small_city(db)
            receipt = a_report(db, channel=Channel.CITIZEN, reporter_name=NAME, reporter_phone=PHONE)
        automatic.triage([receipt.id])
        with transaction() as db:
            messages.write(db, list(db.scalars(select(Event.id))))
        assert delivery.send_waiting({Via.SMS: LogSender()}) == {"sent": 1}
    written = caplog.text + "".join(capsys.readouterr())
    assert "138****5678" in written
    assert NAME not in written
    assert PHONE not in written


def test_who_joins_reads_nothing_that_a_neighbour_said(store: str, time: SetClock) -> None:
    with transaction() as db:
        cast = people.hire(db, small_city(db))
    home = f"南塘新村3栋1502室{NAME}家门口井盖不见了"
    mine, other = (_comes_in(text=text, reporter_phone=phone, place=at_grid(0, metres)) for text, phone, metres in (
        (home, PHONE, 0), ("路边少了一个井盖", "13900000000", 10)))
    with transaction() as db:
        case = case_of(db, mine)
        assert case is case_of(db, other)
        dispatch.dispatch_filed(db, [case.id])
        resolution.VERBS["sign"](db, case, cast.water_handler, Facts())
        resolution.VERBS["ask"](db, case, cast.water_handler, Facts(question=f"请问1502室{NAME}几点在家？"))
        messages.write(db, list(db.scalars(select(Event.id))))
    assert NAME in _everything_read(mine)
    assert "几点在家" in _everything_read(mine)
    assert "路边少了一个井盖" in _everything_read(other)
    assert not [private for private in (NAME, "1502室", "几点在家", "answered") if private in _everything_read(other)]


def _comes_in(**facts: object) -> Receipt:
    with transaction() as db:
        receipt = a_report(db, channel=Channel.CITIZEN, **facts)
    automatic.triage([receipt.id])
    return receipt


def _everything_read(receipt: Receipt) -> str:
    """The messages and the tracking page of a reporter, as one text."""
    with reading() as db:
        report = db.get_one(Report, receipt.id)
        page = tracking.progress(db, report, actor_of_tracking(report.id, tracking_token(report.id)))
        return " ".join([str(page), *(one.text for one in messages.told(db, report))])
