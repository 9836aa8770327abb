"""The examples that a run is started over: chosen by somebody, and read as they were at that moment."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, TypeAlias, overload

from sqlalchemy import ColumnElement, Select, and_, func, insert, or_, select
from sqlalchemy.orm import Session

from app.database import Database
from app.errors import InvalidInput
from app.generation.pipeline import Demonstration
from app.models.candidates import Candidate, CandidateVersion, Outcome, is_approved
from app.models.comparisons import Alternative, ChosenExample, Comparison
from app.models.generation import Run
from app.text import comparable, parse_whole, whole_number

_AT_HAND = 200


class Which(StrEnum):
    """Which examples of a project are meant. ``UNANSWERED``: their output is empty, so a filter may have objected."""

    KEPT = "kept"
    APPROVED = "approved"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which examples, of one run or import where one is named, and at most how many, drawn by lot."""

    which: Which = Which.KEPT
    run_id: int | None = None
    import_id: int | None = None
    most: int | None = None

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Choice":
        """Return a choice as ``as_json`` gave it, or every kept example where nothing is stored."""
        return cls(**{**stored, "which": Which(stored["which"])}) if stored else EVERY_KEPT

    def as_json(self) -> dict[str, Any]:
        """Return what a run stores."""
        return asdict(self)

    @property
    def origin(self) -> str:
        """The run or import as it is typed."""
        if self.run_id is not None:
            return f"run-{self.run_id}"
        return f"import-{self.import_id}" if self.import_id is not None else ""


EVERY_KEPT = Choice()
LABELS = {
    Which.KEPT: "Kept examples",
    Which.APPROVED: "Approved examples",
    Which.UNANSWERED: "Examples without an output",
}
# Ids with versions.
Chosen: TypeAlias = Sequence[tuple[int, int]]


def read_choice(which: str, origin: str, most: str) -> Choice:
    """Return a choice as it is typed: ``origin`` is ``run-5``, ``import-7`` or nothing, ``most`` a number or nothing.

    Raises InvalidInput with the field named.
    """
    try:
        chosen = Which(which or Which.KEPT)
    except ValueError as error:
        raise InvalidInput("Choose kept, approved or unanswered examples.", field="which") from error
    run_id, import_id = parse_origin(origin)
    return Choice(chosen, run_id, import_id, parse_whole(most, "At most", 1, 1_000_000))


def parse_origin(written: str) -> tuple[int | None, int | None]:
    """Return the numbers of the run and the import that an origin names: ``run-5``, ``import-7``, or nothing.

    Raises InvalidInput for anything else: what can't be read must not come to mean everything.
    """
    if not written:
        return None, None
    kind, _, digits = written.partition("-")
    number = whole_number(digits)
    if kind not in {"run", "import"} or number is None:
        raise InvalidInput("Choose a run or an import with its number, such as run-5 or import-7.", field="origin")
    return (number, None) if kind == "run" else (None, number)


def count_chosen(session: Session, project_id: int, choice: Choice) -> int:
    """Return how many examples a choice comes to now."""
    found = session.scalar(select(func.count()).select_from(_found(project_id, choice).subquery())) or 0
    return min(found, choice.most or found)


def choose(session: Session, project_id: int, choice: Choice, seed: int) -> Chosen:
    """Return the ids and versions of the chosen examples, oldest first; the same ``seed`` draws the same ones."""
    found = [(row.id, row.version) for row in session.execute(_found(project_id, choice).order_by(Candidate.id))]
    if choice.most is None or len(found) <= choice.most:
        return found
    rng = random.Random(f"chosen/{seed}")  # noqa: S311 - repeatable on purpose, guards nothing
    return sorted(rng.sample(found, choice.most))


def store_chosen(session: Session, run: Run, chosen: Chosen) -> None:
    """Write down what a run is over."""
    rows = [
        {
            "project_id": run.project_id,
            "run_id": run.id,
            "position": position,
            "candidate_id": candidate_id,
            "candidate_version": version,
        }
        for position, (candidate_id, version) in enumerate(chosen)
    ]
    if rows:
        session.execute(insert(ChosenExample), rows)


def demonstrations_of(session: Session, chosen: Chosen) -> list[Demonstration]:
    """Return a few chosen examples, as they are now, in their order."""
    ids = [candidate_id for candidate_id, _ in chosen]
    found = {each.id: each for each in session.scalars(select(Candidate).where(Candidate.id.in_(ids)))}
    return [_demonstration(found[candidate_id]) for candidate_id in ids if candidate_id in found]


class ChosenExamples(Sequence[Demonstration]):
    """What a run is over, read from the database a stretch at a time.

    For a run that judges, each has the answers to it that its comparison has found, in the order of their ids.
    """

    def __init__(self, database: Database, session: Session, run: Run, *, answered: bool) -> None:
        self._database, self._run_id, self._answered = database, run.id, answered
        self._length = session.scalar(select(func.count()).where(ChosenExample.run_id == run.id)) or 0
        self._at_hand: dict[int, Demonstration] = {}

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, position: int) -> Demonstration: ...
    @overload
    def __getitem__(self, position: slice) -> list[Demonstration]: ...
    def __getitem__(self, position: int | slice) -> Demonstration | list[Demonstration]:
        if isinstance(position, slice):
            return [self[each] for each in range(*position.indices(self._length))]
        if position not in self._at_hand:
            if not 0 <= position < self._length:
                raise IndexError(position)
            self._read(position)
        return self._at_hand[position]

    def _read(self, first: int) -> None:
        """Forget what lies far behind: rounds go forward, no more than a window at a time."""
        self._at_hand = {at: each for at, each in self._at_hand.items() if at > first - 2 * _AT_HAND}
        stretch = ChosenExample.position.between(first, first + _AT_HAND - 1)
        with self._database.reading() as session:
            rows = session.execute(chosen_texts().where(ChosenExample.run_id == self._run_id, stretch)).all()
            answers = self._answers(session, [row.id for row in rows]) if self._answered else {}
        for row in rows:
            shown = _demonstration(row)
            self._at_hand[row.position] = _answered(shown, answers.get(row.id, ())) if self._answered else shown

    def _answers(self, session: Session, candidate_ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
        found: dict[int, list[tuple[int, str]]] = {}
        answers = select(Alternative.candidate_id, Alternative.id, Alternative.output).where(
            Alternative.candidate_id.in_(candidate_ids), is_judged_by(self._run_id)
        )
        for candidate_id, alternative_id, output in session.execute(answers.order_by(Alternative.id)):
            found.setdefault(candidate_id, []).append((alternative_id, output))
        return found


def _demonstration(row: Any) -> Demonstration:
    given = ((row.input, row.output),)
    return Demonstration(row.instruction, given, bool(row.is_classification), candidate_id=row.id)


def _answered(example: Demonstration, answers: Sequence[tuple[int, str]]) -> Demonstration:
    """Add the answers to an example; those who answered alike are judged together, once."""
    ((given, _),) = example.instances
    ids: dict[str, tuple[int, ...]] = {}
    outputs: dict[str, str] = {}
    for alternative_id, output in answers:
        alike = comparable(output).strip()
        ids[alike] = (*ids.get(alike, ()), alternative_id)
        outputs.setdefault(alike, output)
    instances = tuple((given, output) for output in outputs.values())
    return replace(example, instances=instances, alternative_ids=tuple(ids.values()))


def is_judged_by(run_id: int) -> ColumnElement[bool]:
    """Return the condition that a row of ``alternatives`` is an answer that a judging run compares.

    Those that were there when it began: an answering run that is continued later changes nothing for it.
    """
    judging = select(Run).where(Run.id == run_id).subquery()
    answering = select(Run.id).where(Run.comparison_id == judging.c.comparison_id, Run.id != run_id)
    with_own = select(Comparison.with_own).where(Comparison.id == judging.c.comparison_id)
    version = select(ChosenExample.candidate_version).where(
        ChosenExample.run_id == run_id, ChosenExample.candidate_id == Alternative.candidate_id
    )
    is_own = and_(
        Alternative.is_own,
        with_own.scalar_subquery(),
        Alternative.candidate_version == version.scalar_subquery(),
    )
    was_there = Alternative.created_at <= select(judging.c.started_at).scalar_subquery()
    return and_(Alternative.outcome == Outcome.KEPT, was_there, or_(Alternative.run_id.in_(answering), is_own))


def _found(project_id: int, choice: Choice) -> Select[int, int]:
    found = select(Candidate.id, Candidate.version).where(Candidate.project_id == project_id)
    if choice.run_id is not None:
        found = found.where(Candidate.run_id == choice.run_id)
    if choice.import_id is not None:
        found = found.where(Candidate.import_id == choice.import_id)
    if choice.which is Which.UNANSWERED:
        # Nobody has looked at what was rejected for something else.
        return found.where(
            Candidate.output == "",
            or_(Candidate.outcome == Outcome.KEPT, Candidate.rejected_by.in_(("instances", "format"))),
        )
    found = found.where(Candidate.outcome == Outcome.KEPT)
    return found.where(is_approved()) if choice.which is Which.APPROVED else found


def chosen_texts() -> Select[int, int, str, str, str, bool | None]:
    """Select chosen examples in the versions that were chosen, whatever became of them since, in their order."""
    then = and_(
        CandidateVersion.candidate_id == ChosenExample.candidate_id,
        CandidateVersion.version == ChosenExample.candidate_version,
    )

    def text(name: str) -> ColumnElement[str]:
        return func.coalesce(getattr(CandidateVersion, name), getattr(Candidate, name)).label(name)

    return (
        select(
            ChosenExample.position,
            Candidate.id,
            text("instruction"),
            text("input"),
            text("output"),
            Candidate.is_classification,
        )
        .join(Candidate, Candidate.id == ChosenExample.candidate_id)
        .outerjoin(CandidateVersion, then)
        .order_by(ChosenExample.position)
    )
