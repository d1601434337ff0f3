"""The page of who is told what is current, and says every rule once."""
from pathlib import Path

from casework.notifications import page
from casework.notifications.rules import NOBODY, RULES, Audience, Kind

PAGE = Path(__file__).parents[2] / "docs" / "news.md"


def test_the_page_is_what_the_table_says() -> None:
    anew = "python -m casework.notifications.page > docs/news.md"
    assert PAGE.read_text(encoding="utf-8") == page.page(), anew


def test_it_names_every_rule_every_audience_and_why_nobody_is_told() -> None:
    text = page.page()
    assert set(page.AUDIENCES) == set(Audience)
    assert set(page.KINDS) == set(Kind)
    for event in (*RULES, *NOBODY):
        assert text.count(f"`{event}` |") == 1, event
    assert sum(line.startswith("| ") for line in text.splitlines()) == sum(map(len, RULES.values())) + len(NOBODY) + 4
