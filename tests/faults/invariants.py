"""What must hold whatever was killed: the database held against the model server's own log.

    python -m tests.faults.invariants URL LOG

prints what it counted and every breach, and fails where there is one. It knows nothing of how the ledger is kept
(``refold`` says what it borrows).
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.faults.books import USABLE, Books, read_books
from tests.faults.refold import differences


def every_request_has_a_row(books: Books) -> Iterator[str]:
    """Nothing reached the server that the ledger doesn't know: a row is written before a call is sent."""
    for prompt, requests in books.requests_of.items():
        rows = len(books.rows_of.get(prompt, []))
        if len(requests) > rows:
            yield f"{len(requests)} requests came with the prompt {prompt[:12]}, the ledger has {rows} rows"


def every_answer_has_a_request(books: Books) -> Iterator[str]:
    """Nothing is in the ledger as answered that never reached the server."""
    for prompt, calls in books.rows_of.items():
        answered = [call for call in calls if call["http_status"] is not None]
        if len(answered) > (requests := len(books.requests_of.get(prompt, []))):
            yield f"{len(answered)} calls were answered with the prompt {prompt[:12]}, {requests} were asked"


def a_step_is_answered_once(books: Books) -> Iterator[str]:
    """At most one usable answer for each step."""
    for (run, round_, position, purpose), calls in books.accepted.items():
        if len(calls) > 1:
            yield f"run {run} round {round_} position {position} {purpose} has {len(calls)} usable answers"


def nothing_is_stuck(books: Books) -> Iterator[str]:
    """Nothing is queued, carried out or in flight, and what ended says so."""
    for run in books.tables["runs"]:
        if run["state"] in ("queued", "running"):
            yield f"run {run['id']} is {run['state']}"
        elif run["ended_at"] is None or not run["sentence"]:
            yield f"run {run['id']} is {run['state']} and doesn't say when or why"
    for call in books.tables["calls"]:
        if call["outcome"] == "in_flight":
            yield f"call {call['id']} is in flight"
        elif call["answered_at"] is None:
            yield f"call {call['id']} is {call['outcome']} and doesn't say since when"


def the_bill_is_in_the_ledger(books: Books) -> Iterator[str]:
    """For no prompt does the server charge more than the ledger has counted."""
    for prompt in books.requests_of:
        counted = sum(row["cost"] for row in books.rows_of.get(prompt, []))
        if (bill := books.bill(prompt)) > counted:
            outcomes = [row["outcome"] for row in books.rows_of.get(prompt, [])]
            faults = [each.fault for each in books.requests_of[prompt]]
            yield f"{bill:,} was charged for the prompt {prompt[:12]} ({faults}), {counted:,} counted ({outcomes})"


def the_sums_are_right(books: Books) -> Iterator[str]:
    """A run's cost is that of its calls, a month's spending that of the calls sent in it."""
    by_run: Counter[int] = Counter()
    by_month: Counter[tuple[int, str]] = Counter()
    for call in books.tables["calls"]:
        if call["cost"] < 0:
            yield f"call {call['id']} costs {call['cost']:,}"
        by_run[call["run_id"]] += call["cost"]
        by_month[call["project_id"], str(call["sent_at"])[:7]] += call["cost"]
    for run in books.tables["runs"]:
        if run["cost"] != by_run[run["id"]]:
            yield f"run {run['id']} says {run['cost']:,}, its calls {by_run[run['id']]:,}"
    spendings = {(row["project_id"], row["month"]): row["cost"] for row in books.tables["spendings"]}
    for month in spendings.keys() | by_month.keys():
        if spendings.get(month, 0) != by_month[month]:
            yield f"the spending of project and month {month} says {spendings.get(month, 0):,}, {by_month[month]:,} is"


def no_limit_is_passed(books: Books) -> Iterator[str]:
    """Neither a run's limit of money, nor its project's, nor the month's."""
    for run in books.tables["runs"]:
        if run["cost_limit"] is not None and run["cost"] > run["cost_limit"]:
            yield f"run {run['id']} cost {run['cost']:,}, its limit was {run['cost_limit']:,}"
    for project in books.tables["projects"]:
        months = [row["cost"] for row in books.tables["spendings"] if row["project_id"] == project["id"]]
        if project["cost_limit"] is not None and sum(months) > project["cost_limit"]:
            yield f"project {project['id']} cost {sum(months):,}, its limit was {project['cost_limit']:,}"
        monthly = project["monthly_cost_limit"]
        if monthly is not None and max(months, default=0) > monthly:
            yield f"project {project['id']} cost {max(months):,} in a month, its limit was {monthly:,}"


def a_candidate_comes_of_an_answer(books: Books) -> Iterator[str]:
    """The calls that a candidate of a run names brought something usable."""
    usable = {call["id"] for call in books.tables["calls"] if call["outcome"] in USABLE}
    for row in books.tables["candidates"]:
        named = {row["call_id"], row["instance_call_id"]} - {None}
        if row["run_id"] and not named <= usable:
            yield f"candidate {row['id']} comes of calls {sorted(named)}, which brought nothing"
        if row["outcome"] == "kept" and row["instance"] == 0 and not row["in_pool"]:
            yield f"candidate {row['id']} is kept and not in the pool"


INVARIANTS: tuple[Callable[[Books], Iterator[str]], ...] = (
    every_request_has_a_row,
    every_answer_has_a_request,
    a_step_is_answered_once,
    nothing_is_stuck,
    the_bill_is_in_the_ledger,
    the_sums_are_right,
    no_limit_is_passed,
    a_candidate_comes_of_an_answer,
    differences,
)


def breaches(books: Books) -> list[str]:
    """Return a sentence for each breach of each invariant."""
    return [sentence for invariant in INVARIANTS for sentence in invariant(books)]


def main(url: str, log: str) -> int:
    """Check one database and one log. Returns the exit code."""
    books = read_books(url, Path(log))
    found = breaches(books)
    print(f"{len(books.tables['calls'])} calls, {len(books.requests)} requests, {len(found)} breaches")
    print(*found, sep="\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
