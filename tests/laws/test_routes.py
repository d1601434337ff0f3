"""Law 5: every route declares its permission and stands in the OpenAPI document; what is unknown is refused."""
import re

import pytest
from flask import Flask

from api import app as application
from api.auth import Access, undeclared
from casework.identity.permissions import PERMISSIONS
from casework.settings import Settings


@pytest.fixture
def app(config: Settings) -> Flask:
    return application.create_app(config, testing=True)


def test_every_route_declares_who_may(app: Flask) -> None:
    rules = list(app.url_map.iter_rules())
    assert len(rules) > 5
    for rule in rules:
        access = app.view_functions[rule.endpoint].access  # type: ignore[attr-defined]
        assert isinstance(access, Access), rule
        assert access.permission in PERMISSIONS or (access.permission is None and len(access.why) > 10), rule


def test_everything_under_api_stands_in_the_document(app: Flask) -> None:
    paths = app.extensions["zhiwang-document"].spec.to_dict()["paths"]
    written = {(path, method.upper()) for path, item in paths.items() for method in item if method != "parameters"}
    served = {(_documented(rule.rule), method) for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")
              for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    assert served
    assert served <= written


def test_whatever_asks_for_a_permission_says_so_in_the_document(app: Flask) -> None:
    paths = app.extensions["zhiwang-document"].spec.to_dict()["paths"]
    for rule in app.url_map.iter_rules():
        access = app.view_functions[rule.endpoint].access  # type: ignore[attr-defined]
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if access.permission and (operation := paths.get(_documented(rule.rule), {}).get(method.lower())):
                assert operation["x-permission"] == access.permission, rule
                assert operation["security"], rule
                assert {"401", "403"} <= set(operation["responses"]), rule


def test_nothing_that_changes_anything_is_open_without_a_reason_to_log_in(app: Flask) -> None:
    """Open to everybody without a look at credentials: pages and figures, and of the rest only what makes a credential."""
    for rule in app.url_map.iter_rules():
        access = app.view_functions[rule.endpoint].access  # type: ignore[attr-defined]
        if not access.identifies and (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}:
            assert "/sessions" in rule.rule or "log-in" in rule.rule, rule


def test_an_undeclared_route_stops_the_start(config: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    group = application.board.Blueprint("open", __name__)
    group.add_url_rule("/open", view_func=open_to_all, methods=["GET"])
    monkeypatch.setattr(application, "BLUEPRINTS", [*application.BLUEPRINTS, group])
    with pytest.raises(RuntimeError, match=r"open\.open_to_all"):
        application.create_app(config, testing=True)


def test_an_undeclared_route_that_slips_in_later_is_refused(app: Flask) -> None:
    app.add_url_rule("/late", view_func=open_to_all)
    assert undeclared(app) == ["open_to_all"]
    assert app.test_client().get("/late").status_code == 403


def open_to_all() -> str:
    """Nobody said who may see this."""
    return "everything"


def _documented(rule: str) -> str:
    """Flask writes /a/<int:b>, OpenAPI /a/{b}."""
    return re.sub(r"<(?:[^<>]+:)?(\w+)>", r"{\1}", rule)
