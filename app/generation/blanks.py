"""Fills in the blanks of a text that somebody wrote. It is hostile: it can name its placeholders and little else.

A text is read as a template only where a tag names one of its placeholders, as in ``{{ list }}``. Anything else, such
as a text pasted from a paper that happens to hold braces, is plain and sent to the letter.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from string import whitespace

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.errors import InvalidInput

# How much longer than what is filled in, each value once, a result may be.
MOST_CHARACTERS = 200_000

_TAG = re.compile(r"\{[{%]([^{}%]{0,200})[%}]\}")
_NAME = re.compile(r"\w+")
_FILTERS = frozenset({"capitalize", "lower", "trim", "upper"})
# No loops, calls, arithmetic or attributes: whatever can be written with these is done in no time.
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.If,
    nodes.Filter,
    nodes.Const,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
)
_SANDBOX = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined,
    autoescape=False,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_LITERALLY = "To send braces as they are, put {% raw %} before and {% endraw %} after them."


def names_in(text: str, names: Collection[str]) -> frozenset[str]:
    """Return which of ``names`` the tags of ``text`` mention; none where it is a plain text."""
    return frozenset(word for tag in _TAG.findall(text) for word in _NAME.findall(tag) if word in names)


def strangers_in(text: str, names: Collection[str]) -> list[str]:
    """Return the tags of a plain text, which are sent as they are, for a person to see whether that was meant."""
    return [] if names_in(text, names) else [found.group() for found in _TAG.finditer(text)]


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return ``text`` with its placeholders filled in. A line with nothing but an empty placeholder is left out.

    Raises InvalidInput for what ``check`` refuses and for a result that grows beyond all bounds.
    """
    names = frozenset(values)
    if not names_in(text, names):
        return text
    check(text, names)
    template = _compiled(_without_empty_lines(text, values), names)
    return _bounded(template.generate(values), MOST_CHARACTERS + sum(map(len, values.values())))


def check(text: str, names: Collection[str]) -> None:
    """Raise InvalidInput, with the line, where ``text`` is a template that can't be read or holds anything but
    conditions and those of ``names``."""
    if names_in(text, names):
        _compiled(text, frozenset(names))


@lru_cache(maxsize=256)
def _compiled(text: str, names: frozenset[str]) -> Template:
    try:
        for node in _SANDBOX.parse(text).find_all(nodes.Node):
            if problem := _problem_of(node, names):
                raise InvalidInput(f"Line {node.lineno}: {problem}", field="text")
        # Only now: compiling works out what can be worked out, and 9**9**9 never ends.
        return _SANDBOX.from_string(text)
    except TemplateSyntaxError as error:
        raise InvalidInput(f"Line {error.lineno}: {_sentence(error.message)} {_LITERALLY}", field="text") from error
    except (TemplateError, RecursionError, SyntaxError, ValueError) as error:
        raise InvalidInput(f"This is nested too deep to be read. {_LITERALLY}", field="text") from error


def _problem_of(node: nodes.Node, names: Collection[str]) -> str | None:
    if isinstance(node, nodes.Name) and node.name not in names:
        return f"“{node.name}” is no placeholder here. There are: {', '.join(sorted(names))}. {_LITERALLY}"
    if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
        return f"“{node.name}” can't be used here. There are: {', '.join(sorted(_FILTERS))}."
    if not isinstance(node, _ALLOWED):
        return f"only placeholders and “if” can be used in a prompt. {_LITERALLY}"
    return None


def _sentence(message: str | None) -> str:
    text = (message or "this is no template").strip(whitespace + ".")
    return f"{text[:1].lower()}{text[1:]}."


def _without_empty_lines(text: str, values: Mapping[str, str]) -> str:
    for name in (name for name, value in values.items() if not value):
        text = re.sub(rf"^[ \t]*\{{\{{[ \t]*{re.escape(name)}[ \t]*\}}\}}[ \t]*(?:\n|\Z)", "", text, flags=re.MULTILINE)
    return text


def _bounded(pieces: Iterable[str], limit: int) -> str:
    taken, size = [], 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise InvalidInput(f"The text fills in so much that it passes {limit:,} characters.", field="text")
        taken.append(piece)
    return "".join(taken)
