"""The ways to hurt Tamis. Each hurts a round as often as its plan says and leaves the rest to it."""

import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psycopg
from sqlalchemy import make_url, text

from tests.databases import PostgresServer
from tests.faults.child import LEASE_SECONDS
from tests.faults.disk import Disk
from tests.faults.model import Deck
from tests.faults.rounds import TARGETS, Round
from tests.generation.processes import Process

WEB, WORKER = ("serve", "--port", "0"), ("worker",)
# Each takes longer than a lease.
_MOST_LEASES = 3
_CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True)
class Means:
    """What hurting may need: the points to die at, the server of a Postgres round, the disk of one on SQLite."""

    points: Deck
    postgres: PostgresServer | None = None
    disk: Disk | None = None


Hurt = Callable[[Round, Means], None]


@dataclass(frozen=True)
class Way:
    """``hurt`` is what is done, on one of ``backends``, while a run of one of ``pipelines`` goes on."""

    name: str
    hurt: Hurt
    backends: tuple[str, ...] = ("sqlite", "postgresql")
    pipelines: tuple[str, ...] = tuple(TARGETS)


def _kill_at_random(*command: str) -> Hurt:
    def hurt(here: Round, _: Means) -> None:
        for _ in range(here.plan.hurts):
            process = here.start(*command)
            here.wait_for_calls(here.rng.randint(0, 9))
            time.sleep(here.rng.uniform(0, 0.1))
            here.kill(process)

    return hurt


def _kill_at_points(here: Round, means: Means) -> None:
    """Each process dies at a point of its own, the next one at another."""
    for _ in range(here.plan.hurts):
        point = means.points.draw()
        count = (
            1 if point.startswith(("queued", "handed", "taken up", "lost", "past", "end")) else here.rng.randint(1, 6)
        )
        process = here.start(*here.rng.choice([WEB, WORKER]), point=point, count=count)

        def is_dead(process: Process = process) -> bool:
            here.keep_busy()
            return process.has_ended

        if here.wait_until(is_dead, f"nothing had died at: {point}"):
            assert process.end() == -signal.SIGKILL, process.lines
            here.points.append(point)
        here.kill(process)


def _kill_web_beside_worker(here: Round, _: Means) -> None:
    """The web server carries nothing out; both die by turns, and the other goes on."""
    apart = {"TAMIS_EMBEDDED_ENGINE": "false"}
    web, worker = here.start(*WEB, **apart), here.start(*WORKER)
    for turn in range(here.plan.hurts):
        here.wait_for_calls(here.rng.randint(1, 9))
        if turn % 2:
            here.kill(web)
            web = here.start(*WEB, **apart)
        else:
            here.kill(worker)
            worker = here.start(*WORKER)


def _kill_one_of_two(here: Round, _: Means) -> None:
    """The other one takes over when the lease has run out, on another host as it were: nobody buries the dead."""
    pair = [here.start(*WORKER), here.start(*WORKER)]
    for _ in range(here.plan.hurts):
        here.wait_for_calls(here.rng.randint(1, 9))
        place = here.rng.randrange(2)
        here.kill(pair[place])
        here.wait_for_calls(1, LEASE_SECONDS * 3)
        pair[place] = here.start(*WORKER)


def _stop_beyond_lease(here: Round, _: Means) -> None:
    """It sleeps, another one takes over, and it wakes up in the belief that nothing has happened."""
    sleeper, other = here.start(*WORKER), None
    here.wait_for_calls(1)
    for _ in range(min(here.plan.hurts, _MOST_LEASES)):
        other = other or here.start(*WORKER)
        here.wait_for_calls(here.rng.randint(1, 9))
        before = _carriers(here)
        sleeper.send_signal(signal.SIGSTOP)
        here.note(may_lose=True)
        here.other += 1
        ends = time.monotonic() + LEASE_SECONDS * 3
        while _carriers(here) == before and time.monotonic() < ends:
            here.keep_busy()
            time.sleep(0.05)
        here.wait_for_calls(here.rng.randint(0, 5), 1.0)
        sleeper.send_signal(signal.SIGCONT)
        here.wait_for_calls(here.rng.randint(1, 9))
        sleeper, other = other, sleeper
    here.kill(sleeper)
    if other:
        here.kill(other)


def _stop_alone(here: Round, _: Means) -> None:
    """On SQLite nobody takes over: the lock on the folder is still held."""
    process = here.start(*WORKER)
    for _ in range(min(here.plan.hurts, _MOST_LEASES)):
        here.wait_for_calls(here.rng.randint(1, 9))
        process.send_signal(signal.SIGSTOP)
        here.note(may_lose=False)
        here.other += 1
        time.sleep(LEASE_SECONDS * 1.5)
        process.send_signal(signal.SIGCONT)
    here.wait_for_calls(1)
    here.kill(process)


def _restart_postgres(here: Round, means: Means) -> None:
    """In order, and as a crash; the process lives on, or dies meanwhile."""
    assert means.postgres is not None
    assert means.postgres.restart is not None
    process = here.start(*here.rng.choice([WEB, WORKER]))
    for turn in range(here.plan.hurts):
        here.wait_for_calls(here.rng.randint(2, 9))
        here.note(may_lose=False)
        means.postgres.restart(here.rng.choice([signal.SIGINT, signal.SIGQUIT]))
        here.shop.database.dispose()
        here.other += 1
        if turn % 3 == 2:
            here.kill(process)
            process = here.start(*WORKER)
    here.wait_for_calls(1, 20.0)


def _cut_connections(here: Round, _: Means) -> None:
    process = here.start(*WORKER)
    address = make_url(here.shop.database.url).set(drivername="postgresql")
    for _ in range(here.plan.hurts):
        here.wait_for_calls(here.rng.randint(2, 9))
        here.note(may_lose=False)
        with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(_CUT)
        here.shop.database.dispose()
        here.other += 1
    here.wait_for_calls(1, 20.0)
    here.kill(process)


def _fill_disk(here: Round, means: Means) -> None:
    """Nothing can be written for a while; every other time the process dies before there is room again."""
    assert means.disk is not None
    process = here.start(*here.rng.choice([WEB, WORKER]))
    for turn in range(here.plan.hurts):
        here.wait_for_calls(here.rng.randint(2, 9))
        means.disk.fill()
        here.other += 1
        time.sleep(here.rng.uniform(0.5, 1.5))
        if turn % 2:
            here.kill(process)
        else:
            here.note(may_lose=False)
        means.disk.clear()
        if turn % 2:
            process = here.start(*WORKER)
    here.wait_for_calls(1, 20.0)


def _carriers(here: Round) -> list[str]:
    with here.shop.database.reading() as session, suppress(LookupError):
        return list(session.scalars(text("SELECT carrier FROM runs ORDER BY id")))
    return []


_SQLITE, _POSTGRES = ("sqlite",), ("postgresql",)
# The others never come to the point where instances are taken in.
_WITH_QUESTIONS = ("self_instruct", "evolve")
WAYS: tuple[Way, ...] = (
    Way("web killed", _kill_at_random(*WEB)),
    Way("worker killed", _kill_at_random(*WORKER)),
    Way("killed at a point", _kill_at_points, pipelines=_WITH_QUESTIONS),
    Way("web beside worker", _kill_web_beside_worker),
    Way("one of two killed", _kill_one_of_two, _POSTGRES),
    Way("stopped over lease", _stop_beyond_lease, _POSTGRES),
    Way("stopped alone", _stop_alone, _SQLITE),
    Way("database restarted", _restart_postgres, _POSTGRES),
    Way("connections cut", _cut_connections, _POSTGRES),
    Way("disk full", _fill_disk, _SQLITE),
)
