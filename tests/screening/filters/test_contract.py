"""Every filter keeps the contract, and none is forgotten."""

import json
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from app.errors import InvalidInput
from app.screening import filters
from app.screening.filters import FILTERS, filter_named
from tests.screening.filters.drafts import GOOD, OBJECTIONABLE, POOL, pool_of

each = pytest.mark.parametrize("member", FILTERS, ids=lambda member: member.name)


def test_every_file_is_registered_once_in_the_order_asked():
    files = {path.stem for path in Path(filters.__file__).parent.glob("*.py")} - {"__init__"}

    order = ["format", "length", "wording", "novelty", "instances", "repetition"]
    assert [member.name for member in FILTERS] == order
    assert {type(member).__module__.rpartition(".")[2] for member in FILTERS} == files
    assert len(FILTERS) == len(files)


@each
def test_it_is_named_after_its_file_and_explained(member):
    module = import_module(f"app.screening.filters.{member.name}")

    assert type(member).__module__ == module.__name__
    assert module.__doc__
    assert member.label
    assert member.description.endswith(".")
    assert set(member.subjects) <= {"instruction", "instance"}
    assert member.subjects
    assert filter_named(member.name) is member


@each
def test_its_thresholds_have_defaults_titles_and_descriptions(member):
    assert issubclass(member.Thresholds, BaseModel)
    for threshold in member.Thresholds.model_fields.values():
        assert threshold.title
        assert threshold.description
    assert member.Thresholds.model_validate(member.Thresholds().model_dump(mode="json")) == member.Thresholds()


@each
def test_its_thresholds_are_frozen_and_closed(member):
    with pytest.raises(ValidationError):
        member.Thresholds.model_validate({"surely_no_threshold": 1})
    assert member.Thresholds.model_config["frozen"]


@each
def test_it_can_object_with_a_sentence_and_evidence_ready_for_json(member):
    objection = member.object_to(OBJECTIONABLE[member.name], member.Thresholds(), POOL)

    assert objection is not None
    assert objection.sentence[0].isupper()
    assert json.loads(json.dumps(objection.evidence)) == objection.evidence


@each
def test_it_lets_a_good_draft_through(member):
    assert member.object_to(GOOD, member.Thresholds(), pool_of("Sort these numbers.")) is None


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(InvalidInput, match=r"no filter named “taste”.*format, length") as refused:
        filter_named("taste")
    assert refused.value.field == "taste"
