"""Rubrics: what raters are asked. Shipped ones are copied, copies are edited, one is in use."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Form
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from app.errors import InvalidInput
from app.rating import own_rubrics
from app.rating.rubric import Rubric
from app.rating.rubric_files import dump_rubric, parse_rubric, read_rubric
from app.rating.rubric_forms import content_of, fields_of
from app.rating.rubrics import RUBRICS
from app.text import clean
from app.web.rendering import is_htmx
from app.web.route import Route
from app.web.visit import Visit, Visitor

router = APIRouter(prefix="/projects/{project_id}/rubrics", route_class=Route)


class RubricForm(BaseModel):
    """The fields of the questions are named as ``rubric_forms`` reads them; ``json_text`` stands in for all of them."""

    model_config = ConfigDict(extra="allow")

    version: int = 0
    json_text: str = ""

    def content(self, rubric: Rubric) -> Any:
        """Return what was typed as the JSON of a rubric. Raises InvalidInput where it is none."""
        if self.json_text:
            return dump_rubric(parse_rubric(self.json_text, name=rubric.name, version=rubric.version))
        return content_of({name: str(value) for name, value in (self.model_extra or {}).items()})


@router.get("", name="rubrics.list")
def list_(visit: Visit) -> Response:
    with visit.reading() as session:
        own = own_rubrics.own_rubrics(session, visit.project.id)
    return visit.render("rubrics/list.html", shipped=RUBRICS, own=own, in_use=visit.project.rubric)


@router.post("/copy", name="rubrics.copy")
def copy(visit: Visit, rubric: Annotated[str, Form()]) -> Response:
    with visit.writing() as session:
        made = own_rubrics.copy_rubric(session, visit.project.id, clean(rubric, "Rubric"), visit.person.id)
    notice = "This copy is yours to change. Raters are asked it once you put it in use."
    return visit.redirect("rubrics.show", project_id=visit.project.id, rubric=made.name, notice=notice)


@router.get("/{rubric}", name="rubrics.show")
def show(visit: Visit, rubric: str) -> Response:
    with visit.reading() as session:
        return _page(visit, session, own_rubrics.rubric_at(session, visit.project.id, rubric))


@router.post("/{rubric}", name="rubrics.save")
def save(visit: Visit, rubric: str, form: Annotated[RubricForm, Form()]) -> Response:
    with visit.changing() as (session, project):
        content = form.content(own_rubrics.rubric_at(session, project.id, rubric))
        who = visit.person.id
        saved = own_rubrics.save_rubric(session, project, rubric, content, seen=form.version, actor_id=who)
    notice = f"Version {saved.version} is saved."
    return visit.redirect("rubrics.show", project_id=visit.project.id, rubric=saved.name, notice=notice)


@router.post("/{rubric}/preview", name="rubrics.preview")
def preview(visit: Visit, rubric: str, form: Annotated[RubricForm, Form()]) -> Response:
    """What is being typed, as raters would see it; it is not stored."""
    with visit.reading() as session:
        stored = own_rubrics.rubric_at(session, visit.project.id, rubric)
        try:
            typed = read_rubric(form.content(stored), name=stored.name, version=stored.version)
        except InvalidInput as refused:
            return _page(visit, session, stored, problem=refused.sentence)
        return _page(visit, session, typed)


@router.post("/{rubric}/use", name="rubrics.use")
def use(visit: Visit, rubric: str) -> Response:
    with visit.changing() as (session, project):
        chosen = own_rubrics.choose_rubric(session, project, rubric, visit.person.id)
    notice = f"Raters are asked “{chosen.label}” from now on."
    return visit.redirect("rubrics.list", project_id=visit.project.id, notice=notice)


def _page(visit: Visitor, session: Any, rubric: Rubric, *, problem: str = "") -> Response:
    versions = own_rubrics.versions_of(session, visit.project.id, rubric.name)
    return visit.render(
        "rubrics/show.html",
        block="preview" if is_htmx(visit.request) else None,
        rubric=rubric,
        fields=fields_of(rubric),
        json_text=orjson.dumps(dump_rubric(rubric), option=orjson.OPT_INDENT_2).decode(),
        versions=versions,
        is_own=bool(versions),
        in_use=visit.project.rubric == rubric.name,
        problem=problem,
    )
