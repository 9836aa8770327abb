"""How long work takes, counted so that neither a busy machine nor a collection of garbage is taken for slow code."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail where the block takes more than ``seconds`` of this thread's processor time.

    A full collection in a process that ran thousands of tests takes more than a second, wherever it falls.
    """
    gc.disable()
    began = time.thread_time()
    try:
        yield
        took = time.thread_time() - began
    finally:
        gc.enable()
    assert took < seconds, f"took {took:.2f} s of {seconds} s"
