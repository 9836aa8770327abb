"""A rubric as fields of a form."""

import pytest

from app.rating.rubric_files import read_rubric
from app.rating.rubric_forms import content_of, fields_of
from app.rating.rubrics import RUBRICS


def sent(rubric):
    """What a browser sends of a rubric's form that nobody touched."""
    form = {"label": rubric.label, "source": rubric.source, "tags": ", ".join(rubric.tags)}
    for each in fields_of(rubric):
        names = ("name", "label", "help", "about", "kind", "answers", "valid", "if_question", "if_answers")
        form |= {f"{each.place}.{name}": getattr(each, name) for name in names}
        form |= {f"{each.place}.order": str(each.place + 1)} | (
            {f"{each.place}.required": "true"} if each.required else {}
        )
    return form


@pytest.mark.parametrize("rubric", RUBRICS, ids=lambda rubric: rubric.name)
def test_a_form_that_nobody_touched_is_the_same_rubric(rubric):
    assert read_rubric(content_of(sent(rubric)), name=rubric.name, version=rubric.version) == rubric


def test_questions_come_in_the_order_asked_for_and_empty_ones_go():
    form = {"label": "Ours", "0.label": "Second?", "0.order": "2", "1.label": " ", "2.label": "First?", "2.order": "1"}
    form |= {f"{place}.answers": "Yes\nNo" for place in range(3)}
    assert [each["name"] for each in content_of(form)["questions"]] == ["first", "second"]


def test_stored_words_and_keys_are_made_where_none_are_given():
    form = {"label": "Ours", "0.label": "Is it fine?", "0.answers": "Quite good\nБеда | bad\nNo | no | n"}
    rubric = read_rubric(content_of(form), name="own", version=1)
    assert rubric.questions[0].name == "is_it_fine"
    assert [(each.value, each.key) for each in rubric.questions[0].choices] == [
        ("quite_good", "1"),
        ("bad", "2"),
        ("no", "n"),
    ]


def test_a_question_may_hang_on_an_earlier_one():
    form = {"label": "Ours", "0.label": "Fine?", "0.name": "fine", "0.answers": "Yes\nNo"}
    form |= {"1.label": "Why not?", "1.answers": "Wrong\nShort", "1.if_question": "fine", "1.if_answers": "no"}
    rubric = read_rubric(content_of(form), name="own", version=1)
    assert rubric.questions[1].is_shown({"fine": "no"})
    assert not rubric.questions[1].is_shown({"fine": "yes"})
