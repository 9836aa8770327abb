"""Moments are in UTC on every database, and constraints have names that migrations can use."""

import datetime as dt

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from app.models import Base
from app.models.base import UtcDateTime, now
from app.models.people import Attempt, Role

TOKYO = dt.timezone(dt.timedelta(hours=9))


@pytest.mark.parametrize(
    "moment",
    [
        dt.datetime(2026, 6, 1, 8, 30, 1, 250, tzinfo=dt.UTC),
        dt.datetime(2026, 6, 1, 8, 30, tzinfo=TOKYO),
        dt.datetime(1900, 1, 1, tzinfo=dt.UTC),
    ],
)
def test_a_moment_comes_back_as_the_same_one_in_utc(session, moment):
    session.add(Attempt(key_hash=b"k", at=moment))
    session.flush()
    session.expire_all()
    stored = session.scalars(select(Attempt.at)).one()
    assert stored == moment
    assert stored.tzinfo is dt.UTC or stored.utcoffset() == dt.timedelta(0)


def test_moments_are_ordered_by_when_they_were_and_not_by_their_zone(session):
    early, late = dt.datetime(2026, 6, 1, 9, tzinfo=TOKYO), dt.datetime(2026, 6, 1, 1, tzinfo=dt.UTC)
    session.add_all([Attempt(key_hash=b"late", at=late), Attempt(key_hash=b"early", at=early)])
    session.flush()
    assert session.scalars(select(Attempt.key_hash).order_by(Attempt.at)).all() == [b"early", b"late"]
    assert session.scalars(select(Attempt.key_hash).where(Attempt.at > early)).all() == [b"late"]


def test_a_moment_without_a_zone_is_refused(session):
    session.add(Attempt(key_hash=b"k", at=dt.datetime(2026, 6, 1)))  # noqa: DTZ001 - the point of the test
    with pytest.raises(StatementError, match="needs a time zone"):
        session.flush()
    session.rollback()


def test_every_moment_of_every_table_is_one():
    kinds = {type(column.type) for table in Base.metadata.tables.values() for column in table.columns}
    assert UtcDateTime in kinds
    assert not {kind.__name__ for kind in kinds} & {"DateTime", "TIMESTAMP", "Date", "Time"}


def test_the_clock_is_read_when_a_row_is_made(session, monkeypatch):
    noon = dt.datetime(2030, 1, 1, 12, tzinfo=dt.UTC)
    monkeypatch.setattr("app.models.base.now", lambda: noon)
    attempt = Attempt(key_hash=b"k")
    session.add(attempt)
    session.flush()
    assert attempt.at == noon
    assert now().tzinfo is dt.UTC


def test_every_constraint_and_index_has_a_name_that_postgres_takes_whole():
    for table in Base.metadata.tables.values():
        for each in [*table.constraints, *table.indexes]:
            assert each.name is not None
            assert len(str(each.name)) <= 63


def test_viewers_and_annotators_stand_side_by_side_and_others_may_do_both():
    viewer, annotator, curator, owner = Role
    assert [owner.includes(each) for each in Role] == [True, True, True, True]
    assert [curator.includes(each) for each in Role] == [True, True, True, False]
    assert [annotator.includes(each) for each in Role] == [False, True, False, False]
    assert [viewer.includes(each) for each in Role] == [True, False, False, False]
