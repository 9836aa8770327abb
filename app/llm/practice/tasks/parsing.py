"""Small readings and spellings that several families need."""

import re
from fractions import Fraction

ROMAN = (
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
)


def integers(text: str) -> list[int]:
    """Return the whole numbers written in the text, in order."""
    return [int(number) for number in re.findall(r"-?\d+", text)]


def items(text: str) -> list[str]:
    """Return the parts of a comma-separated list, without surrounding spaces."""
    return [part.strip() for part in text.split(",") if part.strip()]


def plain(value: Fraction) -> str:
    """Return the number with at most two decimals and no trailing zeros."""
    return f"{float(value):.2f}".rstrip("0").rstrip(".")


def to_roman(number: int) -> str:
    """Return the Roman numeral of a number of at least 1."""
    text = ""
    for value, symbol in ROMAN:
        count, number = divmod(number, value)
        text += symbol * count
    return text


def clock(minutes: int) -> str:
    """Return a 24-hour clock reading such as 09:05 for minutes after midnight."""
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def minutes_of(reading: str) -> int:
    """Return the minutes after midnight of a reading such as 09:05."""
    hours, minutes = reading.split(":")
    return int(hours) * 60 + int(minutes)
