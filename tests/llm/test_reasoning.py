"""Reasoning set aside from an answer, in every spelling that is published."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.llm.reasoning import Parted, part

# What a model wrote, the answer in it, its reasoning.
CASES = [
    ("plain", "plain", ""),
    ("", "", ""),
    ("<think>\nHm.\n</think>\n\nYes", "\n\nYes", "Hm."),
    ("\n<think>\n\n</think>\n\nYes", "\n\nYes", ""),
    ("<think></think>Yes", "Yes", ""),
    ("Okay, so the user\nwants\n</think>\n\nYes", "\n\nYes", "Okay, so the user\nwants"),
    ("Okay.</think>Yes", "Yes", "Okay."),
    ("<think>a</think><think>b</think>c", "c", "a\n\nb"),
    ("<think>a </think> b </think> c", " c", "a\n\nb"),
    ("<THINK>a</Think>b", "b", "a"),
    ("<thinking>a</thinking>b", "b", "a"),
    ("<thought>\na\n</thought>\nb", "\nb", "a"),
    ("<reasoning>a</reasoning>b", "b", "a"),
    ("<reflection>a</reflection>b", "b", "a"),
    ('<think type="slow">a</think>b', "b", "a"),
    ("<seed:think>a</seed:think>b", "b", "a"),
    ("[THINK]a[/THINK]b", "b", "a"),
    ("◁think▷a◁/think▷b", "b", "a"),
    ("<|START_THINKING|>a<|END_THINKING|><|START_RESPONSE|>b<|END_RESPONSE|>", "b", "a"),
    ("<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b<|return|>", "b", "a"),
    ("<think>a</think>\n<answer>4</answer>", "4", "a"),
    ("9. One task\n<think>\nanother?\n</think>\n10. Another", "9. One task\n10. Another", "another?"),
]


@pytest.mark.parametrize(("text", "answer", "reasoning"), CASES, ids=[case[0][:30] for case in CASES])
def test_the_answer_and_the_reasoning_are_parted(text, answer, reasoning):
    parted = part(text)
    assert (parted.answer, parted.reasoning, parted.is_open) == (answer, reasoning, False)


@pytest.mark.parametrize("text", ["<think>", "<think>\nOkay, the", "  [THINK]so", "<|channel|>analysis<|message|>Hm"])
def test_reasoning_that_never_ends_leaves_no_answer(text):
    parted = part(text)
    assert (parted.answer, parted.is_open) == ("", True)
    assert parted.reasoning in text


@pytest.mark.parametrize("text", ["Okay, so\n</think>\n\nYes", "x</thinking>y"])
def test_reasoning_without_an_opening_tag_is_known_as_such(text):
    assert part(text).is_headless


@pytest.mark.parametrize(
    "text",
    [
        "Put the steps between `<think>` and `</think>`, then answer.",
        "Write <think> before and </think> after your thoughts.",
        "```\n<think>\na\n</think>\n```",
        "End it with `</think>`.",
        "An unfinished list:\n<think> is a tag",
        "I think so. <thinker>no</thinker>",
    ],
)
def test_a_text_about_tags_stays_as_it_is(text):
    assert part(text) == Parted(text)


@given(st.text(), st.text(alphabet=st.characters(exclude_characters="<>[]|◁▷`~", exclude_categories=["Cs"])))
def test_what_is_put_into_a_block_never_comes_back_in_the_answer(reasoning, answer):
    safe = reasoning.replace("<", "").replace("`", "").replace("~", "")
    parted = part(f"<think>{safe}</think>{answer}")
    assert parted.answer == answer
    assert parted.reasoning == safe.strip()


@given(st.text())
def test_a_text_without_tags_is_its_own_answer(text):
    plain = text.replace("<", "").replace("[", "").replace("◁", "")
    assert part(plain) == Parted(plain)


def test_hostile_texts_are_parted_in_no_time():
    started = time.monotonic()
    for text in ("<think>\n" * 12_500, "</think>\n" * 12_500, "x\n<think>\n" * 10_000, "<|channel|>" * 9_000):
        part(text)
    assert time.monotonic() - started < 8
