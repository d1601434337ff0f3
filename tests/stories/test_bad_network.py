"""Two hundred reports with three photos each, over a network that cuts connections at random bytes and drops answers after the
server has committed: nothing is lost, nothing is doubled, every file is whole, and few bytes are sent twice."""
import dataclasses
import hashlib
import os
import secrets
import time
from collections import Counter

from sqlalchemy import select, update

from casework import clock
from casework.cases.report import Report
from casework.identity.sessions import enrol_device
from casework.media import Photo
from casework.media.awaited import AwaitedFile, State
from casework.media.uploads import forgetting, upload
from casework.media.uploads.upload import Upload
from casework.settings import Settings
from casework.storage import blobs
from casework.storage.database import reading, transaction
from tests import people
from tests.benchmarks.harness import Server, serving
from tests.conftest import Say
from tests.factories import small_city
from tests.stories.cutting_proxy import CuttingProxy, cutting
from tests.stories.field_devices import FieldDevice

REPORTS, PHOTOS, DEVICES = int(os.environ.get("NETWORK_REPORTS", "32")), 3, 4
MEAN_UP, MEAN_DOWN = 120_000, 2_500
"""Bytes until a connection is cut: two or three files, or half a dozen answers."""

PATIENCE_SECONDS = 300


def seed() -> int:
    """Printed; set NETWORK_SEED to see the same again."""
    return int(os.environ.get("NETWORK_SEED") or secrets.randbelow(10_000))


def test_a_bad_network_loses_and_doubles_nothing(config: Settings, store: str, say: Say) -> None:
    number = seed()
    say(f"\nNETWORK_SEED={number}")
    with transaction() as db:
        cast = people.hire(db, small_city(db))
        carriers = [enrol_device(db, person.id, f"PDA {at}") for at, person in
                    enumerate((cast.li, cast.wang, cast.zhao, cast.li)) if person.id]
        headers = [{"Authorization": f"Device {token}", "X-Device-Id": str(device.id)} for device, token in carriers]
    settings = dataclasses.replace(config, database_url=store, rate_limit_reports="100000 per minute", flood=())
    with (serving("api.app:create_app", settings, 2, "/health/live") as server,
          cutting(server.port, number, MEAN_UP, MEAN_DOWN) as proxy):
        devices = [FieldDevice(f"http://127.0.0.1:{proxy.port}", f"pda{at}", number, one,
                               reports=REPORTS // DEVICES, photos=PHOTOS)
                   for at, one in enumerate(headers)]
        seconds = send_all(devices, server)
    reckon(devices)
    tell(devices, proxy, seconds, say)


def send_all(devices: list[FieldDevice], server: Server) -> float:
    began = time.monotonic()
    for device in devices:
        device.start()
    for device in devices:
        device.join(max(0.0, began + PATIENCE_SECONDS - time.monotonic()))
    assert [fault for device in devices for fault in device.faults] == [], server.log.read_text()[-3000:]
    assert not [device.name for device in devices if device.is_alive()], "devices still send"
    return time.monotonic() - began


def reckon(devices: list[FieldDevice]) -> None:
    """The database says what the devices know: each report once, under its number, with exactly its own photos, whole."""
    acknowledged = {key: number for device in devices for key, number in device.acknowledged.items()}
    named = {key: shas for device in devices for key, shas in device.named.items()}
    assert len(acknowledged) == REPORTS
    with reading() as db:
        reports = {report.id: report for report in db.scalars(select(Report))}
        photos = db.scalars(select(Photo)).all()
        states = Counter(db.scalars(select(AwaitedFile.state)))
        whole = Counter(db.scalars(select(Upload.sha256).where(Upload.state == upload.State.COMPLETE)))
    assert {report.key: report.number for report in reports.values()} == acknowledged
    assert len(reports) == REPORTS
    assert states == {State.ARRIVED: REPORTS * PHOTOS}
    assert whole == Counter(sha for shas in named.values() for sha in shas)  # and no file came twice
    assert {photo.report_id for photo in photos} == set(reports)  # none lies about unused, none is missing
    assert Counter((reports[photo.report_id].key, photo.sha256) for photo in photos if photo.report_id) == Counter(
        (key, sha) for key, shas in named.items() for sha in shas)
    assert [hashlib.sha256(blobs.get(photo.original_key)).hexdigest() for photo in photos] == [
        photo.sha256 for photo in photos]
    nothing_is_left()


def nothing_is_left() -> None:
    """What was begun in vain, because the answer was lost, ends with its time, and takes its pieces along."""
    with transaction() as db:
        db.execute(update(Upload).values(expires_at=clock.now()))
        assert forgetting.forget_expired(db, 10 * REPORTS) >= REPORTS * PHOTOS
    assert list(blobs.keys_under("uploads")) == []


def tell(devices: list[FieldDevice], proxy: CuttingProxy, seconds: float, say: Say) -> None:
    content = sum(len(one) for device in devices for one in device.files.values())
    say(f"{REPORTS} reports with {REPORTS * PHOTOS} photos in {seconds:.0f} s over {proxy.connections} connections, of which "
        f"{proxy.cut_up} were cut while sending and {proxy.cut_down} while answering; "
        f"{sum(device.lost for device in devices)} answers lost; "
        f"each byte of a file sent {proxy.content / content:.2f} times")
    assert proxy.cut_up > REPORTS / 4
    assert proxy.cut_down > REPORTS / 4
    assert content <= proxy.content <= 2 * content
