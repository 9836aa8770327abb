"""What each annotator of a study did, and how two of them met. Pure."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from app.rating.rubric import Rubric
from app.statistics.agreement import Agreement
from app.statistics.matrix import Matrix, confusion_of
from app.studies.reports.figures import figure
from app.studies.reports.said import Said

_MOST_PAIRS = 50


def annotators_of(
    rubric: Rubric, said: Sequence[Said], agreements: Mapping[str, tuple[Matrix, Agreement]]
) -> list[dict[str, Any]]:
    """Return the figures of everyone who rated, by name. ``agreements`` are those on each question."""
    names = {each.annotator_id: each.annotator for each in said}
    return [
        annotator_of(rubric, annotator, names[annotator], said, agreements)
        for annotator in sorted(names, key=lambda each: (names[each], each))
    ]


def annotator_of(
    rubric: Rubric,
    annotator_id: int,
    name: str,
    said: Sequence[Said],
    agreements: Mapping[str, tuple[Matrix, Agreement]],
) -> dict[str, Any]:
    """Return how many one annotator rated and skipped and how fast, how often like others, and how often right on known
    answers and the same on what came twice. Times are in seconds."""
    mine = [each for each in said if each.annotator_id == annotator_id]
    seconds = [each.seconds for each in mine if each.seconds is not None]
    agreeing = {
        question: figure(each.percent)
        for question, (_, found) in agreements.items()
        for each in found.each
        if each.annotator == annotator_id
    }
    return {
        "id": annotator_id,
        "name": name,
        "ratings": sum(each.is_about_sample for each in mine),
        "skipped": sum(each.skipped for each in mine),
        "seconds": sum(seconds),
        "median": median(seconds) if seconds else None,
        "agreeing": agreeing,
        "known": answered_alike(rubric, [(each.answers, each.gold) for each in mine if each.gold is not None]),
        "steady": answered_alike(rubric, rated_twice(mine)),
    }


def rated_twice(mine: Sequence[Said]) -> list[tuple[Mapping[str, str], Mapping[str, str]]]:
    """Return the later and the first answers of one annotator to what they had twice."""
    first = {each.item_id: each.answers for each in mine if each.number == 1 and not each.skipped}
    again = [each for each in mine if each.number > 1 and not each.skipped]
    return [(each.answers, first[each.item_id]) for each in again if each.item_id in first]


def answered_alike(rubric: Rubric, pairs: Sequence[tuple[Mapping[str, str], Mapping[str, str]]]) -> dict[str, int]:
    """Count the questions answered both times, and those answered alike."""
    both = [
        given[question.name] == known[question.name]
        for given, known in pairs
        for question in rubric.questions
        if question.name in given and question.name in known
    ]
    return {"same": sum(both), "of": len(both)}


def pairs_of(
    rubric: Rubric, sample: Sequence[Said], agreements: Mapping[str, tuple[Matrix, Agreement]]
) -> list[dict[str, Any]]:
    """Return for each question and pair of annotators how often which answers met, ``_MOST_PAIRS`` of each."""
    names = {each.annotator_id: each.annotator for each in sample}
    labels = {question.name: question for question in rubric.questions}
    return [
        {
            "question": question,
            "label": labels[question].label,
            "one": names[pair.one],
            "other": names[pair.other],
            "shared": pair.shared,
            "kappa": figure(pair.kappa),
            "answers": list(matrix.values),
            "table": confusion_of(
                matrix, matrix.annotators.index(pair.one), matrix.annotators.index(pair.other)
            ).tolist(),
        }
        for question, (matrix, found) in agreements.items()
        for pair in found.pairs[:_MOST_PAIRS]
    ]
