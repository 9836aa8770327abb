"""Near-duplicates are turned down together and taken back, and nobody's own decision is lost on the way."""

import threading

import pytest
from sqlalchemy import select

from app.approval import apply_rule, decide, latest_of
from app.candidates.editing import edit_candidate
from app.candidates.listing import Filters, list_candidates
from app.duplicates import deciding, work
from app.duplicates.groups import PAGE, SHOWN, groups_of, summary_of
from app.duplicates.standing import Standing
from app.engine import KINDS
from app.errors import Conflict, NotFound
from app.examples import Example
from app.jobs import carry_out_job, job_in
from app.models.candidates import Candidate, Decision, Verdict
from app.models.generation import RunState
from app.models.people import Person
from app.models.projects import Project
from tests.builders import add_candidate, add_person, add_project, counting_queries, rate

APPROVED, REJECTED, WITHDRAWN = Verdict
TEXT = "Sort these three numbers now, number {}."
NEW_TEXT = Example("Name a river in France.", "", "Seine.")


class Desk:
    """A project of one group: an original and six near-duplicates, and who decides on them."""

    def __init__(self, database):
        self.database = database
        with database.writing() as session:
            project, self.cem, self.ana = add_project(session), add_person(session, "Cem"), add_person(session, "Ana")
            self.project_id = project.id
            self.ids = [add_candidate(session, project, TEXT.format(n)).id for n in range(7)]
            self.original, *self.likes = self.ids
        self.search = self.start(lambda session: work.start_search(session, self.project_id, "0.7", "", self.cem.id))

    def start(self, what):
        """Start a job and carry it out."""
        with self.database.writing() as session:
            job = what(session)
        carry_out_job(self.database, KINDS, job.id, threading.Event())
        with self.database.reading() as session:
            return job_in(session, self.project_id, job.id)

    def turn_down(self, **how):
        return self.start(lambda session: work.start_decision(session, self.search, self.cem.id, **how))

    def take_back(self):
        return self.turn_down(back=True)

    def change(self, place, what):
        """Do something to the near-duplicate at ``place``; -1 is the original."""
        with self.database.writing() as session:
            what(session, session.get_one(Candidate, self.likes[place] if place >= 0 else self.original))

    def decide(self, place, verdict):
        self.change(place, lambda session, candidate: decide(session, candidate, verdict, self.ana.id))

    def rated_well(self, place):
        """Two ratings, so that the rule approves."""
        with self.database.writing() as session:
            project = session.get_one(Project, self.project_id)
            project.approval_ratings = 2
            candidate = session.get_one(Candidate, self.likes[place])
            for person in (self.ana, self.cem):
                rate(session, candidate, session.get_one(Person, person.id))
            session.refresh(candidate)
            apply_rule(session, project, candidate)

    def standing(self):
        with self.database.reading() as session:
            found = summary_of(session, self.search.id)
        return {name.value: count for name, count in found.standing.items() if count}

    def said(self, place):
        """Every decision on a near-duplicate: what and by whom, oldest first."""
        with self.database.reading() as session:
            query = select(Decision).where(Decision.candidate_id == self.likes[place]).order_by(Decision.id)
            names = {self.cem.id: "Cem", self.ana.id: "Ana", None: "rule"}
            return [f"{each.verdict.value} by {names[each.decided_by_id]}" for each in session.scalars(query)]


@pytest.fixture
def desk(database):
    return Desk(database)


def test_all_are_turned_down_each_with_its_reason(desk):
    job = desk.turn_down()

    assert job.sentence == "6 near-duplicates turned down."
    assert desk.standing() == {"set_aside": 6}
    with desk.database.reading() as session:
        reasons = [latest_of(session, session.get_one(Candidate, each)).reason for each in desk.likes]
        assert reasons == [f"Near-duplicate in the group of example {desk.original}: 0.86 alike."] * 6
        assert latest_of(session, session.get_one(Candidate, desk.original)) is None


def test_taken_back_each_is_what_it_was(desk):
    desk.rated_well(1)
    desk.decide(2, APPROVED)
    desk.decide(3, APPROVED)
    desk.decide(3, WITHDRAWN)

    assert desk.standing() == {"open": 5, "approved": 1}
    desk.turn_down(approved_too=True)
    assert desk.standing() == {"set_aside": 6}
    assert desk.take_back().sentence == "The decision is taken back."
    assert desk.standing() == {"open": 5, "approved": 1}

    assert desk.said(0) == ["rejected by Cem", "withdrawn by rule"]
    assert desk.said(1) == ["approved by rule", "rejected by Cem", "withdrawn by rule", "approved by rule"]
    assert desk.said(2) == ["approved by Ana", "rejected by Cem", "approved by Cem"]
    assert desk.said(3) == ["approved by Ana", "withdrawn by Ana", "rejected by Cem", "withdrawn by Cem"]


def test_an_approval_of_what_lacks_an_output_does_not_come_back(desk):
    """It is from before such were held back."""
    for place in (0, 1):
        desk.decide(place, APPROVED)
    desk.change(0, lambda _, candidate: setattr(candidate, "output", " "))
    desk.turn_down(approved_too=True)
    desk.take_back()
    assert desk.said(0) == ["approved by Ana", "rejected by Cem", "withdrawn by Cem"]
    assert desk.said(1) == ["approved by Ana", "rejected by Cem", "approved by Cem"]


def test_what_a_person_approved_is_left_unless_it_is_asked_for(desk):
    desk.decide(0, APPROVED)
    desk.turn_down()
    assert desk.standing() == {"set_aside": 5, "approved": 1}
    desk.turn_down(approved_too=True)
    assert desk.standing() == {"set_aside": 6}


def test_ratings_that_came_meanwhile_let_the_rule_speak_when_it_is_taken_back(desk):
    desk.turn_down()
    desk.rated_well(0)
    assert desk.said(0) == ["rejected by Cem"]
    desk.take_back()
    assert desk.said(0) == ["rejected by Cem", "withdrawn by rule", "approved by rule"]


def test_what_somebody_decided_since_is_not_taken_back(desk):
    desk.turn_down()
    desk.decide(0, APPROVED)
    desk.decide(1, WITHDRAWN)
    desk.decide(1, REJECTED)
    assert desk.standing() == {"set_aside": 4, "approved": 1, "turned_down": 1}

    assert desk.take_back().sentence == "The decision is taken back. 1 stay turned down: people said so."
    assert desk.said(0) == ["rejected by Cem", "approved by Ana"]
    assert desk.said(1)[-1] == "rejected by Ana"
    assert desk.standing() == {"open": 4, "approved": 1, "turned_down": 1}


@pytest.mark.parametrize("place", [0, -1])
def test_what_was_edited_since_is_left_alone(desk, place):
    """Where the original is another text now, that goes for all of its group."""
    desk.change(place, lambda session, each: edit_candidate(session, each, NEW_TEXT, version=1, actor_id=desk.ana.id))
    desk.turn_down()
    assert desk.standing() == ({"set_aside": 5, "outdated": 1} if place == 0 else {"outdated": 6})


def test_nothing_goes_for_being_like_what_was_turned_down(desk):
    desk.decide(-1, REJECTED)
    desk.turn_down()
    assert desk.standing() == {"outdated": 6}
    desk.decide(-1, WITHDRAWN)
    desk.turn_down()
    assert desk.standing() == {"set_aside": 6}


def test_what_was_taken_back_can_be_turned_down_again(desk):
    for _ in range(2):
        desk.turn_down()
        desk.take_back()
    assert desk.said(0) == ["rejected by Cem", "withdrawn by rule"] * 2


def test_turning_down_twice_says_it_once(desk):
    desk.turn_down()
    desk.turn_down()
    assert desk.said(0) == ["rejected by Cem"]


def test_work_that_was_interrupted_goes_on(desk, monkeypatch):
    """Killed after its first batch: the next one to take it up does the rest and nothing twice."""
    monkeypatch.setattr(deciding, "BATCH", 2)
    with desk.database.writing() as session:
        job = work.start_decision(session, desk.search, desk.cem.id)
        batch = deciding.next_batch(session, desk.search.id)
        assert deciding.turn_down(session, desk.search.id, desk.cem.id, batch, approved_too=False) == 2
    assert desk.standing() == {"open": 4, "set_aside": 2}
    carry_out_job(desk.database, KINDS, job.id, threading.Event())
    assert desk.standing() == {"set_aside": 6}
    assert [desk.said(place) for place in range(6)] == [["rejected by Cem"]] * 6


def test_one_decision_at_a_time(desk):
    with desk.database.writing() as session:
        work.start_decision(session, desk.search, desk.cem.id)
        with pytest.raises(Conflict, match="being decided on already"):
            work.start_decision(session, desk.search, desk.cem.id, back=True)


def test_a_batch_takes_few_statements(desk):
    with counting_queries(desk.database) as statements, desk.database.writing() as session:
        batch = deciding.next_batch(session, desk.search.id)
        deciding.turn_down(session, desk.search.id, desk.cem.id, batch, approved_too=False)
    assert len([each for each in statements if not each.startswith(("BEGIN", "PRAGMA"))]) <= 6


def test_groups_are_shown_the_largest_first_with_what_differs(desk):
    with desk.database.writing() as session:
        project = session.get_one(Project, desk.project_id)
        pairs = [[add_candidate(session, project, f"{n} " * 9 + word).id for word in "xy"] for n in range(PAGE)]
    desk.search = desk.start(lambda session: work.start_search(session, desk.project_id, "0.7", "", desk.cem.id))

    with desk.database.reading() as session:
        first, more = groups_of(session, desk.search.id)
        second, no_more = groups_of(session, desk.search.id, 2)
        found = summary_of(session, desk.search.id)
        of_one = Filters(duplicates=str(desk.search.id), original=str(desk.original))
        assert [row.candidate.id for row in list_candidates(session, desk.project_id, of_one).rows] == desk.likes[::-1]
        of_all = Filters(duplicates=str(desk.search.id))
        assert list_candidates(session, desk.project_id, of_all).total == 6 + PAGE
    assert (found.found, found.groups, more, no_more) == (6 + PAGE, 1 + PAGE, True, False)
    assert [each.original.id for each in (*first, *second)] == [desk.original, *(one for one, _ in pairs)]
    assert [each.size for each in first] == [6] + [1] * (PAGE - 1)
    assert [each.candidate.id for each in first[0].members] == desk.likes
    assert first[0].members[0].pieces == [("Sort these three numbers now, number ", False), ("1", True), (".", False)]
    assert {each.standing for each in first[0].members} == {Standing.OPEN}


def test_of_a_large_group_the_most_similar_are_shown(desk):
    with desk.database.writing() as session:
        project = session.get_one(Project, desk.project_id)
        exact = add_candidate(session, project, TEXT.format(0)).id
        for _ in range(SHOWN):
            add_candidate(session, project, TEXT.format(9))
    desk.search = desk.start(lambda session: work.start_search(session, desk.project_id, "0.7", "", desk.cem.id))

    with desk.database.reading() as session:
        (group,), _ = groups_of(session, desk.search.id)
    assert group.size == 6 + 1 + SHOWN
    assert [each.candidate.id for each in group.members] == [exact, *desk.likes, *range(exact + 1, exact + SHOWN - 6)]


def test_a_search_is_one_of_the_project_and_of_its_kind(desk):
    with desk.database.writing() as session:
        other = add_project(session, name="Elsewhere")
        decision = work.start_decision(session, desk.search, desk.cem.id)
        for project_id, job_id in ((other.id, desk.search.id), (desk.project_id, decision.id)):
            with pytest.raises(NotFound):
                job_in(session, project_id, job_id, kind=work.SEARCH.name)
    assert desk.search.state is RunState.DONE
    assert desk.search.sentence == "6 near-duplicates among 7 instructions."


def test_a_stopped_decision_stays_half_done_and_can_be_taken_back(desk):
    with desk.database.writing() as session:
        job = work.start_decision(session, desk.search, desk.cem.id)
        batch = deciding.next_batch(session, desk.search.id)[:3]
        deciding.turn_down(session, desk.search.id, desk.cem.id, batch, approved_too=False)
        job.cancel_requested_at = job.created_at
    carry_out_job(desk.database, KINDS, job.id, threading.Event())
    assert desk.standing() == {"open": 3, "set_aside": 3}
    desk.take_back()
    assert desk.standing() == {"open": 6}
