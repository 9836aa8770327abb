"""Shares of the parts of a sample."""

import pytest

from app.rating.rubrics import quality_study
from app.rating.rubrics.one_to_ten import one_to_ten
from app.studies.reports.by_stratum import shares_by_stratum
from tests.studies.test_report import said


def test_each_stratum_has_its_own_share_and_interval():
    rows = [said(item, 1, "yes" if item < 5 else "no", stratum="long") for item in range(10)]
    rows += [said(item, 1, stratum="short") for item in range(10, 30)]
    short, long = shares_by_stratum(quality_study, rows)
    assert (short["stratum"], short["examples"], short["fine"]["output_correct"]["value"]) == ("short", 20, 1.0)
    assert (long["stratum"], long["examples"], long["all_valid"]["value"]) == ("long", 10, 0.5)
    assert long["fine"]["output_correct"]["low"] == pytest.approx(0.2366, abs=1e-4)  # Wilson's for 5 of 10
    assert long["fine"]["output_correct"]["high"] == pytest.approx(0.7634, abs=1e-4)


def test_strata_stand_by_name_and_from_short_to_long():
    names = ["imported · short", "Alpaca · long", "imported · medium", "Alpaca · short"]
    rows = [said(item, 1, stratum=name) for item, name in enumerate(names)]
    assert [each["stratum"] for each in shares_by_stratum(quality_study, rows)] == [
        "Alpaca · short",
        "Alpaca · long",
        "imported · short",
        "imported · medium",
    ]


def test_a_sample_drawn_by_lot_alone_has_none():
    assert shares_by_stratum(quality_study, [said(1, 1)]) == []


def test_questions_without_a_fine_answer_have_only_counts():
    (part,) = shares_by_stratum(one_to_ten, [said(1, 1, stratum="short", answers={"score": "7"}, all_valid=None)])
    assert (part["ratings"], part["fine"], part["all_valid"]) == (1, {}, None)
