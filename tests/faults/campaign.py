"""The fault campaign: rounds drawn from a seed, each checked against the model server's own log.

    python -m tests.faults.campaign [--seed N] [--rounds N] [--way NAME]

prints a line for each round, what became of each kind of fault, and the totals. It fails where an invariant is broken.
"""

import argparse
import contextlib
import os
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.database import migrate
from app.llm.practice.faults import FAULTS
from tests.databases import NoPostgres, PostgresServer, compile_statements_once, copy_sqlite, serve_postgres
from tests.faults.books import Books
from tests.faults.child import POINTS
from tests.faults.disk import NoDisk, mounted
from tests.faults.model import Deck
from tests.faults.rounds import TARGETS, Plan, Round, opened
from tests.faults.ways import WAYS, Means, Way
from tests.llm.practice.test_fault_outcomes import EXPECTED

# So many rounds of each way and database, if nobody says how many: more than a hundred kills.
LAPS = 2
# What a fault may become besides: its call's process died or slept through the deadline.
_BESIDES = {"lost", "timed_out"}
# What an answer whose text arrives may become besides: the right text was cut off, or empty, from the start.
_AS_IT_WAS = {"answered", "cut_off", "empty"}
_HEAD = (
    f"{'round':>5} {'database':<10} {'way':<18} {'pipeline':<15} {'kills':>5} {'other':>5} {'calls':>5} {'asked':>5} "
    f"{'billed':>6} {'lost':>4} {'twice':>5} {'again':>11} {'bill':>9} {'ledger':>9} {'cap':>9} {'seconds':>7}  outcome"
)


@dataclass(frozen=True)
class Place:
    """A fresh database, the folder of its instance, the file of the server's log, and what the ways to hurt need."""

    url: str
    folder: Path
    log: Path
    means: Means


@dataclass
class Totals:
    rounds: int = 0
    kills: int = 0
    other: int = 0
    calls: int = 0
    asked: int = 0
    billed: int = 0
    lost: int = 0
    doubled: int = 0
    again: int = 0
    flying: int = 0
    bill: int = 0
    ledger: int = 0
    breaches: list[str] = field(default_factory=list)
    held: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    stored: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def plans(rng: random.Random, ways: Sequence[Way], laps: int) -> Iterator[tuple[Way, Plan]]:
    """Draw the rounds: each way on each of its databases, ``laps`` times, everything else by chance."""
    pairs = [(way, backend) for _ in range(laps) for way in ways for backend in way.backends]
    for number, (way, backend) in enumerate(pairs, start=1):
        cap = rng.choice(["", "0.15", "0.4", "2"])
        rate = rng.choice([0.1, 0.2, 0.3])
        hurts = rng.randint(5, 7)
        yield way, Plan(number, way.name, backend, rng.choice(way.pipelines), rng.randint(2, 6), rate, cap, hurts)


def carry_out(plan: Plan, way: Way, seed: str, place: Place, deck: Deck) -> Round:
    """Carry one round out, and leave its database and log for the check."""
    with opened(plan, random.Random(seed), place.url, place.folder, place.log, deck) as here:
        way.hurt(here, place.means)
        here.finish()
        here.breaches()  # read while the database is there
    return here


def outcomes_of(books: Books) -> Iterator[tuple[str, str]]:
    """Yield each fault with what the ledger stored of it: requests and rows with a prompt, each in their order."""
    for prompt, requests in books.requests_of.items():
        rows = books.rows_of.get(prompt, [])
        if len(rows) == len(requests):
            yield from (
                (request.fault, row["outcome"]) for request, row in zip(requests, rows, strict=True) if request.fault
            )


def count_in(totals: Totals, here: Round) -> None:
    """Add a round to the totals."""
    books = here.books
    totals.rounds += 1
    totals.kills += here.kills
    totals.other += here.other
    totals.calls += len(books.tables["calls"])
    totals.asked += len(books.requests)
    totals.billed += sum(each.billed for each in books.requests)
    totals.lost += here.lost
    totals.doubled += here.doubled
    totals.again += books.paid_again()
    totals.flying += len(here.flying)
    totals.bill += _bill(books)
    totals.ledger += _ledger(books)
    totals.held.update(here.held)
    totals.points.update(here.points)
    for fault, outcome in outcomes_of(books):
        totals.stored[fault][outcome] += 1
    totals.breaches += [f"round {here.plan.number}: {sentence}" for sentence in here.breaches()]


def line_of(here: Round, seconds: float) -> str:
    """Return a round's line in the table. Money is in dollars."""
    plan, books = here.plan, here.books
    cap = sum(run["cost_limit"] or 0 for run in books.tables["runs"])
    again = f"{books.paid_again()} of {len(here.flying)}"
    states = Counter(run["state"] for run in books.tables["runs"])
    outcome = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    if here.held:
        outcome += f" ({here.nudges} held up)"
    return (
        f"{plan.number:>5} {plan.backend:<10} {plan.way:<18} {plan.pipeline:<15} {here.kills:>5} {here.other:>5} "
        f"{len(books.tables['calls']):>5} {len(books.requests):>5} {sum(each.billed for each in books.requests):>6} "
        f"{here.lost:>4} {here.doubled:>5} {again:>11} {_bill(books) / 1e9:>9.4f} {_ledger(books) / 1e9:>9.4f} "
        f"{f'{cap / 1e9:.4f}' if cap else 'none':>9} {seconds:>7.1f}  {outcome}"
    )


def table_of_faults(totals: Totals) -> Iterator[str]:
    """Yield a line for each kind of fault that came: how often, and what the ledger stored."""
    yield f"\n{'fault':<28} {'times':>5}  stored as"
    for name, outcomes in sorted(totals.stored.items()):
        stored = ", ".join(f"{outcome} {count}" for outcome, count in outcomes.most_common())
        yield f"{name:<28} {outcomes.total():>5}  {stored}"


def _counted(title: str, counter: Counter[str]) -> Iterator[str]:
    yield f"\n{title}"
    yield from (f"{count:>5}  {name}" for name, count in counter.most_common())


def misread(stored: dict[str, Counter[str]]) -> Iterator[str]:
    """Say which faults were stored as something that they are not."""
    for name, outcomes in stored.items():
        expected = {EXPECTED[name].outcome.value}
        right = _BESIDES | expected | (_AS_IT_WAS if expected & {"answered"} else set())
        if wrong := set(outcomes) - right:
            yield f"the fault {name} was stored as {', '.join(sorted(wrong))}"


def _bill(books: Books) -> int:
    return sum(books.bill(prompt) for prompt in books.requests_of)


def _ledger(books: Books) -> int:
    return sum(call["cost"] for call in books.tables["calls"])


@contextlib.contextmanager
def _place(backend: str, template: Path | str, server: PostgresServer | None, points: Deck) -> Iterator[Place]:
    """Give a fresh place. The log is never on the disk that is filled."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tamis-faults-")))
        log = folder / "requests"
        if backend == "postgresql" and server is not None:
            url = replace(server).create(template=str(template))  # a connection of its own: the server restarts
            stack.callback(lambda: replace(server).drop(url))
            yield Place(url.render_as_string(hide_password=False), folder, log, Means(points, postgres=server))
            return
        try:
            disk = stack.enter_context(mounted())
            folder = disk.folder
        except NoDisk:
            disk = None
        copy_sqlite(Path(template), folder / "tamis.sqlite")
        yield Place(f"sqlite:///{folder / 'tamis.sqlite'}", folder, log, Means(points, disk=disk))


@contextlib.contextmanager
def _templates() -> Iterator[tuple[dict[str, Path | str], PostgresServer | None]]:
    """Migrate one database of each kind, which the rounds get copies of."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tamis-faults-")))
        migrate(f"sqlite:///{folder / 'tamis.sqlite'}")
        templates: dict[str, Path | str] = {"sqlite": folder / "tamis.sqlite"}
        try:
            server = stack.enter_context(serve_postgres(durable=True))
        except NoPostgres as reason:
            print(f"Rounds on Postgres are left out: {reason}.")
            yield templates, None
            return
        url = server.create()
        migrate(url.render_as_string(hide_password=False))
        templates["postgresql"] = str(url.database)
        yield templates, server


def _possible(ways: Iterable[Way], server: PostgresServer | None) -> list[Way]:
    """Leave out what can't be done here, and say so."""
    left = [replace(way, backends=tuple(each for each in way.backends if each == "sqlite" or server)) for way in ways]
    for way in left:
        if way.name == "database restarted" and (server is None or server.restart is None):
            left = [each for each in left if each.name != way.name]
            print("Postgres is not restarted: the server is not ours.")
    try:
        with mounted():
            pass
    except NoDisk as reason:
        left = [each for each in left if each.name != "disk full"]
        print(f"The disk is not filled: {reason}.")
    return [way for way in left if way.backends]


def main(arguments: Sequence[str]) -> int:
    """Carry a campaign out and print what came of it. Returns the exit code."""
    asked = argparse.ArgumentParser(prog="make faults", description="Hurts Tamis and looks whether anything was lost.")
    asked.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6), help="repeats a campaign")
    asked.add_argument("--laps", type=int, default=LAPS, help="rounds of each way on each database")
    asked.add_argument("--way", action="append", help="one way only; may be given again")
    asked.add_argument("--pipeline", choices=TARGETS, help="runs of this pipeline only")
    options = asked.parse_args(arguments)
    print(f"Seed {options.seed} repeats this campaign.", flush=True)
    rng, totals, begun = random.Random(options.seed), Totals(), time.monotonic()
    deck, points = Deck([fault.name for fault in FAULTS], rng), Deck(POINTS, rng)
    compile_statements_once()
    os.environ["TAMIS_PRIVATE_ENDPOINTS"] = "yes"  # the model is on this machine
    with _templates() as (templates, server):
        ways = _possible([way for way in WAYS if not options.way or way.name in options.way], server)
        if options.pipeline:
            ways = [replace(way, pipelines=(options.pipeline,)) for way in ways]
        print(_HEAD, flush=True)
        for way, plan in plans(rng, ways, options.laps):
            started = time.monotonic()
            with _place(plan.backend, templates[plan.backend], server, points) as place:
                here = carry_out(plan, way, f"{options.seed}/{plan.number}", place, deck)
            count_in(totals, here)
            print(line_of(here, time.monotonic() - started), *here.breaches(), sep="\n      ", flush=True)
    return _sum_up(totals, time.monotonic() - begun)


def _sum_up(totals: Totals, seconds: float) -> int:
    print(*table_of_faults(totals), sep="\n")
    print(*_counted("died at", totals.points), *_counted("continued by hand after", totals.held), sep="\n")
    totals.breaches += misread(totals.stored)
    print(
        f"\n{totals.rounds} rounds in {seconds / 60:.1f} minutes: {totals.kills} kills and {totals.other} other blows, "
        f"{len(totals.stored)} kinds of faults.\n{totals.calls} calls, {totals.asked} asked, {totals.billed} billed: "
        f"{totals.lost} answers lost, {totals.doubled} doubled, "
        f"{totals.again} paid again of {totals.flying} in flight.\n"
        f"Bill ${totals.bill / 1e9:.4f}, ledger ${totals.ledger / 1e9:.4f}.\n{len(totals.breaches)} breaches."
    )
    print(*totals.breaches, sep="\n")
    return bool(totals.breaches)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
