"""Devices, systems and citizens prove who they are; on both databases, with several at once."""
import uuid

import pytest
from sqlalchemy import func, select

from casework.errors import Conflict, Invalid, NotFound, TooMany, Unauthenticated
from casework.identity import accounts, people, sessions
from casework.identity.people import Actor, Citizen, Role, User
from casework.identity.privacy import blind_index
from casework.identity.sessions import MemorySender, Tokens, signature_of
from casework.identity.sessions.clients import Nonce
from casework.identity.sessions.devices import Device
from casework.identity.sessions.refusals import Tally
from casework.identity.sessions.tokens import LogIn, RefreshToken
from casework.notifications.senders import LogSender
from casework.storage.database import reading, transaction
from tests.conftest import SetClock
from tests.storage.identity_requests import HERE, PASSWORD, PHONE, at_once, done, fails, hire_wang, statements, who

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def wang(store: str) -> User:
    return hire_wang()


class TestDevices:
    @pytest.fixture
    def pda(self, wang: User) -> tuple[Device, str]:
        return done(sessions.enrol_device, wang.id, "PDA 7")

    def test_its_token_names_the_carrier_and_the_device(self, wang: User, pda: tuple[Device, str]) -> None:
        device, token = pda
        actor = done(sessions.actor_of_device, token, device.id)
        assert (actor.id, actor.device_id, actor.roles) == (wang.id, device.id, {Role.DISPATCHER})

    def test_it_works_on_no_other_device(self, wang: User, pda: tuple[Device, str]) -> None:
        other, others_token = done(sessions.enrol_device, wang.id, "PDA 8")
        for token, device_id in ((pda[1], other.id), (others_token, pda[0].id), (pda[1], uuid.uuid4()),
                                 ("", pda[0].id), ("\ud800", pda[0].id), (pda[0].token_hash, pda[0].id)):
            assert fails(sessions.actor_of_device, token, device_id) is Unauthenticated

    def test_revoked_it_stops_at_once(self, pda: tuple[Device, str]) -> None:
        device, token = pda
        done(sessions.revoke_device, device.id)
        done(sessions.revoke_device, device.id)
        assert fails(sessions.actor_of_device, token, device.id) is Unauthenticated
        assert fails(sessions.revoke_device, uuid.uuid4()) is NotFound

    def test_it_ends_with_its_carrier(self, wang: User, pda: tuple[Device, str]) -> None:
        done(accounts.deactivate, wang.id)
        assert fails(sessions.actor_of_device, pda[1], pda[0].id) is Unauthenticated
        assert fails(sessions.enrol_device, wang.id, "PDA 9") is Conflict

    def test_it_is_seen_at_most_once_a_minute_and_asks_one_query(self, pda: tuple[Device, str], time: SetClock) -> None:
        device, token = pda

        def ask() -> Actor:
            return done(sessions.actor_of_device, token, device.id)
        assert [statements(ask), statements(ask)] == [2, 1]
        time.passes(seconds=61)
        assert [statements(ask), statements(ask)] == [2, 1]
        with reading() as db:
            assert db.get_one(Device, device.id).last_seen_at == time.moment

    def test_a_look_works_while_somebody_writes(self, pda: tuple[Device, str]) -> None:
        with transaction() as writer:
            writer.add(Citizen(phone=people.seal(PHONE), phone_index="x"))
            writer.flush()
            with reading() as db:
                assert sessions.actor_of_device(db, pda[1], pda[0].id).device_id == pda[0].id

    def test_it_needs_a_name(self, wang: User) -> None:
        for name in ("", "  ", "\0"):
            assert fails(sessions.enrol_device, wang.id, name) is Invalid


class TestClients:
    @pytest.fixture
    def platform(self, store: str, time: SetClock) -> tuple[str, str, uuid.UUID]:
        client, key_id, secret = done(sessions.create_client, "12345", [Role.PLATFORM])
        return key_id, secret, client.id

    @staticmethod
    def signed(key_id: str, secret: str, time: SetClock, /, **changed: object) -> tuple[object, ...]:
        """A request; what is changed is changed after signing."""
        sent: dict[str, object] = {
            "method": "POST", "path": "/api/v1/hotline/tickets?dry=0", "timestamp": str(int(time.moment.timestamp())),
            "nonce": uuid.uuid4().hex, "body": b'{"a":1}'}
        sent |= {name[3:]: value for name, value in changed.items() if name.startswith("is_")}
        signature = signature_of(secret, *sent.values())  # type: ignore[arg-type]
        after = {"key_id": key_id, "signature": signature, **sent}
        return tuple({**after, **{name: value for name, value in changed.items() if name in after}}.values())

    def test_a_signed_request_names_the_system(self, platform: tuple[str, str, uuid.UUID], time: SetClock) -> None:
        key_id, secret, client_id = platform
        actor = done(sessions.actor_of_client, *self.signed(key_id, secret, time))
        assert actor == Actor("client", client_id, "12345", frozenset({Role.PLATFORM}))

    def test_nothing_in_it_can_be_changed(self, platform: tuple[str, str, uuid.UUID], time: SetClock) -> None:
        changes: list[dict[str, object]] = [
            {"method": "PUT"}, {"path": "/api/v1/hotline/tickets?dry=1"}, {"timestamp": "1"}, {"nonce": "n" * 20},
            {"body": b'{"a":2}'}, {"body": b""}, {"signature": ""}, {"signature": "0" * 64}, {"signature": "é"},
            {"key_id": "0" * 16}, {"key_id": "\0"}, {"key_id": ""}]
        for changed in changes:
            request = self.signed(platform[0], platform[1], time, **changed)
            assert fails(sessions.actor_of_client, *request) is Unauthenticated, changed

    def test_a_poor_nonce_is_refused_though_signed(
            self, platform: tuple[str, str, uuid.UUID], time: SetClock) -> None:
        for nonce in ("", "short", "n" * 65, "with space in the nonce", "n" * 20 + "\n", "号" * 20):
            request = self.signed(platform[0], platform[1], time, is_nonce=nonce)
            assert fails(sessions.actor_of_client, *request) is Unauthenticated, nonce

    def test_its_clock_may_differ_by_five_minutes(
            self, platform: tuple[str, str, uuid.UUID], time: SetClock) -> None:
        now = int(time.moment.timestamp())
        for seconds in (-300, 300):
            assert done(sessions.actor_of_client,
                        *self.signed(platform[0], platform[1], time, is_timestamp=str(now + seconds)))
        for wrong in (str(now - 301), str(now + 301), "", "now", "-1", "1e9", "９９９", "9" * 400, f"{now}.0"):
            request = self.signed(platform[0], platform[1], time, is_timestamp=wrong)
            assert fails(sessions.actor_of_client, *request) is Unauthenticated, wrong

    def test_a_replay_is_refused_for_as_long_as_its_time_is_good(
            self, platform: tuple[str, str, uuid.UUID], time: SetClock) -> None:
        ahead = str(int(time.moment.timestamp()) + 300)
        request = self.signed(platform[0], platform[1], time, is_timestamp=ahead)
        assert done(sessions.actor_of_client, *request)
        for _ in range(5):
            done(sessions.forget_expired)
            assert fails(sessions.actor_of_client, *request) is Unauthenticated
            time.passes(seconds=149)

    def test_of_replays_at_once_one_passes(self, platform: tuple[str, str, uuid.UUID], time: SetClock) -> None:
        results = at_once(8, sessions.actor_of_client, *self.signed(platform[0], platform[1], time))
        assert results.count(Unauthenticated) == 7

    def test_two_systems_may_use_the_same_nonce(self, platform: tuple[str, str, uuid.UUID], time: SetClock) -> None:
        _, key_id, secret = done(sessions.create_client, "parks", [Role.PLATFORM])
        for pair in (platform[:2], (key_id, secret)):
            assert done(sessions.actor_of_client, *self.signed(*pair, time, is_nonce="n" * 20))

    def test_it_is_not_asked_in_a_reading(self, platform: tuple[str, str, uuid.UUID], time: SetClock) -> None:
        with reading() as db, pytest.raises(RuntimeError, match="replayed"):
            sessions.actor_of_client(db, *self.signed(platform[0], platform[1], time))  # type: ignore[arg-type]

    def test_after_rotation_the_former_secret_works_for_a_day(
            self, platform: tuple[str, str, uuid.UUID], time: SetClock) -> None:
        key_id, former, client_id = platform
        fresh = done(sessions.rotate_secret, client_id)
        time.passes(hours=23)
        for secret in (former, fresh):
            assert done(sessions.actor_of_client, *self.signed(key_id, secret, time))
        time.passes(hours=1)
        assert fails(sessions.actor_of_client, *self.signed(key_id, former, time)) is Unauthenticated
        assert done(sessions.actor_of_client, *self.signed(key_id, fresh, time))

    def test_revoked_it_stops(self, platform: tuple[str, str, uuid.UUID], time: SetClock) -> None:
        done(sessions.revoke_client, platform[2])
        assert fails(sessions.actor_of_client, *self.signed(platform[0], platform[1], time)) is Unauthenticated

    def test_a_system_is_neither_ours_nor_a_citizen(self, store: str) -> None:
        for roles in ([], [Role.SYSTEM], [Role.CITIZEN, Role.PLATFORM]):
            assert fails(sessions.create_client, "x", roles) is Invalid


class TestTracking:
    def test_the_token_opens_its_report_only_and_is_always_the_same(self, store: str) -> None:
        mine, other = uuid.uuid4(), uuid.uuid4()
        token = sessions.tracking_token(mine)
        assert token == sessions.tracking_token(mine)
        assert len(token) == 22
        assert sessions.actor_of_tracking(mine, token).report_id == mine
        for report_id, shown in ((other, token), (mine, ""), (mine, token[:-1]), (mine, "é\ud800")):
            with pytest.raises(Unauthenticated):
                sessions.actor_of_tracking(report_id, shown)


class TestPhoneCode:
    @pytest.fixture
    def sms(self, store: str, time: SetClock) -> MemorySender:
        made = MemorySender()
        done(sessions.send_phone_code, PHONE, made, HERE)
        return made

    @staticmethod
    def code(sms: MemorySender) -> str:
        return "".join(filter(str.isdecimal, sms.sent[-1][1]))[:6]

    def wrong(self, sms: MemorySender) -> str:
        return f"{(int(self.code(sms)) + 1) % 1_000_000:06d}"

    def test_the_code_proves_the_phone(self, sms: MemorySender) -> None:
        tokens = done(sessions.log_in_phone, "+86 138-1234-1234", self.code(sms))
        actor = who(tokens.access)
        assert (actor.kind, actor.roles, actor.phone_index) == (
            "citizen", {Role.CITIZEN}, blind_index("phone", PHONE))
        assert who(done(sessions.refresh, tokens.refresh).access).id == actor.id

    def test_the_same_phone_is_the_same_citizen(self, sms: MemorySender, time: SetClock) -> None:
        first = who(done(sessions.log_in_phone, PHONE, self.code(sms)).access)
        time.passes(minutes=1)
        done(sessions.send_phone_code, PHONE, sms)
        assert who(done(sessions.log_in_phone, PHONE, self.code(sms)).access).id == first.id

    def test_it_works_once(self, sms: MemorySender) -> None:
        done(sessions.log_in_phone, PHONE, self.code(sms))
        assert fails(sessions.log_in_phone, PHONE, self.code(sms)) is Unauthenticated

    def test_used_by_several_at_once_it_works_once(self, sms: MemorySender) -> None:
        results = at_once(6, sessions.log_in_phone, PHONE, self.code(sms))
        assert len([one for one in results if isinstance(one, Tokens)]) == 1

    def test_it_lasts_five_minutes(self, sms: MemorySender, time: SetClock) -> None:
        time.passes(minutes=5)
        assert fails(sessions.log_in_phone, PHONE, self.code(sms)) is Unauthenticated

    def test_after_five_wrong_guesses_the_right_one_is_too_late(self, sms: MemorySender) -> None:
        for _ in range(5):
            assert fails(sessions.log_in_phone, PHONE, self.wrong(sms)) is Unauthenticated
        assert fails(sessions.log_in_phone, PHONE, self.code(sms)) is Unauthenticated

    def test_four_wrong_guesses_are_forgiven(self, sms: MemorySender) -> None:
        for _ in range(4):
            fails(sessions.log_in_phone, PHONE, self.wrong(sms))
        assert done(sessions.log_in_phone, PHONE, self.code(sms))

    def test_guesses_at_once_are_all_counted(self, sms: MemorySender) -> None:
        at_once(5, sessions.log_in_phone, PHONE, self.wrong(sms))
        assert fails(sessions.log_in_phone, PHONE, self.code(sms)) is Unauthenticated

    def test_it_is_for_its_phone(self, sms: MemorySender) -> None:
        assert fails(sessions.log_in_phone, "13900000000", self.code(sms)) is Unauthenticated

    def test_a_new_one_replaces_it(self, sms: MemorySender, time: SetClock) -> None:
        former = self.code(sms)
        while self.code(sms) == former:
            time.passes(hours=1)
            done(sessions.send_phone_code, PHONE, sms)
        assert fails(sessions.log_in_phone, PHONE, former) is Unauthenticated
        assert done(sessions.log_in_phone, PHONE, self.code(sms))

    def test_one_phone_gets_the_next_after_a_wait_that_doubles(self, sms: MemorySender, time: SetClock) -> None:
        waits = []
        for _ in range(8):
            with pytest.raises(TooMany) as refused:
                done(sessions.send_phone_code, PHONE, sms)
            waits.append(refused.value.retry_after)
            time.passes(seconds=waits[-1])
            done(sessions.send_phone_code, PHONE, sms)
        assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]
        assert len(sms.sent) == 9

    def test_asked_for_by_several_at_once_one_is_sent(self, store: str, time: SetClock) -> None:
        sms = MemorySender()
        results = at_once(6, sessions.send_phone_code, PHONE, sms, HERE)
        assert (results.count(TooMany), len(sms.sent)) == (5, 1)

    def test_one_address_cannot_have_codes_sent_to_everybody(self, sms: MemorySender) -> None:
        for n in range(20):
            done(sessions.send_phone_code, f"139000000{n:02d}", sms, HERE)
        assert fails(sessions.send_phone_code, "13700000000", sms, HERE) is TooMany
        done(sessions.send_phone_code, "13700000000", sms, "203.0.113.9")

    def test_only_a_mobile_number_gets_one(self, sms: MemorySender) -> None:
        for phone in ("", "12345", "075512345678", "1381234123", "138123412345", "\ud800", "\0"):
            assert fails(sessions.send_phone_code, phone, sms) is Invalid
            assert fails(sessions.log_in_phone, phone, "123456") is Invalid

    def test_the_log_shows_neither_phone_nor_code(self, store: str, capsys: pytest.CaptureFixture[str]) -> None:
        with transaction() as db:
            sessions.send_phone_code(db, PHONE, LogSender())
        shown = capsys.readouterr().out
        assert "138****1234" in shown
        assert PHONE not in shown
        assert "验证码" not in shown


def test_what_has_run_out_is_forgotten_and_what_has_not_stays(wang: User, time: SetClock) -> None:
    tokens = done(sessions.log_in, "wang", PASSWORD, HERE)
    fails(sessions.log_in, "wang", "wrong", HERE)
    done(sessions.send_phone_code, PHONE, MemorySender())
    _, key_id, secret = done(sessions.create_client, "12345", [Role.PLATFORM])
    done(sessions.actor_of_client, *TestClients.signed(key_id, secret, time))
    assert done(sessions.forget_expired) == 0
    assert done(sessions.refresh, tokens.refresh)
    time.passes(days=31)
    assert done(sessions.forget_expired) >= 4
    for table in (LogIn, RefreshToken, Nonce, Tally):
        with reading() as db:
            assert db.scalar(select(func.count()).select_from(table)) == 0
