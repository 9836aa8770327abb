"""What happened lately, in words."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.events import Event
from app.models.people import Person

_WORDS = {
    "candidate.edited": "edited example {subject}",
    "candidate.read_again": "read the answer behind example {subject} again",
    "comparison.started": "started comparison {subject}: {answers} answers to each of {examples} examples",
    "decision.made": "decided on example {subject}: {verdict}",
    "endpoint.added": "added the model {name}",
    "endpoint.edited": "changed the model {name}",
    "endpoint.learned": "learned what the model {name} takes",
    "endpoint.removed": "removed a model",
    "import.undone": "took import {subject} back: {removed} examples of {file} removed",
    "invitation.made": "invited {uses} as {role}",
    "invitation.revoked": "withdrew an invitation",
    "job.answered": "said what is in the file of job {subject}",
    "job.cancelled": "asked job {subject} to stop",
    "job.ended": "ended job {subject}: {sentence}",
    "job.started": "started job {subject}: {label}",
    "member.changed": "made a member {role}",
    "member.counted": "let a member’s ratings count again",
    "member.described": "answered the questions about themselves",
    "member.joined": "joined as {role}",
    "member.edits_taken_back": "took back what a member changed in {examples} examples",
    "member.left_out": "left a member’s ratings out of reports",
    "calls.written_off": "wrote {amount} of {calls} lost calls of run {subject} off",
    "member.paused": "paused a member",
    "member.resumed": "let a member go on rating",
    "member.removed": "removed a member",
    "near_duplicate.kept": "let example {subject} stay in place of example {instead_of}",
    "project.archived": "archived the project",
    "project.created": "created the project",
    "project.edited": "changed the settings",
    "project.restored": "took the project out of the archive",
    "prompt.edited": "changed the prompt “{prompt}” to version {version}",
    "rating.saved": "rated example {subject}",
    "rating.skipped": "skipped example {subject}",
    "rating.taken_back": "took a rating of example {subject} back",
    "release.frozen": "froze the release {name} with {examples} examples",
    "rubric.chosen": "asks raters “{rubric}” from now on",
    "rubric.edited": "wrote version {version} of the rubric “{rubric}”",
    "run.changed": "changed the speed or the money of run {subject}",
    "run.paused": "asked run {subject} to pause",
    "run.cancelled": "asked run {subject} to stop",
    "run.continued": "continued run {subject}",
    "run.ended": "ended run {subject}: {sentence}",
    "run.read_again": "read the answers of run {subject} again",
    "run.started": "started run {subject}",
    "seed_task.added": "added the seed task {name}",
    "seed_task.edited": "edited the seed task {name}",
    "seed_task.restored": "took a seed task back into use",
    "seed_task.retired": "retired a seed task",
    "seed_tasks.imported": "imported {seed_tasks} seed tasks",
    "study.adjudicated": "decided on “{question}” for example {candidate} of study {subject}",
    "study.closed": "closed the study {name}",
    "study.joined": "joined the study {name}",
    "study.opened": "opened the study {name}",
    "study.planned": "planned the study {name} of {examples} examples",
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One event as a sentence without its subject: ``who`` did ``what``."""

    who: str
    what: str
    at: dt.datetime


class _Brief(dict[str, Any]):
    """What an event says of itself; what it doesn't say is left out of the sentence."""

    def __missing__(self, key: str) -> str:
        return "…"


def newest_events(session: Session, project_id: int, limit: int) -> list[Happening]:
    """Return the newest events of a project, newest first."""
    rows = session.execute(
        select(Event, Person.name)
        .outerjoin(Person, Person.id == Event.actor_id)
        .where(Event.project_id == project_id)
        .order_by(Event.id.desc())
        .limit(limit)
    )
    return [Happening(name or "Tamis", _words(event), event.at) for event, name in rows]


def _words(event: Event) -> str:
    words = _WORDS.get(event.kind, event.kind.replace("_", " ").replace(".", ": "))
    return words.format_map(_Brief({"subject": event.subject_id} | event.after))
