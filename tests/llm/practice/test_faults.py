from collections import Counter

import httpx2
import openai
import orjson
import pytest
from starlette.testclient import TestClient

from app.llm.practice import faults
from app.llm.practice.faults import FAULTS, Fault
from app.llm.practice.server import create_practice_app
from tests.llm.practice import prompts
from tests.llm.practice.asking import serving

NAMES = [fault.name for fault in FAULTS]


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch):
    """Make one fault the only one there is."""
    monkeypatch.setattr(faults, "DRIP_PAUSE_SECONDS", 0.01)

    def choose(name: str) -> None:
        chosen: tuple[Fault, ...] = tuple(fault for fault in FAULTS if fault.name == name)
        monkeypatch.setattr(faults, "FAULTS", chosen)

    return choose


def post(path: str = "completions") -> httpx2.Response:
    """Return the answer to a request that meets a fault for certain."""
    body = {"prompt": "Hi"} if path == "completions" else {"messages": [{"role": "user", "content": "Hi"}]}
    with TestClient(create_practice_app(7, 0, 1.0)) as client:
        return client.post(f"/v1/{path}", json=body)


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len(set(NAMES)) == len(NAMES) >= 12


@pytest.mark.parametrize("name", NAMES)
def test_a_fault_names_itself(only, name: str) -> None:
    only(name)
    response = post()
    assert response.headers[faults.HEADER] == name
    if response.headers["content-type"] == "application/json" and name != "wrong_json":
        assert response.json()["practice"]["fault"] == name


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("rate_limit", openai.RateLimitError),
        ("rate_limit_with_delay", openai.RateLimitError),
        ("server_error", openai.InternalServerError),
        ("bad_gateway", openai.InternalServerError),
    ],
)
def test_failing_statuses_reach_the_sdk(only, name: str, error: type[openai.APIStatusError]) -> None:
    only(name)
    with (
        serving(fault_rate=1.0) as url,
        openai.OpenAI(base_url=url, api_key="any", max_retries=0) as client,
        pytest.raises(error) as caught,
    ):
        client.completions.create(model="m", prompt="Hi")
    assert ("retry-after" in caught.value.response.headers) == (name == "rate_limit_with_delay")
    assert ("<html>" in caught.value.response.text) == (name == "bad_gateway")


def test_pages_and_strange_json_come_with_status_200(only) -> None:
    only("html_page")
    response = post()
    assert (response.status_code, response.headers["content-type"].split(";")[0]) == (200, "text/html")
    only("wrong_json")
    assert post().json() == {"status": "ok"}


@pytest.mark.parametrize(("name", "choices"), [("null_choices", None), ("empty_choices", [])])
def test_choices_may_be_missing(only, name: str, choices: object) -> None:
    only(name)
    assert post().json()["choices"] == choices


def test_content_may_be_null(only) -> None:
    only("null_content")
    assert post("chat/completions").json()["choices"][0]["message"]["content"] is None
    assert post().json()["choices"][0]["text"] is None


def test_usage_may_be_missing(only) -> None:
    only("missing_usage")
    payload = post().json()
    assert "usage" not in payload
    assert payload["choices"][0]["text"]
    assert payload["practice"]["choices"][0]["items"]


def test_content_may_be_filtered(only) -> None:
    only("content_filter")
    choice = post("chat/completions").json()["choices"][0]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("content_filter", "")


def test_the_model_may_refuse(only) -> None:
    only("refusal")
    with serving(fault_rate=1.0) as url, openai.OpenAI(base_url=url, api_key="any") as client:
        message = (
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}]).choices[0].message
        )
        assert message.content is None
        assert message.refusal.startswith("I'm sorry")
        assert client.completions.create(model="m", prompt="Hi").choices[0].text.startswith("I'm sorry")


def test_a_slow_answer_is_whole_in_the_end(only) -> None:
    only("slow_drip")
    response = post()
    assert response.elapsed.total_seconds() > 0.05
    assert response.json()["choices"][0]["text"].startswith("This practice model")


def outcomes(app, prompt: str, calls: int) -> list[str | None]:
    """Return the fault, or None, of each of several identical calls."""
    with TestClient(app, raise_server_exceptions=False) as client:
        return [
            client.post("/v1/completions", content=orjson.dumps({"prompt": prompt})).headers.get(faults.HEADER)
            for _ in range(calls)
        ]


@pytest.fixture
def without_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "DRIP_PAUSE_SECONDS", 0)


@pytest.mark.usefixtures("without_pause")
def test_a_retry_can_succeed_and_the_course_repeats() -> None:
    first = outcomes(create_practice_app(1, 0, 0.5), prompts.task_list(), 20)
    assert {outcome is None for outcome in first} == {True, False}
    assert outcomes(create_practice_app(1, 0, 0.5), prompts.task_list(), 20) == first
    assert outcomes(create_practice_app(2, 0, 0.5), prompts.task_list(), 20) != first


@pytest.mark.usefixtures("without_pause")
def test_faults_come_at_the_rate_and_evenly() -> None:
    counted = Counter(outcomes(create_practice_app(1, 0, 0.4), "Hi", 1000))
    assert 0.35 <= 1 - counted[None] / 1000 <= 0.45
    assert set(counted) == {None, *NAMES}
    assert max(counted[name] for name in NAMES) < 3 * min(counted[name] for name in NAMES)


def test_no_fault_without_a_rate() -> None:
    assert outcomes(create_practice_app(1, 0, 0), "Hi", 50) == [None] * 50
