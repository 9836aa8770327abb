"""What many tests need, made in one line."""

import datetime as dt
import sys

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import base
from app.models.events import Event
from app.models.people import Person
from app.models.projects import Project
from app.people.accounts import create_person
from app.projects import create_project


class Clock:
    """The time that the product sees; it moves when told to."""

    def __init__(self) -> None:
        self._ahead = dt.timedelta()

    def __call__(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self._ahead

    def forward(self, **time: float) -> None:
        self._ahead += dt.timedelta(**time)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock in place of ``now`` in every module that has imported it by name."""
    clock, now = Clock(), base.now
    for name, module in list(sys.modules.items()):
        if name.startswith("app.") and getattr(module, "now", None) is now:
            monkeypatch.setattr(module, "now", clock)
    return clock


def person(session: Session, name: str = "Ada") -> Person:
    return create_person(session, name)


def project(session: Session, name: str = "Recipes", *, owner: Person | None = None) -> Project:
    """A project of ``owner``, or of a new person."""
    return create_project(session, name, "", (owner or person(session)).id)


def events(session: Session, kind: str) -> list[Event]:
    """The events of one kind, oldest first."""
    return list(session.scalars(select(Event).where(Event.kind == kind).order_by(Event.id)))
