"""Model files are whole, signed, harmless, and noticed by processes that run."""
import io
import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from casework import settings
from casework.classification import files, model, training
from casework.errors import Invalid, NotFound
from casework.settings import Settings
from tests.rules.classification_messages import made, trained

pytestmark = pytest.mark.usefixtures("config")
TEXT = "楼下排污\n河水发黑，臭味很大"


def test_a_model_reads_back_as_it_was_written(tmp_path: Path) -> None:
    files.save(trained())
    again = files.load(trained().version)
    assert (again.probabilities([TEXT]) == trained().probabilities([TEXT])).all()
    assert (again.labels, again.threshold) == (trained().labels, trained().threshold)
    assert again.figures == json.loads(json.dumps(trained().figures))
    beside = json.loads((tmp_path / "models" / f"{again.version}.json").read_text("utf-8"))
    assert beside["macro_f1"] == again.figures["macro_f1"]
    assert files.versions() == [again.version]


@pytest.mark.parametrize("place", [0, 20, 60, 5000, -1])
def test_a_changed_file_is_refused(place: int) -> None:
    file = files.save(trained())
    raw = bytearray(file.read_bytes())
    raw[place] ^= 1
    file.write_bytes(raw)
    with pytest.raises(Invalid, match="not signed by this installation"):
        files.load(trained().version)


def test_a_cut_file_is_refused() -> None:
    file = files.save(trained())
    for size in (0, 10, 40, 1000):
        file.write_bytes(file.read_bytes()[:size])
        with pytest.raises(Invalid, match="not signed"):
            files.load(trained().version)


def test_another_installations_model_is_refused(config: Settings) -> None:
    files.save(trained())
    settings.configure(Settings(**{**vars(config), "signing_key": b"x" * 32}))
    with pytest.raises(Invalid, match="not signed by this installation"):
        files.load(trained().version)


def test_a_file_that_would_run_code_is_never_unpickled(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "exploded"),)
    target = files.save(trained())
    target.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(Invalid):
        files.load(trained().version)
    packed = io.BytesIO()
    np.savez(packed, facts=np.array([Bomb()], dtype=object))
    content = packed.getvalue()
    target.write_bytes(files.MAGIC + files._signature(content) + content)  # signed, as if the key had been stolen
    with pytest.raises(ValueError, match="allow_pickle=False"):
        files.load(trained().version)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("version", ["", "../../etc/passwd", "active", "20260302T020000Z-1a2b3c4d/../x"])
def test_a_version_is_not_a_path(version: str) -> None:
    with pytest.raises(Invalid, match="is not a model version"):
        files.load(version)


def test_without_a_model_everything_is_left_to_people() -> None:
    (suggestion,) = model.suggest([TEXT])
    assert (suggestion.label, suggestion.abstained, suggestion.alternatives) == (None, True, ())
    assert model.status() == {"version": None, "fault": None, "figures": None}
    with pytest.raises(NotFound):
        files.activate("20260302T020000Z-1a2b3c4d")


def test_a_running_process_takes_the_new_model_and_reads_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    files.save(trained())
    files.activate(trained().version)
    assert model.suggest([TEXT])[0].model_version == trained().version
    loads: list[str] = []
    real = files.load
    monkeypatch.setattr(files, "load", lambda version, models=None: loads.append(version) or real(version, models))
    for _ in range(3):
        model.suggest([TEXT])
    assert loads == []
    newer = training.train(made(10, seed=1))
    files.save(newer)
    files.activate(newer.version)
    loads.clear()
    for _ in range(3):
        assert model.suggest([TEXT])[0].model_version == newer.version
    assert loads == [newer.version]


def test_a_broken_model_is_told_and_the_one_before_goes_on() -> None:
    files.save(trained())
    files.activate(trained().version)
    assert model.active() is not None
    newer = training.train(made(10, seed=1))
    file = files.save(newer)
    files.activate(newer.version)
    file.write_bytes(b"broken")
    assert model.suggest([TEXT])[0].model_version == trained().version
    status = model.status()
    assert status["version"] == trained().version
    assert "was not signed" in str(status["fault"])


def test_a_broken_model_cannot_be_activated() -> None:
    file = files.save(trained())
    file.write_bytes(b"broken")
    with pytest.raises(Invalid):
        files.activate(trained().version)
    assert files.active_version() is None


def test_a_full_disk_leaves_the_old_file(monkeypatch: pytest.MonkeyPatch) -> None:
    file = files.save(trained())
    before = file.read_bytes()

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.save(trained())
    assert file.read_bytes() == before
    assert not list(file.parent.glob(".writing-*"))


def test_a_model_of_another_layout_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    files.save(trained())
    monkeypatch.setattr(files, "LAYOUT", {**files.LAYOUT, "bits": 18})
    with pytest.raises(Invalid, match="train it again"):
        files.load(trained().version)
