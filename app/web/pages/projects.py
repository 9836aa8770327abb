"""A project: where it stands, and its settings."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from app import approval, projects, seeds
from app.archive.archiving import archive_project, archived_projects_of, restore_project
from app.archive.deleting import deletions_seen_by, start_deletion
from app.archive.inventory import inventory_of
from app.generation.runs import runs_of
from app.insights.activity import newest_events
from app.insights.funnel import funnels_of
from app.llm.endpoint import first_endpoint
from app.llm.money import spent_by_month
from app.models.people import Role
from app.studies.studying import open_studies_for
from app.web.route import Route
from app.web.visit import Visit

router = APIRouter(route_class=Route)
Text = Annotated[str, Form()]


@router.post("/projects", name="projects.create")
def create(visit: Visit, name: Text, description: Text = "") -> Response:
    with visit.writing() as session:
        project = projects.create_project(session, name, description, visit.person.id)
        if visit.person.runs_instance:  # the key in the environment is theirs to spend, not every guest's
            first_endpoint(session, visit.vault, visit.settings, project.id)
    return visit.redirect("projects.show", project_id=project.id)


@router.get("/archive", name="projects.archived")
def archived(visit: Visit) -> Response:
    """The projects that were put aside, and those that are just going."""
    with visit.reading() as session:
        found = archived_projects_of(session, visit.person.id)
        going = deletions_seen_by(session, visit.person)
        return visit.render("projects/archived.html", projects=found, deletions=going)


@router.get("/archive/going", name="projects.going")
def going(visit: Visit) -> Response:
    """How far deletions are; asked for again and again."""
    with visit.reading() as session:
        going = deletions_seen_by(session, visit.person)
        return visit.render("projects/archived.html", block="going", deletions=going)


@router.get("/projects/{project_id}", name="projects.show")
def show(visit: Visit) -> Response:
    if not visit.role.includes(Role.VIEWER):
        with visit.reading() as session:
            only = visit.membership.only_study_id
            waiting = only or open_studies_for(session, visit.project.id, visit.person.id)
        return visit.redirect("studies.list" if waiting else "rate.next", project_id=visit.project.id)
    with visit.reading() as session:
        project_id = visit.project.id
        return visit.render(
            "projects/show.html",
            funnel=funnels_of(session, [project_id])[project_id],
            runs=runs_of(session, project_id, limit=5),
            seed_tasks=seeds.count_seed_tasks(session, project_id)[0],
            events=newest_events(session, project_id, 12),
        )


@router.get("/projects/{project_id}/settings", name="projects.settings")
def settings(visit: Visit) -> Response:
    with visit.reading() as session:
        return visit.render("projects/settings.html", spent=spent_by_month(session, visit.project.id))


@router.post("/projects/{project_id}/settings", name="projects.edit")
def edit(
    visit: Visit,
    name: Text,
    description: Text = "",
    guidelines: Text = "",
    approval_ratings: Text = "0",
    annotators_edit: Annotated[bool, Form()] = False,
    cost_limit: Text = "",
    monthly_cost_limit: Text = "",
) -> Response:
    with visit.changing() as (session, project):
        before = project.approval_ratings
        projects.edit_project(
            session,
            project,
            name=name,
            description=description,
            guidelines=guidelines,
            approval_ratings=approval_ratings,
            annotators_edit=annotators_edit,
            cost_limit=cost_limit,
            monthly_cost_limit=monthly_cost_limit,
            actor_id=visit.person.id,
        )
        held_back = approval.apply_rule_to_all(session, project) if project.approval_ratings != before else 0
    return visit.redirect("projects.settings", project_id=visit.project.id, notice=_saved(held_back))


def _saved(held_back: int) -> str:
    if not held_back:
        return "Saved."
    them = "example that has no output was" if held_back == 1 else "examples that have no output were"
    return f"Saved. {held_back:,} {them} held back, whatever their ratings say. The link below leads to them."


@router.post("/projects/{project_id}/archive", name="projects.archive")
def archive(visit: Visit) -> Response:
    with visit.changing() as (session, project):
        stopped = archive_project(session, project, visit.person.id)
    return visit.redirect("projects.show", project_id=visit.project.id, notice=stopped.sentence)


@router.post("/projects/{project_id}/restore", name="projects.restore")
def restore(visit: Visit) -> Response:
    with visit.changing() as (session, project):
        restore_project(session, project, visit.person.id)
    return visit.redirect("projects.show", project_id=visit.project.id, notice="Taken out of the archive.")


@router.get("/projects/{project_id}/delete", name="projects.deletion")
def deletion(visit: Visit) -> Response:
    """What goes, before anything does."""
    with visit.reading() as session:
        return visit.render("projects/deletion.html", inventory=inventory_of(session, visit.project))


@router.post("/projects/{project_id}/delete", name="projects.delete")
def delete(visit: Visit, name: Text) -> Response:
    with visit.changing() as (session, project):
        start_deletion(session, project, name, visit.person.id)
    return visit.redirect("projects.archived")
