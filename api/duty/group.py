"""The group of operations that is about duty in the field."""
from api.blueprint import Blueprint

blueprint = Blueprint("duty", __name__, url_prefix="/api/v1/duty", description="外勤 Tasks, rounds and coverage")
