"""The report of a study as one JSON value, from what was said and decided. Pure.

Shares are over all answers of the sample; where an example has several, whole examples are drawn anew for the interval.
"""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from app.rating.rubric import Question, Rubric
from app.studies.agreement import CAVEAT, Agreement, agreement_of, word_for
from app.studies.intervals import Figure
from app.studies.matrix import Level, Matrix, confusion_of, matrix_of
from app.studies.resampling import share_over_items
from app.studies.saying import Decided, Said, answers_to, as_json, by_item, differ_on
from app.studies.true_answers import estimate_true_answers

# What the same questions gave in the paper: a reference beside one's own, never a target.
REFERENCES: dict[str, dict[str, float]] = {
    "quality_study": {"valid_task": 0.92, "input_appropriate": 0.79, "output_correct": 0.58, "": 0.54},
}
REFERENCE_SOURCE = "Self-Instruct (Wang et al., 2023), Table 2: 200 instructions, labelled by one of the authors"
_MOST_PAIRS = 50


def report_of(rubric: Rubric, said: Sequence[Said], decided: Mapping[tuple[int, str], Decided]) -> dict[str, Any]:
    """Return the report: figures, annotators, disagreements and the ratings themselves.

    A figure is ``{value, low, high, reason}``: what is undefined is null, with a sentence that says why.
    """
    sample = [each for each in said if each.is_of_sample]
    agreements = {question.name: _agreement(question, sample) for question in rubric.questions}
    seconds = [each.seconds for each in said if each.seconds is not None]
    return {
        "counts": {
            "examples": len({each.item_id for each in sample}),
            "ratings": len(sample),
            "annotators": len({each.annotator_id for each in sample}),
            "most_per_item": max((len(those) for those in by_item(said).values()), default=0),
        },
        "reference_source": REFERENCE_SOURCE if rubric.name in REFERENCES else None,
        "all_valid": _all_valid(rubric, sample, decided),
        "questions": [_question(rubric, each, sample, agreements[each.name], decided) for each in rubric.questions],
        "caveat": CAVEAT,
        "annotators": _annotators(rubric, said, agreements),
        "pairs": _pairs(rubric, sample, agreements),
        "disagreements": [_disagreements(question, said, decided) for question in rubric.questions],
        "time": {"seconds": sum(seconds), "median": median(seconds) if seconds else None},
        "ratings": [as_json(each) for each in said],
    }


def figure(found: Figure) -> dict[str, Any]:
    """Return a figure as JSON."""
    interval = found.interval
    return {
        "value": None if found.value is None else float(found.value),
        "low": float(interval.low) if interval else None,
        "high": float(interval.high) if interval else None,
        "reason": found.reason,
    }


def share(answers: Sequence[tuple[int, bool]]) -> dict[str, Any]:
    """Return the share of (item, is it so) that is so, as a figure with the counts."""
    yes: dict[int, int] = {}
    asked: dict[int, int] = {}
    for item, is_so in answers:
        yes[item] = yes.get(item, 0) + is_so
        asked[item] = asked.get(item, 0) + 1
    found = share_over_items(list(yes.values()), list(asked.values()))
    return figure(found) | {"count": sum(yes.values()), "of": sum(asked.values())}


def _question(
    rubric: Rubric,
    question: Question,
    sample: Sequence[Said],
    found: tuple[Matrix, Agreement],
    decided: Mapping[tuple[int, str], Decided],
) -> dict[str, Any]:
    answers = answers_to(question.name, sample)
    shares = [
        {"answer": choice.value, "label": choice.label}
        | share([(item, answer == choice.value) for item, _, answer in answers])
        for choice in question.choices
    ]
    return {
        "name": question.name,
        "label": question.label,
        "valid": question.valid or None,
        "fine": share([(item, bool(question.is_valid(answer))) for item, _, answer in answers])
        if question.valid
        else None,
        "reference": REFERENCES.get(rubric.name, {}).get(question.name),
        "shares": shares,
        "after_decisions": _after_decisions(question, sample, decided),
        "agreement": _told(found[1]),
        "true": _true(found[0]),
    }


def _after_decisions(
    question: Question, sample: Sequence[Said], decided: Mapping[tuple[int, str], Decided]
) -> dict[str, Any] | None:
    """Return the share of valid answers where a curator's decision speaks for its item; None without decisions."""
    if not question.valid or not any(name == question.name for _, name in decided):
        return None
    answers = [
        (item, bool(question.is_valid(answer)))
        for item, _, answer in answers_to(question.name, sample)
        if (item, question.name) not in decided
    ]
    settled = [
        (item, bool(question.is_valid(one.answer))) for (item, name), one in decided.items() if name == question.name
    ]
    return share([*answers, *settled])


def _all_valid(
    rubric: Rubric, sample: Sequence[Said], decided: Mapping[tuple[int, str], Decided]
) -> dict[str, Any] | None:
    """Return the share of ratings that find nothing wrong; None where the questions can't say so."""
    answers = [(each.item_id, bool(each.all_valid)) for each in sample if each.all_valid is not None]
    if not any(question.valid for question in rubric.questions):
        return None
    return share(answers) | {"reference": REFERENCES.get(rubric.name, {}).get(""), "decisions": len(decided)}


def _agreement(question: Question, sample: Sequence[Said]) -> tuple[Matrix, Agreement]:
    answers = answers_to(question.name, sample)
    scale = [choice.value for choice in question.choices]
    is_known = all(answer in scale for _, _, answer in answers)
    matrix = matrix_of(answers, scale if is_known else None)
    level = Level(question.level) if is_known else Level.NOMINAL
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


def _annotators(
    rubric: Rubric, said: Sequence[Said], agreements: Mapping[str, tuple[Matrix, Agreement]]
) -> list[dict[str, Any]]:
    names = {each.annotator_id: each.annotator for each in said}
    return [
        _annotator(rubric, annotator, names[annotator], said, agreements)
        for annotator in sorted(names, key=lambda each: (names[each], each))
    ]


def _annotator(
    rubric: Rubric,
    annotator_id: int,
    name: str,
    said: Sequence[Said],
    agreements: Mapping[str, tuple[Matrix, Agreement]],
) -> dict[str, Any]:
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
        "ratings": sum(each.is_of_sample for each in mine),
        "skipped": sum(each.skipped for each in mine),
        "seconds": sum(seconds),
        "median": median(seconds) if seconds else None,
        "agreeing": agreeing,
        "known": answered_alike(rubric, [(each.answers, each.gold) for each in mine if each.gold is not None]),
        "steady": answered_alike(rubric, rated_twice(mine)),
    }


def rated_twice(mine: Sequence[Said]) -> list[tuple[Mapping[str, str], Mapping[str, str]]]:
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


def _pairs(
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


def _disagreements(
    question: Question, said: Sequence[Said], decided: Mapping[tuple[int, str], Decided]
) -> dict[str, Any]:
    labels = {choice.value: choice.label for choice in question.choices}
    items = []
    for item_id, those in by_item(said).items():
        if not differ_on(question.name, those):
            continue
        decision = decided.get((item_id, question.name))
        items.append(
            {
                "item": item_id,
                "candidate": those[0].candidate_id,
                "position": those[0].position,
                "answers": [
                    {"annotator": each.annotator, "answer": each.answers[question.name]}
                    | {"label": labels.get(each.answers[question.name], each.answers[question.name])}
                    for each in those
                    if question.name in each.answers
                ],
                "decision": None
                if decision is None
                else {"answer": decision.answer, "by": decision.by, "reason": decision.reason}
                | {"label": labels.get(decision.answer, decision.answer)},
            }
        )
    return {"question": question.name, "label": question.label, "items": items}
