"""A link for one person takes them in again elsewhere, and nobody who could do more than look or rate."""

import pytest

from app.errors import InvalidInput
from app.models.people import Identity, Membership, Role
from app.people.accounts import change_member, members_of, set_password
from app.people.invitations import invite, invite_each, open_invitations, revoke_invitation
from app.people.welcome import come_in, welcome
from tests.factories import person, project

GONE = "run out or was withdrawn"


def arrive(session, token, *, here=None, name="Jo", goes_on=False):
    return come_in(session, token, here=here, name=name, external_id="", goes_on=goes_on).person


@pytest.fixture
def recipes(session):
    return project(session)


@pytest.fixture
def link(session, recipes):
    """A function that makes a link and returns it with its token."""

    def making(role="annotator", uses="1"):
        return invite(session, recipes.id, role=role, uses=uses, days="7", actor_id=1)

    return making


@pytest.mark.parametrize("role", ["viewer", "annotator"])
def test_a_link_for_one_takes_its_guest_in_again(session, link, role):
    _, token = link(role)
    assert welcome(session, token, {}).guest is None
    jo = arrive(session, token)
    assert welcome(session, token, {}).guest is jo
    assert arrive(session, token, goes_on=True) is jo


def test_only_who_says_that_they_are_the_guest_becomes_them(session, link):
    _, token = link()
    arrive(session, token)
    with pytest.raises(InvalidInput, match=GONE):
        arrive(session, token, name="Kim")
    with pytest.raises(InvalidInput, match=GONE):
        arrive(session, token, here=person(session, "Ben"), goes_on=True)


@pytest.mark.parametrize("why", ["curator", "removed", "raised", "elsewhere", "password", "identity", "class", "late"])
def test_nobody_else_is_taken_in_again(session, link, recipes, why, clock):
    invitation, token = link("curator" if why == "curator" else "annotator", "2" if why == "class" else "1")
    jo = arrive(session, token)
    member = members_of(session, recipes.id)[-1]
    if why in {"removed", "raised"}:
        change_member(session, recipes.id, member.id, Role.CURATOR if why == "raised" else None, actor_id=1)
    elif why == "elsewhere":
        poems = project(session, "Poems")
        session.add(Membership(project_id=poems.id, person_id=jo.id, role=Role.ANNOTATOR))
    elif why == "password":
        set_password(session, jo, email="jo@b.org", password="a long password", present="", keep_token=None)
    elif why == "identity":
        session.add(Identity(person_id=jo.id, issuer="https://id.test", subject="jo"))
    elif why == "late":
        clock.forward(days=8)
    session.flush()
    if why == "class":
        assert arrive(session, token, name="Kim", goes_on=True) is not jo
    else:
        with pytest.raises(InvalidInput, match=GONE):
            welcome(session, token, {})
        with pytest.raises(InvalidInput, match=GONE):
            arrive(session, token, goes_on=True)
    assert invitation.uses == (2 if why == "class" else 1)


def test_a_withdrawn_link_takes_nobody_in_again(session, link, recipes):
    invitation, token = link()
    arrive(session, token)
    revoke_invitation(session, recipes.id, invitation.id, actor_id=1)
    with pytest.raises(InvalidInput, match=GONE):
        arrive(session, token, goes_on=True)


def test_each_address_gets_a_link_of_its_own_and_an_earlier_one_stops(session, recipes):
    def made(emails):
        return invite_each(session, recipes.id, role="annotator", emails=emails, days="7", actor_id=1)

    first = made("Jo@example.org, kim@example.org\njo@example.org;")
    assert [each.email for each, _ in first] == ["jo@example.org", "kim@example.org"]
    made("jo@example.org")
    assert sorted(each.email for each in open_invitations(session, recipes.id)) == ["jo@example.org", "kim@example.org"]
    with pytest.raises(InvalidInput, match=GONE):
        welcome(session, first[0][1], {})


@pytest.mark.parametrize("emails", ["", " , ", "jo", "jo@example.org x", " ".join(f"a{n}@b.org" for n in range(101))])
def test_addresses_that_are_none_or_too_many_are_refused(session, recipes, emails):
    with pytest.raises(InvalidInput):
        invite_each(session, recipes.id, role="annotator", emails=emails, days="7", actor_id=1)
    assert not open_invitations(session, recipes.id)
