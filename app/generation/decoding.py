"""The parameters of decoding that pipelines have in common, as fields of their forms."""

from typing import Any

from pydantic import Field


def temperature_field(default: float, title: str = "Temperature") -> Any:
    """Return the field of a temperature, 0 to 2."""
    return Field(default, ge=0, le=2, title=title, description="Higher is more varied, 0 is always the likeliest word.")


def top_p_field(default: float, title: str = "Top-p") -> Any:
    """Return the field of a share of probability, above 0 to 1."""
    meaning = "Only the likeliest words that together reach this share are drawn from."
    return Field(default, gt=0, le=1, title=title, description=meaning)


def max_tokens_field(default: int, title: str) -> Any:
    """Return the field of the greatest length of a completion, in tokens."""
    return Field(
        default, ge=1, le=100_000, title=title, description="In tokens. What is cut off at this limit is set aside."
    )
