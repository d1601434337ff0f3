"""In the field: grid workers walk a round, collect what they find into the registers, and send it all at once, as a PDA
does that was out of reach for a morning; a survey is held, and two who disagree leave a conflict to be decided."""
import base64
import hashlib
import random
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from casework import clock
from casework.cli.demo import drawings
from casework.cli.demo.callers import Pda
from casework.cli.demo.desks import Shift
from casework.cli.demo.district import Walker
from casework.cli.demo.plan import METRES, Planned, Spot
from casework.cli.demo.reporters import point
from casework.geography.coordinates import Point

OUTSIDE = 20
"""Grid workers who send a morning's work; the others only report."""
PATIENCE_SECONDS = 60
STEPS_OF_A_ROUND = 60
STRIDE_METRES = 12.0
PIECE = 32 * 1024
"""Bytes that a photo is sent in at a time: small, so that more than one piece is needed."""

SURNAMES, GIVEN = "王李张刘陈杨黄赵", ("建国", "秀英", "志强", "丽华", "文博", "晓燕")
SHOPS = ("便利店", "水果店", "五金店", "早餐店", "理发店", "药店")
COMPONENTS = (("0101", "上水井盖"), ("0105", "路灯"), ("0304", "果皮箱"), ("0402", "行道树"))

Operation = dict[str, Any]


class Fieldwork:
    """What some of the grid workers do outside, and what came of it by kind of operation and outcome."""

    def __init__(self, shift: Shift, planned: Sequence[Planned]) -> None:
        self.shift = shift
        self.spots: dict[str, Spot] = {}
        for one in planned:
            self.spots.setdefault(one.spot.area_code, one.spot)
        self.outcomes: Counter[str] = Counter()
        self.houses: dict[str, tuple[str, str]] = {}
        """Of each worker the house that he collected, with its head."""

    @property
    def walkers(self) -> list[Walker]:
        """Those who go out, each with a place that he knows."""
        return [one for one in self.shift.district.walkers if self._spot(one)][:OUTSIDE]

    def morning(self, walker: Walker) -> None:
        """A round with its track, a house with who lives there and the shop in it, a component, a visit, and a report whose
        photo comes after it, in pieces."""
        spot, pda = self._spot(walker), self.shift.reporters.pdas[walker.login]
        if spot is None:
            return
        chance = random.Random(f"field {self.shift.seed} {walker.login}")  # noqa: S311 - a made-up morning, no secret
        now = clock.now()
        began = now - timedelta(minutes=20)
        way = _way(spot.point, began, chance)
        round_id = _id(chance)
        house, collected = _collected(spot, walker, began, chance)
        shot = drawings.photo("manhole", f"{self.shift.seed} {spot.name}", at=began, place=spot.point,
                              shot=f"field {walker.login}")
        report = _operation(chance, "report", began + timedelta(minutes=9), {
            "text": f"{spot.name}门前井盖松动，车辆经过有响声", "place": point(spot.point), "accuracy": 7.5,
            "files": [_named(shot)]})
        results = self.send(pda, [
            _operation(chance, "round", began, {"round": round_id, "event": "start", "place": point(way[0][0])}),
            _operation(chance, "track", now, {"round": round_id, "points": [
                [at.lon, at.lat, 6.0, int(moment.timestamp() * 1000)] for at, moment in way]}),
            _operation(chance, "check_in", began + timedelta(minutes=8), {
                "place": point(spot.point), "accuracy": 6.0, "round": round_id, "note": spot.name}),
            *collected, report,
            _operation(chance, "round", now, {"round": round_id, "event": "end", "place": point(way[-1][0])})])
        if house in results:
            self.houses[walker.login] = (house, str(results[house]["head"]))
        self._upload(pda, report["id"], shot)

    def survey(self) -> None:
        """专项普查: the data steward has every grid of one community looked at, and the grid workers there do it."""
        steward, walker = self.shift.desk("steward1"), self.walkers[0]
        community = walker.grids[0][:12]
        steward.do("POST", "/api/v1/duty/surveys", json={
            "key": str(uuid.uuid4()), "kind": "survey", "title": "窨井盖专项普查", "text": "逐一查看本网格窨井盖是否完好",
            "area": community, "due_at": (clock.now() + timedelta(days=3)).isoformat()})

    def await_survey(self) -> None:
        """Until the jobs have made its tasks and the PDAs can hear of them."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        pda = self.shift.reporters.pdas[self.walkers[0].login]
        while not any(one["kind"] == "task" and one.get("task_kind") == "survey" for one in self.changes(pda)):
            if time.monotonic() > deadline:
                self.shift.city.wonder(f"no task of the survey after {PATIENCE_SECONDS} seconds")
                return
            self.shift.city.ended.wait(1)

    def answer(self, walker: Walker) -> None:
        """Do the tasks that a look at the changes brings."""
        pda = self.shift.reporters.pdas[walker.login]
        told = {one["id"]: one for one in self.changes(pda)}  # what changed meanwhile comes again: the latest holds
        tasks = [one for one in told.values() if one["kind"] == "task" and one.get("state") == "open"]
        here = self._spot(walker)
        self.send(pda, [_operation(None, "task", clock.now(), {
            "task": one["id"], "outcome": "done", "note": "已逐一查看，未发现缺损", "accuracy": 8.0,
            **({"place": point(here.point)} if here else {})}) for one in tasks if one["task_kind"] == "survey"])

    def disagree(self) -> None:
        """What a department knows of a house differs from what the grid worker saw, and neither knew of the other: both
        values stay, and it becomes a task to find out."""
        steward = self.shift.desk("steward1")
        for login, (house, head) in list(self.houses.items())[:3]:
            steward.do("POST", "/api/v1/registry/statements", json={"items": [{
                "id": str(uuid.uuid4()), "register": "house", "subject": house, "base": head, "source": "generated",
                "values": {"usage": "rented", "occupants": 6}}]})
            self.send(self.shift.reporters.pdas[login], [_operation(None, "entry", clock.now(), {
                "subject": house, "register": "house", "values": {"usage": "vacant", "occupants": 0}}, head)])

    def send(self, pda: Pda, operations: list[Operation]) -> dict[str, Any]:
        """Send these in one go; the results of what was done, by operation and, of entries, by subject."""
        random.Random(len(operations)).shuffle(operations)  # noqa: S311 - any order does
        answer = pda.do("POST", "/api/v1/pda/sync", json={"sent_at": clock.now().isoformat(), "operations": operations})
        found: dict[str, Any] = {}
        by_id = {one["id"]: one for one in operations}
        for result in (answer or {"results": ()})["results"]:
            sent = by_id[result["id"]]
            self.outcomes[f"{sent['kind']} {result['outcome']}"] += 1
            if result["outcome"] in {"done", "conflict"}:
                found[result["id"]] = found[sent["data"].get("subject", result["id"])] = result["result"]
            else:
                self.shift.city.wonder(f"{sent['kind']} by sync: {result['outcome']} {result['problem']}")
        return found

    def changes(self, pda: Pda) -> list[dict[str, Any]]:
        """All that a PDA without anything is told."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while (page := pda.do("GET", f"/api/v1/pda/changes?limit=500{cursor}")) is not None:
            found += page["items"]
            cursor = f"&cursor={page['next']}"
            if not page["more"]:
                break
        return found

    def _upload(self, pda: Pda, key: str, content: bytes) -> None:
        """Send a file by tus, piece by piece, and see that the report is then complete."""
        described = ",".join(f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in (
            ("filename", "井盖.jpg"), ("filetype", "image/jpeg"), ("sha256", hashlib.sha256(content).hexdigest())))
        tus = {"Tus-Resumable": "1.0.0"}
        made = pda.ask("POST", "/api/v1/uploads", headers=tus | {
            "Upload-Length": str(len(content)), "Upload-Metadata": described})
        where = made.headers.get("Location", "").removeprefix(self.shift.city.url)
        for at in range(0, len(content), PIECE):
            sent = pda.ask("PATCH", where, content=content[at:at + PIECE], headers=tus | {
                "Upload-Offset": str(at), "Content-Type": "application/offset+octet-stream"})
            if sent.status_code != 204:
                self.shift.city.wonder(f"PATCH {where}: {sent.status_code} {sent.text[:200]}")
                return
        receipt = pda.do("GET", f"/api/v1/pda/reports/{key}/receipt")
        if receipt is not None and not receipt["complete"]:
            self.shift.city.wonder(f"the receipt of {key} misses a file that was sent: {receipt}")

    def _spot(self, walker: Walker) -> Spot | None:
        return next((self.spots[code] for code in walker.grids if code in self.spots), None)


def _collected(spot: Spot, walker: Walker, began: datetime, chance: random.Random) -> tuple[str, list[Operation]]:
    """What is found at this place: the id of the house, and the operations that tell of it."""
    house, person, shop, lamp = (_id(chance) for _ in range(4))
    code, what = chance.choice(COMPONENTS)
    serial = f"{int(walker.login.removeprefix('grid')):06d}"
    at, place, name = began + timedelta(minutes=5), point(spot.point), chance.choice(SURNAMES) + chance.choice(GIVEN)

    def entry(register: str, subject: str, values: dict[str, Any]) -> Operation:
        return _operation(chance, "entry", at, {"subject": subject, "register": register, "values": values,
                                                "place": place, "accuracy": 7.5, "form": f"{register}@1"})
    return house, [
        entry("house", house, {"address": f"{spot.address}2栋1单元301", "usage": "rented", "occupants": chance.randint(1, 5),
                               "rooms": 3, "gas": "pipe", "hazards": ["none"], "owner_name": chance.choice(SURNAMES) + "先生"}),
        entry("person", person, {"name": name, "sex": chance.choice(["male", "female"]), "residence": "tenant",
                                 "household_type": "migrant", "phone": f"199{chance.randrange(10**8):08d}"}),
        entry("entity", shop, {"name": spot.name + chance.choice(SHOPS), "kind": "individual", "state": "open",
                               "address": spot.address, "employees": chance.randint(1, 8)}),
        entry("component", lamp, {"code": f"{spot.area_code[:6]}{code}{serial}", "name": what, "state": "good"}),
        _operation(chance, "relation", at, {"kind": "lives_in", "from": person, "to": house}),
        _operation(chance, "relation", at, {"kind": "located_in", "from": shop, "to": house}),
        _operation(chance, "visit", at, {"subject": house, "purpose": "safety", "place": place, "values": {},
                                         "note": "户主在家，灭火器在有效期内"})]


def _way(start: Point, began: datetime, chance: random.Random) -> list[tuple[Point, datetime]]:
    """A walk of some minutes around a place, a fix every twelve seconds."""
    made, here, turn = [], start, chance.choice([(1, 0), (0, 1), (-1, 0), (0, -1)])
    for step in range(STEPS_OF_A_ROUND):
        made.append((here, began + timedelta(seconds=12 * step)))
        if step % 15 == 14:
            turn = (-turn[1], turn[0])  # round the block, so that nobody leaves his grid
        east, north = (one * STRIDE_METRES * METRES for one in turn)
        here = Point(round(here.lon + east, 6), round(here.lat + north, 6))
    return made


def _operation(chance: random.Random | None, kind: str, at: datetime, data: dict[str, Any],
               base: str | None = None) -> Operation:
    return {"id": _id(chance), "kind": kind, "at": at.isoformat(), "base": base, "data": data}


def _id(chance: random.Random | None) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4) if chance else uuid.uuid4())


def _named(content: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "type": "image/jpeg", "name": "井盖.jpg"}


def told(outcomes: Iterable[tuple[str, int]]) -> str:
    """How the operations fared, in one line."""
    return " ".join(f"{what}×{count}" for what, count in sorted(outcomes))
