"""Made-up messages: each label has words of its own, and all share the words people complain with."""
import random
from functools import lru_cache

from casework.classification import training
from casework.classification.linear import Classifier
from casework.classification.training import Example

WORDS = {
    "城乡建设": ("路灯", "井盖", "物业", "小区", "拆迁", "房产证", "停车位", "下水道"),
    "环境保护": ("污染", "黑烟", "臭味", "排污", "噪音", "粉尘", "河水", "垃圾焚烧"),
    "教育文体": ("学校", "老师", "补课", "学费", "幼儿园", "招生", "校服", "高考"),
}
SHARED = ("请领导", "尽快处理", "多次反映", "没有人管", "希望解决", "影响生活", "居民", "已经三个月", "谢谢", "什么时候")


def made(number: int, seed: int = 7, muddled: float = 0.0) -> list[Example]:
    """So many messages of each label; each of their words is with this probability one of any label's."""
    chance = random.Random(seed)

    def word(label: str) -> str:
        return chance.choice(WORDS[chance.choice(list(WORDS)) if chance.random() < muddled else label])
    examples = []
    for label in WORDS:
        for _ in range(number):
            detail = "，".join(word(label) if chance.random() < 0.4 else chance.choice(SHARED) for _ in range(8))
            examples.append(Example(f"{word(label)}{chance.choice(SHARED)}\n{detail}", label))
    chance.shuffle(examples)
    return examples


@lru_cache(maxsize=1)
def trained() -> Classifier:
    """A classifier of those three labels; no test may change it."""
    return training.train(made(40))
