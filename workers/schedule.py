"""The whole timetable on one page: what runs by itself, and when. `python -m workers.schedule`; several may run."""
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import structlog
from prometheus_client import Counter

from casework import clock
from casework.storage import timetable
from casework.storage.database import reading, transaction
from workers import bulletins, community, exports, forgetting, performance, queues, retention, upkeep, warnings
from workers.job import Stop, start
from workers.relay import OUTAGE

LOOK_SECONDS = 0.5
UPKEEP_SECONDS = 2

RUNS = Counter("zhiwang_task_runs", "Regular tasks by outcome (done, failed).", ["task", "outcome"])

log = structlog.get_logger("zhiwang.schedule")


@dataclass(frozen=True)
class Entry:
    """A task and when: `every` so long, or daily `at` a city time. Killed midway, it comes again after `lease`."""

    task: Callable[[], None]
    every: timedelta | None = None
    at: time | None = None
    lease: timedelta = timedelta(seconds=60)

    def next_after(self, moment: datetime) -> datetime:
        """When it is due next, seen from this moment."""
        if self.every:
            return moment + self.every
        assert self.at is not None  # noqa: S101 - one of the two is given; the law test looks
        here = moment.astimezone(clock.CITY)
        today = datetime.combine(here.date(), self.at, clock.CITY)
        return today if today > here else datetime.combine(here.date() + timedelta(days=1), self.at, clock.CITY)


TIMETABLE: dict[str, Entry] = {
    "sweep_timers": Entry(upkeep.sweep_timers, every=timedelta(seconds=5)),
    "resume_suspended": Entry(upkeep.resume_suspended, every=timedelta(seconds=60)),
    "close_unanswered_questions": Entry(upkeep.close_unanswered_questions, every=timedelta(seconds=60)),
    "announce_waiting_reports": Entry(upkeep.announce_waiting_reports, every=timedelta(seconds=60)),
    "announce_waiting_photos": Entry(upkeep.announce_waiting_photos, every=timedelta(seconds=60)),
    "enter_forgotten_pictures": Entry(upkeep.enter_forgotten_pictures, every=timedelta(minutes=15)),
    "dispatch_waiting_cases": Entry(upkeep.dispatch_waiting_cases, every=timedelta(seconds=60)),
    "check_turns": Entry(upkeep.check_turns, every=timedelta(minutes=5), lease=timedelta(minutes=5)),
    "announce_unheard_alarms": Entry(upkeep.announce_unheard_alarms, every=timedelta(minutes=15)),
    "announce_untold_news": Entry(upkeep.announce_untold_news, every=timedelta(minutes=15)),
    "announce_digests": Entry(upkeep.announce_digests, every=timedelta(seconds=60)),
    "announce_unwritten_digests": Entry(upkeep.announce_unwritten_digests, every=timedelta(minutes=15)),
    "announce_unfollowed_changes": Entry(upkeep.announce_unfollowed_changes, every=timedelta(minutes=15)),
    "announce_untold_platforms": Entry(upkeep.announce_untold_platforms, every=timedelta(minutes=15)),
    "announce_unpublished_cases": Entry(upkeep.announce_unpublished_cases, every=timedelta(minutes=15)),
    "deliver_waiting_webhooks": Entry(upkeep.deliver_waiting_webhooks, every=timedelta(seconds=30)),
    "spread_waiting_surveys": Entry(upkeep.spread_waiting_surveys, every=timedelta(seconds=60)),
    "expire_tasks": Entry(upkeep.expire_tasks, every=timedelta(seconds=60)),
    "hand_on_tasks": Entry(upkeep.hand_on_tasks, every=timedelta(minutes=15)),
    "close_forgotten_rounds": Entry(upkeep.close_forgotten_rounds, every=timedelta(minutes=15)),
    "look_at_clocks_again": Entry(upkeep.look_at_clocks_again, every=upkeep.SETTLED),
    "tell_ticket_updates": Entry(upkeep.tell_ticket_updates, every=timedelta(seconds=60)),
    "send_waiting_messages": Entry(upkeep.send_waiting_messages, every=timedelta(seconds=60)),
    "fetch_waiting_pictures": Entry(upkeep.fetch_waiting_pictures, every=timedelta(seconds=60)),
    "close_forgotten_talks": Entry(upkeep.close_forgotten_talks, every=timedelta(seconds=60)),
    "look_after_adoptions": Entry(community.look_after_adoptions, every=timedelta(minutes=15)),
    "spread_waiting_occasions": Entry(upkeep.spread_waiting_occasions, every=timedelta(seconds=60)),
    "mark_adoption_day": Entry(community.mark_adoption_day, at=time(8, 30)),
    "count_areas": Entry(upkeep.count_areas, every=timedelta(minutes=30), lease=timedelta(minutes=10)),
    "make_bulletins": Entry(bulletins.make_bulletins, at=time(6, 0), lease=timedelta(minutes=10)),
    "look_after_remarks": Entry(bulletins.look_after_remarks, every=timedelta(seconds=60)),
    "announce_waiting_exports": Entry(exports.announce_waiting_exports, every=timedelta(seconds=30)),
    "forget_exports": Entry(forgetting.forget_exports, every=timedelta(hours=1)),
    "forget_wechat_messages": Entry(forgetting.forget_wechat_messages, every=timedelta(hours=1)),
    "forget_untied_persons": Entry(forgetting.forget_untied_persons, every=timedelta(minutes=5)),
    "forget_nonces": Entry(forgetting.forget_nonces, every=timedelta(hours=1)),
    "watch_clusters": Entry(warnings.watch_clusters, every=timedelta(minutes=15), lease=timedelta(minutes=10)),
    "watch_topics": Entry(warnings.watch_topics, every=timedelta(minutes=30), lease=timedelta(minutes=10)),
    "watch_places": Entry(warnings.watch_places, at=time(6, 20), lease=timedelta(minutes=30)),
    "anchor_history": Entry(upkeep.anchor_history, at=time(0, 10), lease=timedelta(hours=1)),
    "forget_uploads": Entry(forgetting.forget_uploads, at=time(2, 50), lease=timedelta(hours=1)),
    "forget_changes": Entry(forgetting.forget_changes, at=time(3, 0), lease=timedelta(hours=1)),
    "forget_where_people_were": Entry(forgetting.forget_where_people_were, at=time(3, 5), lease=timedelta(hours=1)),
    "forget_unclaimed_photos": Entry(forgetting.forget_unclaimed_photos, at=time(3, 10), lease=timedelta(hours=1)),
    "forget_report_keys": Entry(forgetting.forget_report_keys, at=time(3, 15), lease=timedelta(hours=1)),
    "forget_senders": Entry(forgetting.forget_senders, at=time(3, 18), lease=timedelta(hours=1)),
    "forget_idle_subscribers": Entry(forgetting.forget_idle_subscribers, at=time(3, 18), lease=timedelta(hours=1)),
    "forget_expired": Entry(forgetting.forget_expired, at=time(3, 20), lease=timedelta(hours=1)),
    "publish_older_cases": Entry(upkeep.publish_older_cases, at=time(3, 25), lease=timedelta(hours=1)),
    "forget_events": Entry(forgetting.forget_events, at=time(3, 30), lease=timedelta(hours=1)),
    "carry_out_retention": Entry(retention.carry_out_rules, at=time(3, 40), lease=timedelta(hours=3)),
    "count_older_cases": Entry(performance.count_older_cases, every=timedelta(minutes=15)),
    "recount_lately_moved": Entry(performance.recount_lately_moved, at=time(4, 15), lease=timedelta(hours=1)),
    "draft_scorecards": Entry(performance.draft_scorecards, at=time(4, 30), lease=timedelta(hours=1)),
    "answer_data_requests": Entry(retention.answer_ready_requests, every=timedelta(minutes=10), lease=timedelta(hours=1)),
}


def run_due() -> list[str]:
    """Run what is due and was not taken by another schedule. Returns the names, those that failed included.

    A task that fails is logged and comes again at its next time; it does not hold up the others.
    """
    with reading() as db:
        due = timetable.due(db, clock.now())
    return [name for name, was_due in due.items() if name in TIMETABLE and _run_one(name, was_due)]


def _run_one(name: str, was_due: datetime) -> bool:
    entry, at = TIMETABLE[name], clock.now()
    with transaction() as db:
        if not timetable.claim(db, name, was_due, at, entry.lease):
            return False
    outcome = "done"
    try:
        entry.task()
    except OUTAGE:
        raise  # the lease brings it back
    except Exception:
        outcome = "failed"
        log.exception("task_failed", task=name)
    RUNS.labels(name, outcome).inc()
    with transaction() as db:
        timetable.done(db, name, at + entry.lease, entry.next_after(clock.now()), clock.now())
    return True


def run(stop: Stop) -> None:
    """Keep to the timetable until asked to stop; an outage of Redis or the database is waited out and said once."""
    faults: dict[str, bool] = {}
    entered, upkept = False, clock.now()
    while not stop.asked():
        with _said_once(faults, "database"):
            if not entered:
                with transaction() as db:
                    timetable.enter(db, {name: entry.next_after(clock.now()) for name, entry in TIMETABLE.items()})
                entered = True
            run_due()
        if (clock.now() - upkept).total_seconds() >= UPKEEP_SECONDS:
            with _said_once(faults, "queues"):
                if returned := queues.upkeep():
                    log.warning("jobs_returned", jobs=returned)
            upkept = clock.now()
        stop.wait(LOOK_SECONDS)


@contextmanager
def _said_once(faults: dict[str, bool], what: str) -> Iterator[None]:
    try:
        yield
    except OUTAGE as error:
        if not faults.get(what):
            log.warning("schedule_waits", on=what, sentence=str(error).partition("\n")[0])
        faults[what] = True
    else:
        faults[what] = False


if __name__ == "__main__":
    start("schedule")
    run(Stop())
