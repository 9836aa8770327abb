"""What the bodies of answers hold, in the shapes that servers are known to send."""

import orjson
import pytest

from app.llm.answer_body import Message, Usage, json_in, message_in, usage_of
from app.llm.client import Reply
from app.llm.reading import Asked, read
from app.models.generation import CallOutcome, EndpointStyle

CHAT = EndpointStyle.CHAT


def counted(prompt, completion, total, **details):
    counts = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}
    return usage_of({"usage": counts | details})


def test_what_is_only_in_the_total_was_written_too():
    assert counted(10, 5, 15) == Usage(10, 5)
    assert counted(10, 5, 915) == Usage(10, 905, reasoning=900)
    assert counted(10, None, 40) == Usage(10, 30, reasoning=30)
    assert counted(10, 5, 3) == Usage(10, 5)


def test_hidden_reasoning_is_a_part_of_what_was_written():
    assert counted(10, 90, 100, completion_tokens_details={"reasoning_tokens": 64}) == Usage(10, 90, reasoning=64)
    # Grok counts it beside the completion.
    details = {"completion_tokens_details": {"reasoning_tokens": 64}}
    assert counted(10, 20, 94, **details) == Usage(10, 84, reasoning=64)


@pytest.mark.parametrize(
    ("message", "text", "reasoning"),
    [
        ({"content": "Yes"}, "Yes", ""),
        ({"content": "Yes", "reasoning_content": "Hm."}, "Yes", "Hm."),
        ({"content": "Yes", "reasoning": "Hm.", "reasoning_content": None}, "Yes", "Hm."),
        ({"content": [{"type": "text", "text": "Ye"}, {"type": "text", "text": "s"}]}, "Yes", ""),
        ({"content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Yes"}]}, "Yes", "Hm."),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
                    {"type": "text", "text": "Y"},
                ]
            },
            "Y",
            "Hm.",
        ),
        ({"content": [{"type": "reasoning", "text": "Hm."}, {"type": "output_text", "text": "Yes"}]}, "Yes", "Hm."),
        ({"content": None, "tool_calls": [{"function": {"arguments": '{"a": 1}'}}]}, '{"a": 1}', ""),
        ({"content": "", "tool_calls": [{"function": {"arguments": {"a": "é"}}}]}, '{"a": "é"}', ""),
        ({"content": 5, "tool_calls": 7, "reasoning": {"x": 1}}, "", ""),
    ],
)
def test_a_message_is_parted_into_answer_and_reasoning(message, text, reasoning):
    found = message_in({"message": message, "finish_reason": "stop"}, is_chat=True)
    assert (found.text, found.reasoning) == (text, reasoning)


@pytest.mark.parametrize("finish", ["length", "max_tokens", "MAX_TOKENS", "model_length"])
def test_an_end_at_the_limit_has_many_names(finish):
    assert message_in({"message": {"content": "a"}, "finish_reason": finish}, is_chat=True).is_cut


@pytest.mark.parametrize("finish", [None, "stop", "eos", 5, ["length"]])
def test_other_ends_are_none(finish):
    assert message_in({"message": {"content": "a"}, "finish_reason": finish}, is_chat=True) == Message("a")


def test_an_answer_in_events_is_read_once_and_whole():
    events = [
        {"model": "m", "choices": [{"delta": {"role": "assistant", "content": ""}}]},
        {"choices": [{"delta": {"reasoning_content": "Hm."}}]},
        {"choices": [{"delta": {"content": "Hel"}}]},
        {"choices": [{"delta": {"content": "lo"}, "finish_reason": "stop"}]},
        {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}},
    ]
    raw = b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in events) + b"data: [DONE]\n\n"
    reading = read(Reply(200, raw), Asked(CHAT))
    assert (reading.outcome, reading.text, reading.reasoning) == (CallOutcome.ANSWERED, "Hello", "Hm.")
    assert (reading.tokens_in, reading.tokens_out, reading.model) == (3, 2, "m")


def test_an_error_in_events_is_an_error():
    raw = b'event: error\ndata: {"error": {"message": "Too busy.", "code": 503}}\n\n'
    assert read(Reply(200, raw), Asked(CHAT)).sentence.endswith("It says: Too busy.")


def test_blank_padding_before_the_json_is_passed_over():
    assert json_in(b"\n\n   \n" * 50 + b'{"a": 1}') == {"a": 1}


def test_a_text_is_cut_where_a_server_would_have_stopped():
    def reading(text, finish="stop", stop=("\n\n", "16.")):
        body = {"choices": [{"message": {"content": text}, "finish_reason": finish}]}
        return read(Reply(200, orjson.dumps(body)), Asked(CHAT, stop))

    assert reading("9. a\n10. b\n\nDone!").text == "9. a\n10. b"
    assert reading("9. a 16. b\n\n").text == "9. a "
    assert reading("\n\n9. a\n\n10. b").text == "\n\n9. a"
    # It would have ended before its limit.
    assert reading("9. a\n\nmore", finish="length").outcome is CallOutcome.ANSWERED
    assert reading("9. a", finish="length").outcome is CallOutcome.CUT_OFF
    assert reading("<think>\n\nHm\n\n</think>\n\n9. a\n\nmore").text == "9. a"
    # The indentation of what follows reasoning is text.
    assert reading("<think>\nHm\n</think>\n\n    return a + b").text == "    return a + b"


def test_without_an_opening_tag_what_was_cut_off_is_reasoning_where_the_model_is_known_for_it():
    body = orjson.dumps({"choices": [{"message": {"content": "Okay, the"}, "finish_reason": "length"}]})
    assert read(Reply(200, body), Asked(CHAT, limit=3, is_opened=True)).outcome is CallOutcome.USED_UP
    assert read(Reply(200, body), Asked(CHAT, limit=3)).outcome is CallOutcome.CUT_OFF


def test_a_server_that_writes_more_than_it_was_allowed_is_told_of():
    def over(written, limit):
        usage = {"prompt_tokens": 1, "completion_tokens": written}
        body = {"choices": [{"message": {"content": "a"}}], "usage": usage}
        return read(Reply(200, orjson.dumps(body)), Asked(CHAT, limit=limit)).over

    assert over(350, 350) == over(353, 350) == over(5, None) == ""
    assert over(4_000, 350).startswith("The endpoint counts 4,000 tokens of output where 350 were allowed")
