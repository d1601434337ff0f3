"""Numbers by which somebody is found are seen in whatever way they are written; what is no such number is left alone."""
import pytest

from casework.cases import personal

SOMEBODYS = {
    "手机号码": (
        "13812345678", "电话138-1234-5678。", "１３８１２３４５６７８", "138 1234 5678", "+8613812345678",
        "0086 138 1234 5678"),
    "用汉字": ("一三八一二三四五六七八", "幺三八一二三四五六七八"),
    "身份证": ("440301199001011234", "440301 19900101 123X"),
    "电话": ("0755-12345678", "(0755)1234567"),
    "微信": ("微信号：tiedan_88", "加VX:abc12345", "QQ 123456789", "wechat id tiedan"),
    "门牌": ("南塘新村3栋1502室", "12号楼2单元301"),
    "车牌": ("粤B12345", "京A·12345"),
    "邮箱": ("t.dan+1@example.org",),
    "银行卡": ("6222 0212 3456 7890 123",),
    "经纬度": ("114.057912,22.543123",)}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in SOMEBODYS.items() for text in texts])
def test_it_is_found_and_hidden(kind: str, text: str) -> None:
    assert any(kind in one for one in personal.found(text))
    assert personal.HIDDEN in personal.masked(f"井盖坏了，{text}，请处理")
    assert personal.found(personal.masked(text)) == []


@pytest.mark.parametrize("text", [
    "路灯坏了3天，2026年3月2日晚上开始", "井盖破损，长约1.5米，宽0.8米", "请拨打12345热线", "三个一百二十", "3号楼前面垃圾成堆",
    "2026-03-02 10:00 至 2026-03-03 11:00", "第二十三条第四款", "案件AJ260302-7K3F9-Q2MXA", ""])
def test_what_is_nobodys_is_left_alone(text: str) -> None:
    assert personal.found(text) == []
    assert personal.masked(text) == text
