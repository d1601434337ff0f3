"""Due times told in words: make-up days, holidays, nights, pauses, given-back and carried-over time, all adding up."""
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework import clock
from casework.sla.calendar import Calendar
from casework.sla.deadlines import Span, SpanState, due_at, used, worth
from casework.sla.explaining import Facts, Line, Told, amount, explain, sentence
from casework.sla.limits import Limit, Stage, Unit

R, P, G = SpanState.RUNNING, SpanState.PAUSED, SpanState.GIVEN_BACK
OFF = [date(2026, 2, day) for day in range(15, 24)]
SUMMER, WINTER = ((450, 690), (900, 1080)), ((480, 720), (840, 1080))
CALENDAR = Calendar(dict.fromkeys(OFF, False) | {date(2026, 2, 14): True, date(2026, 2, 28): True}, {2025, 2026},
                    {date(2026, 6, 1): SUMMER, date(2026, 9, 1): WINTER}, dict.fromkeys((*OFF, date(2026, 2, 14)), "春节"))
HOURS, URGENT, DAYS = Unit.WORK_HOUR, Unit.URGENT_HOUR, Unit.WORK_DAY


def city(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.CITY).astimezone(UTC)


def span(state: SpanState, since: str, until: str | None = None) -> Span:
    return Span(state, city(since), city(until) if until else None)


def facts(limit: Limit, *spans: Span, extra: float = 0.0, stopped: str | None = None, excused: bool = False) -> Facts:
    made = Facts(stage=Stage.HANDLE, limit=limit, extra=extra, stretches=[Told(one, "2026.1") for one in spans], due_at=None,
                 stopped_at=city(stopped) if stopped else None, excused=excused)
    return replace(made, due_at=due_at(CALENDAR, made.whole, spans))


def told(about: Facts, now: str = "2026-02-12 17:00") -> list[str]:
    return [line.words for line in explain(CALENDAR, about, city(now))]


def test_a_limit_across_the_spring_festival_names_make_up_day_and_holiday() -> None:
    about = facts(Limit(4, DAYS), span(R, "2026-02-13 16:00"))
    assert told(about) == [
        "2026年2月13日（周五）16:00起 工作日（08:00–12:00、14:00–18:00），计 0.25 个工作日",
        "2026年2月14日（周六） 春节调休上班（08:00–12:00、14:00–18:00），计 1 个工作日",
        "2026年2月15日（周日）至2026年2月23日（周一） 春节放假，不计",
        "2026年2月24日（周二）至2026年2月25日（周三） 工作日 2 天（08:00–12:00、14:00–18:00），计 2 个工作日",
        "2026年2月26日（周四）至16:00 工作日（08:00–12:00、14:00–18:00），计 0.75 个工作日"]
    page = Path(__file__).parents[2] / "docs" / "clocks.md"
    quoted = [line for line in page.read_text("utf-8").splitlines() if line.startswith("> ")]
    assert [line.removeprefix("> ").rstrip() for line in quoted] == told(about)


def test_weeks_that_are_alike_are_told_together() -> None:
    lines = told(facts(Limit(40, DAYS), span(R, "2026-03-02 08:00")))
    assert len(lines) == 3
    assert lines[1].endswith("工作日 38 天（08:00–12:00、14:00–18:00），计 38 个工作日；周末 14 天不计")


def test_other_office_hours_are_told_apart() -> None:
    lines = told(facts(Limit(4, DAYS), span(R, "2026-05-28 08:00")))
    assert [words.split("（", 2)[-1].split("）")[0] for words in lines if "不计" not in words] == [
        "08:00–12:00、14:00–18:00", "08:00–12:00、14:00–18:00", "07:30–11:30、15:00–18:00", "07:30–11:30、15:00–18:00"]


def test_what_begins_after_hours_counts_nothing_that_day() -> None:
    first = told(facts(Limit(1, HOURS), span(R, "2026-03-02 20:00")))[0]
    assert first == "2026年3月2日（周一）20:00起 工作日的办公时间以外，不计"


def test_urgent_hours_run_over_midnight_and_year_end_in_one_line() -> None:
    assert told(facts(Limit(2, URGENT), span(R, "2025-12-31 23:00"))) == [
        "2025年12月31日（周三）23:00至2026年1月1日（周四）01:00 昼夜连续计时，计 2 小时"]


def test_pauses_and_what_was_given_back_do_not_count() -> None:
    about = facts(Limit(8, HOURS), span(R, "2026-03-02 10:00", "2026-03-02 12:00"),
                  span(P, "2026-03-02 12:00", "2026-03-05 09:00"), span(G, "2026-03-05 09:00", "2026-03-05 10:00"),
                  span(R, "2026-03-05 10:00"))
    lines = explain(CALENDAR, about, city("2026-03-05 11:00"))
    assert [line.counted / 3600 for line in lines] == [2, 0, 0, 6]
    assert lines[1].words == "2026年3月2日（周一）12:00至2026年3月5日（周四）09:00 停止计时（2 天 21 小时），不计"
    assert lines[2].words == "2026年3月5日（周四）09:00至10:00 经裁定或批准，这段时间退还（1 小时），不计"
    assert sentence(CALENDAR, about, city("2026-03-05 11:00")) == (
        "处置时限 8 工作时（规定 2026.1），2026年3月2日（周一）10:00起计时，其间 2 段共 2 天 22 小时 不计，"
        "已计 3 小时，还有 5 小时，2026年3月5日（周四）18:00到期。")


def changed(before: Limit, after: Limit) -> Facts:
    old = Span(R, city("2026-03-02 10:00"), city("2026-03-02 12:00"), before, worth(before, after))
    made = facts(after, old, span(R, "2026-03-02 12:00"))
    return replace(made, stretches=[Told(old, "2026.1"), Told(made.stretches[1].span, "2026.2")])


@pytest.mark.parametrize(("before", "after", "words"), [
    (Limit(4, HOURS), Limit(8, HOURS), "时限由 4 工作时 改为 8 工作时（规定 2026.2）；此前已用 2 小时，照计"),
    (Limit(4, URGENT), Limit(3, DAYS),
     "时限由 4 紧急工作时 改为 3 工作日（规定 2026.2）；已用的部分按比例折算，此前已用 1.5 个工作日"),
    (Limit(8, HOURS), Limit(8, HOURS), "工作日历有变，重新计时；此前已用 2 小时")])
def test_a_change_on_the_way_says_what_was_carried_over(before: Limit, after: Limit, words: str) -> None:
    lines = explain(CALENDAR, changed(before, after), city("2026-03-02 12:00"))
    (line,) = (one for one in lines if one.state == "recounted")
    assert line.words == f"2026年3月2日（周一）12:00 {words}"


def test_a_pause_that_follows_what_ran_under_an_old_limit_is_no_change() -> None:
    old = Limit(4, HOURS)
    spans = (replace(span(R, "2026-03-02 10:00", "2026-03-02 11:00"), under=old),
             replace(span(P, "2026-03-02 11:00", "2026-03-02 14:00"), under=old), span(P, "2026-03-02 14:00"))
    states = [line.state for line in explain(CALENDAR, facts(Limit(8, HOURS), *spans), city("2026-03-02 15:00"))]
    assert states == ["running", "paused", "recounted", "paused"]


@pytest.mark.parametrize(("about", "now", "ending"), [
    (facts(Limit(8, HOURS), span(R, "2026-03-02 08:00")), "2026-03-03 10:00", "2026年3月2日（周一）18:00到期，已超期。"),
    (facts(Limit(8, HOURS), span(R, "2026-03-02 08:00", "2026-03-03 09:00"), stopped="2026-03-03 09:00"), "2026-03-05 10:00",
     "2026年3月2日（周一）18:00到期，2026年3月3日（周二）09:00结束，已超期。"),
    (facts(Limit(8, HOURS), span(R, "2026-03-02 08:00", "2026-03-03 09:00"), stopped="2026-03-03 09:00", excused=True),
     "2026-03-05 10:00", "2026年3月2日（周一）18:00到期，2026年3月3日（周二）09:00结束，已超期；经申诉不计为超期。"),
    (facts(Limit(8, HOURS), span(R, "2026-03-02 08:00", "2026-03-02 09:00"), stopped="2026-03-02 09:00"), "2026-03-05 10:00",
     "2026年3月2日（周一）09:00结束，共计 1 小时，未超期。"),
    (facts(Limit(8, HOURS), span(R, "2026-03-02 08:00", "2026-03-02 09:00"), span(P, "2026-03-02 09:00")), "2026-03-05 10:00",
     "已计 1 小时，现停止计时，恢复后还有 7 小时。"),
    (facts(Limit(2, DAYS), span(R, "2026-12-31 08:00"), extra=2), "2026-12-31 08:00",
     "还有 4 个工作日，2027年1月5日（周二）18:00到期。2027年放假安排尚未载入，暂按平日计算，载入后重新计算。")])
def test_the_sentence_ends_with_how_it_stands(about: Facts, now: str, ending: str) -> None:
    assert sentence(CALENDAR, about, city(now)).endswith(ending)


def test_extensions_are_named() -> None:
    assert sentence(CALENDAR, facts(Limit(2, DAYS), span(R, "2026-03-02 08:00"), extra=2), city("2026-03-02 08:00")).startswith(
        "处置时限 2 工作日，延期 2 工作日，共 4 工作日（规定 2026.1），")


@pytest.mark.parametrize(("unit", "seconds", "words"), [
    (DAYS, 43_200, "1.5 个工作日"), (HOURS, 5400, "1 小时 30 分钟"), (HOURS, 90_000, "25 小时"),
    (URGENT, 90_000, "1 天 1 小时"), (Unit.NATURAL_DAY, 86_400, "1 天"), (URGENT, 20, "不到 1 分钟"), (URGENT, 0, "0")])
def test_amounts_are_said_as_people_say_them(unit: Unit, seconds: float, words: str) -> None:
    assert amount(unit, seconds) == words


moments = st.datetimes(datetime(2026, 1, 5), datetime(2026, 7, 31), timezones=st.just(UTC))  # noqa: DTZ001 - zone beside it
limits = st.builds(Limit, st.sampled_from([0.5, 1, 2, 5, 15, 40]), st.sampled_from(Unit))


@given(limits, moments, st.lists(moments, max_size=6, unique=True).map(sorted), st.sampled_from([None, *Unit]))
def test_the_lines_follow_each_other_without_a_gap_and_add_up_to_the_limit(
        limit: Limit, start: datetime, changes: list[datetime], old_unit: Unit | None) -> None:
    edges = [start, *(one for one in changes if one > start)]
    edges = edges[:len(edges) - 1 + len(edges) % 2]
    ends = [*edges[1:], None]
    spans = [Span(state, since, until) for state, since, until in zip([R, P] * len(edges), edges, ends, strict=False)]
    if old_unit and len(spans) > 1:
        old = Limit(3, old_unit)
        spans[:2] = [replace(one, under=old, worth=worth(old, limit)) for one in spans[:2]]
    about = facts(limit, *spans)
    lines = explain(CALENDAR, about, start)
    assert about.due_at is not None
    assert lines[0].since == start
    assert lines[-1].until == about.due_at
    assert all(left.until == right.since for left, right in pairwise(lines))
    whole = used(CALENDAR, limit.unit, spans, about.due_at)
    assert sum(line.counted for line in lines) == pytest.approx(whole, abs=1e-3)
    assert whole >= limit.seconds - 1e-3
    assert len(lines) <= 12 * len(spans) + (about.due_at - start) / timedelta(days=20)
    assert all(isinstance(line, Line) and line.words and line.since.tzinfo is line.until.tzinfo is UTC for line in lines)
