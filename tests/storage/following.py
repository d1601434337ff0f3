"""Somebody who follows: with a proved phone, in WeChat, or on a page; and what he was told."""
from sqlalchemy import select

from casework.cases import publication
from casework.cases.case import Case
from casework.cases.report import Receipt
from casework.cases.subscribers import Follow, Rhythm
from casework.cases.wording import Language
from casework.community import subscriptions
from casework.community.subscriptions import Kind, Wish
from casework.identity import followers
from casework.identity.people import Actor, Citizen, Role
from casework.identity.privacy import blind_index, seal
from casework.notifications.messages import Message
from casework.storage.database import reading, transaction
from tests.factories import case_of

APP_ID = "wx5823bf96d3bd56c7"
COMMUNITY, NEIGHBOUR = "440301001001", "440301001002"


def citizen(phone: str) -> Actor:
    """Whoever has proved this phone."""
    index = blind_index("phone", phone)
    with transaction() as db:
        found = db.scalar(select(Citizen).where(Citizen.phone_index == index))
        if found is None:
            found = Citizen(phone=seal(phone), phone_index=index)
            db.add(found)
            db.flush()
        return Actor("citizen", found.id, "市民", frozenset({Role.CITIZEN}), phone_index=index)


def number_of(receipt: Receipt) -> str:
    with reading() as db:
        return case_of(db, receipt).number


def published(receipt: Receipt) -> Receipt:
    """Its case is as public as the policy lets it be."""
    with transaction() as db:
        publication.follow(db, [case_of(db, receipt).id])
    return receipt


def follows(actor: Actor, kind: Kind, what: str, *, category: str | None = None, area: str | None = None,
            rhythm: Rhythm | None = None, language: Language | None = None) -> Follow:
    wish = Wish(kind=kind, what=what, category=category, area=area, rhythm=rhythm, language=language)
    with transaction() as db:
        return subscriptions.follow(db, subscriptions.of_caller(actor), actor, wish)


def follows_case(actor: Actor, receipt: Receipt, rhythm: Rhythm | None = None) -> Follow:
    return follows(actor, Kind.CASE, number_of(receipt), rhythm=rhythm)


def in_wechat(openid: str = "oAbC") -> followers.Follower:
    with transaction() as db:
        return followers.meet(db, APP_ID, openid)


def told_followers() -> list[str]:
    """All that followers were told, the oldest first."""
    with reading() as db:
        return list(db.scalars(select(Message.text).where(Message.subscriber_id.is_not(None))
                               .order_by(Message.created_at, Message.id)))


def taken_back(receipt: Receipt) -> None:
    """A moderator holds it back."""
    with transaction() as db:
        case = case_of(db, receipt)
        row = db.get_one(publication.Publication, case.id)
        publication.settle(db, case, row, publication.State.WITHHELD, reason="误公开")


def case_number(number: str) -> Case:
    with reading() as db:
        return db.scalars(select(Case).where(Case.number == number)).one()
