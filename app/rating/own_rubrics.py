"""What a project asks its raters: a shipped rubric or one of its own, versioned. Nothing that was written changes."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.database import lock
from app.errors import Conflict, NotFound
from app.models.events import record
from app.models.projects import Project
from app.models.rubrics import RubricVersion
from app.rating.rubric import Rubric
from app.rating.rubric_files import dump_rubric, read_rubric, read_stored_rubric
from app.rating.rubrics import RUBRICS

_SHIPPED = {rubric.name: rubric for rubric in RUBRICS}


def present_rubric(session: Session, project: Project) -> Rubric:
    """Return what raters of a project are asked now."""
    return rubric_at(session, project.id, project.rubric, project.rubric_version)


def rubric_at(session: Session, project_id: int, name: str, version: int | None = None) -> Rubric:
    """Return a rubric of a project, or a shipped one, in a version (None: the newest). Raises NotFound."""
    if name in _SHIPPED:
        return _SHIPPED[name]
    found = select(RubricVersion).where(RubricVersion.project_id == project_id, RubricVersion.name == name)
    if version is not None:
        found = found.where(RubricVersion.version == version)
    row = session.scalars(found.order_by(RubricVersion.version.desc()).limit(1)).first()
    if row is None:
        raise NotFound("There is no such rubric in this project.")
    return rubric_of(row)


def rubric_of(row: RubricVersion) -> Rubric:
    """Return the rubric that a row holds."""
    return read_stored_rubric(row.content, name=row.name, version=row.version)


def own_rubrics(session: Session, project_id: int) -> list[Rubric]:
    """Return a project's own rubrics in their newest versions, by name."""
    newest = (
        select(RubricVersion.name, func.max(RubricVersion.version).label("version"))
        .where(RubricVersion.project_id == project_id)
        .group_by(RubricVersion.name)
        .subquery()
    )
    is_newest = (RubricVersion.name == newest.c.name) & (RubricVersion.version == newest.c.version)
    rows = select(RubricVersion).join(newest, is_newest).where(RubricVersion.project_id == project_id)
    return [rubric_of(row) for row in session.scalars(rows.order_by(RubricVersion.name))]


def rubrics_asked(session: Session, project_id: int) -> dict[tuple[str, int], Rubric]:
    """Return every rubric that ratings of a project may name, shipped ones and all versions of its own."""
    rows = session.scalars(select(RubricVersion).where(RubricVersion.project_id == project_id))
    shipped = {(rubric.name, rubric.version): rubric for rubric in RUBRICS}
    return shipped | {(row.name, row.version): rubric_of(row) for row in rows}


def versions_of(session: Session, project_id: int, name: str) -> Sequence[RubricVersion]:
    """Return the versions of a project's own rubric, newest first, each with who wrote it."""
    return session.scalars(
        select(RubricVersion)
        .options(joinedload(RubricVersion.written_by))
        .where(RubricVersion.project_id == project_id, RubricVersion.name == name)
        .order_by(RubricVersion.version.desc())
    ).all()


def copy_rubric(session: Session, project_id: int, name: str, actor_id: int) -> Rubric:
    """Make a rubric of the project's own from any it knows, to be edited. Returns its first version."""
    lock(session, Project, project_id)
    source = rubric_at(session, project_id, name)
    taken = set(_SHIPPED) | set(
        session.scalars(select(RubricVersion.name).where(RubricVersion.project_id == project_id).distinct())
    )
    stem = re.sub(r"_\d+$", "", name)[:50]
    own = next(f"{stem}_{number}" for number in range(2, len(taken) + 3) if f"{stem}_{number}" not in taken)
    return _add(session, project_id, own, 1, dump_rubric(source) | {"label": f"{source.label} (own)"[:80]}, actor_id)


def save_rubric(session: Session, project: Project, name: str, content: Any, *, seen: int, actor_id: int) -> Rubric:
    """Store a project's own rubric as its next version; the same content again changes nothing.

    ``seen`` is the version that the editor showed. Where the rubric is asked, its new version is from now on. Raises
    InvalidInput where the content is no rubric, and Conflict where somebody else was faster.
    """
    lock(session, Project, project.id)
    present = rubric_at(session, project.id, name)
    if name in _SHIPPED:
        raise Conflict("This rubric comes with Tamis and never changes. Copy it, then change the copy.")
    rubric = read_rubric(content, name=name, version=present.version)
    if rubric == present:
        return present
    if seen != present.version:
        raise Conflict("Somebody else changed this rubric in the meantime. Look at theirs, then make your change.")
    saved = _add(session, project.id, name, present.version + 1, dump_rubric(rubric), actor_id)
    if project.rubric == name:
        project.rubric_version = saved.version
    return saved


def choose_rubric(session: Session, project: Project, name: str, actor_id: int) -> Rubric:
    """Ask a rubric in its newest version from now on. Ratings from before keep theirs."""
    rubric = rubric_at(session, project.id, name)
    if (project.rubric, project.rubric_version) != (rubric.name, rubric.version):
        project.rubric, project.rubric_version = rubric.name, rubric.version
        after = {"rubric": rubric.label, "version": rubric.version}
        record(session, "rubric.chosen", project_id=project.id, actor_id=actor_id, after=after)
    return rubric


def _add(session: Session, project_id: int, name: str, version: int, content: dict[str, Any], actor_id: int) -> Rubric:
    rubric = read_rubric(content, name=name, version=version)
    row = RubricVersion(project_id=project_id, name=name, version=version, content=content, written_by_id=actor_id)
    session.add(row)
    session.flush()
    after = {"rubric": rubric.label, "version": version}
    record(session, "rubric.edited", project_id=project_id, actor_id=actor_id, subject_id=row.id, after=after)
    return rubric
