"""What a request may be before anything of it is kept: who sends it, and how much."""

import tempfile

import pytest

from app.models.people import Person
from app.people.links import new_link
from app.web.pages import ROUTERS
from app.web.route import LARGEST_FORM, LARGEST_OF_STRANGERS, Route
from tests.web.world import BY_HAND, Browser

BOUNDARY = "x" * 20
HEAD = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n'
    "Content-Type: application/json\r\n\r\n"
).encode()
MULTIPART = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
PIECE = b"x" * 65_536


class Sender:
    """Sends a file piece by piece, without saying how large it is, and counts what was asked for."""

    def __init__(self, pieces: int) -> None:
        self.pieces, self.sent = pieces, 0

    def __iter__(self):
        yield HEAD
        for _ in range(self.pieces):
            self.sent += len(PIECE)
            yield PIECE
        yield f"\r\n--{BOUNDARY}--\r\n".encode()


@pytest.fixture
def spooled(monkeypatch):
    """The files that were begun on the disk."""
    begun = []
    rollover = tempfile.SpooledTemporaryFile.rollover
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", lambda file: (begun.append(file), rollover(file)))
    return begun


def test_every_route_of_a_page_asks_who_comes_before_it_reads():
    assert all(type(route) is Route for router in ROUTERS for route in router.routes)


@pytest.mark.parametrize("who", ["nobody", "sam", "ana"])
@pytest.mark.parametrize("route", ["seeds.import", "imports.start", "imports.answers"])
def test_nobody_s_file_is_kept_who_may_not_send_one(request, place, spooled, who, route):
    browser = request.getfixturevalue(who)
    sender = Sender(32)
    answer = browser.post(browser.path(route, project_id=place.id), content=iter(sender), headers=MULTIPART)
    assert answer.status_code == {"nobody": 303, "sam": 404, "ana": 403}[who]
    assert spooled == []


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/forgotten", "/join/guess", "/sign-in/here/guess"])
@pytest.mark.parametrize("says", [True, False])
def test_strangers_send_little(app, spooled, path, says):
    body = b"".join(Sender(40))
    content = body if says else iter([body[place : place + 4096] for place in range(0, len(body), 4096)])
    answer = Browser(app).post(path, content=content, headers=MULTIPART)
    assert answer.status_code == 413
    assert "more than can be sent here at once" in answer.text
    assert "<h1" in answer.text
    assert spooled == []


def test_what_strangers_type_goes_through(app):
    form = {"email": "x" * (LARGEST_OF_STRANGERS - 1_000), "password": "wrong"}
    assert Browser(app).post("/sign-in", data=form).status_code == 422


@pytest.mark.parametrize("says", [True, False])
def test_a_file_over_the_limit_is_refused_with_the_limit_and_nothing_is_stored(olga, place, says):
    sender = Sender(48)  # 3 MB, where 1 may be uploaded
    content = b"".join(sender) if says else iter(sender)
    answer = olga.post(olga.path("imports.start", project_id=place.id), content=content, headers=MULTIPART)
    assert answer.status_code == 413
    assert "A file may have up to 1 MB" in answer.text
    assert "a.jsonl" not in olga.visit("imports.list", project_id=place.id).text


def test_the_largest_example_can_be_edited(olga, place):
    """Three texts of as many characters as there may be, each of twelve bytes as a form is sent."""
    text = "\N{GRINNING FACE}" * 100_000
    form = {"instruction": text, "input": text, "output": text, "version": 2}
    assert LARGEST_FORM > 3 * 12 * 100_000
    path = olga.path("candidates.edit", project_id=place.id, candidate_id=place["candidate_id"])
    assert olga.post(path, data=form).status_code == 303


def test_a_form_larger_than_any_is_refused(olga, place):
    path = olga.path("candidates.edit", project_id=place.id, candidate_id=place["candidate_id"])
    answer = olga.post(path, data={"instruction": "x" * (LARGEST_FORM + 1)}, headers={"HX-Request": "true"})
    assert answer.status_code == 413
    assert answer.text.strip().startswith("<p>That is more than can be sent here at once")


def test_a_file_in_the_place_of_a_text_is_refused_in_words(olga, place):
    for route in ("studies.start", "runs.start", "comparisons.start", "seeds.add"):
        files = {"name": ("a.txt", b"text"), "seed": ("b.txt", b"7"), "judge": ("c.txt", b"x")}
        answer = olga.post(olga.path(route, project_id=place.id), files=files)
        assert answer.status_code == 422, route
        assert "<h1" in answer.text


@pytest.mark.parametrize("path", ["/", "/healthz", "/sign-in", "/static/app.css", "/nowhere", "/account"])
def test_head_is_answered_as_get_without_the_rest(olga, nobody, path):
    for browser in (olga, nobody):
        whole, head = browser.get(path), browser.head(path)
        assert head.status_code == whole.status_code
        assert head.content == b""
        told = {"content-type", "location", "content-security-policy", "cache-control"}
        assert {name: head.headers.get(name) for name in told} == {name: whole.headers.get(name) for name in told}


def test_head_uses_no_link_up(app, persons, database):
    with database.writing() as session:
        token = new_link(session, session.get_one(Person, persons["Ana"]))
    assert Browser(app).head(f"/sign-in/{token}").status_code == 200
    assert Browser(app).get(f"/sign-in/{token}", headers=BY_HAND).status_code == 303


def test_head_of_a_page_that_goes_on_ends(olga, place):
    answer = olga.head(olga.path("runs.live", project_id=place.id, run_id=place["run_id"]))
    assert answer.status_code == 200
    assert answer.content == b""
