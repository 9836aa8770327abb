"""How soon a run of Self-Instruct shows what it kept, and whether that depends on how many calls fly at the same time.

The same seed and seed tasks, 200 kept, at 1, 4, 16 and 64 calls at the same time, each in a project of its own. In the
paper 2 of the 8 instructions of a prompt are the model's own as soon as there are any. How many completions come in a
second is measured in ``generation.py``.
"""

import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from _figures import report
from _served import practice_model
from generation import queued
from sqlalchemy import select

from app.database import Database, migrate
from app.generation.workflow import Surroundings, carry_out
from app.llm.ledger import PROPOSING
from app.llm.secrets import open_vault
from app.models.generation import Call, DemonstrationShown, Run, RunState
from app.settings import Settings

LATENCY_MS, KEPT = 100, 200
CONCURRENCIES = (1, 4, 16, 64)
FIRST = 10


@dataclass(frozen=True)
class Asked:
    """The proposing prompts of a run in the order of its rounds, and in each how many kept examples it showed."""

    prompts: list[str]
    kept: list[int]


def main() -> None:
    with practice_model(LATENCY_MS) as model, tempfile.TemporaryDirectory(prefix="tamis-benchmark-") as folder:
        found = {number: asked(Path(folder) / f"{number}", model.url, number) for number in CONCURRENCIES}
    shares = {}
    for number, run in found.items():
        later = run.kept[FIRST:]
        shares[number] = 100 * sum(map(bool, later)) / len(later)
        with_kept = sum(map(bool, run.kept))
        report(f"prompts with kept examples after {FIRST} rounds, {number} at once", shares[number], "%", ">= 90")
        report(f"prompts with kept examples, {number} at once", with_kept, "prompts", of=len(run.kept))
    report("between the largest and the smallest share", max(shares.values()) - min(shares.values()), "points", "<= 10")
    together = min(len(run.prompts) for run in found.values())
    different = sum(len({run.prompts[place] for run in found.values()}) > 1 for place in range(together))
    report("prompts that differ between 1 and 64 at once", different, "prompts", "== 0", of=together)


def asked(folder: Path, model: str, concurrency: int) -> Asked:
    """Carry out a run in a database of its own."""
    url = f"sqlite:///{folder}/tamis.db"
    migrate(url)
    database, vault = Database(url), open_vault(Settings(data_dir=folder, private_endpoints="yes"))
    run_id = queued(database, vault, model, {"target_kept": f"{KEPT}"}, concurrency)
    carry_out(Surroundings(database, vault, 60.0, threading.Event()), run_id)
    with database.reading() as session:
        run = session.get_one(Run, run_id)
        assert run.state is RunState.DONE, run.sentence
        proposing = Call.run_id == run_id, Call.position == PROPOSING, Call.round < run.rounds_folded
        calls = session.scalars(select(Call).where(*proposing).order_by(Call.round)).all()
        is_kept = DemonstrationShown.candidate_id.is_not(None)
        shown = session.scalars(select(DemonstrationShown.call_id).where(is_kept)).all()
    database.dispose()
    return Asked([call.prompt for call in calls], [shown.count(call.id) for call in calls])


if __name__ == "__main__":
    main()
