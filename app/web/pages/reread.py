"""A run's stored answers read again: looked at first, then kept."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from app import jobs
from app.generation import reread, runs
from app.generation.reread import Reread
from app.screening.filters import FILTERS
from app.web.fields import DrawnForm, fields_of
from app.web.route import Route
from app.web.visit import Visit

router = APIRouter(prefix="/projects/{project_id}/runs/{run_id}/reread", route_class=Route)


class Sent(DrawnForm):
    """How answers are to be read now, as it is typed; further fields follow from the filters."""

    layout: str = ""


@router.get("", name="reread.new")
def new(visit: Visit, run_id: int, layout: str = "") -> Response:
    with visit.reading() as session:
        run = runs.run_in(session, visit.project.id, run_id)
        asked = run.thresholds
        filters = [
            (each, fields_of(each.Thresholds, f"threshold.{each.name}", asked.get(each.name))) for each in FILTERS
        ]
        return visit.render(
            "reread/new.html", run=run, layouts=reread.LAYOUTS, layout=layout, filters=filters, asked=asked
        )


@router.post("", name="reread.start")
def start(visit: Visit, run_id: int, sent: Annotated[Sent, Form()]) -> Response:
    with visit.writing() as session:
        run = runs.run_in(session, visit.project.id, run_id)
        job = reread.start_reread(session, run, visit.person.id, layout=sent.layout, thresholds=sent.thresholds())
    return visit.redirect("jobs.show", project_id=visit.project.id, job_id=job.id)


@router.post("/{reread_id}/keep", name="reread.keep")
def keep(visit: Visit, run_id: int, reread_id: int) -> Response:
    with visit.writing() as session:
        run = runs.run_in(session, visit.project.id, run_id)
        job = jobs.job_in(session, visit.project.id, reread_id, kind=Reread.name)
        kept = reread.keep_previewed(session, job, run, visit.person.id).id
    return visit.redirect("jobs.show", project_id=visit.project.id, job_id=kept)
