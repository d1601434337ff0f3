"""The tables of a bulletin: headings and cells as text, the same on a page and on paper."""
from collections.abc import Mapping
from typing import Any, Literal

from casework.performance.bulletins.content import MOST_SHOWN

Language = Literal["zh", "en"]

COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("received", "受理", "Received"), ("closed", "结案", "Closed"), ("closing_rate", "结案率", "Closing rate"),
    ("on_time_rate", "按期结案率", "On time"), ("overdue_rate", "超期率", "Overdue"),
    ("satisfaction_rate", "满意率", "Satisfied"))

CITY = {"zh": "全市", "en": "The city"}
NOTE = {"zh": "结案类指标按当期受理的案件计，截至 {at}；各率与上一期刊出的数字相比。",
        "en": "Rates are of the cases that came in during the period, as of {at}, compared with those printed last time."}


def headings(language: Language) -> list[str]:
    """What stands above the columns."""
    return [{"zh": "名称", "en": "Name"}[language], *(zh if language == "zh" else en for _, zh, en in COLUMNS)]


def rows(section: Mapping[str, Any], language: Language) -> list[list[str]]:
    """The items of a section with most cases."""
    return [[one["name"] or CITY[language], *(_cell(one["values"].get(code), code) for code, *_ in COLUMNS)]
            for one in section["items"][:MOST_SHOWN]]


def _cell(value: float | None, code: str) -> str:
    if value is None:
        return "–"
    return f"{value:.1%}" if code.endswith("_rate") else f"{value:,.0f}"
