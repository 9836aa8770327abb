"""Freezing the approved set, and reading a frozen one."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import Conflict, NotFound
from app.models.candidates import Candidate, Outcome, is_approved, is_incomplete
from app.models.events import record
from app.models.projects import Project
from app.models.releases import Release, ReleaseItem
from app.releases.provenance import Provenance
from app.releases.record import canonical, examples_to_learn
from app.text import clean, clean_name

_BATCH = 500  # with the prompts of each, which are long
_LONGEST_NUMBER = 19  # more digits may not fit in a database's integer


@dataclass(frozen=True, slots=True)
class Approved:
    """How many approved examples a release would hold, and how many it would leave out, since they are incomplete."""

    ready: int
    held_back: int


def count_approved(session: Session, project_id: int) -> Approved:
    """Return how many examples of a project are approved now."""
    held_back = func.count().filter(is_incomplete())
    approved, held = session.execute(
        select(func.count(), held_back).where(
            Candidate.project_id == project_id, Candidate.outcome == Outcome.KEPT, is_approved()
        )
    ).one()
    return Approved(approved - held, held)


def freeze(session: Session, project: Project, *, name: str, notes: str, actor_id: int) -> Release:
    """Freeze the approved set as it is now, oldest candidate first. Memory stays flat.

    What was approved before incomplete examples were held back is left out where it is one, and counted in ``rule``.
    Raises Conflict where nothing is approved or the name is taken, InvalidInput where the name is empty.
    """
    held_back = count_approved(session, project.id).held_back
    release = Release(
        project_id=project.id,
        name=clean_name(name, "Name", required=True),
        notes=clean(notes, "Notes", limit=4_000),
        examples=0,
        sha256="",
        rule={"approval_ratings": project.approval_ratings, "held_back": held_back},
        created_by_id=actor_id,
    )
    session.add(release)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(
            f"There is a release named “{release.name}” already. Choose another name.", field="name"
        ) from error
    release.examples, release.sha256 = _freeze_items(session, release, project)
    if not release.examples:
        raise Conflict(_nothing(held_back))
    after = {"name": release.name, "examples": release.examples, "sha256": release.sha256}
    record(session, "release.frozen", project_id=project.id, actor_id=actor_id, subject_id=release.id, after=after)
    return release


def releases_of(session: Session, project_id: int) -> Sequence[Release]:
    """Return a project's releases, newest first."""
    return session.scalars(select(Release).where(Release.project_id == project_id).order_by(Release.id.desc())).all()


def release_in(session: Session, project_id: int, release_id: int) -> Release:
    """Return one release of a project, or raise NotFound."""
    release = session.get(Release, release_id)
    if release is None or release.project_id != project_id:
        raise NotFound("There is no such release in this project.")
    return release


def release_named(session: Session, name: str) -> Release:
    """Return the release with this number, name or start of its sha256, or raise NotFound."""
    ways = [Release.name == name]
    if name.isascii() and name.isdigit() and len(name) < _LONGEST_NUMBER:
        ways.insert(0, Release.id == int(name))
    if name:
        ways.append(Release.sha256.startswith(name, autoescape=True))
    found: Sequence[Release] = []
    is_here = select(Project.id).where(Project.id == Release.project_id, Project.deleted_at.is_(None)).exists()
    for way in ways:
        if found := session.scalars(select(Release).where(way, is_here)).all():
            break
    if len(found) != 1:
        what = f"{len(found)} releases fit" if found else "There is no release"
        raise NotFound(f"{what} “{name}”. The release's page shows its number.")
    return found[0]


def records_of(session: Session, release_id: int) -> Iterator[bytes]:
    """Yield the canonical JSON lines of a release in order, a batch at a time."""
    rows = session.execute(
        select(ReleaseItem.record)
        .where(ReleaseItem.release_id == release_id)
        .order_by(ReleaseItem.position)
        .execution_options(yield_per=_BATCH)
    )
    for (line,) in rows:
        yield line


def first_records(session: Session, release_id: int, limit: int) -> Sequence[bytes]:
    """Return the first ``limit`` canonical JSON lines of a release."""
    return session.scalars(
        select(ReleaseItem.record)
        .where(ReleaseItem.release_id == release_id)
        .order_by(ReleaseItem.position)
        .limit(limit)
    ).all()


def count_blank(session: Session, release: Release) -> int:
    """Return how many examples of a release have a blank output. None, since such are held back."""
    if "held_back" in release.rule:
        return 0
    return release.examples - sum(1 for _ in examples_to_learn(records_of(session, release.id)))


def _nothing(held_back: int) -> str:
    if held_back:
        return "No approved example has both an instruction and an output, so there is nothing to release."
    return "Nothing is approved yet, so there is nothing to release."


def _freeze_items(session: Session, release: Release, project: Project) -> tuple[int, str]:
    digest, position = hashlib.sha256(), 0
    provenance = Provenance(session, project)
    for batch in _approved_in_batches(session, release.project_id):
        lines = [canonical(each) for each in provenance.records(batch)]
        session.execute(
            insert(ReleaseItem),
            [
                {
                    "project_id": release.project_id,
                    "release_id": release.id,
                    "position": position + offset,
                    "candidate_id": candidate.id,
                    "record": line,
                }
                for offset, (candidate, line) in enumerate(zip(batch, lines, strict=True))
            ],
        )
        digest.update(b"".join(line + b"\n" for line in lines))
        position += len(lines)
    return position, digest.hexdigest()


def _approved_in_batches(session: Session, project_id: int) -> Iterator[Sequence[Candidate]]:
    after = 0
    while True:
        batch = session.scalars(
            select(Candidate)
            .where(
                Candidate.project_id == project_id,
                Candidate.outcome == Outcome.KEPT,
                Candidate.id > after,
                is_approved(),
                ~is_incomplete(),
            )
            .order_by(Candidate.id)
            .limit(_BATCH)
        ).all()
        if not batch:
            return
        yield batch
        after = batch[-1].id
        for candidate in batch:
            session.expunge(candidate)
