"""The projects that somebody is in."""

from fastapi import APIRouter
from starlette.responses import Response

from app.archive.archiving import archived_projects_of
from app.insights.funnel import funnels_of
from app.projects import projects_of
from app.web.route import Route
from app.web.visit import Visit

router = APIRouter(route_class=Route)


@router.get("/", name="home.show")
def show(visit: Visit) -> Response:
    with visit.reading() as session:
        projects = projects_of(session, visit.person.id)
        funnels = funnels_of(session, [project.id for project, _ in projects])
        archived = len(archived_projects_of(session, visit.person.id))
        return visit.render("home/show.html", projects=projects, funnels=funnels, archived=archived)


@router.get("/healthz", name="health.show")
def health(visit: Visit) -> Response:
    """For whoever watches over the process: answers when the database does."""
    with visit.reading() as session:
        session.connection().exec_driver_sql("SELECT 1")
    return Response("ok\n", media_type="text/plain")
