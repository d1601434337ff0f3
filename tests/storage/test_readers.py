"""Everybody concerned hears of it and nobody else: who came later, who has no page, which desk, and in whose words."""
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from casework import clock
from casework.cases import comments
from casework.cases.comments import Visibility
from casework.cases.report import Channel, Receipt, Report
from casework.identity.people import Citizen
from casework.identity.privacy import blind_index, seal
from casework.notifications import inbox, messages, preferences
from casework.notifications.messages import Message
from casework.storage.database import new_id, reading, transaction
from casework.storage.outbox import Event
from casework.triage import automatic
from tests import people
from tests.conftest import SetClock
from tests.factories import a_report, at_grid, case_of
from tests.storage.test_messages import PHONE, citizen, dispatched, page_of, read_by, received, step, told_everything


def number_of(receipt: Receipt) -> str:
    with reading() as db:
        return case_of(db, receipt).number


def says(receipt: Receipt, text: str) -> None:
    with transaction() as db:
        comments.say_as_citizen(db, case_of(db, receipt), db.get_one(Report, receipt.id), citizen(receipt), text)


class TestMerging:
    def test_who_comes_by_it_hears_nothing_of_what_was_before(self, cast: people.Cast, time: SetClock) -> None:
        into = dispatched()
        with transaction() as db:
            comments.say(db, case_of(db, into), cast.water_handler, "周三到场，5号的陈先生请在家", visibility=Visibility.PUBLIC)
        time.passes(minutes=5)
        other = received(place=at_grid(1), reporter_phone="13900000001")
        time.passes(minutes=5)
        step(other, cast.triage, "merge", into=number_of(into), reason="同一处")
        with transaction() as db:
            comments.say(db, case_of(db, into), cast.water_handler, "改为周四到场", visibility=Visibility.PUBLIC)
        told_everything()  # all at once: nothing was handed over until now
        assert not [text for text in page_of(other) if "周三" in text or "派" in text]
        assert [part for part in ("已立案", "同一问题", "周四") if part in str(page_of(other))] == ["同一问题", "周四"]
        assert "周三" in str(page_of(into))

    def test_a_grid_worker_reads_in_his_inbox_where_his_report_went(self, cast: people.Cast) -> None:
        into = dispatched()
        mine = received(place=at_grid(1), channel=Channel.PDA, reporter_id=cast.li.id, reporter_phone=None)
        step(mine, cast.triage, "merge", into=number_of(into), reason="同一处")
        told_everything()
        assert [f"与案件{number_of(into)}是同一问题" in text for text in read_by(cast.li)] == [True]
        assert page_of(mine) == []


class TestDesks:
    def test_what_is_said_before_a_department_has_it_reaches_the_desk_whose_turn_it_is(self, cast: people.Cast) -> None:
        receipt = received(claimed_category="99999")
        says(receipt, "井口开始冒气")
        told_everything()
        assert told_everything() == 0
        assert read_by(cast.triage) == ["诉求人留言：井口开始冒气"]
        assert read_by(cast.dispatcher) == []

    def test_an_urge_goes_to_the_department_once_there_is_one(self, cast: people.Cast, time: SetClock) -> None:
        receipt = received()
        step(receipt, citizen(receipt), "urge", reason="冒气了")
        told_everything()
        assert read_by(cast.dispatcher) == ["被催办，请尽快办理：冒气了"]
        dispatched_one = dispatched(place=at_grid(1))
        step(dispatched_one, citizen(dispatched_one), "urge", reason="还在漏")
        told_everything()
        assert len(read_by(cast.dispatcher)) == 1
        assert "被催办，请尽快办理：还在漏" in read_by(cast.water_handler)


class TestReadUntil:
    def test_what_is_written_after_somebody_read_is_unread_whatever_the_clock_says(
            self, cast: people.Cast, time: SetClock) -> None:
        dispatched()
        told_everything()
        with transaction() as db:
            inbox.seen(db, cast.water_handler, inbox.page(db, cast.water_handler)[0][0]["at"])
        time.passes(seconds=-2)  # the other worker's clock is slow
        dispatched(place=at_grid(1))
        told_everything()
        with reading() as db:
            assert inbox.unread(db, cast.water_handler) == 1

    def test_nobody_reads_ahead_of_what_is_there(self, cast: people.Cast, time: SetClock) -> None:
        with transaction() as db:
            inbox.seen(db, cast.water_handler, clock.now())
        dispatched()
        told_everything()
        with transaction() as db:
            inbox.seen(db, cast.water_handler, clock.now() + timedelta(days=1))
            assert inbox.unread(db, cast.water_handler) == 0
        time.passes(seconds=1)
        dispatched(place=at_grid(1))
        told_everything()
        with reading() as db:
            assert inbox.unread(db, cast.water_handler) == 1


@pytest.mark.parametrize("first", [{}, {"sms": ["progress"]}])
def test_who_changes_the_way_between_two_hand_overs_is_told_once(cast: people.Cast, first: dict[str, list[str]]) -> None:
    receipt = received()
    for off in (first, {} if first else {"sms": ["progress"]}):
        with transaction() as db:
            preferences.choose(db, citizen(receipt), off=off)
        told_everything()
    assert len(page_of(receipt)) == 1


class TestWords:
    PHISHING = "您的社保卡已停用 请登录 evil.example 重新认证"

    def test_the_city_carries_no_strangers_words_to_a_phone_that_nobody_proved(self, cast: people.Cast) -> None:
        filed = received(text=self.PHISHING)
        waiting = received(text=self.PHISHING, claimed_category="99999", place=at_grid(1))
        step(waiting, cast.triage, "reject", reason="不属城市管理")
        told_everything()
        with reading() as db:
            number = db.get_one(Report, waiting.id).number
        assert "evil" not in str(page_of(filed) + page_of(waiting))
        assert page_of(waiting)[-1].startswith(f"您反映的“{number}”不予受理")

    def test_who_proved_the_phone_reads_his_own_words_and_so_does_the_page(self, cast: people.Cast) -> None:
        with transaction() as db:
            holder = Citizen(id=new_id(), phone=seal(PHONE), phone_index=blind_index("phone", PHONE))
            db.add(holder)
        mine = received(reporter_id=holder.id)
        another = received(reporter_id=holder.id, reporter_phone="13900000000", place=at_grid(1))  # not the one that was proved
        page_only = received(reporter_phone=None, place=at_grid(2))
        called = received(channel=Channel.HOTLINE, place=at_grid(3))
        told_everything()
        assert ["井盖不见了" in page_of(one)[0] for one in (mine, another, page_only, called)] == [True, False, True, True]


def test_one_who_joins_a_crowd_costs_no_more_than_the_first(cast: people.Cast) -> None:
    dispatched()

    def rows_read_for_the_last(crowd: int) -> int:
        for _ in range(crowd):
            with transaction() as db:
                made = a_report(db, channel=Channel.CITIZEN, claimed_category="10102", place=at_grid(0))
            automatic.triage([made.id])
        read = list[object]()
        with transaction() as db:
            last = db.scalars(select(Event.id).where(Event.name == "case.joined").order_by(Event.id.desc()).limit(1)).all()
            event.listen(db, "loaded_as_persistent", lambda _, one: read.append(one))
            assert messages.write(db, last) == 1
        return len(read)
    few = rows_read_for_the_last(2)
    assert rows_read_for_the_last(20) == few


def test_messages_of_one_writing_stand_in_the_order_of_what_happened(cast: people.Cast) -> None:
    receipt = dispatched()
    step(receipt, cast.water_handler, "sign")
    step(receipt, cast.supervisor, "supervise", reason="市民多次反映")
    step(receipt, citizen(receipt), "urge", reason="快")
    told_everything()
    assert [text[:3] for text in read_by(cast.water_handler)] == ["被催办", "被督办", "派至水"]
    with reading() as db:
        assert len(set(db.scalars(select(Message.created_at)))) == 1
