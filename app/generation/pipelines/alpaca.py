"""Stanford Alpaca: whole examples in one completion, from rules and three seed tasks.

Taori et al., 2023. The prompt states the points of the published one in words of our own and keeps its layout, so
completions in the published shape are read as by the reference code (github.com/tatsu-lab/stanford_alpaca,
``generate_instruction.py``), whose filters live in ``app.screening`` here.
"""

import re
from collections.abc import Sequence
from random import Random
from typing import Self

from pydantic import BaseModel, Field, model_validator

from app.errors import InvalidInput
from app.generation.layout import Layout
from app.generation.pipeline import Demonstration, Pipeline, Proposal
from app.generation.reading import body_of
from app.generation.sheet import STEERED, Placeholder, PromptSheet, list_of
from app.generation.steering import Steering
from app.generation.structured import Form, a_list, a_text, an_object, form, items_of, json_of, text_at, text_of
from app.generation.wording import Wording, worded_steering
from app.llm.prompt import Completion, Prompt, Sampling
from app.screening.filter import Draft

_PARTS = ["Instruction", "Input", "Output"]
_HEAD = r"\*{0,2}\d+\s*\.\s*Instruction\s*:"
# The reference splits at every "###", also at a heading inside an output; here one must end its line or open a task.
# A task that begins without one is parted, too: left alone it would become the end of the output before it.
_BETWEEN = re.compile(rf"(?<!#)#{{3,}}[ \t]*(?=\n|\Z|{_HEAD})|^(?={_HEAD})", re.IGNORECASE | re.MULTILINE)
_MARKER = re.compile(r"[#*]{0,6} ?(?<!\d)(\d+)\s*\.\s*(Instruction|Input|Output)\s*:\*{0,2}", re.IGNORECASE)
_STARTS_A_TASK = re.compile(rf"(?:#{{3,}})?\s*{_HEAD}", re.IGNORECASE)
_REPEATED_WORD = re.compile(r"\s*Instruction\s*:", re.IGNORECASE)
_NO_INPUT = re.compile(r"[`*\"']*<\s*no[ _-]?input\s*>[`*\"'.]*", re.IGNORECASE)


TASKS = PromptSheet(
    "alpaca_tasks",
    "A list of whole tasks",
    "States the rules and asks for tasks with instruction, input and output.",
    (
        list_of(
            "The seed tasks drawn for this prompt, numbered blocks between ###.",
            "###\n1. Instruction: Add both\n1. Input:\n1 and 2\n1. Output:\n3\n\n###\n2. Instruction:",
        ),
        STEERED,
        Placeholder("tasks", "How long the list is to be, with the seed tasks shown.", "20"),
        Placeholder("language", "The language that the run was told to ask for; English without one.", "English"),
    ),
    shown="demonstrations",
)


class AlpacaParameters(Steering, Layout):
    """What a curator may set for an Alpaca run; the defaults are those of the published code."""

    demonstrations: int = Field(
        3,
        ge=1,
        le=20,
        title="Seed tasks shown",
        description="How many seed tasks the model sees before it writes its own. Alpaca showed 3.",
    )
    tasks: int = Field(
        20,
        ge=3,
        le=100,
        title="Tasks in the list",
        description="How long a list is asked for, the seed tasks included. Alpaca asked for 20 and stopped the model "
        "at the last number, which leaves at most 16 new ones.",
    )
    temperature: float = Field(
        1.0,
        ge=0,
        le=2,
        title="Temperature",
        description="Higher is more varied, 0 is always the likeliest word. Alpaca used 1.0.",
    )
    top_p: float = Field(
        1.0,
        gt=0,
        le=1,
        title="Top-p",
        description="Only the likeliest words that together reach this share are drawn from. Alpaca used 1.0: all.",
    )
    frequency_penalty: float = Field(
        0.0,
        ge=-2,
        le=2,
        title="Frequency penalty",
        description="Makes a word less likely each time it is used. Alpaca used 0.",
    )
    presence_penalty: float = Field(
        0.0,
        ge=-2,
        le=2,
        title="Presence penalty",
        description="Makes words that were used already less likely. Alpaca used 0.",
    )
    max_tokens: int = Field(
        3072,
        ge=1,
        le=100_000,
        title="Longest completion",
        description="In tokens. The last task of a completion cut at this limit is set aside. Alpaca used 3072.",
    )

    @model_validator(mode="after")
    def _leaves_room(self) -> Self:
        if self.tasks < self.demonstrations + 2:
            raise ValueError("The list must be at least two longer than the number of seed tasks shown.")
        return self


class Alpaca(Pipeline):
    """One prompt, whole examples: nothing is asked afterwards and kept candidates are never shown."""

    name: str = "alpaca"
    label: str = "Stanford Alpaca"
    description: str = "The model writes a list of whole tasks at once: instruction, input and output."
    source: str = "Taori et al., 2023 (github.com/tatsu-lab/stanford_alpaca)"
    purpose: str = "tasks"
    Parameters: type[BaseModel] = AlpacaParameters
    prompts: tuple[PromptSheet, ...] = (TASKS,)

    def draw(
        self,
        rng: Random,
        seeds: Sequence[Demonstration],
        kept: Sequence[Demonstration],
        parameters: AlpacaParameters,
        round_: int,
    ) -> list[Demonstration]:
        """Draw seed tasks that have an instance. Raises InvalidInput where there are too few of them."""
        complete = [seed for seed in seeds if seed.instances]
        if len(complete) < parameters.demonstrations:
            raise InvalidInput(
                f"A prompt shows {parameters.demonstrations} seed tasks with their output; "
                f"this project has {len(complete)}. Add seed tasks, or show fewer."
            )
        return rng.sample(complete, parameters.demonstrations)

    def ask(self, demonstrations: Sequence[Demonstration], parameters: AlpacaParameters, wording: Wording) -> Prompt:
        """Word the rules and the list with the first instance of each seed task, open at the next instruction."""
        wanted = parameters.form(_form(parameters.tasks - len(demonstrations)))
        text = wording.render(
            TASKS,
            request=wanted.request,
            demonstrations=demonstrations,
            tasks=parameters.tasks,
            language=parameters.language or "English",
            steering=worded_steering(parameters),
        )
        sampling = Sampling(
            temperature=parameters.temperature,
            top_p=parameters.top_p,
            max_tokens=parameters.max_tokens,
            frequency_penalty=parameters.frequency_penalty,
            presence_penalty=parameters.presence_penalty,
            # The reference sends the second one twice, to no effect.
            stop=(f"\n{parameters.tasks}", f"{parameters.tasks}."),
        )
        return wanted.prompt(text, sampling)

    def read(
        self,
        completion: Completion,
        demonstrations: Sequence[Demonstration],
        parameters: AlpacaParameters,
    ) -> list[Proposal]:
        """Read one proposal per task between ``###``, at least one; the last of a cut completion is set aside.

        The reference expects the tasks to be numbered on from the seeds; here any one number will do within a task.
        Models that write JSON unasked are read, too.
        """
        if (listed := json_of(completion, is_asked=parameters.is_json)) is not None:
            tasks = [_draft_of(item) for item in items_of(listed, "tasks", "list", "examples", "instructions")]
            return [Proposal(position, draft) for position, draft in enumerate(tasks)] or [_nothing()]
        blocks = _BETWEEN.split(_with_opening(body_of(completion), len(demonstrations) + 1))
        drafts = [_read_task(block.strip()) for block in blocks[:-1] if block.strip()]
        if completion.finish == "length" and blocks[-1].strip():
            problem = "The completion was cut off at its length limit inside this task."
            drafts.append(Draft(blocks[-1].strip(), problem=problem))
        elif blocks[-1].strip():
            drafts.append(_read_task(blocks[-1].strip()))
        return [Proposal(position, draft) for position, draft in enumerate(drafts)]


def _form(count: int) -> Form:
    task = an_object(instruction=a_text(300), input=a_text(400), output=a_text(800))
    request = (
        f"Go on with {count} new tasks that are unlike those above, as JSON: an object whose key “tasks” has a list of "
        "objects, each with the keys “instruction”, “input” and “output”. Where a task stands on its own, its input is "
        "an empty text."
    )
    return form(request, tasks=a_list(task, least=count, most=count))


def _draft_of(item: object) -> Draft:
    instruction = text_at(item, "instruction", "task", "question").strip()
    given, output = text_at(item, "input"), text_at(item, "output", "answer", "response")
    if not instruction:
        return Draft(text_of(item), problem="There is no “instruction” in it.")
    given = "" if _NO_INPUT.fullmatch(given.strip()) else given
    return Draft(instruction, given, output, siblings=((given, output),))


def _nothing() -> Proposal:
    return Proposal(0, Draft("", problem="The completion holds no task."))


def _with_opening(body: str, number: int) -> str:
    """Return ``body`` with the words that the prompt ended with before it, unless the model repeated them."""
    if _STARTS_A_TASK.match(body):
        return body
    repeated = _REPEATED_WORD.match(body)
    return f"{number}. Instruction:{body[repeated.end() :] if repeated else body}"


def _read_task(block: str) -> Draft:
    markers = list(_MARKER.finditer(block))
    # Other numbers may be part of the text, as in an output that is itself a numbered list.
    own = [marker for marker in markers if marker[1] == markers[0][1]]
    if [marker[2].capitalize() for marker in own] != _PARTS:
        return Draft(block, problem=_problem_of(markers, own))
    ends = [marker.start() for marker in own[1:]] + [len(block)]
    instruction, given, output = (block[own[i].end() : ends[i]].strip() for i in range(3))
    if not instruction:
        return Draft(block, problem="The instruction is empty.")
    given = "" if _NO_INPUT.fullmatch(given) else given
    return Draft(instruction, given, output, siblings=((given, output),))


def _problem_of(markers: list[re.Match[str]], own: list[re.Match[str]]) -> str:
    names = [marker[2].capitalize() for marker in markers]
    if names == _PARTS and len(own) < len(markers):
        numbered = ", ".join(f"{marker[2].capitalize()} has {marker[1]}" for marker in markers)
        return f"The numbers of its parts do not match: {numbered}."
    missing = [f"“{part}:”" for part in _PARTS if part not in names]
    if missing:
        return f"There is no numbered {' and no numbered '.join(missing)} in it."
    return "Its parts do not come once each in the order instruction, input, output."


pipeline = Alpaca()
