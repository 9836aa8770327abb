"""From a valid request to the JSON of its response."""

from hashlib import blake2b
from random import Random

from app.llm.practice.protocol import MODEL, Asked, Body
from app.llm.practice.reader import read_prompt
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


def complete(asked: Asked, chat: bool, seed: int, canonical: bytes) -> Body:
    """Return the response to a request whose canonical body is given; `practice` in it tells what was planted."""
    prompt = read_prompt(asked.prompt, asked.system)
    choices: list[Body] = []
    planted: list[Body] = []
    spent = 0
    for index in range(asked.choices):
        text = write(prompt, generator(seed, canonical, str(index).encode()))
        end, reason = cut(text, asked)
        content = text.content[:end]
        spent += count_tokens(content)
        choices.append(_choice(index, content, reason, chat))
        planted.append({"items": text.truth(end)})
    sent = count_tokens(asked.prompt) + count_tokens(asked.system)
    return {
        "id": f"{'chatcmpl' if chat else 'cmpl'}-{blake2b(canonical, digest_size=12).hexdigest()}",
        "object": "chat.completion" if chat else "text_completion",
        "created": CREATED_AT,
        "model": MODEL,
        "choices": choices,
        "usage": {"prompt_tokens": sent, "completion_tokens": spent, "total_tokens": sent + spent},
        "practice": {"choices": planted, "fault": None},
    }


def cut(text: Text, asked: Asked) -> tuple[int, str]:
    """Return where the text ends for the caller, in characters, and the finish reason."""
    ends = [place for stop in asked.stops if (place := text.content.find(stop)) >= 0]
    stopped = min(ends, default=len(text.content))
    bound = end_of_token(text.content, asked.max_tokens) if asked.max_tokens else None
    if bound is not None and bound < stopped:
        return bound, "length"
    return stopped, "stop"


def _choice(index: int, content: str, reason: str, chat: bool) -> Body:
    if chat:
        message = {"role": "assistant", "content": content, "refusal": None}
        return {"index": index, "message": message, "finish_reason": reason, "logprobs": None}
    return {"index": index, "text": content, "finish_reason": reason, "logprobs": None}
