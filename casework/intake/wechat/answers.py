"""What the account says to people, Chinese first and English after it: nobody is asked which language he reads."""
from collections.abc import Iterable

NAMES = {"photo": ("照片", "a photo"), "place": ("位置", "the location"), "words": ("文字说明", "a few words")}

HELP = ("随手拍：请发送照片、位置（点“+”选“位置”）和文字说明，先后不限，收齐即受理。\n"
        "没有照片回复“提交”；查询回复“进度 编号”；放弃回复“取消”；关注公开案件或社区回复“关注 编号（或社区名）”。\n"
        "To report, send a photo, your location and a few words, in any order. "
        "No photo: \"submit\". Where it stands: \"progress NUMBER\". To drop it: \"cancel\". "
        "To follow a public case or an area: \"follow NUMBER\" (or its name).")
WELCOME = f"欢迎关注。Welcome.\n{HELP}"
DROPPED = "已取消，没有提交任何内容。\nDropped; nothing was reported."
NOTHING = "目前没有未完成的内容。\nThere is nothing unfinished."
UNTOLD = "语音没有识别出文字，请改用文字说明。\nThe voice message has no words we can read; please write."
UNTAKEN = "这类消息无法受理，请发送照片、位置或文字。\nThis kind of message is not taken; send a photo, a location or words."
FULL = "一次最多9张照片，这一张没有收入。\nA report has at most nine photos; this one was not taken."
TOO_LONG = "文字最多4000字，这一段没有收入。\nA report has at most 4000 characters; this part was not taken."
UNKNOWN = "没有找到您的这个编号，请核对后再发，例如“进度 ZW261122-7K3F9-Q2MXA”。\nYou have no report of this number."
LOST = "您发送的一张照片没有收到（已过期或损坏），请重新发送。\nOne of your photos did not reach us; please send it again."


def missing(what: Iterable[str]) -> str:
    """What is still wanted for a report."""
    wanted = list(what)
    chinese, english = "、".join(NAMES[one][0] for one in wanted), ", ".join(NAMES[one][1] for one in wanted)
    without = ("没有照片可回复“提交”。", " No photo: \"submit\".") if wanted == ["photo"] else ("", "")
    return f"已收到，还缺：{chinese}。{without[0]}\nReceived. Still missing: {english}.{without[1]}"


def offer(what: str, area: str, reports: int) -> str:
    """A case near by that may be the same."""
    return (f"附近已有人反映：{what}（{area}，{reports}人）。是同一件事请回复 1（+1），不是请回复 2。\n"
            f"Known already near by: {what} ({reports}). The same? Reply 1 (+1); else 2.")


def received(number: str, *, plus_one: bool = False) -> str:
    """The report is made."""
    known, english = ("（+1，同一件事）", " as one more voice") if plus_one else ("", "")
    return (f"已受理{known}，编号 {number}。回复“进度 {number}”查询。\n"
            f"Your report {number} is received{english}. \"progress {number}\" tells where it stands.")


def added(number: str) -> str:
    """A further photo for a report that is made."""
    return f"照片已补充到 {number}。\nThe photo was added to {number}."


def progress(number: str, stands: str, english: str, holder: str | None, until: str | None) -> str:
    """Where a report stands, who has it and until when."""
    rest = "".join((f"，由{holder}办理" if holder else "", f"，应于{until}前完成" if until else ""))
    return f"{number}：{stands}{rest}。\n{number}: {english}."
