"""The jobs about near-duplicates: the search for them, and the decision on all that a search found."""

from typing import Any

from sqlalchemy.orm import Session

from app.database import lock
from app.duplicates.deciding import next_batch, take_back, turn_down
from app.duplicates.finding import find, instructions_of, parse_threshold
from app.duplicates.groups import summary_of
from app.duplicates.standing import Standing
from app.errors import Conflict
from app.jobs import Finding, Task, jobs_of, start_job
from app.models.jobs import Job
from app.models.novelty import NearDuplicate
from app.origins import origin_of, parameters_for, tokenizer_of


class Search(Finding):
    name = "deduplication"
    label = "Search for near-duplicates"
    table = NearDuplicate

    def carry_out(self, task: Task) -> None:
        """Compare every kept example with those before it."""
        with task.database.reading() as session:
            instructions = instructions_of(session, task.project_id, origin_of(task))
        near = find(instructions, task.parameters["threshold"], tokenizer_of(task), task.progress)
        found = [each.row() for each in near]
        with task.writing() as session:
            self.store(session, task.project_id, task.job_id, found)
            task.finish(session, {}, f"{_near_duplicates(len(found))} among {len(instructions):,} instructions.")


class Decision:
    """Turns down what a search found, or takes that back, a batch at a time. Stopped, it stays half done."""

    name = "near_duplicates"
    label = "Decision on near-duplicates"

    def carry_out(self, task: Task) -> None:
        """Decide on one batch after the other."""
        search_id, after, seen = task.parameters["search_id"], 0, 0
        while True:
            with task.writing() as session:
                batch = next_batch(session, search_id, after)
                if not batch:
                    task.finish(session, {}, _end_of(session, task.parameters))
                    return
                _decide(session, task.parameters, batch)
            after, seen = batch[-1], seen + len(batch)
            task.progress(seen, task.parameters["rows"])

    def clear_up(self, session: Session, job: Job) -> None:
        """Leave what was decided: it can be gone on with, and taken back."""


SEARCH, DECISION = Search(), Decision()


def start_search(session: Session, project_id: int, threshold: str, origin: str, actor_id: int) -> Job:
    """Queue a search in a project, or in an ``origin`` as ``choose_origin`` reads it.

    Raises InvalidInput where ``threshold`` is no number from 0.3 to 0.99.
    """
    parameters = parameters_for(session, project_id, origin) | {"threshold": parse_threshold(threshold)}
    return start_job(session, project_id, SEARCH, parameters, actor_id)


def start_decision(
    session: Session, search: Job, actor_id: int, *, back: bool = False, approved_too: bool = False
) -> Job:
    """Queue turning down what a search found, or taking that ``back``. Raises Conflict while one goes on."""
    refuse_while_deciding(session, search)
    parameters = {
        "search_id": search.id,
        "back": back,
        "approved_too": approved_too,
        "actor_id": actor_id,
        "rows": summary_of(session, search.id).found,
    }
    return start_job(session, search.project_id, DECISION, parameters, actor_id)


def refuse_while_deciding(session: Session, search: Job) -> None:
    """Lock a search until the transaction ends. Raises Conflict while what it found is being decided on."""
    lock(session, Job, search.id)
    if any(each.is_active for each in decisions_on(session, search)):
        raise Conflict("These near-duplicates are being decided on already. Wait until that has ended.")


def decisions_on(session: Session, search: Job) -> list[Job]:
    """Return the jobs that decided on what a search found, newest first."""
    jobs = jobs_of(session, search.project_id, kind=DECISION.name)
    return [each for each in jobs if each.parameters["search_id"] == search.id]


def _decide(session: Session, parameters: dict[str, Any], batch: Any) -> None:
    search_id, actor_id = parameters["search_id"], parameters["actor_id"]
    if parameters["back"]:
        take_back(session, search_id, actor_id, batch)
    else:
        turn_down(session, search_id, actor_id, batch, approved_too=parameters["approved_too"])


def _end_of(session: Session, parameters: dict[str, Any]) -> str:
    standing = summary_of(session, parameters["search_id"]).standing
    if parameters["back"]:
        left = standing[Standing.TURNED_DOWN]
        return "The decision is taken back." + (f" {left:,} stay turned down: people said so." if left else "")
    return f"{_near_duplicates(standing[Standing.SET_ASIDE])} turned down."


def _near_duplicates(count: int) -> str:
    return f"{count:,} near-duplicate{'s' if count != 1 else ''}"
