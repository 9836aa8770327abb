"""Self-Instruct reads back what it asks for, and reads anything else without falling over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.examples import Example
from app.generation.pipelines import self_instruct
from app.llm.prompt import Completion
from tests.cpu_time import within

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


WRECKAGE = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(["\n", "\n\n", "9.", "\n10. ", "```", "**", "Example 1", "Input:", "Output:", "Class label:"]),
        st.sampled_from(["Task:", "\nTask:", "Sure! tasks:", "Here are tasks:\n", "Example", "\x00", "\ud800", "\r"]),
    ),
    max_size=25,
).map("".join)


@given(WRECKAGE, st.sampled_from(["stop", "length"]))
def test_any_text_is_read_as_at_least_one_proposal(text, how):
    assert read(text, how)
    for kind in ("Yes", "No", text):
        drafts = finish(kind, text, how)
        assert drafts
        assert [draft.instance for draft in drafts] == list(range(len(drafts)))
        (siblings,) = {draft.siblings for draft in drafts}
        assert siblings == tuple((draft.input, draft.output) for draft in drafts[: len(siblings)])


@pytest.mark.parametrize(
    "text",
    [
        "Output" + " " * 50_000 + "x",
        "1" * 100_000,
        "Example " * 12_500,
        "here are " + "tasks " * 16_000,
        "\n1." * 33_000,
    ],
)
def test_long_wreckage_is_read_in_no_time(text):
    with within(3):
        assert read(text)
        assert finish("No", text)
        assert finish("Yes", text)


WORDS = st.lists(
    st.sampled_from(["fig", "Plum", "3.5", "(a)", "-", "[x]", "don't", "ünï", "語"]), min_size=1, max_size=8
).map(" ".join)
TEXTS = st.lists(WORDS, min_size=1, max_size=3).map("\n".join)


@given(st.lists(WORDS, min_size=1, max_size=7))
def test_a_published_list_is_read_back(instructions):
    text = " " + "\n".join(f"{number}. {one}" for number, one in enumerate(instructions, 9)).removeprefix("9. ")
    expected = [one[0].upper() + one[1:] for one in instructions]
    assert [proposal.draft.instruction for proposal in read(text)] == expected


@given(st.lists(st.tuples(st.one_of(st.just(""), TEXTS), TEXTS), min_size=1, max_size=5))
def test_published_examples_are_read_back(instances):
    text = "\n".join(
        f"Example {number}\n{f'Input: {given}' if given else ''}\nOutput: {output}"
        for number, (given, output) in enumerate(instances, 1)
    )
    assert pairs(finish("No", text)) == instances


@given(st.lists(st.tuples(st.one_of(st.just(""), TEXTS), WORDS), min_size=1, max_size=5))
def test_published_labels_are_read_back(instances):
    text = "\n".join(f"Class label: {label}\n{given}" for given, label in instances)
    assert pairs(finish("Yes", text)) == instances
