"""The hotline hands over tickets, one or five hundred: each is stored once or refused for itself, with its own answer."""
import secrets
from concurrent.futures import ThreadPoolExecutor

import orjson
from sqlalchemy import select

from casework import clock
from casework.cases.report import Report
from casework.identity.people import Role, create_post, create_user
from casework.identity.privacy import blind_index
from casework.identity.sessions import signature_of, tokens
from casework.intake.hotline.updates import TicketUpdate
from casework.storage.database import reading, transaction
from tests.api.town import Caller, Town, ok, point, problem, stored, ticket
from tests.conftest import SetClock

TICKETS = "/api/v1/hotline/tickets"


def test_a_call_goes_from_the_platform_to_an_answered_case(town: Town) -> None:
    (result,) = ok(town.platform().post(TICKETS, {"tickets": [ticket(number="T-1")]}))["results"]
    assert (result["ticket"], result["status"], result["errors"]) == ("T-1", 201, [])
    town.jobs()
    (row,) = town.listed(town.office_handler)
    number = row["number"]
    town.act(town.office_handler, number, "sign")
    resolved = town.act(town.office_handler, number, "resolve", reply="主管爆裂，今晚十点恢复供水")
    assert resolved["turn"] == "operator"
    problem(town.office_handler.post(f"/api/v1/cases/{number}/accept", {"finding": "满意"}), 403)
    closed = town.act(town.operator, number, "accept", finding="来电人认可")
    assert closed["status"] == "closed"
    assert [one["number"] for one in closed["reports"]] == [result["number"]]


def test_a_single_ticket_comes_as_it_is(town: Town) -> None:
    one = ticket()
    (result,) = ok(town.operator.post(TICKETS, one))["results"]
    assert (result["status"], result["ticket"]) == (201, one["number"])


def test_a_ticket_with_nul_is_refused_alone(town: Town) -> None:
    good, bad = ticket(number="N1"), ticket(number="N2", detail="停\0水")
    first, second = ok(town.platform().post(TICKETS, {"tickets": [good, bad]}))["results"]
    assert (first["status"], second["status"], second["ticket"]) == (201, 422, "N2")
    assert [fault["field"] for fault in second["errors"]] == ["detail"]


def test_five_hundred_tickets_have_five_hundred_answers_in_their_order(town: Town) -> None:
    sent = [ticket(number=f"N{place}") for place in range(500)]
    for place in range(7, 500, 50):
        sent[place] = ticket(number=f"N{place}", subject=None)
    results = ok(town.platform().post(TICKETS, {"tickets": sent}))["results"]
    assert [one["ticket"] for one in results] == [one["number"] for one in sent]
    refused = [place for place, one in enumerate(results) if one["status"] == 422]
    assert refused == list(range(7, 500, 50))
    assert {one["field"] for place in refused for one in results[place]["errors"]} == {"subject"}
    assert len({one["number"] for one in results if one["status"] == 201}) == 490 == stored()


def test_one_more_than_five_hundred_or_none_is_refused_whole(town: Town) -> None:
    one = ticket()
    for tickets in ([], [one] * 501, {"0": one}, "tickets", None, 5):
        assert set(problem(town.operator.post(TICKETS, {"tickets": tickets}), 422)["fields"]) == {"tickets"}
    for body in ([one], "x", 1, None):
        problem(town.operator.post(TICKETS, orjson.dumps(body)), 422)
    problem(town.operator.post(TICKETS, {"tickets": [one], "more": 1}), 422)
    assert stored() == 0


WRONG: dict[str, tuple[object, set[str]]] = {
    "nothing": ({}, {"number", "subject", "detail"}), "a text": ("停水", {""}), "null": (None, {""}), "a list": ([], {""}),
    "unknown": (ticket(district="云湖区"), {"district"}), "a number that is a number": (ticket(number=5), {"number"}),
    "blank": (ticket(detail="  "), {"detail"}), "too long": (ticket(subject="长" * 501), {"subject"}),
    "a long name": (ticket(caller_name="王" * 81), {"caller_name"}), "a place": (ticket(place="东门"), {"place"}),
    "a time": (ticket(called_at="10:00"), {"called_at"}), "urgent": (ticket(urgent="very"), {"urgent"}),
}


def test_a_wrong_ticket_does_not_hold_up_the_others(town: Town) -> None:
    sent = [ticket(), *(one for one, _ in WRONG.values()), ticket()]
    results = ok(town.operator.post(TICKETS, {"tickets": sent}))["results"]
    assert [one["status"] for one in results] == [201, *[422] * len(WRONG), 201]
    for (what, (_, fields)), result in zip(WRONG.items(), results[1:-1], strict=True):
        assert {one["field"] for one in result["errors"]} == fields, what
    assert stored() == 2


def test_handed_over_again_nothing_is_new_and_the_numbers_are_the_same(town: Town, time: SetClock) -> None:
    platform, sent = town.platform(), [ticket() for _ in range(5)]
    first = ok(platform.post(TICKETS, {"tickets": sent}))
    time.passes(hours=3)
    mixed = ok(platform.post(TICKETS, {"tickets": [ticket(), *reversed(sent)]}))
    assert mixed["results"][1:] == first["results"][::-1]
    assert stored() == 6


def test_the_same_batch_from_six_threads_is_stored_once(town: Town) -> None:
    operator, sent = town.operator, {"tickets": [ticket() for _ in range(40)]}
    with ThreadPoolExecutor(6) as pool:
        answers = [ok(one) for one in pool.map(lambda _: operator.post(TICKETS, sent), range(6))]
    assert all(one == answers[0] for one in answers)
    assert stored() == 40


def test_overlapping_batches_in_any_order_are_stored_once(town: Town) -> None:
    operator, sent = town.operator, [ticket() for _ in range(60)]
    batches = [sent, sent[::-1], sent[20:], sent[:40][::-1]]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda batch: operator.post(TICKETS, {"tickets": batch}), batches))
    numbers: dict[str, set[str]] = {}
    for answer in answers:
        if answer.status_code == 503:  # two batches waited for each other; the sender is told to try again
            assert answer.headers["Retry-After"]
            continue
        for one in ok(answer)["results"]:
            numbers.setdefault(one["ticket"], set()).add(one["number"])
    assert stored() == 60
    assert {len(one) for one in numbers.values()} == {1}


def test_a_number_twice_in_one_batch_is_one_report(town: Town) -> None:
    one = ticket(number="T-1")
    results = ok(town.operator.post(TICKETS, {"tickets": [one, one, one | {"detail": "是另一件事"}]}))["results"]
    assert [result["status"] for result in results] == [201, 201, 200]
    assert len({result["number"] for result in results}) == 1 == stored()


def test_a_ticket_that_comes_again_with_something_else_is_updated_and_never_edited(town: Town) -> None:
    platform, one = town.platform(), ticket(number="T-1")
    number = ok(platform.post(TICKETS, one))["results"][0]["number"]
    town.jobs()
    new = one | {"detail": "仍未恢复供水，三楼以上", "caller_phone": "13900139000", "confidential": True}
    for _ in range(2):
        assert ok(platform.post(TICKETS, new))["results"] == [{"ticket": "T-1", "status": 200, "number": number, "errors": []}]
    assert ok(platform.post(TICKETS, one))["results"][0]["status"] == 201, "an older one changes nothing"
    town.jobs()
    case = town.case_of(number)
    (report,) = [report for report in case["reports"] if report["number"] == number]
    assert (report["text"], report["confidential"], stored()) == (one["detail"], True, 1)
    said = [comment["text"] for comment in ok(town.supervisor.get(f"/api/v1/cases/{case['number']}/comments"))["items"]]
    assert len(said) == 1
    assert "仍未恢复供水" in said[0]
    assert "13900139000" not in said[0]


def test_a_colleagues_number_is_refused_and_changes_nothing(town: Town) -> None:
    one = ticket(number="T-1")
    ok(town.operator.post(TICKETS, one))
    with transaction() as db:
        user = create_user(db, "colleague", "Colleague")
        create_post(db, "operator", Role.OPERATOR, holder_id=user.id)
        other = Caller(town.app, {"Authorization": f"Bearer {tokens.begin(db, user_id=user.id).access}"})
    (result,) = ok(other.post(TICKETS, one | {"detail": "是另一件事", "caller_phone": "13900139000"}))["results"]
    assert (result["status"], result["number"], result["errors"][0]["field"]) == (409, None, "number")
    assert ok(other.post(TICKETS, one))["results"][0]["status"] == 201, "the same ticket, whoever sends it"
    with reading() as db:
        assert db.scalars(select(TicketUpdate)).all() == []
        assert db.scalars(select(Report.reporter_phone_index)).one() == blind_index("phone", one["caller_phone"])


def test_an_operator_says_that_it_is_known_already(town: Town) -> None:
    first = ok(town.operator.post(TICKETS, ticket(category="10101", detail="井盖没了", subject="井盖", place=point(0))))
    town.jobs()
    case = town.case_of(first["results"][0]["number"])
    again = ticket(subject="井盖", detail="还是那个井盖的事", category="10101", place=point(0), same_as=case["number"])
    (result,) = ok(town.operator.post(TICKETS, again))["results"]
    assert ok(town.operator.post(TICKETS, again))["results"] == [result]
    town.jobs()
    assert town.case_of(result["number"])["number"] == case["number"]
    both = {"tickets": [ticket(same_as="AJ261122-AAAAA-AAAAA"), ticket()]}
    (refused, kept) = ok(town.operator.post(TICKETS, both))["results"]
    assert (refused["status"], refused["errors"][0]["field"], kept["status"]) == (422, "same_as", 201)


def test_platforms_have_numbers_of_their_own(town: Town) -> None:
    one, callers = ticket(number="T-1"), (town.platform("A"), town.platform("B"), town.operator, town.operator)
    numbers = {ok(caller.post(TICKETS, one))["results"][0]["number"] for caller in callers}
    assert len(numbers) == 3 == stored()


def test_a_signed_request_counts_once_and_only_as_signed(town: Town, time: SetClock) -> None:
    platform, raw = town.platform(), orjson.dumps({"tickets": [ticket()]})
    headers = platform.signed(TICKETS, raw)

    def send(body: bytes, path: str = TICKETS) -> int:
        return town.app.test_client().post(path, data=body, content_type="application/json", headers=headers).status_code
    assert send(raw.replace("停水".encode(), "停电".encode())) == 401
    assert send(raw, f"{TICKETS}?x=1") == 401
    assert send(raw) == 200
    assert send(raw) == 401
    headers = platform.signed(TICKETS, raw)
    time.passes(minutes=6)
    assert send(raw) == 401
    assert stored() == 1


def test_a_revoked_platform_is_turned_away_and_a_new_secret_works_beside_the_old(town: Town) -> None:
    made = ok(town.administrator.post("/api/v1/admin/clients", {"name": "12345", "roles": ["platform"]}), 201)
    body = orjson.dumps(ticket())

    def send(secret: str) -> int:
        at, nonce = str(int(clock.now().timestamp())), secrets.token_hex(16)
        signature = signature_of(secret, "POST", TICKETS, at, nonce, body)
        headers = {"Authorization": f"ZW-HMAC key={made['key_id']}, time={at}, nonce={nonce}, signature={signature}"}
        return town.app.test_client().post(TICKETS, data=body, content_type="application/json", headers=headers).status_code
    assert send(made["secret"]) == 200
    new = ok(town.administrator.post(f"/api/v1/admin/clients/{made['id']}/secret"), 201)
    assert new["secret"] != made["secret"]
    assert (send(new["secret"]), send(made["secret"]), send("guess")) == (200, 200, 401)
    assert town.administrator.post(f"/api/v1/admin/clients/{made['id']}/revoke").status_code == 204
    assert send(new["secret"]) == 401


def test_only_operators_and_platforms_hand_over(town: Town) -> None:
    problem(town.stranger.post(TICKETS, ticket()), 401)
    for somebody in (town.li, town.water_handler, town.administrator):
        problem(somebody.post(TICKETS, ticket()), 403)


def test_who_called_is_nowhere_in_the_answer_or_in_the_clear(town: Town) -> None:
    answer = town.operator.post(TICKETS, ticket())
    assert "13800138000" not in answer.text
    assert "王小明" not in answer.text
    with reading() as db:
        row = db.connection().exec_driver_sql("SELECT * FROM reports").mappings().one()
    everything = "".join(str(value) if not isinstance(value, (bytes, memoryview)) else bytes(value).decode("latin-1")
                         for value in row.values())
    assert "13800138000" not in everything
    assert "王小明" not in everything


def test_text_that_looks_like_code_is_kept_as_said(town: Town) -> None:
    said = "'); DROP TABLE reports;-- <script>alert(1)</script> {{7*7}} %s \u202e \U0001f4a7"
    ok(town.operator.post(TICKETS, ticket(detail=said)))
    with reading() as db:
        assert db.scalars(select(Report.text)).one() == said
