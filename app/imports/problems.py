"""What is wrong with a file, said once for all the records that it is true of."""

from app.errors import ImportRefused
from app.imports.broken import Place
from app.text import tidy_name

_MOST_SENTENCES = 20
_MOST_PLACES = 5
# The names of keys are quoted, and they may be long.
_LONGEST = 2_000


class Problems:
    """The first sentences with the first places that each is true of, and how many problems there are."""

    def __init__(self) -> None:
        self.count = 0
        self._places: dict[str, list[Place]] = {}
        self._counts: dict[str, int] = {}
        self._has_more = False

    def add(self, place: Place, sentence: str) -> None:
        """Add what is wrong with a record, or with the file where ``place`` names no record.

        A sentence may quote the file: what nobody sees is taken out.
        """
        shortened = sentence if len(sentence) <= _LONGEST else f"{sentence[:_LONGEST]} …"
        sentence = tidy_name(shortened, limit=_LONGEST + 2)
        self.count += 1
        if sentence not in self._counts and len(self._counts) == _MOST_SENTENCES:
            self._has_more = True
            return
        self._counts[sentence] = self._counts.get(sentence, 0) + 1
        places = self._places.setdefault(sentence, [])
        if len(places) < _MOST_PLACES:
            places.append(place)

    def refusal(self, what_failed: str) -> ImportRefused:
        """Return the refusal of the file; ``what_failed`` as in “Nothing was imported”."""
        many = f"{self.count:,} problem{'s' if self.count != 1 else ''}"
        shown = f"; the first {_MOST_SENTENCES} kinds are shown" if self._has_more else ""
        if self.count == 1 and (alone := next(iter(self._counts))) and not self._where(alone):
            return ImportRefused(f"{what_failed}. {alone}", [])
        told = [f"{self._where(sentence)}{sentence}" for sentence in self._counts]
        return ImportRefused(f"{what_failed}: the file has {many}{shown}.", told)

    def _where(self, sentence: str) -> str:
        count, places = self._counts[sentence], self._places[sentence]
        if count == 1:
            return f"{places[0]}: " if str(places[0]) else ""
        if count > len(places):
            return f"{count:,} records, the first is {str(places[0]).lower()}: "
        named = [str(place).removeprefix("Record ") for place in places]
        return f"Records {', '.join(named[:-1])} and {named[-1]}: "
