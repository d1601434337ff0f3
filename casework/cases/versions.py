"""Two people at one case: whoever acts on what is no longer so, or on what a colleague works on, is refused and told why.

A case's version is the length of its history: whatever happens to a case writes a line.
"""
from collections.abc import Set
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.cases import holds, workflow
from casework.cases.case import Case
from casework.cases.history import Entry
from casework.cases.verbs import Verb
from casework.cases.workflow import Facts
from casework.errors import Conflict, Invalid
from casework.identity.people import Actor

Seen = Set[int] | None
"""The versions in which somebody saw a case and means to act on it; None: he does not say, and takes it as it is."""

MOST = 50
"""Lines that are told; whoever has not looked for longer reads the case again anyway."""


def take(db: Session, case: Case, actor: Actor, action: str, facts: Facts, *, verb: Verb, seen: Seen) -> None:
    """Take a step on a locked case, if it is still as it was seen.

    Raises Refused for who may not, whatever else is wrong; then Conflict when a colleague holds it at a desk (see holds.py),
    when the case was changed since, or is not in a state for the step. The latter two carry `version`, the present one, and
    `changed`: the lines since the newest version seen, or the last line for who does not say; for each its number, action,
    role and time, and nothing of a person.
    """
    fresh, before = seen is None or case.history_length in seen, case.status
    role = workflow.role_for(action, case, actor)
    holds.respect(db, case, actor, action, role)
    try:
        workflow.take(action, case, actor, facts)  # the verb asks again, when it has looked at what the facts name
    except Conflict as error:
        raise Conflict(error.sentence, **error.facts, **_news(db, case, seen)) from None
    except Invalid:
        if fresh:
            raise
    if not fresh:
        raise Conflict(f"case {case.number} was changed since you read it; nothing was done. Read it again, then decide",
                       action=action, status=case.status, **_news(db, case, seen))
    verb(db, case, actor, facts)
    if role in holds.BOUND and case.status is not before:
        holds.end(db, case)


def _news(db: Session, case: Case, seen: Seen) -> dict[str, Any]:
    known = [version for version in seen or () if version < case.history_length]
    since = max(known, default=case.history_length - 1)
    lines = select(Entry.number, Entry.action, Entry.target, Entry.actor_kind, Entry.role, Entry.at).where(
        Entry.case_id == case.id, Entry.number > since).order_by(Entry.number.desc()).limit(MOST)
    return {"version": case.history_length,
            "changed": [dict(line._mapping) for line in reversed(db.execute(lines).all())]}  # noqa: SLF001 - the public way
