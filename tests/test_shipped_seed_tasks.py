"""The seed tasks that come with Tamis: enough of them, unlike each other and unlike the published ones."""

import json
from itertools import combinations
from pathlib import Path

import pytest

from app.screening.filter import Draft
from app.screening.pool import Pool
from app.screening.rouge import score
from app.screening.screen import default_thresholds, parse_thresholds, screen_instance, screen_instruction
from app.screening.tokenizers import ROUGE
from app.seeds import count_seed_tasks, import_jsonl, shipped_seed_tasks
from tests.factories import project

PUBLISHED = Path(__file__).parents[1].parent / "shared" / "data" / "seed_tasks.jsonl"
SEEDS = [json.loads(line) for line in shipped_seed_tasks().split(b"\n") if line]


def words(seeds):
    return [ROUGE.tokens(seed["instruction"]) for seed in seeds]


def test_they_import(database):
    with database.writing() as session:
        project_id = project(session).id
        assert import_jsonl(session, project_id, shipped_seed_tasks(), None) == 175
        assert count_seed_tasks(session, project_id) == (175, 25, 0)


def test_each_has_one_to_three_examples_and_together_they_cover_twenty_domains():
    assert {len(seed["instances"]) for seed in SEEDS} <= {1, 2, 3}
    assert len({seed["domain"] for seed in SEEDS}) >= 20


def test_no_two_are_too_alike():
    assert max(score(a, b).f1 for a, b in combinations(words(SEEDS), 2)) <= 0.7


@pytest.mark.skipif(not PUBLISHED.exists(), reason=f"SEED TASKS NOT COMPARED WITH THE PUBLISHED: no {PUBLISHED}")
def test_none_is_like_a_published_one():
    published = words(json.loads(line) for line in PUBLISHED.read_text("utf-8").split("\n") if line)
    assert max(score(ours, theirs).f1 for ours in words(SEEDS) for theirs in published) <= 0.6


def test_our_own_filters_keep_all():
    thresholds, pool = parse_thresholds(default_thresholds()), Pool()
    for key, seed in enumerate(SEEDS):
        siblings = tuple((each["input"], each["output"]) for each in seed["instances"])
        for place, (given, output) in enumerate(siblings):
            draft = Draft(seed["instruction"], given, output, place, siblings)
            assert screen_instruction(draft, thresholds, pool).kept, seed["name"]
            assert screen_instance(draft, thresholds, pool).kept, seed["name"]
        pool.add(key, seed["instruction"])
