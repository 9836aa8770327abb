"""Answers compared blind: drawn by lot, the same for whoever looks again, and settled whatever side they were on."""

from collections import Counter

import pytest

from app.errors import Conflict, InvalidInput
from app.models.candidates import Outcome
from app.models.comparisons import Alternative
from app.rating import ratings
from app.rating.compared import answers_to_compare, settled
from app.rating.queue import next_turn
from app.rating.rubrics import quality_study, rubric_named
from tests.builders import add_candidate, add_person, add_run, rating_form

PAIR = rubric_named("pairwise_comparison")
RANKED = rubric_named("ranked_answers")


@pytest.fixture
def candidate(session, project, ada):
    return with_answers(session, project, ada, 3)


def with_answers(session, project, ada, count):
    candidate = add_candidate(session, project)
    for number in range(count):
        answer = Alternative(
            project_id=project.id,
            candidate_id=candidate.id,
            candidate_version=1,
            run_id=add_run(session, project, ada).id,
            model=f"model {number}",
            output=f"Answer {number}",
            outcome=Outcome.KEPT,
        )
        session.add(answer)
    session.flush()
    return candidate


def shown_to(session, candidate, rubric, annotator_id):
    return [each.id for each in answers_to_compare(session, candidate, rubric, annotator_id)]


def test_somebody_sees_the_same_sides_again(session, candidate, ada):
    first = shown_to(session, candidate, RANKED, ada.id)
    assert first == shown_to(session, candidate, RANKED, ada.id)
    assert len(first) == 3
    assert shown_to(session, candidate, PAIR, ada.id) == first[:2]
    assert shown_to(session, candidate, quality_study, ada.id) == []


def test_every_order_comes_up_about_as_often(session, candidate):
    orders = Counter(tuple(shown_to(session, candidate, RANKED, number)) for number in range(600))
    assert len(orders) == 6
    assert min(orders.values()) > 60


def test_an_answer_stores_what_was_compared(session, candidate, ada):
    shown = shown_to(session, candidate, PAIR, ada.id)
    form = rating_form(answers={"better": "right"}, shown=tuple(shown))
    rating = ratings.submit(session, candidate, PAIR, form, ada.id)
    assert rating.shown == shown
    assert rating.all_valid is None
    assert settled(rating.answers, PAIR, rating.shown) == {"better": str(shown[1])}
    assert settled({"better": "tie"}, PAIR, shown) == {"better": "tie"}


def test_a_ranking_is_settled_best_first(session, candidate, ada):
    one, two, three = shown_to(session, candidate, RANKED, ada.id)
    form = rating_form(answers={"order": "cab"}, shown=(one, two, three))
    rating = ratings.submit(session, candidate, RANKED, form, ada.id)
    assert rating.answers == {"order": "CAB"}
    assert settled(rating.answers, RANKED, rating.shown) == {"order": f"{three}>{one}>{two}"}


def test_answers_of_something_else_cannot_have_been_compared(session, project, candidate, ada):
    other = shown_to(session, with_answers(session, project, ada, 2), PAIR, ada.id)
    mine = shown_to(session, candidate, PAIR, ada.id)
    for shown in ((), (mine[0],), (mine[0], mine[0]), tuple(other), (mine[0], other[0])):
        with pytest.raises(Conflict, match="have changed"):
            ratings.submit(session, candidate, PAIR, rating_form(answers={"better": "left"}, shown=shown), ada.id)


def test_only_what_has_two_answers_comes_up(session, project, candidate, ada):
    add_candidate(session, project, "Name a nut.")
    with_answers(session, project, ada, 1)
    turn = next_turn(session, project.id, ada.id, rubric=PAIR)
    assert (turn.candidate, turn.progress.left) == (candidate, 1)
    assert next_turn(session, project.id, ada.id, rubric=PAIR, held=[candidate.id]).candidate is None
    assert next_turn(session, project.id, add_person(session, "Bo").id).progress.left == 3


def test_a_skip_may_have_a_reason_and_ratings_tags(session, project, ada):
    candidate = add_candidate(session, project)
    form = rating_form(skipped=True, skip_reason="language", tags=("wrong",), guidelines=9)
    rating = ratings.submit(session, candidate, quality_study, form, ada.id)
    assert (rating.skip_reason, rating.tags, rating.guidelines_version) == ("language", ["wrong"], 0)
    with pytest.raises(InvalidInput, match="reasons to skip"):
        ratings.submit(session, candidate, quality_study, rating_form(skipped=True, skip_reason="lazy"), ada.id)
