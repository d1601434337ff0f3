"""What everybody reads of a case: what a rule or a moderator made public, as long as that holds, and nothing nearer."""
from typing import Any

import pytest
from sqlalchemy import select

from api import app as application
from api.limits import limiter
from casework.cases import publication
from casework.cases.publication import Publication
from casework.settings import Settings
from casework.storage import outbox
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests.api.geoclient import App, good
from tests.api.town import Json, Town, citizen_report, ok, pda_report, point, problem, ticket
from tests.conftest import SetClock
from workers import upkeep

CASES, MAP, QUEUE = "/api/v1/public/cases", "/api/v1/public/map", "/api/v1/moderation/cases"
WORDS = "人行道上的井盖没了"


def look_first(town: Town, category: str = "", *, version: str = "2026.9", wanted: int = 1) -> None:
    """The city's policy from now on: who looks before this branch is public."""
    ok(town.administrator.post("/api/v1/admin/policy", {"version": version, "rules": [], "numbers": {
        category: {"look_first": wanted}}}))


def public(town: Town, **query: Any) -> list[Json]:
    return list(ok(town.stranger.get(CASES, **query))["items"])


def filed(town: Town, *, grid: int = 0, east: float = 0, category: str = "10101", text: str = "王大爷家门口的井盖") -> str:
    """A grid worker's report that became a case; its number."""
    receipt = ok(town.li.post("/api/v1/pda/reports", pda_report(place=point(grid, east), category=category, text=text)))
    town.jobs()
    return str(town.case_of(receipt["number"])["number"])


def decide(town: Town, number: str, decision: str, **more: Any) -> Json:
    return ok(town.operator.post(f"{QUEUE}/{number}", {"decision": decision, **more}))


def told(name: str = "case.published") -> int:
    with reading() as db:
        return len(db.scalars(select(Event.id).where(Event.name == name)).all())


def test_a_filed_case_is_public_without_a_word_that_was_said(town: Town) -> None:
    home = point(0, 60, 40)
    ok(town.li.post("/api/v1/pda/reports", pda_report(text="王大爷家门口 13812345678", place=home)))
    town.jobs()
    (shown,) = public(town)
    assert (shown["status"], shown["category"], shown["department"], shown["words"]) == ("open", "上水井盖", "水务局", None)
    assert shown["community"] == "小城市东山区河口街道南塘社区"
    assert abs(shown["square"]["lon"] - home["lon"]) < 0.0011
    assert shown["square"] == {"lon": round(shown["square"]["lon"], 3), "lat": round(shown["square"]["lat"], 3)}
    whole = ok(town.stranger.get(f"{CASES}/{shown['number'].lower()}"))
    assert [one["words"] for one in whole.pop("steps")] == ["上报", "立案", "派遣"]
    assert whole.pop("photos") == []
    assert whole == shown
    assert ok(town.stranger.get(f"{CASES}/{shown['number']}", lang="en"))["stands"].startswith("sent to the department")
    assert told() == 1


def test_requests_confidential_reports_and_what_nobody_filed_are_not(town: Town) -> None:
    secret = ticket(category="10101", detail="井盖没了", address="南塘社区", confidential=True)
    ok(town.operator.post("/api/v1/hotline/tickets", ticket()))
    ok(town.operator.post("/api/v1/hotline/tickets", secret))
    ok(town.stranger.post("/api/v1/citizen/reports", citizen_report(text="说不清是什么", place=point(3))))
    town.jobs()
    cases = town.listed(town.supervisor)
    for case in cases:
        if case["status"] == "reported" and case["category_code"] == "10101":
            town.act(town.triage, case["number"], "file", category="10101")
    town.jobs()
    assert public(town) == []
    for case in cases:
        problem(town.stranger.get(f"{CASES}/{case['number']}"), 404)
    held = {one["reason"].split()[-1] for one in ok(town.operator.get(QUEUE, state="withheld"))["items"]}
    assert held == {"persons", "confidential"}
    for one in ok(town.operator.get(QUEUE, state="withheld"))["items"]:
        problem(town.operator.post(f"{QUEUE}/{one['number']}", {"decision": "publish"}), 409)


def test_where_the_policy_asks_for_a_look_a_moderator_releases_words(town: Town, time: SetClock) -> None:
    look_first(town)
    number = filed(town, text="王大爷家门口 13812345678")
    assert public(town) == []
    (waits,) = ok(town.operator.get(QUEUE))["items"]
    assert (waits["number"], waits["state"], waits["decided_by_person"]) == (number, "waiting", False)
    assert waits["reports"][0]["text"] == "王大爷家门口 13812345678"
    assert waits["draft"] == "王大爷家门口 ＊＊＊"
    assert told() == 0
    time.passes(minutes=1)
    for _ in range(2):  # the same again has no effect
        made = decide(town, number, "publish", words=WORDS)
        assert (made["state"], made["words"], made["decided_by_person"]) == ("published", WORDS, True)
    assert told() == 1
    assert [one["words"] for one in public(town)] == [WORDS]
    assert ok(town.operator.get(QUEUE))["items"] == []
    lines = [one for one in ok(town.supervisor.get(f"/api/v1/cases/{number}"))["history"] if one["action"] == "publish"]
    assert len(lines) == 1
    decide(town, number, "withhold", reason="涉及他人隐私")
    assert public(town) == []
    problem(town.stranger.get(f"{CASES}/{number}"), 404)
    town.act(town.water_handler, number, "sign")
    town.jobs()
    assert public(town) == []


@pytest.mark.parametrize("words", [
    "请打 13812345678", "１３８ １２３４ ５６７８", "一三八一二三四五六七八", "身份证 44030119900101123X", "加微信 tiedan_88",
    "0755-12345678", "3栋1502室", "粤B12345", "t@example.org", "114.057912", "铃\x07声"])
def test_words_with_somebodys_number_are_refused_by_name(town: Town, words: str) -> None:
    number = filed(town)
    answer = problem(town.operator.post(f"{QUEUE}/{number}", {"decision": "publish", "words": words}), 422)
    assert set(answer["fields"]) == {"words"}
    assert [one["words"] for one in public(town)] == [None]


def test_who_may_decide(town: Town) -> None:
    number = filed(town)
    for somebody in (town.li, town.water_handler, town.dispatcher, town.administrator):
        problem(somebody.get(QUEUE), 403)
        problem(somebody.post(f"{QUEUE}/{number}", {"decision": "publish"}), 403)
    problem(town.stranger.post(f"{QUEUE}/{number}", {"decision": "publish"}), 401)
    problem(town.operator.post(f"{QUEUE}/AJ000000-00000-00000", {"decision": "publish"}), 404)
    assert problem(town.operator.post(f"{QUEUE}/{number}", {"decision": "withhold"}), 422)["fields"] == {"reason": "say why"}
    problem(town.operator.post(f"{QUEUE}/{number}", {"decision": "withhold", "reason": "一", "words": "二"}), 422)
    problem(town.operator.post(f"{QUEUE}/{number}", {"decision": "maybe"}), 422)
    assert len(public(town)) == 1


def test_what_was_published_before_a_look_is_looked_at_afterwards(town: Town, time: SetClock) -> None:
    made = []
    for grid in range(3):
        made.append(filed(town, grid=grid))
        time.passes(minutes=1)

    def unlooked(**query: Any) -> Json:
        return ok(town.operator.get(QUEUE, state="published", by_person="false", **query))
    assert [one["number"] for one in unlooked()["items"]] == made[::-1]
    first = unlooked(limit=2)
    assert [one["number"] for one in unlooked(limit=2, cursor=first["next"])["items"]] == made[:1]
    decide(town, made[1], "publish")
    decide(town, made[2], "publish", words=WORDS)
    assert [one["number"] for one in unlooked()["items"]] == made[:1]
    looked = ok(town.operator.get(QUEUE, state="published", by_person="true"))["items"]
    assert {one["number"] for one in looked} == set(made[1:])
    assert {one["number"] for one in public(town)} == set(made)


def test_what_a_case_is_no_more_is_taken_back_before_any_job_runs(town: Town) -> None:
    number, other = filed(town), filed(town, grid=1, category="10102")
    decide(town, number, "publish", words=WORDS)
    assert len(public(town)) == 2
    town.act(town.dispatcher, number, "merge", into=other, reason="同一问题")
    assert [one["number"] for one in public(town)] == [other]
    town.jobs()
    town.act(town.dispatcher, number, "unmerge", reason="不是")
    town.jobs()
    assert {one["words"] for one in public(town)} == {None}  # what was released before is looked at again
    town.act(town.dispatcher, other, "propose_void", reason="误报")
    town.act(town.other_dispatcher, other, "void", reason="误报")
    assert [one["number"] for one in public(town)] == [number]
    assert ok(town.stranger.get(MAP))["features"][0]["properties"]["count"] == 1


def test_a_case_that_is_reopened_waits_for_another_look(town: Town, time: SetClock) -> None:
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report()), 201)
    town.jobs()
    case = town.case_of(receipt["number"])
    number = case["number"]
    if case["status"] == "reported":
        town.act(town.triage, number, "file", category="10101")
        town.jobs()
    decide(town, number, "publish", words=WORDS)
    town.closed(number)
    look_first(town)
    town.jobs()
    assert [(one["status"], one["words"]) for one in public(town)] == [("closed", WORDS)]
    ok(town.citizen(receipt).post(f"/api/v1/citizen/reports/{receipt['number']}/reopen", {"reason": "还在"}))
    assert public(town) == []
    town.jobs()
    assert [one["number"] for one in ok(town.operator.get(QUEUE))["items"]] == [number]
    decide(town, number, "publish")
    assert [(one["status"], one["words"]) for one in public(town)] == [("open", None)]


def test_a_caller_who_asks_later_not_to_be_known_takes_the_case_with_him(town: Town) -> None:
    ok(town.operator.post("/api/v1/hotline/tickets", ticket(category="10101", detail="井盖没了", address="南塘社区")))
    town.jobs()
    for case in town.listed(town.supervisor):
        if case["status"] == "reported":
            town.act(town.triage, case["number"], "file", category="10101")
    town.jobs()
    assert len(public(town)) == 1
    with transaction() as db:
        for report in db.scalars(select(publication.Report)):
            report.confidential = True
    assert public(town) == []
    assert ok(town.stranger.get(MAP))["features"] == []


def test_a_new_policy_takes_along_what_no_person_has_decided(town: Town) -> None:
    looked, unlooked, lamp = filed(town), filed(town, grid=1), filed(town, grid=2, category="10105")
    decide(town, looked, "publish", words=WORDS)
    look_first(town, "10101")
    town.jobs()
    assert {one["number"] for one in public(town)} == {looked, lamp}
    assert [one["number"] for one in ok(town.operator.get(QUEUE))["items"]] == [unlooked]
    look_first(town, version="2026.10", wanted=0)
    town.jobs()
    assert {one["number"] for one in public(town)} == {looked, unlooked, lamp}


def test_a_category_that_is_corrected_to_a_request_is_taken_back(town: Town) -> None:
    number = filed(town)
    town.act(town.operator, number, "correct", category="301", reason="是诉求")
    assert public(town) == []
    town.jobs()
    assert [one["number"] for one in ok(town.operator.get(QUEUE, state="withheld"))["items"]] == [number]


def test_lists_are_narrowed_and_paged_without_doubles(town: Town, time: SetClock) -> None:
    made = []
    for place in range(5):
        time.passes(seconds=10)
        made.append(filed(town, grid=place % 4, east=300 * (place // 4), category="10105" if place % 2 else "10101"))
    assert [one["number"] for one in public(town)] == made[::-1]
    found, cursor = [], {}
    for _ in range(3):
        page = ok(town.stranger.get(CASES, limit=2, **cursor))
        found += [one["number"] for one in page["items"]]
        cursor = {"cursor": page["next"]}
    assert (found, cursor) == (made[::-1], {"cursor": None})
    assert [one["number"] for one in public(town, category="10105")] == [made[3], made[1]]
    assert [one["number"] for one in public(town, community="440301001002")] == [made[3], made[2]]
    assert public(town, status="closed") == []
    assert [one["number"] for one in public(town, since="2026-03-02T10:00:45+08:00")] == [made[4]]
    everywhere = public(town, bbox="113.99,22.59,114.03,22.63")
    assert [one["number"] for one in everywhere] == made[::-1]
    assert public(town, bbox="115,22,115.05,22.05") == []
    square = next(one["square"] for one in everywhere if one["number"] == made[3])
    box = f"{square['lon'] - 0.001:.3f},{square['lat'] - 0.001:.3f},{square['lon'] + 0.001:.3f},{square['lat'] + 0.001:.3f}"
    assert [one["number"] for one in public(town, bbox=box, status="open")] == [made[3]]
    for query in ({"bbox": "1,2,3"}, {"bbox": "a,b,c,d"}, {"bbox": "114,22,113,23"}, {"bbox": "nan,22,114,23"},
                  {"bbox": "114,22,114.2,22.05"}, {"status": "void"}, {"since": "yesterday"}, {"cursor": "x"},
                  {"lang": "fr"}, {"limit": "0"}):
        assert problem(town.stranger.get(CASES, **query), 422)["fields"], query


def test_the_map_counts_by_square_by_tile_and_by_community(town: Town, time: SetClock) -> None:
    for grid, east in ((0, 0), (0, 5), (1, 0), (2, 0)):
        filed(town, grid=grid, east=east, category="10101" if east else "10105")
    squares = ok(town.stranger.get(MAP, bbox="113.99,22.59,114.05,22.65"))
    assert sorted(one["properties"]["count"] for one in squares["features"]) == [1, 1, 2]
    for one in squares["features"]:
        lon, lat = one["geometry"]["coordinates"]
        assert one["bbox"] == [round(lon - 0.001, 3), round(lat - 0.001, 3), round(lon + 0.001, 3), round(lat + 0.001, 3)]
        inside = public(town, bbox=",".join(map(str, one["bbox"])))
        assert len(inside) == one["properties"]["count"]
    (tile,) = ok(town.stranger.get(MAP, bbox="113.8,22.4,114.2,22.8"))["features"]
    assert (tile["properties"]["kind"], tile["properties"]["count"]) == ("tile", 4)
    by_community = {one["properties"]["community"][-4:]: one["properties"]["count"]
                    for one in ok(town.stranger.get(MAP))["features"]}
    assert by_community == {"南塘社区": 3, "北坡社区": 1}
    assert ok(town.stranger.get(MAP, status="closed"))["features"] == []
    assert ok(town.stranger.get(MAP, category="10101"))["features"][0]["properties"]["count"] == 1
    for query in ({"bbox": "113,22,115,23"}, {"status": "closed", "since": "2025-01-01T00:00:00Z"}):
        assert problem(town.stranger.get(MAP, **query), 422)["fields"]


def test_answers_may_be_kept_for_a_minute(town: Town) -> None:
    number = filed(town)
    for path in (CASES, f"{CASES}/{number}", MAP):
        answer = town.stranger.get(path)
        assert answer.headers["Cache-Control"] == "public, max-age=60"
        again = town.app.test_client().get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
    town.act(town.water_handler, number, "sign")
    changed = town.app.test_client().get(f"{CASES}/{number}", headers={"If-None-Match": answer.headers["ETag"]})
    assert changed.status_code == 200


def test_nobody_reads_the_whole_city_in_a_minute(config: Settings, sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiter, "enabled", True)
    web = application.create_app(config, testing=True).test_client()
    limiter.reset()

    def asked(address: str) -> int:
        return web.get(CASES, environ_base={"REMOTE_ADDR": address}).status_code
    assert [asked("192.0.2.77") for _ in range(121)] == [200] * 120 + [429]
    assert asked("192.0.2.78") == 200


def test_hostile_words_are_shown_as_text(town: Town) -> None:
    hostile = "<script>alert(1)</script>' OR 1=1 -- ]]> {{7*7}} \u202e反"
    number = filed(town)
    decide(town, number, "publish", words=hostile)
    answer = town.stranger.get(f"{CASES}/{number}")
    assert answer.content_type == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert ok(answer)["words"] == hostile


def test_open311_and_the_board_know_the_same_as_the_list(town: Town) -> None:
    number = filed(town)
    stranger = App(town.app)
    assert [one["service_request_id"] for one in good(stranger.get("requests"))] == [number]
    decide(town, number, "withhold", reason="涉及他人隐私")
    assert good(stranger.get("requests")) == []
    assert stranger.get(f"requests/{number}").status_code == 404
    assert "AJ" not in str(ok(town.stranger.get("/api/v1/board"))["due"])


def test_what_was_lost_on_the_way_is_published_later(town: Town, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    number = filed(town)
    with transaction() as db:
        db.delete(db.scalars(select(Publication)).one())
    assert public(town) == []
    time.passes(minutes=5)
    with reading() as db:
        assert len(publication.unfollowed(db, time.now() - upkeep.LAST_DAY, time.now(), 10)) == 1
    time.passes(days=3)
    with reading() as db:
        assert publication.unfollowed(db, time.now() - upkeep.LAST_DAY, time.now(), 10) == []
    upkeep.publish_older_cases()
    assert [one["number"] for one in public(town)] == [number]


def test_a_policy_whose_news_was_lost_is_followed_at_night(town: Town) -> None:
    number = filed(town)
    look_first(town)
    with transaction() as db:  # handed over, and lost with Redis
        outbox.mark_relayed(db, outbox.claim(db, 1000))
    assert [one["number"] for one in public(town)] == [number]
    upkeep.publish_older_cases()
    assert public(town) == []
    assert [one["number"] for one in ok(town.operator.get(QUEUE))["items"]] == [number]
