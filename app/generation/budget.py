"""When a run has had enough: its targets, and what it may still send. Pure."""

import math
from dataclasses import dataclass

# A run that brings nothing new for so many rounds in a row would never reach its target.
STALLED_ROUNDS = 40
# What a round brings is guessed at first, high so as not to send too many, and the guess counts as so many rounds.
_FIRST_GUESS, _ROUNDS_OF_GUESS = 12.0, 4
# Most accepted instructions get a usable instance, some several.
_FINISHES, _INSTRUCTIONS_OF_GUESS = 0.9, 8


@dataclass(slots=True)
class Budget:
    """What a run was told to reach and how far it is; a target of None is not set.

    ``calls`` are finished and started ones; ``left`` is what may still be spent, in nano-dollars, None without a limit.
    Of the ``unfinished`` instructions a question is under way about ``asked``; those that are no more are ``finished``.
    The last ``barren_rounds`` brought nothing new; the completions of ``cut_off`` of them were not whole.
    """

    target_kept: int | None
    target_calls: int | None
    left: int | None = None
    kept: int = 0
    unfinished: int = 0
    asked: int = 0
    finished: int = 0
    rounds: int = 0
    barren_rounds: int = 0
    cut_off: int = 0
    calls: int = 0

    @property
    def has_enough(self) -> bool:
        """Whether it was told how much to keep, and has it."""
        return self.target_kept is not None and self.kept >= self.target_kept

    @property
    def is_stalled(self) -> bool:
        """Whether nothing new has come for so long that nothing will."""
        return self.barren_rounds >= STALLED_ROUNDS

    @property
    def has_all_calls(self) -> bool:
        """Whether it was told how many calls to make, and none is left."""
        return self.target_calls is not None and self.calls >= self.target_calls

    def affords(self, worst_cost: int) -> bool:
        """Return whether one more call that costs at most ``worst_cost`` stays within the limits."""
        if self.has_all_calls:
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
        expected = self.unfinished * self._an_instruction
        missing = self.target_kept - self.kept - expected
        brought = self.kept + expected + _FIRST_GUESS * _ROUNDS_OF_GUESS
        a_round = brought / (self.rounds + _ROUNDS_OF_GUESS)
        return missing > 0 and outstanding < math.ceil(missing / max(a_round, 0.5))

    def wants_questions(self) -> bool:
        """Return whether another question is worth sending: not where enough would be kept by those under way."""
        return self.target_kept is None or self.asked < math.ceil((self.target_kept - self.kept) / self._an_instruction)

    @property
    def _an_instruction(self) -> float:
        """How many examples an accepted instruction brings."""
        brought = self.kept + _FINISHES * _INSTRUCTIONS_OF_GUESS
        return max(brought / (self.finished + _INSTRUCTIONS_OF_GUESS), 0.1)

    def ending(self) -> str | None:
        """Return why the run is done, as a sentence, or None where it goes on."""
        if self.has_enough:
            return f"Reached its target: {self.kept:,} kept."
        if self.has_all_calls:
            return f"Reached its limit of {self.target_calls:,} calls."
        if self.is_stalled and 2 * self.cut_off > self.barren_rounds:
            return (
                f"Stopped: of the last {self.barren_rounds} completions, which brought nothing new, {self.cut_off} "
                "were cut off at their largest length. Raise that length, or ask for less in each."
            )
        if self.is_stalled:
            return (
                f"Stopped: {STALLED_ROUNDS} completions in a row brought nothing new. "
                "Add seed tasks or try another model."
            )
        return None
