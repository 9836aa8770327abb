from collections import Counter

import pytest

from app.llm.practice import mistakes
from app.llm.practice.grammar import write_task
from app.llm.practice.proposals import sound as sound_instance
from app.llm.practice.proposals import spoil_instance
from app.llm.practice.tasks import FAMILIES, OTHER
from tests.llm.practice import prompts
from tests.llm.practice.asking import ask, draws, planted

WITH_INPUT = [family for family in OTHER if family.takes_input]


def shares(payloads) -> tuple[dict[str | None, float], int]:
    """Return the share of items with each mistake, and the number of items."""
    counted = Counter(item["mistake"] for payload in payloads for item in planted(payload))
    total = sum(counted.values())
    return {name: count / total for name, count in counted.items()}, total


def check(measured: dict[str | None, float], rates: dict[str, float], total: int) -> None:
    for name, rate in rates.items():
        assert measured.get(name, 0) == pytest.approx(rate, abs=4 * (rate / total) ** 0.5), name


def test_task_lists_have_the_rates_of_the_table() -> None:
    measured, total = shares(ask(prompts.task_list(), seed) for seed in range(300))
    check(measured, mistakes.TASK_LIST_RATES, total)
    assert 0.35 <= 1 - measured[None] <= 0.40
    assert 0.22 <= sum(measured[name] for name in mistakes.INVISIBLE) <= 0.28


def test_instruction_lists_have_the_rates_of_the_table() -> None:
    measured, total = shares(ask(prompts.instruction_list(), seed) for seed in range(400))
    # A missing number spoils the item before it as well, and the first item's number belongs to the prompt.
    rates = {**mistakes.LIST_RATES, "broken_numbering": mistakes.LIST_RATES["broken_numbering"] * 11 / 12 * 1.8}
    check(measured, rates, total)


def test_instances_have_the_rates_of_the_table() -> None:
    rng = draws(1)
    measured, total = shares(
        ask(prompts.input_first(write_task(rng, WITH_INPUT).instruction), seed) for seed in range(1200)
    )
    rates = {
        name: mistakes.INSTANCE_RATES[name] for name in ("wrong_output", "unfitting_input", "echo", "empty_output")
    }
    check(measured, rates, total)


def test_verdicts_have_the_rate_of_the_table() -> None:
    measured, total = shares(ask(prompts.question("Sort the list."), seed) for seed in range(1500))
    check(measured, mistakes.QUESTION_RATES, total)


def test_near_duplicates_are_nearer_than_the_bar() -> None:
    rng = draws(2)
    for instruction in [*prompts.SEEDS, *(write_task(rng, FAMILIES).instruction for _ in range(200))]:
        twin = mistakes.near_duplicate(instruction, rng)
        assert twin != instruction
        assert mistakes.similarity(twin, instruction) > mistakes.SIMILARITY_BAR


def test_broken_lengths_are_outside_the_published_bounds() -> None:
    rng = draws(3)
    for _ in range(50):
        assert len(mistakes.too_short(rng).split()) <= 3
        assert len(mistakes.too_long(write_task(rng, FAMILIES), rng).split()) > 150
        assert not mistakes.start_with_punctuation(write_task(rng, FAMILIES), rng)[0].isalnum()
        assert mistakes.write_a_program(rng).startswith("Write a program")


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_wrong_output_is_wrong(family) -> None:
    rng = draws(4)
    for _ in range(20):
        task = write_task(rng, [family])
        right = sound_instance(task, rng)
        wrong = spoil_instance("wrong_output", task, right, rng)
        assert wrong.output not in ("", right.output)
        assert not family.labels or wrong.output in family.labels
        assert (wrong.mistake, wrong.input) == ("wrong_output", right.input)


@pytest.mark.parametrize(
    "name", ["echo", "empty_output", "missing_input", "unfitting_input", "truncated", "ends_with_colon"]
)
def test_a_spoiled_instance_shows_its_mistake(name: str) -> None:
    rng = draws(5)
    for _ in range(200):
        task = write_task(rng, WITH_INPUT)
        right = sound_instance(task, rng)
        spoiled = spoil_instance(name, task, right, rng)
        if spoiled.mistake is None:
            assert len(right.output) < 4
            continue
        shown = {
            "echo": spoiled.output == right.input,
            "empty_output": not spoiled.output,
            "missing_input": not spoiled.input,
            "unfitting_input": spoiled.input != right.input,
            "truncated": right.output.startswith(spoiled.output) and 0 < len(spoiled.output) < len(right.output),
            "ends_with_colon": spoiled.output.endswith(":"),
        }
        assert shown[name]
