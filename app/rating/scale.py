"""The contract of a scale: which answers a question takes, with which keys, and what statistics may make of them."""

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from app.statistics.level import Level

# Letters name the answers that are ranked, and keys give an answer; the rating page keeps these for itself.
LETTERS = "ABCDEFGHI"
RESERVED_KEYS = frozenset("befghktuvxy")
# Each question takes its keys from a row of the keyboard of its own.
POOLS = ("1234567890", "qwriop", "asdjl", "zcnm,.-")


class Kind(StrEnum):
    """What an answer is: one of some words, a level from best to worst, a number, the better one of two answers, or
    an order of all answers."""

    CHOICES = "choices"
    LEVELS = "levels"
    NUMBERS = "numbers"
    PAIRWISE = "pairwise"
    RANKING = "ranking"


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question. ``key`` is pressed to give it and printed on its button."""

    value: str
    label: str
    key: str


@dataclass(frozen=True, slots=True)
class Scale:
    """``choices`` from left to right; those of levels from best to worst. For a ranking they are the places A, B, …
    at which answers are shown, of which there may be fewer."""

    kind: Kind
    level: Level
    choices: tuple[Choice, ...]

    @property
    def compares(self) -> bool:
        """Whether several answers to one instruction are shown instead of the example's own output."""
        return self.kind in {Kind.PAIRWISE, Kind.RANKING}

    @property
    def most_shown(self) -> int:
        """How many answers are shown at most, 0 where the scale compares none."""
        if self.kind is Kind.RANKING:
            return len(self.choices)
        return 2 if self.kind is Kind.PAIRWISE else 0

    @property
    def counts(self) -> bool:
        """Whether every answer is a number, so that differences between two of them mean something."""
        return all(_is_number(choice.value) for choice in self.choices)

    def read(self, answer: str, shown: int = 0) -> str | None:
        """Return ``answer`` as it is stored, None where it is none. ``shown``: how many answers were compared.

        A ranking is the letters of the answers, best first, such as ``BAC``.
        """
        if self.kind is not Kind.RANKING:
            return answer if answer in {choice.value for choice in self.choices} else None
        letters = "".join(each for each in answer.upper() if not each.isspace() and each not in ",>")
        return letters if sorted(letters) == list(LETTERS[:shown]) and shown > 1 else None


def choices_of(*answers: tuple[str, str], pool: int = 0, level: Level = Level.NOMINAL) -> Scale:
    """Return a scale of (value, label) pairs with the keys of a pool."""
    return Scale(Kind.CHOICES, level, _keyed(answers, pool))


def levels_of(*answers: tuple[str, str], pool: int = 0) -> Scale:
    """Return a scale of (value, label) pairs from best to worst."""
    return Scale(Kind.LEVELS, Level.ORDINAL, _keyed(answers, pool))


def numbers(first: int, last: int, pool: int = 0) -> Scale:
    """Return a scale of whole numbers."""
    return Scale(Kind.NUMBERS, Level.INTERVAL, _keyed([(str(n), str(n)) for n in range(first, last + 1)], pool))


def pairwise(pool: int = 0) -> Scale:
    """Return the scale of a comparison of two answers that are shown side by side."""
    sides = [("left", "Left"), ("tie", "Tie"), ("right", "Right")]
    return Scale(Kind.PAIRWISE, Level.NOMINAL, _keyed(sides, pool))


def ranking(most: int, pool: int = 0) -> Scale:
    """Return the scale of an order of up to ``most`` answers."""
    return Scale(Kind.RANKING, Level.ORDINAL, _keyed([(each, each) for each in LETTERS[:most]], pool))


def _is_number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False


def _keyed(answers: "list[tuple[str, str]] | tuple[tuple[str, str], ...]", pool: int) -> tuple[Choice, ...]:
    return tuple(Choice(value, label, key) for (value, label), key in zip(answers, POOLS[pool], strict=False))
