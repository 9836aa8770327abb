"""Rating: answered, sent twice, skipped, taken back, edited, approved."""

from sqlalchemy import func, select

from app.models.candidates import Candidate, Decision, Rating
from tests.web.html import parse
from tests.web.routes import RATING, form_of
from tests.web.world import BOTH, HTMX


def _here(place, name="open_id"):
    return {"project_id": place.id, "candidate_id": place[name]}


def _ratings(database, **wanted):
    with database.reading() as session:
        query = select(func.count()).select_from(Rating).where(Rating.replaced_at.is_(None)).filter_by(**wanted)
        return session.scalar(query)


@BOTH
def test_an_annotator_goes_through_all_and_is_done(ana, place, database):
    for name, version in (("candidate_id", 2), ("open_id", 1)):
        page = ana.visit("rate.next", project_id=place.id).text
        assert f'data-candidate="{place[name]}"' in page
        form = RATING | {"version": version, "submission": name}
        assert ana.submit("rate.save", form, **_here(place, name)).status_code == 303
    page = ana.visit("rate.next", project_id=place.id).text
    assert "All done for now" in page
    assert "2 rated, 0 left for you" in page
    assert _ratings(database, annotator_id=ana.person_id) == 2


@BOTH
def test_the_same_answer_sent_twice_counts_once(ana, place, database):
    form = RATING | {"version": 1}
    for _ in range(2):
        assert ana.submit("rate.save", form, htmx=True, **_here(place)).status_code == 200
    assert _ratings(database, candidate_id=place["open_id"]) == 1
    ana.submit("rate.save", form | {"submission": "newer", "output_correct": "no"}, **_here(place))
    ana.submit("rate.save", form, **_here(place))
    with database.reading() as session:
        (rating,) = session.scalars(
            select(Rating).where(Rating.candidate_id == place["open_id"], Rating.replaced_at.is_(None))
        )
    assert rating.answers["output_correct"] == "no"


@BOTH
def test_an_answer_to_an_older_text_is_refused_but_one_saved_before_is_known(ana, ben, cem, place):
    form = RATING | {"version": 1}
    assert ana.submit("rate.save", form, **_here(place)).status_code == 303
    edit = {"version": 1, "instruction": "Another", "output": "text"}
    assert cem.submit("rate.edit", edit, **_here(place)).status_code == 303
    assert ana.submit("rate.save", form, **_here(place)).status_code == 303
    assert ben.submit("rate.save", form, **_here(place)).status_code == 409
    assert "This example was changed since you rated it." in ana.visit("rate.show", **_here(place)).text


@BOTH
def test_undo_and_back_lead_to_the_last_example(ana, ben, place, database):
    ana.submit("rate.save", RATING | {"version": 1}, **_here(place))
    back = ana.visit("rate.back", project_id=place.id, candidate_id=0)
    assert "You have rated this one." in ana.follow(back).text
    with database.reading() as session:
        rating_id = session.scalars(select(Rating.id).where(Rating.annotator_id == ana.person_id)).one()
    assert ben.submit("rate.undo", project_id=place.id, rating_id=rating_id).status_code == 404
    page = ana.follow(ana.submit("rate.undo", project_id=place.id, rating_id=rating_id))
    assert "Your answer is taken back." in page.text
    assert _ratings(database, annotator_id=ana.person_id) == 0


@BOTH
def test_only_a_curator_approves_and_what_they_left_open_counts_as_yes(ana, cem, place, database):
    form = {"version": 1, "submission": "once", "action": "approve"}
    assert ana.submit("rate.save", form, **_here(place)).status_code == 422
    assert cem.submit("rate.save", form, **_here(place)).status_code == 303
    with database.reading() as session:
        decision = session.scalars(select(Decision).where(Decision.candidate_id == place["open_id"])).one()
        rating = session.scalars(select(Rating).where(Rating.candidate_id == place["open_id"])).one()
    assert decision.decided_by_id == cem.person_id
    assert set(rating.answers.values()) == {"yes"}
    assert 'value="approve"' not in ana.visit("rate.next", project_id=place.id).text


@BOTH
def test_the_rule_approves_once_enough_people_agree(olga, ana, ben, place, database):
    olga.submit("projects.edit", {"name": "Rivers", "approval_ratings": "2"}, project_id=place.id)
    for browser, said in ((ana, []), (ben, ["approved"])):
        browser.submit("rate.save", RATING | {"version": 1}, **_here(place))
        with database.reading() as session:
            found = session.scalars(select(Decision).where(Decision.candidate_id == place["open_id"])).all()
        assert [(each.verdict.value, each.decided_by_id) for each in found] == [(each, None) for each in said]


def test_whoever_rates_changes_texts_only_where_the_project_lets_them(olga, cem, ana, place):
    """A participant who came by a link for the project edited what was approved."""
    edit = {"version": 1, "instruction": "Name a lake.", "output": "Como"}
    page = ana.visit("rate.show", **_here(place)).text
    assert "Edit this example" not in page
    refused = ana.submit("rate.edit", edit, **_here(place))
    assert refused.status_code == 403
    assert "This is for curators" in refused.text
    assert "Edit this example" in cem.visit("rate.show", **_here(place)).text
    olga.submit("projects.edit", form_of("projects.edit", place), project_id=place.id)
    assert "Edit this example" in ana.visit("rate.show", **_here(place)).text
    assert ana.submit("rate.edit", edit, **_here(place)).status_code == 303


def test_an_edit_in_place_shows_the_new_text(cem, place, database):
    edit = {"version": 1, "instruction": "Name a lake.", "output": "Como"}
    part = cem.submit("rate.edit", edit, htmx=True, **_here(place))
    assert "Name a lake." in parse(part.text).text
    with database.reading() as session:
        assert session.get_one(Candidate, place["open_id"]).version == 2
    assert cem.get(cem.path("rate.show", **_here(place)), headers=HTMX).status_code == 200


@BOTH
def test_taking_an_approving_answer_back_takes_the_approval_back(olga, place, database):
    olga.submit("rate.save", {"version": 1, "submission": "y", "action": "approve"}, **_here(place))
    with database.reading() as session:
        rating_id = session.scalar(select(func.max(Rating.id)).where(Rating.annotator_id == olga.person_id))
    olga.submit("rate.undo", {}, project_id=place.id, rating_id=rating_id)
    with database.reading() as session:
        said = session.scalars(
            select(Decision.verdict).where(Decision.candidate_id == place["open_id"]).order_by(Decision.id)
        ).all()
    assert [each.value for each in said] == ["approved", "withdrawn"]
