"""What a rubric takes for an answer, and that every rubric can be answered with one key per choice."""

from importlib import import_module
from pathlib import Path

import pytest

from app.errors import InvalidInput, NotFound
from app.rating import rubrics
from app.rating.rubrics import RUBRICS, quality_study, rubric_named
from tests.builders import ALL_VALID, WRONG_OUTPUT

each = pytest.mark.parametrize("rubric", RUBRICS, ids=lambda rubric: rubric.name)


def test_answers_to_every_question_are_taken_and_nothing_else_is_kept():
    assert quality_study.check(ALL_VALID | {"unasked": "yes"}) == ALL_VALID


@pytest.mark.parametrize("question", quality_study.questions, ids=lambda question: question.name)
@pytest.mark.parametrize("answer", [None, "", "maybe", "YES"])
def test_a_missing_or_unknown_answer_names_its_question(question, answer):
    answers = {name: value for name, value in ALL_VALID.items() if name != question.name}
    if answer is not None:
        answers[question.name] = answer
    with pytest.raises(InvalidInput) as refused:
        quality_study.check(answers)
    assert refused.value.field == question.name
    assert question.label in refused.value.sentence


def test_the_first_of_several_missing_answers_is_named():
    with pytest.raises(InvalidInput) as refused:
        quality_study.check({"valid_task": "no"})
    assert refused.value.field == "input_appropriate"


def test_all_fields_are_valid_only_when_every_answer_says_so():
    assert quality_study.all_valid(ALL_VALID)
    assert not quality_study.all_valid(WRONG_OUTPUT)
    assert not quality_study.all_valid({})


def test_every_file_is_in_the_tuple():
    files = {path.stem for path in Path(rubrics.__file__).parent.glob("*.py")} - {"__init__"}
    assert {rubric.name for rubric in RUBRICS} == files
    assert len(RUBRICS) == len(files)


@each
def test_it_is_found_by_the_name_of_its_file(rubric):
    assert getattr(import_module(f"app.rating.rubrics.{rubric.name}"), rubric.name) is rubric
    assert rubric_named(rubric.name) is rubric


@each
def test_no_key_gives_two_answers(rubric):
    keys = [choice.key for question in rubric.questions for choice in question.choices]
    assert len(keys) == len(set(keys))


@each
def test_questions_are_explained_and_can_be_answered_well(rubric):
    assert len({question.name for question in rubric.questions}) == len(rubric.questions)
    for question in rubric.questions:
        assert question.label.endswith("?")
        assert question.help
        assert question.about in {"instruction", "input", "output"}
        assert question.valid in {choice.value for choice in question.choices}


def test_an_unknown_rubric_is_not_found():
    with pytest.raises(NotFound, match="no rubric “taste”"):
        rubric_named("taste")
