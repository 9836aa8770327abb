"""The texts that a candidate must differ from: seed tasks and kept candidates of one project."""

from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A member of the pool beside a probe: its key, its text and their ROUGE-L F1."""

    key: Hashable
    text: str
    score: float


class Pool:
    """Texts with keys, searchable by ROUGE-L F1. Exact: every member is compared."""

    def add(self, key: Hashable, text: str) -> None:
        """Add a member, or replace the text of the member with this key."""
        raise KeyError

    def remove(self, key: Hashable) -> None:
        """Remove a member; a key that isn't there is left alone."""

    def nearest(self, text: str, limit: int = 10) -> list[Neighbour]:
        """Return the ``limit`` most similar members, best first, ties in the order in which they were added."""
        return []
