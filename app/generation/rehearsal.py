"""What a run would do with the answers to its first prompts: read, put to the filters, asked on. Nothing is stored.

Demonstrations are drawn as the run with the same seed draws them: its first rounds come before any of its own examples
may be shown.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.examples import Example
from app.generation.asking import Asker, Wanted
from app.generation.intake import Terms
from app.generation.pipeline import Demonstration, Makes, Proposal, Question
from app.llm.ledger import PROPOSING, Step
from app.llm.prompt import Completion, Prompt
from app.models.candidates import Outcome
from app.models.generation import Call
from app.screening.filter import Draft, Subject
from app.screening.filters import FILTERS
from app.screening.pool import Pool
from app.screening.screen import Verdict, screen_instance, screen_instruction

# Enough to see whether a prompt works, few enough to cost next to nothing.
PROMPTS = 3
_ASKED_ABOUT = 2


@dataclass(frozen=True, slots=True)
class Round:
    """One proposing prompt and what it shows."""

    step: Step
    shown: Sequence[Demonstration]
    prompt: Prompt

    @property
    def wanted(self) -> Wanted:
        """The call to be made."""
        return self.step, self.prompt, self.shown


@dataclass(frozen=True, slots=True)
class Said:
    """What a filter said: ``sentence`` is its objection, empty where it let the draft through."""

    filter: str
    sentence: str = ""


@dataclass(slots=True)
class Written:
    """An example that would come of a proposal, and what the filters said of it."""

    draft: Draft
    said: list[Said]
    outcome: Outcome


@dataclass(slots=True)
class Tried:
    """A proposal, what the filters said, what was asked about it and what came of that.

    ``outcome`` is that of the proposal alone: unfinished where a run would ask on.
    """

    round: int
    proposal: Proposal
    said: list[Said]
    outcome: Outcome
    similarity: float | None
    steps: list[Step] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)
    is_asked: bool = False

    @property
    def kept(self) -> int:
        """How many examples would be kept, as far as that is known."""
        if self.is_asked:
            return sum(each.outcome is Outcome.KEPT for each in self.written)
        return int(self.outcome is Outcome.KEPT)


def draw_rounds(
    terms: Terms, seeds: Sequence[Demonstration], chosen: Sequence[Demonstration], seed: int
) -> list[Round]:
    """Return the first rounds of a run with this seed, over ``chosen`` examples where it is over any.

    Rounds that have nothing to ask are left out. Raises InvalidInput where there is too little to draw from.
    """
    most = terms.pipeline.rounds(terms.parameters, len(chosen))
    numbers = range(PROMPTS if most is None else min(PROMPTS, most))
    drawn = (_draw(terms, seeds, chosen, seed, number) for number in numbers)
    return [each for each in drawn if each is not None]


def _draw(
    terms: Terms, seeds: Sequence[Demonstration], chosen: Sequence[Demonstration], seed: int, number: int
) -> Round | None:
    rng = random.Random(f"{seed}/{number}")  # noqa: S311 - repeatable on purpose, guards nothing
    shown = terms.pipeline.draw(rng, seeds, chosen, terms.parameters, number)
    if not shown:
        return None
    prompt = terms.pipeline.ask(shown, terms.parameters, terms.wording)
    return Round(Step(number, PROPOSING, terms.pipeline.purpose), shown, prompt)


def screen_round(round_: Round, completion: Completion, terms: Terms, pool: Pool) -> list[Tried]:
    """Read a completion and ask the filters of each proposal. What they let through joins ``pool``."""
    proposals = terms.pipeline.read(completion, round_.shown, terms.parameters)
    return [_screen(round_, each, terms, pool) for each in proposals if isinstance(each, Proposal)]


def _screen(round_: Round, proposal: Proposal, terms: Terms, pool: Pool) -> Tried:
    draft = proposal.draft
    if terms.pipeline.makes is Makes.ALTERNATIVES:  # its instruction is one of the project's already
        verdict = screen_instance(draft, terms.thresholds, pool)
        return Tried(round_.step.round, proposal, _said("instance", verdict, terms), _outcome(verdict), None)
    verdict = screen_instruction(draft, terms.thresholds, pool)
    said, outcome = _said("instruction", verdict, terms), Outcome.REJECTED
    if verdict.kept and terms.pipeline.asks_on:
        outcome = Outcome.UNFINISHED
    elif verdict.kept:
        whole = screen_instance(draft, terms.thresholds, pool)
        said, outcome = _joined(said, _said("instance", whole, terms)), _outcome(whole)
    if outcome is not Outcome.REJECTED:
        pool.add(f"dry-run:{round_.step.round}:{proposal.position}", draft.instruction)
    similarity = verdict.comparison.similarity if verdict.comparison else None
    return Tried(round_.step.round, proposal, said, outcome, similarity)


def ask_on(tried: Sequence[Tried], asker: Asker, terms: Terms, seeds: Sequence[Demonstration]) -> None:
    """Ask all questions about the first instructions that were let through, and read what they bring."""
    chosen = [each for each in tried if each.outcome is Outcome.UNFINISHED][:_ASKED_ABOUT]
    answers: dict[int, dict[str, Completion]] = {id(each): {} for each in chosen}
    open_ = list(chosen)
    while open_:
        wanted = {id(each): _wanted(each, answers[id(each)], terms, seeds) for each in open_}
        asker.ask(call for call in wanted.values() if call is not None)
        going_on = []
        for each in open_:
            call = wanted[id(each)]
            if call is None:
                _write(each, answers[id(each)], terms)
            elif _take(each, call[0], answers[id(each)], asker):
                going_on.append(each)
        open_ = going_on


def _wanted(
    each: Tried, answers: Mapping[str, Completion], terms: Terms, seeds: Sequence[Demonstration]
) -> Wanted | None:
    question = _next_question(each.proposal.draft, answers, terms, seeds)
    if question is None:
        return None
    return Step(each.round, each.proposal.position, question.purpose), question.prompt, question.demonstrations


def _take(each: Tried, step: Step, answers: dict[str, Completion], asker: Asker) -> bool:
    """Note what a question brought. Returns whether there is anything to go on with."""
    each.is_asked = True
    each.steps.append(step)
    completion = asker.completion(step)
    if completion is not None:
        answers[step.purpose] = completion
    return completion is not None


def _write(each: Tried, answers: Mapping[str, Completion], terms: Terms) -> None:
    drafts, _ = terms.pipeline.finish(_accepted(each.proposal.draft), answers, terms.parameters)
    for draft in drafts:
        verdict = screen_instance(draft, terms.thresholds, Pool())
        each.written.append(Written(draft, _said("instance", verdict, terms), _outcome(verdict)))


def _next_question(
    draft: Draft, answers: Mapping[str, Completion], terms: Terms, seeds: Sequence[Demonstration]
) -> Question | None:
    return terms.pipeline.next_question(_accepted(draft), answers, seeds, terms.parameters, terms.wording)


def _accepted(draft: Draft) -> Example:
    return Example(draft.instruction, draft.input)


def _said(subject: Subject, verdict: Verdict, terms: Terms) -> list[Said]:
    """Return what each filter said, in the order in which they are asked: the first that objects is the last."""
    said = []
    for each in FILTERS:
        if subject in each.subjects and each.name in terms.thresholds:
            objects = each.name == verdict.filter and verdict.objection is not None
            said.append(Said(each.name, verdict.objection.sentence if objects and verdict.objection else ""))
            if objects:
                break
    return said


def _joined(first: Sequence[Said], then: Sequence[Said]) -> list[Said]:
    """Return both, a filter that was asked twice once, in the order of the filters."""
    latest = {each.filter: each for each in [*first, *then]}
    return [latest[each.name] for each in FILTERS if each.name in latest]


def _outcome(verdict: Verdict) -> Outcome:
    return Outcome.KEPT if verdict.kept else Outcome.REJECTED


def told(rounds: Sequence[Round], tried: Sequence[Tried], asker: Asker) -> list[dict[str, Any]]:
    """Return all of it as it is stored with the job and shown."""
    return [
        _told_call(asker.calls.get(each.step), each.prompt, asker)
        | {"proposals": [_told_proposal(one, asker) for one in tried if one.round == each.step.round]}
        for each in rounds
    ]


def _told_proposal(tried: Tried, asker: Asker) -> dict[str, Any]:
    draft = tried.proposal.draft
    return {
        **_told_draft(draft, tried.said, tried.outcome),
        "similarity": tried.similarity,
        "questions": [
            _told_call(asker.calls.get(step), None, asker) | {"purpose": step.purpose} for step in tried.steps
        ],
        "written": [_told_draft(each.draft, each.said, each.outcome) for each in tried.written],
        "is_asked": tried.is_asked,
    }


def _told_draft(draft: Draft, said: Sequence[Said], outcome: Outcome) -> dict[str, Any]:
    return {
        "instruction": draft.instruction,
        "input": draft.input,
        "output": draft.output,
        "outcome": outcome.value,
        "said": [{"filter": each.filter, "sentence": each.sentence} for each in said],
    }


def _told_call(call: Call | None, prompt: Prompt | None, asker: Asker) -> dict[str, Any]:
    if call is None:
        return {"prompt": prompt.text if prompt else "", "text": None, "sentence": asker.trouble, "tokens_in": 0}
    return {
        "prompt": call.prompt,
        "text": call.text,
        "sentence": call.sentence,
        "tokens_in": call.tokens_in,
        "tokens_out": call.tokens_out,
        "cost": call.cost,
        "seconds": seconds_of(call),
    }


def seconds_of(call: Call) -> float:
    """Return how long an answer took."""
    return (call.answered_at - call.sent_at).total_seconds() if call.answered_at else 0.0
