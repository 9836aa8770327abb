"""Dates, weekdays, clocks and schedules."""

from datetime import date, timedelta
from random import Random

from app.llm.practice.family import Family
from app.llm.practice.tasks.parsing import clock, minutes_of
from app.llm.practice.template import Slots, Words

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EVENTS = (
    "the guided tour",
    "the pottery class",
    "the dentist appointment",
    "the choir rehearsal",
    "the ferry crossing",
    "the parents' evening",
    "the driving lesson",
    "the tasting session",
    "the football match",
    "the first aid course",
)
DATE_SLOTS: dict[str, Words] = {"d": range(1, 29), "month": MONTHS, "y": range(1950, 2040)}


def day(slots: Slots) -> date:
    """Return the date in the slots d, month and y."""
    return date(int(slots["y"]), MONTHS.index(slots["month"]) + 1, int(slots["d"]))


def spell(value: date) -> str:
    """Return a date such as 5 March 2021."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def days_between(slots: Slots, _: str) -> str:
    """Return the days between two dates of one year."""
    first = day(slots)
    second = date(first.year, MONTHS.index(slots["month2"]) + 1, int(slots["d2"]))
    return f"{abs((second - first).days)} days"


def arrival(slots: Slots, _: str) -> str:
    """Return the clock time m minutes after h:q."""
    return clock(minutes_of(f"{slots['h']}:{slots['q']}") + int(slots["m"]))


def write_meetings(_: Slots, rng: Random) -> str:
    """Return two meetings on one day, which overlap about half of the time."""
    start = rng.randrange(8 * 60, 15 * 60, 15)
    end = start + rng.randrange(45, 121, 15)
    second = start + rng.randrange(15, 181, 15)
    return f"{clock(start)} to {clock(end)}, {clock(second)} to {clock(second + rng.randrange(30, 91, 15))}"


def overlap(_: Slots, text: str) -> str:
    """Return the minutes two meetings share, in a sentence."""
    (start, end), (start2, end2) = ([minutes_of(t) for t in part.split(" to ")] for part in text.split(", "))
    shared = min(end, end2) - max(start, start2)
    return f"Yes, they overlap by {shared} minutes" if shared > 0 else "No, they do not overlap"


def write_afternoon(_: Slots, rng: Random) -> str:
    """Return three times of day on a twelve-hour clock."""
    return ", ".join(f"{rng.randint(1, 11)}:{rng.randrange(0, 60, 5):02d} {rng.choice(('am', 'pm'))}" for _ in range(3))


def to_24_hours(_: Slots, text: str) -> str:
    """Return twelve-hour clock times on a 24-hour clock."""
    readings = []
    for part in text.split(", "):
        reading, half = part.split()
        readings.append(clock(minutes_of(reading) + (720 if half == "pm" else 0)))
    return ", ".join(readings)


def leap(slots: Slots, _: str) -> str:
    """Return whether y is a leap year, with the reason."""
    year = int(slots["y"])
    if year % 4:
        return f"No, {year} is not a leap year, because it is not divisible by 4"
    if year % 100 == 0 and year % 400:
        return f"No, {year} is not a leap year, because it is divisible by 100 but not by 400"
    return f"Yes, {year} is a leap year"


FAMILIES = (
    Family(
        "weekday",
        "calendar",
        (
            "On which day of the week did or will {d} {month} {y} fall?",
            "{name} found a letter dated {d} {month} {y} in an attic in {place}. Which weekday was it written on?",
            "Name the weekday that belongs to {month} {d}, {y}.",
        ),
        lambda s, _: WEEKDAYS[day(s).weekday()],
        DATE_SLOTS,
    ),
    Family(
        "date_after",
        "calendar",
        (
            "What is the date {n} days after {d} {month} {y}?",
            "A library book borrowed by {name} on {d} {month} {y} is due in {n} days. Give the due date.",
            "Count {n} days forward from {d} {month} {y}, when {someone} planted the bulbs, and name the date.",
        ),
        lambda s, _: spell(day(s) + timedelta(days=int(s["n"]))),
        {**DATE_SLOTS, "n": range(5, 90)},
    ),
    Family(
        "days_between",
        "calendar",
        (
            "How many days lie between {d} {month} {y} and {d2} {month2} of the same year?",
            "{name} moved to {place} on {d} {month} {y}. How many days separate this from {d2} {month2} that year?",
        ),
        days_between,
        DATE_SLOTS,
    ),
    Family(
        "arrival",
        "time",
        (
            "A train leaves {place} at {h}:{q} and takes {m} minutes. When does it arrive?",
            "{name} starts {event} at {h}:{q}, and it lasts {m} minutes. At what time is it over?",
            "It is {h}:{q} now and {event} begins in {m} minutes. State the starting time on a 24-hour clock.",
        ),
        arrival,
        {
            "h": range(7, 23),
            "q": ("05", "10", "15", "25", "30", "40", "45", "50", "55"),
            "m": range(22, 290),
            "event": EVENTS,
        },
    ),
    Family(
        "overlap",
        "scheduling",
        (
            "{name} wants to attend {event} and {event2} on one day. Do the given times overlap, and by how much?",
            "Check the two appointments for a clash before {someone} confirms both.",
            "Two helpers cover the desk during {occasion}. For how many minutes are both of them there, if at all?",
        ),
        overlap,
        {"event": EVENTS},
        source=write_meetings,
        field="Times",
    ),
    Family(
        "clock_style",
        "time",
        (
            "Rewrite the opening times of a shop in {place} on a 24-hour clock.",
            "Change each time from the twelve-hour notation to the 24-hour notation used by railways.",
            "{name} noted when {event} takes place using am and pm. Convert every entry to 24-hour time.",
        ),
        to_24_hours,
        {"event": EVENTS},
        source=write_afternoon,
        field="Times",
    ),
    Family(
        "leap_year",
        "calendar",
        (
            "Was or will {y} be a leap year?",
            "{name} was born in {y}. Did the calendar of that year contain 29 February?",
            "Explain to {audience} in one sentence whether February {y} has an extra day.",
        ),
        leap,
        {"y": range(1880, 2110)},
    ),
)
