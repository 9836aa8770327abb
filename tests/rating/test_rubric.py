"""What a rubric takes for an answer, and that every rubric can be answered with one key per choice."""

from importlib import import_module
from pathlib import Path

import pytest

from app.errors import InvalidInput, NotFound
from app.rating import rubrics
from app.rating.rubric import Condition, Question, Rubric
from app.rating.rubrics import RUBRICS, quality_study, rubric_named
from app.rating.scale import RESERVED_KEYS, choices_of, numbers, ranking
from tests.builders import ALL_VALID, WRONG_OUTPUT

FINE = Question("fine", "Fine?", "", choices_of(("yes", "Yes"), ("no", "No")), valid="yes")
NO = Condition("fine", ("no",))
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
def test_no_key_is_one_that_the_page_keeps_for_itself(rubric):
    assert not {choice.key for question in rubric.questions for choice in question.choices} & RESERVED_KEYS


@each
def test_questions_are_explained_and_can_be_answered_well(rubric):
    assert len({question.name for question in rubric.questions}) == len(rubric.questions)
    for question in rubric.questions:
        assert question.label.endswith("?")
        assert question.help
        assert question.about in {"instruction", "input", "output"}
        assert {question.valid, *question.also_valid} - {""} <= {choice.value for choice in question.choices}


@each
def test_each_question_has_its_keys_in_a_row_of_its_own(rubric):
    rows = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"]
    used = [{row for row in rows for choice in each.choices if choice.key in row} for each in rubric.questions]
    assert all(len(each) == 1 for each in used)
    assert len(set.union(*used)) == len(used)


class TestShownOnlyIf:
    why = Question("why", "Why not?", "", choices_of(("wrong", "Wrong"), ("short", "Too short"), pool=1), shown_if=NO)
    more = Question("more", "More?", "", numbers(1, 5, 2), required=False)
    rubric = Rubric("own", 1, "Own", "", (FINE, why, more))

    def test_it_is_asked_where_the_answer_before_leads_to_it(self):
        assert self.rubric.check({"fine": "no", "why": "short"}) == {"fine": "no", "why": "short"}
        with pytest.raises(InvalidInput) as refused:
            self.rubric.check({"fine": "no"})
        assert refused.value.field == "why"

    def test_elsewhere_its_answer_is_left_out(self):
        assert self.rubric.check({"fine": "yes", "why": "short"}) == {"fine": "yes"}

    def test_what_is_not_required_may_stay_open_but_not_be_wrong(self):
        assert self.rubric.check({"fine": "yes", "more": "5"}) == {"fine": "yes", "more": "5"}
        with pytest.raises(InvalidInput):
            self.rubric.check({"fine": "yes", "more": "6"})

    def test_only_questions_with_a_fine_answer_decide_whether_all_is_valid(self):
        assert self.rubric.all_valid({"fine": "yes"}) is True
        assert self.rubric.all_valid({"fine": "no", "why": "short"}) is False
        assert rubric_named("one_to_ten").all_valid({"score": "10"}) is None


def test_several_levels_may_be_fine():
    levels = rubric_named("four_levels")
    assert [levels.all_valid({"level": each}) for each in "abcd"] == [True, True, False, False]


@pytest.mark.parametrize(
    ("sent", "shown", "stored"),
    [("bac", 3, "BAC"), ("B > A > C", 3, "BAC"), ("A,B", 2, "AB"), ("AB", 3, None), ("AAB", 3, None), ("A", 1, None)],
)
def test_a_ranking_orders_all_that_was_shown(sent, shown, stored):
    assert ranking(9).read(sent, shown) == stored


def test_tags_come_in_the_rubrics_order_and_no_others():
    assert quality_study.check_tags(("unclear", "duplicate", "unclear")) == ("duplicate", "unclear")
    with pytest.raises(InvalidInput, match="is no tag here"):
        quality_study.check_tags(("funny",))


def test_an_unknown_rubric_is_not_found():
    with pytest.raises(NotFound, match="no rubric “taste”"):
        rubric_named("taste")
