"""Examples in another language: instruction and input are translated, then answered in that language.

As Instruction Tuning with GPT-4 (Peng et al., 2023, arXiv 2304.03277) made its Chinese data: the outputs are not
translated but written anew. The prompts are in words of our own.
"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.errors import InvalidInput
from app.examples import Example
from app.generation.decoding import max_tokens_field, temperature_field, top_p_field
from app.generation.layout import Layout
from app.generation.pipeline import Demonstration, Pipeline, Proposal, Question
from app.generation.reading import body_of, read_answer
from app.generation.sheet import STEERED, Placeholder, PromptSheet, list_of
from app.generation.steering import Steering
from app.generation.structured import OUTPUT, a_text, form, json_of, text_at
from app.generation.wording import Wording, one_line, worded_steering
from app.llm.prompt import Completion, Prompt, Sampling
from app.screening.filter import Draft

ANSWER = "answer"
_NO_INPUT = "<noinput>"
_INPUT = "\nInput:"

TRANSLATION = PromptSheet(
    "translate_task",
    "A translation",
    "Shows an instruction with its input and asks for both in another language.",
    (
        list_of(
            "The example that is to be translated.",
            "Instruction: Name three rivers.\nInput: <noinput>\n\nIn French:\nInstruction:",
        ),
        Placeholder("language", "The language to translate into.", "French"),
    ),
    shown="tasks",
    gap="\n\n",
    parameters={"into": "French"},
)
ANSWERED = PromptSheet(
    "translate_answer",
    "Its answer",
    "Asks for the output of a translated task that was accepted.",
    (list_of("The task that is to be answered.", "Task: Nommez trois fleuves.\nOutput:"), STEERED),
    shown="tasks",
    gap="\n\n",
    parameters={"into": "French"},
    answers={},
)


_TASK = form(
    "Give the translation as JSON: an object whose keys “instruction” and “input” have it as texts. Where the task has "
    "no input, the input is an empty text.",
    instruction=a_text(),
    input=a_text(),
)


class TranslateParameters(Layout):
    """The language, and how both questions are decoded."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    into: Annotated[str, Field(max_length=100), AfterValidator(one_line)] = Field(
        "", title="Into which language", description="As you would say it to somebody, such as “Brazilian Portuguese”."
    )
    temperature: float = temperature_field(0.3, "Temperature for translations")
    max_tokens: int = max_tokens_field(1024, "Longest translation")
    answer_temperature: float = temperature_field(0.7, "Temperature for answers")
    answer_top_p: float = top_p_field(1.0, "Top-p for answers")
    answer_max_tokens: int = max_tokens_field(2048, "Longest answer")


class Translate(Pipeline):
    """One chosen example in, a new one in another language out; the chosen one stays as it is."""

    name = "translate"
    label = "Translation"
    description = "A model translates examples that you choose, and answers them anew in the other language."
    source = "After Instruction Tuning with GPT-4 (Peng et al., 2023, arXiv 2304.03277)"
    purpose = "translation"
    asks_on = True
    over_chosen = True
    Parameters: type[BaseModel] = TranslateParameters
    prompts = (TRANSLATION, ANSWERED)

    def draw(
        self,
        rng: Random,
        seeds: Sequence[Demonstration],
        kept: Sequence[Demonstration],
        parameters: TranslateParameters,
        round_: int,
    ) -> list[Demonstration]:
        """Return the example of the round. Raises InvalidInput where no language was chosen."""
        if not parameters.into:
            raise InvalidInput("Say into which language the examples are to be translated.", field="parameter.into")
        return [kept[round_]]

    def ask(self, demonstrations: Sequence[Demonstration], parameters: TranslateParameters, wording: Wording) -> Prompt:
        """Word the instruction and its input, with the translation left open."""
        wanted = parameters.form(_TASK)
        text = wording.render(TRANSLATION, request=wanted.request, tasks=demonstrations, language=parameters.into)
        return wanted.prompt(text, Sampling(parameters.temperature, 1.0, parameters.max_tokens))

    def read(
        self, completion: Completion, demonstrations: Sequence[Demonstration], parameters: TranslateParameters
    ) -> list[Proposal]:
        """Read the translated instruction and input; there must be an input exactly where there was one."""
        (given,) = demonstrations
        value = json_of(completion, is_asked=True) if parameters.is_json else None
        instruction, input_ = text_at(value, "instruction"), text_at(value, "input")
        if not instruction:
            instruction, _, input_ = body_of(completion).strip().removeprefix("Instruction:").partition(_INPUT)
        instruction, input_ = instruction.strip(), input_.strip().removeprefix(_NO_INPUT)
        problem = _problem_of(instruction, input_, given, completion)
        return [Proposal(0, Draft(instruction, input_, problem=problem))]

    def next_question(
        self,
        accepted: Example,
        answers: Mapping[str, Completion],
        seeds: Sequence[Demonstration],
        parameters: TranslateParameters,
        wording: Wording,
    ) -> Question | None:
        """Ask for the answer."""
        if ANSWER in answers:
            return None
        task = Demonstration(accepted.instruction, ((accepted.input, ""),), is_classification=False)
        steering = worded_steering(Steering(language=parameters.into))
        wanted = parameters.form(OUTPUT)
        text = wording.render(ANSWERED, request=wanted.request, tasks=[task], steering=steering)
        sampling = Sampling(parameters.answer_temperature, parameters.answer_top_p, parameters.answer_max_tokens)
        return Question(ANSWER, wanted.prompt(text, sampling))

    def finish(
        self, accepted: Example, answers: Mapping[str, Completion], parameters: TranslateParameters
    ) -> tuple[list[Draft], bool | None]:
        """Read the answer, all of it."""
        answer = parameters.form(OUTPUT).read(answers[ANSWER])
        return [read_answer(answer, accepted.instruction, accepted.input)], None


def _problem_of(instruction: str, input_: str, given: Demonstration, completion: Completion) -> str | None:
    if completion.finish == "length":
        return "The translation was cut off at its length limit."
    if not instruction:
        return "The completion holds no instruction."
    if bool(input_) != bool(given.instances[0][0]):
        return (
            "The translation has no input, though the example has one." if not input_ else "It has an input too many."
        )
    return None


pipeline = Translate()
