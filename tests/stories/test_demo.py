"""`zhiwang demo` from nothing, small: a day played through real processes, told in numbers, left to be looked at.

`PICTURES=docs/pictures DEMO_REPORTS=240 DEMO_PAST=400 pytest tests/stories/test_demo.py` takes those of README anew.
"""
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from casework import clock
from tests.pages.desk import faults
from tests.pages.phone import browser_is_there
from tests.stories import pictures
from tests.stories.test_up import environ, free_port, processes_of, until

REPORTS, PAST = int(os.environ.get("DEMO_REPORTS", "30")), int(os.environ.get("DEMO_PAST", "40"))


class Demonstration:
    """A running `zhiwang demo`, seen from outside."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.url = home, f"http://127.0.0.1:{port}"
        self.output = home.parent / f"demo-{port}.txt"
        command = [sys.executable, "-m", "casework.cli", "demo", "--home", str(home), "--port", str(port),
                   "--reports", str(REPORTS), "--past", str(PAST), "--seed", "5"]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(command, env=environ(COLUMNS="100"), stdout=output, stderr=subprocess.STDOUT)

    def said(self) -> str:
        return self.output.read_text()

    def asks(self, path: str, token: str = "") -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = httpx.get(f"{self.url}{path}", headers=headers, timeout=20, trust_env=False)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def logs_in(self, login: str) -> str:
        password = re.search(rf"^{login}  (\S+)  ", (self.home / "log-ins.txt").read_text(), re.MULTILINE)
        assert password
        answer = httpx.post(f"{self.url}/api/v1/sessions", json={"login": login, "password": password[1]}, timeout=20,
                            trust_env=False)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["access"])


@contextmanager
def demonstration(home: Path) -> Iterator[Demonstration]:
    system = Demonstration(home, free_port())
    try:
        until(lambda: "Ctrl-C" in system.said() or system.process.poll() is not None, 400)
        assert system.process.poll() is None, system.said()
        yield system
    except AssertionError:
        print(system.said())
        raise
    finally:
        if system.process.poll() is None:
            system.process.kill()
            system.process.wait()
        until(lambda: not processes_of(system.home), 30, "processes outlive zhiwang demo")


def test_a_day_is_played_told_in_numbers_left_to_look_at_and_not_played_twice(tmp_path: Path) -> None:
    today = "/api/v1/performance/channels?" + urlencode({"since": clock.now().isoformat()})  # not what was put in of before
    with demonstration(tmp_path / "home") as system:
        said = system.said()
        assert "as it should be" in said, said
        assert "GENERATED" in said
        leader = system.logs_in("leader1")
        channels = system.asks(today, leader)["channels"]
        played = [channels[name] for name in ("pda", "hotline", "citizen")]
        assert sum(one["received"] for one in channels.values()) >= REPORTS
        assert all(one["waiting"] == 0 for one in channels.values())
        assert all(one["filed"] for one in played)
        assert sum(one["joined"] for one in channels.values()) > 0
        assert sum(one["left"] for one in channels.values()) > 0
        assert sum(one["dispatched_by_rule"] for one in channels.values()) > REPORTS / 4
        assert channels["citizen"]["rated"] > 0
        assert channels["pda"]["refused"]["invalid"] > 0
        closed = sum(one["closed"] for one in channels.values())
        assert closed > REPORTS / 2
        (told,) = (line for line in said.splitlines() if "办结 closed" in line)
        assert f" {closed} (" in told  # the table says what the API says

        photographed = [case for row in system.asks("/api/v1/cases?limit=100", leader)["items"]
                        if (case := system.asks(f"/api/v1/cases/{row['number']}", leader))["photos"]]
        for photo in photographed[0]["photos"] if photographed else ():
            assert httpx.get(system.url + photo["small"], timeout=20, trust_env=False).headers["content-type"] == "image/jpeg"

        both = [case for case in photographed if {"report", "after"} <= {photo["purpose"] for photo in case["photos"]}]
        look_at(system, (both or photographed)[0]["number"], Path(os.environ.get("PICTURES") or tmp_path / "pictures"))

        public = system.asks("/api/v1/public/cases?limit=100")["items"]
        assert public
        assert any(one["words"] for one in public)
        assert sum(one["properties"]["count"] for one in system.asks("/api/v1/public/map")["features"]) <= len(public)

        system.process.send_signal(signal.SIGINT)
        assert system.process.wait(timeout=120) == 0
        assert processes_of(system.home) == []

    with demonstration(tmp_path / "home") as system:
        assert "nothing is put in or played twice" in system.said()
        again = system.asks(today, system.logs_in("leader1"))["channels"]
        assert again == channels


def look_at(system: Demonstration, case: str, folder: Path) -> None:
    """The pages of the demonstration, each as whoever works there sees it: whole, and from no other host. Whether each is
    open to everybody is tried by tests/pages/test_pages_are_sound.py, and here where the pictures are to be kept."""
    kept = "PICTURES" in os.environ
    browser_is_there()
    for name, seen in pictures.taken(system.url, pictures.passwords(system.home), "hw", case, folder, all_of_them=kept):
        assert (name, faults(seen.page) if kept else [], seen.strangers(), seen.wrong) == (name, [], [], [])
        assert not seen.is_wider_than_its_screen(), name
