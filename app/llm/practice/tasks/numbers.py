"""Arithmetic told as small stories, statistics of lists, number theory."""

from fractions import Fraction
from math import gcd
from random import Random

from app.llm.practice.family import Family
from app.llm.practice.tasks.parsing import integers, plain, to_roman
from app.llm.practice.template import Slots


def number_list(_: Slots, rng: Random) -> str:
    """Return five to nine whole numbers, comma-separated."""
    return ", ".join(str(rng.randint(2, 99)) for _ in range(rng.randint(5, 9)))


def next_in_sequence(_: Slots, text: str) -> str:
    """Return the next member of an arithmetic or geometric sequence."""
    values = integers(text)
    step = values[1] - values[0]
    if values[2] - values[1] == step:
        return str(values[-1] + step)
    return str(values[-1] * (values[1] // values[0]))


def write_sequence(_: Slots, rng: Random) -> str:
    """Return five members of an arithmetic or geometric sequence."""
    start, step = rng.randint(2, 12), rng.randint(2, 9)
    if rng.random() < 0.7:
        return ", ".join(str(start + step * index) for index in range(5))
    return ", ".join(str(start * min(step, 4) ** index) for index in range(5))


def share(slots: Slots, _: str) -> str:
    """Return each one's share and the remainder."""
    each, rest = divmod(int(slots["n"]), int(slots["m"]))
    return f"{each} each, with {rest} left over"


def simplify(slots: Slots, _: str) -> str:
    """Return the fraction in lowest terms."""
    return str(Fraction(int(slots["n"]), int(slots["m"])))


def prime(slots: Slots, _: str) -> str:
    """Return a sentence that says whether the number is prime, with the smallest divisor when it is not."""
    number = int(slots["n"])
    for divisor in range(2, int(number**0.5) + 1):
        if number % divisor == 0:
            return f"No, {number} is not prime, because it is divisible by {divisor}"
    return f"Yes, {number} is prime"


def median(_: Slots, text: str) -> str:
    """Return the median of the listed numbers."""
    values = sorted(integers(text))
    middle = len(values) // 2
    return plain(Fraction(values[middle] + values[-middle - 1], 2))


FAMILIES = (
    Family(
        "total_price",
        "shopping",
        (
            "What does {name} pay in total for {n} {goods} at {m} dollars each?",
            "A stall in {place} sells {goods} for {m} dollars each. Work out the cost of {n} of them.",
            "{name} orders {n} {goods} from a shop in {place}, each at {m} dollars, so how large is the bill?",
            "Each of the {n} {goods} needed for {occasion} costs {m} dollars. Find the total.",
            "Find the full price of {n} {goods} when a single one costs {m} dollars.",
        ),
        lambda s, _: f"{int(s['n']) * int(s['m'])} dollars",
        {"n": range(3, 60), "m": range(2, 30)},
    ),
    Family(
        "sharing",
        "arithmetic",
        (
            "{n} {goods} are shared equally among {m} {group}. How many does each get, and how many are left over?",
            "Divide {n} {goods} fairly between {m} {group} and name the remainder.",
            "At {occasion} there are {n} {goods} and {m} {group}. What is a fair share, and what remains?",
            "If {name} hands out {n} {goods} to {m} {group} in {place}, how many does everyone receive?",
        ),
        share,
        {"n": range(30, 240), "m": range(3, 15)},
    ),
    Family(
        "discount",
        "shopping",
        (
            "The price of {product} was {n} dollars. What does it cost after a {p} percent discount?",
            "{name} has a voucher for {p} percent off {product} that costs {n} dollars. Calculate the new price.",
            "During a sale in {place}, {product} marked at {n} dollars is reduced by {p} percent. State what is paid.",
            "Take {p} percent off {n} dollars, the old price of {product}, and tell me the result.",
        ),
        lambda s, _: f"{plain(Fraction(int(s['n']) * (100 - int(s['p'])), 100))} dollars",
        {"n": range(20, 400, 10), "p": ("5", "10", "15", "25", "30", "40", "50")},
    ),
    Family(
        "tip",
        "money",
        (
            "{name} had dinner in {place} for {n} dollars. How much is a tip of {p} percent?",
            "Calculate {p} percent of {n} dollars as a gratuity for the waiter at {occasion}.",
            "The bill for {m} {group} is {n} dollars before service. Add {p} percent and give the final amount.",
        ),
        lambda s, _: f"{plain(Fraction(int(s['n']) * (int(s['p']) + (100 if 'm' in s else 0)), 100))} dollars",
        {"n": range(30, 300, 10), "p": ("8", "10", "12", "15", "18"), "m": range(3, 12)},
    ),
    Family(
        "average",
        "statistics",
        (
            "Calculate the mean of the daily numbers of {goods} sold in {place}.",
            "These are points scored by {group} at {occasion}. What is their average?",
            "Add up the values given, divide by how many there are, and report the mean that {name} should write down.",
            "Here are the weekly counts noted by {someone}. Find the arithmetic mean.",
        ),
        lambda _, text: plain(Fraction(sum(integers(text)), len(integers(text)))),
        source=number_list,
        field="Numbers",
    ),
    Family(
        "median",
        "statistics",
        (
            "Find the median of the ages of the {group} who came to {occasion}.",
            "Which value lies in the middle when the waiting times in {place} are put in order?",
            "{name} measured several plants in centimetres. Give the median height.",
            "Put the numbers in order and report the one in the centre, which {someone} needs for a report.",
        ),
        median,
        source=number_list,
        field="Numbers",
    ),
    Family(
        "extremes",
        "statistics",
        (
            "How far apart are the highest and the lowest of the prices that {name} collected in {place}?",
            "Subtract the smallest number from the largest one in this list of {goods} counted per shelf.",
            "What is the range of the temperatures that {someone} wrote down?",
            "State the spread between the top and bottom scores from {occasion}.",
        ),
        lambda _, text: str(max(integers(text)) - min(integers(text))),
        source=number_list,
        field="Numbers",
    ),
    Family(
        "sequence",
        "puzzles",
        (
            "Continue the sequence with one more number, as {name} has to do in a puzzle book.",
            "Which number comes next in the pattern that {someone} scratched on a wall?",
            "Look at how the numbers grow and predict the one that follows. It is a riddle from {occasion}.",
            "The page numbers follow a rule. Name the next one for {audience}.",
        ),
        next_in_sequence,
        source=write_sequence,
        field="Sequence",
    ),
    Family(
        "prime",
        "number theory",
        (
            "Is {n} a prime number?",
            "{name} lives at house number {n} in {place}. Say whether that number is prime.",
            "Before packing {n} {goods} in rows, {name} asks whether {n} is prime. Reply in one sentence.",
            "Tell {audience} whether {n} is a prime number and how you know.",
        ),
        prime,
        {"n": range(11, 400)},
    ),
    Family(
        "roman",
        "number theory",
        (
            "Write {n} in Roman numerals.",
            "A stone above a door in {place} should show the year {n}. Which Roman numerals are needed?",
            "{name} wants the number {n} carved on a bench the way the Romans wrote it. Spell out the symbols.",
            "Turn the number {n} into Roman numerals for the programme of {occasion}.",
        ),
        lambda s, _: to_roman(int(s["n"])),
        {"n": range(21, 2030)},
    ),
    Family(
        "speed",
        "travel",
        (
            "A ferry travels at {n} kilometres per hour for {m} hours. How far does it get?",
            "{name} cycles from {place} at a steady {n} kilometres per hour. What distance is covered in {m} hours?",
            "How many kilometres does a lorry with {goods} cover in {m} hours at {n} kilometres per hour?",
            "Driving to {occasion} takes {m} hours at {n} kilometres per hour. Work out the distance.",
        ),
        lambda s, _: f"{int(s['n']) * int(s['m'])} kilometres",
        {"n": range(12, 90), "m": range(2, 9)},
    ),
    Family(
        "area",
        "geometry",
        (
            "A rectangular garden in {place} is {n} metres long and {m} metres wide. What is its area?",
            "How many square metres of carpet does {someone} need for a room of {n} by {m} metres?",
            "Find the surface of a rectangular stage of {n} by {m} metres built for {occasion}.",
        ),
        lambda s, _: f"{int(s['n']) * int(s['m'])} square metres",
        {"n": range(9, 80), "m": range(3, 30)},
    ),
    Family(
        "common_divisor",
        "number theory",
        (
            "What is the greatest common divisor of {n} and {m}?",
            (
                "{name} has {n} {goods} and {m} {goods2} and wants equal gift bags with nothing left. "
                "How many bags at most?"
            ),
            "Find the largest number of {group} that can share both {n} {goods} and {m} {goods2} evenly.",
        ),
        lambda s, _: str(gcd(int(s["n"]), int(s["m"]))),
        {"n": range(24, 120, 6), "m": range(18, 150, 4)},
    ),
    Family(
        "fraction",
        "arithmetic",
        (
            "Reduce the fraction {n}/{m} to its lowest terms.",
            "{name} finished {n} of {m} {goods}. Express that as the simplest possible fraction.",
            "Of {m} {group} in {place}, {n} arrived by bicycle. Which fraction is that in lowest terms?",
        ),
        simplify,
        {"n": range(4, 30, 2), "m": range(32, 96, 4)},
    ),
)
