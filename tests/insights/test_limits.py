"""The table of a replay, and what it says in words."""

import pytest

from app.insights.limits import AtLimit, LimitTable, sum_up, tally
from app.screening.replay import ALL, LIMITS

FROM_60 = ALL & ~0b11
UP_TO_60 = 0b111


def rows(**at):
    return [at.get(f"at_{round(100 * limit)}", AtLimit(limit, 10, 0, 0, 0)) for limit in LIMITS]


def test_counts_are_told_apart_by_what_happened():
    table = tally(
        [(True, ALL, 5), (True, FROM_60, 2), (False, FROM_60, 3), (False, UP_TO_60, 1)], [(FROM_60, 1)], {0.7}
    )

    assert [(row.kept, row.lost, row.gained, row.lost_approved) for row in table[:4]] == [
        (6, 2, 1, 1), (6, 2, 1, 1), (11, 0, 4, 0), (10, 0, 3, 0),
    ]  # fmt: skip
    assert [row.limit for row in table if row.is_present] == [0.7]


@pytest.mark.parametrize("in_force", [set(), {0.6, 0.7}, {0.72}])
def test_no_row_is_marked_where_none_was_in_force(in_force):
    assert not any(row.is_present for row in tally([], [], in_force))


@pytest.mark.parametrize(
    ("in_force", "changes", "said"),
    [
        (
            {0.7},
            {"at_65": AtLimit(0.65, 0, 1_420, 0, 12), "at_75": AtLimit(0.75, 0, 0, 312, 0)},
            "The limit was 0.70. A stricter one of 0.65 would have cost 1,420 examples, 12 of them approved. "
            "A looser one of 0.75 would have let in 312 more.",
        ),
        (
            {0.7},
            {"at_65": AtLimit(0.65, 0, 1, 0, 0), "at_75": AtLimit(0.75, 0, 3, 8, 0)},
            "The limit was 0.70. A stricter one of 0.65 would have cost 1 example, not an approved one. "
            "A looser one of 0.75 would have let in 8 more and cost 3 that are too similar to those.",
        ),
        (
            {0.72},
            {},
            "The limit was 0.72. A stricter one of 0.70 would have cost no example. "
            "A looser one of 0.75 would have let no more in.",
        ),
        ({0.9}, {}, "The limit was 0.90. A stricter one of 0.85 would have cost no example."),
        (
            {0.5},
            {"at_50": AtLimit(0.5, 9, 1, 0, 0, is_present=True)},
            "The limit was 0.50. A looser one of 0.55 would have let no more in. "
            "Even at 0.50 the set would be another one today, because texts were edited since.",
        ),
        (set(), {}, "Similarity was not looked at when these examples came in."),
        ({0.7, 0.6}, {}, "Runs and imports had different limits (0.60 and 0.70), so none is marked."),
    ],
)
def test_the_limits_beside_the_one_in_force_are_put_into_words(in_force, changes, said):
    assert " ".join(sum_up(rows(**changes), in_force)) == said


def test_the_chart_has_gains_above_and_losses_below():
    table = [AtLimit(0.5, 10, 5, 1, 2), AtLimit(0.55, 10, 0, 0, 0, is_present=True)]

    chart = LimitTable(table, []).chart()

    assert (chart["labels"], chart["marked"]) == (["0.50", "0.55"], 1)
    assert [each["values"] for each in chart["series"]] == [[1, 0], [-3, 0], [-2, 0]]
