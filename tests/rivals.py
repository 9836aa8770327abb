"""Processes that race to fill one project's pool, each with its own engine and its own copy of the pool.

No two texts have the same words, so a copy of the pool can be asked for each by its words.
"""

import time
from dataclasses import dataclass, field
from multiprocessing.managers import BaseManager
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import seeds
from app.candidates.editing import edit_candidate
from app.database import Database
from app.examples import Example
from app.models.candidates import Candidate
from app.models.projects import Project, SeedTask
from app.pool import ProjectPool
from app.screening.filters.novelty import NoveltyThresholds
from app.screening.pool import Neighbour, Pool
from app.seeds import SeedForm
from tests.builders import add_candidate

SENTENCES, LENGTH = 30, 10


@dataclass
class Tale:
    """What a rival did: how many texts it brought in, which it took back, and how many were refused; how often it
    looked at its copy, and what was ever wrong with that, in words.
    """

    brought: int = 0
    taken_back: list[str] = field(default_factory=list)
    refused: int = 0
    looks: int = 0
    wrong: list[str] = field(default_factory=list)


class Rival:
    """Changes the pool as a run and a curator do: under the project's lock, and only by what nothing in it is like."""

    def __init__(self, url: str, project_id: int, owner_id: int, name: str) -> None:
        self._database, self._project_id, self._owner_id = Database(url), project_id, owner_id
        self._name, self._rng = name, Random(name)  # noqa: S311 # a draw that can be repeated
        self._copy, self._tale = ProjectPool(project_id, NoveltyThresholds()), Tale()

    def compete(self, turns: int) -> None:
        """Take ``turns`` turns. Some take their time to commit, some are rolled back in the end."""
        often, seldom = [self._propose, self._add_seed], [self._edit_candidate, self._edit_seed, self._retire]
        for turn in range(turns):
            change, own_word = self._rng.choice(often * 4 + seldom), f"{self._name}{turn}"
            with self._database.writing() as session:
                pool = self._copy.locked(session)
                self._look(session, pool)
                text = change(session, pool, own_word)
                time.sleep(self._rng.choice([0, 0.003]))
                is_taken_back = self._rng.random() < 0.25
                if is_taken_back:
                    session.rollback()
            if is_taken_back:
                self._tale.taken_back += [text] if text else []
            else:
                self._tale.brought += text is not None

    def tell(self) -> Tale:
        """Look once more, and tell everything."""
        with self._database.writing() as session:
            self._look(session, self._copy.locked(session))
        self._database.dispose()
        return self._tale

    def _look(self, session: Session, pool: Pool) -> None:
        members = members_of(session, self._project_id)
        self._tale.looks += 1
        self._tale.wrong += [
            f"{key}: {text}"
            for key, text in members.items()
            if key not in pool or pool.nearest(text, 1) != [Neighbour(key, text, 1.0)]
        ]
        if len(pool) != len(members):
            self._tale.wrong.append(f"{len(pool)} members, not {len(members)}")

    def _propose(self, session: Session, pool: Pool, own_word: str) -> str | None:
        text = variant(self._rng, own_word)
        if not self._may_join(pool, text):
            return None
        added = add_candidate(session, session.get_one(Project, self._project_id), text, in_pool=True)
        pool.add(f"candidate:{added.id}", text)
        return text

    def _add_seed(self, session: Session, pool: Pool, own_word: str) -> str | None:
        text = variant(self._rng, own_word)
        if not self._may_join(pool, text):
            return None
        seeds.add_seed_task(session, self._project_id, seed_form(own_word, text), self._owner_id)
        return text

    def _edit_candidate(self, session: Session, _pool: Pool, own_word: str) -> str:
        """Make a member unlike all others, so that the like of it may come again."""
        members = session.scalars(
            select(Candidate).where(Candidate.project_id == self._project_id, Candidate.in_pool).order_by(Candidate.id)
        ).all()
        candidate, example = self._rng.choice(members), Example(unlike_all(own_word), "", "An answer")
        edit_candidate(session, candidate, example, version=candidate.version, actor_id=self._owner_id)
        return example.instruction

    def _edit_seed(self, session: Session, _pool: Pool, own_word: str) -> str:
        seed, form = self._any_seed(session), seed_form(own_word, unlike_all(own_word))
        seeds.edit_seed_task(session, seed, form, self._owner_id)
        return form.instruction

    def _retire(self, session: Session, pool: Pool, _own_word: str) -> None:
        """Retire a seed task, or take it back into use where nothing took its place."""
        seed = self._any_seed(session)
        if seed.retired_at is None or self._may_join(pool, seed.instruction):
            seeds.retire_seed_task(session, seed, self._owner_id, retired=seed.retired_at is None)

    def _may_join(self, pool: Pool, text: str) -> bool:
        is_refused = pool.above(text) is not None
        self._tale.refused += is_refused
        return not is_refused

    def _any_seed(self, session: Session) -> SeedTask:
        query = select(SeedTask).where(SeedTask.project_id == self._project_id).order_by(SeedTask.id)
        return self._rng.choice(session.scalars(query).all())


class Home(BaseManager):
    """A process for one rival."""


Home.register("Rival", Rival)


def members_of(session: Session, project_id: int) -> dict[str, str]:
    """Return the texts that the pool must hold, by key."""
    of_seeds = select(SeedTask.id, SeedTask.instruction).where(
        SeedTask.project_id == project_id, SeedTask.retired_at.is_(None)
    )
    of_candidates = select(Candidate.id, Candidate.instruction).where(
        Candidate.project_id == project_id, Candidate.in_pool
    )
    members = {f"seed:{row_id}": text for row_id, text in session.execute(of_seeds)}
    return members | {f"candidate:{row_id}": text for row_id, text in session.execute(of_candidates)}


def variant(rng: Random, own_word: str) -> str:
    """One of a few sentences with one of its words replaced: two of the same sentence are at least 0.8 alike."""
    sentence = rng.randrange(SENTENCES)
    words = [f"s{sentence}w{place}" for place in range(LENGTH)]
    words[rng.randrange(LENGTH)] = own_word
    return " ".join(words)


def unlike_all(own_word: str) -> str:
    return " ".join(f"{own_word}w{place}" for place in range(LENGTH))


def seed_form(name: str, text: str) -> SeedForm:
    return SeedForm(name=name, instruction=text, instances=[("", "An answer")], is_classification=False)
