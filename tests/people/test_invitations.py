"""Links that make whoever opens them a member."""

import pytest

from app.errors import InvalidInput, NotFound
from app.models.people import Invitation, Role
from app.people.accounts import change_member, members_of, role_in
from app.people.invitations import invitation_of, invite, open_invitations, redeem, revoke_invitation
from tests.factories import events, person, project
from tests.racing import race

GONE = "run out or was withdrawn"


def invited(session, recipes, *, role="annotator", uses="1", days="7"):
    (owner, *_) = members_of(session, recipes.id)
    return invite(session, recipes.id, role=role, uses=uses, days=days, actor_id=owner.person_id)


@pytest.mark.parametrize("role", ["annotator", "curator", "owner"])
def test_an_invitation_makes_a_new_person_a_member_with_its_role(session, role):
    recipes = project(session)
    invitation, token = invited(session, recipes, role=role)
    joined = redeem(session, token, person=None, name=" Ben ")
    assert joined.name == "Ben"
    assert role_in(session, recipes.id, joined.id) is Role(role)
    assert invitation.uses == 1
    (event,) = events(session, "member.joined")
    assert (event.actor_id, event.after) == (joined.id, {"role": role, "invitation": invitation.id})


def test_an_invitation_makes_somebody_with_an_account_a_member(session):
    recipes, ben = project(session), person(session, "Ben")
    _, token = invited(session, recipes)
    assert redeem(session, token, person=ben, name="ignored") is ben
    assert role_in(session, recipes.id, ben.id) is Role.ANNOTATOR


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"role": "king"}, "role"),
        ({"role": ""}, "role"),
        ({"uses": "0"}, "Number of people"),
        ({"uses": "1001"}, "Number of people"),
        ({"uses": "some"}, "Number of people"),
        ({"uses": ""}, "Number of people"),
        ({"uses": "9" * 5_000}, "Number of people"),
        ({"days": "0"}, "Days"),
        ({"days": "91"}, "Days"),
        ({"days": "-1"}, "Days"),
        ({"days": "٣"}, "Days"),
    ],
)
def test_an_invitation_out_of_bounds_is_refused_with_the_field(session, changes, field):
    with pytest.raises(InvalidInput) as refused:
        invited(session, project(session), **changes)
    assert refused.value.field == field


def test_an_invitation_serves_as_many_as_it_says(session):
    recipes = project(session)
    _, token = invited(session, recipes, uses="2")
    redeem(session, token, person=None, name="Ben")
    redeem(session, token, person=None, name="Cleo")
    with pytest.raises(InvalidInput, match=GONE):
        redeem(session, token, person=None, name="Dov")
    assert [member.person.name for member in members_of(session, recipes.id)] == ["Ada", "Ben", "Cleo"]


def test_an_invitation_runs_out_after_its_days(session, clock):
    recipes = project(session)
    _, token = invited(session, recipes, days="7")
    clock.forward(days=6, hours=23)
    assert invitation_of(session, token).project_id == recipes.id
    clock.forward(hours=2)
    for use in (lambda: invitation_of(session, token), lambda: redeem(session, token, person=None, name="Ben")):
        with pytest.raises(InvalidInput, match=GONE):
            use()


def test_a_withdrawn_invitation_is_refused_and_withdrawing_twice_changes_nothing(session):
    recipes = project(session)
    invitation, token = invited(session, recipes)
    for _ in range(2):
        revoke_invitation(session, recipes.id, invitation.id, actor_id=1)
    with pytest.raises(InvalidInput, match=GONE):
        redeem(session, token, person=None, name="Ben")
    assert [event.subject_id for event in events(session, "invitation.revoked")] == [invitation.id]


@pytest.mark.parametrize("token", ["", "unknown", "\x00\ud800"])
def test_an_unknown_invitation_is_refused(session, token):
    with pytest.raises(InvalidInput, match=GONE):
        invitation_of(session, token)


def test_an_invitation_of_another_project_is_not_found(session):
    recipes, poems = project(session, "Recipes"), project(session, "Poems")
    invitation, token = invited(session, recipes)
    for invitation_id in (invitation.id, 10**6):
        with pytest.raises(NotFound):
            revoke_invitation(session, poems.id, invitation_id, actor_id=1)
    assert invitation_of(session, token) is invitation


def test_only_invitations_that_can_be_used_are_listed(session, clock):
    recipes = project(session)
    short, _ = invited(session, recipes, days="1")
    clock.forward(days=2)
    _, used = invited(session, recipes)
    redeem(session, used, person=None, name="Ben")
    withdrawn, _ = invited(session, recipes)
    revoke_invitation(session, recipes.id, withdrawn.id, actor_id=1)
    first, _ = invited(session, recipes)
    second, _ = invited(session, recipes)
    invited(session, project(session, "Poems"))
    assert short.expires_at < clock()
    assert list(open_invitations(session, recipes.id)) == [second, first]


def test_the_database_and_the_record_hold_no_token(session):
    invitation, token = invited(session, project(session))
    assert token.encode() not in invitation.token_hash
    (event,) = events(session, "invitation.made")
    assert event.after == {"role": "annotator", "uses": 1}


@pytest.mark.parametrize(
    ("before", "offered", "after"),
    [
        ("annotator", "curator", Role.CURATOR),
        ("curator", "annotator", Role.CURATOR),
        ("owner", "curator", Role.OWNER),
        ("curator", "curator", Role.CURATOR),
    ],
)
def test_a_member_keeps_the_higher_role_and_uses_up_only_what_raises_it(session, before, offered, after):
    recipes = project(session)
    _, first = invited(session, recipes, role=before)
    ben = redeem(session, first, person=None, name="Ben")
    again, token = invited(session, recipes, role=offered)
    assert redeem(session, token, person=ben, name="") is ben
    assert role_in(session, recipes.id, ben.id) is after
    assert again.uses == (before != after.value)
    changes = [(event.before["role"], event.after["role"]) for event in events(session, "member.changed")]
    assert changes == ([] if before == after.value else [(before, after.value)])


def test_a_removed_member_who_is_invited_again_has_the_role_of_the_invitation(session):
    recipes = project(session)
    _, first = invited(session, recipes, role="curator")
    ben = redeem(session, first, person=None, name="Ben")
    member = members_of(session, recipes.id)[-1]
    change_member(session, recipes.id, member.id, None, actor_id=1)
    again, token = invited(session, recipes, role="annotator")
    redeem(session, token, person=ben, name="")
    assert members_of(session, recipes.id)[-1] is member
    assert member.role is Role.ANNOTATOR
    assert again.uses == 1


def test_a_name_that_is_refused_uses_nothing_up(database):
    with database.writing() as session:
        invitation, token = invited(session, project(session))
    with pytest.raises(InvalidInput, match="Your name"), database.writing() as session:
        redeem(session, token, person=None, name=" ")
    with database.reading() as session:
        assert session.get_one(Invitation, invitation.id).uses == 0
        assert invitation_of(session, token)


def test_who_races_for_the_last_use_one_gets_it(database):
    with database.writing() as session:
        recipes = project(session)
        invitation, token = invited(session, recipes, uses="1")

    def join(name):
        with database.writing() as session:
            return redeem(session, token, person=None, name=name).name

    outcomes = race(*[lambda name=name: join(name) for name in ("Ben", "Cleo", "Dov", "Eve")])
    (winner,) = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert [GONE in str(outcome) for outcome in outcomes].count(True) == 3
    with database.reading() as session:
        assert [member.person.name for member in members_of(session, recipes.id)] == ["Ada", winner]
        assert session.get_one(Invitation, invitation.id).uses == 1


def test_somebody_who_joins_twice_at_the_same_moment_joins_once(database):
    with database.writing() as session:
        recipes, ben = project(session), person(session, "Ben")
        invitation, token = invited(session, recipes, uses="5")

    def join():
        with database.writing() as session:
            return redeem(session, token, person=session.merge(ben, load=False), name="").name

    assert race(*[join] * 4) == ["Ben"] * 4
    with database.reading() as session:
        assert [member.person.name for member in members_of(session, recipes.id)] == ["Ada", "Ben"]
        assert session.get_one(Invitation, invitation.id).uses == 1
