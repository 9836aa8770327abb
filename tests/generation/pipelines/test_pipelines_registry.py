"""Whatever is a pipeline is offered, and every prompt file is sent by one."""

import pkgutil
from pathlib import Path

import pytest

from app.errors import NotFound
from app.examples import Example
from app.generation import pipelines, wording
from app.generation.blanks import check, names_in
from app.generation.pipelines import PIPELINES, pipeline_named
from app.generation.preview import example_prompt
from app.generation.sheet import LIST
from app.generation.wording import SHIPPED, Wording, shipped_text

PROMPTS = Path(wording.__file__).with_name("prompts")


def test_every_module_is_in_the_tuple():
    modules = {module.name for module in pkgutil.iter_modules(pipelines.__path__)}
    assert modules == {pipeline.name for pipeline in PIPELINES}
    assert len(modules) == len(PIPELINES)


def test_a_pipeline_is_found_by_its_name():
    for pipeline in PIPELINES:
        assert pipeline_named(pipeline.name) is pipeline


def test_an_unknown_name_is_not_found():
    with pytest.raises(NotFound, match=r"no pipeline named “unheard_of”.*self_instruct, alpaca"):
        pipeline_named("unheard_of")


@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda pipeline: pipeline.name)
def test_words_for_people_are_there(pipeline):
    assert all((pipeline.label, pipeline.description, pipeline.source, pipeline.purpose))
    for field in pipeline.Parameters.model_fields.values():
        assert field.title
        assert field.description
        assert field.description.endswith(".")
        assert not field.is_required()


@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda pipeline: pipeline.name)
def test_prompts_are_explained(pipeline):
    for sheet in pipeline.prompts:
        assert sheet.title
        assert sheet.purpose.endswith(".")
        assert LIST in sheet.names
        assert all(each.meaning.endswith(".") and each.example for each in sheet.placeholders)
        check(shipped_text(sheet.name), sheet.names)
        assert names_in(shipped_text(sheet.name), sheet.names) == sheet.names, "the shipped words show them all"


@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda pipeline: pipeline.name)
def test_a_pipeline_that_asks_on_has_a_question_about_whatever_is_accepted(pipeline):
    first = pipeline.next_question(Example("Name three rivers."), {}, (), pipeline.Parameters(), SHIPPED)
    assert pipeline.asks_on is (first is not None)


def test_every_prompt_file_belongs_to_one_sheet():
    names = [sheet.name for pipeline in PIPELINES for sheet in pipeline.prompts]
    assert len(set(names)) == len(names)
    assert {path.stem for path in PROMPTS.glob("*.jinja")} == set(names)
    assert {path.stem for path in (PROMPTS / "layouts").iterdir()} == {*names, "steering"}


@pytest.mark.parametrize(
    ("pipeline", "sheet"), [(pipeline, sheet) for pipeline in PIPELINES for sheet in pipeline.prompts]
)
def test_every_prompt_is_sent_when_its_sheet_says(pipeline, sheet, seeds):
    told = Wording({sheet.name: "These very words"})
    assert example_prompt(pipeline, sheet, seeds * 3, told).startswith("These very words")
    assert not example_prompt(pipeline, sheet, seeds * 3, SHIPPED).startswith("These very words")
