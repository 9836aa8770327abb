"""What every template and every page keeps to."""

import re

import pytest
from jinja2 import StrictUndefined
from sqlalchemy import select

from app.models.generation import RunState
from app.models.jobs import Job
from app.models.people import Person, Role
from app.projects import create_project
from app.settings import resource
from app.web.rendering import templates
from tests.web.html import parse
from tests.web.routes import SAFE
from tests.web.world import Browser, Place, end_job, end_run, join

FOLDER = resource("templates")
FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html"))
SOURCES = {name: (FOLDER / name).read_text() for name in FILES}
NOT_PAGES = {
    "health.show",
    "runs.live",
    "runs.figures",
    "jobs.live",
    "jobs.card",
    "instance.workers",
    "projects.going",
    "releases.download",
    "people.download",
    "calls.download",
    "comparisons.download",
    "comparisons.figures",
    "studies.download",
    "studies.back",
    "rate.back",
    "sign_in.link",
}
HANDLER = re.compile(r"\son\w+\s*=", re.IGNORECASE)


_PAGES: dict[str, str] = {}
_MADE_FROM = ("app", "persons", "place", "database", "nobody", "olga", "ana")


@pytest.fixture
def pages(request):
    """Every page as different people see it; made once, as many tests look at the same."""
    if not _PAGES:
        _PAGES.update(_every_page(*(request.getfixturevalue(name) for name in _MADE_FROM)))
    return _PAGES


def _every_page(app, persons, place, database, nobody, olga, ana):
    """Every page in a project with everything and in one with nothing."""
    with database.writing() as session:
        empty = create_project(session, "Empty", "", persons["Olga"])
        join(session, empty.id, persons["Ana"], Role.ANNOTATOR)
        nothing = Place({"project_id": empty.id, "token": place["token"]})
    sam = Browser(app, persons["Sam"])
    found = {}
    for who, browser, where in [
        ("olga", olga, place),
        ("olga", olga, nothing),
        ("ana", ana, place),
        ("sam", sam, place),
    ]:
        for route in SAFE:
            try:
                path = browser.path(route.name, **where.of(route))
            except KeyError:
                continue
            answer = browser.get(path) if route.name not in NOT_PAGES else None
            if answer is not None and answer.status_code != 303:
                found[f"{who}: {path}"] = answer.text
    for path in ("/sign-in", "/join/unknown", f"/join/{place['token']}", "/nowhere"):
        found[f"nobody: {path}"] = nobody.get(path).text
    with database.writing() as session:
        end_run(session, place["run_id"])
    found["an ended run"] = olga.visit("runs.show", **where_of(place, "run_id")).text
    with database.writing() as session:
        end_job(session, place["job_id"], RunState.FAILED)
    found["a failed job"] = olga.visit("jobs.show", **where_of(place, "job_id")).text
    found["an undo, before"] = olga.visit("imports.undoing", **where_of(place, "import_id")).text
    found["answers read again"] = olga.visit("jobs.show", project_id=place.id, job_id=place["reread_id"]).text
    found["a dry run"] = olga.visit("jobs.show", project_id=place.id, job_id=place["dry_run_id"]).text
    for like in (f"like={place['run_id']}", f"like_job={place['dry_run_id']}"):
        found[f"a run {like}"] = olga.get(f"{olga.path('runs.new', project_id=place.id)}?{like}").text
    found["an import of answers"] = olga.visit("jobs.show", project_id=place.id, job_id=place["answers_import_id"]).text
    found["an import"] = olga.visit("jobs.show", project_id=place.id, job_id=place["import_id"]).text
    for number in ("replay_id", "search_id"):
        found[f"an ended {number}"] = olga.visit("jobs.show", project_id=place.id, job_id=place[number]).text
    search = {"project_id": place.id, "search_id": place["search_id"]}
    for what in (
        olga.submit("similarity.start_replay", project_id=place.id),
        olga.submit("similarity.turn_down", **search),
    ):
        found[f"under way: {what.headers['location']}"] = olga.follow(what).text
    with database.writing() as session:
        decision = session.scalars(select(Job).order_by(Job.id.desc()).limit(1)).one()
        end_job(session, decision.id)
        for job in session.scalars(select(Job).where(Job.project_id == place.id, Job.state == RunState.QUEUED)):
            end_job(session, job.id)
    undo = olga.submit("imports.undo", **where_of(place, "import_id"))
    found["an undo"] = olga.follow(undo).text
    found["a decision"] = olga.visit("jobs.show", project_id=place.id, job_id=decision.id).text
    found |= _ends(olga, place, nothing)
    with database.writing() as session:
        session.get_one(Person, persons["Sam"]).runs_instance = True
    found["the instance"] = sam.visit("instance.show").text
    found["a new link"] = olga.submit("people.invite", {"role": "curator"}, project_id=place.id).text
    return found


def _ends(olga, place, nothing):
    """Pages of projects that are archived or deleted."""
    for project_id in (place.id, nothing.id):
        olga.submit("projects.archive", project_id=project_id)
    olga.submit("projects.delete", {"name": "Empty"}, project_id=nothing.id)
    in_it = {"project_id": place.id}
    pages = {name: olga.visit(name, **in_it).text for name in ("projects.show", "projects.deletion", "runs.new")}
    pages |= {name: olga.visit(name).text for name in ("projects.archived", "home.show")}
    olga.submit("projects.restore", **in_it)
    return {f"with an archive: {name}": page for name, page in pages.items()}


def where_of(place, name):
    return {"project_id": place.id, name: place[name]}


_TREES = {}


@pytest.fixture
def trees(pages):
    """The same as trees, which nobody changes."""
    if not _TREES:
        _TREES.update({name: parse(html) for name, html in pages.items()})
    return _TREES


# What pages of one kind extend.
BASES = ("project.html", "rate/desk.html")


@pytest.mark.parametrize("name", FILES)
def test_a_template_compiles_escapes_and_has_a_title(name):
    source = SOURCES[name]
    templates().get_template(name)
    assert templates().autoescape is True
    assert templates().undefined is StrictUndefined
    assert not re.search(r"\|\s*safe\b|autoescape|Markup", source)
    assert "{% block title %}" in source or name in BASES or name.startswith("macros/")


@pytest.mark.parametrize("name", FILES)
def test_a_template_has_no_inline_script_style_or_handler(name):
    source = SOURCES[name]
    assert "<style" not in source
    assert not re.search(r"\sstyle\s*=", source)
    assert not HANDLER.search(source)
    assert "javascript:" not in source.lower()
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", source))


@pytest.mark.parametrize("name", FILES)
def test_a_template_takes_addresses_from_routes(name):
    links = re.findall(r'(?:href|action|hx-get|hx-post|src)="([^"]*)', SOURCES[name])
    # The address to return to is an owner's own, checked when it was typed.
    given = ("{{ action }}", "{{ back }}", "{{ undo }}", "{{ recent }}", "{{ completion.url }}")
    allowed = ("{{ url_for(", "{{ static(", *given, "?", "#")
    assert [link for link in links if not link.startswith(allowed)] == []


def test_every_template_is_rendered(request):
    templates().cache.clear()
    request.getfixturevalue("pages")
    # What nearly every page uses may have been made before.
    rendered = {name for _, name in templates().cache} | {"macros/ui.html"}
    assert sorted(rendered) == FILES


def test_every_page_has_a_language_a_title_and_one_heading(trees):
    assert len(trees) > 30
    for name, page in trees.items():
        assert [each["lang"] for each in page.all("html")] == ["en"], name
        assert [bool(each.text.removesuffix("· Tamis").strip()) for each in page.all("title")] == [True], name
        assert len(list(page.all("h1"))) == 1, name
        assert len(list(page.all("main"))) == 1, name


def test_every_id_is_there_once_and_every_reference_leads_to_one(trees):
    for name, page in trees.items():
        ids = [each["id"] for each in page.all() if each["id"]]
        assert sorted(ids) == sorted(set(ids)), name
        referring = ("for", "aria-labelledby", "aria-describedby", "data-opens", "data-closes", "data-copies")
        wanted = {each[attribute] for each in page.all() for attribute in referring if each[attribute]}
        assert wanted <= set(ids), name


def test_every_field_has_a_label(trees):
    for name, page in trees.items():
        labelled = {each["for"] for each in page.all("label") if each.text}
        for each in page.all("input", "select", "textarea"):
            hidden = each["type"] == "hidden"
            assert hidden or each["aria-label"] or each["id"] in labelled or each.inside("label"), (name, each)


def test_a_form_whose_answer_is_a_page_says_which_part_of_it_to_swap(trees):
    """Else what is shown once, such as an invitation's link, would be swapped into nothing."""
    for name, page in trees.items():
        sent = [each for each in page.all("form") if each["hx-post"].endswith(("/invite", "/try"))]
        assert all(each["hx-select"] == each["hx-target"] == "#main" for each in sent), name


def test_every_button_and_link_says_what_it_does(trees):
    for name, page in trees.items():
        for each in page.all("button", "a", "summary"):
            assert each.text or each["aria-label"], (name, each)
        assert all(each["aria-hidden"] == "true" for each in page.all("svg")), name
        assert all("alt" in each.attributes for each in page.all("img")), name
        assert all(each["method"] in {"get", "post"} for each in page.all("form")), name


def test_no_page_holds_what_the_policy_forbids(trees):
    for name, page in trees.items():
        for each in page.all():
            assert each.tag != "style", name
            assert each.tag != "script" or each["src"].startswith("/static/"), name
            assert not [key for key in each.attributes if key == "style" or key.startswith("on")], (name, each)
