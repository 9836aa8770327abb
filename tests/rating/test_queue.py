"""What an annotator sees next."""

import pytest

from app.candidates.editing import edit_candidate
from app.errors import NotFound
from app.examples import Example
from app.models.candidates import Outcome
from app.rating import ratings
from app.rating.progress import Progress
from app.rating.queue import next_turn, ratable_candidate, turn_at
from tests.builders import add_candidate, add_person, add_project, rate, skip


@pytest.fixture
def three(session, project):
    return [add_candidate(session, project, f"Name {n} fruits.") for n in (1, 2, 3)]


def test_everybody_begins_with_the_oldest(session, project, three, ada):
    rate(session, three[0], ada)
    assert next_turn(session, project.id, ada.id).candidate is three[1]
    assert next_turn(session, project.id, add_person(session, "Bo").id).candidate is three[0]


def test_only_kept_candidates_of_the_project_come_up(session, project, ada):
    for outcome in (Outcome.REJECTED, Outcome.UNFINISHED):
        add_candidate(session, project, outcome=outcome)
    add_candidate(session, add_project(session, name="Elsewhere"))
    turn = next_turn(session, project.id, ada.id)
    assert (turn.candidate, turn.mine, turn.newest) == (None, None, None)
    assert turn.progress == Progress(0, 0, 0)


def test_it_goes_on_behind_the_one_that_was_just_seen(session, project, three, ada):
    assert next_turn(session, project.id, ada.id, after=three[0].id).candidate is three[1]


def test_it_wraps_around_to_what_was_left_out(session, project, three, ada):
    rate(session, three[2], ada)
    assert next_turn(session, project.id, ada.id, after=three[1].id).candidate is three[0]
    assert next_turn(session, project.id, ada.id, after=10**15).candidate is three[0]


def test_what_was_rated_or_skipped_does_not_come_again(session, project, three, ada):
    rate(session, three[0], ada)
    skip(session, three[1], ada)
    assert next_turn(session, project.id, ada.id).candidate is three[2]
    rate(session, three[2], ada)
    turn = next_turn(session, project.id, ada.id)
    assert turn.candidate is None
    assert turn.newest.candidate_id == three[2].id
    assert turn.progress == Progress(rated=2, skipped=1, left=0)


def test_whoever_is_asked_for_a_number_gets_as_many(session, project, three, ada):
    """What they skipped doesn't count, and what their page has loaded already does."""
    assert next_turn(session, project.id, ada.id, asked=2, held=[three[0].id]).candidate is three[1]
    rate(session, three[0], ada)
    skip(session, three[1], ada)
    turn = next_turn(session, project.id, ada.id, asked=2)
    assert (turn.candidate, turn.progress) == (three[2], Progress(rated=1, skipped=1, left=1))
    ahead = next_turn(session, project.id, ada.id, asked=2, held=[three[2].id])
    assert (ahead.candidate, ahead.mine) == (None, None)
    rate(session, three[2], ada)
    done = next_turn(session, project.id, ada.id, asked=2)
    assert (done.candidate, done.progress) == (None, Progress(rated=2, skipped=1, left=0))
    assert turn_at(session, three[0], ada.id, asked=2).candidate is three[0]
    assert next_turn(session, project.id, ada.id, asked=9).progress.left == 0


def test_a_new_version_comes_again(session, project, three, ada):
    for each in three:
        rate(session, each, ada)
    edit_candidate(session, three[1], Example("Name two nuts.", "", "Two."), version=1, actor_id=ada.id)
    turn = next_turn(session, project.id, ada.id)
    assert turn.candidate is three[1]
    assert turn.progress.left == 1
    rate(session, three[1], ada)
    assert next_turn(session, project.id, ada.id).candidate is None


def test_what_was_taken_back_comes_again(session, project, three, ada):
    for each in three:
        rate(session, each, ada)
    ratings.take_back(session, ratings.rating_before(session, project.id, ada.id, None))
    assert next_turn(session, project.id, ada.id).candidate is three[2]


def test_a_turn_at_one_candidate_shows_what_was_answered(session, three, ada):
    first = rate(session, three[0], ada)
    turn = turn_at(session, three[0], ada.id)
    assert (turn.candidate, turn.mine, turn.newest) == (three[0], first, first)
    assert turn_at(session, three[1], ada.id).mine is None


def test_only_a_kept_candidate_of_the_project_can_be_asked_for(session, project, three):
    assert ratable_candidate(session, project.id, three[0].id) is three[0]
    elsewhere = add_candidate(session, add_project(session, name="Elsewhere"))
    rejected = add_candidate(session, project, outcome=Outcome.REJECTED)
    for candidate_id in (elsewhere.id, rejected.id, 10**12):
        with pytest.raises(NotFound):
            ratable_candidate(session, project.id, candidate_id)
