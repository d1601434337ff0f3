"""What follows by itself while time passes: a check-in is due, a warning, the end; looked at by the due time of each."""
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework import clock
from casework.community.adoption import kinds, terms
from casework.community.adoption.adopting import ACTIVE, Adoption, Ended
from casework.community.adoption.kinds import Kind
from casework.community.adoption.reminders import Told, tell
from casework.community.adoption.terms import Turn
from casework.identity.people import Actor
from casework.registry.records import Entry


def sweep(db: Session, batch: int) -> int:
    """Remind, warn and give up whose time has come; how many were looked at. Several may run."""
    now = clock.now()
    due = (select(Adoption).where(Adoption.look_at <= now).order_by(Adoption.look_at, Adoption.id).limit(batch)
           .with_for_update(skip_locked=True))
    known, news = kinds.current(db), list[Told]()
    found = db.scalars(due).all()
    gone = set(db.scalars(select(Entry.id).where(Entry.id.in_({one.component_id for one in found}),
                                                 Entry.values["state"].as_string() == "missing")))
    for one in found:
        news += _look(one, known[one.kind], now, gone=one.component_id in gone)
    tell(db, news)
    return len(found)


def change(db: Session, actor: Actor, code: str, facts: Mapping[str, object]) -> Kind:
    """Change a kind, or add one, as kinds.change() does; whoever has adopted such is looked at anew by the new terms."""
    made = kinds.change(db, actor, code, facts)
    db.execute(update(Adoption).where(Adoption.kind == code, ACTIVE).values(look_at=clock.now())
               .execution_options(synchronize_session=False))
    return made


def _look(one: Adoption, kind: Kind, now: datetime, *, gone: bool) -> list[Told]:
    if gone:
        one.end(Ended.GONE)
        return [_told(one, kind, "gone", "已不在原处，领养到此结束，谢谢您的照看。",
                      "is not there any more; the adoption ends here. Thank you for your care.")]
    turn = terms.due(one.standing, kind, now)
    news: list[Told] = []
    if turn is Turn.REMIND:
        one.reminded_at = now
        news = [_told(one, kind, f"due:{one.seen_at:%Y%m%d%H%M%S}", f"该去看一看了：{kind.expects_zh}。看过请拍照打卡。",
                      f"is due for a look: {kind.expects_en}. Please check in there with a photo.")]
    elif turn is Turn.WARN:
        one.warned_at = now
        news = [_told(one, kind, f"warn:{one.seen_at:%Y%m%d%H%M%S}",
                      f"已很久没有打卡，{kind.warn_days}天内仍没有的，将由他人领养。",
                      f"has seen no check-in for long; without one within {kind.warn_days} days others may adopt it.")]
    elif turn is Turn.LAPSE:
        one.end(Ended.LAPSED)
        news = [_told(one, kind, "lapse", "长时间没有打卡，领养已终止。愿意继续的，可以再次领养。",
                      "has seen no check-in for long, so the adoption has ended. You are welcome to adopt it again.")]
    one.look_again(kind)
    return news


def _told(one: Adoption, kind: Kind, occasion: str, zh: str, en: str) -> Told:
    return Told(one.person_id, f"{occasion}:{one.id.hex}", f"您领养的{kind.zh}（{one.short}）{zh}",
                f"Your {kind.en} ({one.short}) {en}")
