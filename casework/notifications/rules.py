"""Which event tells whom what, and of which nobody is told: one table. What citizens read says who has it and until when,
never more than is true, and never that something is put right: whether it is, they say themselves.
"""
from dataclasses import dataclass, replace
from enum import StrEnum


class Via(StrEnum):
    """How a message travels."""

    SMS = "sms"      # to the phone that a reporter left
    WECHAT = "wechat"  # to the account in WeChat that a report came from
    PAGE = "page"    # on the tracking page only
    INBOX = "inbox"  # in the system, to a person or to a department's desk
    MAIL = "mail"    # to those who work here and have left an address


class Audience(StrEnum):
    """Who is told. Reporters read it on their page and by SMS, all others in their inbox and by mail."""

    REPORTERS = "reporters"    # citizens whose report counts in the case
    WORKERS = "workers"        # grid workers whose report counts in the case
    REPORTER = "reporter"      # the one whose report just joined
    FIRST = "first"            # the one whose report opened the case
    MOVED = "moved"            # those whose reports this step took to another case
    ADDRESSED = "addressed"    # the one whom a public comment answers, else all reporters
    LEAD = "lead"              # the department that leads
    LEADS_HEAD = "leads_head"  # only its head
    RELEASED = "released"      # the department that led until this step
    HELPERS = "helpers"        # the departments whose help this step asks for
    INVOLVED = "involved"      # who leads and who helps, but not the department that speaks
    INSPECTOR = "inspector"    # who is sent to look
    HANDLER = "handler"        # the colleague who is given the case
    DESK = "desk"              # the centre's desk whose turn it is, while no department has it
    ORDERER = "orderer"        # whoever ordered the supervision
    APPELLANT = "appellant"    # the head of the department that appealed
    LOOKERS = "lookers"        # those whose posts look after the area of a warning
    NAMED = "named"            # the person or the desk that the event names
    FOLLOWERS = "followers"    # whoever follows the case, and is not told of it as a reporter


TO_REPORTERS = frozenset({Audience.REPORTERS, Audience.REPORTER, Audience.FIRST, Audience.MOVED, Audience.ADDRESSED})


class Kind(StrEnum):
    """What a message is about, for those who do not want all of them everywhere."""

    PROGRESS = "progress"  # 进展
    RESULT = "result"      # 结果
    QUESTION = "question"  # 询问
    COMMENT = "comment"    # 留言
    WORK = "work"          # 待办
    RULING = "ruling"      # 裁定与审批
    ORDER = "order"        # 催办与督办
    FOLLOWED = "followed"  # 关注
    CARE = "care"          # 领养提醒, told by notices.py


NECESSARY = frozenset({Kind.RESULT, Kind.QUESTION})
"""Nobody can turn these off on the tracking page: an answer or a decision depends on their being read."""


@dataclass(frozen=True)
class Rule:
    """One line of news in both languages. The templates' names are filled by happenings.py."""

    audience: Audience
    kind: Kind
    zh: str
    en: str


_A, _K = Audience, Kind


def _citizens(kind: Kind, zh: str, en: str, audience: Audience = Audience.REPORTERS) -> Rule:
    return Rule(audience, kind, f"您反映的“{{title}}”{zh}", f'Your report "{{title}}": {en}')


def _staff(audience: Audience, kind: Kind, zh: str, en: str) -> Rule:
    return Rule(audience, kind, f"案件{{case}}“{{title}}”{zh}", f'Case {{case}} "{{title}}": {en}')


AGAIN = _citizens(_K.PROGRESS, "已重新交由{holder}办理，应于{due}前办结。", "{holder} has it again, until {due}.")
REWORK = _citizens(_K.PROGRESS, "经核查（回访）尚未达到要求，已退回{holder}继续办理，应于{due}前办结。",
                   "the check found that it is not done; {holder} has it again, until {due}.")
PARTED = _citizens(_K.PROGRESS, "与案件{case}不是同一问题，现作为案件{into}单独办理，由{holder_there}办理。",
                   "it is another problem than case {case} and goes on as case {into}, with {holder_there}.", _A.MOVED)

FOR_WORKERS = _staff(_A.WORKERS, _K.RESULT, "（您上报的）已由{department}办理并结案。答复：{reply}",
                     "{department} has handled what you reported; it is closed. Answer: {reply}")
URGED = _staff(_A.LEAD, _K.ORDER, "被催办，请尽快办理：{reason}", "the reporter waits: {reason}")
FROM_A_REPORTER = _staff(_A.LEAD, _K.COMMENT, "诉求人留言：{comment}", "a reporter writes: {comment}")

RULES: dict[str, tuple[Rule, ...]] = {
    # 受理 triage
    "case.file": (
        _citizens(_K.PROGRESS, "已立案，案件编号{case}，由派遣中心办理，应于{due}前派往责任部门。",
                  "it is filed as case {case}; the dispatch centre has it and sends it to a department until {due}."),),
    "case.joined": (
        _citizens(_K.PROGRESS, "已有人反映，已并入案件{case}一并办理，现由{holder}办理，应于{due}前完成，进展同样告知您。",
                  "others have reported it; it counts in case {case}, which {holder} has, until {due}. You hear what comes.",
                  _A.REPORTER),),
    "case.reject": (_citizens(_K.RESULT, "不予受理。原因：{reason}", "it is not taken up. Reason: {reason}"),
                    _staff(_A.WORKERS, _K.RESULT, "（您上报的）不予受理：{reason}",
                           "what you reported is not taken up: {reason}")),
    "case.self_handle": (
        _citizens(_K.RESULT, "已由网格员当场处置，案件已结案。",
                  "a grid worker has handled it on the spot; the case is closed."),),
    "case.verify": (_staff(_A.INSPECTOR, _K.WORK, "请您现场核实。", "please look at the place before it is filed."),),
    "case.correct": (_staff(_A.LEAD, _K.WORK, "信息已更正：{reason}", "it was corrected: {reason}"),),
    # 并案 one problem, one case
    "case.merge": (
        _citizens(_K.PROGRESS, "与案件{into}是同一问题，已并入一并办理，现由{holder_there}办理。",
                  "it is the same problem as case {into} and goes on there, with {holder_there}.", _A.MOVED),
        _staff(_A.LEAD, _K.WORK, "已并入案件{into}，不再单独办理。原因：{reason}",
               "it was merged into case {into} and is not handled by itself any more. Reason: {reason}")),
    "case.unmerge": (
        _citizens(_K.PROGRESS, "经核对是单独的问题，现作为案件{case}由{holder}办理，应于{due}前完成。",
                  "it is a problem of its own after all; case {case}, which {holder} has, until {due}."),
        _staff(_A.LEAD, _K.WORK, "撤销并案，恢复办理，应于{due}前办结。", "it is a case of its own again, due {due}.")),
    "case.unjoin": (PARTED,),
    "case.split": (PARTED, _staff(_A.LEAD, _K.WORK, "部分诉求已拆分另行办理。原因：{reason}",
                                  "some of its reports are a case of their own now. Reason: {reason}")),
    # 派遣与裁定 whose it is
    "case.dispatch": (
        _citizens(_K.PROGRESS, "已交由{department}办理，应于{due}前办结。", "{department} has it, until {due}."),
        _staff(_A.LEAD, _K.WORK, "派至{department}，应于{due}前办结，请及时签收。",
               "it is yours, {department}, until {due}; please sign for it."),
        _staff(_A.HELPERS, _K.WORK, "由{department}主办，请贵单位协办。", "{department} leads it; your help is asked for.")),
    "case.recall": (_staff(_A.RELEASED, _K.WORK, "已收回，另行派遣。原因：{reason}",
                           "it was taken back and goes to somebody else. Reason: {reason}"),),
    "case.uphold": (_staff(_A.RELEASED, _K.RULING, "退单成立，已用时限返还。裁定意见：{reason}",
                           "rightly returned; your time is given back. Ruling: {reason}"),),
    "case.overrule": (_staff(_A.LEAD, _K.RULING, "退单不成立，由{department}继续办理，应于{due}前办结。裁定意见：{reason}",
                             "wrongly returned; it stays with {department}, until {due}. Ruling: {reason}"),),
    "case.hand_over": (_staff(_A.HANDLER, _K.WORK, "已转交给您办理，应于{due}前办结。",
                              "it was handed over to you, due {due}."),),
    # 协办 joint handling
    "case.assist": (_staff(_A.HELPERS, _K.WORK, "由{department}主办，请贵单位协办：{reason}",
                           "{department} leads it and asks for your help: {reason}"),),
    "case.decline_assist": (_staff(_A.LEAD, _K.WORK, "{speaker}退回协办：{reason}", "{speaker} cannot help: {reason}"),),
    "case.assisted": (_staff(_A.LEAD, _K.WORK, "{speaker}协办完成：{reply}", "{speaker} has done its part: {reply}"),),
    # 处置 what the department does
    "case.ask": (
        _citizens(_K.QUESTION, "需要补充：{question} {department}正等待您的答复，{until}前未答复的按现有情况办理。",
                  "{department} asks: {question} Without an answer until {until} it goes on with what it knows.", _A.FIRST),),
    "case.answered": (_staff(_A.LEAD, _K.WORK, "诉求人已补充：{reply}", "the reporter has answered: {reply}"),),
    "case.unanswered": (
        _citizens(_K.PROGRESS, "未收到补充，由{department}按现有情况继续办理，应于{due}前办结。",
                  "no answer came; {department} goes on with what it knows, until {due}.", _A.FIRST),
        _staff(_A.LEAD, _K.WORK, "诉求人逾期未补充，时限继续计算，应于{due}前办结。",
               "the reporter has not answered; the clock goes on, until {due}.")),
    "case.extend": (_staff(_A.LEADS_HEAD, _K.WORK, "申请延期，请初审：{reason}",
                           "more time is applied for; please decide: {reason}"),),
    "case.allow": (
        _citizens(_K.PROGRESS, "情况复杂，经批准延长办理时间，由{department}继续办理，应于{due}前办结。",
                  "it takes longer and more time was approved; {department} has it, until {due}."),
        _staff(_A.LEAD, _K.RULING, "同意延期，应于{due}前办结。", "more time is granted, until {due}.")),
    "case.deny": (_staff(_A.LEAD, _K.RULING, "申请未获同意：{reason}", "the application is refused: {reason}"),),
    "case.suspend": (
        _citizens(_K.PROGRESS, "经批准暂缓办理至{until}，到期由{department}继续办理。",
                  "it rests by approval until {until}; then {department} goes on with it."),
        _staff(_A.LEAD, _K.RULING, "同意挂账至{until}，到期自动恢复计时。",
               "it may rest until {until}; then the clock goes on by itself.")),
    "case.resume": (
        _citizens(_K.PROGRESS, "已恢复办理，由{department}办理，应于{due}前办结。",
                  "{department} goes on with it, until {due}."),
        _staff(_A.LEAD, _K.WORK, "挂账结束，恢复计时，应于{due}前办结。",
               "it rests no longer; the clock goes on, until {due}.")),
    # 核查与回访 before closing
    "case.resolve": (_staff(_A.INSPECTOR, _K.WORK, "请您现场核查。", "please look whether it is put right."),),
    "case.reassign": (_staff(_A.INSPECTOR, _K.WORK, "改由您现场查看。", "it is for you now to look at the place."),),
    "case.sample": (_staff(_A.INSPECTOR, _K.WORK, "自行处置抽查，请您现场核查。",
                           "it was put right on the spot and drawn as a sample; please look."),),
    "case.pass": (
        _citizens(_K.RESULT, "已由{department}处置并经现场核查，案件已结案。"
                  "答复：{reply} 请评价；如未解决，{window}日内可要求重办一次。",
                  "{department} has handled it, somebody has looked, and the case is closed. Answer: {reply} "
                  "Please rate it; if it is not put right, you can ask once within {window} days to have it done again."),
        _staff(_A.LEAD, _K.RESULT, "核查通过，已结案。", "the check was passed; it is closed."), FOR_WORKERS),
    "case.fail": (REWORK, _staff(_A.LEAD, _K.WORK, "核查不通过，请返工，应于{due}前办结：{finding}",
                                 "the check failed; please do it again until {due}: {finding}")),
    "case.accept": (
        _citizens(_K.RESULT, "已由{department}答复并经回访，案件已结案。"
                  "答复：{reply} 请评价；如未解决，{window}日内可要求重办一次。",
                  "{department} has answered, you were called back, and the case is closed. Answer: {reply} "
                  "Please rate it; if it is not settled, you can ask once within {window} days to have it done again."),
        _staff(_A.LEAD, _K.RESULT, "回访认可，已结案。", "the caller agrees; it is closed."), FOR_WORKERS),
    "case.decline": (REWORK, _staff(_A.LEAD, _K.WORK, "回访不认可，请返工，应于{due}前办结：{finding}",
                                    "the caller does not agree; please do it again until {due}: {finding}")),
    "case.reopen": (AGAIN, _staff(_A.LEAD, _K.WORK, "已重开，应于{due}前办结：{reason}",
                                  "it is reopened, due {due}: {reason}")),
    # 催办与督办 from outside and from above
    "case.urge": (URGED, replace(URGED, audience=_A.DESK)),
    "case.supervise": (_staff(_A.LEAD, _K.ORDER, "被督办，须在督办时限内反馈：{reason}",
                              "an order from above; feedback is owed within its limit: {reason}"),),
    "case.report_back": (_staff(_A.ORDERER, _K.ORDER, "督办反馈：{reply}", "feedback on your order: {reply}"),),
    "case.order_rework": (AGAIN, _staff(_A.LEAD, _K.ORDER, "督办重办，应于{due}前办结：{reason}",
                                        "to be done again by order from above, until {due}: {reason}")),
    # 申诉 and the end
    "case.grant": (_staff(_A.APPELLANT, _K.RULING, "申诉成立，不计超时。裁定意见：{reason}",
                          "your appeal is granted; it does not count as late. Ruling: {reason}"),),
    "case.dismiss": (_staff(_A.APPELLANT, _K.RULING, "申诉不成立。裁定意见：{reason}",
                            "your appeal is dismissed. Ruling: {reason}"),),
    "case.void": (
        _citizens(_K.RESULT, "已作废，不再办理。如有疑问，请凭案件编号{case}向受理中心查询。",
                  "it is void and not handled any more. The intake centre answers questions about case {case}."),
        _staff(_A.LEAD, _K.RESULT, "已作废：{reason}", "it is void: {reason}"),
        _staff(_A.WORKERS, _K.RESULT, "（您上报的）已作废：{reason}", "what you reported is void: {reason}")),
    # 留言 comments
    "case.comment": (_staff(_A.INVOLVED, _K.COMMENT, "{speaker}内部留言：{comment}", "{speaker} remarks: {comment}"),),
    "case.public_comment": (
        _citizens(_K.COMMENT, "有新的说明：{comment}（{speaker}）", "{speaker} writes: {comment}", _A.ADDRESSED),
        _staff(_A.INVOLVED, _K.COMMENT, "{speaker}对外说明：{comment}", "{speaker} tells the public: {comment}")),
    "case.citizen_comment": (FROM_A_REPORTER, replace(FROM_A_REPORTER, audience=_A.INSPECTOR),
                             replace(FROM_A_REPORTER, audience=_A.DESK)),
    # 预警 of no case, see lookers.py
    "warning.raised": (Rule(_A.LOOKERS, _K.WORK, "预警：{news}请核实并认领。",
                            "Early warning. {news} Please look, and take it over."),),
    # 领导批示 of no case either
    "remark.made": (Rule(_A.NAMED, _K.ORDER, "领导批示{news}", "A leader remarks on {news}"),),
    "remark.due": (Rule(_A.NAMED, _K.ORDER, "领导批示{news}", "A leader's remark is {news}"),),
    "remark.answered": (Rule(_A.NAMED, _K.ORDER, "批示已答复：{news}", "Your remark is answered: {news}"),),
    # 考核 of no case: the whole sentence comes with the event, see performance/score_news.py
    "score.published": (Rule(_A.NAMED, _K.RULING, "{news}", "{news}"),),
    "score.appealed": (Rule(_A.NAMED, _K.RULING, "{news}", "{news}"),),
    "score.ruled": (Rule(_A.NAMED, _K.RULING, "{news}", "{news}"),),
}

OF_NO_CASE = frozenset({"warning.raised", "remark.made", "remark.due", "remark.answered",
                        "score.published", "score.appealed", "score.ruled"})
"""These events bring their news along, in both languages."""



def _followers(zh: str, en: str) -> Rule:
    return Rule(_A.FOLLOWERS, _K.FOLLOWED, f"您关注的案件{{case}}（{{kind}}）{zh}",
                f"Case {{case}} ({{kind}}), which you follow: {en}")


FOR_FOLLOWERS: dict[str, Rule] = {
    "case.dispatch": _followers("已交由{department}办理。", "{department} has it."),
    "case.suspend": _followers("经批准暂缓办理。", "it rests by approval."),
    "case.resume": _followers("已恢复办理，由{department}办理。", "{department} goes on with it."),
    "case.fail": _followers("经核查尚未达到要求，已退回{department}继续办理。", "the check failed; {department} has it again."),
    "case.decline": _followers("经回访尚未达到要求，已退回{department}继续办理。",
                               "the call-back failed; {department} has it again."),
    "case.pass": _followers("已由{department}处置并经现场核查，案件已结案。",
                            "{department} has handled it, somebody has looked, and the case is closed."),
    "case.accept": _followers("已由{department}答复并经回访，案件已结案。",
                              "{department} has answered, the reporter was called back, and the case is closed."),
    "case.reopen": _followers("已重开，由{department}办理。", "it is reopened; {department} has it."),
    "case.order_rework": _followers("已重开，由{department}办理。", "it is reopened; {department} has it."),
    "case.published": _followers("重新公开，目前状态：{stands}。", "it is public again. It stands: {stands}."),
}
"""What those hear who follow a case: nothing but what is public of any case, so these templates know no other names than
followers.PUBLIC."""

OWN_ONLY = frozenset({"case.reopen", "case.order_rework"})
"""A reopened case is public no more until it is published anew: strangers hear of it then, by case.published, and only whose
own report it is hears at once."""

for _name, _rule in FOR_FOLLOWERS.items():
    RULES[_name] = (*RULES.get(_name, ()), _rule)

_QUEUE = "it lies in the queue of the desk whose turn it is, and a clock runs there"
_LIVE = "open pages read it in the stream of what happens (api/live.py)"
_PAGE = "the tracking page shows it; nothing is asked of anybody"

NOBODY: dict[str, str] = {
    "case.report": "filing or leaving it follows in the same transaction, and is told", "case.confirm": _QUEUE,
    "case.refute": _QUEUE, "case.sign": _PAGE, "case.contact": "the caller was spoken to, so he knows",
    "case.assist_sign": "the lead sees it in the case; only what the helper brings is news", "case.hand_back": _QUEUE,
    "case.endorse": _QUEUE, "case.defer": _QUEUE, "case.appeal": _QUEUE, "case.propose_void": _QUEUE,
    "case.held": _LIVE, "case.freed": _LIVE,
}
"""Event of a case → why nobody is told of it. A law asks that every event of the workflow stands here or above."""
