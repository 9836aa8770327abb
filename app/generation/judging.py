"""Scores taken in: what a judge said of the answers to one chosen example."""

from collections.abc import Sequence

from app.generation.fold import Brought, Proposed
from app.generation.intake import Intake
from app.generation.pipeline import Demonstration, Score
from app.models.comparisons import Judgement
from app.screening.pool import Pool


def take_in_scores(
    intake: Intake,
    pool: Pool,  # noqa: ARG001 - every taker is handed the same
    round_: int,
    proposed: Proposed,
    shown: Sequence[Demonstration],
) -> Brought:
    """Store the scores of a round. A completion that isn't quite as asked brings none, and the round is over."""
    (example,) = shown
    run, terms = intake.run, intake.terms
    scores = [
        each for each in terms.pipeline.read(proposed.completion, shown, terms.parameters) if isinstance(each, Score)
    ]
    intake.session.add_all(
        Judgement(
            project_id=run.project_id,
            run_id=run.id,
            round=round_,
            alternative_id=alternative_id,
            call_id=proposed.call_id,
            place=each.place,
            score=each.score,
        )
        for each in scores
        for alternative_id in example.alternative_ids[each.place]
    )
    return Brought((), int(bool(scores)), bool(scores))
