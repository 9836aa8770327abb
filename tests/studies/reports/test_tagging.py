"""Tags of a study, against a count by hand."""

from app.rating.rubrics import quality_study
from app.studies.reports.tagging import tags_given
from tests.studies.test_report import said

ROWS = [
    said(1, 1, "no", tags=("wrong",)),
    said(1, 2, "yes"),
    said(2, 1, "no", tags=("wrong", "unclear")),
    said(2, 2, "no", tags=("wrong",)),
    said(3, 1, "yes"),
    said(3, 2, "yes"),
    said(4, 1, "no", number=2, tags=("wrong",)),
    said(5, 1, "no", gold={"output_correct": "no"}, tags=("unsafe",)),
]


def test_tags_are_counted_on_what_counts_the_most_frequent_first():
    assert [
        (each["tag"], each["ratings"], each["examples"], each["disputed"], each["split"])
        for each in tags_given(quality_study, ROWS)
    ] == [("wrong", 3, 2, 1, 1), ("unclear", 1, 1, 0, 1)]


def test_who_gave_a_tag_and_who_did_not_is_told():
    wrong = tags_given(quality_study, ROWS)[0]
    assert [(each["candidate"], each["disputed"], each["by"], each["not_by"]) for each in wrong["items"]] == [
        (101, True, ["Person 1"], ["Person 2"]),
        (102, False, ["Person 1", "Person 2"], []),
    ]


def test_a_tag_that_the_rubric_has_lost_is_told_too():
    assert [each["tag"] for each in tags_given(quality_study, [said(1, 1, tags=("dull",))])] == ["dull"]
