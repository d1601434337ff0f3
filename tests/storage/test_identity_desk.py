"""Desk log-in, its tokens and passwords, and guessing that gets slower; on both databases, with several at once."""
import base64
import json

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import func, select

from casework import settings
from casework.errors import Conflict, Invalid, TooMany, Unauthenticated
from casework.identity import accounts, passwords, people, sessions
from casework.identity.people import Actor, Role, User
from casework.identity.sessions import Tokens, desk
from casework.identity.sessions.refusals import Pace, Tally
from casework.identity.sessions.tokens import RefreshToken
from casework.storage.database import reading, transaction
from tests.conftest import SetClock
from tests.storage.identity_requests import HERE, PASSWORD, at_once, done, fails, hire_wang, statements, who

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def wang(store: str) -> User:
    return hire_wang()


def log_in(password: str = PASSWORD, address: str = HERE, login: str = "wang") -> Tokens:
    return done(sessions.log_in, login, password, address)


class TestDesk:
    def test_the_right_password_opens(self, wang: User, time: SetClock) -> None:
        tokens = log_in(login=" WANG ")
        assert tokens.expires_in == 900
        assert who(tokens.access) == Actor("user", wang.id, "王五", frozenset({Role.DISPATCHER}), unbounded=True)

    def test_anything_else_is_refused_with_one_sentence(self, wang: User) -> None:
        done(people.create_user, "nopassword", "无密码")
        for login, password in (("wang", "wrong"), ("nobody", PASSWORD), ("wang", ""), ("wa\0ng", PASSWORD),
                                ("\ud800", "\ud800"), ("nopassword", "")):
            with pytest.raises(Unauthenticated, match="login or password is wrong"):
                log_in(password, login=login)

    def test_an_unknown_login_costs_as_much_as_a_wrong_password(
            self, wang: User, monkeypatch: pytest.MonkeyPatch) -> None:
        checked = []
        real = passwords._HASHER.verify
        monkeypatch.setattr(type(passwords._HASHER), "verify",
                            lambda _, stored, password: checked.append(stored) or real(stored, password))
        for login in ("wang", "nobody"):
            fails(sessions.log_in, login, "wrong", HERE)
        assert len(checked) == 2
        assert checked[0].rsplit("$", 2)[0] == checked[1].rsplit("$", 2)[0]  # same algorithm and cost

    def test_an_access_token_expires(self, wang: User, time: SetClock) -> None:
        access = log_in().access
        time.passes(minutes=14, seconds=59)
        assert who(access).name == "王五"
        time.passes(seconds=1)
        with pytest.raises(Unauthenticated, match="expired"):
            who(access)

    def test_a_token_of_another_making_is_refused(self, wang: User, time: SetClock) -> None:
        access = log_in().access
        head, body, signature = access.split(".")
        claims = json.loads(base64.urlsafe_b64decode(body + "=="))
        later = base64.urlsafe_b64encode(json.dumps({**claims, "exp": claims["exp"] + 9999}).encode()).rstrip(b"=")
        none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=")
        foreign = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(settings.current().signing_key))
        for forged in (f"{head}.{later.decode()}.{signature}", f"{none.decode()}.{body}.", foreign, "", "a.b.c", "\ud800",
                       f"{head}.{body}.{signature[:-4]}AAAA", log_in().refresh, "." * 5):
            with pytest.raises(Unauthenticated):
                who(forged)

    def test_asking_who_it_is_takes_one_query(self, wang: User) -> None:
        access = log_in().access
        assert statements(lambda: who(access)) == 1

    def test_posts_count_at_once(self, wang: User) -> None:
        access = log_in().access
        done(people.create_post, "管理员", Role.ADMINISTRATOR)
        with transaction() as db:
            people.create_post(db, "督办员", Role.SUPERVISOR, holder_id=wang.id)
        assert who(access).roles == {Role.DISPATCHER, Role.SUPERVISOR}

    def test_a_deactivated_user_stops_at_once(self, wang: User) -> None:
        tokens = log_in()
        done(accounts.deactivate, wang.id)
        with pytest.raises(Unauthenticated):
            who(tokens.access)
        assert fails(sessions.refresh, tokens.refresh) is Unauthenticated
        assert fails(sessions.log_in, "wang", PASSWORD, HERE) is Unauthenticated

    def test_an_outdated_hash_is_made_anew(self, wang: User) -> None:
        weak = passwords.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
        with transaction() as db:
            db.get_one(User, wang.id).password_hash = weak
        log_in()
        with reading() as db:
            assert not passwords.outdated(db.get_one(User, wang.id).password_hash or "")
        log_in()


class TestRefresh:
    def test_each_token_gets_the_next_pair_once(self, wang: User, time: SetClock) -> None:
        tokens = log_in()
        for _ in range(3):
            time.passes(days=10)
            tokens = done(sessions.refresh, tokens.refresh)
            assert who(tokens.access).name == "王五"

    def test_a_token_shown_twice_ends_the_log_in_of_thief_and_owner(self, wang: User) -> None:
        stolen = log_in()
        other = log_in()
        owners = done(sessions.refresh, stolen.refresh)
        with pytest.raises(Unauthenticated, match="used before"):
            done(sessions.refresh, stolen.refresh)
        assert fails(sessions.refresh, owners.refresh) is Unauthenticated
        with pytest.raises(Unauthenticated):
            who(owners.access)
        assert who(other.access).name == "王五"

    def test_shown_by_several_at_once_at_most_one_gets_a_pair_and_the_log_in_ends(self, wang: User) -> None:
        tokens = log_in()
        results = at_once(6, sessions.refresh, tokens.refresh)
        pairs = [one for one in results if isinstance(one, Tokens)]
        assert len(pairs) == 1
        assert results.count(Unauthenticated) == 5
        with pytest.raises(Unauthenticated):
            who(pairs[0].access)

    def test_it_expires(self, wang: User, time: SetClock) -> None:
        tokens = log_in()
        time.passes(days=14)
        assert fails(sessions.refresh, tokens.refresh) is Unauthenticated

    def test_an_unknown_one_is_refused(self, wang: User) -> None:
        for token in ("", "unknown", "\ud800", "\0"):
            assert fails(sessions.refresh, token) is Unauthenticated

    def test_it_is_not_in_the_table(self, wang: User) -> None:
        tokens = log_in()
        with reading() as db:
            assert tokens.refresh not in db.scalars(select(RefreshToken.token_hash)).all()

    def test_log_out_ends_this_log_in_and_no_other(self, wang: User) -> None:
        here, there = log_in(), log_in()
        done(sessions.log_out, here.refresh)
        done(sessions.log_out, "unknown")
        with pytest.raises(Unauthenticated):
            who(here.access)
        assert fails(sessions.refresh, here.refresh) is Unauthenticated
        assert who(there.access).name == "王五"


class TestPasswords:
    def test_a_change_asks_for_the_old_one_and_ends_all_log_ins(self, wang: User) -> None:
        tokens = log_in()
        assert fails(accounts.change_password, wang.id, "wrong", "new password 1") is Unauthenticated
        assert who(tokens.access).name == "王五"
        done(accounts.change_password, wang.id, PASSWORD, "new password 1")
        with pytest.raises(Unauthenticated):
            who(tokens.access)
        assert fails(sessions.log_in, "wang", PASSWORD, HERE) is Unauthenticated
        assert log_in("new password 1")

    def test_guessing_the_old_one_is_slowed_too(self, wang: User, time: SetClock) -> None:
        kinds = [fails(accounts.change_password, wang.id, "wrong", "new password 1") for _ in range(7)]
        assert kinds == [Unauthenticated] * 6 + [TooMany]

    def test_a_weak_one_is_refused(self, wang: User) -> None:
        for weak in ("", "short", "wang12345678", "aaaaaaaaaaaa", "xyz1" * 51):
            assert fails(accounts.set_password, wang.id, weak) is Invalid
        assert log_in()

    def test_nobody_who_left_gets_one(self, wang: User) -> None:
        done(accounts.deactivate, wang.id)
        assert fails(accounts.set_password, wang.id, "new password 1") is Conflict


class TestGuessing:
    def test_five_wrong_ones_are_free_then_the_wait_doubles(self, wang: User, time: SetClock) -> None:
        for _ in range(6):
            assert fails(sessions.log_in, "wang", "wrong", HERE) is Unauthenticated
        waits = []
        for _ in range(4):
            with pytest.raises(TooMany) as refused:
                log_in("wrong")
            waits.append(refused.value.retry_after)
            time.passes(seconds=waits[-1])
            assert fails(sessions.log_in, "wang", "wrong", HERE) is Unauthenticated
        assert waits == [5, 10, 20, 40]

    def test_even_the_right_one_waits_and_then_starts_afresh(self, wang: User, time: SetClock) -> None:
        for _ in range(6):
            fails(sessions.log_in, "wang", "wrong", HERE)
        assert fails(sessions.log_in, "wang", PASSWORD, HERE) is TooMany
        time.passes(seconds=5)
        assert log_in()
        assert [fails(sessions.log_in, "wang", "wrong", HERE) for _ in range(6)] == [Unauthenticated] * 6

    def test_somebody_elses_guessing_does_not_stop_the_owner(self, wang: User, time: SetClock) -> None:
        for _ in range(10):
            fails(sessions.log_in, "wang", "wrong", "203.0.113.9")
        assert log_in()

    def test_the_owner_comes_in_from_where_he_was_lately_whatever_others_try(
            self, wang: User, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(desk, "FROM_ANYWHERE", Pace(free=3, first=60, most=60))
        log_in()
        time.passes(days=3)
        tried = [fails(sessions.log_in, "wang", "wrong", f"203.0.113.{number}") for number in range(5)]
        assert tried == [Unauthenticated] * 4 + [TooMany]
        assert log_in()
        assert fails(sessions.log_in, "wang", PASSWORD, "198.51.100.1") is TooMany
        assert [fails(sessions.log_in, "wang", "wrong", HERE) for _ in range(7)] == [Unauthenticated] * 6 + [TooMany]
        time.passes(days=31)
        for number in range(4):
            fails(sessions.log_in, "wang", "wrong", f"203.0.113.{number}")
        assert fails(sessions.log_in, "wang", PASSWORD, HERE) is TooMany

    def test_what_was_tried_from_everywhere_is_forgotten_with_the_right_one(
            self, wang: User, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(desk, "FROM_ANYWHERE", Pace(free=3, first=60, most=60))
        for number in range(3):
            fails(sessions.log_in, "wang", "wrong", f"203.0.113.{number}")
        log_in()
        assert fails(sessions.log_in, "wang", "wrong", "203.0.113.4") is Unauthenticated
        assert log_in(address="198.51.100.1")

    def test_from_where_somebody_came_in_is_kept_past_the_sweep_and_not_for_ever(self, wang: User, time: SetClock) -> None:
        log_in()
        log_in()
        for days, kept in ((29, 1), (3, 0)):
            time.passes(days=days)
            done(sessions.forget_expired)
            with reading() as db:
                assert db.scalar(select(func.count(Tally.id))) == kept

    def test_an_unknown_login_is_slowed_the_same_way(self, wang: User, time: SetClock) -> None:
        kinds = [fails(sessions.log_in, "nobody", "wrong", HERE) for _ in range(7)]
        assert kinds == [Unauthenticated] * 6 + [TooMany]

    def test_guesses_made_at_once_are_all_counted(self, wang: User, time: SetClock) -> None:
        results = at_once(12, sessions.log_in, "wang", "wrong", HERE)
        assert (results.count(Unauthenticated), results.count(TooMany)) == (6, 6)

    def test_a_day_later_it_is_forgotten(self, wang: User, time: SetClock) -> None:
        for _ in range(6):
            fails(sessions.log_in, "wang", "wrong", HERE)
        time.passes(hours=25)
        assert [fails(sessions.log_in, "wang", "wrong", HERE) for _ in range(6)] == [Unauthenticated] * 6

    def test_the_count_does_not_tell_whose_it_is(self, wang: User) -> None:
        fails(sessions.log_in, "wang", "wrong", HERE)
        with reading() as db:
            kept = " ".join(db.scalars(select(Tally.key)))
        assert "wang" not in kept
        assert HERE not in kept
