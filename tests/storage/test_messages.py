"""Everybody concerned is told once: departments and persons in their inbox, by mail where they want it; at night nobody is
woken for nothing; what could not be sent is seen and tried again."""
import uuid
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from casework import clock, dispatch, inspection, resolution, settings
from casework.cases import comments
from casework.cases.case import Case
from casework.cases.comments import Visibility
from casework.cases.report import Channel, Receipt, Report
from casework.cases.wording import Language
from casework.cases.workflow import Facts
from casework.community import ratings
from casework.errors import Conflict, Invalid, NotFound
from casework.identity.people import ANONYMOUS, Actor, Department, HeldPost, Role, actor_with
from casework.identity.privacy import blind_index
from casework.identity.sessions import MemorySender, actor_of_tracking, tracking_token
from casework.notifications import dead_letters, delivery, inbox, messages, preferences, readers
from casework.notifications.dead_letters import State
from casework.notifications.messages import Message
from casework.notifications.rules import RULES, Via
from casework.notifications.senders import HttpSmsSender, SmtpSender
from casework.settings import Settings
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from casework.triage import automatic, desk
from tests import people
from tests.conftest import SetClock
from tests.factories import a_report, at_grid, case_of
from tests.servers import KEY, SECRET, gateway, mail_server

PHONE = "13812345678"


def received(**facts: object) -> Receipt:
    """A citizen's report of a missing manhole cover, triaged."""
    with transaction() as db:
        made = a_report(db, **({"channel": Channel.CITIZEN, "reporter_phone": PHONE, "claimed_category": "10102"} | facts))
    automatic.triage([made.id])
    return made


def dispatched(**facts: object) -> Receipt:
    """… and with the water office, which answers for it."""
    receipt = received(**facts)
    with transaction() as db:
        dispatch.dispatch_filed(db, [case_of(db, receipt).id])
    return receipt


def step(receipt: Receipt, actor: Actor, action: str, **facts: object) -> None:
    """One step of the case, as its verb takes it."""
    verbs = desk.VERBS | dispatch.VERBS | resolution.VERBS | inspection.VERBS
    with transaction() as db:
        verbs[action](db, case_of(db, receipt), actor, Facts(**facts))  # type: ignore[arg-type]


def told_everything() -> int:
    with transaction() as db:
        return messages.write(db, list(db.scalars(select(Event.id))))


def read_by(actor: Actor) -> list[str]:
    """What stands in the inbox of this person, the latest first, without the number of the case."""
    with reading() as db:
        return [one["text"].partition("”")[2] for one in inbox.page(db, actor)[0]]


def page_of(receipt: Receipt) -> list[str]:
    with reading() as db:
        return [one.text for one in messages.told(db, db.get_one(Report, receipt.id))]


def citizen(receipt: Receipt) -> Actor:
    return actor_of_tracking(receipt.id, tracking_token(receipt.id))


def sent(sender: object, via: Via = Via.SMS) -> Counter[str]:
    return delivery.send_waiting({via: sender})  # type: ignore[dict-item]


class TestStaff:
    def test_a_department_is_told_once_at_its_desk_and_no_other_is(self, cast: people.Cast) -> None:
        dispatched()
        assert told_everything() > 0
        assert told_everything() == 0
        (text,) = read_by(cast.water_handler)
        assert text.startswith("派至水务局，应于2026年03月02日")
        assert read_by(cast.water_head) == [text]
        for other in (cast.roads_handler, cast.roads_head, cast.li, cast.dispatcher, cast.administrator):
            assert read_by(other) == []

    def test_what_only_the_head_decides_only_the_head_reads(self, cast: people.Cast) -> None:
        receipt = dispatched()
        step(receipt, cast.water_handler, "sign")
        step(receipt, cast.water_handler, "extend", reason="等配件")
        told_everything()
        assert read_by(cast.water_head)[0] == "申请延期，请初审：等配件"
        assert "等配件" not in str(read_by(cast.water_handler))

    def test_a_return_is_told_to_whom_it_was_ruled_against_and_the_next_department_hears_of_its_case(
            self, cast: people.Cast) -> None:
        receipt = dispatched()
        step(receipt, cast.water_head, "hand_back", ground="不属我局")
        with reading() as db:
            roads = db.scalars(select(Department.id).where(Department.code == "roads")).one()
        step(receipt, cast.adjudicator, "uphold", reason="退单成立", lead=roads)
        told_everything()
        assert read_by(cast.water_handler)[0] == "退单成立，已用时限返还。裁定意见：退单成立"
        assert [text[:8] for text in read_by(cast.roads_handler)] == ["派至道路养护中心"]

    def test_who_is_sent_to_look_is_told_and_not_when_somebody_else_was_sent_meanwhile(self, cast: people.Cast) -> None:
        receipt = received(claimed_category="99999")
        step(receipt, cast.triage, "verify")
        step(receipt, cast.dispatcher, "reassign", inspector=cast.zhao.id)
        told_everything()
        assert read_by(cast.li) == []
        assert read_by(cast.zhao) == ["改由您现场查看。"]

    def test_a_grid_worker_who_reported_hears_what_came_of_it_and_nothing_in_between(self, cast: people.Cast) -> None:
        receipt = dispatched(channel=Channel.PDA, reporter_id=cast.li.id, reporter_phone=None)
        step(receipt, cast.dispatcher, "recall", reason="重复")
        step(receipt, cast.operator, "reject", reason="已有工程")
        told_everything()
        assert read_by(cast.li) == ["（您上报的）不予受理：已有工程"]
        assert page_of(receipt) == []

    def test_who_ordered_hears_the_feedback_and_who_asked_for_help_what_came_of_it(self, cast: people.Cast) -> None:
        receipt = dispatched()
        step(receipt, cast.water_handler, "sign")
        with reading() as db:
            roads = db.scalars(select(Department.id).where(Department.code == "roads")).one()
        step(receipt, cast.water_handler, "assist", assistants=(roads,), reason="路面要恢复")
        step(receipt, cast.supervisor, "supervise", reason="市民多次反映")
        step(receipt, cast.roads_handler, "assisted", reply="路面已铺")
        step(receipt, cast.water_handler, "report_back", reply="今晚完成")
        told_everything()
        assert read_by(cast.supervisor) == ["督办反馈：今晚完成"]
        assert "由水务局主办，请贵单位协办：路面要恢复" in read_by(cast.roads_handler)
        assert read_by(cast.water_handler)[:2] == ["道路养护中心协办完成：路面已铺", "被督办，须在督办时限内反馈：市民多次反映"]
        assert "今晚完成" not in str(page_of(receipt))

    def test_pages_go_on_where_they_ended_and_what_was_seen_is_no_longer_unread(
            self, cast: people.Cast, time: SetClock) -> None:
        for number in range(3):
            dispatched(place=at_grid(number))
            told_everything()
            time.passes(minutes=1)
        with reading() as db:
            first, after = inbox.page(db, cast.water_handler, limit=2)
            rest, end = inbox.page(db, cast.water_handler, after=after, limit=2)
            assert (len(first), len(rest), end) == (2, 1, None)
            assert [one["at"] for one in first + rest] == sorted((one["at"] for one in first + rest), reverse=True)
            assert inbox.unread(db, cast.water_handler) == 3
        with transaction() as db:
            preferences.seen(db, cast.water_handler, first[1]["at"])
            preferences.seen(db, cast.water_handler, rest[0]["at"])  # an earlier moment takes nothing back
        with reading() as db:
            assert inbox.unread(db, cast.water_handler) == 1
            assert [one["read"] for one in inbox.page(db, cast.water_handler)[0]] == [False, True, True]
            assert len(inbox.page(db, cast.water_handler, unread=True)[0]) == 1
            assert inbox.unread(db, cast.water_head) == 3  # what one has seen is not seen by another
            assert inbox.unread(db, cast.administrator) == 0


class TestCitizens:
    def test_they_are_told_on_the_way_who_has_it_and_until_when(self, cast: people.Cast) -> None:
        receipt = dispatched(claimed_category="10105")
        step(receipt, cast.roads_handler, "sign")
        step(receipt, cast.roads_handler, "extend", reason="等配件")
        step(receipt, cast.roads_head, "endorse")
        step(receipt, cast.dispatcher, "allow")
        until = clock.now().replace(month=4)
        step(receipt, cast.roads_handler, "defer", reason="等春天", until=until)
        step(receipt, cast.dispatcher, "suspend")
        step(receipt, cast.dispatcher, "resume")
        told_everything()
        said = page_of(receipt)
        assert [("道路养护中心" in text, "应于" in text) for text in said[1:]] == [
            (True, True), (True, True), (True, False), (True, True)]
        assert "暂缓办理至2026年04月02日" in said[3]
        assert "等春天" not in str(said)

    def test_a_question_goes_to_the_first_reporter_alone(self, cast: people.Cast, time: SetClock) -> None:
        first = received()
        time.passes(minutes=5)
        second = received(place=at_grid(0, 5), reporter_phone="13900000000")
        with transaction() as db:
            assert case_of(db, second) is case_of(db, first)
            dispatch.dispatch_filed(db, [case_of(db, first).id])
        step(first, cast.water_handler, "sign")
        step(first, cast.water_handler, "ask", question="在几号门口？")
        told_everything()
        assert "在几号门口？ 水务局正等待您的答复，2026年03月05日" in page_of(first)[-1]
        assert "几号门口" not in str(page_of(second))

    def test_who_joins_late_is_told_how_it_stands_now(self, cast: people.Cast, time: SetClock) -> None:
        first = dispatched()
        step(first, cast.water_head, "hand_back", ground="不属我局")
        time.passes(minutes=5)
        second = received(place=at_grid(0, 5), reporter_phone="13900000000")
        told_everything()
        assert len(page_of(second)) == 1
        assert "现由裁定中心办理，应于2026年03月02日" in page_of(second)[0]

    def test_a_merge_and_its_undoing_are_told_to_those_whom_it_moved(self, cast: people.Cast) -> None:
        mine, other = dispatched(), dispatched(place=at_grid(1), reporter_phone="13900000000")
        with reading() as db:
            into, merged = case_of(db, other).number, case_of(db, mine).number
        told_everything()
        step(mine, cast.triage, "merge", into=into, reason="同一处")
        told_everything()
        assert f"与案件{into}是同一问题，已并入一并办理，现由水务局办理" in page_of(mine)[-1]
        assert into not in str(page_of(other)[2:])
        with transaction() as db:
            case = db.scalars(select(Case).where(Case.number == merged)).one()
            desk.VERBS["unmerge"](db, case, cast.triage, Facts(reason="不是一处"))
        told_everything()
        assert f"现作为案件{merged}由水务局办理" in page_of(mine)[-1]
        assert "不再单独办理" in str(read_by(cast.water_handler))

    def test_who_is_parted_from_a_case_hears_once_where_his_report_goes_on(self, cast: people.Cast, time: SetClock) -> None:
        first = received()
        time.passes(minutes=5)
        second = received(place=at_grid(0, 5), reporter_phone="13900000000")
        with transaction() as db:
            old, number = case_of(db, first), db.get_one(Report, second.id).number
            assert case_of(db, second) is old
        told_everything()
        before = len(page_of(first)), len(page_of(second))
        step(first, cast.triage, "unjoin", reports=(number,), reason="是另一个井盖")
        told_everything()
        assert told_everything() == 0
        with reading() as db:
            into = case_of(db, second).number
            assert into != old.number
        assert (len(page_of(first)), len(page_of(second))) == (before[0], before[1] + 1)
        assert f"与案件{old.number}不是同一问题，现作为案件{into}单独办理，由派遣中心办理" in page_of(second)[-1]

    def test_they_choose_language_and_ways_but_results_stay_on_the_page(self, cast: people.Cast) -> None:
        receipt = received()
        with transaction() as db:
            preferences.choose(db, citizen(receipt), language=Language.EN, off={"sms": ["progress"], "page": ["progress"]})
        with pytest.raises(Invalid) as refused, transaction() as db:
            preferences.choose(db, citizen(receipt), off={"page": ["result"], "mail": [], "sms": ["gossip"]})
        assert {fault.field for fault in refused.value.faults} == {"off.page", "off.mail", "off.sms"}
        told_everything()
        assert page_of(receipt) == []
        with transaction() as db:
            assert messages.untold(db, clock.now().replace(year=2025), clock.now().replace(year=2027), 10) == []
        with transaction() as db:
            preferences.choose(db, citizen(receipt), off={"sms": ["progress", "result"]})
        with reading() as db:
            case = case_of(db, receipt).id
        with transaction() as db:
            desk.VERBS["reject"](db, db.get_one(Case, case), cast.triage, Facts(reason="非城市设施"))
        told_everything()
        assert page_of(receipt)[-1] == 'Your report "井盖不见了": it is not taken up. Reason: 非城市设施'
        sender = MemorySender()
        assert sent(sender) == {}

    def test_who_names_somebody_elses_phone_silences_only_his_own_report(self, cast: people.Cast) -> None:
        mine, theirs = received(), received(place=at_grid(1))
        with transaction() as db:
            preferences.choose(db, citizen(theirs), off={"sms": ["progress"]})
        told_everything()
        sender = MemorySender()
        assert sent(sender) == {"sent": 1}
        assert (len(page_of(mine)), len(page_of(theirs))) == (1, 1)

    def test_who_has_proved_the_phone_chooses_for_all_that_comes_to_it(self, cast: people.Cast) -> None:
        one, other = received(), received(place=at_grid(1))
        holder = replace(citizen(one), report_id=None, phone_index=blind_index("phone", PHONE))
        with transaction() as db:
            preferences.choose(db, holder, off={"sms": ["progress"]}, language=Language.EN)
        told_everything()
        assert sent(MemorySender()) == {}
        assert [text[:11] for text in page_of(one) + page_of(other)] == ["Your report"] * 2

    def test_without_a_phone_the_page_alone_can_be_chosen(self, cast: people.Cast) -> None:
        receipt = received(reporter_phone=None)
        with transaction() as db:
            preferences.choose(db, citizen(receipt), off={"page": ["progress"]})
        told_everything()
        assert page_of(receipt) == []
        with pytest.raises(Conflict), transaction() as db:
            preferences.choose(db, ANONYMOUS, off={})

    def test_of_two_who_choose_at_once_nobody_is_lost(self, cast: people.Cast) -> None:
        with transaction() as db:
            preferences.choose(db, cast.li, language=Language.EN)
        with transaction() as db:
            preferences.choose(db, cast.li, off={"mail": ["work"]})
        with reading() as db:
            kept = preferences.of(db, cast.li)
            assert (kept.language, kept.off) == (Language.EN, {"mail": ["work"]})


class TestNight:
    def test_nobody_is_woken_but_for_what_is_urgent(self, cast: people.Cast, time: SetClock) -> None:
        time.is_now("2026-03-02 23:30")
        received(text="井盖破损")
        received(claimed_category="10101", text="井盖没了，有人掉下去被困", place=at_grid(1), reporter_phone="13900000000")
        told_everything()
        sender = MemorySender()
        assert sent(sender) == {"sent": 1, "until_morning": 1}
        assert [phone for phone, _ in sender.sent] == ["13900000000"]
        time.is_now("2026-03-03 06:59")
        assert sent(sender) == {}
        time.is_now("2026-03-03 07:00")
        assert sent(sender) == {"sent": 1}

    def test_what_an_outage_held_up_until_the_night_waits_as_well(self, cast: people.Cast, time: SetClock) -> None:
        time.is_now("2026-03-02 21:58")
        received(text="井盖破损")
        told_everything()
        with gateway(503) as city:
            assert sent(HttpSmsSender(city.url, KEY, SECRET)) == {"refused": 1}
            city.answers = [200]
            time.is_now("2026-03-02 22:05")
            assert sent(HttpSmsSender(city.url, KEY, SECRET)) == {"until_morning": 1}


class TestSending:
    def test_a_gateway_that_is_away_is_tried_again_under_the_same_key(self, cast: people.Cast, time: SetClock) -> None:
        received()
        told_everything()
        with gateway(503, 429, 200) as city:
            sender = HttpSmsSender(city.url, KEY, SECRET)
            for wait in (1, 5, 30):
                fared = sent(sender)
                time.passes(minutes=wait)
            assert fared == {"sent": 1}
        with reading() as db:
            message = db.scalars(select(Message).where(Message.via == Via.SMS)).one()
            assert [one["id"] for one in city.taken] == [str(message.id)]
            assert (message.attempts, message.fault, message.next_try_at) == (3, None, None)

    def test_what_is_refused_for_good_is_dead_at_once_seen_masked_and_revived(self, cast: people.Cast, time: SetClock) -> None:
        for number in range(3):
            received(place=at_grid(number), reporter_phone=f"1381234567{number}")
        told_everything()
        with gateway(403) as city:
            assert sent(HttpSmsSender(city.url, KEY, SECRET)) == {"given_up": 3}
        with reading() as db:
            page, after = dead_letters.page(db, State.DEAD, limit=2)
            rest, end = dead_letters.page(db, State.DEAD, after=after, limit=2)
            assert (len(page), len(rest), end, dead_letters.count(db)) == (2, 1, None, 3)
            assert {one["to"] for one in page + rest} == {"138****5670", "138****5671", "138****5672"}
            assert {(one["fault"], one["attempts"]) for one in page} == {("HTTP 403", 1)}
            assert "井盖" not in str(page)
        with transaction() as db:
            dead_letters.revive(db, page[0]["id"])
        with transaction() as db:
            assert dead_letters.revive_all(db, "HTTP 500") == 0
            assert dead_letters.revive_all(db, "HTTP 403") == 2
        with reading() as db:
            assert len(dead_letters.page(db, State.WAITING)[0]) == 3
        sender = MemorySender()
        assert sent(sender) == {"sent": 3}
        with transaction() as db:
            assert dead_letters.count(db) == 0
            with pytest.raises(Conflict):
                dead_letters.revive(db, page[0]["id"])
            with pytest.raises(NotFound):
                dead_letters.revive(db, uuid.uuid4())

    def test_a_very_long_answer_is_cut_for_the_phone_and_whole_on_the_page(self, cast: people.Cast) -> None:
        receipt = received()
        step(receipt, cast.triage, "reject", reason="因" * 900)
        told_everything()
        sender = MemorySender()
        sent(sender)
        assert len(sender.sent[-1][1]) == delivery.SMS_LENGTH
        assert page_of(receipt)[-1].count("因") >= 900

    def test_whoever_left_an_address_gets_mail_of_what_he_did_not_turn_off(
            self, cast: people.Cast, config: Settings, time: SetClock) -> None:
        with transaction() as db:
            preferences.choose(db, cast.water_handler, mail="handler@city.example", off={"mail": ["ruling"]})
            preferences.choose(db, cast.water_head, mail="head@city.example", language=Language.EN)
            preferences.choose(db, cast.roads_head, mail="roads@city.example")
        with mail_server() as post:
            url = f"smtp://127.0.0.1:{post.port}?from=news@city.example"
            settings.configure(replace(config, smtp_url=url))
            receipt = dispatched()
            told_everything()
            assert sent(SmtpSender(url), Via.MAIL)["sent"] == 2
            assert {mail["To"]: mail.get_content()[:4] for mail in post.mails} == {
                "handler@city.example": "案件AJ", "head@city.example": "Case"}
            step(receipt, cast.water_head, "hand_back", ground="不属我局")
            step(receipt, cast.adjudicator, "overrule", reason="属你局")
            told_everything()
            sent(SmtpSender(url), Via.MAIL)
            assert [mail["To"] for mail in post.mails[2:]] == ["head@city.example"]
            assert told_everything() == 0
        with reading() as db:
            assert "handler@city.example" not in str(db.execute(select(preferences.Preference.__table__)).all())

    def test_without_a_mail_server_no_mail_is_written(self, cast: people.Cast) -> None:
        with transaction() as db:
            preferences.choose(db, cast.water_handler, mail="handler@city.example")
        dispatched()
        told_everything()
        with reading() as db:
            assert Via.MAIL not in set(db.scalars(select(Message.via)))

    def test_what_is_no_address_is_refused(self, cast: people.Cast) -> None:
        for wrong in ("x", "a@b", "a b@c.example", "a@c.example\r\nBcc: d@e.example", "王@c.example", f"{'a' * 65}@c.example"):
            with pytest.raises(Invalid), transaction() as db:
                preferences.choose(db, cast.water_handler, mail=wrong)

    def test_an_address_that_was_withdrawn_ends_its_mail_for_good(self, cast: people.Cast, config: Settings) -> None:
        settings.configure(replace(config, smtp_url="smtp://127.0.0.1:1?from=news@city.example"))
        with transaction() as db:
            preferences.choose(db, cast.water_handler, mail="handler@city.example")
        dispatched()
        told_everything()
        with transaction() as db:
            preferences.choose(db, cast.water_handler, mail="")
        assert sent(MemorySender(), Via.MAIL)["given_up"] == 1

    def test_a_way_that_is_no_longer_configured_waits_for_it(self, cast: people.Cast) -> None:
        received()
        told_everything()
        assert sent(MemorySender(), Via.MAIL) == {"refused": 1}
        with reading() as db:
            assert db.scalars(select(Message.fault).where(Message.via == Via.SMS)).one() == "no sender"


class TestEverybodyOnce:
    def test_a_comment_reaches_those_whom_it_concerns(self, cast: people.Cast, time: SetClock) -> None:
        mine = received()
        time.passes(minutes=5)
        neighbour = received(place=at_grid(0, 5), reporter_phone="13900000000")
        with transaction() as db:
            dispatch.dispatch_filed(db, [case_of(db, mine).id])
        told_everything()
        before = {name: len(read_by(actor)) for name, actor in cast.everybody().items()}
        with transaction() as db:
            case = case_of(db, mine)
            comments.say(db, case, cast.operator, "来电人很急")
            comments.say(db, case, cast.water_handler, "周三到场", visibility=Visibility.PUBLIC)
            comments.say(db, case, cast.water_handler, "已收到您的照片", visibility=Visibility.PUBLIC, to=mine.number)
            comments.say_as_citizen(db, case, db.get_one(Report, neighbour.id), citizen(neighbour), "在西侧")
        told_everything()
        assert told_everything() == 0
        assert read_by(cast.water_handler)[:-before["water_handler"]] == ["诉求人留言：在西侧", "回访中心内部留言：来电人很急"]
        assert [text.partition("”")[2] for text in page_of(neighbour)[-1:]] == ["有新的说明：周三到场（水务局）"]
        assert [text.partition("”")[2] for text in page_of(mine)[-2:]] == [
            "有新的说明：周三到场（水务局）", "有新的说明：已收到您的照片（水务局）"]
        assert len(read_by(cast.roads_handler)) == before["roads_handler"]

    def test_who_is_dissatisfied_has_it_done_again_and_everybody_hears_of_it(self, cast: people.Cast, time: SetClock) -> None:
        receipt = dispatched(claimed_category="301", channel=Channel.HOTLINE, text="何时通水")
        for action, actor, facts in (("sign", cast.office_handler, {}), ("resolve", cast.office_handler, {"reply": "下月"}),
                                     ("accept", cast.operator, {"finding": "来电人认可"})):
            step(receipt, actor, action, **facts)
        with transaction() as db:
            report = db.get_one(Report, receipt.id)
            assert ratings.rate(db, report, citizen(receipt), 1) is ratings.Outcome.REWORK
        told_everything()
        assert page_of(receipt)[-1].partition("”")[2].startswith("已重新交由区政府办办理，应于")
        assert read_by(cast.office_handler)[0].endswith("评价1分，不满意")

    def test_whatever_happens_each_reader_of_each_event_is_told_once_by_each_way(
            self, cast: people.Cast, time: SetClock) -> None:
        receipt = dispatched(claimed_category="301", channel=Channel.HOTLINE, text="何时通水")
        step(receipt, cast.office_handler, "sign")
        step(receipt, cast.office_handler, "resolve", reply="下月")
        step(receipt, cast.operator, "accept", finding="来电人认可")
        with transaction() as db:
            events = list(db.scalars(select(Event.id).where(Event.name.in_(RULES))))
            for one in events:
                messages.write(db, [one, one])
            messages.write(db, events)
            db.execute(update(Event).values(relayed_at=clock.now()))
        with reading() as db:
            rows = db.execute(select(Message.event_id, Message.reader, Message.via)).all()
            assert len(rows) == len(set(rows)) == 5
            assert messages.untold(db, clock.now().replace(year=2025), clock.now().replace(year=2027), 10) == []


def test_a_desk_is_whoever_sits_at_it(cast: people.Cast) -> None:
    (water,) = cast.water_head.department_ids
    assert readers.keys_of(cast.water_handler) == sorted([f"user:{cast.water_handler.id.hex}", f"department:{water.hex}"])
    assert f"head:{water.hex}" in readers.keys_of(cast.water_head)
    assert readers.keys_of(cast.dispatcher) == ["role:dispatcher", f"user:{cast.dispatcher.id.hex}"]
    of_an_area = actor_with(cast.dispatcher.id, "某人", [HeldPost(Role.DISPATCHER, None, "440301")])
    assert readers.keys_of(of_an_area) == [f"user:{cast.dispatcher.id.hex}"]  # what lies elsewhere is not his to read
