"""What goes by rule, and when; what stays; and that nothing is lost or left over when a process dies in between."""
import os
import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import clock, settings
from casework.cases.report import Channel, Receipt, Report
from casework.cases.subscribers import Subscriber
from casework.cli import commands, ground
from casework.community.subscriptions import Kind, Wish, following
from casework.community.subscriptions.holders import of_follower
from casework.errors import Gone
from casework.fieldwork.forms.submissions import SubmittedFile
from casework.fieldwork.tasks.task import Kind as TaskKind
from casework.fieldwork.tasks.task import State as TaskState
from casework.fieldwork.tasks.task import Task
from casework.identity import followers
from casework.identity.people import ANONYMOUS, Citizen
from casework.identity.privacy import Access, seal
from casework.identity.sealing import blind_index
from casework.identity.sessions import log_in_proved
from casework.identity.sessions.tokens import begin
from casework.media import Photo, Purpose, Rendition, check_in, keep, links, processing, view
from casework.media.awaited import Named, expect
from casework.media.blurring import public_photo
from casework.media.blurring.public_photo import PublicPhoto
from casework.media.photo import Thinned, show_again
from casework.notifications.messages import Message
from casework.notifications.rules import Kind as News
from casework.notifications.rules import Via
from casework.retention import carrying_out, contacts, exporting, files
from casework.retention.carrying_out import Run
from casework.retention.files import ForgottenFile
from casework.retention.requests import DataRequest
from casework.retention.rules import RULES
from casework.retention.walking import table_of
from casework.settings import RETENTION_DAYS, Settings
from casework.storage import blobs
from casework.storage.database import new_id, reading, transaction
from tests.conftest import SetClock
from tests.factories import a_photo, at_grid
from tests.storage import adopters
from tests.storage.city import City
from tests.storage.following import COMMUNITY, citizen, follows, in_wechat

NAME, PHONE = "赵淑芬", "13912345678"
WHOLE = {Rendition.ORIGINAL, Rendition.LARGE, Rendition.SMALL}
CITIZEN = {"channel": Channel.CITIZEN, "source": "web", "reporter_name": NAME, "reporter_phone": PHONE,
           "text": f"我是{NAME}，井盖没了，电话{PHONE}"}


def closed(city: City, receipt: Receipt, colours: tuple[str, str] = ("green", "blue")) -> None:
    """The whole way of a manhole in the first grid."""
    cast = city.cast
    city.dispatches()
    city.does(cast.water_handler, "sign", receipt)
    case = city.does(cast.water_handler, "resolve", receipt, reply=f"{NAME}您好，已装好",
                     photos=city.photo_of(cast.water_handler, colours[0]))
    inspector = next(one for one in (cast.li, cast.wang, cast.zhao) if one.id == case.inspector_id)
    city.does(inspector, "pass", receipt, position=at_grid(0), finding="好了", photos=city.photo_of(inspector, colours[1]))


def reported(city: City, **facts: object) -> Receipt:
    receipt = city.receives(**CITIZEN | facts)
    city.triages(receipt)
    return receipt


def report_of(receipt: Receipt) -> Report:
    with reading() as db:
        return db.get_one(Report, receipt.id)


def test_the_sender_goes_when_the_case_has_been_closed_for_long(city: City, time: SetClock) -> None:
    receipt, still_open = reported(city), reported(city, place=at_grid(3))
    closed(city, receipt)
    time.passes(days=RETENTION_DAYS["contacts_closed"] - 1)
    assert carrying_out.carry_out()["contacts_closed"] == 0
    time.passes(days=2)
    assert carrying_out.carry_out()["contacts_closed"] == 1
    gone, there = report_of(receipt), report_of(still_open)
    assert (gone.reporter_name, gone.reporter_phone, gone.text) == (None, None, "我是•••，井盖没了，电话•••")
    assert (gone.reporter_phone_index or "").startswith("gone:")
    assert (there.reporter_phone is not None, there.text) == (True, CITIZEN["text"])
    case = city.case(receipt)
    assert NAME not in case.title
    assert [line.facts.get("reply") for line in case.history if line.action == "resolve"] == ["•••您好，已装好"]
    assert carrying_out.carry_out()["contacts_closed"] == 0
    with reading() as db:
        ran = db.execute(select(Run.rule, Run.count, Run.days).where(Run.rule == "contacts_closed")).all()
    assert ran == [("contacts_closed", 1, 365)]


def test_rejected_and_void_go_sooner_and_a_setting_says_when(city: City, time: SetClock) -> None:
    rejected, void = reported(city), reported(city, place=at_grid(3))
    city.does(city.cast.operator, "reject", rejected, reason=f"{NAME}，不归城市管理")
    city.does(city.cast.dispatcher, "propose_void", void, reason="测试")
    city.does(city.cast.other_dispatcher, "void", void, reason="测试")
    time.passes(days=91)
    done = carrying_out.carry_out()
    assert (done["contacts_rejected"], done["contacts_void"]) == (0, 1)
    current = settings.current()
    settings.configure(Settings(**vars(current) | {"retention": (("contacts_rejected", 30),)}))
    assert carrying_out.carry_out()["contacts_rejected"] == 1
    assert [line.facts["reason"] for line in city.case(rejected).history if line.action == "reject"] == ["•••，不归城市管理"]


def test_a_person_is_one_in_a_case_and_another_in_the_next(city: City, time: SetClock) -> None:
    twice = [reported(city) for _ in range(2)]
    other = reported(city, reporter_phone="13800138000", reporter_name="钱多多")
    elsewhere = reported(city, place=at_grid(0, 400))
    into = city.case(twice[0]).number
    for one in (twice[1], other):
        if city.case(one).number != into:
            city.does(city.cast.triage, "merge", one, into=into, reason="同一个")
    for receipt, colours in ((twice[0], ("green", "blue")), (elsewhere, ("red", "olive"))):
        closed(city, receipt, colours)
    time.passes(days=366)
    carrying_out.carry_out()
    indexes = [report_of(one).reporter_phone_index for one in (*twice, other, elsewhere)]
    assert indexes[0] == indexes[1]
    assert len(set(indexes)) == 3
    assert None not in indexes
    with reading() as db:
        counted = select(func.count(func.distinct(Report.reporter_phone_index))).where(
            Report.case_id == report_of(twice[0]).case_id)
        assert db.scalar(counted) == 2


def test_the_same_report_sent_again_is_still_the_same(city: City, time: SetClock) -> None:
    key = str(uuid.uuid4())
    receipt = reported(city, key=key)
    closed(city, receipt)
    time.passes(days=366)
    carrying_out.carry_out()
    assert city.receives(**CITIZEN | {"key": key}).id == receipt.id
    assert report_of(receipt).reporter_phone is None


def test_a_grid_worker_stays_the_author(city: City, time: SetClock) -> None:
    receipt = city.receives(reporter_id=city.cast.li.id)
    city.triages(receipt)
    city.dispatches()
    city.does(city.cast.water_handler, "sign", receipt)
    case = city.does(city.cast.water_handler, "resolve", receipt, reply="好", photos=city.photo_of(city.cast.water_handler))
    inspector = next(one for one in (city.cast.li, city.cast.wang, city.cast.zhao) if one.id == case.inspector_id)
    city.does(inspector, "pass", receipt, position=at_grid(0), finding="好", photos=city.photo_of(inspector, "blue"))
    time.passes(days=366)
    carrying_out.carry_out()
    assert report_of(receipt).reporter_id == city.cast.li.id


def photo_of(receipt: Receipt, colour: str = "red") -> uuid.UUID:
    with transaction() as db:
        photo = check_in(db, a_photo(colour), channel="citizen", report_id=receipt.id)
        photo.lon, photo.lat, photo.taken_at = 114.0, 22.6, clock.now()
    processing.process([photo.id])
    return photo.id


def the_photo(photo_id: uuid.UUID) -> Photo:
    with reading() as db:
        return db.get_one(Photo, photo_id)


def there(photo_id: uuid.UUID) -> set[Rendition]:
    """Which of its files the store has."""
    keys, original = set(blobs.keys_under("photos")), the_photo(photo_id).original_key
    return {one for one in WHOLE if links.key(original, one) in keys}


def shown(photo_id: uuid.UUID, rendition: Rendition) -> bytes:
    _, _, query = links.sign(photo_id, rendition).partition("?")
    expires, signed = (part.partition("=")[2] for part in query.split("&"))
    with reading() as db:
        return view(db, photo_id, rendition, int(expires), signed).content


def test_photos_grow_thin_by_stages_and_evidence_later(city: City, time: SetClock) -> None:
    receipt = reported(city)
    photo = photo_of(receipt)
    closed(city, receipt)
    with reading() as db:
        evidence = db.scalars(select(Photo.id).where(Photo.case_id.is_not(None))).all()
    processing.process(list(evidence))
    time.passes(days=181)
    carrying_out.carry_out()
    assert there(photo) == {Rendition.LARGE, Rendition.SMALL}
    assert (the_photo(photo).lon, the_photo(photo).taken_at) == (None, None)
    assert all(there(one) == WHOLE for one in evidence)
    with pytest.raises(Gone, match="its time was over"):
        shown(photo, Rendition.ORIGINAL)
    time.passes(days=550)
    carrying_out.carry_out()
    assert there(photo) == {Rendition.SMALL}
    assert shown(photo, Rendition.LARGE) == shown(photo, Rendition.SMALL)
    assert all(there(one) == {Rendition.LARGE, Rendition.SMALL} for one in evidence)
    time.passes(days=1100)
    carrying_out.carry_out()
    assert there(photo) == set()
    with pytest.raises(Gone):
        shown(photo, Rendition.SMALL)
    time.passes(days=1900)
    carrying_out.carry_out()
    assert all(there(one) == set() for one in evidence)
    with reading() as db:
        assert db.scalars(select(ForgottenFile)).all() == []


def test_a_photo_of_a_task_goes_when_the_task_was_done_long_ago(city: City, time: SetClock) -> None:
    with transaction() as db:
        task = Task(id=new_id(), kind=TaskKind.VISIT, title="走访", area_code="44030100100101", due_at=clock.now(),
                    state=TaskState.DONE, is_open=False, done_at=clock.now(), note=seal(f"{NAME}不在家"))
        db.add(task)
        db.flush()
        photo = check_in(db, a_photo(), channel="pda")
        photo.task_id = task.id
    processing.process([photo.id])
    time.passes(days=366)
    carrying_out.carry_out()
    assert there(photo.id) == {Rendition.LARGE, Rendition.SMALL}
    time.passes(days=366)
    assert carrying_out.carry_out()["task_words"] == 1
    assert carrying_out.carry_out()["task_words"] == 0
    with reading() as db:
        assert db.get_one(Task, task.id).note is None


def test_a_photo_of_an_adopters_check_in_grows_thin_as_well(city: City, time: SetClock) -> None:
    me = adopters.citizen()
    made = adopters.checks_in(me, adopters.adopt(me, adopters.component(city.cast.steward)))
    with reading() as db:
        photo_id = db.scalars(select(Photo.id).where(Photo.check_in_id == made.id)).one()
    processing.process([photo_id])
    time.passes(days=364)
    carrying_out.carry_out()
    assert there(photo_id) == {Rendition.ORIGINAL, Rendition.LARGE, Rendition.SMALL}
    time.passes(days=2)
    carrying_out.carry_out()
    assert there(photo_id) == {Rendition.LARGE, Rendition.SMALL}
    with reading() as db:
        assert db.get_one(Photo, photo_id).taken_at is None


def test_a_file_that_two_reports_share_stays_while_one_needs_it(city: City, time: SetClock) -> None:
    first, second = reported(city), reported(city, place=at_grid(0, 400))
    photo = photo_of(first)
    with transaction() as db:
        again = show_again(db, db.get_one(Photo, photo), report_id=second.id, purpose=Purpose.REPORT).id
    closed(city, first)
    time.passes(days=200)
    carrying_out.carry_out()
    assert the_photo(photo).thinned is Thinned.ORIGINAL
    assert there(again) == WHOLE
    closed(city, second, ("olive", "plum"))
    time.passes(days=200)
    carrying_out.carry_out()
    assert there(again) == {Rendition.LARGE, Rendition.SMALL}


def test_a_thin_photo_does_not_stand_in_for_one_that_is_sent_again(city: City, time: SetClock) -> None:
    first, second = (city.receives(reporter_id=city.cast.li.id, place=at_grid(0, east)) for east in (0, 400))
    with transaction() as db:
        photo = check_in(db, a_photo(), channel="pda", uploaded_by=city.cast.li.id, report_id=first.id)
        photo.thinned = Thinned.ORIGINAL
        db.flush()
        assert city.cast.li.id is not None
        expect(db, second.id, city.cast.li.id, [Named(photo.sha256, photo.size)])
        assert db.scalar(select(func.count()).select_from(Photo).where(Photo.report_id == second.id)) == 0


def test_bytes_go_after_the_commit_and_what_a_killed_process_left_goes_the_next_night(
        city: City, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = reported(city)
    photo = photo_of(receipt)
    closed(city, receipt)
    time.passes(days=181)

    def dies(_key: str) -> None:
        raise SystemExit
    with monkeypatch.context() as patch:
        patch.setattr(blobs, "delete", dies)
        with pytest.raises(SystemExit):
            carrying_out.carry_out()
    assert the_photo(photo).thinned is Thinned.ORIGINAL
    assert there(photo) == WHOLE
    carrying_out.carry_out()
    assert there(photo) == {Rendition.LARGE, Rendition.SMALL}


def test_a_transaction_that_fails_deletes_nothing(city: City, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = reported(city)
    photo = photo_of(receipt)
    closed(city, receipt)
    time.passes(days=181)

    def fails(*_: object) -> None:
        raise RuntimeError("the disk is full")
    monkeypatch.setattr(carrying_out, "note", fails)
    with pytest.raises(RuntimeError):
        carrying_out.carry_out([RULES["photos_originals"]])
    assert files.delete_forgotten() == 0
    assert (there(photo), the_photo(photo).thinned) == (WHOLE, None)


def test_files_that_no_row_names_are_swept(city: City, time: SetClock) -> None:
    kept_one = photo_of(reported(city))
    orphan = keep(a_photo("plum")).key
    submitted = keep(a_photo("olive")).key
    with transaction() as db:
        db.execute(SubmittedFile.__table__.insert().values(
            id=new_id(), submission_id=_submission(db, city), name="a.jpg", sha256="0" * 64, size=1, media_type="image/jpeg",
            key=submitted, received_at=clock.now()))
    assert files.sweep_orphans() == 0  # somebody may just be at it
    time.passes(days=3)
    assert files.sweep_orphans() == 1
    assert orphan not in set(blobs.keys_under("photos"))
    assert submitted in set(blobs.keys_under("photos"))
    assert there(kept_one) == WHOLE


def test_public_pictures_that_no_row_names_are_swept(city: City, time: SetClock, tmp_path: Path) -> None:
    shown, lost, young = (public_photo.make(a_photo("plum"), []) for _ in range(3))
    photo = photo_of(reported(city))
    with transaction() as db:
        db.add(PublicPhoto(photo_id=photo, state=public_photo.State.READY, key=shown.key))
    aged(tmp_path, shown.key, lost.key)
    swept = []
    for _ in range(16):  # each file has its night
        swept.append(files.sweep_orphans())
        time.passes(days=1)
    assert (sum(swept), max(swept)) == (2, 2)  # in both sizes
    assert {key[:len(shown.key)] for key in blobs.keys_under("public")} == {shown.key, young.key}


def test_copies_that_no_request_names_are_swept(city: City, tmp_path: Path) -> None:
    asked = {name: new_id() for name in ("fetched", "waiting", "withdrawn", "unknown", "young")}
    base = {"wish": "export", "asked_at": clock.now(), "due_at": clock.now(), "ready_at": clock.now(), "report_ids": []}
    keys = {name: exporting.key_of(one) for name, one in asked.items()}
    with transaction() as db:
        db.add(DataRequest(id=asked["fetched"], state="done", ended_at=clock.now(), file_key=keys["fetched"], **base))
        db.add(DataRequest(id=asked["waiting"], state="waiting", **base))
        db.add(DataRequest(id=asked["withdrawn"], state="withdrawn", ended_at=clock.now(), **base))
    for key in keys.values():
        blobs.put(key, b"locked")
    assert files.sweep_orphans() == 0  # somebody may just be at it
    aged(tmp_path, *(keys[name] for name in asked if name != "young"))
    assert (files.sweep_orphans(), files.sweep_orphans()) == (2, 0)
    assert set(blobs.keys_under("exports")) == {keys["fetched"], keys["waiting"], keys["young"]}


def test_one_sweep_deletes_no_more_than_so_many(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_SWEPT", 2)
    for _ in range(3):
        blobs.put(exporting.key_of(new_id()), b"locked")
    aged(tmp_path, "exports")
    assert [files.sweep_orphans() for _ in range(3)] == [2, 1, 0]


def aged(folder: Path, *begins: str) -> None:
    """Files whose key begins like this were written three days ago, by the store's clock."""
    then = (clock.now() - timedelta(days=3)).timestamp()
    for one in (folder / "blobs").rglob("*"):
        if one.is_file() and str(one.relative_to(folder / "blobs")).startswith(begins):
            os.utime(one, (then, then))


def _submission(db: Session, city: City) -> uuid.UUID:
    made = new_id()
    db.execute(table_of("form_submissions").insert().values(
        id=made, instance_id=str(made), form_id="f", version="1", xml=seal(f"<name>{NAME}</name>"), user_id=city.cast.li.id,
        received_at=clock.now(), state="done", faults=[], flags=[], missing=[], operation_id=made))
    return made


def test_submissions_go_with_their_files(city: City, time: SetClock) -> None:
    key = keep(a_photo("olive")).key
    with transaction() as db:
        db.execute(SubmittedFile.__table__.insert().values(
            id=new_id(), submission_id=_submission(db, city), name="a.jpg", sha256="0" * 64, size=1, media_type="image/jpeg",
            key=key, received_at=clock.now()))
    time.passes(days=731)
    done = carrying_out.carry_out()
    assert (done["submissions"], done["files"]) == (1, 1)
    assert key not in set(blobs.keys_under("photos"))


def test_messages_and_looks_go_by_age(city: City, time: SetClock) -> None:
    receipt = reported(city)
    with transaction() as db:
        for number in range(3):
            db.add(Message(id=new_id(), event_id=10**6 + number, reader="x", case_id=city.case(receipt).id, via=Via.PAGE,
                           kind=next(iter(News)), text="您反映的问题已受理", created_at=clock.now()))
        db.add(Access(actor_kind="user", actor_name="x", subject_kind="report", subject_id=receipt.id, field="phone",
                      reason="回访"))
    time.passes(days=366)
    done = carrying_out.carry_out()
    assert (done["messages"] >= 3, done["access_log"]) == (True, 0)
    time.passes(days=1500)
    assert carrying_out.carry_out()["access_log"] == 1


def test_idle_citizens_and_silent_followers_go_and_those_with_a_report_stay(city: City, time: SetClock) -> None:
    with transaction() as db:
        for phone in (PHONE, "13800138000"):
            log_in_proved(db, phone)
        silent, waiting = (followers.meet(db, "wx1", openid) for openid in ("one", "two"))
    reported(city)
    city.receives(channel=Channel.WECHAT, source="wx1", reporter_id=waiting.id)
    time.passes(days=731)
    with transaction() as db:
        db.execute(Citizen.__table__.update().values(created_at=clock.now() - timedelta(days=731)))
        db.execute(table_of("log_ins").delete())
    done = carrying_out.carry_out()
    assert (done["citizens"], done["followers"]) == (1, 1)
    with reading() as db:
        assert db.scalars(select(Citizen.phone_index).where(Citizen.active)).all() == [blind_index("phone", PHONE)]
        assert [one.id for one in db.scalars(select(followers.Follower))] == [waiting.id]
        assert silent.id != waiting.id
    assert carrying_out.carry_out()["citizens"] == 0


def test_whoever_is_logged_in_is_not_idle(city: City, time: SetClock) -> None:
    with transaction() as db:
        log_in_proved(db, PHONE)
        begin(db, follower_id=followers.meet(db, "wx1", "one").id)
    time.passes(days=731)
    done = carrying_out.carry_out()
    assert (done["citizens"], done["followers"]) == (0, 0)
    with transaction() as db:
        db.execute(table_of("log_ins").delete())
    done = carrying_out.carry_out()
    assert (done["citizens"], done["followers"]) == (1, 1)


def test_who_still_follows_something_is_told_of_it_however_long_ago_he_last_came(city: City, time: SetClock) -> None:
    me, person = citizen(PHONE), in_wechat()
    kept = {follows(me, Kind.AREA, COMMUNITY).subscriber_id}
    with transaction() as db:
        made = following.follow(db, of_follower(db.merge(person)), ANONYMOUS, Wish(kind=Kind.CATEGORY, what="101"))
        kept.add(made.subscriber_id)
    time.passes(days=731)
    done = carrying_out.carry_out()
    assert (done["citizens"], done["followers"]) == (0, 0)
    with transaction() as db:
        assert {one.id for one in db.scalars(select(Subscriber))} == kept
        for one in kept:
            following.end(db, db.get_one(Subscriber, one))
    done = carrying_out.carry_out()
    assert (done["citizens"], done["followers"]) == (1, 1)
    with reading() as db:
        assert db.scalars(select(Subscriber)).all() == []


def test_a_rule_that_fails_holds_up_no_other(city: City, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = reported(city)
    photo_of(receipt)
    closed(city, receipt)
    time.passes(days=366)

    def fails(*_: object) -> int:
        raise ValueError("a row like no other")
    monkeypatch.setitem(RULES, "contacts_closed", replace(RULES["contacts_closed"], do=fails))
    with pytest.raises(ValueError, match="no other") as raised:
        carrying_out.carry_out()
    assert raised.value.__notes__ == ["while carrying out contacts_closed"]
    with reading() as db:
        assert "photos_originals" in set(db.scalars(select(Run.rule)))


def test_a_dry_run_counts_and_changes_nothing(city: City, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = reported(city)
    photo_of(receipt)
    closed(city, receipt)
    time.passes(days=366)
    monkeypatch.setattr(ground, "connect", lambda: None)
    monkeypatch.setattr("casework.cli.retention.connect", lambda: None)
    told = CliRunner().invoke(commands, ["retention", "--dry-run"])
    counts = {line.split()[0]: int(line.split()[3]) for line in told.output.splitlines()}
    assert counts.keys() == RULES.keys()
    assert (counts["contacts_closed"], counts["photos_originals"], counts["photos_large"]) == (1, 1, 0)
    assert report_of(receipt).reporter_phone is not None
    told = CliRunner().invoke(commands, ["retention", "run"])
    assert "contacts_closed            1" in told.output
    assert report_of(receipt).reporter_phone is None
    assert CliRunner().invoke(commands, ["retention"]).exit_code == 2


def test_two_at_once_or_a_long_list_end(city: City, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches follow each other until nothing is left; a batch that another process did is the end of it."""
    receipts = [reported(city, place=at_grid(number, east)) for number in (0, 3) for east in (0, 300)]
    for one in receipts:
        city.does(city.cast.operator, "reject", one, reason="不归城市管理")
    time.passes(days=181)
    rule = RULES["contacts_rejected"]
    small = type(rule)(rule.name, rule.zh, rule.en, rule.find, rule.do, batch=1)
    assert carrying_out.carry_out([small])["contacts_rejected"] == 4
    idle = type(rule)(rule.name, rule.zh, rule.en, lambda *_: [receipts[0].id], contacts.anonymise_ended, batch=1)
    assert carrying_out.carry_out([idle])["contacts_rejected"] == 0
