"""What the time of a study costs."""

from decimal import Decimal

import pytest

from app.errors import InvalidInput
from app.rating.rubrics import quality_study
from app.studies.reports.costs import cost_of, format_sum, parse_hourly
from app.studies.reports.notes import notes_of
from app.studies.reports.report import report_of
from tests.studies.test_report import said


@pytest.mark.parametrize(
    ("typed", "rate"),
    [("15", "15"), (" 12,50 ", "12.50"), ("12.5", "12.5"), ("0", "0"), ("999999,9999", "999999.9999")],
)
def test_an_hourly_rate_has_a_point_or_a_comma(typed, rate):
    assert parse_hourly(typed) == Decimal(rate)


@pytest.mark.parametrize("typed", ["-1", "1e9", "nan", "1,2,3", "12,", "٣", "9999999", "15 €"])
def test_what_is_no_rate_is_refused(typed):
    with pytest.raises(InvalidInput):
        parse_hourly(typed)


def test_nothing_typed_is_no_rate():
    assert parse_hourly("  ") is None


def test_time_is_shared_among_what_it_brought():
    """Three fine, one not, 36 seconds for each rating, skip and check: by hand."""
    rows = [said(1, 1, seconds=36.0), said(1, 2, "no", seconds=36.0), said(2, 1, seconds=36.0)]
    rows += [said(3, 1, seconds=36.0), said(4, 1, seconds=36.0), said(4, 2, "no", seconds=None)]
    rows += [
        said(5, 2, answers={}, all_valid=None, skipped=True, seconds=36.0),
        said(2, 1, "no", number=2, seconds=36.0),
    ]
    cost = cost_of(report_of(quality_study, rows, {}), Decimal(10))
    assert cost.total == Decimal("0.7")
    assert cost.per_rating == Decimal("0.7") / 6
    assert cost.per_example == Decimal("0.7") / 4
    assert (cost.fine, cost.per_fine) == (2, Decimal("0.35"))  # a half is no more than half
    assert cost.untimed == 1
    assert cost.people == {1: Decimal("0.5"), 2: Decimal("0.2")}


def test_nothing_to_share_it_among_leaves_it_unsaid():
    cost = cost_of(report_of(quality_study, [], {}), Decimal(10))
    assert (cost.total, cost.per_rating, cost.per_fine, cost.fine) == (0, None, None, None)
    assert format_sum(None, "€") == "–"


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("1234.5", "1,234.50 €"), ("0", "0.00 €"), ("0.0912", "0.091 €"), ("0.00012345", "0.00012 €"), ("0.5", "0.50 €")],
)
def test_small_sums_keep_two_digits(amount, shown):
    assert format_sum(Decimal(amount), "€") == shown


def test_comments_and_flags_are_listed_in_order():
    rows = [said(1, 1), said(2, 1, flagged=True), said(3, 2, comment="Odd.")]
    report = report_of(quality_study, rows, {})
    assert [(each.candidate_id, each.name, each.flagged, each.comment) for each in notes_of(report)] == [
        (102, "Person 1", True, ""),
        (103, "Person 2", False, "Odd."),
    ]
