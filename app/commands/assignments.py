"""Settings as they are typed: ``name=value`` for a pipeline's parameters and for the thresholds of filters.

What there is to set, and what each takes, is read off the pydantic models that the page draws its forms from.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import shorten
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from app.errors import AppError, InvalidInput
from app.files import open_file
from app.generation.pipeline import Pipeline
from app.generation.runs import parse_parameters
from app.screening.filters import FILTERS, filter_named
from app.screening.screen import default_thresholds, parse_thresholds
from app.text import FIELD_LIMIT
from app.web.fields import fields_of, read_fields

# A character has up to four bytes.
_LARGEST_TEXT = 4 * FIELD_LIMIT
Thresholds = Annotated[
    list[str] | None,
    typer.Option("--threshold", metavar="FILTER.NAME=VALUE", help="A threshold of a filter; may be given again."),
]
Without = Annotated[
    list[str] | None, typer.Option("--without", metavar="FILTER", help="Leave a filter out; may be given again.")
]


def read_parameters(pipeline: Pipeline, typed: Sequence[str]) -> dict[str, Any]:
    """Return a pipeline's parameters as ``--set`` names them; a text of many lines may be ``@FILE``.

    Raises InvalidInput that names the parameter and what it takes.
    """
    model = pipeline.Parameters
    areas = {field.name.partition(".")[2] for field in fields_of(model, "parameter") if field.kind == "area"}
    values: dict[str, str] = {}
    for name, value in _pairs("--set", typed):
        if name not in model.model_fields:
            known = ", ".join(model.model_fields)
            raise InvalidInput(f"--set {name}: {pipeline.label} has no such parameter. It has: {known}.")
        values[name] = _text_of(value) if name in areas and value.startswith("@") else value
    sent = read_fields(model, "set", {f"set.{name}": value for name, value in values.items()})
    try:
        parse_parameters(pipeline, sent)
    except InvalidInput as error:
        name = error.field or ""
        if name not in values:
            raise
        sentence = f"--set {name} takes {what_it_takes(model, name)}, not {_quoted(values[name])}. {error.sentence}"
        raise InvalidInput(sentence, field=name) from error
    return sent


def read_thresholds(typed: Sequence[str], without: Sequence[str]) -> dict[str, Any]:
    """Return the thresholds of the filters to ask: the usual ones, but for what ``--threshold`` and ``--without`` say.

    Raises InvalidInput that names the threshold and what it takes.
    """
    thresholds: dict[str, Any] = default_thresholds()
    for name in without:
        if not filter_named(name).Thresholds.model_fields:
            raise InvalidInput(f"--without {name}: this filter is always asked.")
        thresholds.pop(name, None)
    values = dict(_pairs("--threshold", typed))
    for place, value in values.items():
        member, _, threshold = place.partition(".")
        if threshold not in filter_named(member).Thresholds.model_fields:
            known = ", ".join(f"{each.name}.{field}" for each in FILTERS for field in each.Thresholds.model_fields)
            raise InvalidInput(f"--threshold {place}: there is no such threshold. There is: {known}.")
        if member not in thresholds:
            raise InvalidInput(f"--threshold {place}: the filter {member} is left out by --without.")
        thresholds[member] |= read_fields(filter_named(member).Thresholds, member, {place: value})
    try:
        parse_thresholds(thresholds)
    except InvalidInput as error:
        place = error.field or ""
        if place not in values:
            raise InvalidInput(f"--threshold: {error.sentence}", field=place) from error
        member, _, threshold = place.partition(".")
        takes = what_it_takes(filter_named(member).Thresholds, threshold)
        sentence = f"--threshold {place} takes {takes}, not {_quoted(values[place])}. {error.sentence}"
        raise InvalidInput(sentence, field=place) from error
    return thresholds


def what_it_takes(model: type[BaseModel], name: str) -> str:
    """Return in words what a field takes, such as “a whole number from 1 to 200”."""
    schema: Mapping[str, Any] = model.model_json_schema()["properties"][name]
    if "enum" in schema:
        return f"one of {', '.join(schema['enum'])}"
    kind = schema.get("type")
    if kind in {"integer", "number"}:
        least, most = schema.get("minimum"), schema.get("maximum")
        above = f"above {schema['exclusiveMinimum']}" if "exclusiveMinimum" in schema else f"from {least}"
        bounds = f" {above} to {most}" if most is not None else ""
        return f"a {'whole number' if kind == 'integer' else 'number'}{bounds}"
    if kind == "boolean":
        return "yes or no"
    return "texts with commas between them" if kind == "array" else "a text"


def told_settings(pipeline: Pipeline) -> Iterator[str]:
    """Yield a line for everything that can be set for a run: its name, what it takes, what it is when left out."""
    yield f"Parameters of {pipeline.label}, --set name=value (@FILE reads a text of many lines):"
    yield from _told(pipeline.Parameters, "")
    yield ""
    yield "Thresholds of filters, --threshold name=value; --without FILTER leaves one out:"
    for member in FILTERS:
        yield from _told(member.Thresholds, f"{member.name}.")


def _told(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        usual = _read_back(field.default)
        yield f"  {prefix}{name}  {field.title}: {what_it_takes(model, name)}{f'; {usual}' if usual else ''}"


def _read_back(value: Any) -> str:
    """Return a value as it would be typed."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _quoted(value: str) -> str:
    return f"“{shorten(value, 60, placeholder=' …')}”"


def _pairs(option: str, typed: Sequence[str]) -> Iterator[tuple[str, str]]:
    for each in typed:
        name, equals, value = each.partition("=")
        if not equals:
            raise InvalidInput(f"{option} {each}: type it as name=value.")
        yield name.strip(), value


def _text_of(value: str) -> str:
    file = Path(value.removeprefix("@"))
    with open_file(file) as stream:
        raw = stream.read(_LARGEST_TEXT + 1)
    if len(raw) > _LARGEST_TEXT:
        raise AppError(f"{file} is larger than a text may be: {FIELD_LIMIT:,} characters.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AppError(f"{file} is not UTF-8. Save the file as UTF-8.") from error
