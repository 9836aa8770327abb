"""Computed answers against the same figures found in another way."""

import calendar
import json
import re
import sqlite3
import statistics
from datetime import datetime, timedelta

import pytest

from app.llm.practice.family import Family
from app.llm.practice.tasks import FAMILIES
from tests.llm.practice.asking import draws

BY_NAME = {family.name: family for family in FAMILIES}


def cases(name: str, count: int = 60) -> list[tuple[Family, str, dict[str, str], str, str]]:
    """Return (family, instruction, slots, input, answer) of random tasks of one family."""
    family, rng, found = BY_NAME[name], draws(name), []
    for _ in range(count):
        instruction, slots = rng.choice(family.templates).fill(rng)
        text = family.write_input(slots, rng)
        found.append((family, instruction, slots, text, family.answer(slots, text)))
    return found


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]


@pytest.mark.parametrize(
    ("name", "figure"),
    [("average", statistics.fmean), ("median", statistics.median), ("extremes", lambda v: max(v) - min(v))],
)
def test_statistics(name, figure) -> None:
    for _, _, _, text, answer in cases(name):
        assert float(answer) == pytest.approx(figure(numbers(text)), abs=0.0051)


def test_weekdays() -> None:
    for _, _, slots, _, answer in cases("weekday"):
        date = datetime.strptime(f"{slots['d']} {slots['month']} {slots['y']}", "%d %B %Y")  # noqa: DTZ007 - a mere date
        assert answer == date.strftime("%A")


def test_dates_after() -> None:
    for _, _, slots, _, answer in cases("date_after"):
        date = datetime.strptime(f"{slots['d']} {slots['month']} {slots['y']}", "%d %B %Y")  # noqa: DTZ007 - a mere date
        assert datetime.strptime(answer, "%d %B %Y") - date == timedelta(days=int(slots["n"]))  # noqa: DTZ007


def test_leap_years() -> None:
    for _, _, slots, _, answer in cases("leap_year"):
        assert answer.startswith("Yes") == calendar.isleap(int(slots["y"]))


def test_primes() -> None:
    for _, _, slots, _, answer in cases("prime"):
        number = int(slots["n"])
        assert answer.startswith("Yes") == all(number % d for d in range(2, number))


def test_roman_numerals() -> None:
    value = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
    for _, _, slots, _, answer in cases("roman"):
        figures = [value[letter] for letter in answer]
        total = sum(-v if v < max(figures[i + 1 :], default=0) else v for i, v in enumerate(figures))
        assert total == int(slots["n"])


def test_temperatures_go_there_and_back() -> None:
    for _, _, slots, _, answer in cases("celsius_to_fahrenheit"):
        assert (numbers(answer)[0] - 32) / 1.8 == pytest.approx(int(slots["n"]), abs=0.01)


def test_shares_add_up() -> None:
    for _, _, slots, _, answer in cases("sharing"):
        each, rest = numbers(answer)
        assert each * int(slots["m"]) + rest == int(slots["n"])


def test_conversions_keep_the_quantity() -> None:
    metres = {"millimetres": 0.001, "centimetres": 0.01, "metres": 1, "kilometres": 1000}
    for _, _, slots, _, answer in cases("length"):
        amount, unit = answer.split()
        assert float(amount) * metres[unit] == pytest.approx(
            int(slots["n"]) * metres[slots.get("u", "metres")], rel=0.01
        )


def test_scaled_recipes_keep_their_proportions() -> None:
    for _, _, slots, text, answer in cases("recipe_scaling"):
        assert numbers(answer) == pytest.approx([number * int(slots["k"]) / 4 for number in numbers(text)])


def test_tables_become_json() -> None:
    for _, _, _, text, answer in cases("csv_to_json"):
        assert [",".join(row.values()) for row in json.loads(answer)] == text.split("\n")[1:]


def test_python_expressions_evaluate_to_the_answer() -> None:
    for _, instruction, _, _, answer in cases("python_result"):
        expression = re.search(r"\w+\(range\([^)]*\)\)", instruction)
        assert expression is not None
        assert str(eval(expression.group())) == answer  # noqa: S307 - an expression of our own grammar


def test_sql_is_accepted_by_a_database() -> None:
    for _, _, slots, _, answer in cases("sql"):
        columns = {slots[name] for name in ("col", "figure", "town") if name in slots}
        with sqlite3.connect(":memory:") as connection:
            connection.execute(f"CREATE TABLE {slots['t']} ({', '.join(columns)})")
            connection.execute(answer)


def test_overlaps_are_counted_by_the_minute() -> None:
    for _, _, _, text, answer in cases("overlap"):
        spans = []
        for part in text.split(", "):
            start, end = (int(h) * 60 + int(m) for h, m in (t.split(":") for t in part.split(" to ")))
            spans.append(set(range(start, end)))
        shared = len(spans[0] & spans[1])
        assert answer == (f"Yes, they overlap by {shared} minutes" if shared else "No, they do not overlap")


def test_lists_in_common() -> None:
    for _, _, _, text, answer in cases("in_both_lists"):
        first, second = (set(part.strip().split(", ")) for part in text.split("|"))
        assert set(answer.split(", ")) == first & second != set()


def test_sorted_words_are_a_sorted_permutation() -> None:
    for _, _, _, text, answer in cases("alphabetise"):
        assert answer.split(", ") == sorted(text.split(", "))


def test_letters_and_words_are_counted() -> None:
    for _, _, slots, _, answer in cases("letter_count"):
        assert numbers(answer) == [len(slots["w"])]
    for _, _, slots, _, answer in cases("vowel_count"):
        assert int(answer) == len(re.findall("[aeiou]", slots["t"]))
    for _, _, _, text, answer in cases("word_count"):
        assert int(answer) == text.count(" ") + 1


def test_agendas_fill_the_time() -> None:
    for _, _, slots, _, answer in cases("agenda"):
        assert sum(numbers(answer)) == int(slots["m"])
