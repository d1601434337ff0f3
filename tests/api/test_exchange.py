"""Platforms hear how their own tickets fare: by a feed in order and by signed webhooks, whatever goes wrong on the way."""
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from casework import settings
from casework.cases.case import Case
from casework.cases.report import Report
from casework.community import ratings
from casework.exchange import feed, webhooks
from casework.exchange.feed import FeedEntry
from casework.identity.sessions import actor_of_tracking, tracking_token
from casework.settings import Settings
from casework.storage import outbox
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests.api.town import Json, Platform, Town, ok, point, problem, ticket
from tests.conftest import SetClock
from tests.statements import heard
from tests.storage.receiver import Receiver, receiver
from workers import exchange

FEED, SUBSCRIPTIONS, STUCK = "/api/v1/exchange/feed", "/api/v1/exchange/subscriptions", "/api/v1/exchange/stuck"
STANDING = "/api/v1/exchange/standing"
TICKETS = "/api/v1/hotline/tickets"
WHOLE_LIFE = ["report", "file", "dispatch", "sign", "resolve", "accept"]


@pytest.fixture
def here(config: Settings) -> Iterator[Receiver]:
    """A platform's server, on this machine by leave of the settings."""
    settings.configure(replace(config, webhook_loopback="yes"))
    with receiver() as made:
        yield made


def client_of(town: Town, platform: Platform) -> str:
    found = ok(town.administrator.get("/api/v1/admin/clients"))["items"]
    return next(str(one["id"]) for one in found if one["key_id"] == platform.key)  # type: ignore[attr-defined]


def subscribed(town: Town, platform: Platform, here: Receiver, **facts: object) -> None:
    body = {"client": client_of(town, platform), "url": here.url} | facts
    here.secret = ok(town.administrator.post(SUBSCRIPTIONS, body))["secret"] or here.secret


def pull(platform: Platform, cursor: str | None = None, limit: int = 100) -> Json:
    path = f"{FEED}?limit={limit}" + (f"&cursor={cursor}" if cursor else "")
    return ok(platform.app.test_client().get(path, headers=platform.signed(path, b"", "GET")))


def lived(town: Town, platform: Platform, number: str = "T-1") -> str:
    """A ticket from its push to the answered call; the case's number."""
    ok(platform.post(TICKETS, ticket(number=number)))
    town.jobs()
    case = str(pull(platform)["items"][-1]["case"])
    town.act(town.office_handler, case, "sign")
    town.act(town.office_handler, case, "resolve", reply="今晚十点恢复供水")
    town.act(town.operator, case, "accept", finding="来电人认可")
    town.jobs()
    return case


def test_a_platform_reads_how_its_own_tickets_fare_in_order(town: Town) -> None:
    platform, other = town.platform(), town.platform("other")
    ok(town.operator.post(TICKETS, ticket(number="T-1", detail="另一处的噪音", address="北坡社区")))
    case = lived(town, platform)
    page = pull(platform)
    assert [one["event"].removeprefix("case.") for one in page["items"]] == WHOLE_LIFE
    assert [one["seq"] for one in page["items"]] == sorted({one["seq"] for one in page["items"]})
    assert {(one["ticket"], one["case"]) for one in page["items"]} == {("T-1", case)}
    last = page["items"][-1]
    assert (last["status"], last["department"], last["solved"], last["satisfied"]) == ("closed", "区政府办", True, True)
    assert all(last[f"{name}_at"] for name in ("signed", "responded", "resolved", "closed", "solved", "satisfied"))
    assert page["items"][4]["words"] == "今晚十点恢复供水"
    assert "13800138000" not in str(page)
    assert "王小明" not in str(page)
    assert pull(other)["items"] == []
    assert pull(platform, page["next"]) == {"items": [], "next": page["next"], "more": False}
    in_twos, cursor = [], None
    while True:
        part = pull(platform, cursor, 2)
        in_twos, cursor = in_twos + part["items"], part["next"]
        if not part["more"]:
            break
    assert in_twos == page["items"]


def test_events_that_come_twice_or_in_any_order_make_neither_gap_nor_double(town: Town) -> None:
    platform = town.platform()
    lived(town, platform)
    before = pull(platform)["items"]
    with reading() as db:
        ids = list(db.scalars(select(Event.subject).where(Event.name.in_(feed.EVENTS))))
    random.Random(5).shuffle(ids)
    for one in ids:
        exchange.tell([str(one)])
    assert pull(platform)["items"] == before


def test_what_was_lost_on_the_way_is_found_again(town: Town, time: SetClock) -> None:
    platform = town.platform()
    ok(platform.post(TICKETS, ticket()))
    town.jobs()
    (row,) = town.listed(town.office_handler)
    told = len(pull(platform)["items"])
    town.act(town.office_handler, row["number"], "sign")
    with transaction() as db:  # handed over, and lost with Redis
        outbox.mark_relayed(db, outbox.claim(db, 100))
    now = time.passes(minutes=5)
    with transaction() as db:
        lost = feed.unfollowed(db, now.replace(hour=0), now, 100)
        outbox.hand_over_again(db, lost)
    town.jobs()
    assert len(pull(platform)["items"]) == told + 1
    with reading() as db:
        assert feed.unfollowed(db, now.replace(hour=0), now, 100) == []


def test_a_ticket_whose_case_is_merged_hears_from_there_what_comes_after(town: Town) -> None:
    platform = town.platform()
    ok(town.operator.post(TICKETS, ticket(number="X", detail="隔壁工地夜里施工太吵", place=point(3))))
    town.jobs()
    (row,) = town.listed(town.supervisor)
    town.act(town.office_handler, row["number"], "sign")
    ok(platform.post(TICKETS, ticket(number="T-1")))
    town.jobs()
    (mine,) = [one for one in town.listed(town.supervisor) if one["number"] != row["number"]]
    town.act(town.dispatcher, mine["number"], "merge", into=row["number"], reason="同一处")
    town.act(town.office_handler, row["number"], "resolve", reply="已停工")
    town.jobs()
    town.act(town.operator, row["number"], "accept", finding="认可")
    town.jobs()
    told = [(one["event"].removeprefix("case."), one["case"]) for one in pull(platform)["items"]]
    assert told == [*((step, mine["number"]) for step in ("report", "file", "dispatch", "merge")),
                    *((step, row["number"]) for step in ("resolve", "accept"))]


def test_a_question_is_for_the_caller_who_was_asked_alone(town: Town) -> None:
    first, second = town.platform("A"), town.platform("B")
    for platform in (first, second):
        ok(platform.post(TICKETS, ticket(number="T-1", place=point(0))))
        town.jobs()
    cases = [row["number"] for row in town.listed(town.supervisor)]
    if len(cases) == 2:
        mine = str(pull(second)["items"][-1]["case"])
        (into,) = set(cases) - {mine}
        town.act(town.dispatcher, mine, "merge", into=into, reason="同一处")
    case = str(pull(first)["items"][-1]["case"])
    town.act(town.office_handler, case, "sign")
    town.act(town.office_handler, case, "ask", question="请问1502室几点在家？")
    town.jobs()
    asked = [next(one for one in pull(platform)["items"] if one["event"] == "case.ask") for platform in (first, second)]
    assert [one["words"] for one in asked] == ["请问1502室几点在家？", None]
    assert "1502室" not in str(pull(second))


def test_a_rating_is_told_to_the_ticket_that_was_rated_alone(town: Town) -> None:
    platform = town.platform()
    for number in ("T-1", "T-2"):
        ok(platform.post(TICKETS, ticket(number=number)))
    town.jobs()
    for row in town.listed(town.office_handler):
        town.act(town.office_handler, row["number"], "sign")
        town.act(town.office_handler, row["number"], "resolve", reply="已恢复")
        town.act(town.operator, row["number"], "accept", finding="认可")
    with transaction() as db:
        report = db.scalars(select(Report).where(Report.key == "T-2")).one()
        ratings.rate(db, report, actor_of_tracking(report.id, tracking_token(report.id)), 4)
    town.jobs()
    rated = [one for one in pull(platform)["items"] if one["event"] == "case.rated"]
    assert [(one["ticket"], one["rating"], one["satisfied"]) for one in rated] == [("T-2", 4, True)]


def test_each_line_is_delivered_signed_once_and_in_order(town: Town, here: Receiver) -> None:
    platform = town.platform()
    subscribed(town, platform, here)
    lived(town, platform)
    assert here.steps("T-1") == WHOLE_LIFE
    assert (here.forged, len(set(here.keys))) == (0, len(WHOLE_LIFE))
    assert here.taken == pull(platform)["items"]
    assert here.keys == [one["id"] for one in here.taken]
    exchange.tell([])
    assert len(here.taken) == len(WHOLE_LIFE)


def test_only_what_was_wanted_is_delivered(town: Town, here: Receiver) -> None:
    platform = town.platform()
    subscribed(town, platform, here, events=["case.dispatch", "case.accept"])
    lived(town, platform)
    assert here.steps("T-1") == ["dispatch", "accept"]
    subscribed(town, platform, here, events=[], active=False)
    lived(town, platform, "T-2")
    assert here.steps("T-2") == []
    assert len(pull(platform)["items"]) == 2 * len(WHOLE_LIFE)


def test_what_is_refused_comes_again_and_nothing_later_of_its_case_before_it(
        town: Town, here: Receiver, time: SetClock) -> None:
    platform = town.platform()
    subscribed(town, platform, here)
    here.answer = lambda told: 500 if told["event"] == "case.dispatch" and told["ticket"] == "T-1" else 204
    lived(town, platform)
    lived(town, platform, "T-2")
    assert here.steps("T-1") == ["report", "file"]
    assert here.steps("T-2") == WHOLE_LIFE, "another case does not wait"
    here.answer = lambda _: 204
    exchange.tell([])
    assert here.steps("T-1") == ["report", "file"], "not before its time"
    time.passes(minutes=2)
    exchange.tell([])
    assert here.steps("T-1") == WHOLE_LIFE


def test_what_is_given_up_is_seen_and_revived(town: Town, here: Receiver, time: SetClock) -> None:
    platform = town.platform()
    subscribed(town, platform, here)
    here.answer = lambda told: 302 if told["event"] == "case.file" else 204
    lived(town, platform)
    for wait in webhooks.WAITS:
        time.passes(seconds=wait.total_seconds() + 1)
        exchange.tell([])
    assert here.steps("T-1") == ["report"]
    (shown,) = ok(town.administrator.get(SUBSCRIPTIONS))["items"]
    assert (shown["dead"], shown["waiting"], shown["fault"]) == (1, 4, "HTTP 302")
    (dead,) = ok(town.administrator.get(STUCK))["items"]
    assert (dead["event"], dead["attempts"], dead["ticket"]) == ("case.file", len(webhooks.WAITS) + 1, "T-1")
    assert len(ok(town.administrator.get(STUCK, state="waiting", limit=3))["items"]) == 3
    assert ok(town.administrator.get(STANDING)) == {"webhooks": [shown], "stuck": {"items": [dead], "next": None}}
    here.answer = lambda _: 200
    assert town.administrator.post(f"{STUCK}/{dead['id']}/revive").status_code == 204
    problem(town.administrator.post(f"{STUCK}/{dead['id']}/revive"), 409)
    exchange.tell([])
    assert here.steps("T-1") == WHOLE_LIFE
    assert ok(town.administrator.post(f"{STUCK}/revive", {})) == {"lines": 0}


def test_more_webhooks_cost_no_more_statements_and_each_has_what_is_its_own(town: Town, here: Receiver) -> None:
    busy, idle = town.platform(), town.platform("other")
    here.answer = lambda _: 500
    subscribed(town, busy, here)
    lived(town, busy)
    ok(town.administrator.get(STANDING))
    with heard() as one:
        ok(town.administrator.get(STANDING))
    subscribed(town, idle, here)
    with heard() as two:
        told = ok(town.administrator.get(STANDING))["webhooks"]
    assert len(one) == len(two) == 3  # who calls, all webhooks, what was given up
    assert [(each["name"], each["waiting"], each["fault"], each["oldest_at"] is None) for each in told] == [
        ("12345", len(WHOLE_LIFE), "HTTP 500", False), ("other", 0, None, True)]
    problem(town.operator.get(STANDING), 403)


@pytest.mark.parametrize("how", ["hang", "drip"])
def test_a_receiver_that_hangs_or_is_away_is_left_alone_and_loses_nothing(
        town: Town, here: Receiver, time: SetClock, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setattr(webhooks, "SECONDS", 0.3)
    platform = town.platform()
    subscribed(town, platform, here)
    here.answer = lambda _: how
    lived(town, platform)
    assert len(here.asked) == 1, "the others would only wait as well"
    (shown,) = ok(town.administrator.get(SUBSCRIPTIONS))["items"]
    assert (shown["fault"], shown["waiting"], shown["dead"]) == ("ReadTimeout", len(WHOLE_LIFE), 0)
    here.answer = lambda _: 204
    time.passes(minutes=2)
    exchange.tell([])
    assert here.steps("T-1") == WHOLE_LIFE


class Killed(BaseException):
    """A process that ends without a word."""


def test_a_kill_between_sending_and_marking_sends_again_under_the_same_key(
        town: Town, here: Receiver, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = town.platform()
    lived(town, platform)
    subscribed(town, platform, here)
    (cursor, lines) = (pull(platform, limit=1)["next"], len(WHOLE_LIFE) - 1)
    raw = f'{{"cursor": "{cursor}"}}'.encode()
    assert ok(platform.post("/api/v1/exchange/replay", raw)) == {"lines": lines}

    def killed(*_: object, **__: object) -> int:
        raise Killed
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(webhooks, "_mark", killed)
        webhooks.deliver()
    assert here.steps("T-1") == ["file"]
    exchange.tell([])
    assert here.steps("T-1") == ["file"], "claimed: nobody else sends it, nor what follows"
    time.passes(seconds=webhooks.LEASE.total_seconds() + 1)
    exchange.tell([])
    assert here.steps("T-1") == ["file", *WHOLE_LIFE[1:]]
    assert here.keys[0] == here.keys[1]


def test_who_was_held_up_longer_than_the_claim_marks_nothing(town: Town, here: Receiver, time: SetClock) -> None:
    platform = town.platform()
    subscribed(town, platform, here)
    here.answer = lambda _: 500
    lived(town, platform)
    time.passes(minutes=2)
    with transaction() as db:
        client = db.scalar(select(FeedEntry.client_id).limit(1))
        assert client is not None
        (late,) = webhooks._claim(db, client)
    time.passes(minutes=6)
    with transaction() as db:
        assert len(webhooks._claim(db, client)) == 1
    assert webhooks._mark(late, owed=False, next_try_at=None) == 0
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(FeedEntry).where(FeedEntry.owed)) == len(WHOLE_LIFE)


@pytest.mark.parametrize("url", [
    "http://platform.example/", "ftp://platform.example/", "https://", "https://a:b@x.example/", "https://x.example/#a",
    "http://127.0.0.1/", "https://127.0.0.1/", "https://localhost:1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
    "https://169.254.169.254/", "https://0.0.0.0/", "https://x.example:99999/", "https://城市.example/",
    "https://x y.example/"])
def test_nothing_is_sent_to_such_addresses(town: Town, url: str) -> None:
    client = client_of(town, town.platform())
    assert "url" in problem(town.administrator.post(SUBSCRIPTIONS, {"client": client, "url": url}), 422)["fields"]


def test_a_receiver_whose_certificate_nobody_vouches_for_gets_nothing(
        town: Town, here: Receiver, config: Settings) -> None:
    platform = town.platform()
    subscribed(town, platform, here, url=here.url.replace("http:", "https:"))
    lived(town, platform)
    assert here.asked == []
    (shown,) = ok(town.administrator.get(SUBSCRIPTIONS))["items"]
    assert (shown["waiting"], shown["fault"]) == (len(WHOLE_LIFE), "ConnectError")


def test_each_only_what_is_theirs(town: Town) -> None:
    platform, other = town.platform(), town.platform("other")
    lived(town, platform)
    mine = client_of(town, platform)
    path = f"{FEED}?client={mine}"
    answer = ok(platform.app.test_client().get(path, headers=other.signed(path, b"", "GET")))
    assert answer["items"] == [], "a platform reads its own, whatever it names"
    assert len(ok(town.administrator.get(FEED, client=mine))["items"]) == len(WHOLE_LIFE)
    assert "client" in problem(town.administrator.get(FEED), 422)["fields"]
    problem(platform.post("/api/v1/exchange/replay", b"{}"), 409)
    for somebody in (town.operator, town.li, town.supervisor):
        problem(somebody.get(FEED), 403)
        problem(somebody.get(STUCK), 403)
    problem(town.administrator.post(SUBSCRIPTIONS, {"client": str(town.cast.li.id), "url": "https://x.example/"}), 404)
    body = {"client": mine, "url": "https://x.example/", "events": ["case.nonsense"]}
    assert "events.0" in problem(town.administrator.post(SUBSCRIPTIONS, body), 422)["fields"]


def test_the_secret_is_shown_once_and_changed_on_demand(town: Town) -> None:
    body = {"client": client_of(town, town.platform()), "url": "https://x.example/"}
    first = ok(town.administrator.post(SUBSCRIPTIONS, body))["secret"]
    assert ok(town.administrator.post(SUBSCRIPTIONS, body))["secret"] is None
    assert ok(town.administrator.post(SUBSCRIPTIONS, body | {"new_secret": True}))["secret"] not in {None, first}


def test_old_lines_are_forgotten_but_for_what_is_owed_and_the_newest(town: Town, here: Receiver, time: SetClock) -> None:
    platform = town.platform()
    lived(town, platform)
    with transaction() as db:
        db.execute(update(FeedEntry).where(FeedEntry.event == "case.file").values(owed=True))
    time.passes(days=91)
    with transaction() as db:
        assert feed.forget(db, 100) == len(WHOLE_LIFE) - 2
    assert [one["event"] for one in pull(platform)["items"]] == ["case.file", "case.accept"]
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Case)) == 1
