"""What may be said of two answers."""

from enum import StrEnum


class Level(StrEnum):
    """What the distance between two answers means: nothing, their order, or their difference (Stevens, 1946)."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"
