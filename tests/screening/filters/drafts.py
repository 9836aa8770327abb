"""Drafts to ask filters about, and for each filter one that it objects to."""

from app.screening.filter import Draft
from app.screening.pool import Pool

GOOD = Draft("Name three colours of the rainbow.", "", "Red, green and blue.", 0, (("", "Red, green and blue."),))


def pool_of(*members):
    pool = Pool()
    for key, text in enumerate(members):
        pool.add(key, text)
    return pool


def instance_of(place, *siblings):
    """The draft of the instance at ``place`` among ``siblings``, (input, output) pairs."""
    return Draft("Answer the question.", *siblings[place], place, siblings)


# What each filter objects to at its default thresholds; a new filter brings its own.
OBJECTIONABLE = {
    "format": Draft("1. Output: 4", problem="There is no instruction before the output."),
    "length": Draft("Too short"),
    "wording": Draft("Describe the image in one line."),
    "novelty": Draft("Name three colours of the rainbow!"),
    "instances": instance_of(0, ("What is 2 + 2?", "")),
    "repetition": instance_of(0, ("", "ha " * 100)),
}
POOL = pool_of(GOOD.instruction)
