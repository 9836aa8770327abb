"""The instance: who has an account, and which workers carry out runs and jobs. For whoever runs it."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.responses import Response

from app.archive.deleting import deleted_projects
from app.insights.workers import workforce
from app.people import accounts
from app.people.members import link_for
from app.web.route import Route
from app.web.visit import Visit, Visitor

router = APIRouter(prefix="/instance", route_class=Route)


@router.get("", name="instance.show")
def show(visit: Visit) -> Response:
    with visit.reading() as session:
        return _page(visit, session, link="")


@router.post("/people/{person_id}/link", name="instance.link")
def link(visit: Visit, person_id: int) -> Response:
    """Make a link that lets somebody in again, once. It is shown once, in this answer."""
    with visit.writing() as session:
        purpose, token = link_for(session, accounts.person_by_id(session, person_id), visit.person.id)
    with visit.reading() as session:
        return _page(visit, session, link=visit.sign_in_link(purpose, token))


@router.post("/people/{person_id}/projects", name="instance.projects")
def let_make_projects(visit: Visit, person_id: int, lets: Annotated[bool, Form()]) -> Response:
    with visit.writing() as session:
        accounts.let_make_projects(
            session, accounts.person_by_id(session, person_id), lets=lets, actor_id=visit.person.id
        )
    return visit.redirect("instance.show", notice="Saved.")


@router.get("/workers", name="instance.workers")
def workers(visit: Visit) -> Response:
    """What changes while workers come, go and work; asked for again and again."""
    with visit.reading() as session:
        return visit.render("instance/show.html", block="workers", workforce=workforce(session))


def _page(visit: Visitor, session: Any, *, link: str) -> Response:
    return visit.render(
        "instance/show.html",
        workforce=workforce(session),
        accounts=accounts.accounts(session),
        deleted=deleted_projects(session),
        link=link,
    )
