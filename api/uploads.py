"""Files that come in pieces and go on where they broke off: tus 1.0.0."""
from api.blueprint import Blueprint

blueprint = Blueprint("uploads", __name__, url_prefix="/api/v1/uploads", description="断点续传 Resumable uploads (tus 1.0.0)")
