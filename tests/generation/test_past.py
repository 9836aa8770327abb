"""What whoever takes a run up reads back: nothing that was paid for is asked again."""

from app.models.candidates import Candidate, Outcome
from app.models.generation import Call, CallOutcome, Run, RunState


def test_a_question_that_was_declined_before_a_power_cut_is_not_asked_again(shop, practice_url):
    run_id = shop.queue(shop.endpoint(practice_url), target_kept="5")
    shop.carry_out(run_id)
    declined = next(each for each in reversed(shop.calls(run_id)) if each.position >= 0)
    with shop.database.writing() as session:  # the answer was stored, its meaning not taken in
        call = session.get_one(Call, declined.id)
        call.outcome, call.sentence, call.text = CallOutcome.REFUSED, "The model declined: no.", None
        for each in session.query(Candidate).filter_by(run_id=run_id, round=call.round, position=call.position):
            if each.instance:
                session.delete(each)
            else:
                each.outcome, each.output, each.instance_call_id = Outcome.UNFINISHED, "", None
                each.rejected_by, each.reason = None, ""
        run = session.get_one(Run, run_id)
        run.state, run.target_kept = RunState.RUNNING, 8

    run = shop.carry_out(run_id)

    assert run.state is RunState.DONE, run.sentence
    step = (declined.round, declined.position)
    (candidate,) = (each for each in shop.candidates(run_id) if (each.round, each.position) == step)
    assert (candidate.outcome, candidate.rejected_by) == (Outcome.REJECTED, "format")
    assert candidate.reason == "The model declined: no."
    asked = [
        each for each in shop.calls(run_id) if (each.round, each.position) == step and each.purpose == call.purpose
    ]
    assert [each.attempt for each in asked] == [1]
