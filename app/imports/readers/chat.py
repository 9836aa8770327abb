"""OpenAI's chat format with one question and one answer, as Tamis writes it: messages of a user and an assistant."""

from collections.abc import Iterator
from typing import IO, Any

from app.examples import Example
from app.imports.reader import Incoming
from app.imports.records import Unreadable, read_values
from app.layouts import CHAT, PLACES, taken_apart

_ROLES = ["user", "assistant"]


class Chat:
    name = "chat"
    label = "OpenAI chat"
    description = (
        "One object per line with “messages”: one of the user, one of the assistant. In a file of Tamis, instruction "
        "and input are told apart again."
    )

    def read(self, stream: IO[bytes]) -> Iterator[Incoming]:
        """Yield the records of a JSON list or of JSON lines, packed with gzip or not."""
        for line, value in read_values(stream):
            yield _incoming(line, value)


def _incoming(line: int, value: Any) -> Incoming:
    if isinstance(value, Unreadable):
        return Incoming(line, problems=(value.sentence,))
    messages = value.get("messages") if isinstance(value, dict) else None
    if not isinstance(messages, list) or not all(_is_message(each) for each in messages):
        return Incoming(line, problems=("must be an object with “messages”, each with a “role” and a text “content”.",))
    if (roles := [each["role"] for each in messages]) != _ROLES:
        said = ", ".join(map(str, roles[:6])) or "none"
        return Incoming(line, problems=(f"must hold one message of the user and one of the assistant, not: {said}.",))
    prompt, output = (each["content"] for each in messages)
    metadata = {key: each for key, each in value.items() if key != "messages"}
    beside = [{key: each for key, each in message.items() if key not in {"role", "content"}} for message in messages]
    if any(beside):
        metadata["messages"] = beside
    instruction, input_ = prompt, ""
    if (apart := taken_apart(prompt, metadata.get(PLACES), CHAT)) is not None:
        instruction, input_ = apart
        del metadata[PLACES]
    return Incoming(line, Example(instruction, input_, output), metadata=metadata or None)


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and "role" in value and isinstance(value.get("content"), str)
