"""Near-duplicates are found among what is kept, in its present words and in the order in which it came."""

import pytest

from app.approval import decide
from app.candidates.editing import edit_candidate
from app.duplicates.finding import find, instructions_of, parse_threshold
from app.errors import InvalidInput
from app.examples import Example
from app.models.candidates import Outcome, Verdict
from app.origins import Origin
from tests.builders import add_candidate, add_person, add_project, add_run, approve

ALIKE = ("Sort these three numbers now.", "Sort these two numbers now.")  # four of five words


@pytest.fixture
def ada(session):
    return add_person(session)


@pytest.fixture
def project(session):
    return add_project(session)


@pytest.fixture
def run(session, project, ada):
    return add_run(session, project, ada)


def pairs(session, project, threshold=0.7, run_id=None):
    found = find(instructions_of(session, project.id, Origin(run_id=run_id)), threshold)
    return [(each.example[0], each.original[0], round(each.similarity, 2)) for each in found]


def test_the_first_stays(session, project):
    first, second = (add_candidate(session, project, text) for text in ALIKE)
    add_candidate(session, project, "Name a river in France.")
    assert pairs(session, project) == [(second.id, first.id, 0.8)]
    assert pairs(session, project, threshold=0.85) == []


def test_only_what_is_kept_and_not_turned_down_counts(session, project, ada):
    add_candidate(session, project, ALIKE[0], outcome=Outcome.REJECTED)
    down, approved, last = (add_candidate(session, project, ALIKE[0]) for _ in range(3))
    approve(session, approved, ada)
    decide(session, down, Verdict.REJECTED, ada.id)
    assert pairs(session, project) == [(last.id, approved.id, 1.0)]


def test_an_edited_text_is_compared_as_it_is_now(session, project, ada):
    first, second = (add_candidate(session, project, ALIKE[0]) for _ in range(2))
    edit_candidate(session, first, Example("Name a river in France.", "", "Seine"), version=1, actor_id=ada.id)
    assert pairs(session, project) == []
    edit_candidate(session, first, Example(ALIKE[1], "", "1"), version=2, actor_id=ada.id)
    (found,) = find(instructions_of(session, project.id), 0.7)
    assert (found.example, found.original) == ((second.id, 1), (first.id, 3))


def test_instances_of_one_instruction_stay_or_go_together(session, project, run):
    place = {"run_id": run.id, "round": 0}
    first = [add_candidate(session, project, ALIKE[0], position=0, instance=n, **place) for n in range(2)]
    second = [add_candidate(session, project, ALIKE[1], position=1, instance=n, **place) for n in range(2)]
    assert pairs(session, project) == [(each.id, first[0].id, 0.8) for each in second]


def test_a_run_can_be_searched_alone(session, project, run):
    add_candidate(session, project, ALIKE[0])
    first = add_candidate(session, project, ALIKE[0], run_id=run.id)
    second = add_candidate(session, project, ALIKE[1], run_id=run.id, position=1)
    assert pairs(session, project, run_id=run.id) == [(second.id, first.id, 0.8)]


def test_progress_is_told(session, project):
    for number in range(500):
        add_candidate(session, project, f"word{number}")
    told = []
    assert list(find(instructions_of(session, project.id), 0.7, tell=lambda *so_far: told.append(so_far))) == []
    assert told == [(500, 500)]


@pytest.mark.parametrize(("written", "value"), [("0.7", 0.7), (" 0,85 ", 0.85), ("0.3", 0.3), ("0.99", 0.99)])
def test_a_threshold_is_read_as_people_write_it(written, value):
    assert parse_threshold(written) == value


@pytest.mark.parametrize("written", ["", "0.2", "1", "seven", "nan", "inf", "-0.7", "0.7.1"])
def test_any_other_threshold_is_refused(written):
    with pytest.raises(InvalidInput, match="from 0.3 to 0.99"):
        parse_threshold(written)
