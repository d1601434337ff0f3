"""Open311 GeoReport v2 with its updates extension, so that apps of other makers work unchanged."""
from api.open311 import requests, services, updates
from api.open311.speaking import in_json, in_xml

__all__ = ["in_json", "in_xml", "requests", "services", "updates"]
