"""Which ratings are compared with which, and what an annotator may see of others' answers."""

import pytest
from sqlalchemy import event, update

from app.candidates.editing import edit_candidate
from app.examples import Example
from app.models.candidates import Rating
from app.models.people import Membership, Role
from app.people.members import leave_out, membership_of
from app.rating import own_rubrics, ratings
from app.rating.rubric_files import dump_rubric
from app.rating.rubrics import quality_study, rubric_named
from app.studies import reporting
from app.studies.contested import contested_by
from app.studies.raters import raters_of
from app.studies.reports.report import report_of
from app.studies.saying import said_in
from app.studies.shared import judged_in_project, judged_in_study
from app.studies.stopping import StoppingForm
from app.studies.with_others import with_others
from tests.builders import ALL_VALID, WRONG_OUTPUT, add_candidate, add_person, add_run, rate, rating_form, skip
from tests.studies.builders import add_examples, add_study, answer, answer_next, next_of
from tests.studies.test_contests import alternative

OUTPUT = "Is the output right and good enough?"


@pytest.fixture
def people(session, project):
    made = [add_person(session, name) for name in ("Ana", "Ben", "Cem")]
    for each in made:
        session.add(Membership(project_id=project.id, person_id=each.id, role=Role.CURATOR))
    session.flush()
    return made


def beside(session, project, person, *, with_open=False):
    judged, _ = judged_in_project(session, project.id, with_open=with_open, person_id=person.id)
    found = with_others(judged).get(person.id)
    return found and (found.shared, round(found.same.value, 3))


def contested(session, project, person):
    judged, ids = judged_in_project(session, project.id, with_open=False, person_id=person.id)
    return contested_by(session, judged, ids, person.id)


def test_free_ratings_are_compared_at_once(session, project, people):
    ana, ben, cem = people
    one, two, three = (add_candidate(session, project, f"Name {number} fruits.") for number in range(3))
    rate(session, one, ana)
    rate(session, one, ben, valid=False)
    rate(session, two, ana)
    skip(session, two, ben)
    rate(session, three, cem)
    assert beside(session, project, ana) == (1, 0.667)
    assert beside(session, project, cem) is None
    (found,) = contested(session, project, ana)
    (difference,) = found.differences
    assert found.example.instruction == "Name 0 fruits."
    assert (difference.question, difference.own, difference.others) == (OUTPUT, "Yes", ("No",))
    rate(session, one, ben)  # in place of what they said before
    assert beside(session, project, ana) == (1, 1.0)
    assert contested(session, project, ana) == []


def test_texts_are_compared_in_the_version_that_was_judged(session, project, people):
    ana, ben, cem = people
    candidate = add_candidate(session, project)
    rate(session, candidate, ana)
    rate(session, candidate, cem, valid=False)
    edit_candidate(session, candidate, Example("Name a pear.", "", "Conference."), version=1, actor_id=ben.id)
    rate(session, candidate, ben, valid=False)
    assert beside(session, project, ben) is None
    assert contested(session, project, ana)[0].example == Example("Name a fruit.", "", "An apple.")


def test_a_study_is_compared_once_it_is_closed_and_by_owners_before(session, project, people):
    ana, ben, cem = people
    add_examples(session, project, 3)
    study = add_study(session, project, cem, overlap="2")
    for _ in range(3):
        answer_next(session, study, ana)
        answer_next(session, study, ben, answers=WRONG_OUTPUT)
    assert (beside(session, project, ana), contested(session, project, ana)) == (None, [])
    assert beside(session, project, ana, with_open=True) == (3, 0.667)
    reporting.close_study(session, study, cem.id)
    assert beside(session, project, ana) == (3, 0.667)
    assert len(contested(session, project, ana)) == 3


@pytest.mark.parametrize("state", ["planned", "open", "closed"])
def test_what_lies_in_a_study_that_goes_on_is_never_listed(session, project, people, state):
    ana, ben, cem = people
    candidate = add_candidate(session, project)
    rate(session, candidate, ana)
    rate(session, candidate, ben, valid=False)
    study = add_study(session, project, cem, opened=state != "planned")
    if state == "closed":
        reporting.close_study(session, study, cem.id)
    assert len(contested(session, project, ana)) == (1 if state == "closed" else 0)


def test_the_later_of_ones_own_two_answers_counts_and_is_no_other(session, project, people):
    ana, ben, cem = people
    candidate = add_candidate(session, project)
    rate(session, candidate, ana)
    study = add_study(session, project, cem)
    rate(session, add_candidate(session, project, "Name a pear."), ana)
    answer_next(session, study, ana, answers=WRONG_OUTPUT)
    reporting.close_study(session, study, cem.id)
    assert beside(session, project, ana) is None
    rate(session, candidate, ben, valid=False)
    assert beside(session, project, ana) == (1, 1.0)
    _, ids = judged_in_project(session, project.id, with_open=False)
    assert len(ids) == 3
    assert ids == sorted(ids)


def test_a_silent_repeat_changes_nothing(session, project, people):
    ana, ben, cem = people
    add_examples(session, project, 6)
    study = add_study(session, project, cem, overlap="2", repeats="1")
    for _ in range(6):
        answer_next(session, study, ben)
    for _ in range(5):
        answer_next(session, study, ana)
    again = next_of(session, study, ana)
    assert again.number == 2
    answer(session, study, again, answers=WRONG_OUTPUT)
    assert beside(session, project, ana, with_open=True) == (5, 1.0)


def test_whoever_is_asked_where_others_differ_is_compared_with_nobody(session, project, people):
    ana, ben, cem = people
    add_examples(session, project, 3)
    study = add_study(session, project, cem, overlap="2", stopping=StoppingForm(third=True))
    for _ in range(3):
        answer_next(session, study, ana)
        answer_next(session, study, ben, answers=WRONG_OUTPUT)
    for _ in range(3):
        assert answer_next(session, study, cem, answers={"output_correct": "no"}).asked == ["output_correct"]
    assert set(with_others(judged_in_study(session, study))) == {ana.id, ben.id}
    assert beside(session, project, cem, with_open=True) is None
    assert beside(session, project, ana, with_open=True) == (3, 0.667)
    reporting.close_study(session, study, cem.id)
    assert beside(session, project, cem) is None


def test_whoever_is_left_out_is_nobody_elses_measure(session, project, people):
    ana, ben, cem = people
    candidate = add_candidate(session, project)
    rate(session, candidate, ana)
    rate(session, candidate, ben, valid=False)
    member = membership_of(session, project.id, ben.id)
    leave_out(session, project.id, member.id, left_out=True, actor_id=ana.id)
    session.flush()
    assert beside(session, project, ana) is None
    assert beside(session, project, ben) == (1, 0.667)
    assert contested(session, project, ana) == []
    rate(session, candidate, cem, answers=ALL_VALID | {"valid_task": "no"})
    (found,) = contested(session, project, ana)
    assert [each.question for each in found.differences] == ["Does the instruction make sense as a task?"]


def test_the_newest_twenty_are_listed(session, project, people):
    ana, ben, _ = people
    for number in range(23):
        candidate = add_candidate(session, project, f"Name {number} fruits.")
        rate(session, candidate, ana)
        rate(session, candidate, ben, valid=False)
    listed = [each.example.instruction for each in contested(session, project, ana)]
    assert listed == [f"Name {number} fruits." for number in range(22, 2, -1)]


def test_raters_are_shown_as_the_report_has_them(session, project, people):
    ana, ben, cem = people
    known = [add_candidate(session, project, f"Known {number}.") for number in range(2)]
    for each in known:
        rate(session, each, cem)
    add_examples(session, project, 20)
    chosen = [ana.id, ben.id, add_person(session, "Eve").id]
    study = add_study(session, project, cem, size="20", overlap="2", gold="2", repeats="1", people=chosen)
    turn = 0
    for _ in range(20):
        for person in (ana, ben):
            turn += 1
            answers = WRONG_OUTPUT if person is ben and turn % 3 == 0 else ALL_VALID
            answer_next(session, study, person, answers=answers, seconds=float(turn))
    given = next_of(session, study, ana)
    if given is not None:
        answer(session, study, given, skipped=True, answers={})
    raters = {each.person.name: each for each in raters_of(session, study, quality_study)}
    report = report_of(quality_study, said_in(session, study), {})
    for said in report["annotators"]:
        shown = raters[said["name"]]
        questions = [each.same.value for each in shown.beside.questions]
        assert questions == pytest.approx([each["value"] for each in said["agreeing"].values()])
        assert (shown.known.same, shown.known.of) == (said["known"]["same"], said["known"]["of"])
        assert (shown.steady.same, shown.steady.of) == (said["steady"]["same"], said["steady"]["of"])
        assert shown.seconds == pytest.approx(said["median"])
        assert shown.known.of
        assert shown.steady.of
    assert list(raters) == ["Ana", "Ben", "Eve"]
    assert (raters["Eve"].done, raters["Eve"].seen_at, raters["Eve"].has_shared) == (0, None, False)


def test_a_study_counts_its_sample_alone(session, project, people):
    ana, ben, cem = people
    add_examples(session, project, 2)
    study = add_study(session, project, cem, overlap="2")
    for _ in range(2):
        answer_next(session, study, ana)
    rate(session, add_candidate(session, project, "Free."), ben)
    assert len(judged_in_study(session, study).people) == 2


def test_however_much_there_is_it_takes_as_many_questions(session, project, people):
    ana, ben, _ = people

    def count():
        seen = []
        note = lambda *said: seen.append(said[2])  # noqa: E731
        event.listen(session.get_bind(), "before_cursor_execute", note)
        contested(session, project, ana)
        event.remove(session.get_bind(), "before_cursor_execute", note)
        return len(seen)

    counts = []
    for number in range(6):
        candidate = add_candidate(session, project, f"Name {number} fruits.")
        rate(session, candidate, ana)
        rate(session, candidate, ben, valid=False)
        counts.append(count())
    assert len(set(counts)) == 1, counts


def test_answers_to_a_rubric_that_is_gone_are_left_aside(session, project, people):
    ana, ben, _ = people
    candidate = add_candidate(session, project)
    rate(session, candidate, ana)
    rate(session, candidate, ben, valid=False)
    session.execute(update(Rating).values(rubric="gone"))
    assert beside(session, project, ana) is None


@pytest.fixture
def compare(session, project, people):
    """Return a function that has two people give answers to a comparison, one list of sides for each person."""
    runs = [add_run(session, project, people[2]) for _ in range(2)]

    def give(rubric, name, *given):
        for number, sides in enumerate(zip(*given, strict=True)):
            candidate = add_candidate(session, project, f"{name} {number}.")
            there = [alternative(candidate, run, f"Model {run.id}") for run in runs]
            session.add_all(there)
            session.flush()
            for person, side in zip(people, sides, strict=False):
                turned = number % 3 == 0 and person is people[1]
                shown = tuple(each.id for each in (reversed(there) if turned else there))
                other = {"left": "right", "right": "left", "AB": "BA", "BA": "AB"}
                answers = {name: other.get(side, side) if turned else side}
                form = rating_form(answers=answers, shown=shown)
                ratings.submit(session, candidate, rubric, form, person.id)
        judged, _ = judged_in_project(session, project.id, with_open=False)
        return with_others(judged)[people[0].id].questions[0]

    return give


def test_whoever_compares_by_tossing_a_coin_agrees_by_chance(compare):
    """Of 36 pairs as many as chance gives are the same, in each of the nine ways that two can answer."""
    sides = ["left", "tie", "right"]
    one, other = [a for a in sides for _ in range(12)], [b for _ in range(12) for b in sides]
    found = compare(rubric_named("pairwise_comparison"), "better", one, other)
    assert (found.shared, found.same.value) == (36, pytest.approx(1 / 3))
    assert found.alpha.value == pytest.approx(0, abs=0.02)


def test_whoever_chooses_the_same_whatever_the_side_agrees(compare):
    sides = ["left", "tie", "right", "right"] * 3
    found = compare(rubric_named("pairwise_comparison"), "better", sides, sides)
    assert (found.same.value, found.alpha.value) == (1, 1)


def test_orders_are_the_same_or_not_and_nothing_is_said_of_chance(compare):
    found = compare(rubric_named("ranked_answers"), "order", ["AB", "BA", "AB", "BA"], ["AB", "BA", "AB", "AB"])
    assert (found.same.value, found.alpha.value) == (0.75, None)
    assert "chance" in found.alpha.reason


def test_one_answer_of_several_is_shown_as_it_was_judged(session, project, people):
    ana, ben, cem = people
    run = add_run(session, project, cem)
    candidate = add_candidate(session, project)
    session.add(alternative(candidate, run, "Model"))
    session.flush()
    study = add_study(session, project, cem, overlap="2", rubric="four_levels", contenders=["Model"])
    for person in (ana, ben):
        given = next_of(session, study, person)
        (question,) = rubric_named("four_levels").questions
        value = question.choices[0 if person is ana else -1].value
        answer(session, study, given, answers={question.name: value}, shown=tuple(given.item.answers))
    reporting.close_study(session, study, cem.id)
    (found,) = contested(session, project, ana)
    assert found.example.output == f"Model on {candidate.id}"


def test_a_question_of_two_versions_of_a_rubric_is_told_apart(session, project, people):
    ana, ben, _ = people
    first = own_rubrics.copy_rubric(session, project.id, "quality_study", ana.id)
    content = dump_rubric(first) | {"label": "Ours"}
    second = own_rubrics.save_rubric(session, project, first.name, content, seen=1, actor_id=ana.id)
    for rubric in (first, second):
        candidate = add_candidate(session, project, f"Version {rubric.version}.")
        for person in (ana, ben):
            ratings.submit(session, candidate, rubric, rating_form(), person.id)
    judged, _ = judged_in_project(session, project.id, with_open=False)
    told = [each.question for each in with_others(judged)[ana.id].questions]
    assert [each for each in told if each.startswith(OUTPUT)] == [f"{OUTPUT} (version 1)", f"{OUTPUT} (version 2)"]
