"""Duty in the field: tasks and surveys, rounds with check-in and tracks, which part of a grid was walked, and what is odd."""
from api.duty import oversight, rounds, surveys, tasks
from api.duty.group import blueprint

__all__ = ["blueprint", "oversight", "rounds", "surveys", "tasks"]
