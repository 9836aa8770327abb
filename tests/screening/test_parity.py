"""Real data through the filters: every decision is the one that rouge_score and the published scripts make."""

import gzip
import json
from pathlib import Path
from random import Random

import pytest
from rouge_score.rouge_scorer import _score_lcs
from rouge_score.tokenize import tokenize

from app.screening.filter import Draft
from app.screening.pool import Pool
from app.screening.screen import default_thresholds, parse_thresholds, screen_instance, screen_instruction
from app.screening.tokenizers import ROUGE
from tests.screening.filters.test_wording import reference_rejects

DATA = Path(__file__).parents[2].parent / "shared" / "data"
SEEDS, ALPACA = DATA / "seed_tasks.jsonl", DATA / "alpaca_data.json.gz"
CHINESE = DATA / "shapes" / "lf_alpaca_zh_demo.json.gz"

pytestmark = pytest.mark.skipif(
    not (SEEDS.exists() and ALPACA.exists()), reason=f"PARITY WITH ROUGE_SCORE NOT CHECKED: no real data in {DATA}"
)


def seed_instructions():
    return [json.loads(line)["instruction"] for line in SEEDS.read_text("utf-8").split("\n") if line]


def candidates(rng):
    """200 Alpaca instructions and 100 copies of others with words left out: the published set has few repetitions."""
    with gzip.open(ALPACA, "rt", encoding="utf-8") as lines:
        instructions = [record["instruction"] for record in json.load(lines)]
    fresh = rng.sample(instructions, 200)
    worn = [" ".join(word for word in text.split() if rng.random() < 0.6) for text in rng.choices(fresh, k=100)]
    return fresh + worn


@pytest.mark.parametrize("threshold", [0.5, 0.7])
def test_every_decision_on_real_instructions_is_the_oracles(threshold):
    thresholds = parse_thresholds({"novelty": {"max_similarity": threshold}})
    pool, members = Pool(ROUGE), []
    kept = rejected = 0

    def join(text):
        pool.add(len(members), text)
        members.append(tokenize(text, None))

    for text in seed_instructions():
        join(text)
    for text in candidates(Random(2212)):  # noqa: S311 # a draw that can be repeated
        scores = [_score_lcs(tokenize(text, None), member).fmeasure for member in members]
        verdict = screen_instruction(Draft(text), thresholds, pool)

        assert verdict.kept == (max(scores) <= threshold), text
        assert verdict.comparison.similarity == max(scores)
        assert verdict.comparison.mean == pytest.approx(sum(scores) / len(scores), abs=1e-12)
        best = sorted((score for score in scores if score > 0), reverse=True)[:10]
        assert [near.score for near in verdict.comparison.nearest] == best
        kept, rejected = kept + verdict.kept, rejected + (not verdict.kept)
        if verdict.kept:
            join(text)

    assert kept > 100
    assert rejected > 20


def test_every_first_decision_on_real_english_is_the_published_scripts():
    with gzip.open(ALPACA, "rt", encoding="utf-8") as lines:
        records = json.load(lines)
    published = {name: each for name, each in default_thresholds().items() if name in ("length", "wording")}
    thresholds = parse_thresholds(published)
    texts = [text for record in records[::4] for text in record.values() if text.strip() and text.isascii()]
    texts += [record["instruction"] for record in records]

    for text in texts:
        rejected = not 3 < len(text.split()) <= 150 or reference_rejects(text)
        assert screen_instruction(Draft(text), thresholds, Pool()).kept == (not rejected), text


def test_hardly_any_real_output_is_stuck():
    with gzip.open(ALPACA, "rt", encoding="utf-8") as lines:
        records = json.load(lines)
    thresholds = parse_thresholds({"repetition": {}})
    stuck = [
        record["output"]
        for record in records
        if not screen_instance(Draft("", record["input"], record["output"]), thresholds, Pool()).kept
    ]

    assert len(stuck) == 3
    assert all(output.count("\u0326") > 170 for output in stuck)


@pytest.mark.skipif(not CHINESE.exists(), reason=f"REAL CHINESE NOT SCREENED: there is no {CHINESE}")
def test_real_chinese_is_kept():
    with gzip.open(CHINESE, "rt", encoding="utf-8") as lines:
        instructions = [record["instruction"] for record in json.load(lines)]
    thresholds = parse_thresholds({name: each for name, each in default_thresholds().items() if name != "novelty"})
    kept = [text for text in instructions if screen_instruction(Draft(text), thresholds, Pool()).kept]

    assert len(kept) >= 980
