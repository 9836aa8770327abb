"""What a record holds beyond an example: which of it somebody is asked about, and what becomes of it."""

import pytest

from app.errors import InvalidInput
from app.imports.extras import Choice, Choices, holds_text, parse_choices, sort_out, words_of
from app.imports.syntax import OddNumber

PAIR = [["What is the weather?", "Warm."]]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("system", "Be brief"),
        ("System_Prompt", "Be brief"),
        ("history", PAIR),
        ("context", "x"),
        ("messages", [{"role": "user", "content": "Hi"}]),
        ("persona_of_theirs", "You are a helpful assistant"),
        ("notes", ["short", "one that has four words"]),
        ("notes", {"deep": {"er": ["two\nlines"]}}),
        ("notes", "你是一位非常有帮助的助手请你简短地回答"),
    ],
)
def test_text_of_the_example_is_asked_about(key, value):
    assert holds_text(key, value)
    assert sort_out({key: value}, Choices()).asked == [key]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("system", ""),
        ("history", []),
        ("history", [["", " "]]),
        ("id", "one of the long ids of ours"),
        ("title", "A tale of two cities"),
        ("source", "the web, in spring"),
        ("category", "closed_qa"),
        ("score", 4.5),
        ("whatever", None),
        ("whatever", "https://example.org/a very/long"[:31].replace(" ", "-")),
        ("whatever", "three short words"),
        ("whatever", '{"instruction of mine here": 0.3}'),
        ("whatever", OddNumber("NaN")),
        ("most_similar", "{'a b c d': 0.3}"),
    ],
)
def test_what_says_something_about_an_example_is_kept_unasked(key, value):
    assert not holds_text(key, value)
    assert sort_out({key: value}, Choices()).metadata == {key: value}


def test_each_choice():
    extra = {"system": "Be brief.", "history": PAIR, "id": 7, "about": "a text of five words"}
    found = sort_out(extra, parse_choices(["leave-out", "system=before-input", "history=metadata"]))
    assert (found.metadata, found.before, found.asked) == ({"history": PAIR, "id": 7}, ["Be brief."], [])
    assert (found.left_out, found.put_before) == (["about"], ["system"])
    assert sort_out({"system": ""}, parse_choices(["before-input"])).metadata == {"system": ""}
    assert sort_out({"id": 7}, parse_choices(["id=leave-out"])).left_out == ["id"]


def test_choices_are_read_as_they_are_typed():
    assert parse_choices([]) == Choices()
    assert parse_choices(["metadata"]) == Choices({}, Choice.METADATA)
    assert parse_choices(["a=b=leave-out"]) == Choices({"a=b": Choice.LEAVE_OUT})
    for written in ("drop", "system=", "system=drop", ""):
        with pytest.raises(InvalidInput, match="leave-out, before-input, metadata"):
            parse_choices([written])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("  as it is\r\n", "  as it is\r\n"),
        ([["Hi", "Ho"], ["And?", "Yes"]], "User: Hi\nAssistant: Ho\nUser: And?\nAssistant: Yes"),
        ([{"role": "user", "content": "Hi"}, {"from": "gpt", "value": "Ho"}], "User: Hi\nGpt: Ho"),
        (["one", "two"], "one\n\ntwo"),
        ({"é": [1]}, '{"é": [1]}'),
        ([1, "a"], '[1, "a"]'),
        ([], "[]"),
    ],
)
def test_how_a_value_is_put_before_an_input(value, words):
    assert words_of(value) == words


def nested(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"id": "a\x00b"}, "“id” holds a NUL character"),
        ({"id": {"deep": ["\ud800"]}}, "“id” holds half of a character pair"),
        ({"id": {"\ud800": 1}}, "“id” holds half of a character pair"),
        ({"i\x00d": 1}, "“id” holds a NUL character"),
        ({"\ud800": 1}, "“�” holds half of a character pair"),
        ({"id": nested(40)}, "“id” is nested more than 32 levels deep. Leave it out"),
        (
            {"id": 1, "tags": ["x" * 9_999] * 101},
            "more than 1,000,000 characters, most of them in “tags”. Leave that out",
        ),
    ],
)
def test_what_can_not_be_stored_is_refused_unless_it_is_left_out(extra, words):
    with pytest.raises(InvalidInput) as refused:
        sort_out(extra, Choices())
    assert words in refused.value.sentence
    assert sort_out(extra, Choices(dict.fromkeys(extra, Choice.LEAVE_OUT))).metadata == {}
