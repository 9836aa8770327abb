"""A prompt as it would be sent, for people to look at before anything is."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app.errors import InvalidInput
from app.examples import Example
from app.generation.blanks import strangers_in
from app.generation.fold import seed_demonstrations
from app.generation.pipeline import Demonstration, Pipeline
from app.generation.prompt_versions import read_text
from app.generation.sheet import PromptSheet
from app.generation.wording import Wording
from app.llm.prompt import Completion


@dataclass(frozen=True, slots=True)
class Preview:
    """A filled-in ``prompt``, or the sentence that says why there is none in ``problem``.

    ``strangers`` are tags that are sent as they are; ``shows_list`` is whether demonstrations of the project are in it.
    """

    prompt: str = ""
    problem: str = ""
    strangers: Sequence[str] = ()
    shows_list: bool = True


def preview_prompt(session: Session, project_id: int, pipeline: Pipeline, sheet: PromptSheet, text: str) -> Preview:
    """Fill a prompt's typed ``text`` with seed tasks of a project. Whatever is wrong with it is said, never raised."""
    try:
        wording = Wording({sheet.name: read_text(sheet, text)})
        prompt = example_prompt(pipeline, sheet, seed_demonstrations(session, project_id), wording)
    except InvalidInput as refused:
        return Preview(problem=refused.sentence)
    return Preview(prompt, strangers=strangers_in(text, sheet.names), shows_list=wording.shows(sheet))


def example_prompt(pipeline: Pipeline, sheet: PromptSheet, seeds: Sequence[Demonstration], wording: Wording) -> str:
    """Return what ``pipeline`` would send by ``sheet``, with demonstrations out of ``seeds``, the same each time.

    Raises InvalidInput where there are too few seed tasks, and where the words can't be filled in.
    """
    parameters = pipeline.Parameters.model_validate(sheet.parameters)
    rng = random.Random(0)  # noqa: S311 - repeatable on purpose, guards nothing
    shown = pipeline.draw(rng, seeds, _chosen_from(seeds) if pipeline.over_chosen else [], parameters, 0)
    if sheet.answers is None:
        return pipeline.ask(shown, parameters, wording).text
    answers = {purpose: Completion(text) for purpose, text in sheet.answers.items()}
    question = pipeline.next_question(Example(shown[0].instruction), answers, seeds, parameters, wording)
    if question is None:
        raise LookupError(f"{sheet.name} is never sent")
    return question.prompt.text


def _chosen_from(seeds: Sequence[Demonstration]) -> list[Demonstration]:
    """Return a seed task as if somebody had chosen it, with the outputs of two as answers to it."""
    shown = [seed for seed in seeds if seed.instances][:2]
    if len(shown) < 2:
        raise InvalidInput("The preview shows two seed tasks; this project has fewer. Add seed tasks.")
    (given, own), (_, other) = (seed.instances[0] for seed in shown)
    return [replace(shown[0], instances=((given, own), (given, other)), alternative_ids=((1,), (2,)))]
