"""OpenRosa 1.0, so that ODK Collect works unchanged."""
from api.blueprint import Blueprint

blueprint = Blueprint("openrosa", __name__, url_prefix="/openrosa", description="ODK Collect by OpenRosa")
