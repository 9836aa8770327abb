"""Prompts: read, worded anew, looked at before they are sent, compared, restored."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.generation import prompt_versions
from app.generation.changes import changes_between
from app.generation.dry_run import can_be_tried, start_dry_run
from app.generation.pipelines import PIPELINES
from app.generation.preview import preview_prompt
from app.generation.prompt_versions import sheet_named
from app.generation.runs import RunForm
from app.llm.endpoint import endpoints_of
from app.models.base import NumberOf
from app.models.generation import Endpoint
from app.text import clean, whole_number
from app.web.rendering import is_htmx
from app.web.route import Route
from app.web.visit import Key, Visit, Visitor

router = APIRouter(prefix="/projects/{project_id}/prompts", route_class=Route)
Text = Annotated[str, Form()]
Version = Annotated[int, Form(ge=0, lt=10**9)]


@router.get("", name="prompts.list")
def list_(visit: Visit) -> Response:
    with visit.reading() as session:
        own = prompt_versions.newest_versions(session, visit.project.id)
        return visit.render("prompts/list.html", pipelines=PIPELINES, own=own)


@router.get("/{prompt}", name="prompts.show")
def show(visit: Visit, prompt: str) -> Response:
    return _page(visit, prompt, None)


@router.post("/{prompt}", name="prompts.save")
def save(visit: Visit, prompt: str, text: Text, version: Version) -> Response:
    _, sheet = sheet_named(prompt)
    with visit.writing() as session:
        present = prompt_versions.save_prompt(
            session, visit.project.id, sheet, text, seen=version, actor_id=visit.person.id
        )
    return _to_prompt(visit, prompt, present)


@router.post("/{prompt}/preview", name="prompts.preview")
def preview(visit: Visit, prompt: str, text: Text = "") -> Response:
    """Nothing is stored: with htmx only the preview is sent, else the page with the text as it was typed."""
    return _page(visit, prompt, clean(text, "The text"), block="preview" if is_htmx(visit.request) else None)


@router.post("/{prompt}/dry-run", name="prompts.dry_run")
def try_first(
    visit: Visit, prompt: str, text: Text, endpoint: Annotated[str, Form(), NumberOf(Endpoint)] = ""
) -> Response:
    """The words as they were typed, with a run's first prompts; they are not stored."""
    pipeline, sheet = sheet_named(prompt)
    form = RunForm(pipeline.name, whole_number(endpoint) or 0, parameters=sheet.parameters)
    with visit.writing() as session:
        job = start_dry_run(session, visit.project.id, form, visit.person.id, {prompt: text})
    return visit.redirect("jobs.show", project_id=visit.project.id, job_id=job.id)


@router.get("/{prompt}/compare", name="prompts.compare")
def compare(visit: Visit, prompt: str, before: Key | None = None, after: Key | None = None) -> Response:
    _, sheet = sheet_named(prompt)
    with visit.reading() as session:
        versions = prompt_versions.versions_of(session, visit.project.id, sheet)
        newest = versions[0].version if versions else 0
        after = newest if after is None else after
        before = max(0, after - 1) if before is None else before
        texts = [prompt_versions.text_at(session, visit.project.id, sheet, each) for each in (before, after)]
        return visit.render(
            "prompts/compare.html",
            sheet=sheet,
            numbers=range(newest, -1, -1),
            before=before,
            after=after,
            changes=changes_between(*texts),
        )


@router.post("/{prompt}/restore", name="prompts.restore")
def restore(visit: Visit, prompt: str, version: Version) -> Response:
    _, sheet = sheet_named(prompt)
    with visit.writing() as session:
        present = prompt_versions.restore_prompt(session, visit.project.id, sheet, version, visit.person.id)
    return _to_prompt(visit, prompt, present)


def _page(visit: Visitor, prompt: str, typed: str | None, *, block: str | None = None) -> Response:
    pipeline, sheet = sheet_named(prompt)
    with visit.reading() as session:
        versions = prompt_versions.versions_of(session, visit.project.id, sheet)
        present = versions[0].version if versions else prompt_versions.SHIPPED_VERSION
        stored = versions[0].text if versions else prompt_versions.text_at(session, visit.project.id, sheet, present)
        text = stored if typed is None else typed
        return visit.render(
            "prompts/show.html",
            block=block,
            pipeline=pipeline,
            sheet=sheet,
            text=text,
            versions=versions,
            present=present,
            endpoints=endpoints_of(session, visit.project.id) if can_be_tried(pipeline) else [],
            preview=preview_prompt(session, visit.project.id, pipeline, sheet, text),
        )


def _to_prompt(visit: Visitor, prompt: str, present: int) -> Response:
    notice = f"Version {present} is in use from the next run on." if present else "The shipped words are in use."
    return visit.redirect("prompts.show", project_id=visit.project.id, prompt=prompt, notice=notice)
