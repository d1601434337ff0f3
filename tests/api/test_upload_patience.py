"""A line that falls silent holds nobody: what came is what came."""
import threading
import time

import pytest

from api.patience import Patient


class Line:
    """Gives these bytes one after the other, then blocks until it is closed."""

    def __init__(self, *given: bytes | Exception) -> None:
        self.given, self.closed = list(given), threading.Event()

    def read(self, size: int, /) -> bytes:
        if self.given:
            now = self.given.pop(0)
            if isinstance(now, Exception):
                raise now
            return now[:size]
        self.closed.wait(20)
        return b""


def waiting() -> int:
    return sum(thread.name == "patience" for thread in threading.enumerate())


def test_what_came_before_the_silence_is_kept_and_the_silence_ends() -> None:
    line, before = Line(b"abc", b"de"), waiting()
    with Patient(line, seconds=0.2) as patient:
        began = time.monotonic()
        assert [patient.read(3), patient.read(3), patient.read(3)] == [b"abc", b"de", b""]
        assert 0.1 < time.monotonic() - began < 5
        assert patient.read(3) == b""  # it is not waited for again
    line.closed.set()
    until = time.monotonic() + 60
    while waiting() > before:
        assert time.monotonic() < until, "somebody still waits"
        time.sleep(0.01)


def test_an_end_is_an_end_and_a_fault_is_a_fault() -> None:
    with Patient(Line(b"abc", b"")) as patient:
        assert [patient.read(9), patient.read(9)] == [b"abc", b""]
    with Patient(Line(ConnectionResetError())) as patient, pytest.raises(ConnectionResetError):
        patient.read(9)
