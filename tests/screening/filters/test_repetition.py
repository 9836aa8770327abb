import pytest

from app.screening.filter import Draft
from app.screening.filters.repetition import Repetition, RepetitionThresholds, _stretches
from tests.screening.filters.drafts import pool_of


def ask(output, **thresholds):
    return Repetition().object_to(Draft("Say it.", "", output), RepetitionThresholds(**thresholds), pool_of())


@pytest.mark.parametrize(
    ("output", "piece", "times"),
    [
        ("a" * 99_992, "a", 99_992),
        ("春" * 100, "春", 100),
        ("ha " * 40, "ha ", 39),
        ("I am sorry. " * 11, "I am sorry. ", 10),
        ("The company was founded in 1976. " + "\u0326" * 179, "\u0326", 179),
        (
            "Start. " + "\n- an item of a list that never ends" * 30 + "\n- an",
            "\n- an item of a list that never ends",
            30,
        ),
    ],
)
def test_an_output_that_got_stuck(output, piece, times):
    evidence = ask(output).evidence

    assert (sorted(evidence["piece"]), evidence["times"]) == (sorted(piece), times)


@pytest.mark.parametrize(
    "output",
    [
        "",
        "a" * 99,
        "=" * 60,
        "A short line, then a rule that is most of it: " + "=" * 70,
        "2 x 2 x 2 x 2 x 2 x 3.",
        "| Name | Age |\n|" + "-" * 70 + "|\n" + "| Ada Lovelace, mathematician | 36 |\n| Ben | 40 |\n" * 2,
        "| a | b |\n" * 9,
        " ".join(map(str, range(200))),
        "x" * 100 + "".join(map(str, range(100, 150))),
    ],
)
def test_what_only_looks_like_it(output):
    assert ask(output) is None


def test_the_number_of_repetitions_can_be_set():
    assert ask("| a | b |\n" * 12, times=13) is None
    assert ask("I am sorry for the inconvenience. " * 4) is None
    assert ask("I am sorry for the inconvenience. " * 4, times=3).evidence["times"] == 3


def test_the_sentence_shows_the_piece():
    assert ask("a\n" * 200).sentence == "Stuck: more than half of the output is “a”, 199 times in a row."
    assert "“white space”, 500 times" in ask("a" + " " * 500 + "b").sentence


def test_what_repeats_at_one_length_is_not_looked_for_at_its_multiples():
    assert [length for *_, length in _stretches("a" * 1_000 + "b" + "a" * 1_000, 200)] == [1]
    looked_at = [length for *_, length in _stretches("abc" * 1_000, 200)]
    assert looked_at == [1, 2, 3, *(length for length in range(4, 201) if length % 3)]
