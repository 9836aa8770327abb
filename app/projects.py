"""Projects: made, renamed, and listed for the people who are in them."""

from collections.abc import Sequence, Set
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.amounts import parse_limit
from app.database import lock
from app.errors import Archived, NotFound
from app.models.events import record
from app.models.people import Membership, Person, Role
from app.models.projects import Project
from app.models.rubrics import GuidelinesVersion
from app.text import clean, clean_name, parse_whole, whole_number

ARCHIVED = (
    "This project is archived: it can be read, and nothing in it changes. "
    "An owner of it can take it out of the archive."
)
_MOST_RATINGS = 25


def projects_of(session: Session, person_id: int) -> Sequence[tuple[Project, Role]]:
    """Return the projects a person is in that aren't archived, newest first, with their role in each."""
    rows = session.execute(
        select(Project, Membership.role)
        .join(Membership, Membership.project_id == Project.id)
        .where(Membership.person_id == person_id, Membership.is_in, Project.archived_at.is_(None))
        .order_by(Project.id.desc())
    )
    return [(project, role) for project, role in rows]


def all_projects(session: Session, *, archived: bool) -> Sequence[Project]:
    """Return the projects of the instance, newest first: those in use, or those archived or being deleted."""
    wanted = Project.archived_at.is_not(None) if archived else Project.archived_at.is_(None)
    return session.scalars(select(Project).where(wanted).order_by(Project.id.desc())).all()


def project_by_id(session: Session, project_id: int) -> Project:
    """Return a project, or raise NotFound."""
    project = session.get(Project, project_id)
    if project is None or project.deleted_at is not None:
        raise NotFound("There is no such project.")
    return project


def numbers_in(session: Session, project_id: int, entity: type[Any], numbers: Set[int]) -> set[int]:
    """Return those of ``numbers`` that are ids of a project's rows; of people, those who are or were in it."""
    ids = Membership.person_id if entity is Person else entity.id
    of_project = (Membership if entity is Person else entity).project_id == project_id
    return set(session.scalars(select(ids).where(of_project, ids.in_(numbers))))


def refuse_archived(session: Session, project_id: int) -> None:
    """Raise Archived where a project is. Nobody archives it until this transaction ends."""
    lock(session, Project, project_id)
    if session.scalar(select(Project.archived_at).where(Project.id == project_id)) is not None:
        raise Archived(ARCHIVED)


def project_named(session: Session, name: str) -> Project:
    """Return the project with this name or this number, or raise NotFound with the names there are."""
    number = whole_number(name)
    is_here = Project.deleted_at.is_(None)
    if number is not None and (project := session.scalar(select(Project).where(Project.id == number, is_here))):
        return project
    found = session.scalars(select(Project).where(Project.name == name, is_here).order_by(Project.id)).all()
    if len(found) == 1:
        return found[0]
    if found:
        numbers = ", ".join(str(project.id) for project in found)
        raise NotFound(f"{len(found)} projects are named “{name}”. Use a number instead: {numbers}.")
    names = session.scalars(select(Project.name).where(is_here).order_by(Project.id.desc()).limit(10)).all()
    raise NotFound(f"There is no project “{name}”. There is: {', '.join(names) or 'none yet'}.")


def create_project(session: Session, name: str, description: str, owner_id: int) -> Project:
    """Make a project; its maker owns it."""
    project = Project(
        name=clean_name(name, "Name", required=True),
        description=clean(description, "Description", limit=2_000),
    )
    session.add(project)
    session.flush()
    session.add(Membership(project_id=project.id, person_id=owner_id, role=Role.OWNER))
    record(session, "project.created", project_id=project.id, actor_id=owner_id, after={"name": project.name})
    return project


def edit_project(
    session: Session,
    project: Project,
    *,
    name: str,
    description: str,
    guidelines: str,
    approval_ratings: str,
    cost_limit: str,
    monthly_cost_limit: str,
    actor_id: int,
    annotators_edit: bool = False,
) -> None:
    """Change a project's name, texts, approval rule, what raters may and limits of money, as typed; an empty limit is
    none.

    The rule is the least number of ratings, 0 for no rule.
    """
    before = _settings_of(project)
    project.name = clean_name(name, "Name", required=True)
    project.description = clean(description, "Description", limit=2_000)
    _word_guidelines(session, project, clean(guidelines, "Guidelines", limit=20_000), actor_id)
    project.approval_ratings = parse_whole(approval_ratings, "Ratings needed", 0, _MOST_RATINGS) or 0
    project.annotators_edit = annotators_edit
    project.cost_limit = parse_limit(cost_limit, "Money in all")
    project.monthly_cost_limit = parse_limit(monthly_cost_limit, "Money a month")
    after = _settings_of(project)
    record(session, "project.edited", project_id=project.id, actor_id=actor_id, before=before, after=after)


def _word_guidelines(session: Session, project: Project, text: str, actor_id: int) -> None:
    """Store another text as the next version: ratings name the one that lay beside the example."""
    if text == project.guidelines:
        return
    project.guidelines, project.guidelines_version = text, project.guidelines_version + 1
    version = project.guidelines_version
    session.add(GuidelinesVersion(project_id=project.id, version=version, text=text, written_by_id=actor_id))


def _settings_of(project: Project) -> dict[str, Any]:
    names = ("name", "guidelines", "approval_ratings", "annotators_edit", "cost_limit", "monthly_cost_limit")
    return {name: getattr(project, name) for name in names}
