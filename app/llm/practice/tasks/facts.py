"""Classification of numbers and things by what is known about them."""

from random import Random

from app.llm.practice.family import Family
from app.llm.practice.tasks.classes import from_bank
from app.llm.practice.tasks.lexicon import PLURALS
from app.llm.practice.template import Slots

KINDS = {
    "animal": ("otter", "heron", "beetle", "goat", "salmon", "jellyfish", "hedgehog", "falcon", "snail", "camel"),
    "plant": ("fern", "oak", "tulip", "moss", "barley", "ivy", "thistle", "cactus", "willow", "clover"),
    "mineral": ("quartz", "granite", "salt crystal", "marble", "slate", "ruby", "gypsum", "flint", "topaz"),
}
CONTINENTS = {
    "Africa": ("Ghana", "Kenya", "Senegal", "Zambia", "Tunisia", "Madagascar"),
    "Asia": ("Vietnam", "Nepal", "Mongolia", "Jordan", "Thailand", "Bhutan"),
    "Europe": ("Portugal", "Norway", "Slovakia", "Estonia", "Belgium", "Croatia"),
    "South America": ("Peru", "Bolivia", "Uruguay", "Chile", "Ecuador", "Paraguay"),
}
REACTIONS = {
    "acid": ("lemon juice", "vinegar", "stomach juice", "battery liquid", "cola", "orange juice"),
    "base": ("soapy water", "bleach", "baking soda solution", "oven cleaner", "limewater", "household ammonia"),
}
SEASONS = {
    "winter": ("December", "January", "February"),
    "spring": ("March", "April", "May"),
    "summer": ("June", "July", "August"),
    "autumn": ("September", "October", "November"),
}
ROOMS = {
    "kitchen": ("whisk", "saucepan", "cutting board", "toaster", "rolling pin", "colander"),
    "bathroom": ("toothbrush", "bath mat", "shower curtain", "soap dish", "nail brush", "shampoo"),
    "workshop": ("chisel", "vice", "sandpaper", "power drill", "wood glue", "spirit level"),
}
WATER = {
    "float": ("a cork", "a dry twig", "a rubber duck", "an empty sealed bottle", "a candle", "an ice cube"),
    "sink": ("an iron nail", "a pebble", "a glass marble", "a gold ring", "a brick", "a steel spoon"),
}


def parity(_: Slots, text: str) -> str:
    """Return whether the number is odd or even."""
    return "odd" if int(text) % 2 else "even"


def write_number(_: Slots, label: str, rng: Random) -> str:
    """Return a number of the wanted parity."""
    return str(2 * rng.randint(10, 4000) + (label == "odd"))


def write_sum(_: Slots, label: str, rng: Random) -> str:
    """Return an equation that is right or wrong as wanted."""
    first, second = rng.randint(11, 80), rng.randint(11, 80)
    return f"{first} + {second} = {first + second + (0 if label == 'true' else rng.choice((-10, -1, 1, 10)))}"


def check_sum(_: Slots, text: str) -> str:
    """Return whether the equation holds."""
    first, _plus, second, _equals, total = text.split()
    return "true" if int(first) + int(second) == int(total) else "false"


def number_of(_: Slots, text: str) -> str:
    """Return the grammatical number of a noun."""
    return "singular" if text in PLURALS else "plural"


def write_noun(_: Slots, label: str, rng: Random) -> str:
    """Return a noun in the wanted grammatical number."""
    return rng.choice(sorted(PLURALS) if label == "singular" else sorted(PLURALS.values()))


FAMILIES = (
    Family(
        "parity",
        "arithmetic",
        (
            "Is the number odd or even?",
            (
                "Houses in {place} have odd numbers on the left side of the street and even ones on the right. "
                "Classify this number."
            ),
            "{name} holds a ticket at {occasion}, and odd numbers win. State whether this one is odd or even.",
        ),
        parity,
        labels=("odd", "even"),
        labelled=write_number,
        field="Number",
    ),
    Family(
        "sum_check",
        "arithmetic",
        (
            "Check the addition and answer true or false.",
            "A pupil of {someone} wrote this equation. Is it true or false?",
            "Verify one line from the cash book of {occasion}, choosing between true and false.",
        ),
        check_sum,
        labels=("true", "false"),
        labelled=write_sum,
        field="Equation",
    ),
    Family(
        "grammatical_number",
        "grammar",
        (
            "Label the noun as singular or plural.",
            "{name} sorts word cards with {audience}. Does this card belong to the singular or the plural pile?",
            "Does the word stand for one thing or for several? Choose singular or plural.",
        ),
        number_of,
        labels=("singular", "plural"),
        labelled=write_noun,
        field="Noun",
    ),
    from_bank(
        "kingdom",
        "nature",
        "Thing",
        KINDS,
        "Classify the thing as animal, plant or mineral.",
        "In a guessing game at {occasion} the first clue is the kingdom. Is this an animal, a plant or a mineral?",
        "A drawer in the natural history museum of {place} needs a label. Pick mineral, plant or animal.",
        "Would {someone} feed it, water it or polish it? Answer with animal, plant or mineral.",
    ),
    from_bank(
        "continent",
        "geography",
        "Country",
        CONTINENTS,
        "On which continent does the country lie: Africa, Asia, Europe or South America?",
        "A parcel leaves {place} for abroad. Name the continent of its destination, "
        "which is Africa, Asia, Europe or South America.",
        "{name} collects stamps by continent. Assign this country to Europe, Asia, Africa or South America.",
    ),
    from_bank(
        "season",
        "calendar",
        "Month",
        SEASONS,
        "Which season does the month belong to in northern Europe: winter, spring, summer or autumn?",
        "{name} plans {occasion} on a farm in Norway. Tell the meteorological season of the month given.",
        "Teach {audience} the seasons of the northern half of the Earth. "
        "Label this month spring, summer, autumn or winter.",
    ),
    from_bank(
        "reaction",
        "chemistry",
        "Liquid",
        REACTIONS,
        "Classify the household liquid as an acid or a base.",
        "{name} dips test paper into a cup in a school in {place}. Will it show an acid or a base?",
        "For a safety sheet, {someone} must know if the substance is an acid or a base.",
    ),
    from_bank(
        "room",
        "home",
        "Object",
        ROOMS,
        "Does the object belong in the kitchen, the bathroom or the workshop?",
        "A family labels boxes before moving to {place}. Choose kitchen, bathroom or workshop for this object.",
        "Where would {name} look first for this thing: workshop, kitchen or bathroom?",
    ),
    from_bank(
        "buoyancy",
        "physics",
        "Object",
        WATER,
        "Will the object float or sink in fresh water?",
        "{name} throws things into a pond near {place}. Predict whether this one will sink or float.",
        "Prepare an experiment for {audience}: decide between float and sink for the object.",
    ),
)
