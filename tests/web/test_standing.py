"""Rules about who was removed, paused, kept to one study or signed out: each alone forbids, and each stands once.

For every rule there is a world in which nothing else forbids. There the doors are shut; with the one condition taken
out of the code they are all open, so nothing says the same a second time.
"""

import ast
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, true, update
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property

from app.models.base import now
from app.models.people import Invitation, Membership, SignIn
from app.models.studies import Assignment, Study
from app.people import crowd, invitations, sessions
from app.studies import answering, queue, studying
from tests.web.routes import form_of
from tests.web.world import BOTH, Browser, add_candidate, study

ALWAYS = hybrid_property(lambda self: self.id == self.id)
EVER = hybrid_method(lambda self, _moment: self.id == self.id)
LONG_AGO = now() - dt.timedelta(days=1)


@dataclass
class World:
    """Ana, who rates in a project and in a study of it, and Olga, who owns it."""

    app: Any
    place: Any
    ana: Browser
    olga: Browser
    study_id: int
    token: str

    def member(self, **values: Any) -> None:
        """Change Ana's membership."""
        self._set(update(Membership).where(Membership.person_id == self.ana.person_id), values)

    def sign_in(self, **values: Any) -> None:
        """Change Ana's sign-in."""
        self._set(update(SignIn).where(SignIn.person_id == self.ana.person_id), values)

    def invitation(self, **values: Any) -> None:
        """Change the invitations."""
        self._set(update(Invitation), values)

    def keep_to_one_study(self) -> None:
        """Let Ana have come by a crowd link for the study."""
        words = {"parameter": "PID", "completion_code": "DONE", "asked": "", "uses": "9", "days": "9"}
        with self.app.state.database.writing() as session:
            made, _ = crowd.invite_crowd(
                session, self.place.id, **words, actor_id=self.olga.person_id, study=str(self.study_id)
            )
            session.execute(
                update(Membership).where(Membership.person_id == self.ana.person_id).values(invitation_id=made.id)
            )

    def _set(self, statement: Any, values: dict[str, Any]) -> None:
        with self.app.state.database.writing() as session:
            session.execute(statement.values(**values))


@pytest.fixture
def world(app, place, ana, olga):
    with app.state.database.writing() as session:
        for number in range(3):
            add_candidate(session, place.id, f"Say it again, number {number}")
        asked = study(session, place.id, olga.person_id, "Say it")
        studying.open_study(session, asked, olga.person_id)
        made = World(app, place, ana, olga, asked.id, place["token"])
    yield made
    sessions._member.cache_clear()  # it may have been made while a condition was out of the code


def is_in(answer: Any) -> bool:
    """Whether an answer lets somebody in: a page, or a way on that isn't to where one signs in."""
    leads_out = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
    assert leads_out or answer.status_code in {200, 303, 403, 404, 422}, answer.text
    return answer.status_code in {200, 303} and not leads_out


def page(route: str) -> Callable[[World], bool]:
    """Whether Ana gets a page."""

    def gets(world: World) -> bool:
        return is_in(world.ana.visit(route, **_ids(world, route)))

    return gets


def post(route: str) -> Callable[[World], bool]:
    """Whether what Ana sends is taken."""

    def sends(world: World) -> bool:
        ids = _ids(world, route)
        sent = form_of(route, world.place)
        if route == "studies.save":
            given = _assignment(world)
            ids["assignment_id"] = given.id
            sent |= {"version": given.item.candidate_version, "submission": "once more"}
        return is_in(world.ana.submit(route, sent, **ids))

    return sends


def _ids(world: World, route: str) -> dict[str, Any]:
    if not route.startswith(("rate", "own", "projects", "studies")):
        return {}
    ids = {"project_id": world.place.id}
    if route == "rate.save":
        ids["candidate_id"] = world.place["candidate_id"]
    if route.startswith("studies.") and route != "studies.list":
        ids["study_id"] = world.study_id
    return ids


def _assignment(world: World) -> Assignment:
    """What Ana is to rate next in the study."""
    with world.app.state.database.writing() as session:
        asked = session.get_one(Study, world.study_id)
        given = queue.next_assignment(session, asked, world.ana.person_id)
        assert given is not None
        return answering.assignment_of(session, world.place.id, asked.id, given.id, world.ana.person_id)


def is_listed(world: World) -> bool:
    """Whether Olga sees Ana among the members."""
    return "Ana" in world.olga.visit("people.list", project_id=world.place.id).text


def is_at_home(world: World) -> bool:
    """Whether Ana finds the project where her projects are listed."""
    return world.olga.application.url_path_for("projects.show", project_id=world.place.id) in _home(world)


def _home(world: World) -> str:
    return str(world.ana.visit("home.show").text)


def is_managed(world: World) -> bool:
    """Whether Olga can leave Ana out of reports."""
    with world.app.state.database.reading() as session:
        wanted = Membership.person_id == world.ana.person_id, Membership.project_id == world.place.id
        member_id = session.scalars(select(Membership.id).where(*wanted)).one()
    ids = {"project_id": world.place.id, "member_id": member_id}
    return is_in(world.olga.submit("people.leave_out", {"left_out": "true"}, **ids))


def joins(world: World) -> bool:
    """Whether somebody new sees what the link offers and comes in by it."""
    somebody = Browser(world.app)
    seen = is_in(somebody.visit("join.show", token=world.token))
    came = is_in(somebody.submit("join.redeem", {"name": "Jo"}, token=world.token))
    assert seen == came
    return came


def is_open(world: World) -> bool:
    """Whether Olga sees the link among those that work."""
    path = world.app.url_path_for(
        "people.revoke", project_id=world.place.id, invitation_id=world.place["invitation_id"]
    )
    return path in world.olga.visit("people.list", project_id=world.place.id).text


RATES = [page("rate.next"), post("rate.save"), page("studies.rate"), post("studies.save")]
SEES = [page("projects.show"), page("own.show"), post("own.answer"), page("studies.list")]
HAS_AN_ACCOUNT = [page("account.show"), post("account.rename"), page("home.show")]
RULES: dict[str, tuple[Callable[[World], None], tuple[Any, str, Any], list[Callable[[World], bool]]]] = {
    "removed": (
        lambda world: world.member(removed_at=now()),
        (Membership, "is_in", ALWAYS),
        [*RATES, *SEES, is_listed, is_at_home, is_managed],
    ),
    "paused": (lambda world: world.member(paused_at=now()), (Membership, "is_paused", False), RATES),
    "kept to one study": (
        World.keep_to_one_study,
        (Membership, "rates_in", lambda _self, _study_id: True),
        [page("rate.next"), post("rate.save")],
    ),
    "signed out": (
        lambda world: world.sign_in(revoked_at=now()),
        (SignIn, "is_kept", ALWAYS),
        [*RATES, *SEES, *HAS_AN_ACCOUNT],
    ),
    "signed in too long ago": (
        lambda world: world.sign_in(expires_at=LONG_AGO),
        (SignIn, "lasts_at", EVER),
        [*RATES, *SEES, *HAS_AN_ACCOUNT],
    ),
    "invitation withdrawn": (
        lambda world: world.invitation(revoked_at=now()),
        (Invitation, "is_kept", ALWAYS),
        [joins, is_open],
    ),
    "made by somebody who owns the project no more": (
        lambda world: world.invitation(created_by_id=world.ana.person_id),
        (invitations, "_maker_owns", true),
        [joins, is_open],
    ),
    "invitation too old": (
        lambda world: world.invitation(expires_at=LONG_AGO),
        (Invitation, "lasts_at", EVER),
        [joins, is_open],
    ),
}


@BOTH
@pytest.mark.parametrize("rule", RULES)
def test_a_rule_alone_shuts_doors_which_are_open_without_it(world, monkeypatch, rule):
    forbid, (owner, name, without), doors = RULES[rule]
    forbid(world)
    assert [place for place, door in enumerate(doors) if door(world)] == []
    monkeypatch.setattr(owner, name, without)
    sessions._member.cache_clear()
    assert [place for place, door in enumerate(doors) if not door(world)] == []


def test_every_door_is_open_where_no_rule_shuts_it(world):
    doors = [door for _, _, doors in RULES.values() for door in doors]
    assert [place for place, door in enumerate(doors) if not door(world)] == []


def test_who_is_kept_to_one_study_rates_there(world):
    world.keep_to_one_study()
    assert page("studies.rate")(world)
    assert post("studies.save")(world)


def test_what_was_taken_back_is_asked_in_one_place():
    """Elsewhere the columns are only written; a model that was taken out is another matter."""
    columns, asked = {"removed_at", "paused_at", "revoked_at"}, set()
    for path in Path("app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in columns and isinstance(node.ctx, ast.Load):
                owner = node.value.id if isinstance(node.value, ast.Name) else ""
                if owner.lower() != "endpoint":
                    asked.add(str(path))
    assert asked == {"app/models/people.py"}
    pages = "".join(path.read_text() for path in Path("templates").rglob("*.html"))
    assert not any(column in pages for column in columns)
