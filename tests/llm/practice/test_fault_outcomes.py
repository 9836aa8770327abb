"""Every fault there is, over real HTTP and through the real SDK: what the ledger will say of it."""

from dataclasses import dataclass

import orjson
import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.routing import Mount

from app.llm.client import Target, send
from app.llm.endpoint import EndpointForm, add_endpoint
from app.llm.practice.faults import FAULTS
from app.llm.practice.server import create_practice_app
from app.llm.prompt import Prompt, Sampling
from app.llm.reading import FATAL, FATAL_AT_FIRST, RETRYABLE, Asked, read
from app.llm.secrets import Vault
from app.llm.trial import try_endpoint
from app.models.generation import Call, CallOutcome, EndpointStyle
from tests.factories import project
from tests.generation.workshop import serving

CHAT, COMPLETIONS = EndpointStyle
PROMPT = Prompt("Is the number odd or even?\n8", Sampling(temperature=0, top_p=1, max_tokens=20))
SEED = 7
DEADLINE, SHORT_DEADLINE = 10.0, 0.4


@dataclass(frozen=True)
class Expected:
    """``again``: worth another attempt. ``ends``: no further call of the run is. ``counted``: tokens are known.

    ``text`` is what stands there, with RIGHT for what should; None where nothing can be used.
    """

    outcome: CallOutcome
    again: bool = False
    ends: bool = False
    text: str | None = None
    counted: bool = False


RIGHT = "(right)"
FINE = Expected(CallOutcome.ANSWERED, text=RIGHT, counted=True)
UNCOUNTED = Expected(CallOutcome.ANSWERED, text=RIGHT)
EMPTY = Expected(CallOutcome.EMPTY, again=True, counted=True)
USED_UP = Expected(CallOutcome.USED_UP, counted=True)  # asked again with more room alone
BARE = Expected(CallOutcome.EMPTY, again=True)
UNREADABLE = Expected(CallOutcome.UNREADABLE, again=True)
SLOW_DOWN = Expected(CallOutcome.RATE_LIMITED, again=True)
THEIR_FAULT = Expected(CallOutcome.SERVER_ERROR, again=True)
OUR_FAULT = Expected(CallOutcome.BAD_REQUEST)
NO_ENTRY = Expected(CallOutcome.KEY_REJECTED, ends=True)
NO_CREDIT = Expected(CallOutcome.NO_CREDIT, ends=True)
BROKEN = Expected(CallOutcome.UNREACHABLE, again=True)
LATE = Expected(CallOutcome.TIMED_OUT, again=True)


def each(expected, names):
    return dict.fromkeys(names.split(), expected)


EXPECTED = {
    **each(
        SLOW_DOWN,
        "rate_limit rate_limit_with_delay rate_limit_until_date rate_limit_no_delay rate_limit_half_a_second"
        " rate_limit_negative_delay rate_limit_past_date rate_limit_nonsense_delay rate_limit_huge_delay"
        " rate_limit_page limit_in_answer overloaded",
    ),
    **each(NO_ENTRY, "wrong_key forbidden"),
    **each(NO_CREDIT, "insufficient_quota no_credit"),
    **each(
        OUR_FAULT,
        "bad_request unknown_model too_large unprocessable"
        " moved_permanently found_elsewhere temporary_redirect permanent_redirect",
    ),
    **each(
        THEIR_FAULT,
        "request_timeout conflict too_early server_error bad_gateway unavailable unavailable_with_delay"
        " gateway_timeout error_in_answer error_text_in_answer cut_error",
    ),
    **each(Expected(CallOutcome.SERVER_ERROR, again=True, counted=True), "failed_choice"),
    **each(
        UNREADABLE,
        "html_page empty_body plain_text broken_json json_list json_text json_number json_null deep_nesting"
        " deep_objects cut_gzip twice_packed gzip_bomb length_too_short",
    ),
    **each(BARE, "wrong_json missing_choices"),
    **each(
        EMPTY,
        "null_choices empty_choices choices_as_object null_choice bare_choice null_message null_content"
        " empty_content blank_content number_content object_content content_parts_without_text tool_calls",
    ),
    "cut_off_before_it_began": USED_UP,
    **each(
        FINE,
        "gzip deflate false_gzip unknown_encoding wrong_content_type no_content_type byte_order_mark"
        " leading_blank_lines several_choices content_parts unknown_finish missing_model event_stream"
        " number_as_model other_model no_length answered_twice early_hints slow_drip",
    ),
    **each(
        UNCOUNTED,
        "missing_usage null_usage usage_as_list negative_usage usage_as_text fractional_usage huge_usage",
    ),
    "nul_in_text": Expected(CallOutcome.ANSWERED, text=f"\ufffd{RIGHT}", counted=True),
    "lone_surrogate": Expected(CallOutcome.ANSWERED, text=f"\ufffd{RIGHT}", counted=True),
    "invalid_utf8": Expected(CallOutcome.ANSWERED, text=f"\ufffd\ufffd{RIGHT}", counted=True),
    "bare_line_feed": Expected(CallOutcome.ANSWERED, text=f"\n{RIGHT}", counted=True),
    "cut_off": Expected(CallOutcome.CUT_OFF, text="ev", counted=True),
    "same_again": Expected(
        CallOutcome.ANSWERED,
        text="1. Name a fruit that is yellow.\n2. Name a tree that keeps its leaves in winter.\n",
        counted=True,
    ),
    "content_filter": Expected(CallOutcome.FILTERED, counted=True),
    "refusal": Expected(CallOutcome.REFUSED, counted=True),
    **each(
        BROKEN,
        "closed_without_a_byte reset_without_a_byte closed_after_headers reset_after_headers closed_in_body"
        " reset_in_body cut_chunk no_last_chunk length_too_long two_lengths another_protocol endless_headers",
    ),
    **each(LATE, "endless_drip endless_slow_headers never_answers late_answer"),
}
# The other interface has no field for a refusal.
EXPECTED_OF_COMPLETIONS = {
    "refusal": Expected(CallOutcome.ANSWERED, text="I'm sorry, but I can't help with that.", counted=True)
}
NAMES = [fault.name for fault in FAULTS]
VAULT = Vault(b"0" * 43 + b"=", reaches_private=True)
STORED = (
    *("nul_in_text", "lone_surrogate", "invalid_utf8", "huge_usage", "negative_usage", "other_model", "bad_gateway"),
    *("wrong_key", "closed_in_body", "error_in_answer", "deep_nesting", "byte_order_mark", "content_filter"),
)


@pytest.fixture(scope="module")
def url():
    """One server, with a practice model for each fault and one without any."""
    apps = {name: create_practice_app(SEED, fault_rate=1, faults=[name]) for name in NAMES}
    apps["right"] = create_practice_app(SEED)
    with serving(Starlette(routes=[Mount(f"/{name}", app) for name, app in apps.items()])) as base_url:
        yield base_url.removesuffix("/v1")


def ask(url, name, style, deadline=DEADLINE):
    target = Target(f"{url}/{name}/v1", "tamis-practice", style, "sk-0123", reaches_private=True)
    return send(target, PROMPT, deadline=deadline)


def test_every_fault_has_an_expected_outcome():
    assert sorted(EXPECTED) == sorted(NAMES)
    assert {expected.outcome for expected in EXPECTED.values()} == set(CallOutcome) - {
        CallOutcome.IN_FLIGHT,
        CallOutcome.LOST,
        CallOutcome.OUT_OF_REACH,
    }


@pytest.mark.parametrize("style", [CHAT, COMPLETIONS])
@pytest.mark.parametrize("name", NAMES)
def test_a_fault_has_its_outcome(url, name, style):
    expected = EXPECTED_OF_COMPLETIONS.get(name, EXPECTED[name]) if style is COMPLETIONS else EXPECTED[name]
    is_late = expected.outcome is CallOutcome.TIMED_OUT
    reply = ask(url, name, style, SHORT_DEADLINE if is_late else DEADLINE)
    reading, right = read(reply, Asked(style)), read(ask(url, "right", style), Asked(style))
    assert (right.outcome, right.text) == (CallOutcome.ANSWERED, "even")
    assert reading.outcome is expected.outcome, reading.sentence
    assert (reading.outcome in RETRYABLE) is expected.again
    assert (reading.outcome in FATAL) is expected.ends
    assert reading.text == (None if expected.text is None else expected.text.replace(RIGHT, "even"))
    counts = (reading.tokens_in, reading.tokens_out)
    assert counts == ((right.tokens_in, right.tokens_out) if expected.counted else (None, None))
    is_complete = reading.outcome is CallOutcome.ANSWERED and expected.counted
    assert bool(reading.sentence) is not is_complete


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("rate_limit", None, None),
        ("rate_limit_with_delay", 1, 1),
        ("rate_limit_until_date", 0.1, 2),
        ("rate_limit_no_delay", 0, 0),
        ("rate_limit_half_a_second", 0.5, 0.5),
        ("rate_limit_negative_delay", 0, 0),
        ("rate_limit_past_date", 0, 0),
        ("rate_limit_nonsense_delay", None, None),
        ("rate_limit_huge_delay", 31_536_000, 31_536_000),
        ("unavailable_with_delay", 1, 1),
    ],
)
def test_a_server_says_how_long_to_wait(url, name, least, most):
    waits = ask(url, name, CHAT).retry_after
    assert waits is least is None or least <= waits <= most


@pytest.mark.parametrize(
    ("name", "model"), [("missing_model", ""), ("number_as_model", ""), ("other_model", "another-model")]
)
def test_the_model_that_answered_is_the_one_that_is_named(url, name, model):
    assert read(ask(url, name, CHAT), Asked(CHAT)).model == model


def test_faults_that_pass_are_those_that_a_run_gets_over():
    """What is drawn where no fault is named must neither end a run nor wait for a deadline."""
    lasting = {
        name for name, each in EXPECTED.items() if each.ends or each.outcome in FATAL_AT_FIRST | {CallOutcome.TIMED_OUT}
    }
    assert lasting | {"rate_limit_huge_delay"} == {fault.name for fault in FAULTS if not fault.passes}


def test_a_redirect_leads_elsewhere_and_is_not_followed(url):
    reply = ask(url, "temporary_redirect", CHAT)
    assert (reply.status, reply.trouble) == (307, None)


def test_the_same_answer_comes_to_different_questions(url):
    target = Target(f"{url}/same_again/v1", "m", CHAT, "", reaches_private=True)
    sampling = PROMPT.sampling
    answers = {
        orjson.loads(send(target, Prompt(text, sampling), deadline=DEADLINE).raw)["choices"][0]["message"]["content"]
        for text in ("Hello", "Is it red?")
    }
    assert len(answers) == 1


def test_an_answer_that_comes_twice_is_not_that_to_the_next_question(url):
    target = Target(f"{url}/answered_twice/v1", "m", CHAT, "", reaches_private=True)
    answers = [
        orjson.loads(send(target, Prompt(text, PROMPT.sampling), deadline=DEADLINE).raw)["id"]
        for text in ("Is it red?", "Is it blue?", "Is it green?")
    ]
    assert len(set(answers)) == 3


def test_what_any_fault_brings_can_be_stored(url, database):
    """NUL, half of a character pair, bytes that are no text: either database takes what is left of them."""
    with database.writing() as session:
        project_id = project(session).id
        ids = {
            name: add_endpoint(
                session,
                VAULT,
                project_id,
                EndpointForm(name=name, base_url=f"{url}/{name}/v1", model="tamis-practice"),
                actor_id=None,
            ).id
            for name in STORED
        }
    for name, endpoint_id in ids.items():
        try_endpoint(database, VAULT, project_id, endpoint_id)
        with database.reading() as session:
            calls = session.scalars(select(Call).where(Call.endpoint_id == endpoint_id)).all()
        assert calls, name
        for call in calls:
            # A trial asks for so few words that most answers are cut off.
            assert call.outcome in {EXPECTED[name].outcome, CallOutcome.CUT_OFF}, name
            assert bool(call.text) is (EXPECTED[name].text is not None), name
