"""What a bulletin says: the same figures make the same sentences, and what chance explains is called no change."""
import random
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from casework.performance.bulletins import charts, content, periods, sentences, tables
from casework.performance.bulletins.periods import Kind
from casework.performance.bulletins.sentences import Compared, Item
from casework.performance.bulletins.significance import count_changed, rate_changed
from casework.performance.indicators import INDICATORS

WEEK = Compared(Kind.WEEK)


def item(name: str, now: int, before: int, printed: dict[str, Any] | None = None, **rates: float) -> Item:
    return Item(name, name, {"received": now, "due": now, "filed": now} | rates, {"received": before}, printed)


def zh(made: Any) -> list[str]:
    return [one["zh"] for one in made]


@pytest.mark.parametrize(("kind", "day", "since", "until", "title"), [
    (Kind.WEEK, "2026-03-09", "2026-03-02", "2026-03-09", "2026年第10周城市治理周报（3月2日—3月8日）"),
    (Kind.WEEK, "2026-03-15", "2026-03-02", "2026-03-09", "2026年第10周城市治理周报（3月2日—3月8日）"),
    (Kind.WEEK, "2027-01-04", "2026-12-28", "2027-01-04", "2026年第53周城市治理周报（12月28日—1月3日）"),
    (Kind.MONTH, "2026-03-01", "2026-02-01", "2026-03-01", "2026年2月城市治理月报"),
    (Kind.MONTH, "2026-01-31", "2025-12-01", "2026-01-01", "2025年12月城市治理月报")])
def test_the_last_period_that_is_over(kind: Kind, day: str, since: str, until: str, title: str) -> None:
    made = periods.last(kind, date.fromisoformat(day))
    assert (str(made.since), str(made.until), made.title()["zh"]) == (since, until, title)
    assert made.before.until == made.since


def test_the_city_is_told_with_how_much_more_came_in() -> None:
    (said, *_) = sentences.whole(item("", 1204, 1075), WEEK)
    assert said == {"zh": "上周受理 1,204 件，比前一周多 12%。",
                    "en": "Last week 1,204 cases came in, 12% more than the week before."}
    assert zh(sentences.whole(item("", 900, 1204), WEEK)) == ["上周受理 900 件，比前一周少 25%。"]


def test_what_chance_explains_is_no_change() -> None:
    assert zh(sentences.whole(item("", 1204, 1190), WEEK)) == ["上周受理 1,204 件，与前一周（1,190 件）相比没有明显变化。"]
    assert zh(sentences.whole(item("", 0, 0), WEEK)) == ["上周没有受理案件。"]
    assert zh(sentences.whole(item("", 3, 0), WEEK)) == ["上周受理 3 件；前一周没有受理案件，无从比较。"]


def test_a_longer_month_is_compared_by_the_day() -> None:
    march = Compared(Kind.MONTH, 31 / 28)
    assert zh(sentences.whole(item("", 3100, 2800), march)) == ["上月受理 3,100 件，与前一月（2,800 件）相比没有明显变化。"]
    assert zh(sentences.whole(item("", 4650, 2800), march)) == ["上月受理 4,650 件，日均比前一月多 50%。"]


def test_the_largest_rises_and_falls_are_named_and_small_ones_are_not() -> None:
    items = [item("南山区", 420, 340), item("福田区", 200, 300), item("罗湖区", 15, 5), item("宝安区", 50, 0),
             item("龙岗区", 300, 290)]
    assert zh(sentences.movers(items, WEEK)) == [
        "增加最多的是：宝安区 50 件（前一周没有）。", "减少最多的是：福田区 200 件（少 33%）。"]
    assert zh(sentences.movers([item("南山区", 600, 340)], WEEK)) == ["增加最多的是：南山区 600 件（多 76%）。"]
    assert zh(sentences.movers([item("龙岗区", 300, 290)], WEEK)) == ["与前一周相比，各项都没有明显变化。"]
    assert zh(sentences.movers([], WEEK)) == []


def test_a_rate_is_compared_only_with_what_was_printed() -> None:
    printed = {"due": 200, "on_time_rate": 0.9}
    moved = item("水务局", 210, 200, printed, on_time_rate=0.7)
    assert zh(sentences.performers([moved], WEEK)) == ["水务局按期结案率由前一周的 90.0% 降至 70.0%。"]
    unprinted = item("水务局", 210, 200, None, on_time_rate=0.7)
    assert zh(sentences.performers([unprinted], WEEK)) == []
    city = item("", 210, 200, {"due": 200, "satisfaction_rate": 0.5}, satisfaction_rate=0.9)
    assert zh(sentences.whole(city, WEEK))[1:] == ["满意率 90.0%（前一周 50.0%）。"]


def test_who_hands_back_most_is_named_though_little_of_it_stays_with_them() -> None:
    printed = {"filed": 54, "given": 60, "return_rate": 0.1}
    worse = Item("水务局", "水务局", {"received": 15, "filed": 15, "given": 60, "return_rate": 0.75}, {"received": 54}, printed)
    assert zh(sentences.performers([worse], WEEK)) == ["水务局退单率由前一周的 10.0% 升至 75.0%。"]
    before = {"filed": 54, "return_rate": 0.1}  # of a bulletin that did not keep yet how much was given: no word, and no fault
    assert zh(sentences.performers([replace(worse, printed=before)], WEEK)) == []


def test_a_share_rests_on_what_a_bulletin_keeps_and_its_formula_divides_by() -> None:
    for rate in sentences.RATES:
        assert {rate.code, rate.of} <= set(content.SAID)
        assert rate.of in INDICATORS[rate.code].formula.partition("/")[2]


def test_worse_comes_before_better_and_the_latest_are_named() -> None:
    printed = {"due": 200, "on_time_rate": 0.8, "overdue_rate": 0.1}
    better = item("交通局", 200, 200, printed, on_time_rate=0.95, overdue_rate=0.1)
    worse = item("水务局", 200, 200, printed, on_time_rate=0.6, overdue_rate=0.3)
    small = item("小部门", 8, 8, printed, overdue_rate=0.9)
    assert zh(sentences.performers([better, worse, small], WEEK)) == [
        "水务局按期结案率由前一周的 80.0% 降至 60.0%。", "水务局超期率由前一周的 10.0% 升至 30.0%。",
        "交通局按期结案率由前一周的 80.0% 升至 95.0%。",
        "超期率最高的是：水务局 30.0%（应结 200 件）、交通局 10.0%（应结 200 件）。"]


def test_pure_noise_is_hardly_ever_called_a_change() -> None:
    chance = random.Random(7)

    def count(mean: int) -> int:
        return sum(chance.random() < mean / 10_000 for _ in range(10_000))
    counts = [count(150) for _ in range(400)]
    false_counts = sum(count_changed(one, other) for one, other in zip(counts[::2], counts[1::2], strict=True))
    shares = [sum(chance.random() < 0.8 for _ in range(200)) / 200 for _ in range(400)]
    false_rates = sum(rate_changed(one, 200, other, 200) for one, other in zip(shares[::2], shares[1::2], strict=True))
    assert (false_counts <= 2, false_rates <= 2) == (True, True)


def test_a_doubling_and_a_fall_by_a_quarter_are_seen() -> None:
    assert count_changed(120, 60)
    assert count_changed(300, 400)
    assert not count_changed(18, 6)
    assert rate_changed(0.6, 200, 0.8, 200)
    assert not rate_changed(0.6, 20, 0.9, 20)


def read(by: str, since: date, until: date) -> dict[str, Any]:
    few = since < date(2026, 3, 2)
    values = {"received": 100 if few else 200, "closed": 50, "due": 100, "filed": 100, "on_time_rate": 0.75}
    if by == "day":
        return {"items": [{"key": date(2026, 3, 2), "name": "", "values": values}], "total": {"values": values}}
    return {"items": [{"key": "1", "name": "<水务局 & co>", "values": values},
                      *([{"key": "2", "name": "没有了", "values": {"received": 30}}] if few else [])],
            "total": {"values": values}}


def test_the_content_is_the_same_for_the_same_figures_and_keeps_what_the_next_one_compares() -> None:
    period = periods.last(Kind.WEEK, date(2026, 3, 9))
    made = content.compose(period, read, None)
    assert made == content.compose(period, read, None)
    assert [one["code"] for one in made["sections"]] == ["city", "area", "department", "category", "channel"]
    city, area, *_ = made["sections"]
    assert zh(city["sentences"])[0] == "上周受理 200 件，比前一周多 100%。"
    assert zh(area["sentences"]) == [
        "增加最多的是：<水务局 & co> 200 件（多 100%）。", "减少最多的是：没有了 0 件（少 100%）。"]
    again = content.compose(period, read, made)
    assert "（前一周 75.0%）" in zh(again["sections"][0]["sentences"])[1]


def test_charts_and_tables_show_what_is_in_the_content_and_no_markup_of_names() -> None:
    made = content.compose(periods.last(Kind.WEEK, date(2026, 3, 9)), read, None)
    for section in made["sections"]:
        for language in ("zh", "en"):
            drawn = charts.as_svg(charts.of(section, language))  # type: ignore[arg-type]
            assert drawn.startswith("<svg xmlns=")
            assert "<水务局" not in drawn
    assert tables.rows(made["sections"][1], "zh")[0][:3] == ["<水务局 & co>", "200", "50"]
    assert charts.fitted("城市管理和综合执法局下属市政设施维护管理中心", 100).endswith("…")
