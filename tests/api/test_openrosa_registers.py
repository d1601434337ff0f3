"""What is filled in on the forms of the registers becomes statements: new, corrected in any order, contradicted, or refused."""
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from casework.fieldwork.forms import submissions
from casework.fieldwork.forms.submissions import State, Submission
from casework.identity import people
from casework.identity.people import Post
from casework.identity.privacy import Access
from casework.registry.records import Entry, Statement
from casework.storage.database import reading, transaction
from tests.api.collect import Collect, a_house, collect, filled, geopoint, instance, message
from tests.api.town import Json, Town, ok, problem, stored
from tests.conftest import SetClock

SUBMISSIONS = "/api/v1/forms/submissions"


@pytest.fixture
def phone(town: Town) -> Collect:
    """Li's phone."""
    return collect(town)


def entry(town: Town, instance_id: str) -> Json:
    """The entry that this instance made, as Li sees it."""
    return ok(town.li.get(f"/api/v1/registry/{submissions.operation_id(instance_id)}"))


def the(instance_id: str) -> Submission:
    with reading() as db:
        return db.scalars(select(Submission).where(Submission.instance_id == instance_id)).one()


def test_a_house_that_was_filled_in_is_an_entry_of_its_grid(town: Town, phone: Collect) -> None:
    instance_id = instance()
    assert phone.send(filled("house", a_house(), instance_id)) == 201
    made = entry(town, instance_id)
    assert made["register"] == "house"
    assert made["values"] | {"usage": "rented", "floor_area": 86.5, "rooms": 3, "hazards": ["wiring", "exit_blocked"],
                             "checked_on": "2026-03-01"} == made["values"]
    assert "unit" not in made["values"] or made["values"]["unit"] is None
    assert made["masked"]["owner_phone"] == "138****5678"
    assert made["area"] == "44030100100101"
    with reading() as db:
        statement = db.scalars(select(Statement)).one()
    assert (statement.id, statement.form) == (submissions.operation_id(instance_id), "house@1")
    assert the(instance_id).state is State.DONE
    assert phone.send(filled("house", a_house(), instance_id)) == 202
    assert stored(Statement) == 1


FORMS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "person": ({"who": {"name": "欧阳铁蛋", "id_type": "id_card", "id_number": "11010519491231002X", "sex": "male",
                        "birth_date": "1949-12-31", "phone": "13812345678", "ethnicity": "汉族", "education": "本科"},
                "living": {"household_type": "migrant", "residence": "tenant", "moved_in": "2025-09-01", "place": geopoint()},
                "attention": {"care": "elderly_alone chronic_illness", "emergency_contact": "欧阳石 13900000000"}},
               {"sex": "male", "residence": "tenant", "moved_in": "2025-09-01"}),
    "entity": ({"what": {"name": "王记小吃店", "credit_code": "91350100M000100Y43", "kind": "individual", "state": "open",
                         "employees": "3"}, "where": {"address": "学府路12号", "place": geopoint()},
                "contact": {"legal_representative": "王小明", "contact_phone": "13812345678"},
                "safety": {"licences": "business food", "hazards": "none"}},
               {"credit_code": "91350100M000100Y43", "licences": ["business", "food"], "hazards": ["none"], "employees": 3}),
    "component": ({"code": "4403010101000001", "name": "上水井盖", "state": "damaged", "place": geopoint(), "road": "学府路",
                   "installed_on": "2020-05-01"},
                  {"code": "4403010101000001", "state": "damaged", "installed_on": "2020-05-01"}),
    "address": ({"text": "学府路12号", "kind": "doorplate", "place": geopoint(), "doorplate": "12号", "road": "学府路"},
                {"text": "学府路12号", "kind": "doorplate", "doorplate": "12号"}),
}


@pytest.mark.parametrize("form_id", FORMS)
def test_so_is_whatever_else_is_collected(town: Town, phone: Collect, form_id: str) -> None:
    answers, said = FORMS[form_id]
    instance_id = instance()
    assert phone.send(filled(form_id, answers, instance_id)) == 201
    one = the(instance_id)
    assert (one.state, one.faults, one.flags) == (State.DONE, [], [])
    made = entry(town, instance_id)
    assert made["register"] == form_id
    assert made["values"] | said == made["values"]


def test_personal_answers_are_sealed_where_they_are_kept(town: Town, phone: Collect) -> None:
    instance_id = instance()
    phone.send(filled("house", a_house(), instance_id))
    assert str(the(instance_id).xml) == "•••"
    assert "13812345678" in the(instance_id).xml.open()


def test_a_correction_states_what_differs(town: Town, phone: Collect) -> None:
    first, second, third = instance(), instance(), instance()
    phone.send(filled("house", a_house(), first))
    assert phone.send(filled("house", a_house(usage="shop", owner_phone=None), second, deprecated=first)) == 201
    made = entry(town, first)
    assert (made["values"]["usage"], made["version"], made["head"]) == ("shop", 2, str(submissions.operation_id(second)))
    assert made["masked"].get("owner_phone") is None
    assert phone.send(filled("house", a_house(usage="shop", owner_phone=None), third, deprecated=second)) == 201
    assert (stored(Statement), the(third).state) == (2, State.DONE)  # it changed nothing
    fourth = instance()
    phone.send(filled("house", a_house(usage="vacant", owner_phone=None, occupants=None), fourth, deprecated=third))
    assert entry(town, first)["values"]["usage"] == "vacant"
    assert (stored(Entry), stored(Statement)) == (1, 3)


def test_corrections_may_come_before_what_they_correct(town: Town, phone: Collect) -> None:
    first, second, third = instance(), instance(), instance()
    assert phone.send(filled("house", a_house(rooms="5"), third, deprecated=second)) == 201
    assert phone.send(filled("house", a_house(rooms="4"), second, deprecated=first)) == 201
    assert (the(second).state, the(third).state, stored(Entry)) == (State.WAITING, State.WAITING, 0)
    assert phone.send(filled("house", a_house(), first)) == 201
    assert [the(one).state for one in (first, second, third)] == [State.DONE] * 3
    made = entry(town, first)
    assert (made["values"]["rooms"], made["version"]) == (5, 3)


def test_sent_at_the_same_moment_a_correction_finds_what_it_corrects(town: Town, phone: Collect) -> None:
    chain = [instance() for _ in range(4)]
    forms = [filled("house", a_house(rooms=str(number)), one, deprecated=chain[number - 1] if number else None)
             for number, one in enumerate(chain)]
    other = collect(town, token=True)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda xml: other.post(xml).status_code, reversed(forms))) == [201] * 4
    assert [the(one).state for one in chain] == [State.DONE] * 4
    assert (entry(town, chain[0])["values"]["rooms"], stored(Entry), stored(Statement)) == (3, 1, 4)


def test_what_others_changed_meanwhile_is_contested_and_kept(town: Town, phone: Collect) -> None:
    first, second = instance(), instance()
    phone.send(filled("house", a_house(), first))
    subject = str(submissions.operation_id(first))
    ok(town.li.post("/api/v1/pda/sync", {"sent_at": "2026-03-02T10:00:00+08:00", "operations": [{
        "id": str(uuid.uuid4()), "kind": "entry", "at": "2026-03-02T10:00:00+08:00", "base": subject,
        "data": {"subject": subject, "register": "house", "values": {"usage": "vacant"}}}]}))
    assert phone.send(filled("house", a_house(usage="shop", rooms="9"), second, deprecated=first)) == 201
    assert the(second).state is State.CONFLICT
    made = entry(town, first)
    assert (made["values"]["usage"], made["values"]["rooms"]) == ("vacant", 9)
    assert [one["fields"] for one in made["conflicts"]] == [["usage"]]


def test_what_the_register_refuses_is_kept_with_its_reason_and_tried_again(town: Town, phone: Collect) -> None:
    instance_id = instance()
    answer = phone.post(filled("house", a_house(place=geopoint(3)), instance_id))  # not a grid of Li's
    assert answer.status_code == 201
    assert "数据管理员" in message(answer)
    (row,) = ok(town.steward.get(SUBMISSIONS, state="refused"))["items"]
    assert (row["instance_id"], row["user_id"], row["form_id"]) == (instance_id, str(town.cast.li.id), "house")
    assert row["reason"]
    assert ok(town.steward.get(SUBMISSIONS, state="done"))["items"] == []
    assert ok(town.steward.post(f"{SUBMISSIONS}/{row['id']}/retry"))["state"] == "refused"
    with transaction() as db:
        post = db.scalars(select(Post).where(Post.holder_id == town.cast.li.id)).one()
        people.create_post(db, "再加一格", post.role, area_code="44030100100202", holder_id=town.cast.li.id)
    assert ok(town.steward.post(f"{SUBMISSIONS}/{row['id']}/retry"))["state"] == "done"
    assert entry(town, instance_id)["area"] == "44030100100202"
    problem(town.steward.post(f"{SUBMISSIONS}/{row['id']}/retry"), 409)


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "a credit code that is none": ("entity", {"what": {"name": "店", "credit_code": "91350100M000100Y44"}, "place": geopoint()},
                                   "values.credit_code"),
    "a choice that is none": ("house", {"address": "学府路", "usage": "castle", "place": geopoint()}, "values.usage"),
    "a number in words": ("house", {"address": "学府路", "rooms": "三", "place": geopoint()}, "values.rooms"),
    "nothing that is required": ("house", {"place": geopoint()}, "values.address"),
    "a position that is none": ("house", {"address": "学府路", "place": "near here"}, "place"),
    "no words": ("report", {"place": geopoint()}, "text"), "no place": ("report", {"text": "井盖"}, "place"),
    "a report from off the globe": ("report", {"text": "井盖", "place": "97 114 0 0"}, "place"),
}


@pytest.mark.parametrize("what", WRONG)
def test_bad_answers_are_kept_and_the_field_is_named(town: Town, phone: Collect, what: str) -> None:
    form_id, answers, field = WRONG[what]
    assert phone.send(filled(form_id, answers, instance())) == 201
    (row,) = ok(town.steward.get(SUBMISSIONS, state="refused"))["items"]
    assert field in {fault["field"] for fault in row["faults"]}, row
    assert (stored(Entry), stored(), stored(Submission)) == (0, 0, 1)


def test_a_correction_of_refused_answers_is_the_entry(town: Town, phone: Collect) -> None:
    first, second = instance(), instance()
    phone.send(filled("house", a_house(rooms="三"), first))
    phone.send(filled("house", a_house(), second, deprecated=first))
    assert (the(first).state, the(second).state, stored(Entry)) == (State.REFUSED, State.DONE, 1)


def test_a_correction_of_a_refused_correction_is_about_the_same_entry(town: Town, phone: Collect) -> None:
    first, second, third, fourth = (instance() for _ in range(4))
    phone.send(filled("house", a_house(), first))
    phone.send(filled("house", a_house(rooms="三"), second, deprecated=first))
    phone.send(filled("house", a_house(rooms="四"), third, deprecated=second))
    assert [the(one).state for one in (first, second, third)] == [State.DONE, State.REFUSED, State.REFUSED]
    phone.send(filled("house", a_house(rooms="5"), fourth, deprecated=third))
    made = entry(town, first)
    assert (made["values"]["rooms"], made["version"], made["head"]) == (5, 2, str(submissions.operation_id(fourth)))
    assert (the(fourth).state, stored(Entry), stored(Statement)) == (State.DONE, 1, 2)
    problem(town.steward.post(f"{SUBMISSIONS}/{the(second).id}/retry"), 409)


def test_so_it_is_when_all_of_them_come_in_the_wrong_order(town: Town, phone: Collect) -> None:
    first, second, third = (instance() for _ in range(3))
    phone.send(filled("house", a_house(rooms="5"), third, deprecated=second))
    phone.send(filled("house", a_house(rooms="三"), second, deprecated=first))
    phone.send(filled("house", a_house(), first))
    assert [the(one).state for one in (first, second, third)] == [State.DONE, State.REFUSED, State.DONE]
    assert (entry(town, first)["values"]["rooms"], stored(Entry)) == (5, 1)


def test_who_was_refused_a_correction_of_another_persons_answers_says_his_own(town: Town, phone: Collect) -> None:
    first, second, third = (instance() for _ in range(3))
    phone.send(filled("house", a_house(), first))
    wang = collect(town, "wang")
    wang.send(filled("house", a_house(place=geopoint(1)), second, deprecated=first))
    wang.send(filled("house", a_house(place=geopoint(1), rooms="5"), third, deprecated=second))
    assert (the(second).state, the(third).state, stored(Entry)) == (State.REFUSED, State.DONE, 2)
    assert entry(town, first)["values"]["rooms"] == 3


def test_what_corrects_a_submission_that_corrects_itself_is_taken(town: Town, phone: Collect) -> None:
    first, second = instance(), instance()
    phone.send(filled("house", a_house(), first, deprecated=first))
    phone.send(filled("house", a_house(), second, deprecated=first))
    assert (the(first).state, the(second).state, stored(Entry)) == (State.REFUSED, State.DONE, 1)


def test_nobody_corrects_what_another_person_or_another_form_said(town: Town, phone: Collect) -> None:
    first, second, third = instance(), instance(), instance()
    phone.send(filled("house", a_house(), first))
    collect(town, "wang").send(filled("house", a_house(place=geopoint(1)), second, deprecated=first))
    phone.send(filled("component", FORMS["component"][0], third, deprecated=first))
    assert (the(second).state, the(third).state, stored(Statement)) == (State.REFUSED, State.REFUSED, 1)


def test_other_versions_are_taken_and_marked(town: Town, phone: Collect) -> None:
    unknown = instance()
    assert phone.send(filled("house", a_house(), unknown, version="2019")) == 201
    assert (the(unknown).flags, the(unknown).state) == (["unknown_version"], State.DONE)
    assert phone.post(filled("castle", a_house(), instance())).status_code == 404
    assert stored(Submission) == 1


def test_rules_of_the_form_that_are_not_kept_are_marked(town: Town, phone: Collect) -> None:
    odd = instance()
    phone.send(filled("house", a_house(usage=None, floor_area="0", hazards="none wiring", occupants="5"), odd))
    assert the(odd).flags == ["required:usage", "constraint:floor_area", "constraint:hazards"]


def test_answers_are_looked_at_with_a_reason_that_is_logged(town: Town, phone: Collect) -> None:
    phone.send(filled("house", a_house(), instance()))
    (row,) = ok(town.steward.get(SUBMISSIONS))["items"]
    assert "13812345678" not in str(row)
    look = ok(town.steward.post(f"{SUBMISSIONS}/{row['id']}/answers", {"reason": "电话核对"}))
    assert "13812345678" in look["xml"]
    with reading() as db:
        logged = db.scalars(select(Access)).one()
    assert (logged.subject_kind, str(logged.subject_id), logged.reason) == ("submission", row["id"], "电话核对")
    for caller in (town.li, town.supervisor):
        problem(caller.get(SUBMISSIONS), 403)
        problem(caller.post(f"{SUBMISSIONS}/{row['id']}/answers", {"reason": "x"}), 403)
        problem(caller.post(f"{SUBMISSIONS}/{row['id']}/retry"), 403)
    problem(town.steward.post(f"{SUBMISSIONS}/{uuid.uuid4()}/retry"), 404)


def test_the_list_goes_on_where_the_page_ended(town: Town, phone: Collect, time: SetClock) -> None:
    for _ in range(3):
        phone.send(filled("house", a_house(), instance()))
        time.passes(minutes=1)
    first = ok(town.steward.get(SUBMISSIONS, limit=2))
    second = ok(town.steward.get(SUBMISSIONS, limit=2, cursor=first["next"]))
    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, None)
    assert len({row["id"] for row in first["items"] + second["items"]}) == 3
