"""Letters and other words from one person to another."""

from random import Random

from app.llm.practice.family import Family, chooser
from app.llm.practice.tasks.motifs import GIFTS, MISTAKES, REQUESTS
from app.llm.practice.template import Slots


def thank(slots: Slots, _: str) -> str:
    """Return a thank-you note."""
    rng = chooser(*slots.values())
    middle = rng.choice(("It made my whole week brighter.", "I have used it every day since.", "You chose so well."))
    return (
        f"Dear {slots['name']},\nThank you so much for {slots['gift']}. {middle} I hope to see you soon.\nWarm regards"
    )


def apologise(slots: Slots, _: str) -> str:
    """Return a short apology."""
    return (
        f"Dear {slots['name']}, I am sorry for {slots['mistake']}. I understand that it caused you trouble, "
        "and I will take care that it does not happen again."
    )


def invite(slots: Slots, _: str) -> str:
    """Return an invitation."""
    return (
        f"You are warmly invited to {slots['occasion']} in {slots['place']}. We start at {slots['h']} o'clock. "
        f"Please let {slots['name']} know by Friday whether you can come."
    )


def request(_: Slots, rng: Random) -> str:
    """Return a brusque request."""
    return rng.choice(sorted(REQUESTS))


def introduce(slots: Slots, _: str) -> str:
    """Return a short biography."""
    return (
        f"{slots['name']} is {slots['someone']} from {slots['place']}. After many years in the trade, "
        "there is still nothing better than helping others and learning something new every day."
    )


FAMILIES = (
    Family(
        "thanks",
        "courtesy",
        (
            "Write a short note that thanks {name} for {gift}.",
            "I received {gift} from {name} after {occasion}. Help me say thank you in a few warm lines.",
            "Compose a thank-you letter to {name} in {place}, who sent {gift}.",
        ),
        thank,
        {"gift": GIFTS},
    ),
    Family(
        "apology",
        "courtesy",
        (
            "Write an apology to {name} for {mistake}.",
            "I feel bad about {mistake}. Draft two sincere sentences for {name}, {someone}.",
            "How could I tell {name} that I am sorry for {mistake}? It happened before {occasion}.",
        ),
        apologise,
        {"mistake": MISTAKES},
    ),
    Family(
        "invitation",
        "courtesy",
        (
            "Invite people to {occasion} in {place} at {h} o'clock, with replies to {name} by Friday.",
            "Compose a friendly invitation signed for by {name}: {occasion}, {place}, {h} o'clock, answer by Friday.",
        ),
        invite,
        {"h": ("two", "three", "four", "five", "six", "seven", "eight")},
    ),
    Family(
        "politeness",
        "style",
        (
            "Rephrase the message so that it sounds polite.",
            "{name} is angry with {someone} but wants to stay friendly. Soften these words.",
            "Turn the blunt line into a courteous one that suits {occasion}.",
        ),
        lambda _, text: REQUESTS[text],
        source=request,
        field="Message",
    ),
    Family(
        "biography",
        "careers",
        (
            "Write a short profile of {name}, {someone} from {place}.",
            "For a programme leaflet, introduce {someone} called {name}, who lives in {place}, in two sentences.",
        ),
        introduce,
    ),
)
