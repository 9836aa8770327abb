"""The demo: a first project with seed tasks and a run of the practice model that is filling up."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import projects, seeds
from app.database import Database, migrate
from app.engine import refuse_second_engine
from app.generation import runs
from app.generation.runs import RunForm
from app.llm.endpoint import EndpointForm, add_endpoint
from app.llm.practice.protocol import MODEL as PRACTICE_MODEL
from app.llm.practice.server import create_practice_app
from app.llm.secrets import Vault, open_vault
from app.models.generation import Endpoint
from app.models.people import Membership
from app.people.accounts import first_owner
from app.people.links import new_link
from app.serving import serve_app
from app.settings import Settings

_NAME = "Practice model"
_TARGET = 300
# Slow enough to watch, fast enough to have something to rate at once.
_LATENCY_MS = 400


def run_demo(settings: Settings, port: int, *, open_browser: bool) -> None:
    """Prepare the example project where there is none, then serve until a signal."""
    # Its practice model would take the place of the one that the running demo asks.
    refuse_second_engine(settings)
    # Its only model is on this machine.
    settings = settings.model_copy(update={"private_endpoints": "yes"})
    migrate(settings.url)
    with _practice_model() as base_url:
        database = Database(settings.url)
        with database.writing() as session:
            path = _prepare(session, open_vault(settings), base_url)
        database.dispose()
        serve_app(settings, "127.0.0.1", port, path=path, open_browser=open_browser)


def _prepare(session: Session, vault: Vault, base_url: str) -> str:
    """Return the path of a sign-in link that leads to the newest run of the example project."""
    owner = first_owner(session)
    project_id = session.scalar(select(Membership.project_id).where(Membership.person_id == owner.id).limit(1))
    if project_id is None:
        project_id = _first_project(session, vault, owner.id, base_url)
    # The practice model has a new address at every start.
    here = (Endpoint.project_id == project_id, Endpoint.model == PRACTICE_MODEL, Endpoint.name == _NAME)
    for endpoint in session.scalars(select(Endpoint).where(*here, Endpoint.removed_at.is_(None))):
        endpoint.base_url = base_url
    newest = runs.runs_of(session, project_id, limit=1)
    where = f"/projects/{project_id}" + (f"/runs/{newest[0][0].id}" if newest else "")
    return f"/sign-in/{new_link(session, owner)}?next={where}"


def _first_project(session: Session, vault: Vault, owner_id: int, base_url: str) -> int:
    project = projects.create_project(
        session, "First sieve", "An example: everyday tasks, written by the practice model.", owner_id
    )
    seeds.import_jsonl(session, project.id, seeds.shipped_seed_tasks(), owner_id)
    endpoint = add_endpoint(session, vault, project.id, _form(base_url), owner_id)
    runs.start_run(session, project.id, RunForm("self_instruct", endpoint.id, target_kept=str(_TARGET)), owner_id)
    return project.id


def _form(base_url: str) -> EndpointForm:
    return EndpointForm(
        name=_NAME, base_url=base_url, model=PRACTICE_MODEL, price_in="0.15", price_out="0.60", concurrency="3"
    )


@contextmanager
def _practice_model() -> Iterator[str]:
    """Serve the practice model on a free port beside the application; yields its base URL."""
    config = uvicorn.Config(create_practice_app(latency_ms=_LATENCY_MS), port=0, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="practice-model", daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.should_exit = True
        thread.join(2)
