"""The job that reads a run's stored answers again: a preview with counts, then, where somebody decides so, for good."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.database import lock
from app.errors import Conflict, InvalidInput
from app.generation.figures import RunFigures
from app.generation.intake import Terms
from app.generation.layout import Layout
from app.generation.past import count_kept
from app.generation.pipeline import Makes
from app.generation.pipelines import pipeline_named
from app.generation.rereading import Counts, Rereader
from app.generation.workflow import terms_of
from app.jobs import Task, start_job
from app.llm.ledger import PROPOSING
from app.models.events import record
from app.models.generation import Call, Run, RunState
from app.models.jobs import Job
from app.pool import ProjectPool, novelty_of, project_pool
from app.screening.screen import parse_thresholds

_CALLS_AT_ONCE = 50
# Below this share of readable drafts a layout doesn't fit its model; fewer drafts tell nothing.
_FAIR_SHARE, _ENOUGH = 0.5, 5
LAYOUTS = {"": "As they were asked for", "published": "As published", "json": "JSON"}


class Reread:
    """Its parameter ``keeps`` tells the real thing from a preview, which leaves nothing behind."""

    name = "reread"
    label = "Reading answers again"

    def carry_out(self, task: Task) -> None:
        """Go through the proposing calls in their order. What was kept before a crash is counted with the job."""
        keeps = bool(task.parameters["keeps"])
        with task.database.reading() as session:
            job = session.get_one(Job, task.job_id)
            counts = Counts.from_json(job.result) if keeps and job.result else Counts()
            run = session.get_one(Run, task.parameters["run_id"], options=[joinedload(Run.endpoint)])
            terms = _terms(session, run, task.parameters)
            proposing = Call.run_id == run.id, Call.position == PROPOSING, Call.http_status == 200
            calls = session.scalars(select(Call.id).where(*proposing).order_by(Call.round, Call.id)).all()
        novelty = novelty_of(terms.thresholds)
        reader = Rereader(task.database, run, terms, counts)
        shared = project_pool(task.database, task.project_id, novelty)
        with task.writing() as session:
            own = None if keeps else ProjectPool(task.project_id, novelty).locked(session)
        while some := calls[counts.calls : counts.calls + _CALLS_AT_ONCE]:
            with task.writing() as session:
                held = _hold(session, run.id)
                with session.begin_nested() as trial:
                    reader.read(session, held, shared.locked(session) if own is None else own, some)
                    if not keeps:
                        trial.rollback()
                if keeps:
                    session.get_one(Job, task.job_id).result = counts.as_json()
            task.progress(counts.calls, len(calls))
        with task.writing() as session:
            if keeps:
                _leave(session, _hold(session, run.id), counts)
            task.finish(session, counts.as_json(), _sentence(counts, keeps))

    def clear_up(self, session: Session, job: Job) -> None:
        """What was kept so far stays: each example is one by itself."""


def start_reread(
    session: Session,
    run: Run,
    actor_id: int | None,
    *,
    layout: str = "",
    thresholds: Mapping[str, Any] | None = None,
    keeps: bool = False,
    carrier: str = "",
) -> Job:
    """Queue the reading again of a run's answers: in a ``layout``, by ``thresholds``; those of the run where left out.

    Raises Conflict while the run goes on, InvalidInput where it makes no examples or something doesn't fit.
    """
    if terms_of(session, run).pipeline.makes is not Makes.EXAMPLES:
        raise InvalidInput("Only runs that make examples can be read again; answers and scores stay as they were read.")
    if layout not in LAYOUTS:
        raise InvalidInput(f"Choose a layout: {', '.join(filter(None, LAYOUTS))}.", field="layout")
    _hold(session, run.id)
    asked = parse_thresholds(run.thresholds if thresholds is None else thresholds)
    parameters = {
        "run_id": run.id,
        "layout": layout,
        "thresholds": {name: each.model_dump(mode="json") for name, each in asked.items()},
        "keeps": keeps,
    }
    return start_job(session, run.project_id, Reread(), parameters, actor_id, about=f"of run {run.id}", carrier=carrier)


def can_be_read_again(run: Run) -> bool:
    """Return whether a run has ended or paused and makes examples."""
    return not run.is_active and pipeline_named(run.pipeline).makes is Makes.EXAMPLES


def other_layout(run: Run, figures: RunFigures) -> str:
    """Return the layout that may fit a run's model better, empty where enough of what it wrote could be read."""
    is_misread = figures.readable is not None and figures.readable < _FAIR_SHARE and figures.proposed >= _ENOUGH
    if not is_misread or pipeline_named(run.pipeline).makes is not Makes.EXAMPLES:
        return ""
    return "published" if run.parameters.get("layout") == "json" else "json"


def keep_previewed(session: Session, job: Job, run: Run, actor_id: int | None, *, carrier: str = "") -> Job:
    """Queue for good what ``job`` looked at. Raises Conflict where it was no preview that ended well."""
    if job.kind != Reread.name or job.parameters["keeps"] or job.state is not RunState.DONE:
        raise Conflict("Look first at what reading the answers again would bring; then decide.")
    told = {name: job.parameters[name] for name in ("layout", "thresholds")}
    return start_reread(session, run, actor_id, **told, keeps=True, carrier=carrier)


def _terms(session: Session, run: Run, parameters: Mapping[str, Any]) -> Terms:
    terms = replace(terms_of(session, run), thresholds=parse_thresholds(parameters["thresholds"]))
    if not parameters["layout"] or not isinstance(terms.parameters, Layout):
        return terms
    return replace(terms, parameters=terms.parameters.model_copy(update={"layout": parameters["layout"]}))


def _hold(session: Session, run_id: int) -> Run:
    """Keep a run from being continued until this transaction ends. Raises Conflict where it goes on."""
    lock(session, Run, run_id)
    run = session.get_one(Run, run_id, populate_existing=True)
    if run.is_active:
        raise Conflict("The run goes on. Pause or stop it first, then read its answers again.")
    return run


def _leave(session: Session, run: Run, counts: Counts) -> None:
    """Leave a run whose new instructions wait for their examples so that it can be continued."""
    after = {"added": counts.added, "let_through": counts.let_through, "waiting": counts.waiting}
    record(session, "run.read_again", project_id=run.project_id, actor_id=None, subject_id=run.id, after=after)
    if not counts.waiting:
        return
    run.state, run.pause_requested_at = RunState.PAUSED, None
    run.sentence = f"{_many(counts.waiting, 'instruction')} read again wait for examples. Continue asks for them."
    if run.target_kept is not None:
        run.target_kept = max(run.target_kept, count_kept(session, run) + counts.waiting)


def _sentence(counts: Counts, keeps: bool) -> str:
    more = _many(counts.added + counts.let_through, "more example")
    told = f"{_many(counts.calls, 'answer')} read again: {more} {'kept' if keeps else 'would be kept'}"
    if not counts.waiting:
        return f"{told}."
    return f"{told}, {_many(counts.waiting, 'instruction')} {'wait' if keeps else 'would wait'} for examples."


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' if number != 1 else ''}"
