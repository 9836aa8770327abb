"""Reports read, frozen when their study closes, and written to files."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.csv_lines import csv_line
from app.errors import Conflict
from app.models.base import now
from app.models.candidates import Rating
from app.models.events import record
from app.models.studies import Adjudication, Assignment, Study, StudyItem, StudyState
from app.people.members import left_out_of
from app.studies import looking
from app.studies.contenders import label_of, places_in
from app.studies.reports.contests import contest_report_of
from app.studies.reports.report import report_of
from app.studies.saying import decided_in, said_in
from app.studies.stopping import tell_plan
from app.studies.studying import rubric_of

_OF_EACH = ("candidate", "number", "gold", "seconds", "flagged", "stratum", "comment", "counts")
_FORMAT = 2
# What reports of the first format hold nothing of.
_LATER_PARTS: dict[str, Any] = {"contenders": [], "contests": [], "by_contender": [], "tags": [], "strata": []}


@dataclass(frozen=True, slots=True)
class Draft:
    """A report and the ``mark`` of what it was made from."""

    mark: tuple[Any, ...]
    report: dict[str, Any]


def read_report(session: Session, study: Study, without: Sequence[int] = ()) -> dict[str, Any]:
    """Return the frozen report of a closed study, else the report as it stands.

    It leaves out the ratings of ``without``, and of the members whom an owner left out of reports.
    """
    if study.report is not None and not without:
        return _as_now(orjson.loads(study.report))
    left_out = sorted({*without} | left_out_of(session, study.project_id))
    said, decided = said_in(session, study, left_out), decided_in(session, study)
    rubric, whose = rubric_of(session, study), places_in(session, study)
    contenders = [label_of(name) for name in study.contenders]
    found = (
        contest_report_of(rubric, said, decided, whose, contenders) if contenders else report_of(rubric, said, decided)
    )
    known = {"format": _FORMAT, "study": _about(session, study), "left_out": left_out}
    return known | {"sequential": looking.as_json(looking.look(session, study, left_out), study)} | found


def _as_now(frozen: dict[str, Any]) -> dict[str, Any]:
    """Return a report as frozen by any version of Tamis with all that pages look for; the file stays as it was."""
    if frozen["format"] == 1:
        for each in (*frozen["questions"], frozen["all_valid"] or {}):
            each.setdefault("by_example", each.get("after_decisions"))
        frozen["counts"].setdefault("items", frozen["counts"]["examples"])
        for each in frozen["ratings"]:
            counts = not (each["skipped"] or each["gold"] or each["number"] > 1)
            each.update({"tags": [], "all_valid": None, "counts": counts} | each)
    return _LATER_PARTS | frozen


def draft_of(session: Session, study: Study) -> Draft:
    """Return the report of a study as it stands, for it to be closed on: making it takes a while for a large one."""
    return Draft(_mark(session, study), read_report(session, study))


def close_study(session: Session, study: Study, actor_id: int, draft: Draft | None = None) -> None:
    """Close a locked study: nobody rates in it any more, and its report is frozen with its checksum.

    With a ``draft`` that nothing was said after, nobody waits for the report to be made.
    """
    if study.state is StudyState.PLANNED:
        raise Conflict("This study hasn’t begun, so there is nothing to close.")
    if study.state is StudyState.CLOSED:
        return
    study.state, study.closed_at = StudyState.CLOSED, now()
    session.flush()
    is_current = draft is not None and draft.mark == _mark(session, study)
    report = draft.report | {"study": _about(session, study)} if draft and is_current else read_report(session, study)
    frozen = orjson.dumps(report, option=orjson.OPT_SORT_KEYS)
    study.report, study.report_sha256 = frozen, hashlib.sha256(frozen).hexdigest()
    after = {"name": study.name, "sha256": study.report_sha256}
    record(session, "study.closed", project_id=study.project_id, actor_id=actor_id, subject_id=study.id, after=after)


def _mark(session: Session, study: Study) -> tuple[Any, ...]:
    """Return what is different as soon as anybody answers, takes back, decides or is left out."""
    said = session.execute(
        select(func.count(), func.max(Rating.id), func.max(Rating.replaced_at))
        .join(Assignment, Assignment.id == Rating.assignment_id)
        .where(Assignment.study_id == study.id)
    ).one()
    decided = session.scalar(
        select(func.max(Adjudication.id))
        .join(StudyItem, StudyItem.id == Adjudication.study_item_id)
        .where(StudyItem.study_id == study.id)
    )
    return (*said, decided, study.sentence, *sorted(left_out_of(session, study.project_id)))


def json_of(session: Session, study: Study) -> bytes:
    """Return the report as JSON; of a closed study the very bytes that its checksum is over."""
    if study.report is not None:
        return study.report
    return orjson.dumps(read_report(session, study), option=orjson.OPT_SORT_KEYS)


def figures_csv(report: dict[str, Any]) -> Iterator[str]:
    """Yield the shares as CSV, a line for each answer to each question, then one for what is fine in each stratum."""
    yield csv_line("question", "answer", "count", "of", "share", "low", "high", "reference", "stratum")
    for question in report["questions"]:
        for each in question["shares"]:
            reference = question["reference"] if each["answer"] == question["valid"] else None
            yield _figures(question["name"], each["answer"], each, reference)
    if report["all_valid"] is not None:
        yield _figures("all", "valid", report["all_valid"], report["all_valid"]["reference"])
    for part in report["strata"]:
        for question, fine in part["fine"].items():
            yield _figures(question, "fine", fine, None, part["stratum"])
        if part["all_valid"] is not None:
            yield _figures("all", "valid", part["all_valid"], None, part["stratum"])
    yield from _contest_figures(report)


def ratings_csv(report: dict[str, Any]) -> Iterator[str]:
    """Yield the ratings as CSV, a line for each answer, with the columns that ``tamis agreement`` takes."""
    names = {each["id"]: each["name"] for each in report["annotators"]}
    yield csv_line("item", "annotator", "question", "answer", "name", *_OF_EACH, "tags")
    for each in report["ratings"]:
        who = each["annotator"]
        rest = (names[who], *(each[name] for name in _OF_EACH), ", ".join(each["tags"]))
        for question, answer in each["answers"].items():
            yield csv_line(each["item"], who, question, answer, *rest)


def _contest_figures(report: dict[str, Any]) -> Iterator[str]:
    """The contender stands where a stratum does, or both of a pair with the better one for an answer."""
    for contest in report["contests"]:
        for pair in contest["pairs"]:
            for share in pair["shares"]:
                both = f"{pair['one']} / {pair['other']}"
                yield _figures(contest["question"], share["answer"], share, None, both)
    for contender in report["by_contender"]:
        for question in contender["questions"]:
            for share in question["shares"]:
                yield _figures(question["name"], share["answer"], share, None, contender["name"])


def _figures(question: str, answer: str, each: dict[str, Any], reference: float | None, stratum: str = "") -> str:
    figures = (each["count"], each["of"], each["value"], each["low"], each["high"])
    return csv_line(question, answer, *figures, reference, stratum)


def _about(session: Session, study: Study) -> dict[str, Any]:
    return {
        "id": study.id,
        "name": study.name,
        "population": study.population,
        "matched": study.matched,
        "size": study.size,
        "seed": study.seed,
        "strata": study.strata,
        "one_instance": study.one_instance,
        "contenders": study.contenders,
        "items_each": study.items_each,
        "rubric": study.rubric,
        "rubric_version": study.rubric_version,
        "overlap": study.overlap,
        "gold": study.gold,
        "repeats": study.repeats,
        "plan": study.plan | {"sentence": tell_plan(study.plan, rubric_of(session, study))},
        "stopped": study.sentence,
        "opened_at": _moment(study.opened_at),
        "closed_at": _moment(study.closed_at),
    }


def _moment(at: Any) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
