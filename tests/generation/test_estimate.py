"""What a run will take, from what rounds took: figures that can be reckoned by hand, and laws that always hold."""

import math
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.generation.estimate import Goal, Sample, Speed, estimate


@dataclass(frozen=True)
class Prices:
    price_in: int = 0
    price_out: int = 0
    price_cached: int | None = None


ROUND = Sample(calls=10, tokens_in=8_000, tokens_out=2_000, cached=0, seconds=40, kept=5)
PRICES = Prices(price_in=150_000, price_out=600_000)
ALONE = Speed(concurrency=1)

amounts = st.floats(0, 1e5, allow_nan=False)
samples = st.lists(
    st.builds(
        Sample, calls=st.integers(1, 50), tokens_in=amounts, tokens_out=amounts, cached=st.just(0), seconds=amounts,
        kept=st.integers(0, 20),
    ),
    min_size=1,
    max_size=20,
)  # fmt: skip


def test_equal_rounds_leave_nothing_open():
    found = estimate([ROUND] * 4, Goal(kept=200), PRICES, Speed(concurrency=4))
    for range_, expected in (
        (found.calls, 400),
        (found.tokens_in, 320_000),
        (found.tokens_out, 80_000),
        (found.tokens, 400_000),
        (found.seconds, 400),
        (found.kept, 200),
        # 0.32 M at $0.15 and 0.08 M at $0.60, in nano-dollars
        (found.cost, 96_000_000),
    ):
        assert (range_.low, range_.middle, range_.high) == pytest.approx((expected,) * 3)
    assert (found.cost_per_kept, found.rounds) == (480_000, 4)


@pytest.mark.parametrize(
    ("goal", "rounds"),
    [
        (Goal(kept=200, calls=100), 10),
        (Goal(kept=200, cost=4_800_000), 2),
        (Goal(kept=200, rounds=7), 7),
        (Goal(rounds=3), 3),
        (Goal(kept=1), 1),
    ],
)
def test_the_target_that_is_reached_first_counts_and_a_round_is_the_least(goal, rounds):
    found = estimate([ROUND], goal, PRICES, ALONE)
    assert found.calls.middle == pytest.approx(10 * rounds)
    assert found.kept.middle == pytest.approx(5 * rounds)


@pytest.mark.parametrize(
    ("speed", "seconds"),
    [
        (Speed(1), 1_600),
        (Speed(8), 200),
        (Speed(8, requests_per_minute=60), 400),
        (Speed(8, requests_per_minute=60, tokens_per_minute=20_000), 1_200),
    ],
)
def test_the_narrowest_gate_sets_the_time(speed, seconds):
    assert estimate([ROUND], Goal(kept=200), PRICES, speed).seconds.middle == pytest.approx(seconds)


def test_tokens_from_the_cache_are_cheaper():
    half = replace(ROUND, cached=4_000)
    full, cached = (
        estimate([half], Goal(rounds=10), Prices(1_000_000, 0, cached), ALONE).cost.middle for cached in (None, 100_000)
    )
    assert (full, cached) == pytest.approx((80_000_000, 44_000_000))


def test_where_nothing_is_kept_there_is_no_end():
    found = estimate([replace(ROUND, kept=0)], Goal(kept=10), PRICES, ALONE)
    assert found.calls.is_endless
    assert found.cost_per_kept is None
    found = estimate([ROUND, *[replace(ROUND, kept=0)] * 6], Goal(kept=10), PRICES, ALONE)
    assert math.isfinite(found.calls.middle)
    assert found.calls.is_endless, "where most rounds bring nothing there is no telling how long it takes"


def test_rounds_that_differ_leave_a_range_that_narrows_with_their_number():
    few = [ROUND, replace(ROUND, kept=3), replace(ROUND, kept=8)]
    wide, narrow = (estimate(few * times, Goal(kept=200), PRICES, ALONE).calls for times in (1, 40))
    assert wide.low < wide.middle < wide.high
    assert wide.low < narrow.low < narrow.middle < narrow.high < wide.high


@given(samples, st.integers(1, 10_000), st.integers(1, 1_000))
def test_whatever_was_seen_ranges_are_in_order_and_more_takes_no_less(seen, kept, more):
    first, second = (estimate(seen, Goal(kept=goal), PRICES, ALONE) for goal in (kept, kept + more))
    for name in ("calls", "tokens_in", "tokens_out", "cost", "seconds", "kept"):
        range_, bigger = getattr(first, name), getattr(second, name)
        assert 0 <= range_.low <= range_.middle <= range_.high
        assert range_.middle <= bigger.middle
        assert not math.isnan(range_.high)


@given(samples, st.integers(1, 1_000))
def test_the_same_form_shows_the_same_figures(seen, calls):
    assert estimate(seen, Goal(calls=calls), PRICES, ALONE) == estimate(seen, Goal(calls=calls), PRICES, ALONE)
