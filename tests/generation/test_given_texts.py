"""Outputs that a project has already, as texts to find instructions for."""

from app.generation.given_texts import SOURCES, given_texts
from app.generation.pipelines.back_generation import texts_in
from app.models.base import now
from app.models.candidates import Outcome
from tests.builders import add_candidate, add_project, add_seed_task

LONG = "Bees make honey, and it keeps for years and years."


def texts(session, project, source):
    return texts_in(given_texts(session, project.id, source))


def test_outputs_are_taken_once_in_their_order(session):
    project, other = add_project(session), add_project(session, name="Another")
    for output in (LONG, f"{LONG} So\n\nthey say.", LONG, "Yes."):
        add_candidate(session, project, output=output)
    add_candidate(session, project, output=f"{LONG} Not kept.", outcome=Outcome.REJECTED)
    add_candidate(session, other, output=f"{LONG} Elsewhere.")
    for output in (f"{LONG} Seed.", f"{LONG} Retired.", "No."):
        seed = add_seed_task(session, project, f"Say {output}")
        seed.instances[0].output = output
        seed.retired_at = now() if "Retired" in output else None
    session.flush()
    assert texts(session, project, "kept") == [LONG, f"{LONG} So\n\nthey say."]
    assert texts(session, project, "seeds") == [f"{LONG} Seed."]
    assert set(SOURCES) == {"kept", "seeds"}
    assert texts(session, project, "unheard of") == []
