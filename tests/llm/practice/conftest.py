from collections.abc import Iterator

import openai
import pytest

from tests.llm.practice.asking import serving


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture
def client(base_url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=base_url, api_key="any", max_retries=0) as client:
        yield client
