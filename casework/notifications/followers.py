"""Those who follow a case: told once, in public words only, while the case is public, and not when they hear as reporters.

A case that is not public is not told to strangers at all. Of what waits to be sent, withdrawal.py asks again.
"""
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import settings, taxonomy
from casework.cases import publication, subscribers, wording
from casework.cases.case import Case
from casework.cases.subscribers import Follow, Person, Subscriber
from casework.cases.wording import Language
from casework.geography import areas
from casework.identity import followers
from casework.identity.people import Citizen
from casework.notifications import preferences
from casework.notifications.happenings import Happening
from casework.notifications.preferences import Preference
from casework.notifications.rules import FOR_FOLLOWERS, OWN_ONLY, Kind, Via

PUBLIC = ("case", "kind", "department", "stands")
"""The names that templates for followers may use."""

END = {Language.ZH: "退订：", Language.EN: " Unsubscribe: "}
END_BY_PAGE = {Language.ZH: "退订请在“我的关注”中取消。", Language.EN: " To unsubscribe, end it under what you follow."}


class Reached(NamedTuple):
    """A subscriber and the way by which he hears."""

    subscriber: Subscriber
    via: Via

    @property
    def key(self) -> str:
        """Names him among the readers of messages."""
        return f"follower:{self.subscriber.id.hex}"


@dataclass
class Told:
    """One thing that a follower is to hear of one happening."""

    happening: Happening
    reached: Reached
    text: str
    strange: list[str]
    """The case, unless it is the follower's own: it must still be public when this is sent."""


def reached(db: Session, found: Iterable[Subscriber]) -> list[Reached]:
    """Those of them to whom messages may go, each by his way: a phone unless its holder wants none of this kind, an account
    in WeChat while WeChat lets us write."""
    found = list({one.id: one for one in found}.values())
    phones = dict(db.execute(select(Citizen.id, Citizen.phone_index).where(
        Citizen.active, Citizen.id.in_({one.citizen_id for one in found if one.citizen_id}))).tuples().all())
    chosen = preferences.of_many(db, phones.values(), ())
    config, accounts = settings.current(), {one.follower_id for one in found if one.follower_id}
    by_template = bool(config.wechat_template or config.wechat_subscription)
    here = followers.reached(db, accounts, by_template=by_template) if config.wechat and accounts else set()
    return [Reached(one, Via.WECHAT if one.follower_id else Via.SMS) for one in found
            if one.follower_id in here or _takes(phones.get(one.citizen_id), chosen)]  # type: ignore[arg-type]  # no id is None


def _takes(phone: str | None, chosen: Mapping[str | uuid.UUID, Preference]) -> bool:
    return phone is not None and (phone not in chosen or chosen[phone].takes(Via.SMS, Kind.FOLLOWED))


def of(db: Session, happenings: Sequence[Happening]) -> Iterator[Told]:
    """What followers are told of these."""
    wanted = [one for one in happenings if one.event.name in FOR_FOLLOWERS]
    following = subscribers.of_cases(db, {one.case.id for one in wanted})
    if not following:
        return
    ways = {one.subscriber.id: one for one in reached(db, (subscriber for _, _, subscriber in following))}
    known = subscribers.people_of(db, (subscriber for _, _, subscriber in following))
    public = shown(db, {case_id for case_id, _, _ in following})
    of_case: dict[uuid.UUID, list[tuple[Follow, Subscriber]]] = {}
    for case_id, follow, subscriber in following:
        if subscriber.id in ways:
            of_case.setdefault(case_id, []).append((follow, subscriber))
    for one in wanted:
        told = _told_as_reporters(one)
        each = {subscriber.id: (follow, subscriber) for follow, subscriber in reversed(of_case.get(one.case.id, ()))}
        for follow, subscriber in each.values():  # of several follows the first, which is that of an own report
            if _concerns(one, follow, public) and known[subscriber.id].isdisjoint(told):
                strange = [] if follow.report_id else [str(one.case.id)]
                yield Told(one, ways[subscriber.id], _words(db, one, subscriber), strange)


def _told_as_reporters(one: Happening) -> frozenset[Person]:
    return frozenset[Person]().union(*(subscribers.senders_of(report) for report in (*one.reports, *one.moved)))


def _concerns(one: Happening, follow: Follow, public: Collection[uuid.UUID]) -> bool:
    """Whoever began to follow afterwards saw it on the page; of his own report everybody may hear."""
    if follow.created_at > one.event.happened_at:
        return False
    if follow.report_id:
        return one.event.name != "case.published"
    return one.event.name not in OWN_ONLY and one.case.id in public


def shown(db: Session, case_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these everybody may know of now."""
    return set(db.scalars(select(Case.id).where(Case.id.in_(list(case_ids)), publication.shown())))


def _words(db: Session, one: Happening, subscriber: Subscriber) -> str:
    rule, language = FOR_FOLLOWERS[one.event.name], subscriber.language
    said = {"case": one.case.number, "kind": kind_of(db, one.case, language),
            "department": one.words(db, language)["department"], "stands": wording.STANDS[one.case.status][language]}
    return (rule.zh if language is Language.ZH else rule.en).format(**said) + farewell(subscriber)


def kind_of(db: Session, case: Case, language: Language) -> str:
    """Category and community: what everybody may know a public case by."""
    category = taxonomy.catalogue(db, case.taxonomy_version_id).by_code.get(case.category_code or "")
    community = publication.community_of(case)
    area = areas.describe(db, community) if community else None
    parts = [name for name in (category.name if category else None, area.full_name if area else None) if name]
    return ("，" if language is Language.ZH else ", ").join(parts)


def farewell(subscriber: Subscriber) -> str:
    """How to hear no more, at the end of each message."""
    site = settings.current().public_url
    if not site:
        return END_BY_PAGE[subscriber.language]
    return f"{END[subscriber.language]}{site}/unsubscribe/{subscribers.unsubscribe_token(subscriber.id)}"
