"""Ways to reach the practice model, with and without a server between."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any

import uvicorn

from app.llm.practice.completions import complete
from app.llm.practice.protocol import Asked
from app.llm.practice.server import create_practice_app


def draws(seed: int | str) -> Random:
    """Return a generator whose draws can be repeated."""
    return Random(seed)  # noqa: S311 - guards nothing


@contextmanager
def serving(
    seed: int = 7, latency_ms: int = 0, fault_rate: float = 0.0, faults: Sequence[str] = (), **manner: Any
) -> Iterator[str]:
    """Serve the practice model from a thread and give its base address."""
    app = create_practice_app(seed, latency_ms, fault_rate, faults, **manner)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join()


def ask(
    prompt: str,
    seed: int = 0,
    stops: tuple[str, ...] = (),
    max_tokens: int | None = None,
    choices: int = 1,
    system: str = "",
) -> dict[str, Any]:
    """Return the response to a prompt without a server between."""
    asked = Asked(prompt, system, choices, stops, max_tokens)
    return complete(asked, chat=False, seed=seed, canonical=prompt.encode())


def text_of(payload: dict[str, Any]) -> str:
    """Return the text of the first choice."""
    return str(payload["choices"][0]["text"])


def planted(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what was planted in the first choice."""
    items: list[dict[str, Any]] = payload["practice"]["choices"][0]["items"]
    return items
