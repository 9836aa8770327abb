"""The contract of a tokenizer: what counts as a word when texts are compared. Its members are in ``tokenizers/``."""

from typing import Protocol


class Tokenizer(Protocol):
    """Cuts texts into words. ``name`` is stored with a run, ``label`` and ``description`` are shown to people."""

    name: str
    label: str
    description: str

    def tokens(self, text: str) -> list[str]:
        """Return the words of ``text`` as they are compared, in order."""
        ...

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where each of ``tokens(text)`` stands in ``text``: its start and its end, in characters."""
        ...
