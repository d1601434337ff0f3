"""What happens to tasks by itself: time runs out, a worker leaves, a grid gets one."""
from sqlalchemy import literal_column, not_, or_, select, update
from sqlalchemy.orm import Session

from casework import clock
from casework.fieldwork.tasks.task import State, Task, changed
from casework.fieldwork.tasks.workers import still_works, whose

RUNNING = Task.state == literal_column(f"'{State.OPEN.value}'")
"""Spelt out, not a parameter: only then do the databases know that the index of what runs is enough."""


def expire(db: Session, batch: int) -> int:
    """Mark up to `batch` tasks whose time is over: they stay with their worker, are listed as expired, and an answer is late.

    Returns how many; call again while it is `batch`. Several may run at once.
    """
    # Locked by a statement of its own: inside the update, PostgreSQL may look for them more than once, past the limit.
    over = db.scalars(select(Task.id).where(RUNNING, Task.due_at <= clock.now()).order_by(Task.due_at, Task.id).limit(batch)
                      .with_for_update(skip_locked=True)).all()
    db.execute(update(Task).where(Task.id.in_(over)).values(state=State.EXPIRED, version=Task.version + 1)
               .execution_options(synchronize_session=False))
    changed(db, *over)
    return len(over)


def hand_on(db: Session) -> int:
    """Give what is still to be done and nobody does (the worker left, the grid had none) to whose grid it is now.

    Returns how many were given on; what lies in a grid without a worker stays in the list of vacant tasks.
    """
    orphaned = Task.is_open, or_(Task.assignee_id.is_(None), not_(still_works(Task.assignee_id)))
    handed = 0
    for code, user_id in sorted(whose(db, db.scalars(select(Task.area_code).where(*orphaned).distinct())).items()):
        given = db.scalars(update(Task).where(*orphaned, Task.area_code == code)
                           .values(assignee_id=user_id, version=Task.version + 1).returning(Task.id)
                           .execution_options(synchronize_session=False)).all()
        changed(db, *given)
        handed += len(given)
    return handed
