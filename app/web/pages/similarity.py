"""Similarity: the limit on it replayed; near-duplicates found, looked at and turned down together."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from starlette.responses import Response

from app import jobs
from app.duplicates import groups, keeping, work
from app.insights import limits, replay
from app.models.base import NumberOf
from app.models.candidates import Candidate
from app.origins import origin_of, origins_in, tokenizer_of
from app.text import whole_number
from app.web.route import Route
from app.web.visit import Visit

router = APIRouter(prefix="/projects/{project_id}/similarity", route_class=Route)
Text = Annotated[str, Form()]
PageNumber = Annotated[int, Query(ge=1, le=100_000)]


@router.get("", name="similarity.list")
def list_(visit: Visit) -> Response:
    with visit.reading() as session:
        return visit.render(
            "similarity/list.html",
            replays=jobs.jobs_of(session, visit.project.id, kind=replay.REPLAY.name, limit=10),
            searches=jobs.jobs_of(session, visit.project.id, kind=work.SEARCH.name, limit=10),
            choices=origins_in(session, visit.project.id),
            origin_of=origin_of,
        )


@router.post("/replays", name="similarity.start_replay")
def start_replay(visit: Visit, origin: Text = "") -> Response:
    with visit.writing() as session:
        job = replay.start_replay(session, visit.project.id, origin, visit.person.id)
    return visit.redirect("similarity.replay", project_id=visit.project.id, replay_id=job.id)


@router.get("/replays/{replay_id}", name="similarity.replay")
def show_replay(visit: Visit, replay_id: int) -> Response:
    with visit.reading() as session:
        job = jobs.job_in(session, visit.project.id, replay_id, kind=replay.REPLAY.name)
        return visit.render(
            "similarity/replay.html",
            job=job,
            origin=origin_of(job),
            tokenizer=tokenizer_of(job),
            table=limits.limit_table(session, job),
        )


@router.post("/duplicates", name="similarity.search")
def search(visit: Visit, threshold: Text, origin: Text = "") -> Response:
    with visit.writing() as session:
        job = work.start_search(session, visit.project.id, threshold, origin, visit.person.id)
    return visit.redirect("similarity.duplicates", project_id=visit.project.id, search_id=job.id)


@router.get("/duplicates/{search_id}", name="similarity.duplicates")
def show_duplicates(visit: Visit, search_id: int, page: PageNumber = 1) -> Response:
    with visit.reading() as session:
        job = jobs.job_in(session, visit.project.id, search_id, kind=work.SEARCH.name)
        shown, is_more = groups.groups_of(session, job.id, page, tokenizer_of(job))
        return visit.render(
            "similarity/duplicates.html",
            job=job,
            origin=origin_of(job),
            tokenizer=tokenizer_of(job),
            summary=groups.summary_of(session, job.id),
            groups=shown,
            page=page,
            is_more=is_more,
            decision=next(iter(work.decisions_on(session, job)), None),
        )


@router.post("/duplicates/{search_id}/keep", name="similarity.keep")
def keep(
    visit: Visit,
    search_id: int,
    candidate: Annotated[str, Form(), NumberOf(Candidate)],
    page: Annotated[int, Form(ge=1, le=100_000)] = 1,
) -> Response:
    """Let another example of its group stay; back to where the group is."""
    with visit.writing() as session:
        job = jobs.job_in(session, visit.project.id, search_id, kind=work.SEARCH.name)
        keeping.keep_instead(session, job, whole_number(candidate) or 0, visit.person.id)
    path = visit.request.app.url_path_for("similarity.duplicates", project_id=visit.project.id, search_id=search_id)
    return visit.redirect_to(f"{path}?page={page}#group-{candidate}")


@router.post("/duplicates/{search_id}/turn-down", name="similarity.turn_down")
def turn_down(visit: Visit, search_id: int, approved_too: Annotated[bool, Form()] = False) -> Response:
    return _decide(visit, search_id, approved_too=approved_too)


@router.post("/duplicates/{search_id}/take-back", name="similarity.take_back")
def take_back(visit: Visit, search_id: int) -> Response:
    return _decide(visit, search_id, back=True)


def _decide(visit: Visit, search_id: int, **how: Any) -> Response:
    with visit.writing() as session:
        job = jobs.job_in(session, visit.project.id, search_id, kind=work.SEARCH.name)
        work.start_decision(session, job, visit.person.id, **how)
    return visit.redirect("similarity.duplicates", project_id=visit.project.id, search_id=search_id)
