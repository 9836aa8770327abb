"""What can't be read: told by a sentence, and by the place where it is known."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file. All count from 1; ``column`` is None where its line tells enough.

    ``record`` is 0 where it is about the file and not about one record.
    """

    record: int
    line: int
    column: int | None = None

    def __str__(self) -> str:
        if not self.line:
            return ""
        line = f"line {self.line:,}" + (f", column {self.column:,}" if self.column else "")
        return f"Record {self.record:,} ({line})" if self.record else line.capitalize()


class Broken(Exception):
    """A file can't be read any further, or not at all. ``line`` and ``column`` say where, where that is known.

    ``record`` is the number of the record that it is in, 0 where it is in none.
    """

    def __init__(self, sentence: str, line: int = 0, column: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence, self.line, self.column, self.record = sentence, line, column, 0


class TooMuch(Broken):
    """The file as a whole is beyond a limit, wherever reading has come to."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What stands where a record can't be read: a sentence for the person whose file it is."""

    sentence: str
