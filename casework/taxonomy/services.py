"""What apps of other makers may report, and what they ask about it: the part of the taxonomy that is offered as services.

Offered are the narrowest categories of components and events that have a standard: what anybody can see in the street, and
what a case can be filed under without asking back. Requests (诉求) are affairs of whoever makes them, and what is reported
here is listed in public; they come by telephone or by the citizens' own pages.
"""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from casework.errors import Fault, Invalid, NotFound
from casework.taxonomy.catalogue import Catalogue
from casework.taxonomy.models import Category, Kind, Standard

PUBLIC = (Kind.COMPONENT, Kind.EVENT)
CONDITION, DANGER = "condition", "danger"
CALL = "如有人员伤亡或紧急危险，请立即拨打 110、119 或 120。 If anybody is hurt or in danger, call 110, 119 or 120 now."


@dataclass(frozen=True)
class Question:
    """Something to ask beside the description; `answers` are key and name. One without answers is only to be read."""

    code: str
    words: str
    answers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Service:
    """A category as it is offered, with the name of its class, its conditions and what people also call it."""

    category: Category
    group: str
    conditions: tuple[Standard, ...]

    @property
    def questions(self) -> list[Question]:
        """What to ask: which of its conditions it is, where there are several. Of danger, only a word of warning."""
        warning = [Question(DANGER, CALL)] if self.category.urgent else []
        if len(self.conditions) < 2:
            return warning
        named = tuple((str(one.ordinal), one.condition) for one in self.conditions)
        return [*warning, Question(CONDITION, "是哪一种情况？ Which of these is it?", named)]

    def condition(self, answers: Mapping[str, Sequence[str]]) -> str | None:
        """The condition that was chosen, in words. What was not asked for is nobody's fault, and passed over.

        Raises Invalid for an answer that was not offered, or more than one.
        """
        for question in self.questions:
            given, offered = answers.get(question.code, ()), dict(question.answers)
            if offered and (len(given) > 1 or not offered.keys() >= set(given)):
                raise Invalid("this answer was not offered", Fault(
                    f"attribute[{question.code}]", f"must be one of {', '.join(offered)}"))
            if offered and given:
                return offered[given[0]]
        return None


def services(catalogue: Catalogue) -> list[Service]:
    """All that are offered, in the order of their codes."""
    return [_service(catalogue, one) for kind in PUBLIC for one in catalogue.leaves(kind) if catalogue.standards(one.code)]


def service(catalogue: Catalogue, code: str) -> Service:
    """The service of this code. Raises NotFound when it is not offered."""
    found = catalogue.by_code.get(code)
    if found is None or found.kind not in PUBLIC or code in catalogue.children or not catalogue.standards(code):
        raise NotFound("there is no service of this code")
    return _service(catalogue, found)


def _service(catalogue: Catalogue, category: Category) -> Service:
    above = catalogue.by_code.get(category.parent_code or "")
    return Service(category, above.name if above else category.name, tuple(catalogue.standards(category.code)))
