import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import openai
import pytest

from app.llm.practice.completions import cut
from app.llm.practice.proposals import Proposal
from app.llm.practice.protocol import Asked
from app.llm.practice.server import create_practice_app
from app.llm.practice.text import Text
from tests.llm.practice import prompts
from tests.llm.practice.asking import serving

MODEL = "tamis-practice"


def chat(client: openai.OpenAI, prompt: str, **options):
    return client.chat.completions.create(model="any", messages=[{"role": "user", "content": prompt}], **options)


def without_headers(completion) -> dict:
    return completion.model_dump()


def test_models_are_listed(client) -> None:
    models = client.models.list().data
    assert [(model.id, model.owned_by) for model in models] == [(MODEL, "tamis")]


def test_chat_answers(client) -> None:
    completion = chat(client, prompts.task_list(), temperature=1.0, top_p=1.0)
    assert completion.model == MODEL
    assert completion.choices[0].finish_reason == "stop"
    assert "\n4. Input:\n" in completion.choices[0].message.content
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens
    assert completion.practice["fault"] is None
    assert len(completion.practice["choices"][0]["items"]) == 17


@pytest.mark.parametrize("wrap", [str, lambda prompt: [prompt]])
def test_completions_answer(client, wrap) -> None:
    completion = client.completions.create(model=MODEL, prompt=wrap(prompts.instruction_list()))
    assert completion.object == "text_completion"
    assert "\n10. " in completion.choices[0].text


def test_content_may_come_in_parts(client) -> None:
    parts = [{"type": "text", "text": "Is the number odd or even?"}, {"type": "text", "text": "8"}]
    assert chat(client, parts).choices[0].message.content in ("odd", "even")


def test_a_system_message_reaches_the_reader(client) -> None:
    messages = [
        {"role": "system", "content": "Write classification tasks."},
        {"role": "user", "content": prompts.instruction_list()},
    ]
    with_system = client.chat.completions.create(model=MODEL, messages=messages)
    assert with_system.choices[0].message.content != chat(client, prompts.instruction_list()).choices[0].message.content


def test_the_same_request_gets_the_same_answer_anywhere(client) -> None:
    first = chat(client, prompts.task_list(), n=2)
    with serving(seed=7) as url, openai.OpenAI(base_url=url, api_key="other") as twin:
        assert without_headers(chat(twin, prompts.task_list(), n=2)) == without_headers(first)
    assert without_headers(chat(client, prompts.task_list(), n=2)) == without_headers(first)


def test_another_seed_or_prompt_changes_the_answer(client) -> None:
    first = chat(client, prompts.task_list()).choices[0].message.content
    assert chat(client, prompts.task_list(shown=2)).choices[0].message.content != first
    with serving(seed=8) as url, openai.OpenAI(base_url=url, api_key="any") as other:
        assert chat(other, prompts.task_list()).choices[0].message.content != first


def test_choices_differ(client) -> None:
    completion = chat(client, prompts.task_list(), n=4)
    assert [choice.index for choice in completion.choices] == [0, 1, 2, 3]
    assert len({choice.message.content for choice in completion.choices}) == 4
    assert len(completion.practice["choices"]) == 4


@pytest.mark.parametrize("stop", ["\n16.", ["\n\n", "\n16", "16.", "16 ."]])
def test_stops_cut_the_text_and_the_truth(client, stop) -> None:
    completion = chat(client, prompts.instruction_list(), stop=stop)
    text = completion.choices[0].message.content
    items = completion.practice["choices"][0]["items"]
    assert completion.choices[0].finish_reason == "stop"
    assert "16." not in text
    assert items[-1]["instruction"] in text
    assert len(items) <= 7


def test_max_tokens_cut_the_text(client) -> None:
    whole = chat(client, prompts.task_list()).choices[0].message.content
    for option in ({"max_tokens": 60}, {"max_completion_tokens": 60}):
        completion = chat(client, prompts.task_list(), **option)
        assert completion.choices[0].finish_reason == "length"
        assert completion.usage.completion_tokens == 60
        assert len(completion.choices[0].message.content) < len(whole)
        items = completion.practice["choices"][0]["items"]
        assert [item["cut"] for item in items] == [False] * (len(items) - 1) + [True]


def test_the_earlier_of_stop_and_length_wins() -> None:
    text = Text()
    text.add("one two ", Proposal("a", "", ""))
    text.add("three four", Proposal("b", "", ""))
    assert cut(text, Asked("", "", 1, ("three",), 3)) == (8, "stop")
    assert cut(text, Asked("", "", 1, ("four",), 3)) == (13, "length")
    assert cut(text, Asked("", "", 1, (), 4)) == (18, "stop")
    assert [item["instruction"] for item in text.truth(8)] == ["a"]


@pytest.mark.parametrize(
    ("path", "body", "param", "words"),
    [
        ("chat/completions", {}, "messages", "at least one message"),
        ("chat/completions", {"messages": []}, "messages", "at least one message"),
        ("chat/completions", {"messages": [{"role": "system", "content": "x"}]}, "messages", '"user"'),
        ("chat/completions", {"messages": ["hello"]}, "messages[0]", "an object with a role"),
        ("chat/completions", {"messages": [{"role": "user", "content": 3}]}, "messages[0].content", "must be a string"),
        ("completions", {}, "prompt", "must be a string"),
        ("completions", {"prompt": ["a", "b"]}, "prompt", "exactly one string"),
        ("completions", {"prompt": "a", "n": 0}, "n", "at least 1"),
        ("completions", {"prompt": "a", "n": 17}, "n", "between 1 and 16"),
        ("completions", {"prompt": "a", "n": True}, "n", "whole number"),
        ("completions", {"prompt": "a", "max_tokens": 0}, "max_tokens", "at least 1"),
        ("completions", {"prompt": "a", "stop": ["a"] * 5}, "stop", "at most 4"),
        ("completions", {"prompt": "a", "stop": [1]}, "stop", "at most 4"),
        ("completions", {"prompt": "a", "temperature": 3}, "temperature", "between 0 and 2"),
        ("completions", {"prompt": "a", "top_p": "x"}, "top_p", "between 0 and 1"),
        ("completions", {"prompt": "a", "model": ""}, "model", "name of a model"),
        ("completions", {"prompt": "a", "stream": True}, "stream", "does not stream"),
        ("completions", [], None, "JSON object"),
    ],
)
def test_bad_requests_get_a_sentence(base_url: str, path: str, body, param, words: str) -> None:
    response = httpx2.post(f"{base_url}/{path}", json=body)
    error = response.json()["error"]
    assert (response.status_code, error["type"], error["param"]) == (400, "invalid_request_error", param)
    assert words in error["message"]
    assert error["message"].endswith(".")


def test_broken_json_and_unknown_addresses_get_a_sentence(base_url: str) -> None:
    response = httpx2.post(f"{base_url}/completions", content=b"{")
    assert (response.status_code, response.json()["error"]["message"]) == (400, "The request body is not valid JSON.")
    for method, path, status in (("GET", "embeddings", 404), ("GET", "completions", 405)):
        response = httpx2.request(method, f"{base_url}/{path}")
        assert response.status_code == status
        assert response.json()["error"]["message"] == f"There is nothing at {method} /v1/{path}."


def test_streaming_is_refused_through_the_sdk(client) -> None:
    with pytest.raises(openai.BadRequestError, match="does not stream"):
        chat(client, "Hello", stream=True)


def test_delayed_answers_overlap() -> None:
    with serving(latency_ms=200) as url, openai.OpenAI(base_url=url, api_key="any") as client:
        client.models.list()
        started = time.perf_counter()
        with ThreadPoolExecutor(10) as askers:
            list(askers.map(lambda n: client.completions.create(model=MODEL, prompt=str(n)), range(10)))
        assert 0.2 <= time.perf_counter() - started < 1.5


@pytest.mark.parametrize(("latency_ms", "fault_rate"), [(-1, 0.0), (0, -0.1), (0, 1.1)])
def test_figures_out_of_range_are_refused(latency_ms: int, fault_rate: float) -> None:
    with pytest.raises(ValueError, match="must"):
        create_practice_app(0, latency_ms, fault_rate)


def test_serving_prints_the_address_once_it_listens() -> None:
    command = [
        sys.executable,
        "-c",
        "from app.llm.practice.server import create_practice_app, serve; serve(create_practice_app(3), 0)",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            address = re.fullmatch(r"Practice model on (http://127\.0\.0\.1:\d+/v1)\n", line)
            assert address is not None, line
            assert httpx2.get(f"{address.group(1)}/models").json()["data"][0]["id"] == MODEL
        finally:
            process.terminate()
