"""What a model thinks before it answers, and how servers and chat templates write that down.

The spellings are those of published templates: DeepSeek, Qwen and most others (``think``), Kimi-VL, Magistral, Command
A, Seed and gpt-oss.
"""

from random import Random

from app.llm.practice.tokens import count_tokens, end_of_token

OFF, FIELD, INLINE = "off", "field", "inline"

# What each thought begins with, so that a stored text can be searched for it.
THOUGHT = "Okay, what is asked of me here?"
# Each would pass for a part of an answer, where somebody took the thoughts for one.
_ASIDES = (
    "1. Instruction: Think about what a thought is.",
    "9. Think of a task that nobody thought of.",
    "1. Input: a thought\n1. Output: a second thought\n###",
    "Task: Think again.\nOutput: Thinking.",
    "Is it classification? Yes. Or no: No.",
    "Class label: unsure",
    "Answer 1: 1\nAnswer 2: 1\nScore: 0",
    '{"tasks": [{"instruction": "Think.", "input": "", "output": "I think."}]}',
    "I could say less. I will say it in one go.",
)
_ASIDES_BY_EFFORT = {"none": 0, "minimal": 0, "low": 1, "medium": 4, "high": 9}


def think(rng: Random, effort: str) -> str:
    """Return a thought without blank lines, longer for more effort; empty where none is to be made."""
    if effort in ("none", "minimal"):
        return ""
    asides = rng.sample(_ASIDES, _ASIDES_BY_EFFORT.get(effort, 3))
    return "\n".join([THOUGHT, *asides, "So that is settled."])


def _tagged(opening: str, closing: str) -> str:
    return f"{opening}\n{{}}\n{closing}\n\n"


SPELLINGS: dict[str, str] = {
    "closed": _tagged("<think>", "</think>"),
    "closed_tight": "<think>{}</think>",
    "unopened": "{}\n</think>\n\n",
    "thinking": _tagged("<thinking>", "</thinking>"),
    "thought": _tagged("<thought>", "</thought>"),
    "reasoning": _tagged("<reasoning>", "</reasoning>"),
    "brackets": _tagged("[THINK]", "[/THINK]"),
    "diamonds": _tagged("◁think▷", "◁/think▷"),
    "seed": _tagged("<seed:think>", "</seed:think>"),
    "start_thinking": "<|START_THINKING|>{}<|END_THINKING|>",
    "channels": "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>",
}
EMPTY, CUT_OFF = "empty", "cut_off"
REASONINGS = (OFF, FIELD, INLINE, EMPTY, CUT_OFF, *SPELLINGS)
_DRAWN = (EMPTY, *SPELLINGS)


def reasoning_named(name: str) -> str:
    """Return ``name``. Raises ValueError where there is no such way to reason."""
    if name not in REASONINGS:
        raise ValueError(f"There is no reasoning named {name}. There are: {', '.join(REASONINGS)}.")
    return name


def spelled(reasoning: str, thought: str, rng: Random) -> str:
    """Return a thought as it stands before the answer. ``reasoning`` is a spelling, or "inline" for any that ends."""
    name = rng.choice(_DRAWN) if reasoning == INLINE else reasoning
    if name == EMPTY:
        return "<think>\n\n</think>\n\n"
    return f"<think>\n{thought}" if name == CUT_OFF else SPELLINGS[name].format(thought)


def fitted(thought: str, most: int | None) -> tuple[str, int, int | None]:
    """Return what of a thought fits into a limit, its tokens, and what is left of the limit for the answer."""
    end = end_of_token(thought, most) if most is not None else None
    kept = thought[:end]
    spent = count_tokens(kept)
    return kept, spent, None if most is None else most - spent
