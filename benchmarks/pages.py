"""What a page costs the server at 10,000 candidates: milliseconds over HTTP to the full body, and queries.

Pages are asked for in interleaved rounds, so that a busy moment of the machine falls on all of them alike, and each
figure is the median over the rounds.
"""

import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from _figures import report
from _made import Made, examples, fill
from _served import Answer, Browser, databases, serve
from sqlalchemy import event, select
from starlette.testclient import TestClient

from app.database import Database
from app.main import create_app
from app.models.candidates import Candidate, Outcome, Rating
from app.models.projects import Project
from app.rating.rubrics import quality_study
from app.settings import Settings
from app.web.visit import COOKIE

CANDIDATES = 10_000
ROUNDS = 41
WARM_UP = 3
HTMX = {"HX-Request": "true"}
_NO_QUERY = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
_SAVED = "saved rating and its next card"
_SAVED_BY_RULE = "saved rating and its next card, with an approval rule"


def main() -> None:
    given, source = examples(CANDIDATES)
    print(f"{CANDIDATES:,} candidates, {source}", file=sys.stderr)
    with databases() as urls:
        for name, url in urls.items():
            made = fill(url, given, approved=0.3, kept=0.8, raters=3)
            _measure_time(name, url, made)
            _count_queries(name, url, made)


def _paths(made: Made) -> dict[str, tuple[str, int]]:
    """Each page's path and its bar in milliseconds."""
    project = f"/projects/{made.project_id}"
    return {
        "candidate list": (f"{project}/candidates", 25),
        "candidate list, approved": (f"{project}/candidates?decided=approved", 25),
        "candidate list, text search": (f"{project}/candidates?q=rivers", 25),
        "candidate list, rare text": (f"{project}/candidates?q=no+such+text", 25),
        "candidate list, deep page": (f"{project}/candidates?before=500", 25),
        "rate page": (f"{project}/rate", 50),
        "run page": (f"{project}/runs/{made.run_id}", 50),
        "project page": (project, 50),
    }


class _Annotator:
    """Rates one candidate after the other, each once, as the rating page does."""

    def __init__(self, url: str, made: Made) -> None:
        self._database, self._made = Database(url), made
        with self._database.reading() as session:
            rated = select(Rating.candidate_id)
            kept = select(Candidate.id).where(Candidate.outcome == Outcome.KEPT, Candidate.id.not_in(rated))
            self._left = iter(list(session.scalars(kept.order_by(Candidate.id))))

    def next_form(self, *, rule: int) -> tuple[str, dict[str, Any]]:
        """Return the path and the form of the next rating, in a project with this approval rule (0: none)."""
        with self._database.writing() as session:
            session.get_one(Project, self._made.project_id).approval_ratings = rule
        candidate_id = next(self._left)
        answers = {question.name: question.valid for question in quality_study.questions}
        form = {"version": 1, "submission": f"benchmark-{candidate_id}", "seconds": 4.2, **answers}
        return f"/projects/{self._made.project_id}/rate/{candidate_id}", form

    def close(self) -> None:
        self._database.dispose()


def _measure_time(name: str, url: str, made: Made) -> None:
    times: dict[str, list[float]] = {}
    annotator, paths = _Annotator(url, made), _paths(made)
    with serve(url) as server:
        browser = Browser(server.port, made.token)

        def save(rule: int) -> Answer:
            path, form = annotator.next_form(rule=rule)
            return browser.post(path, form, **HTMX)

        asks: dict[str, Callable[[], Answer]] = {
            page: (lambda path=path: browser.get(path)) for page, (path, _) in paths.items()
        } | {_SAVED: lambda: save(0), _SAVED_BY_RULE: lambda: save(1)}
        for turn in range(WARM_UP + ROUNDS):
            for page, ask in asks.items():
                took = ask().milliseconds
                if turn >= WARM_UP:
                    times.setdefault(page, []).append(took)
    annotator.close()
    for page, took_each in times.items():
        bar = paths[page][1] if page in paths else 25
        p95 = round(statistics.quantiles(took_each, n=20)[-1], 2)
        report(f"{page}, {CANDIDATES:,} candidates, {name}", statistics.median(took_each), "ms", f"< {bar}", p95=p95)


def _count_queries(name: str, url: str, made: Made) -> None:
    app = create_app(Settings(database_url=url, embedded_engine=False))
    annotator = _Annotator(url, made)
    with TestClient(app, cookies={COOKIE: made.token}) as client, _counted(app.state.database) as count:
        for page, (path, _) in _paths(made).items():
            count.clear()
            assert client.get(path).status_code == 200
            bar = "<= 5" if page.startswith("candidate list") else ""
            report(f"queries of the {page}, {name}", count.total(), "queries", bar)
        for page, rule in ((_SAVED, 0), (_SAVED_BY_RULE, 1)):
            path, form = annotator.next_form(rule=rule)
            count.clear()
            assert client.post(path, data=form, headers=HTMX).status_code == 200
            # A decision that the rule then makes is two more writes, so no bar is set there.
            report(f"queries of a {page}, {name}", count.total(), "queries", "<= 5" if not rule else "", **dict(count))
    annotator.close()


@contextmanager
def _counted(database: Database) -> Iterator[Counter[str]]:
    """Count the statements that the application sends, as "reads" and "writes"."""
    count: Counter[str] = Counter()

    @event.listens_for(database.engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        word = statement.split(maxsplit=1)[0].upper()
        if word not in _NO_QUERY:
            count["reads" if word in {"SELECT", "WITH"} else "writes"] += 1

    yield count
    event.remove(database.engine, "before_cursor_execute", note)


if __name__ == "__main__":
    main()
