"""One task turned into another: what is shown, what is read, what is asked then."""

from random import Random

import pytest

from app.errors import InvalidInput
from app.examples import Example
from app.generation.pipelines.evolve import pipeline
from app.generation.wording import SHIPPED, Wording
from app.llm.practice.reader import Request, Rewriting, read_prompt
from app.llm.prompt import Completion

PARAMETERS = pipeline.Parameters()


def draw(seeds, kept, source, number=0):
    rng = Random(number)  # noqa: S311 - a draw that can be repeated, not a secret
    (drawn,) = pipeline.draw(rng, seeds, kept, pipeline.Parameters(source=source), 0)
    return drawn


def read(text, finish="stop"):
    (proposal,) = pipeline.read(Completion(text, finish), [], PARAMETERS)
    return proposal.draft


def test_a_task_is_drawn_from_where_the_run_says(seeds, kept):
    for source, tasks in (("both", {*seeds, *kept}), ("seeds", set(seeds)), ("kept", set(kept))):
        assert {draw(seeds, kept, source, number) for number in range(200)} == tasks


def test_seed_tasks_stand_in_while_nothing_was_kept(seeds):
    assert draw(seeds, [], "kept") in seeds
    with pytest.raises(InvalidInput, match="starts from a seed task"):
        draw([], [], "both")


@pytest.mark.parametrize("direction", ["harder", "narrower", "rarer"])
def test_the_task_is_shown_whole_and_what_it_becomes_is_left_open(seeds, direction):
    asked = pipeline.ask(seeds[1:2], pipeline.Parameters(direction=direction), SHIPPED)
    words, task, opening = asked.text.rsplit("\n\n", 2)
    assert f"that is {direction}: " in words
    assert task == "Given task:\nCarry out seed task 1\ninput 1"
    assert opening == f"{direction.capitalize()} task:"
    assert read_prompt(asked.text) == Rewriting("Carry out seed task 1\ninput 1", direction)


def test_words_of_ones_own_are_followed_by_the_task(seeds):
    asked = pipeline.ask(seeds[:1], PARAMETERS, Wording({"evolve_instruction": "Rewrite, so that it is {{ wish }}."}))
    assert asked.text.startswith("Rewrite, so that it is harder: ")
    assert asked.text.endswith("\n\nGiven task:\nCarry out seed task 0\n\nHarder task:")


@pytest.mark.parametrize(
    ("text", "instruction"),
    [
        (" Name nine rivers.", "Name nine rivers."),
        ("Harder task: Name nine rivers.", "Name nine rivers."),
        ("**Harder task:**\nName nine rivers.\n\nSort them.", "Name nine rivers.\n\nSort them."),
        ("Sure, here is the new task:\n\nName nine rivers.", "Name nine rivers."),
    ],
)
def test_the_new_task_is_read(text, instruction):
    draft = read(text)
    assert (draft.instruction, draft.problem) == (instruction, None)


@pytest.mark.parametrize(
    ("text", "finish", "problem"),
    [
        (" \n", "stop", "The completion holds no task."),
        ("Name nine", "length", "The task was cut off at its length limit."),
        ("Carry out the Given Task twice.", "stop", "It speaks of its own prompt: “Given Task”."),
        ("Describe a harder task.", "stop", "It speaks of its own prompt: “harder task”."),
    ],
)
def test_what_is_no_task_is_shown_as_such(text, finish, problem):
    assert read(text, finish).problem == problem


def test_the_answer_is_asked_for_once(seeds):
    question = pipeline.next_question(Example("Name\nnine rivers."), {}, seeds, PARAMETERS, SHIPPED)
    assert question.purpose == "answer"
    assert question.demonstrations == ()
    assert question.prompt.text.endswith("\n\nTask: Name\nnine rivers.\nOutput:")
    assert read_prompt(question.prompt.text) == Request("Name\nnine rivers.", "")
    assert pipeline.next_question(Example("Name"), {"answer": Completion("x")}, seeds, PARAMETERS, SHIPPED) is None


@pytest.mark.parametrize(
    ("text", "finish", "output", "problem"),
    [
        (" The Nile.\n\nThe Loire.", "stop", "The Nile.\n\nThe Loire.", None),
        ("Output: The Nile.", "stop", "The Nile.", None),
        ("The Ni", "length", "The Ni", "The answer was cut off at its length limit."),
        ("", "stop", "", None),
    ],
)
def test_the_answer_is_taken_whole(text, finish, output, problem):
    (draft,), kind = pipeline.finish(Example("Name nine rivers."), {"answer": Completion(text, finish)}, PARAMETERS)
    assert (draft.instruction, draft.input, draft.output, draft.problem) == ("Name nine rivers.", "", output, problem)
    assert draft.siblings == ((("", output),) if problem is None else ())
    assert kind is None


def test_there_is_no_end_to_it():
    assert pipeline.rounds(PARAMETERS, 0) is None
