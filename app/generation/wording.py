"""Words for a model: those that come with Tamis, in ``prompts/``, with a project's own over them."""

from collections.abc import Collection, Mapping
from functools import cache, lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.generation import blanks
from app.generation.sheet import LIST, STEERING, PromptSheet
from app.generation.steering import Steering, steering_of

_FOLDER = Path(__file__).with_name("prompts")


@lru_cache(maxsize=1024)  # the same seed tasks are shown again and again
def one_line(text: str) -> str:
    """Return ``text`` with every run of white space collapsed to one space, and none around it."""
    return " ".join(text.split())


def demonstrated(instruction: str) -> str:
    """Return ``instruction`` as it is listed among others: on one line, without the colons at its end."""
    return one_line(instruction).rstrip(":")


_LAYOUTS = Environment(
    loader=FileSystemLoader(_FOLDER / "layouts"),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - the text goes to a model, where an escaped "<" would be wrong
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    auto_reload=False,
)
_LAYOUTS.filters.update(one_line=one_line, demonstrated=demonstrated)


@cache
def shipped_text(name: str) -> str:
    """Return the words of the prompt called ``name`` that come with Tamis."""
    return (_FOLDER / f"{name}.jinja").read_text("utf-8").rstrip("\n")


def worded_steering(parameters: Steering, only: Collection[str] = tuple(Steering.model_fields)) -> str:
    """Return what a run was told, as it is said to a model; nothing where it was told nothing of ``only``."""
    told = {name: value for name, value in steering_of(parameters).items() if name in only}
    return _LAYOUTS.get_template("steering.jinja").render(told=told) if told else ""


class Wording:
    """The words of all prompts. ``own`` maps the names of those that a project worded itself to their texts."""

    def __init__(self, own: Mapping[str, str] | None = None) -> None:
        self._own = dict(own or {})

    def with_words(self, own: Mapping[str, str]) -> "Wording":
        """Return the same with the texts of ``own`` over them."""
        return Wording(self._own | dict(own))

    def text_of(self, sheet: PromptSheet) -> str:
        """Return the words as they were written, with their placeholders."""
        return self._own.get(sheet.name) or shipped_text(sheet.name)

    def shows(self, sheet: PromptSheet) -> bool:
        """Return whether the demonstrations are shown, which they are not beside a text's own examples."""
        text = self.text_of(sheet)
        is_placed = LIST in blanks.names_in(text, sheet.names)
        return is_placed or not sheet.marker or not any(line.startswith(sheet.marker) for line in text.split("\n")[:-1])

    def render(self, sheet: PromptSheet, *, request: str = "", **values: object) -> str:
        """Return the prompt: its words, what the run was told, and the list in the published layout.

        ``values`` are those of the layout and of the placeholders. A ``request`` for another layout of the answer
        stands at the end, and then the list isn't left open. Raises InvalidInput, with the line, where the words were
        never fit to be sent.
        """
        prompt = self._render(sheet, values | {"is_open": not request})
        return f"{prompt.rstrip()}\n\n{request}" if request else prompt

    def _render(self, sheet: PromptSheet, values: Mapping[str, object]) -> str:
        shown = dict(values) if self.shows(sheet) else dict(values) | {sheet.shown: ()}
        listed = _LAYOUTS.get_template(f"{sheet.name}.jinja").render(shown)
        text, filled = self.text_of(sheet), {name: str(values.get(name, "")) for name in sheet.names}
        placed = blanks.names_in(text, sheet.names)
        steering = filled.get(STEERING, "") if STEERING not in placed else ""
        if LIST in placed:
            return blanks.fill(text, filled | {LIST: f"{steering}{sheet.gap}{listed}" if steering else listed})
        words = _closed(blanks.fill(text, filled), sheet)
        return "".join([words, f"\n{steering}" if steering else "", sheet.gap, listed])


def _closed(text: str, sheet: PromptSheet) -> str:
    """Return ``text`` without a last line that opens the task which the list opens too, as published texts have it."""
    text = text.rstrip()
    if sheet.marker and text.rpartition("\n")[2] == sheet.marker:
        return text.removesuffix(sheet.marker).rstrip()
    return text


SHIPPED = Wording()
