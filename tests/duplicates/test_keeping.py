"""Another example of a group is kept: it stays, the others go, and choosing again brings back what was."""

import threading

import pytest
from sqlalchemy import select

from app.approval import decide
from app.candidates.editing import edit_candidate
from app.duplicates import work
from app.duplicates.groups import groups_of, summary_of
from app.duplicates.keeping import keep_instead
from app.engine import KINDS
from app.errors import Conflict, NotFound
from app.examples import Example
from app.jobs import carry_out_job, job_in
from app.models.candidates import Candidate, Verdict
from app.models.events import Event
from app.models.jobs import Job
from app.models.novelty import NearDuplicate
from app.models.projects import Project
from app.screening import rouge
from app.screening.tokenizers import DEFAULT
from tests.builders import add_candidate, add_person, add_project, add_run
from tests.racing import race

TEXTS = (
    "Sort these three numbers now, please.",
    "Sort these two numbers now, please.",
    "Sort these three numbers now, please, quickly and well.",
    "Please sort these three numbers now.",
    "Sort these three long numbers now.",
)


class Desk:
    """A project of one group and who decides on it: the first example stays, the others are like it."""

    def __init__(self, database):
        self.database = database
        with database.writing() as session:
            project, self.cem = add_project(session), add_person(session, "Cem")
            self.project_id = project.id
            self.first, *self.likes = [add_candidate(session, project, text).id for text in TEXTS]
            run = add_run(session, project, self.cem)
            self.run_id = run.id
        self.search()

    def search(self, origin=""):
        self.search_id = self.start(lambda s: work.start_search(s, self.project_id, "0.7", origin, self.cem.id)).id

    def start(self, what):
        """Start a job and carry it out."""
        with self.database.writing() as session:
            job = what(session)
        carry_out_job(self.database, KINDS, job.id, threading.Event())
        return job

    def keep(self, candidate_id):
        with self.database.writing() as session:
            keep_instead(session, session.get_one(Job, self.search_id), candidate_id, self.cem.id)

    def queue_decision(self, **how):
        with self.database.writing() as session:
            return work.start_decision(session, session.get_one(Job, self.search_id), self.cem.id, **how)

    def decide(self, **how):
        carry_out_job(self.database, KINDS, self.queue_decision(**how).id, threading.Event())

    def change(self, candidate_id, what):
        with self.database.writing() as session:
            what(session, session.get_one(Candidate, candidate_id))

    def edit(self, candidate_id):
        text = Example("Name a river.", "", "Seine.")
        how = {"version": 1, "actor_id": self.cem.id}
        self.change(candidate_id, lambda session, each: edit_candidate(session, each, text, **how))

    def rows(self):
        """What is stored of each near-duplicate, beside its example's number."""
        columns = (NearDuplicate.candidate_id, NearDuplicate.original_id, NearDuplicate.similarity)
        versions = (NearDuplicate.candidate_version, NearDuplicate.original_version)
        with self.database.reading() as session:
            query = select(*columns, *versions).where(NearDuplicate.job_id == self.search_id)
            return {row[0]: (*row[1:],) for row in session.execute(query)}

    def standing(self):
        with self.database.reading() as session:
            return {name.value: n for name, n in summary_of(session, self.search_id).standing.items() if n}

    def turned_down(self):
        with self.database.reading() as session:
            rejected = {"outcome": "kept"}
            everything = session.scalars(select(Candidate).filter_by(project_id=self.project_id, **rejected)).all()
            return {each.id for each in everything if any(d.verdict is Verdict.REJECTED for d in each.decisions[-1:])}


@pytest.fixture
def desk(database):
    return Desk(database)


def test_the_chosen_one_stays_and_all_others_go(desk):
    chosen = desk.likes[1]
    desk.keep(chosen)

    assert set(desk.rows()) == {desk.first, *desk.likes} - {chosen}
    assert {original for original, *_ in desk.rows().values()} == {chosen}
    desk.decide()
    assert desk.turned_down() == {desk.first, *desk.likes} - {chosen}
    desk.decide(back=True)
    assert desk.turned_down() == set()


def test_each_says_how_alike_it_is_with_the_one_that_stays_now(desk):
    desk.keep(desk.likes[1])
    texts = dict(zip([desk.first, *desk.likes], TEXTS, strict=True))
    words = DEFAULT.tokens(TEXTS[2])
    expected = {key: rouge.score(DEFAULT.tokens(texts[key]), words).f1 for key in desk.rows()}
    assert {key: row[1] for key, row in desk.rows().items()} == expected


@pytest.mark.parametrize("way", [[1], [0, 2], [3, 1, 0]])
def test_chosen_again_the_first_one_has_its_place_back_and_all_is_as_it_was(desk, way):
    before = desk.rows()
    for place in way:
        desk.keep(desk.likes[place])
    assert desk.rows() != before
    desk.keep(desk.first)
    assert desk.rows() == before


def test_choosing_what_stays_already_changes_nothing(desk):
    desk.keep(desk.likes[0])
    before = desk.rows()
    desk.keep(desk.likes[0])
    assert desk.rows() == before
    with desk.database.reading() as session:
        told = session.scalars(select(Event).where(Event.kind == "near_duplicate.kept")).all()
    assert [(each.subject_id, each.after) for each in told] == [(desk.likes[0], {"instead_of": desk.first})]


def test_instances_of_one_instruction_stay_or_go_together(desk):
    """Two of each: both of the chosen instruction stay, both of the other go; and back."""
    with desk.database.writing() as session:
        project = session.get_one(Project, desk.project_id)
        pairs = [
            [add_candidate(session, project, text, run_id=desk.run_id, position=place, instance=n).id for n in range(2)]
            for place, text in enumerate(TEXTS[:2])
        ]
    desk.search(f"run-{desk.run_id}")
    before = desk.rows()
    assert set(before) == set(pairs[1])

    desk.keep(pairs[1][1])
    assert set(desk.rows()) == set(pairs[0])
    desk.keep(pairs[0][0])
    assert desk.rows() == before


def test_the_group_keeps_its_place_in_the_list(desk):
    with desk.database.writing() as session:
        project = session.get_one(Project, desk.project_id)
        for n in range(6):
            for word in "xy":
                add_candidate(session, project, f"{n} " * 9 + word)
    desk.search()
    with desk.database.reading() as session:
        before = [each.original.id for each in groups_of(session, desk.search_id)[0]]
    desk.keep(before[2] + 1)
    with desk.database.reading() as session:
        after = [each.original.id for each in groups_of(session, desk.search_id)[0]]
    assert after == [each + (place == 2) for place, each in enumerate(before)]


def test_what_was_decided_together_is_taken_back_first(desk):
    desk.decide()
    with pytest.raises(Conflict, match="Take that back first"):
        desk.keep(desk.likes[0])
    desk.decide(back=True)
    desk.keep(desk.likes[0])


def test_what_was_turned_down_or_edited_since_can_not_stay(desk):
    desk.change(desk.likes[0], lambda session, each: decide(session, each, Verdict.REJECTED, desk.cem.id))
    with pytest.raises(Conflict, match="was turned down"):
        desk.keep(desk.likes[0])
    text = Example("Name a river.", "", "Seine.")
    desk.change(
        desk.likes[1], lambda session, each: edit_candidate(session, each, text, version=1, actor_id=desk.cem.id)
    )
    with pytest.raises(Conflict, match="Search again"):
        desk.keep(desk.likes[1])


def test_what_was_edited_since_keeps_the_number_of_then_and_is_left_alone(desk):
    before = desk.rows()[desk.likes[1]]
    text = Example("Name a river.", "", "Seine.")
    desk.change(
        desk.likes[1], lambda session, each: edit_candidate(session, each, text, version=1, actor_id=desk.cem.id)
    )
    desk.keep(desk.likes[0])
    assert desk.rows()[desk.likes[1]][1] == before[1]
    assert desk.standing() == {"open": 3, "outdated": 1}


def test_only_what_the_search_found_can_stay(desk):
    with desk.database.writing() as session:
        stranger = add_candidate(session, session.get_one(Project, desk.project_id), TEXTS[0]).id
    for number in (stranger, 0):
        with pytest.raises(NotFound):
            desk.keep(number)


def test_while_a_decision_is_carried_out_nothing_changes_places(desk):
    desk.queue_decision()
    with pytest.raises(Conflict, match="being decided on already"):
        desk.keep(desk.likes[0])


def test_of_two_choices_at_once_one_comes_after_the_other(desk):
    ended = race(lambda: desk.keep(desk.likes[0]), lambda: desk.keep(desk.likes[1]))
    assert ended == [None, None]
    rows = desk.rows()
    stays = {original for original, *_ in rows.values()}
    assert len(stays) == 1
    assert stays < set(desk.likes[:2])
    assert set(rows) == {desk.first, *desk.likes} - stays


def test_a_choice_and_a_decision_at_once_never_turn_down_what_stays(desk):
    chosen, _ = race(lambda: desk.keep(desk.likes[0]), desk.decide)
    stays = desk.likes[0] if chosen is None else desk.first
    assert chosen is None or isinstance(chosen, Conflict)
    assert desk.turned_down() == {desk.first, *desk.likes} - {stays}


def test_two_decisions_at_once_are_one(desk):
    ended = race(desk.queue_decision, lambda: desk.queue_decision(back=True))
    assert sorted(type(each).__name__ for each in ended) == ["Conflict", "Job"]


def test_a_search_of_another_project_is_not_there(desk):
    with desk.database.writing() as session:
        other = add_project(session, name="Elsewhere")
        with pytest.raises(NotFound):
            job_in(session, other.id, desk.search_id, kind=work.SEARCH.name)
