"""Units, temperatures, currencies and recipes."""

from fractions import Fraction
from random import Random

from app.llm.practice.family import Family
from app.llm.practice.tasks.parsing import plain
from app.llm.practice.template import Slots

LENGTHS = {"millimetres": 1, "centimetres": 10, "metres": 1000, "kilometres": 1_000_000}
WEIGHTS = {"grams": 1, "kilograms": 1000, "tonnes": 1_000_000}
TIMES = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400, "weeks": 604_800}
CURRENCIES = ("crowns", "pesos", "rupees", "dinars", "francs", "zlotys", "lira", "shillings", "yen", "rand")
INGREDIENTS = (
    "grams of flour",
    "grams of sugar",
    "millilitres of milk",
    "grams of butter",
    "grams of grated cheese",
    "grams of chopped walnuts",
    "millilitres of cream",
    "grams of ripe tomatoes",
    "grams of red lentils",
)
DISHES = (
    "a walnut bread",
    "a lentil bake",
    "a tomato tart",
    "an apple crumble",
    "a cheese pie",
    "a rice pudding",
    "a pumpkin pie",
    "a plum cake",
    "a potato gratin",
    "a fish casserole",
)


def convert(table: dict[str, int], usual: str, slots: Slots) -> str:
    """Return the amount n of the unit u, or of the usual unit, in the unit u2 or z."""
    wanted = slots.get("u2") or slots["z"]
    value = Fraction(int(slots["n"]) * table[slots.get("u", usual)], table[wanted])
    return f"{_digits(value)} {wanted}"


def _digits(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.6f}".rstrip("0").rstrip(".") if value >= Fraction(1, 100) else f"{float(value):.3g}"


def to_fahrenheit(slots: Slots, _: str) -> str:
    """Return the temperature n, in Celsius, in Fahrenheit."""
    return f"{plain(Fraction(int(slots['n']) * 9, 5) + 32)} degrees Fahrenheit"


def to_celsius(slots: Slots, _: str) -> str:
    """Return the temperature n, or b of an oven, in Fahrenheit, in Celsius."""
    degrees = int(slots.get("n") or slots["b"])
    return f"{plain(Fraction((degrees - 32) * 5, 9))} degrees Celsius"


def recipe(_: Slots, rng: Random) -> str:
    """Return four ingredients with amounts."""
    chosen = rng.sample(INGREDIENTS, 4)
    return ", ".join(f"{rng.randrange(40, 600, 20)} {ingredient}" for ingredient in chosen)


def scale(slots: Slots, text: str) -> str:
    """Return the ingredients with every amount multiplied by k / 4 (the input serves four)."""
    parts = [part.split(" ", 1) for part in text.split(", ")]
    return ", ".join(f"{plain(Fraction(int(n) * int(slots['k']), 4))} {what}" for n, what in parts)


def exchange(slots: Slots, _: str) -> str:
    """Return n units of the first currency in the second, at the rate r."""
    return f"{int(slots['n']) * int(slots['r'])} {slots['c2']}"


def travel_cost(slots: Slots, _: str) -> str:
    """Return the price of the fuel for n kilometres at m litres per 100 km and p dollars a litre."""
    return f"{plain(Fraction(int(slots['n']) * int(slots['m']) * int(slots['p']), 100))} dollars"


FAMILIES = (
    Family(
        "length",
        "measurement",
        (
            "Convert {n} {u} to {u2}.",
            "{name} measured a rope of {n} metres in {place}. How long is it in {z}?",
            "The path built for {occasion} is {n} metres long. Express this length in {z}.",
            "How many {u2} are there in {n} {u}?",
        ),
        lambda s, _: convert(LENGTHS, "metres", s),
        {"n": range(2, 900), "u": tuple(LENGTHS), "z": ("centimetres", "millimetres", "kilometres")},
    ),
    Family(
        "weight",
        "measurement",
        (
            "{someone_upper} loaded {goods} weighing {n} kilograms. What is that in {z}?",
            "State the weight of {n} {u} in {u2} for a customs form in {place}.",
            "If a lorry carries {n} kilograms of gravel, how many {z} is this?",
        ),
        lambda s, _: convert(WEIGHTS, "kilograms", s),
        {
            "n": range(2, 700),
            "u": tuple(WEIGHTS),
            "z": ("grams", "tonnes"),
            "someone_upper": ("A farmer", "A porter", "A miller", "A sailor"),
        },
    ),
    Family(
        "duration",
        "time",
        (
            "Express {n} {u} in {u2}.",
            "A candle in {place} burned for {n} hours. How many {z} is that?",
            "{name} practised the violin for {n} hours before {occasion}. Give this time in {z}.",
        ),
        lambda s, _: convert(TIMES, "hours", s),
        {"n": range(2, 96), "u": tuple(TIMES), "z": ("minutes", "seconds", "days")},
    ),
    Family(
        "celsius_to_fahrenheit",
        "temperature",
        (
            "The thermometer in the kitchen of {someone} shows {n} degrees Celsius. What would a Fahrenheit dial show?",
            "Convert {n} degrees Celsius to Fahrenheit.",
            "A weather report from {place} mentions {n} degrees Celsius. Restate the temperature in Fahrenheit.",
        ),
        to_fahrenheit,
        {"n": range(2, 46)},
    ),
    Family(
        "fahrenheit_to_celsius",
        "temperature",
        (
            "{name} from {place} reads {n} degrees Fahrenheit on an old thermometer. How many degrees Celsius is it?",
            "Change {n} degrees Fahrenheit into Celsius, rounded to two decimals.",
            "An American cookbook asks for {b} degrees Fahrenheit to bake {dish}. Give the Celsius setting.",
        ),
        to_celsius,
        {"n": range(35, 115), "b": range(250, 460, 5), "dish": DISHES},
    ),
    Family(
        "recipe_scaling",
        "cooking",
        (
            "This recipe for {dish} serves four. Rewrite the amounts so that it serves {k}.",
            "{name} expects {k} guests, but the ingredients listed are meant for four people. Adjust every quantity.",
            "Scale the shopping list for {dish}, written for four, to feed {k} {group} at {occasion}.",
        ),
        scale,
        {"dish": DISHES, "k": ("2", "6", "8", "10", "12")},
        source=recipe,
        field="Ingredients",
    ),
    Family(
        "exchange",
        "money",
        (
            "One of the {c} buys {r} {c2}. How many {c2} does {name} get for {n} {c} in {place}?",
            "At a rate of {r} {c2} for each of the {c}, change {n} {c}.",
            "{name} returns from {place} with {n} {c}, each worth {r} {c2}. What is the sum in {c2}?",
        ),
        exchange,
        {"n": range(5, 300, 5), "r": range(2, 40), "c": CURRENCIES},
    ),
    Family(
        "fuel",
        "travel",
        (
            (
                "A van needs {m} litres of fuel per 100 kilometres and a litre costs {p} dollars. "
                "What does a trip of {n} kilometres to {place} cost?"
            ),
            (
                "{name} drives {n} kilometres to {occasion}. With {m} litres per 100 kilometres and {p} dollars a "
                "litre, how much money goes into the tank?"
            ),
            (
                "Estimate the fuel bill of {someone} for {n} kilometres, given {m} litres per 100 kilometres "
                "at {p} dollars a litre."
            ),
        ),
        travel_cost,
        {"n": range(50, 900, 50), "m": range(4, 15), "p": ("2", "3")},
    ),
)
