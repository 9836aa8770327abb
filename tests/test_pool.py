"""A process's copy of the pool stays in step with the database."""

import pytest
from sqlalchemy import select

from app import seeds
from app.candidates.editing import edit_candidate
from app.examples import Example
from app.models.candidates import Candidate, Outcome
from app.models.projects import SeedTask
from app.pool import ProjectPool, candidate_key, seed_key
from app.seeds import SeedForm


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
    return ProjectPool(shop.project_id)


def test_it_holds_the_seed_tasks_in_use_and_what_was_admitted(shop, pool):
    with shop.database.writing() as session:
        admitted = add_candidate(session, shop, "Zany quokkas juggle")
        refused = add_candidate(session, shop, "Dour wombats sulk", in_pool=False)
    with shop.database.writing() as session:
        held = pool.locked(session)
        assert len(held) == 61
        assert candidate_key(admitted) in held
        assert candidate_key(refused) not in held
        assert all(seed_key(seed.id) in held for seed in session.scalars(select(SeedTask)))


def test_another_project_has_another_pool(shop, pool):
    other = shop.new_project("Other", 5)
    with shop.database.writing() as session:
        assert len(ProjectPool(other).locked(session)) == 5
        assert len(pool.locked(session)) == 60


def test_what_others_add_is_caught_up_with(shop, pool):
    assert nearest(shop, pool, "Zany quokkas juggle") == []
    with shop.database.writing() as session:
        seed = seeds.add_seed_task(session, shop.project_id, form("quokkas", "Zany quokkas juggle"), None)
    assert nearest(shop, pool, "Zany quokkas juggle")[0].key == seed_key(seed.id)
    with shop.database.writing() as session:
        added = add_candidate(session, shop, "Dour wombats sulk")
    assert nearest(shop, pool, "Dour wombats sulk")[0].key == candidate_key(added)


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


def test_what_was_rolled_back_is_forgotten(shop, pool):
    with shop.database.writing() as session:
        held = pool.locked(session)
        held.add(candidate_key(add_candidate(session, shop, "Zany quokkas juggle")), "Zany quokkas juggle")
        session.rollback()
    pool.forget()
    assert not nearest(shop, pool, "Zany quokkas juggle")
