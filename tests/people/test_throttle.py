"""Ten guesses a quarter of an hour."""

import pytest

from app.errors import TooManyAttempts
from app.models.people import Attempt
from app.people.throttle import MOST_ATTEMPTS, count_attempt, forgive
from tests.racing import race


def attempt(database, *keys, kind="password"):
    with database.writing() as session:
        count_attempt(session, kind, *keys)


def attempts(database, number, *keys):
    for _ in range(number):
        attempt(database, *keys)


def test_the_eleventh_attempt_within_a_quarter_of_an_hour_is_refused(database):
    attempts(database, 10, "192.0.2.1")
    with pytest.raises(TooManyAttempts, match="Wait a quarter of an hour"):
        attempt(database, "192.0.2.1")


def test_an_attempt_counts_though_what_was_attempted_failed(database):
    for _ in range(10):
        attempt(database, "192.0.2.1")
        with pytest.raises(ZeroDivisionError), database.writing():
            raise ZeroDivisionError
    with pytest.raises(TooManyAttempts):
        attempt(database, "192.0.2.1")


def test_after_a_quarter_of_an_hour_attempts_are_free_again(database, clock):
    attempts(database, 10, "192.0.2.1")
    clock.forward(minutes=14, seconds=50)
    with pytest.raises(TooManyAttempts):
        attempt(database, "192.0.2.1")
    clock.forward(seconds=20)
    attempt(database, "192.0.2.1")


def test_old_attempts_are_not_kept(database, clock):
    attempts(database, 3, "192.0.2.1")
    clock.forward(minutes=16)
    attempt(database, "192.0.2.2")
    with database.reading() as session:
        assert session.query(Attempt).count() == 1


def test_each_key_and_each_kind_is_counted_by_itself(database):
    attempts(database, 10, "192.0.2.1")
    attempt(database, "192.0.2.2")
    attempt(database, "192.0.2.1", kind="link")


def test_one_exhausted_key_refuses_all(database):
    attempts(database, 10, "ada@example.org")
    with pytest.raises(TooManyAttempts):
        attempt(database, "192.0.2.2", "ada@example.org")


def test_a_success_forgives_its_keys_and_no_others(database):
    attempts(database, 10, "192.0.2.1", "ada@example.org")
    attempts(database, 10, "192.0.2.9")
    with database.writing() as session:
        forgive(session, "password", "192.0.2.1", "ada@example.org")
    attempt(database, "192.0.2.1", "ada@example.org")
    with pytest.raises(TooManyAttempts):
        attempt(database, "192.0.2.9")


def test_a_success_of_one_kind_does_not_forgive_another(database):
    attempts(database, 10, "192.0.2.1")
    with database.writing() as session:
        forgive(session, "link", "192.0.2.1")
    with pytest.raises(TooManyAttempts):
        attempt(database, "192.0.2.1")


def test_who_tried_is_not_readable_in_the_table(database):
    attempt(database, "ada@example.org")
    with database.reading() as session:
        assert b"ada" not in session.query(Attempt).one().key_hash


def test_attempts_at_the_same_moment_are_not_worth_more(database):
    outcomes = race(*[lambda: attempt(database, "192.0.2.1")] * 16)
    assert outcomes.count(None) == MOST_ATTEMPTS
    assert sum(isinstance(outcome, TooManyAttempts) for outcome in outcomes) == 6
