"""`classify` gives a file back with what each row is about, and nothing else changed."""
import csv
from pathlib import Path

import pytest

from casework.classification import files, model
from casework.errors import Invalid
from casework.settings import Settings
from tests.rules.classification_messages import trained


@pytest.fixture(autouse=True)
def _model(config: Settings) -> None:
    files.save(trained())
    files.activate(trained().version)


def classified(folder: Path, content: str) -> list[dict[str, str]]:
    (folder / "in.csv").write_text(content, "utf-8", newline="")
    count = model.classify_csv(folder / "in.csv", folder / "out.csv")
    with (folder / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert count == len(rows)
    return rows


def test_columns_are_kept_in_their_order_and_three_are_added(tmp_path: Path) -> None:
    (row,) = classified(tmp_path, '\ufeff编号,detail,likes,subject\r\n7,"河水发黑，\r\n""臭味""很大",3,排污\r\n')
    assert list(row) == ["编号", "detail", "likes", "subject", "label", "confidence", "abstained"]
    assert row["detail"] == '河水发黑，\r\n"臭味"很大'
    assert (row["编号"], row["likes"], row["label"], row["abstained"]) == ("7", "3", "环境保护", "false")
    assert trained().threshold <= float(row["confidence"]) <= 1


@pytest.mark.parametrize("content", ["subject\n路灯和井盖\n", "detail\n路灯和井盖\n", "detail,subject\n路灯和井盖\n",
                                     "subject,detail\n路灯和井盖,\n"])
def test_subject_or_detail_alone_is_enough(tmp_path: Path, content: str) -> None:
    (row,) = classified(tmp_path, content)
    assert row["label"] == "城乡建设"


def test_a_row_that_says_nothing_is_left_to_a_person(tmp_path: Path) -> None:
    rows = classified(tmp_path, "id,subject,detail\n1,,\n2,学校补课,老师补课\n")
    assert [row["abstained"] for row in rows] == ["true", "false"]


def test_classifying_the_result_again_replaces_the_columns(tmp_path: Path) -> None:
    classified(tmp_path, "label,subject\n旧,排污臭味\n")
    (row,) = classified(tmp_path, (tmp_path / "out.csv").read_text("utf-8"))
    assert list(row) == ["subject", "label", "confidence", "abstained"]
    assert row["label"] == "环境保护"


def test_many_rows_pass_in_order(tmp_path: Path) -> None:
    number = 2 * model.BATCH + 7
    subjects = ("路灯井盖", "学校补课")
    rows = classified(tmp_path, "id,subject\n" + "".join(f"{one},{subjects[one % 2]}\n" for one in range(number)))
    assert [int(row["id"]) for row in rows] == list(range(number))
    assert {(int(row["id"]) % 2, row["label"]) for row in rows} == {(0, "城乡建设"), (1, "教育文体")}


def test_a_file_that_breaks_off_leaves_no_result(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("yesterday's", "utf-8")
    with pytest.raises(Invalid, match="not a CSV file"):
        classified(tmp_path, "subject\n路灯\n" * 1500 + '"井盖\n')
    assert (tmp_path / "out.csv").read_text("utf-8") == "yesterday's"
    assert not list(tmp_path.glob(".out.csv-*"))


def test_a_file_may_be_classified_onto_itself(tmp_path: Path) -> None:
    both = tmp_path / "same.csv"
    both.write_text("subject\n排污臭味\n", "utf-8")
    assert model.classify_csv(both, both) == 1
    assert "环境保护" in both.read_text("utf-8")


def test_what_cannot_be_classified_is_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no column subject or detail; it has text"):
        classified(tmp_path, "text\n路灯\n")
    with pytest.raises(Invalid, match="cannot be written"):
        (tmp_path / "in.csv").write_text("subject\n路灯\n", "utf-8")
        model.classify_csv(tmp_path / "in.csv", tmp_path / "nowhere" / "out.csv")
    (tmp_path / "models" / files.ACTIVE).unlink()
    with pytest.raises(Invalid, match="train one first"):
        classified(tmp_path, "subject\n路灯\n")
