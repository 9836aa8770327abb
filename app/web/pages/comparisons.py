"""Comparisons: several models answer the same examples, another judges the answers, pairs are taken away."""

from collections.abc import Generator
from typing import Annotated

from fastapi import APIRouter, Form, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.comparisons import comparing, results
from app.comparisons.comparing import ComparisonForm
from app.comparisons.files import FILES, lines_of
from app.errors import NotFound
from app.generation.chosen import EVERY_KEPT, LABELS, read_choice
from app.generation.pipelines.judge import JudgeParameters
from app.llm.endpoint import endpoints_of
from app.models.base import NumberOf
from app.models.generation import Endpoint
from app.origins import origins_in
from app.text import whole_number
from app.web.download import Download
from app.web.fields import Tick, fields_of
from app.web.route import Route
from app.web.visit import Visit, Visitor

router = APIRouter(prefix="/projects/{project_id}/comparisons", route_class=Route)


class Sent(BaseModel):
    """The form of a new comparison, as it is typed."""

    answering: Annotated[list[str], NumberOf(Endpoint)] = []
    with_own: Tick = ""
    judge: Annotated[str, NumberOf(Endpoint)] = ""
    scale: str = Field("ten", alias="judge.scale")
    judgements: str = Field("2", alias="judge.judgements")
    cost_limit: str = ""
    which: str = ""
    origin: str = ""
    most: str = ""


@router.get("", name="comparisons.list")
def list_(visit: Visit) -> Response:
    with visit.reading() as session:
        found = comparing.runs_compared(session, visit.project.id)
        return visit.render("comparisons/list.html", comparisons=found)


@router.get("/new", name="comparisons.new")
def new(visit: Visit) -> Response:
    asked = [each for each in fields_of(JudgeParameters, "judge") if each.name in {"judge.scale", "judge.judgements"}]
    with visit.reading() as session:
        return visit.render(
            "comparisons/new.html",
            endpoints=endpoints_of(session, visit.project.id),
            origins=origins_in(session, visit.project.id),
            which=LABELS,
            choice=EVERY_KEPT,
            asked=asked,
        )


@router.post("", name="comparisons.start")
def start(visit: Visit, sent: Annotated[Sent, Form()]) -> Response:
    form = ComparisonForm(
        [whole_number(each) or 0 for each in sent.answering],
        whole_number(sent.judge) or 0,
        sent.with_own == "true",
        sent.scale,
        sent.judgements,
        sent.cost_limit,
        read_choice(sent.which, sent.origin, sent.most),
    )
    with visit.writing() as session:
        comparison_id = comparing.start_comparison(session, visit.project.id, form, visit.person.id).id
    return visit.redirect("comparisons.show", project_id=visit.project.id, comparison_id=comparison_id)


@router.get("/{comparison_id}", name="comparisons.show")
def show(visit: Visit, comparison_id: int, after: Annotated[int, Query(ge=-1, le=10_000_000)] = -1) -> Response:
    return _page(visit, comparison_id, after, block=None)


@router.get("/{comparison_id}/figures", name="comparisons.figures")
def figures(visit: Visit, comparison_id: int) -> Response:
    """What changes while its runs go on."""
    return _page(visit, comparison_id, -1, block="figures")


@router.get("/{comparison_id}/download/{file_name}", name="comparisons.download")
def download(visit: Visit, comparison_id: int, file_name: str) -> Response:
    """Pairs as they stand, a line each."""
    with visit.reading() as session:
        comparing.comparison_in(session, visit.project.id, comparison_id)
    if file_name not in FILES:
        raise NotFound("There is no such file.")
    lines = _lines(visit, comparison_id, file_name)
    return Download(lines, "application/x-ndjson", f"{file_name}-{comparison_id}.jsonl")


def _lines(visit: Visitor, comparison_id: int, name: str) -> Generator[str, None, None]:
    with visit.reading() as session:
        runs = comparing.runs_compared(session, visit.project.id, comparison_id)[comparison_id]
        yield from lines_of(name, results.all_judged(session, runs[-1]))


def _page(visit: Visitor, comparison_id: int, after: int, *, block: str | None) -> Response:
    with visit.reading() as session:
        comparison = comparing.comparison_in(session, visit.project.id, comparison_id)
        runs = comparing.runs_compared(session, visit.project.id, comparison_id)[comparison_id]
        return visit.render(
            "comparisons/show.html",
            block=block,
            comparison=comparison,
            runs=runs,
            is_active=any(run.is_active for run in runs),
            summary=results.summary_of(session, runs),
            examples=results.judged_examples(session, runs[-1], after=after),
            page_size=results.PAGE,
            after=after,
            names={None: "The output that was there"} | {run.id: run.endpoint.name for run in runs},
        )
