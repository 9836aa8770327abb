"""Several threads that do something at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def race(*runners: Callable[[], Any]) -> list[Any]:
    """Start all ``runners`` at once; return what each returned or raised, in their order."""
    start = threading.Barrier(len(runners))

    def run(runner: Callable[[], Any]) -> Any:
        start.wait(timeout=10)
        try:
            return runner()
        except Exception as error:  # noqa: BLE001 - what was raised is the result
            return error

    with ThreadPoolExecutor(len(runners)) as threads:
        return list(threads.map(run, runners))
