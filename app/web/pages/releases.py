"""Releases: frozen, looked at, downloaded."""

from collections.abc import Generator, Mapping
from typing import Annotated

import orjson
from fastapi import APIRouter, Form
from starlette.responses import Response

from app.releases import snapshots
from app.releases.format import Format, choose
from app.releases.formats import FORMATS, format_named
from app.web.download import Download
from app.web.route import Route
from app.web.visit import Visit, Visitor

router = APIRouter(prefix="/projects/{project_id}/releases", route_class=Route)
Text = Annotated[str, Form()]
_PREVIEW = 5
_PIECE = 256 * 1024


@router.get("", name="releases.list")
def list_(visit: Visit) -> Response:
    with visit.reading() as session:
        return visit.render(
            "releases/list.html",
            releases=snapshots.releases_of(session, visit.project.id),
            approved=snapshots.count_approved(session, visit.project.id),
        )


@router.post("", name="releases.freeze")
def freeze(visit: Visit, name: Text, notes: Text = "") -> Response:
    with visit.changing(snapshot=True) as (session, project):
        release = snapshots.freeze(session, project, name=name, notes=notes, actor_id=visit.person.id)
    return visit.redirect("releases.show", project_id=visit.project.id, release_id=release.id)


@router.get("/{release_id}", name="releases.show")
def show(visit: Visit, release_id: int) -> Response:
    with visit.reading() as session:
        release = snapshots.release_in(session, visit.project.id, release_id)
        preview = [orjson.loads(line) for line in snapshots.first_records(session, release.id, _PREVIEW)]
        return visit.render("releases/show.html", release=release, preview=preview, formats=FORMATS)


@router.get("/{release_id}/download/{format_name}", name="releases.download")
def download(visit: Visit, release_id: int, format_name: str) -> Response:
    """Stream a release; memory stays flat however large it is. The query holds the format's options."""
    format_ = format_named(format_name)
    chosen = choose(format_, visit.request.query_params)
    with visit.reading() as session:
        release = snapshots.release_in(session, visit.project.id, release_id)
    name = f"tamis-release-{release.id}-{format_.name}{format_.suffix}"
    return Download(_pieces(visit, release.id, format_, chosen), format_.media_type, name)


def _pieces(
    visit: Visitor, release_id: int, format_: Format, chosen: Mapping[str, str]
) -> Generator[bytes, None, None]:
    """Lines are gathered into larger pieces: a piece crosses a thread boundary, a line should not have to."""
    with visit.reading() as session:
        gathered, size = [], 0
        for line in format_.write(snapshots.records_of(session, release_id), chosen):
            gathered.append(line)
            size += len(line)
            if size >= _PIECE:
                yield b"".join(gathered)
                gathered, size = [], 0
        yield b"".join(gathered)
