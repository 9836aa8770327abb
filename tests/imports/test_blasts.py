"""No file that somebody sends costs more than its size says, outlasts a stop, or keeps others waiting."""

import subprocess
import sys

import pytest


def blast(url, *arguments):
    """Send bombs in a process of its own, whose memory is its own."""
    command = [sys.executable, "-m", "tests.imports.blasts", "--url", url, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_no_bomb_costs_more_than_its_size_says(empty_sqlite_url):
    ran = blast(empty_sqlite_url, "--short", "--mb", "5", "--unpacked-mb", "10", "--records", "10000")
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.slow
def test_no_larger_bomb_does_either_at_any_door(empty_database_url):
    ran = blast(empty_database_url, "--mb", "40", "--unpacked-mb", "60", "--records", "50000")
    assert ran.returncode == 0, ran.stdout + ran.stderr
