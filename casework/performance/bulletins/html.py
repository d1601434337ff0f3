"""A bulletin as one page that opens anywhere: no other file, no script, ready to be printed or sent on."""
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from casework import clock
from casework.performance.bulletins import charts, tables
from casework.performance.bulletins.tables import Language

PAGE = Environment(autoescape=True, trim_blocks=True).from_string(
    Path(__file__).with_name("page.html").read_text(encoding="utf-8"))


def html_of(content: Mapping[str, Any], made_at: datetime, language: Language) -> str:
    """The page."""
    sections = [{"heading": one[language], "sentences": [each[language] for each in one["sentences"]],
                 "chart": Markup(charts.as_svg(charts.of(one, language))),  # noqa: S704 - drawn here, and escaped there
                 "rows": tables.rows(one, language)} for one in content["sections"]]
    at = f"{made_at.astimezone(clock.CITY):%Y-%m-%d %H:%M}"
    return PAGE.render(content=content, language=language, sections=sections, headings=tables.headings(language),
                       made=tables.NOTE[language].format(at=at))
