"""Joining by an invitation's link: seen first, used by a press."""

import pytest
from sqlalchemy import select

from app.models.people import Invitation, Membership, Person, Role
from app.models.studies import Study
from app.people import invitations
from tests.web.html import parse
from tests.web.world import BOTH, Browser


@pytest.fixture
def invite(olga, place, database):
    def inviting(role, uses="1"):
        with database.writing() as session:
            actor = olga.person_id
            return invitations.invite(session, place.id, role=role, uses=uses, days="7", actor_id=actor)[1]

    return inviting


def test_looking_uses_nothing_up_and_joining_signs_in(app, place, database, invite):
    token, browser = invite("annotator"), Browser(app)
    for _ in range(3):
        assert "Say it" in browser.get(f"/join/{token}").text
    page = browser.follow(browser.submit("join.redeem", {"name": "Jo"}, token=token))
    assert "Rate" in page.text
    with database.reading() as session:
        person = session.scalars(select(Person).where(Person.name == "Jo")).one()
        member = session.scalars(select(Membership).where(Membership.person_id == person.id)).one()
    assert (member.project_id, member.role) == (place.id, Role.ANNOTATOR)
    assert "I am Jo: go on here" in Browser(app).get(f"/join/{token}").text
    gone = Browser(app).visit("join.show", token="unknown").text
    assert "run out or was withdrawn" in gone
    assert "what you typed" not in gone
    assert "run out or was withdrawn" in Browser(app).submit("join.redeem", {"name": "Jack"}, token=token).text


def test_a_link_for_one_goes_on_elsewhere_for_whoever_says_who_they_are(app, place, invite):
    token, phone = invite("annotator"), Browser(app)
    Browser(app).submit("join.redeem", {"name": "Jo"}, token=token)
    assert phone.submit("join.redeem", {"goes_on": "true"}, token=token).status_code == 303
    assert "Jo" in phone.visit("rate.next", project_id=place.id).text


@BOTH
def test_a_member_keeps_the_higher_role_and_uses_up_what_raises_them(ana, cem, place, database, invite):
    token = invite("curator", uses="1")
    assert cem.submit("join.redeem", token=token).status_code == 303
    with database.reading() as session:
        assert session.scalars(select(Invitation.uses).order_by(Invitation.id.desc())).first() == 0
    assert ana.submit("join.redeem", token=token).status_code == 303
    assert ana.visit("seeds.list", project_id=place.id).status_code == 200
    assert Browser(ana.application).submit("join.redeem", {"name": "Late"}, token=token).status_code == 422


def test_a_withdrawn_invitation_is_gone(olga, nobody, place):
    olga.submit("people.revoke", project_id=place.id, invitation_id=place["invitation_id"])
    assert nobody.visit("join.show", token=place["token"]).status_code == 422


@BOTH
def test_an_invitation_into_a_study_leads_to_its_examples(app, olga, place, database, study):
    page = parse(olga.visit("studies.show", project_id=place.id, study_id=study).text)
    (invite,) = [each["href"] for each in page.all("a") if each.text == "Invite people"]
    forms = parse(olga.get(invite).text)
    chosen = [each for each in forms.all("option") if each["value"] == str(study)]
    assert ["selected" in each.attributes for each in chosen] == [True] * 3
    form = {"role": "annotator", "uses": "3", "days": "7", "study": str(study)}
    shown = parse(olga.submit("people.invite", form, project_id=place.id).text)
    (link,) = [each["value"] for each in shown.all("input") if each["id"] == "link"]
    assert "into “Pears”" in olga.visit("people.list", project_id=place.id).text
    path, jo = link.removeprefix("http://testserver"), Browser(app)
    assert "the study <strong>Pears</strong> of the project" in jo.get(path).text
    rating = jo.follow(jo.post(path, data={"name": "Jo"}))
    assert "Rate: Pears" in rating.text
    own = parse(jo.visit("own.show", project_id=place.id).text)
    assert [each["href"] for each in own.all("a") if each.text == "Go on rating"] == [
        jo.path("studies.rate", project_id=place.id, study_id=study)
    ]
    with database.reading() as session:
        assert len(session.get_one(Study, study).people) == 2


def test_a_viewer_who_is_invited_to_rate_is_led_to_what_they_may_see(ana, place, invite, study, olga, database):
    with database.writing() as session:
        session.scalars(select(Membership).where(Membership.person_id == ana.person_id)).one().role = Role.VIEWER
    form = {"role": "annotator", "uses": "3", "days": "7", "study": str(study)}
    shown = parse(olga.submit("people.invite", form, project_id=place.id).text)
    (link,) = [each["value"] for each in shown.all("input") if each["id"] == "link"]
    for path in (link.removeprefix("http://testserver"), f"/join/{invite('annotator')}"):
        offer = ana.get(path).text
        assert "viewers don’t rate" in offer
        assert "join the project all the same" not in offer
        page = ana.follow(ana.post(path))
        assert page.status_code == 200
        assert "viewers don’t rate" in page.text


def test_an_invitation_into_a_study_that_closed_meanwhile_says_so(app, olga, place, study):
    form = {"role": "annotator", "uses": "3", "days": "7", "study": str(study)}
    shown = parse(olga.submit("people.invite", form, project_id=place.id).text)
    (link,) = [each["value"] for each in shown.all("input") if each["id"] == "link"]
    olga.submit("studies.close", project_id=place.id, study_id=study)
    path, jo = link.removeprefix("http://testserver"), Browser(app)
    assert "closed already" in jo.get(path).text
    page = jo.follow(jo.post(path, data={"name": "Jo"})).text
    assert "closed already, so there is nothing left to rate in it." in page
    assert "Your part" in page
    assert olga.submit("people.invite", form, project_id=place.id).status_code == 422
    assert "Invite people" not in olga.visit("studies.show", project_id=place.id, study_id=study).text


def test_a_study_that_gave_everything_out_says_that_nobody_can_join(olga, place):
    form = {"name": "Plums", "size": "1", "people": str(olga.person_id), "opens": "true", "giving_out": "fixed"}
    page = olga.follow(olga.submit("studies.start", form, project_id=place.id)).text
    assert "so nobody new can be invited" in page
    assert "Invite people" not in page


@pytest.fixture
def study(olga, place, database):
    """Olga's open study of one example, which she rates alone so far."""
    form = {"name": "Pears", "size": "1", "one_instance": "true", "people": str(olga.person_id), "opens": "true"}
    assert olga.submit("studies.start", form, project_id=place.id).status_code == 303
    with database.reading() as session:
        return session.scalars(select(Study.id).where(Study.name == "Pears")).one()
