"""The page of the workflow says what the table says, today."""
import re
from pathlib import Path

from casework.cases import diagram
from casework.cases.workflow import OPEN, STEPS, Status

PAGE = Path(__file__).parents[2] / "docs" / "workflow.md"


def test_the_page_is_current() -> None:
    anew = "python -m casework.cases.diagram > docs/workflow.md"
    assert PAGE.read_text(encoding="utf-8") == diagram.page(), anew


def test_every_move_of_the_table_is_an_arrow_and_every_arrow_a_move() -> None:
    drawn = set()
    for source, label, target in re.findall(r'^    (\w+) -\.?->\|"(.+)"\| (\w+)$', "\n".join(diagram.picture()), re.MULTILINE):
        drawn |= {(source, one.rpartition(" ")[2], target) for one in label.split("<br/>")}
    meant = set()
    for action, step in STEPS.items():
        targets = {"open"} if step.back else {str(one) for one in (step.target, step.unled) if one}
        sources = {"open"} if step.sources == OPEN else {str(one) for one in step.sources} or {"begin"}
        meant |= {(source, action, target) for source in sources for target in targets}
    assert drawn == meant


def test_every_status_has_a_box_and_every_action_a_row() -> None:
    text = diagram.page()
    boxes = set(re.findall(r'^    (\w+)\(?\["', text, re.MULTILINE))
    assert boxes == {str(status) for status in Status}
    rows = re.findall(r"^\| \*\*(.+)\*\*<br/>`(\w+)` \|", text, re.MULTILINE)
    assert [action for _, action in rows] == list(STEPS)
    assert all(re.fullmatch(r"[\u4e00-\u9fff]+", name) for name, _ in rows)


def test_nothing_in_a_cell_breaks_its_table() -> None:
    tables = re.findall(r"^\|.*\|$\n(?:^\|.*\|$\n)+", diagram.page(), re.MULTILINE)
    assert len(tables) == 4
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1
