"""A rubric as JSON: what is written is read again, and what is wrong is named."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.rating.rubric_files import dump_rubric, parse_rubric, read_rubric, read_stored_rubric
from app.rating.rubrics import RUBRICS, quality_study
from app.rating.scale import RESERVED_KEYS, Kind, Level


def content(*questions, **more):
    return {"label": "Own", "questions": list(questions)} | more


def question(name="fine", answers=("yes", "no"), **more):
    scale = {"choices": [{"value": each} for each in answers]} | more.pop("scale", {})
    return {"name": name, "label": "Is it fine?", "scale": scale} | more


def read(given):
    return read_rubric(given, name="own", version=3)


@pytest.mark.parametrize("rubric", RUBRICS, ids=lambda rubric: rubric.name)
def test_what_is_written_is_read_again(rubric):
    text = orjson.dumps(dump_rubric(rubric)).decode()
    assert parse_rubric(text, name=rubric.name, version=rubric.version) == rubric


def test_keys_are_given_out_row_by_row():
    rubric = read(content(*(question(f"q{number}") for number in range(8))))
    keys = [[choice.key for choice in each.choices] for each in rubric.questions]
    assert keys[:3] == [["1", "2"], ["q", "w"], ["a", "s"]]
    flat = [key for each in keys for key in each]
    assert len(set(flat)) == len(flat)
    assert not set(flat) & RESERVED_KEYS


def test_a_key_that_an_answer_claims_is_given_to_no_other():
    claims = {"name": "b", "label": "B?", "scale": {"choices": [{"value": "x", "key": "1"}, {"value": "y"}]}}
    rubric = read(content(question("a"), claims))
    assert [choice.key for each in rubric.questions for choice in each.choices] == ["2", "3", "1", "q"]


def test_the_level_of_a_scale_follows_its_kind():
    kinds = {"levels": Level.ORDINAL, "numbers": Level.INTERVAL, "choices": Level.NOMINAL}
    for kind, level in kinds.items():
        rubric = read(content(question(answers=("1", "2"), scale={"kind": kind})))
        assert rubric.questions[0].scale.kind is Kind(kind)
        assert rubric.questions[0].level is level


def test_only_numbers_have_differences():
    numbers = read(content(question(answers=("-1", "0.5", "2"), scale={"level": "interval"})))
    assert numbers.questions[0].level is Level.INTERVAL
    for words in (("yes", "no"), ("1", "nan"), ("1", "1e999"), ("1", "2 or so")):
        with pytest.raises(InvalidInput, match="must be numbers"):
            read(content(question(answers=words, scale={"level": "interval"})))


def test_words_that_were_stored_as_an_interval_are_taken_for_an_order():
    given = content(question(scale={"level": "interval"}))
    stored = read_stored_rubric(given, name="own", version=3)
    assert stored.questions[0].level is Level.ORDINAL
    assert read(dump_rubric(stored)).questions[0].level is Level.ORDINAL


NEVER = {"shown_if": {"question": "fine", "is": ["maybe"]}}
LATER = {"shown_if": {"question": "second", "is": ["yes"]}}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "The rubric must be a JSON object."),
        (content(), "A rubric has 1 to 12 questions; this one has 0."),
        (content(question(), label=""), "The rubric: “label” is empty."),
        (content(question(), label=7), "The rubric: “label” must be a text."),
        (content(question(label="")), "Question 1: “label” is empty."),
        (content(question("Fine?")), "Question 1 is named “Fine?”. Use small letters"),
        (content(question("action")), "the name “action” is taken by the rating page"),
        (content(question(), question()), "Two questions are named “fine”."),
        (content(question(answers=("yes",))), "The scale of question 1 needs 2 to 10 answers; it has 1."),
        (content(question(answers=("yes", "yes"))), "has the same answer twice"),
        (content(question(scale={"kind": "stars"})), "“stars” is none of choices, levels"),
        (content(question(scale={"kind": "numbers"})), "takes whole numbers only"),
        (content(question(scale={"kind": "pairwise"})), "its own answers are left, right"),
        (content(question(scale={"kind": "ranking"})), "its answers are A, B and so on"),
        (content(question(valid=["maybe"])), "“maybe” should count as fine but is none of its answers"),
        (content(question(about="title")), "not “title”"),
        (content(question(), question("second", **NEVER)), "Question 2 is never shown"),
        (content(question("first", **LATER), question("second")), "which is no earlier question"),
        (
            content(question(scale={"choices": [{"value": "a", "key": "x"}, {"value": "b"}]})),
            "the key X does something",
        ),
        (
            content(question(scale={"choices": [{"value": "a", "key": "1"}, {"value": "b", "key": "1"}]})),
            "The key 1 gives two answers: “a” and “b”.",
        ),
        (content(question(), tags="x"), "“tags” must be a list"),
    ],
)
def test_what_is_wrong_is_named(given, sentence):
    with pytest.raises(InvalidInput) as refused:
        read(given)
    assert sentence in refused.value.sentence


def test_a_text_that_is_no_json_says_where():
    with pytest.raises(InvalidInput, match="line 2"):
        parse_rubric('{"label":\n oops}', name="own", version=1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "label",
                    "questions",
                    "name",
                    "scale",
                    "kind",
                    "choices",
                    "value",
                    "key",
                    "valid",
                    "shown_if",
                    "is",
                    "tags",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_anything_is_read_or_refused_with_a_sentence(anything):
    for given_ in (anything, dump_rubric(quality_study) | {"questions": [anything]}):
        try:
            rubric = read(given_)
        except InvalidInput as refused:
            assert refused.sentence
        else:
            assert read(dump_rubric(rubric)) == rubric
