"""A project's own words for its prompts: written, looked up, restored. Nothing that was written is ever changed."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.database import lock
from app.errors import Conflict, NotFound
from app.generation.blanks import check
from app.generation.pipeline import Pipeline
from app.generation.pipelines import PIPELINES
from app.generation.sheet import PromptSheet
from app.generation.wording import SHIPPED, Wording, shipped_text
from app.models.events import record
from app.models.projects import Project
from app.models.prompts import PromptVersion
from app.text import clean

LONGEST_TEXT = 20_000
SHIPPED_VERSION = 0


def sheet_named(name: str) -> tuple[Pipeline, PromptSheet]:
    """Return the prompt called ``name`` with its pipeline. Raises NotFound where there is none."""
    for pipeline in PIPELINES:
        for sheet in pipeline.prompts:
            if sheet.name == name:
                return pipeline, sheet
    raise NotFound("There is no such prompt.")


def versions_of(session: Session, project_id: int, sheet: PromptSheet) -> Sequence[PromptVersion]:
    """Return the versions of a prompt that a project wrote, newest first, each with who wrote it."""
    return session.scalars(
        select(PromptVersion)
        .options(joinedload(PromptVersion.written_by))
        .where(PromptVersion.project_id == project_id, PromptVersion.name == sheet.name)
        .order_by(PromptVersion.version.desc())
    ).all()


def newest_versions(session: Session, project_id: int) -> dict[str, PromptVersion]:
    """Return the version in force of every prompt that a project wrote itself, by the prompt's name."""
    newest = (
        select(PromptVersion.name, func.max(PromptVersion.version).label("version"))
        .where(PromptVersion.project_id == project_id)
        .group_by(PromptVersion.name)
    )
    in_force = {row.name: row.version for row in session.execute(newest)}
    if not in_force:
        return {}
    rows = session.scalars(
        select(PromptVersion)
        .options(joinedload(PromptVersion.written_by))
        .where(PromptVersion.project_id == project_id, PromptVersion.name.in_(in_force))
    )
    return {row.name: row for row in rows if row.version == in_force[row.name]}


def versions_in_force(session: Session, project_id: int, pipeline: Pipeline) -> dict[str, int]:
    """Return the version of each prompt that a run of ``pipeline`` would use now; 0 are the shipped words."""
    own = newest_versions(session, project_id)
    names = [sheet.name for sheet in pipeline.prompts]
    return {name: own[name].version if name in own else SHIPPED_VERSION for name in names}


def wording_at(session: Session, project_id: int, versions: Mapping[str, int]) -> Wording:
    """Return the words of the prompts in ``versions``, whatever is in force now."""
    own = [name for name, version in versions.items() if version != SHIPPED_VERSION]
    if not own:
        return SHIPPED
    rows = session.scalars(
        select(PromptVersion).where(PromptVersion.project_id == project_id, PromptVersion.name.in_(own))
    )
    return Wording({row.name: row.text for row in rows if versions[row.name] == row.version})


def text_at(session: Session, project_id: int, sheet: PromptSheet, version: int) -> str:
    """Return the words of a prompt in one of its versions, 0 the shipped ones. Raises NotFound where there is none."""
    if version == SHIPPED_VERSION:
        return shipped_text(sheet.name)
    found = session.scalars(
        select(PromptVersion.text).where(
            PromptVersion.project_id == project_id, PromptVersion.name == sheet.name, PromptVersion.version == version
        )
    ).first()
    if found is None:
        raise NotFound(f"“{sheet.title}” has no version {version} in this project.")
    return found


def read_text(sheet: PromptSheet, text: str) -> str:
    """Return a typed text that may be sent. Raises InvalidInput, with the line, where its placeholders don't fit."""
    text = clean(text, "The text", limit=LONGEST_TEXT, required=True)
    check(text, sheet.names)
    return text


def save_prompt(session: Session, project_id: int, sheet: PromptSheet, text: str, *, seen: int, actor_id: int) -> int:
    """Store the words of a prompt as its next version; those in force again change nothing.

    ``seen`` is the version that the editor showed. Returns the version in force afterwards. Raises
    Conflict where somebody else was faster, and InvalidInput where the text can't be sent.
    """
    text = read_text(sheet, text)
    lock(session, Project, project_id)
    present = _present(session, project_id, sheet)
    if text == text_at(session, project_id, sheet, present):
        return present
    if seen != present:
        raise Conflict("Somebody else changed this prompt in the meantime. Look at their text, then make your change.")
    return _add(session, project_id, sheet, text, present, actor_id)


def restore_prompt(session: Session, project_id: int, sheet: PromptSheet, version: int, actor_id: int) -> int:
    """Put an earlier version in force again, as a new one with its words. Returns the version in force afterwards."""
    lock(session, Project, project_id)
    present, text = _present(session, project_id, sheet), text_at(session, project_id, sheet, version)
    if text == text_at(session, project_id, sheet, present):
        return present
    return _add(session, project_id, sheet, text, present, actor_id)


def _present(session: Session, project_id: int, sheet: PromptSheet) -> int:
    highest = select(func.max(PromptVersion.version)).where(
        PromptVersion.project_id == project_id, PromptVersion.name == sheet.name
    )
    return session.scalar(highest) or SHIPPED_VERSION


def _add(session: Session, project_id: int, sheet: PromptSheet, text: str, present: int, actor_id: int) -> int:
    row = PromptVersion(project_id=project_id, name=sheet.name, version=present + 1, text=text, written_by_id=actor_id)
    session.add(row)
    session.flush()
    after = {"prompt": sheet.title, "version": row.version}
    record(session, "prompt.edited", project_id=project_id, actor_id=actor_id, subject_id=row.id, after=after)
    return row.version
