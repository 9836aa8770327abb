"""Translations: what is asked, what is read, and the answer in the other language."""

import pytest

from app.errors import InvalidInput
from app.examples import Example
from app.generation.pipeline import Demonstration
from app.generation.pipelines.translate import pipeline
from app.generation.wording import SHIPPED
from app.llm.prompt import Completion

PARAMETERS = pipeline.Parameters(into="French")
ALONE = Demonstration("Name three rivers.", (("", "x"),), False, candidate_id=1)
GIVEN = Demonstration("Sort it.", (("3\n1", "x"),), False, candidate_id=2)


def read(text, shown=ALONE, finish="stop"):
    (proposal,) = pipeline.read(Completion(text, finish), [shown], PARAMETERS)
    return proposal.draft


def test_the_prompt_leaves_the_translation_open():
    text = pipeline.ask([GIVEN], PARAMETERS, SHIPPED).text
    assert text.endswith("Instruction: Sort it.\nInput: 3\n1\n\nIn French:\nInstruction:")
    assert pipeline.ask([ALONE], PARAMETERS, SHIPPED).text.endswith("Input: <noinput>\n\nIn French:\nInstruction:")


def test_each_chosen_example_is_translated_once():
    assert pipeline.rounds(PARAMETERS, 7) == 7
    assert pipeline.draw(None, [], [ALONE, GIVEN], PARAMETERS, 1) == [GIVEN]


def test_a_language_is_needed():
    with pytest.raises(InvalidInput, match="into which language"):
        pipeline.draw(None, [], [ALONE], pipeline.Parameters(), 0)


@pytest.mark.parametrize("text", [" Nommez trois fleuves.\nInput: <noinput>", "Instruction: Nommez trois fleuves."])
def test_an_instruction_alone_is_read(text):
    draft = read(text)
    assert (draft.instruction, draft.input, draft.problem) == ("Nommez trois fleuves.", "", None)


def test_an_input_of_many_lines_is_read():
    draft = read(" Triez.\nInput: 3\n1", GIVEN)
    assert (draft.instruction, draft.input, draft.problem) == ("Triez.", "3\n1", None)


@pytest.mark.parametrize(
    ("text", "shown", "finish", "problem"),
    [
        ("", ALONE, "stop", "The completion holds no instruction."),
        ("Triez.", GIVEN, "stop", "The translation has no input, though the example has one."),
        ("Nommez.\nInput: trois", ALONE, "stop", "It has an input too many."),
        ("Nommez trois", ALONE, "length", "The translation was cut off at its length limit."),
    ],
)
def test_what_is_not_a_translation_is_said(text, shown, finish, problem):
    assert read(text, shown, finish).problem == problem


def test_the_translated_task_is_answered_in_its_language():
    question = pipeline.next_question(Example("Triez.", "3, 1"), {}, [], PARAMETERS, SHIPPED)
    assert "- Language: French" in question.prompt.text
    assert question.prompt.text.endswith("Task: Triez.\nInput: 3, 1\nOutput:")
    answers = {question.purpose: Completion(" 1, 3 ")}
    assert pipeline.next_question(Example("Triez.", "3, 1"), answers, [], PARAMETERS, SHIPPED) is None
    ((draft,), kind) = pipeline.finish(Example("Triez.", "3, 1"), answers, PARAMETERS)
    assert (draft.instruction, draft.input, draft.output, kind) == ("Triez.", "3, 1", "1, 3", None)
