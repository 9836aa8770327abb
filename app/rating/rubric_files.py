"""A rubric as JSON: read, checked with a sentence for whatever is wrong, and written. Projects keep theirs so."""

from collections.abc import Mapping
from typing import Any

import orjson

from app.errors import InvalidInput
from app.rating.rubric import TAGS, Condition, Question, Rubric
from app.rating.scale import LETTERS, POOLS, RESERVED_KEYS, Choice, Kind, Scale
from app.statistics.level import Level
from app.text import clean, clean_name

MOST_QUESTIONS = 12
_MOST_CHOICES = 10
_MOST_TAGS = 20
# What the rating form sends beside the answers.
_ANSWER_FIELDS = {"version", "submission", "seconds", "comment", "flagged", "action", "tags", "skip_reason"}
RESERVED_NAMES = _ANSWER_FIELDS | {"shown", "held", "annotator", "guidelines"}
_FIELDS = ("instruction", "input", "output")
_LEVELS = {Kind.LEVELS: Level.ORDINAL, Kind.NUMBERS: Level.INTERVAL, Kind.RANKING: Level.ORDINAL}


def dump_rubric(rubric: Rubric) -> dict[str, Any]:
    """Return a rubric's content, without its name and version, as ``read_rubric`` takes it."""
    return {
        "label": rubric.label,
        "source": rubric.source,
        "tags": list(rubric.tags),
        "questions": [_dump_question(question) for question in rubric.questions],
    }


def read_rubric(content: Any, *, name: str, version: int) -> Rubric:
    """Return the rubric of a JSON object. Raises InvalidInput that names what is wrong, and where."""
    rubric = read_stored_rubric(content, name=name, version=version)
    for number, question in enumerate(rubric.questions, start=1):
        if question.scale.level is not question.level:
            raise InvalidInput(
                f"{_scale_of(number)} is an interval, so its answers must be numbers. Words are ordinal."
            )
    return rubric


def read_stored_rubric(content: Any, *, name: str, version: int) -> Rubric:
    """Return a rubric that was accepted once, when an interval could still be one of words."""
    values = _object(content, "The rubric")
    questions = _list(values, "questions", "The rubric")
    if not 1 <= len(questions) <= MOST_QUESTIONS:
        raise InvalidInput(f"A rubric has 1 to {MOST_QUESTIONS} questions; this one has {len(questions)}.")
    free = _free_keys(questions)
    rubric = Rubric(
        name=name,
        version=version,
        label=_text(values, "label", "The rubric", limit=80, required=True),
        source=_text(values, "source", "The rubric", limit=200),
        questions=tuple(_question(each, number, free) for number, each in enumerate(questions)),
        tags=_tags(values),
    )
    _check_together(rubric)
    return rubric


def parse_rubric(text: str, *, name: str, version: int) -> Rubric:
    """Return the rubric of a JSON text as somebody typed it."""
    try:
        content = orjson.loads(text.encode("utf-8", "surrogatepass"))
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"This is no JSON: line {error.lineno}, column {error.colno}: {error.msg}.") from None
    return read_rubric(content, name=name, version=version)


def _dump_question(question: Question) -> dict[str, Any]:
    scale, condition = question.scale, question.shown_if
    content: dict[str, Any] = {
        "name": question.name,
        "label": question.label,
        "help": question.help,
        "about": question.about,
        "scale": {
            "kind": scale.kind.value,
            "level": question.level.value,
            "choices": [{"value": each.value, "label": each.label, "key": each.key} for each in scale.choices],
        },
        "valid": [question.valid, *question.also_valid] if question.valid else [],
        "required": question.required,
    }
    if condition is not None:
        content["shown_if"] = {"question": condition.question, "is": list(condition.answers)}
    return content


def _question(content: Any, number: int, free: list[str]) -> Question:
    where = f"Question {number + 1}"
    values = _object(content, where)
    scale = _scale(_object(values.get("scale"), _scale_of(number + 1)), number, free)
    valid = [str(each) for each in _list(values, "valid", where)]
    known = {choice.value for choice in scale.choices}
    if strange := next((each for each in valid if each not in known), None):
        raise InvalidInput(f"{where}: “{strange}” should count as fine but is none of its answers.")
    about = _text(values, "about", where, limit=20) or "output"
    if about not in _FIELDS:
        raise InvalidInput(f"{where} can be about the instruction, input or output, not “{about}”.")
    return Question(
        name=_name(values, where),
        label=_text(values, "label", where, limit=300, required=True),
        help=_text(values, "help", where, limit=2_000, lines=True),
        scale=scale,
        about=about,
        valid=valid[0] if valid else "",
        also_valid=tuple(valid[1:]),
        required=values.get("required", True) is not False,
        shown_if=_condition(values.get("shown_if"), where),
    )


def _scale(values: Mapping[str, Any], number: int, free: list[str]) -> Scale:
    where = _scale_of(number + 1)
    kind = _member(Kind, values.get("kind", Kind.CHOICES.value), where)
    level = _member(Level, values.get("level", _LEVELS.get(kind, Level.NOMINAL).value), where)
    answers = _list(values, "choices", where)
    if not 2 <= len(answers) <= _MOST_CHOICES:
        raise InvalidInput(f"{where} needs 2 to {_MOST_CHOICES} answers; it has {len(answers)}.")
    own = POOLS[number % len(POOLS)]
    free.sort(key=lambda key: key not in own)  # stable: those of its own row of the keyboard come first
    choices = tuple(_choice(_object(each, where), where, free) for each in answers)
    found = [choice.value for choice in choices]
    if len(set(found)) < len(found):
        raise InvalidInput(f"{where} has the same answer twice.")
    if kind is Kind.PAIRWISE and not {"left", "right"} <= set(found) <= {"left", "tie", "right"}:
        raise InvalidInput(f"{where} compares two answers: its own answers are left, right and, if you like, tie.")
    if kind is Kind.RANKING and found != list(LETTERS[: len(found)]):
        raise InvalidInput(f"{where} is a ranking: its answers are A, B and so on.")
    if kind is Kind.NUMBERS and not all(each.removeprefix("-").isdecimal() for each in found):
        raise InvalidInput(f"{where} takes whole numbers only.")
    return Scale(kind, level, choices)


def _scale_of(number: int) -> str:
    return f"The scale of question {number}"


def _free_keys(questions: list[Any]) -> list[str]:
    """Return the keys that no answer claims, for those that have none."""
    scales = [each.get("scale") for each in questions if isinstance(each, dict)]
    answers = [each.get("choices") for each in scales if isinstance(each, dict)]
    flat = [each for listed in answers if isinstance(listed, list) for each in listed if isinstance(each, dict)]
    claimed = {str(each.get("key", "")).lower() for each in flat}
    return [key for pool in POOLS for key in pool if key not in claimed]


def _choice(values: Mapping[str, Any], where: str, free: list[str]) -> Choice:
    value = _text(values, "value", f"An answer of {where.lower()}", limit=60, required=True)
    key = _text(values, "key", where, limit=1).lower() or (free.pop(0) if free else "")
    return Choice(value, _text(values, "label", where, limit=80) or value, key)


def _condition(content: Any, where: str) -> Condition | None:
    if content is None:
        return None
    values = _object(content, f"“Shown only if” of {where.lower()}")
    answers = tuple(str(each) for each in _list(values, "is", where))
    return Condition(_text(values, "question", where, limit=60, required=True), answers)


def _check_together(rubric: Rubric) -> None:
    """Check what no question can know of itself: names, keys and conditions."""
    earlier: dict[str, set[str]] = {}
    keys: dict[str, str] = {}
    for number, question in enumerate(rubric.questions, start=1):
        if question.name in earlier:
            raise InvalidInput(f"Two questions are named “{question.name}”. Give each a name of its own.")
        condition = question.shown_if
        if condition is not None and condition.question not in earlier:
            raise InvalidInput(f"Question {number} depends on “{condition.question}”, which is no earlier question.")
        if condition is not None and not set(condition.answers) & earlier[condition.question]:
            raise InvalidInput(f"Question {number} is never shown: no answer to “{condition.question}” leads to it.")
        earlier[question.name] = {choice.value for choice in question.choices}
        for choice in question.choices:
            _check_key(choice, number, keys)


def _check_key(choice: Choice, number: int, keys: dict[str, str]) -> None:
    if len(choice.key) != 1 or choice.key.isspace():
        raise InvalidInput(f"Question {number}: the answer “{choice.label}” needs a key of its own.")
    if choice.key in RESERVED_KEYS:
        raise InvalidInput(f"Question {number}: the key {choice.key.upper()} does something else while rating.")
    if choice.key in keys:
        raise InvalidInput(
            f"The key {choice.key.upper()} gives two answers: “{keys[choice.key]}” and “{choice.label}”."
        )
    keys[choice.key] = choice.label


def _tags(values: Mapping[str, Any]) -> tuple[str, ...]:
    if values.get("tags") is None:
        return TAGS
    tags = [clean_name(str(each), "A tag", limit=40, required=True) for each in _list(values, "tags", "It")]
    if len(tags) > _MOST_TAGS:
        raise InvalidInput(f"A rubric has at most {_MOST_TAGS} tags; this one has {len(tags)}.")
    return tuple(dict.fromkeys(tags))


def _name(values: Mapping[str, Any], where: str) -> str:
    name = _text(values, "name", where, limit=60, required=True)
    if not (name.isascii() and name.isidentifier() and name.islower()):
        raise InvalidInput(f"{where} is named “{name}”. Use small letters, digits and _ only, a letter first.")
    if name in RESERVED_NAMES:
        raise InvalidInput(f"{where}: the name “{name}” is taken by the rating page. Choose another.")
    return name


def _member(kinds: type[Any], value: Any, where: str) -> Any:
    known = [each.value for each in kinds]
    if value not in known:
        raise InvalidInput(f"{where}: “{value}” is none of {', '.join(known)}.")
    return kinds(value)


def _object(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInput(f"{where} must be a JSON object.")
    return value


def _list(values: Mapping[str, Any], name: str, where: str) -> list[Any]:
    found = values.get(name, [])
    if not isinstance(found, list):
        raise InvalidInput(f"{where}: “{name}” must be a list.")
    return found


def _text(
    values: Mapping[str, Any], name: str, where: str, *, limit: int, required: bool = False, lines: bool = False
) -> str:
    found = values.get(name, "")
    if not isinstance(found, str):
        raise InvalidInput(f"{where}: “{name}” must be a text.")
    field = f"{where}: “{name}”"
    if lines:
        return clean(found, field, limit=limit, required=required)
    return clean_name(found, field, limit=limit, required=required)
