"""The people who walk: one for each way in which somebody can stand to a project, and the project that they walk in."""

from dataclasses import dataclass

from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.base import now
from app.models.people import Membership, Person, Role
from app.people import accounts, crowd, invitations, sessions
from app.studies import studying
from tests.web.world import Place, add_candidate, fill, join, study

NOBODY = "nobody"
ROLES = (
    NOBODY,
    "outsider",
    "maker of projects",
    "owner of the instance",
    "viewer",
    "annotator",
    "guest of a link",
    "participant of one study",
    "paused annotator",
    "removed annotator",
    "curator",
    "owner",
)
# Who could change anything in a project is drawn more often than who is only turned away.
WEIGHTS = dict.fromkeys(ROLES, 1) | {"curator": 4, "owner": 6, "annotator": 2, "participant of one study": 2}


@dataclass(frozen=True)
class Cast:
    """Everybody's id by role (None: nobody), the project, and addresses that no page leads to."""

    persons: dict[str, int | None]
    place: Place
    doors: tuple[str, ...]

    def cookies(self, app: FastAPI) -> dict[str, str]:
        """Sign everybody in. Returns the tokens by role, empty for nobody."""
        with app.state.database.writing() as session:
            return {role: _sign_in(session, person_id) for role, person_id in self.persons.items()}


def _sign_in(session: Session, person_id: int | None) -> str:
    if person_id is None:
        return ""
    return sessions.sign_in(session, session.get_one(Person, person_id), browser="walk", days=1)


def gather(app: FastAPI) -> Cast:
    """Make the project with one of everything, another one beside it, and everybody."""
    with app.state.database.writing() as session:
        made = {role: accounts.create_person(session, role.capitalize()) for role in ROLES[1:]}
        made["maker of projects"].makes_projects = made["owner"].makes_projects = True
        made["owner of the instance"].runs_instance = made["owner of the instance"].makes_projects = True
        _give_passwords(session, made)
        place = fill(session, app.state.vault, made["owner"].id, made["curator"].id)
        for role in Role:
            if role is not Role.OWNER:
                join(session, place.id, made[role.value].id, role)
        join(session, place.id, made["paused annotator"].id, Role.ANNOTATOR)
        join(session, place.id, made["removed annotator"].id, Role.ANNOTATOR)
        _set(session, made["paused annotator"], paused_at=now())
        _set(session, made["removed annotator"], removed_at=now())
        made["guest of a link"], door = _guest(session, place.id, made["owner"].id, made["guest of a link"])
        made["participant of one study"], crowd_door = _participant(session, place.id, made["owner"].id)
        stranger = accounts.create_person(session, "Somebody else")
        fill(session, app.state.vault, stranger.id, stranger.id, "Elsewhere")
        ids: dict[str, int | None] = {role: made[role].id if role in made else None for role in ROLES}
    doors = (f"/projects/{place.id}", door, crowd_door, f"/sign-in/{place['link_token']}")
    doors += (f"/sign-in/reset/{place['reset_token']}", f"/join/{place['token']}", "/sign-in", "/healthz")
    return Cast(ids, place, doors)


def _give_passwords(session: Session, made: dict[str, Person]) -> None:
    for number, person in enumerate(made.values()):
        if number % 2:
            email = f"person{number}@example.org"
            accounts.set_password(session, person, email=email, password="a long password", present="", keep_token=None)


def _guest(session: Session, project_id: int, owner_id: int, person: Person) -> tuple[Person, str]:
    """Somebody who came by a link to the whole project."""
    _, token = invitations.invite(session, project_id, role="annotator", uses="5", days="7", actor_id=owner_id)
    return invitations.redeem(session, token, person=None, name=person.name), f"/join/{token}"


def _participant(session: Session, project_id: int, owner_id: int) -> tuple[Person, str]:
    """Somebody of a crowd who came by a link to one study, which is open."""
    for number in range(5):
        add_candidate(session, project_id, f"Say it again, number {number}")
    asked = study(session, project_id, owner_id, "Say it")
    studying.open_study(session, asked, owner_id)
    words = {"parameter": "PID", "completion_code": "DONE", "asked": "2", "uses": "9", "days": "9"}
    made = crowd.invite_crowd(session, project_id, **words, actor_id=owner_id, study=str(asked.id))
    return crowd.take_part(session, made[1], "one", here=None), f"/join/{made[1]}?PID=two"


def _set(session: Session, person: Person, **values: object) -> None:
    member = session.scalars(select(Membership).where(Membership.person_id == person.id)).one()
    for name, value in values.items():
        setattr(member, name, value)
