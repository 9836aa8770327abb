"""Models: the endpoints that runs call."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.llm import endpoint as endpoints
from app.llm.dialect import dialect_in
from app.llm.dialects import PRESETS, preset_named
from app.llm.endpoint import EndpointForm
from app.llm.trial import try_endpoint
from app.web.route import Route
from app.web.visit import Visit

router = APIRouter(prefix="/projects/{project_id}/models", route_class=Route)


@router.get("", name="models.list")
def list_(visit: Visit) -> Response:
    with visit.reading() as session:
        return visit.render("models/list.html", endpoints=endpoints.endpoints_of(session, visit.project.id))


@router.get("/new", name="models.new")
def new(visit: Visit, preset: str = "") -> Response:
    if not preset:
        return visit.render("models/new.html", presets=PRESETS)
    chosen = preset_named(preset)
    return visit.render("models/show.html", endpoint=None, preset=chosen, dialect=chosen.dialect)


@router.post("", name="models.add")
def add(visit: Visit, form: Annotated[EndpointForm, Form()]) -> Response:
    with visit.writing() as session:
        endpoint = endpoints.add_endpoint(session, visit.vault, visit.project.id, form, visit.person.id)
    return visit.redirect("models.list", project_id=visit.project.id, notice=f"Added “{endpoint.name}”.")


@router.get("/{endpoint_id}", name="models.show")
def show(visit: Visit, endpoint_id: int) -> Response:
    with visit.reading() as session:
        endpoint = endpoints.endpoint_in(session, visit.project.id, endpoint_id)
        dialect, preset = dialect_in(endpoint.dialect), preset_named(endpoint.preset)
        return visit.render("models/show.html", endpoint=endpoint, preset=preset, dialect=dialect)


@router.post("/{endpoint_id}", name="models.edit")
def edit(visit: Visit, endpoint_id: int, form: Annotated[EndpointForm, Form()]) -> Response:
    with visit.writing() as session:
        endpoint = endpoints.endpoint_in(session, visit.project.id, endpoint_id)
        endpoints.edit_endpoint(session, visit.vault, endpoint, form, visit.person.id)
    return visit.redirect("models.list", project_id=visit.project.id, notice=f"Saved “{endpoint.name}”.")


@router.post("/{endpoint_id}/try", name="models.try")
def try_(visit: Visit, endpoint_id: int) -> Response:
    trial = try_endpoint(visit.database, visit.vault, visit.project.id, endpoint_id)
    with visit.reading() as session:
        listed = endpoints.endpoints_of(session, visit.project.id)
        return visit.render("models/list.html", endpoints=listed, tried=endpoint_id, trial=trial)


@router.post("/{endpoint_id}/remove", name="models.remove")
def remove(visit: Visit, endpoint_id: int) -> Response:
    with visit.writing() as session:
        endpoint = endpoints.endpoint_in(session, visit.project.id, endpoint_id)
        name = endpoint.name
        endpoints.remove_endpoint(session, endpoint, visit.person.id)
    return visit.redirect("models.list", project_id=visit.project.id, notice=f"Removed “{name}”.")
