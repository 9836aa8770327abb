"""Self-Instruct: instructions first, then whether each is classification, then its instances.

Wang et al., ACL 2023 (arXiv 2212.10560). The prompts have the layout of the published ones in words of our own; where
theirs show fixed examples, these show the first seed tasks of the project.
"""

from collections.abc import Mapping, Sequence
from random import Random

from pydantic import BaseModel

from app.errors import InvalidInput
from app.examples import Example
from app.generation.pipeline import Demonstration, Pipeline, Proposal, Question
from app.generation.pipelines.self_instruct import forms
from app.generation.pipelines.self_instruct.parameters import SelfInstructParameters
from app.generation.pipelines.self_instruct.prompts import (
    INPUT_FIRST,
    INSTRUCTIONS,
    KIND,
    LABELS,
    OUTPUT_FIRST,
    PROMPTS,
)
from app.generation.pipelines.self_instruct.reading import read_instances, read_instructions, says_yes
from app.generation.sheet import PromptSheet
from app.generation.steering import MANNER
from app.generation.structured import Form
from app.generation.wording import Wording, worded_steering
from app.llm.prompt import Completion, Prompt, Sampling
from app.screening.filter import Draft

CLASSIFICATION = "classification"
INSTANCES = "instances"


class SelfInstruct(Pipeline):
    """A list of instructions to go on with, then two questions about each that was accepted."""

    name: str = "self_instruct"
    label: str = "Self-Instruct"
    description: str = (
        "The model continues a list of instructions, says of each whether it is classification, and writes examples "
        "for it: label first for classification, input first for everything else."
    )
    source: str = "Wang et al., ACL 2023 (arXiv 2212.10560)"
    purpose: str = "instructions"
    shows_candidates: bool = True
    asks_on: bool = True
    Parameters: type[BaseModel] = SelfInstructParameters
    prompts: tuple[PromptSheet, ...] = PROMPTS

    def draw(
        self,
        rng: Random,
        seeds: Sequence[Demonstration],
        kept: Sequence[Demonstration],
        parameters: SelfInstructParameters,
        round_: int,
    ) -> list[Demonstration]:
        """Draw kept candidates, fewer while there are few, fill up with seed tasks, and shuffle.

        Candidates need not be told apart by kind: they answer prompts that asked for the wanted one.
        Raises InvalidInput where there are too few seed tasks of the wanted kind.
        """
        wanted = [seed for seed in seeds if seed.is_classification or parameters.task_kind == "any"]
        drawn = rng.sample(kept, min(parameters.candidate_demonstrations, len(kept)))
        missing = parameters.demonstrations - len(drawn)
        if missing > len(wanted):
            kind = "classification seed tasks" if parameters.task_kind == "classification" else "seed tasks"
            raise InvalidInput(
                f"A prompt shows {parameters.demonstrations} instructions, {missing} of them {kind}; "
                f"this project has {len(wanted)}. Add seed tasks, or show fewer instructions."
            )
        drawn += rng.sample(wanted, missing)
        rng.shuffle(drawn)
        return drawn

    def ask(
        self, demonstrations: Sequence[Demonstration], parameters: SelfInstructParameters, wording: Wording
    ) -> Prompt:
        """Word the numbered list, open at its next number."""
        last = len(demonstrations) + parameters.tasks_per_prompt + 1
        wanted = parameters.form(forms.instructions_form(parameters.tasks_per_prompt))
        text = wording.render(
            LABELS if parameters.task_kind == "classification" else INSTRUCTIONS,
            request=wanted.request,
            instructions=[shown.instruction for shown in demonstrations],
            steering=worded_steering(parameters),
        )
        sampling = Sampling(
            temperature=parameters.temperature,
            top_p=parameters.top_p,
            max_tokens=parameters.max_tokens,
            frequency_penalty=parameters.frequency_penalty,
            presence_penalty=parameters.presence_penalty,
            stop=("\n\n", f"\n{last}", f"{last}.", f"{last} ."),
        )
        return wanted.prompt(text, sampling)

    def read(
        self,
        completion: Completion,
        demonstrations: Sequence[Demonstration],
        parameters: SelfInstructParameters,
    ) -> list[Proposal]:
        """Read the items of the list; their instances are asked for later."""
        return read_instructions(completion, is_json=parameters.is_json)

    def next_question(
        self,
        accepted: Example,
        answers: Mapping[str, Completion],
        seeds: Sequence[Demonstration],
        parameters: SelfInstructParameters,
        wording: Wording,
    ) -> Question | None:
        """Ask for the kind of task, then for instances in the order that suits the kind."""
        if CLASSIFICATION not in answers:
            return _ask_kind(accepted.instruction, seeds, parameters, wording)
        if INSTANCES in answers:
            return None
        if says_yes(answers[CLASSIFICATION]):
            return _ask_output_first(accepted.instruction, seeds, parameters, wording)
        return _ask_input_first(accepted.instruction, seeds, parameters, wording)

    def finish(
        self, accepted: Example, answers: Mapping[str, Completion], parameters: SelfInstructParameters
    ) -> tuple[list[Draft], bool | None]:
        """Read the instances in the order in which they were asked for."""
        is_classification = says_yes(answers[CLASSIFICATION])
        drafts = read_instances(
            accepted.instruction,
            answers[INSTANCES],
            is_classification=is_classification,
            limit=parameters.max_instances,
            is_json=parameters.is_json,
        )
        return drafts, is_classification


def _ask_kind(
    instruction: str, seeds: Sequence[Demonstration], parameters: SelfInstructParameters, wording: Wording
) -> Question:
    yes = [seed for seed in seeds if seed.is_classification][: parameters.classification_demonstrations]
    no = [seed for seed in seeds if not seed.is_classification][: parameters.other_demonstrations]
    sampling = Sampling(
        temperature=parameters.classification_temperature,
        # The reference sends 0, which some servers refuse; at temperature 0 it makes no difference.
        top_p=1.0,
        max_tokens=parameters.classification_max_tokens,
        stop=("\n", "Task"),
    )
    shown = _interleave(yes, no) if wording.shows(KIND) else []
    wanted = parameters.form(forms.KIND)
    text = wording.render(KIND, request=wanted.request, tasks=shown, instruction=instruction)
    return Question(CLASSIFICATION, wanted.prompt(text, sampling), tuple(shown))


def _ask_input_first(
    instruction: str, seeds: Sequence[Demonstration], parameters: SelfInstructParameters, wording: Wording
) -> Question:
    shown = [seed for seed in seeds if seed.instances and not seed.is_classification]
    shown = shown[: parameters.input_first_demonstrations]
    sampling = _instance_sampling(parameters, parameters.input_first_max_tokens)
    wanted = parameters.form(forms.examples_form(parameters.max_instances))
    return _ask_instances(
        INPUT_FIRST, instruction, shown, sampling, wanted, worded_steering(parameters, MANNER), wording
    )


def _ask_output_first(
    instruction: str, seeds: Sequence[Demonstration], parameters: SelfInstructParameters, wording: Wording
) -> Question:
    shown = [seed for seed in seeds if seed.instances and seed.is_classification]
    shown = shown[: parameters.output_first_demonstrations]
    sampling = _instance_sampling(parameters, parameters.output_first_max_tokens)
    wanted = parameters.form(forms.labels_form(parameters.max_instances))
    return _ask_instances(
        OUTPUT_FIRST, instruction, shown, sampling, wanted, worded_steering(parameters, MANNER), wording
    )


def _ask_instances(
    sheet: PromptSheet,
    instruction: str,
    tasks: Sequence[Demonstration],
    sampling: Sampling,
    wanted: Form,
    steering: str,
    wording: Wording,
) -> Question:
    shown = tasks if wording.shows(sheet) else ()
    text = wording.render(sheet, request=wanted.request, tasks=shown, instruction=instruction, steering=steering)
    return Question(INSTANCES, wanted.prompt(text, sampling), tuple(shown))


def _instance_sampling(parameters: SelfInstructParameters, max_tokens: int) -> Sampling:
    return Sampling(
        temperature=parameters.instance_temperature,
        top_p=1.0,
        max_tokens=max_tokens,
        presence_penalty=parameters.instance_presence_penalty,
        stop=(f"Example {parameters.max_instances + 1}", "Task:"),
    )


def _interleave(yes: Sequence[Demonstration], no: Sequence[Demonstration]) -> list[Demonstration]:
    """Return both in their own order, each spread evenly over the whole."""
    placed = [((place + 0.5) / len(group), task) for group in (yes, no) for place, task in enumerate(group)]
    return [task for _, task in sorted(placed, key=lambda pair: pair[0])]


pipeline = SelfInstruct()
