import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.screening.filter import Draft
from app.screening.filters.wording import ALPACA_WORDS, SELF_INSTRUCT_WORDS, Wording, WordingThresholds
from tests.screening.filters.drafts import pool_of


def ask(instruction, **thresholds):
    return Wording().object_to(Draft(instruction), WordingThresholds(**thresholds), pool_of())


@pytest.mark.parametrize(
    ("instruction", "evidence"),
    [
        ("Describe the image in one line.", {"word": "image"}),
        ("Sort the IMAGES by size.", {"word": "IMAGES"}),
        ("Open the file, then close it.", {"word": "file"}),
        ("Find the town on these maps.", {"word": "maps"}),
        ("Draw a circle around the sun.", {"word": "Draw"}),
        ("Summarise the plot of a novel.", {"word": "plot"}),
        ("Tell me to go to the shop.", {"word": "go to"}),
        ("Tell me to go\n to the shop.", {"word": "go\n to"}),
        ("Name the music of the nineties.", {"word": "music"}),
        ("Write a program that adds two numbers.", {"start": "Write a program"}),
        ("write a Program that adds two numbers.", {"start": "write a Program"}),
        ("Write a programming exercise for children.", {"start": "Write a program"}),
        ("Write a program that opens a file.", {"word": "file"}),
        ('"Explain" this word to me.', {"start": '"'}),
        ("- Explain this word to me.", {"start": "-"}),
        ("Ünder what name is it known?", {"start": "Ü"}),
        ("¿Qué hora es en Madrid?", {"start": "¿"}),
    ],
)
def test_what_is_rejected(instruction, evidence):
    assert ask(instruction).evidence == evidence


@pytest.mark.parametrize(
    "instruction",
    [
        "Imagine a world without paper.",
        "Write one paragraph about profiles.",
        "List three graphic novels.",
        "Name the videos you would watch.",  # the published lists hold only the singular of these
        "Explain drawing to a child.",
        "Say why a mapmaker goes to sea.",
        "Rename file_name in this sentence.",
        "Please write a program that adds.",
        "3 reasons to learn a language.",
        "  Explain why the sky is blue.",
        "",
    ],
)
def test_what_is_kept(instruction):
    assert ask(instruction) is None


def test_sentences_name_what_was_found():
    assert ask("Describe the image please.").sentence == "Holds “image”, which is on the list of unwanted words."
    assert (
        ask("Write a program now please.").sentence
        == "Starts with “Write a program”: models propose that far too often."
    )
    assert ask("? what is this").sentence == "Starts with a punctuation mark: ?"
    assert ask("é what is this").sentence == "Starts with a character that English does not use: é"


def test_other_languages_may_start_as_they_like():
    assert ask("¿Qué hora es en Madrid?", ascii_start=False) is None
    assert ask("写一首关于春天的诗", ascii_start=False) is None
    assert ask("? what is this", ascii_start=False) is not None


def test_the_list_can_be_changed_and_emptied():
    assert ask("Write C++ for a (small) robot.", words=("C++",)).evidence == {"word": "C++"}
    assert ask("Explain a small robot.", words=("a.small",)) is None
    assert ask("Describe the image please.", words=()) is None
    assert WordingThresholds(words=[" image ", "go to"]).words == ("image", "go to")
    with pytest.raises(ValidationError):
        WordingThresholds(words=["image", " "])


def reference_rejects(instruction):
    """The rules of the published scripts, one after the other."""
    text = instruction.strip()
    listed = (re.search(rf"\b{word}\b", text, re.IGNORECASE) for word in SELF_INSTRUCT_WORDS + ALPACA_WORDS)
    return bool(
        any(listed)
        or text.capitalize().startswith("Write a program")
        or (text and text[0] in string.punctuation)
        or (text and not text[0].isascii())
    )


pieces = st.sampled_from([*SELF_INSTRUCT_WORDS, *ALPACA_WORDS, "Write a program", "s", " ", "é", ".", "_", "a"])


@given(st.lists(pieces, max_size=5).map("".join))
def test_random_wordings_are_decided_as_by_the_published_rules(instruction):
    assert (ask(instruction) is not None) == reference_rejects(instruction)
