"""The defaults are the published ones, and what can't work is refused."""

import pytest
from pydantic import ValidationError

from app.examples import Example
from app.generation.pipelines import alpaca, self_instruct
from app.generation.wording import SHIPPED
from app.llm.prompt import Completion, Sampling

FRUIT = Example("Name a fruit")

SELF_INSTRUCT = self_instruct.pipeline.Parameters()
ALPACA = alpaca.pipeline.Parameters()


def ask_instances(answer, **changes):
    parameters = self_instruct.pipeline.Parameters(**changes)
    answers = {"classification": Completion(answer)}
    return self_instruct.pipeline.next_question(FRUIT, answers, [], parameters, SHIPPED).prompt.sampling


def test_instructions_are_sampled_as_published(seeds):
    assert self_instruct.pipeline.ask(seeds[:8], SELF_INSTRUCT, SHIPPED).sampling == Sampling(
        temperature=0.7,
        top_p=0.5,
        max_tokens=1024,
        frequency_penalty=0,
        presence_penalty=2,
        stop=("\n\n", "\n16", "16.", "16 ."),
    )


def test_classification_is_sampled_as_published(seeds):
    question = self_instruct.pipeline.next_question(FRUIT, {}, seeds, SELF_INSTRUCT, SHIPPED)
    assert question.prompt.sampling == Sampling(temperature=0, top_p=1, max_tokens=3, stop=("\n", "Task"))


@pytest.mark.parametrize(("answer", "max_tokens"), [("No", 350), ("Yes", 300)])
def test_instances_are_sampled_as_published(answer, max_tokens):
    assert ask_instances(answer) == Sampling(
        temperature=0, top_p=1, max_tokens=max_tokens, presence_penalty=1.5, stop=("Example 6", "Task:")
    )


def test_alpaca_is_sampled_as_published(seeds):
    assert alpaca.pipeline.ask(seeds[:3], ALPACA, SHIPPED).sampling == Sampling(
        temperature=1.0, top_p=1.0, max_tokens=3072, frequency_penalty=0, presence_penalty=0, stop=("\n20", "20.")
    )


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("demonstrations", 8),
        ("candidate_demonstrations", 2),
        ("classification_demonstrations", 12),
        ("other_demonstrations", 19),
        ("max_instances", 5),
    ],
)
def test_numbers_of_self_instruct_are_the_published_ones(name, published):
    assert getattr(SELF_INSTRUCT, name) == published


def test_numbers_of_alpaca_are_the_published_ones():
    assert (ALPACA.demonstrations, ALPACA.tasks) == (3, 20)


def test_stops_follow_the_numbers(seeds):
    shorter = self_instruct.pipeline.Parameters(demonstrations=4, tasks_per_prompt=3)
    assert "\n8" in self_instruct.pipeline.ask(seeds[:4], shorter, SHIPPED).sampling.stop
    assert alpaca.pipeline.ask(seeds[:3], alpaca.pipeline.Parameters(tasks=10), SHIPPED).sampling.stop == (
        "\n10",
        "10.",
    )
    assert "Example 4" in ask_instances("No", max_instances=3).stop


@pytest.mark.parametrize(
    ("pipeline", "values"),
    [
        (self_instruct.pipeline, {"demonstrations": 2, "candidate_demonstrations": 3}),
        (self_instruct.pipeline, {"temperature": 2.1}),
        (self_instruct.pipeline, {"top_p": 0}),
        (self_instruct.pipeline, {"presence_penalty": 3}),
        (self_instruct.pipeline, {"max_instances": 0}),
        (self_instruct.pipeline, {"task_kind": "generation"}),
        (self_instruct.pipeline, {"temprature": 1}),
        (alpaca.pipeline, {"tasks": 4}),
        (alpaca.pipeline, {"tasks": 6, "demonstrations": 5}),
        (alpaca.pipeline, {"max_tokens": 0}),
        (alpaca.pipeline, {"candidate_demonstrations": 2}),
    ],
)
def test_what_cannot_work_is_refused(pipeline, values):
    with pytest.raises(ValidationError):
        pipeline.Parameters(**values)
