"""The table of stage limits: every stage has one, and the most specific line wins."""
import pytest

from casework.sla.limits import RULES, STAGE_NAMES, Limit, Rule, Stage, Unit, find, stage_limit


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("urgent", [False, True])
def test_every_stage_has_a_limit_for_every_urgency_and_a_name(stage: Stage, urgent: bool) -> None:
    assert stage_limit(stage, urgent=urgent, channel="hotline").seconds > 0
    assert STAGE_NAMES[stage]


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.APPEAL])
def test_what_is_urgent_runs_day_and_night(stage: Stage) -> None:
    assert stage_limit(stage, urgent=True).unit is Unit.URGENT_HOUR


@pytest.mark.parametrize(("urgent", "minutes"), [(False, 120), (True, 30)])
def test_triage_and_dispatch_together_keep_the_promise_of_dispatch(urgent: bool, minutes: int) -> None:
    stages = (Stage.TRIAGE, Stage.DISPATCH)
    assert sum(stage_limit(stage, urgent=urgent).seconds for stage in stages) == minutes * 60
    assert {stage_limit(stage, urgent=urgent).unit for stage in stages} == {Unit.URGENT_HOUR}


def of(value: float, *, urgent: bool | None = None, channel: str | None = None, category: str = "") -> Rule:
    return Rule(Stage.SIGN, urgent, channel, Limit(value, Unit.WORK_HOUR), category)


PLAIN, HOTLINE, REQUESTS, NOISE, URGENT = of(9), of(8, channel="hotline"), of(7, category="3"), of(6, category="30201"), of(
    1, urgent=True)


@pytest.mark.parametrize(("rules", "about", "wins"), [
    ((PLAIN, HOTLINE), {"channel": "pda"}, PLAIN),
    ((PLAIN, HOTLINE), {"channel": "hotline"}, HOTLINE),
    ((PLAIN, HOTLINE, REQUESTS), {"channel": "hotline", "category": "302"}, REQUESTS),
    ((PLAIN, REQUESTS, NOISE), {"category": "3020105"}, NOISE),
    ((PLAIN, REQUESTS, NOISE), {"category": "10101"}, PLAIN),
    ((PLAIN, REQUESTS), {"category": None}, PLAIN),
    ((PLAIN, of(5, urgent=False)), {}, of(5, urgent=False)),
    ((of(5, urgent=False), REQUESTS), {"category": "301"}, REQUESTS),
    ((REQUESTS, of(3, channel="hotline", category="3")), {"channel": "hotline", "category": "301"},
     of(3, channel="hotline", category="3")),
])
def test_the_most_specific_line_wins(rules: tuple[Rule, ...], about: dict[str, str | None], wins: Rule) -> None:
    for order in (rules, rules[::-1]):
        assert find(order, Stage.SIGN, **about) == wins.limit


def test_what_is_urgent_never_falls_under_a_line_that_does_not_speak_of_urgency() -> None:
    rules = (PLAIN, HOTLINE, REQUESTS, NOISE, URGENT)
    assert find(rules, Stage.SIGN, urgent=True, channel="hotline", category="3020105") == URGENT.limit
    more = of(0.5, urgent=True, category="302")
    assert find((*rules, more), Stage.SIGN, urgent=True, channel="hotline", category="3020105") == more.limit


def test_a_stage_without_a_line_is_an_error_not_an_endless_limit() -> None:
    with pytest.raises(LookupError, match="no limit for check"):
        find((), Stage.CHECK)


def test_no_line_stands_twice_in_the_table() -> None:
    assert len({(rule.stage, rule.urgent, rule.channel, rule.category) for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("value", [0, -1, 11_001, float("nan")])
def test_what_is_no_limit_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="a limit is"):
        Limit(value, Unit.WORK_DAY)


def test_a_limit_reads_as_people_write_it() -> None:
    assert str(Limit(0.5, Unit.URGENT_HOUR)) == "0.5 紧急工作时"
    assert str(Limit(5, Unit.WORK_DAY)) == "5 工作日"
