"""Clients as they are in the field: they send, may hear nothing, and send the same again until it is acknowledged."""
import random
import threading
import time
import uuid
from typing import Any

import httpx
import orjson

from tests.factories import a_photo, at_grid
from tests.stories.hotline_platform import TICKETS, Platform

TEXTS = ("井盖不见了", "路灯不亮", "垃圾没人清", "路面塌了一块", "半夜还在施工")
AGAIN = 0.15
"""This share of what was acknowledged is sent once more: an acknowledgement that was lost looks the same from here."""


class Client(threading.Thread):
    """Sends `count` reports, one after the other, with pauses of `pause` seconds in the middle."""

    channel = ""

    def __init__(self, url: str, name: str, seed: int, count: int, pause: float) -> None:
        super().__init__(name=name, daemon=True)
        self.url, self.count, self.pause = url, count, pause
        self.random = random.Random(f"{name} {seed}")
        self.acknowledged: dict[str, str] = {}
        self.attempts, self.faults = 0, list[str]()

    def run(self) -> None:
        with httpx.Client(base_url=self.url, timeout=15, trust_env=False) as web:
            while len(self.acknowledged) < self.count and not self.faults:
                self._until_acknowledged(web, self.reports())
                time.sleep(self.random.uniform(0, 2 * self.pause))

    def _until_acknowledged(self, web: httpx.Client, waiting: dict[str, Any]) -> None:
        while waiting and not self.faults:
            for key, number in self._attempt(web, waiting).items():
                if self.acknowledged.setdefault(key, number) != number:
                    self.faults.append(f"{key} was {self.acknowledged[key]} and is {number}")
            waiting = {key: one for key, one in waiting.items()
                       if key not in self.acknowledged or self.random.random() < AGAIN}
            time.sleep(self.random.uniform(0, 0.3) if waiting else 0)

    def _attempt(self, web: httpx.Client, reports: dict[str, Any]) -> dict[str, str]:
        self.attempts += 1
        try:
            return self.send(web, reports)
        except httpx.TransportError:
            return {}  # perhaps it was stored and perhaps not

    def answered(self, response: httpx.Response) -> Any:
        """What was answered; None when it is to be tried again. Any other refusal is a fault of somebody's."""
        if response.status_code >= 500 or response.status_code == 429:
            return None
        if response.status_code >= 400:
            self.faults.append(f"{response.status_code} {response.text}")
            return None
        return response.json()

    def reports(self) -> dict[str, Any]:
        """The next report (or reports) by key."""
        raise NotImplementedError

    def send(self, web: httpx.Client, reports: dict[str, Any]) -> dict[str, str]:
        """One attempt; the numbers of those that were acknowledged."""
        raise NotImplementedError

    def place(self) -> dict[str, float]:
        """Somewhere in the small city; near enough to others that some are the same problem."""
        point = at_grid(self.random.randrange(4), self.random.randrange(-3, 3) * 40, self.random.randrange(-3, 3) * 40)
        return {"lon": point.lon, "lat": point.lat}

    def photo(self) -> bytes:
        """Another one each time."""
        return a_photo(f"#{self.random.randrange(1 << 24):06x}")


class Pda(Client):
    """A grid worker's device; every third report has a photo."""

    channel = "pda"

    def __init__(self, *args: Any, device: uuid.UUID, token: str) -> None:
        super().__init__(*args)
        self.headers = {"Authorization": f"Device {token}", "X-Device-Id": str(device)}

    def reports(self) -> dict[str, Any]:
        category = self.random.choice(["10101", "10102", "10105", "20101", None])
        report = {"text": self.random.choice(TEXTS), "place": self.place()} | ({"category": category} if category else {})
        return {str(uuid.UUID(int=self.random.getrandbits(128), version=4)):
                (report, self.photo() if self.random.random() < 1 / 3 else None)}

    def send(self, web: httpx.Client, reports: dict[str, Any]) -> dict[str, str]:
        ((key, (report, photo)),) = reports.items()
        if photo is None:
            response = web.post("/api/v1/pda/reports", json=report | {"key": key}, headers=self.headers)
        else:
            fields = report | {"key": key, "place": orjson.dumps(report["place"]).decode()}
            response = web.post("/api/v1/pda/reports", data=fields, headers=self.headers,
                                files=[("photos", ("photo.jpg", photo, "image/jpeg"))])
        answer = self.answered(response)
        return {key: answer["number"]} if answer else {}


class Citizen(Client):
    """Somebody without an account: the photo first, then a few words; half know the address only."""

    channel = "citizen"

    def reports(self) -> dict[str, Any]:
        where = {"place": self.place()} if self.random.random() < 0.5 else {"address": "南塘社区东门"}
        return {str(uuid.UUID(int=self.random.getrandbits(128), version=4)):
                ({"text": self.random.choice(TEXTS)} | where, self.photo() if self.random.random() < 1 / 4 else None)}

    def send(self, web: httpx.Client, reports: dict[str, Any]) -> dict[str, str]:
        ((key, (report, photo)),) = reports.items()
        photos = []
        if photo is not None:
            sent = self.answered(web.post("/api/v1/citizen/photos", files={"photo": ("photo.jpg", photo, "image/jpeg")}))
            if sent is None:
                return {}
            photos = [sent]
        answer = self.answered(web.post("/api/v1/citizen/reports", json=report | {"key": key, "photos": photos}))
        return {key: answer["number"]} if answer else {}


class Hotline(Client):
    """The platform hands over batches of one to ten tickets."""

    channel = "hotline"

    def __init__(self, *args: Any, platform: Platform) -> None:
        super().__init__(*args)
        self.platform = platform

    def reports(self) -> dict[str, Any]:
        size = min(self.random.randint(1, 10), self.count - len(self.acknowledged))
        return {f"{self.name}-{self.random.getrandbits(40):x}": {
            "subject": self.random.choice(TEXTS), "detail": "请尽快处理", "address": "北坡社区学府路",
            **({"category": "301"} if self.random.random() < 0.7 else {})} for _ in range(size)}

    def send(self, web: httpx.Client, reports: dict[str, Any]) -> dict[str, str]:
        body, headers = self.platform.request([ticket | {"number": key} for key, ticket in reports.items()])
        answer = self.answered(web.post(TICKETS, content=body, headers=headers))
        return {one["ticket"]: one["number"] for one in answer["results"] if one["status"] == 201} if answer else {}
