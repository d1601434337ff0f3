"""What carries messages out of the house: an HTTP gateway to phones, an SMTP server to mail boxes, or only the log.

identity says what it needs of a sender (a code must reach a phone) and knows none of these; api and workers hand one in.
No other host is contacted but those that the settings name.
"""
import re
import secrets
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import orjson
import structlog

from casework import clock, settings
from casework.identity.sealing import mask_phone
from casework.identity.sessions import NotTakenError, Sender, signature_of
from casework.notifications.rules import Via

GATEWAY_SECONDS = 10.0
"""For each of connecting, sending and hearing the answer."""

MAIL_SECONDS = 20.0
PASSING = frozenset({408, 425, 429})
"""Answers of the 4xx kind that say "later"; all others of that kind say "never"."""

SUBJECT_LENGTH = 60
HERE = frozenset({"localhost", "127.0.0.1", "::1"})

log = structlog.get_logger()


class LogSender:
    """Writes to the log instead of sending: the phone masked, the text only for a demonstration with made-up people."""

    def __init__(self, *, demo: bool = False) -> None:
        self._demo = demo

    def send(self, to: str, text: str, key: str) -> None:
        """One log line."""
        log.info("sms", phone=mask_phone(to), text=text if self._demo else "•••", key=key)


class HttpSmsSender:
    """Posts each message to a gateway as JSON {id, phone, text}, signed as systems sign what they send to us.

    The signature (see sessions.signature_of) covers method, path with query, time, nonce and the body's digest. `id` is
    the same whenever a message is sent again, also as Idempotency-Key, so that the gateway can drop what comes twice.
    """

    def __init__(self, url: str, key: str, secret: str, seconds: float = GATEWAY_SECONDS) -> None:
        parts = urlsplit(url)
        self._url, self._key, self._secret = url, key, secret
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        # Not by a proxy of the environment: only the host that was named hears of phones.
        self._client = httpx.Client(timeout=seconds, trust_env=False)

    def send(self, to: str, text: str, key: str) -> None:
        """Hand one over. Raises NotTakenError."""
        body = orjson.dumps({"id": key, "phone": to, "text": text})
        headers = {"Content-Type": "application/json", "Idempotency-Key": key, "Authorization": self._signed(body)}
        try:
            status = self._client.post(self._url, content=body, headers=headers).status_code
        except httpx.HTTPError as error:
            raise NotTakenError(type(error).__name__, away=True) from None  # its words may quote the request
        if not 200 <= status < 300:
            raise NotTakenError(f"HTTP {status}", final=status < 500 and status not in PASSING)

    def _signed(self, body: bytes) -> str:
        at, nonce = str(int(clock.now().timestamp())), secrets.token_hex(16)
        signature = signature_of(self._secret, "POST", self._path, at, nonce, body)
        return f"ZW-HMAC key={self._key}, time={at}, nonce={nonce}, signature={signature}"


class SmtpSender:
    """Mails each message by smtps:// or smtp://user:password@host:port?from=address.

    smtps:// is encrypted from the start, smtp:// by STARTTLS; a server that offers none gets nothing, unless it runs on
    this machine. Certificates are verified. The Message-ID is the same whenever a message is sent again.
    """

    def __init__(self, url: str, seconds: float = MAIL_SECONDS) -> None:
        parts = urlsplit(url)
        self._host, self._tls = parts.hostname or "", parts.scheme == "smtps"
        self._port = parts.port or (465 if self._tls else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._from = parse_qs(parts.query)["from"][0]
        self._domain = self._from.rpartition("@")[2]
        self._seconds = seconds

    def send(self, to: str, text: str, key: str) -> None:
        """Hand one over. Raises NotTakenError."""
        mail = self._mail(to, text, key)
        try:
            server = self._connected()
        except smtplib.SMTPResponseException as error:  # a wrong password, a server that is shutting down: not the mail's fault
            raise NotTakenError(f"SMTP {error.smtp_code}", away=True) from None
        except OSError as error:  # all others of smtplib are such, too
            raise NotTakenError(type(error).__name__, away=True) from None
        try:
            _hand_over(server, mail)
        finally:
            with suppress(OSError):
                server.putcmd("QUIT")  # what it answers changes nothing: what it took, it has
            server.close()

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        # Its own name is given as the sender's domain: to ask the system for one may ask a name server outside.
        if self._tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, self._domain, timeout=self._seconds,
                                                    context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, self._domain, timeout=self._seconds)
        try:
            server.ehlo_or_helo_if_needed()
            if not self._tls and (self._host not in HERE or server.has_extn("starttls")):
                server.starttls(context=context)  # raises SMTPNotSupportedError where there is none
                server.ehlo()
            if self._user:
                server.login(self._user, self._password)
        except BaseException:
            server.close()
            raise
        return server

    def _mail(self, to: str, text: str, key: str) -> EmailMessage:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._from, to, subject_of(text)
        mail["Date"], mail["Message-ID"] = format_datetime(clock.now()), f"<{key}@{self._domain}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation note comes back
        mail.set_content(text)
        return mail


def _hand_over(server: smtplib.SMTP, mail: EmailMessage) -> None:
    try:
        server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        code = next((code for code, _ in error.recipients.values()), 550)
        raise NotTakenError(f"SMTP {code}", final=code >= 500) from None
    except smtplib.SMTPResponseException as error:
        raise NotTakenError(f"SMTP {error.smtp_code}", final=error.smtp_code >= 500) from None
    except smtplib.SMTPNotSupportedError as error:
        raise NotTakenError(type(error).__name__, final=True) from None
    except OSError as error:  # all others of smtplib are such, too: silence, and a line that was cut
        raise NotTakenError(type(error).__name__, away=True) from None


def subject_of(text: str) -> str:
    """The first sentence of a message, on one line."""
    first = re.split(r"[。！？]|\. ", " ".join(text.split()), maxsplit=1)[0]
    return first if len(first) <= SUBJECT_LENGTH else first[:SUBJECT_LENGTH - 1] + "…"


def texts() -> Sender:
    """What carries messages to phones, as the settings say (ZHIWANG_SMS)."""
    config = settings.current()
    if config.sms == "http":
        return _gateway(config.sms_url, config.sms_key, config.sms_secret)
    return LogSender(demo=config.sms == "show")


def carriers() -> dict[Via, Sender]:
    """What carries each kind of message that leaves the house. Without ZHIWANG_SMTP_URL nothing is mailed."""
    made: dict[Via, Sender] = {Via.SMS: texts()}
    if url := settings.current().smtp_url:
        made[Via.MAIL] = SmtpSender(url)
    return made


@lru_cache(maxsize=1)
def _gateway(url: str, key: str, secret: str) -> HttpSmsSender:
    """One for the process, so that its connection is kept open."""
    return HttpSmsSender(url, key, secret)
