"""A first look at a file: what it is taken for, what its keys are, and which door takes it where this one doesn't."""

import io
import json
import tracemalloc

import pytest

from app.examples import Example
from app.imports import first_look
from app.imports.first_look import look_at
from tests.cpu_time import within


def look(*records, indent=None):
    return look_at(io.BytesIO(json.dumps(records, indent=indent).encode()))


@pytest.mark.parametrize(
    ("record", "name", "renamed"),
    [
        ({"instruction": "a", "input": "b", "output": "c"}, "Alpaca", {}),
        ({"instruction": "a", "output": "c"}, "Alpaca", {}),
        ({"instruction": "a", "input": "b", "response": "c"}, "Alpaca with other names", {"response": "output"}),
        ({"instruction": "a", "context": "b", "response": "c"}, "Dolly", {"context": "input", "response": "output"}),
        ({"Instruction": "a", " OUTPUT ": "c"}, "Alpaca", {"Instruction": "instruction", " OUTPUT ": "output"}),
        ({"question": "a", "answer": "c"}, "questions with answers", {"question": "instruction", "answer": "output"}),
        (
            {"prompt": "a", "completion": "c"},
            "prompts with completions",
            {"prompt": "instruction", "completion": "output"},
        ),
    ],
)
def test_flat_records_are_taken_whatever_their_keys_are_called(record, name, renamed):
    found = look(record)
    assert (found.refusal, found.taken_for, found.renamed, found.asks) == ("", name, renamed, [])
    assert (found.example.instruction, found.example.output) == ("a", "c")


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"conversations": [{"from": "human", "value": "x"}]}, ("ShareGPT", "conversations", "one question")),
        ({"messages": [{"role": "user", "content": "x"}], "tools": "y"}, ("OpenAI", "messages, tools")),
        ({"prompt": "x", "chosen": "y", "rejected": "z"}, ("preference pairs", "chosen, prompt, rejected")),
        ({"chosen_messages": [], "rejected_messages": []}, ("preference pairs of conversations",)),
        ({"user_input": "x", "completion_a": "y", "completion_b": "z"}, ("compared answers", "user_input")),
        ({"instruction": "x", "instances": [{"input": "", "output": "y"}]}, ("seed tasks", "tamis seeds import")),
        (
            {"instruction": "x", "raw_instances": "", "instances": [["a", "b"]]},
            ("Self-Instruct", "for each of its inst"),
        ),
        ({"instruction": "x", "response": "y", "target": "z"}, ("a model’s answers", "page Import examples")),
        ({"messages": [{"role": "user", "content": "x"}], "label": True}, ("marked as good or bad", "label, messages")),
        ({"prompt": "x", "completion": "y", "label": False}, ("marked as good or bad", "leave the mark out")),
        ({"question_id": 1, "turns": ["x", "y"]}, ("benchmark", "question_id, turns")),
        ({"message_tree_id": "1", "prompt": {"text": "x"}}, ("OpenAssistant",)),
        ({"text": "x"}, ("plain texts", "the keys are text")),
        ({"columns": ["a"], "index": [0], "data": [["b"]]}, ("pandas", 'orient="records"')),
        (
            {"input": "x", "output": "y"},
            ("No key holds the instruction: the keys are input, output", "Name the columns"),
        ),
        ({"foo": "x", "bar": 1}, ("No key holds the instruction or the output: the keys are bar, foo",)),
        ({"stuff": [{"instruction": "x", "output": "y"}]}, ("a list in “stuff”", "Make a file of that list alone")),
        ({}, ("they have no keys",)),
    ],
)
def test_others_are_named_with_their_keys_and_the_door_that_takes_them(record, words):
    refusal = look(record).refusal
    assert all(each in refusal for each in words), refusal
    assert look(*[record] * 3, indent=1).refusal == refusal


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "The file holds no example."),
        (b"[]", "The file holds no example."),
        (b'["a", "b"]', "The records are texts. Each must be an object"),
        (b"[[1], [2]]", "The records are lists. Each must be an object"),
        (b"1\n2\n", "The records are single values. Each must be an object"),
        (b"%PDF-1.7", "This file is a PDF."),
        (
            b'{"instruction": "a", "output": "b", "\\ud800": 1}',
            "The name of the key “\ufffd” holds a character that can’t",
        ),
        (b'{"instruction": "a", "output": "b", "x\\u0000": 1}', "The name of the key “x” holds a character that can’t"),
        (b"hello", "Record 1 (line 1, column 1): “hello” is no JSON value."),
    ],
)
def test_what_holds_no_record_is_refused(raw, words):
    assert look_at(io.BytesIO(raw)).refusal.startswith(words)


def test_what_is_shown_can_be_shown():
    found = look({"instruction": "\ud800\x00", "output": "x" * 9_000, "id": "\ud800"})
    assert found.example == Example("\ufffd\ufffd", "", "x" * 2_000)
    assert found.extra[0].sample == "\ufffd"
    assert look_at(io.BytesIO(b'{"\\ud800": 1, "data": [{"a": 1}]}')).beside == ["\ufffd"]


def test_keys_are_counted_with_a_value_of_each():
    found = look(
        {"instruction": "a", "output": "b", "system": "", "id": 1},
        {"instruction": "a", "output": "b", "system": "You are a  weather\nguide", "history": [["x", "y"]], "id": 2},
    )
    keys = {key.name: (key.part, key.records, key.texts, key.sample) for key in found.keys}
    assert keys == {
        "instruction": ("instruction", 2, 0, "a"),
        "output": ("output", 2, 0, "b"),
        "system": ("", 2, 1, "You are a weather guide"),
        "history": ("", 1, 1, '[["x", "y"]]'),
        "id": ("", 2, 0, "1"),
    }
    assert [key.name for key in found.asks] == ["system", "history"]
    assert (found.layout, found.records, found.is_whole) == ("a JSON list", 2, True)
    assert found.example == Example("a", "", "b")


def test_a_release_with_everything_needs_no_answer():
    record = {"instruction": "a", "input": "", "output": "b", "source": {"file": "an import of ours from spring"}}
    found = look(record | {"ratings": [{"comment": "I liked it very much"}], "decision": {}})
    assert (found.taken_for, found.refusal) == ("a release of Tamis with everything", "")
    assert (found.asks, found.renamed, found.extra) == ([], {}, [])


CHAT = "conversations of one question and one answer"


def test_a_conversation_of_one_question_and_one_answer_is_taken():
    found = look({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "id": 1})
    assert (found.taken_for, found.refusal, found.asks) == (CHAT, "", [])
    assert found.renamed == {"messages": "instruction and output"}
    turns = [{"from": "system", "value": "Be brief."}, {"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]
    found = look({"conversations": turns})
    assert (found.taken_for, found.refusal) == (CHAT, "")
    assert ([key.name for key in found.asks], found.asks[0].sample) == (["system"], "Be brief.")
    assert found.example == Example("a", "", "b")


def test_a_file_is_read_as_somebody_says():
    raw = b'{"prompt": "a", "completion": "b", "messages": []}'
    assert look_at(io.BytesIO(raw)).reader.name == "completion"
    assert look_at(io.BytesIO(raw), "alpaca").reader.name == "alpaca"
    assert look_at(io.BytesIO(raw), "chat").reader.name == "chat"
    assert "conversations" in look_at(io.BytesIO(b'{"messages": []}'), "alpaca").refusal


def test_only_the_beginning_of_a_file_is_looked_at(monkeypatch):
    monkeypatch.setattr(first_look, "_MOST_RECORDS", 5)
    found = look(*[{"instruction": "a", "output": "b"}] * 5, {"other": 1})
    assert (found.records, found.is_whole, len(found.keys)) == (5, False, 2)
    assert look(*[{"instruction": "a", "output": "b"}] * 5).is_whole


def test_a_look_takes_little_memory_and_time():
    record = {f"key {number}": "x" * 9_000 for number in range(300)}
    raw = json.dumps([record] * 20).encode()
    tracemalloc.start()
    with within(5):
        found = look_at(io.BytesIO(raw))
    assert tracemalloc.get_traced_memory()[1] < 40_000_000
    tracemalloc.stop()
    assert not found.is_whole
    assert len(found.keys) == 200
    assert max(len(key.sample) for key in found.keys) <= 200


def test_a_key_with_a_very_long_name_is_refused():
    found = look({"instruction": "a", "output": "b", "k" * 1_001: 1})
    assert found.refusal.endswith("…” has 1,001 characters; at most 1,000 are taken. Rename the key.")
    table = b"instruction,output," + b"k" * 1_001 + b"\na,b,c\n"
    assert look_at(io.BytesIO(table)).refusal.startswith("Line 1: The name of the column “kkk")


def test_where_the_beginning_holds_nothing_the_rest_is_not_gone_through():
    class Blank(io.RawIOBase):
        passed = 0

        def read(self, size=-1):
            self.passed += size
            return b"x" * size

    stream = Blank()
    lines = b'{"instruction": "a", "output": "b"}\n' * 2
    found = look_at(Chain(lines + b"{broken ", stream))
    assert (found.is_whole, found.refusal, found.records) == (False, "", 3)
    assert stream.passed < 20_000_000


class Chain(io.RawIOBase):
    def __init__(self, head, rest):
        self.head, self.rest = head, rest

    def read(self, size=-1):
        piece, self.head = self.head[:size], self.head[size:]
        return piece or self.rest.read(size)
