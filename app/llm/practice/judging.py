"""Scores answers to a task, knowing the right one where the task is of the grammar."""

from random import Random

from app.llm.practice import mistakes
from app.llm.practice.instances import right_answer
from app.llm.practice.proposals import Proposal
from app.llm.practice.reader import Judging
from app.llm.practice.text import Text

# The most of each scale, and the least that a right answer gets.
_SCALES = {False: (10, 8), True: (5, 4)}


def write_judgement(prompt: Judging, rng: Random) -> Text:
    """Return a line with a score for each answer, or a sentence and a sum of points for the one there is."""
    mistake = mistakes.draw(mistakes.JUDGEMENT_RATES, rng)
    scores = [_score(prompt, answer, rng) for answer in prompt.answers]
    text = Text()
    if mistake == "out_of_scale":
        scores[0] = 2 * _SCALES[prompt.adds_points][0]
    if prompt.adds_points:
        lines = ["It does what it was asked for." if scores[0] > 2 else "It misses what was asked for."]
        lines += [] if mistake == "unscored" else [f"Score: {scores[0]}"]
    else:
        lines = [f"Answer {number}: {score}" for number, score in enumerate(scores, start=1)]
        lines = lines[: -1 if mistake == "unscored" else None]
    text.add("\n".join(lines), Proposal(prompt.instruction, prompt.input, "", mistake))
    return text


def _score(prompt: Judging, answer: str, rng: Random) -> int:
    """A right answer scores high, and what is wrong or unknown by its own text, whatever stands beside it."""
    most, least_right = _SCALES[prompt.adds_points]
    right = right_answer(prompt.instruction, prompt.input)
    if right is not None and answer.strip() == right.strip():
        return rng.randint(least_right, most)
    own = Random(answer).randint(1 if right is not None else 2, least_right - 1)  # noqa: S311 - repeatable on purpose
    return max(1, min(most, own + rng.choice((0, 0, 0, 1, -1))))
