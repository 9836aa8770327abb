"""Form fields drawn from a pydantic model: a pipeline's parameters, a filter's thresholds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

from app.generation.pipelines import PIPELINES
from app.models.generation import Run
from app.screening.filters import FILTERS, filter_named
from app.text import clean

Kind = Literal["tick", "number", "choice", "list", "area", "text"]
# What a box to tick sends. Anything else is refused: garbled, it must not stand for a box that is empty.
Tick = Literal["", "true"]


class DrawnForm(BaseModel):
    """A form as it is typed, with fields that are drawn from models, so that their names are not known here."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str | list[str]]

    filter: list[str] = []

    def typed(self) -> dict[str, str]:
        """Return what was typed into each field, past the gate: the last of several, as a tick follows a hidden no."""
        sent = {name: value if isinstance(value, list) else [value] for name, value in self}
        return {
            name: clean(values[-1], name) for name, values in sent.items() if values and isinstance(values[-1], str)
        }

    def thresholds(self) -> dict[str, Any]:
        """Return the filters that are ticked, and those that can't be switched off, each with its thresholds.

        Raises NotFound for one that there isn't.
        """
        typed = self.typed()
        for name in self.filter:
            filter_named(name)
        return {
            member.name: read_fields(member.Thresholds, f"threshold.{member.name}", typed)
            for member in FILTERS
            if member.name in self.filter or not member.Thresholds.model_fields
        }


@dataclass(frozen=True, slots=True)
class FormField:
    """One field as the page shows it; a list is typed with commas.

    ``choices`` is only set for the kind "choice": each value with what the page calls it, which a model says as
    ``json_schema_extra={"labels": {value: label}}``; without it the value itself, capitalized. ``rows`` is set for the
    kind "area", a text of many lines, which a model says as ``json_schema_extra={"rows": 10}``.
    """

    name: str
    title: str
    help: str
    value: str
    kind: Kind
    choices: Sequence[tuple[str, str]] = ()
    rows: int = 0


def fields_of(model: type[BaseModel], prefix: str, values: Mapping[str, Any] | None = None) -> list[FormField]:
    """Return the fields of ``model``, named ``prefix.field``, with ``values`` over their defaults, typed or stored."""
    filled = model().model_dump(mode="json") | dict(values or {})
    return [
        FormField(
            name=f"{prefix}.{name}",
            title=field.title or name,
            help=field.description or "",
            value=", ".join(filled[name]) if isinstance(filled[name], list) else str(filled[name]),
            kind=_kind(field),
            choices=_choices(field),
            rows=int(_extra(field).get("rows", 0)),
        )
        for name, field in model.model_fields.items()
    ]


def settings_of(run: Run) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what a run was started with as people read it: under each heading, titles with their values."""
    pipeline = next((each for each in PIPELINES if each.name == run.pipeline), None)
    filters = [each for each in FILTERS if run.thresholds.get(each.name)]
    label, parameters = (pipeline.label, pipeline.Parameters) if pipeline else (run.pipeline, None)
    groups = [(label, told(parameters, run.parameters))]
    groups += [(each.label, told(each.Thresholds, run.thresholds[each.name])) for each in filters]
    return [group for group in groups if group[1]]


def told(model: type[BaseModel] | None, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return stored ``values`` of a model in its words; a name that the model doesn't have any more stays as it is."""
    fields = model.model_fields if model else {}
    return [
        (fields[name].title or name, _in_words(fields[name], value)) if name in fields else (name, str(value))
        for name, value in values.items()
    ]


def _in_words(field: FieldInfo, value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "None"
    return dict(_choices(field)).get(value, str(value))


def read_fields(model: type[BaseModel], prefix: str, sent: Mapping[str, str]) -> dict[str, Any]:
    """Return what a form sent for the fields of ``model``, as raw values for pydantic to check."""
    values: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        text = sent.get(f"{prefix}.{name}")
        if text is not None:
            is_list = _kind(field) == "list"
            values[name] = [part.strip() for part in text.split(",") if part.strip()] if is_list else text.strip()
    return values


def _choices(field: FieldInfo) -> list[tuple[str, str]]:
    if _kind(field) != "choice":
        return []
    labels = _extra(field).get("labels")
    known = labels if isinstance(labels, dict) else {}
    return [(value, str(known.get(value, value.capitalize()))) for value in get_args(field.annotation)]


def _extra(field: FieldInfo) -> dict[str, Any]:
    return dict(field.json_schema_extra) if isinstance(field.json_schema_extra, dict) else {}


def _kind(field: FieldInfo) -> Kind:
    annotation: Any = field.annotation
    if "rows" in _extra(field):
        return "area"
    if annotation is bool:
        return "tick"
    if annotation in {int, float}:
        return "number"
    if get_origin(annotation) is Literal:
        return "choice"
    return "list" if get_origin(annotation) in {tuple, list} else "text"
