"""So many within a while."""

import pytest

from app.errors import TooManyAttempts
from app.models.people import Attempt
from app.people.throttle import LETTERS, LINKS, RESETS, count, count_guess, forget_guess
from app.settings import Settings
from tests.racing import race

SETTINGS = Settings()
HERE, THERE = "192.0.2.1", "198.51.100.7"
ADA, BEN = "ada@example.org", "ben@example.org"


def attempt(database, *keys, limit=LINKS, number=1, settings=SETTINGS):
    with database.writing() as session:
        count(session, settings, limit, *keys, number=number)


def attempts(database, times, *keys):
    for _ in range(times):
        attempt(database, *keys)


def guess(database, email, address, *, known="", right=False):
    with database.writing() as session:
        made = count_guess(session, SETTINGS, email, address, known=known)
    if right:
        with database.writing() as session:
            forget_guess(session, made)


def guesses(database, times, email, address, **how):
    for _ in range(times):
        guess(database, email, address, **how)


def test_the_eleventh_attempt_within_a_quarter_of_an_hour_is_refused(database):
    attempts(database, 10, HERE)
    with pytest.raises(TooManyAttempts, match="Wait a quarter of an hour"):
        attempt(database, HERE)


def test_an_attempt_counts_though_what_was_attempted_failed(database):
    for _ in range(10):
        attempt(database, HERE)
        with pytest.raises(ZeroDivisionError), database.writing():
            raise ZeroDivisionError
    with pytest.raises(TooManyAttempts):
        attempt(database, HERE)


def test_after_a_quarter_of_an_hour_attempts_are_free_again(database, clock):
    attempts(database, 10, HERE)
    clock.forward(minutes=14, seconds=50)
    with pytest.raises(TooManyAttempts):
        attempt(database, HERE)
    clock.forward(seconds=20)
    attempt(database, HERE)


def test_old_attempts_are_not_kept(database, clock):
    attempts(database, 3, HERE)
    clock.forward(minutes=61)
    attempt(database, THERE)
    with database.reading() as session:
        assert session.query(Attempt).count() == 1


def test_each_key_and_each_kind_is_counted_by_itself(database):
    attempts(database, 10, HERE)
    attempt(database, THERE)
    attempt(database, HERE, limit=RESETS)


def test_one_exhausted_key_refuses_all(database):
    attempts(database, 10, ADA)
    with pytest.raises(TooManyAttempts):
        attempt(database, THERE, ADA)


def test_letters_count_by_the_hour_many_at_a_time(database, clock):
    attempt(database, "7", limit=LETTERS, number=200)
    with pytest.raises(TooManyAttempts, match="300 invitations within an hour"):
        attempt(database, "7", limit=LETTERS, number=101)
    clock.forward(minutes=59)
    attempt(database, "7", limit=LETTERS, number=100)
    clock.forward(minutes=2)
    attempt(database, "7", limit=LETTERS, number=200)


def test_how_many_there_may_be_is_a_setting(database):
    fewer = Settings(guesses_per_quarter=3, letters_per_hour=1_200)
    for _ in range(3):
        attempt(database, HERE, settings=fewer)
    with pytest.raises(TooManyAttempts):
        attempt(database, HERE, settings=fewer)
    with pytest.raises(TooManyAttempts, match="1,200 invitations"):
        attempt(database, "7", limit=LETTERS, number=1_201, settings=fewer)


def test_nobody_locks_somebody_else_out(database):
    guesses(database, 10, ADA, HERE)
    with pytest.raises(TooManyAttempts):
        guess(database, ADA, HERE)
    guess(database, f" {ADA.upper()} ", THERE)


def test_whoever_shares_a_busy_address_gets_in(database):
    guesses(database, 10, ADA, HERE)
    guess(database, BEN, HERE)


def test_an_address_may_not_try_one_account_after_the_other_whoever_signs_in_there_meanwhile(database):
    refused = 0
    for number in range(40):
        if number % 9 == 8:
            guess(database, "mine@example.org", HERE, known="my browser", right=True)
        try:
            guess(database, f"{number}@example.org", HERE)
        except TooManyAttempts:
            refused += 1
    assert refused == 10


def test_an_account_may_not_be_tried_from_one_address_after_the_other(database):
    for number in range(10):
        guesses(database, 10, ADA, f"203.0.113.{number}")
    with pytest.raises(TooManyAttempts):
        guess(database, ADA, THERE)


def test_a_browser_that_has_signed_in_before_counts_by_itself(database):
    for number in range(10):
        guesses(database, 10, ADA, f"203.0.113.{number}")
    guesses(database, 10, ADA, HERE, known="her browser")
    with pytest.raises(TooManyAttempts):
        guess(database, ADA, HERE, known="her browser")


def test_a_right_one_takes_back_its_own_count_and_that_of_its_account_there(database):
    guesses(database, 9, ADA, HERE)
    guess(database, ADA, HERE, right=True)
    guesses(database, 10, ADA, HERE)
    with database.reading() as session:
        # The address and the account as a whole keep the wrong ones.
        assert session.query(Attempt).count() == 10 + 2 * 19


def test_many_people_may_sign_in_at_one_address(database):
    for number in range(100):
        guess(database, f"{number}@example.org", HERE, right=True)


def test_who_tried_is_not_readable_in_the_table(database):
    guess(database, ADA, HERE)
    with database.reading() as session:
        assert not any(b"ada" in each.key_hash for each in session.query(Attempt))


def test_attempts_at_the_same_moment_are_not_worth_more(database):
    outcomes = race(*[lambda: attempt(database, HERE)] * 16)
    assert outcomes.count(None) == LINKS.most(SETTINGS)
    assert sum(isinstance(outcome, TooManyAttempts) for outcome in outcomes) == 6
