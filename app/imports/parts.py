"""What people call the parts of an example in their files."""

from collections.abc import Collection, Mapping, Sequence

from app.errors import InvalidInput
from app.text import repair, tidy_name

LONGEST_KEY = 1_000
_LONGEST_SHOWN = 100
# What stands for a key that is empty or shows nothing.
_NAMELESS = "(no name)"

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


def shown_name(key: str) -> str:
    """Return the name of a key as it can be shown and stored, whatever the file calls it and however long that is."""
    name = tidy_name(key[: _LONGEST_SHOWN + 1], limit=_LONGEST_SHOWN) or _NAMELESS
    return name if len(key) <= _LONGEST_SHOWN else f"{name[: _LONGEST_SHOWN - 1]}…"


def refuse_key(key: str) -> None:
    """Raise InvalidInput where a key can't be stored, or is too long for one."""
    if key != repair(key, limit=len(key)):
        sentence = f"The name of the key “{shown_name(key)}” holds a character that can’t be stored. Rename the key."
        raise InvalidInput(sentence)
    if len(key) > LONGEST_KEY:
        many = f"has {len(key):,} characters; at most {LONGEST_KEY:,} are taken"
        raise InvalidInput(f"The name of the key “{shown_name(key)}” {many}. Rename the key.")
