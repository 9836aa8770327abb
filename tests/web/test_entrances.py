"""How much may come in by each entrance, as docs/security.md says it: drawn from the limits, each reached by a test."""

import re
from pathlib import Path

import pytest

from app.people.invitations import MOST_DAYS, MOST_LETTERS, MOST_USES
from app.settings import Settings
from app.text import FIELD_LIMIT, NAME_LIMIT
from app.web.route import FORM_LIMITS, LARGEST_FORM, LARGEST_OF_STRANGERS
from app.web.security import LONGEST_ADDRESS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
NOW = Settings()
GUESSES = NOW.guesses_per_quarter

# What comes in, how much of it, the settings that say so (none: it is fixed), and the test that reaches the limit.
ENTRANCES = (
    (
        "connections",
        f"{NOW.connections_limit:,} at once; beyond, who keeps the server waiting longest goes",
        ("connections_limit",),
        "tests/test_connections.py::test_where_there_is_no_room_whoever_waits_longest_makes_it",
    ),
    (
        "a client that is waited for",
        f"{NOW.patience_seconds:.0f} seconds to ask, to send more, to read",
        ("patience_seconds",),
        "tests/test_connections.py::test_a_client_that_keeps_the_server_waiting_is_cut_off",
    ),
    (
        "an address with its query",
        f"{LONGEST_ADDRESS:,} bytes",
        (),
        "tests/web/test_security.py::test_an_address_that_is_too_long_is_refused",
    ),
    (
        "what somebody sends who isn't signed in",
        f"{LARGEST_OF_STRANGERS >> 10} KB",
        (),
        "tests/web/test_route.py::test_strangers_send_little",
    ),
    (
        "a form without a file",
        f"{LARGEST_FORM >> 20} MB, {FORM_LIMITS['max_fields']:,} fields",
        (),
        "tests/web/test_route.py::test_a_form_larger_than_any_is_refused",
    ),
    (
        "a text of an example",
        f"{FIELD_LIMIT:,} characters",
        (),
        "tests/test_text.py::test_a_text_of_an_example_may_not_be_too_long_or_blank_where_it_is_needed",
    ),
    ("a name", f"{NAME_LIMIT} characters", (), "tests/test_text.py::test_a_refusal_says_what_is_wrong"),
    (
        "a file, as it is sent",
        f"{NOW.upload_limit_mb} MB, from who may send one here",
        ("upload_limit_mb",),
        "tests/web/test_route.py::test_a_file_over_the_limit_is_refused_with_the_limit_and_nothing_is_stored",
    ),
    (
        "a file, unpacked and as it is stored",
        f"{NOW.unpacked_limit_mb} MB, {NOW.records_limit:,} records",
        ("unpacked_limit_mb", "records_limit"),
        "tests/imports/test_blasts.py::test_no_bomb_costs_more_than_its_size_says",
    ),
    (
        "a job",
        "stops within a second; is given up once it has ended its process twice",
        (),
        "tests/test_jobs.py::test_what_took_two_processes_down_does_not_get_a_third",
    ),
    (
        "pages that follow a run or a job",
        f"{NOW.streams_per_person} of one person; two are drawn at once",
        ("streams_per_person",),
        "tests/web/pages/test_runs.py::test_one_person_follows_so_many_pages_at_once",
    ),
    (
        "wrong passwords in a quarter of an hour",
        f"{GUESSES} for an account from one address, {3 * GUESSES} from an address, {10 * GUESSES} for an account; "
        f"{GUESSES} from a browser that signed in before",
        ("guesses_per_quarter",),
        "tests/people/test_throttle.py::test_an_account_may_not_be_tried_from_one_address_after_the_other",
    ),
    (
        "links that don't work, requests for a new password",
        f"{GUESSES} from an address in a quarter of an hour",
        ("guesses_per_quarter",),
        "tests/people/test_throttle.py::test_the_eleventh_attempt_within_a_quarter_of_an_hour_is_refused",
    ),
    (
        "letters",
        f"{NOW.letters_per_hour} of one person in an hour, {MOST_LETTERS} at once",
        ("letters_per_hour",),
        "tests/people/test_throttle.py::test_letters_count_by_the_hour_many_at_a_time",
    ),
    (
        "people by one invitation",
        f"{MOST_USES:,}, within {MOST_DAYS} days",
        (),
        "tests/people/test_invitations.py::test_an_invitation_out_of_bounds_is_refused_with_the_field",
    ),
)


def test_entrances_documented():
    rows = (
        f"| {what} | {limit} | {', '.join(f'`TAMIS_{name.upper()}`' for name in settings) or 'fixed'} |"
        for what, limit, settings, _ in ENTRANCES
    )
    drawn = "\n".join(["| what comes in | limit | setting |", "| --- | --- | --- |", *rows])
    assert f"\n\n{drawn}\n\n" in PAGE, f"it should be\n{drawn}"


@pytest.mark.parametrize("test", [test for *_, test in ENTRANCES])
def test_each_limit_is_reached_by_a_test(test):
    file, name = test.split("::")
    assert re.search(rf"^ *def {name}\(", (ROOT / file).read_text(), re.MULTILINE)


def test_every_setting_that_bounds_something_is_in_the_table():
    named = {name for *_, settings, _ in ENTRANCES for name in settings}
    assert named == {name for name in Settings.model_fields if re.search(r"limit|_per_|patience", name)}
