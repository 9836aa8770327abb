"""Runs: started, watched live, stopped and continued."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from app import seeds
from app.generation import runs
from app.generation.figures import newest_candidates, run_figures
from app.generation.pipelines import PIPELINES
from app.generation.runs import RunForm
from app.llm.endpoint import endpoints_of
from app.models.generation import RunState
from app.screening.filters import FILTERS
from app.web.visit import Visit, Visitor, let_in

router = APIRouter(prefix="/projects/{project_id}/runs")
Text = Annotated[str, Form()]
_TICK = 1.0


@router.get("", name="runs.list")
def list_(visit: Visit) -> Response:
    with visit.reading() as session:
        return visit.render("runs/list.html", runs=runs.runs_of(session, visit.project.id))


@router.get("/new", name="runs.new")
def new(visit: Visit, pipeline: str = PIPELINES[0].name) -> Response:
    with visit.reading() as session:
        return visit.render(
            "runs/new.html",
            pipelines=PIPELINES,
            chosen=next((each for each in PIPELINES if each.name == pipeline), PIPELINES[0]),
            filters=FILTERS,
            endpoints=endpoints_of(session, visit.project.id),
            seed_tasks=seeds.count_seed_tasks(session, visit.project.id)[0],
        )


@router.post("", name="runs.start")
async def start(visit: Visit, request: Request) -> Response:
    """The form's fields follow from the pipeline and the filters, so they are read as they come."""
    sent = await request.form()
    fields = {name: [str(value) for value in sent.getlist(name)] for name in sent}
    run_id = await run_in_threadpool(_start, visit, fields)
    return visit.redirect("runs.show", project_id=visit.project.id, run_id=run_id)


@router.get("/{run_id}", name="runs.show")
def show(visit: Visit, run_id: int) -> Response:
    return _page(visit, run_id, block=None)


@router.get("/{run_id}/figures", name="runs.figures")
def figures(visit: Visit, run_id: int) -> Response:
    """What changes while a run goes on; asked for again and again where there is no live connection."""
    return _page(visit, run_id, block="figures")


@router.get("/{run_id}/live", name="runs.live", response_class=EventSourceResponse)
async def live(visit: Visit, run_id: int) -> AsyncIterator[ServerSentEvent]:
    """The same as it changes, until the run or the server ends. Whoever is signed out meanwhile gets no more."""
    sent = ""
    while not visit.request.app.state.is_stopping:
        html, ended = await run_in_threadpool(_figures, visit.request, run_id)
        if html != sent:
            yield ServerSentEvent(raw_data=html)
            sent = html
        if ended:
            yield ServerSentEvent(event="ended", raw_data="ended")
            return
        await anyio.sleep(_TICK)


@router.post("/{run_id}/cancel", name="runs.cancel")
def cancel(visit: Visit, run_id: int) -> Response:
    with visit.writing() as session:
        runs.cancel_run(session, runs.run_in(session, visit.project.id, run_id), visit.person.id)
    return visit.redirect("runs.show", project_id=visit.project.id, run_id=run_id)


@router.post("/{run_id}/continue", name="runs.continue")
def continue_(visit: Visit, run_id: int) -> Response:
    with visit.writing() as session:
        runs.continue_run(session, runs.run_in(session, visit.project.id, run_id), visit.person.id)
    return visit.redirect("runs.show", project_id=visit.project.id, run_id=run_id)


def _start(visit: Visitor, fields: dict[str, list[str]]) -> int:
    one = {name: values[-1] for name, values in fields.items()}
    form = RunForm(
        pipeline=one.get("pipeline", ""),
        endpoint_id=int(one["endpoint"]) if one.get("endpoint", "").isdigit() else 0,
        target_kept=one.get("target_kept", ""),
        target_calls=one.get("target_calls", ""),
        target_cost=one.get("target_cost", ""),
        seed=one.get("seed", ""),
        parameters=_prefixed(one, "parameter."),
        thresholds=_thresholds(fields, one),
    )
    with visit.writing() as session:
        return runs.start_run(session, visit.project.id, form, visit.person.id).id


def _prefixed(fields: dict[str, str], prefix: str) -> dict[str, str]:
    return {name.removeprefix(prefix): value for name, value in fields.items() if name.startswith(prefix)}


def _thresholds(fields: dict[str, list[str]], one: dict[str, str]) -> dict[str, Any]:
    """The filters that are ticked, each with its thresholds. A list is typed with commas, a tick sends no or yes."""
    asked = set(fields.get("filter", []))
    thresholds: dict[str, Any] = {}
    for member in FILTERS:
        if member.name not in asked and member.Thresholds.model_fields:
            continue
        values: dict[str, Any] = dict(_prefixed(one, f"threshold.{member.name}."))
        for name, field in member.Thresholds.model_fields.items():
            if field.annotation == tuple[str, ...] and name in values:
                values[name] = [word.strip() for word in values[name].split(",") if word.strip()]
        thresholds[member.name] = values
    return thresholds


def _page(visit: Visitor, run_id: int, *, block: str | None) -> Response:
    with visit.reading() as session:
        run = runs.run_in(session, visit.project.id, run_id)
        return visit.render(
            "runs/show.html",
            block=block,
            run=run,
            endpoint=run.endpoint,
            figures=run_figures(session, run),
            newest=newest_candidates(session, run.id),
            is_active=run.state in {RunState.QUEUED, RunState.RUNNING},
        )


def _figures(request: Request, run_id: int) -> tuple[str, bool]:
    visit = let_in(request)
    with visit.reading() as session:
        run = runs.run_in(session, visit.project.id, run_id)
        ended = run.state not in {RunState.QUEUED, RunState.RUNNING}
    return bytes(_page(visit, run_id, block="figures").body).decode(), ended
