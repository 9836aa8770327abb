"""The course of one run: what it sends next, and what it does with each answer.

Rounds are sent several at a time but taken in strictly in order. A round's prompt is drawn from what its ``window``
says was kept by then, never from what happens to be known at that moment: so a run with the same seed, seed tasks and
model repeats its prompts, however long each answer takes, however many fly together and wherever it was stopped.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.database import Database
from app.examples import Example
from app.generation import answering, fold, judging
from app.generation.chosen import ChosenExamples
from app.generation.failures import Failures
from app.generation.intake import Intake, Terms
from app.generation.outbox import Outbox, Outgoing
from app.generation.past import last_call_about, past_of
from app.generation.pipeline import Demonstration, Makes
from app.generation.window import Window
from app.llm.client import Target
from app.llm.ledger import PROPOSING, Step
from app.llm.pace import Allowance
from app.llm.prompt import Completion
from app.llm.reading import RETRYABLE, Reading, completion_of
from app.models.candidates import Candidate, Outcome
from app.models.generation import CallOutcome, Endpoint, Run
from app.pool import novelty_of, project_pool
from app.screening.pool import Pool

# So few that whoever waits to send, or with SQLite to rate, has not long to wait until it is looked after.
_ROUNDS_AT_A_TIME = 16
# What looks at instances doesn't compare them.
_NO_POOL = Pool()
# These say nothing of the call: the server is busy or away.
_NOT_ITS_OWN = frozenset({CallOutcome.RATE_LIMITED, CallOutcome.UNREACHABLE})
# Nor do these while the endpoint is held because it fails at whatever it is asked.
_OF_THE_SERVER = frozenset({CallOutcome.SERVER_ERROR, CallOutcome.TIMED_OUT, CallOutcome.UNREACHABLE})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call. ``is_lesson``: it taught how the model is to be asked, and is asked again."""

    sent: Outgoing
    call_id: int
    reading: Reading
    is_lesson: bool = False


@dataclass(slots=True)
class _Open:
    """An accepted instruction whose instance is being written."""

    candidate: Candidate
    answers: dict[str, Completion] = field(default_factory=dict)


class Course:
    """The state of a run in the process that carries it out. Everything in it can be read from the database again."""

    def __init__(
        self, database: Database, session: Session, run: Run, endpoint: Endpoint, target: Target, terms: Terms
    ) -> None:
        self.run_id, self.seed, self.carrier = run.id, run.seed, run.carrier
        self.endpoint, self.target, self.terms = endpoint, target, terms
        self.is_held = False
        self._pool = project_pool(database, run.project_id, novelty_of(terms.thresholds))
        self._seeds = fold.seed_demonstrations(session, run.project_id)
        self._folded = self._next_round = run.rounds_folded
        self._folded_before = -1
        judges = terms.pipeline.makes is Makes.SCORES
        self._chosen = ChosenExamples(database, session, run, answered=judges) if terms.pipeline.over_chosen else None
        self._rounds = run.rounds
        past = past_of(session, run)
        self.budget, self.failures = past.budget, Failures(past.answered_purposes)
        # Until anything came back that taught nothing, one call at a time: what it is refused for the others would be.
        self.is_understood = self.failures.is_answered
        self._outbox = Outbox(endpoint, self.budget, past.attempts)
        # None stands for a round that was given up: it is counted and brings nothing.
        self._completions: dict[int, fold.Proposed | None] = dict(past.completions)
        self._window = Window(run.window, shows_kept=terms.pipeline.shows_candidates)
        self._open: dict[tuple[int, int], _Open] = {}
        for candidate in past.accepted:
            self._accept(candidate)
        with Intake(session, run, terms) as intake:
            for key, open_ in list(self._open.items()):
                open_.answers |= past.answers.get(key, {})
                if key in past.refusals:
                    self._give_up_instances(intake, key, past.refusals[key])
                else:
                    self._ask_on(key, intake)

    def ending(self) -> str | None:
        """Return why nothing more is to be sent, or None."""
        return self.budget.ending() or self._all_asked()

    @property
    def is_broke(self) -> bool:
        """Whether what waits to be sent could never be paid within the targets, nothing being in flight."""
        return self._outbox.is_broke

    @property
    def is_behind(self) -> bool:
        """Whether a round can be taken in."""
        return self._folded in self._completions

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits to be sent."""
        return not self._outbox

    def expect_work(self) -> None:
        """Raise RuntimeError where nothing waits to be sent: asked when nothing flies and the run has not ended."""
        if self.is_idle and self._folded == self._folded_before:
            raise RuntimeError("the run has neither ended nor anything left to ask")
        self._folded_before = self._folded

    def next_calls(self, room: int, allowance: Allowance) -> list[Outgoing]:
        """Return up to ``room`` calls that may be sent now; rounds are added until there is enough or all are sent."""
        while (
            len(self._outbox) < room
            and self._next_round < self._window.reach(self._folded)
            and (self._rounds is None or self._next_round < self._rounds)
            and self.budget.wants_rounds(self._next_round - self._folded)
        ):
            if self._next_round not in self._completions:
                self._propose(self._next_round)
            self._next_round += 1
        return self._outbox.take(room, allowance)

    def go_by(self, endpoint: Endpoint, target: Target) -> None:
        """Go by what an endpoint has become, and send to ``target`` from now on."""
        self.endpoint, self.target = endpoint, target
        self._outbox.go_by(endpoint)

    def put_back(self, calls: Iterable[Outgoing]) -> None:
        """Have calls wait again that were to be sent and were not."""
        for each in calls:
            self._outbox.put_back(each)

    def take_in(self, session: Session, run: Run, answers: Sequence[Answer]) -> None:
        """Do what answers call for: store, ask on, try again, give up, or stop the run. The caller holds the run.

        Where the transaction fails, what this object remembers is no longer true; the database tells the truth.
        """
        with Intake(session, run, self.terms) as intake:
            self._take_in_answers(intake, answers)
            if self.is_behind:
                pool = self._pool.locked(session)
                for _ in range(_ROUNDS_AT_A_TIME):
                    if self.is_behind:
                        self._take_in_round(intake, pool, self._completions.pop(self._folded))

    def _take_in_answers(self, intake: Intake, answers: Sequence[Answer]) -> None:
        for answer in answers:
            self.budget.asked -= answer.sent.is_question
            if answer.is_lesson:
                self._outbox.try_again(answer.sent, counts=False, waits=False)
                continue
            self.is_understood = True
            if answer.reading.over and self.endpoint.price_out:
                self.failures.verdict = answer.reading.over
            completion = completion_of(answer.reading.outcome, answer.reading.text)
            if completion is not None:
                self.failures.forget(answer.sent.step.purpose)
                self._take_completion(intake, answer, completion)
            else:
                self._try_again(intake, answer)

    def _all_asked(self) -> str | None:
        if self._rounds is None or self._folded < self._rounds or self._open:
            return None
        if self._chosen is not None:
            return f"Went through every example: {len(self._chosen):,}."
        return f"Used all {self._rounds:,} texts, each once." if self._rounds > 1 else "Used its one text."

    def _accept(self, candidate: Candidate) -> None:
        demonstration = Demonstration(
            candidate.instruction,
            ((candidate.input, candidate.output),),
            bool(candidate.is_classification),
            candidate_id=candidate.id,
        )
        self._window.add(demonstration, candidate.round)
        if candidate.outcome is Outcome.UNFINISHED:
            self._open[candidate.round, candidate.position] = _Open(candidate)
            self.budget.unfinished += 1
        else:
            self.budget.finished += 1

    def _propose(self, round_: int) -> None:
        shown = self._draw(round_)
        if not shown:
            self._completions[round_] = None
            return
        prompt = self.terms.pipeline.ask(shown, self.terms.parameters, self.terms.wording)
        self._outbox.add(Step(round_, PROPOSING, self.terms.pipeline.purpose), prompt, shown)

    def _draw(self, round_: int) -> list[Demonstration]:
        # Seeding with a text hashes it with SHA-512, alike in every process; hash() would not be.
        rng = random.Random(f"{self.seed}/{round_}")  # noqa: S311 - repeatable on purpose, guards nothing
        if self._chosen is not None:
            return self.terms.pipeline.draw(rng, self._seeds, self._chosen, self.terms.parameters, round_)
        kept = self._window.shown_to(round_)
        return self.terms.pipeline.draw(rng, self._seeds, kept, self.terms.parameters, round_)

    def _take_completion(self, intake: Intake, answer: Answer, completion: Completion) -> None:
        step = answer.sent.step
        if step.position == PROPOSING:
            self._completions[step.round] = fold.Proposed(answer.call_id, answer.reading.model, completion)
            return
        key = (step.round, step.position)
        self._open[key].answers[step.purpose] = completion
        self._ask_on(key, intake, last_call_id=answer.call_id)

    def _take_in_round(self, intake: Intake, pool: Pool, proposed: fold.Proposed | None) -> None:
        fold.count_round(intake.run, self._folded)
        brought = fold.NOTHING
        if proposed is not None:
            take_in = _taker_of(self.terms.pipeline.makes)
            brought = take_in(intake, pool, self._folded, proposed, self._draw(self._folded))
            self.budget.cut_off += proposed.completion.finish == "length"
        self._folded += 1
        self._next_round = max(self._next_round, self._folded)
        self._count(brought)

    def _count(self, brought: fold.Brought) -> None:
        for candidate in brought.joined:
            self._accept(candidate)
            if candidate.outcome is Outcome.UNFINISHED:
                self._ask_on((candidate.round, candidate.position), None)
        self.budget.kept += brought.kept
        self.budget.rounds += 1
        self.budget.barren_rounds = 0 if brought.is_useful else self.budget.barren_rounds + 1
        self.budget.cut_off *= not brought.is_useful

    def _ask_on(self, key: tuple[int, int], intake: Intake | None, last_call_id: int | None = None) -> None:
        """Ask the next question about an accepted instruction; where there is none, store its instances."""
        open_ = self._open[key]
        question = self.terms.pipeline.next_question(
            Example(open_.candidate.instruction, open_.candidate.input),
            open_.answers,
            self._seeds,
            self.terms.parameters,
            self.terms.wording,
        )
        if question is not None:
            # What it shows is not put on record: the same seed tasks every time, to be read in the prompt itself.
            self._outbox.add(Step(*key, question.purpose), question.prompt, (), first=True)
            return
        if intake is None:
            raise RuntimeError("an instruction without questions has its instance from the start")
        self._finish(intake, key, last_call_id)

    def _finish(self, intake: Intake, key: tuple[int, int], last_call_id: int | None) -> None:
        open_ = self._open.pop(key)
        call_id = last_call_id or last_call_about(intake.session, open_.candidate)
        kept = fold.take_in_instances(intake, _NO_POOL, open_.candidate, call_id=call_id, answers=open_.answers)
        self.budget.kept += kept
        self.budget.unfinished -= 1
        self.budget.finished += 1

    def _try_again(self, intake: Intake, answer: Answer) -> None:
        outcome = answer.reading.outcome
        is_held = self.is_held and outcome in _OF_THE_SERVER
        is_its_own = outcome not in _NOT_ITS_OWN and not is_held
        self.failures.add(answer.sent.step.purpose, answer.reading, counts=is_its_own)
        if self.failures.verdict is None and not (
            outcome in RETRYABLE and self._outbox.try_again(answer.sent, counts=is_its_own, waits=not is_held)
        ):
            self._give_up(intake, answer)

    def _give_up(self, intake: Intake, answer: Answer) -> None:
        step = answer.sent.step
        if step.position == PROPOSING:
            self._completions[step.round] = None
            return
        self._give_up_instances(intake, (step.round, step.position), answer.reading.sentence)

    def _give_up_instances(self, intake: Intake, key: tuple[int, int], sentence: str) -> None:
        fold.give_up_instances(intake, self._open.pop(key).candidate, sentence)
        self.budget.unfinished -= 1
        self.budget.finished += 1


def _taker_of(makes: Makes) -> Callable[..., fold.Brought]:
    takers = {
        Makes.EXAMPLES: fold.take_in_round,
        Makes.ALTERNATIVES: answering.take_in_answer,
        Makes.SCORES: judging.take_in_scores,
    }
    return takers[makes]
