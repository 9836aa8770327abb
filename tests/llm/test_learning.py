"""What refusals teach, in the words in which providers refuse; and that lessons come to an end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.llm.dialect import MOST_ROOM, Dialect, word
from app.llm.error_body import error_of
from app.llm.learning import learn
from app.llm.prompt import Prompt, Sampling
from app.llm.reading import Reading
from app.models.generation import CallOutcome
from tests.llm.test_dialect import SCHEMA, dialects

FULL = Prompt("9.", Sampling(0.7, 0.5, 64, 0.1, 0.1, ("\n\n",)), SCHEMA)


def taught(error, dialect=Dialect(), prompt=FULL):  # noqa: B008 - frozen
    reading = Reading(CallOutcome.BAD_REQUEST, error=error_of(error))
    return learn(dialect, word(dialect, prompt).parameters, reading)


def said(message, param=None):
    return {"error": {"message": message, "param": param}}


@pytest.mark.parametrize(
    ("error", "changes"),
    [
        (
            said("Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens'.", "max_tokens"),
            {"length_name": "max_completion_tokens"},
        ),
        (
            said("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
            {"length_name": "max_completion_tokens"},
        ),
        (
            said("Unsupported value: 'temperature' does not support 0.7. Only 1 is supported.", "temperature"),
            {"left_out": {"temperature"}},
        ),
        (
            said("`temperature` and `top_p` cannot both be specified for this model. Please use only one."),
            {"one_of_two": True},
        ),
        (said("top_p and temperature: specify one of them"), {"one_of_two": True}),
        (
            [
                {
                    "error": {
                        "code": 400,
                        "message": "Penalty is not enabled for this model",
                        "status": "INVALID_ARGUMENT",
                    }
                }
            ],
            {"left_out": {"frequency_penalty", "presence_penalty"}},
        ),
        (
            [{"error": {"message": 'Invalid JSON payload. Unknown name "presencePenalty"'}}],
            {"left_out": {"presence_penalty"}},
        ),
        (
            {
                "code": "Client specified an invalid argument",
                "error": "Model grok-4 does not support parameter presencePenalty.",
            },
            {"left_out": {"presence_penalty"}},
        ),
        ({"code": "x", "error": "Argument not supported on this model: stop"}, {"left_out": {"stop"}}),
        (said("stop_sequences: each stop sequence must contain non-whitespace"), {"left_out": {"stop"}}),
        (said("presence_penalty must be 0", "presence_penalty"), {"left_out": {"presence_penalty"}}),
        (
            {
                "detail": [
                    {"loc": ["body", "top_p"], "msg": "Extra inputs are not permitted", "type": "extra_forbidden"}
                ]
            },
            {"left_out": {"top_p"}},
        ),
        ({"detail": "frequencyPenalty is not a known field"}, {"left_out": {"frequency_penalty"}}),
        (said("This model does not support response_format json_schema"), {"structure": "tool"}),
        ("top_p must be 1 when using greedy sampling", {"left_out": {"top_p"}}),
        (said("x", "generationConfig.topP"), {"left_out": {"top_p"}}),
    ],
)
def test_what_a_refusal_is_about_is_not_sent_again(error, changes):
    lesson = taught(error)
    assert lesson is not None
    assert lesson.dialect == Dialect(**changes)
    assert lesson.sentence.endswith(".")


@pytest.mark.parametrize(
    "error",
    [
        said("The prompt is too long: 200000 tokens."),
        said("max_tokens is too large: 100000. This model supports at most 4096.", "max_tokens"),
        said("Invalid model."),
        said("Please stop.", "model"),
        said("'reasoning_effort' is not supported"),
        None,
        "",
    ],
)
def test_other_refusals_teach_nothing(error):
    assert taught(error) is None


def test_what_was_not_sent_can_t_be_at_fault():
    assert taught(said("temperature is not supported"), prompt=Prompt("9.", Sampling(1.0, 1.0, 64))) is None


@given(
    dialects, st.sampled_from(["temperature", "top_p", "stop", "max_tokens", "response_format", "tools", "tool_choice"])
)
def test_lessons_come_to_an_end(dialect, name):
    for _ in range(12):
        lesson = taught(said(f"{name} is not supported", name), dialect)
        if lesson is None:
            return
        assert lesson.dialect != dialect
        dialect = lesson.dialect
    # A server that refuses the limit under both names would be asked in turns: its caller gives up.
    assert name == "max_tokens"


def used_up(dialect, outcome=CallOutcome.USED_UP, **reading):
    return learn(dialect, word(dialect, FULL).parameters, Reading(outcome, **reading))


def test_room_grows_until_there_is_enough():
    rooms, dialect = [], Dialect()
    while lesson := used_up(dialect):
        dialect = lesson.dialect
        rooms.append(dialect.room)
    assert rooms == [1024, 4096, 16384, MOST_ROOM]


def test_an_answer_that_was_cut_makes_room_only_where_reasoning_took_it():
    assert used_up(Dialect(), CallOutcome.CUT_OFF) is None
    assert used_up(Dialect(), CallOutcome.CUT_OFF, tokens_reasoning=50).dialect.room == 1024
    assert used_up(Dialect(), CallOutcome.CUT_OFF, reasoning="so " * 90).dialect.room == 1024


def test_reasoning_without_an_opening_tag_is_remembered():
    lesson = used_up(Dialect(), CallOutcome.ANSWERED, text="Yes", is_headless=True)
    assert lesson.dialect == Dialect(is_opened=True)
    assert used_up(lesson.dialect, CallOutcome.ANSWERED, text="Yes", is_headless=True) is None
