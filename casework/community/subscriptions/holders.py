"""Who follows: found by what a request shows, and made when the first thing is followed."""
import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import clock
from casework.cases import subscribers
from casework.cases.subscribers import Subscriber
from casework.cases.wording import Language
from casework.errors import Conflict, NotFound
from casework.identity.followers import Follower
from casework.identity.people import Actor
from casework.identity.sealing import blind_index
from casework.storage.database import insert_once, new_id


@dataclass(frozen=True)
class Holder:
    """Somebody who may follow: the one column of his row that is not empty, and its value."""

    column: str
    value: uuid.UUID | str

    def find(self, db: Session, *, to_change: bool = False) -> Subscriber | None:
        """His row, if he follows or followed something."""
        wanted = select(Subscriber).where(getattr(Subscriber, self.column) == self.value)
        return db.scalar(wanted.with_for_update() if to_change else wanted)

    def make(self, db: Session, language: Language | None = None) -> Subscriber:
        """His row, locked; new if there was none, so that two requests at once make one."""
        now = clock.now()
        row = {"id": new_id(), self.column: self.value, "language": language or Language.ZH, "created_at": now, "seen_at": now}
        insert_once(db, Subscriber, [row], on=(self.column,))
        found = self.find(db, to_change=True)
        assert found is not None  # noqa: S101 - it was inserted, or was there
        found.seen_at, found.language = now, language or found.language
        return found


def of_caller(actor: Actor, secret: uuid.UUID | None = None) -> Holder:
    """Who has proved a phone or has our page open in WeChat; else whoever shows a report's token; else
    the list that a browser keeps under this secret.

    A token does not stand for the phone or the account that its report names: it is passed on, and who holds it must not be
    able to have messages sent to somebody. Raises Conflict for a caller who shows nothing.
    """
    if actor.phone_index and actor.id:
        return Holder("citizen_id", actor.id)
    if actor.openid_index and actor.id:
        return Holder("follower_id", actor.id)
    if actor.report_id:
        return Holder("report_id", actor.report_id)
    if secret:
        return Holder("list_index", blind_index("subscription list", secret.hex))
    raise Conflict("log in with your phone, show the tracking token of your report, or name a list of your own")


def of_follower(follower: Follower) -> Holder:
    """A person in WeChat, who has written to the account."""
    return Holder("follower_id", follower.id)


def of_link(db: Session, token: str) -> Subscriber:
    """Who got a message with this link. Raises NotFound, also once he is forgotten."""
    found = subscribers.of_token(db, token)
    if found is None:
        raise NotFound("this link leads nowhere, or nothing is followed any more")
    return found
