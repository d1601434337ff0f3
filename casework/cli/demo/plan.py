"""The day as it is planned before anybody calls: who reports what, where and when, and which reports repeat another. Pure."""
import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from casework.cli.demo.sentences import REQUESTS, SIGHTS, grumble, sight, vague
from casework.geography.coordinates import Point

WAVES = ("早上", "中午", "下午", "傍晚")
SHARES = (("pda", 0.42), ("hotline", 0.33), ("citizen", 0.25))
REPEATS = 0.14
"""So many reports are a second voice on a problem that somebody else has just reported."""
METRES = 1 / 111_000
"""A metre in degrees of latitude; near enough for both ways in a demonstration."""
TITLE_LENGTH = 60


@dataclass(frozen=True)
class Spot:
    """A place of the map by name; `address` is how people write it down."""

    name: str
    address: str
    point: Point
    area_code: str


@dataclass(frozen=True)
class Planned:
    """One report to be sent. `category` is the truth, known to people; `says` is what is sent along."""

    number: int
    channel: str
    wave: int
    key: uuid.UUID
    text: str
    heading: str
    category: str
    scene: str
    point: Point
    spot: Spot
    says: str | None = None
    pointed: bool = True
    addressed: bool = True
    handled: bool = False
    photographed: bool = False
    repeats: int | None = None

    @property
    def title(self) -> str:
        """As lists show it."""
        words = " ".join((self.heading or self.text).split())
        return words if len(words) <= TITLE_LENGTH else words[:TITLE_LENGTH - 1] + "…"


def spots_of(places: Mapping[str, Any], areas: Mapping[str, Any], grid_of: Sequence[str]) -> list[Spot]:
    """The places of the demonstration's map; `grid_of` says for each of them in which grid it lies."""
    names = {one["properties"]["code"]: one["properties"]["name"] for one in areas["features"]}
    made = []
    for feature, grid in zip(places["features"], grid_of, strict=True):
        said = feature["properties"]
        name = f"{said['name']}{said['number_from'] + 6}号" if said["kind"] == "road" else said["name"]
        lon, lat = feature["geometry"]["coordinates"]
        made.append(Spot(name, f"{names[grid[:6]]}{names[grid[:9]]}{name}", Point(lon, lat), grid))
    return made


def plan(spots: Sequence[Spot], count: int, seed: int) -> list[Planned]:
    """So many reports, in the order of the day. The same seed plans the same day."""
    chance = random.Random(f"day {seed}")  # noqa: S311 - a made-up day, no secret
    shares = [share for _, share in SHARES]
    made: list[Planned] = []
    titles: set[str] = set()
    for number in range(count):
        channel = chance.choices([name for name, _ in SHARES], shares)[0]
        wave = number * len(WAVES) // count
        earlier = [one for one in made if one.wave == wave and one.channel == channel
                   and one.repeats is None and not one.handled]
        if earlier and chance.random() < REPEATS:
            made.append(_again(chance.choice(earlier), number, chance))
            continue
        one = _new(channel, number, wave, chance.choice(spots), chance)
        while one.title in titles:  # people tell cases by their titles here
            one = _new(channel, number, wave, chance.choice(spots), chance)
        titles.add(one.title)
        made.append(one)
    return made


def _new(channel: str, number: int, wave: int, spot: Spot, chance: random.Random) -> Planned:
    common: dict[str, Any] = {
        "number": number, "channel": channel, "wave": wave, "spot": spot,
        "key": uuid.UUID(int=chance.getrandbits(128), version=4), "point": _near(spot.point, 25, chance)}
    if channel == "pda":
        topic = chance.choice(SIGHTS)
        handled = chance.random() < 0.1
        return Planned(**common, text=sight(topic, chance, spot.name), heading="", category=topic.code, scene=topic.scene,
                       says=topic.code if chance.random() < 0.88 else None, handled=handled,
                       photographed=handled or chance.random() < 0.5)
    topic = chance.choice(REQUESTS)
    heading, text = grumble(topic, chance, spot.name)
    lost = chance.random() < 0.06
    if chance.random() < 0.06:
        heading, text = vague(chance)
        heading, text, lost = f"{heading}（{number}）", f"{text}（第{number}次来电）", True
    elif lost:
        heading, text = (words.replace(spot.name, "我们这里") for words in (heading, text))
        heading, text = f"{heading}（{number}）", f"{text}（来电{number}）"
    if channel == "hotline":
        return Planned(**common, text=text, heading=heading, category=topic.code, scene=topic.scene,
                       says=topic.code if chance.random() < 0.15 else None,
                       pointed=chance.random() < 0.2 and not lost, addressed=not lost)
    pointed = chance.random() < 0.7
    return Planned(**common, text=text, heading="", category=topic.code, scene=topic.scene, pointed=pointed and not lost,
                   addressed=not lost, photographed=chance.random() < 0.45)


def _again(first: Planned, number: int, chance: random.Random) -> Planned:
    """The same problem in somebody else's words, a few steps away."""
    topics = SIGHTS if first.channel == "pda" else REQUESTS
    topic = next(one for one in topics if one.code == first.category)
    if first.channel == "pda":
        heading, text = "", sight(topic, chance, first.spot.name)
    else:
        heading, text = grumble(topic, chance, first.spot.name)
    return replace(first, number=number, key=uuid.UUID(int=chance.getrandbits(128), version=4), text=text,
                   heading=heading if first.channel == "hotline" else "",
                   point=_near(first.point, 12, chance), repeats=first.number, says=first.category if first.says else None,
                   handled=False, photographed=first.channel != "hotline" and chance.random() < 0.3)


def _near(point: Point, metres: float, chance: random.Random) -> Point:
    east, north = (chance.uniform(-metres, metres) * METRES for _ in range(2))
    return Point(round(point.lon + east, 6), round(point.lat + north, 6))
