"""Candidates: the list, one with its lineage, edits and decisions."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from starlette.responses import Response

from app import approval
from app.candidates import editing
from app.candidates.alternatives import alternatives_of, use_alternative
from app.candidates.lineage import lineage_of
from app.candidates.listing import Filters, list_candidates
from app.candidates.nearest import nearest_of, nearest_to_each
from app.errors import InvalidInput
from app.examples import Example
from app.generation.runs import runs_of
from app.imports.importing import Import
from app.jobs import jobs_of
from app.models.base import NumberOf
from app.models.candidates import Verdict
from app.models.comparisons import Alternative
from app.models.generation import RunState
from app.rating.own_rubrics import rubrics_asked
from app.web.route import Route
from app.web.visit import Key, Visit

router = APIRouter(prefix="/projects/{project_id}/candidates", route_class=Route)
Text = Annotated[str, Form()]


@router.get("", name="candidates.list")
def list_(visit: Visit, filters: Annotated[Filters, Query()], before: Key | None = None) -> Response:
    with visit.reading() as session:
        page = list_candidates(session, visit.project.id, filters, before=before)
        return visit.render(
            "candidates/list.html",
            page=page,
            filters=filters,
            import_options=[
                (job.id, job.parameters["file"])
                for job in jobs_of(session, visit.project.id, kind=Import.name)
                if job.state is RunState.DONE
            ],
            nearest=nearest_to_each(session, [row.candidate for row in page.rows]) if filters.is_about_novelty else {},
            run_options=[(run.id, f"Run {run.id}") for run, _ in runs_of(session, visit.project.id)],
        )


@router.get("/{candidate_id}", name="candidates.show")
def show(visit: Visit, candidate_id: int) -> Response:
    with visit.reading() as session:
        candidate = editing.candidate_in(session, visit.project.id, candidate_id)
        lineage = lineage_of(session, candidate)
        return visit.render(
            "candidates/show.html",
            candidate=candidate,
            lineage=lineage,
            alternatives=alternatives_of(session, candidate),
            nearest=nearest_of(session, candidate, lineage),
            latest=approval.latest_of(session, candidate),
            rubrics=rubrics_asked(session, visit.project.id),
        )


@router.post("/{candidate_id}", name="candidates.edit")
def edit(
    visit: Visit,
    candidate_id: int,
    version: Annotated[int, Form()],
    instruction: Text,
    output: Text,
    input: Text = "",  # noqa: A002 - a field of the form
) -> Response:
    with visit.writing() as session:
        candidate = editing.candidate_in(session, visit.project.id, candidate_id, locked=True)
        example = editing.typed_over(candidate, Example(instruction, input, output))
        editing.edit_candidate(session, candidate, example, version=version, actor_id=visit.person.id)
    return visit.redirect(
        "candidates.show", project_id=visit.project.id, candidate_id=candidate_id, notice="Saved as a new version."
    )


@router.post("/{candidate_id}/decide", name="candidates.decide")
def decide(
    visit: Visit, candidate_id: int, version: Annotated[int, Form()], verdict: Text, reason: Text = ""
) -> Response:
    with visit.writing() as session:
        candidate = editing.candidate_in(session, visit.project.id, candidate_id, locked=True)
        approval.decide(session, candidate, _verdict(verdict), visit.person.id, reason, version=version)
    return visit.redirect("candidates.show", project_id=visit.project.id, candidate_id=candidate_id)


@router.post("/{candidate_id}/use", name="candidates.use")
def use(
    visit: Visit,
    candidate_id: int,
    version: Annotated[int, Form()],
    alternative: Annotated[str, Form(), NumberOf(Alternative)],
) -> Response:
    """One of the other answers becomes the output."""
    with visit.writing() as session:
        candidate = editing.candidate_in(session, visit.project.id, candidate_id, locked=True)
        use_alternative(session, candidate, int(alternative), version=version, actor_id=visit.person.id)
    return visit.redirect(
        "candidates.show", project_id=visit.project.id, candidate_id=candidate_id, notice="Saved as a new version."
    )


def _verdict(text: str) -> Verdict:
    try:
        return Verdict(text)
    except ValueError as error:
        raise InvalidInput("Choose approved, rejected or withdrawn.", field="verdict") from error
