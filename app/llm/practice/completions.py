"""From a valid request to the JSON of its response."""

from dataclasses import dataclass, replace
from hashlib import blake2b
from random import Random

from app.llm.practice.dialect import Dialect
from app.llm.practice.dialects import PLAIN
from app.llm.practice.protocol import MODEL, Asked, Body
from app.llm.practice.reader import Prompt
from app.llm.practice.reasoning import CUT_OFF, EMPTY, FIELD, OFF, fitted, spelled, think
from app.llm.practice.structured import Structure, read_structured, structured
from app.llm.practice.text import Text
from app.llm.practice.tokens import count_tokens, end_of_token
from app.llm.practice.writer import write

# A real clock would make two answers to one request differ.
CREATED_AT = 1_735_689_600


def generator(seed: int, *parts: bytes) -> Random:
    """Return a generator that depends on the server's seed and the given bytes only."""
    digest = blake2b(str(seed).encode(), digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return Random(digest.digest())  # noqa: S311 - repeatable on purpose, guards nothing


@dataclass(frozen=True, slots=True)
class _Answer:
    """One choice: its text, what was thought aside from it, why it ends, its tokens, and what was planted."""

    content: str
    thought: str
    reason: str
    tokens: int
    items: list[dict[str, object]]


def complete(
    asked: Asked, chat: bool, seed: int, canonical: bytes, dialect: Dialect = PLAIN, reasoning: str = OFF
) -> Body:
    """Return the response to a request whose canonical body is given; `practice` in it tells what was planted."""
    prompt, structure = read_structured(asked)
    answers: list[_Answer] = []
    for index in range(asked.choices):
        about = (canonical, str(index).encode())
        draws = generator(seed, *about), generator(seed, b"thought", *about)
        answers.append(_answer(prompt, structure, asked, reasoning, *draws))
    choices = [_choice(index, answer, asked, chat, dialect) for index, answer in enumerate(answers)]
    return {
        "id": f"{'chatcmpl' if chat else 'cmpl'}-{blake2b(canonical, digest_size=12).hexdigest()}",
        "object": "chat.completion" if chat else "text_completion",
        "created": CREATED_AT,
        "model": MODEL,
        "choices": choices,
        "usage": _usage(count_tokens(asked.prompt) + count_tokens(asked.system), answers, dialect),
        "practice": {"choices": [{"items": answer.items} for answer in answers], "fault": None},
    }


def _answer(
    prompt: Prompt, structure: Structure | None, asked: Asked, reasoning: str, rng: Random, thinking: Random
) -> _Answer:
    text = write(prompt, rng)
    if structure is not None:
        text = structured(text, structure, rng)
    thought = "" if reasoning == OFF else think(thinking, asked.effort)
    spent = 0
    if reasoning == FIELD:
        thought, spent, left = fitted(thought, asked.max_tokens)
        asked = replace(asked, max_tokens=left)
    elif reasoning != OFF and not asked.form:  # what is held to JSON can't think aloud
        before = spelled(reasoning if thought else EMPTY, thought, thinking)
        text, thought = Text(before) if reasoning == CUT_OFF else text.after(before), ""
    end, reason = cut(text, asked)
    content = text.content[:end]
    return _Answer(
        content,
        thought,
        "length" if reasoning == CUT_OFF and not asked.form else reason,
        spent + count_tokens(content),
        text.truth(end),
    )


def cut(text: Text, asked: Asked) -> tuple[int, str]:
    """Return where the text ends for the caller, in characters, and the finish reason."""
    ends = [place for stop in asked.stops if (place := text.content.find(stop)) >= 0]
    stopped = min(ends, default=len(text.content))
    bound = end_of_token(text.content, asked.max_tokens) if asked.max_tokens is not None else None
    if bound is not None and bound < stopped:
        return bound, "length"
    return stopped, "stop"


def _choice(index: int, answer: _Answer, asked: Asked, chat: bool, dialect: Dialect) -> Body:
    finish = (dialect.finishes or {}).get(answer.reason, answer.reason)
    choice: Body = {"index": index, "finish_reason": finish, "logprobs": None}
    if not chat:
        return choice | {"text": answer.content}
    message: Body = {"role": "assistant", "content": answer.content, "refusal": None}
    if asked.form == "tools":
        function = {"name": asked.tool, "arguments": answer.content}
        message |= {"content": None, "tool_calls": [{"id": "call-1", "type": "function", "function": function}]}
        return choice | {"message": message, "finish_reason": finish if finish == "length" else "tool_calls"}
    if answer.thought and dialect.thinks_in == "content":
        thinking = {"type": "thinking", "thinking": [{"type": "text", "text": answer.thought}]}
        message["content"] = [thinking, *([{"type": "text", "text": answer.content}] if answer.content else [])]
    elif answer.thought and dialect.thinks_in:
        message[dialect.thinks_in] = answer.thought
    return choice | {"message": message}


def _usage(sent: int, answers: list[_Answer], dialect: Dialect) -> Body:
    spent = sum(answer.tokens for answer in answers)
    thoughts = sum(count_tokens(answer.thought) for answer in answers)
    usage: Body = {"prompt_tokens": sent, "completion_tokens": spent, "total_tokens": sent + spent}
    if thoughts and dialect.counts_thoughts:
        return usage | {"completion_tokens_details": {"reasoning_tokens": thoughts}}
    return usage | {"completion_tokens": spent - thoughts}
