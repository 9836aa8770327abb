"""No file that somebody sends costs more than its size says, outlasts a stop, or keeps others waiting."""

import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.attack


def blast(record_property, url, *arguments):
    """Send bombs in a process of its own, whose memory is its own."""
    command = [sys.executable, "-m", "tests.imports.blasts", "--url", url, *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    sent = re.search(r"^(\d+) of \d+ bombs held", ran.stdout, re.MULTILINE)
    record_property("attack: bombs sent, all held", int(sent[1]))


def test_no_bomb_costs_more_than_its_size_says(empty_sqlite_url, record_property):
    blast(record_property, empty_sqlite_url, "--short", "--mb", "5", "--unpacked-mb", "10", "--records", "10000")


@pytest.mark.long
def test_no_larger_bomb_does_either_at_any_door(empty_database_url, record_property):
    blast(record_property, empty_database_url, "--mb", "40", "--unpacked-mb", "60", "--records", "50000")
