"""What a page shows of two texts beside each other must be what was measured."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.screening import explanation, rouge
from app.screening.explanation import explain, margin
from app.screening.tokenizers import ROUGE, TOKENIZERS, UNICODE

words = st.lists(st.sampled_from(["a", "b", "c", "d,", "é", "中", "“e”"]), max_size=12).map(" ".join)
each = pytest.mark.parametrize("tokenizer", TOKENIZERS, ids=lambda member: member.name)


def marked(segments):
    return [text for text, is_shared in segments if is_shared]


@each
@given(text=st.text() | words, other=st.text() | words)
def test_the_pieces_join_to_the_text(tokenizer, text, other):
    told = explain(text, other, tokenizer)

    assert "".join(piece for piece, _ in told.text) == text
    assert "".join(piece for piece, _ in told.other) == other
    assert all(piece for piece, _ in told.text + told.other)


@each
@given(words, words)
def test_marked_words_are_the_same_on_both_sides_and_as_many_as_are_shared(tokenizer, text, other):
    told = explain(text, other, tokenizer)
    mine, theirs = (
        [word for piece in marked(side) for word in tokenizer.tokens(piece)] for side in (told.text, told.other)
    )

    assert mine == theirs
    assert len(mine) == told.common == len(rouge.aligned(tokenizer.tokens(text), tokenizer.tokens(other)))


@given(words, words)
def test_the_figures_are_the_scores_and_change_places_with_the_texts(text, other):
    told, back = explain(text, other, UNICODE), explain(other, text, UNICODE)
    score = rouge.score(UNICODE.tokens(text), UNICODE.tokens(other))

    assert (told.precision, told.recall, told.f1) == (score.precision, score.recall, score.f1)
    assert (told.precision, told.recall, told.f1) == (back.recall, back.precision, back.f1)
    assert (told.words, told.other_words, told.common) == (back.other_words, back.words, back.common)


@given(st.lists(st.sampled_from("abcd"), max_size=12), st.lists(st.sampled_from("abcd"), max_size=12))
def test_no_alignment_of_the_same_length_has_more_neighbours(a, b):
    def neighbours(pairs):
        return sum((i + 1, j + 1) in pairs for i, j in pairs)

    chosen, any_one = explanation._align_for_reading(a, b), rouge.aligned(a, b)
    assert all(a[i] == b[j] for i, j in chosen)
    assert sorted(set(chosen)) == chosen
    assert len({i for i, _ in chosen}) == len({j for _, j in chosen}) == len(chosen) == len(any_one)
    assert neighbours(chosen) >= neighbours(any_one)


def test_unbroken_stretches_are_marked():
    told = explain("Write a poem about a cat", "Find a rhyme, then write a poem", UNICODE)
    assert marked(told.text) == ["Write a poem"]
    assert marked(told.other) == ["write a poem"]


def test_words_side_by_side_share_a_mark_but_no_words_between_them():
    told = explain("Name two, three. Rivers", "Name two, three lakes. Rivers", UNICODE)
    assert told.text == [("Name two, three. Rivers", True)]
    assert marked(told.other) == ["Name two, three", "Rivers"]
    assert marked(explain("cut 写一首诗 here", "cut here", ROUGE).text) == ["cut", "here"]


@pytest.mark.parametrize(
    ("text", "other", "shared"),
    [
        ("写一首关于海的诗", "写一首关于山的歌", ["写一首关于", "的"]),
        ("اكتب قصيدة عن البحر", "اكتب قصيدة عن الجبل", ["اكتب قصيدة عن"]),
        ("½ cup", "1 cup", ["½", "cup"]),
    ],
)
def test_marks_in_other_scripts(text, other, shared):
    assert marked(explain(text, other, UNICODE).text) == shared


def test_long_texts_are_marked_as_any_and_endless_ones_not_at_all():
    long = " ".join(str(number) for number in range(100))
    assert marked(explain(long, long, UNICODE).text) == [long]
    endless = "a " * 6_000
    told = explain(endless, endless, UNICODE)
    assert (told.f1, marked(told.text)) == (1.0, [])


@pytest.mark.parametrize(
    ("score", "limit", "said"),
    [
        (0.64, 0.7, "0.06 under the limit"),
        (0.82, 0.7, "0.12 over the limit"),
        (0.704, 0.7, "0.004 over the limit"),
        (0.69997, 0.7, "a hair under the limit"),
        (rouge.f1(7, 10, 10), 0.7, "exactly at the limit"),
        (rouge.f1(7, 9, 11), 0.7, "a hair over the limit"),
        (0.0, 0.7, "0.70 under the limit"),
        (1.0, 1.0, "exactly at the limit"),
    ],
)
def test_margin(score, limit, said):
    assert margin(score, limit) == said


def test_what_is_shared_is_said_in_everyday_words():
    told = explain("Name two long rivers of Spain", "Name two rivers in France", UNICODE, 0.7)
    assert told.sentence == "3 of its 6 words (50%) are among the other’s 5 (60%), in the same order."
    assert (told.margin, told.is_over) == ("0.15 under the limit", False)
    assert (
        explain("a", "a b", UNICODE).sentence
        == "1 of its 1 word (100%) is among the other’s 2 (50%), in the same order."
    )
    assert explain("a b", "A, b!", UNICODE).sentence == "Both have the same words in the same order."
    assert explain("a", "b", UNICODE).sentence == "They share no word."
    assert explain("a", "b", UNICODE).margin == ""
