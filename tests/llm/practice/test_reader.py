import pytest

from app.llm.practice.reader import (
    ClassificationQuestion,
    InstanceRequest,
    InstructionList,
    Request,
    Shown,
    TaskList,
    read_prompt,
)
from tests.llm.practice import prompts


@pytest.mark.parametrize("ending", ["", " ", "\n", " \n\n"])
@pytest.mark.parametrize("header", ["Come up with a series of tasks:", "Neue Aufgaben, bitte:\n", ""])
def test_an_instruction_list_is_known_by_its_open_number(header: str, ending: str) -> None:
    prompt = read_prompt(prompts.instruction_list(header) + ending)
    assert prompt == InstructionList(9, 20, "", ".", prompts.SEEDS, classification=False)


def test_the_papers_own_numbering_is_continued() -> None:
    lines = [f"Task {number}: {seed}" for number, seed in enumerate(prompts.SEEDS, 1)]
    prompt = read_prompt("\n".join(["Come up with tasks:", *lines, "Task 9:"]))
    assert isinstance(prompt, InstructionList)
    assert (prompt.before, prompt.first, prompt.after) == ("Task ", 9, ":")


@pytest.mark.parametrize("header", ["Come up with a series of classification tasks:", "Classify! More of these:"])
def test_a_header_asks_for_classification(header: str) -> None:
    prompt = read_prompt(prompts.instruction_list(header))
    assert isinstance(prompt, InstructionList)
    assert prompt.classification


def test_a_system_message_asks_for_classification() -> None:
    prompt = read_prompt(prompts.instruction_list(), system="You write classification tasks.")
    assert isinstance(prompt, InstructionList)
    assert prompt.classification


def test_a_demonstration_about_classification_is_no_header() -> None:
    seeds = (*prompts.SEEDS[:-1], "Classify the animal.")
    prompt = read_prompt(prompts.instruction_list(seeds=seeds))
    assert isinstance(prompt, InstructionList)
    assert not prompt.classification


@pytest.mark.parametrize("ask", ["Is it classification?", "Feste Antworten?", "Can labels be listed?"])
def test_a_question_is_known_by_its_answered_siblings(ask: str) -> None:
    prompt = read_prompt(prompts.question("Name the\nbest label.", ask) + " ")
    assert prompt == ClassificationQuestion("Name the\nbest label.")


def test_examples_are_wanted_when_the_demonstrations_have_outputs() -> None:
    assert read_prompt(prompts.input_first("Sort it.")) == InstanceRequest("Sort it.", labels_first=False)


def test_labels_are_wanted_when_the_demonstrations_have_class_labels() -> None:
    assert read_prompt(prompts.output_first("Spam or not?")) == InstanceRequest("Spam or not?", labels_first=True)


@pytest.mark.parametrize(
    ("total", "last"),
    [("a set of 20 diverse task instructions", 20), ("a list of 8 tasks", 8), ("many things", 20), ("500 tasks", 54)],
)
def test_a_task_list_ends_with_the_total_asked_for(total: str, last: int) -> None:
    prompt = read_prompt(prompts.task_list(total))
    assert isinstance(prompt, TaskList)
    assert (prompt.first, prompt.last, prompt.opened) == (4, last, True)


def test_a_task_list_keeps_its_demonstrations_and_marker() -> None:
    prompt = read_prompt(prompts.task_list().replace("<noinput>", "<empty>").replace("Output:", "Answer:"))
    assert isinstance(prompt, TaskList)
    assert prompt.no_input == "<empty>"
    assert prompt.names == ("Instruction", "Input", "Answer")
    assert prompt.shown == tuple(Shown(seed, "<empty>", "A fine answer.") for seed in prompts.SEEDS[:3])


def test_a_task_list_may_end_before_the_next_number() -> None:
    prompt = read_prompt(prompts.task_list().removesuffix("4. Instruction:"))
    assert isinstance(prompt, TaskList)
    assert (prompt.first, prompt.opened) == (4, False)


def test_a_task_list_may_show_nothing() -> None:
    prompt = read_prompt("List of 20 tasks:\n###\n1. Instruction:")
    assert isinstance(prompt, TaskList)
    assert (prompt.first, prompt.shown) == (1, ())


@pytest.mark.parametrize(
    ("text", "instruction", "given"),
    [
        ("Sort these.", "Sort these.", ""),
        ("Below is an order.\n\n### Instruction:\nSort.\n\n### Input:\n2, 1\n\n### Response:", "Sort.", "2, 1"),
        ("Below is an order.\n\n### Instruction:\nSort.\n\n### Response:", "Sort.", ""),
        ("Sort.\n\nInput: 2, 1\n\nOutput:", "Sort.", "2, 1"),
        ("Task: Sort.\nInput: 2, 1\nOutput:", "Sort.", "2, 1"),
        ("1. one\n2. two\n5.", "1. one\n2. two\n5.", ""),
        ("Is this a question?", "Is this a question?", ""),
        ("", "", ""),
    ],
)
def test_anything_else_is_an_instruction(text: str, instruction: str, given: str) -> None:
    assert read_prompt(text) == Request(instruction, given)
