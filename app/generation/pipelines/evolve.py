"""Tasks made harder, narrower or rarer, one at a time, and then answered.

After Evol-Instruct (Xu et al., 2023, arXiv 2304.12244), which deepens an instruction or puts a rarer one in its place.
The prompts are in words of our own.
"""

import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Literal

from pydantic import BaseModel, Field

from app.errors import InvalidInput
from app.examples import Example
from app.generation.decoding import max_tokens_field, temperature_field, top_p_field
from app.generation.layout import Layout
from app.generation.pipeline import Demonstration, Pipeline, Proposal, Question
from app.generation.reading import body_of, read_answer
from app.generation.sheet import STEERED, Placeholder, PromptSheet, list_of
from app.generation.steering import MANNER, Steering
from app.generation.structured import OUTPUT, a_text, form
from app.generation.wording import Wording, worded_steering
from app.llm.prompt import Completion, Prompt, Sampling
from app.screening.filter import Draft

ANSWER = "answer"

_WISHES = {
    "harder": "harder: it takes more steps, more knowledge or more conditions to do it well",
    "narrower": "narrower: it asks for something more particular, in a case with names and numbers",
    "rarer": "rarer: it belongs to the same field, is as long and as hard, and hardly anybody would think of it",
}
# Made from fewer, tasks soon resemble each other, so seed tasks stand in as well.
_ENOUGH_KEPT = 4
_OPENINGS = "|".join(f"{wish} task" for wish in _WISHES)
_ECHO = re.compile(rf"\s*[#*]*(?:{_OPENINGS}|new task)[#*]*\s*:[#*]*\s*", re.IGNORECASE)
_COPIED = re.compile(rf"\b(?:given task|{_OPENINGS})\b", re.IGNORECASE)

NEW_TASK = PromptSheet(
    "evolve_instruction",
    "Another task made from one",
    "Shows one task and asks for a harder, narrower or rarer one.",
    (
        list_of(
            "The task to start from, a seed task or a kept example.", "Given task:\nName three rivers.\n\nHarder task:"
        ),
        STEERED,
        Placeholder("wish", "What the new task is to be.", _WISHES["harder"] + "."),
    ),
    shown="tasks",
    gap="\n\n",
)
ANSWERED = PromptSheet(
    "evolve_answer",
    "Its answer",
    "Asks for the output of a new task that was accepted.",
    (list_of("The task that is to be answered.", "Task: Name three rivers of Peru.\nOutput:"), STEERED),
    shown="tasks",
    gap="\n\n",
    answers={},
)


_TASK = form("Give the new task as JSON: an object whose key “task” has it as a text.", task=a_text(2_000))


class EvolveParameters(Steering, Layout):
    """Where tasks are taken from, what they are turned into, and how both questions are decoded."""

    direction: Literal["harder", "narrower", "rarer"] = Field(
        "harder",
        title="Make tasks",
        description="Harder: more steps or conditions. Narrower: a particular case. Rarer: less common, in its field.",
    )
    source: Literal["both", "seeds", "kept"] = Field(
        "both",
        title="Start from",
        description="Seed tasks, examples that this run kept before, or both alike. It begins with seed tasks.",
        json_schema_extra={"labels": {"both": "Both", "seeds": "Seed tasks", "kept": "Kept examples"}},
    )
    temperature: float = temperature_field(1.0, "Temperature for tasks")
    top_p: float = top_p_field(0.95, "Top-p for tasks")
    max_tokens: int = max_tokens_field(1024, "Longest task")
    answer_temperature: float = temperature_field(0.7, "Temperature for answers")
    answer_max_tokens: int = max_tokens_field(2048, "Longest answer")


class Evolve(Pipeline):
    """One task in, one task out; what the filters let through is answered by a further question."""

    name: str = "evolve"
    label: str = "Evolve"
    description: str = "The model turns one task at a time into a harder, narrower or rarer one, and then answers it."
    source: str = "After Evol-Instruct (Xu et al., 2023, arXiv 2304.12244)"
    purpose: str = "evolution"
    shows_candidates: bool = True
    asks_on: bool = True
    Parameters: type[BaseModel] = EvolveParameters
    prompts: tuple[PromptSheet, ...] = (NEW_TASK, ANSWERED)

    def draw(
        self,
        rng: Random,
        seeds: Sequence[Demonstration],
        kept: Sequence[Demonstration],
        parameters: EvolveParameters,
        round_: int,
    ) -> list[Demonstration]:
        """Draw the task to start from; seed tasks stand in while nothing was kept. Raises InvalidInput without any."""
        chosen = {
            "both": [*seeds, *kept],
            "seeds": list(seeds),
            "kept": list(kept) if len(kept) >= _ENOUGH_KEPT else [*seeds, *kept],
        }[parameters.source]
        if not chosen:
            raise InvalidInput("This way of writing starts from a seed task; this project has none. Add seed tasks.")
        return [rng.choice(chosen)]

    def ask(self, demonstrations: Sequence[Demonstration], parameters: EvolveParameters, wording: Wording) -> Prompt:
        """Word the task and what it is to become."""
        wanted = parameters.form(_TASK)
        text = wording.render(
            NEW_TASK,
            request=wanted.request,
            tasks=demonstrations,
            direction=parameters.direction,
            wish=_WISHES[parameters.direction],
            steering=worded_steering(parameters),
        )
        sampling = Sampling(
            temperature=parameters.temperature,
            top_p=parameters.top_p,
            max_tokens=parameters.max_tokens,
            stop=("\nGiven task:",),
        )
        return wanted.prompt(text, sampling)

    def read(
        self,
        completion: Completion,
        demonstrations: Sequence[Demonstration],
        parameters: EvolveParameters,
    ) -> list[Proposal]:
        """Read the one new task. One that speaks of the prompt it answers is set aside, as in Evol-Instruct."""
        text = _without_echo(body_of(parameters.form(_TASK).read(completion))).strip()
        return [Proposal(0, Draft(text, problem=_problem_of(text, completion)))]

    def next_question(
        self,
        accepted: Example,
        answers: Mapping[str, Completion],
        seeds: Sequence[Demonstration],
        parameters: EvolveParameters,
        wording: Wording,
    ) -> Question | None:
        """Ask for the answer."""
        if ANSWER in answers:
            return None
        wanted, steering = parameters.form(OUTPUT), worded_steering(parameters, MANNER)
        text = wording.render(ANSWERED, request=wanted.request, instruction=accepted.instruction, steering=steering)
        sampling = Sampling(
            temperature=parameters.answer_temperature, top_p=1.0, max_tokens=parameters.answer_max_tokens
        )
        return Question(ANSWER, wanted.prompt(text, sampling))

    def finish(
        self,
        accepted: Example,
        answers: Mapping[str, Completion],
        parameters: EvolveParameters,
    ) -> tuple[list[Draft], bool | None]:
        """Read the answer, all of it."""
        answer = parameters.form(OUTPUT).read(answers[ANSWER])
        return [read_answer(answer, accepted.instruction, accepted.input)], None


def _without_echo(text: str) -> str:
    found = _ECHO.match(text)
    return text[found.end() :] if found else text


def _problem_of(text: str, completion: Completion) -> str | None:
    if not text:
        return "The completion holds no task."
    if completion.finish == "length":
        return "The task was cut off at its length limit."
    copied = _COPIED.search(text)
    return f"It speaks of its own prompt: “{copied.group()}”." if copied else None


pipeline = Evolve()
