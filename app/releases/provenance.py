"""What a release says of each of its examples: its texts and the proof of where they came from."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session, aliased

from app.examples import Example
from app.models.candidates import Candidate, Decision, Rating, Verdict
from app.models.generation import Call, DemonstrationShown, Run
from app.models.jobs import Job
from app.models.projects import Project, SeedTask
from app.rating.own_rubrics import rubrics_asked
from app.rating.rubric import Rubric
from app.releases.pseudonyms import pseudonym_of
from app.releases.record import SCHEMA, fingerprint_of, json_text, json_text_as_it_came, sha256_of

_BY_RULE = "rule"


class Provenance:
    """Describes the candidates of a project, a batch at a time."""

    def __init__(self, session: Session, project: Project) -> None:
        self._session, self._project = session, project
        self._rubrics = rubrics_asked(session, project.id)

    def records(self, batch: Sequence[Candidate]) -> Iterator[dict[str, Any]]:
        """Yield the record of every approved candidate of a batch, see ``record.py`` for its shape."""
        ids = [candidate.id for candidate in batch]
        calls, runs = self._calls(batch), self._runs(batch)
        files, sources = self._files(batch), self._sources(batch)
        shown, ratings, decisions = self._shown(calls), self._ratings(ids), self._decisions(ids)
        for candidate in batch:
            yield {
                "schema": SCHEMA,
                "id": candidate.id,
                "instruction": candidate.instruction,
                "input": candidate.input,
                "output": candidate.output,
                "sha256": fingerprint_of(_example(candidate)),
                "is_classification": {True: "yes", False: "no", None: ""}[candidate.is_classification],
                "version": candidate.version,
                "edited": candidate.version > 1,
                "metadata": json_text_as_it_came(candidate.metadata_ or {}),
                "source": {
                    "kind": _kind(candidate),
                    "practice": candidate.from_practice,
                    "compared": candidate.similarity is not None,
                    "similarity": candidate.similarity or 0.0,
                    "import": _import(candidate, files),
                    "run": _run(runs.get(candidate.run_id or 0)),
                    "proposed": _call(calls.get(candidate.call_id or 0)),
                    "answered": _call(calls.get(candidate.instance_call_id or 0)),
                    "demonstrations": json_text(shown.get(candidate.call_id or 0, [])),
                    "derived_from": _derived(candidate, sources),
                },
                "ratings": json_text(ratings.get(candidate.id, [])),
                "decision": decisions[candidate.id],
            }

    def _calls(self, batch: Sequence[Candidate]) -> dict[int, Row[Any]]:
        ids = {each for c in batch for each in (c.call_id, c.instance_call_id) if each is not None}
        columns = (Call.id, Call.purpose, Call.model, Call.sampling, Call.prompt)
        return {row.id: row for row in self._session.execute(select(*columns).where(Call.id.in_(ids)))}

    def _runs(self, batch: Sequence[Candidate]) -> dict[int, Row[Any]]:
        ids = {candidate.run_id for candidate in batch if candidate.run_id is not None}
        columns = (Run.id, Run.pipeline, Run.seed, Run.parameters, Run.thresholds, Run.wording)
        return {row.id: row for row in self._session.execute(select(*columns).where(Run.id.in_(ids)))}

    def _files(self, batch: Sequence[Candidate]) -> Mapping[int, Mapping[str, Any]]:
        ids = {candidate.import_id for candidate in batch if candidate.import_id is not None}
        rows = self._session.execute(select(Job.id, Job.parameters).where(Job.id.in_(ids)))
        return dict(rows.all())

    def _sources(self, batch: Sequence[Candidate]) -> dict[int, Example]:
        ids = {candidate.derived_from_id for candidate in batch if candidate.derived_from_id is not None}
        columns = (Candidate.id, Candidate.instruction, Candidate.input, Candidate.output)
        rows = self._session.execute(select(*columns).where(Candidate.id.in_(ids)))
        return {source_id: Example(*texts) for source_id, *texts in rows}

    def _shown(self, calls: Mapping[int, Any]) -> dict[int, list[dict[str, Any]]]:
        rows = self._session.execute(
            select(DemonstrationShown.call_id, SeedTask.id, SeedTask.instruction, Candidate.id, Candidate.instruction)
            .select_from(DemonstrationShown)
            .outerjoin(SeedTask, SeedTask.id == DemonstrationShown.seed_task_id)
            .outerjoin(Candidate, Candidate.id == DemonstrationShown.candidate_id)
            .where(DemonstrationShown.call_id.in_(calls))
            .order_by(DemonstrationShown.call_id, DemonstrationShown.position)
        )
        return {
            call_id: [
                _demonstration("seed task", seed_id, seed)
                if seed_id is not None
                else _demonstration("example", candidate_id, instruction)
                for _, seed_id, seed, candidate_id, instruction in group
            ]
            for call_id, group in _by_first(rows)
        }

    def _ratings(self, ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
        ratings = self._session.scalars(
            select(Rating)
            .where(Rating.candidate_id.in_(ids), Rating.replaced_at.is_(None), ~Rating.skipped)
            .order_by(Rating.candidate_id, Rating.id)
        )
        found: dict[int, list[dict[str, Any]]] = {}
        for rating in ratings:
            found.setdefault(rating.candidate_id, []).append(self._rating(rating))
            self._session.expunge(rating)
        return found

    def _rating(self, rating: Rating) -> dict[str, Any]:
        rubric = self._rubrics.get((rating.rubric, rating.rubric_version))
        return {
            "annotator": pseudonym_of(self._project, rating.annotator_id),
            "rubric": rating.rubric,
            "rubric_version": rating.rubric_version,
            "answers": _answers(rating.answers, rubric),
            "compared": rating.shown,
            "comment": rating.comment,
            "flagged": rating.flagged,
            "tags": rating.tags,
            "seconds": rating.seconds,
            "guidelines_version": rating.guidelines_version,
            "in_study": rating.assignment_id is not None,
            "version": rating.candidate_version,
        }

    def _decisions(self, ids: Sequence[int]) -> dict[int, dict[str, str]]:
        later = aliased(Decision)
        newest = ~select(later.id).where(later.candidate_id == Decision.candidate_id, later.id > Decision.id).exists()
        rows = self._session.execute(
            select(Decision.candidate_id, Decision.decided_by_id, Decision.reason, Decision.created_at).where(
                Decision.candidate_id.in_(ids), newest
            )
        )
        return {
            candidate_id: {
                "by": _BY_RULE if by is None else pseudonym_of(self._project, by),
                "reason": reason,
                "at": _moment(at),
                "verdict": Verdict.APPROVED.value,
            }
            for candidate_id, by, reason, at in rows
        }


def _kind(candidate: Candidate) -> str:
    if candidate.import_id is not None:
        return "import"
    return "run" if candidate.run_id is not None else "other"


def _import(candidate: Candidate, files: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """The file, and which of its records the example was; both count from 1, and 0 where it came from no file."""
    said = files.get(candidate.import_id or 0, {})
    return {
        "file": said.get("file", ""),
        "sha256": said.get("sha256", ""),
        "format": said.get("format", ""),
        "record": candidate.position + 1 if said else 0,
        "line": candidate.line or 0,
    }


def _run(run: Any) -> dict[str, Any]:
    return {
        "id": run.id if run else 0,
        "pipeline": run.pipeline if run else "",
        "seed": run.seed if run else 0,
        "parameters": json_text(run.parameters if run else {}),
        "thresholds": json_text(run.thresholds if run else {}),
        "prompt_versions": json_text(run.wording if run else {}),
    }


def _call(call: Any) -> dict[str, Any]:
    prompt = call.prompt if call else ""
    return {
        "call": call.id if call else 0,
        "purpose": call.purpose if call else "",
        "model": call.model if call else "",
        "sampling": json_text(call.sampling if call else {}),
        "prompt": prompt,
        "prompt_sha256": sha256_of(prompt) if call else "",
    }


def _derived(candidate: Candidate, sources: Mapping[int, Example]) -> dict[str, Any]:
    source = sources.get(candidate.derived_from_id or 0)
    return {"id": candidate.derived_from_id or 0, "sha256": fingerprint_of(source) if source else ""}


def _demonstration(kind: str, number: int, instruction: str) -> dict[str, Any]:
    return {"kind": kind, "id": number, "instruction": instruction, "sha256": sha256_of(instruction)}


def _answers(answers: Mapping[str, str], rubric: Rubric | None) -> list[dict[str, str]]:
    """Each answer with the words of its question and its own, as the annotator read them."""
    questions = {question.name: question for question in rubric.questions} if rubric else {}
    return [
        {
            "question": name,
            "asked": questions[name].label if name in questions else "",
            "answer": answer,
            "said": questions[name].label_of(answer) if name in questions else "",
        }
        for name, answer in answers.items()
    ]


def _example(candidate: Candidate) -> Example:
    return Example(candidate.instruction, candidate.input, candidate.output)


def _by_first(rows: Any) -> Iterator[tuple[int, Iterator[Any]]]:
    """Group rows by their first column, by which they are sorted."""
    return itertools.groupby(rows, key=lambda row: row[0])


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
