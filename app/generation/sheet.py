"""What a pipeline says of each of its prompts, so that people can word it themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field

LIST, STEERING = "list", "steering"


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A blank that is filled in when the prompt is sent. ``example`` is what may come to stand there."""

    name: str
    meaning: str
    example: str


@dataclass(frozen=True, slots=True)
class PromptSheet:
    """One prompt of a pipeline. Its shipped words are ``prompts/<name>.jinja``, its list is in ``prompts/layouts/``.

    ``purpose`` says to people what it is for. ``gap`` parts the words from the list where they don't place it
    themselves. ``shown`` is the value that holds the demonstrations; a text with a line that starts with ``marker``
    has examples of its own, and then none are shown beside them.

    ``parameters`` and ``answers`` say when it is sent: with these parameters, and after these answers (by purpose)
    about an instruction, None where it is the proposing prompt.
    """

    name: str
    title: str
    purpose: str
    placeholders: tuple[Placeholder, ...]
    shown: str
    gap: str = "\n"
    marker: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] | None = None

    @property
    def names(self) -> frozenset[str]:
        """The names of its placeholders."""
        return frozenset(each.name for each in self.placeholders)


def list_of(meaning: str, example: str) -> Placeholder:
    """Return the placeholder of what every prompt has: the demonstrations, open where the model is to go on."""
    where = "It ends where the model goes on, so it belongs at the end; left out of the text, it is put there."
    return Placeholder(LIST, f"{meaning} {where}", example)


STEERED = Placeholder(
    STEERING,
    "What the run was told about topic, style and language; nothing where it was told nothing. Left out of the text, "
    "it is put before the list.",
    "Keep to this in all that you write:\n- Topic: gardens\n- Language: French",
)
