"""A field app is let in by its key, in three ways, and by nothing else; and a key ends at once."""
import hashlib
import re
import uuid

import httpx
import pytest
from sqlalchemy import select

from casework.identity import accounts
from casework.identity.people import Post
from casework.identity.sessions import field_keys
from casework.identity.sessions.field_keys import FieldKey
from casework.storage.database import reading, transaction
from tests.api.collect import HEADERS, Collect, collect, message
from tests.api.town import Json, Town, ok, problem
from tests.conftest import SetClock

KEYS = "/api/v1/forms/keys"


def made(town: Town, who: str = "li") -> Json:
    return ok(getattr(town, who).post(KEYS, {"name": "手机"}), 201)


def client(town: Town, auth: httpx.Auth | tuple[str, str] | None = None, scheme: str = "http") -> httpx.Client:
    environ = {"wsgi.url_scheme": scheme}

    def app(given: dict[str, object], start: object) -> object:
        return town.app(given | environ, start)  # type: ignore[operator]
    return httpx.Client(transport=httpx.WSGITransport(app=app), auth=auth, headers=HEADERS, base_url="http://localhost")


def test_what_a_key_is_shown_once(town: Town) -> None:
    key = made(town)
    assert key["server"] == "http://localhost/openrosa"
    assert key["url"].startswith("http://localhost/openrosa/key/")
    assert re.fullmatch(r"[2-9A-Z]{5}(-[2-9A-Z]{5}){3}", key["password"])
    (listed,) = ok(town.li.get(KEYS))["items"]
    assert listed == {name: key[name] for name in ("id", "name", "username", "created_at")}
    with reading() as db:
        row = db.scalars(select(FieldKey)).one()
    assert str(row.ha1) == "•••"
    assert key["url"].rpartition("/")[2] not in str(vars(row))


def test_no_key_no_form_and_the_challenge_is_digest(town: Town) -> None:
    for scheme, ways in (("http", ["Digest"]), ("https", ["Digest", "Basic"])):
        with client(town, scheme=scheme) as web:
            for path in ("formList", "submission", "forms/house/1.xml", "forms/house/1.manifest"):
                answer = web.head("/openrosa/submission") if path == "submission" else web.get(f"/openrosa/{path}")
                assert answer.status_code == 401
                assert [way.partition(" ")[0] for way in answer.headers.get_list("WWW-Authenticate")] == ways
                assert answer.headers["X-OpenRosa-Version"] == "1.0"
            assert "field key" in message(web.get("/openrosa/formList"))
            assert 'domain="/openrosa/"' in answer.headers["WWW-Authenticate"]


def test_other_credentials_are_not_taken_here_and_keys_nowhere_else(town: Town) -> None:
    answer = town.li.get("/openrosa/formList")
    assert answer.status_code == 401
    key = made(town)
    with client(town, httpx.DigestAuth(key["username"], key["password"])) as web:
        assert web.get("/openrosa/formList").status_code == 200
        assert web.get("/api/v1/forms").status_code == 401


def test_basic_works_over_https_only(town: Town) -> None:
    key = made(town)
    with client(town, (key["username"], key["password"]), "https") as web:
        assert web.get("/openrosa/formList").status_code == 200
    with client(town, (key["username"], key["password"])) as web:
        assert web.get("/openrosa/formList").status_code == 401
    with client(town, (key["username"], "wrong"), "https") as web:
        assert web.get("/openrosa/formList").status_code == 401


def test_a_wrong_name_and_a_wrong_password_are_told_alike(town: Town) -> None:
    key = made(town)
    said = set()
    for username, password in ((key["username"], "wrong"), ("zw-nobody", key["password"]), ("无名", "x"), ("a\x01", "x")):
        ways: list[tuple[str, httpx.Auth | tuple[str, str]]] = [("https", (username, password))]
        if username.isascii():  # httpx writes no other name in a Digest
            ways.append(("http", httpx.DigestAuth(username, password)))
        for scheme, auth in ways:
            with client(town, auth, scheme) as web:
                answer = web.get("/openrosa/formList")
                assert answer.status_code == 401
                said.add(message(answer))
    assert len(said) == 1
    assert Collect(town, key | {"url": key["url"][:-1]}, token=True).get(key["url"][:-1] + "/formList").status_code == 401


def test_a_nonce_that_is_old_is_renewed_without_asking_anybody(town: Town, time: SetClock) -> None:
    phone = collect(town)
    assert phone.get(f"{phone.server}/formList").status_code == 200
    time.passes(minutes=11)
    answer = phone.get(f"{phone.server}/formList")  # httpx keeps its nonce, is told that it is stale, and answers again
    assert answer.status_code == 200
    assert [one.status_code for one in answer.history] in ([401], [])


LIST = "/openrosa/formList?deviceID=%E7%BD%91"


def digest(key: Json, method: str = "GET", **changed: str) -> dict[str, str]:
    """The header with a response as RFC 2069 and RFC 7616 have it; for the list, without qop, unless told."""
    fresh = re.search(r'nonce="([^"]+)".*opaque="([^"]+)"', field_keys.challenge())
    assert fresh
    parts = {"username": key["username"], "realm": "zhiwang", "nonce": fresh[1], "uri": LIST, "opaque": fresh[2]} | changed
    middle = [parts[name] for name in ("nonce", "nc", "cnonce", "qop") if name in parts]
    said = (md5(f"{key['username']}:zhiwang:{key['password']}"), *middle, md5(f"{method}:{parts['uri']}"))
    parts = {"response": md5(":".join(said))} | parts
    written = "Digest " + ", ".join(f'{name}="{value}"' for name, value in parts.items())
    return {"Authorization": written.encode().decode("latin-1")}


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


DIGESTS: dict[str, tuple[dict[str, str], int]] = {
    "no qop": ({}, 200), "qop": ({"qop": "auth", "nc": "00000001", "cnonce": "abc"}, 200),
    "algorithm": ({"algorithm": "MD5"}, 200), "small algorithm": ({"algorithm": "md5"}, 200),
    "another algorithm": ({"algorithm": "SHA-256"}, 401), "another address": ({"uri": "/openrosa/submission"}, 401),
    "another query": ({"uri": "/openrosa/formList?deviceID=2"}, 401), "another realm": ({"realm": "else"}, 401),
    "another opaque": ({"opaque": "0" * 32}, 401), "a nonce of one's own": ({"nonce": "69a4f080.0.0"}, 401),
    "a nonce that is none": ({"nonce": "xyz"}, 401), "a response that is none": ({"response": "错"}, 401),
    "an address that is none": ({"uri": "http://["}, 401),
    "a whole address": ({"uri": "http://localhost/openrosa/formList?deviceID=%E7%BD%91"}, 200),
}


@pytest.mark.parametrize("what", DIGESTS)
def test_a_digest_is_taken_only_when_all_of_it_is_right(town: Town, what: str) -> None:
    changed, status = DIGESTS[what]
    answer = town.app.test_client().get(LIST, headers=digest(made(town), **changed))
    assert answer.status_code == status, answer.text


def test_what_was_signed_for_another_method_is_not_taken(town: Town) -> None:
    headers = digest(made(town), "HEAD", uri="/openrosa/submission")
    web = town.app.test_client()
    assert web.head("/openrosa/submission", headers=headers).status_code == 204
    assert web.post("/openrosa/submission", headers=headers).status_code == 401


def test_a_nonce_is_stale_after_ten_minutes(town: Town, time: SetClock) -> None:
    key = made(town)
    headers = digest(key)
    time.passes(minutes=11)
    answer = town.app.test_client().get(LIST, headers=headers)
    assert answer.status_code == 401
    assert "stale=true" in answer.headers["WWW-Authenticate"]
    wrong = digest(key, response="0" * 32)
    assert "stale" not in town.app.test_client().get(LIST, headers=wrong).headers["WWW-Authenticate"]


def test_a_revoked_key_ends_at_once(town: Town) -> None:
    key = made(town)
    phones = [Collect(town, key, token=token) for token in (True, False)]
    assert [phone.head().status_code for phone in phones] == [204, 204]
    assert town.li.post(f"{KEYS}/{key['id']}/revoke").status_code == 204
    assert [phone.head().status_code for phone in phones] == [401, 401]
    assert ok(town.li.get(KEYS))["items"] == []
    assert town.li.post(f"{KEYS}/{key['id']}/revoke").status_code == 204


def test_who_has_left_or_works_elsewhere_is_not_let_in(town: Town) -> None:
    phone, other = collect(town), collect(town, "wang")
    with transaction() as db:
        accounts.deactivate(db, town.cast.li.id)
        db.scalars(select(Post).where(Post.holder_id == town.cast.wang.id)).one().holder_id = None
    assert phone.head().status_code == 401
    assert other.head().status_code == 403


def test_an_administrator_makes_and_revokes_keys_of_others(town: Town) -> None:
    li = str(town.cast.li.id)
    key = ok(town.administrator.post(KEYS, {"name": "手机", "user_id": li}), 201)
    assert Collect(town, key).head().status_code == 204
    assert [one["id"] for one in ok(town.administrator.get(KEYS, user_id=li))["items"]] == [key["id"]]
    assert town.administrator.post(f"{KEYS}/{key['id']}/revoke").status_code == 204
    assert Collect(town, key).head().status_code == 401
    for user_id in (str(town.cast.dispatcher.id), str(uuid.uuid4())):
        assert set(problem(town.administrator.post(KEYS, {"name": "手机", "user_id": user_id}), 422)["fields"]) == {"user_id"}


def test_nobody_else_does(town: Town) -> None:
    key, li = made(town), str(town.cast.li.id)
    for caller in (town.wang, town.dispatcher):
        problem(caller.post(KEYS, {"name": "手机", "user_id": li}), 403)
        problem(caller.get(KEYS, user_id=li), 403)
        problem(caller.post(f"{KEYS}/{key['id']}/revoke"), 404)
    problem(town.dispatcher.post(KEYS, {"name": "手机"}), 403)
    problem(town.stranger.get(KEYS), 401)
    problem(town.li.post(f"{KEYS}/{uuid.uuid4()}/revoke"), 404)


def test_keys_do_not_pile_up(town: Town) -> None:
    for _ in range(field_keys.MOST):
        made(town)
    problem(town.li.post(KEYS, {"name": "手机"}), 409)
