"""Every tokenizer keeps the contract, and none is forgotten."""

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.screening import tokenizers
from app.screening.filters.novelty import NoveltyThresholds
from app.screening.tokenizers import TOKENIZERS, tokenizer_named

each = pytest.mark.parametrize("member", TOKENIZERS, ids=lambda member: member.name)


def test_every_file_is_registered_once_with_the_default_first():
    files = {path.stem for path in Path(tokenizers.__file__).parent.glob("*.py")} - {"__init__"}

    assert [member.name for member in TOKENIZERS] == ["unicode", "rouge"]
    assert {member.name for member in TOKENIZERS} == files


def test_a_run_chooses_among_all_of_them():
    field = NoveltyThresholds.model_fields["tokenizer"]
    assert get_args(field.annotation) == tuple(member.name for member in TOKENIZERS)
    assert field.default == TOKENIZERS[0].name


@each
def test_it_is_named_after_its_file_and_explained(member):
    assert type(member).__module__ == f"app.screening.tokenizers.{member.name}"
    assert member.label
    assert member.description.endswith(".")
    assert tokenizer_named(member.name) is member


@each
@given(text=st.text())
def test_it_says_where_each_of_its_words_stands(member, text):
    assert len(member.spans(text)) == len(member.tokens(text))


@each
@given(text=st.text())
def test_words_are_never_empty(member, text):
    assert all(member.tokens(text))


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(InvalidInput, match=r"no tokenizer named “letters”\. There is unicode, rouge\."):
        tokenizer_named("letters")
