"""What in a text is somebody's own: numbers by which a person is found. Names no machine tells from other words: a person
looks."""
import re

_BETWEEN = r"[\s\-_.·—－()（）]{0,3}"
_HAN = "零〇一二三四五六七八九两幺壹贰叁肆伍陆柒捌玖拾"


def _digits(count: str) -> str:
    return rf"(?:\d{_BETWEEN}){count}"


PATTERNS: dict[str, re.Pattern[str]] = {
    "身份证号 an identity number": re.compile(rf"(?<!\d){_digits('{17}')}[\dXxＸｘ](?!\d)"),
    "手机号码 a mobile number": re.compile(
        rf"(?<!\d)(?:{_digits('{2,4}')})?[1１]{_BETWEEN}[3-9３-９]{_BETWEEN}{_digits('{8}')}\d(?!\d)"),
    "电话号码 a telephone number": re.compile(rf"(?<!\d)[0０]\d{{2,3}}{_BETWEEN}{_digits('{6,7}')}\d(?!\d)"),
    "用汉字写的号码 a number in characters": re.compile(rf"[{_HAN}](?:{_BETWEEN}[{_HAN}]){{6,}}"),
    "银行卡号 a bank card": re.compile(rf"(?<!\d){_digits('{15,18}')}\d(?!\d)"),
    "电子邮箱 a mail address": re.compile(r"[\w.+-]+[@＠][\w-]+(?:[.．][\w-]+)+"),
    "微信或QQ号 an account": re.compile(
        r"(?:微信|威信|薇信|vx|v信|wechat|weixin|wxid|qq|扣扣)\s?(?:号码|号|id)?(?:是|为|叫)?[\s:：_=]{0,3}[A-Za-z0-9][A-Za-z0-9_\-]{4,}",
        re.IGNORECASE),
    "门牌室号 a home": re.compile(r"\d+\s?(?:栋|幢|座|单元|号楼)\s?[A-Za-z]?\d*\s?(?:单元)?\s?\d{2,4}\s?(?:室|房|号|户)?"),
    "车牌号 a number plate": re.compile(
        r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·\s]?[A-HJ-NP-Z0-9]{5,6}"),
    "经纬度 an exact position": re.compile(r"\d{1,3}[.．]\d{4,}"),
}
"""What it is, in both languages → how it looks. Digits of any width and with the usual things between them."""

HIDDEN = "＊＊＊"


def found(text: str) -> list[str]:
    """What of these a text holds."""
    return [name for name, pattern in PATTERNS.items() if pattern.search(text)]


def masked(text: str) -> str:
    """The text without them: a draft for whoever takes out the rest."""
    for pattern in PATTERNS.values():
        text = pattern.sub(HIDDEN, text)
    return text
