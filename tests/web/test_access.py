"""Who may call what: every route, walked by everybody, on their own things and on those of others."""

import re
from typing import Any

import pytest
from sqlalchemy import select, update

from app.models.base import Base, now
from app.models.people import Membership, Person, Role
from app.people import crowd
from app.people.accounts import set_password
from app.projects import create_project
from app.web.access import ACCESS
from tests.web.routes import BY_NAME, ROUTES, SAFE, UNSAFE, has_project, named_routes, prepare, send
from tests.web.world import BOTH, Browser, Place, count_events, end_job, end_run, fill, join

NOT_OF_THE_PROJECT = {"prompt", "rubric", "project_id", "format_name", "path", "token"}
WITHOUT_EVENT = {"models.try": "its call is a row of the ledger", "prompts.preview": "nothing is changed"}
WITHOUT_EVENT |= {"sign_in.send": "without a mail server no link is made"}
WITHOUT_EVENT |= dict.fromkeys(("runs.estimate", "studies.estimate", "rubrics.preview"), "nothing is changed")
TAKES_ANY_NUMBER = {"rate.back": "it looks at one's own ratings only, and 0 stands for no example"}
ROLES = [Role.VIEWER, Role.ANNOTATOR, Role.CURATOR, Role.OWNER]
CROWD = {"parameter": "PID", "completion_code": "DONE", "asked": "", "uses": "9", "days": "9"}
SWITCHED_OFF = {"sign_in.provider", "sign_in.back"}  # without settings of OpenID Connect
CALLERS = {"nobody": None} | {role.value: role for role in ROLES}
# Further ways to stand to a project, each with the role that it comes with: none, or to rate.
STANDINGS = {
    "outsider": None,
    "maker of projects": None,
    "owner of the instance": None,
    "removed": None,
    "paused": Role.ANNOTATOR,
    "kept to one study": Role.ANNOTATOR,
    "guest of a link": Role.ANNOTATOR,
}
CELLS = "attack: cells of route and person"
pytestmark = pytest.mark.attack


@pytest.fixture
def world(app, persons):
    return World(app, persons)


class World:
    """Makes places in which somebody has a role, and calls routes as them."""

    def __init__(self, app, persons):
        self.app, self.persons, self.database = app, persons, app.state.database
        with self.database.writing() as session:
            ben = session.get_one(Person, persons["Ben"])
            set_password(session, ben, email="ben@example.org", password="a long password", present="", keep_token=None)
            self.elsewhere = fill(session, app.state.vault, persons["Sam"], persons["Sam"], "Elsewhere")
            end_run(session, self.elsewhere["run_id"])
            end_job(session, self.elsewhere["job_id"])

    def place(self, route, role):
        """A place where Ana has ``role``, in the state that ``route`` needs."""
        with self.database.writing() as session:
            owner = self.persons["Ana" if role is Role.OWNER else "Olga"]
            place = fill(session, self.app.state.vault, owner, self.persons["Ana"])
            if role in {Role.VIEWER, Role.ANNOTATOR, Role.CURATOR}:
                join(session, place.id, self.persons["Ana"], role)
            prepare(session, route, place, owner, self.persons["Ana"])
        return place

    def stand(self, place, standing):
        """Let Ana stand to a place as ``standing`` says; she rates in it already where that comes with it."""
        me, changes = self.persons["Ana"], {}
        with self.database.writing() as session:
            person = session.get_one(Person, me)
            person.runs_instance = standing == "owner of the instance"
            person.makes_projects = standing in {"owner of the instance", "maker of projects"}
            if standing == "removed":
                join(session, place.id, me, Role.ANNOTATOR)
                changes = {"removed_at": now()}
            elif standing == "paused":
                changes = {"paused_at": now()}
            elif standing == "kept to one study":
                made, _ = crowd.invite_crowd(
                    session, place.id, **CROWD, actor_id=self.persons["Olga"], study=str(place["study_id"])
                )
                changes = {"invitation_id": made.id}
            elif standing == "guest of a link":
                changes = {"invitation_id": place["invitation_id"]}
            if changes:
                mine = Membership.person_id == me, Membership.project_id == place.id
                session.execute(update(Membership).where(*mine).values(**changes))
        return place

    def empty_place(self, role):
        """A project with nothing in it, in which Ana has ``role``."""
        with self.database.writing() as session:
            made = create_project(session, "Empty", "", self.persons["Olga"])
            join(session, made.id, self.persons["Ana"], role)
        return Place({"project_id": made.id})

    def caller(self, role):
        return Browser(self.app, self.persons["Ana"] if role else None)

    def rows(self) -> dict[str, list[Any]]:
        """Everything that is stored, but for counted attempts."""
        with self.database.reading() as session:
            tables = [each for each in Base.metadata.sorted_tables if each.name not in {"attempts", "sign_ins"}]
            return {table.name: sorted(map(repr, session.execute(select(table)))) for table in tables}

    def events(self) -> int:
        with self.database.reading() as session:
            return count_events(session)


def _expected(route, role):
    access = ACCESS[route.name]
    if route.name in SWITCHED_OFF:
        return {404}
    if not access.signed_in:
        return {200, 303}
    if role is None:
        return {"sign in"}
    if access.runs_instance or access.makes_projects:
        return {403}  # Ana may not, whatever her role in a project
    return {200, 303} if access.admits(role) else {403}


def _expected_of(route, standing):
    """What the table and what somebody is beyond their role let them do."""
    access, role = ACCESS[route.name], STANDINGS[standing]
    if route.name in SWITCHED_OFF or (has_project(route) and role is None):
        return {404}
    if access.runs_instance or access.makes_projects:
        makes = {"owner of the instance"} if access.runs_instance else {"owner of the instance", "maker of projects"}
        return {200, 303} if standing in makes else {403}
    is_shut = {"paused": access.rates, "kept to one study": route.name.startswith("rate.")}
    if has_project(route) and (is_shut.get(standing) or not access.admits(role)):
        return {403}
    return {200, 303}


def offered(page):
    """The names of the project's routes that a page's links and forms lead to."""
    links = re.findall(r'(?:href|hx-get|data-poll)="([^"?#]+)', page)
    forms = re.findall(r'(?:action|hx-post)="([^"?#]+)', re.sub(r'<form method="get"[^>]*>', "", page))
    for paths, routes in ((links, SAFE), (forms, UNSAFE)):
        found = ({route.name for route in routes if route.path_regex.match(path)} for path in paths)
        yield from (name for names in found for name in names if "project_id" in BY_NAME[name].path)


def _told(answer):
    leads_to_sign_in = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?next=")
    return "sign in" if leads_to_sign_in else answer.status_code


def test_every_route_is_declared_and_every_declaration_is_a_route(app):
    assert named_routes(app) == set(ACCESS)
    assert {route.name for route in ROUTES} | {"static"} == set(ACCESS)
    assert len(SAFE) + len(UNSAFE) == len(ROUTES)
    assert all(ACCESS[route.name].roles for route in ROUTES if has_project(route))


def test_viewers_look_annotators_rate_owners_manage_people_and_nobody_signs_in():
    names = {role: {name for name, access in ACCESS.items() if access.roles == (role,)} for role in Role}
    assert {name.split(".")[0] for name in names[Role.ANNOTATOR]} == {"rate", "own", "studies"}
    assert names[Role.VIEWER] <= {route.name for route in SAFE}
    assert {name.split(".")[0] for name in names[Role.OWNER]} == {"calls", "people", "projects"}
    public = {name.split(".")[0] for name, access in ACCESS.items() if not access.signed_in}
    assert public == {"health", "static", "sign_in", "join"}


@pytest.mark.parametrize("role", ROLES[:-1])
def test_a_page_offers_nobody_what_they_may_not_do(world, role):
    wrong, seen = [], 0
    full, browser = world.place(BY_NAME["runs.live"], role), world.caller(role)
    for place in (full, world.empty_place(role)):
        for route in filter(has_project, SAFE):
            if not ACCESS[route.name].admits(role) or not set(re.findall(r"{(\w+)", route.path)) <= set(place.ids):
                continue
            answer = browser.get(browser.path(route.name, **place.of(route)))
            if answer.status_code == 200 and "html" in answer.headers["content-type"]:
                seen += 1
                wrong += [(route.name, name) for name in offered(answer.text) if not ACCESS[name].admits(role)]
    assert seen > {Role.VIEWER: 30, Role.ANNOTATOR: 2, Role.CURATOR: 40}[role]
    assert not wrong


@BOTH
@pytest.mark.parametrize("caller", CALLERS)
def test_everybody_is_let_in_where_the_table_says_and_their_changes_are_recorded(world, caller, record_property):
    role, wrong = CALLERS[caller], []
    shared = world.place(BY_NAME["runs.live"], role)
    for route in ROUTES:
        changes = route in UNSAFE and _expected(route, role) == {200, 303}
        place = world.place(route, role) if changes or route.name.startswith("sign_in.") else shared
        if route.name == "join.redeem":
            place = world.elsewhere  # whoever is a member already changes nothing by joining
        browser, before = world.caller(role), world.events()
        answer = send(browser, route, place.of(route), place)
        if _told(answer) not in _expected(route, role):
            wrong.append((route.name, _told(answer), answer.text[-300:]))
        changed = world.events() - before
        if route in UNSAFE and _told(answer) in {200, 303} and not changed and route.name not in WITHOUT_EVENT:
            wrong.append((route.name, "no event"))
        if _told(answer) in {"sign in", 403} and changed:
            wrong.append((route.name, "refused, yet recorded"))
    assert not wrong, "\n".join(map(str, wrong))
    record_property(CELLS, {caller: len(ROUTES)})


@pytest.mark.parametrize("standing", STANDINGS)
def test_whoever_stands_otherwise_to_a_project_is_let_in_where_that_says(world, standing, record_property):
    role, wrong = STANDINGS[standing], []
    shared = world.stand(world.place(BY_NAME["runs.live"], role), standing)
    for route in ROUTES:
        changes = route in UNSAFE and has_project(route) and _expected_of(route, standing) == {200, 303}
        is_fresh = changes or route.name.startswith("sign_in.")
        place = world.stand(world.place(route, role), standing) if is_fresh else shared
        if route.name == "join.redeem":
            place = world.elsewhere
        browser, before = world.caller(standing), world.events()
        answer = send(browser, route, place.of(route), place)
        if _told(answer) not in _expected_of(route, standing):
            wrong.append((route.name, _told(answer), answer.text[-300:]))
        if _told(answer) in {403, 404} and world.events() != before:
            wrong.append((route.name, "refused, yet recorded"))
    assert not wrong, "\n".join(map(str, wrong))
    record_property(CELLS, {standing: len(ROUTES)})


@BOTH
@pytest.mark.parametrize("caller", CALLERS)
def test_what_belongs_to_another_project_is_not_found_and_not_changed(world, caller, record_property):
    role, wrong, cells = CALLERS[caller], [], 0
    place, browser = world.place(BY_NAME["projects.show"], role), world.caller(role)
    before = world.rows()
    for route in filter(has_project, ROUTES):
        there = world.elsewhere.of(route)
        cases = {"their path": there}
        if set(there) - NOT_OF_THE_PROJECT:
            cases["our path, their object"] = there | {"project_id": place.id}
        cells += len(cases)
        for case, parameters in cases.items():
            allowed = _expected(route, role)
            expected = {404} if role and (case == "their path" or allowed != {403}) else allowed
            answer = send(browser, route, parameters, world.elsewhere)
            if case != "their path" and route.name in TAKES_ANY_NUMBER:
                expected = allowed
            if _told(answer) not in expected:
                wrong.append((route.name, case, _told(answer), answer.text[-300:]))
    assert not wrong, "\n".join(map(str, wrong))
    assert world.rows() == before
    record_property("attack: things of other projects asked for", cells)


def test_a_removed_member_is_a_stranger_at_once(olga, ana, place):
    path = olga.path("rate.next", project_id=place.id)
    assert ana.get(path).status_code == 200
    with olga.application.state.database.reading() as session:
        members = session.execute(select(Base.metadata.tables["memberships"])).all()
    (member_id,) = [row.id for row in members if row.person_id == ana.person_id]
    olga.submit("people.change", {"role": "removed"}, project_id=place.id, member_id=member_id)
    assert ana.get(path).status_code == 404


@pytest.mark.parametrize("project_id", ["0", "-1", "x", "9" * 30, "1.5", "²", "%00", "NaN"])
def test_a_project_that_cannot_be_is_not_found(olga, place, project_id):
    assert place.id
    assert olga.get(f"/projects/{project_id}").status_code == 404


@BOTH
def test_in_an_archived_project_everything_is_read_and_nothing_changes(world):
    """Whatever an owner may call that isn't for reading is refused, with a sentence, and leaves every row as it is."""
    place, browser, wrong = world.place(BY_NAME["projects.restore"], Role.OWNER), world.caller(Role.OWNER), []
    before = world.rows()
    for route in filter(has_project, ROUTES):
        if route.name in {"projects.restore", "projects.delete", "runs.live", "jobs.live"}:
            continue
        answer = send(browser, route, place.of(route), place)
        is_read = route in SAFE and ACCESS[route.name].in_archive
        if _told(answer) not in ({200, 303} if is_read else {409}):
            wrong.append((route.name, _told(answer), answer.text[-300:]))
        if not is_read and "This project is archived" not in answer.text:
            wrong.append((route.name, answer.text[-300:]))
    assert not wrong, "\n".join(map(str, wrong))
    assert world.rows() == before


@pytest.mark.parametrize("role", ROLES)
def test_pages_of_an_archived_project_offer_its_owners_to_take_it_out_and_no_other_change(world, role):
    place, browser = world.place(BY_NAME["projects.restore"], role), world.caller(role)
    offers = set()
    for route in (route for route in SAFE if has_project(route) and ACCESS[route.name].in_archive):
        if route.name in {"runs.live", "jobs.live"}:
            continue
        answer = browser.get(browser.path(route.name, **place.of(route)))
        if answer.status_code == 200 and "html" in answer.headers["content-type"]:
            offers |= {name for name in offered(answer.text) if not ACCESS[name].in_archive or BY_NAME[name] in UNSAFE}
    assert offers == ({"projects.restore", "projects.delete"} if role is Role.OWNER else set())
