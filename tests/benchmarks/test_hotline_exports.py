"""An export of ten thousand messy rows, as a workbook: read, judged and kept in under a minute, every bad row named."""
import random
from typing import Any

from casework.intake.hotline import importing, mappings, sheets
from casework.intake.hotline.importing import Imported
from casework.intake.hotline.mappings import Wanted
from casework.storage.database import reading, transaction
from tests.benchmarks.ground import Ground
from tests.benchmarks.harness import Scale, milliseconds, per_second, record, timed
from tests.storage.test_hotline_exports import HEADINGS
from tests.storage.test_registry_import import xlsx_of

SECONDS = 60
TIMES = ["2026年3月2日 8:05", "2026/3/1 8:05:00", "46082.5", "2026-02-28 09:00"]


def messy(chance: random.Random, number: int) -> tuple[list[Any], bool]:
    """A row, and whether it is bad."""
    row = [f"N{chance.getrandbits(60)}", "停水", f"第{number}户停水，已{chance.randrange(9)}天", chance.choice(TIMES), "301",
           "南塘社区", "王小明", chance.choice(["13800138000", "无"]), "", "", ""]
    bad = chance.random() < 0.2
    if bad:
        row[chance.choice([0, 2])] = ""
    return row, bad


def test_ten_thousand_rows_come_in_within_a_minute(empty: Ground, scale: Scale) -> None:
    chance, operator = random.Random(12345), empty.cast.operator
    rows = [messy(chance, number) for number in range(10_000 if scale.full else 200)]
    content = xlsx_of([HEADINGS, *(row for row, _ in rows)])
    made: list[Imported] = []

    def brings() -> int:
        with reading() as db:
            plan = mappings.plan(db, operator, Wanted())
            sheet = sheets.read(db, content, "a.xlsx", plan)
        report = importing.report_of(sheet)
        for batch in importing.batches(sheet):
            with transaction() as db:
                report.add(importing.take(db, operator, plan, batch))
        made.append(report)
        return report.rows
    first, again = (timed(brings, database_cpu=empty.backends_cpu()) for _ in range(2))
    report, repeated = made
    bad = [at for at, (_, wrong) in enumerate(rows, 2) if wrong]
    assert [one["row"] for one in report.bad] == bad
    assert (report.new, report.skipped, repeated.unchanged) == (len(rows) - len(bad), len(bad), report.new)
    record(scale, f"hotline workbook of {len(rows):,} messy rows, {empty.kind}", per_second(first), per_second(again),
           note=f"{milliseconds(first.seconds)}, and again, which changes nothing, {milliseconds(again.seconds)}")
    if scale.full:
        assert first.seconds < SECONDS
