"""Two reports are weighed by place, time, category, words and photos; what speaks against it leaves it to a person."""
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from casework import settings
from casework.cases.cells import moved
from casework.cases.names import after_all, names_in
from casework.cases.similarity import Evidence, Rarity, keys, same_photo, score
from casework.sla.policies import Numbers
from casework.storage.database import new_id
from casework.taxonomy import Catalogue
from casework.taxonomy.models import Category, TaxonomyVersion
from tests.factories import CATEGORIES, at_grid

MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
JOIN, PROPOSE = Numbers().join_score, Numbers().propose_score
SITE = ("阳光花园旁工地夜间施工", "阳光花园东侧的工地每晚打桩到凌晨三点，噪音很大，老人和孩子都睡不着，请管一管")
SAME_SITE = ("工地半夜打桩太吵", "我住在阳光花园，东侧工地每晚打桩到后半夜，噪音很大，孩子睡不着，已经一个星期了")
COPIED = ("金桂家园旁工地夜间施工", SITE[1].replace("阳光花园", "金桂家园"))
PARKING = ("阳光花园车位太少", "下班以后在阳光花园找不到停车位，只好停到马路对面，走路要十分钟")
RARITY = Rarity()


@pytest.fixture
def kept(config: settings.Settings) -> Catalogue:
    """The categories of the small city: manholes are neighbours of each other, a lamp is of nobody."""
    version = TaxonomyVersion(id=new_id(), number=1, name="小城")
    return Catalogue(version, [
        Category(version_id=version.id, code=code, kind=kind, name=name, parent_code=parent, level=2 if parent else 1,
                 groups=["井盖"] if "井盖" in name else []) for code, kind, name, parent in CATEGORIES], [])


def said(title: str | None = None, text: str = "井盖不见了", rarity: Rarity = RARITY, **facts: object) -> Evidence:
    (words,) = rarity.read([(title, text)])
    return Evidence(**{"at": MONDAY, "words": words} | facts)


def on_the_street(east: float = 0, hours: float = 0, category: str | None = "10101", text: str = "井盖不见了") -> Evidence:
    return said(text=text, place=moved(at_grid(0), east, 0), at=MONDAY + timedelta(hours=hours), category=category)


# ---- with coordinates

@pytest.mark.parametrize("east", [0, 10, 30, 49.5])
@pytest.mark.parametrize("hours", [0, 3, 12, 24])
@pytest.mark.parametrize("category", ["10101", "10102"])
def test_inside_the_window_of_metres_and_hours_the_same_kind_joins_whatever_was_said(
        kept: Catalogue, east: float, hours: float, category: str) -> None:
    found = score(on_the_street(), on_the_street(east, hours, category, "路面有个洞，车差点掉进去"), kept)
    assert found.sure
    assert found.total >= JOIN


@pytest.mark.parametrize("other", [on_the_street(60), on_the_street(0, 25), on_the_street(10, category=None)],
                         ids=["a little further", "a day later", "unclear"])
def test_just_outside_the_window_and_of_no_known_kind_it_is_proposed(kept: Catalogue, other: Evidence) -> None:
    found = score(on_the_street(), other, kept)
    assert not found.sure
    assert found.total >= PROPOSE


@pytest.mark.parametrize("far", [120, 500, 5000])
def test_far_apart_two_reports_are_never_one_problem_whatever_their_words(kept: Catalogue, far: float) -> None:
    one = said(*SITE, place=at_grid(0), category="301")
    found = score(one, said(*SITE, place=moved(at_grid(0), far, 0), category="301"), kept)
    assert not found.sure
    assert found.total < PROPOSE


def test_a_lamp_beside_a_manhole_is_another_problem(kept: Catalogue) -> None:
    assert not score(on_the_street(), on_the_street(1, category="10105"), kept).sure
    assert score(on_the_street(), on_the_street(1, category="10105", text="灯不亮"), kept).total < PROPOSE


def test_nearness_and_the_name_of_the_estate_do_not_make_a_proposal_of_two_kinds_of_things(kept: Catalogue) -> None:
    cover = said(text="阳光花园东门井盖裂开，车开过去响", place=at_grid(0), category="10101")
    litter = said(text="阳光花园东门路边有一堆生活垃圾", place=moved(at_grid(0), 22, 0), category="20101")
    assert score(cover, litter, kept).total < PROPOSE
    again = replace(litter, words=said(text="阳光花园东门井盖裂开，车子开过去响").words)
    assert score(cover, again, kept).total >= PROPOSE
    photo = frozenset({"ff00ff00ff00ff00"})
    assert score(replace(cover, photos=photo), replace(litter, photos=photo), kept).total >= PROPOSE


def test_the_reasons_are_told_in_words(kept: Catalogue) -> None:
    found = score(on_the_street(), on_the_street(30, 2, "10102"), kept)
    assert found.reasons == ("相距30米", "相隔2.0小时", "文字相似100%", "类别相近")


# ---- by words alone

def test_who_speaks_of_one_place_and_one_matter_in_other_words_joins(kept: Catalogue) -> None:
    found = score(said(*SITE), said(*SAME_SITE, at=MONDAY + timedelta(days=3)), kept)
    assert found.sure
    assert found.total >= JOIN
    assert "都提到“阳光花园”" in found.reasons


def test_a_complaint_copied_for_another_estate_does_not_join(kept: Catalogue) -> None:
    found = score(said(*SITE), said(*COPIED), kept)
    assert not found.sure
    assert "标题所说地点不同" in found.reasons


def test_another_matter_at_the_same_estate_does_not_join(kept: Catalogue) -> None:
    assert score(said(*SITE), said(*PARKING), kept).total < JOIN


def test_a_few_words_without_a_place_are_left_to_a_person(kept: Catalogue) -> None:
    found = score(said(text="小区停水"), said(text="小区停水"), kept)
    assert not found.sure
    assert found.total >= PROPOSE


def test_a_long_text_sent_twice_joins_though_it_names_nothing(kept: Catalogue) -> None:
    long = ("我的社保转移申请交上去两个月了，窗口让等电话，电话又说让去窗口，来回跑了四趟，材料补了三次，"
            "工作人员每次说的都不一样，到底还缺什么、什么时候能办好，希望给一个明确的答复，不要再让人白跑")
    assert score(said("社保转移两个月没有办好", long), said("社保转移办不下来", long + "。谢谢"), kept).sure


@pytest.mark.parametrize(("areas", "sure"), [(("440301", "44030100100101"), True), (("440301", "440302"), False)])
def test_areas_that_lie_apart_speak_against_it(kept: Catalogue, areas: tuple[str, str], *, sure: bool) -> None:
    one, other = (said(*SITE, area_code=area) for area in areas)
    assert score(one, other, kept).sure is sure


def test_what_was_said_half_a_year_ago_does_not_join_by_itself(kept: Catalogue) -> None:
    assert not score(said(*SITE), said(*SITE, at=MONDAY - timedelta(days=181)), kept).sure


def test_known_kinds_that_are_no_neighbours_speak_against_it(kept: Catalogue) -> None:
    assert score(said(*SITE, category="301"), said(*SITE, category="301"), kept).sure
    assert not score(said(*SITE, category="301"), said(*SITE, category="20101"), kept).sure


def test_the_same_photo_and_the_reporters_own_word_weigh(kept: Catalogue) -> None:
    one, other = said(*SITE), said(text="太吵了，晚上没法睡")
    plain = score(one, other, kept)
    shown = [replace(one, photos=frozenset({"ff00ff00ff00ff00"})), replace(other, photos=frozenset({"ff00ff00ff00ff01"}))]
    photo = score(*shown, kept)
    chosen = score(one, other, kept, chosen=True)
    assert photo.total > plain.total
    assert "照片几乎相同" in photo.reasons
    assert chosen.total > plain.total
    assert not plain.sure
    assert chosen.sure


@pytest.mark.parametrize(("one", "other", "same"), [
    ("ff00ff00ff00ff00", "ff00ff00ff00ff3f", True), ("ff00ff00ff00ff00", "ff00ff00ff00ff7f", False),
    ("ff00ff00ff00ff00", "ff00", False)])
def test_photos_are_the_same_up_to_six_of_sixty_four_bits(one: str, other: str, *, same: bool) -> None:
    assert same_photo(frozenset({one}), frozenset({other})) is same


def test_it_makes_no_difference_which_of_the_two_came_first(kept: Catalogue) -> None:
    for one, other in ((SITE, SAME_SITE), (SITE, COPIED), (SITE, PARKING)):
        assert score(said(*one), said(*other), kept) == score(said(*other), said(*one), kept)


def test_what_everybody_writes_weighs_little(kept: Catalogue) -> None:
    polite = "尊敬的领导您好，感谢您在百忙之中阅读我的来信，希望尽快处理，谢谢"
    learnt = Rarity([f"{polite}{number}" for number in range(500)])
    pair = [(None, polite + "路灯坏了"), (None, polite + "公交站牌倒了")]
    (one, other), (before, after) = learnt.read(pair), RARITY.read(pair)
    assert one.whole.shared(other.whole)[0] < before.whole.shared(after.whole)[0] / 3


def test_an_empty_text_is_like_nothing(kept: Catalogue) -> None:
    assert not score(said(text="　"), said(*SITE), kept).sure
    assert keys(said(text="").words) == []


# ---- names, and the keys under which a text is found

@pytest.mark.parametrize(("text", "names"), [
    ("我住阳光花园小区三期", {"阳光花园"}), ("阳光花园的业主", {"阳光花园"}), ("学府路与金星大道路口", {"学府路", "金星大道"}),
    ("北坡社区居委会", {"北坡社区"}), ("向市政府反映幼儿园旁的停车场", set()), ("多次去派出所", set()), ("路", set())])
def test_names_are_found_by_what_they_end_with(text: str, names: set[str]) -> None:
    assert names_in(text) == names


def test_a_name_is_shown_as_far_as_both_texts_have_it() -> None:
    assert after_all("学府路", "沿着老学府路走到底", "老学府路口") == "老学府路"
    assert after_all("学府路", "东学府路", "西学府路") == "学府路"


def test_texts_that_begin_with_one_name_or_are_nearly_the_same_share_a_key() -> None:
    texts = SITE, SAME_SITE, PARKING, ("停水通知", "早上七点起没有水")
    one, other, lot, water = (set(keys(said(*text).words)) for text in texts)
    assert one & other
    assert one & lot
    assert not one & water
    assert len(one & set(keys(said(SITE[0], SITE[1] + "！").words))) >= 3
