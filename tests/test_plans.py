"""No run, no job and no beat of the engine reads more of the database than what it is about."""

import io
import threading

import pytest
from sqlalchemy import select, text

from app import engine
from app.candidates.editing import edit_candidate
from app.duplicates.work import SEARCH, start_decision, start_search
from app.examples import Example
from app.generation.workflow import Surroundings
from app.imports.answers import AnswersForm, start_answers_import
from app.imports.importing import ImportForm, start_import
from app.insights.replay import start_replay
from app.jobs import carry_out_job
from app.llm.ledger import Asking, Step, open_calls, settle_trials, withdraw_calls
from app.llm.prompt import Prompt, Sampling
from app.models.base import now
from app.models.candidates import Candidate, Outcome
from app.models.generation import Endpoint
from app.models.jobs import Job
from app.screening.screen import default_thresholds
from tests.plans import Plans, multiply

COPIES = 100
EXAMPLES = b'[{"instruction": "Name ten zany quokkas.", "output": "Ten."}, {"instruction": "Sing.", "output": "La."}]'
READ_WHOLE: dict[tuple[str, str], str] = {}


def _bring_in(session, project_id, owner_id):
    form = ImportForm("some.json", "alpaca", default_thresholds())
    return start_import(session, project_id, form, io.BytesIO(EXAMPLES), owner_id)


def _bring_answers(session, project_id, owner_id):
    return start_answers_import(session, project_id, AnswersForm("more.json", "Ours"), io.BytesIO(EXAMPLES), owner_id)


def _turn_down(session, project_id, owner_id):
    search = session.scalars(select(Job).where(Job.kind == SEARCH.name, Job.project_id == project_id)).one()
    return start_decision(session, search, owner_id, approved_too=True)


JOBS = {
    "import": _bring_in,
    "answers": _bring_answers,
    "replay": lambda session, project_id, owner_id: start_replay(session, project_id, "", owner_id),
    "search": lambda session, project_id, owner_id: start_search(session, project_id, "0.3", "", owner_id),
    "decision": _turn_down,
}


@pytest.mark.slow
def test_no_run_and_no_job_reads_a_whole_table(shop, practice_url):
    plans, endpoint_id = Plans(shop.database), shop.endpoint(practice_url)
    enlarge(shop, endpoint_id)
    for pipeline in ("self_instruct", "alpaca"):
        run_id = shop.queue(endpoint_id, pipeline)
        with plans.collecting(pipeline):
            shop.carry_out(run_id)
    with plans.collecting("calls that were never sent"), shop.database.writing() as session:
        endpoint = session.get_one(Endpoint, endpoint_id)
        asking = Asking(Step(999, -1, "tasks"), 1, Prompt("Ready?", Sampling(0, 1, 5)))
        withdraw_calls(session, endpoint, run_id, open_calls(session, endpoint, run_id, [asking]))
    for kind, start in JOBS.items():
        with shop.database.writing() as session:
            job_id = start(session, shop.project_id, shop.owner_id).id
        with plans.collecting(kind):
            carry_out_job(shop.database, engine.KINDS, job_id, threading.Event())
        assert shop.job(job_id).state == "done", shop.job(job_id).sentence
    plans.check(READ_WHOLE)


@pytest.mark.slow
def test_the_watch_of_the_engine_reads_no_whole_table(shop, practice_url, monkeypatch):
    """What it asks twice a second and at every beat, but for what is DBOS's own."""
    plans, watch = Plans(shop.database), engine.Engine(shop.settings, shop.database)
    enlarge(shop, shop.endpoint(practice_url))
    around = Surroundings(shop.database, shop.vault, 20.0, threading.Event())
    monkeypatch.setattr(engine, "_around", around)
    with plans.collecting("watch"):
        for line in engine._LINES:
            watch._hand_over(line)
            watch._requeue_the_orphaned(line)
        with shop.database.writing() as session:
            watch._say_alive(session)
            settle_trials(session, now())
    assert len(plans.asked) == 6
    plans.check(READ_WHOLE)


def enlarge(shop, endpoint_id: int) -> None:
    """Let there be many projects beside, each with a run: Postgres plans by how much there is."""
    run_id = shop.queue(endpoint_id)
    shop.carry_out(run_id)
    with shop.database.writing() as session:
        for candidate in session.scalars(select(Candidate).where(Candidate.outcome == Outcome.KEPT)):
            edited = Example(f"{candidate.instruction} Again.", candidate.input, "Something.")
            edit_candidate(session, candidate, edited, version=1, actor_id=shop.owner_id)
    if not shop.database.is_sqlite:
        with shop.database.writing() as session:
            multiply(session.connection(), COPIES)
        with shop.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT candidate_id FROM ratings",
        "SELECT count(*) FROM ratings",
        "SELECT count(*) FROM ratings WHERE seconds > 1",
        "SELECT id FROM candidates WHERE id < 500 AND output = 'x' ORDER BY id DESC",
        "SELECT id FROM ratings AS other WHERE other.comment = 'x' ORDER BY other.id LIMIT 1",
        "SELECT id FROM candidates WHERE id IN (1, 2) OR output = 'x'",
        "SELECT project_id FROM ratings ORDER BY project_id, id",
        "SELECT count(*) FROM ratings WHERE replaced_at IS NULL AND NOT skipped",
        "UPDATE ratings SET comment = '' WHERE rubric = 'x'",
        "DELETE FROM events WHERE kind = 'x'",
        "SELECT c.id FROM candidates AS c JOIN persons AS p ON p.name = c.output WHERE c.id = 1",
    ],
)
def test_a_scan_is_found(database, statement):
    plans = Plans(database)
    with plans.collecting("a test"), database.writing() as session:
        session.execute(text(statement))
    with pytest.raises(AssertionError, match="a test: (ratings|candidates|events|persons)"):
        plans.check({})


def test_what_points_to_a_deleted_row_is_a_scan_where_no_index_finds_it(database):
    plans = Plans(database)
    with plans.collecting("a test"), database.writing() as session:
        session.execute(text("DELETE FROM persons WHERE id = 1"))
    with pytest.raises(AssertionError, match="no index begins with created_by_id"):
        plans.check({})


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT max(id) FROM ratings",
        "SELECT id FROM ratings WHERE candidate_id = 1 AND replaced_at IS NULL",
        "SELECT id FROM ratings WHERE candidate_id IN (1, 2)",
        "SELECT id FROM candidates WHERE project_id = 1 ORDER BY id DESC LIMIT 5",
        "SELECT r.id FROM candidates AS c LEFT JOIN ratings AS r ON r.candidate_id = c.id WHERE c.id = 1",
        "SELECT id FROM attempts WHERE at < '2026-01-01'",
    ],
)
def test_what_an_index_serves_is_no_scan(database, statement):
    plans = Plans(database)
    with plans.collecting("a test"), database.writing() as session:
        session.execute(text(statement))
    plans.check({})
