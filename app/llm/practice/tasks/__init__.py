"""Every family of tasks, in a fixed order."""

from app.llm.practice.family import Family
from app.llm.practice.tasks import calendar, classes, facts, letters, measures, numbers, records, words, writing

FAMILIES: tuple[Family, ...] = (
    *numbers.FAMILIES,
    *measures.FAMILIES,
    *calendar.FAMILIES,
    *words.FAMILIES,
    *records.FAMILIES,
    *letters.FAMILIES,
    *writing.FAMILIES,
    *classes.FAMILIES,
    *facts.FAMILIES,
)
CLASSIFICATION: tuple[Family, ...] = tuple(family for family in FAMILIES if family.labels)
OTHER: tuple[Family, ...] = tuple(family for family in FAMILIES if not family.labels)
