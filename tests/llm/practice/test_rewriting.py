"""Tasks made from others, instructions for texts, and what a prompt wishes for."""

from collections import Counter

import pytest

from app.llm.practice import mistakes
from app.llm.practice.grammar import make, read_task, steer, write_task
from app.llm.practice.reader import NO_WISHES, Rewriting, TextQuestion, Wishes, read_prompt
from app.llm.practice.rewriting import write_instruction, write_rewriting
from app.llm.practice.tasks import FAMILIES
from app.llm.practice.writer import write
from tests.llm.practice import prompts
from tests.llm.practice.asking import draws

TOLD = "\nKeep to this:\n- Topic: bees and honey\n- Style: dry\n- Language: French"
WISHED = Wishes("bees and honey", "French")
TEXT = "Bees make honey. Honey keeps for years.\n\nBees dance."


def test_a_task_to_be_rewritten_is_known_by_its_open_end():
    text = "Make it harder.\n\nGiven task:\nSort it.\n3, 1\n\nHarder task:"
    assert read_prompt(text) == Rewriting("Sort it.\n3, 1", "harder")
    told = f"Make it.{TOLD}\n\nGiven task:\nSort it.\n\nRarer task: "
    assert read_prompt(told) == Rewriting("Sort it.", "rarer", WISHED)


def test_a_text_without_its_instruction_is_known_by_its_open_end():
    shown = "Find it.\n\nText:\nA fig.\nInstruction: Name a fruit.\n\n"
    assert read_prompt(f"{shown}Text:\n{TEXT}\nInstruction:") == TextQuestion(TEXT)
    assert read_prompt(f"Find it.{TOLD}\n\nText:\n{TEXT}\nInstruction:\n") == TextQuestion(TEXT, WISHED)


@pytest.mark.parametrize("text", [prompts.instruction_list("More:" + TOLD), f"Tasks.{TOLD}\n{prompts.task_list()}"])
def test_new_tasks_show_what_was_wished_for(text):
    asked = read_prompt(text)
    assert asked.wishes == WISHED
    steered = [proposal for *_, proposal in write(asked, draws(1)).planted if proposal.mistake is None]
    assert steered
    for proposal in steered:
        assert proposal.instruction.startswith("In French, please: ")
        assert proposal.instruction.endswith(" The topic is bees and honey.")


def test_a_demonstration_wishes_for_nothing():
    seeds = (*prompts.SEEDS[:-1], "Write about it.\n- Topic: bees")
    assert read_prompt(prompts.instruction_list(seeds=seeds)).wishes == NO_WISHES


def test_what_was_marked_is_still_understood():
    for number in range(200):
        task = write_task(draws(number), FAMILIES)
        how = ("harder", "narrower", "rarer", "other")[number % 4]
        marked = steer(make(task.instruction, how), "bees" * (number % 2), "French" * (number % 3))
        assert read_task(marked).family is task.family


@pytest.mark.parametrize("how", ["harder", "narrower", "rarer"])
def test_a_rewritten_task_can_be_answered(how):
    for number in range(100):
        given = write_task(draws(number), FAMILIES)
        ((_, _, proposal),) = write_rewriting(Rewriting(given.instruction, how), draws(number)).planted
        if proposal.mistake is None:
            made = read_task(proposal.instruction)
            assert made.answer("") == proposal.output
            assert made.family is given.family or given.family.takes_input


@pytest.mark.parametrize(
    ("writer", "prompt", "rates"),
    [
        (write_rewriting, Rewriting("Sort these numbers.", "harder"), mistakes.REWRITING_RATES),
        (write_instruction, TextQuestion(TEXT), mistakes.TEXT_QUESTION_RATES),
    ],
)
def test_mistakes_are_planted_as_often_as_said(writer, prompt, rates):
    total = 3_000
    counted = Counter(writer(prompt, draws(number)).planted[0][2].mistake for number in range(total))
    assert set(counted) == {None, *rates}
    for name, rate in rates.items():
        assert abs(counted[name] / total - rate) < 4 * (rate / total) ** 0.5


def test_an_instruction_names_what_the_text_is_about():
    for number in range(30):
        ((_, _, proposal),) = write_instruction(TextQuestion(TEXT), draws(number)).planted
        if proposal.mistake is None:
            assert "honey" in proposal.instruction
    assert write_instruction(TextQuestion("語 1 2"), draws(0)).content
