"""Lists, tables, code: data in small text shapes."""

import json
import re
from random import Random

from app.llm.practice.family import Family
from app.llm.practice.people import NAMES
from app.llm.practice.tasks.parsing import items
from app.llm.practice.template import Slots
from app.llm.practice.vocabulary import PLACES

FRUIT = (
    "apples",
    "pears",
    "plums",
    "figs",
    "cherries",
    "grapes",
    "lemons",
    "peaches",
    "apricots",
    "melons",
    "quinces",
    "carrots",
    "onions",
    "leeks",
    "beans",
    "radishes",
    "turnips",
    "parsnips",
    "spinach",
    "celery",
)
TABLES = ("orders", "members", "loans", "recipes", "visitors", "boats", "tickets", "lessons", "invoices", "plants")
COLUMNS = ("name", "status", "teacher", "colour", "owner", "title", "telephone", "language")
FIGURES = ("price", "age", "amount", "weight", "year", "distance", "stock", "score")
TOWNS = ("city", "birthplace", "destination", "home_town", "office")


def rows(_: Slots, rng: Random) -> str:
    """Return a CSV text with a header and three rows."""
    people = rng.sample(NAMES, 3)
    return "\n".join(["name,city,age", *(f"{name},{rng.choice(PLACES)},{rng.randint(18, 80)}" for name in people)])


def to_json(_: Slots, text: str) -> str:
    """Return the CSV text as a JSON list of objects."""
    header, *lines = (line.split(",") for line in text.split("\n"))
    return json.dumps([dict(zip(header, line, strict=True)) for line in lines])


def oldest(_: Slots, text: str) -> str:
    """Return the name of the oldest person in the CSV text."""
    return max((line.split(",") for line in text.split("\n")[1:]), key=lambda row: int(row[2]))[0]


def contact_note(_: Slots, rng: Random) -> str:
    """Return a note that holds two e-mail addresses and a number."""
    first, second = rng.sample(NAMES, 2)
    return (
        f"Please write to {first.lower()}@example.org before room {rng.randint(11, 99)} is taken, "
        f"and copy {second.lower()}@example.com on the {rng.randint(24, 30)}th."
    )


def repeated_list(_: Slots, rng: Random) -> str:
    """Return a list of foods in which some occur twice."""
    chosen = rng.sample(FRUIT, 5)
    return ", ".join(chosen + rng.sample(chosen, 2))


def two_lists(_: Slots, rng: Random) -> str:
    """Return two lists that share one to three foods."""
    chosen = rng.sample(FRUIT, 9)
    shared = rng.randint(1, 3)
    return f"{', '.join(chosen[:5])} | {', '.join(rng.sample(chosen[5 - shared :], 4 + shared))}"


def in_both(_: Slots, text: str) -> str:
    """Return what both lists hold, in the order of the first."""
    first, second = (items(part) for part in text.split("|"))
    return ", ".join(item for item in first if item in second)


def offers(_: Slots, rng: Random) -> str:
    """Return five foods with different prices."""
    prices = rng.sample(range(2, 40), 5)
    return ", ".join(f"{food} {price} dollars" for food, price in zip(rng.sample(FRUIT, 5), prices, strict=True))


def by_price(text: str) -> list[str]:
    """Return the offers from the cheapest to the dearest."""
    return sorted(items(text), key=lambda offer: int(offer.split()[1]))


def query(slots: Slots, _: str) -> str:
    """Return the SQL query for the slots."""
    if "n" in slots:
        return f"SELECT {slots['col']} FROM {slots['t']} WHERE {slots['figure']} > {slots['n']};"  # noqa: S608 - a text to read
    return f"SELECT COUNT(*) FROM {slots['t']} WHERE {slots['town']} = '{slots['place']}';"  # noqa: S608 - never run


def one_liner(slots: Slots, _: str) -> str:
    """Return what the Python expression in the slots evaluates to."""
    stop, step = int(slots["n"]), int(slots["m"])
    return {
        "sum": str(sum(range(0, stop, step))),
        "len": str(len(range(0, stop, step))),
        "max": str(max(range(0, stop, step))),
        "list": str(list(range(0, stop, step))),
    }[slots["f"]]


FAMILIES = (
    Family(
        "csv_to_json",
        "data",
        (
            "Convert the comma-separated table to a JSON list of objects, keeping all values as strings.",
            "{name} needs the visitor list of {occasion} as JSON instead of comma-separated lines. Transform it.",
        ),
        to_json,
        source=rows,
        field="Table",
    ),
    Family(
        "oldest",
        "data",
        (
            "Who is the oldest person in this comma-separated list from {place}?",
            "Look at the ages that {someone} collected and give the name with the highest one.",
        ),
        oldest,
        source=rows,
        field="Table",
    ),
    Family(
        "emails",
        "extraction",
        (
            "Extract all e-mail addresses from the note, separated by commas.",
            "{name} has to invite everyone mentioned to {occasion}. List the e-mail addresses in the text.",
            "Find each electronic address in the message left by {someone}.",
        ),
        lambda _, text: ", ".join(re.findall(r"[a-z]+@example\.\w+", text)),
        source=contact_note,
        field="Note",
    ),
    Family(
        "numbers_in_text",
        "extraction",
        (
            "List every number that appears in the message, in order.",
            "Pull the figures out of the memo written by {someone} in {place} and separate them with commas.",
        ),
        lambda _, text: ", ".join(re.findall(r"\d+", text)),
        source=contact_note,
        field="Message",
    ),
    Family(
        "without_repeats",
        "lists",
        (
            "Remove the repeated entries from the shopping list and keep the original order.",
            "Some foods for {occasion} were written down twice. Clean the list so each appears once.",
            "{name} and {name2} merged their lists. Delete the duplicates.",
        ),
        lambda _, text: ", ".join(dict.fromkeys(items(text))),
        source=repeated_list,
        field="List",
    ),
    Family(
        "in_both_lists",
        "lists",
        (
            "Which foods occur in both lists, given one before and one after the bar?",
            "Compare what {name} and {name2} bring to {occasion} and name everything they share.",
            "Find the intersection of the stock of two stalls in {place}, divided by a bar.",
        ),
        in_both,
        source=two_lists,
        field="Lists",
    ),
    Family(
        "by_price",
        "shopping",
        (
            "Sort the offers from a stall in {place} from cheapest to most expensive.",
            "{name} wants to spend as little as possible. Put the cheapest offer first and the dearest last.",
        ),
        lambda _, text: ", ".join(by_price(text)),
        source=offers,
        field="Offers",
    ),
    Family(
        "cheapest",
        "shopping",
        (
            "Which of these foods costs the least?",
            "{someone_upper} in {place} has little money left. Name the lowest-priced item in the list.",
        ),
        lambda _, text: by_price(text)[0].split()[0],
        {"someone_upper": ("A student", "A young painter", "A street musician", "A tired traveller")},
        source=offers,
        field="Offers",
    ),
    Family(
        "sql",
        "programming",
        (
            "Write an SQL query that lists the {col} of all rows in the table {t} whose {figure} is greater than {n}.",
            "How would you count the rows of the table {t} where {town} equals '{place}' in SQL?",
            "{name} keeps a table called {t}. Give the SQL statement that counts entries with {town} set to '{place}'.",
        ),
        query,
        {"t": TABLES, "col": COLUMNS, "figure": FIGURES, "town": TOWNS, "n": range(10, 900, 10)},
    ),
    Family(
        "python_result",
        "programming",
        (
            "What does the Python expression {f}(range(0, {n}, {m})) evaluate to?",
            "{name} types {f}(range(0, {n}, {m})) into a Python shell. Show what is printed.",
            "Predict the value of {f}(range(0, {n}, {m})) in Python for {audience}.",
        ),
        one_liner,
        {"f": ("sum", "len", "max", "list"), "n": range(12, 60), "m": range(2, 9)},
    ),
)
