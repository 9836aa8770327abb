"""Imports: a file chosen, then its job watched."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, UploadFile
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from app import jobs
from app.errors import InvalidInput
from app.imports.answers import AnswersForm, AnswersImport, start_answers_import
from app.imports.extras import Choice
from app.imports.first_look import FirstLook, look_at
from app.imports.importing import Import, ImportForm, answer_import, give_up_import, look_into, start_import
from app.imports.readers import AUTO, reader_named
from app.imports.ties import outlook_of
from app.imports.undoing import import_in, refuse_unless_quiet, start_undo
from app.models.generation import RunState
from app.screening.filters import FILTERS
from app.text import clean_name
from app.web.fields import DrawnForm, fields_of
from app.web.route import Route
from app.web.visit import Visit, Visitor

router = APIRouter(prefix="/projects/{project_id}/imports", route_class=Route)
CHOICES = {
    Choice.METADATA: "Keep it as metadata",
    Choice.BEFORE_INPUT: "Put it before the input",
    Choice.LEAVE_OUT: "Leave it out",
}


class Sent(DrawnForm):
    """A file with what somebody said of it; further fields follow from the filters.

    ``screen``: "yes" where the filters are asked. ``again``: a file that came in before is taken all the same.
    """

    file: UploadFile | None = None
    format: str = ""
    screen: Literal["", "yes", "no"] = ""
    others: str = ""
    again: bool = False


class Said(BaseModel):
    """What becomes of what a file holds beyond examples, ``extra.0`` and so on: the fields follow from its keys."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str]

    others: str | None = None


@router.get("", name="imports.list")
def list_(visit: Visit) -> Response:
    with visit.reading() as session:
        imports, answers = (
            jobs.jobs_of(session, visit.project.id, kind=kind) for kind in (Import.name, AnswersImport.name)
        )
        return visit.render("imports/list.html", imports=imports, answers=answers)


@router.get("/new", name="imports.new")
def new(visit: Visit, again: bool = False) -> Response:
    """``again``: a file that came in before is taken all the same."""
    return visit.render(
        "imports/new.html",
        again=again,
        choices=CHOICES,
        filters=[(each, fields_of(each.Thresholds, f"threshold.{each.name}")) for each in FILTERS],
    )


@router.post("", name="imports.start")
def start(visit: Visit, sent: Annotated[Sent, Form(media_type="multipart/form-data")]) -> Response:
    job_id, waits = _start(visit, sent)
    if waits:
        return visit.redirect("imports.look", project_id=visit.project.id, waiting_id=job_id)
    return visit.redirect("jobs.show", project_id=visit.project.id, job_id=job_id)


@router.get("/{waiting_id}/look", name="imports.look")
def look(visit: Visit, waiting_id: int) -> Response:
    """What was found in a file that waits, and what somebody has to say of it."""
    with visit.reading() as session:
        job = jobs.job_in(session, visit.project.id, waiting_id, kind=Import.name)
    if job.state is not RunState.PAUSED:
        return visit.redirect("jobs.show", project_id=visit.project.id, job_id=waiting_id)
    return visit.render("imports/look.html", job=job, look=look_into(visit.database, job), choices=CHOICES)


@router.post("/{waiting_id}/look", name="imports.answer")
def answer(visit: Visit, waiting_id: int, said: Annotated[Said, Form()]) -> Response:
    _answer(visit, waiting_id, {name: value for name, value in said if value is not None})
    return visit.redirect("jobs.show", project_id=visit.project.id, job_id=waiting_id)


@router.post("/{waiting_id}/give-up", name="imports.give_up")
def give_up(visit: Visit, waiting_id: int) -> Response:
    with visit.writing() as session:
        job = jobs.job_in(session, visit.project.id, waiting_id, kind=Import.name)
        give_up_import(session, job, visit.person.id)
    return visit.redirect("imports.list", project_id=visit.project.id, notice="Nothing was imported.")


@router.post("/answers", name="imports.answers")
def take_answers(
    visit: Visit,
    model: Annotated[str, Form()],
    file: UploadFile | None = None,
    again: Annotated[bool, Form()] = False,
) -> Response:
    """What a model answered, to stand beside the outputs that are there."""
    model = clean_name(model, "Model", required=True)
    if file is None or not file.filename:
        raise InvalidInput("Choose a file first.", field="file")
    form, limits = AnswersForm(file.filename, model, again=again), visit.settings.file_limits
    with visit.writing() as session:
        job = start_answers_import(session, visit.project.id, form, file.file, visit.person.id, limits)
        job_id = job.id
    return visit.redirect("jobs.show", project_id=visit.project.id, job_id=job_id)


@router.get("/{import_id}/undo", name="imports.undoing")
def undoing(visit: Visit, import_id: int) -> Response:
    """What goes and what stays, before anything does."""
    with visit.reading() as session:
        job = import_in(session, visit.project.id, import_id)
        refuse_unless_quiet(session, job)
        return visit.render("imports/undoing.html", job=job, outlook=outlook_of(session, job))


@router.post("/{import_id}/undo", name="imports.undo")
def undo(visit: Visit, import_id: int, others: Annotated[bool, Form()] = False) -> Response:
    """``others``: what can't go stays, and the rest goes all the same."""
    with visit.writing() as session:
        job = import_in(session, visit.project.id, import_id)
        job_id = start_undo(session, job, visit.person.id, others=others).id
    return visit.redirect("jobs.show", project_id=visit.project.id, job_id=job_id)


def _start(visit: Visitor, sent: Sent) -> tuple[int, bool]:
    """Return the number of the job, and whether it waits until somebody has said what is in the file."""
    typed, file, limits = sent.typed(), sent.file, visit.settings.file_limits
    if file is None or not file.filename:
        raise InvalidInput("Choose a file first.", field="file")
    thresholds = sent.thresholds() if sent.screen == "yes" else None
    chosen = typed["format"] or AUTO
    if chosen != AUTO:
        reader_named(chosen)
    look = look_at(file.file, chosen) if (file.size or 0) <= visit.settings.upload_limit_mb << 20 else None
    if look and look.refusal:
        raise InvalidInput(f"Nothing was imported. {look.refusal}", field="file")
    file.file.seek(0)
    extra = [typed["others"]] if typed["others"] else []
    asks = look is not None and bool(look.asks) and not extra
    waits = asks or (look is not None and bool(look.renamed or look.beside))
    form = ImportForm(file.filename, chosen, thresholds, again=sent.again, extra=extra)
    with visit.writing() as session:
        job = start_import(session, visit.project.id, form, file.file, visit.person.id, limits=limits, waits=waits)
    return job.id, waits


def _answer(visit: Visitor, waiting_id: int, said: dict[str, str]) -> None:
    with visit.reading() as session:
        job = jobs.job_in(session, visit.project.id, waiting_id, kind=Import.name)
    found: FirstLook = look_into(visit.database, job)
    choices = list(job.parameters["extra"])
    if not choices:
        choices = [f"{key.name}={said.get(f'extra.{place}', '')}" for place, key in enumerate(found.asks)]
        choices += [said["others"]] if "others" in said else []
    with visit.writing() as session:
        job = jobs.job_in(session, visit.project.id, waiting_id, kind=Import.name)
        answer_import(session, job, choices, visit.person.id)
