"""What is learned, how it is measured, and when a person is asked instead."""
from pathlib import Path

import numpy as np
import pytest

from casework.classification import calibration, model, training
from casework.classification.linear import message, softmax
from casework.classification.training import Example
from casework.errors import Invalid
from casework.settings import Settings
from tests.conftest import SetClock
from tests.rules.classification_messages import WORDS, made, trained


def test_it_learns_what_messages_are_about() -> None:
    suggestions = model.suggest([message("楼下排污", "河水发黑，臭味很大"), message("学费太高", "幼儿园又涨学费")], trained())
    assert [one.label for one in suggestions] == ["环境保护", "教育文体"]
    assert not any(one.abstained for one in suggestions)
    first = suggestions[0]
    assert first.alternatives[0] == ("环境保护", first.confidence)
    assert sorted(label for label, _ in first.alternatives) == sorted(WORDS)
    assert sum(score for _, score in first.alternatives) == pytest.approx(1, abs=1e-3)
    assert first.code is None
    assert first.model_version == trained().version


def test_what_says_nothing_is_left_to_a_person() -> None:
    for nothing in ("", " \n ", "xyzzy", "您好"):
        (suggestion,) = model.suggest([nothing], trained())
        assert suggestion.abstained, nothing


def test_a_batch_says_what_each_message_alone_says() -> None:
    texts = [example.text for example in made(200, seed=3)]
    together = trained().probabilities(texts)
    assert together.sum(axis=1) == pytest.approx(1)
    assert together[::97] == pytest.approx(np.vstack([trained().probabilities([text]) for text in texts[::97]]))
    assert trained().probabilities([]).shape == (0, 3)


def test_training_twice_gives_the_same_model() -> None:
    texts = [example.text for example in made(5, seed=9)]
    again = training.train(made(40))
    assert (again.probabilities(texts) == trained().probabilities(texts)).all()
    assert again.figures["data_sha256"] == trained().figures["data_sha256"]
    assert training.train(made(40, seed=8)).figures["data_sha256"] != trained().figures["data_sha256"]


def test_the_figures_say_when_and_from_what(time: SetClock) -> None:
    time.is_now("2026-03-02 10:00")
    classifier = training.train(made(20))
    figures = classifier.figures
    assert classifier.version == figures["version"] == f"20260302T020000Z-{figures['data_sha256'][:8]}"
    assert figures["trained_at"] == "2026-03-02T02:00:00+00:00"
    assert (figures["rows"], set(figures["labels"].values())) == (60, {20})
    assert {one["rows"] for one in figures["per_label"].values()} == {20}
    assert figures["libraries"].keys() == {"python", "numpy", "scipy", "scikit-learn"}


@pytest.mark.parametrize("muddled", [0.2, 0.4])
def test_the_figures_hold_on_messages_nobody_has_seen(muddled: float) -> None:
    classifier = training.train(made(100, muddled=muddled))
    unseen = made(200, seed=99, muddled=muddled)
    probabilities = classifier.probabilities([example.text for example in unseen])
    confidence, guess = probabilities.max(axis=1), probabilities.argmax(axis=1)
    right = np.array([classifier.labels[one] == example.label for one, example in zip(guess, unseen, strict=True)])
    figures = classifier.figures
    assert right.mean() == pytest.approx(figures["accuracy"], abs=0.06)
    assert np.mean(figures["macro_f1_folds"]) == pytest.approx(figures["macro_f1"], abs=0.02)
    assert figures["calibration_error"] < 0.08
    assert confidence.mean() == pytest.approx(right.mean(), abs=0.04)
    kept = confidence >= classifier.threshold
    assert kept.mean() == pytest.approx(figures["coverage"], abs=0.12)
    assert right[kept].mean() > max(right.mean(), 0.9)


def test_a_higher_wish_for_precision_leaves_more_to_people() -> None:
    examples = made(100, muddled=0.3)
    modest, strict = training.train(examples, precision=0.85), training.train(examples, precision=0.98)
    assert modest.threshold < strict.threshold
    assert modest.figures["coverage"] > strict.figures["coverage"]


def test_rare_labels_are_left_out_and_named() -> None:
    examples = [*made(10), *(Example(f"稀有{number}", "罕见") for number in range(4))]
    figures = training.train(examples).figures
    assert figures["left_out"] == {"罕见": 4}
    assert set(figures["labels"]) == set(WORDS)


def test_two_labels_are_enough() -> None:
    two = [example for example in made(20) if example.label != "教育文体"]
    classifier = training.train(two)
    said = model.suggest(["楼下排污，臭味很大", "路灯和井盖坏了"], classifier)
    assert [one.label for one in said] == ["环境保护", "城乡建设"]
    assert len(said[0].alternatives) == 2


@pytest.mark.parametrize("examples", [[], [Example("路灯", "一")] * 50, made(4)], ids=["nothing", "one label", "four of each"])
def test_too_little_cannot_be_learned_from(examples: list[Example]) -> None:
    with pytest.raises(Invalid, match="at least 5 messages"):
        training.train(examples)


def test_a_file_is_learned_from_and_the_model_is_in_use(config: Settings, tmp_path: Path) -> None:
    lines = [f'{example.label},"{example.text.split(chr(10))[1]}",{example.text.split(chr(10))[0]}' for example in made(10)]
    source = tmp_path / "in.csv"
    source.write_text("\ufefflabel,detail,subject\r\n" + "\r\n".join(lines) + "\r\n", "utf-8", newline="")
    figures = training.train_csv(source)
    assert figures["rows"] == 30
    assert model.status()["version"] == figures["version"]
    assert model.suggest([message("黑烟", "臭味")])[0].label == "环境保护"
    assert figures["data_sha256"] == training.train(made(10)).figures["data_sha256"]


@pytest.mark.parametrize(("content", "field"), [
    ("subject,detail\n路灯,不亮\n", "row 1.label"),
    ("subject,detail,label\n路灯,不亮,建设\n井盖,丢失,\n", "row 3.label"),
    ("subject,detail,label\n路灯,不亮,建设\n\n , ,建设\n", "row 4.detail"),
    ('subject,detail,label\n路灯,"不\n亮",建设\n井盖,丢失, \n', "row 3.label"),
    ("subject,detail,label\n路灯,不亮,建设,又\n", "row 2"),
    ('subject,detail,label\n路灯,"不亮,建设\n', "row 2"),
    ("subject,detail,label\n路灯,不\0亮,建设\n", "row 2"),
    ("subject,detail,label,label\n", "row 1.label"),
    ("", "row 1"),
])
def test_a_faulty_file_is_refused_by_row_and_column(config: Settings, tmp_path: Path, content: str, field: str) -> None:
    source = tmp_path / "in.csv"
    source.write_text(content, "utf-8")
    with pytest.raises(Invalid) as refusal:
        training.train_csv(source)
    assert refusal.value.faults[0].field == field
    assert not (tmp_path / "models").exists()


def test_other_encodings_and_missing_files_are_told(config: Settings, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes("subject,detail,label\n路灯,不亮,建设\n".encode("gb18030"))
    with pytest.raises(Invalid, match="not UTF-8"):
        training.train_csv(source)
    with pytest.raises(Invalid, match="cannot be read: No such file"):
        training.train_csv(tmp_path / "nowhere.csv")


def test_all_faults_are_told_up_to_a_number(config: Settings, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("subject,detail,label\n" + "路灯,不亮,\n" * 50, "utf-8")
    with pytest.raises(Invalid) as refusal:
        training.train_csv(source)
    assert [fault.field for fault in refusal.value.faults] == [f"row {row}.label" for row in range(2, 2 + training.FAULTS)]


def test_calibration_takes_back_too_much_and_too_little_confidence() -> None:
    chance = np.random.default_rng(5)
    real = chance.normal(size=(4000, 3)) * 2
    truth = np.array([chance.choice(3, p=row) for row in softmax(real)])
    for exaggeration in (0.2, 5.0):
        scale, offset = calibration.fit(real * exaggeration, truth)
        assert scale * exaggeration == pytest.approx(1, rel=0.1)
        assert offset - offset.mean() == pytest.approx(0, abs=0.15)


def test_the_threshold_is_the_lowest_that_keeps_the_precision() -> None:
    confidence = np.array([0.95, 0.9, 0.9, 0.8, 0.7, 0.6])
    right = np.array([True, True, False, True, True, False])
    assert calibration.threshold(confidence, right, 0.8, fewest=1) == 0.7
    assert calibration.threshold(confidence, right, 0.9, fewest=1) == 0.95
    assert calibration.threshold(confidence, right, 0.9, fewest=2) == calibration.NEVER
    assert calibration.threshold(confidence, np.zeros(6, dtype=bool), 0.5, fewest=1) == calibration.NEVER
    # Two of equal confidence, one right and one wrong: the limit cannot fall between them.
    assert calibration.threshold(confidence[1:3], right[1:3], 0.9, fewest=1) == calibration.NEVER
