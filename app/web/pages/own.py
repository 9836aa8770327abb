"""One's own part in a project: how far one is, how fast, the code at the end, and the questionnaire."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.insights import progress
from app.people import crowd, members, questionnaire
from app.studies.contested import contested_by
from app.studies.shared import judged_in_project
from app.studies.taking_part import own_studies, own_study
from app.studies.with_others import ENOUGH, NOBODY, with_others
from app.web.route import Route
from app.web.visit import Visit

router = APIRouter(prefix="/projects/{project_id}/own", route_class=Route)
Text = Annotated[str, Form()]


@router.get("", name="own.show")
def show(visit: Visit) -> Response:
    project_id, person_id = visit.project.id, visit.person.id
    with visit.reading() as session:
        part = progress.part_of(session, project_id, person_id)
        link = crowd.crowd_link_of(session, project_id, person_id)
        studies = own_studies(session, project_id, person_id, link)
        mine = own_study(session, link, studies) if link else None
        judged, rating_ids = judged_in_project(session, project_id, with_open=False, person_id=person_id)
        return visit.render(
            "own/show.html",
            part=part,
            mine=mine,
            goes_on=next((each.study for each in studies if each.study.id == part.study_id and each.has_more), None),
            is_done=mine.is_done if mine else part.is_done,
            studies=studies,
            completion=crowd.completion_of(link) if link else None,
            beside=with_others(judged).get(person_id, NOBODY),
            enough=ENOUGH,
            contested=contested_by(session, judged, rating_ids, person_id),
            questions=questionnaire.QUESTIONS,
        )


@router.post("", name="own.answer")
def answer(visit: Visit, language: Text = "", field: Text = "", years: Text = "", consent: Text = "") -> Response:
    sent = {"language": language, "field": field, "years": years, "consent": consent}
    with visit.writing() as session:
        member = members.membership_of(session, visit.project.id, visit.person.id)
        questionnaire.answer_questions(session, member, sent)
    return visit.redirect("own.show", project_id=visit.project.id, notice="Saved. Thank you!")
