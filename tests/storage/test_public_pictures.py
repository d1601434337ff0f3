"""What becomes of the pictures of public cases when jobs run twice, at once, late or never, and when files are gone."""
import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert, select

from casework import clock, media, settings
from casework.cases import public_pictures, publication
from casework.cases.report import Receipt, Report
from casework.errors import NotFound, Refused
from casework.media import Photo, processing
from casework.media.blurring import detectors, looking, public_photo
from casework.media.blurring.boxes import Finding, Kind, Rectangle
from casework.media.blurring.judging import Verdict
from casework.media.blurring.public_photo import PublicPhoto, State
from casework.media.photo import Thinned
from casework.retention import files as thinning
from casework.storage import blobs, outbox
from casework.storage.database import new_id, reading, transaction
from tests.factories import a_photo
from tests.statements import heard
from tests.storage.bare_cases import bare_cases
from tests.storage.city import City
from tests.storage.plans import analyze, plans
from workers import upkeep

WHERE = Rectangle(0.1, 0.1, 0.2, 0.2)


@pytest.fixture
def receipt(city: City) -> Receipt:
    """A public case with one photo that is ready."""
    made = city.receives()
    photo(made, "red")
    city.triages(made)
    with transaction() as db:
        publication.follow(db, [case_id(made)])
    return made


@pytest.fixture(autouse=True)
def _eyes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detectors, "ready", lambda: True)
    monkeypatch.setattr(detectors, "look", lambda _picture: [Finding(Kind.FACE, 0.9, WHERE)])


def case_id(receipt: Receipt) -> uuid.UUID:
    with reading() as db:
        found = db.get_one(Report, receipt.id).case_id
        assert found is not None
        return found


def photo(receipt: Receipt, colour: str) -> uuid.UUID:
    with transaction() as db:
        made = media.check_in(db, a_photo(colour, (320, 240)), channel="pda", report_id=receipt.id).id
    processing.process([made])
    return made


def enter(receipt: Receipt) -> int:
    with transaction() as db:
        return public_pictures.enter(db, [case_id(receipt)])


def rows() -> list[PublicPhoto]:
    with reading() as db:
        return list(db.scalars(select(PublicPhoto).order_by(PublicPhoto.photo_id)))


def files() -> list[str]:
    return sorted(blobs.keys_under(public_photo.FOLDER))


def test_entered_by_many_at_once_a_photo_is_entered_once(receipt: Receipt) -> None:
    with ThreadPoolExecutor(6) as several:
        assert sum(several.map(lambda _: enter(receipt), range(6))) == 1
    assert len(rows()) == 1
    with transaction() as db:
        said = [one.name for one in outbox.claim(db, 1000)]
    assert said.count("photo.entered") == 1


def test_looked_at_by_two_at_once_a_photo_is_made_once(receipt: Receipt) -> None:
    enter(receipt)
    ids = [one.photo_id for one in rows()]
    with ThreadPoolExecutor(4) as several:
        assert sum(one.ready for one in several.map(lambda _: looking.look_at(ids, alone=True), range(4))) == 1
    (row,) = rows()
    assert (row.state, row.certain, row.decided_by_id) == (State.READY, True, None)
    assert [one.rpartition("-")[0] for one in files()] == [row.key, row.key]


def test_what_a_person_decided_while_the_detectors_looked_stays(
        receipt: Receipt, city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(receipt)
    (row,) = rows()

    def meanwhile(_picture: object) -> list[Finding]:
        public_pictures.withhold(city.cast.supervisor, row.photo_id)
        return []
    monkeypatch.setattr(detectors, "look", meanwhile)
    looking.look_at([row.photo_id], alone=True)
    assert [(one.state, one.decided_by_id) for one in rows()] == [(State.WITHHELD, city.cast.supervisor.id)]
    assert files() == []


def test_who_may_not_decide_leaves_no_file_behind(receipt: Receipt, city: City) -> None:
    enter(receipt)
    (row,) = rows()
    with pytest.raises(Refused):
        public_pictures.publish(city.cast.dispatcher, row.photo_id, [])
    with pytest.raises(NotFound):
        public_pictures.publish(city.cast.supervisor, uuid.uuid4(), [])
    assert files() == []


def test_a_photo_whose_file_is_gone_is_withheld(receipt: Receipt) -> None:
    enter(receipt)
    (row,) = rows()
    with reading() as db:
        original = db.get_one(Photo, row.photo_id).original_key
    blobs.delete(f"{original}-1600.jpg")
    looking.look_at([row.photo_id], alone=True)
    assert [one.state for one in rows()] == [State.WITHHELD]


def test_a_photo_whose_file_is_gone_stays_as_a_person_has_decided_it(
        receipt: Receipt, city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(receipt)
    (row,) = rows()

    def meanwhile(_original_key: str) -> bytes:
        monkeypatch.undo()
        public_pictures.publish(city.cast.supervisor, row.photo_id, [WHERE])
        raise NotFound("gone since")
    monkeypatch.setattr(detectors, "ready", lambda: True)
    monkeypatch.setattr(public_photo, "large", meanwhile)
    looking.look_at([row.photo_id], alone=True)
    assert [(one.state, one.decided_by_id) for one in rows()] == [(State.READY, city.cast.supervisor.id)]


def test_a_photo_of_the_night_is_never_left_to_a_machine(receipt: Receipt) -> None:
    dark = photo(receipt, "black")
    enter(receipt)
    looking.look_at([one.photo_id for one in rows()], alone=True)
    assert {one.photo_id == dark: (one.state, one.certain) for one in rows()} == {
        True: (State.WAITING, False), False: (State.READY, True)}


def test_what_a_lost_job_left_behind_is_found_and_said_again(
        receipt: Receipt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "_queued", lambda _queue: False)
    with reading() as db:
        assert public_pictures.unentered(db, clock.now(), 10) == [case_id(receipt)]
    upkeep.enter_forgotten_pictures()
    assert len(rows()) == 1
    with reading() as db:
        assert public_pictures.unentered(db, clock.now(), 10) == []
        assert public_photo.unlooked(db, clock.now(), 10) == []
        assert public_photo.unlooked(db, clock.now().replace(year=2027), 10) == [rows()[0].photo_id]
    looking.look_at([rows()[0].photo_id], alone=False)
    with reading() as db:
        assert public_photo.unlooked(db, clock.now().replace(year=2027), 10) == []


def test_where_the_setting_turns_pictures_off_none_is_entered(receipt: Receipt) -> None:
    object.__setattr__(settings.current(), "public_photos", "never")
    assert enter(receipt) == 0
    with reading() as db:
        assert public_pictures.unentered(db, clock.now(), 10) == []
    assert rows() == []


def test_a_photo_that_grows_thin_takes_what_the_public_saw_along(receipt: Receipt) -> None:
    enter(receipt)
    ids = [one.photo_id for one in rows()]
    looking.look_at(ids, alone=True)
    assert len(files()) == 2
    for stage, left in ((Thinned.ORIGINAL, 2), (Thinned.LARGE, 0)):
        with transaction() as db:
            thinning.thin(db, ids, stage)
        thinning.delete_forgotten()
        assert len(files()) == left
    assert [(one.state, one.key, one.found) for one in rows()] == [(State.WITHHELD, None, [])]
    assert enter(receipt) == 0


def test_a_page_of_those_that_wait_begins_where_the_last_ended(receipt: Receipt, city: City) -> None:
    for colour in ("blue", "green", "olive", "plum"):
        photo(receipt, colour)
    enter(receipt)
    seen, after = [], None
    while True:
        with reading() as db:
            page, after = public_pictures.queue(db, city.cast.triage, State.WAITING, after=after, limit=2)
        seen += [one.photo.id for one in page]
        if after is None:
            break
    assert seen == [one.photo_id for one in rows()]
    assert len(seen) == 5


@pytest.fixture
def _crowd(receipt: Receipt) -> None:
    """Three thousand photos of other cases, each looked at, and one in a hundred waiting for that."""
    with transaction() as db:
        like = db.scalars(select(Photo)).one()
        facts = {column.key: getattr(like, column.key) for column in Photo.__table__.columns} | {"report_id": None}
        made = [facts | {"id": new_id(), "case_id": one} for one in bare_cases(db, 3000)]
        db.execute(insert(Photo), made)
        db.execute(insert(PublicPhoto), [
            {"photo_id": one["id"], "state": State.READY if at % 100 else State.WAITING,
             "looked_at": clock.now() if at % 100 else None} for at, one in enumerate(made)])
    enter(receipt)
    looking.look_at([one.photo_id for one in rows()], alone=True)
    analyze()


@pytest.mark.usefixtures("_crowd")
def test_pictures_are_read_by_index(receipt: Receipt, city: City, store: str) -> None:
    with heard() as said, reading() as db:
        assert len(public_pictures.public_photos(db, [case_id(receipt)])) == 1
        public_photo.unlooked(db, clock.now(), 10)
        assert public_pictures.queue(db, city.cast.triage, State.WAITING, limit=10) == ([], None)
    asked = plans(store, [one for one in said if "photos" in one[0]], "SELECT")
    assert len(asked) >= 3
    for plan in asked:
        assert not re.search(r"Seq Scan on (public_)?photos|SCAN (public_)?photos(?! USING)", plan), plan


def test_a_verdict_of_nothing_shows_the_picture_as_it_is(receipt: Receipt) -> None:
    enter(receipt)
    (row,) = rows()
    with transaction() as db:
        assert public_photo.looked(db, row.photo_id, Verdict(certain=True, rectangles=[], found=[]), None)
        assert not public_photo.looked(db, row.photo_id, Verdict(certain=True, rectangles=[], found=[]), None)
    assert [(one.state, one.certain) for one in rows()] == [(State.WAITING, True)]
