"""What can go wrong in casework, in words a caller can act on. No HTTP here."""
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    """One thing wrong with what was sent: `field` is a dotted path ("items.3.text"), `reason` a sentence."""

    field: str
    reason: str


class CaseworkError(Exception):
    """Base of every error a caller may be told about. `facts` are extra members of the problem document."""

    def __init__(self, sentence: str, **facts: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.facts = facts


class NotFound(CaseworkError):
    """There is no such thing, or this actor may not know there is."""


class Gone(NotFound):
    """There was such a thing, and its time is over."""


class Refused(CaseworkError):
    """The actor is known and may see the thing, but may not do this."""


class Unauthenticated(CaseworkError):
    """Nobody, or nobody we can still trust: log in (again)."""


class Conflict(CaseworkError):
    """The thing is not in a state that allows this, or somebody else changed it first."""


class Invalid(CaseworkError):
    """What was sent cannot be; `faults` says which fields and why."""

    def __init__(self, sentence: str, *faults: Fault, **facts: Any) -> None:
        super().__init__(sentence, **facts)
        self.faults = faults


class TooLarge(CaseworkError):
    """More bytes, pixels or items than the limit that the sentence names."""


class Unsupported(CaseworkError):
    """The content is of a kind we do not take."""


class Damaged(CaseworkError):
    """The bytes that came are not those that were meant: their checksum differs. Send them again."""


class TooMany(CaseworkError):
    """Too often; try again after `retry_after` seconds."""

    def __init__(self, sentence: str, retry_after: int, **facts: Any) -> None:
        super().__init__(sentence, **facts)
        self.retry_after = retry_after


class Unavailable(CaseworkError):
    """Something we depend on does not answer just now; try again after `retry_after` seconds."""

    def __init__(self, sentence: str, retry_after: int = 5, **facts: Any) -> None:
        super().__init__(sentence, **facts)
        self.retry_after = retry_after


class NoRoom(Unavailable):
    """There is no room for more bytes: the disk is full, or one person's share of it; try again when there is room."""
