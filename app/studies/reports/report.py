"""The report of a study as one JSON value, from what was said and decided. Pure.

Shares are over all answers of the sample; where an example has several, whole examples are drawn anew for the interval.
"""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from app.rating.rubric import Question, Rubric
from app.statistics.agreement import CAVEAT, Agreement, agreement_of, word_for
from app.statistics.level import Level
from app.statistics.matrix import Matrix, matrix_of
from app.statistics.true_answers import estimate_true_answers
from app.studies.reports.annotators import annotators_of, pairs_of
from app.studies.reports.by_example import checks_of, fine_by_example
from app.studies.reports.by_stratum import shares_by_stratum
from app.studies.reports.disagreements import disagreements_on
from app.studies.reports.figures import figure, share
from app.studies.reports.said import Decided, Said, answers_to, as_json, by_item
from app.studies.reports.tagging import tags_given

# What the same questions gave in the paper: a reference beside one's own, never a target.
REFERENCES: dict[str, dict[str, float]] = {
    "quality_study": {"valid_task": 0.92, "input_appropriate": 0.79, "output_correct": 0.58, "": 0.54},
}
REFERENCE_SOURCE = "Self-Instruct (Wang et al., 2023), Table 2: 200 instructions, labelled by one of the authors"


def report_of(rubric: Rubric, said: Sequence[Said], decided: Mapping[tuple[int, str], Decided]) -> dict[str, Any]:
    """Return the report: figures, annotators, disagreements and the ratings themselves.

    A figure is ``{value, low, high, reason}``: what is undefined is null, with a sentence that says why.
    """
    sample, items = [each for each in said if each.is_of_sample], by_item(said)
    agreements = {question.name: _agreement(question, sample) for question in rubric.questions}
    seconds = [each.seconds for each in said if each.seconds is not None]
    return {
        "counts": {
            "examples": len({each.candidate_id for each in sample}),
            "items": len({each.item_id for each in sample}),
            "ratings": sum(each.is_about_sample for each in said),
            "annotators": len({each.annotator_id for each in sample}),
            "most_per_item": max((len(those) for those in items.values()), default=0),
        },
        "contenders": [],
        "contests": [],
        "by_contender": [],
        "reference_source": REFERENCE_SOURCE if rubric.name in REFERENCES else None,
        "all_valid": _all_valid(rubric, sample, items, decided),
        "questions": [
            _question(rubric, each, sample, items, agreements[each.name], decided) for each in rubric.questions
        ],
        "caveat": CAVEAT,
        "annotators": annotators_of(rubric, said, agreements),
        "pairs": pairs_of(rubric, sample, agreements),
        "disagreements": [disagreements_on(question, items, decided) for question in rubric.questions],
        "tags": tags_given(rubric, said),
        "strata": shares_by_stratum(rubric, sample),
        "time": {"seconds": sum(seconds), "median": median(seconds) if seconds else None},
        "ratings": [as_json(each) for each in said],
    }


def _question(
    rubric: Rubric,
    question: Question,
    sample: Sequence[Said],
    items: Mapping[int, Sequence[Said]],
    found: tuple[Matrix, Agreement],
    decided: Mapping[tuple[int, str], Decided],
) -> dict[str, Any]:
    return {
        "name": question.name,
        "label": question.label,
        "valid": question.valid or None,
        "reference": REFERENCES.get(rubric.name, {}).get(question.name),
        **shares_of(question, sample),
        "by_example": fine_by_example([question], items, decided) if question.valid else None,
        "agreement": _told(found[1]),
        "true": _true(found[0]),
    }


def shares_of(question: Question, sample: Sequence[Said]) -> dict[str, Any]:
    """Return the share of each answer to a question, and of those that say that all is ``fine`` (None: none can)."""
    answers = answers_to(question.name, sample)
    return {
        "fine": share([(item, bool(question.is_valid(answer))) for item, _, answer in answers])
        if question.valid
        else None,
        "shares": [
            {"answer": choice.value, "label": choice.label}
            | share([(item, answer == choice.value) for item, _, answer in answers])
            for choice in question.choices
        ],
    }


def _all_valid(
    rubric: Rubric,
    sample: Sequence[Said],
    items: Mapping[int, Sequence[Said]],
    decided: Mapping[tuple[int, str], Decided],
) -> dict[str, Any] | None:
    """Return the share of ratings that find nothing wrong; None where the questions can't say so."""
    if not (checks := checks_of(rubric)):
        return None
    answers = [(each.item_id, each.all_valid) for each in sample if each.all_valid is not None]
    reference = REFERENCES.get(rubric.name, {}).get("")
    return share(answers) | {"reference": reference, "by_example": fine_by_example(checks, items, decided)}


def _agreement(question: Question, sample: Sequence[Said]) -> tuple[Matrix, Agreement]:
    answers = answers_to(question.name, sample)
    scale = [choice.value for choice in question.choices]
    is_known = all(answer in scale for _, _, answer in answers)
    matrix = matrix_of(answers, scale if is_known else None)
    level = question.level if is_known else Level.NOMINAL
    return matrix, agreement_of(matrix, level)


def _true(matrix: Matrix) -> dict[str, Any]:
    """Return how frequent each answer truly is, as Dawid and Skene estimate it, and how often who is right."""
    found = estimate_true_answers(matrix)
    accuracies = zip(matrix.annotators, found.accuracies.tolist(), strict=False)
    return {
        "reason": found.reason,
        "shares": dict(zip(found.values, found.shares.tolist(), strict=False)),
        "right": [{"annotator": annotator, "share": share} for annotator, share in accuracies],
    }


def _told(found: Agreement) -> dict[str, Any]:
    names = {"percent": found.percent, "cohen": found.cohen, "fleiss": found.fleiss, "alpha": found.alpha}
    return {
        name: figure(each) | {"word": None if name == "percent" or each.value is None else word_for(each.value)}
        for name, each in names.items()
    }
