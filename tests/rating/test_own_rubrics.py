"""A project's own rubrics: copied, changed version by version, chosen."""

import pytest
from sqlalchemy import select

from app.errors import Conflict, InvalidInput, NotFound
from app.models.events import Event
from app.rating import own_rubrics, ratings
from app.rating.rubric_files import dump_rubric
from app.rating.rubrics import quality_study, rubric_named
from tests.builders import add_candidate, add_project, rating_form


@pytest.fixture
def own(session, project, ada):
    return own_rubrics.copy_rubric(session, project.id, "four_levels", ada.id)


def change(session, project, rubric, ada, *, seen, **changes):
    content = dump_rubric(rubric) | changes
    return own_rubrics.save_rubric(session, project, rubric.name, content, seen=seen, actor_id=ada.id)


def test_a_new_project_is_asked_the_three_questions(session, project):
    assert own_rubrics.present_rubric(session, project) is quality_study


def test_a_copy_has_a_name_of_its_own_and_begins_at_version_1(session, project, own, ada):
    assert (own.name, own.version, own.label) == ("four_levels_2", 1, "Four levels, A to D (own)")
    assert own.questions == rubric_named("four_levels").questions
    assert own_rubrics.copy_rubric(session, project.id, own.name, ada.id).name == "four_levels_3"


def test_a_change_is_a_new_version_and_the_old_one_stays(session, project, own, ada):
    second = change(session, project, own, ada, seen=1, label="Ours")
    assert (second.version, second.label) == (2, "Ours")
    assert own_rubrics.rubric_at(session, project.id, own.name, 1) == own
    assert own_rubrics.rubric_at(session, project.id, own.name) == second
    assert change(session, project, second, ada, seen=1).version == 2  # the same again
    assert [row.version for row in own_rubrics.versions_of(session, project.id, own.name)] == [2, 1]
    assert own_rubrics.own_rubrics(session, project.id) == [second]


def test_whoever_looked_at_an_older_version_is_refused(session, project, own, ada):
    change(session, project, own, ada, seen=1, label="Ours")
    with pytest.raises(Conflict, match="in the meantime"):
        change(session, project, own, ada, seen=1, label="Mine")


def test_what_is_no_rubric_is_refused(session, project, own, ada):
    with pytest.raises(InvalidInput):
        change(session, project, own, ada, seen=1, questions=[])


def test_shipped_ones_never_change(session, project, ada):
    with pytest.raises(Conflict, match="Copy it"):
        change(session, project, quality_study, ada, seen=1, label="Ours")


def test_the_chosen_one_is_asked_and_moves_on_with_its_versions(session, project, own, ada):
    own_rubrics.choose_rubric(session, project, own.name, ada.id)
    assert own_rubrics.present_rubric(session, project) == own
    assert change(session, project, own, ada, seen=1, label="Ours") == own_rubrics.present_rubric(session, project)
    own_rubrics.choose_rubric(session, project, "one_to_ten", ada.id)
    assert own_rubrics.present_rubric(session, project) is rubric_named("one_to_ten")
    kinds = session.scalars(select(Event.kind).where(Event.kind.startswith("rubric.")).order_by(Event.id)).all()
    assert kinds == ["rubric.edited", "rubric.chosen", "rubric.edited", "rubric.chosen"]


def test_ratings_name_the_version_that_they_answered(session, project, own, ada):
    rating = ratings.submit(session, add_candidate(session, project), own, rating_form(answers={"level": "b"}), ada.id)
    assert (rating.rubric, rating.rubric_version, rating.all_valid) == (own.name, 1, True)
    assert own_rubrics.rubrics_asked(session, project.id)[(own.name, 1)] == own


def test_nobody_elses_project_has_it(session, own):
    with pytest.raises(NotFound):
        own_rubrics.rubric_at(session, add_project(session, name="Elsewhere").id, own.name)


def test_an_interval_of_words_is_refused_and_what_is_stored_of_it_stays_readable(session, project, own, ada):
    content = dump_rubric(own)
    content["questions"][0]["scale"]["level"] = "interval"
    with pytest.raises(InvalidInput, match="must be numbers"):
        own_rubrics.save_rubric(session, project, own.name, content, seen=1, actor_id=ada.id)
    own_rubrics.versions_of(session, project.id, own.name)[0].content = content
    session.flush()
    assert own_rubrics.rubric_at(session, project.id, own.name).questions[0].level == "ordinal"
    assert own_rubrics.rubrics_asked(session, project.id)[own.name, 1].questions[0].level == "ordinal"
