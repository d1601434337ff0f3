"""The registers of persons, houses, legal entities, components and addresses."""
from api.blueprint import Blueprint

blueprint = Blueprint("registry", __name__, url_prefix="/api/v1/registry", description="信息库 The registers")
