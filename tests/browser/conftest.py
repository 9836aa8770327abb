"""A browser, and a Tamis for it to look at."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.instance import Instance, World
from tests.browser.processes import launch, printed, stop
from tests.browser.visitors import Visitors

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        yield started
        started.close()


@pytest.fixture
def visitors(browser: Browser, tamis: Instance) -> Iterator[Visitors]:
    """People at their browsers. A complaint of any page they saw fails the test."""
    people = Visitors(browser, tamis)
    yield people
    people.leave()


@pytest.fixture(scope="session")
def shared_tamis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    instance = Instance(tmp_path_factory.mktemp("tamis"))
    instance.start()
    yield instance
    instance.close()


@pytest.fixture
def tamis(shared_tamis: Instance) -> Instance:
    """A running Tamis, one for all tests of a process: each has projects and people of its own."""
    return shared_tamis


@pytest.fixture
def world(tamis: Instance) -> World:
    """A project with five kept examples, an owner and an annotator."""
    return tamis.new_world()


@pytest.fixture(scope="session")
def practice_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a practice model that takes a tenth of a second for every answer."""
    home: Path = tmp_path_factory.mktemp("practice")
    process = launch(("practice-model", "--port", "0", "--latency-ms", "100"), home)
    yield printed(process, r"http://\S+")
    stop(process)
