"""Words of danger are heard when somebody is in danger, and not when it is denied, feared, long past or only a hazard."""
import csv
from pathlib import Path

import pytest

from casework.classification.urgency import urgent_word
from casework.sla.numbers import URGENT_WORDS
from tests.conftest import absent

MESSAGES = Path(__file__).parents[2].parent / "shared" / "data" / "messages"


@pytest.mark.parametrize(("text", "word"), [
    ("3栋楼道里煤气味很浓，快来人", "煤气味"),
    ("天然气泄漏\n家里报警一直响", "天然气泄漏"),
    ("地铁口自来水主管爆管，水已经漫上人行道", "爆管"),
    ("路边电线掉下来了，小孩在旁边玩", "电线掉"),
    ("灯杆漏电，狗被电死了", "漏电"),
    ("电动车棚起火了", "起火"),
    ("学府路路面塌陷，一辆车掉进去", "塌陷"),
    ("围墙倒塌，压住一个人", "倒塌"),
    ("这堵墙随时会倒塌，请马上来看", "倒塌"),
    ("去年围起来的护栏锈迹斑斑，随时可能倒塌", "倒塌"),
    ("楼上高空坠物，差一点砸中老人", "高空坠物"),
    ("电梯停在8楼，两个老人被困", "被困"),
    ("没有人管！塘朗山脚有人落水", "落水"),
    ("隔壁有人要跳楼", "要跳楼"),
])
def test_danger_is_heard(text: str, word: str) -> None:
    assert urgent_word(text, URGENT_WORDS) == word


@pytest.mark.parametrize("text", [
    "已检查，没有燃气泄漏", "电梯故障，无人被困", "检查发现并未起火", "请加固围墙，防止坍塌", "希望装护栏，避免有人落水",
    "电动车乱停，万一起火怎么办", "如果发生爆炸，后果不堪设想", "楼道堆杂物，存在火灾隐患", "请开展触电急救知识宣传",
    "2008年那次爆炸案至今没有结论", "去年这里发生过塌方，请问赔偿款何时到", "小区电梯经常坠落", "容易引起火灾",
    "咨询火灾保险怎么办理", "看着火车站广场的水迹", "信息爆炸的时代", "因工受伤后已脱离危及生命的状态", "路灯不亮", "",
    "井盖不见了", "冒着有生命危险的代价工作",
])
def test_what_is_denied_feared_past_or_a_hazard_is_not_danger(text: str) -> None:
    assert urgent_word(text, URGENT_WORDS) is None


def test_the_same_word_may_be_denied_once_and_meant_the_next_time() -> None:
    assert urgent_word("昨天没有起火。现在三楼起火了", ("起火",)) == "起火"


def test_who_is_in_danger_says_so_first() -> None:
    assert urgent_word("煤气味很浓" + "请来看看" * 40, URGENT_WORDS) == "煤气味"
    assert urgent_word("请来看看" * 40 + "煤气味很浓", URGENT_WORDS) is None


def test_a_city_names_its_own_words_and_their_order_decides() -> None:
    assert urgent_word("树倒了，压着高压线断了", ("高压线断", "树倒")) == "高压线断"
    assert urgent_word("树倒了", ()) is None


def test_the_words_stand_once_each() -> None:
    assert len(set(URGENT_WORDS)) == len(URGENT_WORDS)


@pytest.mark.parametrize("name", ["labelled.csv", "unlabelled.csv"])
def test_letters_to_a_government_are_rarely_urgent(name: str) -> None:
    """Of 10,159 letters 336 mention such a word somewhere; 30 are heard, and of these 23 tell of a danger, judged by hand."""
    path = MESSAGES / name
    if not path.exists():
        absent(f"no messages at {path}")
    with path.open(encoding="utf-8", newline="") as file:
        texts = [f"{row['subject']}\n{row['detail']}" for row in csv.DictReader(file)]
    heard = sum(bool(urgent_word(text, URGENT_WORDS)) for text in texts)
    assert 0 < heard < len(texts) * 0.005
