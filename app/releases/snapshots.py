"""Freezing the approved set, and reading a frozen one."""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from app.errors import Conflict, NotFound
from app.models.candidates import Candidate, Decision, Outcome, Rating, Verdict, is_approved
from app.models.events import record
from app.models.generation import Call, DemonstrationShown, Run
from app.models.jobs import Job
from app.models.projects import Project
from app.models.releases import Release, ReleaseItem
from app.releases.record import canonical
from app.text import NAME_LIMIT, clean

_BATCH = 1_000
_LONGEST_NUMBER = 19  # more digits may not fit in a database's integer


def count_approved(session: Session, project_id: int) -> int:
    """Return how many examples of a project are approved now."""
    query = select(func.count()).where(
        Candidate.project_id == project_id, Candidate.outcome == Outcome.KEPT, is_approved()
    )
    return int(session.scalar(query) or 0)


def freeze(session: Session, project: Project, *, name: str, notes: str, actor_id: int) -> Release:
    """Freeze the approved set as it is now, oldest candidate first. Memory stays flat.

    Raises Conflict where nothing is approved or the name is taken, InvalidInput where the name is empty.
    """
    release = Release(
        project_id=project.id,
        name=clean(name, "Name", limit=NAME_LIMIT, required=True, lines=False),
        notes=clean(notes, "Notes", limit=4_000),
        examples=0,
        sha256="",
        rule={"approval_ratings": project.approval_ratings},
        created_by_id=actor_id,
    )
    session.add(release)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(
            f"There is a release named “{release.name}” already. Choose another name.", field="name"
        ) from error
    release.examples, release.sha256 = _freeze_items(session, release)
    if not release.examples:
        raise Conflict("Nothing is approved yet, so there is nothing to release.")
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


def _freeze_items(session: Session, release: Release) -> tuple[int, str]:
    digest, position = hashlib.sha256(), 0
    for batch in _approved_in_batches(session, release.project_id):
        lines = [canonical(each) for each in _records(session, batch)]
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


def _records(session: Session, batch: Sequence[Candidate]) -> Iterator[dict[str, Any]]:
    """Yield the full record of every candidate: its texts and the proof of where it came from."""
    ids = [candidate.id for candidate in batch]
    calls = {each for c in batch for each in (c.call_id, c.instance_call_id) if each is not None}
    models = dict(session.execute(select(Call.id, Call.model).where(Call.id.in_(calls))).all())
    runs = {c.run_id for c in batch if c.run_id is not None}
    pipelines = dict(session.execute(select(Run.id, Run.pipeline).where(Run.id.in_(runs))).all())
    files = _files(session, {c.import_id for c in batch if c.import_id is not None})
    shown = _by(
        session.execute(
            select(DemonstrationShown.call_id, DemonstrationShown.seed_task_id, DemonstrationShown.candidate_id)
            .where(DemonstrationShown.call_id.in_(calls))
            .order_by(DemonstrationShown.call_id, DemonstrationShown.position)
        )
    )
    ratings = _by(
        session.execute(
            select(Rating.candidate_id, Rating.annotator_id, Rating.answers, Rating.candidate_version)
            .where(Rating.candidate_id.in_(ids), Rating.replaced_at.is_(None), ~Rating.skipped)
            .order_by(Rating.candidate_id, Rating.id)
        )
    )
    decisions = _decisions(session, ids)
    for candidate in batch:
        yield {
            "id": candidate.id,
            "instruction": candidate.instruction,
            "input": candidate.input,
            "output": candidate.output,
            "is_classification": candidate.is_classification,
            "version": candidate.version,
            "source": {
                "run": candidate.run_id,
                "pipeline": pipelines.get(candidate.run_id or 0),
                "import": files[candidate.import_id] | {"line": candidate.line} if candidate.import_id else None,
                "call": candidate.call_id,
                "model": models.get(candidate.call_id or 0),
                "practice": candidate.from_practice,
                "demonstrations": [
                    {"seed_task": seed} if seed is not None else {"candidate": other}
                    for _, seed, other in shown.get(candidate.call_id or 0, ())
                ],
                "similarity": candidate.similarity,
            },
            "ratings": [
                {"annotator": annotator, "answers": answers, "version": version}
                for _, annotator, answers, version in ratings.get(candidate.id, ())
            ],
            "decision": decisions[candidate.id],
        }


def _files(session: Session, import_ids: set[int]) -> dict[int, dict[str, Any]]:
    rows = session.execute(select(Job.id, Job.parameters).where(Job.id.in_(import_ids)))
    return {job_id: {"file": said["file"], "sha256": said["sha256"]} for job_id, said in rows}


def _by(rows: Any) -> dict[int, list[Any]]:
    """Group rows by their first column, by which they are sorted."""
    return {key: list(group) for key, group in itertools.groupby(rows, key=lambda row: row[0])}


def _decisions(session: Session, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    later = aliased(Decision)
    newest = ~select(later.id).where(later.candidate_id == Decision.candidate_id, later.id > Decision.id).exists()
    rows = session.execute(
        select(Decision.candidate_id, Decision.decided_by_id, Decision.reason, Decision.created_at).where(
            Decision.candidate_id.in_(ids), newest
        )
    )
    return {
        candidate_id: {"by": by, "reason": reason, "at": _moment(at), "verdict": Verdict.APPROVED.value}
        for candidate_id, by, reason, at in rows
    }


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
