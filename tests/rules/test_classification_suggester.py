"""Categories by their names where nothing is trained, and by both where something is."""
import dataclasses

import pytest

from casework.classification.names import NameMatcher
from casework.classification.suggester import Suggester
from casework.taxonomy import Catalogue, Category, Kind, Standard, TaxonomyVersion
from casework.taxonomy.models import LimitUnit
from tests.rules.classification_messages import trained

pytestmark = pytest.mark.usefixtures("config")
PAIRS = [
    ("10101", "上水井盖\n公用设施\n井盖缺失、破损"), ("10105", "路灯\n公用设施\n灯不亮、灯杆倾斜"),
    ("3010101", "小区管理\n城市管理\n城乡建设"), ("3010102", "拆迁补偿\n城市管理\n城乡建设"),
    ("3020101", "水污染\n环境污染\n环境保护"), ("3020102", "噪音污染\n环境污染\n环境保护"),
]
LABELS = {"城乡建设": "301", "环境保护": "302"}


def test_names_are_found_in_what_people_write() -> None:
    lamp, cover, noise, nothing = NameMatcher(PAIRS).suggest(["门口的路灯不亮了", "井盖丢了一个", "工地噪音\n半夜施工", "您好"])
    assert (lamp.code, cover.code, noise.code) == ("10105", "10101", "3020102")
    assert noise.alternatives[0].label == "3020102"
    assert all(1 > first.score >= second.score > 0
               for first, second in zip(noise.alternatives, noise.alternatives[1:], strict=False))
    assert lamp.abstained
    assert (nothing.code, nothing.confidence, nothing.alternatives, nothing.abstained) == (None, 0.0, (), True)


def test_a_name_weighs_more_than_a_word_about_it_and_a_subject_more_than_a_detail() -> None:
    matcher = NameMatcher([("1", "路灯\n灯杆"), ("2", "灯杆\n路灯"), ("3", "井盖\n")])
    assert [one.code for one in matcher.suggest(["路灯", "灯杆", "井盖\n路灯", "路灯\n井盖"])] == ["1", "2", "3", "1"]


def test_no_classes_no_suggestions() -> None:
    assert NameMatcher([]).suggest(["路灯"])[0].code is None
    assert NameMatcher(PAIRS).suggest([]) == []
    assert NameMatcher([("1", ""), ("2", "路灯")]).suggest(["路灯"])[0].code == "2"


def test_without_a_model_the_names_suggest_inside_the_branches_asked_for() -> None:
    suggester = Suggester(PAIRS, LABELS)
    text = "小区路灯不亮，井盖丢失"
    assert {one.label[0] for one in suggester.suggest([text], within=("1", "2"))[0].alternatives} == {"1"}
    assert {one.label[0] for one in suggester.suggest([text], within=("3",))[0].alternatives} == {"3"}
    assert suggester.suggest([text])[0].abstained
    assert suggester.suggest([text])[0].model_version == "names"


def test_a_clear_name_narrows_the_branch_that_the_model_says() -> None:
    suggester = Suggester(PAIRS, LABELS)
    narrow, wide = suggester.suggest(["排污水污染环境\n河水臭味", "黑烟和臭味\n粉尘"], classifier=trained())
    assert (narrow.code, narrow.label, narrow.abstained) == ("3020101", "环境保护", False)
    assert narrow.alternatives[0] == ("3020101", narrow.confidence)
    assert narrow.model_version == f"{trained().version}+names"
    assert (wide.code, wide.label) == ("302", "环境保护")
    assert "302" in [one.label for one in narrow.alternatives]


def test_another_branchs_name_does_not_outweigh_the_model() -> None:
    (said,) = Suggester(PAIRS, LABELS).suggest(["老师补课，学校学费\n老师补课，学校招生，小区管理"], classifier=trained())
    assert said.label == "教育文体"  # no category is known for it: names only, and a person decides
    assert said.abstained
    (said,) = Suggester(PAIRS, LABELS).suggest(["排污臭味黑烟粉尘\n臭味污染黑烟，河水，小区管理"], classifier=trained())
    assert said.code is not None
    assert said.code.startswith("302")


def test_when_the_model_abstains_the_nearest_names_stand_beside_its_guess() -> None:
    shy = dataclasses.replace(trained(), threshold=1.01)
    (said,) = Suggester(PAIRS, LABELS).suggest(["排污，臭味，黑烟\n河水，路灯不亮"], classifier=shy)
    assert said.abstained
    assert said.code is not None
    assert said.code.startswith("302")
    assert "10105" in [one.label for one in said.alternatives]


def test_outside_the_branches_asked_for_the_model_is_not_heard() -> None:
    (said,) = Suggester(PAIRS, LABELS).suggest(["排污臭味，路灯不亮"], within=("1",), classifier=trained())
    assert (said.code, said.label, said.abstained) == ("10105", "环境保护", True)
    assert said.model_version == f"{trained().version}+names"


def test_labels_that_are_categories_are_used_directly() -> None:
    coded = dataclasses.replace(trained(), labels=("3010102", "3020102", "10105"))
    said = Suggester(PAIRS).suggest(["学校补课老师", "黑烟臭味"], classifier=coded)
    assert {one.label for one in said} <= set(coded.labels)
    assert [one.code for one in said] == [one.label for one in said]
    assert all(one.alternatives[0].score == one.confidence for one in said)


def test_a_taxonomy_is_taken_as_it_is() -> None:
    version = TaxonomyVersion(number=1, name="t")
    nodes = [("101", Kind.COMPONENT, "公用设施", None, 1), ("10105", Kind.COMPONENT, "路灯", "101", 2),
             ("301", Kind.REQUEST, "城乡建设", None, 1), ("30101", Kind.REQUEST, "小区管理", "301", 2),
             ("302", Kind.REQUEST, "环境保护", None, 1), ("303", Kind.REQUEST, "教育文体", None, 1),
             ("30102", Kind.REQUEST, "供水", "301", 2), ("3010299", Kind.REQUEST, "其他", "30102", 3)]
    categories = [Category(code=code, kind=kind, name=name, parent_code=parent, level=level, groups=[])
                  for code, kind, name, parent, level in nodes]
    standard = Standard(category_code="10105", ordinal=1, condition="灯杆倾斜", closing="扶正", limit_value=1,
                        limit_unit=LimitUnit.WORK_DAY, is_default=True)
    suggester = Suggester.of(Catalogue(version, categories, [standard]))
    assert [one.code for one in suggester.suggest(["灯杆倾斜"], within=("1", "2"))] == ["10105"]
    assert [one.code for one in suggester.suggest(["其他", "供水"])] == [None, "30102"]  # "other" is said by the class above
    said = suggester.suggest(["学校补课\n老师补课，学费", "小区管理\n小区的路灯，物业"], within=("3",), classifier=trained())
    assert [one.code for one in said] == ["303", "30101"]
    assert not any(one.abstained for one in said)


def test_a_suggestion_is_stored_as_plain_values() -> None:
    (said,) = NameMatcher(PAIRS).suggest(["路灯"])
    assert said.stored() == {"code": "10105", "label": None, "confidence": said.confidence, "abstained": True,
                             "alternatives": [["10105", said.confidence]], "model_version": "names"}
