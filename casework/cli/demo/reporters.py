"""Who reports: grid workers by PDA, the 12345 platform and its operators, citizens with their phones."""
import json
import random
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from casework import clock
from casework.cli.demo import drawings
from casework.cli.demo.callers import Citizen, City, Desk, Pda, Platform
from casework.cli.demo.district import District
from casework.cli.demo.plan import Planned
from casework.geography.coordinates import Point, wgs84_to_gcj02

BATCH = 30
"""Tickets that the platform hands over at once."""

JSON = {"Content-Type": "application/json"}


class Reporters:
    """Everybody who reports, and what the citizens among them keep: number and token by the planned report's number."""

    def __init__(self, city: City, district: District, seed: int) -> None:
        self.city, self.district, self.seed = city, district, seed
        self.pdas = {one.login: Pda(city, str(one.device_id), one.token) for one in district.walkers}
        self.platform = Platform(city, district.key_id, district.secret)
        self.operator = Desk(city, "operator1", district.password)
        self.kept: dict[int, tuple[str, str]] = {}

    def pda_of(self, one: Planned) -> Pda:
        """The worker of the grid; for a second voice, the one of the next grids, who happened to pass."""
        walkers = self.district.walkers
        own = walkers.index(self.district.walker_of(one.spot.area_code))
        return self.pdas[walkers[(own + (one.repeats is not None)) % len(walkers)].login]

    def errands(self, planned: Sequence[Planned]) -> list[tuple[str, int, Callable[[], None]]]:
        """What is to be done to send these reports: channel, how many reports, and the doing."""
        made: list[tuple[str, int, Callable[[], None]]] = []
        for one in planned:
            if one.channel == "pda":
                made.append(("pda", 1, partial(self.walk, one)))
            elif one.channel == "citizen":
                made.append(("citizen", 1, partial(self.snap, one)))
        calls = [one for one in planned if one.channel == "hotline"]
        by_hand, by_platform = calls[::10], [one for at, one in enumerate(calls) if at % 10]
        made += [("hotline", 1, partial(self.type_in, one)) for one in by_hand]
        for at in range(0, len(by_platform), BATCH):
            batch = by_platform[at:at + BATCH]
            made.append(("hotline", len(batch), partial(self.hand_over, batch)))
        random.Random(f"order {self.seed}").shuffle(made)  # noqa: S311 - an order, no secret
        return made

    def walk(self, one: Planned) -> None:
        """A grid worker reports what he sees."""
        now = clock.now()
        said: dict[str, Any] = {"key": str(one.key), "text": one.text, "place": point(one.point), "accuracy": 6.5,
                                "at": now.isoformat(), "handled": one.handled}
        if one.says:
            said["category"] = one.says
        pda = self.pda_of(one)
        if not one.photographed:
            pda.do("POST", "/api/v1/pda/reports", json=said)
            return
        form = {name: json.dumps(value) if isinstance(value, (dict, bool)) else str(value) for name, value in said.items()}
        shots = [self.shot(one, now)] + ([self.shot(one, now, done=True)] if one.handled else [])
        files = [("photos", (f"IMG_{at}.jpg", shot, "image/jpeg")) for at, shot in enumerate(shots)]
        pda.do("POST", "/api/v1/pda/reports", data=form, files=files)

    def snap(self, one: Planned) -> None:
        """A citizen takes a photo first, then reports; what comes back is kept to see it again."""
        citizen = Citizen(self.city)
        photos = []
        if one.photographed:
            shot = {"photo": ("随手拍.jpg", self.shot(one, clock.now()), "image/jpeg")}
            if sent := citizen.do("POST", "/api/v1/citizen/photos", files=shot):
                photos = [{"id": sent["id"], "token": sent["token"]}]
        said: dict[str, Any] = {"key": str(one.key), "text": one.text, "photos": photos}
        said |= {"place": point(one.point, "gcj02")} if one.pointed else {"address": address(one)}
        if one.number % 3:
            said |= {"name": "市民", "phone": f"199{one.number % 10**8:08d}"}
        if made := citizen.do("POST", "/api/v1/citizen/reports", json=said):
            self.kept[one.number] = (str(made["number"]), str(made["token"]))

    def type_in(self, one: Planned) -> None:
        """An operator writes a call down."""
        self._read(self.operator.do("POST", "/api/v1/hotline/tickets", json={"tickets": [self.ticket(one)]}))

    def hand_over(self, batch: Sequence[Planned]) -> None:
        """The platform hands over a batch, signed."""
        answer = self.platform.tickets(json.dumps({"tickets": [self.ticket(one) for one in batch]}).encode())
        if answer.status_code == 200:
            self._read(answer.json())
        else:
            self.city.wonder(f"the platform's batch: {answer.status_code} {answer.text[:200]}")

    def ticket(self, one: Planned) -> dict[str, Any]:
        """A call as the hotline writes it down."""
        made: dict[str, Any] = {
            "number": f"12345-{one.key.hex[:12]}", "subject": one.heading, "detail": one.text,
            "called_at": clock.now().isoformat(), "caller_name": "来电人", "caller_phone": f"199{one.number % 10**8:08d}"}
        if one.says:
            made["category"] = one.says
        if one.pointed:
            made["place"] = point(one.point)
        if one.addressed:
            made["address"] = one.spot.address
        return made

    def shot(self, one: Planned, at: datetime, *, done: bool = False) -> bytes:
        """A photo of this problem."""
        return drawings.photo(one.scene, f"{self.seed} {one.spot.name}", at=at, place=one.point, done=done,
                              shot=f"{one.number}")

    def _read(self, answer: dict[str, Any] | None) -> None:
        for result in (answer or {}).get("results", ()):
            if result["status"] != 201:
                self.city.wonder(f"a ticket: {result}")


def address(one: Planned) -> str:
    """As a citizen writes it, or words that nobody can find."""
    return one.spot.address if one.addressed else "老地方小卖部对面"


def point(place: Point, system: str = "wgs84") -> dict[str, Any]:
    """A place as the API takes it; phones of the country send shifted ones."""
    sent = wgs84_to_gcj02(place) if system == "gcj02" else place
    return {"lon": sent.lon, "lat": sent.lat, "system": system}
