"""What a request carries in each dialect."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.llm.dialect import LENGTH_NAMES, OPTIONAL, STRUCTURES, Dialect, dialect_in, limit_in, word
from app.llm.dialects import PRESETS, preset_named
from app.llm.prompt import Prompt, Sampling

PUBLISHED = Prompt("9.", Sampling(0.7, 0.5, 1024, presence_penalty=2, stop=("\n\n", "16.")))
PLAIN = Prompt("9.", Sampling(1.0, 1.0, 64))
SCHEMA = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 9}}, "required": ["a"]}

dialects = st.builds(
    Dialect,
    length_name=st.sampled_from(LENGTH_NAMES),
    left_out=st.frozensets(st.sampled_from(OPTIONAL)),
    one_of_two=st.booleans(),
    own_defaults=st.booleans(),
    effort=st.sampled_from(["", "low"]),
    room=st.integers(0, 4096),
    is_opened=st.booleans(),
    structure=st.sampled_from(STRUCTURES),
    knows_json=st.booleans(),
)
samplings = st.builds(
    Sampling,
    temperature=st.sampled_from([0, 0.7, 1, 1.0]),
    top_p=st.sampled_from([0.5, 1, 1.0]),
    max_tokens=st.integers(1, 4096),
    frequency_penalty=st.sampled_from([0, 0.0, 0.5]),
    presence_penalty=st.sampled_from([0, 2]),
    stop=st.sampled_from([(), ("a",)]),
)

# What each family refuses is never sent to it, and what it needs is (providers' pages, November 2026).
SENT = {
    "openai": {"max_tokens", "temperature", "top_p", "presence_penalty", "stop"},
    "openai_reasoning": {"max_completion_tokens", "reasoning_effort"},
    "anthropic": {"max_tokens", "temperature"},
    "gemini": {"max_tokens", "temperature", "top_p", "stop", "reasoning_effort"},
    "xai": {"max_tokens", "temperature", "top_p"},
    "mistral": {"max_tokens", "temperature", "top_p", "presence_penalty", "stop"},
    "deepseek": {"max_tokens", "temperature", "top_p", "presence_penalty", "stop"},
    "moonshot": {"max_tokens", "temperature", "top_p", "stop"},
    "openrouter": {"max_tokens", "temperature", "top_p", "presence_penalty", "stop"},
    "groq": {"max_tokens", "temperature", "top_p", "presence_penalty", "stop"},
    "together": {"max_tokens", "temperature", "top_p", "presence_penalty", "stop"},
    "azure": {"max_tokens", "temperature", "top_p", "presence_penalty", "stop"},
    "ollama": {"max_tokens", "temperature", "top_p", "presence_penalty", "stop"},
    "vllm": {"max_tokens", "temperature", "top_p", "presence_penalty", "stop"},
    "llama_cpp": {"max_tokens", "temperature", "top_p", "presence_penalty", "stop"},
    "lm_studio": {"max_tokens", "temperature", "top_p", "presence_penalty", "stop"},
    "other": {"max_tokens", "temperature", "top_p", "presence_penalty", "stop"},
}


def test_each_preset_sends_what_its_family_takes():
    assert {preset.name: set(word(preset.dialect, PUBLISHED).parameters) for preset in PRESETS} == SENT


def test_presets_are_told_apart_and_found_by_name():
    assert len({preset.name for preset in PRESETS}) == len({preset.label for preset in PRESETS}) == len(PRESETS)
    assert all(preset_named(preset.name) is preset for preset in PRESETS)
    assert all(preset.key_note and preset.price_note for preset in PRESETS)


def test_nothing_is_sent_that_is_at_its_default():
    assert word(Dialect(), PLAIN).parameters == {"max_tokens": 64}
    assert word(Dialect(own_defaults=True), PLAIN).parameters == {"max_tokens": 64, "temperature": 1.0, "top_p": 1.0}


def test_what_was_left_out_is_named():
    worded = word(Dialect(left_out={"stop", "frequency_penalty"}, one_of_two=True), PUBLISHED)
    assert worded.left_out == ("stop", "top_p")
    assert worded.parameters == {"max_tokens": 1024, "temperature": 0.7, "presence_penalty": 2}


def test_of_two_that_exclude_each_other_the_one_that_is_wanted_goes():
    narrow = Prompt("9.", Sampling(1.0, 0.5, 64))
    assert word(Dialect(one_of_two=True), narrow).parameters == {"max_tokens": 64, "top_p": 0.5}


def test_room_for_reasoning_is_added_to_the_limit():
    assert limit_in(word(Dialect(room=1000, length_name="max_completion_tokens"), PLAIN).parameters) == 1064


@pytest.mark.parametrize(
    ("structure", "names"),
    [
        ("schema", {"response_format"}),
        ("tool", {"tools", "tool_choice"}),
        ("object", {"response_format"}),
        ("words", set()),
    ],
)
def test_json_is_asked_for_in_four_ways(structure, names):
    prompt = Prompt("…", PLAIN.sampling, SCHEMA)
    assert word(Dialect(structure=structure), prompt).parameters.keys() - {"max_tokens"} == names
    assert word(Dialect(structure=structure), prompt, is_chat=False).parameters.keys() == {"max_tokens"}


def test_bounds_stay_in_a_schema_only_for_servers_of_one_s_own():
    prompt = Prompt("…", PLAIN.sampling, SCHEMA)
    hosted, own = (word(Dialect(own_defaults=own), prompt).parameters["response_format"] for own in (False, True))
    assert "maxLength" not in str(hosted)
    assert own["json_schema"]["schema"] == SCHEMA


@given(dialects)
def test_a_dialect_is_stored_and_read_again(dialect):
    assert dialect_in(dialect.as_json()) == dialect


@given(dialects, samplings)
def test_a_request_carries_a_limit_and_nothing_that_is_left_out(dialect, sampling):
    worded = word(dialect, Prompt("…", sampling))
    assert limit_in(worded.parameters) == sampling.max_tokens + dialect.room
    assert not dialect.left_out & worded.parameters.keys()
    assert not set(worded.left_out) & worded.parameters.keys()
    if dialect.one_of_two and not dialect.own_defaults:
        assert not {"temperature", "top_p"} <= worded.parameters.keys()
