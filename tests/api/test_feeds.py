"""Feeds of public cases: valid Atom and RSS, stable entries, only what is public, 304 for who has it, pages by a cursor."""
import gzip
import sys
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring
from flask.testing import FlaskClient
from sqlalchemy import select, update

from casework import clock, settings
from casework.cases import publication
from casework.cases.case import Case
from casework.cases.publication import Publication, State, settle
from casework.settings import Settings
from casework.storage import outbox
from casework.storage.database import reading, transaction
from casework.taxonomy.models import Category
from tests.api.test_subscriptions import a_public_case
from tests.api.town import Town, ok
from tests.conftest import SetClock
from tests.storage.following import COMMUNITY, NEIGHBOUR
from workers import upkeep

ATOM, RSS = "/feeds/cases.atom", "/feeds/cases.rss"
A = "{http://www.w3.org/2005/Atom}"


def fetched(web: FlaskClient, path: str = ATOM, **query: str) -> Element:
    answer = web.get(path, query_string=query or None)
    assert answer.status_code == 200, answer.text
    root: Element = fromstring(answer.data)
    return root


def entries(web: FlaskClient, path: str = ATOM, **query: str) -> list[str]:
    """The numbers of the cases in the feed, in its order."""
    feed = fetched(web, path, **query)
    ids = [str(one.findtext(f"{A}id")) for one in feed.findall(f"{A}entry")] or [
        str(one.findtext("guid")) for one in feed.iter("item")]
    return [one.rpartition("/")[2] for one in ids]


@pytest.fixture
def web(town: Town, config: Settings) -> FlaskClient:
    settings.configure(replace(config, public_url="https://city.example"))
    return town.app.test_client()


def held_to_rfc_4287(feed: Element) -> None:
    """What a feed must have (4.1.1), what each entry must (4.1.2), and what the constructs must look like."""
    assert feed.tag == f"{A}feed"
    for name in ("id", "title", "updated"):
        assert len(feed.findall(f"{A}{name}")) == 1, name
    assert len(feed.findall(f"{A}link[@rel='self']")) == 1
    authors = feed.findall(f"{A}author")
    found = feed.findall(f"{A}entry")
    ids = [str(one.findtext(f"{A}id")) for one in found]
    assert len(ids) == len(set(ids))
    for one in (feed, *found):
        assert str(one.findtext(f"{A}id")).startswith("tag:city.example,2026:")
        for name in ("updated", "published"):
            for at in one.findall(f"{A}{name}"):
                assert datetime.fromisoformat(str(at.text)).tzinfo is not None
        for link in one.findall(f"{A}link"):
            assert str(link.get("href")).startswith("https://city.example/")
    for one in found:
        assert authors or one.findall(f"{A}author")
        for name in ("id", "title", "updated"):
            assert len(one.findall(f"{A}{name}")) == 1, name
        assert len(one.findall(f"{A}link[@rel='alternate']")) == 1
        assert len(one.findall(f"{A}summary")) == 1
        assert one.find(f"{A}summary").get("type") in {"text", "html", "xhtml"}  # type: ignore[union-attr]
        assert one.findtext(f"{A}title")
    assert all(str(one.findtext(f"{A}name")) for one in authors)


def test_an_empty_feed_is_a_feed_and_always_the_same(web: FlaskClient) -> None:
    held_to_rfc_4287(fetched(web))
    assert web.get(ATOM).headers["ETag"] == web.get(ATOM).headers["ETag"]
    assert fetched(web, RSS).find("channel/title") is not None


def test_atom_is_valid_and_says_what_everybody_may_know(town: Town, web: FlaskClient, time: SetClock) -> None:
    number = a_public_case(town, text="张三家门口的井盖没了 13812345678")
    feed = fetched(web)
    held_to_rfc_4287(feed)
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "zh-CN"
    (entry,) = feed.findall(f"{A}entry")
    assert entry.findtext(f"{A}id") == f"tag:city.example,2026:cases/{number}"
    assert entry.findtext(f"{A}title") == "污水井盖 · 小城市东山区河口街道南塘社区 · 已派遣，等待责任部门签收"
    assert entry.findtext(f"{A}summary") == "已派遣，等待责任部门签收 · 水务局 · 1人反映"
    assert entry.find(f"{A}link").get("href") == f"https://city.example/snap#/case/{number}"  # type: ignore[union-attr]
    whole = (web.get(ATOM).text + web.get(RSS).text).replace(number, "")  # whose letters and figures are random
    assert not [secret for secret in ("张三", "138", "门口") if secret in whole]
    english = fetched(web, lang="en")
    assert english.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    assert english.findtext(f"{A}title") == "Public cases: the whole city"
    assert "sent to the department" in str(english.findtext(f"{A}entry/{A}title"))


def test_rss_is_valid(town: Town, web: FlaskClient) -> None:
    number = a_public_case(town)
    feed = fetched(web, RSS)
    channel = feed.find("channel")
    assert (feed.tag, feed.get("version")) == ("rss", "2.0")
    assert channel is not None
    assert all(channel.findtext(name) for name in ("title", "link", "description", "language", "lastBuildDate"))
    assert channel.find(f"{A}link[@rel='self']") is not None
    (item,) = channel.findall("item")
    assert item.findtext("guid") == f"tag:city.example,2026:cases/{number}"
    assert item.find("guid").get("isPermaLink") == "false"  # type: ignore[union-attr]
    assert parsedate_to_datetime(str(item.findtext("pubDate"))).tzinfo is not None
    assert item.findtext("title")


def test_what_goes_on_comes_first_again_under_the_same_id(town: Town, web: FlaskClient, time: SetClock) -> None:
    first = a_public_case(town)
    time.passes(minutes=5)
    second = a_public_case(town, 2)
    assert entries(web) == [second, first]
    before = str(fetched(web).findall(f"{A}entry")[1].findtext(f"{A}updated"))
    time.passes(minutes=5)
    town.act(town.water_handler, first, "sign")
    town.jobs()
    assert entries(web) == entries(web, RSS) == [first, second]
    after = fetched(web).findall(f"{A}entry")[0]
    assert str(after.findtext(f"{A}updated")) > before
    assert str(after.findtext(f"{A}published")) < str(after.findtext(f"{A}updated"))


def test_only_what_is_public_and_not_what_was_taken_back(town: Town, web: FlaskClient, time: SetClock) -> None:
    gone, stays = a_public_case(town), a_public_case(town, 2)
    since = web.get(ATOM).headers["Last-Modified"]
    time.passes(minutes=5)
    with transaction() as db:
        case = db.scalars(select(Case).where(Case.number == gone)).one()
        settle(db, case, db.get_one(Publication, case.id), State.WITHHELD, reason="误公开")
    assert entries(web) == entries(web, RSS) == [stays]
    assert entries(web, case=gone) == []
    assert web.get(ATOM, headers={"If-Modified-Since": since}).status_code == 200  # a reader must not keep it
    with transaction() as db:  # the case alone has changed, and no job has run
        db.execute(update(Case).where(Case.number == stays).values(category_code="301"))
    assert entries(web) == []


def look_first(town: Town, wanted: int, version: str) -> None:
    ok(town.administrator.post("/api/v1/admin/policy", {"version": version, "rules": [], "numbers": {
        "101": {"look_first": wanted}}}))
    town.jobs()


def test_a_reader_hears_of_what_left_to_wait_for_a_look(town: Town, web: FlaskClient, time: SetClock) -> None:
    a_public_case(town)
    since = web.get(ATOM).headers["Last-Modified"]
    time.passes(minutes=5)
    look_first(town, 1, "2026.9")
    assert entries(web) == []
    assert web.get(ATOM, headers={"If-Modified-Since": since}).status_code == 200


def test_words_that_are_released_or_taken_back_are_news(town: Town, web: FlaskClient, time: SetClock) -> None:
    first = a_public_case(town)
    time.passes(minutes=5)
    second = a_public_case(town, 2)
    for words in ("路口的井盖缺失。", "井盖缺失。", None):
        before = fetched(web, case=first).findtext(f"{A}entry/{A}updated")
        since = web.get(ATOM).headers["Last-Modified"]
        time.passes(minutes=5)
        ok(town.operator.post(f"/api/v1/moderation/cases/{first}", {"decision": "publish", "words": words}))
        assert web.get(ATOM, headers={"If-Modified-Since": since}).status_code == 200
        assert str(fetched(web, case=first).findtext(f"{A}entry/{A}updated")) > str(before)
        assert entries(web) == [first, second]


def test_a_step_whose_news_was_lost_is_news_later(town: Town, web: FlaskClient, time: SetClock) -> None:
    first = a_public_case(town)
    time.passes(minutes=5)
    second = a_public_case(town, 2)
    time.passes(minutes=5)
    town.act(town.water_handler, first, "sign")
    with transaction() as db:  # handed over, and lost with Redis
        outbox.mark_relayed(db, outbox.claim(db, 1000))
    assert entries(web) == [second, first]
    time.passes(minutes=5)
    upkeep.announce_unpublished_cases()
    assert entries(web) == [first, second]
    with reading() as db:
        assert publication.unstirred(db, clock.now() - upkeep.LAST_DAY, clock.now(), 10) == []


def test_by_area_category_box_and_case(town: Town, web: FlaskClient) -> None:
    south, north = a_public_case(town), a_public_case(town, 2)
    for query, wanted in (({"area": COMMUNITY}, [south]), ({"area": NEIGHBOUR}, [north]), ({"area": "440301"}, [north, south]),
                          ({"category": "101"}, [north, south]), ({"category": "201"}, []), ({"case": south}, [south]),
                          ({"area": COMMUNITY, "category": "10102"}, [south]), ({"area": COMMUNITY, "case": north}, []),
                          ({"bbox": "114.0,22.6,114.05,22.61"}, [south]), ({"bbox": "0,0,0.1,0.1"}, []),
                          ({"bbox": "113.98,22.59,114.06,22.68"}, [north, south])):
        assert (entries(web, **query), entries(web, RSS, **query)) == (wanted, wanted), query
    title = fetched(web, area=COMMUNITY, category="101").findtext(f"{A}title")
    assert title == "公开案件：小城市东山区河口街道南塘社区 · 公用设施"
    for wrong in ({"bbox": "1,2,3"}, {"bbox": "nan,0,1,1"}, {"bbox": "-180,-90,180,90"}, {"bbox": "1,1,0,0"}, {"lang": "fr"},
                  {"limit": "0"}, {"cursor": "x"}, {"case": "'"}, {"colour": "red"}):
        assert web.get(ATOM, query_string=wrong).status_code == 422, wrong


def test_a_reader_that_has_it_already_gets_nothing_and_one_that_has_not_gets_it_packed(
        town: Town, web: FlaskClient, time: SetClock) -> None:
    for grid in range(4):
        number = a_public_case(town, grid)
    answer = web.get(ATOM)
    tag, at = answer.headers["ETag"], answer.headers["Last-Modified"]
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    for condition in ({"If-None-Match": tag}, {"If-Modified-Since": at}, {"If-None-Match": tag, "If-Modified-Since": at}):
        same = web.get(ATOM, headers=condition)
        assert (same.status_code, same.data) == (304, b""), condition
    packed = web.get(ATOM, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == answer.data
    assert web.get(ATOM, headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}).status_code == 304
    time.passes(minutes=5)
    town.act(town.water_handler, number, "sign")
    town.jobs()
    for condition in ({"If-None-Match": tag}, {"If-Modified-Since": at}):
        assert web.get(ATOM, headers=condition).status_code == 200


@pytest.mark.parametrize("path", [ATOM, RSS])
def test_pages_go_on_by_the_address_that_the_feed_names(town: Town, web: FlaskClient, time: SetClock, path: str) -> None:
    made = []
    for grid in range(3):
        made.append(a_public_case(town, grid))
        time.passes(minutes=1)
    seen, address = list[str](), f"{path}?limit=1&area=440301"
    while address:
        feed = fetched(web, address)
        seen += entries(web, address)
        link = feed.find(f".//{A}link[@rel='next']")
        address = str(link.get("href")).removeprefix("https://city.example") if link is not None else ""
    assert seen == made[::-1]


HOSTILE = "<script>alert(1)</script> ]]> & \"'\x00\x0b\x1f\ufffe\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")


def test_hostile_words_are_words(town: Town, web: FlaskClient) -> None:
    number = a_public_case(town)
    words = HOSTILE.replace("\x00", "")  # which no database of ours keeps
    with transaction() as db:
        db.execute(update(Publication).values(words=words))
    clean = words.replace("\x0b", "\ufffd").replace("\x1f", "\ufffd").replace("\ufffe", "\ufffd")
    assert str(fetched(web).findtext(f"{A}entry/{A}summary")).endswith(clean)
    described = str(fetched(web, RSS).findtext("channel/item/description"))
    assert "<script>" not in described  # RSS readers take it for HTML: escaped once more
    assert "&lt;script&gt;" in described
    assert entries(web) == [number]


def test_a_hostile_name_of_a_category_breaks_nothing(town: Town, web: FlaskClient) -> None:
    a_public_case(town)
    name = "井盖<b>\x0c&]]>"
    with transaction() as db:
        db.execute(update(Category).where(Category.code == "10102").values(name=name))
    sys.modules["casework.taxonomy.catalogue"]._kept.clear()  # type: ignore[attr-defined]  # as in a process that starts anew
    for path in (ATOM, RSS):
        feed = fetched(web, path, category="10102")
        assert "".join(feed.itertext()).count(name.replace("\x0c", "\ufffd")) >= 2


def test_addresses_that_were_asked_for_come_back_escaped(web: FlaskClient) -> None:
    for path in (ATOM, RSS):
        text = web.get(path, query_string={"area": "\"><x>\x01"}).text
        assert "<x>" not in text
        fromstring(text.encode())

