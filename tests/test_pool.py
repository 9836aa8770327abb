"""A process's copy of the pool stays in step with the database."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app import seeds
from app.candidates.editing import edit_candidate
from app.examples import Example
from app.models.candidates import Candidate, Outcome
from app.models.projects import SeedTask
from app.pool import ProjectPool, project_pool
from app.screening.filters.novelty import NoveltyThresholds
from app.seeds import SeedForm
from tests.generation.workshop import workshop


def form(name, instruction):
    return SeedForm(name=name, instruction=instruction, instances=[("", "An answer")], is_classification=False)


def nearest(shop, pool, text):
    with shop.database.writing() as session:
        return pool.locked(session).nearest(text, 1)


def add_candidate(session, shop, instruction, *, in_pool=True):
    row = Candidate(
        project_id=shop.project_id,
        instruction=instruction,
        output="An answer",
        outcome=Outcome.KEPT if in_pool else Outcome.REJECTED,
        rejected_by=None if in_pool else "novelty",
        in_pool=in_pool,
    )
    session.add(row)
    session.flush()
    return row.id


@pytest.fixture
def pool(shop):
    return ProjectPool(shop.project_id, NoveltyThresholds())


def test_it_holds_the_seed_tasks_in_use_and_what_was_admitted(shop, pool):
    with shop.database.writing() as session:
        admitted = add_candidate(session, shop, "Zany quokkas juggle")
        refused = add_candidate(session, shop, "Dour wombats sulk", in_pool=False)
    with shop.database.writing() as session:
        held = pool.locked(session)
        assert len(held) == 61
        assert f"candidate:{admitted}" in held
        assert f"candidate:{refused}" not in held
        assert all(f"seed:{seed.id}" in held for seed in session.scalars(select(SeedTask)))


def test_another_project_has_another_pool(shop, pool):
    other = shop.new_project("Other", 5)
    with shop.database.writing() as session:
        assert len(ProjectPool(other, NoveltyThresholds()).locked(session)) == 5
        assert len(pool.locked(session)) == 60


def test_what_others_add_is_caught_up_with(shop, pool):
    assert nearest(shop, pool, "Zany quokkas juggle") == []
    with shop.database.writing() as session:
        seed = seeds.add_seed_task(session, shop.project_id, form("quokkas", "Zany quokkas juggle"), None)
    assert nearest(shop, pool, "Zany quokkas juggle")[0].key == f"seed:{seed.id}"
    with shop.database.writing() as session:
        added = add_candidate(session, shop, "Dour wombats sulk")
    assert nearest(shop, pool, "Dour wombats sulk")[0].key == f"candidate:{added}"


def test_retired_seed_tasks_leave_and_come_back(shop, pool):
    with shop.database.writing() as session:
        seed = seeds.add_seed_task(session, shop.project_id, form("quokkas", "Zany quokkas juggle"), None)
    assert nearest(shop, pool, "Zany quokkas juggle")
    for retired in (True, False):
        with shop.database.writing() as session:
            seeds.retire_seed_task(session, session.get_one(SeedTask, seed.id), shop.owner_id, retired=retired)
        assert bool(nearest(shop, pool, "Zany quokkas juggle")) is not retired


def test_an_edit_replaces_the_text(shop, pool):
    with shop.database.writing() as session:
        seed = seeds.add_seed_task(session, shop.project_id, form("quokkas", "Zany quokkas juggle"), None)
        kept = add_candidate(session, shop, "Dour wombats sulk")
    assert nearest(shop, pool, "Zany quokkas juggle")
    with shop.database.writing() as session:
        changed = form("quokkas", "Brisk numbats trot")
        seeds.edit_seed_task(session, session.get_one(SeedTask, seed.id), changed, shop.owner_id)
    with shop.database.writing() as session:
        example = Example("Meek bilbies hum", "", "An answer")
        edit_candidate(session, session.get_one(Candidate, kept), example, version=1, actor_id=shop.owner_id)
    assert not nearest(shop, pool, "Zany quokkas juggle")
    assert not nearest(shop, pool, "Dour wombats sulk")
    assert nearest(shop, pool, "Brisk numbats trot")[0].score == 1
    assert nearest(shop, pool, "Meek bilbies hum")[0].score == 1


def test_an_edit_that_concerns_no_member_changes_none(shop, pool):
    with shop.database.writing() as session:
        kept = add_candidate(session, shop, "Dour wombats sulk")
        refused = add_candidate(session, shop, "Zany quokkas juggle", in_pool=False)
        second_instance = session.get_one(Candidate, refused)
        second_instance.outcome, second_instance.rejected_by = Outcome.KEPT, None
    assert nearest(shop, pool, "Dour wombats sulk")
    with shop.database.writing() as session:
        for candidate_id, instruction in ((kept, "Dour wombats sulk"), (refused, "Meek bilbies hum")):
            edited = session.get_one(Candidate, candidate_id)
            edit_candidate(session, edited, Example(instruction, "", "Another"), version=1, actor_id=shop.owner_id)
    assert nearest(shop, pool, "Dour wombats sulk")[0].key == f"candidate:{kept}"
    assert not nearest(shop, pool, "Meek bilbies hum")


def test_what_a_failed_transaction_added_is_gone_the_next_time(shop, pool):
    for instruction in ("Zany quokkas juggle", "Brisk numbats trot"):  # SQLite gives both the same id
        with shop.database.writing() as session:
            held = pool.locked(session)
            held.add(f"candidate:{add_candidate(session, shop, instruction)}", instruction)
            session.rollback()
    assert not nearest(shop, pool, "Zany quokkas juggle")
    assert not nearest(shop, pool, "Brisk numbats trot")


def test_what_a_failed_transaction_added_gives_way_to_what_took_its_number(shop, pool):
    with shop.database.writing() as session:
        held, added = pool.locked(session), add_candidate(session, shop, "Zany quokkas juggle")
        held.add(f"candidate:{added}", "Zany quokkas juggle")
        session.rollback()
    with shop.database.writing() as session:
        added = add_candidate(session, shop, "Brisk numbats trot")
    assert nearest(shop, pool, "Brisk numbats trot")[0].key == f"candidate:{added}"
    assert not nearest(shop, pool, "Zany quokkas juggle")


def test_what_a_transaction_added_stays_when_it_is_committed(shop, pool):
    with shop.database.writing() as session:
        held, added = pool.locked(session), add_candidate(session, shop, "Zany quokkas juggle")
        held.add(f"candidate:{added}", "Zany quokkas juggle")
    assert nearest(shop, pool, "Zany quokkas juggle")[0].key == f"candidate:{added}"


def test_runs_with_the_same_words_and_limit_share_a_copy(shop):
    usual = project_pool(shop.database, shop.project_id, NoveltyThresholds())
    assert project_pool(shop.database, shop.project_id, NoveltyThresholds()) is usual
    assert project_pool(shop.database, shop.project_id, NoveltyThresholds(max_similarity=0.8)) is not usual
    assert project_pool(shop.database, shop.project_id, NoveltyThresholds(tokenizer="rouge")) is not usual


def test_a_copy_that_was_read_by_half_is_read_anew(shop, pool):
    """As where the database goes away in the middle: what was read is neither to be taken out nor out of date."""
    with shop.database.writing() as session:
        kept = add_candidate(session, shop, "Dour wombats sulk")
    with pytest.raises(DBAPIError), shop.database.writing() as session:
        session.execute(text("ALTER TABLE candidates RENAME TO gone"))
        pool.locked(session)
    with shop.database.writing() as session:
        seed = session.scalars(select(SeedTask).order_by(SeedTask.id)).first()
        seeds.edit_seed_task(session, seed, form("quokkas", "Zany quokkas juggle"), shop.owner_id)
    with shop.database.writing() as session:
        assert len(pool.locked(session)) == 61
    assert nearest(shop, pool, "Zany quokkas juggle")[0].key == f"seed:{seed.id}"
    assert nearest(shop, pool, "Dour wombats sulk")[0].key == f"candidate:{kept}"


def test_who_was_cut_off_has_a_copy_to_themselves(postgresql_url, tmp_path, monkeypatch):
    """The server gives their lock to the next one while they still work."""
    monkeypatch.setattr("app.pool._PATIENCE", 0.1)
    with workshop(postgresql_url, tmp_path / "data") as shop:
        pool = ProjectPool(shop.project_id, NoveltyThresholds())
        with pytest.raises(DBAPIError), shop.database.writing() as cut_off:
            theirs = pool.locked(cut_off)
            cut(shop, cut_off)
            with shop.database.writing() as session:
                ours = pool.locked(session)
                theirs.add("candidate:999", "Zany quokkas juggle")
                seen = len(ours), ours.nearest("Zany quokkas juggle", 1)
        assert seen == (60, [])  # inside, what is raised would make way for what the end of the session raises
        with shop.database.writing() as session:
            assert pool.locked(session) is ours
        assert not nearest(shop, pool, "Zany quokkas juggle")


def test_who_was_cut_off_is_waited_for_as_they_will_notice_soon(postgresql_url, tmp_path):
    with workshop(postgresql_url, tmp_path / "data") as shop:
        pool = ProjectPool(shop.project_id, NoveltyThresholds())

        def come_next():
            with shop.database.writing() as session:
                return pool.locked(session)

        with ThreadPoolExecutor(1) as threads:
            with pytest.raises(DBAPIError), shop.database.writing() as cut_off:
                theirs = pool.locked(cut_off)
                cut(shop, cut_off)
                next_one = threads.submit(come_next)
                time.sleep(0.2)
                theirs.add("candidate:999", "Zany quokkas juggle")
            assert next_one.result() is theirs
        assert not nearest(shop, pool, "Zany quokkas juggle")


def cut(shop, session):
    """End the connection of a session as the server does."""
    number = session.scalar(text("SELECT pg_backend_pid()"))
    with shop.database.writing() as other:
        other.execute(text("SELECT pg_terminate_backend(:number, 5000)"), {"number": number})
