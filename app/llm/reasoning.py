"""Reasoning that a model wrote into its text, set aside from the answer. Pure.

The spellings are those of published chat templates. Servers that part the two themselves need none of this.
"""

import re
from dataclasses import dataclass

# What opens and closes reasoning: DeepSeek, Qwen and most others; Kimi; Magistral; Command A; Seed; gpt-oss; Apertus.
_TAGS = (
    *((rf"<{name}(?:\s[^<>\n]*)?>", rf"</{name}\s*>") for name in ("think", "thinking", "thought", "thoughts")),
    *((rf"<{name}>", rf"</{name}>") for name in ("reasoning", "reflection", "scratchpad", "seed:think", "analysis")),
    (r"◁think▷", r"◁/think▷"),
    (r"\[THINK\]", r"\[/THINK\]"),
    (r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),
    (
        r"(?:<\|start\|>assistant)?<\|channel\|>(?:analysis|commentary)(?: to=\S+)?[^<]*<\|message\|>",
        r"(?:<\|end\|>|<\|call\|>)",
    ),
    (r"<\|inner_prefix\|>", r"<\|inner_suffix\|>"),
)
_OPENING = re.compile("|".join(opening for opening, _ in _TAGS), re.IGNORECASE)
# Closing tags that are left alone where the template wrote the opening one into the prompt.
_CLOSING = re.compile("|".join(closing for _, closing in _TAGS if "<\\|end" not in closing), re.IGNORECASE)
_BLOCKS = tuple(
    (re.compile(rf"(?:\A|^)[ \t]*{opening}", re.IGNORECASE | re.MULTILINE), re.compile(closing, re.IGNORECASE))
    for opening, closing in _TAGS
)
# Every tag has one of these: a text without them, like most, isn't searched for each tag.
_SIGNS = "<[◁"
# So many blocks are looked for; a text with more of them is no reasoning.
_MOST_BLOCKS = 50
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
# What some templates put around the answer itself, once the reasoning is over.
_WRAPPED = re.compile(
    r"\A\s*(?:<answer>(?P<answer>.*?)(?:</answer>\s*)?|<\|START_RESPONSE\|>(?P<response>.*?)(?:<\|END_RESPONSE\|>\s*)?"
    r"|(?:<\|start\|>assistant)?<\|channel\|>final[^<]*<\|message\|>(?P<final>.*?)(?:<\|(?:end|return)\|>\s*)?)\Z",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Parted:
    """``answer`` is what is left of a text; ``is_open``: the reasoning never ended, so there is no answer.

    ``is_headless``: it began without an opening tag.
    """

    answer: str
    reasoning: str = ""
    is_open: bool = False
    is_headless: bool = False


def part(text: str) -> Parted:
    """Return the answer in ``text`` and the reasoning around it, both as they were written.

    Reasoning stands at the start of the text or of a line, or ends at a closing tag that nothing opened. What stands in
    a fenced block is part of the answer. Without any reasoning the answer is ``text`` itself.
    """
    if not any(sign in text for sign in _SIGNS) or not (_CLOSING.search(text) or _OPENING.search(text)):
        return Parted(text)
    answer, blocks, is_open = _without_blocks(text)
    lone = None if is_open else _last_lone(answer)
    if lone is not None:
        blocks.append(answer[: lone.start()])
        answer = answer[lone.end() :]
    if not blocks and not is_open:
        return Parted(text)
    reasoning = "\n\n".join(block.strip() for block in blocks if block.strip())
    wrapped = _WRAPPED.match(answer)
    if wrapped is not None:
        answer = next(inner for inner in wrapped.groups() if inner is not None)
    return Parted(answer, reasoning, is_open, lone is not None)


def _without_blocks(text: str) -> tuple[str, list[str], bool]:
    """Return ``text`` without blocks that were opened, what they held, and whether the last one never ended."""
    blocks: list[str] = []
    at = 0
    for _ in range(_MOST_BLOCKS):
        found = _first_block(text, at)
        if found is None:
            break
        start, inner, closing = found
        if _is_fenced(text, start):
            at = inner
            continue
        end = closing.search(text, inner)
        if end is None:
            # An opening tag in the middle of a text is a word about tags, one at its start is cut off.
            if text[:start].strip():
                at = inner
                continue
            return "", [*blocks, text[inner:]], True
        blocks.append(text[inner : end.start()])
        text = text[:start] + text[end.end() :].lstrip("\n") if text[:start].strip() else text[end.end() :]
        at = start if text[:start].strip() else 0
    return text, blocks, False


def _first_block(text: str, at: int) -> tuple[int, int, re.Pattern[str]] | None:
    found = [(match, closing) for opening, closing in _BLOCKS if (match := opening.search(text, at)) is not None]
    if not found:
        return None
    match, closing = min(found, key=lambda each: each[0].start())
    return match.start(), match.end(), closing


def _last_lone(text: str) -> re.Match[str] | None:
    """Return the last closing tag, where none is opened before it: a text about tags names both, or quotes them."""
    closing = list(_CLOSING.finditer(text))
    if not closing or text[: closing[-1].start()].endswith("`") or _OPENING.search(text, 0, closing[-1].start()):
        return None
    return None if _is_fenced(text, closing[-1].start()) else closing[-1]


def _is_fenced(text: str, at: int) -> bool:
    return len(_FENCE.findall(text, 0, at)) % 2 == 1
