"""`zhiwang export policy` and `zhiwang import policy`: what was written can be changed and read back under a new version."""
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from casework.cli import reference
from casework.errors import Conflict, Invalid
from casework.sla import policies
from casework.sla.limits import Limit, Stage, Unit
from casework.storage.database import reading


@pytest.fixture
def exported(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The default policy as a file."""
    monkeypatch.setattr(reference, "connect", lambda: None)
    made = tmp_path / "policy.json"
    assert CliRunner().invoke(reference.export_group, ["policy", str(made)]).exit_code == 0
    return made


def imported(file: Path, version: str = "2030.1") -> Any:
    return CliRunner().invoke(reference.import_group, ["policy", version, str(file)])


def test_what_was_exported_is_changed_and_read_back(exported: Path) -> None:
    content = json.loads(exported.read_text("utf-8"))
    content["rules"].append({"stage": "sign", "category": "3", "value": 2, "unit": "work_hour"})
    content["numbers"] = {"3": {"urgent_words": ["停水"]}}
    exported.write_text(json.dumps(content), "utf-8")
    assert imported(exported).output == f"policy 2030.1: {len(content['rules'])} rules\n"
    with reading() as db:
        now = policies.current(db)
        assert now.limit(Stage.SIGN, category="301") == Limit(2, Unit.WORK_HOUR)
        assert now.numbers_of("301").urgent_words == ("停水",)
        assert policies.of_version(db, "2030.1") == now


def test_a_version_that_is_taken_is_refused(exported: Path) -> None:
    assert imported(exported).exit_code == 0
    assert isinstance(imported(exported).exception, Conflict)


@pytest.mark.parametrize("content", [
    "{", "[]", '{"rules": {}}', '{"rules": [1]}', '{"numbers": []}', '{"rules": [{"stage": "sleep"}]}'])
def test_what_is_no_policy_is_refused(exported: Path, content: str) -> None:
    exported.write_text(content, "utf-8")
    assert isinstance(imported(exported).exception, Invalid)
    with reading() as db:
        assert policies.current(db) == policies.DEFAULT
