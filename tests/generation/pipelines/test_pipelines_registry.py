"""Whatever is a pipeline is offered, and every prompt file is sent by one."""

import pkgutil
from pathlib import Path

import pytest

from app.errors import NotFound
from app.generation import pipelines, wording
from app.generation.pipelines import PIPELINES, pipeline_named
from app.llm.prompt import Completion

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


def test_every_prompt_file_is_sent(seeds, monkeypatch):
    sent = set()
    real = wording._TEMPLATES.get_template
    monkeypatch.setattr(wording._TEMPLATES, "get_template", lambda name: (sent.add(name), real(name))[1])
    for pipeline in PIPELINES:
        parameters = pipeline.Parameters()
        pipeline.ask(seeds[:3], parameters)
        for answer in ("Yes", "No"):
            answers = {}
            while question := pipeline.next_question("Name a fruit", answers, seeds, parameters):
                answers[question.purpose] = Completion(answer)
    assert sent == {path.name for path in PROMPTS.iterdir()}
