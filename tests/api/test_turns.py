"""A case that is forgotten shows: in the log, on /health and /metrics, and with its number to who runs the check."""
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import update
from structlog.testing import capture_logs

from casework.cases.case import Case
from casework.cli import checks
from casework.identity.sealing import scrape_token
from casework.storage.database import transaction
from tests.api.town import Caller, Town, ok, pda_report
from tests.conftest import SetClock
from workers import upkeep


@pytest.fixture
def forgotten(town: Town, monkeypatch: pytest.MonkeyPatch) -> str:
    """The number of a case that was taken out of every list by hand."""
    monkeypatch.setattr(checks, "connect", lambda: None)
    ok(town.li.post("/api/v1/pda/reports", pda_report()))
    town.jobs()
    upkeep.check_turns()
    health: Any = town.stranger.get("/health/ready").json
    assert health["behind"]["cases_without_turn"] == 0
    assert CliRunner().invoke(checks.check_turns).exit_code == 0
    (case,) = town.listed(town.supervisor)
    with transaction() as db:
        db.execute(update(Case.__table__).values(is_open=False))
    return str(case["number"])


def test_health_and_metrics_say_how_many_and_never_which(town: Town, forgotten: str) -> None:
    with capture_logs() as logs:
        upkeep.check_turns()
    assert [(one["log_level"], one["count"]) for one in logs if one["event"] == "cases_forgotten"] == [("error", 1)]
    answer = town.stranger.get("/health/ready")
    health: Any = answer.json
    assert health["behind"]["cases_without_turn"] == 1
    assert "cases_without_turn is too high" in health["warnings"]
    assert forgotten not in answer.text
    figures = Caller(town.app, {"Authorization": f"Bearer {scrape_token()}"}).get("/metrics").text
    assert "zhiwang_cases_without_turn 1.0" in figures


def test_the_command_names_the_case_and_the_reason_and_fails(forgotten: str) -> None:
    run = CliRunner().invoke(checks.check_turns)
    assert run.exit_code == 1
    assert run.output.splitlines() == [f"{forgotten}  待签收，却不在在办案件之列", "1 forgotten."]


def test_where_nobody_has_looked_no_figure_says_that_all_is_well(town: Town, time: SetClock) -> None:
    def asked() -> tuple[Any, str]:
        figures = Caller(town.app, {"Authorization": f"Bearer {scrape_token()}"}).get("/metrics").text
        return town.stranger.get("/health/ready").json, figures
    health, figures = asked()
    assert health["behind"]["turns_unlooked_seconds"] is None
    assert "zhiwang_turns_unlooked_seconds 0.0" in figures
    ok(town.li.post("/api/v1/pda/reports", pda_report()))
    town.jobs()
    time.passes(hours=2)
    health, figures = asked()
    assert health["behind"]["cases_without_turn"] is None
    assert not any(line.startswith("zhiwang_cases_without_turn ") for line in figures.splitlines())
    assert "zhiwang_turns_unlooked_seconds 7200.0" in figures
    assert "turns_unlooked_seconds is too high" in health["warnings"]
    assert any("Nobody has looked" in sentence for sentence in health["warnings"])
    upkeep.check_turns()
    health, figures = asked()
    assert "zhiwang_cases_without_turn 0.0" in figures
    assert not [sentence for sentence in health["warnings"] if "looked" in sentence]
    time.passes(hours=2)
    health, figures = asked()
    assert "zhiwang_turns_unlooked_seconds 7200.0" in figures
    assert "turns_unlooked_seconds is too high" in health["warnings"]
