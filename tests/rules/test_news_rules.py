"""The table of news is whole, its templates can be filled, and nothing that the public reads says more than is true."""
import re
import string
from dataclasses import replace
from datetime import datetime

import pytest

from casework import clock, settings
from casework.cases import wording
from casework.cases.wording import Language
from casework.cases.workflow import OPEN, STEPS, Status
from casework.community import tracking
from casework.identity.people import Role
from casework.notifications import followers, happenings
from casework.notifications.delivery import quiet_until
from casework.notifications.notices import NOTICES
from casework.notifications.rules import FOR_FOLLOWERS, NECESSARY, NOBODY, RULES, TO_REPORTERS, Audience, Kind
from casework.settings import Settings
from workers import relay

BESIDE_THE_TABLE = {"case.joined", "case.comment", "case.public_comment", "case.citizen_comment", "case.published",
                    "case.held", "case.freed",
                    "warning.raised", "remark.made", "remark.due", "remark.answered",
                    "score.published", "score.appealed", "score.ruled"}

KNOWN = {"title", "case", "department", "holder", "holder_there", "into", "due", "until", "speaker", "comment", "window",
         "reason", "reply", "question", "finding", "news"}
FOLLOWERS_KNOW = set(followers.PUBLIC)
"""No title: those are the reporter's own words."""

PUBLIC = [(name, text) for name, rules in RULES.items() for rule in rules
          if rule.audience in TO_REPORTERS | {Audience.FOLLOWERS}
          for text in (rule.zh, rule.en)]


def test_every_step_of_the_workflow_tells_somebody_or_says_why_nobody() -> None:
    assert not set(RULES) & set(NOBODY)
    assert set(RULES) | set(NOBODY) == {f"case.{action}" for action in STEPS} | BESIDE_THE_TABLE
    assert all(len(reason) > 20 for reason in NOBODY.values())


def test_whatever_is_told_has_its_line_in_the_relay_and_nothing_else_has() -> None:
    assert {name for name, lines in relay.JOBS.items() if relay.TELL in lines} == {*RULES, *NOTICES}
    assert not set(NOBODY) & set(RULES)


def test_templates_name_only_what_is_known_and_both_languages_say_the_same_of_it() -> None:
    for name, rules in RULES.items():
        for rule in rules:
            zh, en = ({part for _, part, _, _ in string.Formatter().parse(text) if part} for text in (rule.zh, rule.en))
            known = FOLLOWERS_KNOW if rule.audience is Audience.FOLLOWERS else KNOWN
            assert zh <= known, name
            assert en <= known, name
            facts = {"reason", "reply", "question", "finding", "due", "until", "comment", "into", "holder", "department"}
            assert zh & facts == en & facts, name


def test_followers_hear_nothing_that_was_written_about_the_case() -> None:
    assert {"case", "kind", "department", "stands"} == FOLLOWERS_KNOW
    assert [name for name, rule in FOR_FOLLOWERS.items() if rule not in RULES[name]] == []
    assert {rule.kind for rule in FOR_FOLLOWERS.values()} == {Kind.FOLLOWED}
    told_too = {name for name in FOR_FOLLOWERS if {one.audience for one in RULES[name]} & TO_REPORTERS}
    assert set(FOR_FOLLOWERS) - told_too == {"case.published"}


def test_no_audience_is_named_that_nothing_is_told_and_results_reach_everybody() -> None:
    assert {rule.audience for rules in RULES.values() for rule in rules} == set(Audience)
    assert {rule.kind for rules in RULES.values() for rule in rules} | set(NOTICES.values()) == set(Kind)
    for ended in ("case.pass", "case.accept", "case.reject", "case.void", "case.self_handle"):
        assert [rule.kind for rule in RULES[ended] if rule.audience is Audience.REPORTERS] == [Kind.RESULT]
    assert {Kind.RESULT, Kind.QUESTION} == NECESSARY


PUT_RIGHT = re.compile(r"已(经)?(解决|修复|修好|恢复正常|整改)|问题(得到|已)"
                       r"|\b(fixed|solved|repaired|resolved)\b|(?<!not )\bput right\b", re.IGNORECASE)


def test_nothing_public_says_that_it_is_put_right() -> None:
    said = [words for table in (wording.STANDS, wording.HAPPENED, wording.DESKS) for both in table.values()
            for words in both.values()]
    said += [text for _, text in PUBLIC] + [*tracking.WAITS.values(), *tracking.OWN.values()]
    said += [word for words in happenings.UNNAMED.values() for word in words.values()]
    assert len(said) > 120
    assert [text for text in said if PUT_RIGHT.search(text)] == []
    assert [text for text in ("问题已解决", "已修复", "it is fixed", "The problem has been resolved.", "is resolved")
            if not PUT_RIGHT.search(text)] == []
    assert wording.STANDS[Status.CLOSED] == {Language.ZH: "已结案", Language.EN: "closed"}


MOVES_ON = {"case.file", "case.joined", "case.dispatch", "case.unmerge", "case.fail", "case.decline", "case.reopen",
            "case.order_rework", "case.allow", "case.resume", "case.unanswered", "case.suspend", "case.ask"}


@pytest.mark.parametrize("name", sorted(MOVES_ON))
def test_while_it_is_open_the_public_hears_who_has_it_and_until_when(name: str) -> None:
    for said in (text for rule in RULES[name] if rule.audience in TO_REPORTERS for text in (rule.zh, rule.en)):
        assert re.search(r"\{(department|holder)\}|派遣中心|dispatch centre", said), said
        assert re.search(r"\{(due|until)\}", said), said


@pytest.mark.parametrize("status", Status)
def test_every_status_has_words_and_every_open_one_a_holder(status: Status) -> None:
    assert all(wording.STANDS[status][language] for language in Language)
    case: object = type("Some", (), {"status": status, "category_code": "10101", "sampled": None, "inspector_id": object()})()
    held = {language: wording.holder(case, "水务局", language) for language in Language}  # type: ignore[arg-type]
    assert (held[Language.ZH] is not None) == (status in OPEN)
    if status in wording.OURS:
        assert set(held.values()) == {"水务局"}


def test_every_step_that_the_public_sees_is_one() -> None:
    assert set(wording.HAPPENED) <= set(STEPS)
    assert not set(wording.HAPPENED) & {"join", "merged_in", "merge", "unjoin", "split"}  # when a neighbour came or went
    assert set(Role) >= set(wording.DESKS)


@pytest.mark.parametrize(("here", "until"), [
    ("2026-03-02 21:59:59", None), ("2026-03-02 22:00", "2026-03-03 07:00"), ("2026-03-02 23:59", "2026-03-03 07:00"),
    ("2026-03-03 00:00", "2026-03-03 07:00"), ("2026-03-03 06:59", "2026-03-03 07:00"), ("2026-03-03 07:00", None),
    ("2028-02-28 22:30", "2028-02-29 07:00"), ("2026-12-31 22:30", "2027-01-01 07:00")])
def test_the_night_is_quiet_until_the_morning(config: Settings, here: str, until: str | None) -> None:
    at = datetime.fromisoformat(here).replace(tzinfo=clock.CITY)
    found = quiet_until(at)
    assert (found.astimezone(clock.CITY).strftime("%Y-%m-%d %H:%M") if found else None) == until


def test_a_city_sets_its_own_quiet_hours_or_none(config: Settings) -> None:
    noon = datetime(2026, 3, 2, 12, 30, tzinfo=clock.CITY)
    hours = settings.load(_environment(ZHIWANG_QUIET_HOURS="12:00-14:00")).quiet_hours
    settings.configure(replace(config, quiet_hours=hours))
    assert quiet_until(noon) == datetime(2026, 3, 2, 14, tzinfo=clock.CITY)
    settings.configure(replace(config, quiet_hours=settings.load(_environment(ZHIWANG_QUIET_HOURS="none")).quiet_hours))
    assert quiet_until(noon) is None


KEY = "c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M"


def _environment(**more: str) -> dict[str, str]:
    return {"DATABASE_URL": "sqlite:////tmp/z.db", "REDIS_URL": "redis://127.0.0.1", "BLOB_URL": "file:///tmp/blobs",
            "ZHIWANG_SIGNING_KEY": KEY, "ZHIWANG_INDEX_KEY": KEY, "ZHIWANG_DATA_KEYS": f"k1:{KEY}"} | more


@pytest.mark.parametrize(("name", "value", "said"), [
    ("ZHIWANG_SMTP_URL", "mail.example.org", "must look like smtps://"),
    ("ZHIWANG_SMTP_URL", "smtps://mail.example.org:465", "must look like smtps://"),
    ("ZHIWANG_SMTP_URL", "smtps://mail.example.org:x?from=a@b.c", "ZHIWANG_SMTP_URL"),
    ("ZHIWANG_QUIET_HOURS", "22-7", 'must look like "22:00-07:00"'), ("ZHIWANG_QUIET_HOURS", "late", 'must look like "22:00'),
    ("ZHIWANG_SMS", "carrier pigeon", "must be one of log, show, http"),
    ("ZHIWANG_SMS_URL", "gateway:80", "must start with one of https"),
])
def test_an_impossible_way_to_send_stops_the_start(name: str, value: str, said: str) -> None:
    with pytest.raises(settings.SettingsError) as told:
        settings.load(_environment(**{name: value}))
    (sentence,) = told.value.sentences
    assert sentence.startswith(name)
    assert said in sentence


def test_a_gateway_needs_its_address_key_and_secret() -> None:
    with pytest.raises(settings.SettingsError) as told:
        settings.load(_environment(ZHIWANG_SMS="http", ZHIWANG_SMS_KEY="k"))
    assert [sentence.split()[0] for sentence in told.value.sentences] == ["ZHIWANG_SMS_URL", "ZHIWANG_SMS_SECRET"]
