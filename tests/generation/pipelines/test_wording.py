"""A project's own words over the shipped ones, and published texts pasted as they are.

The pasted texts have the shape of the published ones in words of our own.
"""

import pytest

from app.examples import Example
from app.generation.pipelines import alpaca, self_instruct
from app.generation.steering import MANNER, Steering, steering_of
from app.generation.wording import SHIPPED, Wording, worded_steering
from app.llm.practice.reader import (
    ClassificationQuestion,
    InstanceRequest,
    InstructionList,
    TaskList,
    read_prompt,
)
from app.llm.prompt import Completion

FRUIT = Example("Name a fruit")

SHEETS = {sheet.name: sheet for pipeline in (self_instruct, alpaca) for sheet in pipeline.pipeline.prompts}
TOLD = {"topic": "bees", "language": "French"}

KIND = """May this be seen as labelling, with labels that can be counted?

Task: Tell whether I would like the job, given what I am like.
Is it classification? Yes

Task: Rewrite {{ this }} 100% politely.
Is it classification? No
"""
INPUT_FIRST = """Write examples for these tasks, several where that works. Some need their output alone.

Task: What helps a stiff neck?
Output:
Slow circles.

Task: Sort the given list.
Example 1
List: [10, 92, 2]
Output: [2, 10, 92]
Example 2
List: [9, 1]
Output: [1, 9]

Task:"""
OUTPUT_FIRST = """With the labels of each task in mind, write an input for every label.

Task: Is the sentence glad or sad?
Class label: glad
Sentence: The sun is out.
Class label: sad
Sentence: It rained all day.

Task:
"""
ALPACA = """You are to think of 20 different tasks for a language model, {as many as} asked.

What counts:
1. No verb twice.
2. Questions beside orders.
3. Keep the output under 100 words.

List of 20 tasks:
"""


def ask(seeds, text, pipeline=self_instruct.pipeline, name="self_instruct_instructions", **changes):
    told = Wording({name: text})
    shown = 3 if pipeline is alpaca.pipeline else 8
    return pipeline.ask(seeds[:shown], pipeline.Parameters(**changes), told).text


def ask_about(seeds, name, text, answer=None, **changes):
    answers = {} if answer is None else {"classification": Completion(answer)}
    parameters = self_instruct.pipeline.Parameters(**changes)
    return self_instruct.pipeline.next_question(FRUIT, answers, seeds, parameters, Wording({name: text}))


def test_a_pasted_line_is_followed_by_the_list(seeds):
    prompt = ask(seeds, "Think of a row of tasks:")
    assert prompt.startswith("Think of a row of tasks:\n1. Carry out seed task 0\n2. ")
    assert prompt.endswith("\n8. Carry out seed task 7\n9.")
    assert isinstance(read_prompt(prompt), InstructionList)


def test_a_line_for_classification_goes_with_the_other_runs(seeds):
    own = {"name": "self_instruct_labels", "text": "Think of a row of classification tasks, with their labels:"}
    assert ask(seeds, **own, task_kind="classification").startswith(own["text"] + "\n1. ")
    assert ask(seeds, **own) == self_instruct.pipeline.ask(seeds[:8], self_instruct.pipeline.Parameters(), SHIPPED).text


def test_pasted_rules_are_followed_by_the_seed_tasks(seeds):
    prompt = ask(seeds, ALPACA, alpaca.pipeline, "alpaca_tasks")
    assert prompt.startswith(ALPACA.strip() + "\n###\n1. Instruction: Carry out seed task 0\n1. Input:\n<noinput>\n")
    assert prompt.endswith("\n###\n4. Instruction:")
    read = read_prompt(prompt)
    assert isinstance(read, TaskList)
    assert (read.first, read.last, len(read.shown)) == (4, 20, 3)


def test_a_pasted_question_keeps_its_own_examples_and_shows_no_seed_task(seeds):
    question = ask_about(seeds, "self_instruct_classification", KIND)
    assert question.prompt.text == KIND.strip() + "\n\nTask: Name a fruit\nIs it classification?"
    assert question.demonstrations == ()
    assert read_prompt(question.prompt.text) == ClassificationQuestion("Name a fruit")


@pytest.mark.parametrize(
    ("name", "text", "answer", "labels_first"),
    [
        ("self_instruct_input_first", INPUT_FIRST, "No", False),
        ("self_instruct_output_first", OUTPUT_FIRST, "Yes", True),
    ],
)
def test_pasted_examples_end_with_one_open_task(seeds, name, text, answer, labels_first):
    question = ask_about(seeds, name, text, answer)
    assert question.prompt.text == text.strip().removesuffix("\nTask:").strip() + "\n\nTask: Name a fruit\n"
    assert question.demonstrations == ()
    assert read_prompt(question.prompt.text) == InstanceRequest("Name a fruit", labels_first)


def test_words_without_examples_of_their_own_get_the_seed_tasks(seeds):
    question = ask_about(seeds, "self_instruct_classification", "Labelling or not?")
    assert question.prompt.text.startswith("Labelling or not?\n\nTask: Carry out seed task 1\nIs it classification? No")
    assert len(question.demonstrations) == len(seeds)


def test_the_placeholder_puts_the_list_elsewhere(seeds):
    prompt = ask(seeds, "Before.\n{{ list }} Go on with number 9.")
    assert prompt.startswith("Before.\n1. Carry out seed task 0\n")
    assert prompt.endswith("\n9. Go on with number 9.")


def test_other_placeholders_do_not_move_the_list(seeds):
    prompt = ask(seeds, "Write {{ tasks }} tasks in {{ language }}.", alpaca.pipeline, "alpaca_tasks", **TOLD, tasks=9)
    assert prompt.startswith(
        "Write 9 tasks in French.\nKeep to this in all that you write:\n- Topic: bees\n- Language: "
    )
    assert prompt.endswith("4. Instruction:")


@pytest.mark.parametrize("text", ["Think of tasks:", "Think of tasks:\n{{ list }}", "Think of tasks:\n{{ steering }}"])
def test_what_a_run_was_told_stands_before_the_list_wherever_it_is_not_placed(seeds, text):
    expected = "Think of tasks:\nKeep to this in all that you write:\n- Topic: bees\n- Language: French\n1. Carry"
    assert ask(seeds, text, **TOLD).startswith(expected)
    assert ask(seeds, text).startswith("Think of tasks:\n1. Carry")


def test_what_a_run_was_told_is_no_template(seeds):
    prompt = ask(seeds, "Tasks:", topic="{{ list }} {% raw %}")
    assert prompt.startswith("Tasks:\nKeep to this in all that you write:\n- Topic: {{ list }} {% raw %}\n1. Carry")


@pytest.mark.parametrize("name", [name for name in SHEETS if name != "self_instruct_classification"])
def test_shipped_words_say_what_a_run_was_told(name):
    values = {"instruction": "Add", "tasks": 20, "language": "French", SHEETS[name].shown: []}
    steered = SHIPPED.render(SHEETS[name], **values, steering=worded_steering(Steering(**TOLD)))
    told = "Keep to this in all that you write:\n- Topic: bees\n- Language: French\n"
    assert steered.count(told) == 1
    assert steered.replace(told, "") == SHIPPED.render(SHEETS[name], **values, steering="")


def test_examples_are_told_the_manner_alone(seeds):
    for name, answer in (("self_instruct_input_first", "No"), ("self_instruct_output_first", "Yes")):
        prompt = ask_about(seeds, name, "Examples, please.", answer, **TOLD, style="dry", avoid="law").prompt.text
        assert "\n- Style: dry\n- Language: French\n\nTask:" in prompt
        assert "bees" not in prompt
        assert "law" not in prompt


def test_everything_told_is_worded_on_one_line_each():
    told = {name: f"{name}\n of  it" for name in Steering.model_fields}
    worded = worded_steering(Steering(**told))
    names = ["Topic: topic", "Style: style", "Prefer: seek", "Leave out: avoid", "Language: language"]
    assert worded.split("\n")[1:] == [f"- {name} of it" for name in names]
    assert worded_steering(Steering(), MANNER) == worded_steering(Steering(topic="bees"), MANNER) == ""
    assert steering_of(Steering(topic=" ")) == {}


def test_what_a_run_is_told_is_short():
    with pytest.raises(ValueError, match="at most 300 characters"):
        Steering(topic="a" * 301)
