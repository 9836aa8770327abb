"""The instance: who has an account, and which workers carry out runs and jobs. For whoever runs it."""

from fastapi import APIRouter
from starlette.responses import Response

from app.insights.workers import workforce
from app.people.accounts import accounts
from app.web.visit import Visit

router = APIRouter(prefix="/instance")


@router.get("", name="instance.show")
def show(visit: Visit) -> Response:
    with visit.reading() as session:
        return visit.render("instance/show.html", workforce=workforce(session), accounts=accounts(session))


@router.get("/workers", name="instance.workers")
def workers(visit: Visit) -> Response:
    """What changes while workers come, go and work; asked for again and again."""
    with visit.reading() as session:
        return visit.render("instance/show.html", block="workers", workforce=workforce(session))
