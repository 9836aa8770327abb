"""A run's stored answers read again: looked at first, then kept."""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from app import jobs
from app.generation import reread, runs
from app.generation.reread import Reread
from app.screening.filters import FILTERS
from app.text import clean
from app.web.fields import fields_of, read_thresholds
from app.web.visit import Visit, Visitor

router = APIRouter(prefix="/projects/{project_id}/runs/{run_id}/reread")


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
async def start(visit: Visit, run_id: int, request: Request) -> Response:
    sent = await request.form()
    fields = {name: [str(value) for value in sent.getlist(name)] for name in sent}
    job_id = await run_in_threadpool(_start, visit, run_id, fields)
    return visit.redirect("jobs.show", project_id=visit.project.id, job_id=job_id)


@router.post("/{reread_id}/keep", name="reread.keep")
def keep(visit: Visit, run_id: int, reread_id: int) -> Response:
    with visit.writing() as session:
        run = runs.run_in(session, visit.project.id, run_id)
        job = jobs.job_in(session, visit.project.id, reread_id, kind=Reread.name)
        kept = reread.keep_previewed(session, job, run, visit.person.id).id
    return visit.redirect("jobs.show", project_id=visit.project.id, job_id=kept)


def _start(visit: Visitor, run_id: int, fields: dict[str, list[str]]) -> int:
    one = {name: clean(values[-1], name) for name, values in fields.items()}
    with visit.writing() as session:
        run = runs.run_in(session, visit.project.id, run_id)
        thresholds = read_thresholds(fields, one)
        layout = one.get("layout", "")
        return reread.start_reread(session, run, visit.person.id, layout=layout, thresholds=thresholds).id
