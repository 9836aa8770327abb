"""The words of the package rouge_score, which the published sets were made with: English letters and digits only."""

import re

_WORD = re.compile("[a-z0-9]+")


class Rouge:
    name = "rouge"
    label = "As published (English letters and digits)"
    description = (
        "Every character outside a-z and 0-9 parts words, as in the published pipelines. "
        "Texts in other scripts have no words at all, so their repetitions are not seen."
    )

    def tokens(self, text: str) -> list[str]:
        """Return the words of ``text`` in lower case, without stemming."""
        return _WORD.findall(text.lower())

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where each of ``tokens(text)`` stands in ``text``: its start and its end, in characters."""
        # Lower-casing can lengthen a text ("İ" becomes two characters), so places are carried along.
        lowered = [(letter, place) for place, character in enumerate(text) for letter in character.lower()]
        words = _WORD.finditer("".join([letter for letter, _ in lowered]))
        return [(lowered[word.start()][1], lowered[word.end() - 1][1] + 1) for word in words]
