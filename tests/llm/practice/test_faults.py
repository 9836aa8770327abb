"""The registry of faults: their names, which of them are drawn, and that they name themselves."""

import re
import time
from collections import Counter
from pathlib import Path

import httpx2
import openai
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.cli import app as command
from app.llm.practice.fault import HEADER
from app.llm.practice.faults import FAULTS, GROUPS, faults_named
from app.llm.practice.faults.connections import CONNECTIONS
from app.llm.practice.server import create_practice_app
from tests.llm.practice import prompts
from tests.llm.practice.asking import serving

NAMES = [fault.name for fault in FAULTS]
ON_THE_WIRE = {fault.name for fault in CONNECTIONS}
PAGE = (Path(__file__).parents[3] / "docs" / "practice-model.md").read_text().partition("## Faults")[2]


def post(name: str, path: str = "completions") -> httpx2.Response:
    """Return the answer to a request that meets a fault for certain."""
    body = {"prompt": "Hi"} if path == "completions" else {"messages": [{"role": "user", "content": "Hi"}]}
    with TestClient(create_practice_app(7, 0, 1.0, [name])) as client:
        return client.post(f"/v1/{path}", json=body, follow_redirects=False)


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len(set(NAMES)) == len(NAMES) >= 50
    assert all(re.fullmatch("[a-z][a-z0-9_]+", name) for name in NAMES)


def test_every_fault_is_documented() -> None:
    listed = [
        name for line in re.findall(r"^\| .+ \| (`.+) \|$", PAGE, re.MULTILINE) for name in re.findall(r"`(\w+)`", line)
    ]
    assert listed == NAMES
    assert all(f"| {group} |" in PAGE for group in GROUPS)
    lasting = {fault.name for fault in FAULTS if not fault.passes}
    assert {name for name in NAMES if f"`{name}`\\*" in PAGE} == lasting


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ON_THE_WIRE | {"false_gzip", "twice_packed"}])
def test_a_fault_names_itself(name: str) -> None:
    assert post(name).headers[HEADER] == name


@pytest.mark.parametrize("name", ["rate_limit", "null_choices", "null_content", "missing_usage", "refusal", "gzip"])
def test_what_was_planted_is_told_where_it_arrives(name: str) -> None:
    practice = post(name).json()["practice"]
    assert practice["fault"] == name
    assert bool(practice["choices"]) is (name in {"missing_usage", "gzip"})


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("rate_limit", openai.RateLimitError),
        ("wrong_key", openai.AuthenticationError),
        ("overloaded", openai.InternalServerError),
    ],
)
def test_failing_statuses_reach_the_sdk(name: str, error: type[openai.APIStatusError]) -> None:
    with (
        serving(fault_rate=1.0, faults=[name]) as url,
        openai.OpenAI(base_url=url, api_key="any", max_retries=0) as client,
        pytest.raises(error) as caught,
    ):
        client.completions.create(model="m", prompt="Hi")
    assert caught.value.code == name


def test_a_slow_answer_is_whole_in_the_end() -> None:
    with serving(fault_rate=1.0, faults=["slow_drip"]) as slow, serving() as plain:
        body = {"prompt": prompts.task_list()}
        started = time.monotonic()
        dripped = httpx2.post(f"{slow}/completions", json=body).json()
        assert 0.9 <= time.monotonic() - started < 3
        assert dripped["choices"] == httpx2.post(f"{plain}/completions", json=body).json()["choices"]


@pytest.mark.parametrize("name", ["never_answers", "late_answer", "endless_drip", "endless_slow_headers"])
def test_a_server_that_waits_lets_go_when_the_client_leaves(name: str) -> None:
    started = time.monotonic()
    with serving(fault_rate=1.0, faults=[name]) as url, pytest.raises(httpx2.TimeoutException):
        httpx2.post(f"{url}/completions", json={"prompt": "Hi"}, timeout=0.05)
    assert time.monotonic() - started < 5


def fault_of(client: TestClient, number: int) -> str:
    return client.post("/v1/completions", json={"prompt": str(number)}, follow_redirects=False).headers.get(HEADER, "")


def test_the_rate_is_kept() -> None:
    with TestClient(create_practice_app(3, 0, 0.3, ["rate_limit", "null_choices"])) as client:
        met = [fault_of(client, number) for number in range(400)]
    assert 80 <= sum(bool(name) for name in met) <= 160
    assert set(met) == {"", "rate_limit", "null_choices"}


def test_faults_come_evenly() -> None:
    names = ["rate_limit", "refusal", "gzip", "null_choices"]
    with TestClient(create_practice_app(1, 0, 1.0, names)) as client:
        counted = Counter(fault_of(client, number) for number in range(400))
    assert set(counted) == set(names)
    assert max(counted.values()) < 1.6 * min(counted.values())


def test_no_fault_without_a_rate() -> None:
    with TestClient(create_practice_app(1, 0, 0, ["refusal"])) as client:
        assert {fault_of(client, number) for number in range(50)} == {""}


def test_a_request_that_is_sent_again_meets_another_fate() -> None:
    with TestClient(create_practice_app(3, 0, 0.5, ["rate_limit"])) as client:
        fates = Counter(fault_of(client, 1) for _ in range(40))
    assert len(fates) == 2


def test_the_same_seed_meets_the_same_faults() -> None:
    def faults(seed: int) -> list[str]:
        with TestClient(create_practice_app(seed, 0, 0.5, ["rate_limit", "html_page", "null_choices"])) as client:
            return [fault_of(client, number) for number in range(30)]

    assert faults(5) == faults(5) != faults(6)


def test_without_names_only_what_passes_is_drawn() -> None:
    assert faults_named(()) == tuple(fault for fault in FAULTS if fault.passes)
    assert faults_named(["all"]) == FAULTS
    assert [fault.name for fault in faults_named(["refusal", "wrong_key"])] == ["refusal", "wrong_key"]


def test_a_name_that_no_fault_has_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="no fault named gremlins. There are: rate_limit, "):
        create_practice_app(faults=["gremlins", "refusal"])
    refused = CliRunner().invoke(command, ["practice-model", "--fault", "gremlins", "--fault-rate", "1"])
    assert refused.exit_code == 2
    assert "no fault named gremlins" in refused.output + refused.stderr
