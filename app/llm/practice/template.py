"""Sentences with slots that can be filled in and read back."""

import re
from collections.abc import Mapping
from random import Random
from string import Formatter

Words = tuple[str, ...] | range
Slots = dict[str, str]


class Template:
    """A sentence such as "Multiply {n} by {m}.", with the words each slot may take.

    A slot whose name ends in a digit takes the words of the name without it, and never the same word as its
    sibling: "{name} meets {name2}" names two people. A slot without a vocabulary stands for any text.
    """

    def __init__(self, text: str, vocabulary: Mapping[str, Words]) -> None:
        self.text = text
        self._vocabulary = vocabulary
        self._parts = [(literal, slot) for literal, slot, _, _ in Formatter().parse(text)]
        self._literals = [literal for literal, _ in self._parts if literal]
        self._prefix = self._parts[0][0]
        self._pattern: re.Pattern[str] | None = None

    def fill(self, rng: Random, given: Mapping[str, str] | None = None) -> tuple[str, Slots]:
        """Return the sentence and the words put in its slots; given words are kept as they are."""
        slots: Slots = dict(given or {})
        pieces: list[str] = []
        for literal, slot in self._parts:
            pieces.append(literal)
            if slot is None:
                continue
            if slot not in slots:
                slots[slot] = self._choose(rng, slot, slots)
            pieces.append(slots[slot])
        return "".join(pieces), slots

    def read(self, text: str) -> Slots | None:
        """Return the words in the slots when the text was written from this template, else None."""
        if not text.startswith(self._prefix) or any(literal not in text for literal in self._literals):
            return None
        if self._pattern is None:
            self._pattern = re.compile(self._expression(), re.DOTALL)
        match = self._pattern.fullmatch(text)
        return match.groupdict() if match else None

    def _words(self, slot: str) -> Words | None:
        return self._vocabulary.get(slot) or self._vocabulary.get(slot.rstrip("0123456789"))

    def _choose(self, rng: Random, slot: str, slots: Slots) -> str:
        words = self._words(slot)
        if words is None:
            raise KeyError(f"The slot {slot} of {self.text!r} has no words.")
        base = slot.rstrip("0123456789")
        taken = {word for name, word in slots.items() if name.rstrip("0123456789") == base}
        word = str(rng.choice(words))
        while word in taken:
            word = str(rng.choice(words))
        return word

    def _expression(self) -> str:
        pieces: list[str] = []
        seen: set[str] = set()
        for literal, slot in self._parts:
            pieces.append(re.escape(literal))
            if slot is None:
                continue
            pieces.append(f"(?P={slot})" if slot in seen else f"(?P<{slot}>{self._choices(slot)})")
            seen.add(slot)
        return "".join(pieces)

    def _choices(self, slot: str) -> str:
        words = self._words(slot)
        if words is None:
            return ".+"
        if isinstance(words, range):
            # Any number of as many digits is understood, and none so long that the answer would take for ever.
            return rf"[0-9]{{1,{len(str(words[-1]))}}}"
        return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
