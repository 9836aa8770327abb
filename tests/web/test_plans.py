"""No page and no change reads more of the database than what it is about: the plans of all that they ask."""

import pytest
from sqlalchemy.orm import Session

from app import approval
from app.models.candidates import Verdict
from app.models.people import Person
from app.people.accounts import set_password
from app.web.access import ACCESS
from tests.plans import Plans, multiply
from tests.web.routes import BY_NAME, RATING, ROUTES, SETTINGS, UNSAFE, prepare, send
from tests.web.world import BOTH, Browser, Place, add_candidate, fill, rate

COPIES = 200
MORE_THAN_A_PAGE = 60
WITHOUT_SETTINGS = {"sign_in.provider", "sign_in.back"}  # of OpenID Connect
_COUNTED_BEFORE_DELETION = (
    *("adjudications", "arrivals", "candidate_versions", "chosen_examples", "decisions", "demonstrations"),
    *("import_chunks", "judgements", "near_duplicates", "release_items", "replayed_candidates", "seed_instances"),
)
READ_WHOLE = dict.fromkeys(
    ((table, "projects.deletion") for table in _COUNTED_BEFORE_DELETION),
    "what goes with a project is counted once, before it goes; no other question is for all of it",
)
READ_WHOLE |= {
    ("persons", "instance.show"): "a page of all people, in the order of the ids that it is read in",
    ("workers", "instance.show"): "all workers are shown; those that are gone are forgotten after a day",
}
# What people narrow a list down to, and where they page to.
NARROWED = {
    "candidates.list": [
        *({"outcome": each} for each in ("kept", "rejected", "unfinished")),
        {"rejected_by": "length"},
        {"pipeline": "alpaca"},
        {"run": "{run_id}"},
        {"imported": "{import_id}"},
        *({"rated": each} for each in ("yes", "no")),
        *({"decided": each} for each in ("approved", "rejected", "open")),
        {"flagged": "yes"},
        *({"replay": "{replay_id}", "at": "0.7", "change": each} for each in ("kept", "gained", "lost_approved")),
        {"duplicates": "{search_id}", "original": "{candidate_id}"},
        {"q": "rivers"},
        {"before": "60"},
        {"before": "60", "outcome": "kept", "rated": "no"},
    ],
    "comparisons.show": [{"after": "0"}],
    "prompts.compare": [{"before": "0", "after": "{prompt_version}"}],
    "rate.next": [{"after": "{candidate_id}"}],
    "rate.ahead": [{"held": "{candidate_id}"}],
    "runs.new": [{"like": "{run_id}"}, {"like_job": "{dry_run_id}"}],
    "seeds.list": [{"q": "Say", "after": "1"}, {"retired": "true"}],
    "studies.new": [{"decided": "approved"}, {"rated": "no"}, {"contenders": "Say it"}],
    "studies.adjudicate": [{"at": "{item_id}"}],
}


@pytest.fixture
def place(app, persons, database) -> Place:
    """Olga's project among many, with more examples than fit on a page. She runs the instance."""
    with database.writing() as session:
        session.get_one(Person, persons["Olga"]).runs_instance = True
        ben = session.get_one(Person, persons["Ben"])
        set_password(session, ben, email="ben@example.org", password="a long password", present="", keep_token=None)
        if not database.is_sqlite:  # which plans by the indexes alone
            much_of_everything(app, session, persons["Ana"])
            multiply(session.connection(), COPIES)
        made = much_of_everything(app, session, persons["Olga"])
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    return made


@pytest.mark.slow
@BOTH
def test_no_page_and_no_change_reads_a_whole_table(app, database, persons, place):
    plans, refused = Plans(database), []
    for route in ROUTES:
        here = place
        if (route in UNSAFE and "{" in route.path) or route.name.startswith("sign_in."):  # it uses up what others need
            with database.writing() as session:
                here = one_of_everything(app, session, persons["Olga"], route.name)
        browser = Browser(app, persons["Olga"] if ACCESS[route.name].signed_in else None)
        with plans.collecting(route.name):
            answer = send(browser, route, here.of(route), here)
            narrowed = [
                browser.get(
                    browser.path(route.name, **place.of(route)),
                    params={name: value.format_map(place.ids) for name, value in query.items()},
                )
                for query in NARROWED.get(route.name, ())
            ]
        if not {each.status_code for each in (answer, *narrowed)} <= {200, 303}:
            refused.append((route.name, answer.status_code, answer.text[-300:]))
    assert {name for name, *_ in refused} == WITHOUT_SETTINGS, refused
    with plans.collecting("a rule"):
        rate_by_rule(Browser(app, persons["Olga"]), place)
    assert len(plans.asked) > 200
    plans.check(READ_WHOLE)


def rate_by_rule(olga: Browser, place: Place) -> None:
    """A project gets an approval rule, which decides on all that was rated and on what is rated next."""
    saved = olga.submit("projects.edit", SETTINGS | {"approval_ratings": "1"}, project_id=place.id)
    form = RATING | {"version": 1, "submission": "by the rule"}
    rated = olga.submit("rate.save", form, htmx=True, project_id=place.id, candidate_id=place["open_id"])
    assert (saved.status_code, rated.status_code) == (303, 200)


def much_of_everything(app, session: Session, owner_id: int) -> Place:
    made = one_of_everything(app, session, owner_id, "runs.live")
    for number in range(MORE_THAN_A_PAGE):
        candidate = add_candidate(session, made.id, f"Name {number} rivers.", in_pool=True)
        rate(session, candidate, owner_id)
        approval.decide(session, candidate, Verdict.APPROVED, owner_id)
    return made


def one_of_everything(app, session: Session, owner_id: int, route: str) -> Place:
    made = fill(session, app.state.vault, owner_id, owner_id)
    prepare(session, BY_NAME[route], made, owner_id, owner_id)
    return made
