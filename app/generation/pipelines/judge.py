"""Answers scored by a model: several to one task beside each other, or each alone by points that are added up.

Scores from 1 to 10 as in Instruction Tuning with GPT-4 (Peng et al., 2023, arXiv 2304.03277), the additive five points
as in Self-Rewarding Language Models (Yuan et al., 2024, arXiv 2401.10020). The prompts are in words of our own.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.generation.decoding import max_tokens_field, temperature_field
from app.generation.layout import Layout
from app.generation.pipeline import Demonstration, Makes, Pipeline, Score
from app.generation.reading import body_of, without_markdown
from app.generation.sheet import Placeholder, PromptSheet, list_of
from app.generation.structured import Form, a_list, a_text, form, items_of, json_of, value_at
from app.generation.wording import Wording
from app.llm.prompt import Completion, Prompt, Sampling

_LINE = re.compile(r"Answer ([1-9][0-9]?): (10|[1-9])(?:/10)?\.?")
_POINTS = re.compile(r"Score: ([0-5])(?:/5)?\.?")
_ASIDE = re.compile(r"[*_`]")

SCORES = PromptSheet(
    "judge_scores",
    "Scores from 1 to 10",
    "Shows a task with several answers and asks for a score for each.",
    (
        list_of(
            "The task, its input and the answers, in an order drawn by lot.",
            "[Task]\nName a river.\n\n[Answer 1]\nThe Nile.\n\n[Answer 2]\nA river.\n\n[Scores]",
        ),
        Placeholder("count", "How many answers there are.", "2"),
    ),
    shown="tasks",
    gap="\n\n",
    parameters={"scale": "ten"},
)
POINTS = PromptSheet(
    "judge_points",
    "Five points",
    "Shows a task with one answer and asks for points that are added up.",
    (list_of("The task, its input and the answer.", "[Task]\nName a river.\n\n[Answer]\nThe Nile.\n\n[Judgement]"),),
    shown="tasks",
    gap="\n\n",
    parameters={"scale": "points"},
)


_POINTS_FORM = form(
    "Give the judgement as JSON: an object whose key “findings” has in at most three sentences what you found, and "
    "whose key “score” has the sum of the points as a whole number from 0 to 5.",
    findings=a_text(800),
    score={"type": "integer", "minimum": 0, "maximum": 5},
)


class JudgeParameters(Layout):
    """How answers are scored, how often, and how the judge is asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scale: Literal["ten", "points"] = Field(
        "ten",
        title="Scores",
        description="From 1 to 10 with all answers of an example in one question, or up to five points, one for each "
        "thing that an answer does well, with a question for each answer.",
        json_schema_extra={"labels": {"ten": "From 1 to 10, side by side", "points": "Up to five points, one by one"}},
    )
    judgements: int = Field(
        2,
        ge=1,
        le=20,
        title="Judgements of each",
        description="They are averaged. Side by side, each has the answers in another order, since judges prefer "
        "places: as many as there are answers gives each answer every place once.",
    )
    answers: int = Field(2, ge=2, le=20, title="Answers of each example", description="At most.")
    temperature: float = temperature_field(0.3)
    max_tokens: int = max_tokens_field(512, "Longest judgement")


class Judge(Pipeline):
    """The answers to one chosen example in, a score for each out."""

    name = "judge"
    label = "Judgement"
    description = "A model scores the answers that others gave."
    source = "After Peng et al., 2023 (arXiv 2304.03277) and Yuan et al., 2024 (arXiv 2401.10020)"
    purpose = "judgement"
    over_chosen = True
    makes = Makes.SCORES
    Parameters: type[BaseModel] = JudgeParameters
    prompts = (SCORES, POINTS)

    def rounds(self, parameters: JudgeParameters, chosen: int) -> int | None:
        """Return how many questions there are: for each example, or for each answer that it can have."""
        return chosen * parameters.judgements * (1 if parameters.scale == "ten" else parameters.answers)

    def draw(
        self,
        rng: Random,
        seeds: Sequence[Demonstration],
        kept: Sequence[Demonstration],
        parameters: JudgeParameters,
        round_: int,
    ) -> list[Demonstration]:
        """Return the example of the round with its answers in the order shown, or with the one that is asked about.

        Nothing where there are fewer than two answers, for then there is nothing to compare.
        """
        if parameters.scale == "ten":
            at, judgement = divmod(round_, parameters.judgements)
            return [_in_order(kept[at], judgement)] if _is_comparable(kept[at]) else []
        at, place = divmod(round_ // parameters.judgements, parameters.answers)
        return [_only(kept[at], place)] if _is_comparable(kept[at]) and place < len(kept[at].instances) else []

    def ask(self, demonstrations: Sequence[Demonstration], parameters: JudgeParameters, wording: Wording) -> Prompt:
        """Word the task and its answers."""
        (given,) = demonstrations
        sheet = SCORES if parameters.scale == "ten" else POINTS
        count = len(given.instances)
        wanted = parameters.form(_scores_form(count) if parameters.scale == "ten" else _POINTS_FORM)
        text = wording.render(sheet, request=wanted.request, tasks=demonstrations, count=count)
        return wanted.prompt(text, Sampling(parameters.temperature, 1.0, parameters.max_tokens))

    def read(
        self, completion: Completion, demonstrations: Sequence[Demonstration], parameters: JudgeParameters
    ) -> list[Score]:
        """Read the scores: one line for each answer, in order, and nothing else; or a last line with the points."""
        (given,) = demonstrations
        if completion.finish == "length":
            return []
        if (value := json_of(completion, is_asked=parameters.is_json)) is not None:
            return _scores_in(value, len(given.instances), parameters.scale)
        said = _ASIDE.sub("", without_markdown(body_of(completion)))
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        if parameters.scale == "points":
            found = _POINTS.fullmatch(lines[-1]) if lines else None
            return [Score(0, int(found[1]))] if found else []
        matches = [_LINE.fullmatch(line) for line in lines]
        scores = [Score(int(each[1]) - 1, int(each[2])) for each in matches if each]
        is_as_asked = all(matches) and [each.place for each in scores] == list(range(len(given.instances)))
        return scores if is_as_asked else []


def _scores_form(count: int) -> Form:
    request = (
        f"Give the scores as JSON: an object whose key “scores” has a list of {count} whole numbers from 1 to 10, in "
        "the order of the answers."
    )
    score = {"type": "integer", "minimum": 1, "maximum": 10}
    return form(request, scores=a_list(score, least=count, most=count))


def _scores_in(value: Any, count: int, scale: str) -> list[Score]:
    """Read as many whole numbers as there are answers, each within the scale; or nothing."""
    if scale == "points":
        numbers, least, most = [value_at(value, "score")], 0, 5
    else:
        numbers, least, most = items_of(value, "scores"), 1, 10
    is_as_asked = len(numbers) == count and all(type(each) is int and least <= each <= most for each in numbers)
    return [Score(place, number) for place, number in enumerate(numbers)] if is_as_asked else []


def _is_comparable(example: Demonstration) -> bool:
    return len(example.alternative_ids) > 1


def _in_order(example: Demonstration, judgement: int) -> Demonstration:
    """Return ``example`` with its answers in an order drawn by lot, turned by one place for each further judgement."""
    places = list(range(len(example.instances)))
    Random(example.candidate_id).shuffle(places)  # noqa: S311 - repeatable on purpose, guards nothing
    turn = judgement % len(places)
    return _with(example, places[turn:] + places[:turn])


def _only(example: Demonstration, place: int) -> Demonstration:
    return _with(example, [place])


def _with(example: Demonstration, places: Sequence[int]) -> Demonstration:
    return replace(
        example,
        instances=tuple(example.instances[place] for place in places),
        alternative_ids=tuple(example.alternative_ids[place] for place in places),
    )


pipeline = Judge()
