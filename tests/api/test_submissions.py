"""Who looks after what came in on forms: a data steward for the areas of the post; and nothing is made twice of it."""
from sqlalchemy import select

from casework.fieldwork.forms.submissions import State, Submission
from casework.identity import people
from casework.identity.people import Post, Role, actor_of, create_post, create_user
from casework.registry.records import Entry
from casework.storage.database import reading, transaction
from tests.api.collect import a_house, a_report, collect, filled, geopoint, instance
from tests.api.town import Caller, Town, ok, problem, stored
from tests.factories import GRIDS

SUBMISSIONS = "/api/v1/forms/submissions"


def the(instance_id: str) -> Submission:
    with reading() as db:
        return db.scalars(select(Submission).where(Submission.instance_id == instance_id)).one()


def local_steward(town: Town, area_code: str) -> Caller:
    with transaction() as db:
        user = create_user(db, f"steward-{area_code}", "Sun")
        create_post(db, "local", Role.DATA_STEWARD, area_code=area_code, holder_id=user.id)
        db.flush()
        actor = actor_of(db, user.id)
    return town._with_credential(actor)


def test_a_steward_of_an_area_sees_what_its_workers_sent_and_no_more(town: Town) -> None:
    first, second = instance(), instance()
    collect(town).send(filled("house", a_house(rooms="三"), first))
    collect(town, "wang").send(filled("house", a_house(rooms="三", place=geopoint(1)), second))
    steward = local_steward(town, GRIDS[0])
    assert [row["instance_id"] for row in ok(steward.get(SUBMISSIONS))["items"]] == [first]
    assert len(ok(town.steward.get(SUBMISSIONS))["items"]) == 2
    other = the(second).id
    problem(steward.post(f"{SUBMISSIONS}/{other}/answers", {"reason": "看"}), 404)
    problem(steward.post(f"{SUBMISSIONS}/{other}/retry"), 404)
    assert "欧阳铁蛋" in ok(steward.post(f"{SUBMISSIONS}/{the(first).id}/answers", {"reason": "看"}))["xml"]
    assert ok(steward.post(f"{SUBMISSIONS}/{the(first).id}/retry"))["state"] == "refused"


def test_who_may_see_no_personal_value_sees_no_answers_either(town: Town) -> None:
    first = instance()
    collect(town).send(filled("house", a_house(rooms="三"), first))
    (row,) = ok(town.administrator.get(SUBMISSIONS))["items"]
    problem(town.administrator.post(f"{SUBMISSIONS}/{row['id']}/answers", {"reason": "看"}), 403)


def test_what_was_corrected_since_is_not_tried_again(town: Town) -> None:
    phone, first, second = collect(town), instance(), instance()
    phone.send(filled("house", a_house(place=geopoint(3)), first))
    phone.send(filled("house", a_house(), second, deprecated=first))
    assert (the(first).state, the(second).state) == (State.REFUSED, State.DONE)
    with transaction() as db:
        post = db.scalars(select(Post).where(Post.holder_id == town.cast.li.id)).one()
        people.create_post(db, "再加一格", post.role, area_code=GRIDS[3], holder_id=town.cast.li.id)
    problem(town.steward.post(f"{SUBMISSIONS}/{the(first).id}/retry"), 409)
    assert stored(Entry) == 1


def test_a_corrected_report_is_reported_once(town: Town) -> None:
    phone, first, second = collect(town), instance(), instance()
    phone.send(filled("report", a_report(category="99999999999999"), first))
    phone.send(filled("report", a_report(), second, deprecated=first))
    assert (the(first).state, the(second).state, stored()) == (State.REFUSED, State.DONE, 1)
    problem(town.steward.post(f"{SUBMISSIONS}/{the(first).id}/retry"), 409)


def test_what_corrects_itself_is_refused_and_does_not_wait_for_ever(town: Town) -> None:
    phone, first = collect(town), instance()
    assert phone.send(filled("house", a_house(), first, deprecated=first)) == 201
    assert the(first).state is State.REFUSED
    assert ok(town.steward.post(f"{SUBMISSIONS}/{the(first).id}/retry"))["state"] == "refused"
