"""Warnings that come again and again, told now and then."""

import logging

_SECONDS = 60.0


class Seldom(logging.Filter):
    """Lets a warning from one place through once a minute: DBOS repeats some several times a second, all night long."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is told."""
        place = (record.pathname, record.lineno)
        if record.levelno > logging.WARNING:
            return True
        if record.created < self._told.get(place, -_SECONDS) + _SECONDS:
            return False
        self._told[place] = record.created
        return True


SELDOM = Seldom()
