"""Duty in the field: tasks, rounds with check-in and tracks, and which part of a grid was walked."""
from api.blueprint import Blueprint

blueprint = Blueprint("duty", __name__, url_prefix="/api/v1/duty", description="外勤 Tasks, rounds and coverage")
