"""A run of Self-Instruct, from prompt to stored candidate, beside the way of the scripts that were published with it.

All ask the practice model, a server in a process of its own. Ours is one process, on each database at hand. The
scripts' way, in code of our own: five prompts at a time, the next five when all are answered and screened; for the
screening of each instruction a new pool of four processes, which score it by rouge_score against every instruction so
far; nothing is stored but lines of a file. It is measured from the start on, while there are few of them.
"""

import gc
import json
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

from _figures import report
from _served import databases, practice_model
from openai import OpenAI
from rouge_score.rouge_scorer import RougeScorer
from sqlalchemy import func, select

from app import projects, seeds
from app.database import Database, migrate
from app.examples import Example
from app.generation import runs
from app.generation.fold import seed_demonstrations
from app.generation.pipeline import Demonstration, Proposal
from app.generation.pipelines import pipeline_named
from app.generation.runs import RunForm
from app.generation.wording import SHIPPED
from app.generation.workflow import Surroundings, carry_out
from app.llm.client import Target, request_of
from app.llm.endpoint import EndpointForm, add_endpoint
from app.llm.practice.protocol import MODEL
from app.llm.prompt import Completion, Prompt
from app.llm.secrets import Vault, open_vault
from app.models.candidates import Candidate, Outcome
from app.models.generation import Call, EndpointStyle, Run, RunState
from app.people.accounts import create_person
from app.settings import Settings

LATENCY_MS, CONCURRENCY = 200, 64
IDEAL = CONCURRENCY / (LATENCY_MS / 1_000)
COMPLETIONS, ROUNDS = 10_000, 3
WARM, LONG = 2_000, 20_000
KEPT = 52_000
BATCH, BATCHES, PROCESSES = 5, 4, 4
SIMILAR = 0.7
PAGE = resource.getpagesize()


@dataclass(frozen=True)
class Carried:
    """What a run took: seconds on the clock and of the processor, and the memory in MB at each of the moments."""

    completions: int
    kept: int
    seconds: float
    cpu: float
    memory: tuple[float, ...] = ()

    @property
    def rate(self) -> float:
        """Completions per second."""
        return self.completions / self.seconds


def main() -> None:
    with databases() as urls:
        for url in urls.values():
            migrate(url)
        at_latency(urls)
        without_latency(*next(iter(urls.items())))


def at_latency(urls: dict[str, str]) -> None:
    """Report how near to the ideal a run comes, and the reference's way."""
    ours: dict[str, list[Carried]] = defaultdict(list)
    theirs: list[float] = []
    with practice_model(LATENCY_MS) as model:
        before = model.cpu
        for _ in range(ROUNDS):
            for name, url in urls.items():
                ours[name].append(alone(carried_out, url, model.url, {"target_calls": f"{COMPLETIONS}"}))
            theirs.append(alone(by_the_scripts, model.url))
        asked = sum(each.completions for carried in ours.values() for each in carried)
        report("CPU of the practice model for a completion", 1_000 * (model.cpu - before) / asked, "ms")
    for name, carried in ours.items():
        rate = statistics.median(each.rate for each in carried)
        report(f"completions, {name}", rate, "a second", ideal=IDEAL)
        report(f"share of the ideal, {name}", 100 * rate / IDEAL, "%", ">= 90")
        cpu = statistics.median(1_000 * each.cpu / each.completions for each in carried)
        report(f"CPU of ours for a completion, {name}", cpu, "ms", "< 3")
        times = statistics.median(each.rate / rate for each, rate in zip(carried, theirs, strict=True))
        report(f"times faster than the scripts' way, {name}", times, "times", ">= 10")
    report("completions by the scripts' way", statistics.median(theirs), "a second")


def without_latency(name: str, url: str) -> None:
    """Report a run to as many kept candidates as were published, and the memory that it took on its way."""
    with practice_model(0) as model:
        long = alone(carried_out, url, model.url, {"target_kept": f"{KEPT}"}, (WARM, LONG))
    warm, last = long.memory
    report(f"memory grown from {WARM:,} to {LONG:,} completions, {name}", last - warm, "MB", "< 32", whole=round(last))
    report(f"a run to {KEPT:,} kept, {name}", long.seconds, "s", completions=long.completions)
    report(f"kept, {name}", long.kept, "candidates", f">= {KEPT}")


def alone(function: Callable[..., Any], *given: Any) -> Any:
    """Call a function in a process of its own, which looks for no garbage in what it has loaded: so does ``tamis``."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=gc.freeze) as process:
        return process.submit(function, *given).result()


def carried_out(url: str, model: str, targets: dict[str, str], moments: Sequence[int] = ()) -> Carried:
    """Carry out a run in a new project. ``moments`` are numbers of completions at which memory is looked at."""
    database = Database(url)
    with tempfile.TemporaryDirectory(prefix="tamis-benchmark-") as folder:
        vault = open_vault(Settings(data_dir=Path(folder), private_endpoints="yes"))
    run_id = queued(database, vault, model, targets)
    with memory_at(moments, database, run_id) as memory:
        begun, cpu = time.perf_counter(), time.process_time()
        carry_out(Surroundings(database, vault, 60.0, threading.Event()), run_id)
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    with database.reading() as session:
        run = session.get_one(Run, run_id)
        print(run.sentence, file=sys.stderr)
        assert run.state is RunState.DONE
        calls = session.scalar(select(func.count()).where(Call.run_id == run_id)) or 0
        kept = session.scalar(select(func.count()).where(Candidate.run_id == run_id, Candidate.outcome == Outcome.KEPT))
    return Carried(calls, kept or 0, seconds, cpu, tuple(memory))


def queued(
    database: Database, vault: Vault, model: str, targets: dict[str, Any], concurrency: int = CONCURRENCY
) -> int:
    form = EndpointForm(name="Practice model", base_url=model, model=MODEL, concurrency=f"{concurrency}")
    with database.writing() as session:
        owner = create_person(session, "Owner")
        project = projects.create_project(session, "Benchmark", "", owner.id)
        seeds.import_jsonl(session, project.id, seeds.shipped_seed_tasks(), owner.id)
        endpoint = add_endpoint(session, vault, project.id, form, owner.id)
        run = runs.start_run(session, project.id, RunForm("self_instruct", endpoint.id, seed="1", **targets), owner.id)
        return run.id


@contextmanager
def memory_at(moments: Sequence[int], database: Database, run_id: int) -> Iterator[list[float]]:
    """Yield a list of the resident megabytes, after collecting garbage, when a run had so many completions."""
    found: list[float] = []
    over = threading.Event()

    def watch() -> None:
        count = select(func.count()).where(Call.run_id == run_id, Call.answered_at.is_not(None))
        while len(found) < len(moments) and not over.wait(0.1):
            with database.reading() as session:
                calls = session.scalar(count) or 0
            if calls >= moments[len(found)]:
                gc.collect()
                found.append(int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 2**20)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def by_the_scripts(model: str) -> float:
    """Propose, ask for the kind and for examples, as the scripts do. Returns completions per second."""
    pipeline, rng = pipeline_named("self_instruct"), Random(1)
    parameters = pipeline.Parameters()
    given = seed_tasks()
    with tempfile.TemporaryFile("w") as file, asker(model) as ask:
        begun = time.perf_counter()
        kept: list[str] = []
        completions = 0
        for round_ in range(BATCHES):
            shown = [pipeline.draw(rng, given, (), parameters, round_) for _ in range(BATCH)]
            for answer in ask([pipeline.ask(each, parameters, SHIPPED) for each in shown]):
                completions += 1
                for proposal in pipeline.read(answer, (), parameters):
                    text = proposal.draft.instruction if isinstance(proposal, Proposal) else ""
                    if text and is_new(text, [seed.instruction for seed in given] + kept):
                        kept.append(text)
                        file.write(json.dumps({"instruction": text}) + "\n")
        answers: dict[str, dict[str, Completion]] = {text: {} for text in kept}
        for _ in ("kind", "examples"):
            for place in range(0, len(kept), BATCH):
                batch = kept[place : place + BATCH]
                asked = [
                    pipeline.next_question(Example(each), answers[each], given, parameters, SHIPPED) for each in batch
                ]
                questions = [each for each in asked if each is not None]
                for text, question, answer in zip(batch, questions, ask([q.prompt for q in questions]), strict=True):
                    answers[text][question.purpose] = answer
                    completions += 1
                    file.write(json.dumps({"instruction": text, "answer": answer.text}) + "\n")
        return completions / (time.perf_counter() - begun)


def seed_tasks() -> list[Demonstration]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/seeds.db"
        migrate(url)
        database = Database(url)
        with database.writing() as session:
            owner = create_person(session, "Owner")
            project = projects.create_project(session, "Benchmark", "", owner.id)
            seeds.import_jsonl(session, project.id, seeds.shipped_seed_tasks(), owner.id)
            return seed_demonstrations(session, project.id)


@contextmanager
def asker(model: str) -> Iterator[Callable[[Sequence[Prompt]], list[Completion]]]:
    """Yield what answers a batch of prompts in the time of one, as a request with several prompts would be."""
    client = OpenAI(base_url=model, api_key="none", max_retries=0)
    target = Target(model, MODEL, EndpointStyle.CHAT, "")

    def ask_one(prompt: Prompt) -> Completion:
        answer = client.chat.completions.create(**request_of(target, prompt)).choices[0]
        return Completion(answer.message.content or "", "length" if answer.finish_reason == "length" else "stop")

    with ThreadPoolExecutor(BATCH) as threads:
        yield lambda prompts: list(threads.map(ask_one, prompts))


def is_new(text: str, instructions: Sequence[str]) -> bool:
    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    with get_context("fork").Pool(PROCESSES) as processes:
        scores = processes.map(partial(scorer.score, text), instructions)
    return all(each["rougeL"].fmeasure <= SIMILAR for each in scores)


if __name__ == "__main__":
    main()
