"""How the code reads is held by machines: ruff over everything, mypy strict, and rooms of a size to live in."""
import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = [path for folder in ("api", "casework", "workers") for path in sorted((ROOT / folder).rglob("*.py"))
        if "migrations/versions" not in path.as_posix()]


@pytest.mark.parametrize("tool", [["ruff", "check", "."], ["mypy"]], ids=["ruff", "mypy"])
def test_the_linter_finds_nothing(tool: list[str]) -> None:
    found = subprocess.run([sys.executable, "-m", *tool], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-4000:] + found.stderr[-2000:]


def test_no_file_has_two_subjects() -> None:
    assert [path for path in CODE if len(path.read_text(encoding="utf-8").splitlines()) > 400] == []


def test_no_function_fills_more_than_a_screen() -> None:
    long = [f"{path.relative_to(ROOT)}:{node.name}" for path in CODE
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno >= 50]
    assert long == []


def test_no_import_hides_in_a_function() -> None:
    hidden = [f"{path.relative_to(ROOT)}:{inner.lineno}" for path in CODE
              for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
              if isinstance(node, ast.FunctionDef) for inner in ast.walk(node)
              if isinstance(inner, ast.Import | ast.ImportFrom)]
    assert hidden == []
