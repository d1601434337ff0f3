"""Law 9: packages import only what lies below them; import-linter reads the arrows from pyproject.toml."""
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_arrows_run_one_way() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(lint), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
