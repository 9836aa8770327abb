"""Similarity: the limit on it replayed; near-duplicates found, looked at and turned down together."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from starlette.responses import Response

from app import jobs
from app.duplicates import groups, work
from app.insights import limits, replay
from app.origins import origin_of, origins_in
from app.web.visit import Visit

router = APIRouter(prefix="/projects/{project_id}/similarity")
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
        job = replay.replay_in(session, visit.project.id, replay_id)
        return visit.render(
            "similarity/replay.html", job=job, origin=origin_of(job), table=limits.limit_table(session, job)
        )


@router.post("/duplicates", name="similarity.search")
def search(visit: Visit, threshold: Text, origin: Text = "") -> Response:
    with visit.writing() as session:
        job = work.start_search(session, visit.project.id, threshold, origin, visit.person.id)
    return visit.redirect("similarity.duplicates", project_id=visit.project.id, search_id=job.id)


@router.get("/duplicates/{search_id}", name="similarity.duplicates")
def show_duplicates(visit: Visit, search_id: int, page: PageNumber = 1) -> Response:
    with visit.reading() as session:
        job = work.search_in(session, visit.project.id, search_id)
        shown, is_more = groups.groups_of(session, job.id, page)
        return visit.render(
            "similarity/duplicates.html",
            job=job,
            origin=origin_of(job),
            summary=groups.summary_of(session, job.id),
            groups=shown,
            page=page,
            is_more=is_more,
            decision=next(iter(work.decisions_on(session, job)), None),
        )


@router.post("/duplicates/{search_id}/turn-down", name="similarity.turn_down")
def turn_down(visit: Visit, search_id: int, approved_too: Annotated[bool, Form()] = False) -> Response:
    return _decide(visit, search_id, approved_too=approved_too)


@router.post("/duplicates/{search_id}/take-back", name="similarity.take_back")
def take_back(visit: Visit, search_id: int) -> Response:
    return _decide(visit, search_id, back=True)


def _decide(visit: Visit, search_id: int, **how: Any) -> Response:
    with visit.writing() as session:
        job = work.search_in(session, visit.project.id, search_id)
        work.start_decision(session, job, visit.person.id, **how)
    return visit.redirect("similarity.duplicates", project_id=visit.project.id, search_id=search_id)
