"""Reports and inspections that come by themselves are looked at as those by sync: what is odd is flagged, never refused."""
from tests.api.town import Town, key, ok, pda_report, point
from tests.conftest import SetClock

FLAGGED = "/api/v1/duty/presence"


def flags(town: Town) -> list[str]:
    return [flag for one in ok(town.supervisor.get(FLAGGED))["items"] for flag in one["flags"]]


def test_a_report_sent_by_itself_is_looked_at_once_its_case_is_there(town: Town, time: SetClock) -> None:
    ok(town.li.post("/api/v1/pda/reports", pda_report(accuracy=900)), 201)
    town.jobs()
    (row,) = town.listed(town.supervisor)
    assert "上报定位精度差，误差约900米" in ok(town.supervisor.get(f"/api/v1/cases/{row['number']}"))["flags"]
    time.passes(seconds=30)
    ok(town.li.post("/api/v1/pda/reports", pda_report(place=point(0, 300, 400), text="路灯不亮", category="10105")), 201)
    ok(town.li.post("/api/v1/pda/reports", pda_report(place=point(0, 0, 4000), text="另一处路灯不亮", category="10105")), 201)
    town.jobs()
    assert any("网格" in flag for flag in flags(town))
    assert len(flags(town)) > 2  # nobody walks four kilometres in half a minute
    before = flags(town)
    town.jobs()
    assert flags(town) == before


def test_an_inspection_far_from_where_its_worker_just_was_is_flagged_and_taken(town: Town, time: SetClock) -> None:
    ok(town.wang.post("/api/v1/pda/reports", pda_report(place=point(1), text="路灯不亮", category="10105")), 201)
    town.jobs()
    (row,) = town.listed(town.roads_handler)
    town.act(town.roads_handler, row["number"], "sign")
    time.passes(minutes=5)
    resolved = town.act(town.roads_handler, row["number"], "resolve", reply="已修复", photos=[town.photo(town.roads_handler)])
    assert resolved["inspector_id"] == str(town.cast.wang.id)
    ok(town.wang.post("/api/v1/duty/check-ins", {"key": key(), "place": point(1, -400, -400)}), 201)
    time.passes(seconds=2)
    photos = [town.photo(town.wang, "blue")]
    closed = town.act(town.wang, row["number"], "pass", position=point(1), finding="已亮", photos=photos)
    assert closed["status"] == "closed"
    assert any(flag.startswith("现场查看") for flag in closed["flags"]), closed["flags"]


def test_what_is_odd_goes_along_when_cases_are_merged_and_when_that_is_undone(town: Town) -> None:
    numbers = [ok(town.li.post("/api/v1/pda/reports", pda_report(**said)), 201)["number"] for said in (
        {"accuracy": 5}, {"accuracy": 900, "text": "路灯不亮", "category": "10105"})]
    town.jobs()
    into, odd = (town.case_of(one)["number"] for one in numbers)
    seen = ok(town.supervisor.get(f"/api/v1/cases/{odd}"))["flags"]
    assert ok(town.supervisor.get(f"/api/v1/cases/{into}"))["flags"] == []
    town.act(town.triage, odd, "merge", into=into, reason="同一处")
    town.jobs()
    assert ok(town.supervisor.get(f"/api/v1/cases/{into}"))["flags"] == seen == ["上报定位精度差，误差约900米"]
    town.act(town.triage, odd, "unmerge", reason="不是一处")
    town.jobs()
    assert ok(town.supervisor.get(f"/api/v1/cases/{odd}"))["flags"] == seen
