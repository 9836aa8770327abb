"""What changed from one text to another, by words."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal

Kind = Literal["same", "gone", "new"]
Changes = list[tuple[Kind, str]]

_WORD = re.compile(r"\s+|\w+|[^\w\s]")
# Of lines that were put in others' place, so many words are compared one by one.
_MOST_WORDS = 1_000


def changes_between(before: str, after: str) -> Changes:
    """Return both texts in one, in pieces; those that are not gone joined are ``after``, those not new ``before``."""
    changes: Changes = []
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for kind, i, j, k, m in SequenceMatcher(None, old, new).get_opcodes():
        gone, come = "".join(old[i:j]), "".join(new[k:m])
        if kind == "equal":
            changes.append(("same", gone))
        else:
            changes += _by_words(gone, come)
    return _joined(changes)


def _by_words(gone: str, come: str) -> Changes:
    old, new = _WORD.findall(gone), _WORD.findall(come)
    if len(old) + len(new) > _MOST_WORDS:
        return [("gone", gone), ("new", come)]
    changes: Changes = []
    for kind, i, j, k, m in SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            changes.append(("same", "".join(old[i:j])))
        else:
            changes += [("gone", "".join(old[i:j])), ("new", "".join(new[k:m]))]
    return changes


def _joined(changes: Sequence[tuple[Kind, str]]) -> Changes:
    joined: Changes = []
    for kind, text in changes:
        if joined and joined[-1][0] == kind:
            joined[-1] = (kind, joined[-1][1] + text)
        elif text:
            joined.append((kind, text))
    return joined
