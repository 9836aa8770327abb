import re

import pytest
from rapidfuzz.distance import Indel

from app.llm.practice.grammar import read_task, write_task
from app.llm.practice.mistakes import similarity
from app.llm.practice.tasks import CLASSIFICATION, FAMILIES
from app.llm.practice.template import Template
from tests.llm.practice.asking import draws

FORBIDDEN = re.compile(
    r"\b(images?|graphs?|pictures?|files?|maps?|draw|plot|go to|video|audio|music|flowchart|diagram)\b", re.IGNORECASE
)


def words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[a-z0-9]+", text.lower()))


def admitted(count: int, seed: int, bar: float = 0.7) -> int:
    """Return how many of the first `count` instructions the novelty filter would keep."""
    rng = draws(seed)
    kept: list[tuple[str, ...]] = []
    for _ in range(count):
        tokens = words(write_task(rng, FAMILIES).instruction)
        if not any(Indel.normalized_similarity(tokens, other, score_cutoff=bar + 1e-9) for other in kept):
            kept.append(tokens)
    return len(kept)


def test_the_grammar_is_wide() -> None:
    assert len(FAMILIES) >= 80
    assert len(CLASSIFICATION) >= 15
    assert len({family.domain for family in FAMILIES}) >= 40
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)


def test_many_instructions_are_reachable() -> None:
    rng = draws(3)
    assert len({write_task(rng, FAMILIES).instruction for _ in range(30_000)}) > 20_000


def test_most_of_a_runs_instructions_are_novel() -> None:
    assert admitted(400, seed=1) > 0.8 * 400


def test_even_after_3000_instructions_half_are_novel() -> None:
    assert admitted(3000, seed=2) >= 1700


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_phrasing_is_read_back_and_answered(family) -> None:
    rng = draws(family.name)
    for template in family.templates:
        for _ in range(10):
            instruction, slots = template.fill(rng)
            task = read_task(instruction)
            assert task is not None
            assert (task.family.name, task.slots) == (family.name, slots)
            answer = task.answer(family.write_input(slots, rng))
            assert answer == answer.strip() != ""
            assert not re.search(r"\n\n|###|Task:|Example \d|Output:", answer)


def test_instructions_in_context_are_read_back() -> None:
    rng = draws(4)
    for _ in range(1000):
        task = write_task(rng, FAMILIES)
        assert read_task(task.instruction) == task


def test_instructions_pass_the_published_wording_and_length_filters() -> None:
    rng = draws(5)
    for _ in range(3000):
        instruction = write_task(rng, FAMILIES).instruction
        assert not FORBIDDEN.search(instruction), instruction
        assert 3 < len(instruction.split()) <= 150
        assert instruction[0].isascii()
        assert instruction[0].isalnum()
        assert not instruction.startswith("Write a program")
        assert not re.search(r"\ba [aeio]", instruction), instruction
        assert not re.search(r"\ban (?!SQL|hour)[^aeiou]", instruction), instruction


@pytest.mark.parametrize("family", CLASSIFICATION, ids=lambda family: family.name)
def test_a_written_input_has_the_label_it_was_written_for(family) -> None:
    rng = draws(6)
    assert family.labelled is not None
    for label in family.labels:
        for _ in range(20):
            assert family.answer({}, family.labelled({}, label, rng)) == label


def test_strangers_instructions_are_not_read() -> None:
    assert read_task("Describe the smell of a library.") is None


def test_siblings_never_take_the_same_word() -> None:
    template = Template("{name} meets {name2}.", {"name": ("Ada", "Bo")})
    for seed in range(20):
        text, slots = template.fill(draws(seed))
        assert slots["name"] != slots["name2"]
        assert template.read(text) == slots


def test_similarity_is_the_f1_of_the_longest_common_subsequence() -> None:
    rng = draws(8)
    for _ in range(100):
        first, second = (write_task(rng, FAMILIES).instruction for _ in range(2))
        assert similarity(first, second) == pytest.approx(Indel.normalized_similarity(words(first), words(second)))
