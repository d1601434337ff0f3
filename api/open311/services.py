"""What can be reported, what is asked about it, and where all this is: the parts of Open311 that clients read first."""
from typing import Any

from flask import Response, request

from api.auth import public
from api.open311.georeport import DefinitionOut, DiscoveryOut, ServiceOut
from api.open311.speaking import ROOT, operation
from api.open311.writing import answer, moment
from casework import settings, taxonomy
from casework.storage.database import reading
from casework.taxonomy.services import Question, Service
from casework.taxonomy.services import service as offered_as
from casework.taxonomy.services import services as offered

OPEN = public("what can be reported is read before anybody has a key")
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
MIMES = ["text/xml", "application/json"]


@operation("GET", "/v2/services", OPEN, answer=ServiceOut(many=True))
def services() -> Response:
    """What can be reported: the narrowest categories of components and events; requests of persons come by other doors."""
    with reading() as db:
        return answer("services", [_service(one) for one in offered(taxonomy.catalogue(db))])


@operation("GET", "/v2/services/<service_code>", OPEN, answer=DefinitionOut())
def definition(service_code: str) -> Response:
    """What to ask about a service; one without questions has an empty list."""
    with reading() as db:
        found = offered_as(taxonomy.catalogue(db), service_code)
    asked = [_attribute(one, order) for order, one in enumerate(found.questions, start=1)]
    return answer("service_definition", {"service_code": service_code, "attributes": asked})


@operation("GET", "/discovery", OPEN, answer=DiscoveryOut())
def discovery() -> Response:
    """Where the service is, in which formats, whom to ask, and how to get a key."""
    with reading() as db:
        version = taxonomy.current_version(db)
    changed = moment(version.activated_at or version.created_at)
    config, root = settings.current(), request.url_root.rstrip("/")
    here = {"specification": SPECIFICATION, "url": f"{root}{ROOT}/v2", "changeset": changed, "type": "production",
            "formats": MIMES}
    # Common XML parsers make no list of a single endpoint, so there are two in any case.
    trial = config.open311_test_url.rstrip("/")
    other = {"url": trial, "type": "test"} if trial else {"formats": MIMES[::-1]}
    return answer("discovery", {
        "changeset": changed, "contact": config.open311_contact,
        "key_service": f"POST {root}/api/v1/open311/applications （见 {root}/docs）；联系 {config.open311_contact}",
        "endpoints": [here, here | other]})


@operation("GET", "/v2/discovery", OPEN, answer=DiscoveryOut())
def discovery_here() -> Response:
    """The same, where some clients look for it."""
    return discovery()


def _service(one: Service) -> dict[str, Any]:
    return {"service_code": one.category.code, "service_name": one.category.name,
            "description": "；".join(dict.fromkeys(standard.condition for standard in one.conditions)),
            "metadata": bool(one.questions), "type": "realtime", "keywords": ",".join([one.group, *one.category.groups]),
            "group": one.group}


def _attribute(question: Question, order: int) -> dict[str, Any]:
    return {"variable": bool(question.answers), "code": question.code,
            "datatype": "singlevaluelist" if question.answers else "string", "required": False, "datatype_description": None,
            "order": order, "description": question.words,
            "values": [{"key": key, "name": name} for key, name in question.answers]}
