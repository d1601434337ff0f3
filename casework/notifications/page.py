"""Who is told what, as a page: docs/news.md is this text, written from the table in rules.py, and a law keeps it current.

`python -m casework.notifications.page > docs/news.md` writes it anew.
"""
import sys
from collections.abc import Iterable, Iterator

from casework.cases.workflow import STEPS
from casework.notifications.delivery import SMS_LENGTH, WAITS
from casework.notifications.rules import NECESSARY, NOBODY, RULES, TO_REPORTERS, Audience, Kind

AUDIENCES: dict[Audience, str] = {
    Audience.REPORTERS: "全部诉求人",
    Audience.WORKERS: "上报的网格员",
    Audience.REPORTER: "该诉求人",
    Audience.FIRST: "首位诉求人",
    Audience.MOVED: "随之转走的诉求人",
    Audience.ADDRESSED: "被答复的诉求人（未指明则全部）",
    Audience.LEAD: "主办部门",
    Audience.LEADS_HEAD: "主办部门负责人",
    Audience.RELEASED: "原主办部门",
    Audience.HELPERS: "被请协办的部门",
    Audience.INVOLVED: "主办与协办部门（发言部门除外）",
    Audience.INSPECTOR: "被派查看的网格员",
    Audience.HANDLER: "被转交的处置人员",
    Audience.DESK: "受理、派遣或裁定岗位（无主办部门时）",
    Audience.ORDERER: "下达督办的人",
    Audience.APPELLANT: "申诉部门负责人",
    Audience.LOOKERS: "预警所在区域的派遣员，无则督办员",
    Audience.NAMED: "批示指定的部门或个人；答复时为批示人",
    Audience.FOLLOWERS: "关注者（案件公开且本人不是诉求人）",
}
KINDS: dict[Kind, str] = {
    Kind.PROGRESS: "进展", Kind.RESULT: "结果", Kind.QUESTION: "询问", Kind.COMMENT: "留言", Kind.WORK: "待办",
    Kind.RULING: "裁定与审批", Kind.ORDER: "催办与督办", Kind.FOLLOWED: "关注", Kind.CARE: "领养提醒",
}
BESIDE: dict[str, str] = {"held": "取件", "freed": "放回",
    "joined": "并入", "comment": "内部留言", "public_comment": "对外说明", "citizen_comment": "诉求人留言",
    "published": "公开", "warning.raised": "预警", "remark.made": "批示",
    "remark.due": "批示到期", "remark.answered": "批示答复", "score.published": "考核公布", "score.appealed": "考核申诉",
    "score.ruled": "考核裁定"}
"""What is told and is no step of the workflow."""

PAGE = """\
# 谁会被告知什么 Who is told what

本页由通知规则表（`casework/notifications/rules.py`）生成，请勿手改：`python -m casework.notifications.page > docs/news.md`。
Written from the table of rules, which also has every text in English; a test says when it is no longer current.

每个事件、每个对象、每种方式只发一次，事件重复投递也不会再发。诉求人从查询页看到全部消息，留了手机号的另发短信；从微信公众号反映的，在微信里告知
（超过 {length} 字截短，全文在查询页；网上填写而未经验证的手机号，只称类别或诉求编号，不带原话）；上报的网格员在收件箱看到；
部门与个人从系统内的收件箱看到，留了邮箱且城市配置了邮件服务器的另发邮件。
同一个人同一件事只发一次：上报过又关注的，只按上报人告知；同一部手机在一个案件里有几次上报的，只发一条短信，其余在各自的查询页上。
关注者只看到公开的内容，末尾附退订链接（`docs/subscriptions.md`）。
夜间（`ZHIWANG_QUIET_HOURS`）只有紧急案件发短信，其余等到早晨。
对方暂时不收的，隔 {waits} 分钟再试；明确拒收或多次不收的进入 `/api/v1/admin/messages`，由管理员重发。

每个人可以按种类关闭短信或邮件；{necessary}在查询页上始终可见。

## 告知 What is told

{told}

## 不告知 Of what nobody is told

{silent}
"""


def page() -> str:
    """The whole page, in Markdown."""
    necessary = "和".join(KINDS[one] for one in Kind if one in NECESSARY)
    waits = "、".join(f"{wait.total_seconds() / 60:g}" for wait in WAITS)
    return PAGE.format(length=SMS_LENGTH, waits=waits, necessary=necessary, told=_table(_told()), silent=_table(_silent()))


def _told() -> Iterator[tuple[str, ...]]:
    yield "事件", "对象", "种类", "方式", "内容"
    for event, rules in RULES.items():
        for number, rule in enumerate(rules):
            yield "" if number else _name(event), AUDIENCES[rule.audience], KINDS[rule.kind], _ways(rule.audience), rule.zh


def _ways(audience: Audience) -> str:
    if audience is Audience.FOLLOWERS:
        return "短信或微信"
    return "查询页、短信" if audience in TO_REPORTERS else "收件箱、邮件"


def _silent() -> Iterator[tuple[str, ...]]:
    yield "事件", "原因 why"
    yield from ((_name(event), reason) for event, reason in NOBODY.items())


def _name(event: str) -> str:
    action = event.removeprefix("case.")
    return f"{BESIDE[action] if action in BESIDE else STEPS[action].says.partition(' ')[0]} `{event}`"


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    head, *rest = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rest))


if __name__ == "__main__":
    sys.stdout.write(page())
