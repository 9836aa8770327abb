"""What was saved once is never lost and never counted twice."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from app.candidates.editing import edit_candidate
from app.errors import Conflict, InvalidInput, NotFound
from app.examples import Example
from app.models.candidates import Candidate, Outcome, Rating
from app.models.events import Event
from app.rating import ratings
from app.rating.progress import Progress
from app.rating.queue import next_turn
from app.rating.rubrics import quality_study
from tests.builders import (
    ALL_VALID,
    WRONG_OUTPUT,
    add_candidate,
    add_person,
    add_project,
    rate,
    rating_form,
    skip,
)

TABS = 6


@pytest.fixture
def candidate(session, project):
    return add_candidate(session, project)


def count(session, *where):
    return session.scalar(select(func.count()).select_from(Rating).where(*where))


def event_kinds(session):
    return session.scalars(select(Event.kind).where(Event.kind.startswith("rating.")).order_by(Event.id)).all()


class TestSubmitting:
    def test_answers_are_stored_with_what_they_are_about(self, session, candidate, ada):
        form = rating_form(answers=WRONG_OUTPUT, comment=" Apples are fine. ", flagged=True, seconds=12.5)
        stored = ratings.submit(session, candidate, quality_study, form, ada.id)
        assert (stored.project_id, stored.candidate_id, stored.annotator_id) == (
            candidate.project_id,
            candidate.id,
            ada.id,
        )
        assert (stored.rubric, stored.rubric_version) == (quality_study.name, quality_study.version)
        assert (stored.answers, stored.all_valid) == (WRONG_OUTPUT, False)
        assert (stored.comment, stored.flagged, stored.seconds) == ("Apples are fine.", True, 12.5)
        assert (stored.candidate_version, stored.skipped, stored.replaced_at) == (1, False, None)
        assert event_kinds(session) == ["rating.saved"]

    def test_the_same_submission_twice_is_one_row_and_returns_the_first(self, session, candidate, ada):
        first = rate(session, candidate, ada, submission="once")
        again = rate(session, candidate, ada, submission="once", valid=False)
        assert again.id == first.id
        assert again.answers == ALL_VALID
        assert count(session) == 1
        assert event_kinds(session) == ["rating.saved"]

    def test_the_same_submission_is_still_known_after_an_edit(self, session, candidate, ada):
        first = rate(session, candidate, ada, submission="once")
        edit_candidate(session, candidate, Example("Name a nut.", "", "Hazel."), version=1, actor_id=ada.id)
        assert rate(session, candidate, ada, submission="once", version=1).id == first.id

    def test_two_people_may_send_the_same_word_as_submission(self, session, candidate, ada):
        rate(session, candidate, ada, submission="once")
        rate(session, candidate, add_person(session, "Bo"), submission="once")
        assert count(session, Rating.replaced_at.is_(None)) == 2

    def test_a_second_tab_replaces_the_first_and_counts_once(self, session, project, candidate, ada):
        first = rate(session, candidate, ada)
        second = rate(session, candidate, ada, valid=False)
        session.refresh(first)
        assert first.replaced_at is not None
        assert ratings.counting_rating(session, candidate.id, ada.id).id == second.id
        assert count(session) == 2
        assert next_turn(session, project.id, ada.id).progress == Progress(rated=1, skipped=0, left=0)

    def test_a_rating_of_a_text_edited_meanwhile_is_refused(self, session, candidate, ada):
        edit_candidate(session, candidate, Example("Name a nut.", "", "Hazel."), version=1, actor_id=ada.id)
        with pytest.raises(Conflict, match="changed this example"):
            rate(session, candidate, ada, version=1)
        assert count(session) == 0

    @pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.UNFINISHED])
    def test_only_kept_examples_are_rated(self, session, project, ada, outcome):
        with pytest.raises(Conflict, match="not kept"):
            rate(session, add_candidate(session, project, outcome=outcome), ada)

    def test_a_missing_answer_names_its_question_and_stores_nothing(self, session, candidate, ada):
        with pytest.raises(InvalidInput) as refused:
            rate(session, candidate, ada, answers={"valid_task": "yes", "output_correct": "yes"})
        assert refused.value.field == "input_appropriate"
        assert count(session) == 0

    @pytest.mark.parametrize("submission", ["", "  ", "x" * 65, "a\nb", "a\x00b"])
    def test_a_submission_must_have_a_proper_name(self, session, candidate, ada, submission):
        with pytest.raises(InvalidInput):
            rate(session, candidate, ada, submission=submission)

    @pytest.mark.parametrize(
        ("sent", "stored"),
        [(None, None), (-5.0, 0.0), (0.0, 0.0), (61.5, 61.5), (9e9, 3600.0), (float("inf"), 3600.0)],
    )
    def test_seconds_stay_between_nothing_and_an_hour(self, session, candidate, ada, sent, stored):
        assert rate(session, candidate, ada, seconds=sent).seconds == stored

    def test_seconds_that_are_no_number_are_left_out(self, session, candidate, ada):
        assert rate(session, candidate, ada, seconds=float("nan")).seconds is None


class TestSkipping:
    def test_a_skip_holds_no_answers(self, session, project, candidate, ada):
        skipped = skip(session, candidate, ada)
        assert (skipped.skipped, skipped.answers, skipped.all_valid) == (True, {}, None)
        assert next_turn(session, project.id, ada.id).progress == Progress(rated=0, skipped=1, left=0)
        assert event_kinds(session) == ["rating.skipped"]

    def test_what_was_skipped_can_be_rated_after_all(self, session, project, candidate, ada):
        skip(session, candidate, ada)
        rate(session, candidate, ada)
        assert next_turn(session, project.id, ada.id).progress == Progress(rated=1, skipped=0, left=0)


class TestTakingBack:
    def test_a_rating_taken_back_stays_stored_but_no_longer_counts(self, session, project, candidate, ada):
        rating = rate(session, candidate, ada)
        ratings.take_back(session, rating)
        session.flush()
        assert count(session) == 1
        assert ratings.counting_rating(session, candidate.id, ada.id) is None
        assert next_turn(session, project.id, ada.id).progress == Progress(rated=0, skipped=0, left=1)

    def test_taking_back_twice_changes_nothing(self, session, candidate, ada):
        rating = rate(session, candidate, ada)
        ratings.take_back(session, rating)
        when = rating.replaced_at
        ratings.take_back(session, rating)
        assert rating.replaced_at == when
        assert event_kinds(session) == ["rating.saved", "rating.taken_back"]

    def test_it_can_be_rated_again(self, session, candidate, ada):
        ratings.take_back(session, rate(session, candidate, ada))
        again = rate(session, candidate, ada, valid=False)
        assert ratings.counting_rating(session, candidate.id, ada.id).id == again.id

    def test_nobody_else_can(self, session, project, candidate, ada):
        rating = rate(session, candidate, ada)
        elsewhere = add_project(session, name="Elsewhere")
        assert ratings.rating_of(session, project.id, rating.id, ada.id) is rating
        with pytest.raises(NotFound):
            ratings.rating_of(session, project.id, rating.id, add_person(session, "Bo").id)
        with pytest.raises(NotFound):
            ratings.rating_of(session, elsewhere.id, rating.id, ada.id)
        with pytest.raises(NotFound):
            ratings.rating_of(session, project.id, rating.id + 1, ada.id)


def test_one_goes_back_rating_by_rating(session, project, ada):
    first, second, third = (add_candidate(session, project, f"Name {n} fruits.") for n in (1, 2, 3))
    for each in (first, third, second):
        rate(session, each, ada)
    assert ratings.rating_before(session, project.id, ada.id, None).candidate_id == second.id
    assert ratings.rating_before(session, project.id, ada.id, second.id).candidate_id == third.id
    assert ratings.rating_before(session, project.id, ada.id, third.id).candidate_id == first.id
    assert ratings.rating_before(session, project.id, ada.id, first.id) is None


def test_progress_has_a_share():
    assert Progress(rated=2, skipped=1, left=1).share == 0.75
    assert Progress(rated=0, skipped=0, left=0).share == 1.0


@pytest.mark.parametrize("same", [True, False], ids=["a double click", "several tabs"])
def test_of_answers_sent_at_the_same_moment_one_counts(database, same):
    with database.writing() as session:
        candidate_id, ada_id = add_candidate(session, add_project(session)).id, add_person(session).id
    together = threading.Barrier(TABS)

    def send(tab: int) -> int:
        together.wait()
        with database.writing() as session:
            form = rating_form(submission="once" if same else f"tab {tab}")
            candidate = session.get_one(Candidate, candidate_id)
            return ratings.submit(session, candidate, quality_study, form, ada_id).id

    with ThreadPoolExecutor(TABS) as tabs:
        stored = list(tabs.map(send, range(TABS)))

    with database.reading() as session:
        assert count(session, Rating.replaced_at.is_(None)) == 1
        assert count(session) == len(set(stored)) == (1 if same else TABS)
