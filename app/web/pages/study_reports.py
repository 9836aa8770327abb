"""What comes of a study: differences decided, the report, its files, and the closing."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Form, Query
from starlette.responses import Response

from app.errors import InvalidInput, NotFound
from app.models.base import NumberOf
from app.models.people import Person
from app.studies import adjudicating, reporting, studying
from app.studies.reports.costs import cost_of, format_sum, parse_hourly
from app.studies.reports.notes import notes_of
from app.web.route import Route
from app.web.visit import Key, Visit

router = APIRouter(prefix="/projects/{project_id}/studies/{study_id}", route_class=Route)
Text = Annotated[str, Form()]
_LONGEST_UNIT = 12


@router.get("/differences", name="studies.adjudicate")
def adjudicate(visit: Visit, study_id: int, at: Key | None = None) -> Response:
    with visit.reading() as session:
        study = studying.study_in(session, visit.project.id, study_id)
        disputes = adjudicating.dispute_at(session, study, at)
        return visit.render(
            "studies/adjudicate.html", study=study, disputes=disputes, rubric=studying.rubric_of(session, study)
        )


@router.post("/differences/{item_id}", name="studies.decide")
def decide(visit: Visit, study_id: int, item_id: int, question: Text, answer: Text = "", reason: Text = "") -> Response:
    with visit.writing() as session:
        study = studying.study_in(session, visit.project.id, study_id, locked=True)
        adjudicating.decide(session, study, item_id, question, answer, reason, visit.person.id)
    return visit.redirect("studies.adjudicate", project_id=visit.project.id, study_id=study_id, notice="Decided.")


@router.get("/report", name="studies.report")
def report(
    visit: Visit,
    study_id: int,
    without: Annotated[list[str], Query(), NumberOf(Person)] = [],  # noqa: B006 - never changed
    hourly: str = "",
    unit: str = "",
) -> Response:
    """The report. ``hourly`` and ``unit``, what an hour of somebody's time costs, are stored nowhere."""
    rate, problem = _hourly(hourly)
    with visit.reading() as session:
        study = studying.study_in(session, visit.project.id, study_id)
        found = reporting.read_report(session, study, [int(each) for each in without])
        return visit.render(
            "studies/report.html",
            study=study,
            report=found,
            rubric=studying.rubric_of(session, study),
            notes=notes_of(found),
            without=without,
            hourly=hourly,
            unit=unit[:_LONGEST_UNIT],
            problem=problem,
            cost=None if rate is None else cost_of(found, rate),
            format_sum=format_sum,
        )


@router.get("/report/{report_file}", name="studies.download")
def download(visit: Visit, study_id: int, report_file: str) -> Response:
    with visit.reading() as session:
        study = studying.study_in(session, visit.project.id, study_id)
        if report_file == "report.json":
            content, kind = reporting.json_of(session, study), "application/json"
        elif report_file in _CSVS:
            lines: Iterator[str] = _CSVS[report_file](reporting.read_report(session, study))
            content, kind = "".join(lines).encode(), "text/csv; charset=utf-8"
        else:
            raise NotFound("There is no such file.")
    headers = {"content-disposition": f'attachment; filename="study-{study_id}-{report_file}"'}
    return Response(content, media_type=kind, headers=headers)


def _hourly(typed: str) -> tuple[Decimal | None, str]:
    """Read an hourly rate; what is none leaves the report as it is, with a sentence beside the field."""
    try:
        return parse_hourly(typed), ""
    except InvalidInput as error:
        return None, str(error)


@router.post("/close", name="studies.close")
def close(visit: Visit, study_id: int) -> Response:
    with visit.reading() as session:
        draft = reporting.draft_of(session, studying.study_in(session, visit.project.id, study_id))
    with visit.writing() as session:
        study = studying.study_to_close(session, visit.project.id, study_id)
        reporting.close_study(session, study, visit.person.id, draft)
    return visit.redirect("studies.report", project_id=visit.project.id, study_id=study_id)


_CSVS = {"figures.csv": reporting.figures_csv, "ratings.csv": reporting.ratings_csv}
