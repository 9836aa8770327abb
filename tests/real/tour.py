"""Every way of using a model, with a real one: tried, both pipelines in both layouts, teacher, translation and judge.

    python -m tests.real.tour [--seconds N] [--pipeline NAME]

prints a line for each: how many calls, how they ended, which share of what came could be read, how much was kept. It
fails where a call has no row, a row no ending, or anything went wrong that nobody can read.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from app.carrying import WENT_WRONG
from app.comparisons.comparing import ComparisonForm, start_comparison
from app.database import migrate
from app.generation.layout import Layout
from app.generation.pipelines import pipeline_named
from app.llm.dialects.local import llama_cpp
from app.llm.trial import try_endpoint
from app.models.generation import Endpoint, RunState
from app.models.projects import Project
from tests.builders import add_candidate
from tests.faults.books import Books, read_books
from tests.faults.invariants import breaches
from tests.generation.processes import Process
from tests.generation.workshop import Workshop, serving, workshop
from tests.real.model import NAME, NoModelError, serving_model
from tests.real.witness import witness

LAYOUTS = tuple(name for name in get_args(Layout.model_fields["layout"].annotation) if name != "auto")
# What the chosen examples are about, which a teacher, a translator and a judge work through.
EXAMPLES = (
    ("Name a fruit that is yellow.", "", "A banana."),
    ("Make this sentence shorter.", "It is the case that the cat sat on the mat.", "The cat sat on the mat."),
    ("Say whether the number is even.", "7", "No."),
)
# A small model on a busy machine takes its time.
_PATIENCE = 300.0
_GREETING = "This worker carries out runs. Stop it with Ctrl+C."
_HEAD = (
    f"{'pipeline':<15} {'layout':<10} {'calls':>5} {'usable':>6} {'came':>5} {'read':>5} {'kept':>5} {'seconds':>7}"
    "  outcome"
)


@dataclass(frozen=True)
class Leg:
    """One run. ``size`` is how many calls it may make; over chosen examples it makes what they take."""

    pipeline: str
    layout: str
    size: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


def legs(size: float = 1.0) -> Iterator[Leg]:
    """Yield the runs of the tour; ``size`` shortens it. A small model rambles on, so completions are kept short."""
    for layout in LAYOUTS:
        yield Leg("self_instruct", layout, f"{max(1, round(60 * size))}", {"tasks_per_prompt": 4, "max_instances": 2})
        yield Leg("alpaca", layout, f"{max(1, round(10 * size))}", {"tasks": 8, "max_tokens": 768})
    for layout in LAYOUTS:
        yield Leg("teacher", layout, parameters={"use": "beside", "max_tokens": 128})
        yield Leg("translate", layout, parameters={"into": "French", "max_tokens": 128})


class Tour:
    """A project, the model behind a witness, and a worker that carries out what is queued."""

    def __init__(self, shop: Workshop, base_url: str, model: str, log: Path, seconds: float) -> None:
        self.shop, self.log, self.seconds = shop, log, seconds
        known = {"preset": llama_cpp.name, **llama_cpp.dialect.model_dump(include={"own_defaults"})}
        self.endpoint_id = shop.endpoint(base_url, name="A model", model=model, concurrency="1", **known)
        self.trouble: list[str] = []
        with shop.database.writing() as session:
            project = session.get_one(Project, shop.project_id)
            for instruction, given, output in EXAMPLES:
                add_candidate(session, project, instruction, input=given, output=output, in_pool=True)

    def try_it(self) -> str:
        """Try the model, as the page does, and say what came of it."""
        trial = try_endpoint(self.shop.database, self.shop.vault, self.shop.project_id, self.endpoint_id)
        if not trial.works:
            self.trouble.append(f"Try it: {trial.sentence}")
        with self.shop.database.reading() as session:
            dialect = session.get_one(Endpoint, self.endpoint_id).dialect
        return " ".join([trial.sentence, *trial.learned, f"Dialect: {dialect}"])

    def go(self, leg: Leg) -> str:
        """Carry out one run and return its line."""
        target = {"target_kept": "", "target_calls": leg.size} if leg.size else {"target_kept": ""}
        if pipeline_named(leg.pipeline).over_chosen:
            target["thresholds"] = None
        parameters = {"layout": leg.layout, **leg.parameters}
        run_id = self.shop.queue(self.endpoint_id, leg.pipeline, parameters=parameters, **target)
        return self._line(leg.pipeline, leg.layout, [run_id])

    def compare(self) -> str:
        """Have the model answer and judge, and return the line of the judge."""
        form = ComparisonForm([self.endpoint_id], self.endpoint_id, with_own=True, judgements="1")
        with self.shop.database.writing() as session:
            comparison = start_comparison(session, self.shop.project_id, form, self.shop.owner_id)
            session.flush()
            comparison_id = comparison.id
        runs = [run["id"] for run in self.books().tables["runs"] if run["comparison_id"] == comparison_id]
        return self._line("judge", "auto", runs)

    def books(self) -> Books:
        return read_books(self.shop.database.url, self.log)

    def _line(self, pipeline: str, layout: str, run_ids: Sequence[int]) -> str:
        began = time.monotonic()
        for run_id in run_ids:
            self._wait(run_id)
        return line_of(self.books(), run_ids[-1], pipeline, layout, time.monotonic() - began)

    def _wait(self, run_id: int) -> None:
        """Wait for the end of a run, which is stopped where it takes too long."""
        ends = time.monotonic() + self.seconds
        while self.shop.run(run_id).state in {RunState.QUEUED, RunState.RUNNING}:
            if time.monotonic() > ends:
                self.shop.cancel(run_id)
                ends = time.monotonic() + self.seconds
            time.sleep(0.1)
        run = self.shop.run(run_id)
        if run.sentence == WENT_WRONG:
            self.trouble.append(f"run {run_id}: {run.sentence}")


def line_of(books: Books, run_id: int, pipeline: str, layout: str, seconds: float) -> str:
    """Return what became of a run, as a line of the table."""
    run = next(row for row in books.tables["runs"] if row["id"] == run_id)
    calls = [row for row in books.tables["calls"] if row["run_id"] == run_id]
    came = [row for name in ("candidates", "alternatives") for row in books.tables[name] if row.get("run_id") == run_id]
    came += [row for row in books.tables["judgements"] if row.get("run_id") == run_id]
    readable = sum(row.get("rejected_by") != "format" for row in came)
    kept = sum(row.get("outcome", "kept") == "kept" for row in came)
    outcomes = Counter(row["outcome"] for row in calls)
    usable = outcomes["answered"] + outcomes["cut_off"]
    said = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
    return (
        f"{pipeline:<15} {layout:<10} {len(calls):>5} {_share(usable, len(calls)):>6} {len(came):>5} "
        f"{_share(readable, len(came)):>5} {kept:>5} {seconds:>7.0f}  {run['state']} ({said}) {run['sentence']}"
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}%" if whole else "–"


def tour(base_url: str, model: str, folder: Path, wanted: Sequence[Leg], seconds: float) -> list[str]:
    """Go through everything, print the table and return what is wrong, in sentences. ``seconds``: the most of a run."""
    url, log = f"sqlite:///{folder / 'tamis.sqlite'}", folder / "requests"
    migrate(url)
    with workshop(url, folder) as shop, serving(witness(base_url.removesuffix("/v1"), log)) as watched:
        going = Tour(shop, watched, model, log, seconds)
        print(f"Try it: {going.try_it()}\n\n{_HEAD}", flush=True)
        with Process(folder, url, "worker", TAMIS_CALL_DEADLINE_SECONDS=f"{_PATIENCE:.0f}") as worker:
            worker.wait_for(_GREETING)
            for leg in wanted:
                print(going.go(leg), flush=True)
            print(going.compare(), flush=True)
            worker.interrupt()
            if (code := worker.end()) != 0:
                going.trouble.append(f"the worker ended with {code}")
        said = [line for line in worker.lines if line != _GREETING]
        return [*going.trouble, *said, *breaches(going.books())]


def main(arguments: Sequence[str]) -> int:
    """Go on the tour with the real model. Returns the exit code."""
    asked = argparse.ArgumentParser(prog="make real", description="Goes through every pipeline with a real model.")
    asked.add_argument("--seconds", type=float, default=200.0, help="a run that takes longer is stopped")
    asked.add_argument("--pipeline", help="runs of this pipeline, and the judge, only")
    options = asked.parse_args(arguments)
    os.environ["TAMIS_PRIVATE_ENDPOINTS"] = "yes"  # the model is on this machine
    began = time.monotonic()
    wanted = [leg for leg in legs() if options.pipeline in (None, leg.pipeline)]
    try:
        with serving_model() as address, tempfile.TemporaryDirectory(prefix="tamis-real-") as folder:
            trouble = tour(f"{address}/v1", NAME, Path(folder), wanted, options.seconds)
    except NoModelError as reason:
        print(reason, file=sys.stderr)
        return 2
    print(f"\n{(time.monotonic() - began) / 60:.1f} minutes, {len(trouble)} breaches.", *trouble, sep="\n")
    return bool(trouble)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
