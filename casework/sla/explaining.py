"""How a due time came about, stretch by stretch, in words that a citizen and a court can follow."""
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from casework import clock
from casework.sla.calendar import Calendar, Hours
from casework.sla.deadlines import Span, SpanState, remaining, used
from casework.sla.limits import SECONDS, STAGE_NAMES, Limit, Stage, Unit

OFFICE = frozenset({Unit.WORK_HOUR, Unit.WORK_DAY})
WEEKDAYS = "一二三四五六日"
LONGEST = timedelta(days=3660)
"""Further ahead no day is told by itself."""


@dataclass(frozen=True)
class Told:
    """One stretch of a clock with the policy version that it ran under."""

    span: Span
    version: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """A clock as it stands. `limit` is without extensions, `extra` (same unit) what these added."""

    stage: Stage
    limit: Limit
    extra: float
    stretches: Sequence[Told]
    due_at: datetime | None
    stopped_at: datetime | None = None
    excused: bool = False

    @property
    def whole(self) -> Limit:
        return Limit(self.limit.value + self.extra, self.limit.unit)


@dataclass(frozen=True)
class Line:
    """Moments in UTC; `counted` are seconds of the clock's own unit; `state` is a span's, or "recounted" at a change."""

    since: datetime
    until: datetime
    state: str
    counted: float
    words: str


class Kind(StrEnum):
    """What a day is to an office."""

    WORK = "工作日"
    MADE_UP = "调休上班"
    WEEKEND = "周末"
    HOLIDAY = "放假"


@dataclass(frozen=True)
class Days:
    """Days that are told together, in city time: `first` to `last`, or a part of one day; of these `idle` are weekend."""

    kind: Kind
    name: str
    hours: Hours
    first: datetime
    last: datetime
    counted: float
    days: int = 1
    idle: int = 0

    @property
    def whole(self) -> bool:
        """Midnight to midnight in the city."""
        return self.first.time() == self.last.time() == time()


def explain(calendar: Calendar, facts: Facts, now: datetime) -> list[Line]:
    """Line by line from the start to the due time; to the end where it was stopped before, to now where it stands still."""
    end = min(filter(None, (facts.due_at, facts.stopped_at)), default=max(now, facts.stretches[-1].span.since))
    lines: list[Line] = []
    for place, told in enumerate(facts.stretches):
        span = replace(told.span, until=min(told.span.until or end, end))
        if span.until and span.until > span.since:
            lines += _stretch(calendar, facts, span)
        following = facts.stretches[place + 1] if place + 1 < len(facts.stretches) else None
        if following and following.span.since <= end and _was_changed(told, following):
            lines.append(_change(calendar, facts, place))
    return lines


def sentence(calendar: Calendar, facts: Facts, now: datetime) -> str:
    """All of it in one sentence."""
    spans = [told.span for told in facts.stretches]
    extended = f"，延期 {Limit(facts.extra, facts.limit.unit)}，共 {facts.whole}" if facts.extra else ""
    told = (f"{STAGE_NAMES[facts.stage]}时限 {facts.limit}{extended}（规定 {facts.stretches[-1].version}），"
            f"{_moment(spans[0].since)}起计时，")
    rests = [span for span in spans if span.state is not SpanState.RUNNING]
    if rests:
        idle = sum(((span.until or now) - span.since for span in rests), timedelta())
        told += f"其间 {len(rests)} 段共 {amount(Unit.URGENT_HOUR, idle.total_seconds())} 不计，"
    return told + _ending(calendar, facts, spans, now) + _reservation(calendar, facts)


def amount(unit: Unit, seconds: float) -> str:
    """So much time of this unit as people say it: 1.5 个工作日, 2 天 3 小时, 30 分钟."""
    if unit is Unit.WORK_DAY:
        return f"{round(seconds / SECONDS[unit], 2):g} 个工作日"
    minutes = round(seconds / 60)
    days, rest = divmod(minutes, 1440) if unit is not Unit.WORK_HOUR and minutes >= 1440 else (0, minutes)
    hours, minutes = divmod(rest, 60)
    parts = [f"{days} 天" if days else "", f"{hours} 小时" if hours else "", f"{minutes} 分钟" if minutes else ""]
    return " ".join(filter(None, parts)) or ("不到 1 分钟" if seconds > 0 else "0")


def _ending(calendar: Calendar, facts: Facts, spans: Sequence[Span], now: datetime) -> str:
    unit, due, stopped = facts.limit.unit, facts.due_at, facts.stopped_at
    counted = amount(unit, used(calendar, unit, spans, stopped or now))
    if due is not None and (stopped or now) > due:
        late = f"{_moment(due)}到期，" + (f"{_moment(stopped)}结束，已超期" if stopped else "已超期")
        return late + ("；经申诉不计为超期。" if facts.excused else "。")
    if stopped is not None:
        return f"{_moment(stopped)}结束，共计 {counted}，未超期。"
    left = amount(unit, max(remaining(calendar, facts.whole, spans, now), 0))
    if due is None:
        return f"已计 {counted}，现停止计时，恢复后还有 {left}。"
    return f"已计 {counted}，还有 {left}，{_moment(due)}到期。"


def _reservation(calendar: Calendar, facts: Facts) -> str:
    """A due time that lies in a year without announced holidays is not the last word."""
    year = facts.due_at.astimezone(clock.CITY).year if facts.due_at and not facts.stopped_at else 0
    if not year or facts.limit.unit not in OFFICE or year in calendar.known_years:
        return ""
    return f"{year}年放假安排尚未载入，暂按平日计算，载入后重新计算。"


def _stretch(calendar: Calendar, facts: Facts, span: Span) -> Iterator[Line]:
    assert span.until is not None  # noqa: S101 - explain() has cut it
    unit = span.under.unit if span.under else facts.limit.unit
    when = _from_to(span.since, span.until)
    if span.state is not SpanState.RUNNING:
        why = "经裁定或批准，这段时间退还" if span.state is SpanState.GIVEN_BACK else "停止计时"
        idle = amount(Unit.URGENT_HOUR, (span.until - span.since).total_seconds())
        yield Line(span.since, span.until, span.state, 0.0, f"{when} {why}（{idle}），不计")
    elif unit in OFFICE and span.until - span.since <= LONGEST:
        for days in _folded(_together(_by_day(calendar, unit, span))):
            since, until = days.first.astimezone(UTC), days.last.astimezone(UTC)
            yield Line(since, until, span.state, days.counted * span.worth, _told(unit, days))
    else:
        how = "办公时间内" if unit in OFFICE else "昼夜连续计时"
        counted = span.passed(calendar, unit, span.until) / 1_000_000
        yield Line(span.since, span.until, span.state, counted, f"{when} {how}，计 {amount(unit, counted / span.worth)}")


def _by_day(calendar: Calendar, unit: Unit, span: Span) -> Iterator[Days]:
    assert span.until is not None  # noqa: S101 - explain() has cut it
    since, end = span.since.astimezone(clock.CITY), span.until.astimezone(clock.CITY)
    while since < end:
        day = since.date()
        until = min(end, datetime.combine(day + timedelta(days=1), time(), clock.CITY))
        counted = (calendar.measure(unit, until) - calendar.measure(unit, since)) / 1_000_000
        yield Days(_kind(calendar, day), calendar.name(day), calendar.hours(day), since, until, counted)
        since = until


def _kind(calendar: Calendar, day: date) -> Kind:
    if calendar.is_work(day):
        return Kind.MADE_UP if calendar.is_exception(day) else Kind.WORK
    # A named weekend day inside a holiday belongs to the holiday.
    return Kind.HOLIDAY if calendar.is_exception(day) or calendar.name(day) else Kind.WEEKEND


def _together(days: Iterable[Days]) -> Iterator[Days]:
    """Neighbours that are the same to an office; of work days only whole ones."""
    held: Days | None = None
    for one in days:
        same = held and (held.kind, held.name, held.hours) == (one.kind, one.name, one.hours)
        if held and same and (not one.hours or (held.whole and one.whole)):
            held = replace(held, last=one.last, counted=held.counted + one.counted, days=held.days + one.days)
            continue
        if held:
            yield held
        held = one
    if held:
        yield held


def _folded(days: Iterable[Days]) -> list[Days]:
    """Weeks of plain work days become one, with the weekends among them."""
    told: list[Days] = []
    for one in days:
        if len(told) > 1 and _plain(one) and _plain(told[-2]) and told[-1].kind is Kind.WEEKEND and one.hours == told[-2].hours:
            idle, before = told.pop(), told.pop()
            told.append(replace(before, last=one.last, counted=before.counted + one.counted, days=before.days + one.days,
                                idle=before.idle + idle.days + one.idle))
        else:
            told.append(one)
    return told


def _plain(days: Days) -> bool:
    return days.kind is Kind.WORK and days.whole


def _told(unit: Unit, days: Days) -> str:
    when = _from_to(days.first, days.last)
    if not days.hours:
        return f"{when} {days.name if days.kind is Kind.HOLIDAY else ''}{days.kind}，不计"
    kind = f"{days.name}{days.kind}" if days.kind is Kind.MADE_UP else str(days.kind)
    if not days.counted:
        return f"{when} {kind}的办公时间以外，不计"
    number = f" {days.days} 天" if days.days > 1 else ""
    idle = f"；周末 {days.idle} 天不计" if days.idle else ""
    open_at = "、".join(f"{_minute(opens)}–{_minute(closes)}" for opens, closes in days.hours)
    return f"{when} {kind}{number}（{open_at}），计 {amount(unit, days.counted)}{idle}"


def _was_changed(before: Told, after: Told) -> bool:
    """A recount lies between: only then does a stretch keep a limit of its own that the next one has not."""
    return before.span.under is not None and (after.span.under != before.span.under or after.version != before.version
                                              or after.span.state is before.span.state)


def _change(calendar: Calendar, facts: Facts, place: int) -> Line:
    before, after = facts.stretches[place], facts.stretches[place + 1]
    at, old, new = after.span.since, before.span.under or facts.limit, after.span.under or facts.limit
    spans = [told.span for told in facts.stretches[:place + 1]]
    counted = used(calendar, facts.limit.unit, spans, at)
    kept = f"此前已用 {amount(facts.limit.unit, counted)}"
    if old == new:
        words = f"工作日历有变，重新计时；{kept}"
    elif old.unit is new.unit:
        words = f"时限由 {old} 改为 {new}（规定 {after.version}）；{kept}，照计"
    else:
        words = f"时限由 {old} 改为 {new}（规定 {after.version}）；已用的部分按比例折算，{kept}"
    return Line(at, at, "recounted", 0.0, f"{_moment(at)} {words}")


def _from_to(since: datetime, until: datetime) -> str:
    """City time; a day's midnight at the end is said as the day before."""
    first, last = since.astimezone(clock.CITY), until.astimezone(clock.CITY)
    closing = last.date() - timedelta(days=1) if last.time() == time() else last.date()
    begin = _day(first.date()) + ("" if first.time() == time() else f"{first:%H:%M}")
    if closing == first.date():
        if last.time() == time():
            return begin if first.time() == time() else f"{begin}起"
        return f"{begin}至{last:%H:%M}"
    return f"{begin}至{_day(closing)}" + ("" if last.time() == time() else f"{last:%H:%M}")


def _moment(at: datetime) -> str:
    local = at.astimezone(clock.CITY)
    return f"{_day(local.date())}{local:%H:%M}"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日（周{WEEKDAYS[day.weekday()]}）"


def _minute(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
