"""Whatever is sent to whichever operation, it is answered in kind: taken, or refused with the reason, never a fault of ours.

Set FUZZ_EXAMPLES to look longer than CI does; then each run looks elsewhere.
"""
import copy
import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import quote

import marshmallow as ma
import orjson
from defusedxml.ElementTree import fromstring
from flask import Flask
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from api.blueprint import Operation
from api.fields import Moment, Place
from casework.cases.workflow import STEPS
from casework.identity.people import Role
from casework.identity.permissions import PERMISSIONS
from tests.api.town import Caller, Json, Town, citizen_report, jpeg, ok, pda_report, point, ticket
from tests.factories import a_photo

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "150"))
WORKERS = {Role.ADMINISTRATOR: "administrator", Role.DATA_STEWARD: "steward", Role.SUPERVISOR: "supervisor",
           Role.GRID_WORKER: "li", Role.OPERATOR: "operator", Role.DEPARTMENT_HEAD: "water_head",
           Role.ADJUDICATOR: "adjudicator", Role.DISPATCHER: "dispatcher", Role.TRIAGE_OPERATOR: "triage",
           Role.LEADER: "leader", Role.CITIZEN: "citizen"}
"""Who calls what a role may, the most powerful first."""


@dataclass(repr=False)
class Target:
    """One operation as it is served."""

    rule: str
    operation: Operation

    def __repr__(self) -> str:
        return f"{self.operation.method} {self.rule}"

    def caller(self, town: Town, citizen: Caller) -> list[Caller]:
        permission = self.operation.access.permission
        if permission is None:
            return [town.triage, town.dispatcher, town.water_head, town.li, town.supervisor]
        name = next(name for role, name in WORKERS.items() if role in PERMISSIONS[permission].roles)
        return [citizen if name == "citizen" else getattr(town, name)]


def targets(app: Flask) -> list[Target]:
    served = [Target(rule.rule, view.operation) for rule in app.url_map.iter_rules()  # type: ignore[attr-defined]
              if hasattr(view := app.view_functions[rule.endpoint], "operation")]
    return sorted(served, key=lambda one: (one.rule, one.operation.method))


def known(town: Town) -> tuple[list[str], Caller]:
    """Numbers, ids and codes that exist, so that what is wrong is found deep inside as well; and a citizen with a token."""
    ok(town.li.post("/api/v1/pda/reports", pda_report(), files={"photos": [jpeg()]}))
    ok(town.operator.post("/api/v1/hotline/tickets", ticket()))
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report()))
    town.jobs()
    rows = town.listed(town.supervisor)
    rules = ok(town.administrator.get("/api/v1/rules"))["items"]
    return [*[row["number"] for row in rows], *[row["id"] for row in rows], receipt["number"], receipt["token"],
            *[str(one.id) for one in town.departments.values()], str(town.cast.zhao.id), rules[0]["id"], town.photo(town.li),
            "10101", "301", "4403", "44030100100101", "sign", "urge", "correct", "verify", "merge", "file", "categories.csv",
            "1600", "2027", "water", "true", "normal"], town.citizen(receipt)


SCALARS = (st.none() | st.booleans() | st.integers(-10, 10) | st.sampled_from([2**31, 2**53, -2**63, 2**64 - 1])
           | st.floats(allow_nan=False, allow_infinity=False)
           | st.sampled_from(["", " ", "\0", "a\0b", "长" * 5000, "%00", "'; --", "../..", "\u202e", "\U0010ffff", "NaN",
                              "1e999", "2026-03-02T10:00:00+08:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00",
                              "-1", "٣"])
           | st.text(st.characters(codec="utf-8"), max_size=12))
JUNK = st.recursive(SCALARS, max_leaves=5, extend=lambda inner: (
    st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)))
FILES = st.sampled_from([b"", b"\0" * 9, b"a,b\n1,2\n", b"\xff\xd8\xff\xe0", b"PK\3\4", b"\x89PNG\r\n\x1a\n", a_photo(),
                         a_photo()[:300], "编码,类型,名称\n1,,\n".encode(), "\ufeff名称,类别编码\nx,y\n".encode()]
                        ) | st.binary(max_size=60)


def places(body: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = body.items() if isinstance(body, Mapping) else enumerate(body) if isinstance(body, list) else ()
    return [path, *[deeper for name, value in inner for deeper in places(value, (*path, name))]]


def spoil(draw: Any, body: Any, values: st.SearchStrategy[Any]) -> Any:
    """The same body with one place replaced, left out, or given something more."""
    path = draw(st.sampled_from(places(body)))
    if not path:
        return draw(values) if draw(st.integers(0, 3)) == 0 else body
    here = body
    for step in path[:-1]:
        here = here[step]
    change = draw(st.sampled_from(["replace", "replace", "leave out", "add"]))
    if change == "replace":
        here[path[-1]] = draw(values)
    elif change == "leave out":
        del here[path[-1]]
    elif isinstance(here, dict):
        here[draw(st.text(max_size=8))] = draw(values)
    return body


def uuids(pool: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([*[one for one in pool if len(one) == 36], "018f3c1e-7b5a-7c2d-9e4f-0123456789ab"])


def address(draw: Any, rule: str, pool: list[str]) -> str:
    right = {"<number>": [one for one in pool if one[:2] in {"AJ", "ZW"}], "<action>": sorted(STEPS)}

    def filled(matched: re.Match[str]) -> str:
        part = matched[0]
        if part.startswith("<uuid:"):
            return str(draw(uuids(pool)))
        if part.startswith("<int:"):
            return str(draw(st.integers(0, 3000) | st.integers(0, 10**30)))
        if part in right and draw(st.integers(0, 5)):
            return str(draw(st.sampled_from(right[part])))
        return quote(draw(st.sampled_from(pool) | st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)), safe="")
    return re.sub("<[^>]+>", filled, rule)


def likely(field: Any, pool: list[str]) -> st.SearchStrategy[Any]:
    """What this field takes, so that a request gets as far as the domain."""
    if isinstance(field, ma.fields.List):
        return st.lists(likely(field.inner, pool), max_size=2)
    of_kind: dict[type, st.SearchStrategy[Any]] = {
        ma.fields.UUID: uuids(pool), ma.fields.Boolean: st.booleans(), ma.fields.Integer: st.integers(1, 5),
        Place: st.builds(point, st.integers(0, 3), st.integers(-900, 900)), ma.fields.String: st.sampled_from(pool),
        Moment: st.sampled_from(["2026-03-09T10:00:00+08:00", "2020-01-01T00:00:00Z"])}
    return next((one for kind, one in of_kind.items() if isinstance(field, kind)), JUNK)


def question(draw: Any, target: Target, pool: list[str]) -> Json:
    if target.operation.query is None:
        return {}
    names = [field.data_key or name for name, field in target.operation.query.fields.items()]
    values = st.sampled_from(pool) | SCALARS.map(str)
    return dict(draw(st.dictionaries(st.sampled_from(names) | st.text(min_size=1, max_size=4), values, max_size=len(names))))


def send(draw: Any, target: Target, caller: Caller, pool: list[str]) -> TestResponse:
    operation, path = target.operation, address(draw, target.rule, pool)
    query = question(draw, target, pool)
    if operation.method == "GET":
        return caller.get(path, **{name: value for name, value in query.items() if name not in {"path", "self"}})
    body: Any = copy.deepcopy(dict(operation.example or {}))
    for name, field in (operation.body.fields if operation.body else {}).items():
        if draw(st.integers(0, 2)) == 0:
            body[field.data_key or name] = draw(likely(field, pool))
    if isinstance(body.get("key"), str):
        body["key"] = str(uuid.uuid4())
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        body = spoil(draw, body, st.sampled_from(pool) | JUNK) if isinstance(body, (dict, list)) else body
    client = caller.app.test_client()
    if operation.uploads and draw(st.booleans()) and isinstance(body, dict):
        form: Json = {name.replace("\0", ""): value if isinstance(value, str) else orjson.dumps(value).decode()
                      for name, value in body.items() if name.isprintable() and name}
        names = draw(st.sampled_from([["a.jpg"], ["a.xlsx"], ["rules.csv"], ["categories.csv", "standards.csv"], []]))
        form[operation.uploads.field] = [(BytesIO(draw(FILES)), name) for name in names]
        return client.post(path, data=form, query_string=query, headers=caller.headers, content_type="multipart/form-data")
    return client.post(path, data=orjson.dumps(body), query_string=query, headers=caller.headers,
                       content_type="application/json")


@settings(max_examples=EXAMPLES, derandomize="FUZZ_EXAMPLES" not in os.environ, database=None, deadline=None, print_blob=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large,
                                 HealthCheck.large_base_example])
@given(data=st.data())
def test_nothing_that_is_sent_is_a_fault_of_ours(town: Town, data: Any) -> None:
    if not hasattr(town, "pool_"):
        town.__dict__["pool_"] = (targets(town.app), *known(town))
    every, pool, citizen = town.__dict__["pool_"]
    steps = [one for one in every if one.rule.endswith("<action>")]
    target = data.draw(st.sampled_from(every + steps * 5))  # one operation, but thirty actions
    answer = send(data.draw, target, data.draw(st.sampled_from(target.caller(town, citizen))), pool)
    where = repr(target)
    event(f"{answer.status_code}")  # seen with --hypothesis-show-statistics
    assert answer.status_code < 500 or (answer.status_code == 503 and answer.headers["Retry-After"]), (where, answer.text)
    if answer.status_code >= 400 and answer.mimetype == "text/xml":  # ODK Collect shows people what stands there
        said = fromstring(answer.data)
        assert said.findtext("{*}message") or said.findtext("error/description"), where
    elif answer.status_code >= 400 and target.rule.startswith("/open311"):
        assert all(one["description"] for one in orjson.loads(answer.data)), where
    elif answer.status_code >= 400:
        document = orjson.loads(answer.data)
        assert document["detail"], where
        assert answer.status_code != 422 or all(one["reason"] for one in document.get("errors", ())), (where, document)


def test_every_operation_is_among_the_targets(town: Town) -> None:
    served = {one.rule for one in targets(town.app)}
    assert {"/api/v1/pda/reports", "/api/v1/hotline/tickets", "/api/v1/citizen/reports",
            "/api/v1/cases/<number>/<action>"} <= served
    assert len(served) > 45
