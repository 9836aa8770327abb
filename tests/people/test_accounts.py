"""Accounts, passwords and members."""

import pytest
from sqlalchemy import select

from app.errors import Conflict, InvalidInput, NotFound
from app.models.people import Membership, Person, Role
from app.people import accounts
from app.people.accounts import (
    change_member,
    check_password,
    create_person,
    first_owner,
    members_of,
    rename_person,
    role_in,
    set_password,
)
from app.people.sessions import person_of, sign_in
from tests.factories import events, person, project
from tests.racing import race

PASSWORD = "correct horse"
SHIPPED_HASHER = accounts._hasher  # before the tests put a quick one in its place


def choose(session, somebody, *, email="ada@example.org", password=PASSWORD, present="", keep_token=None):
    set_password(session, somebody, email=email, password=password, present=present, keep_token=keep_token)


def join(session, project_id, name, role):
    member = Membership(project_id=project_id, person_id=person(session, name).id, role=role)
    session.add(member)
    session.flush()
    return member


def test_the_first_owner_is_made_once(session):
    owner = first_owner(session)
    assert owner.runs_instance
    person(session, "Ben")
    assert first_owner(session) is owner


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "Ada\nByron", "A\x00da"])
def test_a_name_must_be_one_short_line(session, name):
    with pytest.raises(InvalidInput, match=r"^Your name ") as refused:
        create_person(session, name)
    assert refused.value.field == "Your name"


def test_a_new_name_is_recorded_beside_the_old_one(session):
    ada = person(session, "Ada")
    rename_person(session, ada, " Ada Byron ")
    assert ada.name == "Ada Byron"
    (event,) = events(session, "person.renamed")
    assert (event.before, event.after) == ({"name": "Ada"}, {"name": "Ada Byron"})


def test_a_password_signs_in_whatever_the_case_and_form_of_the_e_mail(session):
    ada = person(session)
    choose(session, ada, email=" Adé@Example.org ")
    assert ada.email == "adé@example.org"
    for typed in ("adé@example.org", "ADÉ@EXAMPLE.ORG ", "ade\u0301@example.org"):
        assert check_password(session, typed, PASSWORD) is ada


def test_a_password_is_slow_to_guess():
    """64 MB and three passes for each guess, as RFC 9106 recommends where memory is short."""
    assert SHIPPED_HASHER().hash("correct horse battery").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_password_is_stored_as_an_argon2_hash_and_recorded_without_it(session):
    ada, ben = person(session, "Ada"), person(session, "Ben")
    choose(session, ada)
    choose(session, ben, email="ben@example.org")
    assert ada.password_hash.startswith("$argon2id$")
    assert ada.password_hash != ben.password_hash
    assert [(event.before, event.after) for event in events(session, "person.password_set")] == [({}, {})] * 2


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"email": ""}, "E-mail", "is empty"),
        ({"email": "ada"}, "email", "must look like"),
        ({"email": "ada@example"}, "email", "must look like"),
        ({"email": "a da@example.org"}, "email", "must look like"),
        ({"email": "ada@example.org\nBcc: x@y.z"}, "E-mail", "one line"),
        ({"email": f"{'a' * 250}@b.cd"}, "E-mail", "at most 254"),
        ({"email": f"{'İ' * 130}@example.org"}, "E-mail", "at most 254"),
        ({"password": "123456789"}, "password", "at least 10 characters"),
        ({"password": "x" * 1_001}, "Password", "at most 1,000"),
    ],
)
def test_an_e_mail_or_password_that_breaks_a_rule_is_refused(session, changes, field, words):
    ada = person(session)
    with pytest.raises(InvalidInput, match=words) as refused:
        choose(session, ada, **changes)
    assert refused.value.field == field
    assert ada.password_hash is None


@pytest.mark.parametrize("password", ["1234567890", "x" * 1_000, "päßwörter 🔑 ok"])
def test_a_password_of_10_to_1000_characters_works(session, password):
    ada = person(session)
    choose(session, ada, password=password)
    assert check_password(session, "ada@example.org", password) is ada


def test_a_change_needs_the_present_password(session):
    ada = person(session)
    choose(session, ada)
    for present in ("", "wrong horse"):
        with pytest.raises(InvalidInput, match="not your current password") as refused:
            choose(session, ada, password="another horse", present=present)
        assert refused.value.field == "present"
    choose(session, ada, password="another horse", present=PASSWORD)
    assert check_password(session, "ada@example.org", "another horse") is ada
    with pytest.raises(InvalidInput):
        check_password(session, "ada@example.org", PASSWORD)


def test_a_new_password_signs_out_everywhere_but_here(session):
    ada, ben = person(session, "Ada"), person(session, "Ben")
    here, there = (sign_in(session, ada, browser="", days=1) for _ in range(2))
    other = sign_in(session, ben, browser="", days=1)
    choose(session, ada, keep_token=here)
    assert [person_of(session, token) for token in (here, there, other)] == [ada, None, ben]


def test_an_e_mail_belongs_to_one_account(database):
    with database.writing() as session:
        choose(session, person(session, "Ada"))
    with pytest.raises(Conflict, match="has this e-mail already"), database.writing() as session:
        choose(session, person(session, "Ben"), email="ADA@example.org")
    with database.reading() as session:
        assert session.scalars(select(Person.name).where(Person.email.is_not(None))).all() == ["Ada"]


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@example.org", "wrong horse"),
        ("ada@example.org", ""),
        ("nobody@example.org", PASSWORD),
        ("ben@example.org", PASSWORD),
        ("", ""),
    ],
)
def test_every_mistake_gets_the_same_words(session, email, password):
    choose(session, person(session))
    person(session, "Ben").email = "ben@example.org"
    with pytest.raises(InvalidInput) as refused:
        check_password(session, email, password)
    assert refused.value.sentence == "E-mail or password is wrong."
    assert refused.value.field == "password"


def test_a_wrong_e_mail_costs_as_much_hashing_as_a_wrong_password(session, monkeypatch):
    choose(session, person(session))
    hasher, checked = accounts._hasher(), []
    verify = hasher.verify

    def watched(password, stored):
        checked.append(stored.split("$")[1:4])
        return verify(password, stored)

    monkeypatch.setattr(hasher, "verify", watched)
    for email in ("ada@example.org", "nobody@example.org"):
        with pytest.raises(InvalidInput):
            check_password(session, email, "wrong horse")
    assert len(checked) == 2
    assert checked[0] == checked[1]


def test_members_are_listed_as_they_joined_and_removed_ones_left_out(session):
    recipes = project(session, owner=person(session, "Ada"))
    ben = join(session, recipes.id, "Ben", Role.CURATOR)
    join(session, recipes.id, "Cleo", Role.ANNOTATOR)
    change_member(session, recipes.id, ben.id, None, actor_id=1)
    assert [member.person.name for member in members_of(session, recipes.id)] == ["Ada", "Cleo"]
    assert role_in(session, recipes.id, ben.person_id) is None


def test_a_member_s_role_changes_and_the_change_is_recorded(session):
    ada = person(session, "Ada")
    recipes = project(session, owner=ada)
    ben = join(session, recipes.id, "Ben", Role.ANNOTATOR)
    change_member(session, recipes.id, ben.id, Role.CURATOR, ada.id)
    assert role_in(session, recipes.id, ben.person_id) is Role.CURATOR
    (event,) = events(session, "member.changed")
    assert (event.actor_id, event.subject_id) == (ada.id, ben.person_id)
    assert (event.before, event.after) == ({"role": "annotator"}, {"role": "curator"})


@pytest.mark.parametrize("role", [None, Role.ANNOTATOR, Role.CURATOR])
def test_the_last_owner_stays(session, role):
    recipes = project(session)
    (owner,) = members_of(session, recipes.id)
    with pytest.raises(Conflict, match="needs an owner"):
        change_member(session, recipes.id, owner.id, role, owner.person_id)
    join(session, recipes.id, "Ben", Role.OWNER)
    change_member(session, recipes.id, owner.id, role, owner.person_id)
    assert role_in(session, recipes.id, owner.person_id) is role


def test_a_member_of_another_project_is_not_found(session):
    recipes, poems = project(session, "Recipes"), project(session, "Poems")
    (stranger,) = members_of(session, poems.id)
    for member_id in (stranger.id, 10**6):
        with pytest.raises(NotFound):
            change_member(session, recipes.id, member_id, None, 1)


def test_two_owners_who_step_down_at_the_same_moment_leave_one(database):
    for _ in range(5):
        with database.writing() as session:
            recipes = project(session)
            (first,), second = members_of(session, recipes.id), join(session, recipes.id, "Ben", Role.OWNER)

        def step_down(member_id, project_id=recipes.id):
            with database.writing() as session:
                change_member(session, project_id, member_id, Role.ANNOTATOR, 1)

        race(lambda: step_down(first.id), lambda: step_down(second.id))  # noqa: B023 - done within the round
        with database.reading() as session:
            roles = [member.role for member in members_of(session, recipes.id)]
        assert sorted(roles) == [Role.ANNOTATOR, Role.OWNER]
