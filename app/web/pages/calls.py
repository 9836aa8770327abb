"""Calls: those of a run, one with what was sent and what came back, and those that are written off."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from starlette.responses import Response

from app.generation import calls, runs
from app.generation.calls import CallFilter
from app.llm.write_off import lost_of, write_off
from app.web.route import Route
from app.web.visit import Key, Visit

router = APIRouter(prefix="/projects/{project_id}", route_class=Route)


@router.get("/runs/{run_id}/calls", name="calls.list")
def list_(visit: Visit, run_id: int, wanted: Annotated[CallFilter, Query()], before: Key | None = None) -> Response:
    with visit.reading() as session:
        run = runs.run_in(session, visit.project.id, run_id)
        page = calls.list_calls(session, run, wanted, before=before)
        return visit.render(
            "calls/list.html", run=run, page=page, wanted=wanted, before=before, lost=lost_of(session, run)
        )


@router.post("/runs/{run_id}/calls/write-off", name="calls.write_off")
def write_them_off(visit: Visit, run_id: int, amount: Annotated[str, Form()] = "") -> Response:
    with visit.writing() as session:
        run = runs.run_in(session, visit.project.id, run_id)
        lost = write_off(session, run, amount, visit.person.id)
    notice = f"{lost.calls:,} call{'s' if lost.calls != 1 else ''} written off."
    return visit.redirect("calls.list", project_id=visit.project.id, run_id=run_id, notice=notice)


@router.get("/calls/{call_id}", name="calls.show")
def show(visit: Visit, call_id: int) -> Response:
    with visit.reading() as session:
        looked = calls.look_at_call(session, visit.project.id, call_id)
        return visit.render("calls/show.html", looked=looked, call=looked.call)


@router.get("/calls/{call_id}/raw", name="calls.download")
def download(visit: Visit, call_id: int) -> Response:
    """The bytes of the answer as they came. No browser shows them: they are anybody's."""
    with visit.reading() as session:
        raw = calls.call_in(session, visit.project.id, call_id).raw or b""
    headers = {"Content-Disposition": f'attachment; filename="call-{call_id}.txt"'}
    return Response(raw, media_type="application/octet-stream", headers=headers)
