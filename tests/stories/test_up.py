"""`zhiwang up` from nothing: it runs, heals, stops whole, goes on with its data, and says in a sentence why it cannot."""
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from casework.storage import migrations
from tests.conftest import absent

PROCESSES = ("valkey", "web", "relay", "worker", "photos", "schedule")


@pytest.fixture(scope="module", autouse=True)
def _written() -> None:
    if not list(migrations.VERSIONS.glob("*.py")):
        absent("no migration has been written yet")


def until(condition: Callable[[], Any], seconds: float = 240, why: str = "") -> Any:
    """What the condition answers as soon as it is something."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, why or "not in time"
        time.sleep(0.2)
    return found


class System:
    """A running `zhiwang up`, seen from outside."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port
        self.output = home.parent / f"output-{time.monotonic_ns()}.txt"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(command(home, port), env=environ(), stdout=output,
                                            stderr=subprocess.STDOUT, start_new_session=True)

    def said(self) -> str:
        return self.output.read_text()

    def pids(self, name: str) -> list[int]:
        """Every process that was ever started under this name, the last one last."""
        return [int(pid) for pid in re.findall(rf"{name} started \(pid=(\d+)\)", self.said())]

    def asks(self, path: str) -> dict[str, Any] | None:
        """The answer in JSON, None when there is none."""
        try:
            return dict(httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=5, trust_env=False).json())
        except httpx.TransportError:
            return None

    def is_well(self) -> bool:
        """Every part answers."""
        answer = self.asks("/health/ready") or {}
        return answer.get("database") == answer.get("queue") == "ok"

    def left(self) -> list[str]:
        """The command lines of the processes of this folder that still run."""
        return processes_of(self.home)


def processes_of(home: Path) -> list[str]:
    """The command lines of the processes that run on this folder."""
    mark, lines = f"ZHIWANG_HOME={home}\0".encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes():
                lines.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return lines


def command(home: Path, port: int) -> list[str]:
    return [sys.executable, "-m", "casework.cli", "up", "--home", str(home), "--port", str(port)]


def environ(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "ZHIWANG_FLOOD": "none", **more}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(home: Path, port: int) -> Iterator[System]:
    system = System(home, port)
    try:
        until(lambda: "Ctrl-C" in system.said() or system.process.poll() is not None)
        assert system.process.poll() is None, system.said()
        yield system
    except AssertionError:
        print(system.said())
        raise
    finally:
        if system.process.poll() is None:
            system.process.kill()
            system.process.wait()
        until(lambda: not system.left(), 20, "processes outlive zhiwang up")


def refusal(home: Path, port: int, **more: str) -> str:
    """What is said, in one sentence and without a trace, when it cannot start."""
    ended = subprocess.run(command(home, port), env=environ(**more), capture_output=True, text=True, timeout=60,
                           check=False)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_a_life_of_zhiwang_up(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    with running(home, port) as system:
        until(system.is_well)
        login, password, _ = (home / "log-ins.txt").read_text().split()
        assert password in system.said()
        for name in ("secrets.env", "log-ins.txt", "valkey/valkey.conf"):
            assert stat.S_IMODE((home / name).stat().st_mode) == 0o600
        kept = (home / "secrets.env").read_text()
        assert "runs on" in refusal(home, free_port())
        assert f"Port {port}" in refusal(tmp_path / "another", port)

        for name in PROCESSES:
            victim = system.pids(name)[-1]
            os.kill(victim, signal.SIGKILL)
            until(lambda name=name, victim=victim: system.pids(name)[-1] != victim, 30, f"{name} was not started again")
        until(lambda: system.is_well() and system.asks("/health/live"), 60, "it did not heal")

        system.process.send_signal(signal.SIGINT)
        assert system.process.wait(timeout=120) == 0
        assert system.left() == []

    with running(home, port) as system:  # the second start, with the same data
        until(system.is_well)
        assert (home / "secrets.env").read_text() == kept
        assert (home / "log-ins.txt").read_text().split()[:2] == [login, password]
        system.process.kill()  # not even that leaves anything behind
        until(lambda: not system.left(), 20, "orphans")


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    said = refusal(tmp_path / "file", free_port())
    assert "cannot be written to" in said
    assert len(said.strip().splitlines()) == 1
    assert "cannot be written to" in refusal(Path("/proc/zhiwang"), free_port())


def test_each_impossible_setting_is_one_sentence(tmp_path: Path) -> None:
    said = refusal(tmp_path / "home", free_port(), ZHIWANG_ACCESS_MINUTES="soon", ZHIWANG_COLOUR="red")
    assert len(said.strip().splitlines()) == 2
    assert "ZHIWANG_ACCESS_MINUTES must be a whole number." in said
    assert "ZHIWANG_COLOUR is not a setting" in said


def test_a_database_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    said = refusal(tmp_path / "home", free_port(),
                   DATABASE_URL="postgresql://zhiwang:s3cret@127.0.0.1:1/zhiwang")
    assert "cannot be used" in said
    assert "s3cret" not in said
