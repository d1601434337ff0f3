"""A citizen needs no account: photo first, a few words, a token to see what became of it, one rating, one reopening."""
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest

from casework.cases.sameness import Choice
from casework.identity.sessions import MemorySender
from casework.media import Photo
from casework.notifications import senders
from tests.api.town import Caller, Json, Town, citizen_report, jpeg, key, ok, point, problem, stored, ticket
from tests.conftest import SetClock

PHOTOS = "/api/v1/citizen/photos"
REPORTS = "/api/v1/citizen/reports"


def sent_photo(town: Town, colour: str = "grey") -> Json:
    return ok(town.stranger.post(PHOTOS, files={"photo": jpeg(colour)}), 201)


def filed(town: Town, receipt: Json, category: str = "10101") -> str:
    """A person at the triage desk files it, and it is dispatched; the case's number."""
    town.jobs()
    case = town.case_of(receipt["number"])["number"]
    town.act(town.triage, case, "file", category=category)
    town.jobs()
    return str(case)


def progress(town: Town, receipt: Json) -> Json:
    return ok(town.citizen(receipt).get(f"{REPORTS}/{receipt['number']}"))


def test_photo_first_then_a_report_then_the_whole_way_to_a_rating(town: Town, time: SetClock) -> None:
    photo = sent_photo(town)
    receipt = ok(town.stranger.post(REPORTS, citizen_report(photos=[photo], phone="13900139000")), 201)
    me, address = town.citizen(receipt), f"{REPORTS}/{receipt['number']}"
    assert progress(town, receipt) | {"received_at": 0} == {
        "number": receipt["number"], "received_at": 0, "text": "路边的井盖没了，很危险", "status": None,
        "words": "已收到，等待受理", "case": None, "department": None, "holder": "受理中心", "due_at": None, "closed_at": None,
        "question": None, "reply": None, "reason": None, "steps": [], "comments": [], "rated": None, "may": [], "photos": [],
        "news": [], "notice": None}
    case = filed(town, receipt)
    now = progress(town, receipt)
    assert (now["status"], now["case"], now["department"], now["may"]) == ("dispatched", case, "水务局", ["urge"])
    assert now["due_at"] == "2026-03-02T04:00:00Z"  # two urgent hours to handle it, not the few minutes to sign it
    assert "应于2026年03月02日 12:00前办结" in now["news"][-1]["words"]
    assert [one["words"][:3] for one in now["news"]] == ["您反映", "您反映"]
    problem(me.post(f"{address}/rating", {"score": 5}), 409)
    time.passes(minutes=30)
    town.closed(case)
    town.jobs()
    now = progress(town, receipt)
    assert (now["status"], now["reply"], now["due_at"], now["may"]) == ("closed", "已处理", None, ["reopen", "rate"])
    assert [one["words"] for one in now["steps"]] == ["上报", "立案", "派遣", "签收", "反馈", "核查通过"]
    assert "请评价" in now["news"][-1]["words"]
    rated = ok(me.post(f"{address}/rating", {"score": 4, "comment": "很快"}), 201)
    assert (rated["rated"], rated["may"], rated["news"]) == (4, ["reopen"], now["news"])
    problem(me.post(f"{address}/rating", {"score": 1}), 409)
    assert progress(town, receipt)["rated"] == 4


def test_sent_again_also_at_once_it_is_one_report_with_one_token(town: Town) -> None:
    photo, body = sent_photo(town), citizen_report()
    body["photos"] = [photo]
    with ThreadPoolExecutor(6) as pool:
        answers = [ok(one, 201) for one in pool.map(lambda _: town.stranger.post(REPORTS, body), range(6))]
    assert all(one == answers[0] for one in answers)
    assert (stored(), stored(Photo)) == (1, 1)
    problem(town.stranger.post(REPORTS, body | {"text": "别的事"}), 409)
    assert progress(town, answers[0])["status"] is None


def test_a_photo_is_claimed_with_its_token_once_and_within_a_day(town: Town, time: SetClock) -> None:
    photo = sent_photo(town)
    for wrong in (photo | {"token": "x" * 43}, photo | {"id": key()}):
        document = problem(town.stranger.post(REPORTS, citizen_report(photos=[photo, wrong])), 422)
        assert set(document["fields"]) == {"photos.1"}
    document = problem(town.stranger.post(REPORTS, citizen_report(photos=[photo, {"id": photo["id"]}])), 422)
    assert set(document["fields"]) == {"photos.1.token"}
    assert stored() == 0  # the report is not kept without the photo it names
    ok(town.stranger.post(REPORTS, citizen_report(photos=[photo])), 201)
    problem(town.stranger.post(REPORTS, citizen_report(photos=[photo])), 409)
    late = sent_photo(town, "brown")
    time.passes(hours=25)
    assert set(problem(town.stranger.post(REPORTS, citizen_report(photos=[late])), 422)["fields"]) == {"photos.0"}
    assert stored() == 1


def test_what_is_no_photo_is_refused_before_the_report(town: Town) -> None:
    assert problem(town.stranger.post(PHOTOS, files={"photo": (BytesIO(b"hello"), "a.jpg")}), 415)["field"] == "photo"
    assert set(problem(town.stranger.post(PHOTOS, files={"photo": (BytesIO(b""), "a.jpg")}), 422)["fields"]) == {"photo"}
    problem(town.stranger.post(PHOTOS, files={"photo": [jpeg(), jpeg("red")]}), 413)
    assert set(problem(town.stranger.post(PHOTOS, files={"file": jpeg()}), 422)["fields"]) == {"file"}
    problem(town.stranger.post(PHOTOS, {"photo": "data:"}), 415)
    assert stored(Photo) == 0


WRONG: dict[str, tuple[Json, str]] = {
    "nowhere": (citizen_report(place=None), "place"), "no words": (citizen_report(text=" "), "text"),
    "no key": (citizen_report(key=None), "key"), "NUL": (citizen_report(address="东\0门"), "address"),
    "a long name": (citizen_report(name="王" * 81), "name"), "a phone that is a number": (citizen_report(phone=1), "phone"),
    "ten photos": (citizen_report(photos=[{"id": key(), "token": "x"}] * 10), "photos"),
    "photos by name": (citizen_report(photos=["a.jpg"]), "photos.0"), "unknown": (citizen_report(colour="red"), "colour"),
    "a category in words": (citizen_report(category="井盖"), "category"),
}


def test_what_is_wrong_is_named_and_nothing_is_stored(town: Town) -> None:
    for what, (body, field) in WRONG.items():
        assert set(problem(town.stranger.post(REPORTS, body), 422)["fields"]) == {field}, what
    assert stored() == 0


def test_words_are_enough_where_there_is_no_point(town: Town) -> None:
    receipt = ok(town.stranger.post(REPORTS, citizen_report(place=None, address="南塘社区")), 201)
    town.jobs()
    assert town.case_of(receipt["number"])["area_code"] == "440301001001"


def test_only_the_token_of_a_report_shows_it(town: Town) -> None:
    mine, other = (ok(town.stranger.post(REPORTS, citizen_report()), 201) for _ in range(2))
    address = f"{REPORTS}/{mine['number']}"
    problem(town.stranger.get(address), 404)
    problem(town.citizen(other).get(address), 404)
    problem(town.citizen({"token": mine["token"][:-2] + "xx"}).get(address), 401)
    problem(town.triage.get(address), 403)
    for path in (f"{REPORTS}/ZW000000-00000-00000", f"{REPORTS}/%00", f"{REPORTS}/a'--", f"{REPORTS}/{'Z' * 500}"):
        problem(town.citizen(mine).get(path), 404)
    assert ok(town.citizen(mine).get(address.lower()))["number"] == mine["number"]
    problem(town.citizen(other).post(f"{address}/rating", {"score": 1}), 404)
    problem(town.citizen(other).post(f"{address}/reopen", {"reason": "x"}), 404)


def test_a_citizen_never_gets_the_whole_case_with_what_others_said(town: Town) -> None:
    receipt = ok(town.stranger.post(REPORTS, citizen_report()), 201)
    case, me = filed(town, receipt), town.citizen(receipt)
    problem(me.get(f"/api/v1/cases/{case}"), 403)
    problem(me.get("/api/v1/cases"), 403)
    problem(me.post(f"/api/v1/cases/{case}/urge", {"reason": "快"}), 403)
    urged = ok(me.post(f"{REPORTS}/{receipt['number']}/urge", {"reason": "已经三天了"}))
    assert urged["status"] == "dispatched"
    history = ok(town.supervisor.get(f"/api/v1/cases/{case}"))["history"]
    assert (history[-1]["action"], history[-1]["facts"]["reason"]) == ("urge", "已经三天了")


def test_a_question_is_shown_until_it_is_answered(town: Town) -> None:
    receipt = ok(town.stranger.post(REPORTS, citizen_report()), 201)
    case, me, address = filed(town, receipt), town.citizen(receipt), f"{REPORTS}/{receipt['number']}"
    problem(me.post(f"{address}/answered", {"reply": "东门"}), 409)
    town.act(town.water_handler, case, "sign")
    town.act(town.water_handler, case, "ask", question="在哪个门口？")
    now = progress(town, receipt)
    assert (now["question"], now["may"]) == ("在哪个门口？", ["answered", "urge"])
    assert set(problem(me.post(f"{address}/answered", {"reply": " "}), 422)["fields"]) == {"reply"}
    now = ok(me.post(f"{address}/answered", {"reply": "东门"}))
    assert (now["question"], now["may"]) == (None, ["urge"])


def test_of_two_who_reported_only_the_first_is_asked_and_may_answer(town: Town, time: SetClock) -> None:
    first = ok(town.stranger.post(REPORTS, citizen_report(phone="13900139000")), 201)
    case = filed(town, first)
    time.passes(minutes=3)
    second = ok(town.stranger.post(REPORTS, citizen_report(place=point(0, 3), phone="13900139001")), 201)
    town.jobs()
    number = town.case_of(second["number"])["number"]
    if number != case:
        town.act(town.triage, number, "merge", into=case, reason="同一处")
    town.act(town.water_handler, case, "sign")
    town.act(town.water_handler, case, "ask", question="您家门牌号是多少？")
    town.jobs()
    assert (progress(town, second)["question"], "answered" in progress(town, second)["may"]) == (None, False)
    assert "门牌" not in str(progress(town, second))
    problem(town.citizen(second).post(f"{REPORTS}/{second['number']}/answered", {"reply": "乱答"}), 403)
    assert progress(town, first)["question"] == "您家门牌号是多少？"
    assert ok(town.citizen(first).post(f"{REPORTS}/{first['number']}/answered", {"reply": "5号"}))["question"] is None


def test_the_steps_do_not_say_when_a_neighbour_came(town: Town, time: SetClock) -> None:
    first = ok(town.stranger.post(REPORTS, citizen_report()), 201)
    case = filed(town, first)
    before = progress(town, first)["steps"]
    time.passes(minutes=3)
    second = ok(town.stranger.post(REPORTS, citizen_report(place=point(0, 3))), 201)
    town.jobs()
    number = town.case_of(second["number"])["number"]
    if number != case:
        town.act(town.triage, number, "merge", into=case, reason="同一处")
    assert town.case_of(second["number"])["number"] == case
    assert progress(town, first)["steps"] == before


def test_an_answer_that_was_refuted_is_shown_no_more(town: Town) -> None:
    receipt = ok(town.stranger.post(REPORTS, citizen_report()), 201)
    case = filed(town, receipt)
    town.act(town.water_handler, case, "sign")
    town.act(town.water_handler, case, "resolve", reply="井盖已装上", photos=[town.photo(town.water_handler, "red")])
    assert progress(town, receipt)["reply"] == "井盖已装上"
    sent = ok(town.supervisor.get(f"/api/v1/cases/{case}"))["inspector_id"]
    inspector = next(getattr(town, name) for name in ("li", "wang", "zhao") if str(getattr(town.cast, name).id) == sent)
    town.act(inspector, case, "fail", position=point(0), finding="没装", photos=[town.photo(inspector, "blue")])
    assert (progress(town, receipt)["status"], progress(town, receipt)["reply"]) == ("handling", None)


def test_reopened_once_by_the_citizen_and_only_in_the_window(town: Town, time: SetClock) -> None:
    receipt = ok(town.stranger.post(REPORTS, citizen_report()), 201)
    case, me, address = filed(town, receipt), town.citizen(receipt), f"{REPORTS}/{receipt['number']}/reopen"
    problem(me.post(address, {"reason": "没修好"}), 409)
    town.closed(case)
    assert set(problem(me.post(address, {}), 422)["fields"]) == {"reason"}
    time.passes(days=14)
    now = ok(me.post(address, {"reason": "第二天又没了"}))
    assert (now["status"], now["department"], now["closed_at"], now["may"]) == ("dispatched", "水务局", None, ["urge"])
    town.closed(case, ("pink", "cyan"))
    assert "once" in problem(me.post(address, {"reason": "还是没修好"}), 409)["detail"]
    other = ok(town.stranger.post(REPORTS, citizen_report()), 201)
    town.closed(filed(town, other), ("navy", "gold"))
    time.passes(days=16)
    too_late = town.citizen(other).post(f"{REPORTS}/{other['number']}/reopen", {"reason": "晚"})
    assert "15 days" in problem(too_late, 409)["detail"]


def test_rated_by_eight_at_once_it_is_rated_once(town: Town) -> None:
    receipt = ok(town.stranger.post(REPORTS, citizen_report()), 201)
    town.closed(filed(town, receipt))
    me, address = town.citizen(receipt), f"{REPORTS}/{receipt['number']}/rating"
    for score in (0, 6, "很好", None, 4.5):
        problem(me.post(address, {"score": score}), 422)
    with ThreadPoolExecutor(8) as pool:
        answers = [one.status_code for one in pool.map(lambda score: me.post(address, {"score": score % 5 + 1}), range(8))]
    assert sorted(answers) == [201] + [409] * 7


def test_a_refusal_tells_the_citizen_why(town: Town) -> None:
    receipt = ok(town.stranger.post(REPORTS, citizen_report()), 201)
    town.jobs()
    town.act(town.operator, town.case_of(receipt["number"])["number"], "reject", reason="属私人场地，请联系物业")
    town.jobs()
    now = progress(town, receipt)
    assert (now["status"], now["reason"], now["may"]) == ("rejected", "属私人场地，请联系物业", [])
    assert "属私人场地" in now["news"][-1]["words"]


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> MemorySender:
    """What is sent to phones."""
    made = MemorySender()
    monkeypatch.setattr(senders, "texts", lambda: made)
    return made


def logged_in(town: Town, texts: MemorySender, phone: str) -> Caller:
    assert town.stranger.post("/api/v1/sessions/phone/code", {"phone": phone}).status_code == 204
    code = texts.sent[-1][1].split("验证码 ")[1][:6]
    tokens = ok(town.stranger.post("/api/v1/sessions/phone", {"phone": phone, "code": code}), 201)
    return Caller(town.app, {"Authorization": f"Bearer {tokens['access']}"})


def test_a_proved_phone_shows_all_that_was_sent_with_it_and_nothing_else(
        town: Town, texts: MemorySender, time: SetClock) -> None:
    sent = []
    for _ in range(3):
        sent.append(ok(town.stranger.post(REPORTS, citizen_report(phone="139 0013 9000")), 201)["number"])
        time.passes(minutes=1)
    called = ok(town.operator.post("/api/v1/hotline/tickets", ticket(caller_phone="+8613900139000")))
    sent.append(called["results"][0]["number"])
    other = ok(town.stranger.post(REPORTS, citizen_report(phone="13700137000")), 201)
    anonymous = ok(town.stranger.post(REPORTS, citizen_report()), 201)
    me = logged_in(town, texts, "13900139000")
    page = ok(me.get(REPORTS, limit=3))
    rest = ok(me.get(REPORTS, limit=3, cursor=page["next"]))
    assert [one["number"] for one in page["items"] + rest["items"]] == sent[::-1]
    assert rest["next"] is None
    assert ok(me.get(f"{REPORTS}/{sent[0]}"))["text"]
    problem(me.get(f"{REPORTS}/{other['number']}"), 404)
    assert [one["number"] for one in ok(town.citizen(anonymous).get(REPORTS))["items"]] == [anonymous["number"]]
    assert ok(town.stranger.get(REPORTS))["items"] == []


def test_who_is_logged_in_reports_under_the_proved_phone(town: Town, texts: MemorySender) -> None:
    me = logged_in(town, texts, "13900139000")
    receipt = ok(me.post(REPORTS, citizen_report()), 201)
    assert [one["number"] for one in ok(me.get(REPORTS))["items"]] == [receipt["number"]]
    assert ok(me.get(f"{REPORTS}/{receipt['number']}"))["number"] == receipt["number"]


@pytest.mark.parametrize("signed_in_first", [True, False])
def test_a_report_sent_again_after_a_log_in_began_or_ended_is_the_same(
        town: Town, texts: MemorySender, signed_in_first: bool) -> None:
    me, body = logged_in(town, texts, "13900139000"), citizen_report()
    first, again = (me, town.stranger) if signed_in_first else (town.stranger, me)
    receipt = ok(first.post(REPORTS, body), 201)
    assert ok(again.post(REPORTS, body), 201) == receipt
    assert [one["number"] for one in ok(me.get(REPORTS))["items"]] == [receipt["number"]] * signed_in_first
    problem(again.post(REPORTS, body | {"phone": "13700137000"}), 409)
    assert stored() == 1


def test_staff_do_not_report_as_citizens(town: Town) -> None:
    problem(town.operator.post(REPORTS, citizen_report()), 403)
    problem(town.platform().post(REPORTS, citizen_report()), 403)


def test_who_is_not_satisfied_has_it_done_again_by_the_same_department_and_may_judge_that(town: Town, time: SetClock) -> None:
    receipt = ok(town.stranger.post(REPORTS, citizen_report(phone="13900139000")), 201)
    case, me, address = filed(town, receipt), town.citizen(receipt), f"{REPORTS}/{receipt['number']}/rating"
    town.closed(case)
    rated = ok(me.post(address, {"score": 2, "comment": "还在晃"}), 201)
    assert (rated["outcome"], rated["status"], rated["department"], rated["rated"]) == ("rework", "dispatched", "水务局", 2)
    assert (rated["holder"], "rate" in rated["may"]) == ("水务局", False)
    problem(me.post(address, {"score": 5}), 409)
    time.passes(minutes=30)
    town.closed(case, ("pink", "cyan"))
    assert "rate" in progress(town, receipt)["may"]
    again = ok(me.post(address, {"score": 1}), 201)
    assert (again["outcome"], again["status"]) == ("supervised", "dispatched")
    time.passes(minutes=30)
    town.closed(case, ("navy", "gold"))
    assert ok(me.post(address, {"score": 3}), 201)["outcome"] == "kept"
    problem(me.post(address, {"score": 3}), 409)
    history = ok(town.supervisor.get(f"/api/v1/cases/{case}"))["history"]
    assert [one["facts"]["score"] for one in history if one["action"] == "rate"] == [2, 1, 3]
    assert "还在晃" not in str(history)


def test_every_open_case_says_who_has_it_and_until_when(town: Town, time: SetClock) -> None:
    receipt = ok(town.stranger.post(REPORTS, citizen_report()), 201)
    assert progress(town, receipt)["holder"] == "受理中心"
    town.jobs()
    case = town.case_of(receipt["number"])["number"]
    seen = []

    def look() -> None:
        now = progress(town, receipt)
        assert now["due_at"]
        seen.append((now["status"], now["holder"]))
    look()
    town.act(town.triage, case, "file", category="20101")  # nobody answers for rubbish by rule
    town.jobs()
    look()
    town.act(town.dispatcher, case, "dispatch", lead=str(town.departments["water"].id), reason="指定")
    look()
    town.act(town.water_head, case, "hand_back", ground="不属我局")
    look()
    town.act(town.adjudicator, case, "overrule", reason="属你局")
    town.act(town.water_handler, case, "sign")
    town.act(town.water_handler, case, "defer", reason="等材料", until="2026-03-20T10:00:00+08:00")
    town.act(town.dispatcher, case, "suspend")
    look()
    assert progress(town, receipt)["due_at"] == "2026-03-20T02:00:00Z"
    town.act(town.dispatcher, case, "resume")
    town.act(town.water_handler, case, "resolve", reply="已清", photos=[town.photo(town.water_handler, "red")])
    look()
    assert seen == [("reported", "受理中心"), ("filed", "派遣中心"), ("dispatched", "水务局"), ("returned", "裁定中心"),
                    ("suspended", "水务局"), ("resolved", "网格核查员")]


def test_the_page_is_read_in_english_too(town: Town) -> None:
    receipt = ok(town.stranger.post(REPORTS, citizen_report()), 201)
    filed(town, receipt)
    me, address = town.citizen(receipt), f"{REPORTS}/{receipt['number']}"
    now = ok(me.get(address, lang="en"))
    assert now["words"] == "sent to the department, which has yet to sign for it"
    assert [one["words"] for one in now["steps"]] == ["reported", "filed", "sent to the department"]
    english = Caller(town.app, me.headers | {"Accept-Language": "en-GB,en;q=0.9,zh;q=0.5"})
    assert ok(english.get(address))["words"] == now["words"]
    assert ok(english.get(REPORTS))["items"][0]["words"] == now["words"]
    assert ok(english.get(address, lang="zh"))["words"] == "已派遣，等待责任部门签收"
    for other in ("fr", "de;q=0.9", "*", "", "x" * 300):
        caller = Caller(town.app, me.headers | {"Accept-Language": other})
        assert ok(caller.get(address))["words"] == "已派遣，等待责任部门签收"
    assert set(problem(me.get(address, lang="fr"), 422)["fields"]) == {"lang"}


def test_what_a_citizen_says_it_is_about_is_kept_once_and_a_made_up_choice_is_refused(town: Town, time: SetClock) -> None:
    first = ok(town.stranger.post(REPORTS, citizen_report(phone="13900139000")), 201)
    filed(town, first)
    (known, *_) = ok(town.stranger.post("/api/v1/citizen/similar", {"text": "路边的井盖没了", "place": point(0, 4)}))["items"]
    for made_up in ("x", known["same_as"][:-2] + "xx", f"{'0' * 32}.9999999999.x"):
        body = citizen_report(text="路边的井盖丢了，很危险", place=point(0, 4), same_as=made_up)
        assert set(problem(town.stranger.post(REPORTS, body), 422)["fields"]) == {"same_as"}
    assert stored() == 1
    body = citizen_report(text="路边的井盖丢了，很危险", place=point(0, 4), same_as=known["same_as"])
    second = ok(town.stranger.post(REPORTS, body), 201)
    assert ok(town.stranger.post(REPORTS, body), 201) == second
    assert (stored(), stored(Choice)) == (2, 1)
    time.passes(hours=7)  # the phone had no network
    ok(town.stranger.post(REPORTS, body | {"key": key()}), 201)
    assert (stored(), stored(Choice)) == (3, 1)
