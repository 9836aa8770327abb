"""A prompt as it would be sent, for people to look at before anything is."""

import random
from collections.abc import Sequence

from app.generation.pipeline import Demonstration, Pipeline
from app.generation.sheet import PromptSheet
from app.generation.wording import Wording
from app.llm.prompt import Completion


def example_prompt(
    pipeline: Pipeline, sheet: PromptSheet, seeds: Sequence[Demonstration], wording: Wording, draw: int = 0
) -> str:
    """Return what ``pipeline`` would send by ``sheet``, with demonstrations out of ``seeds``, the same for a ``draw``.

    Raises InvalidInput where there are too few seed tasks, and where the words can't be filled in.
    """
    parameters = pipeline.Parameters.model_validate(sheet.parameters)
    rng = random.Random(draw)  # noqa: S311 - repeatable on purpose, guards nothing
    shown = pipeline.draw(rng, seeds, [], parameters, 0)
    if sheet.answers is None:
        return pipeline.ask(shown, parameters, wording).text
    answers = {purpose: Completion(text) for purpose, text in sheet.answers.items()}
    question = pipeline.next_question(shown[0].instruction, answers, seeds, parameters, wording)
    if question is None:
        raise LookupError(f"{sheet.name} is never sent")
    return question.prompt.text
