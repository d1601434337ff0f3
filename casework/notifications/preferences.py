"""How somebody wants to be told: in which language, which kinds of message not by which way, and at which mail address."""
import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.cases.wording import Language
from casework.errors import Conflict, Fault, Invalid
from casework.identity.people import Actor
from casework.identity.privacy import Sealed, SealedText, seal
from casework.notifications.rules import NECESSARY, Kind, Via
from casework.storage.database import Base, Keyed, insert_once, new_id

CITIZENS = frozenset({Via.SMS, Via.PAGE})
STAFF = frozenset({Via.MAIL})
"""What each may turn off. A department's desk is shared, so the inbox is nobody's to turn off."""

AT_ONCE = 5000
ADDRESS = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+"


class Preference(Keyed, Base):
    """What the holder of a phone, the sender of one report, or a person who works here has chosen. Who has chosen nothing
    has no row.

    A tracking token chooses for its one report only: whoever sends a report may name any phone, and must not silence what
    its holder is told of others. Who has proved the phone chooses for all that comes to it.
    """

    __tablename__ = "message_preferences"
    phone_index: Mapped[str | None] = mapped_column(unique=True)
    report_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("reports.id"), unique=True)
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), unique=True)
    language: Mapped[Language] = mapped_column(default=Language.ZH)
    off: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Way → kinds that do not come by it."""
    mail: Mapped[SealedText | None] = mapped_column(Sealed("message_preferences.mail"))
    """Of those who work here: with an address, what is for them or for their desk is mailed as well."""
    seen_until: Mapped[datetime | None]
    """What came to the inbox until then has been read."""
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)

    def takes(self, via: Via, kind: Kind) -> bool:
        """Whether messages of this kind may come this way."""
        return kind not in self.off.get(via, ())


def of(db: Session, actor: Actor) -> Preference:
    """What the actor has chosen, or the defaults. Raises Conflict for a citizen who has shown nothing, or no more than
    an account in WeChat: he chooses there."""
    column, value = _whose(actor)
    found = db.scalar(select(Preference).where(getattr(Preference, column) == value))
    return found or Preference(**{column: value}, language=Language.ZH, off={})


def choose(db: Session, actor: Actor, *, language: Language | None = None, off: Mapping[str, Iterable[str]] | None = None,
           mail: str | None = None) -> Preference:
    """Keep what is given; the rest stays. `mail` "" forgets the address.

    Raises Invalid for a way that is not the actor's to turn off, for necessary news of the tracking page, for a faulty
    address; Conflict as of() does.
    """
    column, value = _whose(actor)
    plain: dict[str, Any] = {"id": new_id(), column: value, "language": Language.ZH, "off": {}, "changed_at": clock.now()}
    insert_once(db, Preference, [plain], on=(column,))
    kept = db.scalars(select(Preference).where(getattr(Preference, column) == value).with_for_update()).one()
    if language is not None:
        kept.language = language
    if off is not None:
        kept.off = _checked(off, STAFF if actor.kind == "user" else CITIZENS)
    if mail is not None:
        kept.mail = _address(mail, actor)
    kept.changed_at = clock.now()
    return kept


def seen(db: Session, actor: Actor, until: datetime) -> None:
    """The actor has read the inbox up to this moment; an earlier one than before changes nothing. inbox.seen() knows how far
    that can be."""
    kept = choose(db, actor)
    if kept.seen_until is None or kept.seen_until < until:
        kept.seen_until = until


def of_many(db: Session, phones: Iterable[str], ids: Iterable[uuid.UUID]) -> dict[str | uuid.UUID, Preference]:
    """The choices of these phones, and of these reports and people, by blind index or id; who has chosen nothing is
    missing."""
    keys: list[str | uuid.UUID] = [*set(phones), *set(ids)]
    found: dict[str | uuid.UUID, Preference] = {}
    for start in range(0, len(keys), AT_ONCE):  # a problem that half the city reports has more readers than a query may name
        part = keys[start:start + AT_ONCE]
        named = [one for one in part if isinstance(one, uuid.UUID)]
        chosen = select(Preference).where(or_(
            Preference.phone_index.in_([one for one in part if isinstance(one, str)]),
            Preference.report_id.in_(named), Preference.user_id.in_(named)))
        found |= {key: one for one in db.scalars(chosen) if (key := one.phone_index or one.report_id or one.user_id)}
    return found


def _whose(actor: Actor) -> tuple[str, str | uuid.UUID]:
    """The column that the actor's choices stand under, and its value."""
    if actor.kind == "user" and actor.id:
        return "user_id", actor.id
    if actor.phone_index:
        return "phone_index", actor.phone_index
    if actor.report_id:
        return "report_id", actor.report_id
    if actor.openid_index:  # whoever comes from WeChat alone
        raise Conflict("an account in WeChat has no choices of its own here: write 退订 in the chat to end what you follow, "
                       "or turn messages off in WeChat; to choose, log in with your phone, or show a report's tracking token")
    raise Conflict("show the tracking token of your report, or log in with your phone")


def _checked(off: Mapping[str, Iterable[str]], own: frozenset[Via]) -> dict[str, list[str]]:
    faults, made = [], dict[str, list[str]]()
    for way, kinds in off.items():
        if way not in own:
            faults.append(Fault(f"off.{way}", f"only {', '.join(sorted(own))} can be turned off"))
            continue
        made[way] = sorted(set(kinds))
        if unknown := set(kinds) - set(Kind):
            faults.append(Fault(f"off.{way}", f"there is no kind {', '.join(sorted(unknown))}"))
        if way == Via.PAGE and (needed := NECESSARY & set(kinds)):
            faults.append(Fault(f"off.{way}", f"{', '.join(sorted(needed))} always stands on the tracking page"))
    if faults:
        raise Invalid("this cannot be turned off", *faults)
    return made


def _address(mail: str, actor: Actor) -> SealedText | None:
    if not mail:
        return None
    if actor.kind != "user":
        raise Invalid("citizens are told by SMS", Fault("mail", "only people who work here get mail"))
    if len(mail) > 254 or not re.fullmatch(ADDRESS, mail):
        raise Invalid("this is no mail address", Fault("mail", "must look like name@example.org"))
    return seal(mail)
