"""What a password must be, what checking one costs, and how the wait after wrong ones grows."""
import pytest

from casework.errors import Invalid
from casework.identity import passwords
from casework.identity.sessions.refusals import Pace


def test_a_hash_matches_its_password_and_no_other() -> None:
    stored = passwords.hashed("correct horse", "wang")
    assert stored.startswith("$argon2id$")
    assert passwords.matches(stored, "correct horse")
    for other in ("correct horse ", "", "Correct horse", "\ud800", "x" * 100_000):
        assert not passwords.matches(stored, other)
    assert not passwords.outdated(stored)


def test_the_same_password_has_two_hashes() -> None:
    assert passwords.hashed("correct horse") != passwords.hashed("correct horse")


@pytest.mark.parametrize("stored", [None, "", "nonsense", "$argon2id$v=19$m=1,t=1,p=1$AAAA$AAAA"])
def test_without_a_hash_nothing_matches(stored: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    nobodys = passwords.hashed("the password of nobody")
    monkeypatch.setattr(passwords, "_nobodys_hash", lambda: nobodys)
    assert not passwords.matches(stored, "the password of nobody")


@pytest.mark.parametrize(("password", "reason"), [
    ("short", "at least 10"), ("xyz1" * 51, "at most 200"), ("my WANG password", "login"), ("ababababab", "repeated")])
def test_a_weak_password_is_refused_with_its_reason(password: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.hashed(password, "wang")
    assert [fault.field for fault in refused.value.faults] == ["password"]
    assert reason in refused.value.faults[0].reason


def test_the_wait_doubles_up_to_its_limit() -> None:
    pace = Pace(free=2, first=5, most=60)
    assert [pace.delay(count).total_seconds() for count in (1, 2, 3, 4, 5, 6, 7, 8, 10_000)] == [
        0, 0, 5, 10, 20, 40, 60, 60, 60]
