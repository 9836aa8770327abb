"""Answers: templates, redirects, notices. All knowledge of htmx on the server is here."""

import datetime as dt
import json
from functools import cache
from typing import Any
from urllib.parse import quote, unquote
from weakref import WeakKeyDictionary

from fastapi import FastAPI, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.amounts import format_amount, format_cost, format_price
from app.engine import KINDS
from app.generation.calls import OUTCOMES
from app.generation.pipelines import PIPELINES
from app.imports.findings import sentences_of
from app.imports.parts import shown_name
from app.llm.endpoint import is_practice
from app.llm.pace import held_until
from app.models.base import now
from app.models.people import Role
from app.screening.filters import FILTERS
from app.settings import resource
from app.web import spans
from app.web.markdown import render_as_written, render_markdown
from app.web.security import LONGEST_ADDRESS
from app.web.spans import rough

_NOTICE = "tamis_notice"
# What may stand in an address as it is; a header takes nothing beyond Latin-1.
_ADDRESS = "!#$%&'()*+,/:;=?@[]~"

# Paths of each application's routes, with names in braces.
_PATTERNS: WeakKeyDictionary[FastAPI, dict[tuple[str, ...], str]] = WeakKeyDictionary()


@cache
def templates() -> Environment:
    """Return the templates' environment. An undefined name is an error, and everything is escaped."""
    environment = Environment(
        loader=FileSystemLoader(resource("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "ago": ago,
        "ahead": ahead,
        "amount": format_amount,
        "as_written": render_as_written,
        "cost": format_cost,
        "duration": duration,
        "markdown": render_markdown,
        "moment": moment,
        "number": lambda value: f"{value:,}",
        "percent": lambda share: f"{100 * share:.0f}%",
        "price": format_price,
        "rough": rough,
        "shown_name": shown_name,
        "written": lambda value: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False),
    }
    environment.tests |= {"held": held_until, "practice": is_practice}
    environment.globals |= {
        "Role": Role,
        "call_outcomes": {outcome.value: label for outcome, label in OUTCOMES.items()},
        "filter_labels": {each.name: each.label for each in FILTERS},
        "job_labels": {each.name: each.label for each in KINDS},
        "pipeline_labels": {each.name: each.label for each in PIPELINES},
        "prompt_labels": {sheet.name: sheet.title for each in PIPELINES for sheet in each.prompts},
        "found_in_file": sentences_of,
        "spans": spans,
        "static": lambda name: f"/static/{name}?{_stamp(name)}",
    }
    environment.globals["ui"] = environment.get_template("macros/ui.html").make_module({"only_looks": False})
    return environment


@cache
def _ui_of_viewers() -> Any:
    """The macros for whoever may change nothing: forms and buttons are left out, or there to be read."""
    return templates().get_template("macros/ui.html").make_module({"only_looks": True})


def is_htmx(request: Request) -> bool:
    """Return whether htmx asks, so that a part of the page is enough."""
    return request.headers.get("hx-request") == "true"


def path_of(request: Request, route: str, **parameters: Any) -> str:
    """Return the path of a route. To find a route is a walk past all of them: too long for every link of a page."""
    patterns = _PATTERNS.setdefault(request.app, {})
    if (pattern := patterns.get((route, *parameters))) is None:
        pattern = str(request.app.url_path_for(route, **{name: f"{{{name}}}" for name in parameters}))
        patterns[route, *parameters] = pattern
    return pattern.format(**parameters)


def render(request: Request, template: str, *, block: str | None = None, status: int = 200, **values: Any) -> Response:
    """Render a template for a request, or only one of its named blocks. Every template needs the value ``visit``."""
    notice = unquote(request.cookies.get(_NOTICE, ""))
    context: dict[str, Any] = {
        "notice": notice if block is None else "",
        "url_for": lambda route, **parameters: path_of(request, route, **parameters),
    }
    if values["visit"].only_looks:
        context["ui"] = _ui_of_viewers()
    loaded = templates().get_template(template)
    if block is None:
        html = loaded.render(context | values)
    else:
        whole = loaded.new_context(context | values)
        html = "".join(loaded.blocks[block](whole))
    # What earlier versions stored may hold half of a character pair. That is no reason to show nothing for good.
    response = HTMLResponse(html.encode("utf-8", "replace"), status_code=status)
    if notice and block is None:
        response.delete_cookie(_NOTICE, path="/", httponly=True, samesite="lax")
    return response


def redirect(request: Request, path: str, notice: str = "") -> Response:
    """Send the browser on to ``path``, or home where that is too long; ``notice`` is shown there once."""
    response: Response
    address = quote(path, safe=_ADDRESS)
    if len(address) > LONGEST_ADDRESS:
        address = "/"
    if is_htmx(request):
        response = Response(status_code=200, headers={"HX-Redirect": address})
    else:
        response = RedirectResponse(address, status_code=303)
    if notice:
        response.set_cookie(_NOTICE, quote(notice), max_age=60, path="/", httponly=True, samesite="lax")
    return response


def moment(at: dt.datetime) -> str:
    """Return a moment as people write it, in UTC."""
    return at.strftime("%-d %b %Y, %H:%M UTC")


def ago(at: dt.datetime) -> str:
    """Return how long ago a moment was, in its largest unit."""
    seconds = (now() - at).total_seconds()
    if seconds < 60:
        return "just now"
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' if count != 1 else ''} ago"
    return "just now"


def ahead(at: dt.datetime) -> str:
    """Return in how long a moment will be."""
    return f"in {duration(max(at - now(), dt.timedelta()))}"


def duration(length: dt.timedelta) -> str:
    """Return a length of time in its two largest units."""
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


@cache
def _stamp(name: str) -> str:
    """A changed file gets a new address, so browsers may keep the old one for good."""
    return f"{int((resource('static') / name).stat().st_mtime):x}"
