"""What a reply means, from the bytes alone."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.llm.client import Reply
from app.llm.prompt import Completion
from app.llm.reach import REFUSALS
from app.llm.reading import FATAL_AT_FIRST, RETRYABLE, USABLE, Asked, completion_of, read
from app.llm.transport import LARGEST_ANSWER
from app.models.generation import CallOutcome, EndpointStyle

CHAT, COMPLETIONS = EndpointStyle
BOTH = pytest.mark.parametrize("style", [CHAT, COMPLETIONS])
NO_COMPLETION = "The endpoint answered without any completion."
EMPTY = "The endpoint answered with an empty completion."
NOT_JSON = "The endpoint answered with something that is no JSON object instead of a completion."
WEB_PAGE = "The endpoint answered with a web page instead of a completion."
USED_UP = "The model used up all tokens that it was allowed before it wrote a word of its answer."
CUT_OFF = "The completion was cut off at its largest length."
FILTERED = "The endpoint's content filter withheld the completion."


def answer(style, text, finish="stop", **changes):
    """The body of an answer in the given style, as the servers write it."""
    choice = {"message": {"content": text}} if style is CHAT else {"text": text}
    usage = {"prompt_tokens": 11, "completion_tokens": 7}
    return {"model": "m-1", "choices": [choice | {"finish_reason": finish}], "usage": usage} | changes


def read_body(body, style=CHAT):
    return read(Reply(200, body if isinstance(body, bytes) else orjson.dumps(body)), Asked(style))


@BOTH
def test_an_answer_is_read_with_its_model_and_tokens(style):
    reading = read_body(answer(style, " Hello.\r\n"), style)
    assert (reading.outcome, reading.sentence, reading.text) == (CallOutcome.ANSWERED, "", " Hello.\r\n")
    assert (reading.model, reading.tokens_in, reading.tokens_out) == ("m-1", 11, 7)


@BOTH
@pytest.mark.parametrize(
    ("text", "changes", "outcome", "sentence"),
    [
        ("Hel", {"finish": "length"}, CallOutcome.CUT_OFF, CUT_OFF),
        ("Hello", {"finish": "content_filter"}, CallOutcome.FILTERED, FILTERED),
        ("", {"finish": "content_filter"}, CallOutcome.FILTERED, FILTERED),
        ("", {}, CallOutcome.EMPTY, EMPTY),
        (" \n", {}, CallOutcome.EMPTY, EMPTY),
        ("", {"finish": "length"}, CallOutcome.USED_UP, USED_UP),
        ("<think>\nHm, so", {"finish": "length"}, CallOutcome.USED_UP, USED_UP),
        ("<think>\nHm.\n</think>\n\n", {}, CallOutcome.EMPTY, "The endpoint answered with nothing but its reasoning."),
        (None, {}, CallOutcome.EMPTY, EMPTY),
        (["Hello"], {}, CallOutcome.EMPTY, EMPTY),
        ([{"type": "image_url", "text": "Hello"}], {}, CallOutcome.EMPTY, EMPTY),
        ([{"type": "text", "text": 5}], {}, CallOutcome.EMPTY, EMPTY),
        (5, {}, CallOutcome.EMPTY, EMPTY),
        ("Hello", {"choices": None}, CallOutcome.EMPTY, NO_COMPLETION),
        ("Hello", {"choices": []}, CallOutcome.EMPTY, NO_COMPLETION),
        ("Hello", {"choices": [None]}, CallOutcome.EMPTY, NO_COMPLETION),
        ("Hello", {"choices": {"0": {}}}, CallOutcome.EMPTY, NO_COMPLETION),
        ("Hello", {"choices": [{"message": None}]}, CallOutcome.EMPTY, EMPTY),
        ("Hello", {"choices": [{}]}, CallOutcome.EMPTY, EMPTY),
    ],
)
def test_what_a_body_means(style, text, changes, outcome, sentence):
    reading = read_body(answer(style, text, **changes), style)
    assert (reading.outcome, reading.sentence) == (outcome, sentence)
    assert (reading.tokens_in, reading.tokens_out) == (11, 7)
    assert reading.text == (text if outcome in USABLE else None)


@BOTH
@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "The endpoint answered with nothing instead of a completion."),
        (b"data: {}\n\n", "The endpoint answered with a stream of events instead of a completion."),
        (
            b" " * (LARGEST_ANSWER + 200) + b"{",
            "The endpoint answered with more than 8 megabytes instead of a completion.",
        ),
        (b"{", NOT_JSON),
        (b"\xff\xfe", NOT_JSON),
        (b'"Hello"', NOT_JSON),
        (b"[]", NOT_JSON),
        (b"null", NOT_JSON),
        (b"[" * 100_000, NOT_JSON),
        (b'{"a": ' + b"9" * 5_000 + b"}", NOT_JSON),
        (b"<html></html>", WEB_PAGE),
        (b"\n  <!doctype html>", WEB_PAGE),
        (b'{"status": "ok"}', NO_COMPLETION),
    ],
)
def test_what_is_no_completion_is_told(style, raw, sentence):
    reading = read_body(raw, style)
    assert reading.sentence == sentence
    assert reading.text is None
    assert reading.outcome is (CallOutcome.EMPTY if sentence == NO_COMPLETION else CallOutcome.UNREADABLE)


def test_the_text_of_the_other_style_is_not_taken():
    assert read_body(answer(CHAT, "Hello"), COMPLETIONS).outcome is CallOutcome.EMPTY
    assert read_body(answer(COMPLETIONS, "Hello"), CHAT).outcome is CallOutcome.EMPTY


def test_a_refusal_is_told_in_the_model_s_words():
    body = answer(CHAT, None, choices=[{"message": {"content": None, "refusal": "I can't."}, "finish_reason": "stop"}])
    reading = read_body(body)
    assert (reading.outcome, reading.text) == (CallOutcome.REFUSED, None)
    assert reading.sentence == "The model declined: I can't."


@pytest.mark.parametrize("refusal", [None, "", False])
def test_an_empty_refusal_is_none(refusal):
    body = answer(CHAT, None, choices=[{"message": {"content": "Hello", "refusal": refusal}, "finish_reason": "stop"}])
    assert read_body(body).outcome is CallOutcome.ANSWERED


@pytest.mark.parametrize(
    "usage",
    [None, [], {}, {"prompt_tokens": None}, {"prompt_tokens": -1}, {"prompt_tokens": "11"}, {"prompt_tokens": True},
     {"prompt_tokens": 1.5}, {"prompt_tokens": 2**31}],
)  # fmt: skip
def test_tokens_that_were_not_counted_are_unknown(usage):
    reading = read_body(answer(CHAT, "Hello", usage=usage))
    assert (reading.outcome, reading.tokens_in, reading.tokens_out) == (CallOutcome.ANSWERED, None, None)


@BOTH
def test_half_a_character_pair_costs_one_character_and_not_the_answer(style):
    raw = orjson.dumps(answer(style, "Smile: X!", "length")).replace(b"X", b"\\ud83d")
    reading = read_body(raw, style)
    assert (reading.outcome, reading.text) == (CallOutcome.CUT_OFF, "Smile: \ufffd!")


def test_a_whole_character_pair_is_a_character():
    assert read_body(orjson.dumps(answer(CHAT, "X")).replace(b"X", b"\\ud83d\\ude00")).text == "\U0001f600"


def test_texts_are_made_fit_to_be_stored():
    reading = read_body(answer(CHAT, "e\u0301\x00", model="m\x00" * 500))
    # The text as it came, but for what no database takes; the name as a name.
    assert (reading.text, reading.model) == ("e\u0301\ufffd", "m" * 200)


@pytest.mark.parametrize(
    ("status", "outcome", "sentence"),
    [
        (402, CallOutcome.NO_CREDIT, "The account behind the API key has no credit left (HTTP 402). It says: No."),
        (401, CallOutcome.KEY_REJECTED, "The endpoint rejected the API key (HTTP 401). It says: No."),
        (403, CallOutcome.KEY_REJECTED, "The endpoint rejected the API key (HTTP 403). It says: No."),
        (404, CallOutcome.BAD_REQUEST, "The endpoint knows no such address or model (HTTP 404). It says: No."),
        (400, CallOutcome.BAD_REQUEST, "The endpoint did not take the request (HTTP 400). It says: No."),
        (422, CallOutcome.BAD_REQUEST, "The endpoint did not take the request (HTTP 422). It says: No."),
        (204, CallOutcome.BAD_REQUEST, "The endpoint did not take the request (HTTP 204). It says: No."),
        (
            307,
            CallOutcome.BAD_REQUEST,
            "The endpoint points elsewhere; use the address that it moved to (HTTP 307). It says: No.",
        ),
        (429, CallOutcome.RATE_LIMITED, "The endpoint asks to slow down (HTTP 429). It says: No."),
        (408, CallOutcome.SERVER_ERROR, "The endpoint has a fault of its own (HTTP 408). It says: No."),
        (500, CallOutcome.SERVER_ERROR, "The endpoint has a fault of its own (HTTP 500). It says: No."),
        (529, CallOutcome.RATE_LIMITED, "The endpoint is overloaded (HTTP 529). It says: No."),
    ],
)
@BOTH
def test_what_a_status_means(status, outcome, sentence, style):
    reading = read(Reply(status, b'{"error": {"message": "No."}}'), Asked(style))
    assert (reading.outcome, reading.sentence, reading.text) == (outcome, sentence, None)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"error": "No."}', " It says: No."),
        (b'{"error": {"message": "' + b"x" * 400 + b'"}}', f" It says: {'x' * 300}"),
        (b'{"error": {"message": "N\\ud83do.\\u0000"}}', " It says: N\ufffdo."),
        (b'{"error": {"message": ""}}', ""),
        (b'{"error": {"message": 5}}', ""),
        (b'{"error": null}', ""),
        (b"[]", ""),
        (b"<html>502</html>", ""),
        (b"", ""),
    ],
)
def test_what_a_server_says_of_its_error_is_passed_on(raw, said):
    assert read(Reply(500, raw), Asked(CHAT)).sentence == f"The endpoint has a fault of its own (HTTP 500).{said}"


@pytest.mark.parametrize(
    ("error", "outcome", "sentence"),
    [
        (
            {"message": "No."},
            CallOutcome.SERVER_ERROR,
            "The endpoint reported an error instead of a completion. It says: No.",
        ),
        ("No.", CallOutcome.SERVER_ERROR, "The endpoint reported an error instead of a completion. It says: No."),
        ({"code": "x"}, CallOutcome.SERVER_ERROR, "The endpoint reported an error instead of a completion."),
        (
            {"code": 429, "message": "No."},
            CallOutcome.RATE_LIMITED,
            "The endpoint asks to slow down (HTTP 429). It says: No.",
        ),
        ({"code": 401}, CallOutcome.KEY_REJECTED, "The endpoint rejected the API key (HTTP 401)."),
        ({"code": 200}, CallOutcome.SERVER_ERROR, "The endpoint reported an error instead of a completion."),
        (
            {"type": "insufficient_quota"},
            CallOutcome.NO_CREDIT,
            "The account behind the API key has no credit left (HTTP 429).",
        ),
        (None, CallOutcome.EMPTY, NO_COMPLETION),
        ({}, CallOutcome.EMPTY, NO_COMPLETION),
        ([5], CallOutcome.EMPTY, NO_COMPLETION),
    ],
)
@BOTH
def test_an_error_may_come_with_status_200(error, outcome, sentence, style):
    reading = read_body({"error": error}, style)
    assert (reading.outcome, reading.sentence, reading.text) == (outcome, sentence, None)


@pytest.mark.parametrize(("said", "tier"), [("flex", "flex"), (None, ""), (5, ""), ("x\x00" * 90, "x" * 40)])
def test_the_service_that_was_given_is_read(said, tier):
    assert read_body(answer(CHAT, "Hello", service_tier=said)).service_tier == tier


@BOTH
def test_an_error_beside_an_answer_is_a_remark(style):
    assert read_body(answer(style, "Hello", error={"message": "No."}), style).text == "Hello"


@BOTH
def test_a_choice_may_have_failed_alone(style):
    reading = read_body({"choices": [{"error": {"code": 502, "message": "No."}}], "usage": {"prompt_tokens": 3}}, style)
    assert reading.sentence == "The endpoint has a fault of its own (HTTP 502). It says: No."
    assert (reading.outcome, reading.tokens_in) == (CallOutcome.SERVER_ERROR, 3)


def test_a_quota_that_is_used_up_is_no_reason_to_wait():
    reading = read(Reply(429, b'{"error": {"code": "insufficient_quota", "message": "Pay."}}'), Asked(CHAT))
    assert reading.outcome is CallOutcome.NO_CREDIT
    assert reading.sentence == "The account behind the API key has no credit left (HTTP 429). It says: Pay."


@BOTH
def test_a_text_may_come_in_parts(style):
    parts = [{"type": "thinking", "text": "Hm."}, {"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]
    assert read_body(answer(style, parts), style).text == "Hello"


@pytest.mark.parametrize(
    ("raw", "text"),
    [(b"\xef\xbb\xbf{0}", "X"), (b"\n \t{0}\r\n", "X")],
)
def test_what_stands_around_the_answer_does_not_matter(raw, text):
    assert read_body(raw.replace(b"{0}", orjson.dumps(answer(CHAT, text)))).text == text


@pytest.mark.parametrize(("put", "text"), [(b"\xff", "\ufffd"), (b"\n", "\n"), (b"\xe2\x82", "\ufffd")])
def test_bytes_that_do_not_belong_cost_no_more_than_themselves(put, text):
    assert read_body(orjson.dumps(answer(CHAT, "aXb")).replace(b"X", put)).text == f"a{text}b"


def test_where_an_address_is_out_of_reach_the_owner_is_told_once():
    private, never = (read(Reply(None, trouble=reach.value), Asked(CHAT)) for reach in REFUSALS)
    assert private.outcome is never.outcome is CallOutcome.OUT_OF_REACH
    assert CallOutcome.BAD_REQUEST not in RETRYABLE
    assert [private.sentence, never.sentence] == list(REFUSALS.values())


def test_a_connection_that_broke_is_told_from_none():
    broken = read(Reply(None, trouble="broken"), Asked(CHAT))
    assert broken.outcome is CallOutcome.UNREACHABLE
    assert (
        broken.sentence
        == "The connection to the endpoint ended before its answer was whole. The cost is the most it can have been."
    )


def test_where_nothing_came_back_the_trouble_is_told():
    late, nobody = (read(Reply(None, trouble=trouble), Asked(CHAT)) for trouble in ("timed_out", "unreachable"))
    assert (late.outcome, late.sentence) == (
        CallOutcome.TIMED_OUT,
        "The endpoint took too long to answer. The cost is the most it can have been.",
    )
    assert nobody.outcome is CallOutcome.UNREACHABLE
    assert nobody.sentence == "Nothing answers at the endpoint's address. Is the server running?"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["choices", "message", "content", "text", "refusal", "finish_reason", "usage", "error"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from([None, 200, 200, 200, 404, 500]), JSON.map(orjson.dumps) | st.binary(max_size=20))
@BOTH
def test_nothing_a_server_sends_raises(style, status, raw):
    reading = read(Reply(status, raw), Asked(style))
    assert (reading.text is not None) == (reading.outcome in USABLE)
    is_counted = reading.tokens_in is not None and reading.tokens_out is not None
    assert bool(reading.sentence) == (reading.outcome is not CallOutcome.ANSWERED or not is_counted)


def test_every_outcome_is_usable_or_retryable_or_final():
    final = {CallOutcome.REFUSED, CallOutcome.FILTERED, CallOutcome.USED_UP, CallOutcome.IN_FLIGHT}
    groups = [USABLE, RETRYABLE, FATAL_AT_FIRST, final]
    assert sorted(outcome for group in groups for outcome in group) == sorted(CallOutcome)


def test_a_usable_call_brings_a_completion():
    assert completion_of(CallOutcome.ANSWERED, "Hello") == Completion("Hello", "stop")
    assert completion_of(CallOutcome.CUT_OFF, "Hel") == Completion("Hel", "length")
    assert completion_of(CallOutcome.CUT_OFF, None) is None
    assert completion_of(CallOutcome.REFUSED, "Hello") is None
