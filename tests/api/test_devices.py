"""PDAs are enrolled by whoever carries them, named, seen, revoked, and wiped at their next contact."""
import uuid

import pytest
from flask import Flask
from sqlalchemy import select

from casework.identity import sessions
from casework.identity.passwords import hashed
from casework.identity.people import User
from casework.storage.database import reading, transaction
from tests.api.town import Caller, Json, Town, ok, problem
from tests.conftest import SetClock

LOG_IN, MINE, ADMIN = "/api/v1/sessions/device", "/api/v1/sessions/devices", "/api/v1/admin/devices"
PASSWORD = "correct horse battery 17"
LIST = "/api/v1/pda/inspections"


@pytest.fixture
def passwords(town: Town) -> None:
    """Li walks a grid, and the dispatcher none; both have a password."""
    with transaction() as db:
        for actor in (town.cast.li, town.cast.dispatcher):
            db.get_one(User, actor.id).password_hash = hashed(PASSWORD)


def pda(town: Town, **facts: str) -> Json:
    return ok(town.stranger.post(LOG_IN, {"login": "li", "password": PASSWORD, "name": "红色手机"} | facts), 201)


def carried(app: Flask, device: Json) -> Caller:
    return Caller(app, {"Authorization": f"Device {device['token']}", "X-Device-Id": device["device_id"]})


@pytest.mark.usefixtures("passwords")
def test_a_worker_enrols_the_pda_in_his_hands_and_may_have_two(town: Town) -> None:
    first, second = pda(town), pda(town, name="蓝色手机")
    assert first["name"] == "Li"
    for one in (first, second):
        assert carried(town.app, one).get(LIST).status_code == 200
    mine = ok(carried(town.app, first).get(MINE))["items"]
    assert [one["name"] for one in mine] == ["红色手机", "蓝色手机"]
    assert {one["user_id"] for one in mine} == {str(town.cast.li.id)}
    assert not [one for one in mine if "token" in one or "token_hash" in one]


@pytest.mark.usefixtures("passwords")
def test_who_guesses_or_walks_no_grid_gets_no_pda(town: Town) -> None:
    assert problem(town.stranger.post(LOG_IN, {"login": "li", "password": "wrong", "name": "x"}), 401)["detail"] == (
        "login or password is wrong")
    problem(town.stranger.post(LOG_IN, {"login": "dispatcher", "password": PASSWORD, "name": "x"}), 403)
    unnamed = problem(town.stranger.post(LOG_IN, {"login": "li", "password": PASSWORD, "name": " "}), 422)
    assert unnamed["fields"].keys() == {"name"}
    with reading() as db:
        assert not db.scalar(select(sessions.Device.id))


@pytest.mark.usefixtures("passwords")
def test_names_are_changed_by_the_carrier_and_by_administrators(town: Town) -> None:
    mine = pda(town)
    ok(carried(town.app, mine).post(f"{MINE}/{mine['device_id']}/name", {"name": "旧手机"}))
    assert [one["name"] for one in ok(town.administrator.get(ADMIN))["items"]] == ["旧手机"]
    ok(town.administrator.post(f"{ADMIN}/{mine['device_id']}/name", {"name": "PDA 17"}))
    assert ok(carried(town.app, mine).get(MINE))["items"][0]["name"] == "PDA 17"
    problem(town.wang.post(f"{MINE}/{mine['device_id']}/name", {"name": "我的"}), 404)
    problem(town.wang.post(f"{MINE}/{mine['device_id']}/end"), 404)
    problem(town.li.post(f"{ADMIN}/{mine['device_id']}/name", {"name": "我的"}), 403)


@pytest.mark.usefixtures("passwords")
def test_one_that_is_revoked_is_told_so_and_keeps_what_it_has(town: Town) -> None:
    mine, other = pda(town), pda(town)
    assert town.administrator.post(f"{ADMIN}/{mine['device_id']}/revoke").status_code == 204
    told = problem(carried(town.app, mine).get(LIST), 401)
    assert told["revoked"] is True
    assert "wipe" not in told
    assert carried(town.app, other).get(LIST).status_code == 200
    assert carried(town.app, other).post(f"{MINE}/{other['device_id']}/end").status_code == 204
    assert problem(carried(town.app, other).get(LIST), 401)["revoked"] is True


@pytest.mark.usefixtures("passwords")
@pytest.mark.parametrize("seen_before", [False, True])
def test_a_lost_one_is_told_to_erase_itself_at_its_next_contact(town: Town, time: SetClock, *, seen_before: bool) -> None:
    lost = pda(town)
    if seen_before:
        assert carried(town.app, lost).get(LIST).status_code == 200
    ordered = time.moment
    assert town.administrator.post(f"{ADMIN}/{lost['device_id']}/wipe").status_code == 204
    (row,) = ok(town.administrator.get(ADMIN))["items"]
    assert (row["wipe_ordered_at"], row["wiped_at"]) == (ordered.isoformat().replace("+00:00", "Z"), None)
    time.passes(hours=3)
    for _ in range(2):
        assert problem(carried(town.app, lost).get(LIST), 401)["wipe"] is True
    (row,) = ok(town.administrator.get(ADMIN))["items"]
    assert row["wiped_at"] == time.moment.isoformat().replace("+00:00", "Z")


@pytest.mark.usefixtures("passwords")
def test_who_has_only_its_id_learns_nothing_of_a_lost_one(town: Town) -> None:
    lost = pda(town)
    assert town.administrator.post(f"{ADMIN}/{lost['device_id']}/wipe").status_code == 204
    told = problem(carried(town.app, lost | {"token": "guessed"}).get(LIST), 401)
    assert not {"wipe", "revoked"} & told.keys()
    assert ok(town.administrator.get(ADMIN))["items"][0]["wiped_at"] is None
    problem(town.administrator.post(f"{ADMIN}/{uuid.uuid4()}/wipe"), 404)
