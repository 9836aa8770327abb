"""Completions in the published shapes, hundreds of each: what is read, kept and dropped is what the rules say."""

from random import Random

import pytest

from app.examples import Example
from app.generation.pipelines import alpaca, self_instruct
from app.llm.prompt import Completion
from app.screening.pool import Pool
from app.screening.screen import parse_thresholds, screen_instance, screen_instruction
from tests.generation.pipelines import oracle

FRUIT = Example("Name a fruit")

BATCHES = range(20)
IN_A_BATCH = 25
PUBLISHED = {"length": {"by_script": False}, "wording": {"ascii_start": True}}
THRESHOLDS = parse_thresholds({"format": {}, "instances": {}} | PUBLISHED)
SELF_INSTRUCT = self_instruct.pipeline.Parameters()
ALPACA = alpaca.pipeline.Parameters()

STARTS = [
    "Name",
    "List",
    "what is",
    "Compare",
    "explain",
    "Write a program",
    "Draw",
    "(a) Sort",
    "épeler",
    "- Add",
    "7",
]
WORDS = [
    *("the", "rivers of Peru", "a graph of", "filed papers", "with care", "map", "mapped", "go", "to", "3.5 litres"),
    *("ünï", "ends in a colon:", "e.g. 4. Output", "###", "Input", "no 2.", "of an image", "for two", "語", "music"),
]
LINES = [
    *("a plain line", "1. one", "2. two", "10. ten", "- a point", "# Heading", "Example of it", "For Example, this"),
    *("yes", "no", "Sentence: it rained", "x = 4.", "the output is fine", "ends in a colon:", "", "see <noinput>"),
]


@pytest.fixture(params=BATCHES)
def variations(request):
    return [Random(f"{request.param}/{number}") for number in range(IN_A_BATCH)]  # noqa: S311 - repeatable


def an_instruction(rng):
    count = rng.choice([1, 2, 4, 6, 9, 160])
    return " ".join([rng.choice(STARTS), *(rng.choice(WORDS) for _ in range(count))])


def a_text(rng, *, at_most=3):
    text = "\n".join(rng.choice(LINES) for _ in range(rng.randint(1, at_most))).strip()
    return text or "something"


def finished(rng):
    return rng.choices(["stop", "length"], [4, 1])[0]


def cut(text, rng, finish):
    """A completion that ended for length ends anywhere, also right behind a whole item."""
    return text[: rng.randint(len(text) // 2, len(text))] if finish == "length" else text


def is_kept(draft):
    pool = Pool()
    both = (screen_instruction, screen_instance)
    return all(screen(draft, THRESHOLDS, pool).kept for screen in both)


def test_lists_of_instructions(variations):
    for rng in variations:
        finish = finished(rng)
        text = cut(a_list(rng), rng, finish)
        proposals = self_instruct.pipeline.read(Completion(text, finish), [], SELF_INSTRUCT)
        readable = [each.draft for each in proposals if each.draft.problem is None]
        expected = oracle.items_of(text, was_cut=finish == "length")
        assert [each.instruction for each in readable] == expected, text
        fit = [each.instruction for each in readable if screen_instruction(each, THRESHOLDS, Pool()).kept]
        assert fit == [each for each in expected if oracle.is_fit(each)], text
        assert readable or proposals[0].draft.problem


def a_list(rng):
    number, lines = 9, []
    for place in range(rng.randint(1, 8)):
        marker = rng.choice([f"{number}. ", f"{number}. ", f"{number} . ", f"{number}.  ", f"{number}.\t"])
        if place == 0:
            marker = rng.choice([" ", "", marker])
        marker = rng.choices([marker, "", marker + marker], [12, 1, 1])[0]
        item = an_instruction(rng).split(" ")
        if rng.random() < 0.2:
            item.insert(rng.randint(1, len(item)), rng.choice(["\n", "\n(a)", "\n- point", "\n1) one", "\n2.5 x"]))
        lines.append(marker + " ".join(item).rstrip())
        number += rng.choices([1, 0, 2], [12, 1, 1])[0]
    return "\n".join(lines) + rng.choice(["", "\n", f"\n{number}."])


@pytest.mark.parametrize(
    "answer", [" Yes", "Yes", " yes.", "YES", "No", " no", " No.", "", " Maybe", " Yesterday", " Not yes", "\nYes"]
)
def test_the_kind_of_task(answer):
    words = "".join(each if each.isalpha() else " " for each in answer).lower().split()
    answers = {"classification": Completion(answer), "instances": Completion("Output: fig")}
    is_classification = self_instruct.pipeline.finish(FRUIT, answers, SELF_INSTRUCT)[1]
    assert is_classification == (words[:1] == ["yes"])


def test_examples_with_the_input_first(variations):
    for rng in variations:
        finish = finished(rng)
        text = cut(some_examples(rng), rng, finish)
        drafts = finish_task("No", text, finish)
        check_instances(drafts, oracle.examples_of(text, was_cut=finish == "length"), text)


def some_examples(rng):
    if rng.random() < 0.15:
        return rng.choice(["Output: ", "Output:\n", "output: "]) + a_text(rng)
    earlier, lines = [], []
    for number in range(1, rng.choice([1, 2, 3, 5, 7]) + 1):
        given, output = a_text(rng), a_text(rng)
        if earlier and rng.random() < 0.2:
            given, output = rng.choice(earlier), rng.choice([output, given])
        earlier.append(given)
        head = rng.choice([f"Example {number}", f"Example {number}", f"Example {number}.", f"example {number}:"])
        opening = rng.choice(["Input: ", "Input:\n", "input: ", "Sentence: ", ""])
        closing = rng.choices(["Output: ", "Output:\n", "output: ", ""], [9, 4, 2, 1])[0]
        lines += [head, opening + given, closing + rng.choices([output, "", given], [12, 1, 1])[0]]
        lines += [""] * rng.randint(0, 1)
    return "\n".join(lines)


def test_examples_with_the_label_first(variations):
    for rng in variations:
        finish = finished(rng)
        text = cut(some_labels(rng), rng, finish)
        check_instances(finish_task("Yes", text, finish), oracle.labelled_of(text, was_cut=finish == "length"), text)


def some_labels(rng):
    lines = [rng.choice(["", "", "Here they are"])]
    for _ in range(rng.choice([1, 2, 3, 5, 7])):
        label = rng.choices(["Positive", "Negative", "3.", "not a label:", ""], [5, 5, 2, 1, 1])[0]
        lines.append(rng.choice(["Class label: ", "Class label: ", "class label:", "Class Label:  "]) + label)
        given = rng.choice([a_text(rng), "It rained.", ""])
        lines += [rng.choice(["", "Input: ", "Sentence: "]) + given] if given else []
        lines += [""] * rng.randint(0, 1)
    return "\n".join(lines)


def finish_task(kind, text, finish):
    answers = {"classification": Completion(kind), "instances": Completion(text, finish)}
    return self_instruct.pipeline.finish(Example("Name a fruit of Peru"), answers, SELF_INSTRUCT)[0]


def check_instances(drafts, expected, text):
    beyond = [each for each in drafts if each.problem is not None and each.problem.startswith("At most 5")]
    readable = [(each.input, each.output) for each in drafts if each.problem is None or each in beyond]
    assert readable == expected, text
    assert len(beyond) == max(0, len(expected) - 5), text
    assert [(each.input, each.output) for each in drafts if is_kept(each)] == oracle.kept_of(expected), text


def test_tasks_of_alpaca(variations):
    for rng in variations:
        finish = finished(rng)
        text = cut(some_tasks(rng), rng, finish)
        proposals = alpaca.pipeline.read(Completion(text, finish), [None] * 3, ALPACA)
        readable = [each.draft for each in proposals if each.draft.problem is None]
        expected = oracle.tasks_of(text, 4, was_cut=finish == "length")
        assert [(each.instruction, each.input, each.output) for each in readable] == expected, text
        kept = [(each.instruction, each.input, each.output) for each in readable if is_kept(each)]
        assert kept == [each for each in expected if oracle.is_fit(each[0]) and oracle.kept_of([each[1:]])], text


def some_tasks(rng):
    """The prompt ended in "4. Instruction:", so the first one has no opening of its own."""
    text = ""
    for number in range(4, 4 + rng.randint(1, 6)):
        numbers = [str(number)] * 3
        names = [rng.choice([name, name, name, name.lower()]) for name in ("Instruction", "Input", "Output")]
        broken = rng.choices([None, "number", "name", "missing", "twice"], [12, 1, 1, 1, 1])[0]
        if broken == "number":
            numbers[rng.choice([1, 2])] = str(number + 1)
        elif broken == "name":
            names[rng.choice([1, 2])] = "Answer"
        given = rng.choice(["<noinput>", "<NoInput>", a_text(rng)])
        body = [an_instruction(rng), f"\n{given}", f"\n{a_text(rng)}"]
        parts = [f"{numbers[place]}. {names[place]}:{rng.choice([' ', ''])}{body[place]}" for place in range(3)]
        if broken == "missing":
            parts.pop(rng.choice([1, 2]))
        elif broken == "twice":
            parts.append(parts[-1])
        block = "\n".join(parts)
        text += block.removeprefix(f"{number}. {names[0]}:") if number == 4 else block
        text += rng.choice(["\n###\n", "\n###\n", "\n### \n", "\n###\n###\n", "\n\n####\n"])
    return text if rng.random() < 0.5 else text.rstrip("#\n ")


@pytest.mark.parametrize("outputs", [3, 5, 6, 9])
def test_at_most_five_examples_are_taken(outputs):
    text = "\n".join(f"Class label: label {number}\nsentence {number}" for number in range(outputs))
    assert sum(is_kept(draft) for draft in finish_task("Yes", text, "stop")) == min(outputs, 5)
