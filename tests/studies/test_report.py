"""The report's figures, against a computation that knows nothing of it."""

import datetime as dt
import hashlib

import orjson
import pytest

from app.errors import Conflict
from app.models.people import Membership, Role
from app.models.studies import StudyState
from app.people.members import leave_out
from app.rating.rubrics import quality_study
from app.studies import adjudicating, reporting
from app.studies.reports.report import report_of
from app.studies.reports.said import Decided, Said
from tests.builders import ALL_VALID, WRONG_OUTPUT, add_person
from tests.studies.builders import add_examples, add_study, answer_next

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def said(item, annotator, output="yes", **changes):
    answers = ALL_VALID | {"output_correct": output}
    values = {
        "item_id": item,
        "candidate_id": 100 + item,
        "position": item,
        "stratum": "",
        "gold": None,
        "annotator_id": annotator,
        "annotator": f"Person {annotator}",
        "number": 1,
        "answers": answers,
        "all_valid": output == "yes",
        "skipped": False,
        "seconds": 10.0,
        "flagged": False,
        "comment": "",
        "at": AT,
    }
    return Said(**(values | changes))


def output_of(report):
    return next(each for each in report["questions"] if each["name"] == "output_correct")


def test_shares_and_kappa_are_those_of_the_textbook():
    """Cohen (1960) by hand: 20 both yes, 15 both no, 5 and 10 apart; observed 0.7, by chance 0.5."""
    rows, item = [], 0
    for one, other, count in [("yes", "yes", 20), ("yes", "no", 5), ("no", "yes", 10), ("no", "no", 15)]:
        for _ in range(count):
            rows += [said(item, 1, one), said(item, 2, other)]
            item += 1
    report = report_of(quality_study, rows, {})
    output = output_of(report)
    assert output["fine"]["value"] == pytest.approx(55 / 100)
    assert output["fine"]["low"] < 0.55 < output["fine"]["high"]
    assert output["agreement"]["percent"]["value"] == pytest.approx(0.7)
    assert output["agreement"]["cohen"]["value"] == pytest.approx(0.4)
    assert output["reference"] == 0.58
    assert report["all_valid"]["reference"] == 0.54
    (pair,) = [each for each in report["pairs"] if each["question"] == "output_correct"]
    assert pair["table"] == [[20, 5], [10, 15]]
    (group,) = [each for each in report["disagreements"] if each["question"] == "output_correct"]
    assert len(group["items"]) == 15


def test_one_rating_each_gives_wilsons_interval_and_no_agreement():
    report = report_of(quality_study, [said(item, 1, "yes" if item < 58 else "no") for item in range(100)], {})
    fine = output_of(report)["fine"]
    assert (fine["count"], fine["of"]) == (58, 100)
    assert (round(fine["low"], 4), round(fine["high"], 4)) == (0.4821, 0.6720)
    for figure in output_of(report)["agreement"].values():
        assert figure["value"] is None
        assert figure["reason"]


def test_checks_on_raters_do_not_count_in_the_result():
    rows = [
        said(1, 1),
        said(1, 1, "no", number=2),
        said(2, 1, "no", gold=ALL_VALID),
        said(3, 1, skipped=True, answers={}, all_valid=None),
    ]
    report = report_of(quality_study, rows, {})
    assert report["counts"]["ratings"] == 1
    assert output_of(report)["fine"]["value"] == 1.0
    (ada,) = report["annotators"]
    assert ada["known"] == {"same": 2, "of": 3}
    assert ada["steady"] == {"same": 2, "of": 3}
    assert ada["skipped"] == 1


def test_a_decision_speaks_for_its_example_beside_the_ratings():
    rows = [said(1, 1), said(1, 2, "no"), said(2, 1), said(2, 2)]
    report = report_of(quality_study, rows, {(1, "output_correct"): Decided("no", "Cem", "Wrong.")})
    output = output_of(report)
    assert output["fine"]["value"] == 0.75
    assert (output["by_example"]["count"], output["by_example"]["of"]) == (1, 2)
    assert report["all_valid"]["by_example"]["value"] == 0.5


def test_one_more_opinion_counts_for_its_example_alone():
    """It is asked for where others differ: among the ratings it would pull shares and agreement down."""
    agreed = [said(item, person) for item in range(1, 10) for person in (1, 2)]
    split = [said(10, 1), said(10, 2, "no")]
    third = said(10, 3, "no", asked=("output_correct",), all_valid=None)
    before, after = (
        report_of(quality_study, [*agreed, *split], {}),
        report_of(quality_study, [*agreed, *split, third], {}),
    )
    for report in (before, after):
        assert output_of(report)["fine"]["value"] == 0.95
        assert output_of(report)["agreement"]["percent"]["value"] == 0.9
    assert (output_of(before)["by_example"]["count"], output_of(after)["by_example"]["count"]) == (9.5, 9)
    assert after["all_valid"]["by_example"]["value"] == 0.9
    assert after["counts"]["ratings"] == 21


def test_an_example_with_many_ratings_weighs_no_more_than_one_with_few():
    rows = [said(1, person, "no") for person in range(1, 6)] + [said(2, 1)]
    assert output_of(report_of(quality_study, rows, {}))["fine"]["value"] == 0.5


def test_nothing_said_is_a_report_too():
    report = report_of(quality_study, [], {})
    assert report["counts"]["examples"] == 0
    assert orjson.dumps(report)


def test_a_closed_study_keeps_its_report_whatever_changes(session, project, ada):
    add_examples(session, project, 4)
    study = add_study(session, project, ada, overlap="2")
    bo = add_person(session, "Bo")
    for _ in range(4):
        answer_next(session, study, ada)
        answer_next(session, study, bo, answers=WRONG_OUTPUT)
    place = adjudicating.dispute_at(session, study, None)
    assert (place.count, place.settled) == (4, 0)
    item_id = place.here.item.id
    adjudicating.decide(session, study, item_id, "output_correct", "no", "", ada.id)
    assert adjudicating.dispute_at(session, study, None).settled == 1
    reporting.close_study(session, study, ada.id)
    session.flush()
    assert study.state is StudyState.CLOSED
    frozen = reporting.json_of(session, study)
    assert hashlib.sha256(frozen).hexdigest() == study.report_sha256
    bo.name = "Somebody else"
    session.flush()
    assert reporting.json_of(session, study) == frozen
    with pytest.raises(Conflict):
        adjudicating.decide(session, study, item_id, "output_correct", "yes", "", ada.id)


def test_a_member_who_is_left_out_of_reports_is_left_out_of_a_study(session, project, ada):
    add_examples(session, project, 4)
    study = add_study(session, project, ada, overlap="2")
    for who in (ada, bo := add_person(session, "Bo")):
        while answer_next(session, study, who):
            pass
    member = Membership(project_id=project.id, person_id=bo.id, role=Role.ANNOTATOR)
    session.add(member)
    session.flush()
    leave_out(session, project.id, member.id, left_out=True, actor_id=ada.id)
    report = reporting.read_report(session, study)
    assert report["left_out"] == [bo.id]
    assert [each["id"] for each in report["annotators"]] == [ada.id]
