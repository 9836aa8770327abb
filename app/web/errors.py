"""What a person sees when something is refused or goes wrong: a sentence that says what to do, and a way on."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.database import AWAY, has_no_room, reason_of
from app.errors import AlreadyHere, AppError, Archived, Elsewhere, ImportRefused, NotFound, Paused, SignInRequired
from app.web import rendering
from app.web.security import HEADERS
from app.web.visit import Visitor, sign_in_path

log = logging.getLogger(__name__)


def add_error_pages(app: FastAPI) -> None:
    """Answer every error with a page, or with a line inside the form that was sent."""
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http_error)
    for each in AWAY:
        app.add_exception_handler(each, _database_away)
    app.add_exception_handler(Exception, _fault)


def _app_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, AppError):
        raise error
    if isinstance(error, SignInRequired):
        if rendering.is_htmx(request) and request.method != "GET":
            # Leading away would throw away what was typed.
            return refusal(request, error.status, "You are signed out, so this is not saved.")
        return rendering.redirect(request, sign_in_path(request))
    problems = error.problems if isinstance(error, ImportRefused) else []
    way_on = {"project_id": error.project_id, "study_id": error.study_id} if isinstance(error, Elsewhere) else {}
    is_paused = isinstance(error, Paused)
    earlier = {"project_id": error.project_id, "job_id": error.job_id} if isinstance(error, AlreadyHere) else {}
    more = {"is_paused": is_paused, "is_archived": isinstance(error, Archived), "way_on": way_on, "earlier": earlier}
    return refusal(request, error.status, error.sentence, problems, **more)


def _malformed(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    # An empty field counts as missing, and is what a person has left open far more often than a broken form.
    missing = sorted({_label(each) for each in error.errors() if each["type"] == "missing"})
    if missing:
        return refusal(request, 422, f"Still empty: {', '.join(missing)}. Fill it in and try again.")
    names = ", ".join(sorted({_label(each) for each in error.errors()}))
    return refusal(request, 422, f"This doesn’t fit: {names}. Reload the page and try again.")


def _label(problem: dict[str, Any]) -> str:
    return str(problem["loc"][-1]).replace("_", " ")


def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 404:
        return refusal(request, 404, NotFound("There is no page at this address.").sentence)
    return refusal(request, error.status_code, f"{error.detail}.")


def _database_away(request: Request, error: Exception) -> Response:
    log.warning("no database at %s: %s", request.url.path, reason_of(error))
    sentence = "The database doesn’t answer. What was saved before is safe; try again in a moment."
    if has_no_room(error):
        sentence = "The disk of the database is full, so nothing can be saved. Make room there, then try again."
    return refusal(request, 503, f"{sentence} Runs wait meanwhile and go on by themselves.")


def _fault(request: Request, error: Exception) -> Response:
    log.error("fault at %s", request.url.path, exc_info=error)
    sentence = "Something went wrong inside Tamis. Nothing you saved is lost; try again in a moment."
    answer = refusal(request, 500, sentence)
    # The outermost layer gives this answer, past the guard that adds these to all others.
    answer.headers.update(HEADERS | {"cache-control": "no-store"})
    return answer


def refusal(request: Request, status: int, sentence: str, problems: list[str] | None = None, **more: Any) -> Response:
    """Return the page of a refusal, or its sentence alone where that goes into a form.

    ``more``: whether somebody ``is_paused`` or the project ``is_archived``, the numbers of the study that is their
    ``way_on``, and those of the job by which a file came in ``earlier``.
    """
    visit = Visitor(request, None, None, None)
    block = "sentence" if rendering.is_htmx(request) else None
    values = {"visit": visit, "code": status, "sentence": sentence, "problems": problems or []}
    values |= {
        "is_paused": False,
        "is_archived": False,
        "way_on": {},
        "earlier": {},
        "in_form": block is not None,
    } | more
    return rendering.render(request, "errors/error.html", block=block, status=status, **values)
