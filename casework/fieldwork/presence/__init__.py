"""Was the worker where he says? Each fix is kept beside what it belongs to, and what is odd about it becomes a flag for
people to look at. Nothing is refused for it: a wrong flag must not cost a right report.
"""
from casework.fieldwork.presence.assessment import Fix, Shot, assess
from casework.fieldwork.presence.checks import Check, Noted, Subject, flagged, forget_old, note, note_many
from casework.fieldwork.presence.review import review, review_cases, review_photos

__all__ = ["Check", "Fix", "Noted", "Shot", "Subject", "assess", "flagged", "forget_old", "note", "note_many", "review",
           "review_cases", "review_photos"]
