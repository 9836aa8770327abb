"""What is sent to a model and what comes back, without any wire format."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a completion is decoded, in the words of the OpenAI API. ``max_tokens`` counts completion tokens."""

    temperature: float
    top_p: float
    max_tokens: int
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    stop: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Prompt:
    """One text to be continued by a model. ``schema`` is the JSON schema of the answer, None where that is text."""

    text: str
    sampling: Sampling
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """The text a model returned. ``finish`` is "length" where it was cut at ``max_tokens``."""

    text: str
    finish: Literal["stop", "length"] = "stop"
