"""Instructions for texts that are there already: each text becomes the output of a task that could ask for it.

After instruction backtranslation (Li et al., 2023, arXiv 2308.06259), which trains a model of its own for it; here any
model is shown seed tasks the other way round. The prompt is in words of our own.
"""

import re
from collections.abc import Iterable, Sequence
from random import Random

from pydantic import BaseModel, Field

from app.errors import InvalidInput
from app.generation.decoding import max_tokens_field, temperature_field, top_p_field
from app.generation.layout import Layout
from app.generation.pipeline import Demonstration, Pipeline, Proposal
from app.generation.reading import body_of
from app.generation.sheet import STEERED, PromptSheet, list_of
from app.generation.steering import Steering
from app.generation.structured import a_text, form
from app.generation.wording import Wording, worded_steering
from app.llm.prompt import Completion, Prompt, Sampling
from app.screening.filter import Draft
from app.text import FIELD_LIMIT

_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
# For texts that have blank lines of their own.
_RULE = re.compile(r"^-{3,}[ \t]*$", re.MULTILINE)
_BETWEEN = "\n\n---\n\n"
_ECHO = re.compile(r"\A\s*\**Instruction:\**", re.IGNORECASE)

INSTRUCTION = PromptSheet(
    "back_generation_instruction",
    "The instruction for a text",
    "Shows a text and asks for the instruction that it answers.",
    (
        list_of(
            "Outputs of seed tasks, each with its instruction, and at the end the text that needs one.",
            "Text:\nThe Nile, the Amazon and the Loire.\nInstruction: Name three rivers.\n\nText:\n…\nInstruction:",
        ),
        STEERED,
    ),
    shown="tasks",
    gap="\n\n",
    parameters={"texts": "The tide comes in twice a day, because the moon pulls at the sea."},
)


_INSTRUCTION = form(
    "Give the instruction for the last text as JSON: an object whose key “instruction” has it as a text.",
    instruction=a_text(1_000),
)


class BackGenerationParameters(Steering, Layout):
    """The texts, and how their instructions are asked for."""

    texts: str = Field(
        "",
        max_length=FIELD_LIMIT,
        title="Texts",
        description="What the instructions are to be found for, with a blank line between two texts, or a line of --- "
        "where texts have blank lines themselves. Each is used once, in this order, and becomes the output of an "
        "example; after the last one the run ends.",
        json_schema_extra={"rows": 10},
    )
    demonstrations: int = Field(
        3,
        ge=0,
        le=20,
        title="Seed tasks shown",
        description="How many seed tasks without input the model sees, turned round, before the text.",
    )
    temperature: float = temperature_field(0.7)
    top_p: float = top_p_field(0.95)
    max_tokens: int = max_tokens_field(256, "Longest instruction")


class BackGeneration(Pipeline):
    """One text in, one whole example out: nothing is asked afterwards and kept candidates are never shown."""

    name: str = "back_generation"
    label: str = "Back-generation"
    description: str = "You bring texts; the model writes for each the instruction that it could be the answer to."
    source: str = "After instruction backtranslation (Li et al., 2023, arXiv 2308.06259)"
    purpose: str = "instruction"
    Parameters: type[BaseModel] = BackGenerationParameters
    prompts: tuple[PromptSheet, ...] = (INSTRUCTION,)

    def rounds(self, parameters: BackGenerationParameters, chosen: int) -> int | None:
        """Return how many texts there are."""
        return len(texts_in(parameters.texts))

    def draw(
        self,
        rng: Random,
        seeds: Sequence[Demonstration],
        kept: Sequence[Demonstration],
        parameters: BackGenerationParameters,
        round_: int,
    ) -> list[Demonstration]:
        """Draw seed tasks without input and put the round's text at the end.

        Raises InvalidInput where there are too few seed tasks, and where there is no text.
        """
        texts = texts_in(parameters.texts)
        if round_ >= len(texts):
            raise InvalidInput("Paste at least one text to find an instruction for.", field="texts")
        alone = [seed for seed in seeds if seed.instances and not seed.instances[0][0]]
        if len(alone) < parameters.demonstrations:
            raise InvalidInput(
                f"A prompt shows {parameters.demonstrations} seed tasks without input; this project has {len(alone)}. "
                "Add seed tasks, or show fewer."
            )
        given = Demonstration("", (("", texts[round_]),), is_classification=False)
        return [*rng.sample(alone, parameters.demonstrations), given]

    def ask(
        self, demonstrations: Sequence[Demonstration], parameters: BackGenerationParameters, wording: Wording
    ) -> Prompt:
        """Word the seed tasks turned round, and the text with its instruction left open."""
        *shown, given = demonstrations
        wanted, steering = parameters.form(_INSTRUCTION), worded_steering(parameters)
        given_text = given.instances[0][1]
        text = wording.render(INSTRUCTION, request=wanted.request, tasks=shown, text=given_text, steering=steering)
        sampling = Sampling(
            temperature=parameters.temperature,
            top_p=parameters.top_p,
            max_tokens=parameters.max_tokens,
            stop=("\n\n", "\nText:"),
        )
        return wanted.prompt(text, sampling)

    def read(
        self,
        completion: Completion,
        demonstrations: Sequence[Demonstration],
        parameters: BackGenerationParameters,
    ) -> list[Proposal]:
        """Read the one instruction; the text of the round is its output."""
        instruction = _ECHO.sub("", body_of(parameters.form(_INSTRUCTION).read(completion))).strip()
        output = demonstrations[-1].instances[0][1]
        problem = None if instruction else "The completion holds no instruction."
        if instruction and completion.finish == "length":
            problem = "The instruction was cut off at its length limit."
        return [Proposal(0, Draft(instruction, output=output, siblings=(("", output),), problem=problem))]


def texts_in(pasted: str) -> list[str]:
    """Return the texts that were pasted, in their order: parted by lines of dashes or, without any, by blank lines."""
    lines = pasted.replace("\r\n", "\n").replace("\r", "\n")
    parts = _RULE.split(lines) if _RULE.search(lines) else _BLANK_LINES.split(lines)
    return [text.strip() for text in parts if text.strip()]


def pasted_from(texts: Iterable[str]) -> str:
    """Return ``texts`` as they are pasted, as many as fit. One that has a line of dashes itself is left out."""
    pasted: list[str] = []
    room = FIELD_LIMIT
    for text in texts:
        room -= len(text) + len(_BETWEEN)
        if room < 0:
            break
        if not _RULE.search(text):
            pasted.append(text)
    return _BETWEEN.join(pasted)


pipeline = BackGeneration()
