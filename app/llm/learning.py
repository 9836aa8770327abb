"""What a server teaches of its model by refusing a request, or by thinking until it had no room left. Pure.

A lesson takes out one parameter, renames it, asks for JSON in a milder way, or makes room; so lessons come to an end.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.llm.dialect import LENGTH_NAMES, MOST_ROOM, OPTIONAL, Dialect, LengthName, limit_in, milder_than
from app.llm.error_body import ServerError
from app.llm.reading import Reading
from app.models.generation import CallOutcome

_FIRST_ROOM = 1024
# How providers spell the parameters in their sentences; "stop" is a word that counts where nothing else is named.
_SPELLINGS = {
    "max_completion_tokens": r"max_?completion_?tokens",
    "max_tokens": r"max_?(?:output_?)?tokens|num_predict",
    "temperature": r"temperature",
    "top_p": r"top[_ -]?p",
    "frequency_penalty": r"frequency[_ ]?penalty",
    "presence_penalty": r"presence[_ ]?penalty",
    "stop": r"stop[_ ]?(?:sequences?|words?)",
    "reasoning_effort": r"reasoning[_. ]?effort|thinking[_ ]?(?:level|budget)",
    "response_format": r"response_?format|json_?schema|json_object|structured[_ ]outputs?|guided_json|schema",
    "tools": r"tool_?choice|tools?|function[_ ]call(?:s|ing)?",
}
_NAMED = {name: re.compile(rf"(?<!\w)(?:{spelling})(?!\w)", re.IGNORECASE) for name, spelling in _SPELLINGS.items()}
_STOP = re.compile(r"(?<!\w)stop(?!\w)", re.IGNORECASE)
_PENALTIES = re.compile(r"(?<!\w)penalt(?:y|ies)(?!\w)", re.IGNORECASE)
_SENTENCES = re.compile(r"(?<=[.;!])\s+")
_NOT_BOTH = re.compile(r"\b(?:both|together|either|only one|one of|same time|simultaneous\w*|at once)\b", re.IGNORECASE)
# A limit may be refused for its size, which no other name would mend.
_SIZE = re.compile(r"too (?:large|big|high)|at (?:most|least)|maximum|exceed|less than|greater|between", re.IGNORECASE)
_SAID = {
    "temperature": "temperature",
    "top_p": "top-p",
    "frequency_penalty": "frequency penalty",
    "presence_penalty": "presence penalty",
    "stop": "stop sequences",
}


@dataclass(frozen=True, slots=True)
class Lesson:
    """A dialect that heeds what a server said, and in a sentence what that was."""

    dialect: Dialect
    sentence: str


def learn(dialect: Dialect, sent: Mapping[str, Any], reading: Reading) -> Lesson | None:
    """Return what ``reading`` teaches of a model that was ``sent`` parameters in ``dialect``; None for nothing new."""
    if reading.is_inline and "stop" in sent:
        sentence = "It thinks within its text, where a stop sequence would end it: the text is cut by Tamis."
        opened = dialect.is_opened or reading.is_headless
        return _changed(dialect, sentence, left_out=dialect.left_out | {"stop"}, is_opened=opened)
    match reading.outcome:
        case CallOutcome.BAD_REQUEST:
            return _of_refusal(dialect, sent, reading.error)
        case CallOutcome.USED_UP | CallOutcome.CUT_OFF:
            return _of_length(dialect, sent, reading)
        case _:
            return _of_answer(dialect, reading)


def _of_refusal(dialect: Dialect, sent: Mapping[str, Any], error: ServerError) -> Lesson | None:
    named = _named_in(error)
    carried = [name for name in named if name in sent]
    if not carried:
        return None
    if {"temperature", "top_p"} <= set(carried) and _NOT_BOTH.search(error.message):
        return _changed(dialect, "It takes temperature or top-p, not both: temperature is sent.", one_of_two=True)
    first = carried[0]
    if first in LENGTH_NAMES:
        return _of_length_name(dialect, first, named, error.message)
    if first in OPTIONAL:
        return _without(dialect, {name for name in carried if name in OPTIONAL})
    if first == "reasoning_effort":
        return _changed(dialect, "It takes no reasoning effort.", effort="")
    return _of_structure(dialect)


def _named_in(error: ServerError) -> list[str]:
    """Return the parameters that a refusal is about, the first one first.

    The one that it names as such; else those of the first sentence that names any. The one to be used instead of a
    limit's name comes last.
    """
    named = [_name_of(error.param)] if _name_of(error.param) else _named_first(error.message)
    if not named and not error.param and _STOP.search(error.message):
        return ["stop"]
    others = [name for name in LENGTH_NAMES if name not in named and _NAMED[name].search(error.message)]
    return [*named, *others] if named and named[0] in LENGTH_NAMES else named


def _name_of(param: str) -> str:
    """Return the parameter that a path such as "generationConfig.presencePenalty" ends in, empty for another."""
    last = param.rpartition(".")[2].strip()
    if last == "stop":
        return last
    return next((name for name, pattern in _NAMED.items() if pattern.fullmatch(last)), "")


def _named_first(message: str) -> list[str]:
    for sentence in _SENTENCES.split(message):
        found = [(match.start(), name) for name, pattern in _NAMED.items() if (match := pattern.search(sentence))]
        if found:
            return [name for _, name in sorted(found)]
    if _PENALTIES.search(message):
        return ["frequency_penalty", "presence_penalty"]
    return []


def _of_length_name(dialect: Dialect, name: str, named: list[str], message: str) -> Lesson | None:
    other: LengthName = "max_tokens" if name == "max_completion_tokens" else "max_completion_tokens"
    # Nobody is asked in turns: back to the usual name only where the server says so.
    is_said = other in named
    if dialect.length_name != name or (not is_said and (name == "max_completion_tokens" or _SIZE.search(message))):
        return None
    return _changed(dialect, f"It calls the longest completion {other}.", length_name=other)


def _without(dialect: Dialect, names: set[str]) -> Lesson | None:
    new = sorted(names - dialect.left_out)
    if not new:
        return None
    said = " and no ".join(_SAID[name] for name in new)
    own = "the text is cut by Tamis" if new == ["stop"] else "its own is used"
    return Lesson(_with(dialect, left_out=dialect.left_out | names), f"It takes no {said}; {own}.")


def _of_structure(dialect: Dialect) -> Lesson | None:
    milder = milder_than(dialect.structure)
    if milder is None:
        return None
    ways = {"tool": "as the arguments of a tool", "object": "without a schema", "words": "in the words of the prompt"}
    return _changed(dialect, f"It is asked for JSON {ways[milder]}.", structure=milder)


def _of_length(dialect: Dialect, sent: Mapping[str, Any], reading: Reading) -> Lesson | None:
    """Make room where reasoning took it: at least four times as much each time, so that few answers are lost."""
    limit = limit_in(sent) or 0
    thought = reading.tokens_reasoning or len(reading.reasoning or "") // 3
    if reading.outcome is CallOutcome.CUT_OFF and 4 * thought < max(limit, 1):
        return None
    room = min(MOST_ROOM, max(_FIRST_ROOM, 4 * dialect.room, 2 * limit))
    if room <= dialect.room:
        return None
    sentence = f"It thinks before it answers: each answer has room for {room:,} tokens more."
    return _changed(dialect, sentence, room=room, is_opened=dialect.is_opened or reading.is_headless)


def _of_answer(dialect: Dialect, reading: Reading) -> Lesson | None:
    if not reading.is_headless or dialect.is_opened:
        return None
    return _changed(dialect, "Its reasoning begins without a mark; what ends it is looked for.", is_opened=True)


def _changed(dialect: Dialect, sentence: str, **changes: Any) -> Lesson | None:
    changed = _with(dialect, **changes)
    return Lesson(changed, sentence) if changed != dialect else None


def _with(dialect: Dialect, **changes: Any) -> Dialect:
    return Dialect.model_validate(dialect.model_dump() | changes)
