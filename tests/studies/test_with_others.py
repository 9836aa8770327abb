"""Agreement of each with all others, against plain counting and other people's programs; and who is said to drift."""

import warnings

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.statistics.agreement import ALONE, ONE_ANSWER, agreement_of
from app.statistics.intervals import wilson
from app.statistics.level import Level
from app.statistics.matrix import matrix_of
from app.studies.with_others import Answers, Judged, drift_in, tally, with_others

SCALE = ("1", "2", "4", "9")


def judged(answers, level=Level.NOMINAL, left_out=(), scale=SCALE):
    """What was judged, from (item, person, answer) with None where a rating leaves the question open."""
    people = np.array([person for _, person, _ in answers], np.intp)
    items = np.array([item for item, _, _ in answers], np.intp)
    rows = np.array([row for row, (*_, answer) in enumerate(answers) if answer is not None], np.intp)
    codes = np.array([scale.index(answers[row][2]) for row in rows], np.intp)
    counted = np.array([person not in left_out for person in people.tolist()], np.bool_)
    return Judged(people, items, counted, [Answers("R", "Q", scale, level, rows, codes)])


@st.composite
def said(draw):
    cells = draw(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 4)), unique=True, min_size=1, max_size=24))
    return [(item, person, draw(st.sampled_from((*SCALE, None)))) for item, person in cells]


@settings(deadline=None)
@given(said(), st.sets(st.integers(1, 4), max_size=2))
def test_shares_are_what_counting_gives(answers, left_out):
    found = with_others(judged(answers, left_out=left_out))
    given_ = [(item, person, answer) for item, person, answer in answers if answer is not None]
    for person in {person for _, person, _ in answers}:
        pairs = [
            (item, mine == theirs)
            for item, who, mine in given_
            if who == person
            for other, whose, theirs in given_
            if other == item and whose != person and whose not in left_out
        ]
        if not pairs:
            assert person not in found
            continue
        share = sum(same for _, same in pairs) / len(pairs)
        shared = len({item for item, _ in pairs})
        (question,) = found[person].questions
        assert (found[person].shared, question.shared) == (shared, shared)
        assert found[person].same.value == question.same.value == pytest.approx(share)
        assert question.same.interval == wilson(question.same.value * shared, shared)


@settings(deadline=None)
@given(said())
def test_shares_are_those_of_the_report(answers):
    found = with_others(judged(answers))
    matrix = matrix_of([each for each in answers if each[2] is not None], SCALE)
    for each in agreement_of(matrix, rounds=1).each:
        (question,) = found[each.annotator].questions if each.annotator in found else (None,)
        if question is None:
            assert (each.shared, each.percent.reason) == (0, ALONE)
        else:
            assert question.shared == each.shared
            assert question.same.value == pytest.approx(each.percent.value)


@settings(deadline=None, max_examples=60)
@given(said(), st.sampled_from(["nominal", "ordinal", "interval"]))
def test_alpha_is_the_oracles_for_each_beside_everybody_else(answers, level):
    found = with_others(judged(answers, Level(level)))
    given_ = [each for each in answers if each[2] is not None]
    for person, mine in found.items():
        units = [
            (float(own), float(theirs))
            for item, who, own in given_
            if who == person
            for other, whose, theirs in given_
            if other == item and whose != person
        ]
        (question,) = mine.questions
        if len({value for unit in units for value in unit}) < 2:
            assert (question.alpha.value, question.alpha.reason) == (None, ONE_ANSWER)
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = krippendorff.alpha(
                reliability_data=np.array(units).T, value_domain=[1, 2, 4, 9], level_of_measurement=level
            )
        assert question.alpha.value == pytest.approx(expected)


def test_a_tally_leaves_oneself_out():
    both = judged([(0, 1, "1"), (0, 2, "1"), (0, 3, "2"), (1, 1, "2")], left_out={3})
    found = tally(both, both.questions[0])
    assert found.same.tolist() == [1, 1, 0, 0]
    assert found.others.tolist() == [1, 1, 2, 0]


def test_nothing_is_said_of_drift_before_there_are_ten_of_each():
    assert drift_in(np.ones(19)) is None
    found = drift_in(np.ones(20))
    assert (found.of_earlier, found.of_later, found.is_clear) == (10, 10, False)
    assert [drift_in(np.ones(count)).of_later for count in (30, 40, 500)] == [15, 20, 20]


def test_a_fall_is_seen_and_a_rise_is_one():
    good, poor = np.array([1.0] * 54 + [0.0] * 6), np.array([1.0] * 6 + [0.0] * 14)
    fell = drift_in(np.concatenate([good, poor]))
    assert (fell.earlier, fell.later, fell.is_clear) == (0.9, 0.3, True)
    assert fell.change.low < -0.6 < fell.change.high < 0
    assert drift_in(np.concatenate([1 - good, 1 - poor])).change.low > 0


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("count", [20, 45, 300])
def test_whoever_stays_the_same_is_said_to_drift_once_in_a_hundred(share, count):
    random = np.random.default_rng(count)
    alarms = sum(drift_in((random.random(count) < share).astype(float)).is_clear for _ in range(2_000))
    assert alarms <= 40
