"""The table of stage limits: every stage has one, and the most specific line wins."""
import pytest

from casework.sla.limits import DEFAULT, Limit, Policy, Rule, Stage, Unit, stage_limit


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("urgent", [False, True])
def test_every_stage_has_a_limit_for_every_urgency(stage: Stage, urgent: bool) -> None:
    assert stage_limit(stage, urgent=urgent, channel="hotline").seconds > 0


@pytest.mark.parametrize("stage", Stage)
def test_what_is_urgent_runs_day_and_night(stage: Stage) -> None:
    assert stage_limit(stage, urgent=True).unit is Unit.URGENT_HOUR


@pytest.mark.parametrize(("urgent", "minutes"), [(False, 120), (True, 30)])
def test_triage_and_dispatch_together_keep_the_promise_of_dispatch(urgent: bool, minutes: int) -> None:
    stages = (Stage.TRIAGE, Stage.DISPATCH)
    assert sum(stage_limit(stage, urgent=urgent).seconds for stage in stages) == minutes * 60
    assert {stage_limit(stage, urgent=urgent).unit for stage in stages} == {Unit.URGENT_HOUR}


def test_a_channel_counts_more_than_urgency_and_urgency_more_than_nothing() -> None:
    plain, urgent, hotline, both = (Limit(value, Unit.WORK_HOUR) for value in (1, 2, 3, 4))
    policy = Policy("test", (
        Rule(Stage.SIGN, None, "hotline", hotline), Rule(Stage.SIGN, True, None, urgent),
        Rule(Stage.SIGN, None, None, plain), Rule(Stage.SIGN, True, "hotline", both)))
    assert policy.limit(Stage.SIGN) == plain
    assert policy.limit(Stage.SIGN, channel="pda") == plain
    assert policy.limit(Stage.SIGN, urgent=True, channel="pda") == urgent
    assert policy.limit(Stage.SIGN, channel="hotline") == hotline
    assert policy.limit(Stage.SIGN, urgent=True, channel="hotline") == both


def test_a_stage_without_a_line_is_an_error_not_an_endless_limit() -> None:
    with pytest.raises(LookupError, match="no limit for check"):
        Policy("test", ()).limit(Stage.CHECK)


def test_the_version_is_that_of_the_table() -> None:
    assert DEFAULT.version
    assert len({(rule.stage, rule.urgent, rule.channel) for rule in DEFAULT.rules}) == len(DEFAULT.rules)


@pytest.mark.parametrize("value", [0, -1, 10_001, float("nan")])
def test_what_is_no_limit_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="a limit is"):
        Limit(value, Unit.WORK_DAY)


def test_a_limit_reads_as_people_write_it() -> None:
    assert str(Limit(0.5, Unit.URGENT_HOUR)) == "0.5 紧急工作时"
    assert str(Limit(5, Unit.WORK_DAY)) == "5 工作日"
