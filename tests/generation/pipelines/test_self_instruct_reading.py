"""What Self-Instruct makes of a completion: the published shapes, what chat models do to them, and wreckage."""

import pytest

from app.examples import Example
from app.generation.pipelines import self_instruct
from app.llm.prompt import Completion

FRUIT = Example("Name a fruit")

PARAMETERS = self_instruct.pipeline.Parameters()


def read(text, finish="stop"):
    return self_instruct.pipeline.read(Completion(text, finish), [], PARAMETERS)


def finish(kind, text, how="stop", **changes):
    answers = {"classification": Completion(kind), "instances": Completion(text, how)}
    parameters = self_instruct.pipeline.Parameters(**changes)
    return self_instruct.pipeline.finish(FRUIT, answers, parameters)[0]


def pairs(drafts):
    return [(draft.input, draft.output) for draft in drafts if draft.problem is None]


def problems(drafts):
    return [(draft.problem, draft.output) for draft in drafts if draft.problem is not None]


@pytest.mark.parametrize(
    ("text", "instructions"),
    [
        (" Name a fruit.\n10. Add two numbers.\n11. Rhyme.", ["Name a fruit.", "Add two numbers.", "Rhyme."]),
        (" name a fruit\n10. ask NASA", ["Name a fruit", "Ask NASA"]),
        (" Name  a\nfruit\n10 . Add\ttwo", ["Name a fruit", "Add two"]),
        ("9. Name a fruit\n10. Add two", ["Name a fruit", "Add two"]),
        ("\n9. Name a fruit\n10. Add two", ["Name a fruit", "Add two"]),
        ("1. Name a fruit\n2. Add two", ["Name a fruit", "Add two"]),
        ("**9.** Name a fruit\n**10.** Add two", ["Name a fruit", "Add two"]),
        (" Name a fruit\n\n10. Add two\n\n11. Rhyme", ["Name a fruit", "Add two", "Rhyme"]),
        ("```\n9. Name a fruit\n10. Add two\n```", ["Name a fruit", "Add two"]),
        ("```text\n9. Name a fruit\n10. Add two", ["Name a fruit", "Add two"]),
        ("```\n9. Name a fruit\n```\nI hope this helps!", ["Name a fruit"]),
        ("```\n9. Mend this:\n```py\nx=\n```\n10. Add two", ["Mend this: ```py x= ```", "Add two"]),
        ("Sure! Here are more tasks:\n9. Name a fruit", ["Name a fruit"]),
        ("Sure, as you like:\n\n```\n9. Name a fruit\n```", ["Name a fruit"]),
        ("Here are seven new tasks for the list:\n\n9. Name a fruit", ["Name a fruit"]),
        (" Name a fruit\n10. Add two\n\nLet me know if you want more.", ["Name a fruit", "Add two"]),
        (" Name a fruit\n10.", ["Name a fruit"]),
        (" Name a fruit\n10.\n11. Add two", ["Name a fruit", "Add two"]),
        ("\r\n9. Name a fruit\r\n10. Add two", ["Name a fruit", "Add two"]),
        (" Here is a poem. Rewrite it as prose:\n10. Add two", ["Here is a poem. Rewrite it as prose:", "Add two"]),
        (" Round 3.14 to 3.1\n10. Solve\n2.5x = 5", ["Round 3.14 to 3.1", "Solve 2.5x = 5"]),
        (" Pick one:\n(a) fig\n- plum\n1) pear", ["Pick one: (a) fig - plum 1) pear"]),
        (" Mend this:\n```py\nx=\n```\n10. Add two", ["Mend this: ```py x= ```", "Add two"]),
        (" épeler le mot", ["Épeler le mot"]),
        (" N\x00ame \ud800 it", ["N\ufffdame \ufffd it"]),
    ],
)
def test_instructions_are_read(text, instructions):
    proposals = read(text)
    assert [proposal.draft.instruction for proposal in proposals] == instructions
    assert [proposal.position for proposal in proposals] == list(range(len(instructions)))
    assert [proposal.draft.problem for proposal in proposals] == [None] * len(instructions)


@pytest.mark.parametrize("text", ["", " \n ", "9.", "```\n```", "Sure! Here are more tasks:", "\n\n10. \n11. "])
def test_a_completion_without_an_instruction_is_shown_as_such(text):
    (proposal,) = read(text)
    assert proposal.draft.problem == "The completion holds no instruction."
    assert proposal.draft.instruction == text


def test_a_list_cut_for_length_is_set_aside_whole():
    (proposal,) = read(" Name a fruit\n10. Add tw", finish="length")
    assert "cut off at its length limit" in proposal.draft.problem
    assert proposal.draft.instruction == " Name a fruit\n10. Add tw"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("Yes", True),
        (" yes", True),
        ("YES.", True),
        ("**Yes**", True),
        ("Yes, it", True),
        ("No", False),
        (" no.", False),
        ("", False),
        ("Yesterday", False),
        ("Maybe yes", False),
    ],
)
def test_an_answer_that_starts_with_yes_is_a_yes(answer, kind):
    answers = {"classification": Completion(answer), "instances": Completion("Output: fig")}
    assert self_instruct.pipeline.finish(FRUIT, answers, PARAMETERS)[1] is kind


TWO = [("2", "4"), ("3", "9")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Example 1\nInput: 2\nOutput: 4\nExample 2\nInput: 3\nOutput: 9", TWO),
        ("Example 1\nInput: 2\nOutput: 4\n\nExample 2\nInput: 3\nOutput: 9\n\n", TWO),
        ("Example 1.\nInput 1: 2\nOutput 1: 4\nExample2\nInput 2 : 3\nOutput2:9", TWO),
        ("Example 1:\nInput: 2\nOutput: 4\nExample 2:\nInput: 3\nOutput: 9", TWO),
        ("Example\nInput: 2\nOutput: 4\nExample\nInput: 3\nOutput: 9", TWO),
        ("Example 1 Input: 2 Output: 4 Example 2 Input: 3 Output: 9", TWO),
        ("**Example 1**\n**Input:** 2\n**Output:** 4\n\n**Example 2**\n**Input**: 3\n**Output**: 9", TWO),
        ("### Example 1\n\nInput: 2\nOutput: 4\n\n### Example 2\n\nInput: 3\nOutput: 9", TWO),
        ("```\nExample 1\nInput: 2\nOutput: 4\nExample 2\nInput: 3\nOutput: 9\n```", TWO),
        ("Sure! Here are two:\n\nExample 1\nInput: 2\nOutput: 4\nExample 2\nInput: 3\nOutput: 9", TWO),
        ("Task: Square\nExample 1\nInput: 2\nOutput: 4\nExample 2\nInput: 3\nOutput: 9", TWO),
        ("Example 1\nInput: 2\nOutput: 4\nExample 2\nInput: 3\nOutput: 9\n\nTask: More\nOutput: 1", TWO),
        ("Input: 2\nOutput: 4", [("2", "4")]),
        ("Output: fig", [("", "fig")]),
        ("Output:\n- fig\n- plum\n", [("", "- fig\n- plum")]),
        ("Example 1\nOutput: fig", [("", "fig")]),
        ("Example 1\nfig", [("", "fig")]),
        ("Example 1\nList: [1, 2]\nOutput: 3", [("List: [1, 2]", "3")]),
        ("Example 1\nInput: a\n\nb\nOutput:\nc\n\nd", [("a\n\nb", "c\n\nd")]),
        ("Example 1\nInput: For Example, x\nOutput: y", [("For Example, x", "y")]),
        ("Example 1\nInput: x\nOutput: Examples abound", [("x", "Examples abound")]),
        ("Example 1\nInput: x\nOutput:", [("x", "")]),
        ("Example 1\nInput: 2\nOutput: 4\nExample 2\nInput: 2\nOutput: 4", [("2", "4"), ("2", "4")]),
        ("Example 1\nInput: \x002\nOutput: e\u0301", [("\ufffd2", "e\u0301")]),
    ],
)
def test_examples_are_read(text, expected):
    drafts = finish("No", text)
    assert pairs(drafts) == expected
    assert problems(drafts) == []
    assert {draft.siblings for draft in drafts} == {tuple(expected)}
    assert [draft.instance for draft in drafts] == list(range(len(expected)))
    assert {draft.instruction for draft in drafts} == {"Name a fruit"}


@pytest.mark.parametrize(
    ("text", "problem", "remainder"),
    [
        ("", "The completion is empty", ""),
        ("Example 1\n", "The completion is empty", ""),
        ("Task: Name a fruit", "The completion is empty", ""),
        ("I can't help with that.", "neither “Example” nor “Output:”", "I can't help with that."),
        ("Input: a", "neither “Example” nor “Output:”", "Input: a"),
        ("Example 1\nInput: a", "an input and no “Output:”", "Input: a"),
        ("Well.\nExample 1\nInput: a\nOutput: b", "neither “Example” nor “Output:”", "Well."),
        ("Input: a\nOutput: b\nInput: c\nOutput: d", "Only the first input and output", "Input: c\nOutput: d"),
        ("Example 1\nInput: a\nOutput: b\nOutput: c", "Only the first input and output", "Output: c"),
    ],
)
def test_what_is_no_example_is_shown_with_the_reason(text, problem, remainder):
    ((sentence, output),) = problems(finish("No", text))
    assert problem in sentence
    assert output == remainder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Class label: good\nI like it.\nClass label: bad\nI hate it.",
            [("I like it.", "good"), ("I hate it.", "bad")],
        ),
        ("Class label: good\nText: a\nAuthor: b", [("Text: a\nAuthor: b", "good")]),
        ("Class label: good\nInput: I like it.", [("I like it.", "good")]),
        ("Class label: Ottawa", [("", "Ottawa")]),
        (" Class label:good \n\n I like it. \n\n", [("I like it.", "good")]),
        ("Class Label: good\nI like it.", [("I like it.", "good")]),
        ("Class label 1: good\na\nClass label 2: bad\nb", [("a", "good"), ("b", "bad")]),
        ("**Class label:** good\nI like it.", [("I like it.", "good")]),
        ("Class label:\ngood\nI like it.", [("I like it.", "good")]),
        ("```\nClass label: good\nI like it.\n```", [("I like it.", "good")]),
        ("Class label: good\nI like it.\n\nTask: Another\nClass label: x", [("I like it.", "good")]),
    ],
)
def test_labels_are_read(text, expected):
    drafts = finish("Yes", text)
    assert pairs(drafts) == expected
    assert problems(drafts) == []
    assert {draft.siblings for draft in drafts} == {tuple(expected)}


@pytest.mark.parametrize(
    ("text", "problem", "remainder"),
    [
        ("", "The completion is empty", ""),
        ("Example 1\nInput: a\nOutput: b", "no “Class label:” before it", "Example 1\nInput: a\nOutput: b"),
        ("Well.\nClass label: good\na", "no “Class label:” before it", "Well."),
        ("Class label: good\na\nClass label:", "no label after", ""),
    ],
)
def test_what_has_no_label_is_shown_with_the_reason(text, problem, remainder):
    ((sentence, output),) = problems(finish("Yes", text))
    assert problem in sentence
    assert output == remainder


@pytest.mark.parametrize(
    ("kind", "text", "kept", "cut"),
    [
        ("No", "Example 1\nInput: a\nOutput: b\nExample 2\nInput: c\nOutp", [("a", "b")], "Input: c\nOutp"),
        ("No", "Example 1\nInput: a\nOutput: b\nExample 2", [], "Input: a\nOutput: b"),
        ("No", "Example 1\nInput: a\nOutput: b\nOutput: c", [], "Input: a\nOutput: b\nOutput: c"),
        ("No", "Output: fi", [], "Output: fi"),
        ("Yes", "Class label: x\na\nClass label: y\nb", [("a", "x")], "y\nb"),
        ("Yes", "Class label: x\na\nClass label:", [("a", "x")], ""),
    ],
)
def test_the_last_example_of_a_cut_completion_is_set_aside(kind, text, kept, cut):
    drafts = finish(kind, text, how="length")
    assert pairs(drafts) == kept
    assert problems(drafts) == [("The completion was cut off at its length limit inside this example.", cut)]
    assert {draft.siblings for draft in drafts} == {tuple(kept)}


def test_what_goes_beyond_the_limit_is_shown_with_the_reason():
    text = "".join(f"Class label: {number}\ntext {number}\n" for number in range(7))
    drafts = finish("Yes", text)
    assert len(pairs(drafts)) == 5
    assert [draft.problem for draft in drafts[5:]] == [
        "At most 5 examples of an instruction are taken; this is number 6.",
        "At most 5 examples of an instruction are taken; this is number 7.",
    ]
    assert len(drafts[0].siblings) == 7
    assert len(pairs(finish("Yes", text, max_instances=2))) == 2


def test_unreadable_ones_are_numbered_after_the_readable_ones():
    drafts = finish("No", "Example 1\nInput: a\nExample 2\nInput: b\nOutput: c")
    assert [(draft.instance, draft.problem is None) for draft in drafts] == [(0, True), (1, False)]
    assert drafts[1].siblings == (("b", "c"),)
