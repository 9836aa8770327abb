"""Studies that judge the answers of several: drawn, given out blind, answered, decided and reported."""

from collections import Counter

import pytest

from app.candidates.listing import Filters
from app.errors import InvalidInput
from app.models.candidates import Outcome
from app.models.comparisons import Alternative
from app.models.studies import StudyItem
from app.studies import adjudicating, answering, queue, reporting
from app.studies.contenders import OWN, OWN_LABEL, contenders_in
from app.studies.foresight import Outline, foresee
from app.studies.stopping import StoppingForm
from tests.builders import add_candidate, add_person, add_run
from tests.studies.builders import add_study, answer

FIRST, SECOND, THIRD = "first model", "second model", "third model"
PAIR, RANKED, HHH = "pairwise_comparison", "ranked_answers", "helpful_honest_harmless"


@pytest.fixture
def bob(session):
    return add_person(session, "Bob")


@pytest.fixture
def tasks(session, project, ada):
    """Ten examples that two models answered, five of them a third one, too."""
    return add_tasks(session, project, ada, 10, FIRST, SECOND, (THIRD, 5))


def add_tasks(session, project, person, count, *models):
    candidates = [
        add_candidate(session, project, f"Name {number} fruits.", output=f"own {number}") for number in range(count)
    ]
    for each in models:
        model, most = each if isinstance(each, tuple) else (each, count)
        run = add_run(session, project, person)
        session.add_all(alternative(candidate, run, model) for candidate in candidates[:most])
    session.flush()
    return candidates


def alternative(candidate, run, model):
    return Alternative(
        project_id=candidate.project_id,
        candidate_id=candidate.id,
        candidate_version=candidate.version,
        run_id=run.id,
        model=model,
        output=f"{model} on {candidate.id}",
        outcome=Outcome.KEPT,
    )


def items_of(session, study):
    return session.query(StudyItem).filter_by(study_id=study.id).order_by(StudyItem.position).all()


def model_of(session, number):
    found = session.get(Alternative, number)
    return found.model if found.run_id else OWN


def sides(session, study, assignment):
    """The models from left to right, as the annotator has them before them."""
    turn = answering.turn_at(session, study, assignment, assignment.annotator_id)
    return [model_of(session, each.id) for each in turn.answers]


def choose(session, study, person, winner, question="better"):
    """Answer what comes next for the side of a model, or a tie."""
    given = queue.next_assignment(session, study, person.id)
    shown = [each.id for each in answering.turn_at(session, study, given, person.id).answers]
    models = [model_of(session, number) for number in shown]
    side = "tie" if winner == "tie" else ("left", "right")[models.index(winner)]
    answer(session, study, given, answers={question: side})
    return given


@pytest.mark.usefixtures("tasks")
def test_those_whose_answers_there_are(session, project):
    found = {each.name: (each.label, each.answers) for each in contenders_in(session, project.id)}
    assert found == {OWN: (OWN_LABEL, 10), FIRST: (FIRST, 10), SECOND: (SECOND, 10), THIRD: (THIRD, 5)}


def test_without_models_there_is_nobody_to_choose(session, project):
    add_candidate(session, project)
    assert contenders_in(session, project.id) == []


@pytest.mark.usefixtures("tasks")
def test_only_what_all_of_them_answered_is_drawn(session, project, ada):
    study = add_study(session, project, ada, size="20", rubric=PAIR, contenders=[FIRST, THIRD])
    assert (study.matched, study.size, study.items_each) == (5, 5, 1)
    outlook = foresee(session, project.id, Outline(Filters(), 20, 2, 2, [FIRST, THIRD]))
    assert (outlook.matched, outlook.ratings) == (5, 10)
    for item in items_of(session, study):
        assert [model_of(session, number) for number in item.answers] == [FIRST, THIRD]


@pytest.mark.usefixtures("tasks")
def test_three_make_three_pairs_and_one_ranking(session, project, ada):
    pairs = add_study(session, project, ada, size="5", rubric=PAIR, contenders=[FIRST, SECOND, THIRD])
    ranked = add_study(session, project, ada, size="5", rubric=RANKED, contenders=[FIRST, SECOND, THIRD])
    alone = add_study(session, project, ada, size="5", rubric="four_levels", contenders=[FIRST, SECOND, THIRD])
    assert [(study.items_each, len(items_of(session, study))) for study in (pairs, ranked, alone)] == [
        (3, 15),
        (1, 5),
        (3, 15),
    ]
    of_one = {tuple(item.answers) for item in items_of(session, pairs)}
    assert len(of_one) == 15
    assert all(len(item.answers) == 3 for item in items_of(session, ranked))
    assert all(len(item.answers) == 1 for item in items_of(session, alone))


@pytest.mark.usefixtures("tasks")
def test_an_example_s_own_output_stands_beside_answers(session, project, ada):
    study = add_study(session, project, ada, size="4", rubric=PAIR, contenders=[OWN, FIRST])
    for item in items_of(session, study):
        assert [model_of(session, number) for number in item.answers] == [OWN, FIRST]
    add_study(session, project, ada, size="4", seed="1", rubric=PAIR, contenders=[OWN, SECOND])  # kept only once


def test_of_a_model_s_two_answers_the_newest_is_judged(session, project, ada, tasks):
    newest = alternative(tasks[0], add_run(session, project, ada), FIRST)
    session.add(newest)
    session.flush()
    study = add_study(session, project, ada, rubric=PAIR, contenders=[FIRST, SECOND])
    assert newest.id in {number for item in items_of(session, study) for number in item.answers}


@pytest.mark.usefixtures("tasks")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rubric": PAIR, "contenders": [FIRST]}, "contenders"),
        ({"rubric": PAIR}, "contenders"),
        ({"rubric": PAIR, "contenders": [FIRST, "nobody"]}, ""),
        ({"rubric": PAIR, "contenders": [FIRST, SECOND], "gold": "1"}, "gold"),
        ({"rubric": RANKED, "contenders": [str(number) for number in range(10)]}, "contenders"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_a_sentence(session, project, ada, changes, field):
    with pytest.raises(InvalidInput) as refused:
        add_study(session, project, ada, **changes)
    assert (refused.value.field or "") == field


def test_sides_are_drawn_by_lot_and_stay_for_whoever_looks_again(session, project, ada):
    add_tasks(session, project, ada, 60, FIRST, SECOND)
    study = add_study(session, project, ada, size="60", rubric=PAIR, contenders=[FIRST, SECOND])
    lefts = Counter()
    for _ in range(60):
        given = queue.next_assignment(session, study, ada.id)
        before = sides(session, study, given)
        assert before == sides(session, study, given)
        lefts[before[0]] += 1
        choose(session, study, ada, FIRST)
    assert 15 <= lefts[FIRST] <= 45


@pytest.mark.usefixtures("tasks")
def test_answers_are_told_by_whose_they_are_whatever_the_side(session, project, ada, bob):
    study = add_study(session, project, ada, size="10", overlap="2", rubric=PAIR, contenders=[FIRST, SECOND])
    winners = [FIRST] * 5 + [SECOND] * 2 + ["tie"] * 3
    for winner in winners:
        choose(session, study, ada, winner)
        choose(session, study, bob, winner)
    report = reporting.read_report(session, study)
    (contest,) = report["contests"]
    (pair,) = contest["pairs"]
    assert (pair["one"], pair["other"]) == (FIRST, SECOND)
    assert [(each["answer"], each["count"], each["of"]) for each in pair["shares"]] == [
        (FIRST, 10, 20),
        ("tie", 6, 20),
        (SECOND, 4, 20),
    ]
    assert pair["examples"] == {"one": 5, "tie": 3, "other": 2}
    assert pair["chance_alone"]["value"] == pytest.approx(2 * 29 / 128)  # 7 tosses, at most 2 tails
    chances = {each["name"]: each["chance"]["value"] for each in contest["strengths"]["each"]}
    assert chances[FIRST] > 0.5 > chances[SECOND]
    (question,) = report["questions"]
    assert question["agreement"]["alpha"]["value"] == pytest.approx(1)
    assert {each["label"]: each["count"] for each in question["shares"]} == {FIRST: 10, SECOND: 4, "Tie": 6}


def test_alpaca_s_90_to_89(session, project, ada):
    """Stanford Alpaca: 90 comparisons won against 89, which chance alone parts as far in every case."""
    add_tasks(session, project, ada, 179, FIRST, SECOND)
    study = add_study(session, project, ada, size="179", rubric=PAIR, contenders=[FIRST, SECOND])
    for number in range(179):
        choose(session, study, ada, FIRST if number < 90 else SECOND)
    (pair,) = reporting.read_report(session, study)["contests"][0]["pairs"]
    assert pair["examples"] == {"one": 90, "tie": 0, "other": 89}
    assert pair["chance_alone"]["value"] == 1


@pytest.mark.usefixtures("tasks")
def test_most_raters_of_an_example_speak_for_it(session, project, ada, bob):
    eve = add_person(session, "Eve")
    study = add_study(session, project, ada, size="1", overlap="3", rubric=PAIR, contenders=[FIRST, SECOND])
    for person, winner in ((ada, FIRST), (bob, SECOND), (eve, FIRST)):
        choose(session, study, person, winner)
    (pair,) = reporting.read_report(session, study)["contests"][0]["pairs"]
    assert pair["examples"] == {"one": 1, "tie": 0, "other": 0}


@pytest.mark.usefixtures("tasks")
def test_a_ranking_compares_each_two_and_tells_places(session, project, ada):
    study = add_study(session, project, ada, size="5", rubric=RANKED, contenders=[FIRST, SECOND, THIRD])
    for _ in range(5):
        given = queue.next_assignment(session, study, ada.id)
        shown = answering.turn_at(session, study, given, ada.id).answers
        letters = {each.model: "ABC"[place] for place, each in enumerate(shown)}
        order = letters[SECOND] + letters[FIRST] + letters[THIRD]
        answer(session, study, given, answers={"order": order})
    (contest,) = reporting.read_report(session, study)["contests"]
    won = {(pair["one"], pair["other"]): pair["examples"] for pair in contest["pairs"]}
    assert won == {
        (FIRST, SECOND): {"one": 0, "tie": 0, "other": 5},
        (FIRST, THIRD): {"one": 5, "tie": 0, "other": 0},
        (SECOND, THIRD): {"one": 5, "tie": 0, "other": 0},
    }
    places = {each["name"]: [share["count"] for share in each["shares"]] for each in contest["places"]}
    assert places == {FIRST: [0, 5, 0], SECOND: [5, 0, 0], THIRD: [0, 0, 5]}
    assert "won every comparison" in contest["strengths"]["reason"]


@pytest.mark.usefixtures("tasks")
def test_levels_are_told_for_each_model(session, project, ada):
    study = add_study(session, project, ada, size="10", rubric="four_levels", contenders=[FIRST, SECOND])
    for _ in range(20):
        given = queue.next_assignment(session, study, ada.id)
        turn = answering.turn_at(session, study, given, ada.id)
        assert turn.compared == ()
        (shown,) = turn.answers
        assert turn.example.output == shown.output
        level = {"level": "a" if shown.model == FIRST else "c"}
        answer(session, study, given, answers=level)
    by_model = {each["name"]: each["questions"][0] for each in reporting.read_report(session, study)["by_contender"]}
    assert [share["count"] for share in by_model[FIRST]["shares"]] == [10, 0, 0, 0]
    assert [share["count"] for share in by_model[SECOND]["shares"]] == [0, 0, 10, 0]
    assert (by_model[FIRST]["fine"]["value"], by_model[SECOND]["fine"]["value"]) == (1, 0)


@pytest.mark.usefixtures("tasks")
def test_which_texts_were_judged_is_for_the_study_to_say(session, project, ada):
    study = add_study(session, project, ada, rubric=PAIR, contenders=[FIRST, SECOND])
    given = queue.next_assignment(session, study, ada.id)
    judged = [each.id for each in answering.turn_at(session, study, given, ada.id).answers]
    strangers = next(each.answers for each in items_of(session, study) if each.id != given.study_item_id)
    for shown in ((), judged[::-1], strangers):
        assert answer(session, study, given, answers={"better": "left"}, shown=tuple(shown)).shown == judged


@pytest.mark.usefixtures("tasks")
def test_a_decision_names_the_answer_whatever_the_side(session, project, ada, bob):
    study = add_study(session, project, ada, size="1", overlap="2", rubric=PAIR, contenders=[FIRST, SECOND])
    choose(session, study, ada, FIRST)
    choose(session, study, bob, SECOND)
    here = adjudicating.dispute_at(session, study, None).here
    shown = [each.model for each in here.answers]
    said = {each.annotator: shown[("left", "right").index(each.answers["better"])] for each in here.said}
    assert said == {ada.name: FIRST, bob.name: SECOND}
    side = ("left", "right")[shown.index(SECOND)]
    adjudicating.decide(session, study, here.item.id, "better", side, "", ada.id)
    assert adjudicating.dispute_at(session, study, None).here.decided["better"].answer == side
    (group,) = reporting.read_report(session, study)["disagreements"]
    assert group["items"][0]["decision"]["label"] == SECOND


@pytest.mark.usefixtures("tasks")
def test_one_more_person_is_asked_only_what_two_differ_on(session, project, ada, bob):
    eve = add_person(session, "Eve")
    study = add_study(
        session,
        project,
        ada,
        size="1",
        overlap="2",
        rubric=HHH,
        contenders=[FIRST, SECOND],
        stopping=StoppingForm(third=True),
    )
    for person, harmless in ((ada, FIRST), (bob, SECOND)):
        given = queue.next_assignment(session, study, person.id)
        models = sides(session, study, given)
        side = {model: ("left", "right")[place] for place, model in enumerate(models)}
        answers = {"helpful": side[FIRST], "honest": "tie", "harmless": side[harmless]}
        answer(session, study, given, answers=answers)
    given = queue.next_assignment(session, study, eve.id)
    turn = answering.turn_at(session, study, given, eve.id)
    assert [question.name for question in turn.rubric.questions] == ["harmless"]
    rating = answer(session, study, given, answers={"harmless": "tie", "helpful": "tie"})
    assert rating.answers == {"harmless": "tie"}
    counts = {each["name"]: each["shares"][0]["of"] for each in reporting.read_report(session, study)["questions"]}
    assert counts == {"helpful": 2, "honest": 2, "harmless": 2}
    (harmless,) = [each for each in reporting.read_report(session, study)["contests"] if each["question"] == "harmless"]
    assert harmless["pairs"][0]["examples"] == {"one": 0, "tie": 1, "other": 0}


def test_a_model_called_tie_is_no_tie(session, project, ada):
    add_tasks(session, project, ada, 5, "tie", OWN_LABEL)
    study = add_study(session, project, ada, size="5", rubric=PAIR, contenders=[OWN, OWN_LABEL, "tie"])
    for _ in items_of(session, study):
        given = queue.next_assignment(session, study, ada.id)
        shown = [each.id for each in answering.turn_at(session, study, given, ada.id).answers]
        models = [model_of(session, number) for number in shown]
        winner = next(model for model in ("tie", OWN_LABEL, OWN) if model in models)
        answer(session, study, given, answers={"better": ("left", "right")[models.index(winner)]}, shown=tuple(shown))
    (contest,) = reporting.read_report(session, study)["contests"]
    won = {(pair["one"], pair["other"]): pair["examples"] for pair in contest["pairs"]}
    assert won == {
        (OWN_LABEL, f"{OWN_LABEL} (a model)"): {"one": 0, "tie": 0, "other": 5},
        (OWN_LABEL, "tie"): {"one": 0, "tie": 0, "other": 5},
        (f"{OWN_LABEL} (a model)", "tie"): {"one": 0, "tie": 0, "other": 5},
    }


@pytest.mark.usefixtures("tasks")
def test_agreement_is_about_sides_not_about_who_is_compared(session, project, ada, bob):
    """Who tosses a coin agrees with nobody beyond chance, however many pairs of contenders there are."""
    study = add_study(session, project, ada, size="5", overlap="2", rubric=PAIR, contenders=[FIRST, SECOND, THIRD])
    for place in range(15):
        for person, picks_first in ((ada, place % 2 == 0), (bob, place % 4 < 2)):
            given = queue.next_assignment(session, study, person.id)
            order = [FIRST, SECOND, THIRD]
            ranked = sorted(sides(session, study, given), key=order.index)
            shown = tuple(each.id for each in answering.turn_at(session, study, given, person.id).answers)
            winner = ranked[0] if picks_first else ranked[1]
            side = ("left", "right")[sides(session, study, given).index(winner)]
            answer(session, study, given, answers={"better": side}, shown=shown)
    (question,) = reporting.read_report(session, study)["questions"]
    assert abs(question["agreement"]["alpha"]["value"]) < 0.15
