"""Conversations of one question and one answer, in both forms that people have."""

import io
import json

import pytest

from app.examples import Example
from app.imports.readers import reader_named
from app.imports.records import Records

CHAT = reader_named("chat")
OPENAI = [("system", "Be brief."), ("user", " a\r\n"), ("assistant", "b ")]


def openai(turns, **more):
    return {"messages": [{"role": who, "content": what} for who, what in turns]} | more


def sharegpt(turns, **more):
    said = {"user": "human", "assistant": "gpt"}
    return {"conversations": [{"from": said.get(who, who), "value": what} for who, what in turns]} | more


def read(value):
    (record,) = Records(io.BytesIO(json.dumps(value).encode()))
    return CHAT.read(record, CHAT.parts(list(value)))


@pytest.mark.parametrize("form", [openai, sharegpt])
def test_question_and_answer_come_in_as_they_are_and_the_rest_is_extra(form):
    found = read(form(OPENAI, id=7))
    assert (found.example, found.problems) == (Example(" a\r\n", "", "b "), ())
    assert found.extra == {"system": "Be brief.", "id": 7}
    assert read(form(OPENAI[1:])).extra == {}
    assert CHAT.claims(form(OPENAI))


@pytest.mark.parametrize("form", [openai, sharegpt])
def test_more_turns_are_named(form):
    more = form([*OPENAI, ("user", "c"), ("assistant", "d")])
    assert read(more).problems == (
        "must hold one message of the user and one of the assistant, not: system, user, assistant, user, assistant.",
    )
    assert not CHAT.claims(more)


@pytest.mark.parametrize(
    "value", [{}, {"messages": {}}, {"messages": [{"role": "user"}]}, {"messages": [{"role": "user", "content": [1]}]}]
)
def test_what_is_no_conversation_is_said(value):
    assert read(value).problems == ("must be an object with “messages”, each with a “role” and a text “content”.",)
    assert not CHAT.claims(value)
