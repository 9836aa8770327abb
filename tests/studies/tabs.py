"""A study before real browsers' tabs: pages over HTTP, the forms in them, and what the server said that it stored."""

import http.client
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Row, func, select

from app.database import Database
from app.main import create_app
from app.models.base import now
from app.models.candidates import Rating
from app.models.people import Membership, Role
from app.models.studies import Assignment, AssignmentState, StudyItem
from app.people.sessions import sign_in
from app.settings import Settings
from app.web.visit import COOKIE
from tests.builders import ALL_VALID, add_person, add_project
from tests.generation.workshop import serving
from tests.studies.builders import add_examples, add_study

_FORM = re.compile(
    r'action="([^"]+/rate/(\d+))".*?name="version" value="(\d+)".*?name="submission" value="([^"]+)"', re.DOTALL
)


@dataclass(frozen=True)
class Form:
    """The form of one assignment as a page held it, with answers; sent again it is the same answer."""

    path: str
    assignment: int
    version: str
    submission: str
    answers: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """``is_stored``: the server said of this very form that it is stored. ``following`` is the form that came back."""

    status: int
    is_stored: bool
    following: Form | None
    text: str


class Tab:
    """One tab of one signed-in person, on a connection of its own."""

    def __init__(self, port: int, token: str, path: str) -> None:
        self.port, self.path = port, path
        self._headers = {"Cookie": f"{COOKIE}={token}", "HX-Request": "true", "Sec-Fetch-Site": "same-origin"}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def hang_up(self) -> None:
        """Close the connection; the next request opens another."""
        self._connection.close()

    def look(self, path: str = "/rate") -> Form | None:
        """Open a page of the study and return the form in it."""
        return self._ask("GET", self.path + path, "").following

    def send(self, form: Form, **more: str) -> Answer:
        """Send a form."""
        fields = {"version": form.version, "submission": form.submission, "comment": form.submission}
        return self._ask("POST", form.path, urlencode(fields | form.answers | more), form.submission)

    def post(self, path: str) -> Answer:
        """Press a button."""
        return self._ask("POST", self.path + path, "")

    def _ask(self, method: str, path: str, body: str, submission: str = "") -> Answer:
        headers = self._headers | ({"Content-Type": "application/x-www-form-urlencoded"} if body else {})
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        text = response.read().decode()
        if onward := response.headers.get("HX-Redirect"):
            return self._ask("GET", onward, "")
        is_stored = bool(submission) and response.headers.get("tamis-saved") == submission
        return Answer(response.status, is_stored, _form_in(text), text)


def other(form: Form, mark: str, **answers: str) -> Form:
    """Return the same example's form as another tab holds it: an answer of its own, with other ``answers``."""
    return replace(form, submission=f"{form.submission[:20]}-{mark}", answers={**form.answers, **answers})


@dataclass(frozen=True)
class Desk:
    """An open study, and the tokens of those who rate in it by their ids."""

    url: str
    project_id: int
    study_id: int
    owner: str
    people: dict[int, str]

    @property
    def path(self) -> str:
        return f"/projects/{self.project_id}/studies/{self.study_id}"

    def tab(self, port: int, person: int) -> Tab:
        return Tab(port, self.people[person], self.path)


def set_up(url: str, *, people: int, examples: int, **plan: Any) -> Desk:
    """Open a study of so many examples for so many annotators."""
    database = Database(url)
    with database.writing() as session:
        project = add_project(session)
        add_examples(session, project, examples)
        owner = session.scalars(select(Membership).where(Membership.project_id == project.id)).one().person
        study = add_study(session, project, owner, size=f"{examples}", **plan)
        tokens = {}
        for number in range(people):
            person = add_person(session, f"Person {number}")
            join = {"project_id": project.id, "person_id": person.id, "role": Role.ANNOTATOR, "created_at": now()}
            session.add(Membership(**join))
            tokens[person.id] = sign_in(session, person, browser="test", days=1)
        made = Desk(url, project.id, study.id, sign_in(session, owner, browser="test", days=1), tokens)
    database.dispose()
    return made


@contextmanager
def served(desk: Desk, folder: Path) -> Iterator[int]:
    """Serve a study's pages from this process. Gives the port."""
    app = create_app(Settings(database_url=desk.url, data_dir=folder, embedded_engine=False))
    with serving(app) as url:
        yield int(url.split(":")[2].split("/")[0])


@contextmanager
def looked_into(desk: Desk) -> Iterator["Books"]:
    """What is stored, read anew at each question."""
    database = Database(desk.url)
    try:
        yield Books(database, desk)
    finally:
        database.dispose()


class Books:
    """What is stored of a study."""

    def __init__(self, database: Database, desk: Desk) -> None:
        self._database, self._desk = database, desk

    def ratings(self) -> list[Row[Any]]:
        """Every rating: its assignment, submission, whether it counts and whether it is a skip."""
        with self._database.reading() as session:
            counts = Rating.replaced_at.is_(None).label("counts")
            query = select(Rating.assignment_id, Rating.submission, counts, Rating.skipped).order_by(Rating.id)
            return list(session.execute(query))

    def check(self) -> dict[int, str]:
        """Check what must always be so. Returns the submission that counts for each assignment that has one."""
        stored = self.ratings()
        submissions = [each.submission for each in stored]
        assert len(set(submissions)) == len(submissions), "an answer is stored twice"
        counting = {each.assignment_id: each for each in stored if each.counts}
        assert len(counting) == sum(each.counts for each in stored), "two ratings of one assignment count"
        for assignment in self._assignments():
            rating = counting.get(assignment.id)
            skipped = rating is not None and rating.skipped
            wanted = {AssignmentState.OPEN: rating is None, AssignmentState.DONE: rating is not None and not skipped}
            assert wanted.get(assignment.state, rating is None or skipped), f"{assignment} has {rating}"
        with self._database.reading() as session:
            counted = (
                select(func.count())
                .where(
                    Assignment.study_item_id == StudyItem.id,
                    Assignment.number == 1,
                    Assignment.state != AssignmentState.RELEASED,
                )
                .scalar_subquery()
            )
            wrong = session.execute(select(StudyItem.id, StudyItem.given, counted).where(StudyItem.given != counted))
            assert wrong.all() == [], "more or fewer are counted than have it"
        return {number: each.submission for number, each in counting.items()}

    def _assignments(self) -> list[Row[Any]]:
        with self._database.reading() as session:
            return list(session.execute(select(Assignment.id, Assignment.state, Assignment.annotator_id)))


def _form_in(text: str) -> Form | None:
    if (found := _FORM.search(text)) is None:
        return None
    path, assignment, version, submission = found.groups()
    return Form(path, int(assignment), version, submission, ALL_VALID)
