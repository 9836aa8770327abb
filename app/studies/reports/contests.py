"""The report of a study that judges the answers of several: who is better, by how much, and how sure that is. Pure.

A ranking counts as a comparison of each two of its answers (Ouyang et al., 2022). Won, tied and lost are shares of
ratings in which each example weighs the same. The sign test and the strengths take each example once for each pair: who
won more of its ratings, one more opinion on what others differ on among them. Contenders are known by their place until
they are told, so no name can be mistaken for another's.
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
from app.statistics.strengths import strengths_by_item
from app.studies.reports.figures import figure, share
from app.studies.reports.report import report_of, shares_of
from app.studies.reports.said import Decided, Said, answers_to

TIE = "tie"
_EVEN = -1
# Answers to a question about two, by their places in the item: the same words whoever the two are.
_SIDES = ("first", "second")

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one rating says of a pair of contenders; ``winner`` is one of them or ``_EVEN``."""

    item_id: int
    candidate_id: int
    pair: Pair
    winner: int
    is_of_sample: bool


def contest_report_of(
    rubric: Rubric,
    said: Sequence[Said],
    decided: Mapping[tuple[int, str], Decided],
    whose: Mapping[int, int],
    contenders: Sequence[str],
) -> dict[str, Any]:
    """Return the report of what was said of answers; ``whose`` are the contenders' places by the answers' numbers.

    It is the one of ``report_of`` in which answers to a comparison are first, second or tie of its two, or an order of
    contenders, with ``contests`` for each question that compares, and ``by_contender`` where answers are judged by
    themselves.
    """
    questions = {question.name: question for question in rubric.questions}
    judged = {each.item_id: each.judged for each in said}
    coded = [
        replace(
            each,
            answers={name: _code(answer, questions[name], each.judged, whose) for name, answer in each.answers.items()},
        )
        for each in said
    ]
    coded_decisions = {
        (item, name): replace(each, answer=_code(each.answer, questions[name], judged.get(item, ()), whose))
        for (item, name), each in decided.items()
    }
    sample = [each for each in said if each.is_of_sample]
    comparing = [question for question in rubric.questions if question.scale.compares]
    return report_of(_coded(rubric, contenders), coded, coded_decisions) | {
        "contenders": list(contenders),
        "contests": [_contest(question, said, whose, contenders) for question in comparing],
        "by_contender": []
        if comparing
        else [_alone(rubric, sample, place, name, whose) for place, name in enumerate(contenders)],
    }


def _contest(
    question: Question, said: Sequence[Said], whose: Mapping[int, int], contenders: Sequence[str]
) -> dict[str, Any]:
    outcomes: dict[Pair, list[_Outcome]] = {pair: [] for pair in combinations(range(len(contenders)), 2)}
    for each in said:
        for outcome in _outcomes(question, each, whose):
            outcomes[outcome.pair].append(outcome)
    settled = {pair: _by_item(those) for pair, those in outcomes.items()}
    games = [(each.candidate_id, *each.pair, each.winner) for those in settled.values() for each in those]
    strengths = strengths_by_item(games, contenders)
    return {
        "question": question.name,
        "label": question.label,
        "pairs": [_pair(pair, outcomes[pair], settled[pair], contenders) for pair in outcomes],
        "strengths": {
            "reason": strengths.reason or None,
            "each": [
                {"name": each.name, "chance": figure(each.chance), "log_strength": figure(each.log_strength)}
                for each in strengths.each
            ],
        },
        "places": _places(question, said, whose, contenders) if question.scale.kind is Kind.RANKING else [],
    }


def _outcomes(question: Question, said: Said, whose: Mapping[int, int]) -> Iterator[_Outcome]:
    answer = said.answers.get(question.name)
    if answer is None or not said.is_about_sample:
        return
    order = [whose[int(each)] for each in answer.split(">")] if question.scale.kind is Kind.RANKING else []
    for pair in combinations(sorted(whose[each] for each in said.judged), 2):
        winner = min(pair, key=order.index) if order else whose[int(answer)] if answer != TIE else _EVEN
        yield _Outcome(said.item_id, said.candidate_id, (pair[0], pair[1]), winner, said.is_of_sample)


def _by_item(outcomes: Sequence[_Outcome]) -> list[_Outcome]:
    """Return each item once, with the contender that more of its ratings name than the other, else even."""
    ratings: dict[int, list[_Outcome]] = {}
    for each in outcomes:
        ratings.setdefault(each.item_id, []).append(each)
    settled = []
    for those in ratings.values():
        (one, other), votes = those[0].pair, Counter(each.winner for each in those)
        winner = _EVEN if votes[one] == votes[other] else max(one, other, key=votes.__getitem__)
        settled.append(replace(those[0], winner=winner))
    return settled


def _pair(
    pair: Pair, outcomes: Sequence[_Outcome], settled: Sequence[_Outcome], contenders: Sequence[str]
) -> dict[str, Any]:
    one, other = pair
    theirs = [each for each in outcomes if each.is_of_sample]
    examples = Counter(each.winner for each in settled)
    return {
        "one": contenders[one],
        "other": contenders[other],
        "shares": [
            {"answer": name} | share([(each.item_id, each.winner == winner) for each in theirs])
            for winner, name in ((one, contenders[one]), (_EVEN, TIE), (other, contenders[other]))
        ],
        "examples": {"one": examples[one], "tie": examples[_EVEN], "other": examples[other]},
        "chance_alone": figure(sign_test(examples[one], examples[other])),
    }


def _places(
    question: Question, said: Sequence[Said], whose: Mapping[int, int], contenders: Sequence[str]
) -> list[dict[str, Any]]:
    """Return how often each contender came first, second and so on."""
    orders = [
        (item, [whose[int(each)] for each in answer.split(">")]) for item, _, answer in answers_to(question.name, said)
    ]
    return [
        {
            "name": name,
            "shares": [
                {"answer": str(place + 1)} | share([(item, order[place] == contender) for item, order in orders])
                for place in range(len(contenders))
            ],
        }
        for contender, name in enumerate(contenders)
    ]


def _alone(
    rubric: Rubric, sample: Sequence[Said], contender: int, name: str, whose: Mapping[int, int]
) -> dict[str, Any]:
    """Return the shares of the answers about what one contender gave."""
    theirs = [each for each in sample if whose[each.judged[0]] == contender]
    return {
        "name": name,
        "ratings": len(theirs),
        "questions": [
            {"name": question.name, "label": question.label, "kind": question.scale.kind.value}
            | shares_of(question, theirs)
            for question in rubric.questions
        ],
    }


def _codes(said: Said, questions: Mapping[str, Question], whose: Mapping[int, int]) -> dict[str, str]:
    return {name: _code(answer, questions[name], said.judged, whose) for name, answer in said.answers.items()}


def _code(answer: str, question: Question, judged: Sequence[int], whose: Mapping[int, int]) -> str:
    """Return a settled answer without the numbers in it: the place among the two, or the contenders' order."""
    if question.scale.kind is Kind.PAIRWISE and answer != TIE:
        return _SIDES[sorted(whose[each] for each in judged).index(whose[int(answer)])]
    if question.scale.kind is Kind.RANKING:
        return ">".join(str(whose[int(each)] + 1) for each in answer.split(">"))
    return answer


def _coded(rubric: Rubric, contenders: Sequence[str]) -> Rubric:
    """Return the rubric with the choices of ``_code``; the orders of a ranking are too many to be told."""
    first, second = contenders[:2] if len(contenders) == 2 else ("The first of the two", "The second of the two")
    sides = (Choice("first", first, ""), Choice(TIE, "Tie", ""), Choice("second", second, ""))
    scales = {
        Kind.PAIRWISE: Scale(Kind.CHOICES, Level.NOMINAL, sides),
        Kind.RANKING: Scale(Kind.CHOICES, Level.NOMINAL, ()),
    }
    coded = [replace(each, scale=scales.get(each.scale.kind, each.scale)) for each in rubric.questions]
    return replace(rubric, questions=tuple(coded))
