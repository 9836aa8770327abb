"""An instruction for each text that was pasted, in order and once."""

from dataclasses import replace
from random import Random

import pytest

from app.errors import InvalidInput
from app.examples import Example
from app.generation.pipelines.back_generation import pasted_from, pipeline, texts_in
from app.generation.wording import SHIPPED
from app.llm.practice.reader import TextQuestion, read_prompt
from app.llm.prompt import Completion

TEXTS = "The first text.\nStill the first.\n\n  \n\nThe second text.\r\n\r\nThe third."
PARAMETERS = pipeline.Parameters(texts=TEXTS)


def draw(seeds, round_=0, parameters=PARAMETERS):
    rng = Random(round_)  # noqa: S311 - a draw that can be repeated, not a secret
    return pipeline.draw(rng, seeds, [], parameters, round_)


@pytest.mark.parametrize(
    ("pasted", "texts"),
    [
        (TEXTS, ["The first text.\nStill the first.", "The second text.", "The third."]),
        ("\n\n one \n\n\n", ["one"]),
        (" \n\t\n ", []),
        ("", []),
        ("one\n\nmore\n---\ntwo\n-----  \n\n---\nthree", ["one\n\nmore", "two", "three"]),
        ("one --- two\n\n- three", ["one --- two", "- three"]),
    ],
)
def test_texts_are_parted_by_blank_lines(pasted, texts):
    assert texts_in(pasted) == texts
    assert pipeline.rounds(pipeline.Parameters(texts=pasted), 0) == len(texts)


def test_texts_are_pasted_so_that_they_are_read_back():
    texts = ["One\n\nhas two parts.", "Two.", "- three\n--"]
    assert texts_in(pasted_from(texts)) == texts
    assert texts_in(pasted_from(["One.", "two\n---\nparts", "Three."])) == ["One.", "Three."]
    assert len(texts_in(pasted_from(["a" * 30_000] * 9))) == 3
    assert pasted_from([]) == ""


def test_each_round_has_the_next_text_after_seed_tasks_without_input(seeds):
    for round_, text in enumerate(texts_in(TEXTS)):
        *shown, given = draw(seeds, round_)
        assert len(set(shown)) == 3
        assert all(task.is_stored and task.instances[0][0] == "" for task in shown)
        assert given.instances == (("", text),)
        assert not given.is_stored


def test_what_is_missing_is_said(seeds):
    for texts in ("", " \n\n "):
        with pytest.raises(InvalidInput, match="Paste at least one text") as refused:
            draw(seeds, 0, pipeline.Parameters(texts=texts))
        assert refused.value.field == "texts"
    with_input = [replace(seed, instances=(("x", "y"),)) for seed in seeds]
    with pytest.raises(InvalidInput, match="3 seed tasks without input; this project has 0"):
        draw(with_input)
    assert len(draw(with_input, 0, pipeline.Parameters(texts="One.", demonstrations=0))) == 1


def test_the_text_is_shown_with_its_instruction_open(seeds):
    asked = pipeline.ask(draw(seeds), PARAMETERS, SHIPPED)
    *_, shown, last = asked.text.split("\n\n")
    assert shown.startswith("Text:\noutput ")
    assert "\nInstruction: Carry out seed task " in shown
    assert last == "Text:\nThe first text.\nStill the first.\nInstruction:"
    assert read_prompt(asked.text) == TextQuestion("The first text.\nStill the first.")


@pytest.mark.parametrize("text", [" Describe both.", "Instruction: Describe both.", "**Instruction:** Describe both."])
def test_the_instruction_gets_the_text_as_its_output(seeds, text):
    (proposal,) = pipeline.read(Completion(text), draw(seeds, 1), PARAMETERS)
    draft = proposal.draft
    assert (draft.instruction, draft.input, draft.output) == ("Describe both.", "", "The second text.")
    assert draft.siblings == (("", "The second text."),)
    assert draft.problem is None
    assert pipeline.next_question(Example("Describe both."), {}, seeds, PARAMETERS, SHIPPED) is None


@pytest.mark.parametrize(
    ("text", "finish", "problem"),
    [
        ("Instruction:", "stop", "The completion holds no instruction."),
        ("Describe bo", "length", "The instruction was cut off at its length limit."),
    ],
)
def test_what_is_no_instruction_is_shown_as_such(seeds, text, finish, problem):
    (proposal,) = pipeline.read(Completion(text, finish), draw(seeds), PARAMETERS)
    assert proposal.draft.problem == problem


def test_there_is_nothing_to_finish():
    with pytest.raises(LookupError):
        pipeline.finish(Example("Describe both."), {}, PARAMETERS)
