"""A forest may name members that are unlike, never leave out one that is alike."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.screening import forest
from app.screening.forest import Forest, rarest_first
from app.screening.rouge import score

texts = st.text(st.sampled_from("abcdefgh"), max_size=16)


@pytest.fixture(params=[0, 1, 100], ids=["split always", "split early", "split as usual"])
def worth(request, monkeypatch):
    monkeypatch.setattr(forest, "_WORTH", request.param)


def planted(members, threshold):
    grown = Forest(threshold, members)
    for slot in range(len(members)):
        grown.add(slot)
    return grown


def alike(members, probe, threshold):
    return {slot for slot, member in enumerate(members) if score(probe, member).f1 >= threshold - 1e-12}


@pytest.mark.usefixtures("worth")
class TestWhateverIsAlikeIsNamed:
    @given(
        st.lists(texts, max_size=30), texts, st.sampled_from([0.3, 0.5, 0.7, 0.9, 1.0]), st.sampled_from([0, 0.05, 0.3])
    )
    def test_of_any_texts(self, members, probe, threshold, stricter):
        named = planted(members, threshold).candidates(probe, min(threshold + stricter, 1.0))

        assert alike(members, probe, min(threshold + stricter, 1.0)) <= set(named.tolist())

    @pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7])
    def test_among_many_texts_of_few_words(self, threshold):
        rng = Random(threshold)  # noqa: S311 # a draw that can be repeated
        members = ["".join(rng.choices("abcdefghijkl", k=rng.randint(1, 12))) for _ in range(600)]
        grown = planted(members, threshold)

        for probe in members[::20]:
            assert alike(members, probe, threshold) <= set(grown.candidates(probe, threshold).tolist())

    def test_after_members_were_taken_out_and_others_put_in(self):
        members = ["abcd", "abce"] * 20
        grown = planted(members, 0.7)
        members[::2] = [""] * 20
        for _ in range(40):
            members.append("abcd")
            grown.add(len(members) - 1)

        named = set(grown.candidates("abcd", 0.7).tolist())

        assert alike(members, "abcd", 0.7) <= named


def test_few_others_are_named():
    rng = Random(7)  # noqa: S311 # a draw that can be repeated
    words = [chr(code) for code in range(0x100, 0x2100)]
    members = ["".join(rng.choices(words, k=10)) for _ in range(5000)]
    grown = planted(members, 0.7)

    named = [len(grown.candidates(members[slot], 0.7)) for slot in range(100)]

    assert sum(named) / 100 < 30


def test_a_word_shared_by_thousands_is_split_by_the_next():
    """All begin alike: only the words that follow tell them apart."""
    rng = Random(7)  # noqa: S311 # a draw that can be repeated
    words = [chr(code) for code in range(0x100, 0x500)]
    members = ["yz" + "".join(rng.choices(words, k=3)) for _ in range(20_000)]
    grown = planted(members, 0.7)

    named = [len(grown.candidates(members[slot], 0.7)) for slot in range(100)]

    assert sum(named) / 100 < 2000


@given(texts)
def test_words_come_rarest_first_and_a_second_time_is_a_word_of_its_own(letters):
    words = rarest_first(letters)

    assert len(set(words)) == len(words) == len(letters)
    assert [word[0] for word in words] == sorted(letters, reverse=True)
    assert Counter(word[0] for word in words) == Counter(letters)
    assert all(words.index(word[:-1]) < words.index(word) for word in words if len(word) > 1)


def test_an_empty_text_is_filed_nowhere_and_finds_nothing():
    assert planted(["", "a"], 0.7).candidates("", 0.7).tolist() == []
