"""A round is taken in once, whole, and in its turn."""

import pytest

from app import seeds
from app.errors import Conflict
from app.generation import fold
from app.generation.fold import Proposed
from app.generation.intake import Intake
from app.generation.workflow import terms_of
from app.llm import ledger
from app.llm.client import Reply
from app.llm.ledger import Asking, Step
from app.llm.prompt import Completion, Prompt, Sampling
from app.models.candidates import Candidate, Outcome
from app.models.generation import Endpoint, Run
from app.models.projects import SeedTask
from app.pool import ProjectPool
from app.screening.filters.novelty import NoveltyThresholds

LIST = "9. Describe how a canal lock lifts a boat.\n10. Sort this.\n11. Describe how a canal lock lifts a boat."
PROMPT = Prompt("…", Sampling(temperature=0, top_p=1, max_tokens=10))


@pytest.fixture
def run_id(shop):
    return shop.queue(shop.endpoint("http://127.0.0.1:9/v1"))


def call_in(session, run, round_=0, position=-1, attempt=1):
    endpoint = session.get_one(Endpoint, run.endpoint_id)
    step = Step(round_, position, "instructions")
    (call_id,) = ledger.open_calls(session, endpoint, run.id, [Asking(step, attempt, PROMPT)])
    ledger.store_replies(session, {call_id: Reply(200, b"{}")})
    ledger.close_calls(session, endpoint, {call_id: Reply(200, b"{}")})
    return call_id


def take_in(shop, run_id, text=LIST, round_=0, attempt=1):
    with shop.database.writing() as session:
        run = session.get_one(Run, run_id)
        pool = ProjectPool(run.project_id, NoveltyThresholds()).locked(session)
        proposed = Proposed(call_in(session, run, round_, attempt=attempt), "", Completion(text))
        fold.count_round(run, round_)
        with Intake(session, run, terms_of(session, run)) as intake:
            fold.take_in_round(intake, pool, round_, proposed, [])
    return shop.candidates(run_id)


def answer(shop, run_id, candidate_id, kind, instances):
    with shop.database.writing() as session:
        run, candidate = session.get_one(Run, run_id), session.get_one(Candidate, candidate_id)
        call_id = call_in(session, run, position=candidate.position)
        answers = {"classification": Completion(kind), "instances": Completion(instances)}
        pool = ProjectPool(run.project_id, NoveltyThresholds()).locked(session)
        with Intake(session, run, terms_of(session, run)) as intake:
            return fold.take_in_instances(intake, pool, candidate, call_id=call_id, answers=answers)


def test_a_round_is_screened_against_the_pool_and_against_itself(shop, run_id):
    first, short, again = take_in(shop, run_id)
    assert (first.outcome, first.in_pool, first.rejected_by) == (Outcome.UNFINISHED, True, None)
    assert (short.outcome, short.in_pool, short.rejected_by) == (Outcome.REJECTED, False, "length")
    assert (again.outcome, again.rejected_by, again.similarity) == (Outcome.REJECTED, "novelty", 1.0)
    assert again.evidence["nearest"][0]["key"] == f"candidate:{first.id}"
    assert shop.run(run_id).rounds_folded == 1


@pytest.mark.parametrize("round_", [0, 2])
def test_a_round_out_of_turn_is_refused_and_leaves_nothing(shop, run_id, round_):
    take_in(shop, run_id)
    with pytest.raises(Conflict, match=f"Round {round_} of run {run_id} was taken in by another process"):
        take_in(shop, run_id, "9. Explain how yeast makes dough rise.", round_, attempt=2)
    assert len(shop.candidates(run_id)) == 3
    assert shop.run(run_id).rounds_folded == 1


def test_every_instance_becomes_a_candidate_beside_the_first(shop, run_id):
    first = take_in(shop, run_id)[0]
    text = "Example 1\nInput: a\nOutput: one\n\nExample 2\nInput: b\nOutput: two\n\nExample 3\nInput: c\nOutput:"
    assert answer(shop, run_id, first.id, "No", text) == 2

    rows = [each for each in shop.candidates(run_id) if each.position == 0]
    assert [(each.instance, each.input, each.output, each.outcome.value) for each in rows] == [
        (0, "a", "one", "kept"), (1, "b", "two", "kept"), (2, "c", "", "rejected"),
    ]  # fmt: skip
    assert [each.in_pool for each in rows] == [True, False, False]
    assert {each.is_classification for each in rows} == {False}
    assert {each.instruction for each in rows} == {first.instruction}


def test_an_instance_that_never_came_is_said(shop, run_id):
    first = take_in(shop, run_id)[0]
    with shop.database.writing() as session:
        run = session.get_one(Run, run_id)
        with Intake(session, run, terms_of(session, run)) as intake:
            fold.give_up_instances(intake, session.get_one(Candidate, first.id), "The model declined.")
    row = shop.candidates(run_id)[0]
    assert (row.outcome, row.rejected_by, row.reason) == (Outcome.REJECTED, "format", "The model declined.")


def test_seed_tasks_in_use_are_shown_in_their_order(shop):
    with shop.database.writing() as session:
        retired = shop.seed_tasks()[3]
        seeds.retire_seed_task(session, session.get_one(SeedTask, retired.id), shop.owner_id)
    with shop.database.reading() as session:
        shown = fold.seed_demonstrations(session, shop.project_id)
    assert [each.seed_task_id for each in shown] == [each.id for each in shop.seed_tasks() if each.id != retired.id]
    assert all(each.instances and each.candidate_id is None for each in shown)
