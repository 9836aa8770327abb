"""What a model is shown: the published layout, open where it is to go on."""

from dataclasses import replace
from hashlib import sha256

import pytest
from jinja2 import UndefinedError

from app.examples import Example
from app.generation.pipeline import Demonstration
from app.generation.pipelines import alpaca, self_instruct
from app.generation.wording import SHIPPED
from app.llm.prompt import Completion

FRUIT = Example("Name a fruit")

PARAMETERS = self_instruct.pipeline.Parameters()


def ask_about(instruction, seeds, answer=None, **changes):
    answers = {} if answer is None else {"classification": Completion(answer)}
    parameters = self_instruct.pipeline.Parameters(**changes)
    return self_instruct.pipeline.next_question(Example(instruction), answers, seeds, parameters, SHIPPED)


def test_instructions_are_numbered_and_the_next_number_is_open(seeds):
    header, *lines = self_instruct.pipeline.ask(seeds[:8], PARAMETERS, SHIPPED).text.split("\n")
    assert header
    assert lines[:8] == [f"{place + 1}. {seed.instruction}" for place, seed in enumerate(seeds[:8])]
    assert lines[8:] == ["9."]


@pytest.mark.parametrize(
    ("instruction", "shown"),
    [
        ("Translate  this\n\tline", "Translate this line"),
        ("Translate the following:", "Translate the following"),
        ("Translate::", "Translate"),
        ("Compare <b> & {{ x }}", "Compare <b> & {{ x }}"),
    ],
)
def test_an_instruction_is_shown_on_one_line_without_its_colon(seeds, instruction, shown):
    asked = self_instruct.pipeline.ask([replace(seeds[0], instruction=instruction)], PARAMETERS, SHIPPED).text
    assert f"\n1. {shown}\n2." in asked
    assert (
        f"1. Instruction: {shown}\n"
        in alpaca.pipeline.ask([replace(seeds[0], instruction=instruction)], alpaca.pipeline.Parameters(), SHIPPED).text
    )


def test_the_header_says_when_only_classification_is_wanted(seeds):
    only = self_instruct.pipeline.Parameters(task_kind="classification")
    assert "classification" in self_instruct.pipeline.ask(seeds, only, SHIPPED).text
    assert "classification" not in self_instruct.pipeline.ask(seeds, PARAMETERS, SHIPPED).text


def test_the_kind_is_asked_with_both_kinds_mixed(seeds):
    question = ask_about("Name a fruit", seeds)
    blocks = question.prompt.text.split("\n\n")[1:]
    assert question.purpose == "classification"
    assert blocks[0] == "Task: Carry out seed task 1\nIs it classification? No"
    assert blocks[1] == "Task: Carry out seed task 0\nIs it classification? Yes"
    assert blocks[-1] == "Task: Name a fruit\nIs it classification?"
    assert len(blocks) == len(seeds) + 1
    assert sorted(task.seed_task_id for task in question.demonstrations) == list(range(10))


def test_the_first_tasks_of_each_kind_are_shown_up_to_their_number(seeds):
    question = ask_about("Name a fruit", seeds, classification_demonstrations=1, other_demonstrations=2)
    assert {task.seed_task_id for task in question.demonstrations} == {0, 1, 2}


def test_inputs_come_first_for_generation(seeds):
    question = ask_about("Name\n a fruit", seeds, "No")
    assert question.purpose == "instances"
    assert question.prompt.text.split("\n\n")[1:] == [
        "Task: Carry out seed task 1\nExample 1\nInput: input 1\nOutput: output 1",
        "Task: Carry out seed task 2\nOutput: output 2",
        "Task: Carry out seed task 4\nOutput: output 4",
        "Task: Carry out seed task 5\nExample 1\nInput: input 5\nOutput: output 5",
        "Task: Carry out seed task 7\nExample 1\nInput: input 7\nOutput: output 7",
        "Task: Carry out seed task 8\nOutput: output 8",
        "Task: Name a fruit\n",
    ]


def test_several_instances_are_numbered():
    task = Demonstration("Add", (("1+1", "2"), ("", "no sum")), is_classification=False, seed_task_id=1)
    asked = ask_about("Name a fruit", [task], "No").prompt.text
    assert "Task: Add\nExample 1\nInput: 1+1\nOutput: 2\nExample 2\nOutput: no sum\n\nTask:" in asked


def test_labels_come_first_for_classification(seeds):
    question = ask_about("Is it a fruit?", seeds, " yes")
    assert question.prompt.text.split("\n\n")[1:] == [
        "Task: Carry out seed task 0\nClass label: output 0",
        "Task: Carry out seed task 3\nClass label: output 3\ninput 3",
        "Task: Carry out seed task 6\nClass label: output 6",
        "Task: Carry out seed task 9\nClass label: output 9\ninput 9",
        "Task: Is it a fruit?\n",
    ]


def test_tasks_without_an_instance_are_not_shown_as_examples(seeds):
    bare = [replace(seed, instances=()) for seed in seeds]
    for answer in ("Yes", "No"):
        assert ask_about("Name a fruit", bare, answer).demonstrations == ()


def test_nothing_more_is_asked_when_all_is_known(seeds):
    answers = {"classification": Completion("No"), "instances": Completion("Output: fig")}
    assert self_instruct.pipeline.next_question(FRUIT, answers, seeds, PARAMETERS, SHIPPED) is None
    assert alpaca.pipeline.next_question(FRUIT, {}, seeds, alpaca.pipeline.Parameters(), SHIPPED) is None


def test_alpaca_shows_whole_tasks_and_leaves_the_next_instruction_open(seeds):
    asked = alpaca.pipeline.ask(seeds[:3], alpaca.pipeline.Parameters(), SHIPPED).text
    rules, *blocks = asked.split("###\n")
    assert blocks == [
        "1. Instruction: Carry out seed task 0\n1. Input:\n<noinput>\n1. Output:\noutput 0\n",
        "2. Instruction: Carry out seed task 1\n2. Input:\ninput 1\n2. Output:\noutput 1\n",
        "3. Instruction: Carry out seed task 2\n3. Input:\n<noinput>\n3. Output:\noutput 2\n",
        "4. Instruction:",
    ]
    assert "list of 20 tasks" in rules
    for point in ("verb", "question", "kinds of work", "picture", "English", "One or two sentences", "<noinput>"):
        assert point in rules
    assert rules.count("100 words") == 2


def test_a_prompt_with_a_word_missing_is_never_sent():
    with pytest.raises(UndefinedError):
        SHIPPED.render(self_instruct.pipeline.prompts[2], tasks=[])


# Of what was sent before prompts could be worded and runs be steered.
DIGESTS = {
    "self_instruct_instructions": "31719649f068e7df",
    "self_instruct_labels": "b08d5f421be76e6d",
    "self_instruct_classification": "7bbae935210f465c",
    "self_instruct_input_first": "25c56381b59201fb",
    "self_instruct_output_first": "23f18490eb79c5ba",
    "alpaca_tasks": "c8057e95af5466b6",
}


def test_without_steering_or_wording_of_ones_own_prompts_are_what_they_were(seeds):
    only = self_instruct.pipeline.Parameters(task_kind="classification")
    sent = {
        "self_instruct_instructions": self_instruct.pipeline.ask(seeds[:8], PARAMETERS, SHIPPED),
        "self_instruct_labels": self_instruct.pipeline.ask(seeds[:8], only, SHIPPED),
        "self_instruct_classification": ask_about("Name a fruit", seeds).prompt,
        "self_instruct_input_first": ask_about("Name a fruit", seeds, "No").prompt,
        "self_instruct_output_first": ask_about("Name a fruit", seeds, "Yes").prompt,
        "alpaca_tasks": alpaca.pipeline.ask(seeds[:3], alpaca.pipeline.Parameters(), SHIPPED),
    }
    assert {name: sha256(prompt.text.encode()).hexdigest()[:16] for name, prompt in sent.items()} == DIGESTS
