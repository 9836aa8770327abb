"""An import undone: all of it goes, but for what people or runs have worked with since."""

import io
import json
import threading

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from app import approval, jobs
from app.candidates.editing import edit_candidate
from app.candidates.lineage import lineage_of
from app.candidates.nearest import nearest_of
from app.errors import Conflict
from app.examples import Example
from app.imports.answers import AnswersForm, AnswersImport, start_answers_import
from app.imports.importing import Import, ImportForm, start_import
from app.imports.ties import GOES_ALONG, TIES, outlook_of
from app.imports.undoing import UNDO, is_undone, start_undo
from app.models import Base
from app.models.candidates import Candidate, Outcome, Verdict
from app.models.comparisons import Alternative, ChosenExample
from app.models.generation import RunState
from app.models.jobs import Job
from app.models.novelty import NearDuplicate, ReplayedCandidate
from app.models.projects import Project
from app.models.studies import GivingOut, Study, StudyItem
from app.pool import ProjectPool
from app.rating import ratings
from app.releases import snapshots
from app.screening.filters.novelty import NoveltyThresholds
from tests.builders import add_call, add_candidate, add_run, rate, show_in_prompt, skip
from tests.factories import events, person, project

KINDS = [Import(), AnswersImport(), UNDO]
NOVELTY = {"novelty": {"max_similarity": 0.7}}
RIVER = {"instruction": "Zany quokkas juggle twelve ripe pears", "output": "They do."}
LAKE = {"instruction": "Dour wombats sulk under old bridges", "output": "They don’t."}
SEA = {"instruction": "Brisk numbats trot along quiet shores", "output": "Now and then."}


class Desk:
    """A project whose owner brings files in and takes them back."""

    def __init__(self, database):
        self.database = database
        with database.writing() as session:
            self.owner_id = person(session).id
            self.project_id = project(session, owner=person(session, "Olga")).id

    def carry_out(self, job_id):
        jobs.carry_out_job(self.database, KINDS, job_id, threading.Event())
        with self.database.reading() as session:
            return session.get_one(Job, job_id)

    def bring_in(self, *records, thresholds=None, name="some.json", again=False):
        form = ImportForm(name, "alpaca", thresholds, again=again)
        with self.database.writing() as session:
            raw = io.BytesIO(json.dumps(records).encode())
            job_id = start_import(session, self.project_id, form, raw, self.owner_id).id
        return self.carry_out(job_id)

    def bring_in_answers(self, *records, model="Some model"):
        form = AnswersForm("answers.json", model)
        with self.database.writing() as session:
            raw = io.BytesIO(json.dumps(records).encode())
            job_id = start_answers_import(session, self.project_id, form, raw, self.owner_id).id
        return self.carry_out(job_id)

    def undo(self, job, *, others=False):
        with self.database.writing() as session:
            job_id = start_undo(session, session.get_one(Job, job.id), self.owner_id, others=others).id
        return self.carry_out(job_id)

    def outlook(self, job):
        with self.database.reading() as session:
            return outlook_of(session, session.get_one(Job, job.id))

    def candidates(self, job=None):
        with self.database.reading() as session:
            found = select(Candidate).order_by(Candidate.id)
            return session.scalars(found if job is None else found.where(Candidate.import_id == job.id)).all()

    def change(self, job, change, place=0):
        """Let ``change`` happen to one of the examples of an import."""
        with self.database.writing() as session:
            change(self, session, session.get_one(Candidate, self.candidates(job)[place].id))

    def pool(self):
        return ProjectPool(self.project_id, NoveltyThresholds())

    def count(self, table):
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(table))


@pytest.fixture
def desk(database):
    return Desk(database)


def members(desk, pool):
    with desk.database.writing() as session:
        held = pool.locked(session)
        return sorted(held.newest(len(held)), key=str)


def test_all_of_it_goes_and_who_did_it_is_recorded(desk):
    stays = desk.bring_in(SEA)
    job = desk.bring_in(RIVER, LAKE)
    first, last = (each.id for each in desk.candidates(job))
    undo = desk.undo(job)
    assert (undo.state, undo.sentence) == (RunState.DONE, "2 examples removed.")
    assert [each.import_id for each in desk.candidates()] == [stays.id]
    with desk.database.reading() as session:
        told = session.get_one(Job, job.id)
        (undone,) = events(session, "import.undone")
    assert is_undone(told)
    assert told.result["undone"]["removed"] == 2
    assert (undone.actor_id, undone.subject_id, undone.project_id) == (desk.owner_id, job.id, desk.project_id)
    assert undone.after | {"first": first, "last": last, "removed": 2, "left": 0, "file": "some.json"} == undone.after


def test_the_copies_of_the_pool_forget_it_and_take_in_what_comes_next(desk):
    """SQLite would give the next examples the ids of those that went, which a copy has read already."""
    pool = desk.pool()
    stays, job = desk.bring_in(SEA), desk.bring_in(RIVER, LAKE)
    assert len(members(desk, pool)) == 3
    desk.undo(job)
    assert members(desk, pool) == members(desk, desk.pool()) == [f"candidate:{desk.candidates(stays)[0].id}"]
    anew = desk.bring_in(LAKE)
    assert desk.candidates(anew)[0].id > desk.candidates(stays)[0].id + 2
    assert members(desk, pool) == members(desk, desk.pool())
    assert len(members(desk, pool)) == 2


def test_a_copy_keeps_what_stayed(desk):
    pool, job = desk.pool(), desk.bring_in(RIVER, LAKE, SEA)
    members(desk, pool)
    desk.change(job, rated, place=1)
    desk.undo(job, others=True)
    assert members(desk, pool) == [f"candidate:{desk.candidates()[0].id}"]


def test_ids_are_not_handed_out_again_to_answers(desk):
    job = desk.bring_in_answers(RIVER | {"response": "a"})
    gone = desk.candidates(job)[0].id
    desk.undo(job)
    assert desk.candidates(desk.bring_in_answers(LAKE | {"response": "b"}))[0].id > gone


def rated(_desk, session, candidate):
    rate(session, candidate, person(session, "Ben"))


def skipped(_desk, session, candidate):
    skip(session, candidate, person(session, "Ben"))


def rated_and_taken_back(_desk, session, candidate):
    ratings.take_back(session, rate(session, candidate, person(session, "Ben")))


def approved(desk, session, candidate):
    approval.decide(session, candidate, Verdict.APPROVED, desk.owner_id)


def decided_and_taken_back(desk, session, candidate):
    approval.decide(session, candidate, Verdict.REJECTED, desk.owner_id)
    approval.decide(session, candidate, Verdict.WITHDRAWN, desk.owner_id)


def released(desk, session, candidate):
    approved(desk, session, candidate)
    snapshots.freeze(session, session.get_one(Project, desk.project_id), name="v1", notes="", actor_id=desk.owner_id)


def edited(desk, session, candidate):
    edit_candidate(session, candidate, Example("Sing", "", "La"), version=1, actor_id=desk.owner_id)


def in_a_study(desk, session, candidate):
    plan = {"population": {}, "matched": 1, "size": 1, "seed": 1, "strata": [], "one_instance": False, "people": []}
    asked = {"rubric": "quality_study", "rubric_version": 1, "overlap": 1, "giving_out": GivingOut.FIXED, "gold": 0}
    study = Study(
        project_id=desk.project_id, name="First", repeats=0, plan={}, created_by_id=desk.owner_id, **plan, **asked
    )
    session.add(study)
    session.flush()
    place = {"candidate_id": candidate.id, "candidate_version": 1, "position": 0, "wanted": 1}
    session.add(StudyItem(project_id=desk.project_id, study_id=study.id, **place))


def chosen(desk, session, candidate):
    run = run_in(desk, session)
    place = {"position": 0, "candidate_id": candidate.id, "candidate_version": 1}
    session.add(ChosenExample(project_id=desk.project_id, run_id=run.id, **place))


def shown(desk, session, candidate):
    show_in_prompt(session, add_call(session, run_in(desk, session)), 0, candidate)


def derived(desk, session, candidate):
    add_candidate(session, session.get_one(Project, desk.project_id), "Chantez", derived_from_id=candidate.id)


def answered(desk, session, candidate):
    of_it = {"candidate_id": candidate.id, "candidate_version": 1, "output": "x", "outcome": Outcome.KEPT}
    session.add(Alternative(project_id=desk.project_id, run_id=run_in(desk, session).id, **of_it))


def run_in(desk, session):
    run = add_run(session, session.get_one(Project, desk.project_id), person(session, "Cem"))
    run.state = RunState.DONE
    return run


WORK = {
    rated: {"rated or skipped"},
    skipped: {"rated or skipped"},
    rated_and_taken_back: {"rated or skipped"},
    approved: {"decided on"},
    decided_and_taken_back: {"decided on"},
    released: {"decided on", "released"},
    edited: {"edited"},
    in_a_study: {"in a study"},
    chosen: {"chosen for a run or comparison"},
    shown: {"shown in a prompt"},
    derived: {"a source of other examples"},
    answered: {"answered by others"},
}


@pytest.mark.parametrize("work", WORK, ids=lambda work: work.__name__)
def test_what_was_worked_with_is_named_and_stays(desk, work):
    job = desk.bring_in(RIVER, LAKE, SEA)
    desk.change(job, work, place=1)
    kept = desk.candidates(job)[1]
    outlook = desk.outlook(job)
    assert (outlook.total, outlook.staying, set(outlook.tied)) == (3, 1, WORK[work])
    with pytest.raises(Conflict, match="remove the others or leave everything"):
        desk.undo(job)
    assert len(desk.candidates(job)) == 3
    undo = desk.undo(job, others=True)
    assert undo.sentence == "2 examples removed, 1 example left."
    assert [each.id for each in desk.candidates(job)] == [kept.id]
    with desk.database.reading() as session:
        assert not is_undone(session.get_one(Job, job.id))
    with pytest.raises(Conflict, match="worked with all of it"):
        desk.undo(job, others=True)


def test_every_tie_was_tried():
    assert set().union(*WORK.values()) == set(TIES)


def test_the_releases_and_studies_that_hold_some_of_it_are_named(desk):
    job = desk.bring_in(RIVER, LAKE, SEA)
    desk.change(job, released, place=0)
    desk.change(job, in_a_study, place=2)
    outlook = desk.outlook(job)
    assert [row[1:] for row in outlook.releases] == [("v1", 1)]
    assert [row[1:] for row in outlook.studies] == [("First", 1)]
    assert outlook.going == 1


def test_whatever_refers_to_an_example_ties_it_or_goes_along():
    """A new table that points to candidates has to choose."""
    pointing = {
        (table.name, key.column_keys[-1])
        for table in Base.metadata.sorted_tables
        for key in table.foreign_key_constraints
        if key.elements[0].column.table.name == "candidates"
    }
    tying = {(name, "candidate_id") for name in ("ratings", "decisions", "candidate_versions", "study_items")}
    tying |= {
        ("chosen_examples", "candidate_id"),
        ("demonstrations", "candidate_id"),
        ("candidates", "derived_from_id"),
    }
    along = {(column.class_.__tablename__, column.key) for column in GOES_ALONG}
    assert pointing == tying | along


def test_what_is_about_it_alone_goes_along(desk):
    before, job = desk.bring_in(SEA), desk.bring_in(RIVER, LAKE)
    (other,), (one, two) = desk.candidates(before), desk.candidates(job)
    with desk.database.writing() as session:
        found = Job(project_id=desk.project_id, kind="deduplication", parameters={}, state=RunState.DONE)
        session.add(found)
        session.flush()
        of_job = {"project_id": desk.project_id, "job_id": found.id}
        versions = {"candidate_version": 1, "original_version": 1, "similarity": 0.9}
        session.add(NearDuplicate(**of_job, candidate_id=one.id, original_id=two.id, **versions))
        session.add(NearDuplicate(**of_job, candidate_id=other.id, original_id=two.id, **versions))
        session.add(ReplayedCandidate(**of_job, candidate_id=one.id, was_kept=True, kept_at=1))
        session.add(ReplayedCandidate(**of_job, candidate_id=other.id, was_kept=True, kept_at=1))
        own = {"candidate_version": 1, "output": "x", "outcome": Outcome.KEPT, "project_id": desk.project_id}
        session.add(Alternative(candidate_id=one.id, **own))
    desk.undo(job)
    assert [desk.count(each) for each in (NearDuplicate, ReplayedCandidate, Alternative)] == [0, 1, 0]


def test_what_was_filtered_out_for_it_is_counted_and_its_page_still_explains_it(desk):
    job = desk.bring_in(RIVER)
    later = desk.bring_in(RIVER | {"output": "Do they?"}, LAKE, thresholds=NOVELTY)
    assert later.result["rejected"] == {"novelty": 1}
    assert desk.outlook(job).resembling == 1
    assert desk.outlook(later).resembling == 0
    desk.undo(job)
    with desk.database.reading() as session:
        rejected = session.scalars(select(Candidate).where(Candidate.outcome == Outcome.REJECTED)).one()
        (nearest, *_) = nearest_of(session, rejected, lineage_of(session, rejected))
    assert (nearest.score, nearest.candidate_id, nearest.is_gone) == (1.0, None, True)


def test_it_waits_for_other_work_and_happens_once(desk):
    job = desk.bring_in(RIVER)
    with desk.database.writing() as session:
        busy = Job(project_id=desk.project_id, kind="deduplication", parameters={}, state=RunState.RUNNING)
        session.add(busy)
    with pytest.raises(Conflict, match=rf"Job {busy.id} of this project goes on"):
        desk.undo(job)
    with desk.database.writing() as session:
        session.get_one(Job, busy.id).state = RunState.DONE
    desk.undo(job)
    with pytest.raises(Conflict, match="undone already"):
        desk.undo(job)


def test_an_import_that_failed_has_nothing_to_undo(desk):
    job = desk.bring_in({"instruction": 7})
    assert job.state is RunState.FAILED
    with pytest.raises(Conflict, match="brought nothing"):
        desk.undo(job)


def test_somebody_who_rates_between_the_question_and_the_work_loses_nothing(desk):
    job = desk.bring_in(RIVER, LAKE)
    with desk.database.writing() as session:
        undo_id = start_undo(session, session.get_one(Job, job.id), desk.owner_id, others=False).id
    desk.change(job, rated)
    undo = desk.carry_out(undo_id)
    assert (undo.state, len(desk.candidates(job))) == (RunState.FAILED, 2)
    assert "Some of it can’t go any more" in undo.sentence


@pytest.mark.parametrize("statement", ["DELETE FROM candidates", "INSERT INTO events", "UPDATE jobs"])
def test_a_process_that_is_cut_off_has_removed_nothing_and_another_goes_on(desk, statement):
    job = desk.bring_in(RIVER, LAKE)
    with desk.database.writing() as session:
        undo_id = start_undo(session, session.get_one(Job, job.id), desk.owner_id, others=False).id
    started = threading.Event()

    def cut(_connection, _cursor, sql, *_):
        if sql.startswith("DELETE"):
            started.set()
        if sql.startswith(statement) and started.is_set():
            raise OperationalError(sql, {}, Exception("the process is gone"))

    event.listen(desk.database.engine, "before_cursor_execute", cut)
    if statement.startswith("INSERT"):
        started.set()
    with pytest.raises(OperationalError):
        desk.carry_out(undo_id)
    event.remove(desk.database.engine, "before_cursor_execute", cut)
    assert len(desk.candidates(job)) == 2
    assert desk.carry_out(undo_id).state is RunState.DONE
    assert desk.candidates(job) == []
    with desk.database.reading() as session:
        assert len(events(session, "import.undone")) == 1


def test_answers_go_and_the_examples_they_brought(desk):
    before = desk.bring_in(RIVER)
    job = desk.bring_in_answers(RIVER | {"response": "a"}, LAKE | {"response": "b"})
    outlook = desk.outlook(job)
    assert (outlook.total, outlook.answers, outlook.has_ties) == (1, 2, False)
    assert desk.undo(job).sentence == "1 example and 2 answers removed."
    assert desk.count(Alternative) == 0
    assert [each.import_id for each in desk.candidates()] == [before.id]


def test_answers_that_were_compared_stay(desk):
    before = desk.bring_in(RIVER, SEA)
    job = desk.bring_in_answers(RIVER | {"response": "a"}, SEA | {"response": "b"}, LAKE | {"response": "c"})
    desk.change(before, in_a_study)
    outlook = desk.outlook(job)
    assert (outlook.answers_staying, outlook.answers_going, outlook.going) == (1, 2, 1)
    assert desk.undo(job, others=True).sentence == "1 example and 2 answers removed, 1 answer left."
    assert desk.count(Alternative) == 1
    outlook = desk.outlook(before)
    assert outlook.tied == {"in a study": 1, "answered by others": 1}
