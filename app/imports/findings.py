"""What is found out about a file while it is read: what is wrong with it, and what it holds beyond its examples."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import InvalidInput
from app.examples import Example
from app.imports.extras import Choices, odd_numbers_in, sort_out
from app.imports.first_look import FirstLook
from app.imports.parts import NAMES, shown_name
from app.imports.problems import Problems
from app.imports.reader import Incoming
from app.text import as_it_came, tidy_name

_MOST_NAMES = 50
_LONGEST = 8_000
# What data sets write where there is nothing.
_PLACEHOLDERS = frozenset(("<noinput>", "<nooutput>", "no input", "noinput", "n/a", "none", "null", "nan"))
_ASK = (
    "“{}” holds text, and an example has no such part. Say what becomes of it: leave it out, put it before the input "
    "or keep it as metadata (in a terminal: --extra {}=leave-out, before-input or metadata)."
)


@dataclass(frozen=True, slots=True)
class Arrived:
    """An example let in, with what its record holds beyond it; None where that is nothing."""

    example: Example
    metadata: dict[str, Any] | None


class Findings:
    """Lets records in, one by one, by what a first look says of their file and by what was chosen."""

    def __init__(self, look: FirstLook, choices: Choices) -> None:
        self.problems = Problems()
        self._look, self._choices = look, choices
        self._kept: dict[str, int] = {}
        self._left_out: dict[str, int] = {}
        self._put_before: dict[str, int] = {}
        self._counts = dict.fromkeys(("empty", "placeholders", "odd_numbers"), 0)

    def let_in(self, incoming: Incoming) -> Arrived | None:
        """Return the example of a record as it is stored; None where there are problems, which are noted."""
        for sentence in incoming.problems:
            self.problems.add(incoming.place, sentence)
        if incoming.example is None:
            return None
        try:
            return self._arrived(incoming, incoming.example)
        except InvalidInput as error:
            self.problems.add(incoming.place, error.sentence)
            return None

    def result(self) -> dict[str, Any]:
        """Return what a job stores of it."""
        return {
            "layout": self._look.layout,
            "taken_for": self._look.taken_for,
            "renamed": {shown_name(key): part for key, part in self._look.renamed.items()},
            "beside": list(self._look.beside),
            "kept_keys": self._kept,
            "left_out": self._left_out,
            "put_before": self._put_before,
            **self._counts,
        }

    def _arrived(self, incoming: Incoming, example: Example) -> Arrived | None:
        found = sort_out(incoming.extra, self._choices, incoming.metadata)
        for key in found.asked:
            self.problems.add(incoming.place, _ASK.format(shown_name(key), shown_name(key)))
        input_ = "\n\n".join([*found.before, *filter(None, [example.input])])
        instruction = as_it_came(example.instruction, "“instruction”", required=True)
        clean = Example(instruction, as_it_came(input_, "“input”"), as_it_came(example.output, "“output”"))
        _count(self._kept, found.metadata)
        _count(self._left_out, found.left_out)
        _count(self._put_before, found.put_before)
        self._counts["empty"] += not clean.output.strip()
        self._counts["placeholders"] += any(map(_is_placeholder, (clean.input, clean.output)))
        self._counts["odd_numbers"] += odd_numbers_in(found.metadata)
        return None if found.asked else Arrived(clean, found.metadata or None)


def sentences_of(result: Mapping[str, Any]) -> list[str]:
    """Return what a result says beyond its counts of examples, a sentence each."""
    told = []
    if renamed := result.get("renamed"):
        # Postgres sorts keys in its own way.
        order = [*NAMES, "instruction and output"]
        in_order = sorted(renamed.items(), key=lambda each: order.index(each[1]) if each[1] in order else 0)
        names = ", ".join(f"“{key}” as {part}" for key, part in in_order)
        told.append(f"Read as {result['taken_for']}: {names}.")
    for name, sentence in (
        ("kept_keys", "Kept with their examples as metadata: {}."),
        ("put_before", "Put before the input: {}."),
        ("left_out", "Left out, as was chosen: {}."),
    ):
        if counted := result.get(name):
            told.append(sentence.format(", ".join(f"“{key}” ({count:,})" for key, count in counted.items())))
    if ignored := result.get("ignored"):  # of imports by earlier versions
        told.append(f"Left out, for an example has none like them: {', '.join(ignored)}.")
    if beside := result.get("beside"):
        told.append(f"Left out, for it stands beside the list of examples: {', '.join(beside)}.")
    for name, sentence in (
        ("mended", "{} lost stray control characters."),
        ("empty", "{} {} an empty output."),
        ("placeholders", "{} {} a text such as “N/A” or “<noinput>” where others have none; it is kept as it came."),
        ("odd_numbers", "{} {} numbers that databases can’t hold, such as NaN; they are kept as texts."),
    ):
        if count := result.get(name):
            many = f"{count:,} example{'s' if count != 1 else ''}"
            told.append(sentence.format(many, *(["have"] if count != 1 else ["has"])))
    return [tidy_name(each, limit=_LONGEST) for each in told]  # earlier versions stored keys as they came


def _count(counts: dict[str, int], keys: Iterable[str]) -> None:
    for key in keys:
        name = shown_name(key)
        if name in counts or len(counts) < _MOST_NAMES:
            counts[name] = counts.get(name, 0) + 1


def _is_placeholder(text: str) -> bool:
    return text.strip().casefold() in _PLACEHOLDERS
