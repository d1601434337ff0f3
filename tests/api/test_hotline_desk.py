"""What an operator gets while somebody is on the telephone: guesses of the category, and where an address lies."""
from tests.api.town import Town, ok, problem, stored

SUGGESTIONS, PLACE = "/api/v1/hotline/suggestions", "/api/v1/hotline/place"


def test_words_bring_categories_and_nothing_is_kept(town: Town) -> None:
    found = ok(town.operator.post(SUGGESTIONS, {"text": "人行道上的上水井盖没有了"}))["items"]
    assert 0 < len(found) <= 3
    assert "10101" in {one["code"] for one in found}
    assert "上水井盖" in next(one["name"] for one in found if one["code"] == "10101")
    assert [one["confidence"] for one in found] == sorted((one["confidence"] for one in found), reverse=True)
    assert stored() == 0


def test_an_address_is_placed_as_far_as_it_names_something(town: Town) -> None:
    found = ok(town.operator.get(PLACE, address="南塘社区东门"))
    assert found["area"].endswith("南塘社区")
    assert ok(town.operator.get(PLACE, address="不知何处")) == {"place": None, "area": None, "sure": False}


def test_only_whoever_takes_calls_is_helped(town: Town) -> None:
    problem(town.water_handler.post(SUGGESTIONS, {"text": "井盖"}), 403)
    problem(town.stranger.get(PLACE, address="南塘社区"), 401)
    assert problem(town.operator.post(SUGGESTIONS, {"text": " "}), 422)["fields"].keys() == {"text"}
