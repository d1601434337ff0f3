"""Who follows a case hears of it once, in public words, while it is public; a reporter hears as a reporter."""
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import sleep

import pytest
from sqlalchemy import delete, func, select, text

from casework import clock, settings
from casework.cases import links, subscribers
from casework.cases.report import Channel, Receipt, Report
from casework.cases.subscribers import Follow, Rhythm, Subscriber
from casework.cases.wording import Language
from casework.cases.workflow import Facts
from casework.community import subscriptions
from casework.community.subscriptions import Kind, Wish, chat
from casework.errors import Conflict, Invalid, NotFound
from casework.identity.people import ANONYMOUS
from casework.identity.sessions import MemorySender, actor_of_tracking, tracking_token
from casework.notifications import dead_letters, delivery, preferences
from casework.notifications.dead_letters import State
from casework.notifications.messages import Message
from casework.notifications.rules import Via
from casework.settings import Settings
from casework.storage.database import engine, reading, transaction
from tests import people
from tests.conftest import SetClock
from tests.factories import at_grid, case_of
from tests.storage.following import (
    APP_ID,
    COMMUNITY,
    citizen,
    follows,
    follows_case,
    in_wechat,
    number_of,
    published,
    taken_back,
    told_followers,
)
from tests.storage.test_messages import dispatched, received, step, told_everything

MINE, REPORTER = "13700000001", "13812345678"
SECRET = "王小明在3栋502家门口看见井盖不见了"


def phones() -> list[tuple[str, str]]:
    """What is sent to phones now."""
    sender = MemorySender()
    delivery.send_waiting({Via.SMS: sender})
    return sender.sent


def suspended(receipt: Receipt, cast: people.Cast) -> None:
    """One thing happens to it that everybody may hear."""
    applied(receipt, cast)
    step(receipt, cast.dispatcher, "suspend")


def applied(receipt: Receipt, cast: people.Cast) -> None:
    step(receipt, cast.water_handler, "sign")
    step(receipt, cast.water_handler, "defer", reason=f"等{SECRET}", until=clock.now().replace(month=4))


@pytest.fixture
def case(cast: people.Cast, time: SetClock) -> Receipt:
    """A public case with the water office, of which all was told until now."""
    receipt = published(dispatched(text=SECRET, place=at_grid(0)))
    told_everything()
    phones()
    time.passes(minutes=1)
    return receipt


def test_a_follower_hears_in_public_words_and_the_reporter_as_before(case: Receipt, cast: people.Cast, time: SetClock) -> None:
    follows_case(citizen(MINE), case)
    time.passes(minutes=1)
    suspended(case, cast)
    told_everything()
    sent = phones()
    (mine,) = [text for phone, text in sent if phone == MINE]
    assert mine == (f"您关注的案件{number_of(case)}（污水井盖，小城市东山区河口街道南塘社区）经批准暂缓办理。"
                    "退订请在“我的关注”中取消。")
    assert [phone for phone, _ in sent].count(REPORTER) == 1
    assert (told_everything(), phones()) == (0, [])


def test_messages_speak_the_followers_language_and_end_with_a_link_that_is_his(
        case: Receipt, cast: people.Cast, config: Settings) -> None:
    settings.configure(replace(config, public_url="https://city.example"))
    made = follows(citizen(MINE), Kind.CASE, number_of(case), language=Language.EN)
    suspended(case, cast)
    told_everything()
    (text,) = told_followers()
    kind = "污水井盖, 小城市东山区河口街道南塘社区"
    assert text.startswith(f"Case {number_of(case)} ({kind}), which you follow: it rests by approval.")
    address, _, token = text.partition(" Unsubscribe: ")[2].rpartition("/")
    assert address == "https://city.example/unsubscribe"
    with transaction() as db:
        found = subscriptions.of_link(db, token)
        assert found.id == made.subscriber_id
        for wrong in (token[:-1], f"{token}0", token.replace(token[40], "g"), "x" * 64, ""):
            with pytest.raises(NotFound):
                subscriptions.of_link(db, wrong)


class TestOncePerPersonAndEvent:
    def test_who_reported_and_follows_hears_as_a_reporter_alone(self, case: Receipt, cast: people.Cast) -> None:
        follows_case(citizen(REPORTER), case)
        suspended(case, cast)
        told_everything()
        assert [phone for phone, _ in phones()] == [REPORTER]
        assert told_followers() == []

    def test_who_reported_twice_with_one_phone_gets_one_sms_and_reads_it_on_both_pages(
            self, case: Receipt, cast: people.Cast) -> None:
        again = received(place=at_grid(0, 3), text="井盖还是没有")
        with reading() as db:
            assert case_of(db, again).id == case_of(db, case).id
        told_everything()
        phones()
        suspended(case, cast)
        told_everything()
        assert [phone for phone, _ in phones()] == [REPORTER]
        with reading() as db:
            ways = {one.report_id: one.via for one in db.scalars(select(Message).where(Message.text.contains("暂缓")))}
        assert ways == {case.id: Via.SMS, again.id: Via.PAGE}
        assert told_everything() == 0

    def test_who_follows_a_case_twice_hears_once(self, case: Receipt, cast: people.Cast) -> None:
        """By its number, and as the case of a report sent without a phone."""
        silent = received(place=at_grid(0, 3), reporter_phone=None, text="这里的井盖没有了")
        me = citizen(MINE)
        follows_case(me, case)
        with transaction() as db:
            own = replace(actor_of_tracking(silent.id, tracking_token(silent.id)), id=me.id, phone_index=me.phone_index)
            subscriptions.follow(db, subscriptions.of_caller(me), own, subscriptions.Wish(kind=Kind.CASE, what=silent.number))
        told_everything()
        phones()
        suspended(case, cast)
        told_everything()
        assert [phone for phone, _ in phones()].count(MINE) == 1

    def test_sent_again_and_handed_over_again_nothing_is_new(self, case: Receipt, cast: people.Cast) -> None:
        me = citizen(MINE)
        assert follows_case(me, case).id == follows_case(me, case).id
        suspended(case, cast)
        assert told_everything() > 0
        assert told_everything() == 0
        assert len(told_followers()) == 1


class TestOnlyWhatIsPublic:
    def test_a_case_that_is_not_public_is_as_unknown_as_none(self, cast: people.Cast) -> None:
        hidden, request = dispatched(text=SECRET), received(claimed_category="301", place=at_grid(2))
        for number in (number_of(hidden), number_of(published(request)), "AJ260302-AAAAA-AAAAA", hidden.number):
            with pytest.raises(NotFound):
                follows(citizen(MINE), Kind.CASE, number)

    def test_one_that_is_taken_back_stops(self, case: Receipt, cast: people.Cast) -> None:
        follows_case(citizen(MINE), case)
        taken_back(case)
        suspended(case, cast)
        told_everything()
        assert told_followers() == []

    def test_what_waits_for_the_morning_is_not_sent_when_it_was_taken_back_at_night(
            self, case: Receipt, cast: people.Cast, time: SetClock) -> None:
        follows_case(citizen(MINE), case)
        applied(case, cast)
        time.is_now("2026-03-02 23:00")
        step(case, cast.dispatcher, "suspend")
        told_everything()
        assert phones() == []
        taken_back(case)
        time.is_now("2026-03-03 08:00")
        assert [phone for phone, _ in phones()] == [REPORTER]
        assert (told_followers(), told_everything()) == ([], 0)

    def test_at_night_it_waits_even_if_the_case_is_urgent(self, cast: people.Cast, time: SetClock) -> None:
        receipt = published(dispatched(claimed_category="10101", urgent=True))
        told_everything()
        phones()
        time.passes(minutes=1)
        follows_case(citizen(MINE), receipt)
        applied(receipt, cast)
        time.is_now("2026-03-02 23:00")
        step(receipt, cast.dispatcher, "suspend")
        told_everything()
        assert [phone for phone, _ in phones()] == [REPORTER]
        time.is_now("2026-03-03 08:00")
        assert [phone for phone, _ in phones()] == [MINE]

    def test_what_happened_before_is_not_told(self, case: Receipt, cast: people.Cast, time: SetClock) -> None:
        suspended(case, cast)
        time.passes(minutes=1)
        follows_case(citizen(MINE), case)
        told_everything()
        assert told_followers() == []

    def test_of_his_own_report_somebody_hears_though_nobody_else_may(self, cast: people.Cast, time: SetClock) -> None:
        """A report without a phone; its sender proves one, and shows the report's token."""
        receipt, me = dispatched(reporter_phone=None, text=SECRET), citizen(MINE)
        taken_back(published(receipt))
        time.passes(minutes=1)
        with transaction() as db:
            own = replace(actor_of_tracking(receipt.id, tracking_token(receipt.id)), id=me.id, phone_index=me.phone_index)
            subscriptions.follow(db, subscriptions.of_caller(me), own, subscriptions.Wish(kind=Kind.CASE, what=receipt.number))
        suspended(receipt, cast)
        told_everything()
        ((phone, text),) = phones()
        assert (phone, SECRET in text, "暂缓办理" in text) == (MINE, False, True)

    def test_reopened_it_is_told_to_strangers_when_it_is_public_again(
            self, case: Receipt, cast: people.Cast, time: SetClock) -> None:
        me = citizen(MINE)
        follows_case(me, case)
        time.passes(minutes=1)
        with transaction() as db:
            found = case_of(db, case)
            found.status, found.is_open, found.closed_at = "closed", False, clock.now()
            found.move("reopen", cast.supervisor, Facts(reason=SECRET))
            found.reopens += 1
        told_everything()
        assert told_followers() == []
        published(case)
        told_everything()
        (text,) = told_followers()
        assert "重新公开" in text
        assert SECRET not in text

    def test_followers_are_taken_along_when_a_case_is_merged(
            self, case: Receipt, cast: people.Cast, time: SetClock) -> None:
        other = published(dispatched(place=at_grid(1), reporter_phone="13900000000"))
        time.passes(minutes=1)
        follows_case(citizen(MINE), case)
        with transaction() as db:
            links.merge(db, case_of(db, case), case_of(db, other), cast.triage, Facts(into=number_of(other), reason="同一处"))
        told_everything()
        assert told_followers() == []
        suspended(other, cast)
        told_everything()
        (text,) = told_followers()
        assert number_of(other) in text


class TestWays:
    def test_in_wechat_who_follows_there(self, case: Receipt, cast: people.Cast, config: Settings) -> None:
        settings.configure(replace(config, wechat_app_id=APP_ID))
        person = in_wechat()
        with transaction() as db:
            assert "已关注" in str(chat.answer(db, db.merge(person), f"关注 {number_of(case)}"))
        suspended(case, cast)
        told_everything()
        sender = MemorySender()
        delivery.send_waiting({Via.WECHAT: sender})
        ((openid, text),) = sender.sent
        assert (openid, "暂缓办理" in text) == ("oAbC", True)
        with transaction() as db:
            db.merge(person).follows = False
        step(case, cast.dispatcher, "resume")
        told_everything()
        assert len(told_followers()) == 1

    def test_a_phone_can_be_kept_free_of_these(self, case: Receipt, cast: people.Cast) -> None:
        me = citizen(MINE)
        follows_case(me, case)
        with transaction() as db:
            preferences.choose(db, me, off={"sms": ["followed"]})
        suspended(case, cast)
        told_everything()
        assert MINE not in [phone for phone, _ in phones()]

    def test_a_token_has_nothing_sent_to_whom_its_report_names(self, case: Receipt, cast: people.Cast) -> None:
        holder = actor_of_tracking(case.id, tracking_token(case.id))
        other = published(dispatched(place=at_grid(1), reporter_phone=None))
        follows(holder, Kind.CASE, number_of(other))
        told_everything()
        phones()
        suspended(other, cast)
        told_everything()
        assert (told_followers(), phones()) == ([], [])

    def test_who_was_given_up_is_seen_masked(self, case: Receipt, cast: people.Cast) -> None:
        follows_case(citizen(MINE), case)
        suspended(case, cast)
        told_everything()
        with reading() as db:
            waiting, _ = dead_letters.page(db, State.WAITING)
        assert sorted(str(one["to"]) for one in waiting) == ["137****0001", "138****5678"]


class TestEnding:
    def test_what_was_written_before_is_not_sent_afterwards(self, case: Receipt, cast: people.Cast, time: SetClock) -> None:
        made = follows_case(citizen(MINE), case)
        suspended(case, cast)
        told_everything()
        time.passes(seconds=1)
        with transaction() as db:
            subscriptions.end(db, db.get_one(Subscriber, made.subscriber_id), made.id)
        assert [phone for phone, _ in phones()] == [REPORTER]
        assert told_everything() == 0
        step(case, cast.dispatcher, "resume")
        told_everything()
        assert told_followers() == []

    def test_who_is_erased_is_told_nothing_more_and_leaves_no_dead_letter(self, case: Receipt, cast: people.Cast) -> None:
        made = follows_case(citizen(MINE), case)
        suspended(case, cast)
        told_everything()
        with transaction() as db:
            db.execute(delete(Subscriber).where(Subscriber.id == made.subscriber_id))
        assert [phone for phone, _ in phones()] == [REPORTER]
        with reading() as db:
            assert (db.scalar(select(func.count()).select_from(Follow)), dead_letters.count(db)) == (0, 0)

    def test_lists_that_nobody_opens_are_forgotten_and_those_who_follow_nothing(self, case: Receipt, time: SetClock) -> None:
        phone, page = citizen(MINE), actor_of_tracking(case.id, tracking_token(case.id))
        kept, idle = follows_case(phone, case), follows(page, Kind.AREA, COMMUNITY)
        gone = follows_case(citizen("13700000002"), case)
        with transaction() as db:
            subscriptions.end(db, db.get_one(Subscriber, gone.subscriber_id))
        time.passes(days=31)
        assert _forgotten() == 1
        time.passes(days=150)
        assert _forgotten() == 1
        with reading() as db:
            assert db.scalars(select(Follow.id)).all() == [kept.id]
            assert db.get(Subscriber, idle.subscriber_id) is None

    def test_who_begins_to_follow_while_idle_ones_are_forgotten_stays(self, case: Receipt, time: SetClock) -> None:
        me = citizen(MINE)
        with transaction() as db:
            subscriptions.end(db, db.get_one(Subscriber, follows_case(me, case).subscriber_id))
        time.passes(days=31)
        with ThreadPoolExecutor(1) as pool:
            with transaction() as db:
                subscriptions.follow(db, subscriptions.of_caller(me), me, Wish(kind=Kind.CASE, what=number_of(case)))
                if db.get_bind().dialect.name == "postgresql":  # SQLite has one writer anyway
                    forgotten = pool.submit(_forgotten)
                    with engine().connect() as other:
                        while not other.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                            sleep(0.01)
                else:
                    db.commit()
                    forgotten = pool.submit(_forgotten)
            assert forgotten.result(20) == 0
        with reading() as db:
            assert len(db.scalars(select(Follow.id)).all()) == 1


def _forgotten() -> int:
    with transaction() as db:
        return subscribers.forget_idle(db, 100)


class TestLimits:
    def test_nobody_follows_more_than_the_city_lets(self, case: Receipt, config: Settings) -> None:
        settings.configure(replace(config, subscriptions=2))
        me = citizen(MINE)
        follows_case(me, case)
        follows(me, Kind.AREA, COMMUNITY)
        follows(me, Kind.AREA, COMMUNITY, rhythm=Rhythm.WEEKLY)
        with pytest.raises(Conflict):
            follows(me, Kind.CATEGORY, "101")

    @pytest.mark.parametrize(("kind", "what", "more", "field"), [
        (Kind.AREA, "4403", {}, "what"), (Kind.AREA, "44030100100101", {}, "what"), (Kind.AREA, "440301009", {}, "what"),
        (Kind.AREA, "x", {}, "what"), (Kind.CATEGORY, "301", {}, "what"), (Kind.CATEGORY, "9", {}, "what"),
        (Kind.AREA, COMMUNITY, {"category": "302"}, "category"), (Kind.CATEGORY, "101", {"area": "1"}, "area"),
        (Kind.AREA, COMMUNITY, {"rhythm": Rhythm.AT_ONCE}, "rhythm")])
    def test_what_cannot_be_followed_is_named(self, cast: people.Cast, kind: Kind, what: str, more: dict[str, str],
                                              field: str) -> None:
        with pytest.raises(Invalid) as told:
            follows(citizen(MINE), kind, what, **more)  # type: ignore[arg-type]
        assert [one.field for one in told.value.faults] == [field]

    def test_who_shows_nothing_follows_nothing(self) -> None:
        with pytest.raises(Conflict):
            subscriptions.of_caller(ANONYMOUS)


def test_words_in_wechat_that_are_no_command_are_left_to_the_reports(case: Receipt) -> None:
    person = in_wechat()
    with transaction() as db:
        me = db.merge(person)
        for words in ("关注一下我们小区的垃圾", "请关注 南塘社区", "路灯坏了", "关注 不存在社区", "取消"):
            assert chat.answer(db, me, words) is None
        assert "没有这个公开的案件" in str(chat.answer(db, me, "关注 AJ260302-AAAAA-AAAAA"))
        assert "南塘社区" in str(chat.answer(db, me, "关注 南塘社区"))
        assert "南塘社区" in str(chat.answer(db, me, "我的关注"))
        assert "已取消关注" in str(chat.answer(db, me, "取消关注 南塘社区"))
        assert "没有关注任何内容" in str(chat.answer(db, me, "following"))
        chat.answer(db, me, f"follow {number_of(case)}")
        assert "已全部取消" in str(chat.answer(db, me, "退订"))
        assert db.scalars(select(Follow.id)).all() == []


def test_in_wechat_nobody_follows_his_own_report(cast: people.Cast) -> None:
    person = in_wechat()
    receipt = received(channel=Channel.WECHAT, source=str(person.id), reporter_id=person.id, reporter_phone=None)
    with transaction() as db:
        assert "您自己反映的" in str(chat.answer(db, db.merge(person), f"关注 {receipt.number}"))
        assert db.scalar(select(func.count()).select_from(Report)) == 1


def test_in_wechat_a_case_is_unfollowed_by_the_number_that_its_news_name(
        case: Receipt, cast: people.Cast, time: SetClock) -> None:
    other = published(dispatched(place=at_grid(1), reporter_phone="13900000000"))
    person = in_wechat()
    with transaction() as db:
        chat.answer(db, db.merge(person), f"关注 {number_of(case)}")
        links.merge(db, case_of(db, case), case_of(db, other), cast.triage, Facts(into=number_of(other), reason="同一处"))
    with transaction() as db:
        me = db.merge(person)
        assert "您没有关注" in str(chat.answer(db, me, "取消关注 北坡社区"))
        assert "已取消关注" in str(chat.answer(db, me, f"取消关注 {number_of(other)}"))
        assert db.scalars(select(Follow.id)).all() == []
