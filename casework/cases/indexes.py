"""The indexes of the cases table, each for a list or a sweep that is read again and again; most hold the open work alone."""
from sqlalchemy import Index

from casework.storage.database import partial_index

WAITS = "is_open AND (applied_for IS NOT NULL OR question_until IS NOT NULL OR suspended_until IS NOT NULL)"
"""A department waits for somebody else: an approval, an answer, a date. The queue asks in these very words, or no database
knows that the index is enough."""

INDEXES = (
    Index(None, "status", "due_at", "id"), Index(None, "opened_at", "id"), Index(None, "moved_at"),
    Index(None, "lead_department_id", "status", "due_at", "id"),
    partial_index("ix_cases_open_due", "due_at", "id", where="is_open"),
    partial_index("ix_cases_open_department", "lead_department_id", "due_at", "id", where="is_open"),
    partial_index("ix_cases_open_area", "area_code", "due_at", "id", where="is_open"),
    partial_index("ix_cases_open_inspector", "inspector_id", "due_at", "id", where="is_open"),
    partial_index("ix_cases_closed", "closed_at", where="closed_at IS NOT NULL"),
    partial_index("ix_cases_open_cell", "cell", "opened_at", where="is_open"),
    partial_index("ix_cases_suspended", "suspended_until", "id", where="suspended_until IS NOT NULL"),
    partial_index("ix_cases_question", "question_until", "id", where="question_until IS NOT NULL"),
    partial_index("ix_cases_applied", "due_at", "id", where="applied_for IS NOT NULL"),
    partial_index("ix_cases_appealed", "due_at", "id", where="appealed_timer_id IS NOT NULL"),
    partial_index("ix_cases_supervised", "due_at", "id", where="feedback_owed"),
    partial_index("ix_cases_overdue", "due_at", "id", where="is_open AND overdue"),
    partial_index("ix_cases_flagged", "due_at", "id", where="flagged"),
    partial_index("ix_cases_open_handler", "handler_id", "due_at", "id", where="is_open"),
    partial_index("ix_cases_waits", "lead_department_id", "due_at", "id", where=WAITS),
)
