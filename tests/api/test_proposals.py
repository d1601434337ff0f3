"""A return that was upheld proposes a rule: who may see, try, accept and decline it."""
from tests.api.town import Json, Town, ok, pda_report, problem

PROPOSALS = "/api/v1/rules/proposals"


def upheld(town: Town, **ruling: str) -> Json:
    """A manhole that the water office handed back with success; the case."""
    ok(town.li.post("/api/v1/pda/reports", report := pda_report()))
    town.jobs()
    receipt = ok(town.li.post("/api/v1/pda/reports", report))
    case = town.case_of(receipt["number"])["number"]
    roads = str(town.departments["roads"].id)
    town.act(town.water_head, case, "hand_back", ground="道路附属井盖归道路养护", proposed=roads)
    return town.act(town.adjudicator, case, "uphold", reason="理由成立", **ruling)


def test_a_ruling_becomes_a_proposal_becomes_a_rule(town: Town) -> None:
    roads, water = (str(town.departments[code].id) for code in ("roads", "water"))
    case = upheld(town, lead=roads)
    (one,) = ok(town.adjudicator.get(PROPOSALS))["items"]
    assert one["cases"] == [case["number"]]
    assert (one["category"], one["area"], one["count"]) == ("上水井盖", "南塘社区", 1)
    assert (one["from_department"], one["to_department"]) == ("水务局", "道路养护中心")
    assert (one["ground"], one["ruling"]) == ("道路附属井盖归道路养护", "理由成立")
    assert "供水井盖" in one["why"]
    tried = ok(town.dispatcher.post(f"{PROPOSALS}/{one['id']}/try", {}))
    (effect,) = tried["effects"]
    assert (effect["before"]["lead"], effect["after"]["lead"], effect["count"]) == (water, roads, 1)
    problem(town.adjudicator.post(f"{PROPOSALS}/{one['id']}/accept", {}), 403)
    rule = ok(town.administrator.post(f"{PROPOSALS}/{one['id']}/accept", {"ground": "区府办〔2026〕3号"}), 201)
    assert (rule["lead_department_id"], rule["area_code"], rule["ground"]) == (roads, "440301001001", "区府办〔2026〕3号")
    assert ok(town.administrator.get(PROPOSALS)) == {"items": [], "all": True}
    problem(town.administrator.post(f"{PROPOSALS}/{one['id']}/accept", {}), 409)
    assert ok(town.dispatcher.get("/api/v1/rules/explain", category="10101", area="44030100100101"))["lead"] == roads


def test_who_got_it_from_the_dispatcher_is_the_proposed_owner(town: Town) -> None:
    case = upheld(town)
    assert ok(town.adjudicator.get(PROPOSALS))["items"][0]["to_department"] == "道路养护中心"  # as the water office claimed
    town.act(town.dispatcher, case["number"], "dispatch", lead=str(town.departments["office"].id), reason="改派")
    assert [one["to_department"] for one in ok(town.adjudicator.get(PROPOSALS))["items"]] == ["区政府办"]


def test_declining_asks_for_a_reason_and_what_is_unknown_is_not_found(town: Town) -> None:
    upheld(town)
    (one,) = ok(town.adjudicator.get(PROPOSALS))["items"]
    assert set(problem(town.administrator.post(f"{PROPOSALS}/{one['id']}/decline", {}), 422)["fields"]) == {"reason"}
    assert ok(town.administrator.post(f"{PROPOSALS}/{one['id']}/decline", {"reason": "个案"})) == {"declined": 1}
    problem(town.administrator.post(f"{PROPOSALS}/{town.cast.li.id}/decline", {"reason": "个案"}), 404)


def test_departments_and_strangers_do_not_see_the_proposals(town: Town) -> None:
    problem(town.water_head.get(PROPOSALS), 403)
    problem(town.li.get(PROPOSALS), 403)
    problem(town.stranger.get(PROPOSALS), 401)
