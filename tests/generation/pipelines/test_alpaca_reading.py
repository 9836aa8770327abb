"""What Alpaca makes of a completion: the published shape, what chat models do to it, and wreckage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.examples import Example
from app.generation.pipelines import alpaca
from app.llm.prompt import Completion
from tests.cpu_time import within

FRUIT = Example("Name a fruit")

PARAMETERS = alpaca.pipeline.Parameters()


def read(text, finish="stop", shown=3):
    return alpaca.pipeline.read(Completion(text, finish), [None] * shown, PARAMETERS)


def tasks(proposals):
    drafts = [proposal.draft for proposal in proposals if proposal.draft.problem is None]
    return [(draft.instruction, draft.input, draft.output) for draft in drafts]


def problems(proposals):
    return [
        (proposal.draft.problem, proposal.draft.instruction)
        for proposal in proposals
        if proposal.draft.problem is not None
    ]


def written(number, instruction, given, output):
    return f"{number}. Instruction: {instruction}\n{number}. Input:\n{given}\n{number}. Output:\n{output}\n"


FIRST, SECOND = ("Name a fruit", "", "fig"), ("Add", "1 and 2", "3")
OPEN = " Name a fruit\n4. Input:\n<noinput>\n4. Output:\nfig\n"
WHOLE = "4. Instruction:" + OPEN
NEXT = written(5, *SECOND)


@pytest.mark.parametrize(
    "text",
    [
        OPEN + "###\n" + NEXT,
        OPEN + "###\n" + NEXT + "###\n",
        OPEN + "###\n" + NEXT + "###",
        WHOLE + "###\n" + NEXT,
        "###\n" + WHOLE + "###\n" + NEXT,
        "\n\n" + WHOLE + "\n###\n\n" + NEXT,
        "Instruction:" + OPEN + "###\n" + NEXT,
        OPEN + NEXT,
        WHOLE + "\n" + NEXT,
        OPEN + "### " + NEXT,
        OPEN + "###" + NEXT,
        OPEN.rstrip() + " ###\n" + NEXT,
        OPEN + "####\n" + NEXT,
        written(1, "Name a fruit", "<noinput>", "fig") + "###\n" + written(2, *SECOND),
        WHOLE + "###\n" + written(4, *SECOND),
        OPEN + "###\n" + written(9, *SECOND),
        "Sure! Here is the list:\n\n" + WHOLE + "###\n" + NEXT,
        "```\n" + WHOLE + "###\n" + NEXT + "```",
        "Here are the tasks:\n```text\n" + WHOLE + "###\n" + NEXT + "```\nEnjoy!",
        (WHOLE + "###\n" + NEXT).replace("\n", "\r\n"),
        "**4. Instruction:** Name a fruit\n**4. Input:**\n<noinput>\n**4. Output:**\nfig\n###\n" + NEXT,
        "### 4. Instruction:\nName a fruit\n### 4. Input:\n<noinput>\n### 4. Output:\nfig\n\n" + NEXT,
        WHOLE.replace("<noinput>", "<NoInput>") + "###\n" + NEXT,
        WHOLE.replace("<noinput>", "`<no input>`.") + "###\n" + NEXT,
        WHOLE.replace("<noinput>", "") + "###\n" + NEXT,
        WHOLE.replace("4. ", "4 .  ") + "###\n" + NEXT,
    ],
)
def test_tasks_are_read(text):
    proposals = read(text)
    assert tasks(proposals) == [FIRST, SECOND]
    assert problems(proposals) == []
    assert [proposal.position for proposal in proposals] == [0, 1]
    assert [proposal.draft.siblings for proposal in proposals] == [(FIRST[1:],), (SECOND[1:],)]


@pytest.mark.parametrize(
    ("output", "kept"),
    [
        ("### Heading\ntext", "### Heading\ntext"),
        ("1. Input: a plan\n2. Output: a house", "1. Input: a plan\n2. Output: a house"),
        ("a # b ## c", "a # b ## c"),
        ("see <noinput>", "see <noinput>"),
        ("e\u0301\x00", "e\u0301\ufffd"),
        ("", ""),
    ],
)
def test_an_output_is_taken_as_it_is(output, kept):
    assert tasks(read(written(4, "Write", "x", output)))[0] == ("Write", "x", kept)


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        ("4. Instruction: a\n5. Input:\nb\n5. Output:\nc", "Instruction has 4, Input has 5, Output has 5."),
        ("4. Instruction: a\n4. Input:\nb\n5. Output:\nc", "Instruction has 4, Input has 4, Output has 5."),
        ("4. Instruction: a\n4. Input:\nb", "no numbered “Output:”"),
        ("4. Instruction: a\n4. Output:\nb", "no numbered “Input:”"),
        ("4. Instruction: a", "no numbered “Input:” and no numbered “Output:”"),
        ("4. Instruction: a\nInput: b\nOutput: c", "no numbered “Input:” and no numbered “Output:”"),
        ("4. Instruction: a\n4. Output: c\n4. Input: b", "once each in the order"),
        ("4. Instruction: a\n4. Input: b\n4. Output: c\n4. Output: d", "once each in the order"),
        ("4. Instruction:\n4. Input:\nb\n4. Output:\nc", "The instruction is empty."),
    ],
)
def test_a_broken_task_is_shown_with_the_reason(block, problem):
    proposals = read(block + "\n###\n" + NEXT)
    ((sentence, text),) = problems(proposals)
    assert problem in sentence
    assert text == block
    assert tasks(proposals) == [SECOND]


@pytest.mark.parametrize("text", ["", " \n", "###", "I can't help with that.", "4.", "```\n```"])
def test_a_completion_without_a_task_is_shown_as_such(text):
    ((sentence, _),) = problems(read(text)[:1])
    assert "no numbered" in sentence


def test_a_remark_at_the_end_is_shown_as_such():
    proposals = read(OPEN + "###\nLet me know if you want more.")
    assert tasks(proposals) == [FIRST]
    assert [text for _, text in problems(proposals)] == ["Let me know if you want more."]


def test_the_opening_number_follows_the_seeds_shown():
    assert tasks(read(" Add\n3. Input:\n1\n3. Output:\n2", shown=2)) == [("Add", "1", "2")]


def test_the_last_task_of_a_cut_completion_is_set_aside():
    proposals = read(OPEN + "###\n" + NEXT, finish="length")
    assert tasks(proposals) == [FIRST]
    assert problems(proposals) == [("The completion was cut off at its length limit inside this task.", NEXT.strip())]


def test_a_completion_cut_right_after_a_task_loses_nothing():
    assert tasks(read(OPEN + "###\n", finish="length")) == [FIRST]


def test_there_is_nothing_to_finish():
    with pytest.raises(LookupError):
        alpaca.pipeline.finish(FRUIT, {}, PARAMETERS)


WRECKAGE = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(["\n", "###", "###\n", "4.", "5. ", "Instruction:", "4. Input:", "4. Output:", "**", "```"]),
        st.sampled_from(["\n4. Instruction: a", "<noinput>", "Sure! list:", "\x00", "\ud800", "\r\n"]),
    ),
    max_size=25,
).map("".join)


@given(WRECKAGE, st.sampled_from(["stop", "length"]))
def test_any_text_is_read_as_at_least_one_proposal(text, how):
    proposals = read(text, how)
    assert [proposal.position for proposal in proposals] == list(range(len(proposals)))
    assert proposals


@pytest.mark.parametrize(
    "text", ["#" * 50_000 + "x", "4" * 100_000, "4" + " " * 50_000 + "x", "*" * 100_000, "\n4. " * 25_000]
)
def test_long_wreckage_is_read_in_no_time(text):
    with within(3):
        assert read(text)


WORDS = st.lists(
    st.sampled_from(["fig", "Plum", "3.5", "(a)", "-", "#1", "don't", "ünï", "語"]), min_size=1, max_size=8
).map(" ".join)
TEXTS = st.lists(WORDS, min_size=1, max_size=3).map("\n".join)


@given(st.lists(st.tuples(WORDS, st.one_of(st.just(""), TEXTS), TEXTS), min_size=1, max_size=16))
def test_a_published_list_is_read_back(items):
    blocks = [
        written(number, one, given or "<noinput>", output) for number, (one, given, output) in enumerate(items, 4)
    ]
    assert tasks(read("###\n".join(blocks).removeprefix("4. Instruction:"))) == items
