"""Whoever hangs up in the middle of a file keeps nothing open."""

import gc
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal

from app.web.pages import releases
from app.web.visit import COOKIE
from tests.web.fuzz.shots import Gun, Shot
from tests.web.world import BOTH

FILES = {
    "releases.download": {"format_name": "full"},
    "comparisons.download": {"file_name": "preferences"},
}


@BOTH
@pytest.mark.parametrize("route", FILES)
def test_whoever_hangs_up_gives_the_connection_back(app, olga, place, monkeypatch, route):
    monkeypatch.setattr(releases, "_PIECE", 1)
    ids = {"releases.download": {"release_id": place["release_id"]}}.get(
        route, {"comparison_id": place["comparison_id"]}
    )
    path = olga.path(route, project_id=place.id, **ids, **FILES[route])
    shot = Shot("owner", "GET", path)
    gc.disable()
    try:
        with start_blocking_portal() as portal:
            gun = Gun(app, portal)
            answers = [gun.send(shot, f"{COOKIE}={olga.cookies[COOKIE]}") for _ in range(3)]
        assert [answer.status for answer in answers] == [200] * 3
        assert all(answer.body for answer in answers)
        assert app.state.database.engine.pool.checkedout() == 0
    finally:
        gc.enable()


def test_every_file_that_is_made_while_it_is_sent_is_a_download():
    using = [str(path) for path in Path("app").rglob("*.py") if "StreamingResponse" in path.read_text()]
    assert using == ["app/web/download.py"]
