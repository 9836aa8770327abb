"""Conversations of one question and one answer, in OpenAI's form, which Tamis writes, and in ShareGPT's."""

from collections.abc import Collection, Mapping
from typing import Any

from app.examples import Example
from app.imports.broken import Unreadable
from app.imports.parts import Mapped
from app.imports.reader import Incoming
from app.imports.records import Record
from app.layouts import CHAT, PLACES, taken_apart

_ROLES = ["user", "assistant"]
# The key of the turns, that of who speaks and that of what they say.
_FORMS = (("messages", "role", "content"), ("conversations", "from", "value"))
_SAME = {"human": "user", "gpt": "assistant"}


class Chat:
    name = "chat"
    label = "conversations of one question and one answer"
    description = (
        "Objects with “messages”: one of the user, one of the assistant, or the same as ShareGPT has it. In a file of "
        "Tamis, instruction and input are told apart again."
    )

    def claims(self, value: Mapping[str, Any]) -> bool:
        """Return whether there is one question with one answer."""
        return _turns_of(value) is not None

    def parts(self, keys: Collection[str]) -> Mapped:
        """Return the key that holds the turns."""
        return {"instruction and output": tuple(key for key, _, _ in _FORMS if key in keys), "layout": (PLACES,)}

    def read(self, record: Record, parts: Mapped) -> Incoming:
        """Take the question for the instruction and the answer for the output; a system prompt is extra."""
        value = record.value
        if isinstance(value, Unreadable):
            return Incoming(record.place, problems=(value.sentence,))
        turns = _turns_of(value) if isinstance(value, dict) else None
        if turns is None:
            return Incoming(record.place, problems=(_problem(value),))
        prompt, output = turns["user"], turns["assistant"]
        extra = {key: each for key, each in value.items() if key not in parts["instruction and output"]}
        if "system" in turns:
            extra = {"system": turns["system"]} | extra
        if any(beside := _beside(value)):
            extra["messages"] = beside
        instruction, input_ = prompt, ""
        if (apart := taken_apart(prompt, extra.get(PLACES), CHAT)) is not None:
            instruction, input_ = apart
            del extra[PLACES]
        return Incoming(record.place, Example(instruction, input_, output), extra=extra)


def _turns_of(value: Mapping[str, Any]) -> dict[str, str] | None:
    """Return what each says, None where it is anything but a question, an answer and a system prompt before them."""
    said = _said(value)
    roles = [role for role, _ in said or ()]
    if said is None or roles not in (_ROLES, ["system", *_ROLES]):
        return None
    return dict(said)


def _said(value: Mapping[str, Any]) -> list[tuple[str, str]] | None:
    """Return every turn with who speaks, None where that can't be told."""
    form = next((form for form in _FORMS if form[0] in value), None)
    if form is None or not isinstance(turns := value[form[0]], list):
        return None
    _, who, what = form
    if not all(isinstance(each, dict) and isinstance(each.get(what), str) for each in turns):
        return None
    return [(_SAME.get(str(each.get(who)), str(each.get(who))), each[what]) for each in turns]


def _beside(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    key, who, what = next(form for form in _FORMS if form[0] in value)
    return [{name: each for name, each in turn.items() if name not in {who, what}} for turn in value[key]]


def _problem(value: Any) -> str:
    said = _said(value) if isinstance(value, dict) else None
    if said is None:
        return "must be an object with “messages”, each with a “role” and a text “content”."
    roles = ", ".join(role for role, _ in said[:6]) or "none"
    return f"must hold one message of the user and one of the assistant, not: {roles}."
