"""What can go wrong on the way: every fault has a name and an answer of its own."""

from collections.abc import Sequence
from random import Random

from app.llm.practice.fault import Fault
from app.llm.practice.faults.bodies import NO_COMPLETIONS, PACKINGS
from app.llm.practice.faults.completions import CONTENTS, COUNTS, SHAPES
from app.llm.practice.faults.connections import CONNECTIONS
from app.llm.practice.faults.statuses import LIMITS, STATUSES

GROUPS: dict[str, tuple[Fault, ...]] = {
    "Too many requests": LIMITS,
    "Other statuses": STATUSES,
    "No completion": NO_COMPLETIONS,
    "Packed or labelled wrongly": PACKINGS,
    "Completion of another shape": SHAPES,
    "Text that is not as it should be": CONTENTS,
    "Counts and names": COUNTS,
    "Connection": CONNECTIONS,
}
FAULTS: tuple[Fault, ...] = tuple(fault for group in GROUPS.values() for fault in group)
ALL = "all"


def faults_named(names: Sequence[str]) -> tuple[Fault, ...]:
    """Return the faults of these names, every one for "all", those that pass for none.

    Raises ValueError for a name that no fault has.
    """
    if ALL in names:
        return FAULTS
    by_name = {fault.name: fault for fault in FAULTS}
    if unknown := [name for name in names if name not in by_name]:
        raise ValueError(f"There is no fault named {', '.join(unknown)}. There are: {', '.join(by_name)}.")
    return tuple(by_name[name] for name in names) or tuple(fault for fault in FAULTS if fault.passes)


def choose(faults: Sequence[Fault], rate: float, rng: Random) -> Fault | None:
    """Return a fault with the given probability, each as likely as the others."""
    return rng.choice(faults) if rng.random() < rate else None
