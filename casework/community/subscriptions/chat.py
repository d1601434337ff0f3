"""Following by words in WeChat: the account proves who writes, and messages come where they are asked for.

Only what names a case by its number, or an area by its whole name, is meant: all else may be a report, and is left to whoever
takes those.
"""
import re
import unicodedata
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.cases import subscribers
from casework.cases.case import Case
from casework.cases.report import Report, written_by
from casework.cases.subscribers import Follow
from casework.cases.wording import Language
from casework.community.subscriptions import following
from casework.community.subscriptions.following import AREAS, Kind, Wish
from casework.community.subscriptions.holders import Holder, of_follower
from casework.errors import Conflict, NotFound
from casework.geography import areas
from casework.identity.followers import Follower
from casework.identity.people import ANONYMOUS

NUMBER = re.compile(r"[a-z]{2}[0-9]{6}-[0-9a-z]{5}-[0-9a-z]{5}")
FOLLOWS, ENDS = re.compile(r"(?:关注|follow)[\s:]*(\S+)"), re.compile(r"(?:取消关注|unfollow)[\s:]*(\S*)")
LISTS, ENDS_ALL = frozenset({"我的关注", "following"}), frozenset({"退订", "取消关注", "unfollow", "unsubscribe"})

MOST = 20
UNKNOWN = "没有这个公开的案件，请核对编号。\nThere is no public case of this number."
OWN = "这是您自己反映的，进展会在这里告知您，无需关注。\nYou reported it yourself and hear of it here anyway."
FULL = "关注的内容已达上限，请先取消一些（回复“我的关注”查看）。\nYou follow as much as you may; unfollow something first."
NONE = ("您没有关注任何内容。回复“关注 案件编号”或“关注 社区名”。\n"
        "You follow nothing. Reply \"follow NUMBER\" or \"follow AREA\".")
ENDED_ALL = "已全部取消关注。\nYou follow nothing any more."


def answer(db: Session, follower: Follower, text: str) -> str | None:
    """Do what these words ask for, and what is answered; None where they ask for nothing of this. `follower` is locked."""
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    holder = of_follower(follower)
    if plain in LISTS:
        said: str | None = _listed(db, holder)
    elif plain in ENDS_ALL:
        following.end(db, holder.find(db, to_change=True))
        said = ENDED_ALL
    elif asked := FOLLOWS.fullmatch(plain):
        said = _follow(db, follower, holder, asked[1])
    elif asked := ENDS.fullmatch(plain):
        said = _end(db, holder, asked[1])
    else:
        said = None
    if said is not None:
        follower.heard()
    return said


def _follow(db: Session, follower: Follower, holder: Holder, named: str) -> str | None:
    wish = _wish(db, named)
    if wish is None:
        return None
    if db.scalar(select(Report.id).where(Report.number == wish.what, written_by(follower.id))):
        return OWN
    try:
        made = following.follow(db, holder, ANONYMOUS, wish)
    except NotFound:
        return UNKNOWN
    except Conflict:
        return FULL
    title = _titles(db, [made])[0]
    return (f"已关注：{title}。取消请回复“取消关注 {named}”，全部取消回复“退订”。\n"
            f"You follow {title}. To end it: \"unfollow {named}\"; all: \"unsubscribe\".")


def _end(db: Session, holder: Holder, named: str) -> str | None:
    wish, subscriber = _wish(db, named), holder.find(db, to_change=True)
    if wish is None:
        return None
    found, _ = following.listed(db, subscriber, limit=1000)
    meant = _meant(db, found, wish)
    for one in meant:
        following.end(db, subscriber, one.id)
    return (f"已取消关注 {named}。\nYou do not follow {named} any more." if meant
            else f"您没有关注 {named}，请回复“我的关注”查看。\nYou do not follow {named}; see \"following\".")


def _meant(db: Session, found: Sequence[Follow], wish: Wish) -> list[Follow]:
    """Which of these. A case is also called by the number of the one it was merged into: its news name that."""
    if wish.kind is Kind.AREA:
        return [one for one in found if one.area_code == wish.what]
    named = db.scalar(select(Case.id).where(Case.number == wish.what))
    ends = subscribers.leads_to(db, {one.case_id for one in found if one.case_id})
    return [one for one in found if one.case_id and named in {one.case_id, ends[one.case_id]}]


def _listed(db: Session, holder: Holder) -> str:
    found, more = following.listed(db, holder.find(db), limit=MOST)
    if not found:
        return NONE
    return "您关注的内容 You follow:\n" + "\n".join(_titles(db, list(found))) + ("\n…" if more else "")


def _titles(db: Session, found: list[Follow]) -> list[str]:
    return [str(one["title"]) for one in following.described(db, found, Language.ZH)]


def _wish(db: Session, named: str) -> Wish | None:
    """The case of this number, or the area of this name if there is one."""
    if NUMBER.fullmatch(named):
        return Wish(kind=Kind.CASE, what=named.upper())
    found = [one.code for one in areas.atlas(db).refs.values() if one.name.casefold() == named and one.level in AREAS]
    return Wish(kind=Kind.AREA, what=found[0]) if len(found) == 1 else None
