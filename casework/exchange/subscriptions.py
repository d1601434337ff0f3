"""Which platform is told by webhook: where, of what, and signed with which secret."""
import ipaddress
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, settings
from casework.errors import Fault, Invalid, NotFound
from casework.identity.people import Role
from casework.identity.privacy import Sealed, SealedText, seal
from casework.identity.sessions.clients import Client
from casework.storage.database import Base, Keyed


class Subscription(Keyed, Base):
    """A platform's webhook; `events` empty means all. The secret is sealed, not hashed: each delivery is signed with it."""

    __tablename__ = "exchange_subscriptions"
    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clients.id"), unique=True)
    url: Mapped[str]
    secret: Mapped[SealedText] = mapped_column(Sealed("exchange_subscriptions.secret"))
    events: Mapped[list[str]]
    active: Mapped[bool] = mapped_column(default=True)
    rests_until: Mapped[datetime | None]
    """Nobody answered there a moment ago."""
    changed_at: Mapped[datetime]

    def wants(self, event: str) -> bool:
        """Whether it is told of this event."""
        return not self.events or event in self.events


def subscribe(db: Session, client_id: uuid.UUID, url: str, events: Sequence[str], known: Sequence[str], *,
              active: bool = True, new_secret: bool = False) -> tuple[Subscription, str | None]:
    """Make or change the webhook of a platform; with its secret where that is new, shown this once.

    Raises NotFound, or Invalid for an address that nothing may be sent to and for events that are not among `known`.
    """
    client = db.get(Client, client_id)
    if client is None or Role.PLATFORM not in client.roles:
        raise NotFound("no such platform")
    faults = [Fault("url", reason)] if (reason := _unfit(url)) else []
    faults += [Fault(f"events.{at}", "is no event that platforms are told of")
               for at, one in enumerate(events) if one not in known]
    if faults:
        raise Invalid("this subscription cannot be", *faults)
    made = db.scalar(select(Subscription).where(Subscription.client_id == client_id).with_for_update())
    secret = secrets.token_urlsafe(32) if made is None or new_secret else None
    if made is None:
        made = Subscription(client_id=client_id)
        db.add(made)
    if secret:
        made.secret = seal(secret)
    made.url, made.events, made.active, made.rests_until, made.changed_at = url, list(events), active, None, clock.now()
    db.flush()
    return made, secret


def _unfit(url: str) -> str | None:
    """Why nothing may be sent to this address: https only, and this machine only where the settings allow it."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "is not an address"
    odd = parts.username or parts.password or parts.fragment or " " in url or not (url.isascii() and url.isprintable())
    if not host or odd:
        return "must be an address such as https://platform.example/zhiwang, without user, password and fragment"
    if _is_here(host):
        allowed = settings.current().webhook_loopback == "yes" and parts.scheme in {"http", "https"}
        return None if allowed else "is this machine itself; ZHIWANG_WEBHOOK_LOOPBACK=yes allows that"
    return None if parts.scheme == "https" else "must begin with https://"


def _is_here(host: str) -> bool:
    if host.rstrip(".").casefold() == "localhost" or host.casefold().endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return mapped.is_loopback or mapped.is_link_local or mapped.is_unspecified
