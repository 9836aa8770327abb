"""The rule approves, people decide, and the rule never speaks over a person."""

import sys
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from app.approval import apply_rule, apply_rule_to_all, decide, latest_of
from app.candidates.editing import edit_candidate
from app.errors import Conflict, InvalidInput
from app.examples import Example
from app.models.candidates import Candidate, Decision, Outcome, Verdict, is_incomplete
from app.models.events import Event
from app.models.people import Person
from app.rating import ratings
from app.rating.queue import ratable_candidate
from app.text import is_blank
from tests.builders import add_candidate, add_person, add_project, rate, skip

APPROVED, REJECTED, WITHDRAWN = Verdict


@pytest.fixture
def project(session):
    return add_project(session, approval_ratings=2)


@pytest.fixture
def candidate(session, project):
    return add_candidate(session, project)


@pytest.fixture
def people(session):
    return [add_person(session, name) for name in ("Ada", "Bo", "Cleo", "Dan")]


def rate_and_apply(session, project, candidate, people, valid):
    for person, each in zip(people, valid, strict=False):
        rate(session, candidate, person, valid=each)
        apply_rule(session, project, candidate)


def verdicts(session, candidate):
    query = select(Decision.verdict).where(Decision.candidate_id == candidate.id).order_by(Decision.id)
    return session.scalars(query).all()


class TestRule:
    @pytest.mark.parametrize(
        ("needed", "valid", "said"),
        [
            (2, [True], []),
            (2, [True, True], [APPROVED]),
            (2, [True, False], []),
            (2, [False, False], []),
            (3, [True, False, True], [APPROVED]),
            (3, [True, True, False], [APPROVED]),
            (2, [True, True, False], [APPROVED]),
            (2, [True, True, False, False], [APPROVED, WITHDRAWN]),
            (1, [True, False, True], [APPROVED, WITHDRAWN, APPROVED]),
            (0, [True, True, True], []),
        ],
    )
    def test_it_needs_enough_ratings_and_more_than_half(self, session, project, candidate, people, needed, valid, said):
        project.approval_ratings = needed
        rate_and_apply(session, project, candidate, people, valid)
        assert verdicts(session, candidate) == said

    def test_it_says_why_and_that_nobody_decided(self, session, project, candidate, people):
        rate_and_apply(session, project, candidate, people, [True, True])
        decision = latest_of(session, candidate)
        assert decision.decided_by_id is None
        assert decision.reason == "2 of 2 ratings find nothing wrong; 2 were needed."
        event = session.scalars(select(Event).where(Event.kind == "decision.made")).one()
        assert (event.actor_id, event.subject_id) == (None, candidate.id)
        assert (event.before, event.after["verdict"]) == ({"verdict": None}, "approved")

    def test_applying_it_again_changes_nothing(self, session, project, candidate, people):
        rate_and_apply(session, project, candidate, people, [True, True])
        apply_rule(session, project, candidate)
        assert verdicts(session, candidate) == [APPROVED]

    def test_skips_do_not_count(self, session, project, candidate, people):
        rate(session, candidate, people[0])
        skip(session, candidate, people[1])
        apply_rule(session, project, candidate)
        assert verdicts(session, candidate) == []

    def test_ratings_of_an_older_version_do_not_count(self, session, project, candidate, people):
        rate(session, candidate, people[0])
        edit_candidate(session, candidate, Example("Name a nut.", "", "Hazel."), version=1, actor_id=people[3].id)
        rate_and_apply(session, project, candidate, people[1:], [True])
        assert verdicts(session, candidate) == []
        rate_and_apply(session, project, candidate, people, [True])
        assert verdicts(session, candidate) == [APPROVED]

    def test_it_takes_back_what_no_longer_holds(self, session, project, candidate, people):
        rate_and_apply(session, project, candidate, people, [True, True])
        ratings.take_back(session, ratings.counting_rating(session, candidate.id, people[0].id))
        apply_rule(session, project, candidate)
        assert verdicts(session, candidate) == [APPROVED, WITHDRAWN]
        assert latest_of(session, candidate).decided_by_id is None

    @pytest.mark.parametrize("verdict", [REJECTED, WITHDRAWN])
    def test_it_never_overrules_a_person_who_said_no(self, session, project, candidate, people, verdict):
        decide(session, candidate, APPROVED, people[3].id)
        decide(session, candidate, verdict, people[3].id)
        rate_and_apply(session, project, candidate, people, [True, True, True])
        assert latest_of(session, candidate).verdict is verdict

    def test_it_never_takes_back_what_a_person_approved(self, session, project, candidate, people):
        decide(session, candidate, APPROVED, people[3].id)
        rate_and_apply(session, project, candidate, people, [False, False, False])
        assert verdicts(session, candidate) == [APPROVED]

    def test_it_speaks_again_once_an_edit_made_the_persons_word_old(self, session, project, candidate, people):
        decide(session, candidate, REJECTED, people[3].id)
        edit_candidate(session, candidate, Example("Name a nut.", "", "Hazel."), version=1, actor_id=people[3].id)
        rate_and_apply(session, project, candidate, people, [True, True])
        assert latest_of(session, candidate).verdict is APPROVED

    def test_a_change_of_the_rule_reaches_every_rated_candidate(self, session, project, people):
        rated = [add_candidate(session, project, f"Name {n} fruits.") for n in (1, 2, 3)]
        for each, valid in zip(rated, (True, True, False), strict=True):
            rate(session, each, people[0], valid=valid)
        add_candidate(session, project, "Nobody rated this.")
        rate(session, add_candidate(session, add_project(session, name="Elsewhere")), people[0])
        project.approval_ratings = 1
        assert apply_rule_to_all(session, project) == 0
        assert [verdicts(session, each) for each in rated] == [[APPROVED], [APPROVED], []]
        project.approval_ratings = 0
        assert apply_rule_to_all(session, project) == 0
        assert [verdicts(session, each) for each in rated] == [[APPROVED, WITHDRAWN], [APPROVED, WITHDRAWN], []]


class TestPeople:
    def test_the_same_decision_twice_is_one(self, session, candidate, people):
        decide(session, candidate, APPROVED, people[0].id)
        decide(session, candidate, APPROVED, people[1].id)
        assert verdicts(session, candidate) == [APPROVED]

    def test_a_decision_can_be_changed_and_taken_back(self, session, candidate, people):
        for verdict in (APPROVED, REJECTED, WITHDRAWN, APPROVED):
            decide(session, candidate, verdict, people[0].id)
        assert verdicts(session, candidate) == [APPROVED, REJECTED, WITHDRAWN, APPROVED]

    def test_taking_back_what_was_never_said_changes_nothing(self, session, candidate, people):
        decide(session, candidate, WITHDRAWN, people[0].id)
        assert verdicts(session, candidate) == []

    def test_a_person_may_confirm_what_the_rule_said(self, session, project, candidate, people):
        rate_and_apply(session, project, candidate, people, [True, True])
        decide(session, candidate, APPROVED, people[3].id, " Checked. ")
        latest = latest_of(session, candidate)
        assert (latest.decided_by_id, latest.reason) == (people[3].id, "Checked.")
        assert verdicts(session, candidate) == [APPROVED, APPROVED]

    def test_a_decision_is_on_one_version(self, session, candidate, people):
        decide(session, candidate, APPROVED, people[0].id)
        edit_candidate(session, candidate, Example("Name a nut.", "", "Hazel."), version=1, actor_id=people[0].id)
        assert latest_of(session, candidate) is None

    @pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.UNFINISHED])
    def test_only_kept_examples_are_decided_on(self, session, project, people, outcome):
        with pytest.raises(Conflict, match="Only kept"):
            decide(session, add_candidate(session, project, outcome=outcome), APPROVED, people[0].id)

    def test_a_reason_has_a_limit(self, session, candidate, people):
        with pytest.raises(InvalidInput, match="Reason is 1,001 characters"):
            decide(session, candidate, REJECTED, people[0].id, "x" * 1_001)
        assert verdicts(session, candidate) == []


class TestIncomplete:
    """What has no output, or no instruction, is approved by nobody."""

    @pytest.mark.parametrize("blank", ["", " ", "\n\t\r\n", "\u3000", "\u200b", "\ufeff \u2060", "\x1c"])
    def test_no_person_can_approve_it(self, session, project, people, blank):
        candidate = add_candidate(session, project, output=blank)
        with pytest.raises(Conflict, match="This example has no output, so it can’t be approved. Write one"):
            decide(session, candidate, APPROVED, people[0].id)
        assert verdicts(session, candidate) == []
        decide(session, candidate, REJECTED, people[0].id)
        assert verdicts(session, candidate) == [REJECTED]

    def test_an_instruction_is_as_needed(self, session, project, people):
        with pytest.raises(Conflict, match="has no instruction"):
            decide(session, add_candidate(session, project, "\u200b"), APPROVED, people[0].id)
        without_input = add_candidate(session, project, "Name a nut.", input=" ")
        decide(session, without_input, APPROVED, people[0].id)
        assert verdicts(session, without_input) == [APPROVED]

    def test_the_rule_holds_it_back_and_says_so(self, session, project, people):
        candidate = add_candidate(session, project, output=" ")
        rate(session, candidate, people[0])
        assert apply_rule(session, project, candidate) is False
        rate(session, candidate, people[1])
        assert apply_rule(session, project, candidate) is True
        assert verdicts(session, candidate) == []

    def test_the_rule_approves_it_once_there_is_an_output(self, session, project, people):
        candidate = add_candidate(session, project, output="")
        rate_and_apply(session, project, candidate, people, [True, True])
        edit_candidate(session, candidate, Example("Name a fruit.", "", "A pear."), version=1, actor_id=people[3].id)
        rate_and_apply(session, project, candidate, people, [True, True])
        assert verdicts(session, candidate) == [APPROVED]

    def test_the_rule_takes_back_what_it_approved_before_such_were_held_back(self, session, project, people):
        candidate = add_candidate(session, project)
        rate_and_apply(session, project, candidate, people, [True, True])
        candidate.output = ""
        session.flush()
        assert apply_rule_to_all(session, project) == 1
        assert verdicts(session, candidate) == [APPROVED, WITHDRAWN]
        assert latest_of(session, candidate).reason == "There is no output: the rule approves no such example any more."

    def test_a_change_of_the_rule_counts_what_it_held_back(self, session, project, people):
        for number, output in enumerate(["", " ", "An apple."]):
            rate(session, add_candidate(session, project, f"Name {number} fruits.", output=output), people[0])
        project.approval_ratings = 1
        assert apply_rule_to_all(session, project) == 2


@pytest.mark.parametrize(
    "text", ["", " ", "x", "\u200bx", "\n\u00a0\u3000", "\u00ad\u2800\u3164", "\x1f", "0", "\u0301"]
)
def test_the_database_and_the_gate_call_the_same_blank(session, project, text):
    for fields in ({"output": text}, {"instruction": text}):
        candidate = add_candidate(session, project, **fields)
        found = session.scalar(select(Candidate.id).where(Candidate.id == candidate.id, is_incomplete()))
        assert (found is not None) is is_blank(text) is bool(candidate.lacks)


def test_all_white_space_is_blank_and_nothing_that_shows():
    everything = map(chr, range(sys.maxunicode + 1))
    fillers = set("\u115f\u1160\u3164\uffa0\u2800")
    blank = {each for each in everything if is_blank(each)}
    assert {each for each in map(chr, range(sys.maxunicode + 1)) if each.isspace()} <= blank
    assert {unicodedata.category(each) for each in blank - fillers if not each.isspace()} == {"Cf"}


def test_of_ratings_saved_at_the_same_moment_the_last_one_sees_all(database):
    """Each transaction must see the other's rating, or neither finds the rule fulfilled."""
    with database.writing() as session:
        project = add_project(session, approval_ratings=4)
        candidate_id = add_candidate(session, project).id
        annotators = [add_person(session, f"Annotator {n}").id for n in range(4)]
    together = threading.Barrier(len(annotators))

    def save(annotator_id: int) -> None:
        together.wait()
        with database.writing() as session:
            candidate = ratable_candidate(session, project.id, candidate_id, locked=True)
            rate(session, candidate, session.get_one(Person, annotator_id))
            apply_rule(session, candidate.project, candidate)

    with ThreadPoolExecutor(len(annotators)) as threads:
        list(threads.map(save, annotators))

    with database.reading() as session:
        assert verdicts(session, session.get_one(Candidate, candidate_id)) == [APPROVED]
