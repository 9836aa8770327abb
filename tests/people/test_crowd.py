"""Crowd links: one person for each id, and a code at the end."""

import pytest
from sqlalchemy import func, select

from app.errors import InvalidInput
from app.models.people import Invitation, Membership, Person, Role
from app.people.accounts import change_member, members_of, set_password
from app.people.crowd import Completion, completion_of, crowd_link_of, invite_crowd, take_part
from app.people.invitations import revoke_invitation
from tests.factories import person, project
from tests.racing import race


def crowd(session, recipes, **changes):
    (owner, *_) = members_of(session, recipes.id)
    values = {"parameter": "PROLIFIC_PID", "completion_code": "C0DE", "asked": "", "uses": "2", "days": "7"}
    return invite_crowd(session, recipes.id, **values | changes, actor_id=owner.person_id)


def test_the_same_id_is_the_same_person_and_another_id_another(session):
    recipes = project(session)
    invitation, token = crowd(session, recipes)
    first = take_part(session, token, "abc", here=None)
    second = take_part(session, token, "xyz", here=None)
    assert take_part(session, token, "abc", here=None) is first
    assert take_part(session, token, "abc", here=second) is first  # the next person at the same computer
    assert first is not second
    assert invitation.uses == 2
    members = members_of(session, recipes.id)[1:]
    assert [(each.external_id, each.role) for each in members] == [("abc", Role.ANNOTATOR), ("xyz", Role.ANNOTATOR)]
    with pytest.raises(InvalidInput):
        take_part(session, token, "third", here=None)


def test_an_id_is_somebody_else_in_another_project(session):
    recipes, poems = project(session, "Recipes"), project(session, "Poems")
    people = [take_part(session, crowd(session, each)[1], "abc", here=None) for each in (recipes, poems)]
    assert people[0] is not people[1]


@pytest.mark.parametrize("external_id", ["", " ", "a b", "a\nb", "<b>", "é", "x" * 101, "{{%PROLIFIC_PID%}}"])
def test_an_id_that_is_none_is_refused(session, external_id):
    with pytest.raises(InvalidInput, match="participant number"):
        take_part(session, crowd(session, project(session))[1], external_id, here=None)


def test_somebody_with_an_account_is_not_turned_into_a_participant(session):
    _, token = crowd(session, project(session))
    with pytest.raises(InvalidInput, match="private window"):
        take_part(session, token, "abc", here=person(session, "Ben"))


@pytest.mark.parametrize("change", ["removed", "curator", "password"])
def test_an_id_opens_nothing_more_than_an_annotators_part(session, change):
    recipes = project(session)
    _, token = crowd(session, recipes)
    joined = take_part(session, token, "abc", here=None)
    member = members_of(session, recipes.id)[-1]
    if change == "password":
        set_password(session, joined, email="a@b.org", password="a long password", present="", keep_token=None)
    else:
        change_member(session, recipes.id, member.id, Role.CURATOR if change == "curator" else None, actor_id=1)
    with pytest.raises(InvalidInput, match="closed"):
        take_part(session, token, "abc", here=None)


def test_a_link_asks_a_participant_for_a_number_and_a_curator_for_none(session):
    recipes = project(session)
    take_part(session, crowd(session, recipes, asked="5")[1], "abc", here=None)
    member = members_of(session, recipes.id)[-1]
    assert member.asked == 5
    change_member(session, recipes.id, member.id, Role.CURATOR, actor_id=1)
    assert member.asked is None


def test_a_withdrawn_link_lets_nobody_in(session):
    recipes = project(session)
    invitation, token = crowd(session, recipes)
    take_part(session, token, "abc", here=None)
    revoke_invitation(session, recipes.id, invitation.id, actor_id=1)
    for external_id in ("abc", "new"):
        with pytest.raises(InvalidInput, match="withdrawn"):
            take_part(session, token, external_id, here=None)


def test_the_code_is_that_of_the_link_one_came_by(session):
    recipes = project(session)
    one, other = crowd(session, recipes)[1], crowd(session, recipes, completion_code="")[1]
    first, second = take_part(session, one, "abc", here=None), take_part(session, other, "xyz", here=None)
    owner = members_of(session, recipes.id)[0].person_id
    links = [crowd_link_of(session, recipes.id, each) for each in (first.id, second.id, owner)]
    assert [each and completion_of(each).code for each in links] == ["C0DE", "", None]


@pytest.mark.parametrize("changes", [{"parameter": "a b"}, {"parameter": ""}, {"asked": "0"}, {"uses": ""}])
def test_a_crowd_link_out_of_bounds_is_refused(session, changes):
    with pytest.raises(InvalidInput):
        crowd(session, project(session), **changes)


def test_somebody_who_opens_the_link_twice_at_once_joins_once(database):
    with database.writing() as session:
        invitation, token = crowd(session, project(session), uses="9")

    def open_link():
        with database.writing() as session:
            return take_part(session, token, "abc", here=None).id

    assert len(set(race(*[open_link] * 4))) == 1
    with database.reading() as session:
        assert session.get_one(Invitation, invitation.id).uses == 1
        assert session.scalar(select(func.count()).where(Membership.external_id == "abc")) == 1
        assert session.scalar(select(func.count()).where(Person.name == "Participant abc")) == 1


PROLIFIC = "https://app.prolific.com/submissions/complete?cc="


@pytest.mark.parametrize(
    ("url", "code", "shown", "leads_to"),
    [
        ("", "C0DE", "C0DE", ""),
        (f"{PROLIFIC}C1A2B3", "", "C1A2B3", f"{PROLIFIC}C1A2B3"),
        (f"{PROLIFIC}C1A2B3", "C1A2B3", "C1A2B3", f"{PROLIFIC}C1A2B3"),
        (f"{PROLIFIC}{{code}}", "C1A2B3", "C1A2B3", f"{PROLIFIC}C1A2B3"),
        (
            "https://crowd.example/done/{code}/?a=b",
            "A/ä&b?",
            "A/ä&b?",
            "https://crowd.example/done/A%2F%C3%A4%26b%3F/?a=b",
        ),
        ("https://crowd.example:8443/done", "", "", "https://crowd.example:8443/done"),
        ("HTTPS://Crowd.Example", "", "", "HTTPS://Crowd.Example"),
    ],
)
def test_the_way_back_carries_the_code(session, url, code, shown, leads_to):
    invitation, _ = crowd(session, project(session), completion_url=url, completion_code=code)
    assert completion_of(invitation) == Completion(shown, leads_to)


@pytest.mark.parametrize(
    "url",
    [
        "http://app.prolific.com/",
        "javascript:alert(1)",
        "//app.prolific.com/",
        "https:app.prolific.com",
        "https://",
        "https:///x",
        "https://app.prolific.com@evil.example/",
        "https://a b.example/",
        "https://a.example/\\evil.example",
        "https://ä.example/",
        "https://a.example/\nx",
        "https://a.example:x/",
        "https://" + "a" * 500,
    ],
)
def test_an_address_that_leads_astray_is_refused(session, url):
    with pytest.raises(InvalidInput):
        crowd(session, project(session), completion_url=url)


def test_code_and_address_must_agree(session):
    recipes = project(session)
    with pytest.raises(InvalidInput, match="another code, C1"):
        crowd(session, recipes, completion_url=f"{PROLIFIC}C1", completion_code="C2")
    with pytest.raises(InvalidInput, match="stands for"):
        crowd(session, recipes, completion_url="https://crowd.example/{code}", completion_code="")
