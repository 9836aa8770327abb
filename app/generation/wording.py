"""Words for a model: renders the templates of ``prompts/``."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def one_line(text: str) -> str:
    """Return ``text`` with every run of white space collapsed to one space, and none around it."""
    return " ".join(text.split())


def demonstrated(instruction: str) -> str:
    """Return ``instruction`` as it is listed among others: on one line, without the colons at its end."""
    return one_line(instruction).rstrip(":")


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("prompts")),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - the text goes to a model, where an escaped "<" would be wrong
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_TEMPLATES.filters.update(one_line=one_line, demonstrated=demonstrated)


def render(template: str, /, **values: object) -> str:
    """Return the text of ``prompts/<template>`` filled with ``values``, all of which it must be given."""
    return _TEMPLATES.get_template(template).render(values)
