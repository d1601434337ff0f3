"""A list as a file: seconds and memory by its length; memory must not grow with it."""
import tracemalloc
import uuid

import pytest

from casework.exports import export, writing
from casework.exports.export import Export, Form, State
from casework.storage.database import reading, transaction
from tests.benchmarks.ground import Ground
from tests.benchmarks.harness import Measured, Scale, milliseconds, per_second, record, timed

MEGABYTE = 1024 * 1024
MOST_MEGABYTES = {Form.CSV: 64, Form.XLSX: 160}
"""What a run may hold: a page and a piece; for a workbook also the packed file."""


def asked(ground: Ground, form: Form) -> uuid.UUID:
    with transaction() as db:
        return export.ask(db, ground.cast.supervisor, "cases", form, {"open": "false"}).id


def written(export_id: uuid.UUID) -> Export:
    while writing.run(export_id) is State.RUNNING:
        pass
    with reading() as db:
        return db.get_one(Export, export_id)


@pytest.mark.parametrize("form", [Form.CSV, Form.XLSX])
def test_memory_does_not_grow_with_the_list(busy: Ground, scale: Scale, form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
    if form is Form.XLSX:  # as many as a workbook may have
        monkeypatch.setitem(export.MOST_ROWS, Form.XLSX, scale.rows)
        if scale.rows > 100_000:
            pytest.skip("BENCH_ROWS=100000 measures a workbook")
    export_id = asked(busy, form)
    made: list[Export] = []
    tracemalloc.start()

    def writes() -> int:
        made.append(written(export_id))
        return made[0].done
    took: Measured = timed(writes, database_cpu=busy.backends_cpu())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (made[0].state, made[0].done) == (State.DONE, made[0].total)
    assert made[0].done >= scale.rows
    record(scale, f"export of {made[0].done:,} cases as {form}, {busy.kind}", per_second(took), per_second(took),
           note=f"{milliseconds(took.seconds)}, {(made[0].bytes or 0) / MEGABYTE:.0f} MB, at most {peak / MEGABYTE:.0f} MB held")
    assert peak < MOST_MEGABYTES[form] * MEGABYTE
