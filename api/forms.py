"""Collection forms: published as data, served to the PDA page and to ODK Collect."""
from api.blueprint import Blueprint

blueprint = Blueprint("forms", __name__, url_prefix="/api/v1/forms", description="采集表单 Collection forms")
