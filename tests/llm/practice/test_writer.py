import re

import pytest

from app.llm.practice.grammar import read_task, write_task
from app.llm.practice.tasks import CLASSIFICATION, FAMILIES, OTHER
from tests.cpu_time import within
from tests.llm.practice import prompts
from tests.llm.practice.asking import ask, draws, planted, text_of

WITHOUT_INPUT = [family for family in OTHER if not family.takes_input]
WITH_INPUT = [family for family in OTHER if family.takes_input]


def sound_items(payload) -> list:
    return [item for item in planted(payload) if item["mistake"] is None]


def test_an_instruction_list_goes_on_to_twenty() -> None:
    for seed in range(30):
        payload = ask(prompts.instruction_list(), seed)
        instructions = [part.strip() for part in re.split(r"\n\d+\. ", text_of(payload))]
        items = planted(payload)
        if not any(item["mistake"] == "broken_numbering" for item in items):
            assert instructions == [item["instruction"] for item in items]
            assert len(items) == 12


@pytest.mark.parametrize(("prompt", "stop"), [(prompts.instruction_list(), "16."), (prompts.task_list(), "20.")])
def test_items_do_not_hold_the_callers_stop_by_accident(prompt: str, stop: str) -> None:
    for seed in range(1500):
        assert not re.search(rf"(?<!\n){re.escape(stop)}", text_of(ask(prompt, seed)))


def test_a_classification_list_holds_classification_tasks() -> None:
    for seed in range(20):
        payload = ask(prompts.instruction_list("A series of classification tasks:"), seed)
        tasks = [read_task(item["instruction"]) for item in sound_items(payload)]
        assert all(task is not None and task.family.labels for task in tasks)


def test_a_task_list_is_read_by_the_published_rule() -> None:
    for seed in range(40):
        payload = ask(prompts.task_list(), seed)
        blocks = ("4. Instruction:" + text_of(payload)).split("###")
        for number, (block, item) in enumerate(zip(blocks, planted(payload), strict=False), 4):
            fields = re.split(rf"{number}\.\s+(?:Instruction|Input|Output):", block)
            assert (len(fields) == 4) == (item["mistake"] != "broken_numbering")
            if item["mistake"] is None:
                task = read_task(fields[1].strip())
                given = fields[2].strip()
                assert task is not None
                assert fields[3].strip() == task.answer("" if given == "<noinput>" else given)


def test_a_task_list_may_start_with_its_own_marker() -> None:
    assert text_of(ask(prompts.task_list().removesuffix("4. Instruction:"))).startswith("4. Instruction: ")


@pytest.mark.parametrize("is_classification", [True, False])
def test_verdicts_are_right_unless_planted(is_classification: bool) -> None:
    rng = draws(1)
    for seed in range(60):
        task = write_task(rng, CLASSIFICATION if is_classification else OTHER)
        payload = ask(prompts.question(task.instruction), seed)
        wrong = planted(payload)[0]["mistake"] is not None
        assert text_of(payload) == (" Yes" if is_classification != wrong else " No")


def test_examples_are_right_unless_planted() -> None:
    rng = draws(2)
    for seed in range(100):
        task = write_task(rng, WITH_INPUT)
        payload = ask(prompts.input_first(task.instruction), seed)
        if planted(payload)[0]["mistake"] == "missing_input":
            assert text_of(payload).startswith("Output: ")
            continue
        examples = re.split(r"Example \d+\n", text_of(payload))[1:]
        assert 2 <= len(examples) <= 4
        for example, item in zip(examples, planted(payload), strict=True):
            given, output = re.split(r"\nOutput:", example)
            right = item["mistake"] is None and task.answer(given.split(": ", 1)[1])
            assert item["mistake"] or output.strip() == right


def test_a_task_without_input_gets_its_output_alone() -> None:
    rng = draws(3)
    for seed in range(60):
        task = write_task(rng, WITHOUT_INPUT)
        payload = ask(prompts.input_first(task.instruction), seed)
        right = text_of(payload) == f"Output: {task.answer('')}"
        assert right == (planted(payload)[0]["mistake"] is None)


def test_labels_come_with_fitting_inputs() -> None:
    rng = draws(4)
    for seed in range(60):
        task = write_task(rng, CLASSIFICATION)
        payload = ask(prompts.output_first(task.instruction), seed)
        blocks = text_of(payload).split("Class label: ")[1:]
        assert len(blocks) == len(task.family.labels)
        for block, item in zip(blocks, planted(payload), strict=True):
            label, given = block.strip().split("\n", 1)
            assert label in task.family.labels
            if item["mistake"] is None:
                assert task.answer(given.split(": ", 1)[1]) == label


@pytest.mark.parametrize("shape", [prompts.input_first, prompts.output_first])
def test_strangers_tasks_get_a_generic_instance(shape) -> None:
    payload = ask(shape("Say if the given smell is sweet, sour or smoky."))
    assert {item["mistake"] for item in planted(payload)} == {"generic"}
    if shape is prompts.output_first:
        assert re.findall("Class label: (.*)", text_of(payload)) == ["sweet", "sour", "smoky"]


@pytest.mark.parametrize("layout", ["{0}\n\n{1}", "### Instruction:\n{0}\n\n### Input:\n{1}\n\n### Response:"])
def test_an_instruction_is_answered(layout: str) -> None:
    rng = draws(5)
    for seed in range(80):
        task = write_task(rng, FAMILIES)
        given = task.family.write_input(task.slots, rng)
        payload = ask(layout.format(task.instruction, given), seed)
        assert (text_of(payload) == task.answer(given)) == (planted(payload)[0]["mistake"] is None)


def test_an_input_may_keep_the_name_of_its_field() -> None:
    payload = ask("### Instruction:\nIs the number odd or even?\n\n### Input:\nNumber: 7\n\n### Response:", seed=1)
    assert text_of(payload) == "odd"


@pytest.mark.parametrize(
    "text", ["Describe the smell of rain.", "", "Find the arithmetic mean.\n\nno numbers", "Is the number odd or even?"]
)
def test_what_the_grammar_lacks_gets_an_honest_sentence(text: str) -> None:
    payload = ask(text)
    assert text_of(payload).startswith("This practice model only knows")
    assert planted(payload)[0]["mistake"] == "generic"


@pytest.mark.parametrize(
    "instruction",
    [
        "Name the weekday that belongs to February 31, 2001.",
        "What does the Python expression sum(range(0, 12, 0)) evaluate to?",
        "Divide 40 blankets fairly between 0 cousins and name the remainder.",
        "Is 170141183460469231731687303715884105727 a prime number?",
        "What is the date 99 days after 1 December 9999?",
    ],
)
def test_impossible_figures_are_survived(instruction: str) -> None:
    for prompt in (instruction, prompts.input_first(instruction), prompts.output_first(instruction)):
        assert planted(ask(prompt))[0]["mistake"] == "generic"


def test_any_text_gets_an_answer() -> None:
    rng = draws(6)
    pieces = (
        "Task:",
        "\n",
        "9.",
        "###",
        "Output:",
        "Yes",
        "?",
        "Class label:",
        "4. Instruction:",
        "1. Input:",
        "word",
        " ",
    )
    for seed in range(2000):
        ask("".join(rng.choices(pieces, k=rng.randint(0, 14))), seed)


@pytest.mark.parametrize(
    "piece", ["1. Instruction:\n", "Task: a\n", "a ", "\n", "1", "###\n1. A:\n1. B:\n", "x, y or "]
)
def test_a_long_prompt_is_read_in_good_time(piece: str) -> None:
    with within(1):
        ask(piece * (50_000 // len(piece)))


def test_twenty_tasks_take_less_than_five_milliseconds() -> None:
    prompt = prompts.task_list()
    ask(prompt)
    with within(50 * 0.005):
        for seed in range(50):
            ask(prompt, seed)
