import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.screening.filter import Draft
from app.screening.filters.instances import Instances, InstancesThresholds
from tests.screening.filters.drafts import instance_of, pool_of


def ask(draft):
    return Instances().object_to(draft, InstancesThresholds(), pool_of())


@pytest.mark.parametrize(
    ("given_input", "output", "sentence"),
    [
        ("2 + 2", "", "The output is empty."),
        ("", "", "The output is empty."),
        ("2 + 2", " \n", "The output is empty."),
        ("2 + 2", "2 + 2 ", "The output only repeats the input."),
        ("Numbers:", "4", "The input ends in a colon, so something is missing after it."),
        ("2 + 2", "The sum is: ", "The output ends in a colon, so something is missing after it."),
        ("数字：", "4", "The input ends in a colon, so something is missing after it."),
        ("2 + 2", "答案：", "The output ends in a colon, so something is missing after it."),
        ("café", "cafe\u0301", "The output only repeats the input."),
        ("2 + 2", "\u3000", "The output is empty."),
        ("2 + 2", "4", None),
        ("", "4", None),
        ("a: b", "c: d", None),
    ],
)
def test_a_broken_instance(given_input, output, sentence):
    objection = ask(Draft("Add the numbers up.", given_input, output))

    assert (objection.sentence if objection else None) == sentence


def test_a_contradiction_rejects_every_instance_of_the_instruction():
    siblings = (("2 + 2", "4"), ("1 + 1", "2"), ("2 + 2", "5"))

    objections = [ask(instance_of(place, *siblings)) for place in range(3)]

    assert all(objection.sentence.startswith("The same input has different outputs") for objection in objections)
    assert objections[1].evidence == {"input": "2 + 2", "outputs": ["4", "5"]}


def test_different_outputs_without_an_input_are_no_contradiction():
    siblings = (("", "A poem"), ("", "Another poem"))

    assert [ask(instance_of(place, *siblings)) for place in range(2)] == [None, None]


def test_a_broken_instance_contradicts_nothing():
    siblings = (("2 + 2", "4"), ("2 + 2", "The sum is:"), ("2 + 2", ""))

    assert ask(instance_of(0, *siblings)) is None
    assert "colon" in ask(instance_of(1, *siblings)).sentence
    assert "empty" in ask(instance_of(2, *siblings)).sentence


def test_only_the_repetition_of_an_instance_is_rejected():
    siblings = (("1 + 1", "2"), ("2 + 2", "4"), ("2 + 2 ", "4"))

    assert [ask(instance_of(place, *siblings)) for place in range(2)] == [None, None]
    objection = ask(instance_of(2, *siblings))
    assert objection.sentence == "The same as instance 2 of this instruction."
    assert objection.evidence == {"instance": 1}


def kept_by_reference(siblings):
    """The published script's order: drop the broken, then everything on a contradiction, then repetitions."""
    valid = [
        (text, output)
        for text, output in siblings
        if text != output and output and not text.endswith(":") and not output.endswith(":")
    ]
    if any(a[0] and a[0] == b[0] and a[1] != b[1] for a in valid for b in valid):
        return set()
    return set(valid)


fields = st.sampled_from(["", "a", "b", "c", "a:"])


@given(st.lists(st.tuples(fields, fields), min_size=1, max_size=6))
def test_random_siblings_are_decided_as_by_the_published_script(siblings):
    kept = [pair for place, pair in enumerate(siblings) if ask(instance_of(place, *siblings)) is None]

    assert len(kept) == len(set(kept))
    assert set(kept) == kept_by_reference(siblings)
