"""What is left for one person in a project's studies agrees with what the queue would give them."""

import datetime as dt

import pytest
from sqlalchemy import update

from app.errors import InvalidInput
from app.models.studies import Assignment
from app.people.crowd import completion_of, crowd_link_of, invite_crowd, take_part
from app.studies import reporting
from app.studies.taking_part import own_studies, own_study
from tests.builders import add_candidate, add_person, rate
from tests.studies.builders import add_examples, add_study, answer, answer_next, next_of


def link_into(session, study, asked, *, code="C", uses="9"):
    values = {"parameter": "id", "completion_code": code, "asked": asked, "uses": uses, "days": "9"}
    return invite_crowd(session, study.project_id, **values, actor_id=study.created_by_id, study=str(study.id))


def participant(session, study, asked, external_id="abc"):
    return take_part(session, link_into(session, study, asked)[1], external_id, here=None)


def mine(session, study, person):
    link = crowd_link_of(session, study.project_id, person.id)
    return own_study(session, link, own_studies(session, study.project_id, person.id, link))


def test_a_participant_gets_as_many_as_they_are_asked_for(session, project, ana):
    study = add_study(session, project, ana, people=[ana.id])
    pat = participant(session, study, "2")
    assert pat.id in study.people
    seen = []
    while answer_next(session, study, pat):
        seen.append((mine(session, study, pat).done, mine(session, study, pat).is_done))
    assert seen == [(1, False), (2, True)]
    assert mine(session, study, pat).share == 1
    assert not mine(session, study, participant(session, study, "2", "new")).is_done


def test_what_was_skipped_is_replaced_and_pages_ahead_get_no_more_than_asked(session, project, ana):
    study = add_study(session, project, ana)
    pat = participant(session, study, "2")
    first = answer_next(session, study, pat, skipped=True, answers={})
    second = next_of(session, study, pat)
    assert second.study_item_id != first.study_item_id
    answer(session, study, second)
    assert mine(session, study, pat).has_more
    assert answer_next(session, study, pat) is not None
    assert next_of(session, study, pat) is None
    assert mine(session, study, pat).is_done


@pytest.mark.parametrize("asked", ["2", ""])
def test_skipping_gives_no_code_and_what_was_skipped_can_be_answered(session, project, ana, asked):
    study = add_study(session, project, ana)
    pat = participant(session, study, asked)
    answer_next(session, study, pat)
    for _ in range(3):
        answer_next(session, study, pat, skipped=True, answers={})
    assert next_of(session, study, pat) is None
    for left in (3, 2, 1)[: 1 if asked else 3]:
        now = mine(session, study, pat)
        assert (now.done, now.has_more, now.is_done, now.skipped) == (4 - left, False, False, left)
        answer(session, study, session.get(Assignment, now.skipped_id))
    assert mine(session, study, pat).is_done


def test_whoever_is_asked_for_more_waits_for_what_lies_before_others(session, project, ana):
    study = add_study(session, project, ana, size="2")
    pat = participant(session, study, "2")
    held = next_of(session, study, ana)
    answer_next(session, study, pat)
    assert next_of(session, study, pat) is None
    assert not mine(session, study, pat).is_done
    answer(session, study, held)
    assert mine(session, study, pat).is_done  # others have all the rest


def test_extras_are_left_as_long_as_the_queue_gives_them(session, project, ana):
    for number in range(2):
        rate(session, add_candidate(session, project, f"Known {number}."), ana)
    add_examples(session, project, 6)
    study = add_study(session, project, ana, gold="2", repeats="1", size="6")
    pat = participant(session, study, "")
    seen = []
    while mine(session, study, pat).has_more:
        seen.append(answer_next(session, study, pat))
    assert next_of(session, study, pat) is None
    assert sum(each.item.gold is not None for each in seen) == 2


def test_enough_is_enough_whatever_lies_open(session, project, ana):
    study = add_study(session, project, ana)
    pat = participant(session, study, "2")
    answer_next(session, study, pat)
    assert next_of(session, study, pat) is not None
    crowd_link_of(session, project.id, pat.id).asked = 1
    assert mine(session, study, pat).is_done


def test_without_a_number_they_are_done_when_nothing_is_left(session, project, ana):
    study = add_study(session, project, ana, size="3")
    pat = participant(session, study, "")
    answer_next(session, study, ana)
    done = []
    while answer_next(session, study, pat):
        done.append(mine(session, study, pat).is_done)
    assert done == [False, True]


def test_what_somebody_left_lying_is_left_for_others(session, project, ana):
    study = add_study(session, project, ana, size="1")
    pat = participant(session, study, "")
    left = next_of(session, study, ana)
    assert not mine(session, study, pat).has_more
    session.execute(
        update(Assignment).where(Assignment.id == left.id).values(given_at=left.given_at - dt.timedelta(hours=1))
    )
    session.expire_all()
    assert mine(session, study, pat).has_more
    assert next_of(session, study, pat) is not None


def test_a_study_that_closes_early_is_done_for_whoever_has_begun(session, project, ana):
    study = add_study(session, project, ana)
    pat, new = participant(session, study, "3"), participant(session, study, "3", "new")
    answer_next(session, study, pat)
    reporting.close_study(session, study, ana.id)
    assert [(mine(session, study, each).done, mine(session, study, each).is_done) for each in (pat, new)] == [
        (1, True),
        (0, False),
    ]


def test_a_list_holds_what_is_open_for_somebody_and_what_they_rated(session, project, ana):
    ben = add_person(session, "Ben")
    for_all, for_ben = add_study(session, project, ana), add_study(session, project, ana, people=[ben.id])
    add_study(session, project, ana, opened=False)
    unseen = add_study(session, project, ana)
    reporting.close_study(session, unseen, ana.id)
    answer_next(session, for_ben, ben)
    reporting.close_study(session, for_ben, ana.id)
    assert [each.study for each in own_studies(session, project.id, ana.id)] == [for_all]
    assert [(each.study, each.done, each.has_more) for each in own_studies(session, project.id, ben.id)] == [
        (for_ben, 1, False),
        (for_all, 0, True),
    ]


def test_whoever_comes_by_a_second_link_takes_part_in_its_study_and_leaves_with_its_code(session, project, ana):
    one, other = (add_study(session, project, ana, people=[ana.id]) for _ in range(2))
    first, second = (link_into(session, study, "1", code=code) for study, code in ((one, "ONE"), (other, "TWO")))
    pat = take_part(session, first[1], "abc", here=None)
    answer_next(session, one, pat)
    assert take_part(session, second[1], "abc", here=pat) is pat
    assert pat.id in other.people
    link = crowd_link_of(session, project.id, pat.id)
    assert completion_of(link).code == "TWO"
    assert (mine(session, other, pat).study, mine(session, other, pat).is_done) == (other, False)
    answer_next(session, other, pat)
    assert mine(session, other, pat).is_done
    take_part(session, first[1], "abc", here=pat)  # once more for the code of before
    session.expire_all()
    assert completion_of(crowd_link_of(session, project.id, pat.id)).code == "ONE"
    assert [each.uses for each, _ in (first, second)] == [1, 1]


def test_a_second_link_that_is_used_up_lets_nobody_change_over(session, project, ana):
    study = add_study(session, project, ana)
    pat = participant(session, study, "1")
    _, full = link_into(session, study, "1", uses="1")
    take_part(session, full, "xyz", here=None)
    with pytest.raises(InvalidInput, match="run out"):
        take_part(session, full, "abc", here=pat)
