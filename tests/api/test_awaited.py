"""A report names its files by hash: it is worked on meanwhile, its receipt says what is missing, the last completes it."""
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select

from casework import settings
from casework.cases.report import Outcome, Report
from casework.media import Named, Photo, Purpose, awaited
from casework.media.awaited import AwaitedFile
from casework.media.uploads.upload import MEGABYTE, check_room
from casework.storage import blobs
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from casework.triage import automatic
from tests.api.town import Json, Town, key, ok, pda_report, point, problem, stored
from tests.api.tus import Tus, described, heavy_photo, sha256
from tests.conftest import SetClock
from tests.factories import GRIDS, a_photo

REPORTS = "/api/v1/pda/reports"
RED, BLUE, GREEN = a_photo("red"), a_photo("blue"), a_photo("green")


@pytest.fixture
def li(town: Town) -> Tus:
    return Tus(town.li)


def named(*contents: bytes, purpose: str = "report") -> list[Json]:
    return [{"sha256": sha256(one), "size": len(one), "type": "image/jpeg", "name": f"{at}.jpg", "purpose": purpose}
            for at, one in enumerate(contents)]


def reported(li: Tus, *contents: bytes, **facts: Any) -> Json:
    """What a report said that names these files, with its number."""
    body = pda_report(files=named(*contents), **facts)
    return body | ok(li.who.post(REPORTS, body), 201)


def receipt(li: Tus, report: Json) -> Json:
    return ok(li.who.get(f"{REPORTS}/{report['key']}/receipt"))


def states(li: Tus, report: Json) -> list[str]:
    return [one["state"] for one in receipt(li, report)["files"]]


def photos_of(report: Json) -> list[Photo]:
    with reading() as db:
        found = db.scalars(select(Report.id).where(Report.number == report["number"])).one()
        return list(db.scalars(select(Photo).where(Photo.report_id == found).order_by(Photo.id)))


def completed(town: Town) -> list[str]:
    """Run everything that follows; the outcomes of the reports whose last file came."""
    town.jobs()
    with reading() as db:
        reports = list(db.scalars(select(Event.subject).where(Event.name == "report.completed")))
    automatic.complete(reports)  # jobs come more than once
    town.jobs()
    with reading() as db:
        return [str(one) for one in db.scalars(select(Report.outcome).where(Report.id.in_(reports)))]


def test_the_receipt_says_what_is_missing_until_all_is_there(town: Town, li: Tus, time: SetClock) -> None:
    heavy = heavy_photo(7, 1500)
    report = reported(li, RED, heavy, BLUE)
    begun = receipt(li, report)
    assert (begun["number"], begun["received_at"]) == (report["number"], report["received_at"])
    assert [(one["sha256"], one["name"], one["size"]) for one in begun["files"]] == [
        (sha256(RED), "0.jpg", len(RED)), (sha256(heavy), "1.jpg", len(heavy)), (sha256(BLUE), "2.jpg", len(BLUE))]
    assert (states(li, report), begun["complete"]) == (["missing"] * 3, False)
    li.whole(RED)
    path = li.begin(len(heavy), Upload_Metadata=described(sha256=sha256(heavy)))
    li.send(path, 0, heavy[:1_200_000])
    li.begin(len(heavy), Upload_Metadata=described(sha256=sha256(heavy)))  # another attempt that has come less far
    partly = receipt(li, report)
    assert states(li, report) == ["arrived", "arriving", "missing"]
    assert [one["offset"] for one in partly["files"]] == [len(RED), 1_200_000, 0]
    assert [one["upload"] for one in partly["files"]] == [None, path, None]
    li.whole(BLUE)
    li.send(path, 1_200_000, heavy[1_200_000:])
    whole = receipt(li, report)
    assert (states(li, report), whole["complete"]) == (["arrived"] * 3, True)
    assert [one.sha256 for one in photos_of(report)] == [sha256(RED), sha256(BLUE), sha256(heavy)]
    assert ok(li.who.get(f"{REPORTS}/{report['number'].lower()}/receipt")) == whole


def test_the_desk_sees_how_much_is_missing_and_works_on(town: Town, li: Tus) -> None:
    report = reported(li, RED, BLUE)
    town.jobs()
    case = town.case_of(report["number"])
    assert (case["status"], case["reports"][0]["files_missing"], case["photos"]) == ("dispatched", 2, [])
    li.whole(BLUE)
    case = town.case_of(report["number"])
    assert (case["reports"][0]["files_missing"], len(case["photos"])) == (1, 1)
    li.whole(RED)
    assert town.case_of(report["number"])["reports"][0]["files_missing"] == 0


def test_the_receipt_is_for_the_sender_alone(town: Town, li: Tus) -> None:
    report = reported(li, RED)
    for name in (report["key"], report["number"]):
        problem(town.wang.get(f"{REPORTS}/{name}/receipt"), 404)
        problem(town.dispatcher.get(f"{REPORTS}/{name}/receipt"), 403)
        problem(town.stranger.get(f"{REPORTS}/{name}/receipt"), 401)
    for name in (key(), "%00", "a" * 5000, "%FF"):
        problem(li.who.get(f"{REPORTS}/{name}/receipt"), 404)


def test_files_may_come_before_the_report(li: Tus) -> None:
    li.whole(RED)
    li.whole(BLUE)
    report = reported(li, RED, BLUE, GREEN)
    assert states(li, report) == ["arrived", "arrived", "missing"]
    assert len(photos_of(report)) == 2
    assert stored(Photo) == 2


def test_one_file_named_by_two_reports_is_sent_once(li: Tus) -> None:
    first, second = reported(li, RED, BLUE), reported(li, RED, text="路灯不亮")
    li.whole(RED)
    assert (states(li, first), states(li, second)) == (["arrived", "missing"], ["arrived"])
    third = reported(li, RED, text="垃圾没人清")
    assert states(li, third) == ["arrived"]
    assert len({photos_of(one)[0].original_key for one in (first, second, third)}) == 1
    assert [len(photos_of(one)) for one in (first, second, third)] == [1, 1, 1]


def test_what_was_begun_of_a_file_that_is_here_goes(town: Town, li: Tus) -> None:
    """A client that heard no answer has begun anew; another file, a part and another worker's stay."""
    heavy = heavy_photo(8, 1500)
    said = {"Upload_Metadata": described(sha256=sha256(heavy))}
    lost, part, other, wangs = (li.begin(len(heavy), **said), li.begin(len(heavy), Upload_Concat="partial", **said),
                                li.begin(len(heavy)), Tus(town.wang).begin(len(heavy), **said))
    li.send(lost, 0, heavy[:1_200_000])
    assert li.whole(heavy, sha256=sha256(heavy)).status_code == 201
    assert li.ask("HEAD", lost).status_code == 404
    assert [li.offset(part), li.offset(other), Tus(town.wang).offset(wangs)] == [0, 0, 0]
    assert list(blobs.keys_under("uploads")) == []


def test_another_workers_file_is_not_taken_for_mine(town: Town, li: Tus) -> None:
    report = reported(li, RED)
    Tus(town.wang).whole(RED)
    assert states(li, report) == ["missing"]
    wangs = reported(Tus(town.wang), RED)
    assert states(Tus(town.wang), wangs) == ["arrived"]


def test_what_is_no_photo_is_awaited_no_longer_and_says_why(town: Town, li: Tus) -> None:
    report = reported(li, RED, b"words")
    li.whole(b"words")
    (_, refused) = receipt(li, report)["files"]
    assert (refused["state"], "JPEG" in refused["reason"], refused["offset"]) == ("refused", True, 0)
    assert receipt(li, report)["complete"] is False
    li.whole(RED)
    assert receipt(li, report)["complete"] is True


def test_sent_again_it_names_the_same_files_and_changes_nothing(town: Town, li: Tus, time: SetClock) -> None:
    report = pda_report(files=named(RED, RED, BLUE), at="2026-03-02T09:30:00+08:00", sent_at="2026-03-02T09:40:00+08:00")
    first = ok(li.who.post(REPORTS, report), 201)
    li.whole(RED)
    time.passes(hours=3)
    again = report | {"sent_at": "2026-03-02T12:47:00+08:00"}  # its clock was put right meanwhile
    assert ok(li.who.post(REPORTS, again), 201) == first
    assert (states(li, report), stored(AwaitedFile), stored(Photo)) == (["arrived", "missing"], 2, 1)
    problem(li.who.post(REPORTS, report | {"files": named(GREEN)}), 409)


def test_photos_that_come_along_are_there_at_once(li: Tus) -> None:
    body = pda_report(files=named(RED, BLUE))
    ok(li.who.post(REPORTS, body, files={"photos": [(BytesIO(RED), "a.jpg")]}), 201)
    assert states(li, body) == ["arrived", "missing"]


def test_files_are_named_properly(town: Town, li: Tus) -> None:
    (good,) = named(RED)
    for wrong in ({"sha256": "12"}, {"sha256": sha256(RED).upper()}, {"size": 0}, {"name": "a\0b"}, {"purpose": "inspection"},
                  {"sha256": None}, {"more": 1}):
        fields = problem(li.who.post(REPORTS, pda_report(files=[good | wrong])), 422)["fields"]
        assert set(fields) == {f"files.0.{next(iter(wrong))}"}
    problem(li.who.post(REPORTS, pda_report(files=[good] * 10)), 422)
    assert stored() == 0


def test_a_wrong_clock_is_corrected_and_its_own_time_kept(li: Tus, time: SetClock) -> None:
    """Now is 10:00 in the city."""
    for at, sent_at, happened in (
            ("2026-03-02T09:00:00+08:00", "2026-03-02T10:00:00+08:00", "09:00"),
            ("2020-01-01T00:10:00+08:00", "2020-01-01T00:30:00+08:00", "09:40"),
            ("2026-03-02T12:00:00+08:00", "2026-03-02T12:05:00+08:00", "09:55"),
            ("2026-03-02T12:00:00+08:00", "2026-03-02T11:00:00+08:00", "10:00"),  # its clock was put back: not in the future
            ("2026-03-02T12:00:00+08:00", None, "10:00"), (None, "2026-03-02T12:00:00+08:00", None)):
        body = pda_report(at=at, sent_at=sent_at)
        ok(li.who.post(REPORTS, body), 201)
        with reading() as db:
            report = db.scalars(select(Report).where(Report.key == body["key"])).one()
        assert (report.device_at and report.device_at.isoformat()) == (at and _utc(at))
        city = report.happened_at and (report.happened_at + timedelta(hours=8)).strftime("%H:%M")
        assert city == happened, (at, sent_at)


def _utc(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat()


def test_put_right_on_the_spot_it_waits_for_its_photos_and_closes_by_itself(town: Town, li: Tus) -> None:
    report = reported(li, RED, BLUE, GREEN, handled=True)
    li.whole(RED)
    li.whole(BLUE)  # two are enough for a report that names no more
    town.jobs()
    case = town.case_of(report["number"])
    assert case["status"] == "reported"
    assert case["waiting_for"] == "自行处置的照片尚未收齐（还差1个文件），收齐后自动处置"
    assert case["reports"][0]["outcome_reason"] == case["waiting_for"]
    li.whole(GREEN)
    assert completed(town) == [Outcome.SELF_HANDLED]
    case = town.case_of(report["number"])
    assert [line["action"] for line in case["history"]][:2] == ["report", "self_handle"]
    assert (case["history"][1]["actor_id"], len(case["history"][1]["facts"]["photos"])) == (str(town.cast.li.id), 3)
    assert (case["waiting_for"], case["reports"][0]["outcome"]) == (None, "self_handled")


def test_complete_before_triage_it_is_closed_by_triage(town: Town, li: Tus) -> None:
    report = reported(li, RED, BLUE, handled=True)
    li.whole(RED)
    li.whole(BLUE)
    town.jobs()
    assert town.case_of(report["number"])["history"][1]["action"] == "self_handle"


def test_what_else_is_in_doubt_stays_on_the_desk(town: Town, li: Tus) -> None:
    unsure = reported(li, RED, BLUE, handled=True, category="99999")
    lone = reported(li, GREEN, handled=True, place=point(0, 300))
    town.jobs()
    for one in (RED, BLUE, GREEN):
        li.whole(one)
    assert completed(town) == [Outcome.LEFT, Outcome.LEFT]
    assert town.case_of(unsure["number"])["waiting_for"] == "上报的类别99999不在分类表中"
    assert town.case_of(lone["number"])["waiting_for"] == "自行处置须有处置前、后照片"


def test_what_a_person_has_in_hand_stays_theirs(town: Town, li: Tus) -> None:
    filed, corrected = reported(li, RED, handled=True), reported(li, BLUE, handled=True, place=point(2))
    town.jobs()
    town.act(town.triage, town.case_of(filed["number"])["number"], "file", category="10101")
    town.act(town.triage, town.case_of(corrected["number"])["number"], "correct", category="10102", reason="是污水井盖")
    li.whole(RED)
    li.whole(BLUE)
    assert completed(town) == [Outcome.LEFT, Outcome.LEFT]
    assert town.case_of(filed["number"])["status"] == "dispatched"
    left = town.case_of(corrected["number"])
    assert (left["status"], left["category_code"]) == ("reported", "10102")


def test_before_and_after_are_kept_apart(li: Tus) -> None:
    body = pda_report(files=named(RED, purpose="before") + named(BLUE, purpose="after"), handled=True)
    report = body | ok(li.who.post(REPORTS, body), 201)
    li.whole(BLUE)
    li.whole(RED)
    assert [(one.purpose, one.sha256) for one in photos_of(report)] == [
        (Purpose.AFTER, sha256(BLUE)), (Purpose.BEFORE, sha256(RED))]


def test_a_file_and_its_report_meet_however_they_come(town: Town, li: Tus) -> None:
    """Twenty files and the reports that name them, each pair at the same moment."""
    contents = [a_photo("grey", (64, 40 + at)) for at in range(20)]

    def both(content: bytes) -> Json:
        with ThreadPoolExecutor(2) as pair:
            uploaded = pair.submit(li.whole, content)
            report = pair.submit(reported, li, content).result()
            assert uploaded.result().status_code == 201
        return report
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(both, contents))
    assert [states(li, one) for one in reports] == [["arrived"]] * 20
    assert stored(Photo) == 20


def test_all_is_said_once(town: Town, li: Tus) -> None:
    reported(li, RED, BLUE)
    reported(li, RED, text="路灯不亮")
    for content in (RED, BLUE, RED):
        li.whole(content)
    with reading() as db:
        names = list(db.scalars(select(Event.name).order_by(Event.id)))
    assert names.count("report.completed") == 2


def test_what_a_step_may_show_is_whole_ones_own_and_unused(town: Town, li: Tus) -> None:
    photo = li.whole(RED).headers["Upload-Photo"]
    Tus(town.wang).whole(BLUE)
    reported(li, GREEN)
    li.whole(GREEN)
    assert town.cast.li.id is not None
    with reading() as db:
        found = awaited.arrived(db, town.cast.li.id, [sha256(one) for one in (RED, BLUE, GREEN)])
    assert {sha: str(one) for sha, one in found.items()} == {sha256(RED): photo}


def test_named_again_by_the_same_report_it_is_awaited_once(town: Town, li: Tus) -> None:
    """A submission that is split over several requests names its files in each."""
    report = reported(li, RED)
    assert town.cast.li.id is not None
    with transaction() as db:
        found = db.scalars(select(Report.id).where(Report.number == report["number"])).one()
        for _ in range(2):
            awaited.expect(db, found, town.cast.li.id, [Named(sha256(RED), 1), Named(sha256(BLUE), 2, "b")])
    assert states(li, report) == ["missing", "missing"]


def test_what_shows_a_task_done_shows_nothing_else_and_takes_no_room(town: Town, li: Tus) -> None:
    """The photo is the task's: a step waits for one of its own, a report shows the picture in a row of its own."""
    photo = li.whole(RED, sha256=sha256(RED)).headers["Upload-Photo"]
    task = ok(town.supervisor.post("/api/v1/duty/tasks", {
        "key": key(), "kind": "visit", "title": "走访", "area": GRIDS[0], "due_at": "2036-03-06T18:00:00+08:00"}), 201)
    ok(li.who.post(f"/api/v1/duty/tasks/{task['id']}/answer", {"key": key(), "outcome": "done", "photos": [photo]}))
    assert li.who.actor
    assert li.who.actor.id
    with reading() as db:
        assert awaited.arrived(db, li.who.actor.id, [sha256(RED)]) == {}
        check_room(db, li.who.actor.id, settings.current().upload_quota_megabytes * MEGABYTE)  # nothing is unused
    report = reported(li, RED)
    assert states(li, report) == ["arrived"]
    with reading() as db:
        assert str(db.scalars(select(Photo.id).where(Photo.task_id.is_not(None))).one()) == photo
        assert not db.scalars(select(Photo).where(Photo.task_id.is_not(None), Photo.report_id.is_not(None))).all()


def test_a_part_is_not_where_a_file_goes_on(li: Tus) -> None:
    """Bytes that are sent to a part make no photo."""
    report = reported(li, RED)
    li.begin(len(RED), Upload_Concat="partial", Upload_Metadata=described(sha256=sha256(RED)))
    assert [(one["state"], one["upload"]) for one in receipt(li, report)["files"]] == [("missing", None)]


def test_a_file_that_was_here_before_its_report_knew_its_hash_completes_it(town: Town, li: Tus) -> None:
    """As of a form whose files are awaited by name at first."""
    report = reported(li, handled=True)
    li.whole(RED)
    with transaction() as db:
        found = db.scalars(select(Report).where(Report.number == report["number"])).one()
        assert found.reporter_id
        awaited.expect(db, found.id, found.reporter_id, [Named(sha256(RED), len(RED))])
    with reading() as db:
        assert db.scalars(select(Event.subject).where(Event.name == "report.completed")).all() == [found.id]
