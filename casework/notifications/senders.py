"""What carries a message out of the house. The one that is built in writes to the log; a city plugs its gateway in here."""
from typing import Protocol

import structlog

from casework.identity.privacy import mask_phone


class Sender(Protocol):
    """Takes a short text to a phone."""

    def send(self, phone: str, text: str) -> None:
        """Hand the text over. Raises casework.errors.Unavailable when the gateway does not take it; it is tried again."""


class LogSender:
    """Says in the log that a message left, without the number or the words."""

    def send(self, phone: str, text: str) -> None:
        structlog.get_logger().info("message_sent", to=mask_phone(phone), characters=len(text))
