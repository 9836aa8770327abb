"""When a study stops: what a plan takes."""

from dataclasses import replace

import pytest

from app.errors import InvalidInput
from app.rating.rubrics import quality_study
from app.studies.stopping import StoppingForm, parse_plan


def test_a_study_stops_early_only_for_a_question_with_a_valid_answer():
    known, other = quality_study.questions[:2]
    rubric = replace(quality_study, questions=(known, replace(other, valid="")))
    assert parse_plan(StoppingForm("half_width", "10", known.name), rubric)["question"] == known.name
    with pytest.raises(InvalidInput, match="Choose the question"):
        parse_plan(StoppingForm("half_width", "10", other.name), rubric)
