"""When the failures of a run's calls mean that its further ones would fail, too. Pure.

Each purpose is looked at by itself: that proposals are answered says nothing of questions that are all refused.
"""

from collections import Counter
from collections.abc import Iterable

from app.llm.reading import FATAL, FATAL_AT_FIRST, Reading
from app.models.generation import CallOutcome

# So many failures of one purpose in a row mean that the endpoint is not what it should be.
_MOST = 24
# So many where no call of the purpose was ever answered, and the server did take its time to read each of them.
_MOST_AT_FIRST = 8
_SAID_OF_IT = frozenset({CallOutcome.BAD_REQUEST, CallOutcome.EMPTY, CallOutcome.USED_UP, CallOutcome.UNREADABLE})


class Failures:
    """What failed of each purpose since a call of it was answered. ``answered`` names those that ever had an answer."""

    def __init__(self, answered: Iterable[str]) -> None:
        self.verdict: str | None = None
        self.last = ""
        self._answered = set(answered)
        self._in_a_row: Counter[str] = Counter()
        self._unanswered: dict[str, str] = {}

    @property
    def is_answered(self) -> bool:
        """Whether any call was ever answered."""
        return bool(self._answered)

    @property
    def unanswered(self) -> str:
        """What was said last of a purpose that failed and was never answered, empty where there is none."""
        return next(reversed(self._unanswered.values()), "")

    def forget(self, purpose: str) -> None:
        """Take note that a call was answered."""
        self._answered.add(purpose)
        self._in_a_row[purpose] = 0
        self._unanswered.pop(purpose, None)

    def add(self, purpose: str, reading: Reading, *, counts: bool) -> None:
        """Take note of a failed call. ``counts``: it is the call's own failure, not that of a server that is away.

        ``verdict`` is then why the run has failed, where it has.
        """
        self.last = reading.sentence
        if purpose not in self._answered:
            self._unanswered.pop(purpose, None)
            self._unanswered[purpose] = reading.sentence
        if reading.outcome in (FATAL if self.is_answered else FATAL_AT_FIRST):
            self.verdict = reading.sentence
            return
        self._in_a_row[purpose] += counts
        never = purpose not in self._answered and reading.outcome in _SAID_OF_IT
        if self._in_a_row[purpose] >= (most := _MOST_AT_FIRST if never else _MOST):
            self.verdict = f"{most} calls in a row failed. The last one: {reading.sentence}"
