"""Comparisons started and looked up. The runs of one are carried out like any other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.amounts import parse_amount
from app.errors import InvalidInput, NotFound
from app.generation.chosen import EVERY_KEPT, Choice
from app.generation.own_outputs import keep_own_outputs
from app.generation.pipelines import judge, teacher
from app.generation.runs import RunForm, plan_run, queue_run
from app.llm.endpoint import endpoint_in
from app.models.comparisons import Comparison
from app.models.events import record
from app.models.generation import Run

_FEWEST, _MOST = 2, 10


@dataclass(frozen=True, slots=True)
class ComparisonForm:
    """What a person chooses: who answers, who judges and how, over which examples. ``cost_limit`` is of each run."""

    answering: Sequence[int]
    judge: int
    with_own: bool = False
    scale: str = "ten"
    judgements: str = "2"
    cost_limit: str = ""
    choice: Choice = EVERY_KEPT


def start_comparison(session: Session, project_id: int, form: ComparisonForm, actor_id: int) -> Comparison:
    """Queue the runs of a comparison; the judging one begins when the others have ended.

    Raises InvalidInput with the field named where something doesn't fit.
    """
    answers = len(set(form.answering)) + form.with_own
    if not _FEWEST <= answers <= _MOST:
        raise InvalidInput(
            f"Choose {_FEWEST} to {_MOST} to compare: models, or one model and the outputs that are there.",
            field="answering",
        )
    parse_amount(form.cost_limit, "Money")  # also where no model has a price that it could limit
    comparison = Comparison(project_id=project_id, with_own=form.with_own)
    session.add(comparison)
    session.flush()
    judging = RunForm(
        judge.pipeline.name,
        form.judge,
        parameters={"scale": form.scale, "judgements": form.judgements, "answers": answers},
        thresholds={},
        choice=form.choice,
        cost_limit=form.cost_limit,
    )
    judged, chosen = plan_run(session, project_id, _priced(session, project_id, judging), actor_id)
    for endpoint_id in dict.fromkeys(form.answering):
        answering = RunForm(
            teacher.pipeline.name,
            endpoint_id,
            parameters={"use": "beside"},
            choice=form.choice,
            cost_limit=form.cost_limit,
            seed=str(judged.seed),
        )
        run, _ = plan_run(session, project_id, _priced(session, project_id, answering), actor_id)
        run.comparison_id = comparison.id
        queue_run(session, run, chosen)
    judged.comparison_id, judged.waits = comparison.id, True
    queue_run(session, judged, chosen)
    if form.with_own:
        keep_own_outputs(session, judged.id)
    record(
        session,
        "comparison.started",
        project_id=project_id,
        actor_id=actor_id,
        subject_id=comparison.id,
        after={"answers": answers, "examples": len(chosen)},
    )
    return comparison


def comparison_in(session: Session, project_id: int, comparison_id: int) -> Comparison:
    """Return one comparison of a project, or raise NotFound."""
    comparison = session.get(Comparison, comparison_id)
    if comparison is None or comparison.project_id != project_id:
        raise NotFound("There is no such comparison in this project.")
    return comparison


def runs_compared(session: Session, project_id: int, comparison_id: int | None = None) -> dict[int, list[Run]]:
    """Return the runs of each comparison of a project, or of one: newest comparison first, the judging run last."""
    of_it = Run.comparison_id == comparison_id if comparison_id is not None else Run.comparison_id.is_not(None)
    rows = session.scalars(
        select(Run)
        .options(joinedload(Run.endpoint))
        .where(Run.project_id == project_id, of_it)
        .order_by(Run.comparison_id.desc(), Run.id)
        .limit(500)
    )
    found: dict[int, list[Run]] = {}
    for run in rows:
        found.setdefault(run.comparison_id or 0, []).append(run)
    return found


def _priced(session: Session, project_id: int, form: RunForm) -> RunForm:
    """A model without prices can't be held to a limit of money; the others are."""
    endpoint = endpoint_in(session, project_id, form.endpoint_id)
    return form if endpoint.price_in or endpoint.price_out else replace(form, cost_limit="")
