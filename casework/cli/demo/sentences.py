"""What people in the demonstration say: made-up sentences (sentences.json), each with the category that a
person would give it. Pure."""
import csv
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Topic:
    """One thing to say: its category, short headings and what is told in full; `scene` is what a photo would show."""

    code: str
    headings: Sequence[str]
    details: Sequence[str]
    scene: str = "street"
    trained: bool = True


def _topics(said: list[dict[str, Any]]) -> tuple[Topic, ...]:
    return tuple(Topic(one["code"], tuple(one["headings"]), tuple(one["details"]), one["scene"], one.get("trained", True))
                 for one in said)


_SAID = json.loads(Path(__file__).with_suffix(".json").read_bytes())
WHEN, WISH, WHO = (tuple(_SAID[name]) for name in ("when", "wish", "who"))
VAGUE = tuple(_SAID["vague"])
"""What nobody can file without asking back. A tenth of the examples of every label sounds like this, as in real life."""
REQUESTS = _topics(_SAID["requests"])
"""What citizens and callers say. Nobody has trained the last few: they are what a model has to leave to a person."""
SIGHTS = _topics(_SAID["sights"])
"""What grid workers see."""


def grumble(topic: Topic, chance: random.Random, place: str) -> tuple[str, str]:
    """A heading and a full text about this topic at this place."""
    told = chance.choice(topic.details)
    order = (f"{chance.choice(WHO)}来电反映：{chance.choice(WHEN)}，{place}附近{told}。{chance.choice(WISH)}",
             f"{place}{chance.choice(WHEN)}{told}，{chance.choice(WISH)}",
             f"您好，我住在{place}，{told}。{chance.choice(WHEN)}就这样了。{chance.choice(WISH)}",
             f"{told}，地点在{place}。{chance.choice(WISH)}")
    return f"{place}{chance.choice(topic.headings)}", chance.choice(order)


def vague(chance: random.Random) -> tuple[str, str]:
    """A heading and a text that say nothing."""
    return chance.choice(("反映问题", "投诉", "咨询", "求助")), f"{chance.choice(VAGUE)}。{chance.choice(WISH)}"


def sight(topic: Topic, chance: random.Random, place: str) -> str:
    """What a grid worker types on the round."""
    return f"{place}{chance.choice(topic.headings)}：{chance.choice(topic.details)}"


def examples(places: Sequence[str], a_label: int = 60, number: int = 1) -> list[tuple[str, str, str]]:
    """Labelled sentences (subject, detail, category) for training: generated, not from life, so figures flatter."""
    chance = random.Random(f"examples {number}")  # noqa: S311 - made-up sentences, no secret
    made = []
    for topic in REQUESTS:
        for index in range(a_label if topic.trained else 0):
            said = vague(chance) if index % 10 == 0 else grumble(topic, chance, chance.choice(places))
            made.append((*said, topic.code))
    chance.shuffle(made)
    return made


def write_examples(file: Path, rows: Sequence[tuple[str, str, str]]) -> None:
    """As `zhiwang train` reads them."""
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(("subject", "detail", "label"))
        writer.writerows(rows)
