"""Numbers of rows in forms and queries. Like those in a path they have to be in the visitor's project.

A field that holds one says so by its type, ``Annotated[str, NumberOf(Study)]``, as a parameter of a page function or
in the form that one takes. It is looked up before the page function runs; empty stands for none.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, get_type_hints

from pydantic import BaseModel
from starlette.responses import Response

from app.errors import NotFound
from app.models.base import Base, NumberOf
from app.projects import numbers_in
from app.text import whole_number
from app.web.visit import Visitor


@dataclass(frozen=True, slots=True)
class NumberField:
    """``parameter`` of a page function, or the field ``name`` of the form that it is."""

    parameter: str
    name: str
    entity: type[Base]

    def typed(self, values: Mapping[str, Any]) -> list[str]:
        """Return what was typed into it."""
        value = values[self.parameter]
        if isinstance(value, BaseModel):
            value = getattr(value, self.name)
        return [str(each) for each in (value if isinstance(value, list) else [value]) if each not in {None, ""}]


def number_fields(endpoint: Callable[..., Any]) -> list[NumberField]:
    """Return the fields of a page function that hold numbers of rows."""
    found: list[NumberField] = []
    for parameter, hint in get_type_hints(endpoint, include_extras=True).items():
        marks = getattr(hint, "__metadata__", ())
        found += [NumberField(parameter, parameter, each.entity) for each in marks if isinstance(each, NumberOf)]
        form = getattr(hint, "__origin__", None)
        if isinstance(form, type) and issubclass(form, BaseModel):
            found += [
                NumberField(parameter, name, each.entity)
                for name, field in form.model_fields.items()
                for each in field.metadata
                if isinstance(each, NumberOf)
            ]
    return found


def with_numbers_checked(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Return a page function that raises NotFound where a number that was sent isn't one of its project."""
    fields = number_fields(endpoint)
    if not fields:
        return endpoint
    if iscoroutinefunction(endpoint):
        raise TypeError(f"{endpoint.__name__} would wait for the database: make it a plain function")

    @wraps(endpoint)
    def page(visit: Visitor, **values: Any) -> Response:
        _check(visit, fields, values)
        answer: Response = endpoint(visit=visit, **values)
        return answer

    return page


def _check(visit: Visitor, fields: Sequence[NumberField], values: Mapping[str, Any]) -> None:
    asked: defaultdict[type[Base], set[int]] = defaultdict(set)
    for field in fields:
        for typed in field.typed(values):
            number = whole_number(typed)
            if number is None:
                raise NotFound("There is nothing with such a number.")
            asked[field.entity].add(number)
    if not asked:
        return
    with visit.reading() as session:
        for entity, numbers in asked.items():
            if numbers_in(session, visit.project.id, entity, numbers) != numbers:
                raise NotFound("What this names is not in this project, or not any more. Go back and choose again.")
