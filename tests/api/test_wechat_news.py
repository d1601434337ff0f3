"""From the photo in WeChat to the news in WeChat, with everything between, and its servers on this machine."""
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from casework import settings
from casework.cases.report import Report
from casework.media import Photo
from casework.notifications.messages import Message
from casework.notifications.rules import Via
from casework.settings import Settings
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests.api.test_wechat import NUMBER, here
from tests.api.town import Town
from tests.factories import a_photo
from tests.wechat import Servers, User, servers, with_account
from workers import notifications, wechat


@pytest.fixture
def city(town: Town, config: Settings) -> Iterator[Servers]:
    notifications.resting.clear()
    with servers() as made:
        made.files["m1"], made.files["m2"] = a_photo("red"), a_photo("blue")
        settings.configure(with_account(config, url=made.url, quiet_hours=None))
        yield made


def fetch() -> None:
    with reading() as db:
        wechat.fetch_pictures([str(one) for one in db.scalars(select(Event.subject).where(Event.name == "wechat.picture"))])


def test_photos_reach_the_report_whether_they_come_before_it_or_after(town: Town, city: Servers) -> None:
    user = User(town.app)
    user.shows("m1")
    fetch()
    user.says("路灯坏了三天")
    number = NUMBER.findall(here(user))[0]
    user.shows("m2")
    fetch()
    with reading() as db:
        report = db.scalars(select(Report).where(Report.number == number)).one()
        assert [one.report_id for one in db.scalars(select(Photo))] == [report.id, report.id]


def test_the_reporter_hears_in_wechat_what_becomes_of_it(town: Town, city: Servers) -> None:
    user = User(town.app)
    user.shows("m1")
    user.says("人行道上的井盖没了")
    number = NUMBER.findall(here(user))[0]
    town.jobs()
    case = town.case_of(number)
    if case["status"] == "reported":
        town.act(town.triage, case["number"], "file", category="10101")
        town.jobs()
    sent = [body for path, body in city.sent if path == "/cgi-bin/message/custom/send"]
    assert sent
    assert {body["touser"] for body in sent} == {user.openid}
    assert any(case["number"] in body["text"]["content"] for body in sent)
    with reading() as db:
        assert {one.via for one in db.scalars(select(Message).where(Message.report_id.is_not(None)))} == {Via.WECHAT}
        assert all(one.sent_at for one in db.scalars(select(Message).where(Message.via == Via.WECHAT)))
    assert "派遣" in user.says("进度")


def test_who_has_left_is_told_nothing_and_nothing_is_given_up(town: Town, city: Servers) -> None:
    user = User(town.app)
    user.shows("m1")
    user.says("人行道上的井盖没了")
    here(user)
    user.sends("event", Event="unsubscribe")
    town.jobs()
    assert city.sent == []
    with reading() as db:
        assert [one for one in db.scalars(select(Message)) if one.failed_at or one.via is Via.WECHAT] == []


def test_messages_are_answered_while_wechat_s_own_servers_hang(town: Town, city: Servers, config: Settings) -> None:
    settings.configure(with_account(config, url="http://127.0.0.1:1"))
    user = User(town.app)
    user.shows("m1")
    user.says("路灯坏了三天")
    assert NUMBER.search(here(user))
    with transaction() as db:
        assert db.scalars(select(Photo)).all() == []
