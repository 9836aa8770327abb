"""The contract of a format: how a release is written to a file. Its members are in ``formats/``."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from app.errors import InvalidInput
from app.text import clean

_LONGEST_VALUE = 60
AS_USUAL: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Option:
    """Something about a file that can be chosen. ``name`` is typed on the command line, ``label`` and ``help`` are for
    people. Where there are ``choices`` (as typed, and for people) it is one of them, else a short text.
    """

    name: str
    label: str
    help: str
    default: str = ""
    choices: tuple[tuple[str, str], ...] = ()

    def value_in(self, chosen: Mapping[str, str]) -> str:
        """Return what was chosen, or what is usual."""
        return chosen.get(self.name, self.default)


WITH_PLACES = Option(
    "places",
    "Can be imported again",
    "A key “tamis” in each line says where in the prompt instruction and input stand. trl, Axolotl and LLaMA-Factory "
    "read past it; a service that refuses keys it doesn’t know, such as Together, needs a file without it.",
    "yes",
    (("yes", "Yes: with the key “tamis”"), ("no", "No: nothing but what trainers read")),
)


class Format(Protocol):
    """``name`` is typed on the command line, ``label`` and ``description`` are for people, ``suffix`` ends the file.

    ``holds_all``: it writes every record; the others leave out what was frozen with a blank output, see ``record.py``.
    """

    name: str
    label: str
    description: str
    suffix: str
    media_type: str
    holds_all: bool
    options: tuple[Option, ...]

    def write(self, records: Iterable[bytes], chosen: Mapping[str, str] = AS_USUAL) -> Iterator[bytes]:
        """Yield the file's bytes piece by piece; ``records`` are the canonical JSON lines of a release, in order.

        ``chosen`` is what ``choose`` returned.
        """
        ...


def choose(format_: Format, given: Mapping[str, str]) -> dict[str, str]:
    """Return the options of a format as somebody chose them, by name. Raises InvalidInput for what it doesn't have."""
    options = {option.name: option for option in format_.options}
    for name, value in given.items():
        if name not in options:
            there = f"It has: {', '.join(options)}." if options else "It has none."
            raise InvalidInput(f"The format “{format_.name}” has no option “{name}”. {there}", field=name)
        _check(options[name], value)
    return dict(given)


def _check(option: Option, value: str) -> None:
    clean(value, option.label, limit=_LONGEST_VALUE)
    known = [each for each, _ in option.choices]
    if known and value not in known:
        raise InvalidInput(f"“{option.name}” must be one of: {', '.join(known)}.", field=option.name)
