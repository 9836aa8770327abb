"""An edit makes a new version and keeps the old text."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from app.candidates.editing import candidate_in, edit_candidate, take_back_edits, typed_over
from app.errors import Conflict, InvalidInput, NotFound
from app.examples import Example
from app.models.candidates import Candidate, CandidateVersion, Outcome
from app.models.events import Event
from app.models.projects import Project
from tests.builders import add_candidate, add_person, add_project

NUT = Example("Name a nut.", "A tree is near.", "A hazelnut.")


@pytest.fixture
def candidate(session, project):
    return add_candidate(session, project, in_pool=True)


def versions(session):
    return session.scalars(select(CandidateVersion).order_by(CandidateVersion.version)).all()


def text_of(row):
    return Example(row.instruction, row.input, row.output)


def test_every_version_is_kept_with_who_replaced_it(session, candidate, ada):
    bo = add_person(session, "Bo")
    first = text_of(candidate)
    edit_candidate(session, candidate, NUT, version=1, actor_id=ada.id)
    edit_candidate(session, candidate, Example("Name a leaf.", "", "An oak leaf."), version=2, actor_id=bo.id)
    assert candidate.version == 3
    assert text_of(candidate) == Example("Name a leaf.", "", "An oak leaf.")
    assert [(each.version, text_of(each), each.replaced_by_id) for each in versions(session)] == [
        (1, first, ada.id),
        (2, NUT, bo.id),
    ]


def test_an_edit_of_a_text_changed_meanwhile_is_refused(session, candidate, ada):
    edit_candidate(session, candidate, NUT, version=1, actor_id=ada.id)
    with pytest.raises(Conflict, match="Somebody else changed"):
        edit_candidate(session, candidate, Example("Name a leaf.", "", "Oak."), version=1, actor_id=ada.id)
    assert text_of(candidate) == NUT
    assert len(versions(session)) == 1


def test_the_same_text_again_changes_nothing(session, candidate, ada):
    edit_candidate(session, candidate, text_of(candidate), version=1, actor_id=ada.id)
    assert (candidate.version, versions(session)) == (1, [])
    assert session.scalars(select(Event.kind).where(Event.kind == "candidate.edited")).all() == []


def test_a_form_that_nobody_changed_changes_nothing(session, project):
    """A browser sends every line end as CRLF; what is stored may have any."""
    for stored in ("a\nb", "a\r\nb", "a\rb", "    return a\n", "e\u0301 \u212b", "\x0b"):
        candidate = add_candidate(session, project, stored, output=stored)
        sent = "".join("\r\n" if each == "\n" else each for each in stored.replace("\r\n", "\n").replace("\r", "\n"))
        assert typed_over(candidate, Example(sent, "", sent)) == Example(stored, "", stored)


def test_a_text_keeps_the_line_ends_that_it_had(session, project):
    for stored, wanted in (("a\nb", "a\nc\n"), ("a\r\nb", "a\r\nc\r\n"), ("a\r\nb\n", "a\nc\n"), ("", "a\nc\n")):
        candidate = add_candidate(session, project, output=stored)
        assert typed_over(candidate, Example("x", "", "a\r\nc\r\n")).output == wanted


def test_an_edit_is_stored_as_it_was_typed(session, candidate, ada):
    typed = Example("  Go on:\n", "\tx", "    return a\u030a\n")
    edit_candidate(session, candidate, typed, version=1, actor_id=ada.id)
    assert text_of(candidate) == typed


def test_an_event_says_who_changed_what(session, project, candidate, ada):
    edit_candidate(session, candidate, NUT, version=1, actor_id=ada.id)
    event = session.scalars(select(Event).where(Event.kind == "candidate.edited")).one()
    assert (event.project_id, event.actor_id, event.subject_id) == (project.id, ada.id, candidate.id)
    assert event.before == {"instruction": "Name a fruit.", "input": "", "output": "An apple.", "version": 1}
    assert event.after == {"instruction": NUT.instruction, "input": NUT.input, "output": NUT.output, "version": 2}


def test_an_event_is_brief_however_long_the_text(session, candidate, ada):
    edit_candidate(session, candidate, Example("Count.", "", "1 " * 5_000), version=1, actor_id=ada.id)
    event = session.scalars(select(Event).where(Event.kind == "candidate.edited")).one()
    assert event.after["output"] == "1 " * 150 + "…"
    assert len(candidate.output) == 10_000


@pytest.mark.parametrize(
    ("example", "field"),
    [
        (Example(" ", "", "An apple."), "Instruction"),
        (Example("Name a fruit.", "", "\n"), "Output"),
        (Example("Name a\x00fruit.", "", "An apple."), "Instruction"),
        (Example("Name a fruit.", "\ud800", "An apple."), "Input"),
    ],
)
def test_a_text_that_is_unfit_is_refused_and_nothing_is_kept_of_it(session, candidate, ada, example, field):
    with pytest.raises(InvalidInput) as refused:
        edit_candidate(session, candidate, example, version=1, actor_id=ada.id)
    assert refused.value.field == field
    assert (candidate.version, versions(session)) == (1, [])


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.UNFINISHED])
def test_only_kept_examples_are_edited(session, project, ada, outcome):
    candidate = add_candidate(session, project, outcome=outcome)
    with pytest.raises(Conflict, match="Only kept"):
        edit_candidate(session, candidate, NUT, version=1, actor_id=ada.id)


def test_a_candidate_of_another_project_is_not_found(session, project, candidate):
    elsewhere = add_project(session, name="Elsewhere")
    assert candidate_in(session, project.id, candidate.id) is candidate
    with pytest.raises(NotFound):
        candidate_in(session, elsewhere.id, candidate.id)
    with pytest.raises(NotFound):
        candidate_in(session, project.id, 10**12)


def test_of_two_edits_at_the_same_moment_one_wins_and_the_other_is_told(database):
    with database.writing() as session:
        project_id = add_project(session).id
        candidate_id = add_candidate(session, session.get_one(Project, project_id), in_pool=True).id
        ada_id = add_person(session).id
    together = threading.Barrier(2)

    def edit(fruit: str) -> str:
        together.wait()
        try:
            with database.writing() as session:
                candidate = candidate_in(session, project_id, candidate_id, locked=True)
                example = Example(f"Name a {fruit}.", "", "Here.")
                edit_candidate(session, candidate, example, version=1, actor_id=ada_id)
        except Conflict:
            return "refused"
        return f"Name a {fruit}."

    with ThreadPoolExecutor(2) as editors:
        ended = sorted(editors.map(edit, ["pear", "plum"]))

    with database.reading() as session:
        candidate = session.get_one(Candidate, candidate_id)
        assert ended == [candidate.instruction, "refused"]
        assert candidate.version == 2


def test_somebody_s_edits_are_taken_back_together(session, project, ada):
    """What others changed after them stays, and so does what others changed before; a text comes back as a version."""
    bo = add_person(session, "Bo")
    first, second, third, fourth = (add_candidate(session, project, instruction=f"Name nut {n}.") for n in range(4))
    texts = [text_of(each) for each in (first, second, third, fourth)]
    leaf, oak = Example("Name a leaf.", "", "An oak leaf."), Example("Name an oak.", "", "A red oak.")
    edit_candidate(session, first, NUT, version=1, actor_id=bo.id)
    edit_candidate(session, first, leaf, version=2, actor_id=bo.id)
    edit_candidate(session, second, NUT, version=1, actor_id=bo.id)
    edit_candidate(session, second, oak, version=2, actor_id=ada.id)
    edit_candidate(session, third, oak, version=1, actor_id=ada.id)
    edit_candidate(session, third, NUT, version=2, actor_id=bo.id)
    assert take_back_edits(session, project.id, bo.id, ada.id) == 2
    assert [text_of(each) for each in (first, second, third, fourth)] == [texts[0], oak, oak, texts[3]]
    assert [each.version for each in (first, second, third, fourth)] == [4, 3, 4, 1]
    assert take_back_edits(session, project.id, bo.id, ada.id) == 0
    events = session.scalars(select(Event).where(Event.kind == "member.edits_taken_back")).all()
    assert [(each.subject_id, each.after) for each in events] == [(bo.id, {"examples": 2}), (bo.id, {"examples": 0})]


def test_edits_in_other_projects_and_on_what_was_turned_down_since_stay(session, project, ada):
    bo, other = add_person(session, "Bo"), add_project(session, name="Other")
    there, gone = add_candidate(session, other), add_candidate(session, project)
    for each in (there, gone):
        edit_candidate(session, each, NUT, version=1, actor_id=bo.id)
    gone.outcome, gone.rejected_by = Outcome.REJECTED, "novelty"
    session.flush()
    assert take_back_edits(session, project.id, bo.id, ada.id) == 0
    assert text_of(there) == text_of(gone) == NUT
