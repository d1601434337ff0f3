"""A storm breaks, and everybody writes to the city's WeChat account at once: every message is answered, or refused so that
WeChat sends it again; none is lost, and none counts twice. How long the answers took is told at the end of the run.

`BURST=20000 pytest tests/stories/test_burst.py -s` for more of them.
"""
import dataclasses
import http.client
import os
import random
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import select

from casework.cases.report import Channel, Report
from casework.geography.coordinates import wgs84_to_gcj02
from casework.intake.wechat.pictures import Picture
from casework.settings import Settings
from casework.storage.database import reading, transaction
from tests import people
from tests.benchmarks.harness import serving
from tests.conftest import Say
from tests.factories import at_grid, small_city
from tests.wechat import ADDRESS, User, with_account

MESSAGES = int(os.environ.get("BURST", "200"))
SENDERS = 64
TWICE = 0.05
"""The share of messages that WeChat sends a second time though the first is under way or answered."""
WECHAT_WAITS = 5.0
"""Seconds. Then it hangs up and sends the message again, three times in all."""
CONTENT = re.compile(r"<Content>(.*?)</Content>", re.DOTALL)


@dataclass
class Crowd:
    """Everybody who writes, shared out among the senders; and how it went."""

    port: int
    chance: random.Random
    waiting: list[tuple[int, User]]
    lock: threading.Lock = field(default_factory=threading.Lock)
    seconds: list[float] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)
    different: list[str] = field(default_factory=list)
    numbers: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def send_all(self) -> float:
        began = time.monotonic()
        threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.monotonic() - began

    def _send(self) -> None:
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            while True:
                with self.lock:
                    if not self.waiting:
                        return
                    number, user = self.waiting.pop()
                self._story(wire, number, user)
        except (OSError, http.client.HTTPException, AssertionError) as error:
            self.faults.append(repr(error))

    def _story(self, wire: http.client.HTTPConnection, number: int, user: User) -> None:
        """Words, a place and a photo, which make a report; and one more photo of it."""
        here = wgs84_to_gcj02(at_grid(number % 3, number % 50))
        self._message(wire, user, user.xml("text", Content=words(number)))
        self._message(wire, user, user.xml("location", Location_X=str(here.lat), Location_Y=str(here.lon), Label="学府路"))
        said = self._message(wire, user, user.xml("image", MediaId=f"photo-{number}-1"))
        found = re.search(r"ZW[0-9]{6}-\w{5}-\w{5}", said)
        assert found, said
        with self.lock:
            self.numbers[words(number)] = found[0]
        assert found[0] in self._message(wire, user, user.xml("image", MediaId=f"photo-{number}-2"))

    def _message(self, wire: http.client.HTTPConnection, user: User, xml: str) -> str:
        """Sent until it is taken; sometimes once more, which must bring the same answer."""
        said = self._until_taken(wire, user, xml)
        with self.lock:
            twice = self.chance.random() < TWICE
        if twice and (again := self._until_taken(wire, user, xml)) != said:
            self.different.append(f"{said} / {again}")
        return said

    def _until_taken(self, wire: http.client.HTTPConnection, user: User, xml: str) -> str:
        for _ in range(100):
            began = time.monotonic()
            wire.request("POST", f"{ADDRESS}?{urlencode(user.query())}", xml.encode(), {"Content-Type": "text/xml"})
            answer = wire.getresponse()
            text = answer.read().decode()
            with self.lock:
                self.seconds.append(time.monotonic() - began)
            if answer.status == 200:
                found = CONTENT.search(text)
                return found[1] if found else ""
            assert answer.status in {429, 503}, f"{answer.status} {text}"
            with self.lock:
                self.refused[answer.status] += 1
            time.sleep(float(answer.headers.get("Retry-After") or 1))
        raise AssertionError("refused a hundred times")


def words(number: int) -> str:
    return f"{number}号井盖没了"


def test_a_burst_is_answered_in_time_and_nothing_is_lost_or_doubled(config: Settings, store: str, say: Say) -> None:
    with transaction() as db:
        people.hire(db, small_city(db))
    settings = dataclasses.replace(with_account(config), database_url=store, rate_limit_reports="1000000 per minute")
    with serving("api.app:create_app", settings, 2, "/health/live") as server:
        nobody = Flask("nobody")
        people_who_write = [(number, User(nobody)) for number in range(MESSAGES // 4)]
        crowd = Crowd(server.port, random.Random(3), people_who_write)
        took = crowd.send_all()
        said = server.log.read_text()[-3000:]
    assert crowd.faults == [], said
    assert crowd.different == []
    slowest = sorted(crowd.seconds)
    sent = len(crowd.seconds)
    say(f"{sent} messages from {MESSAGES // 4} people in {took:.0f} s = {sent / took:.0f} a second, "
        f"p95 {slowest[int(len(slowest) * 0.95)]:.2f} s, the slowest {slowest[-1]:.2f} s, "
        f"{sum(one > WECHAT_WAITS for one in slowest)} over five; refused {dict(crowd.refused)}")
    with reading() as db:
        reports = db.execute(select(Report.id, Report.text, Report.number).where(Report.channel == Channel.WECHAT)).all()
        pictures = Counter(db.scalars(select(Picture.report_id)))
    assert {row.text: row.number for row in reports} == crowd.numbers
    assert len(reports) == MESSAGES // 4
    assert pictures == {row.id: 2 for row in reports}
