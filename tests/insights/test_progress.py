"""Everyone's progress: counted as the queue counts, the median as the textbook has it."""

import csv
import io
import statistics

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from app.errors import NotFound
from app.insights.progress import part_of, parts_of, write_members
from app.models.candidates import Rating
from app.models.people import Membership, Role
from app.people.crowd import invite_crowd, take_part
from app.rating.queue import next_turn
from tests.builders import add_candidate, add_person, rate, skip


def join(session, project, name, role=Role.ANNOTATOR):
    person = add_person(session, name)
    session.add(Membership(project_id=project.id, person_id=person.id, role=role))
    session.flush()
    return person


def test_everyones_progress_is_what_the_queue_says(session, project):
    ana, ben, eve = (join(session, project, name) for name in ("Ana", "Ben", "Eve"))
    candidates = [add_candidate(session, project, f"Name {number} fruits.") for number in range(4)]
    rate(session, candidates[0], ana, seconds=4.0)
    rate(session, candidates[0], ana, seconds=10.0)  # in place of the first
    rate(session, candidates[1], ana, seconds=20.0)
    skip(session, candidates[2], ana)
    rate(session, candidates[0], ben)
    candidates[0].version = 2  # edited since
    session.flush()
    parts = {part.member.person.name: part.pace for part in parts_of(session, project.id)}
    for person in (ana, ben, eve):
        assert parts[person.name].progress == next_turn(session, project.id, person.id).progress
        assert parts[person.name] == part_of(session, project.id, person.id).pace
    assert (parts["Ana"].seconds, parts["Ben"].seconds, parts["Eve"].seconds) == (15.0, None, None)
    assert parts["Ana"].seen_at is not None
    assert parts["Eve"].seen_at is None


def test_a_median_is_a_median(session, project):
    ana = join(session, project, "Ana")
    rows = [rate(session, add_candidate(session, project, f"Name {n} fruits."), ana).id for n in range(9)]

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.one_of(st.none(), st.floats(0, 3_600, width=32)), min_size=9, max_size=9))
    def check(seconds):
        for row, each in zip(rows, seconds, strict=True):
            session.execute(update(Rating).where(Rating.id == row).values(seconds=each))
        timed = [each for each in seconds if each is not None]
        found = part_of(session, project.id, ana.id).pace.seconds
        assert found is None if not timed else abs(found - statistics.median(timed)) < 1e-3

    check()


def test_work_is_done_where_all_is_rated_or_what_the_link_asks_for(session, project):
    ana, owner = join(session, project, "Ana"), join(session, project, "Ola", Role.OWNER)
    _, token = invite_crowd(
        session, project.id, parameter="id", completion_code="C", asked="2", uses="9", days="9", actor_id=owner.id
    )
    pat = take_part(session, token, "pat", here=None)
    candidates = [add_candidate(session, project, f"Name {number} fruits.") for number in range(3)]
    done = {ana.id: [], pat.id: []}
    for candidate in candidates:
        for person in (ana, pat):
            rate(session, candidate, person)
            part = part_of(session, project.id, person.id)
            done[person.id].append((part.left, part.is_done))
    assert done == {
        ana.id: [(2, False), (1, False), (0, True)],
        pat.id: [(1, False), (0, True), (0, True)],
    }
    assert not part_of(session, project.id, join(session, project, "Eve").id).is_done
    with pytest.raises(NotFound):
        part_of(session, project.id, 10**6)


def test_an_export_holds_what_was_said_and_no_formula(session, project):
    ana = join(session, project, "=HYPERLINK(1)")
    member = parts_of(session, project.id)[-1].member
    member.about = {"field": "+law, “new”", "consent": "yes"}
    rate(session, add_candidate(session, project), ana, seconds=7.25)
    (row,) = csv.DictReader(io.StringIO(write_members(parts_of(session, project.id)[-1:])))
    assert (row["name"], row["field"], row["consent"]) == ("'=HYPERLINK(1)", "'+law, “new”", "yes")
    assert (row["rated"], row["left"], row["median_seconds"], row["language"]) == ("1", "0", "7.2", "")
