"""Drawing a sample: the same seed draws the same examples, on any database."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# What a sample can be drawn evenly from, with its name for people.
STRATA = {
    "pipeline": "How it was made",
    "run": "Run or import",
    "classification": "Classification or not",
    "length": "Length",
}
LENGTHS = ("short", "medium", "long")


@dataclass(frozen=True, slots=True)
class Unit:
    """A candidate that may be drawn. ``instruction`` is its comparable copy, ``parts`` says for every stratum where it
    belongs, except for its length, which is ``characters`` in comparison with the others."""

    candidate_id: int
    version: int
    instruction: str
    characters: int
    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A unit of the sample and the stratum that it was drawn from, empty where there are none."""

    unit: Unit
    stratum: str


def draw(units: Sequence[Unit], size: int, seed: int, *, strata: Sequence[str] = (), one_instance: bool) -> list[Drawn]:
    """Return at most ``size`` of ``units`` in a random order, of each stratum as many as its share.

    ``units`` are sorted by their number. With ``one_instance`` those with the same instruction count as one, of which
    any may be drawn. Every beginning of the result is a random sample too, unless there are strata.
    """
    lot = random.Random(seed)  # noqa: S311 - a draw that can be repeated guards nothing
    frame = one_of_each_instruction(units, lot) if one_instance else list(units)
    by_stratum: dict[str, list[Unit]] = {}
    for unit, stratum in zip(frame, strata_of(frame, strata), strict=True):
        by_stratum.setdefault(stratum, []).append(unit)
    numbers = allocate({stratum: len(those) for stratum, those in by_stratum.items()}, size)
    sample = [Drawn(unit, name) for name in sorted(by_stratum) for unit in lot.sample(by_stratum[name], numbers[name])]
    lot.shuffle(sample)
    return sample


def allocate(counts: Mapping[str, int], size: int) -> dict[str, int]:
    """Return how many of ``size`` go to each stratum in proportion to its count: whole parts first, what is left to the
    largest remainders, by name where they are equal."""
    total = sum(counts.values())
    size = min(size, total)
    exact = {name: divmod(size * count, total) for name, count in counts.items()}
    left = size - sum(whole for whole, _ in exact.values())
    largest = sorted(exact, key=lambda name: (-exact[name][1], name))[:left]
    return {name: whole + (name in largest) for name, (whole, _) in exact.items()}


def one_of_each_instruction(units: Sequence[Unit], lot: random.Random) -> list[Unit]:
    """Return one unit, drawn by lot, of each different instruction, in the order of their first."""
    groups: dict[str, list[Unit]] = {}
    for unit in units:
        groups.setdefault(unit.instruction, []).append(unit)
    return [those[0] if len(those) == 1 else lot.choice(those) for those in groups.values()]


def strata_of(units: Sequence[Unit], strata: Sequence[str]) -> list[str]:
    """Return the stratum of each unit in words, such as ``Alpaca · short``."""
    lengths = _thirds(units) if "length" in strata else {}
    return [
        " · ".join(lengths[unit.candidate_id] if name == "length" else unit.parts[name] for name in strata)
        for unit in units
    ]


def _thirds(units: Sequence[Unit]) -> dict[int, str]:
    ordered = sorted(units, key=lambda unit: (unit.characters, unit.candidate_id))
    return {unit.candidate_id: LENGTHS[3 * place // len(ordered)] for place, unit in enumerate(ordered)}
