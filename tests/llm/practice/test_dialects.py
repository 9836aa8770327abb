"""What each family of models refuses, takes and writes, over the real SDK: the facts as providers publish them."""

import re
from pathlib import Path

import httpx2
import openai
import pytest
from typer.testing import CliRunner

from app.cli import app as command
from app.llm.dialects import PRESETS
from app.llm.practice.dialects import DIALECTS
from tests.llm.practice import prompts
from tests.llm.practice.asking import serving

PAGE = (Path(__file__).parents[3] / "docs" / "practice-model.md").read_text()
SCHEMA = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
OBJECT = {"type": "json_object"}
TOOL = [{"type": "function", "function": {"name": "a", "parameters": {"type": "object"}}}]
# What Tamis sent of each call before it knew dialects.
EVERYTHING = {
    "max_tokens": 400,
    "temperature": 0.7,
    "top_p": 0.5,
    "frequency_penalty": 0,
    "presence_penalty": 2,
    "stop": ["\n\n"],
}


def ask(url: str, prompt: str = prompts.LIST, **options):
    with openai.OpenAI(base_url=url, api_key="any", max_retries=0) as client:
        return client.chat.completions.create(
            model="any", messages=[{"role": "user", "content": prompt}], extra_body=options
        )


def refusal(dialect: str, **options) -> openai.APIStatusError:
    with serving(dialect=dialect) as url, pytest.raises(openai.APIStatusError) as caught:
        ask(url, **options)
    return caught.value


def answer(dialect: str, **options):
    with serving(dialect=dialect) as url:
        return ask(url, **options)


def test_there_is_one_for_each_preset_and_all_are_documented() -> None:
    assert {preset.name for preset in PRESETS} - {"other"} == DIALECTS.keys() - {"plain", "strict"}
    assert re.findall(r"^\| `(\w+)` \|", PAGE.partition("## Dialects")[2], re.MULTILINE) == list(DIALECTS)


OPENAI_REASONING = [
    ({"max_tokens": 9}, "max_tokens", "Send 'max_completion_tokens' instead"),
    ({"temperature": 0.7}, "temperature", "'temperature' may only be 1"),
    ({"top_p": 0.5}, "top_p", "'top_p' may only be 1"),
    ({"presence_penalty": 0}, "presence_penalty", "'presence_penalty' is not supported"),
    ({"frequency_penalty": 0}, "frequency_penalty", "'frequency_penalty' is not supported"),
    ({"stop": "16."}, "stop", "'stop' is not supported"),
    ({"logprobs": True}, "logprobs", "'logprobs' is not supported"),
]
REFUSED = [
    ("openai", {"reasoning_effort": "low"}, None, "Unrecognized request argument: reasoning_effort"),
    ("openai", {"guided_json": {}}, None, "Unrecognized request argument: guided_json"),
    *(("openai_reasoning", *case) for case in OPENAI_REASONING),
    ("anthropic", {"max_tokens": 9, "temperature": 1, "top_p": 1}, None, "`temperature` and `top_p` cannot both"),
    ("anthropic", {"max_tokens": 9, "n": 2}, None, "n: Input should be 1"),
    ("anthropic", {}, None, "max_tokens: Field required"),
    ("deepseek", {"response_format": SCHEMA}, "response_format", "response_format json_schema is not available"),
    ("moonshot", {"presence_penalty": 0.5}, None, "invalid presence_penalty: this model allows 0 alone"),
    ("moonshot", {"frequency_penalty": -1}, None, "invalid frequency_penalty"),
    ("groq", {"n": 2}, None, "'n' : value must be at most 1"),
    ("groq", {"logprobs": True}, None, "'logprobs' is not supported"),
    ("groq", {"min_p": 0.1}, None, "property 'min_p' is unsupported"),
    ("azure", {"reasoning_effort": "low"}, None, "Unrecognized request argument: reasoning_effort"),
    ("lm_studio", {"response_format": OBJECT}, "response_format", "response_format json_object is not available"),
]


@pytest.mark.parametrize(("dialect", "options", "param", "words"), REFUSED)
def test_what_is_refused_in_the_shape_of_openai(dialect: str, options, param, words: str) -> None:
    error = refusal(dialect, **options)
    assert (error.status_code, error.type, error.param) == (400, "invalid_request_error", param)
    assert words in error.body["message"]


def test_a_reasoning_model_has_a_code_for_each_refusal() -> None:
    codes = {param: refusal("openai_reasoning", **options).code for options, param, _ in OPENAI_REASONING}
    assert {param for param, code in codes.items() if code == "unsupported_value"} == {"temperature", "top_p"}
    assert set(codes.values()) == {"unsupported_value", "unsupported_parameter"}


def grok(parameter: str) -> dict[str, str]:
    return {"code": "invalid-argument", "error": f"This model does not support parameter {parameter}."}


def google(sentence: str) -> list[dict[str, object]]:
    return [{"error": {"code": 400, "message": sentence, "status": "INVALID_ARGUMENT"}}]


EXTRA = {"type": "extra_forbidden", "loc": ["body", "max_completion_tokens"], "msg": "Extra inputs are not permitted"}


@pytest.mark.parametrize(
    ("dialect", "options", "status", "body"),
    [
        ("gemini", {"presence_penalty": 0.2}, 400, google("Penalty is not enabled for this model.")),
        ("gemini", {"frequency_penalty": -0.2}, 400, google("Penalty is not enabled for this model.")),
        (
            "gemini",
            {"top_k": 3},
            400,
            google('Invalid JSON payload. Unknown name "top_k": no such field.'),
        ),
        ("xai", {"presence_penalty": 0}, 400, grok("presencePenalty")),
        ("xai", {"frequency_penalty": 0}, 400, grok("frequencyPenalty")),
        ("xai", {"stop": "x"}, 400, grok("stop")),
        ("mistral", {"max_completion_tokens": 9}, 422, {"detail": [EXTRA]}),
        ("vllm", {"n": 0}, 400, {"detail": "The field n must be a whole number of at least 1."}),
    ],
)
def test_what_is_refused_in_a_shape_of_its_own(dialect: str, options, status: int, body) -> None:
    response = refusal(dialect, **options).response
    assert (response.status_code, response.json()) == (status, body)


TAKEN = [
    ("plain", EVERYTHING | {"reasoning_effort": "high"}),
    ("openai", EVERYTHING),
    ("openai", {"max_completion_tokens": 9}),
    ("openai_reasoning", {"max_completion_tokens": 900, "temperature": 1, "top_p": 1, "reasoning_effort": "low"}),
    ("anthropic", {"max_tokens": 9, "temperature": 0.5, "presence_penalty": 2, "stop": ["x"], "n": 1}),
    ("anthropic", {"max_completion_tokens": 9, "top_p": 0.5}),
    ("gemini", {"presence_penalty": 0, "frequency_penalty": 0, "temperature": 0.7, "top_p": 0.5, "stop": "x"}),
    ("gemini", {"reasoning_effort": "low", "max_tokens": 900}),
    ("xai", {"max_tokens": 9, "temperature": 0.7, "top_p": 0.5}),
    ("mistral", EVERYTHING),
    ("deepseek", EVERYTHING | {"response_format": OBJECT}),
    ("moonshot", EVERYTHING | {"presence_penalty": 0}),
    *((name, EVERYTHING | {"min_p": 0.1}) for name in ("openrouter", "together", "ollama", "vllm", "llama_cpp")),
    ("groq", EVERYTHING | {"reasoning_effort": "low"}),
    ("lm_studio", EVERYTHING | {"response_format": SCHEMA}),
    ("llama_cpp", {"tools": TOOL, "tool_choice": "required"}),
    ("anthropic", {"max_tokens": 9, "response_format": SCHEMA}),
]


@pytest.mark.parametrize(("dialect", "options"), TAKEN)
def test_what_is_taken(dialect: str, options) -> None:
    assert answer(dialect, **options).object == "chat.completion"


def test_azure_wants_a_key_and_a_version_in_its_older_address() -> None:
    body = {"messages": [{"role": "user", "content": "Hi"}]}
    with serving(dialect="azure") as url:
        root = url.removesuffix("/v1")
        older = f"{root}/openai/deployments/mine/chat/completions"
        for address, headers, status in (
            (f"{root}/openai/v1/chat/completions", {"api-key": "k"}, 200),
            (f"{root}/openai/v1/chat/completions", {"authorization": "Bearer k"}, 200),
            (f"{root}/openai/v1/chat/completions", {"authorization": "Bearer none"}, 401),
            (f"{root}/openai/v1/chat/completions", {}, 401),
            (f"{older}?api-version=2024-10-21", {"api-key": "k"}, 200),
            (older, {"api-key": "k"}, 404),
        ):
            assert httpx2.post(address, json=body, headers=headers).status_code == status, address
        with openai.AzureOpenAI(azure_endpoint=root, api_key="k", api_version="2024-10-21", max_retries=0) as client:
            answered = client.chat.completions.create(model="mine", messages=[{"role": "user", "content": "Hi"}])
    assert answered.choices[0].message.content


def test_openrouter_pads_its_answers_and_tells_no_end() -> None:
    with serving(dialect="openrouter") as url, openai.OpenAI(base_url=url, api_key="any") as client:
        messages = [{"role": "user", "content": prompts.LIST}]
        raw = client.chat.completions.with_raw_response.create(model="any", messages=messages)
        assert raw.content.startswith(b"\n ")
        assert raw.parse().choices[0].finish_reason is None
        cut = client.chat.completions.create(model="any", messages=messages, max_tokens=5)
        assert cut.choices[0].finish_reason == "length"


def test_what_a_server_takes_and_does_not_heed() -> None:
    assert len(answer("ollama", n=3).choices) == len(answer("lm_studio", n=3).choices) == 1
    assert len(answer("vllm", n=3).choices) == 3
    with serving(ignores=["stop", "max_tokens"]) as url:
        whole = ask(url, stop=["16."], max_tokens=5).choices[0]
        assert "16." in whole.message.content
        assert whole.finish_reason == "stop"
    with pytest.raises(ValueError, match="top_k can't be ignored. These can: n, stop, max_tokens"):
        serving(ignores=["top_k"]).__enter__()


def test_the_strict_one_refuses_one_thing_after_another_each_in_another_shape() -> None:
    options = EVERYTHING | {"response_format": OBJECT, "reasoning_effort": "low"}
    shapes, names = set(), set()
    with serving(dialect="strict") as url:
        for name in list(options):
            with pytest.raises(openai.APIStatusError) as caught:
                ask(url, **options)
            text = caught.value.response.text
            spelled = re.search(rf"{name}|{re.sub(r'_(.)', lambda found: found[1].upper(), name)}", text)
            assert spelled is not None
            assert not any(re.search(rf"\b{other}\b", text) for other in options if other != name)
            names.add(spelled.group())
            shapes.add(re.sub(rf"{name}|{spelled.group()}", "", text))
            del options[name]
        assert ask(url, max_completion_tokens=9).usage.completion_tokens == 9
    assert len(shapes) >= 6
    assert {"top_p", "presencePenalty"} < names


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("--dialect", "no dialect named klingon. There are: plain, openai, "),
        ("--reasoning", "no reasoning named klingon. There are: off, field, inline, "),
        ("--ignore", "klingon can't be ignored. These can: n, "),
    ],
)
def test_a_name_that_there_is_not_is_refused_with_those_there_are(option: str, sentence: str) -> None:
    refused = CliRunner().invoke(command, ["practice-model", option, "klingon"])
    assert refused.exit_code == 2
    assert sentence in refused.output + refused.stderr
