"""A replay reproduces what happened at the limit in force, and counts what each other limit would have changed."""

import threading

import pytest

from app import seeds
from app.candidates.editing import edit_candidate
from app.candidates.listing import Filters, list_candidates
from app.engine import KINDS
from app.errors import NotFound
from app.examples import Example
from app.imports.importing import Import
from app.insights.limits import limit_table
from app.insights.replay import REPLAY, history_of, start_replay
from app.jobs import carry_out_job, job_in, start_job
from app.models.candidates import Outcome
from app.models.generation import RunState
from app.models.projects import SeedTask
from app.origins import Origin, choose_origin, origins_in
from app.screening.replay import ALL, LIMITS, Ask, Join, Leave, replay
from app.screening.screen import default_thresholds
from app.seeds import SeedForm
from tests.builders import add_candidate, add_person, add_project, add_run, add_seed_task, approve

KEPT, REJECTED, UNFINISHED = Outcome.KEPT, Outcome.REJECTED, Outcome.UNFINISHED


@pytest.fixture
def ada(session):
    return add_person(session)


@pytest.fixture
def project(session):
    return add_project(session)


@pytest.fixture
def alpaca(session, project, ada):
    run = add_run(session, project, ada, pipeline="alpaca")
    run.thresholds = default_thresholds()
    return run


@pytest.fixture
def self_instruct(session, project, ada):
    run = add_run(session, project, ada)
    run.thresholds = default_thresholds()
    return run


@pytest.fixture
def propose(session, project):
    """Put a candidate into a run as the fold would have: kept where nothing else is said."""
    places = iter(range(1_000))

    def propose(run, instruction, **more):
        values = {"similarity": 0.1, "in_pool": more.get("outcome", KEPT) is not REJECTED, "position": next(places)}
        return add_candidate(session, project, instruction, run_id=run.id, **values | more)

    return propose


def test_the_limit_in_force_keeps_what_was_kept(shop, practice_url):
    """Two pipelines, one after the other, with a seed task that came and one that went in between."""
    limit = {"novelty": {"max_similarity": 0.6}}
    endpoint_id = shop.endpoint(practice_url)
    shop.carry_out(shop.queue(endpoint_id, "self_instruct", target_kept="25", thresholds=default_thresholds() | limit))
    with shop.database.writing() as session:
        seeds.retire_seed_task(session, session.get_one(SeedTask, shop.seed_tasks()[0].id), shop.owner_id)
        form = SeedForm(
            name="late",
            instruction="Name a few things that float on water.",
            instances=[("", "Wood.")],
            is_classification=False,
        )
        seeds.add_seed_task(session, shop.project_id, form, shop.owner_id)
    shop.carry_out(shop.queue(endpoint_id, "alpaca", target_kept="90", thresholds=default_thresholds() | limit))

    with shop.database.writing() as session:
        job_id = start_replay(session, shop.project_id, "", shop.owner_id).id
    carry_out_job(shop.database, KINDS, job_id, threading.Event())

    with shop.database.reading() as session:
        job = job_in(session, shop.project_id, job_id)
        table = limit_table(session, job)
        at = {row.limit: row for row in table.rows}
        assert job.state is RunState.DONE
        assert [row.limit for row in table.rows if row.is_present] == [0.6]
        assert (at[0.6].lost, at[0.6].gained) == (0, 0)
        assert at[0.5].lost > 0 < at[0.9].gained
        assert at[0.6].kept == list_candidates(session, shop.project_id, Filters(outcome="kept")).total
        for row in table.rows:
            for change in ("kept", "lost", "gained", "lost_approved"):
                filters = Filters(replay=str(job_id), at=f"{row.limit:.2f}", change=change)
                assert list_candidates(session, shop.project_id, filters).total == getattr(row, change)


def test_seed_tasks_come_and_go_between_the_candidates(session, project, alpaca, propose, clock):
    """And what was proposed joins as it joined."""
    first = add_seed_task(session, project, "Write a poem.")
    clock.forward(minutes=1)
    one = propose(alpaca, "Sort the numbers.")
    clock.forward(minutes=1)
    second = add_seed_task(session, project, "Name a river.")
    clock.forward(minutes=1)
    two = propose(alpaca, "Boil an egg.")
    clock.forward(minutes=1)
    first.retired_at = clock()
    three = propose(alpaca, "Fry an egg.")

    steps = history_of(session, project.id).steps
    assert steps == [
        Join(f"seed:{first.id}", "Write a poem."),
        Ask(one.id, "Sort the numbers."),
        Join(f"seed:{second.id}", "Name a river."),
        Ask(two.id, "Boil an egg."),
        Leave(f"seed:{first.id}"),
        Ask(three.id, "Fry an egg."),
    ]


def test_what_later_filters_reject_joins_only_where_its_instance_was_written_afterwards(
    session, project, alpaca, self_instruct, propose
):
    asked = propose(self_instruct, "Answer me.", outcome=REJECTED, rejected_by="instances", in_pool=True)
    propose(alpaca, "Answer that.", outcome=REJECTED, rejected_by="instances")
    waiting = propose(self_instruct, "Answer this.", outcome=UNFINISHED)

    history = history_of(session, project.id)
    assert history.steps == [Ask(asked.id, "Answer me."), Ask(waiting.id, "Answer this.")]
    assert history.counted == []


def test_what_other_filters_rejected_before_novelty_stays_out(session, project, alpaca, propose):
    propose(alpaca, "Short.", outcome=REJECTED, rejected_by="length", similarity=None)
    history = history_of(session, project.id)
    assert (history.steps, history.counted) == ([], [])


@pytest.mark.parametrize(
    ("pipeline", "output", "counts"),
    [("alpaca", "Fine.", True), ("alpaca", "", False), ("self_instruct", "", True)],
)
def test_what_was_too_similar_may_come_in_unless_a_later_filter_is_known_to_object(
    session, project, alpaca, self_instruct, propose, pipeline, output, counts
):
    run = alpaca if pipeline == "alpaca" else self_instruct
    candidate = propose(run, "Sort these.", outcome=REJECTED, rejected_by="novelty", output=output, similarity=0.8)

    history = history_of(session, project.id)
    assert history.steps == ([Ask(candidate.id, "Sort these.")] if counts else [])
    assert [(each.candidate_id, each.was_kept) for each in history.counted] == [(candidate.id, False)] * counts


def test_instances_of_one_instruction_stand_and_fall_together(session, project, self_instruct, propose):
    add_seed_task(session, project, "Sort these three numbers now.")
    first = propose(self_instruct, "Sort these two numbers now.", position=7, outcome=REJECTED, rejected_by="instances")
    first.in_pool = True
    second = propose(self_instruct, "Sort these two numbers now.", position=7, instance=1, in_pool=False)

    history = history_of(session, project.id)
    masks = replay(history.steps)  # four of five words are a hair over 0.8 in rouge_score's floats
    assert [(each.candidate_id, each.asked) for each in history.counted] == [(second.id, first.id)]
    assert [limit for place, limit in enumerate(LIMITS) if masks[first.id] >> place & 1] == [0.85, 0.9]


def test_a_run_alone_meets_what_the_others_kept(session, project, alpaca, self_instruct, propose):
    other = propose(self_instruct, "Sort the numbers.")
    propose(self_instruct, "Sort the numbers!", outcome=REJECTED, rejected_by="novelty", similarity=1.0)
    own = propose(alpaca, "Name a river.")

    history = history_of(session, project.id, Origin(run_id=alpaca.id))
    assert history.steps == [Join(other.id, "Sort the numbers."), Ask(own.id, "Name a river.")]
    assert [each.candidate_id for each in history.counted] == [own.id]


@pytest.mark.parametrize(("output", "is_asked"), [("Fine.", True), ("", False)])
def test_an_import_can_be_replayed_alone(session, project, alpaca, propose, ada, output, is_asked):
    """What it held came whole, so the filters of instances are asked about what was too similar."""
    other = propose(alpaca, "Name a river.")
    parameters = {"file": "a.json", "thresholds": default_thresholds()}
    job = start_job(session, project.id, Import(), parameters, ada.id)
    job.state = RunState.DONE
    came = {"import_id": job.id, "similarity": 0.8, "outcome": REJECTED, "rejected_by": "novelty", "output": output}
    again = add_candidate(session, project, "Name a river!", **came)

    history = history_of(session, project.id, choose_origin(session, project.id, f"import-{job.id}"))
    assert history.steps == [Join(other.id, "Name a river."), *[Ask(again.id, "Name a river!")] * is_asked]
    assert [each.candidate_id for each in history.counted] == [again.id] * is_asked
    assert ("", "The whole project") in origins_in(session, project.id)
    assert (f"import-{job.id}", f"Import {job.id}: a.json") in origins_in(session, project.id)


def test_where_novelty_was_not_asked_no_limit_changes_anything(session, project, alpaca, propose):
    candidate = propose(alpaca, "Sort the numbers.", similarity=None)

    history = history_of(session, project.id)
    assert history.steps == [Join(candidate.id, "Sort the numbers.")]
    assert [(each.asked, each.was_kept) for each in history.counted] == [(None, True)]


def test_texts_are_those_that_were_proposed(session, project, alpaca, propose, ada):
    candidate = propose(alpaca, "Sort the numbers.")
    for version, text in enumerate(("Sort them.", "Sort all of them."), 1):
        edit_candidate(session, candidate, Example(text, "", "1"), version=version, actor_id=ada.id)

    assert history_of(session, project.id).steps == [Ask(candidate.id, "Sort the numbers.")]


def test_approved_examples_that_a_limit_would_have_cost_are_counted(database):
    with database.writing() as session:
        project, ada = add_project(session), add_person(session)
        run = add_run(session, project, ada, pipeline="alpaca")
        run.thresholds = default_thresholds()
        add_seed_task(session, project, "Sort these three numbers now.")
        like_it = {"run_id": run.id, "similarity": 0.6, "in_pool": True}
        lost = add_candidate(session, project, "Sort these three apples slowly.", position=1, **like_it)
        add_candidate(session, project, "Sort those three numbers by size.", position=2, **like_it)
        approve(session, lost, ada)
        job_id = start_replay(session, project.id, f"run-{run.id}", ada.id).id
    carry_out_job(database, KINDS, job_id, threading.Event())

    with database.reading() as session:
        table = limit_table(session, job_in(session, project.id, job_id))
        filters = Filters(replay=str(job_id), at="0.50", change="lost_approved")
        assert [(row.lost, row.lost_approved) for row in table.rows[:3]] == [(2, 1), (1, 1), (0, 0)]
        assert [row.candidate.id for row in list_candidates(session, project.id, filters).rows] == [lost.id]


def test_a_replay_can_be_stopped_and_leaves_nothing(shop):
    with shop.database.writing() as session:
        job = start_replay(session, shop.project_id, "", shop.owner_id)
        job.cancel_requested_at = job.created_at
    carry_out_job(shop.database, KINDS, job.id, threading.Event())
    with shop.database.reading() as session:
        assert job_in(session, shop.project_id, job.id).state is RunState.CANCELLED
        assert (
            list_candidates(session, shop.project_id, Filters(replay=str(job.id), at="0.5", change="kept")).total == 0
        )


@pytest.mark.parametrize("query", [{"at": "0.51"}, {"at": ""}, {"change": "eaten"}, {"replay": "x"}, {"replay": "-1"}])
def test_a_list_of_what_cannot_be_is_empty(session, project, alpaca, propose, query):
    propose(alpaca, "Sort the numbers.")
    filters = Filters(**{"replay": "1", "at": "0.50", "change": "kept"} | query)
    assert list_candidates(session, project.id, filters).total == 0


def test_only_a_replay_of_the_project_is_shown_and_only_its_own_run_replayed(session, project, ada, alpaca):
    other = add_project(session, name="Elsewhere")
    with pytest.raises(NotFound, match="no such run"):
        start_replay(session, other.id, f"run-{alpaca.id}", ada.id)
    replayed = start_replay(session, project.id, "", ada.id)
    for written in ("x", "run-", f"import-{replayed.id}", "import-0"):
        with pytest.raises(NotFound):
            start_replay(session, project.id, written, ada.id)
    job = start_replay(session, project.id, f"run-{alpaca.id}", ada.id)
    with pytest.raises(NotFound):
        job_in(session, other.id, job.id, kind=REPLAY.name)
    with pytest.raises(NotFound):
        job_in(session, project.id, start_job(session, project.id, KINDS[0], {}, ada.id).id, kind=REPLAY.name)


@pytest.mark.parametrize(("tokenizer", "kept"), [("unicode", 1), ("rouge", 2)])
def test_words_are_those_of_the_run_that_is_replayed(database, tokenizer, kept):
    """The published rule sees no word in Chinese, so nothing is alike to it."""
    with database.writing() as session:
        project, ada = add_project(session), add_person(session)
        run = add_run(session, project, ada, pipeline="alpaca")
        run.thresholds = {"novelty": {"max_similarity": 0.7, "tokenizer": tokenizer}}
        for place, text in enumerate(["写一首关于大海的短诗", "写一首关于高山的短诗"]):
            add_candidate(session, project, text, run_id=run.id, position=place, similarity=0.1, in_pool=True)
        job = start_replay(session, project.id, f"run-{run.id}", ada.id)
    carry_out_job(database, KINDS, job.id, threading.Event())

    filters = Filters(replay=str(job.id), at="0.70", change="kept")
    with database.reading() as session:
        assert list_candidates(session, project.id, filters).total == kept


def test_all_stands_for_every_limit():
    assert [ALL >> place & 1 for place in range(len(LIMITS) + 1)] == [1] * len(LIMITS) + [0]
