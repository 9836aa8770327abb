"""People: invited by a link that is shown once, given roles, removed."""

import re

from sqlalchemy import select

from app.models.people import Invitation
from tests.web.html import parse


def test_a_link_is_shown_once_and_works(olga, nobody, place, database):
    page = parse(olga.submit("people.invite", {"role": "curator", "uses": "2", "days": "1"}, project_id=place.id).text)
    (link,) = [each["value"] for each in page.all("input") if each["id"] == "link"]
    token = re.fullmatch(r"http://testserver/join/([\w-]{43})", link).group(1)
    assert "as a curator" in nobody.get(f"/join/{token}").text
    assert token not in olga.visit("people.list", project_id=place.id).text
    with database.reading() as session:
        assert token.encode() not in session.scalars(select(Invitation.token_hash)).all()


def test_a_role_is_changed_and_the_last_owner_stays(olga, cem, place):
    cems = {"project_id": place.id, "member_id": place["cem_member_id"]}
    olgas = {"project_id": place.id, "member_id": place["member_id"]}
    assert olga.submit("people.change", {"role": "annotator"}, **olgas).status_code == 409
    assert "Saved." in olga.follow(olga.submit("people.change", {"role": "owner"}, **cems)).text
    assert cem.visit("people.list", project_id=place.id).status_code == 200
    assert cem.submit("people.change", {"role": "annotator"}, **olgas).status_code == 303
    assert olga.visit("people.list", project_id=place.id).status_code == 403


def test_a_withdrawn_invitation_leaves_the_list(olga, place):
    assert "1 of 5 used" not in olga.visit("people.list", project_id=place.id).text
    assert "0 of 5 used" in olga.visit("people.list", project_id=place.id).text
    answer = olga.submit("people.revoke", project_id=place.id, invitation_id=place["invitation_id"])
    page = olga.follow(answer).text
    assert "The invitation is withdrawn." in page
    assert "0 of 5 used" not in page
