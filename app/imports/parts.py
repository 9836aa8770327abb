"""What people call the parts of an example in their files."""

from collections.abc import Collection, Mapping, Sequence

# The first name is the part's own; of several that a record has, the earliest counts.
NAMES: Mapping[str, Sequence[str]] = {
    "instruction": ("instruction", "question", "prompt", "query"),
    "input": ("input", "context"),
    "output": ("output", "response", "completion", "answer"),
}
KNOWN = frozenset(name for names in NAMES.values() for name in names)

# For each part, which keys hold it, the one that counts first.
Mapped = Mapping[str, Sequence[str]]


def mapped(keys: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return which of ``keys`` hold which part, whatever their case; a part that none holds has none."""
    return {
        part: tuple(key for name in names for key in sorted(keys, key=lambda key: key != name) if folded(key) == name)
        for part, names in NAMES.items()
    }


def folded(key: str) -> str:
    """Return a key as keys are compared."""
    return key.strip().casefold()
