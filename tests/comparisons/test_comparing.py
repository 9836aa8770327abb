"""A comparison from its form to its pairs: two models answer, a third judges."""

import json
from itertools import combinations

import pytest
from sqlalchemy import select

from app.candidates.alternatives import alternatives_of
from app.comparisons.comparing import ComparisonForm, runs_compared, start_comparison
from app.comparisons.files import lines_of
from app.comparisons.results import all_judged, judged_examples, summary_of
from app.errors import InvalidInput
from app.generation import runs
from app.generation.chosen import Choice
from app.llm.practice.server import create_practice_app
from app.models.candidates import Candidate
from app.models.comparisons import Alternative, Judgement
from app.models.generation import Run, RunState, waits_for_others
from app.models.projects import Project
from tests.builders import add_candidate
from tests.generation.workshop import serving

EXAMPLES = 12


@pytest.fixture
def examples(shop):
    with shop.database.writing() as session:
        project = session.get_one(Project, shop.project_id)
        return [
            add_candidate(session, project, f"Convert {number} kilometres to metres.", output=f"{number} m").id
            for number in range(3, 3 + EXAMPLES)
        ]


@pytest.fixture(scope="module")
def models():
    """Two practice models that never answer with nothing, which would be asked for again and again, and a judge."""
    with (
        serving(create_practice_app(seed=2)) as one,
        serving(create_practice_app(seed=4)) as two,
        serving(create_practice_app(seed=3)) as three,
    ):
        yield one, two, three


def endpoints(shop, models):
    return [shop.endpoint(url, name=f"Model {number}") for number, url in enumerate(models)]


def start(shop, form):
    with shop.database.writing() as session:
        comparison = start_comparison(session, shop.project_id, form, shop.owner_id)
        found = runs_compared(session, shop.project_id, comparison.id)[comparison.id]
        return comparison.id, [run.id for run in found]


def waiting(shop):
    with shop.database.reading() as session:
        return session.scalars(select(Run.id).where(waits_for_others())).all()


@pytest.mark.usefixtures("examples")
@pytest.mark.parametrize("scale", ["ten", "points"])
def test_the_answers_are_scored_and_pairs_come_of_it(shop, models, scale):
    one, two, judge = endpoints(shop, models)
    form = ComparisonForm([one, two], judge, with_own=True, scale=scale, judgements="2")
    _, run_ids = start(shop, form)
    assert len(run_ids) == 3
    assert waiting(shop) == [run_ids[-1]]
    for run_id in run_ids[:-1]:
        shop.carry_out(run_id)
    assert waiting(shop) == []
    judged = shop.carry_out(run_ids[-1])
    assert judged.state is RunState.DONE
    assert judged.sentence == f"Went through every example: {EXAMPLES}."

    with shop.database.reading() as session:
        found = [session.get_one(Run, run_id) for run_id in run_ids]
        summary, everything = summary_of(session, found), list(all_judged(session, found[-1]))
        scores = session.execute(
            select(Judgement.score, Judgement.round, Alternative.candidate_id, Alternative.id).join(
                Alternative, Alternative.id == Judgement.alternative_id
            )
        ).all()
        pages = judged_examples(session, found[-1], limit=5)
        rest = judged_examples(session, found[-1], after=pages[-1].position, limit=100)
    assert [each.candidate_id for each in [*pages, *rest]] == [each.candidate_id for each in everything]
    means = {}
    for score, _, candidate_id, alternative_id in scores:
        means.setdefault(candidate_id, {}).setdefault(alternative_id, []).append(score)
    pairs = sum(
        sum(one) * len(other) != sum(other) * len(one)
        for answers in means.values()
        for one, other in combinations(answers.values(), 2)
    )
    assert summary.judged == len(everything) == len(means) >= EXAMPLES - 2
    assert summary.pairs == len(list(lines_of("comparisons", everything))) == pairs > 0
    assert summary.preferences == len(list(lines_of("preferences", everything))) > 0
    assert sum(each.won for each in summary.contenders) == sum(each.lost for each in summary.contenders)
    assert {each.run.id if each.run else None for each in summary.contenders} == {*run_ids[:-1], None}
    most = 10 if scale == "ten" else 5
    assert summary.most == most
    assert all(0 <= score <= most for score, *_ in scores)
    # What was there is wrong in every example: “3 m”.
    assert summary.contenders[-1].run is None
    for line in lines_of("comparisons", everything):
        row = json.loads(line)
        assert row["scores"][0] > row["scores"][1]
        assert row["user_input"].startswith("Convert ")
        assert row["completion_a"] != row["completion_b"]
        assert row["from_practice"]


def test_a_judge_goes_on_where_it_was_stopped(shop, models, examples):
    one, two, judge = endpoints(shop, models)
    _, run_ids = start(shop, ComparisonForm([one, two], judge, with_own=True, judgements="2"))
    for run_id in run_ids[:-1]:
        shop.carry_out(run_id)
    assert shop.stop_when(run_ids[-1], lambda run: run.rounds_folded >= 4).state is RunState.RUNNING
    shop.carry_out(run_ids[-1])
    with shop.database.reading() as session:
        rounds = session.execute(
            select(Judgement.round, Judgement.place, Alternative.output).join(
                Alternative, Alternative.id == Judgement.alternative_id
            )
        ).all()
    calls = shop.calls(run_ids[-1])
    prompts = {call.round: call.prompt for call in calls}
    assert len(prompts) == len(calls) >= 2 * len(examples) - 4
    for round_, place, output in rounds:
        assert f"[Answer {place + 1}]\n{output}\n" in prompts[round_]


@pytest.mark.usefixtures("examples")
def test_an_answer_that_came_after_the_judge_began_changes_nothing(shop, models):
    one, two, judge = endpoints(shop, models)
    _, (first, second, judging) = start(shop, ComparisonForm([one, two], judge, with_own=True))
    shop.carry_out(first)
    with shop.database.writing() as session:
        runs.cancel_run(session, session.get_one(Run, second), shop.owner_id)
    assert waiting(shop) == []
    shop.stop_when(judging, lambda run: run.rounds_folded >= 2)
    shop.go_on(second)
    shop.carry_out(second)
    shop.carry_out(judging)
    with shop.database.reading() as session:
        judged = session.scalars(
            select(Alternative.run_id).join(Judgement, Judgement.alternative_id == Alternative.id).distinct()
        ).all()
    assert set(judged) == {first, None}


def test_a_judge_waits_for_a_paused_run_and_not_for_one_that_was_stopped(shop, models, examples):
    one, two, judge = endpoints(shop, models)
    _, (first, second, judging) = start(shop, ComparisonForm([one, two], judge, choice=Choice(most=len(examples) - 1)))
    with shop.database.writing() as session:
        runs.pause_run(session, session.get_one(Run, first), shop.owner_id)
        runs.cancel_run(session, session.get_one(Run, second), shop.owner_id)
    assert waiting(shop) == [judging]
    with shop.database.writing() as session:
        session.get_one(Run, first).state = RunState.FAILED
    assert waiting(shop) == []


@pytest.mark.usefixtures("examples")
@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"answering": [0]}, "Choose 2 to 10 to compare"),
        ({"answering": [0, 0]}, "Choose 2 to 10 to compare"),
        ({"answering": [0, 1], "scale": "hundred"}, "Scores"),
        ({"answering": [0, 1], "judgements": "0"}, "Judgements of each"),
        ({"answering": [0, 1], "cost_limit": "lots"}, "Money"),
        ({"answering": [0, 1], "choice": Choice(run_id=99)}, "No example fits"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_queued(shop, models, form, sentence):
    priced = [
        shop.endpoint(url, name=f"Model {number}", price_in="1", price_out="1") for number, url in enumerate(models)
    ]
    answering = [priced[number] for number in form["answering"]]
    with pytest.raises(InvalidInput, match=sentence):
        start(shop, ComparisonForm(**(form | {"answering": answering, "judge": priced[2]})))
    with shop.database.reading() as session:
        assert session.scalars(select(Run.id)).all() == []


def test_an_answer_shows_its_scores_of_the_newest_comparison_alone(shop, models, examples):
    one, _, judge = endpoints(shop, models)
    for scale in ("points", "ten"):
        comparison_id, run_ids = start(shop, ComparisonForm([one], judge, with_own=True, scale=scale, judgements="1"))
        for run_id in run_ids:
            shop.carry_out(run_id)
    with shop.database.reading() as session:
        shown = [alternatives_of(session, session.get_one(Candidate, candidate_id)) for candidate_id in examples]
        newest = select(Judgement.alternative_id, Judgement.score).where(Judgement.run_id == run_ids[-1])
        scores = dict(session.execute(newest).all())
    assert scores
    answers = [each for answers in shown for each in answers]
    assert len({each.alternative.id for each in answers}) == len(answers)
    of_newest = {each.alternative.id: each.mean for each in answers if each.comparison_id == comparison_id}
    assert of_newest == scores
