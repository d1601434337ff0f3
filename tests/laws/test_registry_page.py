"""The page of the registers says every field once, and is current."""
from pathlib import Path

from casework.registry import page
from casework.registry.catalogue import REGISTERS
from casework.registry.relations import ENDS, NAMES, RelationKind
from casework.registry.visits import PURPOSES, Purpose

PAGE = Path(__file__).parents[2] / "docs" / "registers.md"


def test_the_page_is_what_the_tables_say() -> None:
    anew = "python -m casework.registry.page > docs/registers.md"
    assert PAGE.read_text(encoding="utf-8") == page.page(), anew


def test_it_names_every_field_relation_and_purpose() -> None:
    text = page.page()
    for kept in REGISTERS.values():
        section = text[text.index(f"`{kept.register}` {kept.english}"):].split("\n## ")[0]
        for field in kept.fields.values():
            assert section.count(f"| `{field.name}` | {field.chinese} {field.english} |") == 1
    assert set(NAMES) == set(ENDS) == set(RelationKind)
    assert set(PURPOSES) == set(Purpose)
