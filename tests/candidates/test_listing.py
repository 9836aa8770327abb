"""Lists of candidates: what narrows them, and that every page together shows each once."""

import itertools

import pytest

from app.approval import decide
from app.candidates import listing
from app.candidates.editing import edit_candidate
from app.candidates.listing import PAGE, Filters, list_candidates
from app.examples import Example
from app.models.candidates import Outcome, Verdict
from app.rating import ratings
from tests.builders import (
    add_candidate,
    add_person,
    add_project,
    add_run,
    approve,
    counting_queries,
    rate,
    skip,
)


@pytest.fixture
def names(session, project, ada):
    """One candidate per thing that can be asked for; the fixture's value finds names by ``Filters``."""
    runs = {name: add_run(session, project, ada, pipeline=name) for name in ("self_instruct", "alpaca")}
    named = {
        "plain": add_candidate(session, project, "Plain.", run_id=runs["self_instruct"].id, position=1),
        "wordy": add_candidate(session, project, "Wordy.", outcome=Outcome.REJECTED, rejected_by="length"),
        "stale": add_candidate(session, project, "Stale.", outcome=Outcome.REJECTED, rejected_by="novelty"),
        "open": add_candidate(session, project, "Open.", outcome=Outcome.UNFINISHED),
        "rated": add_candidate(session, project, "Rated.", run_id=runs["alpaca"].id, position=1),
        "skipped": add_candidate(session, project, "Skipped."),
        "undone": add_candidate(session, project, "Undone."),
        "flagged": add_candidate(session, project, "Flagged.", run_id=runs["alpaca"].id, position=2),
        "approved": add_candidate(session, project, "Approved."),
        "refused": add_candidate(session, project, "Refused.", output="\n\u200b"),
        "edited": add_candidate(session, project, "Edited."),
    }
    rate(session, named["rated"], ada)
    skip(session, named["skipped"], ada)
    ratings.take_back(session, rate(session, named["undone"], ada, flagged=True))
    rate(session, named["flagged"], ada, flagged=True)
    approve(session, named["approved"], ada)
    decide(session, named["refused"], Verdict.REJECTED, ada.id)
    approve(session, named["edited"], ada)
    edit_candidate(session, named["edited"], Example("Edited anew.", "", "x"), version=1, actor_id=ada.id)
    add_candidate(session, add_project(session, name="Elsewhere"), "Not here.")
    session.flush()

    def find(**filters: str) -> set[str]:
        by_id = {candidate.id: name for name, candidate in named.items()}
        if filters.get("run") in runs:
            filters["run"] = str(runs[filters["run"]].id)
        page = list_candidates(session, project.id, Filters(**filters))
        assert page.total == len(page.rows)
        return {by_id[row.candidate.id] for row in page.rows}

    return find


ALL = {"plain", "wordy", "stale", "open", "rated", "skipped", "undone", "flagged", "approved", "refused", "edited"}
KEPT = ALL - {"wordy", "stale", "open"}
NARROWED = [
    ({}, ALL),
    ({"outcome": "kept"}, KEPT),
    ({"outcome": "rejected"}, {"wordy", "stale"}),
    ({"outcome": "unfinished"}, {"open"}),
    ({"rejected_by": "length"}, {"wordy"}),
    ({"pipeline": "self_instruct"}, {"plain"}),
    ({"pipeline": "alpaca"}, {"rated", "flagged"}),
    ({"run": "alpaca"}, {"rated", "flagged"}),
    ({"rated": "yes"}, {"rated", "flagged"}),
    ({"rated": "no"}, ALL - {"rated", "flagged"}),
    ({"flagged": "yes"}, {"flagged"}),
    ({"incomplete": "yes"}, {"refused"}),
    ({"incomplete": "no", "decided": "rejected"}, set()),
    ({"decided": "approved"}, {"approved"}),
    *(({field: "xyz"}, set()) for field in ("outcome", "rated", "flagged", "incomplete", "decided", "rejected_by")),
    *(({field: "\x00"}, set()) for field in ("outcome", "rated", "flagged", "run", "pipeline", "q")),
    *(({field: "5"}, set()) for field in ("original", "at", "change")),
    ({"flagged": "no"}, ALL - {"flagged"}),
    ({"decided": "rejected"}, {"refused"}),
    ({"decided": "no"}, ALL - {"approved", "refused"}),
    ({"q": "ANEW"}, {"edited"}),
]


@pytest.mark.parametrize(("filters", "found"), NARROWED, ids=[str(filters) for filters, _ in NARROWED])
def test_each_filter_narrows(names, filters, found):
    assert names(**filters) == found


def test_filters_together_find_what_each_of_them_finds(names):
    for (one, found_one), (other, found_other) in itertools.combinations(NARROWED, 2):
        if not one.keys() & other.keys():
            assert names(**one, **other) == found_one & found_other, (one, other)


@pytest.mark.parametrize(
    "filters",
    [
        {"outcome": "lost"},
        {"rejected_by": "taste"},
        {"pipeline": "unheard_of"},
        {"run": "999999999999999999"},
        {"run": "9" * 40},
        {"run": "-1"},
        {"run": "one"},
        {"run": "²"},
        {"q": "nowhere to be found"},
        {"q": "\ud800"},
        {"pipeline": "\ud800"},
    ],
    ids=ascii,
)
def test_unknown_values_narrow_to_nothing_and_never_fail(names, filters):
    assert names(**filters) == set()


@pytest.mark.parametrize("wildcard", ["%", "_", "\\", "/", "100%", "a_b"])
def test_wildcards_in_a_search_stand_for_themselves(session, project, wildcard):
    found = add_candidate(session, project, f"What does {wildcard} mean?")
    add_candidate(session, project, "What does 1000 mean, and axb?")
    page = list_candidates(session, project.id, Filters(q=wildcard))
    assert [row.candidate.id for row in page.rows] == [found.id]


@pytest.mark.parametrize("field", ["instruction", "input", "output"])
def test_a_search_looks_into_every_text(session, project, field):
    found = add_candidate(session, project, **{"instruction": "Say it.", field: "the CAFÉ 你好"})
    add_candidate(session, project)
    stored_apart = add_candidate(session, project, **{"instruction": "Say it.", field: "a RE\u0301SUM\u212b"})
    assert [row.candidate.id for row in list_candidates(session, project.id, Filters(q="RÉSUMÅ")).rows] == [
        stored_apart.id
    ]
    for words in ("the caf", "CAFÉ", "你好", "CAFE\u0301"):
        assert [row.candidate.id for row in list_candidates(session, project.id, Filters(q=words)).rows] == [found.id]


def test_rows_say_what_was_decided_and_how_many_ratings_count(session, project, ada):
    candidate = add_candidate(session, project)
    rate(session, candidate, ada)
    rate(session, candidate, ada)
    rate(session, candidate, add_person(session, "Bo"))
    skip(session, candidate, add_person(session, "Cleo"))
    approve(session, candidate, ada)
    (row,) = list_candidates(session, project.id, Filters()).rows
    assert (row.verdict, row.ratings) == (Verdict.APPROVED, 2)


@pytest.mark.parametrize("count", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 7])
def test_pages_show_each_candidate_once_newest_first(session, project, count):
    for number in range(count):
        add_candidate(session, project, f"Name {number} fruits.")
    seen, before, pages = [], None, 0
    while pages == 0 or before is not None:
        page = list_candidates(session, project.id, Filters(), before=before)
        assert page.total == count
        seen += [row.candidate.instruction for row in page.rows]
        before, pages = page.before, pages + 1
    assert seen == [f"Name {number} fruits." for number in reversed(range(count))]
    assert pages == max(1, -(-count // PAGE))


def test_a_candidate_that_comes_in_meanwhile_moves_no_page(session, project):
    for number in range(PAGE + 3):
        add_candidate(session, project, f"Name {number} fruits.")
    first = list_candidates(session, project.id, Filters())
    add_candidate(session, project, "Just in.")
    second = list_candidates(session, project.id, Filters(), before=first.before)
    assert [row.candidate.instruction for row in second.rows] == [f"Name {n} fruits." for n in (2, 1, 0)]


def test_counting_stops_where_nobody_reads_on(session, project, monkeypatch):
    monkeypatch.setattr(listing, "_MOST_COUNTED", 3)
    for number in range(5):
        add_candidate(session, project, f"Name {number} fruits.")
    page = list_candidates(session, project.id, Filters())
    assert (page.total, page.is_many, len(page.rows)) == (3, True, 5)


def test_a_page_takes_two_queries_however_long_it_is(database):
    with database.writing() as session:
        project, ada = add_project(session), add_person(session)
        for number in range(PAGE + 1):
            rate(session, add_candidate(session, project, f"Name {number} fruits."), ada)
    with database.reading() as session, counting_queries(database) as queries:
        every = Filters(outcome="kept", pipeline="", rated="yes", decided="no", q="fruits")
        assert len(list_candidates(session, project.id, every).rows) == PAGE
    assert len([each for each in queries if each.startswith("SELECT")]) == 2


def test_filters_become_the_parameters_of_a_url():
    filters = Filters(outcome="kept", q="a b")
    assert filters.query() == {"outcome": "kept", "q": "a b"}
    assert filters.query(q="", rated="yes") == {"outcome": "kept", "rated": "yes"}


def test_what_no_database_takes_is_left_out_of_a_search():
    assert Filters(q="ba\x00rley").q == "barley"
