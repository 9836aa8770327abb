"""Studies planned by a curator: what is drawn from, how much, by what rubric, by whom. Then the sample is drawn."""

import random
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.candidates.listing import Filters
from app.errors import InvalidInput
from app.generation.own_outputs import keep_own_outputs_of
from app.models.events import record
from app.models.studies import GivingOut, Study, StudyItem
from app.rating.own_rubrics import rubric_at
from app.rating.rubric import Rubric
from app.rating.rubrics import quality_study
from app.studies.contenders import OWN, answers_by, check_contenders, count_items, items_of
from app.studies.population import known_answers, units_of
from app.studies.sampling import STRATA, Drawn, draw
from app.studies.stopping import ALL, StoppingForm, parse_plan
from app.studies.studying import annotators_of
from app.text import clean, clean_name, parse_whole

LARGEST_SAMPLE = 100_000
_LARGEST_SEED = 2**31 - 1
_MOST_RATERS = 25
_MOST_EXTRAS = 200
_ROWS_AT_ONCE = 2_000
_NOTHING_FITS = "No example fits this choice. Choose others, or begin with a run or an import."
_NOTHING_ANSWERED = "No example fits this choice that all of them have answered. Choose others, or fewer."
# The sample of the study in Self-Instruct, Table 2.
PAPER_SIZE = 200


@dataclass(frozen=True, slots=True)
class StudyForm:
    """What a curator chooses, as it is typed. ``contenders`` are those whose answers are judged, none where it is the
    examples themselves; ``people`` are ids of those who may rate, none for every member."""

    name: str
    size: str = str(PAPER_SIZE)
    population: Filters = field(default_factory=Filters)
    seed: str = ""
    strata: Sequence[str] = ()
    one_instance: bool = True
    contenders: Sequence[str] = ()
    rubric: str = quality_study.name
    overlap: str = "1"
    giving_out: str = GivingOut.SELF_SERVE.value
    people: Sequence[int] = ()
    gold: str = ""
    repeats: str = ""
    stopping: StoppingForm = field(default_factory=StoppingForm)


def plan_study(session: Session, project_id: int, form: StudyForm, actor_id: int) -> Study:
    """Store a planned study with its sample. Raises InvalidInput with the field named where something doesn't fit."""
    rubric = rubric_at(session, project_id, form.rubric)
    study = _study(project_id, form, rubric, actor_id)
    _check_people(session, study)
    known = known_answers(session, project_id, study.rubric, study.rubric_version, actor_id) if study.gold else {}
    units = units_of(session, project_id, form.population, study.contenders)
    gold = _draw_gold(sorted(known), study.gold, study.seed)
    left = [unit for unit in units if unit.candidate_id not in gold]
    if not left:
        raise InvalidInput(_NOTHING_ANSWERED if study.contenders else _NOTHING_FITS)
    sample = draw(left, study.size, study.seed, strata=study.strata, one_instance=study.one_instance)
    study.matched, study.size, study.gold = len(units), len(sample), len(gold)
    session.add(study)
    session.flush()
    _store_sample(session, study, rubric, sample)
    _store_gold(session, study, gold, known, {unit.candidate_id: unit.version for unit in units})
    record(session, "study.planned", project_id=project_id, actor_id=actor_id, subject_id=study.id, after=_brief(study))
    return study


def _study(project_id: int, form: StudyForm, rubric: Rubric, actor_id: int) -> Study:
    contenders = sorted({clean(name, "Whose answers", lines=False) for name in form.contenders})
    check_contenders(contenders, rubric)
    overlap = parse_whole(form.overlap, "People for each example", 1, _MOST_RATERS) or 1
    if not set(form.strata) <= set(STRATA):
        raise InvalidInput("Choose what is drawn in equal parts from the list.", field="strata")
    if form.giving_out not in {each.value for each in GivingOut}:
        raise InvalidInput("Choose how examples are given out.", field="giving_out")
    study = Study(
        project_id=project_id,
        name=clean_name(form.name, "Name", required=True),
        population=form.population.query(),
        size=parse_whole(form.size, "Size", 1, LARGEST_SAMPLE) or PAPER_SIZE,
        seed=_seed(form.seed),
        strata=[name for name in STRATA if name in form.strata],
        one_instance=form.one_instance,
        contenders=contenders,
        items_each=count_items(rubric, len(contenders)),
        rubric=rubric.name,
        rubric_version=rubric.version,
        overlap=overlap,
        giving_out=GivingOut(form.giving_out),
        people=sorted(set(form.people)),
        gold=parse_whole(form.gold, "Examples with known answers", 0, _MOST_EXTRAS) or 0,
        repeats=parse_whole(form.repeats, "Examples shown twice", 0, _MOST_EXTRAS) or 0,
        plan=parse_plan(form.stopping, rubric),
        created_by_id=actor_id,
    )
    _check_answers(study)
    return study


def _check_people(session: Session, study: Study) -> None:
    here = {person.id for person in annotators_of(session, study.project_id)}
    if not here.issuperset(study.people):
        raise InvalidInput(
            "Somebody you chose doesn’t rate in this project. Choose again from the list.", field="people"
        )
    if study.giving_out is GivingOut.FIXED and not study.people:
        raise InvalidInput("Choose the people who get their own examples.", field="people")
    if study.people and len(study.people) < study.overlap:
        raise InvalidInput(
            f"{study.overlap} people are to rate each example, but only {len(study.people)} are chosen.", field="people"
        )
    if study.plan["third"] and study.overlap == 1:
        raise InvalidInput(
            "Two people can differ, one can’t: let two rate each example, or don’t ask one more.", field="overlap"
        )


def _check_answers(study: Study) -> None:
    if study.contenders and study.gold:
        raise InvalidInput(
            "Answers are known of examples, not of models’ answers. Ask for no examples with known answers.",
            field="gold",
        )
    if study.contenders and study.plan["stop"] != ALL:
        raise InvalidInput(
            "A study of several models’ answers ends when every answer has its ratings: choose this.", field="stop"
        )


def _draw_gold(known: Sequence[int], wanted: int, seed: int) -> list[int]:
    if wanted > len(known):
        raise InvalidInput(
            f"You have rated {len(known)} examples by these questions outside of studies. Rate more of them first, or "
            "ask for fewer examples with known answers.",
            field="gold",
        )
    return random.Random(seed).sample(known, wanted)  # noqa: S311 - a draw that can be repeated guards nothing


def _store_sample(session: Session, study: Study, rubric: Rubric, sample: Sequence[Drawn]) -> None:
    rows = [
        {
            "project_id": study.project_id,
            "study_id": study.id,
            "candidate_id": each.unit.candidate_id,
            "candidate_version": each.unit.version,
            "stratum": each.stratum,
            "position": position,
            "answers": answers,
            "wanted": study.overlap,
        }
        for position, (each, answers) in enumerate(_judged(session, study, rubric, sample))
    ]
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        session.execute(insert(StudyItem), rows[start : start + _ROWS_AT_ONCE])


def _judged(
    session: Session, study: Study, rubric: Rubric, sample: Sequence[Drawn]
) -> Iterator[tuple[Drawn, list[int]]]:
    """Yield what is judged of each example of a sample, by lot: nobody can tell whose answer comes when."""
    if not study.contenders:
        yield from ((each, []) for each in sample)
        return
    if OWN in study.contenders:
        keep_own_outputs_of(session, [each.unit.candidate_id for each in sample])
    answers = answers_by(session, study.project_id, study.contenders)
    lot = random.Random(study.seed)  # noqa: S311 - a draw that can be repeated guards nothing
    for each in sample:
        items = items_of(rubric, answers[each.unit.candidate_id])
        yield from ((each, item) for item in lot.sample(items, len(items)))


def _store_gold(
    session: Session, study: Study, gold: Sequence[int], known: dict[int, Any], versions: dict[int, int]
) -> None:
    """They are wanted by nobody in particular: everyone gets them, now and then."""
    for place, candidate_id in enumerate(gold):
        session.add(
            StudyItem(
                project_id=study.project_id,
                study_id=study.id,
                candidate_id=candidate_id,
                candidate_version=versions[candidate_id],
                position=study.size + place,
                gold=known[candidate_id],
                wanted=0,
            )
        )
    session.flush()


def _seed(typed: str) -> int:
    seed = parse_whole(typed, "Seed", 0, _LARGEST_SEED)
    return secrets.randbelow(_LARGEST_SEED) if seed is None else seed


def _brief(study: Study) -> dict[str, Any]:
    return {"name": study.name, "examples": study.size, "seed": study.seed, "plan": study.plan}
