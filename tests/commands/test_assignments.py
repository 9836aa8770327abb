"""Settings as they are typed at the command line, and what is said of those that don't fit."""

import json

import pytest

from app.commands.assignments import read_parameters, read_thresholds, told_settings
from app.errors import AppError, InvalidInput
from app.generation.pipelines import PIPELINES, pipeline_named
from app.generation.runs import parse_parameters
from app.screening.filters import FILTERS
from app.screening.screen import default_thresholds, parse_thresholds

TRANSLATE = pipeline_named("translate")


def test_parameters_are_read():
    assert read_parameters(TRANSLATE, ["into=French", "temperature=0.5", "temperature=1"]) == {
        "into": "French",
        "temperature": "1",
    }
    assert read_parameters(pipeline_named("self_instruct"), ["topic=rivers = water"]) == {"topic": "rivers = water"}


def test_texts_are_read_from_a_file(tmp_path):
    file = tmp_path / "texts"
    file.write_text("\ufeffThe tide comes in.\n\nThe moon pulls.", "utf-8")
    read = read_parameters(pipeline_named("back_generation"), [f"texts=@{file}", "topic=@home"])
    assert read == {"topic": "@home", "texts": "The tide comes in.\n\nThe moon pulls."}
    file.write_bytes(b"\xff")
    with pytest.raises(AppError, match=r"is not UTF-8\. Save the file as UTF-8\."):
        read_parameters(pipeline_named("back_generation"), [f"texts=@{file}"])


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("into", r"--set into: type it as name=value\."),
        ("tempo=1", r"--set tempo: Translation has no such parameter\. It has: .*into, temperature, .*"),
        ("temperature=9", r"--set temperature takes a number from 0 to 2, not “9”\. .*"),
        ("max_tokens=1.5", r"--set max_tokens takes a whole number from 1 to 100000, not “1\.5”\. .*"),
        ("answer_top_p=0", r"--set answer_top_p takes a number above 0 to 1, not “0”\. .*"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named_with_what_it_takes(typed, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        read_parameters(TRANSLATE, ["into=French", typed])


def test_thresholds_are_the_usual_ones_but_for_what_is_said():
    assert read_thresholds([], []) == default_thresholds()
    read = read_thresholds(
        ["length.min_words=200", "length.max_words=300", "wording.words=map, go to,", "wording.ascii_start=yes"],
        ["novelty"],
    )
    assert list(read) == [each.name for each in FILTERS if each.name != "novelty"]
    parsed = parse_thresholds(read)
    assert (parsed["length"].min_words, parsed["length"].max_words) == (200, 300)
    assert (parsed["wording"].words, parsed["wording"].ascii_start) == (("map", "go to"), True)
    assert parsed["repetition"].times == 10


@pytest.mark.parametrize(
    ("typed", "without", "sentence"),
    [
        (["length"], [], r"--threshold length: type it as name=value\."),
        (
            ["length.min=3"],
            [],
            r"--threshold length\.min: there is no such threshold\. There is: length\.min_words, .*",
        ),
        (["taste.min=3"], [], r"There is no filter named “taste”\. The filters are format, .*"),
        ([], ["taste"], r"There is no filter named “taste”\. .*"),
        ([], ["format"], r"--without format: this filter is always asked\."),
        (
            ["wording.words=a"],
            ["wording"],
            r"--threshold wording\.words: the filter wording is left out by --without\.",
        ),
        (
            ["length.min_words=x"],
            [],
            r"--threshold length\.min_words takes a whole number from 1 to 10000, not “x”\. .*",
        ),
        (["novelty.tokenizer=x"], [], r"--threshold novelty\.tokenizer takes one of unicode, rouge, not “x”\. .*"),
        (["wording.ascii_start=x"], [], r"--threshold wording\.ascii_start takes yes or no, not “x”\. .*"),
        (["length.min_words=200"], [], r"--threshold: Too short or long: The fewest words must not be more .*"),
    ],
)
def test_a_threshold_that_does_not_fit_is_named_with_what_it_takes(typed, without, sentence):
    with pytest.raises(InvalidInput) as refused:
        read_thresholds(typed, without)
    assert refused.match(sentence)


@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda each: each.name)
def test_everything_that_is_listed_can_be_typed_as_it_is_listed(pipeline):
    lines = [line.split() for line in told_settings(pipeline) if line.startswith("  ")]
    names = {line[0] for line in lines}
    assert names == {*pipeline.Parameters.model_fields} | {
        f"{each.name}.{field}" for each in FILTERS for field in each.Thresholds.model_fields
    }
    usual = pipeline.Parameters().model_dump(mode="json")
    typed = [f"{name}={','.join(value) if isinstance(value, list) else value}" for name, value in usual.items()]
    assert parse_parameters(pipeline, read_parameters(pipeline, typed)) == pipeline.Parameters()
    json.dumps(read_parameters(pipeline, typed))
