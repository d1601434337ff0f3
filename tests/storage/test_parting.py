"""Many voices make a case urgent; what joined or was merged by mistake is parted again, and nothing of it is lost."""
import pytest
from sqlalchemy import select

from casework.cases.case import Priority
from casework.cases.duplicates import State
from casework.cases.lookout import ReportKey
from casework.cases.report import Outcome, Receipt, Report
from casework.cases.workflow import Status
from casework.errors import Conflict, Invalid
from casework.geography.coordinates import Point
from casework.media import check_in, photo
from casework.sla import timers
from casework.sla.limits import Stage
from casework.storage.database import reading, transaction
from tests.conftest import SetClock
from tests.factories import a_photo, at_grid
from tests.storage.callers import SAME_SITE, SITE, outcome, proposals, triaged
from tests.storage.city import City

# ---- many voices

def voices(city: City, count: int, **facts: object) -> Receipt:
    made = [city.receives(claimed_category="10105", place=at_grid(3), **facts) for _ in range(count)]
    city.triages(made[0])
    city.triages(*made[1:])
    return made[0]


def test_ten_voices_make_a_case_urgent_and_its_clocks_are_recounted(city: City) -> None:
    first = voices(city, 9, text="路灯不亮")
    assert city.case(first).priority is Priority.NORMAL
    due = city.case(first).due_at
    city.triages(city.receives(claimed_category="10105", place=at_grid(3), text="路灯不亮"))
    case = city.case(first)
    assert (case.priority, case.urgent_because) == (Priority.URGENT, "已有10人反映")
    assert case.due_at < due
    assert case.history[-1].action == "recount"
    assert [line.facts.get("urgent_because") for line in case.history if line.action == "join"][-1] == "已有10人反映"


def test_what_a_person_sets_back_to_normal_is_not_made_urgent_by_each_further_voice(city: City) -> None:
    first = voices(city, 10, text="路灯不亮")
    city.does(city.cast.triage, "correct", first, priority="normal", reason="已核实，不紧急")
    city.triages(city.receives(claimed_category="10105", place=at_grid(3), text="路灯不亮"))
    assert city.case(first).priority is Priority.NORMAL
    city.triages(city.receives(claimed_category="10105", place=at_grid(3), text="路灯杆漏电，有人触电"))
    assert city.case(first).priority is Priority.URGENT


def test_an_urgent_case_makes_urgent_what_it_is_merged_into(city: City) -> None:
    calm, urgent = (city.receives(claimed_category="10105", place=at_grid(grid), urgent=bool(grid)) for grid in (0, 3))
    city.triages(calm, urgent)
    due = city.case(calm).due_at
    city.does(city.cast.triage, "merge", urgent, into=city.case(calm).number, reason="同一线路")
    case = city.case(calm)
    assert (case.priority, case.urgent_because) == (Priority.URGENT, "上报人标为紧急")
    assert case.due_at < due
    assert [line.action for line in case.history][-2:] == ["merged_in", "recount"]


def test_when_the_urgent_voices_leave_the_case_is_what_it_was(city: City) -> None:
    calm, urgent = (city.receives(claimed_category="10105", place=at_grid(grid), urgent=bool(grid)) for grid in (0, 3))
    city.triages(calm, urgent)
    due, merged = city.case(calm).due_at, city.case(urgent).id
    city.does(city.cast.triage, "merge", urgent, into=city.case(calm).number, reason="同一线路")
    with transaction() as db:
        city.act(db, merged, city.cast.triage, "unmerge", reason="不是一处")
    assert [city.case(one).priority for one in (calm, urgent)] == [Priority.NORMAL, Priority.URGENT]
    assert city.case(calm).due_at == due
    joined = city.receives(claimed_category="10105", place=at_grid(0), urgent=True)
    city.triages(joined)
    assert city.case(calm).priority is Priority.URGENT
    city.does(city.cast.triage, "unjoin", calm, reports=(joined.number,), reason="不是一处")
    assert [city.case(one).priority for one in (calm, joined)] == [Priority.NORMAL, Priority.URGENT]
    assert city.case(calm).due_at == due


def test_who_reported_what_is_merged_in_does_not_verify_it(city: City) -> None:
    nowhere, other = city.receives(place=Point(0.0, 0.0)), city.receives(place=at_grid(0, 200), reporter_id=city.cast.li.id)
    city.triages(nowhere, other)
    assert city.does(city.cast.triage, "verify", nowhere, inspector=city.cast.li.id).inspector_id == city.cast.li.id
    city.does(city.cast.triage, "merge", other, into=city.case(nowhere).number, reason="同一处")
    assert city.case(nowhere).inspector_id not in {None, city.cast.li.id}


def test_no_case_is_left_without_a_report_when_a_merge_is_undone_after_a_split(city: City) -> None:
    one, other = city.receives(), city.receives(place=at_grid(0, 200))
    city.triages(one, other)
    merged = city.case(other).id
    city.does(city.cast.triage, "merge", other, into=city.case(one).number, reason="同一处")
    city.does(city.cast.triage, "split", one, reports=(one.number,), reason="另一处")
    with pytest.raises(Conflict, match="without any"), transaction() as db:
        city.act(db, merged, city.cast.triage, "unmerge", reason="不是一处")
    city.does(city.cast.triage, "merge", one, into=city.case(other).number, reason="还是一处")
    city.does(city.cast.triage, "split", other, reports=(other.number,), reason="另一处")
    with pytest.raises(Conflict, match="without any"), transaction() as db:
        city.act(db, merged, city.cast.triage, "unmerge", reason="不是一处")


# ---- parting

def two_joined(city: City) -> tuple[Receipt, Receipt]:
    first, second = triaged(city, SITE, SAME_SITE)
    return first, second


def test_a_report_that_joined_by_mistake_has_a_case_as_if_it_had_not(city: City, time: SetClock) -> None:
    first, second = two_joined(city)
    time.passes(minutes=10)
    city.does(city.cast.triage, "unjoin", first, reports=(second.number,), reason="是另一处工地")
    old, new = city.case(first), city.case(second)
    assert (old.report_count, [one.number for one in old.reports]) == (1, [first.number])
    assert (new.status, new.report_count, new.category_code, new.area_code) == (Status.FILED, 1, "301", "440301001001")
    assert new.opened_at == second.received_at
    assert [line.action for line in new.history] == ["report", "parted", "file"]
    assert old.history[-1].action == "unjoin"
    assert outcome(second)[0] is Outcome.FILED
    with reading() as db:
        (running,) = timers.running(db, new.id)
        assert running.stage is Stage.DISPATCH
    assert [one.state for one in proposals()] == [State.DECLINED]


def test_what_was_parted_keeps_its_photos_and_ratings_and_leads_others_to_its_new_case(city: City) -> None:
    first, second = two_joined(city)
    with transaction() as db:
        check_in(db, a_photo(), channel="hotline", report_id=second.id)
        db.get_one(Report, second.id).rating = 4
    city.does(city.cast.triage, "unjoin", first, reports=(second.number,), reason="是另一处工地")
    with reading() as db:
        assert len(photo.of_reports(db, [one.id for one in city.case(second).reports])) == 1
        assert db.get_one(Report, second.id).rating == 4
        key = select(Report.case_id).join(ReportKey, ReportKey.report_id == Report.id).where(Report.id == second.id).limit(1)
        assert db.scalar(key) == city.case(second).id


def test_only_what_joined_is_unjoined_the_rest_is_split(city: City) -> None:
    first, second = two_joined(city)
    with pytest.raises(Invalid) as refused:
        city.does(city.cast.triage, "unjoin", first, reports=(first.number,), reason="误并")
    assert [fault.field for fault in refused.value.faults] == ["reports.0"]
    city.does(city.cast.triage, "split", first, reports=(first.number,), category="302", reason="是环保问题")
    assert city.case(first).id != city.case(second).id
    assert (city.case(first).category_code, city.case(second).report_count) == ("302", 1)
    assert [line.facts["reports"] for line in city.case(first).history if line.action == "parted"] == [[first.number]]


def test_several_leave_together_and_at_least_one_stays(city: City) -> None:
    made = [city.receives(place=at_grid(0, east)) for east in (0, 5, 10)]
    city.triages(*made)
    with pytest.raises(Invalid, match="one report stays"):
        city.does(city.cast.triage, "split", made[0], reports=tuple(one.number for one in made), reason="都不是")
    with pytest.raises(Invalid, match="not of this case"):
        city.does(city.cast.triage, "split", made[0], reports=("ZW0",), reason="没有")
    with pytest.raises(Invalid, match="category"):
        city.does(city.cast.triage, "split", made[0], reports=(made[1].number,), category="999", reason="错类")
    city.does(city.cast.triage, "split", made[0], reports=(made[1].number, made[2].number), reason="另一处井盖")
    assert city.case(made[1]).id == city.case(made[2]).id != city.case(made[0]).id
    assert (city.case(made[0]).report_count, city.case(made[1]).report_count) == (1, 2)
    assert city.case(made[1]).place == at_grid(0, 5)


def test_what_says_nothing_of_itself_lies_on_the_desk_of_its_own(city: City) -> None:
    first, second = triaged(city, SITE, SAME_SITE, address=None)
    assert city.case(first).id == city.case(second).id
    city.does(city.cast.triage, "unjoin", first, reports=(second.number,), reason="地点不明")
    case = city.case(second)
    assert (case.status, outcome(second)[0]) == (Status.REPORTED, Outcome.LEFT)
    assert "分出" in (case.waiting_for or "")
