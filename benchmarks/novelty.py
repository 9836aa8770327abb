"""The novelty filter's index, per candidate, beside rouge_score and a full scan by rapidfuzz, from 52,000 to a million.

Probes are instructions that the pool never saw: those held out of Alpaca, which are accepted, and the same with a word
changed of members, which are rejected. Beyond Alpaca's 52,002 the pool holds made ones: chains of words drawn by the
last two, from what is not held out. Each figure is the median of three rounds, and the parties take turns within each.
Beside a figure stands its ``limit``, measured in the same run: what no index in this language can do without.
"""

import json
import random
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import log
from multiprocessing import Pool as Processes
from multiprocessing import get_context
from pathlib import Path

from _figures import report
from _made import examples
from rapidfuzz import process
from rapidfuzz.distance import Indel
from rouge_score.rouge_scorer import RougeScorer, _score_lcs
from rouge_score.tokenize import tokenize

from app.screening.pool import Pool
from app.screening.rouge import f1
from app.screening.tokenizers import ROUGE
from app.seeds import shipped_seed_tasks

REAL = 52_002
HELD_OUT = 1_000
MILLION = 1_000_000
ROUNDS = 3
THRESHOLD = 0.7
SEED = 20261121
# Of made instructions, in words; and the letters of a word from which on it may be a rare one.
LONGEST, LONG_WORD = 20, 4
PAGE = resource.getpagesize()
SCORER = RougeScorer(["rougeL"], use_stemmer=False)


def main() -> None:
    instructions, source = given()
    rng = random.Random(SEED)
    held = set(rng.sample(range(len(instructions)), HELD_OUT))
    members = [text for place, text in enumerate(instructions) if place not in held]
    fresh = [instructions[place] for place in sorted(held)]
    worn = [with_a_word_changed(text, rng) for text in rng.sample(members, HELD_OUT)]
    print(f"{len(members):,} members, {source}", file=sys.stderr)

    pool = filled(members)
    accepted, rejected = parted(pool, fresh + worn)
    at_52k = against_others(pool, members, accepted, rejected, source)
    top = median_of(pool.nearest, accepted[:300])
    one_look = f"{median_of(pool._sketches.limits, accepted[:300]) / 1e3:.2f} ms to look at each member once"  # noqa: SLF001
    report("ten nearest of 52,000", top / 1e3, "ms", "<= 2", data=source, limit=one_look)
    pairs = verified(pool, accepted)
    report("pairs compared for an accepted candidate, 52,000 members", pairs, "pairs", "<= 240", data=source)
    one_after_another(instructions, source)
    del pool
    at_a_million(members, accepted, at_52k, source)


def given() -> tuple[list[str], str]:
    found, source = examples(REAL)
    if source == "real":
        return [each.instruction for each in found], source
    # Made examples are too much alike for chains of their words to differ 52,000 times; shipped seed tasks are not. So
    # short and so near to what they are made from, the instructions have neighbours as near as Alpaca's have.
    seeds = [json.loads(line)["instruction"] for line in shipped_seed_tasks().splitlines()]
    return list(with_rare_words(made(seeds, REAL, longest=LONGEST, strays=0.1))), source


def against_others(pool: Pool, members: list[str], accepted: list[str], rejected: list[str], source: str) -> float:
    """Report how many times faster the index is than each of the others; return its median for accepted ones, in µs."""
    words = [tokenize(text, None) for text in members]
    letters = [letters for letters in pool._letters if letters]  # noqa: SLF001 - the scan compares the same strings
    ours: dict[str, list[float]] = defaultdict(list)
    scan: dict[str, list[float]] = defaultdict(list)
    reference: dict[str, list[float]] = defaultdict(list)
    with Processes(2, initializer=remember, initargs=(members,)) as processes:
        for _ in range(ROUNDS):
            for kind, probes in (("accepted", accepted), ("rejected", rejected)):
                ours[kind].append(statistics.median(microseconds(pool.above, probes)))
                scan[kind].append(
                    statistics.median(microseconds(lambda text: scanned(pool, text, letters), probes[:40]))
                )
                ways = (
                    statistics.median(
                        microseconds(lambda text: [by_rouge_score(text, each) for each in members], probes[:1])
                    ),
                    statistics.median(
                        microseconds(lambda text: in_two_processes(processes, text, len(members)), probes[:1])
                    ),
                    statistics.median(microseconds(lambda text: with_tokens(text, words), probes[:1])),
                )
                reference[kind].append(min(ways))
    words_alone = f"{median_of(pool._probe, accepted):.1f} µs to cut a candidate into words"  # noqa: SLF001
    for kind in ("accepted", "rejected"):
        index = statistics.median(ours[kind])
        report(
            f"deciding on one candidate, {kind}, {len(members):,} members", index, "µs", data=source, limit=words_alone
        )
        times = statistics.median(theirs / mine for theirs, mine in zip(reference[kind], ours[kind], strict=True))
        report(f"times faster than the fastest way to use rouge_score, {kind}", times, "times", ">= 8000", data=source)
        times = statistics.median(theirs / mine for theirs, mine in zip(scan[kind], ours[kind], strict=True))
        report(f"times faster than rapidfuzz extractOne, {kind}", times, "times", ">= 60", data=source)
    return statistics.median(ours["accepted"])


def one_after_another(instructions: Sequence[str], source: str) -> None:
    """Decide on all of them from an empty pool, and again by a full scan with the tie rule for every twentieth."""
    started = time.perf_counter()
    pool, decisions = Pool(ROUGE, THRESHOLD), []
    for place, text in enumerate(instructions):
        decisions.append(pool.above(text) is None)
        if decisions[-1]:
            pool.add(place, text)
    report(
        f"{len(instructions):,} candidates one after another", time.perf_counter() - started, "s", "<= 8", data=source
    )
    letters: list[str] = []
    differing = checked = 0
    for place, text in enumerate(instructions):
        probe = pool._probe(text)  # noqa: SLF001 - all words are known by now, so these are the members' strings
        if place % 20 == 0:
            checked += 1
            differing += by_full_scan(probe, letters) != decisions[place]
        if decisions[place]:
            letters.append(probe)
    report(f"decisions unlike a full scan's, of {checked:,}", differing, "decisions", "== 0", data=source)


def at_a_million(members: list[str], accepted: list[str], at_52k: float, source: str) -> None:
    """Report loading, memory and decisions at a million members, in a process that holds nothing else."""
    with tempfile.TemporaryDirectory() as folder, get_context("spawn").Pool(1) as process:
        file = Path(folder) / "pool.db"
        store(file, members, longest=60 if source == "real" else LONGEST)
        least_seconds, least_size = process.apply(read, (file,))
        seconds, size, median, pairs = process.apply(loaded, (file, accepted))
    limit = f"{least_seconds:.0f} s to read the rows and cut them into words"
    report("loading a million members from SQLite", seconds, "s", "<= 60", data=source, limit=limit)
    limit = f"{least_size:.0f} bytes for its text and key alone"
    report("memory of a member, a million of them", size, "bytes", "<= 700", data=source, limit=limit)
    report("deciding on one candidate, accepted, 1,000,000 members", median, "µs", data=source)
    growth = log(median / at_52k) / log(MILLION / len(members))
    report("growth from 52,000 to a million", growth, "exponent", "<= 0.5", data=source)
    report("pairs compared for an accepted candidate, 1,000,000 members", pairs, "pairs", "<= 1100", data=source)


def read(file: Path) -> tuple[float, float]:
    """Return the seconds that reading and cutting into words takes, and the bytes of a text with its key."""
    started = time.perf_counter()
    size = sum(sys.getsizeof(key) + sys.getsizeof(text) for key, text in stored(file) if ROUGE.tokens(text) is not None)
    return time.perf_counter() - started, size / MILLION


def loaded(file: Path, accepted: list[str]) -> tuple[float, float, float, float]:
    """Load the file's members. Returns seconds, bytes a member with its text and key, µs a decision, pairs compared."""
    before, started = resident(), time.perf_counter()
    pool = Pool(ROUGE, THRESHOLD)
    pool.fill(stored(file))
    seconds, size = time.perf_counter() - started, (resident() - before) / len(pool)
    still = [text for text in accepted if pool.above(text) is None]
    return seconds, size, median_of(pool.above, still), verified(pool, still)


def resident() -> int:
    """Return the bytes of memory that this process occupies."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def filled(members: Iterable[str]) -> Pool:
    pool = Pool(ROUGE, THRESHOLD)
    pool.fill(enumerate(members))
    return pool


def parted(pool: Pool, probes: list[str]) -> tuple[list[str], list[str]]:
    rejected = [text for text in probes if pool.above(text)]
    return [text for text in probes if text not in set(rejected)], rejected


def verified(pool: Pool, probes: list[str]) -> float:
    """Return how many members rapidfuzz is asked about, on average."""
    looked_at = [len(pool._near(pool._probe(text), THRESHOLD)) for text in probes]  # noqa: SLF001
    return statistics.mean(looked_at)


def microseconds(decide: Callable[[str], object], probes: Iterable[str]) -> Iterator[float]:
    for text in probes:
        started = time.perf_counter()
        decide(text)
        yield (time.perf_counter() - started) * 1e6


def median_of(decide: Callable[[str], object], probes: Sequence[str]) -> float:
    return statistics.median(statistics.median(microseconds(decide, probes)) for _ in range(ROUNDS))


def scanned(pool: Pool, text: str, letters: list[str]) -> object:
    probe = pool._probe(text)  # noqa: SLF001
    return process.extractOne(probe, letters, scorer=Indel.normalized_similarity, score_cutoff=THRESHOLD)


def by_full_scan(probe: str, letters: list[str]) -> bool:
    """Return whether no member is above the threshold, by rouge_score's floats."""
    near = process.extract(probe, letters, scorer=Indel.normalized_similarity, score_cutoff=0.699, limit=None)
    m = len(probe)
    return not any(f1(round(share * (m + len(text)) / 2), m, len(text)) > THRESHOLD for text, share, _ in near if probe)


def by_rouge_score(text: str, member: str) -> float:
    return float(SCORER.score(text, member)["rougeL"].fmeasure)


def with_tokens(text: str, words: list[list[str]]) -> list[float]:
    probe = tokenize(text, None)
    return [_score_lcs(probe, each).fmeasure for each in words]


_members: list[str] = []


def remember(members: list[str]) -> None:
    _members.extend(members)


def share(text: str, start: int, stop: int) -> list[float]:
    return [by_rouge_score(text, each) for each in _members[start:stop]]


def in_two_processes(processes: object, text: str, count: int) -> object:
    return processes.starmap(share, [(text, 0, count // 2), (text, count // 2, count)])  # type: ignore[attr-defined]


def with_a_word_changed(text: str, rng: random.Random) -> str:
    words = text.split()
    words[rng.randrange(len(words))] = "zebra"
    return " ".join(words)


def made(texts: Sequence[str], count: int, *, longest: int, strays: float = 0.25) -> Iterator[str]:
    """Yield different texts whose words follow each other as they do in ``texts``: a share of them only the one before,
    all others the two before."""
    rng = random.Random(SEED)
    after_two: dict[tuple[str, str], list[str]] = defaultdict(list)
    after_one: dict[str, list[str]] = defaultdict(list)
    starts = []
    for words in map(ROUGE.tokens, texts):
        if len(words) > 2:
            starts.append((words[0], words[1]))
        for first, second, third in zip(words, words[1:], [*words[2:], ""], strict=False):
            after_two[first, second].append(third)
            after_one[first].append(second)
    seen: set[str] = set()
    while len(seen) < count:
        words = list(rng.choice(starts))
        while words[-1] and len(words) < longest:
            known = after_one.get(words[-1]) if rng.random() < strays else after_two.get((words[-2], words[-1]))
            words.append(rng.choice(known) if known else "")
        text = " ".join(words).strip()
        if len(words) > 4 and text not in seen:
            seen.add(text)
            yield text


def with_rare_words(texts: Iterable[str]) -> Iterator[str]:
    """Yield texts in which long words are of many kinds, a few frequent and most rare, as in what people write."""
    rng = random.Random(SEED)
    for text in texts:
        yield " ".join(
            f"{word}{int(rng.paretovariate(0.6)) % 1_000}" if len(word) > LONG_WORD else word for word in text.split()
        )


def store(file: Path, members: list[str], *, longest: int) -> None:
    database = sqlite3.connect(file)
    database.execute("CREATE TABLE members (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
    more = made(members, MILLION - len(members), longest=longest)
    with database:
        database.executemany("INSERT INTO members (text) VALUES (?)", ((text,) for text in (*members, *more)))
    database.close()


def stored(file: Path) -> Iterator[tuple[str, str]]:
    database = sqlite3.connect(file)
    for number, text in database.execute("SELECT id, text FROM members ORDER BY id"):
        yield f"candidate:{number}", text
    database.close()


if __name__ == "__main__":
    main()
