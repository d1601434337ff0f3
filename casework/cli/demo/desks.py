"""People at work: each round they look at their queues and take the steps that are theirs, as far as they get."""
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from casework import clock
from casework.cli.demo import drawings
from casework.cli.demo.callers import Citizen, City, Desk, Pda
from casework.cli.demo.district import District
from casework.cli.demo.plan import Planned
from casework.cli.demo.reporters import Reporters, point
from casework.geography.coordinates import Point

Row = dict[str, Any]
LOOKED = "核实结果"
TRIAL = "【测试】"


@dataclass
class Shift:
    """What those who work today share: who they are, what reports were about, and how many steps were taken."""

    city: City
    district: District
    reporters: Reporters
    truths: Mapping[str, Planned]
    seed: int
    stepped: Callable[[], None]
    steps: Counter[str] = field(default_factory=Counter)
    told: set[int] = field(default_factory=set)
    desks: dict[str, Desk] = field(default_factory=dict)
    applications: list[tuple[str, str]] = field(default_factory=list)
    """What waits for the dispatcher: "allow" or "suspend", and the case."""
    asked: set[str] = field(default_factory=set)
    began: datetime = field(default_factory=clock.now)
    ordered: set[str] = field(default_factory=set)
    """Cases with an order from above on which nobody has reported back."""

    def desk(self, login: str) -> Desk:
        """The desk of a person, logged in when first needed."""
        if login not in self.desks:
            self.desks[login] = Desk(self.city, login, self.district.password)
        return self.desks[login]

    def is_older(self, row: Row) -> bool:
        """It lay here when the day began."""
        return datetime.fromisoformat(row["opened_at"]) < self.began

    def likely(self, what: str, row: Row, share: float) -> bool:
        """Whether fate says so for this case; the same every time it is asked, and on every day of this seed."""
        return random.Random(f"{self.seed} {what} {row['title']}").random() < share  # noqa: S311 - fate, no secret

    def step(self, who: Desk | Pda, row: Row, action: str, **facts: Any) -> dict[str, Any] | None:
        """Take an action, and count it."""
        done = who.step(row["number"], action, **facts)
        if done is not None:
            self.steps[action] += 1
            self.stepped()
        return done

    def place(self, row: Row) -> Point:
        """Where a case is, as far as anybody knows."""
        if row["lon"] is not None:
            return Point(row["lon"], row["lat"])
        truth = self.truths.get(row["title"])
        return truth.point if truth else next(iter(self.truths.values())).point

    def after(self, row: Row, what: str) -> bytes:
        """A photo of the place put right."""
        truth = self.truths.get(row["title"])
        scene, corner = (truth.scene, truth.spot.name) if truth else ("street", row["number"])
        return drawings.photo(scene, f"{self.seed} {corner}", at=clock.now(), place=self.place(row), done=True,
                              shot=f"{what} {row['number']} {row['reworks']}")

    def owner_id(self, row: Row) -> str:
        """The department that it really belongs to."""
        truth = self.truths.get(row["title"])
        category = truth.category if truth and truth.category[0] == row["category_code"][0] else row["category_code"]
        area = row["area_code"] or (truth.spot.area_code if truth else None)
        return str(self.district.departments[self.district.owner(category, area)])


def triage(shift: Shift, number: int) -> None:
    """受理: file what the rules left, refuse what is none of the city's, send somebody to look where it is unclear."""
    desk = shift.desk(f"triage{number}")
    for row in desk.pages("/api/v1/cases", queue="triage"):
        truth = shift.truths.get(row["title"])
        if sum(map(ord, row["number"])) % 3 + 1 != number or row["title"].startswith(TRIAL) or shift.is_older(row):
            continue  # another operator's, the dispatchers' matter, or of the weeks before
        if truth is None:
            shift.step(desk, row, "reject", reason="内容无效或不在本市范围，无法受理；如有具体问题请重新上报")
        elif shift.likely("read tomorrow", row, 0.12):
            continue
        elif (row["waiting_for"] or "").startswith(LOOKED):
            if "未发现" in row["waiting_for"]:
                shift.step(desk, row, "reject", reason="经网格员现场核实，未发现所反映的问题")
            else:
                _file(shift, desk, row, truth)
        elif row["area_code"] and shift.likely("verify", row, 0.2):
            shift.step(desk, row, "verify", reason="请现场核实")
        elif shift.likely("refuse", row, 0.08):
            shift.step(desk, row, "reject", reason="属于法院受理范围，建议依法通过诉讼解决")
        else:
            _file(shift, desk, row, truth)


def _file(shift: Shift, desk: Desk, row: Row, truth: Planned) -> None:
    facts: dict[str, Any] = {"category": truth.category}
    if row["area_code"] is None:
        facts["place"] = point(truth.spot.point)  # asked back on the phone
    shift.step(desk, row, "file", **facts)


def walk(shift: Shift, pda: Pda) -> None:
    """核实与核查: a grid worker goes to the places that are his to look at."""
    for row in pda.pages("/api/v1/pda/inspections"):
        here = point(shift.place(row))
        if row["status"] != "verifying" and shift.likely("tomorrow", row, 0.08):
            continue
        photo = pda.photo(shift.after(row, "inspection"))
        if photo is None:
            continue
        if row["status"] == "verifying":
            real = not shift.likely("unreal", row, 0.3)
            shift.step(pda, row, "confirm" if real else "refute", position=here, photos=[photo],
                       finding="现场情况属实" if real else "现场查看，未发现所述问题")
        elif row["reworks"] == 0 and shift.likely("badly done", row, 0.08):
            shift.step(pda, row, "fail", position=here, finding="处置不彻底，仍有残留", photos=[photo])
        else:
            shift.step(pda, row, "pass", position=here, finding="已恢复原状，与反馈一致", photos=[photo])


def dispatch(shift: Shift) -> None:
    """派遣: what the rules could not send, extensions, suspensions, and trial tickets, which two people void."""
    one, other = shift.desk("dispatcher1"), shift.desk("dispatcher2")
    for row in one.pages("/api/v1/cases", queue="dispatch"):
        # Without a reason the rules have not looked yet.
        if row["waiting_for"] and not shift.likely("sent tomorrow", row, 0.3):
            shift.step(one, row, "dispatch", lead=shift.owner_id(row), reason=f"人工派遣：{row['waiting_for']}"[:300])
    for row in one.pages("/api/v1/cases", queue="triage"):
        if row["title"].startswith(TRIAL):
            shift.step(one, row, "propose_void", reason="系统联调工单")
            shift.step(other, row, "void", reason="同意作废")
    while shift.applications:
        action, number = shift.applications.pop()
        shift.step(one, {"number": number}, action)


def department(shift: Shift, code: str, department_id: str) -> None:
    """签收、退单、处置、反馈 in one department."""
    head, handler = shift.desk(f"{code.lower()}-head"), shift.desk(f"{code.lower()}-1")
    for row in handler.pages("/api/v1/cases", queue="sign", department=department_id):
        owner = shift.owner_id(row)
        doubted = owner != department_id or shift.likely("not ours", row, 0.03)
        if doubted and row["returns"] == 0:
            proposed = {"proposed": owner} if owner != department_id else {}
            shift.step(head, row, "hand_back", ground="按本区部门职责分工，该事项不属于本部门职责", **proposed)
        elif not shift.likely("signed tomorrow", row, 0.04):
            shift.step(handler, row, "sign")
    for row in handler.pages("/api/v1/cases", queue="handle", department=department_id):
        _handle(shift, code, department_id, row)


def _handle(shift: Shift, code: str, department_id: str, row: Row) -> None:
    handler, head = shift.desk(f"{code.lower()}-{1 + len(row['title']) % 2}"), shift.desk(f"{code.lower()}-head")
    if row["number"] in shift.ordered:
        shift.step(handler, row, "report_back", reply="已安排专人办理，今日反馈结果")
        shift.ordered.discard(row["number"])
    if row["reworks"] == 0 and shift.likely("done tomorrow", row, 0.1):
        if row["number"] not in shift.asked:
            shift.asked.add(row["number"])
            _apply(shift, handler, head, row)
        return
    if row["reworks"] == 0 and shift.likely("help", row, 0.04):
        _ask_for_help(shift, handler, department_id, row)
    if row["channel"] != "pda" and shift.likely("spoken to", row, 0.8):
        shift.step(handler, row, "contact", finding="已与来电人通话，约定处理时间")
    facts: dict[str, Any] = {"reply": f"您反映的“{row['category']}”问题已处理完毕，感谢监督。"}
    if row["category_code"][0] != "3":
        photo = handler.photo(shift.after(row, "after"))
        facts["photos"] = [photo] if photo else []
    shift.step(handler, row, "resolve", **facts)


def _apply(shift: Shift, handler: Desk, head: Desk, row: Row) -> None:
    """延期 goes over the head's desk, 挂账 straight to the dispatcher."""
    if shift.likely("more time", row, 0.3):
        if shift.step(handler, row, "extend", reason="配件需要从外地调运"):
            if shift.likely("agreed", row, 0.8):
                shift.step(head, row, "endorse")
                shift.applications.append(("allow", row["number"]))
            else:
                shift.step(head, row, "deny", reason="库存有货，按时办结")
    elif shift.likely("suspended", row, 0.2):
        until = (clock.now() + timedelta(days=3)).isoformat()
        if shift.step(handler, row, "defer", reason="等待管线产权单位开挖许可", until=until):
            shift.applications.append(("suspend", row["number"]))


def _ask_for_help(shift: Shift, handler: Desk, department_id: str, row: Row) -> None:
    others = [(code, str(one)) for code, one in shift.district.departments.items() if str(one) != department_id]
    code, other = others[len(row["number"] + row["title"]) % len(others)]
    if shift.step(handler, row, "assist", assistants=[other], reason="请协助现场秩序维护"):
        for action, facts in (("assist_sign", {}), ("assisted", {"reply": "已派人协助"})):
            shift.step(shift.desk(f"{code.lower()}-2"), row, action, **facts)


def adjudicate(shift: Shift) -> None:
    """裁定: to whom it belongs if the department is right, else it stays theirs."""
    desk = shift.desk("adjudicator1")
    names = {row["name"]: row["id"] for row in (desk.do("GET", "/api/v1/admin/departments") or {"items": ()})["items"]}
    for row in desk.pages("/api/v1/cases", queue="adjudicate"):
        owner = shift.owner_id(row)
        if shift.likely("ruled tomorrow", row, 0.2):
            continue
        if names.get(row["department"]) == owner:
            shift.step(desk, row, "overrule", reason="依据权责清单，该事项由你单位主责")
        elif shift.likely("named at once", row, 0.7):
            shift.step(desk, row, "uphold", reason="退单理由成立", lead=owner)
        else:
            shift.step(desk, row, "uphold", reason="退单理由成立，请派遣员重新派遣")


def call_back(shift: Shift, number: int) -> None:
    """回访: an operator rings those whose request was answered."""
    desk = shift.desk(f"operator{number}")
    for row in desk.pages("/api/v1/cases", queue="check"):
        mine = sum(map(ord, row["number"])) % 3 + 1 == number
        if row["category_code"][0] != "3" or not mine or shift.likely("no answer on the phone", row, 0.06):
            continue
        if shift.likely("number looked up", row, 0.1):
            _look_up(desk, row)
        if row["reworks"] == 0 and shift.likely("not agreed", row, 0.07):
            shift.step(desk, row, "decline", finding="来电人表示问题依旧存在")
        else:
            shift.step(desk, row, "accept", finding="电话回访，来电人认可处理结果")


def _look_up(desk: Desk, row: Row) -> None:
    case = desk.do("GET", f"/api/v1/cases/{row['number']}")
    for report in (case or {"reports": ()})["reports"]:
        if report["phone"]:
            desk.do("POST", f"/api/v1/reports/{report['number']}/reveal", json={"field": "phone", "reason": "电话回访"})


def follow(shift: Shift, number: int) -> None:
    """A citizen looks at the tracking page; after closing he says how satisfied he is, which sends some cases back."""
    report, token = shift.reporters.kept[number]
    citizen = Citizen(shift.city, token)
    seen = citizen.do("GET", f"/api/v1/citizen/reports/{report}")
    if not seen or seen["status"] not in {"closed", "rejected", "void"}:
        return
    fate = random.Random(f"{shift.seed} citizen {number} {len(seen['steps'])}")  # noqa: S311 - fate, no secret
    if "rate" in seen["may"] and fate.random() < 0.75:
        score = fate.choices((5, 4, 3, 2, 1), (46, 30, 12, 7, 5))[0]
        path = f"/api/v1/citizen/reports/{report}"
        said = {"score": score, "comment": "办得很快" if score > 3 else "还可以更好"}
        # Another voice on the same case may have had it reopened at this moment.
        if answer := citizen.do("POST", f"{path}/rating", json=said, may_be_outrun=True):
            shift.steps["rate"] += 1
            shift.stepped()
            if answer["outcome"] != "kept":
                shift.steps["reopen"] += 1
                return  # he looks again when it is closed again
    shift.told.add(number)


def supervise(shift: Shift) -> None:
    """督办: from above, for what waits longest."""
    desk = shift.desk("supervisor1")
    waiting = [row for row in desk.pages("/api/v1/cases", queue="handle") if row["number"] not in shift.ordered]
    for row in waiting[:2]:
        if shift.step(desk, row, "supervise", reason="请加快办理"):
            shift.ordered.add(row["number"])


def moderate(shift: Shift) -> None:
    """公开审核: an operator looks at what is public, releases the words of some cases and withholds a few."""
    desk = shift.desk("operator1")
    for row in desk.pages("/api/v1/moderation/cases", state="published"):
        said = {"title": row["number"]}  # fate knows cases by their titles, and moderators do not read those
        if row["decided_by_person"]:
            continue
        if shift.likely("withheld", said, 0.08):
            decision = {"decision": "withhold", "reason": "涉及商户名誉，不宜公开"}
        elif shift.likely("released", said, 0.5):
            decision = {"decision": "publish", "words": row["draft"]}
        else:
            continue
        if desk.do("POST", f"/api/v1/moderation/cases/{row['number']}", json=decision, may_be_outrun=True):
            shift.steps[decision["decision"]] += 1
            shift.stepped()
