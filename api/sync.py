"""A PDA that comes back into the network: what it did meanwhile, and what it missed."""
from api.blueprint import Blueprint

blueprint = Blueprint("sync", __name__, url_prefix="/api/v1/pda", description="同步 What a PDA did and missed offline")
