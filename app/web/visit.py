"""One request as pages see it: who is there, in which project, with which role; and the ways to answer.

A page opens its session inside its own function. A session opened by a dependency would hold the write lock while the
request waits for a free thread, and with enough writers waiting for the lock in all threads, nobody would go on.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.database import Database
from app.errors import Archived, Elsewhere, Forbidden, LinkGone, NotFound, Paused, SignInRequired
from app.llm.secrets import Vault
from app.models.people import LinkPurpose, Membership, Person, Role
from app.models.projects import Project
from app.people import throttle
from app.people.sessions import member_of, person_of, sign_in
from app.projects import ARCHIVED
from app.settings import Settings
from app.text import whole_number
from app.web import rendering
from app.web.access import ACCESS, Access

COOKIE = "tamis_sign_in"
_TRIP = "tamis_trip"
# What a browser signed in by last. It opens nothing once that has ended, and tells who was here before.
_KNOWN, _KNOWN_DAYS = "tamis_known", 365
_PAUSED = (
    "The people who run this project have asked you to take a break from rating. All that you rated is saved. "
    "Come back later, or ask them when it goes on."
)
_ONE_STUDY = "The link that you came by is for one study of this project, and that is where you rate."


class Visitor:
    """A request with its person, project and membership, as far as its route has them."""

    def __init__(
        self, request: Request, person: Person | None, project: Project | None, membership: Membership | None
    ) -> None:
        self.request = request
        self.settings: Settings = request.app.state.settings
        self.database: Database = request.app.state.database
        self._person, self._project, self._membership = person, project, membership

    @property
    def person(self) -> Person:
        """Who is signed in; the access table made sure that somebody is."""
        if self._person is None:
            raise SignInRequired("Sign in first.")
        return self._person

    @property
    def person_or_none(self) -> Person | None:
        """Who is signed in, on a page that anybody may see."""
        return self._person

    @property
    def project(self) -> Project:
        """The project of the path, which the person is in."""
        if self._project is None:
            raise NotFound("There is no such project.")
        return self._project

    @property
    def membership(self) -> Membership:
        """The person's membership in the project."""
        if self._membership is None:
            raise NotFound("There is no such project.")
        return self._membership

    @property
    def role(self) -> Role:
        """The person's role in the project."""
        return self.membership.role

    def may(self, route: str) -> bool:
        """Return whether the person's role lets them call a route of the project: pages offer nothing else."""
        is_free_rating = route.startswith("rate.")
        is_open = ACCESS[route].in_archive or not self.is_archived
        is_admitted = ACCESS[route].admits(self.role, annotators_edit=self.project.annotators_edit)
        return is_open and is_admitted and not (is_free_rating and self.membership.only_study_id)

    @property
    def is_archived(self) -> bool:
        """Whether the page is of a project that is only read."""
        return self._project is not None and self._project.archived_at is not None

    @property
    def only_looks(self) -> bool:
        """Whether the person may change nothing in the project."""
        return self.is_archived or (self._membership is not None and self.role is Role.VIEWER)

    @property
    def vault(self) -> Vault:
        """The instance's vault of API keys."""
        vault: Vault = self.request.app.state.vault
        return vault

    @property
    def token(self) -> str | None:
        """The token of this browser's sign-in."""
        return self.request.cookies.get(COOKIE)

    @property
    def address(self) -> str:
        """Where the request comes from, for slowing down guesses."""
        return self.request.client.host if self.request.client else "unknown"

    def reading(self) -> AbstractContextManager[Session]:
        """Open a session that only reads."""
        return self.database.reading()

    def writing(self, *, snapshot: bool = False) -> AbstractContextManager[Session]:
        """Open a session that commits when its block ends: before the answer is sent."""
        return self.database.writing(snapshot=snapshot)

    @contextmanager
    def changing(self, *, snapshot: bool = False) -> Iterator[tuple[Session, Project]]:
        """Open a writing session together with the project's row in it."""
        with self.writing(snapshot=snapshot) as session:
            yield session, session.get_one(Project, self.project.id)

    def sign_in(self, session: Session, person: Person) -> str:
        """Sign this browser in as ``person``. Returns the token for its cookie."""
        browser = self.request.headers.get("user-agent", "")
        return sign_in(session, person, browser=browser, days=self.settings.sign_in_days)

    def remember(self, response: Response, token: str) -> Response:
        """Return ``response`` with the sign-in's cookie."""
        self._keep(response, COOKIE, token, seconds=self.settings.sign_in_days * 86_400, path="/")
        return self._keep(response, _KNOWN, token, seconds=_KNOWN_DAYS * 86_400, path="/sign-in")

    @property
    def known_by(self) -> str:
        """What this browser signed in by last, empty where it never did."""
        return self.request.cookies.get(_KNOWN, "")

    @contextmanager
    def slowing_guesses(self) -> Iterator[None]:
        """Slow down whoever tries one link after the other. A link that works is never refused: none can be guessed."""
        try:
            yield
        except LinkGone:
            with self.writing() as session:
                throttle.count(session, self.settings, throttle.LINKS, self.address)
            raise

    def _keep(self, response: Response, name: str, value: str, *, seconds: int, path: str) -> Response:
        """Return ``response`` with a cookie out of reach of scripts and other sites, and for HTTPS where people reach
        this instance by it: as its address says, or else as this request came."""
        is_secure = (self.settings.base_url or str(self.request.url)).startswith("https://")
        response.set_cookie(name, value, max_age=seconds, path=path, httponly=True, samesite="lax", secure=is_secure)
        return response

    def forget(self, response: Response) -> Response:
        """Return ``response`` with the sign-in's cookie removed."""
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
        return response

    @property
    def trip(self) -> str:
        """What this browser kept while it was at a provider, empty where it was at none."""
        return self.request.cookies.get(_TRIP, "")

    def remember_trip(self, response: Response, value: str) -> Response:
        """Return ``response`` with what the browser is to keep for ten minutes while it is at a provider."""
        return self._keep(response, _TRIP, value, seconds=600 if value else 0, path="/sign-in")

    def render(self, template: str, *, block: str | None = None, status: int = 200, **values: Any) -> Response:
        """Answer with a template, or with one of its named blocks."""
        return rendering.render(self.request, template, block=block, status=status, visit=self, **values)

    def redirect(self, route: str, *, notice: str = "", **parameters: Any) -> Response:
        """Send the browser on to a route, where ``notice`` is shown once."""
        return self.redirect_to(rendering.path_of(self.request, route, **parameters), notice=notice)

    def redirect_to(self, path: str, *, notice: str = "") -> Response:
        """Send the browser on to a path of this site; any other address leads home: no link may send people away."""
        is_local = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
        return rendering.redirect(self.request, path if is_local else "/", notice)

    def link(self, route: str, **parameters: Any) -> str:
        """Return the full address of a route, for links that leave the page."""
        path = rendering.path_of(self.request, route, **parameters)
        base = self.settings.base_url or str(self.request.base_url).rstrip("/")
        return f"{base}{path}"

    def sign_in_link(self, purpose: LinkPurpose, token: str) -> str:
        """Return the full address at which the token of a link for ``purpose`` is used."""
        if purpose is LinkPurpose.RESET:
            return self.link("sign_in.reset", reset_token=token)
        return self.link("sign_in.arrive", link_token=token)


def let_in(request: Request) -> Visitor:
    """Look up who is there and refuse whoever the access table doesn't let in.

    A stranger to a project is told that there is none: what exists is nobody else's business.
    """
    access = ACCESS.get(request.scope["route"].name)
    if access is None:
        raise Forbidden("This address is closed.")
    if not all(whole_number(value) is not None for name, value in request.path_params.items() if name.endswith("_id")):
        raise NotFound("There is nothing with such a number.")
    person, project, membership = _who_is_there(request)
    _check_rights(access, person)
    if not access.roles:
        return Visitor(request, person, None, None)
    if project is None or membership is None:
        raise NotFound("There is no such project, or you are not in it.")
    if not access.admits(membership.role, annotators_edit=project.annotators_edit):
        least = Role.CURATOR if access.edits and membership.role is Role.ANNOTATOR else access.roles[0]
        raise Forbidden(_not_for(membership.role, least))
    if project.archived_at is not None and not access.in_archive:
        raise Archived(ARCHIVED)
    if access.rates:
        _check_place(request, membership)
    return Visitor(request, person, project, membership)


async def _visit_of(request: Request) -> Visitor:
    """Who was let in: the route has asked, before it read what they sent."""
    visit: Visitor = request.state.visit
    return visit


Visit = Annotated[Visitor, Depends(_visit_of)]
# The number of a row in a query; SQLite's driver takes no larger one.
Key = Annotated[int, Query(ge=0, lt=10**18)]


def sign_in_path(request: Request) -> str:
    """Return the path of the sign-in page that leads back to where the request wanted to go."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    wanted = path if request.method == "GET" else "/"
    return f"{rendering.path_of(request, 'sign_in.show')}?next={quote(wanted)}"


def _who_is_there(request: Request) -> tuple[Person | None, Project | None, Membership | None]:
    """The person of the cookie and, where the path names a project that they are in, it and their membership."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None, None, None
    project_id = request.path_params.get("project_id")
    with request.app.state.database.reading() as session:
        if project_id is not None:
            return member_of(session, token, int(project_id)) or (None, None, None)
        return person_of(session, token), None, None


def _check_rights(access: Access, person: Person | None) -> None:
    """Raise SignInRequired or Forbidden where a route asks for somebody, or for a right that the instance gives."""
    if access.signed_in and person is None:
        raise SignInRequired("Sign in first.")
    if access.runs_instance and not (person and person.runs_instance):
        raise Forbidden("This page is for the owner of the instance.")
    if access.makes_projects and not (person and person.makes_projects):
        raise Forbidden("Whoever runs this Tamis decides who makes projects here. Ask them to let you.")


def _check_place(request: Request, membership: Membership) -> None:
    """Raise Paused where somebody is, Elsewhere where one of a crowd would rate anywhere but in the study that they
    came for."""
    if membership.paused_at is not None:
        raise Paused(_PAUSED)
    only = membership.only_study_id
    if only is not None and request.path_params.get("study_id") != str(only):
        raise Elsewhere(_ONE_STUDY, project_id=membership.project_id, study_id=only)


def _not_for(role: Role, least: Role) -> str:
    article = "an" if role.value[0] in "aeiou" else "a"
    return (
        f"This is for {least.value}s and you are {article} {role.value} here. An owner of the project can change that."
    )
