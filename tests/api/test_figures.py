"""Figures over HTTP: what other software reads of the work, and who may see whose."""
import uuid

from tests.api.town import Town, ok, pda_report, point, problem

INDICATORS, FIGURES = "/api/v1/performance/indicators", "/api/v1/performance/figures"
MARCH = {"since": "2026-03-01", "until": "2026-04-01"}


def test_indicators_say_how_they_come_about(town: Town) -> None:
    items = {one["code"]: one for one in ok(town.leader.get(INDICATORS))["items"]}
    assert items["closing_rate"] == {
        "code": "closing_rate", "name": {"zh": "结案率", "en": "Closing rate"}, "unit": "ratio", "better": "high",
        "formula": "closed / (due - deferred)", "source": "cases, clocks", "period": "opened"}
    assert items["handle_p90"]["unit"] == "minutes"
    problem(town.li.get(INDICATORS), 403)


def test_figures_follow_what_happens(town: Town) -> None:
    ok(town.li.post("/api/v1/pda/reports", pda_report()))
    ok(town.li.post("/api/v1/pda/reports", pda_report(place=point(3))))
    town.jobs()
    page = ok(town.leader.get(FIGURES, by="area", **MARCH))
    assert (page["since"], page["until"], page["by"], page["next"]) == ("2026-03-01", "2026-04-01", "area", None)
    (district,) = page["items"]
    assert (district["key"], district["name"], district["values"]["filed"]) == ("440301", "东山区", 2)
    assert page["total"]["values"]["received"] == 2
    communities = ok(town.leader.get(FIGURES, by="area", area="440301001", **MARCH))["items"]
    assert [(one["name"], one["values"]["received"]) for one in communities] == [("南塘社区", 1), ("北坡社区", 1)]


def test_a_head_sees_the_own_department_and_no_other(town: Town) -> None:
    ok(town.li.post("/api/v1/pda/reports", pda_report()))
    ok(town.li.post("/api/v1/pda/reports", pda_report(category="10105", place=point(1))))
    town.jobs()
    assert [one["name"] for one in ok(town.water_head.get(FIGURES, by="department", **MARCH))["items"]] == ["水务局"]
    assert ok(town.water_head.get(FIGURES, **MARCH))["total"]["values"]["received"] == 1
    assert len(ok(town.leader.get(FIGURES, by="department", **MARCH))["items"]) == 2
    problem(town.water_head.get(FIGURES, department=str(town.departments["roads"].id), **MARCH), 404)
    problem(town.li.get(FIGURES, **MARCH), 403)
    problem(town.stranger.get(FIGURES, **MARCH), 401)


def test_what_cannot_be_counted_is_refused_with_the_reason(town: Town) -> None:
    for query in ({"since": "2026-03-01"}, {"since": "2026-03-01", "until": "2026-03-01"}, MARCH | {"area": "44"},
                  {"since": "2025-01-01", "until": "2026-03-01"}, MARCH | {"by": "moon"}, MARCH | {"category": "10"},
                  MARCH | {"department": "water"}, MARCH | {"level": "hill"}, {"since": "9999-12-05", "until": "9999-12-31"},
                  {"since": "0001-01-01", "until": "0001-01-02"}):
        problem(town.leader.get(FIGURES, **query), 422)
    nobody = ok(town.leader.get(FIGURES, department=str(uuid.uuid4()), **MARCH))
    assert nobody["total"]["values"]["received"] == 0
    assert nobody["total"]["values"]["closing_rate"] is None
