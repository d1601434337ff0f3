"""Words that break software: more than three hundred, made by kind, so that one can say which kind was lost.

None begins or ends with a blank, which every door trims; none has a NUL or half a surrogate pair, which are refused everywhere.
"""
import unicodedata

SENTENCE = "学府路{}12号"
"""What is awkward stands in the middle of words, where a door that trims or cuts would show it."""

INVISIBLE = ("\u00ad\u034f\u061c\u115f\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c"
             "\u202d\u202e\u2060\u2061\u2066\u2067\u2068\u2069\u206a\ufeff\ufff9\U000e0041")
BLANKS = "\u00a0\u1680\u2000\u2003\u2007\u2009\u200a\u202f\u205f\u2800\u3000\t\n"
BREAKS = "\u0085\u2028\u2029"
NOT_CHARACTERS = "\ufdd0\ufffd\U0001ffff\U000fffff\U0010fffd\ue000\uf8ff"
CONTROLS = "\x01\x07\x08\x0b\x0c\x1b\x1f\x7f\x80\x9f"

SCRIPTS = """
ئۇيغۇرچە بازار يولى | བོད་ཡིག་གི་ལམ། | ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ | ꆈꌠꁱꂷ | ᥖᥭᥰᥘᥫᥴ | Vahcuengh Ƨ ƽ Ƅ | 조선말 거리
ᄒᆞᆫᄀᆞᆯ | ﾊﾝｶｸ ｶﾀｶﾅ | ひらがな々〆ヶ | عَرَبِيٌّ من اليمين | עִבְרִית | ภาษาไทยกำ
हिन्दी क्षत्रिय | தமிழ் க்ஷ | ქართული | Ἑλληνική ᾳ | Ꭶ Ꮳ | ⰀⰁⰂ | 𐎀𐎁𐎂 | 𓀀𓂀𓃰 | Tiếng Việt ệ ữ
İstanbul ı ğ ß ẞ ŉ | ǅ ﬁ ﬀ ſ | Ǆǅǆ | Åse Ångström | naïve café | 注音ㄅㄆㄇ˙ˊˇˋ | 〇一二㈠㊙㋿㍿ | ①⑳㉑㊿ⅠⅫ
粵語嘅咗喺 | 臺灣正體 | 﨑﨟 﨨 | 𠮷野家 | 𠀀𪛖𫝀𫠝𬺡𮯠𰀀𱍊 | 葛󠄀葛󠄁 | 龘靐齉爩 | 㐀䶵 | ⺀⻳⼀⿕ | ⿰氵每⿱艹田 | 々仝〱〲
"""
EMOJI = """
👨‍👩‍👧‍👦 | 👩🏽‍🚒 | 🏳️‍🌈 | 🇨🇳 | 🏴󠁧󠁢󠁷󠁬󠁳󠁿 | 1️⃣ | ☎️☎︎ | ❤️‍🔥 | 🤷🏻‍♀️ | 🫠🪿 | 🀄️🎴
㊗️ | ⌚︎ | 🚧🚰🕳️ | 🧑‍🤝‍🧑 | ♻️ | 🅰️ | 👁️‍🗨️ | 🐕‍🦺 | 🇨 🇳
"""
COMMANDS = r"""
'; DROP TABLE reports; -- | ' OR '1'='1 | 1; SELECT pg_sleep(9) | "); EXEC xp_cmdshell('dir') --
\' UNION SELECT NULL-- | %' ESCAPE '! | $$quoted$$ | E'\x41' | :name :1 %s %(x)s ? ?1 @v
<script>alert(1)</script> | <img src=x onerror=alert(1)> | "><svg/onload=alert(1)> | javascript:alert(1)
<!-- - --> | <![CDATA[x]]> | ]]> | a]]>b<![CDATA[ | &amp; &lt; &#38; &#x26; &nbsp; &unknown;
&#0; &#xD800; &#65536; | <?xml version="1.0"?> | <!DOCTYPE a [<!ENTITY b "c">]>
<a href='//x'>y</a> | <style>*{display:none}</style> | <iframe srcdoc="x"> | <plaintext>
</textarea></title></script> | <b onmouseover=1 | {{7*7}} | {% raw %} | ${7*7} | #{7*7} | <%= 7*7 %>
{0.__class__} | {} {0} {x!r} | %n%n%s%x | %00 %0a %2e%2e%2f | \u0041 \x41 \101 \n \t \0 | \\ \\\\ \" | `id`
$(id) ; id | && id || id | > /dev/null 2>&1
../../etc/passwd | ..\..\windows | C:\CON | file:///etc/passwd | \\server\share | ~root | CON | LPT1
.htaccess | *)(uid=*))(|(uid=* | ' or count(/*)=1 or 'a'='b | http://a@b:c/?d=e&f=g#h | //evil.example
data:text/html,x | mailto:a@b | tel:110 | + 1 | a+b=c%20d&e=f;g | a=1&a=2 | ?x[]=1 | x\r\nSet-Cookie: a=b
Content-Length: 0
=1+1 | =HYPERLINK("x") | @SUM(1) | -2+3 | +86 138 | =cmd.exe /C calc!A0 | "a","b" | a,b;c	d | a""b | ,,, | ;;;
'quoted | ''' | _x0041_ _x000D_ | #REF! | #N/A | {"a":1} | [1,2] | null | None | NULL | nil | undefined | NaN
Infinity | -0 | 0 | 00 | 007 | 1e309 | 0x1F | 1_000 | ١٢٣ | １２３ | Ⅳ | ½ | true | false | True | yes | no
on | off | 是 | 否 | 无 | 空
2026-02-29 | 0000-00-00 | 2026-03-02T10:00:00+08:00 | 23:59:60 | 12/13/14 | 9999999999999999999999 | 0.1+0.2
1,000.5 | 1.000,5 | ¥100 | 100% | 50 % | 10^6 | 2² | H₂O | ±5℃ | № 5 | © ® ™ | § 12 | † ‡ | … ‥
— – ‒ － ｰ ー 一 ― | “ ” ‘ ’ „ « » 「」『』【】〖〗〔〕 | ｛｝（）＜＞ | 、。，；：？！ | · • ‧ ・ ･
～ ~ 〜 ∼ | ￥ ＄ ％ ＆ ＃ ＠ | ＜script＞ | ﹤﹥ | ′ ″ ‵ | ∞ ≠ ≤ √ ∑ ∫ | → ⇒ ↔ | █ ░ ▓ | ♠ ♥ | ☃ ☂
𝕏 𝓗𝓮𝓵𝓵𝓸 𝟙𝟚𝟛 | ⒜ ⓐ 🄰 | uʍop ǝpᴉsdn | ʰᵉˡˡᵒ | Ａｂｃ | раураl | ꓮꓐ | ﷽ | ﷺ | ㌔ ㎡ ㏄ ℡ | ０２３
电话:一三八〇〇〇
select * from 案件 where 1=1 | rm -rf / | sudo !! | :(){ :|:& };: | git@host:repo.git | <<<EOF | # 标题
**粗** _斜_ | [链接](javascript:1) | ![](x) | > 引用 | --- | 1. | - [ ] | \begin{x} | $x_1$ | <t:123>
@everyone | #话题# | @张三 | //comment | /* x */ | rem x | --x | Scunthorpe | 习惯 | test | admin | root
anonymous | system
"""
QUOTES = 'say """ three'
ZALGO = "路̸̢̛灯̷̧̛͇͎坏̶̛̞̙了̴̡̛̗̀"
LONG = {"long chinese": "井盖" * 2000, "long emoji": "🚧" * 4000, "one long word": "a" * 4000,
        "combining": "e" + "\u0301" * 3000, "many lines": "行\n" * 1999 + "末", "tabs": "表\t" * 1999 + "末"}


def _one_by_one(kind: str, characters: str) -> dict[str, str]:
    return {f"{kind} U+{ord(one):04X}": SENTENCE.format(one) for one in characters}


def _listed(kind: str, lines: str) -> dict[str, str]:
    found = [one.strip() for line in lines.split("\n") for one in line.split(" | ")]
    return {f"{kind} {number}": one for number, one in enumerate(filter(None, found), 1)}


def texts() -> dict[str, str]:
    """Name → words, for doors that carry any character."""
    return plain_texts() | _one_by_one("control", CONTROLS) | {
        "CR": "一\r二", "CR LF": "一\r\n二", "U+FFFE": SENTENCE.format("\ufffe"), "U+FFFF": SENTENCE.format("\uffff")}


def plain_texts() -> dict[str, str]:
    """Those that XML can carry, and does not change: it has no control characters, and makes CR to LF."""
    made = (_one_by_one("invisible", INVISIBLE) | _one_by_one("blank", BLANKS) | _one_by_one("break", BREAKS)
| _one_by_one("no character", NOT_CHARACTERS) | _listed("script", SCRIPTS) | _listed("emoji", EMOJI)
            | _listed("command", COMMANDS) | {"quotes": QUOTES, "zalgo": ZALGO} | LONG)
    made |= {f"{form} of {number}": unicodedata.normalize(form, "é ﬁ 각 Å ｶﾞ ㎡ 﨑")
             for number, form in enumerate(("NFC", "NFD", "NFKC", "NFKD"))}
    return {name: text.strip() for name, text in made.items()}
