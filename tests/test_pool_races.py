"""Four processes fill one pool at once: nothing alike gets in, and no copy is ever out of step with the database."""

from functools import partial
from itertools import combinations
from multiprocessing import get_context

import pytest

from app.screening.rouge import score
from app.screening.tokenizers import ROUGE
from tests.builders import add_candidate, add_person, add_project, add_seed_task
from tests.racing import race
from tests.rivals import Home, members_of, unlike_all

pytestmark = pytest.mark.slow

RIVALS, TURNS = ("ann", "bob", "cyd", "dee"), 40


@pytest.fixture(scope="module")
def homes():
    homes = [Home(ctx=get_context("spawn")) for _ in RIVALS]
    race(*[home.start for home in homes])
    yield homes
    race(*[home.shutdown for home in homes])


@pytest.fixture
def project(database):
    with database.writing() as session:
        project = add_project(session)
        for number in range(6):
            add_seed_task(session, project, unlike_all(f"seed{number}"))
        add_candidate(session, project, unlike_all("candidate"), in_pool=True)
    return project


@pytest.fixture
def owner_id(database):
    with database.writing() as session:
        return add_person(session).id


def test_what_races_into_the_pool_is_unlike_all_that_is_there(database, database_url, project, owner_id, homes):
    rivals = [home.Rival(database_url, project.id, owner_id, name) for home, name in zip(homes, RIVALS, strict=True)]

    raised = race(*[partial(rival.compete, TURNS) for rival in rivals])
    tales = [rival.tell() for rival in rivals]

    assert raised == [None] * len(RIVALS)
    assert [tale.wrong for tale in tales] == [[]] * len(RIVALS)
    with database.reading() as session:
        members = members_of(session, project.id)
    pairs = combinations(map(ROUGE.tokens, members.values()), 2)
    assert max(score(*pair).f1 for pair in pairs) <= 0.7
    for tale in tales:
        assert not {*tale.taken_back} & {*members.values()}
        assert tale.looks == TURNS + 1
    assert sum(tale.brought for tale in tales) > 20
    assert sum(len(tale.taken_back) for tale in tales) > 5
    assert sum(tale.refused for tale in tales) > 20
