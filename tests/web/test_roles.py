"""What docs/security.md says of each role is what the access table says."""

from pathlib import Path

from app.models.people import Role
from app.web.access import ACCESS
from tests.web.routes import SAFE, UNSAFE

PAGE = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
# What the first word of a route's name is about, for people. In the order of the table.
AREAS = {
    "projects": "the project and its settings",
    "seeds": "seed tasks",
    "models": "models",
    "prompts": "prompts",
    "runs": "runs",
    "reread": "reading answers again",
    "calls": "calls to models",
    "imports": "imports",
    "jobs": "work in the background",
    "similarity": "near-duplicates",
    "candidates": "examples",
    "rate": "rating outside of studies",
    "rubrics": "questions for raters",
    "studies": "studies, and rating in them",
    "comparisons": "comparisons of models",
    "releases": "releases",
    "people": "people and invitations",
    "own": "their own part",
}
OF_NO_PROJECT = {"health", "static", "sign_in", "join", "sign_out", "home", "account", "instance"}


def does(area, role):
    """What a role does with what an area is about."""
    changing = {each.name for each in UNSAFE if is_of(each.name, area)}
    sees = any(may(each.name, role) for each in SAFE if is_of(each.name, area))
    changes = {name for name in changing if may(name, role)}
    how = "changes" if changes == changing else "changes some" if changes else ""
    return ", ".join(filter(None, ["sees" * sees, how if changes else ""]))


def is_of(name, area):
    return name.partition(".")[0] == area and ACCESS[name].roles


def may(name, role):
    return ACCESS[name].admits(role)


def test_roles_documented():
    rows = (f"| {words} | {' | '.join(does(area, role) for role in Role)} |" for area, words in AREAS.items())
    drawn = "\n".join(["| | viewer | annotator | curator | owner |", "| --- | --- | --- | --- | --- |", *rows])
    assert f"\n\n{drawn}\n\n" in PAGE, f"it should be\n{drawn}"


def test_every_address_is_in_the_table_or_of_no_project():
    assert {name.partition(".")[0] for name in ACCESS} == AREAS.keys() | OF_NO_PROJECT
