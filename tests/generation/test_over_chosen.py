"""Runs over chosen examples: answered anew, answered for the first time, translated."""

import pytest
from sqlalchemy import func, select

from app.approval import decide
from app.candidates.alternatives import alternatives_of, use_alternative
from app.candidates.editing import edit_candidate
from app.errors import Conflict, InvalidInput
from app.examples import Example
from app.generation.chosen import Choice, Which, choose
from app.generation.runs import form_like
from app.llm.practice.server import create_practice_app
from app.models.candidates import Candidate, CandidateVersion, Outcome, Verdict
from app.models.comparisons import Alternative, ChosenExample
from app.models.generation import RunState
from app.models.projects import Project
from app.pool import ProjectPool
from app.screening.filters.novelty import NoveltyThresholds
from app.screening.screen import default_thresholds
from tests.builders import add_candidate
from tests.generation.workshop import serving

TASKS = [
    ("Convert 12 kilometres to metres.", ""),
    ("Say which of these words rhymes with the word moon.", "table, spoon, river"),
    ("Explain to a child why the sky is blue.", ""),
]


def add(session, shop, instruction, **more):
    return add_candidate(session, session.get_one(Project, shop.project_id), instruction, **more).id


@pytest.fixture
def examples(shop):
    """Three kept examples, their outputs poor."""
    with shop.database.writing() as session:
        return [
            add(session, shop, instruction, input=given, output=f"poor {number}", in_pool=True)
            for number, (instruction, given) in enumerate(TASKS)
        ]


def answers(shop, candidate_id):
    with shop.database.reading() as session:
        return alternatives_of(session, session.get_one(Candidate, candidate_id))


def one(shop, candidate_id):
    with shop.database.reading() as session:
        return session.get_one(Candidate, candidate_id)


def test_answers_replace_outputs_and_the_old_ones_stay_beside(shop, practice_url, examples):
    run = shop.carry_out(shop.queue(shop.endpoint(practice_url), "teacher", target_kept=""))
    assert (run.state, run.sentence) == (RunState.DONE, "Went through every example: 3.")
    assert (run.rounds, run.rounds_folded) == (3, 3)
    for number, candidate_id in enumerate(examples):
        candidate, found = one(shop, candidate_id), answers(shop, candidate_id)
        new = next(each for each in found if each.alternative.run_id == run.id)
        if new.alternative.outcome is Outcome.KEPT:
            assert (candidate.version, candidate.output) == (2, new.alternative.output)
            assert candidate.instance_call_id == new.alternative.call_id
            assert candidate.from_practice
            old = next(each for each in found if each.alternative.run_id is None)
            assert (old.alternative.output, old.alternative.candidate_version) == (f"poor {number}", 1)
        else:
            assert (candidate.version, candidate.output) == (1, f"poor {number}")
    with shop.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(CandidateVersion)) >= 2


def test_answers_kept_beside_change_nothing_and_one_can_be_used(shop, practice_url, examples):
    queued = shop.queue(shop.endpoint(practice_url), "teacher", target_kept="", parameters={"use": "beside"})
    run = shop.carry_out(queued)
    assert [one(shop, each).output for each in examples] == ["poor 0", "poor 1", "poor 2"]
    assert [one(shop, each).version for each in examples] == [1, 1, 1]
    answer = answers(shop, examples[2])[0].alternative
    assert (answer.run_id, answer.candidate_version) == (run.id, 1)
    with shop.database.writing() as session:
        candidate = session.get_one(Candidate, examples[2])
        with pytest.raises(Conflict, match="Somebody else changed"):
            use_alternative(session, candidate, answer.id, version=7, actor_id=shop.owner_id)
    with shop.database.writing() as session:
        candidate = session.get_one(Candidate, examples[2])
        use_alternative(session, candidate, answer.id, version=1, actor_id=shop.owner_id)
    assert (one(shop, examples[2]).output, one(shop, examples[2]).version) == (answer.output, 2)
    present = {each.is_present: each.alternative.output for each in answers(shop, examples[2])}
    assert present == {True: answer.output, False: "poor 2"}


def test_an_answer_to_an_edited_instruction_is_not_put_to_use(shop, practice_url, examples):
    shop.carry_out(shop.queue(shop.endpoint(practice_url), "teacher", target_kept="", parameters={"use": "beside"}))
    answer = answers(shop, examples[0])[0].alternative
    with shop.database.writing() as session:
        candidate = session.get_one(Candidate, examples[0])
        example = Example("Name a river of Peru.", "", "The Amazon.")
        edit_candidate(session, candidate, example, version=1, actor_id=shop.owner_id)
        with pytest.raises(Conflict, match="an answer to something else"):
            use_alternative(session, candidate, answer.id, version=2, actor_id=shop.owner_id)


def test_what_was_edited_meanwhile_is_left_alone(shop, examples):
    with serving(create_practice_app(seed=7, latency_ms=600)) as url:
        run_id = shop.queue(shop.endpoint(url, concurrency="1"), "teacher", target_kept="")
        thread = shop.begin(run_id)
        shop.wait_until(lambda: shop.calls(run_id))
        with shop.database.writing() as session:
            candidate = session.get_one(Candidate, examples[2])
            example = Example(candidate.instruction, "", "By hand.")
            edit_candidate(session, candidate, example, version=1, actor_id=shop.owner_id)
        thread.join()
    assert shop.run(run_id).state is RunState.DONE
    assert (one(shop, examples[2]).output, one(shop, examples[2]).version) == ("By hand.", 2)
    (found,) = [each.alternative for each in answers(shop, examples[2]) if each.alternative.run_id]
    assert found.candidate_version == 1


def test_bare_instructions_are_answered_and_join_the_pool(shop, practice_url):
    with shop.database.writing() as session:
        bare = {"output": "", "outcome": Outcome.REJECTED, "rejected_by": "instances", "reason": "The output is empty."}
        ids = [add(session, shop, text, **bare) for text, given in TASKS if not given]
        copy = add(session, shop, TASKS[0][0] + " Please.", **bare)
    run = shop.carry_out(
        shop.queue(shop.endpoint(practice_url), "teacher", target_kept="", choice=Choice(Which.UNANSWERED))
    )
    assert run.rounds == 3
    kept = [each for each in ids if one(shop, each).outcome is Outcome.KEPT]
    assert kept
    for candidate_id in kept:
        candidate = one(shop, candidate_id)
        assert (candidate.in_pool, candidate.rejected_by, candidate.reason) == (True, None, "")
        assert candidate.output
    assert (one(shop, copy).rejected_by, one(shop, copy).in_pool) == ("novelty", False)
    with shop.database.writing() as session:
        pool = ProjectPool(shop.project_id, NoveltyThresholds()).locked(session)
        assert pool.compare(TASKS[0][0]).similarity == 1.0


def test_examples_are_translated_and_name_their_source(shop, practice_url, examples):
    endpoint_id = shop.endpoint(practice_url)
    # The practice model only marks a task with its language, which leaves it too similar to itself.
    told = {"parameters": {"into": "French"}, "thresholds": {"format": {}, "instances": {}}}
    run = shop.carry_out(shop.queue(endpoint_id, "translate", target_kept="", **told))
    assert run.state is RunState.DONE
    made = shop.candidates(run.id)
    assert {each.derived_from_id for each in made} == set(examples)
    kept = [each for each in made if each.outcome is Outcome.KEPT]
    assert len(kept) >= 2
    for each in kept:
        source = one(shop, each.derived_from_id)
        assert each.instruction == f"In French, please: {source.instruction}"
        assert (each.input, each.in_pool) == (source.input, True)
        assert each.output
    assert [one(shop, each).output for each in examples] == ["poor 0", "poor 1", "poor 2"]


def test_a_run_that_was_stopped_answers_each_example_once(shop, practice_url):
    with shop.database.writing() as session:
        ids = [add(session, shop, f"Describe stone {number} of this wall.", output="poor") for number in range(30)]
    run_id = shop.queue(shop.endpoint(practice_url), "teacher", target_kept="", parameters={"use": "beside"})
    assert shop.stop_when(run_id, lambda run: run.rounds_folded >= 8).state is RunState.RUNNING
    shop.carry_out(run_id)
    with shop.database.reading() as session:
        answered = session.scalars(select(Alternative.candidate_id).where(Alternative.run_id == run_id)).all()
    assert sorted(answered) == sorted(ids)
    assert len(shop.calls(run_id)) == 30


def test_which_examples_are_chosen(shop, examples):
    with shop.database.writing() as session:
        decide(session, session.get_one(Candidate, examples[1]), Verdict.APPROVED, shop.owner_id, version=1)

    def chosen(**choice):
        with shop.database.reading() as session:
            return [number for number, _ in choose(session, shop.project_id, Choice(**choice), seed=3)]

    assert chosen() == examples
    assert chosen(which=Which.APPROVED) == [examples[1]]
    assert chosen(which=Which.UNANSWERED) == []
    assert chosen(run_id=99) == chosen(import_id=99) == []
    assert chosen(most=2) == chosen(most=2)
    assert len(chosen(most=2)) == 2
    assert set(chosen(most=2)) < set(examples)


def test_nothing_chosen_is_said_before_anything_is_queued(shop):
    with pytest.raises(InvalidInput, match="No example fits this choice"):
        shop.queue(shop.endpoint("http://127.0.0.1:9/v1"), "teacher", target_kept="")


@pytest.mark.usefixtures("examples")
def test_a_judge_alone_is_refused(shop):
    with pytest.raises(InvalidInput, match="start a comparison"):
        shop.queue(shop.endpoint("http://127.0.0.1:9/v1"), "judge", target_kept="")
    with shop.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ChosenExample)) == 0


def test_a_translation_is_asked_what_every_example_is_asked(shop, examples):
    run = shop.run(
        shop.queue(shop.endpoint("http://127.0.0.1:9/v1"), "translate", target_kept="", parameters={"into": "Thai"})
    )
    assert run.thresholds == default_thresholds()
    assert run.rounds == len(examples)


def test_a_run_like_another_goes_through_what_was_chosen_for_that(shop, examples):
    choice = Choice(Which.KEPT, most=2)
    run_id = shop.queue(shop.endpoint("http://127.0.0.1:9/v1"), "teacher", target_kept="", choice=choice)
    assert form_like(shop.run(run_id)).choice == choice
    assert shop.run(run_id).rounds == 2 < len(examples)
