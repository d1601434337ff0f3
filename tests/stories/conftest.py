"""What stories tell is seen in every run, not only when they end badly."""
from collections.abc import Callable

import pytest

Say = Callable[[str], None]


@pytest.fixture
def say(capfd: pytest.CaptureFixture[str]) -> Say:
    """Print past pytest's capture: the seed and the summary belong into every log."""
    def aloud(text: str) -> None:
        with capfd.disabled():
            print(text, flush=True)
    return aloud
