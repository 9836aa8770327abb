"""When a run has had enough: its targets, and what it may still send. Pure."""

import math
from dataclasses import dataclass

# A run that brings nothing new for so many rounds in a row would never reach its target.
STALLED_ROUNDS = 40
# Before a run has shown what a round brings, one round at a time per caller is no waste.
_FIRST_GUESS = 4.0
# Most accepted instructions get a usable instance; it only serves to not send far more than is needed.
_FINISHES = 0.9


@dataclass(slots=True)
class Budget:
    """What a run was told to reach and how far it is; a target of None is not set.

    ``calls`` are finished and started ones; ``left`` is what may still be spent, in nano-dollars, None without a limit.
    """

    target_kept: int | None
    target_calls: int | None
    left: int | None = None
    kept: int = 0
    unfinished: int = 0
    rounds: int = 0
    barren_rounds: int = 0
    calls: int = 0

    def affords(self, worst_cost: int) -> bool:
        """Return whether one more call that costs at most ``worst_cost`` stays within the limits."""
        if self.target_calls is not None and self.calls + 1 > self.target_calls:
            return False
        return self.left is None or worst_cost <= self.left

    def take(self, worst_cost: int) -> None:
        """Count one more call."""
        self.calls += 1
        if self.left is not None:
            self.left -= worst_cost

    def wants_rounds(self, outstanding: int) -> bool:
        """Return whether another round is worth sending while ``outstanding`` ones have not been taken in yet."""
        if self.target_kept is None:
            return True
        expected = self.unfinished * _FINISHES
        missing = self.target_kept - self.kept - expected
        a_round = (self.kept + expected) / self.rounds if self.rounds else _FIRST_GUESS
        return missing > 0 and outstanding < math.ceil(missing / max(a_round, 0.5))

    def ending(self) -> str | None:
        """Return why the run is done, as a sentence, or None where it goes on."""
        if self.target_kept is not None and self.kept >= self.target_kept:
            return f"Reached its target: {self.kept:,} kept."
        if self.target_calls is not None and self.calls >= self.target_calls:
            return f"Reached its limit of {self.target_calls:,} calls."
        if self.barren_rounds >= STALLED_ROUNDS:
            return (
                f"Stopped: {STALLED_ROUNDS} completions in a row brought nothing new. "
                "Add seed tasks or try another model."
            )
        return None
