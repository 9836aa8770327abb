"""One's own part in a project: how far one is, how fast, the code at the end, and the questionnaire."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.insights import progress
from app.people import crowd, members, questionnaire
from app.web.visit import Visit

router = APIRouter(prefix="/projects/{project_id}/own")
Text = Annotated[str, Form()]


@router.get("", name="own.show")
def show(visit: Visit) -> Response:
    project_id, person_id = visit.project.id, visit.person.id
    with visit.reading() as session:
        part = progress.part_of(session, project_id, person_id)
        code = crowd.completion_code_of(session, project_id, person_id)
        return visit.render("own/show.html", part=part, code=code, questions=questionnaire.QUESTIONS)


@router.post("", name="own.answer")
def answer(visit: Visit, language: Text = "", field: Text = "", years: Text = "", consent: Text = "") -> Response:
    sent = {"language": language, "field": field, "years": years, "consent": consent}
    with visit.writing() as session:
        member = members.membership_of(session, visit.project.id, visit.person.id)
        questionnaire.answer_questions(session, member, sent)
    return visit.redirect("own.show", project_id=visit.project.id, notice="Saved. Thank you!")
