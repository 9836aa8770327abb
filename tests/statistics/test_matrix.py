"""The matrix of answers, and what has to hold of every measure of it."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.statistics.level import Level
from app.statistics.matrix import MISSING, Matrix, confusion_of, matrix_of
from app.statistics.measures import alpha, fleiss, is_even, kappas_with, percent, percent_of_each

answers = st.dictionaries(
    st.tuples(st.integers(0, 9), st.sampled_from(["Ada", "Ben", "Cem", "Dia"])), st.integers(-5, 5), min_size=1
)
levels = st.sampled_from(list(Level))


def matrix_from(found, **more):
    return matrix_of(((item, annotator, answer) for (item, annotator), answer in found.items()), **more)


def figures_of(matrix, level):
    """Every figure about the matrix as a whole, and the mean of the kappas of pairs."""
    people = range(len(matrix.annotators))
    kappas = [kappas_with(matrix, level, one, [other]).value()[0] for one, other in combinations(people, 2)]
    whole = [percent(matrix), alpha(matrix, level), *([fleiss(matrix)] if is_even(matrix) else [])]
    return np.array([*(measure.value()[0] for measure in whole), np.sort(kappas).sum()])


@settings(deadline=None)
@given(answers, levels, st.randoms(use_true_random=False))
def test_the_order_and_the_names_of_items_and_annotators_do_not_matter(found, level, random):
    rows, items, people = list(found.items()), list(range(10)), ["Ada", "Ben", "Cem", "Dia"]
    for each in (rows, items, people):
        random.shuffle(each)
    renamed = {(items[item], people[ord(who[0]) - ord("A")]): answer for (item, who), answer in rows}
    assert figures_of(matrix_from(renamed), level) == pytest.approx(figures_of(matrix_from(found), level), nan_ok=True)


@settings(deadline=None)
@given(answers, st.permutations(range(-5, 6)))
def test_names_of_answers_do_not_matter_at_the_nominal_level(found, names):
    renamed = {cell: names[answer] for cell, answer in found.items()}
    assert figures_of(matrix_from(renamed), Level.NOMINAL) == pytest.approx(
        figures_of(matrix_from(found), Level.NOMINAL), nan_ok=True
    )


@settings(deadline=None)
@given(answers)
def test_only_the_order_of_answers_matters_at_the_ordinal_level(found):
    stretched = {cell: answer**3 for cell, answer in found.items()}
    turned = {cell: -answer for cell, answer in found.items()}
    expected = pytest.approx(figures_of(matrix_from(found), Level.ORDINAL), nan_ok=True)
    assert figures_of(matrix_from(stretched), Level.ORDINAL) == expected
    assert figures_of(matrix_from(turned), Level.ORDINAL) == expected


@settings(deadline=None)
@given(answers, st.sampled_from([-1e200, -3, 1e-200, 0.125, 1e200]), st.integers(-1000, 1000))
def test_unit_and_zero_do_not_matter_at_the_interval_level(found, unit, zero):
    measured = {cell: (answer + zero) * unit for cell, answer in found.items()}
    assert figures_of(matrix_from(measured), Level.INTERVAL) == pytest.approx(
        figures_of(matrix_from(found), Level.INTERVAL), nan_ok=True
    )


@settings(deadline=None)
@given(answers, levels)
def test_no_agreement_is_above_one_and_no_share_below_zero(found, level):
    matrix = matrix_from(found)
    defined = [each for each in figures_of(matrix, level)[:-1] if not np.isnan(each)]
    assert all(each <= 1 for each in defined)
    shares = [*percent(matrix).value(), *percent_of_each(matrix).value()]
    assert all(0 <= share <= 1 for share in shares if not np.isnan(share))


@settings(deadline=None)
@given(answers)
def test_shares_count_pairs_of_answers_to_the_same_item(found):
    matrix = matrix_from(found)
    pairs = [
        (one[1], other[1], found[one] == found[other])
        for one, other in combinations(sorted(found), 2)
        if one[0] == other[0]
    ]
    overall = np.mean([same for *_, same in pairs]) if pairs else np.nan
    assert percent(matrix).value()[0] == pytest.approx(overall, nan_ok=True)
    for annotator, share in zip(matrix.annotators, percent_of_each(matrix).value(), strict=True):
        theirs = [same for *who, same in pairs if annotator in who]
        assert share == pytest.approx(np.mean(theirs) if theirs else np.nan, nan_ok=True)


@settings(deadline=None)
@given(answers)
def test_a_confusion_counts_every_shared_item_once(found):
    matrix = matrix_from(found)
    for one, other in combinations(range(len(matrix.annotators)), 2):
        table = confusion_of(matrix, one, other)
        assert table.sum() == (matrix.given[:, one] & matrix.given[:, other]).sum()
        assert (table == confusion_of(matrix, other, one).T).all()


@settings(deadline=None)
@given(answers, levels)
def test_a_scale_with_answers_that_nobody_gave_changes_neither_alpha_nor_fleiss(found, level):
    matrix, scaled = matrix_from(found), matrix_from(found, scale=range(-9, 10))
    assert scaled.values == tuple(range(-9, 10))
    for measure in (lambda each: alpha(each, level), fleiss):
        assert measure(scaled).value() == pytest.approx(measure(matrix).value(), nan_ok=True)


def test_cells_without_an_answer_are_missing():
    matrix = matrix_of([("b", 2, "yes"), ("a", 1, "no")])
    assert (matrix.items, matrix.annotators, matrix.values) == (("a", "b"), (1, 2), ("no", "yes"))
    assert matrix.codes.tolist() == [[0, MISSING], [MISSING, 1]]
    assert isinstance(matrix, Matrix)


@pytest.mark.parametrize(
    ("rows", "scale", "sentence"),
    [
        ([("a", 1, "no"), ("a", 1, "no")], None, "1 answered twice about a"),
        ([("a", 1, "maybe")], ["no", "yes"], "not on the scale: {'maybe'}"),
    ],
)
def test_a_matrix_that_can_not_be_is_refused(rows, scale, sentence):
    with pytest.raises(ValueError, match=sentence):
        matrix_of(rows, scale)


def test_words_have_no_distance():
    with pytest.raises(ValueError, match="good"):
        matrix_of([("a", 1, "good")]).positions(Level.INTERVAL)
