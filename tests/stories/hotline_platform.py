"""The hotline's platform as it calls the API: every request signed."""
import secrets
import time
from typing import Any

import orjson

from casework.identity.people import Role
from casework.identity.sessions import create_client, signature_of
from casework.storage.database import transaction

TICKETS = "/api/v1/hotline/tickets"


class Platform:
    """One system with its key; `request` makes the body and the headers of a call that hands over tickets."""

    def __init__(self, name: str = "12345") -> None:
        with transaction() as db:
            _, self.key, self.secret = create_client(db, name, [Role.PLATFORM])

    def request(self, tickets: list[dict[str, Any]]) -> tuple[bytes, dict[str, str]]:
        """Signed anew each time: a resend is another request about the same tickets."""
        body, at, nonce = orjson.dumps({"tickets": tickets}), str(int(time.time())), secrets.token_hex(16)
        signature = signature_of(self.secret, "POST", TICKETS, at, nonce, body)
        return body, {
            "Content-Type": "application/json",
            "Authorization": f"ZW-HMAC key={self.key}, time={at}, nonce={nonce}, signature={signature}"}
