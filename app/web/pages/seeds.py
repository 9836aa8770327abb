"""Seed tasks: listed, written, imported, retired."""

from typing import Annotated

from fastapi import APIRouter, Form, UploadFile
from starlette.responses import Response

from app import seeds
from app.errors import InvalidInput
from app.web.route import Route
from app.web.visit import Key, Visit, Visitor

router = APIRouter(prefix="/projects/{project_id}/seeds", route_class=Route)
Text = Annotated[str, Form()]
_PAGE = 50


@router.get("", name="seeds.list")
def list_(visit: Visit, q: str = "", after: Key = 0, retired: bool = False) -> Response:
    with visit.reading() as session:
        found = seeds.seed_tasks_of(
            session, visit.project.id, retired=retired, after=after, limit=_PAGE + 1, search=q.strip()
        )
        return visit.render(
            "seeds/list.html",
            counts=seeds.count_seed_tasks(session, visit.project.id),
            seed_tasks=found[:_PAGE],
            after=found[_PAGE - 1].id if len(found) > _PAGE else None,
            q=q,
            retired=retired,
            limits=seeds.seed_limits(visit.settings.file_limits),
        )


@router.get("/new", name="seeds.new")
def new(visit: Visit) -> Response:
    return visit.render("seeds/show.html", seed=None)


@router.post("", name="seeds.add")
def add(
    visit: Visit,
    name: Text,
    instruction: Text,
    input: Annotated[list[str], Form()],  # noqa: A002 - a field of the form
    output: Annotated[list[str], Form()],
    is_classification: Annotated[bool, Form()] = False,
) -> Response:
    form = _form(name, instruction, input, output, is_classification)
    with visit.writing() as session:
        seed = seeds.add_seed_task(session, visit.project.id, form, visit.person.id)
    return _to_list(visit, f"Added “{seed.name}”.")


@router.post("/import", name="seeds.import")
def import_(visit: Visit, file: UploadFile) -> Response:
    return _import(visit, file.file.read((visit.settings.upload_limit_mb << 20) + 1))


@router.post("/shipped", name="seeds.add_shipped")
def add_shipped(visit: Visit) -> Response:
    return _import(visit, seeds.shipped_seed_tasks())


@router.get("/{seed_id}", name="seeds.show")
def show(visit: Visit, seed_id: int) -> Response:
    with visit.reading() as session:
        return visit.render("seeds/show.html", seed=seeds.seed_task_in(session, visit.project.id, seed_id))


@router.post("/{seed_id}", name="seeds.edit")
def edit(
    visit: Visit,
    seed_id: int,
    name: Text,
    instruction: Text,
    input: Annotated[list[str], Form()],  # noqa: A002 - a field of the form
    output: Annotated[list[str], Form()],
    is_classification: Annotated[bool, Form()] = False,
) -> Response:
    form = _form(name, instruction, input, output, is_classification)
    with visit.writing() as session:
        seed = seeds.seed_task_in(session, visit.project.id, seed_id)
        seeds.edit_seed_task(session, seed, form, visit.person.id)
    return _to_list(visit, f"Saved “{form.name}”.")


@router.post("/{seed_id}/retire", name="seeds.retire")
def retire(visit: Visit, seed_id: int) -> Response:
    return _retire(visit, seed_id, retired=True)


@router.post("/{seed_id}/restore", name="seeds.restore")
def restore(visit: Visit, seed_id: int) -> Response:
    return _retire(visit, seed_id, retired=False)


def _form(
    name: str, instruction: str, inputs: list[str], outputs: list[str], is_classification: bool
) -> seeds.SeedForm:
    if len(inputs) != len(outputs):
        raise InvalidInput("Every example needs an input and an output field. Reload the page and try again.")
    # A pair left wholly empty is a spare one of the form.
    pairs = [(i, o) for i, o in zip(inputs, outputs, strict=True) if i.strip() or o.strip()]
    return seeds.SeedForm(name=name, instruction=instruction, instances=pairs, is_classification=is_classification)


def _import(visit: Visitor, raw: bytes) -> Response:
    file = seeds.read_jsonl(raw, visit.settings.file_limits)
    with visit.writing() as session:
        count = seeds.import_file(session, visit.project.id, file, visit.person.id)
    return _to_list(visit, f"Imported {count:,} seed tasks.")


def _retire(visit: Visitor, seed_id: int, *, retired: bool) -> Response:
    with visit.writing() as session:
        seed = seeds.seed_task_in(session, visit.project.id, seed_id)
        seeds.retire_seed_task(session, seed, visit.person.id, retired=retired)
    return _to_list(visit, f"Retired “{seed.name}”." if retired else f"“{seed.name}” is in use again.")


def _to_list(visit: Visitor, notice: str) -> Response:
    return visit.redirect("seeds.list", project_id=visit.project.id, notice=notice)
