"""Presence: what is odd about where a worker says he was stands on the case, once, whatever comes first; nothing is refused."""
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from casework import clock, settings
from casework.cases.report import Channel, Receipt
from casework.fieldwork import presence
from casework.fieldwork.presence import Check, Fix, Noted, Subject
from casework.geography.coordinates import Point
from casework.identity import rosters
from casework.identity.people import Actor, Role
from casework.identity.rosters import Shift
from casework.media import check_in
from casework.storage.database import new_id, reading, transaction
from tests.conftest import SetClock
from tests.factories import GRIDS, a_photo, at_grid
from tests.statements import heard
from tests.storage.city import City

STRAYED = "签到位置不在本人网格内"
MOCKED = "上报位置被设备标记为模拟定位"


def noted(actor: Actor, place: Point, kind: Subject = Subject.CHECK_IN, subject_id: uuid.UUID | None = None,
          minutes: float = 0, **facts: Any) -> list[str]:
    fix = Fix(place, clock.now() + timedelta(minutes=minutes), **facts)
    with transaction() as db:
        return presence.note(db, actor, kind, subject_id or new_id(), fix)


def reported(city: City, **facts: Any) -> Receipt:
    """Li reports from his own grid, with a device that marks its position as made up, unless told otherwise."""
    receipt = city.receives(channel=Channel.PDA, reporter_id=city.cast.li.id, source=str(city.cast.li.id))
    noted(city.cast.li, at_grid(0), Subject.REPORT, receipt.id, **{"mock": True} | facts)
    return receipt


def photographed(receipt: Receipt, place: Point, colour: str = "grey") -> uuid.UUID:
    with transaction() as db:
        photo = check_in(db, a_photo(colour), channel="pda", report_id=receipt.id)
        photo.lon, photo.lat = place.lon, place.lat
        return photo.id


def checks() -> list[Check]:
    with reading() as db:
        return list(db.scalars(select(Check).order_by(Check.at)))


# what is kept

def test_a_fix_is_kept_once_and_as_it_was_first(city: City) -> None:
    subject = new_id()
    noted(city.cast.li, at_grid(0), subject_id=subject)
    noted(city.cast.li, at_grid(3), subject_id=subject, mock=True)
    (check,) = checks()
    assert (check.user_id, check.area_code, check.flags, check.flagged) == (city.cast.li.id, GRIDS[0], [], False)


def test_speed_is_taken_from_the_fix_before_and_the_fix_after_in_whatever_order_they_come(city: City) -> None:
    assert noted(city.cast.li, at_grid(0), minutes=0) == []
    assert noted(city.cast.li, at_grid(0, 480), minutes=-10) == []
    jump, = noted(city.cast.li, at_grid(0, 430), minutes=0.1)  # arrives last, and lies 430 m away six seconds later
    assert jump == "签到位置与前一次定位相距0.4公里，仅隔6秒"
    jump, = noted(city.cast.li, at_grid(0, -480), minutes=-0.1)
    assert jump == "签到位置与后一次定位相距0.5公里，仅隔6秒"


def test_fixes_of_others_and_of_other_hours_say_nothing(city: City) -> None:
    noted(city.cast.wang, at_grid(1), minutes=-1)
    assert noted(city.cast.li, at_grid(0)) == []
    noted(city.cast.zhao, at_grid(2), minutes=-121)
    assert noted(city.cast.zhao, Point(at_grid(2).lon - 1.9, at_grid(2).lat), accuracy=10) == [STRAYED]


def test_within_one_batch_fixes_are_seen_side_by_side(city: City) -> None:
    lot = [Noted(Subject.TASK, new_id(), Fix(at_grid(0, metres), clock.now() + timedelta(seconds=seconds)))
           for metres, seconds in ((0, 600), (900, 601), (0, 0))]
    with transaction() as db:
        flags = presence.note_many(db, city.cast.li, lot)
    assert [len(one) for one in flags] == [1, 1, 0]


def test_a_street_beyond_the_border_is_not_astray(city: City) -> None:
    edge = at_grid(0, 480)  # the grid ends about 514 m from its middle
    assert noted(city.cast.li, edge) == []
    assert noted(city.cast.li, at_grid(0, 600), minutes=5) == []
    assert noted(city.cast.li, at_grid(0, 650), minutes=10) == [STRAYED]
    assert noted(city.cast.li, at_grid(0, 650), minutes=15, accuracy=60) == []


def test_who_is_sent_may_go_anywhere_and_who_stands_in_is_at_home_there(city: City, time: SetClock) -> None:
    assert noted(city.cast.li, at_grid(3), Subject.TASK) == []
    assert noted(city.cast.li, at_grid(3), Subject.STEP, minutes=1) == []
    assert city.cast.li.id is not None
    with transaction() as db:
        rosters.enter(db, city.cast.administrator, [Shift(
            user_id=city.cast.li.id, role=Role.GRID_WORKER, area_code=GRIDS[3], since=clock.now() + timedelta(minutes=1),
            until=clock.now() + timedelta(hours=8))])
    assert noted(city.cast.li, at_grid(3), minutes=30) == []
    assert noted(city.cast.li, at_grid(2), minutes=60) == [STRAYED]
    time.passes(hours=9)
    assert noted(city.cast.li, at_grid(3)) == [STRAYED]


def test_many_fixes_cost_as_many_statements_as_one(city: City) -> None:
    def statements(fixes: int) -> int:
        lot = [Noted(Subject.REPORT, new_id(), Fix(at_grid(0), clock.now() + timedelta(minutes=one))) for one in range(fixes)]
        with heard() as run, transaction() as db:
            presence.note_many(db, city.cast.li, lot)
        return len(run)
    statements(1)  # the map is read once a process
    assert statements(200) == statements(1) == 2


# the case hears of it

def test_flags_come_to_the_case_when_it_is_opened(city: City) -> None:
    receipt = reported(city)
    with transaction() as db:
        assert presence.review(db, [receipt.id]) == 0  # no case yet
    city.triages(receipt)
    case = city.case(receipt)
    with transaction() as db:
        assert presence.review_cases(db, [case.id]) == 1
        assert presence.review_cases(db, [case.id]) == 0
    case = city.case(receipt)
    assert (case.flags, case.flagged) == ([MOCKED], True)
    assert [(line.action, line.facts) for line in case.history if line.action == "presence"] == [
        ("presence", {"flags": [MOCKED]})]


def test_a_photo_that_comes_later_is_looked_at_then(city: City) -> None:
    receipt = reported(city, mock=False)
    city.triages(receipt)
    case = city.case(receipt)
    near, far = photographed(receipt, at_grid(0, 50)), photographed(receipt, at_grid(0, 2_000), "red")
    with transaction() as db:
        assert presence.review_photos(db, [near, far, new_id()]) == 1
        assert presence.review_photos(db, [far]) == 0
    (flag,) = city.case(receipt).flags
    assert re.fullmatch(r"照片拍摄位置距上报位置约(199|200)\d米", flag)
    assert len(city.case(receipt).history) == len(case.history) + 1
    assert [one.flagged for one in checks()] == [True]


def test_photos_that_are_there_before_the_case_count_when_it_opens(city: City) -> None:
    receipt = reported(city, mock=False)
    photographed(receipt, at_grid(0, 2_000))
    with transaction() as db:
        presence.review(db, [receipt.id])
    city.triages(receipt)
    with transaction() as db:
        presence.review_cases(db, [city.case(receipt).id])
    assert len(city.case(receipt).flags) == 1


def test_photos_that_come_at_once_lose_no_flag(city: City) -> None:
    receipt = reported(city, mock=False)
    city.triages(receipt)
    photos = [photographed(receipt, at_grid(0, 1_000 * number), colour)
              for number, colour in enumerate(("red", "green", "blue"), start=1)]

    def review(photo_id: uuid.UUID) -> int:
        with transaction() as db:
            return presence.review_photos(db, [photo_id])
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(review, photos)) == 1  # all of them are there: whoever is first says it
    (check,) = checks()
    assert check.flags == city.case(receipt).flags
    assert len(check.flags) == 1


def test_a_report_that_joins_brings_its_flags_along(city: City) -> None:
    first, second = city.receives(), reported(city)
    city.triages(first, second)
    case = city.case(first)
    assert case.id == city.case(second).id
    with transaction() as db:
        assert presence.review_cases(db, [case.id]) == 1
    assert city.case(first).flags == [MOCKED]


def test_what_is_said_by_others_than_grid_workers_is_not_looked_at(city: City) -> None:
    """A case to which a thousand callers have joined costs no more than one."""
    caller = {"channel": Channel.HOTLINE, "source": "12345"}
    first, second, seen = city.receives(**caller), city.receives(**caller), reported(city)
    city.triages(first, second, seen)
    case = city.case(first)
    assert case.id == city.case(second).id == city.case(seen).id
    with heard() as asked, transaction() as db:
        presence.review_cases(db, [case.id])
    assert first.id.hex not in repr(asked).replace("-", "")
    assert city.case(seen).flags == [MOCKED]


def test_nothing_odd_changes_nothing(city: City) -> None:
    receipt = reported(city, mock=False)
    city.triages(receipt)
    before = city.case(receipt)
    with transaction() as db:
        assert presence.review_cases(db, [before.id]) == 0
    after = city.case(receipt)
    assert (after.version, after.history_length, after.flags) == (before.version, before.history_length, [])


def test_a_step_puts_its_flags_on_the_case_at_once(city: City) -> None:
    receipt = city.receives()
    city.triages(receipt)
    case = city.case(receipt)
    with transaction() as db:
        flags = presence.note(db, city.cast.wang, Subject.STEP, new_id(), Fix(at_grid(0), clock.now(), 400, mock=True),
                              case_id=case.id)
    assert len(flags) == 2
    assert city.case(receipt).flags == flags


def test_flagged_ones_are_listed_for_who_oversees_the_area(city: City) -> None:
    for place, minutes in ((at_grid(0), 0), (at_grid(0), 5), (at_grid(2), 10)):
        noted(city.cast.li, place, Subject.TASK, minutes=minutes, mock=True)
    noted(city.cast.li, at_grid(0), Subject.TASK, minutes=15)
    with reading() as db:
        newest, middle, oldest = presence.flagged(db, city.cast.supervisor)
        assert newest.at > middle.at > oldest.at
        after = newest.at, newest.id
        assert [one.id for one in presence.flagged(db, city.cast.supervisor, limit=1, after=after)] == [middle.id]
        assert len(presence.flagged(db, city.cast.supervisor, area_code=GRIDS[2][:12])) == 1
        assert presence.flagged(db, city.cast.supervisor, user_id=city.cast.wang.id) == []
        assert presence.flagged(db, city.cast.dispatcher) == []


def test_who_strays_is_seen_by_who_oversees_his_own_area(city: City) -> None:
    """Where he says he is, nobody may look after him: it may be no place of the city at all."""
    noted(city.cast.li, at_grid(3), mock=True)
    noted(city.cast.li, Point(0.0, 0.0), Subject.TASK, minutes=600, mock=True)
    with reading() as db:
        assert [one.area_code for one in presence.flagged(db, city.cast.supervisor, area_code=GRIDS[0])] == [GRIDS[0]] * 2
        assert presence.flagged(db, city.cast.supervisor, area_code=GRIDS[3]) == []


def test_where_people_were_is_forgotten_by_rule(city: City, time: SetClock) -> None:
    noted(city.cast.li, at_grid(0))
    time.passes(days=settings.current().track_days, minutes=1)
    noted(city.cast.li, at_grid(0))
    with transaction() as db:
        assert (presence.forget_old(db, 10), presence.forget_old(db, 10)) == (1, 0)
    assert len(checks()) == 1


def test_nothing_to_note_is_nothing_done(city: City) -> None:
    with transaction() as db:
        assert presence.note_many(db, city.cast.li, []) == []
