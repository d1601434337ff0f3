"""A list as a file: seconds and memory by its length; memory must not grow with it."""
import uuid
from pathlib import Path

import pytest

from casework.exports import export, writing
from casework.exports.export import Export, Form, State
from casework.storage.database import reading, transaction
from tests.benchmarks.ground import Ground
from tests.benchmarks.harness import Measured, Scale, milliseconds, per_second, record, timed

MEGABYTE = 1024 * 1024
MOST_MEGABYTES = {Form.CSV: 64, Form.XLSX: 160}
"""What a run may hold: a page and a piece; for a workbook also the packed file."""


def held(*, anew: bool = False) -> int:
    """Bytes that this process held at most; from now on, with `anew`."""
    if anew:
        Path("/proc/self/clear_refs").write_text("5", "ascii")
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def asked(ground: Ground, form: Form) -> uuid.UUID:
    with transaction() as db:
        return export.ask(db, ground.cast.supervisor, "cases", form, {"open": "false"}).id


def written(export_id: uuid.UUID) -> Export:
    while writing.run(export_id) is State.RUNNING:
        pass
    with reading() as db:
        return db.get_one(Export, export_id)


@pytest.mark.parametrize("form", [Form.CSV, Form.XLSX])
def test_memory_does_not_grow_with_the_list(crowded: Ground, scale: Scale, form: Form,
                                              monkeypatch: pytest.MonkeyPatch) -> None:
    if form is Form.XLSX:  # as many as a workbook may have
        monkeypatch.setitem(export.MOST_ROWS, Form.XLSX, scale.rows)
        if scale.rows > 100_000:
            pytest.skip("BENCH_ROWS=100000 measures a workbook")
    export_id = asked(crowded, form)
    made: list[Export] = []
    before = held(anew=True)

    def writes() -> int:
        made.append(written(export_id))
        return made[0].done
    took: Measured = timed(writes, database_cpu=crowded.backends_cpu())
    peak = held() - before
    assert (made[0].state, made[0].done) == (State.DONE, made[0].total)
    assert made[0].done >= scale.rows
    size = (made[0].bytes or 0) / MEGABYTE
    record(scale, f"export of {made[0].done:,} cases as {form}, {crowded.kind}", per_second(took), per_second(took),
           note=f"{milliseconds(took.seconds)}, {size:.0f} MB, at most {peak / MEGABYTE:.0f} MB held")
    assert peak < MOST_MEGABYTES[form] * MEGABYTE
