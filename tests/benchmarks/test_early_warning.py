"""How soon planted outbreaks are found in a simulated year, at how many false alarms a week, beside a plain z-score."""
import pytest

from tests.benchmarks.outbreaks import HOURS, RATES, City, Fared, by_score, fared, simulated, watched

FALSE_WEEKLY = 2.0
TUNED, REPORTED = 3, 20261126
"""The year on which the scan was tuned, and the one that is reported."""


def line(name: str, one: Fared, outbreaks: int) -> str:
    return (f"{name:34} {one.found:3}/{outbreaks} " + " ".join(f"{one.within[hours]:6}" for hours in HOURS)
            + f" {one.false_weekly:8.2f}")


def table(city: City, ours: Fared) -> list[str]:
    plain, how = by_score(city, ours.false_weekly)
    head = f"{'':34} {'found':>6} " + " ".join(f"{f'<{hours} h':>6}" for hours in HOURS) + f" {'false/wk':>8}"
    return [head, line("scan, every hour", ours, len(city.planted)),
            line(f"z-score ({how})"[:34], plain, len(city.planted))]


def test_a_huge_outbreak_is_found_within_hours_and_quiet_weeks_are_quiet() -> None:
    city = simulated(7, days=21, outbreaks=1, rates=RATES[2:6], huge=1)
    ours = fared(city, watched(city, FALSE_WEEKLY, every_hours=3.0))
    assert ours.hours[0] is not None
    assert ours.hours[0] <= 9
    assert ours.false_weekly <= 3 * FALSE_WEEKLY


@pytest.mark.benchmark
@pytest.mark.timeout(0)
def test_a_year_with_fifty_outbreaks(capsys: pytest.CaptureFixture[str]) -> None:
    city = simulated(REPORTED, days=365, outbreaks=50)
    ours = fared(city, watched(city, FALSE_WEEKLY))
    plain, _ = by_score(city, ours.false_weekly)
    with capsys.disabled():
        print("", *table(city, ours), sep="\n")
    assert ours.found > plain.found
    assert ours.false_weekly <= 1.5 * FALSE_WEEKLY
