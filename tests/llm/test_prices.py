"""Money in whole numbers."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.amounts import format_cost, format_price, parse_amount, parse_price
from app.errors import InvalidInput
from app.llm.prices import cost_of, worst_cost
from app.llm.prompt import Prompt, Sampling


@dataclass
class Asked:
    """What an endpoint asks for."""

    price_in: int
    price_out: int
    price_cached: int | None = None
    flex_percent: int | None = None
    room: int = 0


@pytest.mark.parametrize(
    ("typed", "price"),
    [
        ("0.15", 150_000),
        (" $0.60 ", 600_000),
        ("10", 10_000_000),
        ("", 0),
        ("1,000", 1_000_000_000),
        ("100,000", 100_000_000_000),
        ("0.0000005", 1),
        ("0.0000004", 0),
    ],
)
def test_a_price_is_typed_in_dollars_per_million_tokens_and_kept_in_micro_dollars(typed, price):
    assert parse_price(typed, "Price in") == price


def test_an_amount_is_kept_in_nano_dollars():
    assert parse_amount("2.50", "Budget") == 2_500_000_000


@pytest.mark.parametrize(
    "typed", ["free", "-1", "100000.01", "1e99", "NaN", "sNaN", "Infinity", "1.2.3", "0,15", "1,50", "1,0000", ",5"]
)
def test_what_is_no_price_is_refused_with_the_field(typed):
    with pytest.raises(InvalidInput, match=r"^Price in must be ") as refused:
        parse_price(typed, "Price in")
    assert refused.value.field == "Price in"


@given(st.integers(0, 100_000_000_000))
def test_a_price_is_shown_as_it_would_be_typed(price):
    assert parse_price(format_price(price), "Price in") == price


@pytest.mark.parametrize(("price", "shown"), [(0, "0"), (150_000, "0.15"), (10_000_000, "10"), (1, "0.000001")])
def test_a_price_is_shown_without_needless_zeros(price, shown):
    assert format_price(price) == shown


def test_the_cost_of_a_call_by_hand():
    # 1,000 tokens at $0.15 and 500 at $0.60 a million: $0.00015 + $0.0003.
    assert cost_of(1_000, 500, Asked(150_000, 600_000)) == 450_000


def test_tokens_that_a_server_had_at_hand_have_a_price_of_their_own():
    assert cost_of(1_000, 500, Asked(150_000, 600_000, 75_000), cached=400) == 90_000 + 30_000 + 300_000
    assert cost_of(1_000, 500, Asked(150_000, 600_000, 0), cached=5_000) == 300_000
    assert cost_of(1_000, 500, Asked(150_000, 600_000), cached=400) == 450_000


def test_the_slow_and_cheap_service_costs_its_share_where_it_was_given():
    asked = Asked(150_000, 600_000, 75_000, flex_percent=50)
    assert cost_of(1_000, 500, asked, cached=400, service_tier="flex") == (90_000 + 30_000 + 300_000) // 2
    for other in ("", "default", "priority", "FLEX"):
        assert cost_of(1_000, 500, asked, cached=400, service_tier=other) == 420_000
    assert cost_of(1_000, 500, Asked(150_000, 600_000), service_tier="flex") == 450_000


@given(*[st.integers(0, 2**31)] * 2, st.integers(1, 100), st.sampled_from(["", "flex", "default"]))
def test_no_service_costs_more_than_the_full_price(tokens_in, tokens_out, percent, tier):
    asked = Asked(150_000, 600_000, 75_000, percent)
    assert cost_of(tokens_in, tokens_out, asked, service_tier=tier) <= cost_of(tokens_in, tokens_out, asked)


@given(*[st.integers(0, 2**31)] * 2, *[st.integers(0, 10**11)] * 2)
def test_a_cost_is_exact_to_half_a_nano_dollar(tokens_in, tokens_out, price_in, price_out):
    exact = (Decimal(tokens_in) * price_in + Decimal(tokens_out) * price_out) / 1_000
    assert abs(cost_of(tokens_in, tokens_out, Asked(price_in, price_out)) - exact) <= Decimal("0.5")


@given(st.text(max_size=50), st.integers(1, 1_000))
def test_no_call_costs_more_than_its_worst_case(prompt, tokens_out):
    asked = Asked(150, 600)
    worst = worst_cost(Prompt(prompt, Sampling(temperature=0, top_p=1, max_tokens=1_000)), asked)
    assert worst >= cost_of(len(prompt.encode()), tokens_out, asked)


@pytest.mark.parametrize(
    ("cost", "shown"),
    [
        (0, "$0"),
        (1, "$0.000000001"),
        (123, "$0.00000012"),
        (1_500_000, "$0.0015"),
        (9_990_000, "$0.01"),
        (10_000_000, "$0.01"),
        (450_000_000, "$0.45"),
        (1_234_567_000_000, "$1,234.57"),
    ],
)
def test_a_cost_is_shown_with_at_least_its_first_digits(cost, shown):
    assert format_cost(cost) == shown
