"""JSON where a request asks for it: in each way of asking, for each kind of prompt, by schema and in words alone."""

import json
import re

import openai
import pytest

from app.llm.practice.completions import complete
from app.llm.practice.grammar import write_task
from app.llm.practice.instances import right_answer
from app.llm.practice.protocol import Asked
from app.llm.practice.tasks import CLASSIFICATION, OTHER
from tests.llm.practice import prompts
from tests.llm.practice.asking import ask as ask_directly
from tests.llm.practice.asking import draws, planted, serving, text_of
from tests.llm.practice.test_dialects import ask

TEXT = {"type": "string", "maxLength": 300}
TASKS = "Go on with 4 tasks, as JSON: an object whose key “tasks” lists objects with “instruction”, “input”, “output”."
INSTRUCTIONS = "Go on with 6 new tasks, as JSON: an object whose key “instructions” has a list of 6 texts."
KIND = "Answer as JSON: an object whose key “is_classification” is true or false."
EXAMPLES = "Give examples as JSON: an object whose key “examples” lists objects with the keys “input” and “output”."
LABELS = "Give examples as JSON: an object whose key “examples” lists objects with the keys “label” and “input”."


def closed(prompt: str, request: str) -> str:
    """Return a published prompt whose list isn't left open, and a request for JSON behind it."""
    return f"{prompt[: prompt.rstrip().rindex(chr(10))].removesuffix(f'{chr(10)}###')}\n\n{request}"


def lists(key: str, count: int, *names: str, kind: str = "string") -> dict:
    item = {"type": "object", "properties": dict.fromkeys(names, TEXT)} if names else {"type": kind}
    return {
        "type": "object",
        "properties": {key: {"type": "array", "items": item, "minItems": count, "maxItems": count}},
    }


FOUR = lists("tasks", 4, "instruction", "input", "output")
WAYS = {
    "json_schema": {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": FOUR}}},
    "json_object": {"response_format": {"type": "json_object"}},
    "tools": {"tools": [{"type": "function", "function": {"name": "hand_in", "parameters": FOUR}}]},
    "guided_json": {"guided_json": FOUR},
}


def fenced(text: str) -> str:
    found = re.search(r"```(?:json)?\n(.*)\n```", text, re.DOTALL)
    return found[1] if found else text


@pytest.mark.parametrize("way", WAYS)
def test_each_way_of_asking_brings_json_alone(way: str) -> None:
    with serving(dialect="vllm") as url:
        choice = ask(url, closed(prompts.task_list(), TASKS), **WAYS[way]).choices[0]
    if way == "tools":
        assert (choice.message.content, choice.finish_reason) == (None, "tool_calls")
        assert choice.message.tool_calls[0].function.name == "hand_in"
        text = choice.message.tool_calls[0].function.arguments
    else:
        text = choice.message.content
    tasks = json.loads(text)["tasks"]
    assert len(tasks) == 4
    assert all(list(task) == ["instruction", "input", "output"] for task in tasks)


@pytest.mark.parametrize(
    ("dialect", "way", "is_held"),
    [
        ("llama_cpp", "json_schema", True),
        ("llama_cpp", "tools", False),
        ("llama_cpp", "guided_json", False),
        ("anthropic", "json_schema", False),
        ("ollama", "json_object", True),
    ],
)
def test_a_way_that_is_ignored_leaves_it_to_the_words(dialect: str, way: str, is_held: bool) -> None:
    with serving(dialect=dialect) as url:
        texts = [
            ask(url, closed(prompts.task_list(shown=3 + n), TASKS), max_tokens=4000, **WAYS[way])
            .choices[0]
            .message.content
            for n in range(4)
        ]
    assert all(text.startswith('{"tasks": [') for text in texts) is is_held
    assert all(len(json.loads(fenced(text))["tasks"]) == 4 for text in texts)


def test_in_words_alone_it_is_often_wrapped() -> None:
    texts = [text_of(ask_directly(closed(prompts.task_list(), TASKS), seed)) for seed in range(40)]
    assert len({text[:4] for text in texts}) == 4
    assert all(len(json.loads(fenced(text))["tasks"]) == 4 for text in texts)


def test_instructions() -> None:
    payload = ask_directly(closed(prompts.instruction_list(), INSTRUCTIONS), 3)
    listed = json.loads(fenced(text_of(payload)))["instructions"]
    assert listed == [item["instruction"] for item in planted(payload)]
    assert len(listed) == 6


def test_the_kind_of_a_task() -> None:
    rng = draws(1)
    for seed in range(20):
        task = write_task(rng, CLASSIFICATION if seed % 2 else OTHER)
        payload = ask_directly(closed(prompts.question(task.instruction), KIND), seed)
        is_wrong = planted(payload)[0]["mistake"] is not None
        said = json.loads(fenced(text_of(payload)))
        assert said == {"is_classification": (seed % 2 == 1) != is_wrong}


def test_examples_are_right_unless_planted() -> None:
    rng, right = draws(2), 0
    for seed in range(40):
        task = write_task(rng, [family for family in OTHER if family.takes_input])
        payload = ask_directly(f"{prompts.input_first(task.instruction)}\n{EXAMPLES}", seed)
        for example, item in zip(json.loads(fenced(text_of(payload)))["examples"], planted(payload), strict=True):
            if item["mistake"] is None:
                right += 1
                assert example["output"] == right_answer(task.instruction, example["input"])
    assert right > 40


def test_labels_come_with_inputs() -> None:
    task = write_task(draws(3), [family for family in CLASSIFICATION if family.labelled])
    payload = ask_directly(f"{prompts.output_first(task.instruction)}\n{LABELS}")
    examples = json.loads(fenced(text_of(payload)))["examples"]
    assert {example["label"] for example in examples} <= set(task.family.labels)
    assert all(example["input"] for example in examples)


@pytest.mark.parametrize(
    ("prompt", "request_", "keys"),
    [
        ("Given task:\nName a fruit.", "Give the new task as JSON: an object whose key “task” has it.", ["task"]),
        ("Text:\nBees make honey.", "Give the instruction as JSON under the key “instruction”.", ["instruction"]),
        (
            "Translate this task into French.\nInstruction: Name a fruit.\nInput: <noinput>",
            "As JSON: an object whose keys “instruction” and “input” have it.",
            ["instruction", "input"],
        ),
        ("Task: Name a fruit.", "Give the output as JSON under the key “output”.", ["output"]),
        (
            "[Task]\nName a fruit.\n\n[Answer 1]\nAn apple.",
            "As JSON: the key “findings” has what you found, the key “score” the points.",
            ["findings", "score"],
        ),
    ],
)
def test_one_object(prompt: str, request_: str, keys: list[str]) -> None:
    said = json.loads(fenced(text_of(ask_directly(f"{prompt}\n\n{request_}", 5))))
    assert list(said) == keys
    assert all(said[key] or key == "input" for key in keys)
    # What is asked for is new, not the text that it is to be made of.
    assert all(said[key] not in prompt for key in ("task", "instruction") if key in said)


def test_scores_keep_to_the_bounds_of_a_schema() -> None:
    scores = {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 10}}
    prompt = "[Task]\nName a fruit.\n\n[Answer 1]\nAn apple.\n\n[Answer 2]\nA car.\n\nAs JSON, under the key “scores”."
    asked = Asked(prompt, "", 1, (), None, form="json_schema", schema={"properties": {"scores": scores}})
    payloads = [complete(asked, chat=False, seed=seed, canonical=b"") for seed in range(150)]
    mistakes = {planted(payload)[0]["mistake"] for payload in payloads}
    assert {"out_of_scale", "unscored"} < mistakes
    for payload in payloads:
        said = json.loads(text_of(payload))["scores"]
        assert said
        assert all(1 <= score <= 10 for score in said)


def test_texts_keep_to_the_bounds_of_a_schema() -> None:
    short = {"type": "array", "items": {"type": "string", "maxLength": 20}, "minItems": 8}
    asked = Asked("Invent tasks.", "", 1, (), None, form="json_schema", schema={"properties": {"instructions": short}})
    listed = json.loads(text_of(complete(asked, chat=False, seed=1, canonical=b"")))["instructions"]
    assert len(listed) == 8
    assert max(map(len, listed)) == 20


def test_json_has_no_numbers_to_get_wrong() -> None:
    as_published = [each for seed in range(40) for each in planted(ask_directly(prompts.task_list(), seed))]
    as_json = [each for seed in range(40) for each in planted(ask_directly(closed(prompts.task_list(), TASKS), seed))]
    assert "broken_numbering" in {each["mistake"] for each in as_published}
    assert {"near_duplicate", None} < {each["mistake"] for each in as_json}
    assert "broken_numbering" not in {each["mistake"] for each in as_json}


def test_a_schema_without_a_list_to_go_on_with_brings_tasks_of_its_own() -> None:
    with serving() as url:
        answered = ask(url, "Invent tasks for a language model.", **WAYS["json_schema"])
    assert len(json.loads(answered.choices[0].message.content)["tasks"]) == 4


@pytest.mark.parametrize(
    "prompt",
    [
        prompts.input_first("Write the list as JSON with the keys “a” and “b” instead of comma-separated lines."),
        "Sort the list: 3, 1, 2.\n\nWrite it as JSON.",
    ],
)
def test_a_task_about_json_is_no_request_for_it(prompt: str) -> None:
    assert '{"' not in text_of(ask_directly(prompt))


def test_a_request_may_be_all_there_is() -> None:
    prompt = 'Reply with JSON only: an object whose single key "word" has the value "ready".'
    assert "word" in json.loads(fenced(text_of(ask_directly(prompt))))
    with serving(dialect="deepseek") as url:
        answered = ask(url, prompt, **WAYS["json_object"])
        assert "word" in json.loads(answered.choices[0].message.content)
        assert "output" in json.loads(ask(url, "Hello!", **WAYS["json_object"]).choices[0].message.content)


def test_what_is_held_to_json_cannot_think_aloud() -> None:
    prompt = closed(prompts.task_list(), TASKS)
    with serving(reasoning="closed") as url:
        assert json.loads(ask(url, prompt, **WAYS["json_schema"]).choices[0].message.content)
        assert ask(url, prompt).choices[0].message.content.startswith("<think>")


def test_little_room_cuts_json_in_the_middle() -> None:
    with serving() as url, pytest.raises(json.JSONDecodeError):
        choice = ask(url, closed(prompts.task_list(), TASKS), max_tokens=40, **WAYS["json_schema"]).choices[0]
        assert choice.finish_reason == "length"
        json.loads(choice.message.content)


def test_a_family_without_a_way_says_so() -> None:
    with serving(dialect="deepseek") as url, pytest.raises(openai.BadRequestError, match="json_schema is not"):
        ask(url, **WAYS["json_schema"])
