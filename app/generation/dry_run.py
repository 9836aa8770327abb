"""A dry run: the first prompts of a run, sent, read and put to the filters, before money is spent on all of it.

Nothing comes of it but calls in the ledger and a page that shows them. Each call is made once, whatever happens: one
that failed is shown as it failed, and a job that is taken up again asks only what was never sent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from sqlalchemy.orm import Session

from app.amounts import format_cost
from app.errors import Conflict, InvalidInput
from app.generation.asking import Asker, settle
from app.generation.chosen import demonstrations_of
from app.generation.estimate import Sample
from app.generation.experience import DRY_RUN, Experience, Outlook, goal_of, outlook_of, samples_in
from app.generation.fold import seed_demonstrations
from app.generation.intake import Terms
from app.generation.pipeline import Makes, Pipeline
from app.generation.pipelines import pipeline_named
from app.generation.prompt_versions import read_text, sheet_named
from app.generation.rehearsal import PROMPTS, Round, Tried, ask_on, draw_rounds, screen_round, seconds_of, told
from app.generation.runs import RunForm, form_like, plan_run, usual_target
from app.generation.workflow import Surroundings, terms_of
from app.jobs import Task, start_job
from app.llm.ledger import PROPOSING
from app.llm.prices import CHARACTERS_PER_TOKEN
from app.models.candidates import Outcome
from app.models.generation import Call, Endpoint, Run
from app.models.jobs import Job
from app.pool import novelty_of, project_pool

# What a job remembers of the run that it tries.
_PLANNED = (
    "pipeline",
    "endpoint_id",
    "parameters",
    "thresholds",
    "wording",
    "seed",
    "target_kept",
    "target_calls",
    "cost_limit",
    "choice",
)


class DryRun:
    """``around`` says what sending calls needs of the process; whoever only starts a dry run can do without."""

    name = DRY_RUN
    label = "Dry run"

    def __init__(self, around: Callable[[], Surroundings] | None = None) -> None:
        self._around = around

    def carry_out(self, task: Task) -> None:
        """Send, read and screen; what was answered before the process stopped is not asked again."""
        if self._around is None:
            raise RuntimeError("nobody said how this dry run sends its calls")
        with task.database.reading() as session:
            terms = _terms_of(session, task.project_id, task.parameters)
            seeds = seed_demonstrations(session, task.project_id)
            chosen = demonstrations_of(session, task.parameters["chosen"])
        rounds = draw_rounds(terms, seeds, chosen, task.parameters["seed"])
        if not rounds:
            raise Conflict("The first prompts of this run have nothing to ask.")
        asker = Asker(task, self._around(), task.parameters["endpoint_id"], len(rounds))
        asker.ask(each.wanted for each in rounds)
        if not any(asker.completion(each.step) for each in rounds):
            raise Conflict(asker.trouble or next(call.sentence for call in asker.calls.values()))
        tried = _screen(task, rounds, asker, terms)
        ask_on(tried, asker, terms, seeds)
        samples = [asdict(each) for each in samples_of(rounds, tried, asker)]
        with task.writing() as session:
            task.finish(session, {"rounds": told(rounds, tried, asker), "samples": samples}, _sentence(tried, asker))

    def clear_up(self, session: Session, job: Job) -> None:
        """Settle what a stopped process had in flight. The calls stay in the ledger: they were paid for."""
        settle(session, job.id, session.get_one(Endpoint, job.parameters["endpoint_id"]))


def start_dry_run(
    session: Session, project_id: int, form: RunForm, actor_id: int, words: Mapping[str, str] | None = None
) -> Job:
    """Queue a dry run of what a form describes. ``words`` are typed texts, by prompt, over those in force.

    Raises InvalidInput with the field named where something doesn't fit. No target is needed.
    """
    if not can_be_tried(pipeline_named(form.pipeline)):
        raise InvalidInput("Scores can't be tried alone: a judge needs the answers that a comparison has found.")
    run, chosen = plan_run(session, project_id, form, actor_id)
    own = {name: read_text(sheet_named(name)[1], text) for name, text in (words or {}).items()}
    parameters = {name: getattr(run, name) for name in _PLANNED}
    parameters |= {"words": own, "chosen": chosen[:PROMPTS], "chosen_in_all": len(chosen)}
    about = f"of {pipeline_named(run.pipeline).label}"
    return start_job(session, project_id, DryRun(), parameters, actor_id, about=about)


def can_be_tried(pipeline: Pipeline) -> bool:
    """Return whether a dry run has something to send: a judge needs answers, which only a comparison has."""
    return pipeline.makes is not Makes.SCORES


def form_of(job: Job) -> RunForm:
    """Return the form of the run that a dry run tried, with its random numbers: it would ask the same prompts."""
    form = form_like(_planned(job.project_id, job.parameters), seed=job.parameters["seed"])
    is_aimed = form.target_kept or form.target_calls or form.cost_limit
    return replace(form, target_kept=form.target_kept if is_aimed else usual_target(form.pipeline))


def outlook_after(session: Session, job: Job) -> Outlook | None:
    """Return what the run that a dry run tried would take, None for any other job and where nothing was answered."""
    if job.kind != DRY_RUN or not job.result.get("samples"):
        return None
    endpoint = session.get_one(Endpoint, job.parameters["endpoint_id"])
    goal = goal_of(form_of(job), job.parameters["chosen_in_all"])
    return outlook_of(Experience(samples_in(job.result["samples"]), "this dry run"), goal, endpoint)


def _planned(project_id: int, parameters: Mapping[str, Any]) -> Run:
    return Run(project_id=project_id, **{name: parameters[name] for name in _PLANNED})


def _terms_of(session: Session, project_id: int, parameters: Mapping[str, Any]) -> Terms:
    terms = terms_of(session, _planned(project_id, parameters))
    return replace(terms, wording=terms.wording.with_words(parameters["words"]))


def samples_of(rounds: Sequence[Round], tried: Sequence[Tried], asker: Asker) -> list[Sample]:
    """Return what each answered round would take in a run: what was asked about some instructions is asked of all."""
    asked = [each for each in tried if each.is_asked]
    questions = [
        _sample([asker.calls[step] for step in each.steps if step in asker.calls], each.kept) for each in asked
    ]
    samples = []
    for number, round_ in enumerate(each for each in rounds if asker.completion(each.step) is not None):
        outcomes = [each.outcome for each in tried if each.round == round_.step.round]
        own = _sample([asker.calls[round_.step]], outcomes.count(Outcome.KEPT))
        # Each round takes another of them, so that how much they differ shows in the range.
        question = questions[number % len(questions)] if questions else None
        samples.append(_with_questions(own, question, outcomes.count(Outcome.UNFINISHED)))
    return samples


def _sample(calls: Sequence[Call], kept: int) -> Sample:
    """Tokens that a server didn't count are guessed from the lengths, as the ledger does."""
    tokens_in = (
        len(each.prompt) // CHARACTERS_PER_TOKEN if each.tokens_in is None else each.tokens_in for each in calls
    )
    texts = ((each.tokens_out, each.text or "") for each in calls)
    tokens_out = (len(text) // CHARACTERS_PER_TOKEN if counted is None else counted for counted, text in texts)
    cached = sum(each.tokens_cached or 0 for each in calls)
    return Sample(len(calls), sum(tokens_in), sum(tokens_out), cached, sum(map(seconds_of, calls)), kept)


def _with_questions(own: Sample, question: Sample | None, times: int) -> Sample:
    if question is None:
        return own
    columns = [column.name for column in fields(Sample)]
    return Sample(**{name: getattr(own, name) + times * getattr(question, name) for name in columns})


def _sentence(tried: Sequence[Tried], asker: Asker) -> str:
    answered = sum(step.position == PROPOSING and bool(call.text) for step, call in asker.calls.items())
    passed = sum(each.outcome is not Outcome.REJECTED for each in tried)
    cost = format_cost(sum(call.cost for call in asker.calls.values()))
    prompts = f"{answered} prompt{'s' if answered != 1 else ''} answered"
    proposals = f"{len(tried)} proposal{'s' if len(tried) != 1 else ''}"
    return f"{prompts}: {proposals}, {passed} let through by the filters. Cost {cost}."


def _screen(task: Task, rounds: Sequence[Round], asker: Asker, terms: Terms) -> list[Tried]:
    """Ask the filters beside the pool as it is now, which forgets afterwards what is added to it here."""
    tried: list[Tried] = []
    with task.writing() as session:
        pool = project_pool(task.database, task.project_id, novelty_of(terms.thresholds)).locked(session)
        for each in rounds:
            completion = asker.completion(each.step)
            tried += screen_round(each, completion, terms, pool) if completion else []
    return tried
