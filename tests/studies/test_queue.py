"""What somebody gets to rate next: evenly, once, and right with many people at the same moment."""

import datetime as dt
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from sqlalchemy import func, insert, select

from app.errors import Conflict
from app.models.candidates import Candidate, Outcome, Rating
from app.models.people import Membership, Role
from app.models.studies import Assignment, AssignmentState, StudyItem
from app.people import members
from app.studies import answering, queue, studying
from app.studies.looking import look
from app.studies.stopping import StoppingForm
from tests.builders import WRONG_OUTPUT, add_person, add_project, counting_queries, rate, rating_form
from tests.racing import race
from tests.studies.builders import add_examples, add_study, answer, answer_next, next_of

RACERS = 50


@pytest.fixture
def bo(session):
    return add_person(session, "Bo")


def given(session, study):
    return session.scalars(
        select(StudyItem.given).where(StudyItem.study_id == study.id).order_by(StudyItem.position)
    ).all()


def test_asking_again_gives_the_same(session, project, ada):
    add_examples(session, project, 3)
    study = add_study(session, project, ada)
    first = next_of(session, study, ada)
    assert next_of(session, study, ada) is first
    assert given(session, study) == [1, 0, 0]


def test_everything_comes_once_in_the_order_of_the_draw_and_then_nothing(session, project, ada):
    add_examples(session, project, 5)
    study = add_study(session, project, ada, overlap="2")
    seen = [answer_next(session, study, ada).item.position for _ in range(5)]
    assert seen == [0, 1, 2, 3, 4]
    assert next_of(session, study, ada) is None


def test_an_example_has_all_its_ratings_before_another_is_begun(session, project, ada, bo):
    add_examples(session, project, 4)
    study = add_study(session, project, ada, overlap="2")
    for _ in range(2):
        answer_next(session, study, ada)
    for _ in range(2):
        answer_next(session, study, bo)
    assert next_of(session, study, add_person(session, "Cy")).item.position == 2
    assert given(session, study) == [2, 2, 1, 0]


def test_one_goes_on_behind_what_one_answered_last_and_around(session, project, ada, bo):
    add_examples(session, project, 3)
    study = add_study(session, project, ada)
    left = next_of(session, study, bo)
    assert [answer_next(session, study, ada).item.position for _ in range(2)] == [1, 2]
    answer(session, study, left, skipped=True, answers={})
    assert next_of(session, study, ada).item.position == 0


def test_a_skipped_example_goes_to_others_and_not_again_to_whoever_skipped(session, project, ada, bo):
    add_examples(session, project, 2)
    study = add_study(session, project, ada)
    answer_next(session, study, ada, skipped=True, answers={})
    answer_next(session, study, ada)
    assert next_of(session, study, ada) is None
    assert next_of(session, study, bo).item.position == 0


def test_what_was_skipped_can_be_answered_after_all(session, project, ada):
    add_examples(session, project, 1)
    study = add_study(session, project, ada)
    skipped = answer_next(session, study, ada, skipped=True, answers={})
    assert given(session, study) == [0]
    answer(session, study, skipped)
    assert (skipped.state, given(session, study)) == (AssignmentState.DONE, [1])


class TestAbandoned:
    def test_it_goes_to_others_after_a_while_when_they_have_nothing_else(self, session, project, ada, bo, clock):
        add_examples(session, project, 2)
        study = add_study(session, project, ada)
        left = next_of(session, study, ada)
        answer_next(session, study, bo)
        assert next_of(session, study, bo) is None
        clock.forward(minutes=queue.ABANDONED_AFTER / dt.timedelta(minutes=1) + 1)
        taken = next_of(session, study, bo)
        assert taken.item is left.item
        assert left.state is AssignmentState.RELEASED
        assert given(session, study) == [1, 1]

    def test_an_answer_that_comes_late_is_kept_all_the_same(self, session, project, ada, bo, clock):
        add_examples(session, project, 1)
        study = add_study(session, project, ada)
        left = next_of(session, study, ada)
        clock.forward(hours=2)
        answer_next(session, study, bo)
        answer(session, study, left)
        assert left.state is AssignmentState.DONE
        assert given(session, study) == [2]

    def test_what_was_taken_back_and_left_is_no_answer_until_it_is_answered_again(
        self, session, project, ada, bo, clock
    ):
        add_examples(session, project, 2)
        study = add_study(session, project, ada)
        left, other = answer_next(session, study, ada), answer_next(session, study, ada)
        clock.forward(minutes=1)
        answering.take_back(session, study, left)
        clock.forward(hours=2)
        assert next_of(session, study, bo).item is left.item
        assert answering.turn_at(session, study, None, ada.id).newest is other
        answer(session, study, left)
        assert answering.turn_at(session, study, None, ada.id).newest is left

    @pytest.mark.parametrize("is_answered", [True, False], ids=["answered before", "answered meanwhile"])
    def test_an_answer_that_comes_at_that_moment_counts_and_the_example_goes_to_nobody(
        self, database, clock, is_answered
    ):
        with database.writing() as session:
            project, ada, bo = add_project(session), add_person(session), add_person(session, "Bo")
            add_examples(session, project, 1)
            study = add_study(session, project, ada)
            left = next_of(session, study, ada)
        clock.forward(hours=2)

        def give_to_bo():
            with database.writing() as session:
                again = studying.study_in(session, project.id, study.id, locked=True)
                return queue.next_assignment(session, again, bo.id)

        with ThreadPoolExecutor(1) as thread:
            with database.writing() as session:
                again = studying.study_to_answer(session, project.id, study.id)
                mine = answering.assignment_of(session, project.id, study.id, left.id, ada.id, locked=True)
                if is_answered:
                    answering.answer(session, again, mine, rating_form())
                given_to_bo = thread.submit(give_to_bo)
                wait([given_to_bo], timeout=0.5)
                if not is_answered:
                    answering.answer(session, again, mine, rating_form())
            assert given_to_bo.result() is None
        with database.reading() as session:
            assert session.get(Assignment, left.id).state is AssignmentState.DONE
            assert given(session, study) == [1]


class TestExtras:
    def test_known_answers_come_in_between_and_are_not_of_the_sample(self, session, project, ada, bo):
        add_examples(session, project, 14)
        for candidate in session.scalars(select(Candidate).order_by(Candidate.id).limit(2)):
            rate(session, candidate, ada, valid=False)
        study = add_study(session, project, ada, gold="2")
        seen = []
        while (each := answer_next(session, study, bo)) is not None:
            seen.append(each.item.gold)
        assert study.size == 12
        assert [place for place, gold in enumerate(seen) if gold] == [5, 11]
        assert {gold["output_correct"] for gold in seen if gold} == {"no"}

    def test_one_sees_some_again_without_being_told(self, session, project, ada):
        add_examples(session, project, 12)
        study = add_study(session, project, ada, repeats="2")
        seen = []
        while (each := answer_next(session, study, ada)) is not None:
            seen.append((each.item.position, each.number))
        assert [each for each in seen if each[1] == 2] == [(0, 2), (1, 2)]
        assert seen.index((0, 2)) == 5
        assert sum(number == 1 for _, number in seen) == 12
        assert given(session, study) == [1] * 12


class TestFixed:
    def test_everyone_has_their_own_from_the_start(self, session, project, ada, bo):
        add_examples(session, project, 5)
        cy = add_person(session, "Cy")
        people = [ada.id, bo.id, cy.id]
        study = add_study(session, project, ada, overlap="2", giving_out="fixed", people=people)
        theirs = {}
        for person in (ada, bo, cy):
            theirs[person.name] = []
            while (each := answer_next(session, study, person)) is not None:
                theirs[person.name].append(each.item.position)
        assert Counter(place for places in theirs.values() for place in places) == dict.fromkeys(range(5), 2)
        assert {len(places) for places in theirs.values()} == {3, 4}
        assert all(places == sorted(places) for places in theirs.values())

    def test_nothing_of_somebody_else_is_taken(self, session, project, ada, bo, clock):
        add_examples(session, project, 2)
        study = add_study(session, project, ada, giving_out="fixed", people=[ada.id, bo.id])
        next_of(session, study, ada)
        clock.forward(days=2)
        answer_next(session, study, bo)
        assert next_of(session, study, bo) is None


class TestOneMore:
    def test_a_third_is_asked_only_where_two_differ(self, session, project, ada, bo):
        add_examples(session, project, 3)
        study = add_study(session, project, ada, overlap="2", stopping=StoppingForm(third=True))
        for _ in range(3):
            answer_next(session, study, ada)
        for place in range(3):
            answer_next(session, study, bo, **({"answers": WRONG_OUTPUT} if place == 1 else {}))
        cy = add_person(session, "Cy")
        assert answer_next(session, study, cy).item.position == 1
        assert next_of(session, study, cy) is None

    def test_all_is_asked_once_more_where_somebody_left_what_they_had_answered(self, session, project, ada, bo):
        add_examples(session, project, 1)
        study = add_study(session, project, ada, overlap="2", stopping=StoppingForm(third=True))
        first = answer_next(session, study, ada)
        answer_next(session, study, bo, answers=WRONG_OUTPUT)
        more = answer_next(session, study, add_person(session, "Cy"))
        answering.take_back(session, study, first)
        answer(session, study, first, skipped=True, answers={})
        instead = next_of(session, study, add_person(session, "Di"))
        assert (more.asked, instead.asked) == (["output_correct"], None)

    def test_without_it_nobody_is(self, session, project, ada, bo):
        add_examples(session, project, 1)
        study = add_study(session, project, ada, overlap="2")
        answer_next(session, study, ada)
        answer_next(session, study, bo, answers=WRONG_OUTPUT)
        assert next_of(session, study, add_person(session, "Cy")) is None


def test_whom_reports_leave_out_ends_no_study_early(session, project, ada, bo):
    add_examples(session, project, 60)
    member = Membership(project_id=project.id, person_id=bo.id, role=Role.ANNOTATOR)
    session.add(member)
    session.flush()
    members.leave_out(session, project.id, member.id, left_out=True, actor_id=ada.id)
    early = StoppingForm("half_width", "15", "output_correct")
    study = add_study(session, project, ada, overlap="2", stopping=early)
    for _ in range(60):
        answer_next(session, study, bo)
    assert (look(session, study).is_over, look(session, study, {bo.id}).is_over) == (True, False)
    assert next_of(session, study, ada) is not None
    assert study.sentence == ""


def test_what_was_taken_back_lies_open_again(session, project, ada):
    add_examples(session, project, 2)
    study = add_study(session, project, ada)
    first = answer_next(session, study, ada)
    answering.take_back(session, study, first)
    assert next_of(session, study, ada) is first
    assert given(session, study) == [1, 0]
    assert session.scalar(select(func.count()).where(Rating.replaced_at.is_(None))) == 0


def test_what_was_answered_anew_after_taking_it_back_is_the_last_answer(session, project, ada, clock):
    add_examples(session, project, 4)
    study = add_study(session, project, ada)
    done = []
    for _ in range(3):
        done.append(answer_next(session, study, ada))
        clock.forward(seconds=5)
    answer(session, study, done[1])
    assert answering.turn_at(session, study, None, ada.id).newest is done[2]
    answering.take_back(session, study, done[0])
    answer(session, study, done[0])
    assert answering.turn_at(session, study, None, ada.id).newest is done[0]


def test_a_repeated_rating_counts_beside_the_first(session, project, ada):
    add_examples(session, project, 6)
    study = add_study(session, project, ada, repeats="1")
    for _ in range(5):
        answer_next(session, study, ada)
    again = answer_next(session, study, ada, answers=WRONG_OUTPUT)
    counting = session.scalars(
        select(Rating.answers["output_correct"].as_string())
        .where(Rating.candidate_id == again.item.candidate_id, Rating.replaced_at.is_(None))
        .order_by(Rating.id)
    ).all()
    assert counting == ["yes", "no"]


def test_a_closed_study_takes_no_answer(session, project, ada):
    add_examples(session, project, 1)
    study = add_study(session, project, ada)
    given_out = next_of(session, study, ada)
    study.state = studying.StudyState.CLOSED
    with pytest.raises(Conflict, match="closed"):
        answer(session, study, given_out)


def test_a_closed_study_knows_the_answers_that_it_has(session, project, ada):
    add_examples(session, project, 2)
    study = add_study(session, project, ada)
    first, stored = next_of(session, study, ada), rating_form()
    kept = answering.answer(session, study, first, stored)
    second = next_of(session, study, ada)
    study.state = studying.StudyState.CLOSED
    assert answering.answer(session, study, first, stored) is kept
    for assignment, form in ((first, rating_form()), (second, stored)):
        with pytest.raises(Conflict, match="closed"):
            answering.answer(session, study, assignment, form)


def test_fifty_at_the_same_moment_fill_the_overlap_and_nobody_has_one_twice(database):
    with database.writing() as session:
        project = add_project(session)
        add_examples(session, project, 40)
        people = [add_person(session, f"Person {number}").id for number in range(RACERS)]
        study_id = add_study(session, project, session.get_one(studying.Person, people[0]), overlap="3").id

    def work(person_id):
        for _ in range(4):
            with database.writing() as session:
                study = studying.study_in(session, project.id, study_id, locked=True)
                given_out = queue.next_assignment(session, study, person_id)
            if given_out is None:
                return
            with database.writing() as session:
                study = studying.study_in(session, project.id, study_id)
                mine = answering.assignment_of(session, project.id, study_id, given_out.id, person_id, locked=True)
                answering.answer(session, study, mine, rating_form(submission=f"{person_id}-{given_out.id}"))

    assert [each for each in race(*(lambda who=who: work(who) for who in people)) if each is not None] == []
    with database.reading() as session:
        assert set(session.scalars(select(StudyItem.given))) == {3}
        pairs = session.execute(select(Assignment.study_item_id, Assignment.annotator_id)).all()
        assert len(pairs) == len(set(pairs)) == 120
        assert session.scalar(select(func.count(Rating.id)).where(Rating.replaced_at.is_(None))) == 120
        assert set(session.scalars(select(Assignment.state))) == {AssignmentState.DONE}


def test_two_tabs_of_one_person_get_the_same(database):
    with database.writing() as session:
        project, ada = add_project(session), add_person(session)
        add_examples(session, project, 10)
        study_id = add_study(session, project, ada).id

    def look():
        with database.writing() as session:
            study = studying.study_in(session, project.id, study_id, locked=True)
            return queue.next_assignment(session, study, ada.id).id

    assert len(set(race(*[look] * 8))) == 1


def test_the_next_of_5_202_takes_two_questions(database):
    with database.writing() as session:
        project, ada, bo = add_project(session), add_person(session), add_person(session, "Bo")
        rows = [
            {"project_id": project.id, "instruction": f"Task {number}", "output": "x", "outcome": Outcome.KEPT}
            for number in range(5_202)
        ]
        session.execute(insert(Candidate), rows)
        study = add_study(session, project, ada, size="5202", overlap="2")
        assert study.size == 5_202
        for _ in range(3):
            answer_next(session, study, ada)
    for person in (ada, bo):
        with database.writing() as session:
            study = studying.study_in(session, project.id, study.id, locked=True)
            with counting_queries(database) as seen:
                queue.next_assignment(session, study, person.id)
            assert len([each for each in seen if each.startswith("SELECT")]) == 2
