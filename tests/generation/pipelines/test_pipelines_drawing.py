"""Which demonstrations a round shows."""

from dataclasses import replace
from random import Random

import pytest

from app.errors import InvalidInput
from app.generation.pipelines import alpaca, self_instruct


def draw(seeds, kept, rng_seed=0, pipeline=self_instruct.pipeline, **changes):
    rng = Random(rng_seed)  # noqa: S311 - a draw that can be repeated, not a secret
    return pipeline.draw(rng, seeds, kept, pipeline.Parameters(**changes), 0)


@pytest.mark.parametrize(("in_pool", "shown"), [(0, 0), (1, 1), (2, 2), (4, 2)])
def test_two_kept_candidates_and_seeds_for_the_rest(seeds, kept, in_pool, shown):
    drawn = draw(seeds, kept[:in_pool])
    assert len(drawn) == 8
    assert len(set(drawn)) == 8
    assert sum(task.candidate_id is not None for task in drawn) == shown


def test_candidates_stand_anywhere_in_the_list(seeds, kept):
    places = {
        place
        for rng_seed in range(40)
        for place, task in enumerate(draw(seeds, kept, rng_seed))
        if task.candidate_id is not None
    }
    assert places == set(range(8))


@pytest.mark.parametrize("pipeline", [self_instruct.pipeline, alpaca.pipeline])
def test_the_same_rng_seed_draws_the_same(pipeline, seeds, kept):
    first, again, other = (draw(seeds, kept, rng_seed, pipeline) for rng_seed in (7, 7, 8))
    assert first == again != other


def test_only_classification_seed_tasks_are_shown_where_only_they_are_wanted(seeds, kept):
    drawn = draw(seeds, kept, task_kind="classification", demonstrations=6)
    assert [task.is_classification for task in drawn if task.seed_task_id is not None] == [True] * 4


def test_too_few_seed_tasks_are_said_in_numbers(seeds):
    with pytest.raises(InvalidInput, match=r"8 instructions, 8 of them seed tasks; this project has 5\. Add"):
        draw(seeds[:5], [])


def test_too_few_classification_seed_tasks_are_said(seeds):
    with pytest.raises(InvalidInput, match="8 of them classification seed tasks; this project has 4"):
        draw(seeds, [], task_kind="classification")


def test_kept_candidates_make_up_for_missing_seed_tasks(seeds, kept):
    assert len(draw(seeds[:6], kept)) == 8


def test_alpaca_shows_three_seed_tasks_and_never_a_candidate(seeds, kept):
    for rng_seed in range(20):
        drawn = draw(seeds, kept, rng_seed, alpaca.pipeline)
        assert len(set(drawn)) == 3
        assert all(task.seed_task_id is not None for task in drawn)


def test_alpaca_passes_over_seed_tasks_without_an_instance(seeds):
    bare = [replace(seed, instances=()) for seed in seeds[:8]]
    with pytest.raises(InvalidInput, match="3 seed tasks with their output; this project has 2"):
        draw(bare + seeds[8:], [], pipeline=alpaca.pipeline)
