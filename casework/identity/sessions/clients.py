"""Systems that call us: each request signed with a shared secret, and good once."""
import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Fault, Invalid, NotFound, Unauthenticated
from casework.identity.people import Actor, Role
from casework.identity.sealing import Sealed, SealedText, seal
from casework.storage.database import Base, Keyed, insert_once

CLOCK_SKEW = timedelta(seconds=300)
OVERLAP = timedelta(days=1)


class Client(Keyed, Base):
    """A system that calls us. Its secret is sealed, not hashed: a signature is checked by making it again."""

    __tablename__ = "clients"
    name: Mapped[str]
    key_id: Mapped[str] = mapped_column(unique=True)
    secret: Mapped[SealedText] = mapped_column(Sealed("clients.secret"))
    former_secret: Mapped[SealedText | None] = mapped_column(Sealed("clients.former_secret"))
    former_until: Mapped[datetime | None]
    roles: Mapped[list[str]]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Nonce(Keyed, Base):
    """A request that was seen, kept until its timestamp is too old to pass again."""

    __tablename__ = "client_nonces"
    client_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"))
    nonce: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (UniqueConstraint("client_id", "nonce"),)


_CALLER = (
    select(Client.id, Client.name, Client.secret, Client.former_secret, Client.former_until, Client.roles)
    .where(Client.key_id == bindparam("key_id"), Client.active))


def create_client(db: Session, name: str, roles: Iterable[Role]) -> tuple[Client, str, str]:
    """A new system with its key id and secret; the secret is shown this once. Raises Invalid."""
    named = sorted(set(roles))
    if not name.strip() or "\0" in name:
        raise Invalid("a system needs a name", Fault("name", "must not be empty"))
    if not named or {Role.SYSTEM, Role.CITIZEN} & set(named):
        raise Invalid("a system cannot have these roles", Fault("roles", "name some, but not system or citizen"))
    secret = secrets.token_urlsafe(32)
    made = Client(name=name.strip(), key_id=secrets.token_hex(8), secret=seal(secret), roles=[*map(str, named)])
    db.add(made)
    db.flush()
    return made, made.key_id, secret


def rotate_secret(db: Session, client_id: uuid.UUID, overlap: timedelta = OVERLAP) -> str:
    """A new secret, shown this once; the former one works for `overlap` more. Raises NotFound."""
    client = _client(db, client_id)
    secret = secrets.token_urlsafe(32)
    client.former_secret, client.former_until = seal(client.secret.open()), clock.now() + overlap
    client.secret = seal(secret)
    return secret


def revoke_client(db: Session, client_id: uuid.UUID) -> None:
    """Its signatures stop with the commit. Raises NotFound."""
    _client(db, client_id).active = False


def signature_of(  # noqa: PLR0917 - as in actor_of_client
        secret: str, method: str, path: str, timestamp: str, nonce: str, body: bytes) -> str:
    """What a system sends: the hex HMAC-SHA256, under its secret, of these five lines joined by a line feed.

    The method in capitals, the path with its query as sent, the time in whole seconds since 1970, 16 to 64 letters,
    digits, "-" or "_" that it never used before, and the hex SHA-256 of the body.
    """
    lines = "\n".join((method.upper(), path, timestamp, nonce, hashlib.sha256(body).hexdigest()))
    return hmac.digest(secret.encode(), lines.encode(), hashlib.sha256).hex()


def actor_of_client(  # noqa: PLR0917 - the parts of one signed request, in the order they are signed
        db: Session, key_id: str, signature: str, method: str, path: str, timestamp: str, nonce: str,
        body: bytes) -> Actor:
    """The system that signed this request. Raises Unauthenticated when it is not signed right, too old or a replay.

    Call it in a transaction of its own: the nonce must stay used when what follows fails. Not for reading().
    """
    if db.get_bind().get_execution_options().get("read_only"):
        raise RuntimeError("a nonce noted in reading() is lost, and the request could be replayed")
    now = clock.now()
    known = db.execute(_CALLER, {"key_id": key_id}).first() if key_id.isalnum() else None
    secrets_known = [known.secret] if known else [seal("")]
    if known and known.former_secret and known.former_until > now:
        secrets_known.append(known.former_secret)
    right = [hmac.compare_digest(signature_of(secret.open(), method, path, timestamp, nonce, body).encode(),
                                 signature.encode()) for secret in secrets_known]
    if known is None or not any(right):
        raise Unauthenticated("this signature does not fit")
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,64}", nonce):
        raise Unauthenticated("a nonce is 16 to 64 letters, digits, - or _")
    if not re.fullmatch(r"\d{1,12}", timestamp, re.ASCII) or abs(now.timestamp() - int(timestamp)) > 300:
        raise Unauthenticated("the timestamp is not within 300 seconds of ours", server_time=int(now.timestamp()))
    seen = {"client_id": known.id, "nonce": nonce, "expires_at": now + 2 * CLOCK_SKEW}
    if not insert_once(db, Nonce, [seen], on=("client_id", "nonce")):
        raise Unauthenticated("this request was sent before")
    return Actor("client", known.id, known.name, frozenset(map(Role, known.roles)))


def _client(db: Session, client_id: uuid.UUID) -> Client:
    client = db.get(Client, client_id)
    if client is None:
        raise NotFound("no such system")
    return client
