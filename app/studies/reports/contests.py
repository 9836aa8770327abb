"""The report of a study that judges the answers of several: who is better, by how much, and how sure that is. Pure.

A ranking counts as a comparison of each two of its answers (Ouyang et al., 2022). Won, tied and lost are shares of all
ratings. The sign test and the strengths take each example once for each pair, by what most of its ratings say.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from app.rating.rubric import Question, Rubric
from app.rating.scale import Choice, Kind, Scale
from app.statistics.intervals import sign_test
from app.statistics.level import Level
from app.statistics.strengths import strengths_of, wins_of
from app.studies.reports.figures import figure, share
from app.studies.reports.report import report_of, shares_of
from app.studies.reports.said import Decided, Said, answers_to

TIE = "tie"


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one rating says of two contenders; ``winner`` is one of them or ``TIE``."""

    item_id: int
    one: str
    other: str
    winner: str


def contest_report_of(
    rubric: Rubric,
    said: Sequence[Said],
    decided: Mapping[tuple[int, str], Decided],
    names: Mapping[int, str],
    contenders: Sequence[str],
) -> dict[str, Any]:
    """Return the report of what was said of answers, whose givers' ``names`` are by their numbers.

    It is the one of ``report_of`` with names for answers, ``contests`` for each question that compares, and
    ``by_contender`` where answers are judged by themselves.
    """
    questions = {question.name: question for question in rubric.questions}
    named = [
        replace(each, answers={name: _name(answer, questions[name], names) for name, answer in each.answers.items()})
        for each in said
    ]
    named_decisions = {
        (item, name): replace(each, answer=_name(each.answer, questions[name], names))
        for (item, name), each in decided.items()
    }
    sample = [each for each in said if each.is_of_sample]
    comparing = [question for question in rubric.questions if question.scale.compares]
    return report_of(_with_names(rubric, contenders), named, named_decisions) | {
        "contenders": list(contenders),
        "contests": [_contest(question, sample, names, contenders) for question in comparing],
        "by_contender": [] if comparing else [_alone(rubric, sample, name, names) for name in contenders],
    }


def _contest(
    question: Question, sample: Sequence[Said], names: Mapping[int, str], contenders: Sequence[str]
) -> dict[str, Any]:
    outcomes = [each for said in sample for each in _outcomes(question, said, names)]
    settled = _by_most(outcomes)
    strengths = strengths_of(*wins_of((each.one, each.other, each.winner) for each in settled))
    pairs = combinations(contenders, 2)
    return {
        "question": question.name,
        "label": question.label,
        "pairs": [_pair(one, other, outcomes, settled) for one, other in pairs],
        "strengths": {
            "reason": strengths.reason or None,
            "each": [
                {"name": each.name, "chance": figure(each.chance), "log_strength": figure(each.log_strength)}
                for each in strengths.each
            ],
        },
        "places": _places(question, sample, names, contenders) if question.scale.kind is Kind.RANKING else [],
    }


def _outcomes(question: Question, said: Said, names: Mapping[int, str]) -> Iterator[_Outcome]:
    answer = said.answers.get(question.name)
    if answer is None:
        return
    order = [int(each) for each in answer.split(">")] if question.scale.kind is Kind.RANKING else []
    for one, other in combinations(said.judged, 2):
        winner = names[min(one, other, key=order.index)] if order else names[int(answer)] if answer != TIE else TIE
        yield _Outcome(said.item_id, names[one], names[other], winner)


def _by_most(outcomes: Sequence[_Outcome]) -> list[_Outcome]:
    """Return each item and pair once, with the winner that more ratings name than its opponent, else a tie."""
    ratings: dict[tuple[int, str, str], Counter[str]] = {}
    for each in outcomes:
        ratings.setdefault((each.item_id, each.one, each.other), Counter())[each.winner] += 1
    return [
        _Outcome(item_id, one, other, TIE if votes[one] == votes[other] else max(one, other, key=votes.__getitem__))
        for (item_id, one, other), votes in ratings.items()
    ]


def _pair(one: str, other: str, outcomes: Sequence[_Outcome], settled: Sequence[_Outcome]) -> dict[str, Any]:
    theirs = [each for each in outcomes if (each.one, each.other) == (one, other)]
    examples = Counter(each.winner for each in settled if (each.one, each.other) == (one, other))
    return {
        "one": one,
        "other": other,
        "shares": [
            {"answer": winner} | share([(each.item_id, each.winner == winner) for each in theirs])
            for winner in (one, TIE, other)
        ],
        "examples": {"one": examples[one], "tie": examples[TIE], "other": examples[other]},
        "chance_alone": figure(sign_test(examples[one], examples[other])),
    }


def _places(
    question: Question, sample: Sequence[Said], names: Mapping[int, str], contenders: Sequence[str]
) -> list[dict[str, Any]]:
    """Return how often each contender came first, second and so on."""
    orders = [
        (item, [names[int(each)] for each in answer.split(">")])
        for item, _, answer in answers_to(question.name, sample)
    ]
    return [
        {
            "name": name,
            "shares": [
                {"answer": str(place + 1)}
                | share([(item, order[place] == name) for item, order in orders if len(order) > place])
                for place in range(len(contenders))
            ],
        }
        for name in contenders
    ]


def _alone(rubric: Rubric, sample: Sequence[Said], name: str, names: Mapping[int, str]) -> dict[str, Any]:
    """Return the shares of the answers about what one contender gave."""
    theirs = [each for each in sample if names[each.judged[0]] == name]
    return {
        "name": name,
        "ratings": len(theirs),
        "questions": [
            {"name": question.name, "label": question.label} | shares_of(question, theirs)
            for question in rubric.questions
        ],
    }


def _name(answer: str, question: Question, names: Mapping[int, str]) -> str:
    if not question.scale.compares or answer == TIE:
        return answer
    return ", ".join(names[int(each)] for each in answer.split(">"))


def _with_names(rubric: Rubric, contenders: Sequence[str]) -> Rubric:
    """Return the rubric with contenders in place of sides; the orders of a ranking are too many to be told."""
    tie = Choice(TIE, "Tie", "")
    sides = (*(Choice(name, name, "") for name in contenders), tie)
    scales = {
        Kind.PAIRWISE: Scale(Kind.CHOICES, Level.NOMINAL, sides),
        Kind.RANKING: Scale(Kind.CHOICES, Level.NOMINAL, ()),
    }
    named = [replace(each, scale=scales.get(each.scale.kind, each.scale)) for each in rubric.questions]
    return replace(rubric, questions=tuple(named))
