"""What verbs of several kinds have in common: where a device was, which files it names, and how an answer names fields."""
from collections.abc import Collection
from dataclasses import replace

from casework.errors import CaseworkError, Fault, Invalid
from casework.fieldwork.operations import Answer, Operation, Outcome
from casework.fieldwork.presence import Fix
from casework.geography.coordinates import Point


def placed(one: Operation, place: Point) -> Fix:
    """Where and when the device says that it was."""
    return Fix(place, one.at, one.data.get("accuracy"), one.data["mock"])


def files_of(one: Operation) -> list[str]:
    """Hashes of the files that it names."""
    return [file.sha256 for file in one.data["files"]]


def within(part: str, answer: Answer, but: Collection[str] = ()) -> Answer:
    """The answer whose faults speak of fields by the part of `data` in which they stand; all `but` these."""
    if not isinstance(answer.error, Invalid):
        return answer
    faults = (one if one.field in but else Fault(f"{part}.{one.field}", one.reason) for one in answer.error.faults)
    return replace(answer, error=Invalid(answer.error.sentence, *faults, **answer.error.facts))


def told(error: CaseworkError | None, **result: object) -> Answer:
    """Refused for this error, or done."""
    return Answer(Outcome.REFUSED, error=error) if error else Answer(Outcome.DONE, result)
