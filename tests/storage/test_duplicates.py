"""One problem, one case: what joins by itself, what is proposed, and what the search for it costs."""
import threading
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from casework import clock
from casework.cases import duplicates, lookout, sameness
from casework.cases.case import Case
from casework.cases.duplicates import State
from casework.cases.lookout import ReportKey
from casework.cases.report import Channel, Outcome, Receipt, Report
from casework.cases.sameness import Asked
from casework.errors import Conflict, Invalid, NotFound
from casework.media import Photo, check_in, photo
from casework.storage.database import new_id, reading, transaction
from casework.triage import automatic
from tests.conftest import SetClock
from tests.factories import a_photo, at_grid
from tests.statements import heard
from tests.storage.callers import COPIED, PARKING, SAME_SITE, SITE, calls, outcome, proposals, triaged
from tests.storage.city import City

# ---- joining by itself

def test_calls_about_one_matter_join_one_case_and_say_why(city: City, time: SetClock) -> None:
    (first,) = triaged(city, SITE)
    time.passes(days=3)
    (second,) = triaged(city, SAME_SITE)
    case = city.case(first)
    assert case.report_count == 2
    assert outcome(second)[0] is Outcome.JOINED
    assert "都提到“阳光花园”" in outcome(second)[1]
    assert case.history[-1].facts["why"] == outcome(second)[1]


def test_they_join_inside_one_batch_too(city: City) -> None:
    first, second = calls(city, SITE), calls(city, SAME_SITE)
    city.triages(first, second)
    assert city.case(first).id == city.case(second).id


def test_a_complaint_copied_for_another_estate_and_another_matter_have_cases_of_their_own(city: City) -> None:
    made = triaged(city, SITE, COPIED, PARKING)
    assert len({city.case(one).id for one in made}) == 3


def test_what_joined_leads_others_to_its_case(city: City) -> None:
    first, second = triaged(city, SITE, SAME_SITE)
    (third,) = triaged(city, ("又在打桩", SAME_SITE[1] + "，昨晚又打到两点"))
    assert city.case(third).id == city.case(first).id == city.case(second).id


def test_a_case_that_is_over_takes_nobody_in_and_is_forgotten(city: City) -> None:
    (first,) = triaged(city, SITE)
    city.does(city.cast.triage, "reject", first, reason="不归本市管")
    (second,) = triaged(city, SAME_SITE)
    assert city.case(second).id != city.case(first).id
    with reading() as db:
        shared = select(ReportKey.key).where(ReportKey.report_id == second.id)
        assert set(db.scalars(select(ReportKey.report_id).where(ReportKey.key.in_(shared)))) == {second.id}


def test_two_batches_at_once_open_one_case_for_one_story(city: City) -> None:
    receipts = [calls(city, (title, SITE[1])) for title in (SITE[0], SITE[0] + "扰民")]
    both = threading.Barrier(2)

    def triage(receipt: Receipt) -> None:
        both.wait()
        automatic.triage([receipt.id])
    threads = [threading.Thread(target=triage, args=[one]) for one in receipts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({city.case(one).id for one in receipts}) == 1


@pytest.mark.parametrize("hashes", [("ff00ff00ff00ff00", "ff00ff00ff00ff01"), ("ff00ff00ff00ff00", "00ff00ff00ff00ff")])
def test_a_photo_sent_twice_joins_what_few_words_would_not(city: City, hashes: tuple[str, str]) -> None:
    said = ("学府路有人占道", "路边堆了东西，推车过不去，请来看看"), ("学府路口乱堆", "建材把便道挡住，走不过去")
    receipts = [calls(city, one) for one in said]
    with transaction() as db:
        for receipt, colour, phash in zip(receipts, ("red", "blue"), hashes, strict=True):
            check_in(db, a_photo(colour), channel="hotline", report_id=receipt.id).phash = phash
    for receipt in receipts:
        city.triages(receipt)
    same = hashes[1].startswith("ff")
    assert (city.case(receipts[0]).id == city.case(receipts[1]).id) is same
    assert ("照片几乎相同" in outcome(receipts[1])[1]) is same


def test_a_case_of_a_category_that_the_taxonomy_has_no_more_is_left_to_a_person(city: City) -> None:
    first = city.receives()
    city.triages(first)
    with transaction() as db:
        db.get_one(Case, city.case(first).id).category_code = "99999"
    for category in ("10101", None):
        other = city.receives(claimed_category=category)
        city.triages(other)
        assert city.case(other).id != city.case(first).id
    assert {one.other_id for one in proposals()} >= {city.case(first).id}


# ---- proposals

def test_what_is_between_the_marks_is_proposed_once_with_its_reasons(city: City, time: SetClock) -> None:
    first = city.receives()
    city.triages(first)
    time.passes(hours=25)
    late = city.receives(place=at_grid(0, 10))
    city.triages(late)
    (found,) = proposals()
    assert {found.case_id, found.other_id} == {city.case(first).id, city.case(late).id}
    assert found.state is State.OPEN
    assert found.reasons[:2] == ["相距10米", "相隔25.0小时"]
    with reading() as db:
        (beside,) = duplicates.similar(db, city.case(first))
        assert (beside.case.id, beside.joins, beside.state) == (city.case(late).id, False, State.OPEN)


def test_a_pair_that_was_declined_stays_apart_and_the_history_says_who(city: City, time: SetClock) -> None:
    first = city.receives()
    city.triages(first)
    time.passes(hours=25)
    late = city.receives()
    city.triages(late)
    for _ in range(2):  # to say it again changes nothing
        with transaction() as db:
            duplicates.decline(db, db.get_one(Case, city.case(late).id), city.case(first), city.cast.triage)
    (found,) = proposals()
    assert (found.state, found.decided_by_id) == (State.DECLINED, city.cast.triage.id)
    assert [line.action for line in city.case(late).history].count("not_the_same") == 1
    with transaction() as db:
        (match,) = [one for one in duplicates._look(db, city.case(late)) if one.case_id == city.case(first).id]
        duplicates.propose(db, [(city.case(late).id, match)])
    assert [one.state for one in proposals()] == [State.DECLINED]


def test_nobody_declines_what_nothing_proposed(city: City) -> None:
    one, other = city.receives(), city.receives(place=at_grid(3))
    city.triages(one, other)
    with pytest.raises(NotFound), transaction() as db:
        duplicates.decline(db, city.case(one), city.case(other), city.cast.triage)


def test_merging_accepts_and_unmerging_declines(city: City, time: SetClock) -> None:
    first = city.receives()
    city.triages(first)
    time.passes(hours=25)
    late = city.receives()
    city.triages(late)
    merged = city.case(late).id
    city.does(city.cast.triage, "merge", late, into=city.case(first).number, reason="同一处")
    assert [one.state for one in proposals()] == [State.ACCEPTED]
    with pytest.raises(Conflict), transaction() as db:
        duplicates.decline(db, db.get_one(Case, merged), city.case(first), city.cast.triage)
    with transaction() as db:
        city.act(db, merged, city.cast.triage, "unmerge", reason="不是一处")
    assert [one.state for one in proposals()] == [State.DECLINED]


def test_a_report_that_belongs_to_two_cases_shows_that_they_are_one(city: City) -> None:
    first = city.receives()
    city.triages(first)
    second = city.receives(place=at_grid(0, 90))
    city.triages(second)
    between = city.receives(place=at_grid(0, 45))
    city.triages(between)
    (found,) = proposals()
    assert {found.case_id, found.other_id} == {city.case(first).id, city.case(second).id}


# ---- before reporting

def test_who_is_about_to_report_sees_what_is_known_and_what_he_chooses_joins(city: City) -> None:
    first = city.receives(text="井盖碎了一角")
    city.triages(first)
    with reading() as db:
        (found,) = sameness.ask(db, Asked(text="人行道坑洞", place=at_grid(0, 20), category="10101"))
    assert (found.category, found.area, found.report_count) == ("上水井盖", "小城市东山区河口街道南塘社区", 1)
    assert found.reasons[0] == "就在附近"
    plain, choosing = (city.receives(channel=Channel.CITIZEN, source="web", place=at_grid(0, 20), text="人行道坑洞",
                                     claimed_category=None) for _ in range(2))
    with transaction() as db:
        sameness.claim(db, choosing.id, found.same_as)
    city.triages(plain, choosing)
    assert city.case(plain).id != city.case(first).id
    assert city.case(choosing).id == city.case(first).id
    assert "上报人认为是同一问题" in outcome(choosing)[1]


def test_a_choice_far_away_does_not_join(city: City) -> None:
    first = city.receives()
    city.triages(first)
    far = city.receives(channel=Channel.CITIZEN, source="web", place=at_grid(0, 300))
    with transaction() as db:
        sameness.claim(db, far.id, sameness.token(city.case(first).id))
    city.triages(far)
    assert city.case(far).id != city.case(first).id


def test_a_choice_needs_our_own_token_and_holds_an_hour(city: City, time: SetClock) -> None:
    first = city.receives()
    city.triages(first)
    token = sameness.token(city.case(first).id)
    case, expires, signed = token.split(".")
    for wrong in ("", "x", f"{case}.{int(expires) + 60}.{signed}", f"{'0' * 32}.{expires}.{signed}", token + "x", "é.1.ü"):
        with pytest.raises(Invalid, match="not ours"), transaction() as db:
            sameness.claim(db, first.id, wrong)
    time.passes(minutes=61)
    with transaction() as db:
        assert not sameness.claim(db, first.id, token)
        assert sameness.chosen(db, [first.id]) == {}


# ---- cost

def test_a_batch_is_looked_up_in_a_few_statements(city: City) -> None:
    def statements(*receipts: Receipt) -> int:
        with heard() as seen:
            city.triages(*receipts)
        return len([one for one in seen if "advisory" not in one.sql])
    few = statements(calls(city, SITE), calls(city, PARKING))
    places = ("春晖苑", "望江楼小学", "秋水广场", "东湖公园", "丰收村", "长虹路", "明德中学", "建设大厦", "和平桥头", "育才巷")
    many = statements(*[calls(city, (f"{place}门口积水", f"下雨以后{place}门口积水很深，{number}号楼出不来"))
                        for place in places for number in (1, 2)])
    assert many <= few + 25


def test_a_key_under_which_many_stand_is_given_to_no_more(city: City) -> None:
    made = [calls(city, (f"东湖公园第{number}处问题", f"问题{number}" * 20)) for number in range(lookout.CROWDED + 4)]
    city.triages(*made)
    with reading() as db:
        crowded = select(func.count()).select_from(ReportKey).group_by(ReportKey.key).order_by(func.count().desc()).limit(1)
        assert db.scalar(crowded) <= lookout.CROWDED


def test_what_is_rare_is_learnt_from_the_latest_texts_and_kept_for_a_while(city: City, time: SetClock) -> None:
    with reading() as db:
        empty = lookout.rarity(db)
    calls(city, SITE)
    with reading() as db:
        assert lookout.rarity(db) is empty
    time.passes(seconds=lookout.GROWING / timedelta(seconds=1))
    with reading() as db:
        assert lookout.rarity(db) is not empty
    assert clock.now() == time.moment


def test_keys_of_reports_that_are_too_old_to_be_found_are_dropped(city: City) -> None:
    old, young = triaged(city, SITE, PARKING)
    aged = uuid.UUID(int=int((clock.now() - timedelta(days=181)).timestamp() * 1000) << 80)
    with transaction() as db:
        row = {column.name: getattr(db.get_one(Report, old.id), column.name) for column in Report.__table__.columns}
        db.execute(insert(Report.__table__), [row | {"id": aged, "number": "ZW-OLD", "key": "old"}])
        db.execute(insert(ReportKey), [{"key": number, "report_id": aged} for number in range(5)])
    with transaction() as db:
        assert lookout.forget_old(db, 3) == 3
        assert lookout.forget_old(db, 3) == 2
        assert set(db.scalars(select(ReportKey.report_id))) == {old.id, young.id}


def test_a_case_with_a_crowd_of_photos_hides_those_of_no_other(city: City) -> None:
    crowded, other = city.receives(place=at_grid(0)), city.receives(place=at_grid(1))
    city.triages(crowded, other)
    facts = {"size": 1, "width": 1, "height": 1, "kind": "jpeg", "state": photo.State.READY, "channel": "desk",
             "purpose": "report", "original_key": "k"}
    with transaction() as db:
        of_crowd = [{"id": new_id(), "report_id": crowded.id, "phash": f"{number:016x}", "sha256": f"{number:064x}"}
                    for number in range(600)]
        last = [{"id": new_id(), "report_id": other.id, "phash": "f" * 16, "sha256": "f" * 64}]
        db.execute(insert(Photo), [facts | one for one in (*of_crowd, *last)])
    first, second = city.case(crowded).id, city.case(other).id
    with reading() as db:
        found = lookout.photos_of_cases(db, {first, second})
    assert found[second] == {"f" * 16}
    assert found[first] == {f"{number:016x}" for number in range(600 - lookout.PHOTOS, 600)}


def test_of_many_pairs_those_that_wait_are_shown_first_and_a_decision_about_what_is_found_is_known(
        city: City, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "REMEMBERED", 2)
    first, *others = (city.receives(place=at_grid(grid, east)) for grid, east in ((0, 0), (1, 0), (2, 0), (3, 0), (3, 300)))
    city.triages(first, *others)
    time.passes(hours=25)
    late = city.receives(place=at_grid(0, 10))
    city.triages(late)
    waits, *decided = (city.case(one).id for one in others)
    with transaction() as db:
        case = db.get_one(Case, city.case(first).id)
        duplicates.decline(db, case, city.case(late), city.cast.triage)
        db.add(duplicates.Proposal(case_id=max(case.id, waits), other_id=min(case.id, waits), score=0.7, reasons=[]))
    for one in decided:
        time.passes(minutes=1)
        with transaction() as db:
            duplicates.settle(db, db.get_one(Case, case.id), db.get_one(Case, one), city.cast.triage, State.DECLINED)
    with reading() as db:
        beside = {one.case.id: one.state for one in duplicates.similar(db, db.get_one(Case, case.id))}
    assert beside == {waits: State.OPEN, decided[-1]: State.DECLINED, city.case(late).id: State.DECLINED}
