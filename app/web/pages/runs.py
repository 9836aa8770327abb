"""Runs: planned, tried, started, watched live, stopped and continued."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from app import jobs, seeds
from app.generation import dry_run, prompt_versions, runs
from app.generation.chosen import LABELS, read_choice
from app.generation.dry_run import DryRun
from app.generation.experience import look_ahead
from app.generation.figures import newest_candidates, run_figures, waits_for
from app.generation.given_texts import SOURCES, given_texts
from app.generation.pipeline import Makes
from app.generation.pipelines import PIPELINES, pipeline_named
from app.generation.reread import can_be_read_again, other_layout
from app.generation.runs import RunForm
from app.generation.steering import Steering
from app.llm.endpoint import endpoints_of
from app.llm.pace import held_until
from app.models.base import NumberOf
from app.models.generation import Endpoint, Run
from app.models.jobs import Job
from app.origins import origins_in
from app.screening.filter import Filter
from app.screening.filters import FILTERS
from app.screening.screen import default_thresholds
from app.text import whole_number
from app.web.fields import DrawnForm, FormField, fields_of, read_fields, settings_of
from app.web.live import follow, followed
from app.web.rendering import is_htmx
from app.web.route import Route
from app.web.visit import Visit, Visitor

router = APIRouter(prefix="/projects/{project_id}/runs", route_class=Route)
Text = Annotated[str, Form()]
# Older ones are of little use.
_DRY_RUNS = 3


class Sent(DrawnForm):
    """The form of a new run, as it is typed; further fields follow from the pipeline and the filters."""

    pipeline: str = ""
    endpoint: Annotated[str, NumberOf(Endpoint)] = ""
    target_kept: str = ""
    target_calls: str = ""
    cost_limit: str = ""
    seed: str = ""
    which: str = ""
    origin: str = ""
    most: str = ""

    def form(self) -> RunForm:
        """Return the form that the stage reads."""
        typed = self.typed()
        pipeline = pipeline_named(self.pipeline)
        return RunForm(
            pipeline=pipeline.name,
            endpoint_id=whole_number(self.endpoint) or 0,
            target_kept=typed["target_kept"],
            target_calls=typed["target_calls"],
            cost_limit=typed["cost_limit"],
            seed=typed["seed"],
            parameters=read_fields(pipeline.Parameters, "parameter", typed),
            thresholds=self.thresholds(),
            choice=read_choice(self.which, self.origin, self.most),
        )


@router.get("", name="runs.list")
def list_(visit: Visit) -> Response:
    with visit.reading() as session:
        tried = jobs.jobs_of(session, visit.project.id, kind=DryRun.name, limit=_DRY_RUNS)
        return visit.render("runs/list.html", runs=runs.runs_of(session, visit.project.id), dry_runs=tried)


@router.get("/new", name="runs.new")
def new(
    visit: Visit,
    pipeline: str = "",
    texts: str = "",
    like: Annotated[str, Query(), NumberOf(Run)] = "",
    like_job: Annotated[str, Query(), NumberOf(Job)] = "",
) -> Response:
    """Empty, or filled in like a run or a dry run; ``pipeline`` is another one, ``texts`` where its texts are from."""
    with visit.reading() as session:
        if like:
            form = runs.form_like(runs.run_in(session, visit.project.id, int(like)))
        elif like_job:
            form = dry_run.form_of(jobs.job_in(session, visit.project.id, int(like_job), kind=DryRun.name))
        else:
            name = pipeline or PIPELINES[0].name
            form = RunForm(name, 0, target_kept=runs.usual_target(name))
            form = replace(form, parameters={"texts": given_texts(session, visit.project.id, texts)} if texts else {})
    return _planning(visit, form, like=like)


@router.post("", name="runs.start")
def start(visit: Visit, sent: Annotated[Sent, Form()]) -> Response:
    with visit.writing() as session:
        run = runs.start_run(session, visit.project.id, sent.form(), visit.person.id)
    return visit.redirect("runs.show", project_id=visit.project.id, run_id=run.id)


@router.post("/dry-run", name="runs.dry_run")
def try_first(visit: Visit, sent: Annotated[Sent, Form()]) -> Response:
    """The same form: its first prompts are tried."""
    with visit.writing() as session:
        job = dry_run.start_dry_run(session, visit.project.id, sent.form(), visit.person.id)
    return visit.redirect("jobs.show", project_id=visit.project.id, job_id=job.id)


@router.post("/estimate", name="runs.estimate")
def estimate(visit: Visit, sent: Annotated[Sent, Form()]) -> Response:
    """Nothing is stored: with htmx only the estimate is sent, else the page with the form as it was typed."""
    return _planning(visit, sent.form(), only_estimate=is_htmx(visit.request))


@router.get("/{run_id}", name="runs.show")
def show(visit: Visit, run_id: int) -> Response:
    return _page(visit, run_id, block=None)


@router.get("/{run_id}/figures", name="runs.figures")
def figures(visit: Visit, run_id: int) -> Response:
    """What changes while a run goes on; asked for again and again where there is no live connection."""
    return _page(visit, run_id, block="figures")


def _run_exists(visit: Visit, run_id: int) -> None:
    with visit.reading() as session:
        runs.run_in(session, visit.project.id, run_id)


@router.get("/{run_id}/live", name="runs.live", response_class=EventSourceResponse, dependencies=followed(_run_exists))
async def live(visit: Visit, run_id: int) -> AsyncIterator[ServerSentEvent]:
    """The same as it changes, until the run or the server ends."""
    async for event in follow(visit.request, lambda visit: _figures(visit, run_id)):
        yield event


@router.post("/{run_id}/cancel", name="runs.cancel")
def cancel(visit: Visit, run_id: int) -> Response:
    with visit.writing() as session:
        runs.cancel_run(session, runs.run_in(session, visit.project.id, run_id), visit.person.id)
    return visit.redirect("runs.show", project_id=visit.project.id, run_id=run_id)


@router.post("/{run_id}/pause", name="runs.pause")
def pause(visit: Visit, run_id: int) -> Response:
    with visit.writing() as session:
        runs.pause_run(session, runs.run_in(session, visit.project.id, run_id), visit.person.id)
    return visit.redirect("runs.show", project_id=visit.project.id, run_id=run_id)


@router.post("/{run_id}/change", name="runs.change")
def change(visit: Visit, run_id: int, concurrency: Text, cost_limit: Text = "") -> Response:
    """How fast it goes and what it may cost, while it goes on, too."""
    with visit.writing() as session:
        run = runs.run_in(session, visit.project.id, run_id)
        runs.change_run(session, run, concurrency=concurrency, cost_limit=cost_limit, actor_id=visit.person.id)
    return visit.redirect("runs.show", project_id=visit.project.id, run_id=run_id, notice="Saved.")


@router.post("/{run_id}/continue", name="runs.continue")
def continue_(visit: Visit, run_id: int) -> Response:
    with visit.writing() as session:
        runs.continue_run(session, runs.run_in(session, visit.project.id, run_id), visit.person.id)
    return visit.redirect("runs.show", project_id=visit.project.id, run_id=run_id)


def _planning(visit: Visitor, form: RunForm, *, like: str = "", only_estimate: bool = False) -> Response:
    chosen = pipeline_named(form.pipeline)
    fields = fields_of(chosen.Parameters, "parameter", form.parameters)
    steering = {f"parameter.{name}" for name in Steering.model_fields}
    with visit.reading() as session:
        endpoints = endpoints_of(session, visit.project.id)
        known = {each.id for each in endpoints}
        if form.endpoint_id not in known and endpoints:
            form = replace(form, endpoint_id=endpoints[0].id)
        outlook = look_ahead(session, visit.project.id, form)
        if only_estimate:
            return visit.render("macros/estimate.html", outlook=outlook)
        return visit.render(
            "runs/new.html",
            pipelines=[each for each in PIPELINES if each.makes is not Makes.SCORES],
            chosen=chosen,
            form=form,
            like=like,
            outlook=outlook,
            texts=[each for each in fields if each.kind == "area"],
            sources=SOURCES,
            steering=[each for each in fields if each.name in steering],
            parameters=[each for each in fields if each.name not in steering and each.kind != "area"],
            prompts=prompt_versions.versions_in_force(session, visit.project.id, chosen),
            asked=default_thresholds() if form.thresholds is None else form.thresholds,
            filters=[(each, _thresholds(each, form)) for each in FILTERS],
            endpoints=endpoints,
            origins=origins_in(session, visit.project.id) if chosen.over_chosen else [],
            which=LABELS,
            seed_tasks=seeds.count_seed_tasks(session, visit.project.id)[0],
        )


def _thresholds(member: Filter, form: RunForm) -> list[FormField]:
    return fields_of(member.Thresholds, f"threshold.{member.name}", (form.thresholds or {}).get(member.name))


def _page(visit: Visitor, run_id: int, *, block: str | None) -> Response:
    with visit.reading() as session:
        run = runs.run_in(session, visit.project.id, run_id)
        figures = run_figures(session, run)
        newest, thrown_away = newest_candidates(session, run, figures)
        return visit.render(
            "runs/show.html",
            block=block,
            run=run,
            endpoint=run.endpoint,
            held_until=held_until(run.endpoint),
            figures=figures,
            waits_for=waits_for(run, figures),
            newest=newest,
            thrown_away=thrown_away,
            is_active=run.is_active,
            makes=pipeline_named(run.pipeline).makes.value,
            settings=settings_of(run),
            can_be_read_again=can_be_read_again(run),
            misread=other_layout(run, figures),
        )


def _figures(visit: Visitor, run_id: int) -> tuple[str, bool]:
    with visit.reading() as session:
        ended = not runs.run_in(session, visit.project.id, run_id).is_active
    return bytes(_page(visit, run_id, block="figures").body).decode(), ended
