"""How far ahead of what it has taken in a run may ask, and what it may show by then.

A round shows what was kept up to an earlier round, which only the run's own past decides: not how long answers take,
and not how many calls fly at the same time. So the same seed repeats the same prompts at any speed.

While nothing is kept few rounds are asked ahead, five as in the published script: each is missed in the next prompts;
every round that brings something lets two more be asked ahead. So the first prompts show kept examples, and after a few
times that an answer takes there are enough under way to fill any number of calls at the same time.
"""

from bisect import bisect_left
from collections.abc import Sequence

from app.generation.pipeline import Demonstration

# A run whose prompts show seed tasks or chosen examples alone waits for nothing. So many rounds may wait to be taken in
# at most, behind one that is late: twice as many as calls can fly.
_WAITING = 512
_FIRST, _MORE, _WIDEST = 5, 2, 128


class Window:
    """What was kept by the rounds of a run that were taken in, in their order.

    ``fixed`` is how many rounds the drawing lags behind; 0: as this module says, which earlier versions did not.
    """

    def __init__(self, fixed: int, *, shows_kept: bool) -> None:
        self._fixed, self._shows_kept = fixed, shows_kept
        self._kept: list[Demonstration] = []
        # The round of each, which never falls, and each such round once.
        self._kept_in: list[int] = []
        self._useful: list[int] = []

    def add(self, kept: Demonstration, round_: int) -> None:
        """Add what a round kept; no later round has added anything yet."""
        self._kept.append(kept)
        self._kept_in.append(round_)
        if not self._useful or self._useful[-1] != round_:
            self._useful.append(round_)

    def reach(self, taken_in: int) -> int:
        """Return the first round that may not be asked while only the first ``taken_in`` ones are taken in."""
        if not self._shows_kept:
            return taken_in + _WAITING
        if self._fixed:
            return taken_in + self._fixed
        return taken_in + min(_WIDEST, _FIRST + _MORE * bisect_left(self._useful, taken_in))

    def shown_to(self, round_: int) -> Sequence[Demonstration]:
        """Return what the prompt of a round may show: what was kept before the round that made room for it."""
        if not self._shows_kept:
            return ()
        return self._kept[: bisect_left(self._kept_in, self._lagged(round_))]

    def _lagged(self, round_: int) -> int:
        if self._fixed:
            return round_ - self._fixed
        # Each round taken in reaches further than the one before it, so they can be searched.
        return bisect_left(range(round_ + 1), round_ + 1, key=self.reach)
