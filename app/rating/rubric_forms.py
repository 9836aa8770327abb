"""A rubric as fields of a form, and what was typed into them as its JSON.

Fields of question 0 begin with ``0.``. Answers are lines, ``label | stored word | key``; all but the label may be
left out. A question without a text is no question.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.rating.rubric import Question, Rubric
from app.rating.rubric_files import MOST_QUESTIONS

_MORE = 1  # empty questions behind those that there are


@dataclass(frozen=True, slots=True)
class QuestionFields:
    """What the fields of one question hold; ``place`` counts from 0."""

    place: int
    name: str = ""
    label: str = ""
    help: str = ""
    about: str = "output"
    kind: str = "choices"
    answers: str = "Yes | yes\nNo | no"
    valid: str = ""
    required: bool = True
    if_question: str = ""
    if_answers: str = ""


def fields_of(rubric: Rubric) -> list[QuestionFields]:
    """Return the fields of a rubric's questions, and of an empty one to be added."""
    there = [_fields(question, place) for place, question in enumerate(rubric.questions)]
    more = range(len(there), min(len(there) + _MORE, MOST_QUESTIONS))
    return there + [QuestionFields(place) for place in more]


def content_of(form: Mapping[str, str]) -> dict[str, Any]:
    """Return what was typed as the JSON of a rubric, unchecked; questions in the order that their fields ask for."""
    places = sorted({int(name.split(".")[0]) for name in form if re.match(r"\d{1,2}\.label$", name)})
    asked = [place for place in places if form[f"{place}.label"].strip()]
    asked.sort(key=lambda place: (_order(form.get(f"{place}.order", ""), place), place))
    return {
        "label": form.get("label", ""),
        "source": form.get("source", ""),
        "tags": _listed(form.get("tags", "")),
        "questions": [_content(form, place) for place in asked],
    }


def _fields(question: Question, place: int) -> QuestionFields:
    condition = question.shown_if
    lines = (f"{each.label} | {each.value} | {each.key}" for each in question.choices)
    return QuestionFields(
        place=place,
        name=question.name,
        label=question.label,
        help=question.help,
        about=question.about,
        kind=question.scale.kind.value,
        answers="\n".join(lines),
        valid=", ".join((question.valid, *question.also_valid)) if question.valid else "",
        required=question.required,
        if_question=condition.question if condition else "",
        if_answers=", ".join(condition.answers) if condition else "",
    )


def _content(form: Mapping[str, str], place: int) -> dict[str, Any]:
    typed = {name: form.get(f"{place}.{name}", "") for name in ("name", "label", "help", "about", "kind")}
    content = {
        "name": typed["name"].strip() or _word(typed["label"])[:40],
        "label": typed["label"],
        "help": typed["help"],
        "about": typed["about"] or "output",
        "scale": {
            "kind": typed["kind"] or "choices",
            "choices": [_choice(line) for line in form.get(f"{place}.answers", "").splitlines() if line.strip()],
        },
        "valid": _listed(form.get(f"{place}.valid", "")),
        "required": form.get(f"{place}.required", "") == "true",
    }
    if condition := form.get(f"{place}.if_question", "").strip():
        content["shown_if"] = {"question": condition, "is": _listed(form.get(f"{place}.if_answers", ""))}
    return content


def _choice(line: str) -> dict[str, str]:
    label, _, rest = line.partition("|")
    value, _, key = rest.partition("|")
    return {"label": label.strip(), "value": value.strip() or _word(label), "key": key.strip()}


def _word(label: str) -> str:
    """Return a name made of a label; one without Latin letters gets a plain one, which the check calls by its place."""
    word = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")
    return word if word[:1].isalpha() or word.isdecimal() else f"answer_{word}".rstrip("_")


def _listed(text: str) -> list[str]:
    return [each.strip() for each in re.split(r"[,\n]", text) if each.strip()]


def _order(text: str, place: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else place + 1
