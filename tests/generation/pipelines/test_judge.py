"""A judge's prompts, and what is read of its replies."""

from collections import Counter

import pytest

from app.generation.pipeline import Demonstration, Score
from app.generation.pipelines.judge import pipeline
from app.generation.wording import SHIPPED
from app.llm.prompt import Completion

TEN, POINTS = pipeline.Parameters(judgements=3), pipeline.Parameters(scale="points", judgements=2, answers=3)


def example(number, answers):
    instances = tuple(("in", f"answer {number}.{each}") for each in range(answers))
    ids = tuple((each,) for each in range(number * 10, number * 10 + answers))
    return Demonstration(f"Task {number}", instances, False, candidate_id=number + 1, alternative_ids=ids)


def read(text, parameters=TEN, answers=2, finish="stop"):
    return pipeline.read(Completion(text, finish), [example(0, answers)], parameters)


@pytest.mark.parametrize(
    "text",
    [
        "Answer 1: 7\nAnswer 2: 10",
        "  Answer 1: 7\n\nAnswer 2: 10\n",
        "**Answer 1:** 7/10\n**Answer 2:** 10/10",
        "```\nAnswer 1: 7.\nAnswer 2: 10.\n```",
    ],
)
def test_a_score_for_each_answer_is_read(text):
    assert read(text) == [Score(0, 7), Score(1, 10)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Answer 1: 7",
        "Answer 2: 10\nAnswer 1: 7",
        "Answer 1: 7\nAnswer 1: 8",
        "Answer 1: 7\nAnswer 2: 8\nAnswer 3: 9",
        "Answer 1: 0\nAnswer 2: 8",
        "Answer 1: 11\nAnswer 2: 8",
        "Answer 1: 7.5\nAnswer 2: 8",
        "Answer 1: seven\nAnswer 2: 8",
        "Answer 1: 7 because it is right\nAnswer 2: 8",
        "Answer 1: 7\nAnswer 2: 8\nThe second is better.",
        "7\n8",
    ],
)
def test_anything_else_is_no_score(text):
    assert read(text) == []


def test_what_is_cut_off_is_no_score():
    assert read("Answer 1: 7\nAnswer 2: 1", finish="length") == []


@pytest.mark.parametrize(
    ("text", "scores"),
    [
        ("It is right.\n\nScore: 4", [Score(0, 4)]),
        ("Score: 0", [Score(0, 0)]),
        ("**Score: 5/5**", [Score(0, 5)]),
        ("Score: 6", []),
        ("Score: 4\nThat is all.", []),
        ("I give it 4 points.", []),
        ("", []),
    ],
)
def test_points_stand_on_the_last_line(text, scores):
    assert read(text, POINTS, answers=1) == scores


def test_each_answer_has_each_place_once_when_there_are_as_many_judgements():
    kept = [example(0, 3)]
    drawn = [pipeline.draw(None, [], kept, TEN, round_)[0] for round_ in range(3)]
    places = Counter((place, each) for one in drawn for place, (each,) in enumerate(one.alternative_ids))
    assert set(places.values()) == {1}
    assert len(places) == 9
    for one in drawn:
        assert [output for _, output in one.instances] == [f"answer 0.{each}" for (each,) in one.alternative_ids]


def test_the_order_differs_from_example_to_example():
    kept = [example(number, 4) for number in range(40)]
    orders = {
        tuple(each % 10 for (each,) in pipeline.draw(None, [], kept, TEN, 3 * at)[0].alternative_ids)
        for at in range(40)
    }
    assert len(orders) > 10


def test_points_are_asked_for_one_answer_at_a_time():
    kept = [example(0, 3), example(1, 2), example(2, 1)]
    rounds = pipeline.rounds(POINTS, len(kept))
    drawn = [pipeline.draw(None, [], kept, POINTS, round_) for round_ in range(rounds)]
    asked = Counter(one.alternative_ids for shown in drawn for one in shown)
    assert asked == {((each,),): 2 for each in (0, 1, 2, 10, 11)}


def test_one_answer_alone_is_not_judged():
    assert pipeline.draw(None, [], [example(0, 1)], TEN, 0) == []


def test_prompts_show_the_answers_and_not_whose_they_are():
    (shown,) = pipeline.draw(None, [], [example(0, 2)], TEN, 0)
    prompt = pipeline.ask([shown], TEN, SHIPPED).text
    first, second = (output for _, output in shown.instances)
    assert prompt.endswith(
        f"[Task]\nTask 0\n\n[Input]\nin\n\n[Answer 1]\n{first}\n\n[Answer 2]\n{second}\n\n[Scores]\n"
    )
    assert "a task and 2 answers" in prompt
    alone = pipeline.ask(pipeline.draw(None, [], [example(0, 2)], POINTS, 0), POINTS, SHIPPED).text
    assert alone.endswith("[Answer]\nanswer 0.0\n\n[Judgement]\n")
