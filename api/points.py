"""积分: what a citizen has and why, what can be had for it, and what the staff decide: rules, rewards, corrections, codes."""
import uuid
from typing import Any

import marshmallow as ma
from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import limits
from api.auth import caller, requires
from api.blueprint import Blueprint
from api.cases import public_number
from api.choosing import LanguageIn
from api.fields import Cursor, Moment, PageIn, Text, Whole, page_of
from api.listing import listed, plain
from api.wording import language_of
from casework.cases import search
from casework.community import persons
from casework.community.points import explaining, ledger, rewards, rules
from casework.community.points.ledger import Account
from casework.community.points.rewards import Redemption, Reward, State
from casework.community.points.rules import MOST, Rule
from casework.errors import Fault, Invalid, NotFound
from casework.identity.privacy import blind_index
from casework.storage.database import reading, transaction

blueprint = Blueprint("points", __name__, url_prefix="/api/v1", description="积分 Points")

LARGEST_STOCK = 1_000_000


class CountsOut(ma.Schema):
    """One thing that counts, and how much of its limits I have used."""

    rule = ma.fields.String()
    words = ma.fields.String()
    points = ma.fields.Integer()
    day_limit = ma.fields.Integer(allow_none=True, metadata={"description": "points a day of the city; null for none"})
    month_limit = ma.fields.Integer(allow_none=True)
    today = ma.fields.Integer(metadata={"description": "used of the day's limit"})
    this_month = ma.fields.Integer()


class PointLineOut(ma.Schema):
    """One line of my ledger."""

    number = ma.fields.Integer()
    at = Moment()
    day = ma.fields.Date(metadata={"description": "whose limits it counts in"})
    words = ma.fields.String()
    points = ma.fields.Integer()
    balance = ma.fields.Integer(metadata={"description": "after this line"})
    report = ma.fields.String(allow_none=True, metadata={"description": "number of the report that it is about"})
    note = ma.fields.String(allow_none=True, metadata={"description": "why the staff wrote it"})


class MyPointsIn(PageIn, LanguageIn):
    """A page of my lines."""

    cursor = Cursor(int, metadata={"description": "`next` of the page before"})


class MyPointsOut(ma.Schema):
    """What I have, what counts, and every line, the latest first."""

    balance = ma.fields.Integer()
    counts = ma.fields.List(ma.fields.Nested(CountsOut()))
    lines = ma.fields.List(ma.fields.Nested(PointLineOut()))
    next = ma.fields.String(allow_none=True, metadata={"description": "cursor of the next page of lines; null at the end"})


class RewardIn(ma.Schema):
    """A reward as it is offered."""

    zh = Text(120, required=True)
    en = Text(120, required=True)
    points = Whole(1, 1_000_000, required=True)
    stock = Whole(0, LARGEST_STOCK, required=True)
    active = ma.fields.Boolean()


class RewardChangesIn(ma.Schema):
    """What is given holds from now on; the rest stays."""

    zh = Text(120)
    en = Text(120)
    points = Whole(1, 1_000_000)
    stock = Whole(0, LARGEST_STOCK)
    active = ma.fields.Boolean()


class RewardOut(ma.Schema):
    """A reward and how many are left."""

    id = ma.fields.UUID()
    zh = ma.fields.String()
    en = ma.fields.String()
    points = ma.fields.Integer()
    stock = ma.fields.Integer()
    active = ma.fields.Boolean()


class RewardsOut(ma.Schema):
    """What is to be had, the cheapest first."""

    items = ma.fields.List(ma.fields.Nested(RewardOut()))


class RewardsIn(PageIn):
    """A page of all rewards."""

    cursor = Cursor(uuid.UUID)


class RedeemIn(ma.Schema):
    """Which reward. The key is made by the page, so that a resend is harmless."""

    key = ma.fields.UUID(required=True)
    reward = ma.fields.UUID(required=True)


class RedemptionOut(ma.Schema):
    """A redemption; the code is shown where the reward is handed out."""

    code = ma.fields.String()
    zh = ma.fields.String()
    en = ma.fields.String()
    points = ma.fields.Integer()
    state = ma.fields.Enum(State, by_value=True)
    at = Moment()
    decided_at = Moment(allow_none=True)
    reason = ma.fields.String(allow_none=True)


class RedemptionsOut(ma.Schema):
    """What I asked for, the latest first."""

    items = ma.fields.List(ma.fields.Nested(RedemptionOut()))


class PointRuleIn(ma.Schema):
    """What is given holds from now on; the rest stays."""

    points = Whole(-MOST, MOST, metadata={"description": "below zero for the rule that takes"})
    zh = Text(120)
    en = Text(120)
    day_limit = Whole(0, 10_000, allow_none=True, metadata={"description": "points a day; null for none"})
    month_limit = Whole(0, 100_000, allow_none=True)
    branches = ma.fields.List(Text(12), validate=ma.validate.Length(max=50), metadata={
        "description": "beginnings of the category codes that count; none: all"})
    active = ma.fields.Boolean()


class PointRuleOut(ma.Schema):
    """A rule as it holds."""

    code = ma.fields.String()
    points = ma.fields.Integer()
    zh = ma.fields.String()
    en = ma.fields.String()
    day_limit = ma.fields.Integer(allow_none=True)
    month_limit = ma.fields.Integer(allow_none=True)
    branches = ma.fields.List(ma.fields.String())
    active = ma.fields.Boolean()


class PointRulesOut(ma.Schema):
    """Every rule."""

    items = ma.fields.List(ma.fields.Nested(PointRuleOut()))


class CorrectionIn(ma.Schema):
    """Whose points, by a phone or by a report of theirs; how many; and why, in words that the citizen reads."""

    key = ma.fields.UUID(required=True)
    phone = Text(32)
    report = Text(32, metadata={"description": "number of a report"})
    points = Whole(-100_000, 100_000, required=True)
    reason = Text(ledger.LONGEST_NOTE, required=True)


class CorrectedOut(ma.Schema):
    """The line that was written."""

    number = ma.fields.Integer()
    points = ma.fields.Integer()
    balance = ma.fields.Integer()
    note = ma.fields.String()


class CallOffIn(ma.Schema):
    """Why."""

    reason = Text(ledger.LONGEST_NOTE, required=True)


@blueprint.operation("GET", "/citizen/points", requires("points.own"), query=MyPointsIn(), answer=MyPointsOut())
def mine(query: dict[str, Any]) -> dict[str, Any]:
    """My points: how many, what counts and how much of today's limits is left, and each line in words.

    What was reported before the phone was proved counts as well.
    """
    language = language_of(query)
    with reading() as db:
        account = _account(db)
        lines, following = explaining.lines(db, account, language, before=query["cursor"][0] if "cursor" in query else None,
                                            limit=query["limit"])
        return {"balance": account.balance if account else 0, "counts": explaining.counts(db, account, language),
                "lines": lines, "next": Cursor.write([following]) if following else None}


@blueprint.operation("GET", "/citizen/points/rewards", requires("points.own"), answer=RewardsOut())
def offered() -> dict[str, Any]:
    """What can be had for points now."""
    with reading() as db:
        return {"items": [plain(one, RewardOut) for one in rewards.offered(db)]}


@blueprint.operation("GET", "/citizen/points/redemptions", requires("points.own"), answer=RedemptionsOut())
def asked_for() -> dict[str, Any]:
    """What I asked for, with the codes."""
    with reading() as db:
        account = _account(db)
        return {"items": [_redemption(db, one) for one in rewards.of_account(db, account)] if account else []}


@blueprint.operation("POST", "/citizen/points/redemptions", requires("points.own"), body=RedeemIn(), answer=RedemptionOut(),
                     status=201, limit=limits.reports, example={"key": "018f3c1e-7b5a-7c2d-9e4f-0123456789ab",
                                                                "reward": "018f3c1e-7b5a-7c2d-9e4f-0123456789ac"})
def redeem(body: dict[str, Any]) -> dict[str, Any]:
    """Spend points on a reward. 409 when there are too few points, or nothing is left."""
    with transaction() as db:
        person = persons.of(db, caller())
        return _redemption(db, rewards.redeem(db, ledger.held(db, person.id), body["key"], body["reward"]))


@blueprint.operation("GET", "/admin/points/rules", requires("points.manage"), answer=PointRulesOut())
def all_rules() -> dict[str, Any]:
    """Every rule as it holds."""
    with reading() as db:
        return {"items": [_rule(one) for one in rules.current(db).values()]}


@blueprint.operation("POST", "/admin/points/rules/<code>", requires("points.manage"), body=PointRuleIn(),
                     answer=PointRuleOut(), example={"points": 5, "day_limit": 20, "month_limit": 200})
def change_rule(code: str, body: dict[str, Any]) -> dict[str, Any]:
    """Change a rule; lines that were written stay as they are."""
    with transaction() as db:
        return _rule(rules.change(db, caller(), code, body))


@blueprint.operation("GET", "/admin/points/rewards", requires("points.manage"), query=RewardsIn(),
                     answer=page_of(RewardOut()))
def all_rewards(query: dict[str, Any]) -> Response:
    """All rewards, those included that are not offered."""
    return listed(select(Reward), Reward.id, query, RewardOut)


@blueprint.operation("POST", "/admin/points/rewards", requires("points.manage"), body=RewardIn(), answer=RewardOut(),
                     status=201, example={"zh": "帆布袋", "en": "a canvas bag", "points": 50, "stock": 200})
def offer(body: dict[str, Any]) -> dict[str, Any]:
    """Offer a new reward."""
    with transaction() as db:
        return plain(rewards.keep(db, caller(), body), RewardOut)


@blueprint.operation("POST", "/admin/points/rewards/<uuid:reward>", requires("points.manage"), body=RewardChangesIn(),
                     answer=RewardOut(), example={"stock": 300})
def change_reward(reward: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Change a reward in what is given; redemptions keep the points that they took."""
    with transaction() as db:
        return plain(rewards.keep(db, caller(), body, reward), RewardOut)


@blueprint.operation("POST", "/admin/points/corrections", requires("points.correct"), body=CorrectionIn(),
                     answer=CorrectedOut(), status=201, example={
                         "key": "018f3c1e-7b5a-7c2d-9e4f-0123456789ab", "report": "ZW260302-7K3F9-Q2MXA", "points": 5,
                         "reason": "核查时误判为不属实，补回积分"})
def correct(body: dict[str, Any]) -> dict[str, Any]:
    """Write a correcting line with its reason; nothing that stands in the ledger is ever changed."""
    with transaction() as db:
        account = ledger.held(db, _whose(db, body))
        return plain(ledger.correct(db, account, caller(), body["points"], key=body["key"], why=body["reason"]), CorrectedOut)


@blueprint.operation("GET", "/points/redemptions/<code>", requires("rewards.hand_out"), answer=RedemptionOut())
def look_up(code: str) -> dict[str, Any]:
    """The redemption of a code that somebody shows."""
    with reading() as db:
        return _redemption(db, rewards.find(db, code))


@blueprint.operation("POST", "/points/redemptions/<code>/hand-out", requires("rewards.hand_out"), answer=RedemptionOut())
def hand_out(code: str) -> dict[str, Any]:
    """The reward was handed out. 409 when that was done before, or it was called off."""
    with transaction() as db:
        return _redemption(db, rewards.hand_out(db, caller(), code))


@blueprint.operation("POST", "/points/redemptions/<code>/void", requires("rewards.hand_out"), body=CallOffIn(),
                     answer=RedemptionOut(), example={"reason": "奖品已停发"})
def void(code: str, body: dict[str, str]) -> dict[str, Any]:
    """Call a redemption off: points and stock are back."""
    with transaction() as db:
        return _redemption(db, rewards.void(db, caller(), code, body["reason"]))


def _account(db: Session) -> Account | None:
    """The caller's own, if there is one."""
    person = persons.known(db, caller())
    return ledger.account_of(db, person.id) if person else None


def _whose(db: Session, body: dict[str, Any]) -> uuid.UUID:
    """The person whom a correction is about. Raises Invalid, NotFound."""
    if ("phone" in body) == ("report" in body):
        raise Invalid("say whose points", Fault("phone", "give a phone, or the number of a report"))
    if "phone" in body:
        return persons.with_tie(db, ("phone_index", blind_index("phone", body["phone"]))).id
    report, _ = search.find_report_of_case(db, caller(), public_number(body["report"]))
    tie = persons.ties_of(db, [report]).get(report.id)
    if tie is None:
        raise NotFound("nobody has points for this report")
    return persons.with_tie(db, tie).id


def _redemption(db: Session, one: Redemption) -> dict[str, Any]:
    reward = db.get_one(Reward, one.reward_id)
    return {"code": one.code, "zh": reward.zh, "en": reward.en, "points": one.points, "state": one.state, "at": one.at,
            "decided_at": one.decided_at, "reason": one.reason}


def _rule(one: Rule) -> dict[str, Any]:
    return plain(one, PointRuleOut) | {"branches": list(one.branches)}
