"""What came of a comparison: who was judged how, who won against whom, and the answers example by example."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, Row, Select, case, func, select
from sqlalchemy.orm import Session, aliased

from app.comparisons.pairs import Scored
from app.examples import Example
from app.generation.chosen import chosen_texts
from app.models.comparisons import Alternative, ChosenExample, Judgement
from app.models.generation import Run

PAGE = 10
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Contender:
    """One side of a comparison over all its examples. ``run`` is None for the outputs that were there.

    ``won``, ``tied`` and ``lost`` count the other answers to the same examples, by mean score.
    """

    run: Run | None
    answers: int
    mean: float
    won: int
    tied: int
    lost: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The contenders, best first; how many pairs have different scores, and how many examples have a best and a worst;
    how many of the ``chosen`` ones were judged.

    ``most`` is the highest score of the scale.
    """

    contenders: Sequence[Contender]
    pairs: int
    preferences: int
    judged: int
    chosen: int
    most: int


@dataclass(frozen=True, slots=True)
class Judged:
    """One example with its scored answers, best first. ``position`` is its place among the chosen ones."""

    position: int
    candidate_id: int
    example: Example
    answers: Sequence[Scored]


def summary_of(session: Session, runs: Sequence[Run]) -> Summary:
    """Return the result of a comparison, of whose ``runs`` the last one judges, in four queries."""
    judging = runs[-1]
    means = _means(judging.id)
    own_run = {run.id: run for run in runs[:-1]}
    tally = {row.run_id: row for row in session.execute(_tally(means))}
    rows = session.execute(
        select(means.c.run_id, func.count().label("answers"), func.avg(means.c.mean).label("mean")).group_by(
            means.c.run_id
        )
    )
    contenders = [
        Contender(own_run.get(row.run_id), row.answers, float(row.mean), *_won_tied_lost(tally.get(row.run_id)))
        for row in rows
    ]
    spread = select(func.max(means.c.mean) != func.min(means.c.mean)).group_by(means.c.candidate_id).subquery()
    (differs,) = spread.c
    judged, preferences = session.execute(select(func.count(), func.count().filter(differs)).select_from(spread)).one()
    return Summary(
        sorted(contenders, key=lambda each: -each.mean),
        sum(each.won for each in contenders),
        preferences,
        judged,
        session.scalar(select(func.count()).where(ChosenExample.run_id == judging.id)) or 0,
        10 if judging.parameters["scale"] == "ten" else 5,
    )


def judged_examples(session: Session, judging: Run, *, after: int = -1, limit: int = PAGE) -> list[Judged]:
    """Return up to ``limit`` judged examples after a ``position``, in the order in which they were chosen."""
    is_judged = (
        select(Judgement.id)
        .join(Alternative, Alternative.id == Judgement.alternative_id)
        .where(Judgement.run_id == judging.id, Alternative.candidate_id == ChosenExample.candidate_id)
        .exists()
    )
    rows = session.execute(
        chosen_texts().where(ChosenExample.run_id == judging.id, ChosenExample.position > after, is_judged).limit(limit)
    ).all()
    scored = _scored(session, judging.id, [row.id for row in rows])
    return [Judged(row.position, row.id, Example(row.instruction, row.input), scored.get(row.id, ())) for row in rows]


def all_judged(session: Session, judging: Run) -> Iterator[Judged]:
    """Yield every judged example, read a batch at a time."""
    after = -1
    while batch := judged_examples(session, judging, after=after, limit=_BATCH):
        yield from batch
        after = batch[-1].position


def _means(judging_id: int) -> CTE:
    return (
        select(
            Alternative.candidate_id,
            Alternative.run_id,
            (func.sum(Judgement.score) * 1.0 / func.count()).label("mean"),
        )
        .join(Judgement, Judgement.alternative_id == Alternative.id)
        .where(Judgement.run_id == judging_id)
        .group_by(Alternative.id, Alternative.candidate_id, Alternative.run_id)
        .cte("means")
    )


def _tally(means: CTE) -> Select[*tuple[Any, ...]]:
    other = aliased(means, name="others")
    differs = means.c.run_id.is_distinct_from(other.c.run_id)

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((condition, 1), else_=0))

    return (
        select(
            means.c.run_id,
            count(means.c.mean > other.c.mean).label("won"),
            count(means.c.mean == other.c.mean).label("tied"),
            count(means.c.mean < other.c.mean).label("lost"),
        )
        .join(other, (other.c.candidate_id == means.c.candidate_id) & differs)
        .group_by(means.c.run_id)
    )


def _won_tied_lost(row: Row[Any] | None) -> tuple[int, int, int]:
    return (row.won, row.tied, row.lost) if row else (0, 0, 0)


def _scored(session: Session, judging_id: int, candidate_ids: Sequence[int]) -> dict[int, list[Scored]]:
    rows = session.execute(
        select(Alternative, Judgement.score)
        .join(Judgement, Judgement.alternative_id == Alternative.id)
        .where(Judgement.run_id == judging_id, Alternative.candidate_id.in_(candidate_ids))
        .order_by(Alternative.id, Judgement.round)
    ).all()
    scores: dict[Alternative, list[int]] = {}
    for alternative, score in rows:
        scores.setdefault(alternative, []).append(score)
    found: dict[int, list[Scored]] = {}
    for each, of_it in scores.items():
        scored = Scored(each.id, each.run_id, each.model, each.output, tuple(of_it), each.from_practice)
        found.setdefault(each.candidate_id, []).append(scored)
    return {key: sorted(answers, key=lambda each: (-each.mean, each.alternative_id)) for key, answers in found.items()}
