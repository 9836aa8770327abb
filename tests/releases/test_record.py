"""One line of a release: canonical, and one line to every reader."""

import json

from hypothesis import given
from hypothesis import strategies as st

from app.examples import Example
from app.releases.record import canonical, example_in, one_line

LINE_ENDS = "\u2028\u2029\u0085"
texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(LINE_ENDS + '\\"\n\t'))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=8,
)
records = st.dictionaries(texts, values)


def shuffled(value):
    if isinstance(value, dict):
        return {key: shuffled(inner) for key, inner in reversed(value.items())}
    return [shuffled(each) for each in value] if isinstance(value, list) else value


def test_keys_are_sorted_at_every_depth_and_nothing_is_put_between():
    record = {"b": {"z": 1, "a": [1, {"y": None, "x": "é"}]}, "a": True}
    assert canonical(record) == '{"a":true,"b":{"a":[1,{"x":"é","y":null}],"z":1}}'.encode()


@given(records)
def test_the_order_of_keys_makes_no_difference(record):
    assert canonical(shuffled(record)) == canonical(record)


@given(records)
def test_a_record_comes_back_as_it_was(record):
    assert json.loads(canonical(record)) == record


@given(records)
def test_a_record_is_one_line_to_every_reader(record):
    line = one_line(canonical(record))
    assert len(line.decode().splitlines()) == 1
    assert b"\n" not in line
    assert json.loads(line) == record


def test_an_escaped_backslash_before_a_line_end_stays_one():
    text = "\\\u2028\\\\\u2029\u0085"
    assert json.loads(one_line(canonical({"text": text}))) == {"text": text}


def test_the_example_of_a_record_is_its_three_texts():
    record = {"id": 1, "instruction": "Name a fruit.", "input": "", "output": "An apple.", "version": 2}
    assert example_in(record) == Example("Name a fruit.", "", "An apple.")
