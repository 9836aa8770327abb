"""Admission run again: which instructions novelty would have let in, had its limit been another.

A replay is an ordered list of what happened to a pool. Novelty alone decides anew:

- ``Ask``: an instruction that novelty was asked about. It is let in where nothing in the pool is above the limit, and
  then joins the pool where ``joins`` says so. In a run an instruction joins as soon as it is let in where its instance
  is written afterwards, whatever becomes of that instance; where it came whole, it joins only if the filters of
  instances let it through, too.
- ``Join``: a text that is in the pool whatever the limit: a seed task, or an instruction that isn't replayed.
- ``Leave``: a text that was taken out of the pool, as a seed task that was retired.

What no replay can know: which demonstrations another pool would have shown, and so what the model would have written;
the instance of an instruction that was never asked for one; whether such an instance would have been kept.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

from app.screening.pool import Pool
from app.screening.tokenizer import Tokenizer
from app.screening.tokenizers import DEFAULT

LIMITS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
ALL = (1 << len(LIMITS)) - 1
_TELL_EVERY = 500


@dataclass(frozen=True, slots=True)
class Ask:
    """An instruction that novelty decides on; let in, it joins the pool where ``joins``."""

    key: Hashable
    text: str
    joins: bool = True


@dataclass(frozen=True, slots=True)
class Join:
    """A text that joins the pool whatever the limit."""

    key: Hashable
    text: str


@dataclass(frozen=True, slots=True)
class Leave:
    """The member with this key leaves the pool; where there is none, nothing happens."""

    key: Hashable


Step = Ask | Join | Leave


def replay(
    steps: Sequence[Step],
    tokenizer: Tokenizer = DEFAULT,
    tell: Callable[[int, int], None] = lambda _done, _of: None,
) -> dict[Hashable, int]:
    """Return for each ``Ask`` at which of ``LIMITS`` it is let in: bit n stands for the n-th limit.

    One pool is held at a time. ``tell`` hears now and then how many steps of how many are done, at all limits on
    average; what it raises ends the replay.
    """
    masks = {step.key: 0 for step in steps if isinstance(step, Ask)}
    for place, limit in enumerate(LIMITS):
        for done, key in let_in(steps, Pool(tokenizer, limit)):
            if key is not None:
                masks[key] |= 1 << place
            if done % _TELL_EVERY == 0:
                tell((place * len(steps) + done) // len(LIMITS), len(steps))
    return masks


def let_in(steps: Sequence[Step], pool: Pool) -> Iterator[tuple[int, Hashable | None]]:
    """Carry the steps out on an empty ``pool``, whose threshold is the limit.

    Yields after each step how many are done, and the key of what it let in: None for a ``Join``, a ``Leave`` and an
    instruction that is too similar.
    """
    for done, step in enumerate(steps, 1):
        yield done, _carry_out(step, pool)


def _carry_out(step: Step, pool: Pool) -> Hashable | None:
    match step:
        case Join(key, text):
            pool.add(key, text)
        case Leave(key):
            pool.remove(key)
        case Ask(key, text, joins) if pool.above(text) is None:
            if joins:
                pool.add(key, text)
            return key
    return None


def place_of(limit: str) -> int | None:
    """Return the place of a limit, written with two decimals or fewer, among ``LIMITS``; None where it isn't there."""
    return _PLACES.get(limit)


_PLACES = {written: place for place, limit in enumerate(LIMITS) for written in (f"{limit:.2f}", str(limit))}
