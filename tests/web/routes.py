"""Every route of the application, and a form that each unsafe one accepts."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy.orm import Session

from app.archive.archiving import archive_project
from app.models.generation import RunState
from app.models.people import Person
from app.models.projects import Project, SeedTask
from app.people.links import new_link
from app.seeds import retire_seed_task
from app.web.pages import ROUTERS
from tests.web.world import YES, Place, end_job, end_run, study

ROUTES: tuple[APIRoute, ...] = tuple(route for router in ROUTERS for route in router.routes)
SAFE = tuple(route for route in ROUTES if route.methods == {"GET"})
UNSAFE = tuple(route for route in ROUTES if route.methods == {"POST"})
BY_NAME = {route.name: route for route in ROUTES}

EXAMPLE = {"instruction": "Name a river.", "input": "", "output": "The Loire."}
SEED = {"name": "river", "is_classification": "false", **EXAMPLE}
ENDPOINT = {
    "name": "Local",
    "base_url": "http://127.0.0.1:9/v1",
    "model": "small",
    "api_key": "sk-another",
    "style": "chat",
    "price_in": "0.1",
    "price_out": "0.2",
    "price_cached": "0.05",
    "flex_percent": "50",
    "requests_per_minute": "60",
    "tokens_per_minute": "90000",
    "concurrency": "2",
    "preset": "openai_reasoning",
    "length_name": "max_completion_tokens",
    "left_out": ["temperature", "stop"],
    "one_of_two": "true",
    "own_defaults": "true",
    "effort": "low",
    "room": "4096",
    "is_opened": "true",
    "structure": "tool",
    "knows_json": "true",
    "key_header": "api-key",
}
RATING = {"submission": "once", "seconds": "3.5", "comment": "Fine.", "flagged": "true", "action": "save", **YES}
RUBRIC = {
    "label": "Ours",
    "tags": "wrong, dull",
    "0.label": "Is it fine?",
    "0.answers": "Yes\nNo",
    "0.required": "true",
}
RUN = {
    "pipeline": "alpaca",
    "target_kept": "5",
    "target_calls": "50",
    "cost_limit": "",
    "seed": "7",
    "parameter.demonstrations": "3",
    "parameter.temperature": "1",
    "filter": "wording",
    "threshold.wording.words": "image, video",
}
SETTINGS = {"name": "Rivers", "description": "Of France.", "guidelines": "Be kind.", "approval_ratings": "0"}
SETTINGS |= {"cost_limit": "100", "monthly_cost_limit": "20", "annotators_edit": "true"}
STUDY = {"name": "Rivers", "size": "5", "overlap": "2", "one_instance": "true", "opens": "true"}
PASSWORD = {"email": "someone@example.org", "present": "another password", "password": "a long password"}


def form_of(route: str, place: Place) -> dict[str, Any]:
    """Every field that a route's form has, with values that are accepted in a place that ``world.fill`` made."""
    run = RUN | {"endpoint": place["endpoint_id"]}
    forms: dict[str, dict[str, Any]] = {
        "sign_in.password": {"email": "ben@example.org", "password": "a long password", "next": "/"},
        "join.redeem": {"name": "Jo"},
        "sign_in.enter": {"next": "/"},
        "instance.projects": {"lets": "true"},
        "account.rename": {"name": "Someone"},
        "account.password": PASSWORD,
        "projects.create": {"name": "Rivers", "description": "Of France."},
        "projects.edit": SETTINGS,
        "projects.delete": {"name": place["project_name"]},
        "seeds.add": SEED,
        "seeds.edit": SEED,
        "models.add": ENDPOINT,
        "models.edit": ENDPOINT | {"name": "Renamed"},
        "prompts.save": {"text": "Think of tasks:", "version": place["prompt_version"]},
        "prompts.preview": {"text": "Think of tasks:"},
        "prompts.restore": {"version": "0"},
        "prompts.dry_run": {"text": "Think of tasks:", "endpoint": place["endpoint_id"]},
        "runs.start": run,
        "runs.dry_run": run,
        "runs.estimate": run,
        "reread.start": {"layout": "json", "filter": "wording", "threshold.wording.words": "image"},
        "runs.change": {"concurrency": "8", "cost_limit": "2.50"},
        "calls.write_off": {"amount": "0"},
        "comparisons.start": {
            "answering": place["endpoint_id"],
            "with_own": "true",
            "judge": place["endpoint_id"],
            "judge.scale": "points",
            "judge.judgements": "3",
            "most": "5",
        },
        "imports.answers": {"model": "Some model"},
        "imports.start": {"format": "alpaca", "screen": "yes", "filter": "wording", "threshold.wording.words": "image"},
        "imports.answer": {"extra.0": "metadata"},
        "similarity.start_replay": {"origin": ""},
        "similarity.search": {"threshold": "0.7", "origin": ""},
        "similarity.keep": {"candidate": place["near_id"] or "0", "page": "1"},
        "similarity.turn_down": {"approved_too": "true"},
        "candidates.edit": EXAMPLE | {"version": 2},
        "candidates.use": {"alternative": place["alternative_id"], "version": 2},
        "candidates.decide": {"verdict": "rejected", "reason": "Too short.", "version": 2},
        "rate.save": RATING | {"version": 2},
        "rate.edit": EXAMPLE | {"version": 2},
        "studies.start": STUDY,
        "studies.estimate": STUDY,
        "studies.save": RATING | {"version": 2, "submission": "in the study"},
        "studies.decide": {"question": "output_correct", "answer": "yes", "reason": "It is fine."},
        "rubrics.copy": {"rubric": "quality_study"},
        "rubrics.save": RUBRIC | {"version": "1"},
        "rubrics.preview": RUBRIC,
        "releases.freeze": {"name": "first", "notes": "All of it."},
        "sign_in.send": {"email": "ben@example.org"},
        "sign_in.choose": {"email": "new@example.org", "password": "another password"},
        "own.answer": {"language": "fluent", "field": "Law", "years": "2-5", "consent": "yes"},
        "people.mail": {"role": "annotator", "emails": "jo@example.org, kim@example.org", "days": "7"},
        "people.crowd": {
            "parameter": "PROLIFIC_PID",
            "completion_code": "C0DE",
            "asked": "2",
            "uses": "9",
            "days": "9",
        },
        "people.pause": {"paused": "true"},
        "people.leave_out": {"left_out": "true"},
        "people.invite": {"role": "annotator", "uses": "3", "days": "7"},
        "people.change": {"role": "owner"},
    }
    return forms.get(route, {})


def files_of(route: str) -> dict[str, Any]:
    """The files that a route's form has."""
    line = (
        b'{"name":"sea","instruction":"Name a sea.","instances":[{"input":"","output":"x"}],"is_classification":false}'
    )
    example = b'[{"instruction":"Name a sea.","output":"The Baltic."}]'
    files = {
        "seeds.import": ("seeds.jsonl", line),
        "imports.start": ("examples.json", example),
        "imports.answers": ("answers.json", example),
    }
    return {"file": files[route]} if route in files else {}


def send(browser: Any, route: APIRoute, parameters: dict[str, Any], place: Place, **headers: str) -> Any:
    """Call a route as its page would, with a form that it accepts."""
    path = browser.path(route.name, **parameters)
    if "GET" in route.methods:
        return browser.get(path, headers=headers)
    files = files_of(route.name)
    return browser.post(path, data=form_of(route.name, place), headers=headers, **({"files": files} if files else {}))


def prepare(session: Session, route: APIRoute, place: Place, owner_id: int, caller_id: int) -> None:
    """Bring a place that ``world.fill`` made into the state that a route needs to be called by somebody."""
    if route.name in {"runs.live", "runs.continue", "imports.undo", "reread.start", "reread.keep"}:
        end_run(session, place["run_id"], RunState.FAILED)
        end_job(session, place["job_id"])
    if route.name in {"projects.restore", "projects.delete"}:
        archive_project(session, session.get_one(Project, place.id), owner_id)
    if route.name == "studies.open":
        place.ids["study_id"] = study(session, place.id, owner_id, "Say it").id
    if route.name == "seeds.restore":
        retire_seed_task(session, session.get_one(SeedTask, place["seed_id"]), owner_id)
    if route.name == "sign_in.link":
        place.ids["token"] = new_link(session, session.get_one(Person, caller_id))


def has_project(route: APIRoute) -> bool:
    """Whether a route is inside a project."""
    return "{project_id}" in route.path


def named_routes(app: FastAPI) -> set[str]:
    """The names of everything that the application answers to."""
    found, waiting = set(), list(app.router.routes)
    while waiting:
        route = waiting.pop()
        inner = getattr(route, "original_router", None)
        if inner is not None:
            waiting += inner.routes
        else:
            found.add(route.name)
    return found
