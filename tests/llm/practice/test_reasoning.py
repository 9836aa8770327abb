"""Where a model that thinks puts its thoughts, how they are counted, and what little room does to the answer."""

import re

import pytest

from app.llm.practice.dialects import DIALECTS
from app.llm.practice.reasoning import REASONINGS, THOUGHT, think
from tests.llm.practice import prompts
from tests.llm.practice.asking import draws, serving
from tests.llm.practice.test_dialects import ask

QUESTION = prompts.question("Name the capital of France.")


def first(dialect: str = "plain", reasoning: str = "", prompt: str = prompts.LIST, **options):
    with serving(dialect=dialect, reasoning=reasoning) as url:
        answered = ask(url, prompt, **options)
    return answered.choices[0], answered.usage


@pytest.fixture(scope="module")
def unthought() -> str:
    return first()[0].message.content


def test_thoughts_are_off_unless_the_family_thinks() -> None:
    assert {name for name, dialect in DIALECTS.items() if dialect.thinks} == {"openai_reasoning", "gemini", "deepseek"}
    assert THOUGHT not in first("groq")[0].model_dump_json()


@pytest.mark.parametrize(
    ("dialect", "field"),
    [
        ("deepseek", "reasoning_content"),
        ("vllm", "reasoning_content"),
        ("llama_cpp", "reasoning_content"),
        ("xai", "reasoning_content"),
        ("moonshot", "reasoning_content"),
        ("openrouter", "reasoning"),
        ("groq", "reasoning"),
        ("ollama", "reasoning"),
        ("together", "reasoning"),
    ],
)
def test_a_field_of_its_own(dialect: str, field: str, unthought: str) -> None:
    choice, usage = first(dialect, "field")
    assert getattr(choice.message, field).startswith(THOUGHT)
    assert choice.message.content == unthought
    assert 20 < usage.completion_tokens_details.reasoning_tokens < usage.completion_tokens
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


@pytest.mark.parametrize("dialect", ["mistral", "anthropic"])
def test_parts_of_the_content(dialect: str) -> None:
    thinking, text = first(dialect, "field", max_tokens=5000)[0].message.content
    assert thinking["type"] == "thinking"
    assert thinking["thinking"][0]["text"].startswith(THOUGHT)
    assert text == {"type": "text", "text": first(dialect, "off", max_tokens=5000)[0].message.content}


def test_hidden_and_counted_within_the_completion() -> None:
    choice, usage = first("openai_reasoning")
    assert THOUGHT not in choice.model_dump_json()
    assert usage.completion_tokens_details.reasoning_tokens > 20
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def test_hidden_and_only_in_the_total() -> None:
    choice, usage = first("gemini")
    assert THOUGHT not in choice.model_dump_json()
    assert usage.completion_tokens_details is None
    assert usage.total_tokens - usage.prompt_tokens - usage.completion_tokens > 20


@pytest.mark.parametrize("dialect", ["openai_reasoning", "gemini", "deepseek"])
def test_with_little_room_all_of_it_is_thought_away(dialect: str) -> None:
    limit = "max_completion_tokens" if dialect == "openai_reasoning" else "max_tokens"
    choice, usage = first(dialect, "", QUESTION, **{limit: 3})
    assert (choice.message.content, choice.finish_reason) == ("", "length")
    assert usage.total_tokens - usage.prompt_tokens == 3
    choice, _ = first(dialect, "", QUESTION, **{limit: 1000})
    assert (choice.message.content.strip() in ("Yes", "No"), choice.finish_reason) == (True, "stop")


def test_with_little_room_there_is_no_part_with_a_text() -> None:
    (thinking,) = first("mistral", "field", QUESTION, max_tokens=3)[0].message.content
    assert thinking == {"type": "thinking", "thinking": [{"type": "text", "text": "Okay, what"}]}


@pytest.mark.parametrize(
    ("spelling", "pattern"),
    [
        ("closed", r"<think>\n(?P<thought>.+)\n</think>\n\n(?P<answer>.+)"),
        ("closed_tight", r"<think>(?P<thought>.+)</think>(?P<answer>.+)"),
        ("empty", r"<think>\n(?P<thought>)\n</think>\n\n(?P<answer>.+)"),
        ("unopened", r"(?P<thought>.+)\n</think>\n\n(?P<answer>.+)"),
        ("thinking", r"<thinking>\n(?P<thought>.+)\n</thinking>\n\n(?P<answer>.+)"),
        ("thought", r"<thought>\n(?P<thought>.+)\n</thought>\n\n(?P<answer>.+)"),
        ("reasoning", r"<reasoning>\n(?P<thought>.+)\n</reasoning>\n\n(?P<answer>.+)"),
        ("brackets", r"\[THINK\]\n(?P<thought>.+)\n\[/THINK\]\n\n(?P<answer>.+)"),
        ("diamonds", r"◁think▷\n(?P<thought>.+)\n◁/think▷\n\n(?P<answer>.+)"),
        ("seed", r"<seed:think>\n(?P<thought>.+)\n</seed:think>\n\n(?P<answer>.+)"),
        ("start_thinking", r"<\|START_THINKING\|>(?P<thought>.+)<\|END_THINKING\|>(?P<answer>.+)"),
        (
            "channels",
            r"<\|channel\|>analysis<\|message\|>(?P<thought>.+)"
            r"<\|end\|><\|start\|>assistant<\|channel\|>final<\|message\|>(?P<answer>.+)",
        ),
    ],
)
def test_each_spelling_within_the_text(spelling: str, pattern: str, unthought: str) -> None:
    found = re.fullmatch(pattern, first("plain", spelling)[0].message.content, re.DOTALL)
    assert found is not None
    assert found["answer"] == unthought
    assert found["thought"].startswith(THOUGHT if spelling != "empty" else "")


def test_cut_off_in_the_middle() -> None:
    choice, _ = first("plain", "cut_off")
    assert choice.message.content.startswith(f"<think>\n{THOUGHT}")
    assert "</think>" not in choice.message.content
    assert choice.finish_reason == "length"
    short, usage = first("plain", "closed", max_tokens=12)
    assert short.message.content == f"<think>\n{THOUGHT}"
    assert (short.finish_reason, usage.completion_tokens) == ("length", 12)


def test_nothing_was_planted_where_the_answer_never_came() -> None:
    with serving(reasoning="closed") as url:
        assert ask(url, max_tokens=12).practice["choices"] == [{"items": []}]


def test_inline_draws_any_spelling_that_ends() -> None:
    with serving(reasoning="inline") as url:
        answers = [ask(url, f"{number}\n{prompts.LIST}").choices[0] for number in range(80)]
    texts = [answer.message.content for answer in answers]
    assert {answer.finish_reason for answer in answers} == {"stop"}
    openings = {re.match(r"\W*\w+\W*", text)[0] for text in texts}
    assert len(openings) >= 9
    assert sum(text.startswith(THOUGHT) for text in texts) > 0  # its opening tag is missing


def test_a_stop_sequence_counts_within_inline_thoughts_too() -> None:
    choice, _ = first("plain", "closed", stop=["\n\n"])
    assert choice.message.content.endswith("\n</think>")
    choice, _ = first("vllm", "field", stop=["\n\n"])
    assert choice.message.content


def test_effort_makes_thoughts_longer_and_can_turn_them_off() -> None:
    lengths = [len(think(draws(1), effort)) for effort in ("none", "minimal", "low", "medium", "high")]
    assert lengths == sorted(lengths)
    assert lengths[:2] == [0, 0]
    assert "\n\n" not in think(draws(1), "high")
    assert first("openai_reasoning", reasoning_effort="minimal")[1].completion_tokens_details is None


def test_thoughts_are_repeatable_and_leave_the_answer_alone(unthought: str) -> None:
    assert first("plain", "inline") == first("plain", "inline")
    assert first("plain", "closed")[0].message.content.endswith(unthought)
    assert len(set(REASONINGS)) == len(REASONINGS)


def test_what_was_planted_is_told_of_the_answer_behind_the_thoughts() -> None:
    with serving(reasoning="closed") as url:
        thinking = ask(url).practice["choices"][0]["items"]
    with serving() as url:
        assert ask(url).practice["choices"][0]["items"] == thinking
