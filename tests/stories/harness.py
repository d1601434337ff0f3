"""A running `zhiwang up` whose processes can be killed by name, and its database seen from the test's own process."""
import os
import random
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from casework import settings, storage
from casework.cli import home as homes
from casework.storage import database
from tests.stories.test_up import command, environ, free_port, until

WEB_WORKER = "web worker"


class System:
    """All processes of one folder. `more` is added to their environment."""

    def __init__(self, home: Path, more: Mapping[str, str]) -> None:
        self.home, self.port, self.more = home, free_port(), dict(more)
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = home.parent / f"{home.name}.txt"
        self.killed: set[int] = set()
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(command(home, self.port), env=environ(**self.more), stdout=output,
                                            stderr=subprocess.STDOUT, start_new_session=True)

    def said(self) -> str:
        """Everything that its processes wrote."""
        return self.output.read_text(errors="replace")

    def is_well(self) -> bool:
        """The web server answers, and says that database and queue answer it."""
        try:
            answer = httpx.get(f"{self.url}/health/ready", timeout=5, trust_env=False).json()
        except (httpx.TransportError, ValueError):
            return False
        return bool(answer.get("database") == answer.get("queue") == "ok")

    def kill(self, name: str, choice: random.Random) -> int:
        """kill -9 the process of this name, once it has been started again after the last time; its id."""
        victim = until(lambda: self._alive(name, choice), 60, f"{name} was not started again")
        os.kill(victim, signal.SIGKILL)
        self.killed.add(victim)
        return int(victim)

    def _alive(self, name: str, choice: random.Random) -> int | None:
        if name == WEB_WORKER:
            master = self._alive("web", choice)
            children = _children(master) - self.killed if master else set()
            return choice.choice(sorted(children)) if children else None
        started = [int(pid) for pid in re.findall(rf" {name} +\| .*started \(pid=(\d+)\)|{name} started \(pid=(\d+)\)",
                                                  self.said()) for pid in pid if pid]
        last = started[-1] if started else None
        return last if last not in self.killed else None

    def stop(self) -> None:
        """As Ctrl-C does; nothing may be left."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=120) == 0, self.said()[-3000:]


def _children(parent: int) -> set[int]:
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(after_name[1]) == parent:
            found.add(int(process.name))
    return found


@contextmanager
def running(home: Path, more: Mapping[str, str]) -> Iterator[System]:
    """From nothing until it answers; killed at the end, if it has not been stopped."""
    system = System(home, more)
    try:
        until(lambda: system.is_well() or system.process.poll() is not None, 120, "zhiwang up did not come up")
        assert system.process.poll() is None, system.said()
        yield system
    except BaseException:
        print(system.said()[-8000:])
        raise
    finally:
        if system.process.poll() is None:
            system.process.kill()
            system.process.wait()


@contextmanager
def connected(system: System) -> Iterator[None]:
    """This process reads and writes the same database, with the same keys."""
    given = environ(**system.more)
    settings.configure(settings.load(homes.environment(system.home, system.port, valkey_port=1, given=given)))
    storage.connect(settings.current())
    database.load_models()
    try:
        yield
    finally:
        database.engine().dispose()
        settings._current = None
