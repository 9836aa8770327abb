"""The code of a crowd link is given for ratings, and these stand."""

import csv
import io
import threading
from contextlib import suppress
from functools import partial

import pytest

from app.errors import Conflict
from app.insights.progress import part_of, parts_of, write_members
from app.models.candidates import Rating
from app.models.people import Membership, Role
from app.people.crowd import invite_crowd, take_part
from app.people.members import membership_of
from app.rating import ratings
from app.studies import answering
from app.studies.completing import completed, completion_kept
from tests.builders import add_candidate, add_person, add_project, rate, skip
from tests.racing import race
from tests.studies.builders import add_study, answer, answer_next


@pytest.fixture
def come(session, project, ana):
    def come(asked, *, study=None, code="C0DE", external_id="abc"):
        values = {"parameter": "id", "completion_code": code, "asked": asked, "uses": "9", "days": "9"}
        values |= {"study": str(study.id)} if study else {}
        token = invite_crowd(session, project.id, **values, actor_id=ana.id)[1]
        person = take_part(session, token, external_id, here=None)
        session.flush()
        return person, membership_of(session, project.id, person.id)

    return come


def counted(session, project):
    """Of each participant by id, whether their code counts, as the download of the people says it."""
    parts = parts_of(session, project.id)
    rows = csv.DictReader(io.StringIO(write_members(parts, completed(session, parts))))
    return {row["external_id"]: (row["asked"], row["completed"]) for row in rows if row["external_id"]}


def taken_back(session, member, rating):
    with session.begin_nested(), completion_kept(session, member):
        ratings.take_back(session, rating)


def test_what_a_code_was_given_for_is_not_taken_back(session, project, come):
    pat, member = come("2")
    first, second, third = (rate(session, add_candidate(session, project, f"N{place}."), pat) for place in range(3))
    assert counted(session, project) == {"abc": ("2", "yes")}
    taken_back(session, member, first)  # two are left
    with pytest.raises(Conflict, match="You are done, and your code counts"):
        taken_back(session, member, second)
    session.refresh(second)
    assert second.replaced_at is None
    assert third.replaced_at is None
    assert counted(session, project) == {"abc": ("2", "yes")}


def test_a_rating_is_not_turned_into_a_skip_and_may_be_changed(session, project, come):
    pat, member = come("1")
    candidate = add_candidate(session, project, "Name a sea.")
    rate(session, candidate, pat)
    with completion_kept(session, member):
        rate(session, candidate, pat, comment="Another answer.")
    with pytest.raises(Conflict, match="your code counts"), session.begin_nested(), completion_kept(session, member):
        skip(session, candidate, pat)
    with completion_kept(session, member):
        skip(session, add_candidate(session, project, "One more."), pat)  # asked for one, and that stands
    assert counted(session, project) == {"abc": ("1", "yes")}


def test_before_a_code_was_given_and_without_one_everything_is_taken_back(session, project, come):
    pat, member = come("2")
    taken_back(session, member, rate(session, add_candidate(session, project, "A."), pat))
    uma, none = come("1", code="", external_id="uma")
    taken_back(session, none, rate(session, add_candidate(session, project, "B."), uma))
    assert counted(session, project) == {"abc": ("2", "no"), "uma": ("1", "no")}
    with completion_kept(session, None):
        pass


@pytest.mark.parametrize("asked", ["2", ""])
def test_in_a_study_neither_is_an_answer_taken_back_nor_skipped(session, project, ana, come, asked):
    study = add_study(session, project, ana, size="2")
    pat, member = come(asked, study=study)
    first = answer_next(session, study, pat)
    with session.begin_nested(), completion_kept(session, member):
        answering.take_back(session, study, first)  # not done yet
    answer(session, study, first)
    second = answer_next(session, study, pat)
    assert counted(session, project) == {"abc": (asked, "yes")}
    for undo in (
        lambda: answering.take_back(session, study, second),
        lambda: answer(session, study, second, skipped=True, answers={}),
    ):
        with (
            pytest.raises(Conflict, match="your code counts"),
            session.begin_nested(),
            completion_kept(session, member),
        ):
            undo()
        session.expire_all()
    assert counted(session, project) == {"abc": (asked, "yes")}


def test_what_goes_in_another_way_takes_the_code_with_it(session, project, come):
    """The download tells of ratings that stand now, whoever took them back."""
    pat, _ = come("1")
    rating = rate(session, add_candidate(session, project, "A."), pat)
    assert counted(session, project) == {"abc": ("1", "yes")}
    ratings.take_back(session, rating)
    session.flush()
    assert counted(session, project) == {"abc": ("1", "no")}


def test_of_two_that_are_taken_back_at_once_one_stays(database):
    with database.writing() as session:
        ana, project = add_person(session, "Ana"), add_project(session)
        session.add(Membership(project_id=project.id, person_id=ana.id, role=Role.OWNER))
        values = {"parameter": "id", "completion_code": "C0DE", "asked": "2", "uses": "9", "days": "9"}
        pat = take_part(session, invite_crowd(session, project.id, **values, actor_id=ana.id)[1], "abc", here=None)
        made = [rate(session, add_candidate(session, project, f"N{place}."), pat).id for place in range(3)]
        project_id, pat_id = project.id, pat.id

    def take_back(rating_id):
        with database.writing() as session, completion_kept(session, membership_of(session, project_id, pat_id)):
            ratings.take_back(session, session.get_one(Rating, rating_id))
            session.flush()
            with suppress(threading.BrokenBarrierError):  # whoever is alone here goes on after a moment
                both_are_here.wait(timeout=1)

    both_are_here = threading.Barrier(2)
    found = race(*(partial(take_back, each) for each in made[:2]))
    assert sorted(type(each).__name__ for each in found) == ["Conflict", "NoneType"]
    with database.reading() as session:
        assert part_of(session, project_id, pat_id).pace.rated == 2
