"""Agreement against published tables, and against other people's programs on random matrices."""

import warnings

import krippendorff
import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

from app.statistics import agreement
from app.statistics.agreement import agreement_of, word_for
from app.statistics.intervals import wilson
from app.statistics.level import Level
from app.statistics.matrix import confusion_of, matrix_of
from app.statistics.measures import alpha, fleiss, is_even, kappas_with

# Krippendorff (2011), “Computing Krippendorff's alpha-reliability”, C: four observers, twelve units.
KRIPPENDORFF = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)
# Fourteen raters put ten subjects into five categories: how many chose each. The textbook example of Fleiss' kappa.
FLEISS = (
    (0, 0, 0, 0, 14),
    (0, 2, 6, 4, 2),
    (0, 0, 3, 5, 6),
    (0, 3, 9, 2, 0),
    (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0),
    (3, 2, 6, 3, 0),
    (2, 5, 3, 2, 2),
    (6, 5, 2, 1, 0),
    (0, 2, 2, 3, 7),
)


def by_annotator(lists):
    """The matrix of one list of answers for each annotator, None where there is none."""
    return matrix_of(
        (item, annotator, answer)
        for annotator, answers in enumerate(lists)
        for item, answer in enumerate(answers)
        if answer is not None
    )


def by_item(lists):
    return matrix_of(
        (item, annotator, answer) for item, row in enumerate(lists) for annotator, answer in enumerate(row)
    )


def measured(matrix, level=Level.NOMINAL, rounds=1):
    return agreement_of(matrix, level, rounds=rounds)


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_of_krippendorffs_reliability_data(level, published):
    found = measured(by_annotator(KRIPPENDORFF), Level(level), rounds=500).alpha
    assert round(found.value, 3) == published
    assert found.interval.holds(found.value)


def test_kappa_of_the_fourteen_raters():
    matrix = by_item([[place for place, count in enumerate(row) for _ in range(count)] for row in FLEISS])
    found = measured(matrix, rounds=500)
    assert round(found.fleiss.value, 3) == 0.210
    assert found.fleiss.interval.holds(0.210)
    assert found.percent.value == pytest.approx(0.378, abs=0.0005)


def test_kappa_of_two_clinicians():
    # The textbook table of fifty grant proposals: 20 times both yes, 15 both no, 5 and 10 times apart.
    answers = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    found = measured(by_item(answers), rounds=500)
    assert found.cohen.value == pytest.approx(0.4)
    assert found.percent.value == 0.7
    (pair,) = found.pairs
    assert (pair.one, pair.other, pair.shared, pair.kappa) == (0, 1, 50, found.cohen)
    assert confusion_of(by_item(answers), 0, 1).tolist() == [[15, 10], [5, 20]]


def random_matrices(count, seed):
    """Matrices of 2 to 12 items, 2 to 6 annotators and 1 to 5 values, with few or many cells missing."""
    random = np.random.default_rng(seed)
    for _ in range(count):
        items, annotators = random.integers(2, 13), random.integers(2, 7)
        scale = np.sort(random.choice(np.arange(-3, 9), random.integers(1, 6), replace=False))
        truth = random.choice(scale, items)[:, None]
        answers = np.where(random.random((items, annotators)) < 0.6, truth, random.choice(scale, (items, annotators)))
        missing = random.random((items, annotators)) < random.choice([0, 0, 0.2, 0.6])
        yield [
            [None if gone else int(answer) for answer, gone in zip(*row, strict=True)]
            for row in zip(answers, missing, strict=True)
        ]


def from_rows(rows):
    return matrix_of(
        (item, annotator, answer)
        for item, row in enumerate(rows)
        for annotator, answer in enumerate(row)
        if answer is not None
    )


def alpha_by_oracle(rows, level):
    data = np.array([[np.nan if answer is None else answer for answer in row] for row in rows], float).T
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = krippendorff.alpha(reliability_data=data, level_of_measurement=level)
    except (ValueError, AssertionError):
        return None
    return None if np.isnan(found) else found


def fleiss_by_oracle(rows):
    """Kappa over the items that two answered; None where these have different numbers of answers."""
    answered = [[answer for answer in row if answer is not None] for row in rows]
    shared = [row for row in answered if len(row) > 1]
    if len({len(row) for row in shared}) != 1:
        return None
    with np.errstate(all="ignore"):
        found = fleiss_kappa(aggregate_raters(np.array(shared))[0])
    return None if np.isnan(found) else found


def value_of(measure):
    (value,) = measure.value()
    return None if np.isnan(value) else value


def same(ours, theirs):
    return (ours is None and theirs is None) or (theirs is not None and ours == pytest.approx(theirs, abs=1e-9))


def test_alpha_is_krippendorffs_on_a_thousand_matrices():
    undefined = 0
    for rows in random_matrices(1000, seed=1):
        matrix = from_rows(rows)
        for level in Level:
            ours = value_of(alpha(matrix, level))
            assert same(ours, alpha_by_oracle(rows, level.value)), (level, rows)
            undefined += ours is None
    assert undefined > 50


def test_fleiss_kappa_is_that_of_statsmodels_on_a_thousand_matrices():
    defined = 0
    for rows in random_matrices(1000, seed=3):
        matrix = from_rows(rows)
        ours = value_of(fleiss(matrix)) if is_even(matrix) else None
        assert same(ours, fleiss_by_oracle(rows)), rows
        defined += ours is not None
    assert defined > 300


def kappa_by_oracle(one, other, weights, labels):
    both = [pair for pair in zip(one, other, strict=True) if None not in pair]
    if not both:
        return None
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = cohen_kappa_score(*zip(*both, strict=True), labels=labels, weights=weights)
    return None if np.isnan(found) else found


def test_kappas_of_pairs_are_cohens_on_a_thousand_matrices():
    for number, rows in enumerate(random_matrices(1000, seed=2)):
        matrix = from_rows(rows)
        level, weights = ((Level.NOMINAL, None), (Level.ORDINAL, "quadratic"))[number % 2]
        if len(matrix.annotators) < 2:
            continue
        one, other, *_ = matrix.annotators
        first, second = ([row[name] for row in rows] for name in (one, other))
        ours = value_of(kappas_with(matrix, level, 0, [1]))
        assert same(ours, kappa_by_oracle(first, second, weights, list(matrix.values))), (level, rows)


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (-0.01, "poor"),
        (-0.004, "slight"),
        (0.0, "slight"),
        (0.204, "slight"),
        (0.21, "fair"),
        (0.5, "moderate"),
        (0.8, "substantial"),
        (0.806, "almost perfect"),
        (1.0, "almost perfect"),
    ],
)
def test_a_value_has_the_word_of_the_number_that_is_shown(value, word):
    assert word_for(value) == word


def test_undefined_agreement_is_said_in_a_sentence():
    alone, same = by_item([["a"], ["b"]]), by_item([["a", "a"], ["a", "a"]])
    for matrix, reason in ((alone, agreement.NO_OVERLAP), (same, agreement.ONE_ANSWER)):
        found = agreement_of(matrix)
        for figure in (found.cohen, found.fleiss, found.alpha):
            assert (figure.value, figure.interval, figure.reason) == (None, None, reason)
    found = agreement_of(by_item([["a", "a"], ["a", "b", "c"]]))
    assert (found.fleiss.value, found.fleiss.reason) == (None, agreement.UNEVEN)


def test_an_empty_study_is_undefined_too():
    found = agreement_of(matrix_of([]))
    assert {each.reason for each in (found.percent, found.cohen, found.fleiss, found.alpha)} == {agreement.NO_OVERLAP}
    assert (found.pairs, found.each) == ((), ())


def test_perfect_agreement_is_known_only_as_well_as_its_items():
    found = agreement_of(by_item([["a", "a"], ["b", "b"]] * 10))
    assert (found.percent.value, found.percent.interval) == (1, wilson(20, 20))
    assert (found.alpha.value, found.alpha.interval) == (1, None)
    assert "no interval" in found.alpha.reason


def test_each_annotator_stands_against_the_others():
    # Cem disagrees with everybody everywhere, and answers one item alone.
    rows = [["a", "a", "b"], ["b", "b", "a"], ["a", "a", "b"], ["b", "a", None], [None, None, "a"]]
    ada, ben, cem = agreement_of(from_rows(rows)).each
    assert (ada.answers, ada.shared, cem.answers, cem.shared) == (4, 4, 4, 3)
    assert (ada.percent.value, ben.percent.value, cem.percent.value) == (3 / 7, 3 / 7, 0)
    assert cem.percent.interval == wilson(0, 3)
    assert cem.kappa.value < 0


def test_somebody_whom_nobody_shares_an_item_with_has_no_agreement():
    ada, ben, cem = agreement_of(from_rows([["a", "a", None], ["b", "a", None], [None, None, "a"]])).each
    assert ada.percent.value == ben.percent.value == 0.5
    assert (cem.percent.reason, cem.kappa.reason) == (agreement.ALONE, agreement.ALONE)


def test_many_different_answers_are_no_categories():
    matrix = by_item([[place, place + 1] for place in range(200)])
    names, numbers = agreement_of(matrix), agreement_of(matrix, Level.INTERVAL)
    assert {each.reason for each in (names.cohen, names.fleiss, names.alpha)} == {agreement.TOO_MANY_VALUES}
    assert names.percent.value == 0
    assert numbers.alpha.value > 0.99
    assert numbers.cohen.interval.low > 0.99
    assert numbers.fleiss.reason == agreement.TOO_MANY_VALUES


def test_a_crowd_is_measured_without_drawing_all_its_pairs():
    random = np.random.default_rng(4)
    rows = [(item, who, int(random.integers(2))) for item in range(300) for who in random.choice(150, 3, replace=False)]
    found = agreement_of(matrix_of(rows), rounds=100)
    assert len(found.pairs) > 500
    assert abs(found.cohen.value) < 0.2
    assert (found.cohen.interval, found.cohen.reason) == (None, agreement.TOO_MANY_PAIRS)
    assert found.alpha.interval.holds(0)


def test_numbers_at_the_interval_level_weigh_by_their_distance():
    # Squared weights make kappa the concordance of the numbers: twice their covariance over both variances and the
    # squared difference of their means (Lin, 1989).
    one, other = [1.0, 2.5, 4.0, 4.0, 7.5], [1.5, 2.5, 3.0, 6.0, 7.0]
    found = agreement_of(by_annotator([one, other]), Level.INTERVAL).cohen.value
    lin = 2 * np.cov(one, other, ddof=0)[0, 1] / (np.var(one) + np.var(other) + (np.mean(one) - np.mean(other)) ** 2)
    assert found == pytest.approx(lin)
