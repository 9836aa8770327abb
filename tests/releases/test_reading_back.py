"""What is written is read again with the same texts, whichever way it went out."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.examples import Example
from app.imports.first_look import look_at
from app.imports.readers import READERS, reader_named
from app.imports.records import Records
from app.releases.formats import FORMATS, format_named
from app.releases.record import canonical
from tests.releases.texts import outputs, texts

every = pytest.mark.parametrize("name", [each.name for each in FORMATS])
examples = st.lists(st.builds(Example, outputs, texts, outputs), min_size=1, max_size=4)
SUM = Example("Add.", "1\n2", "3")


def lines_of(written, **more):
    return [
        canonical({"instruction": one.instruction, "input": one.input, "output": one.output, "source": {}} | more)
        for one in written
    ]


def file_of(name, written, **chosen):
    return b"".join(format_named(name).write(lines_of(written), chosen))


def read(name, content):
    """Read a file by its name, and find out which reader it takes: it is the same."""
    look, reader = look_at(io.BytesIO(content)), reader_named(name)
    parts = reader.parts([key.name for key in look.keys])
    return [reader.read(record, parts) for record in Records(io.BytesIO(content))]


def kept(found):
    """What is kept of a record beside its example, None where that is nothing."""
    return {**found.metadata, **found.extra} or None


def read_line(name, value):
    (found,) = read(name, json.dumps(value).encode())
    return found


def line_of(name, **chosen):
    return json.loads(file_of(name, [SUM], **chosen))


def test_each_format_has_a_reader_of_its_name():
    assert {each.name for each in FORMATS} <= {each.name for each in READERS}


@every
@given(examples)
def test_the_texts_are_the_same(name, written):
    found = read(name, file_of(name, written))
    assert [each.problems for each in found] == [()] * len(written)
    assert [each.example for each in found] == written
    look = look_at(io.BytesIO(file_of(name, written)))
    assert (look.reader.name, look.refusal, look.asks) == (name, "", [])


@given(examples, st.sampled_from(["<|endoftext|>", " END", "\n"]))
def test_an_end_marker_goes_again(written, marker):
    assert [each.example for each in read("completion", file_of("completion", written, end_marker=marker))] == written


@pytest.mark.parametrize("name", ["chat", "completion"])
def test_nothing_is_left_of_the_key_that_tells_the_fields_apart(name):
    assert kept(read_line(name, line_of(name))) is None
    with_more = read_line(name, line_of(name) | {"id": 7})
    assert (with_more.example, kept(with_more)) == (SUM, {"id": 7})


class TestWithoutTheKey:
    def test_a_prompt_is_the_instruction(self):
        assert read_line("chat", line_of("chat", places="no")).example == Example("Add.\n\n1\n2", "", "3")
        plain = line_of("completion", places="no")
        assert read_line("completion", plain).example == Example(plain["prompt"], "", plain["completion"])

    @pytest.mark.parametrize(
        "places",
        [
            None,
            [],
            "x",
            {},
            {"instruction": [0, 4]},
            {"instruction": [0, 4], "input": [6, 99]},
            {"instruction": [6, 9], "input": [0, 4]},
            {"instruction": [0, 3], "input": [6, 9]},
            {"instruction": [-9, 4], "input": [6, 9]},
            {"instruction": [0, 4.0], "input": [6, 9]},
            {"instruction": [False, 4], "input": [6, 9]},
            {"instruction": [0, 4, 5], "input": [6, 9]},
            {"instruction": {"0": 4}, "input": [6, 9]},
        ],
    )
    def test_places_that_lose_a_word_are_not_believed_and_kept(self, places):
        found = read_line("chat", line_of("chat") | {"tamis": places})
        assert found.example == Example("Add.\n\n1\n2", "", "3")
        assert kept(found) == {"tamis": places}

    @pytest.mark.parametrize(
        "change",
        [
            lambda pair: pair | {"completion": pair["completion"] + " And more."},
            lambda pair: pair | {"completion": ""},
            lambda pair: pair | {"prompt": pair["prompt"].replace("Add", "Sum up")},
            lambda pair: pair | {"tamis": pair["tamis"] | {"output": [0, 99]}},
            lambda pair: pair | {"tamis": pair["tamis"] | {"output": [0, 99], "end_marker": None}},
        ],
    )
    def test_a_pair_that_somebody_changed_is_taken_as_it_is(self, change):
        changed = change(line_of("completion"))
        found = read_line("completion", changed)
        assert found.example == Example(changed["prompt"], "", changed["completion"])
        assert kept(found) == {"tamis": changed["tamis"]}


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "value", "sentence"),
        [
            ("chat", {"messages": "x"}, "must be an object with “messages”"),
            ("chat", {"messages": [{"role": "user", "content": None}]}, "a text “content”"),
            ("chat", {"messages": []}, "not: none."),
            (
                "chat",
                {"messages": [{"role": role, "content": "x"} for role in ("user", "assistant", "user")]},
                "must hold one message of the user and one of the assistant, not: user, assistant, user.",
            ),
            ("completion", {"prompt": "x"}, "“completion” is missing or no text."),
            ("completion", [1], "must be an object"),
            ("full", {"instruction": "a", "input": "", "output": "b"}, "is no line of a file “Everything”"),
            ("full", {"instruction": "a", "input": "", "output": 3, "source": {}}, "“output” is missing or no text."),
            ("full", "x", "is no line of a file “Everything”"),
        ],
    )
    def test_what_does_not_fit_is_said(self, name, value, sentence):
        found = read_line(name, value)
        assert found.example is None
        assert any(sentence in problem for problem in found.problems)

    @pytest.mark.parametrize("name", [each.name for each in READERS])
    def test_what_is_not_json_is_a_problem(self, name):
        (found,) = read(name, b"hello")
        assert found.problems[0].startswith("“hello” is no JSON value.")

    def test_what_messages_hold_beside_their_texts_is_kept(self):
        value = line_of("chat", places="no")
        value["messages"][1]["weight"] = 0
        assert kept(read_line("chat", value)) == {"messages": [{}, {"weight": 0}]}


class TestEverything:
    def full(self, **more):
        return json.loads(lines_of([SUM], **more)[0])

    def test_metadata_come_back_and_the_rest_is_kept_beside_them(self):
        value = self.full(metadata='{"id":"a","n":12345678901234567890}', decision={"by": "rule"}, schema=2)
        found = read_line("full", value)
        assert found.example == SUM
        assert found.metadata == {
            "id": "a",
            "n": 12345678901234567890,
            "provenance": {"decision": {"by": "rule"}, "schema": 2, "source": {}},
        }

    def test_the_provenance_of_an_earlier_journey_is_kept_inside(self):
        value = self.full(metadata='{"id":1,"provenance":{"schema":2}}')
        assert read_line("full", value).metadata == {"id": 1, "provenance": {"source": {}, "earlier": {"schema": 2}}}

    @pytest.mark.parametrize("metadata", ["[1]", "{", "", 7, None, {"a": 1}, "[" * 100_000])
    def test_metadata_that_are_no_object_are_kept_as_they_are(self, metadata):
        found = read_line("full", self.full(metadata=metadata))
        assert found.metadata == {"provenance": {"source": {}, "metadata": metadata}}

    def test_a_line_of_the_first_schema_is_read(self):
        old = self.full(id=3, ratings=[{"annotator": 2, "answers": {"valid_task": "yes"}, "version": 1}])
        found = read_line("full", old)
        assert found.example == SUM
        assert found.metadata == {"provenance": {"id": 3, "ratings": old["ratings"], "source": {}}}
