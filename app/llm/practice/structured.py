"""Answers as JSON: how a request for one is recognised, and how what is written anyway is put into its schema."""

import json
import re
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from app.llm.practice.proposals import Proposal
from app.llm.practice.protocol import Asked, Body
from app.llm.practice.reader import InstructionList, Prompt, TaskList, read_prompt
from app.llm.practice.text import Text

# A published prompt whose list is not left open, and behind it a paragraph that asks for JSON: no "Task: …".
_REQUEST = re.compile(
    r"\A(?:(?P<prompt>.*)\n\n)?(?P<request>(?!\w+:)[^\n]*\bJSON\b[^\n]*\bkeys?\b[^\n]*)\s*\Z", re.DOTALL
)
_KEY = re.compile(r"[“\"`'](\w+)[”\"`']")
_NUMBER = re.compile(r"^\s*(\d+)\s?[.)]", re.MULTILINE)
_SCORE = re.compile(r": (\d+)$", re.MULTILINE)
_LANGUAGE = re.compile(r"\binto ([A-Z]\w+)")
_LISTS = ("tasks", "instructions", "examples")
_TYPES = {"is_classification": "boolean", "score": "integer"}
# Of such items each has a proposal of its own; scores come all at once.
_ITEMS = ("object", "string")
_COUNT, _MOST = 5, 50
_WRAPPINGS = (("", ""), ("```json\n", "\n```"), ("Here is the JSON:\n\n```json\n", "\n```\n"), ("```\n", "\n```"))


@dataclass(frozen=True, slots=True)
class Structure:
    """What JSON is asked for. ``is_held``: the server lets nothing else be written, in no fence and with no remark."""

    schema: Body
    is_held: bool


def read_structured(asked: Asked) -> tuple[Prompt, Structure | None]:
    """Return what a prompt asks for, and in which structure; None for text."""
    found = _REQUEST.match(asked.prompt)
    if found is None and not asked.form:
        return read_prompt(asked.prompt, asked.system), None
    text, request = (found["prompt"] or "", found["request"]) if found else (asked.prompt, "")
    schema = asked.schema or _schema_in(request)
    keys = list(schema.get("properties", {}))
    prompt = read_prompt(_opened(text, keys), asked.system)
    return _resized(prompt, schema, keys), Structure(schema, bool(asked.form))


def structured(text: Text, structure: Structure, rng: Random) -> Text:
    """Return what was written as JSON of a schema, with what was planted at its new places."""
    before, after = ("", "") if structure.is_held else rng.choice(_WRAPPINGS)
    planted = [_unnumbered(proposal) for _, _, proposal in text.planted]
    properties: Body = structure.schema.get("properties", {})
    listed = next((key for key in properties if properties[key].get("items", {}).get("type") in _ITEMS), None)
    new = Text(before)
    if listed is None:
        values = {key: _value(schema, key, planted[0], text.content) for key, schema in properties.items()}
        new.add(json.dumps(values, ensure_ascii=False), planted[0])
    else:
        items: Body = properties[listed]["items"]
        new.add(f'{{"{listed}": [')
        for place, proposal in enumerate(planted[: properties[listed].get("maxItems")]):
            value = json.dumps(_value(items, "instruction", proposal, text.content), ensure_ascii=False)
            new.add(f"{', ' if place else ''}{value}", proposal)
        new.add("]}")
    new.add(after)
    return new


def _opened(text: str, keys: list[str]) -> str:
    """Return a prompt with its list open at the end, as the published ones are, so that it is read as one of them."""
    numbers = _NUMBER.findall(text)
    language = _LANGUAGE.search(text)
    openings = {
        "tasks": "\n###",
        "instructions": f"\n{int(numbers[-1][-6:]) + 1 if numbers else 1}.",
        "is_classification": "\nIs it classification?",
        "task": "\n\nOther task:",
        "instruction": f"\n\nIn {language[1] if language else 'English'}:\nInstruction:"
        if "input" in keys
        else "\nInstruction:",
        "scores": "\n\n[Scores]",
        "score": "\n\n[Judgement]",
    }
    return text.rstrip() + next((openings[key] for key in keys if key in openings), "")


def _resized(prompt: Prompt, schema: Body, keys: list[str]) -> Prompt:
    """Return a list that is as long as it is to be; one that was not recognised begins anew."""
    kind = next((key for key in keys if key in ("tasks", "instructions")), "")
    if not kind:
        return prompt
    count = min(schema["properties"][kind].get("minItems", _COUNT), _MOST)
    if not isinstance(prompt, InstructionList | TaskList):
        names = ("Instruction", "Input", "Output")
        prompt = TaskList(1, 1, True, names, "", ()) if kind == "tasks" else InstructionList(1, 1, "", ".", (), False)
    return replace(prompt, last=prompt.first + count - 1)


def _schema_in(request: str) -> Body:
    """Return the schema that words ask for: a list of objects with the keys named behind it, or one object."""
    keys = _KEY.findall(request) or ["output"]
    count = re.search(r"\b(\d{1,2})\b", request)
    if keys[0] not in (*_LISTS, "scores"):
        return {"properties": {key: {"type": _TYPES.get(key, "string")} for key in keys}}
    inner = {"type": "object", "properties": {key: {"type": "string"} for key in keys[1:]}}
    item = {"type": "integer"} if keys[0] == "scores" else inner if keys[1:] else {"type": "string"}
    return {"properties": {keys[0]: {"type": "array", "items": item, "minItems": int(count[1]) if count else _COUNT}}}


def _value(schema: Body, name: str, proposal: Proposal, text: str) -> Any:
    match schema.get("type"):
        case "object":
            return {key: _value(each, key, proposal, text) for key, each in schema.get("properties", {}).items()}
        case "array":
            return [_within(schema["items"], int(found)) for found in _SCORE.findall(text)]
        case "boolean":
            return proposal.output == "Yes"
        case "integer" | "number":
            return _within(schema, int((_SCORE.findall(text) or [0])[0]))
    told = {
        "instruction": proposal.instruction,
        "task": proposal.instruction,
        "input": proposal.input,
        "findings": text,
    }
    return told.get(name, proposal.output)[: schema.get("maxLength")]


def _within(schema: Body, number: int) -> int:
    return int(max(schema.get("minimum", number), min(schema.get("maximum", number), number)))


def _unnumbered(proposal: Proposal) -> Proposal:
    """JSON has no numbers to get wrong."""
    return replace(proposal, mistake=None, detail="") if proposal.mistake == "broken_numbering" else proposal
