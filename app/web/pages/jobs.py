"""Jobs: watched live and stopped. Any page shows a job's card by including ``macros/job.html`` with its ``job``."""

from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from app import jobs
from app.duplicates.work import DECISION, SEARCH
from app.generation.dry_run import DryRun, outlook_after
from app.generation.reread import Reread
from app.imports.answers import AnswersImport
from app.imports.importing import Import
from app.imports.undoing import UNDO
from app.insights.replay import REPLAY
from app.web.live import follow, followed
from app.web.route import Route
from app.web.visit import Visit, Visitor

router = APIRouter(prefix="/projects/{project_id}/jobs", route_class=Route)
# Where in the project's navigation somebody is who watches a job.
SECTIONS = {
    Import.name: "imports",
    AnswersImport.name: "imports",
    UNDO.name: "imports",
    REPLAY.name: "similarity",
    SEARCH.name: "similarity",
    DECISION.name: "similarity",
    DryRun.name: "runs",
    Reread.name: "runs",
}


@router.get("/{job_id}", name="jobs.show")
def show(visit: Visit, job_id: int) -> Response:
    return _page(visit, job_id, block=None)[0]


@router.get("/{job_id}/card", name="jobs.card")
def card(visit: Visit, job_id: int) -> Response:
    """What changes while a job goes on; asked for again and again where there is no live connection."""
    return _page(visit, job_id, block="card")[0]


def _job_exists(visit: Visit, job_id: int) -> None:
    with visit.reading() as session:
        jobs.job_in(session, visit.project.id, job_id)


@router.get("/{job_id}/live", name="jobs.live", response_class=EventSourceResponse, dependencies=followed(_job_exists))
async def live(visit: Visit, job_id: int) -> AsyncIterator[ServerSentEvent]:
    """The card as it changes, until the job or the server ends."""

    def draw(visit: Visitor) -> tuple[str, bool]:
        page, ended = _page(visit, job_id, block="card")
        return bytes(page.body).decode(), ended

    async for event in follow(visit.request, draw):
        yield event


@router.post("/{job_id}/cancel", name="jobs.cancel")
def cancel(visit: Visit, job_id: int) -> Response:
    with visit.writing() as session:
        jobs.cancel_job(session, jobs.job_in(session, visit.project.id, job_id), visit.person.id)
    return visit.redirect("jobs.show", project_id=visit.project.id, job_id=job_id)


def _page(visit: Visitor, job_id: int, *, block: str | None) -> tuple[Response, bool]:
    with visit.reading() as session:
        job = jobs.job_in(session, visit.project.id, job_id)
        template, section = "macros/job.html" if block else "jobs/show.html", SECTIONS.get(job.kind, "")
        outlook = outlook_after(session, job)
        return visit.render(template, block=block, job=job, section=section, outlook=outlook), not job.is_active
