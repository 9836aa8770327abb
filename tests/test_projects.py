"""Projects: made, found, changed."""

import pytest

from app.errors import InvalidInput, NotFound
from app.models.people import Role
from app.people.accounts import change_member, members_of, role_in
from app.projects import create_project, edit_project, project_by_id, project_named, projects_of
from tests.factories import events, person, project


def edit(session, recipes, **changes):
    texts = {"name": "Recipes", "description": "", "guidelines": "", "approval_ratings": "0", "cost_limit": ""}
    texts["monthly_cost_limit"] = ""
    edit_project(session, recipes, **(texts | changes), actor_id=7)


def test_who_makes_a_project_owns_it(session):
    ada = person(session)
    recipes = create_project(session, " Recipes ", "All about food", ada.id)
    assert (recipes.name, recipes.description) == ("Recipes", "All about food")
    assert role_in(session, recipes.id, ada.id) is Role.OWNER
    (event,) = events(session, "project.created")
    assert (event.project_id, event.actor_id, event.after) == (recipes.id, ada.id, {"name": "Recipes"})


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 121])
def test_a_project_s_name_must_be_one_short_line(session, name):
    with pytest.raises(InvalidInput, match=r"^Name "):
        create_project(session, name, "", person(session).id)


def test_projects_are_listed_newest_first_for_those_who_are_in_them(session):
    ada, ben = person(session, "Ada"), person(session, "Ben")
    recipes, poems = project(session, "Recipes", owner=ada), project(session, "Poems", owner=ada)
    project(session, "Songs", owner=ben)
    assert projects_of(session, ada.id) == [(poems, Role.OWNER), (recipes, Role.OWNER)]
    (member,) = members_of(session, poems.id)
    member.role = Role.CURATOR
    change_member(session, poems.id, member.id, None, ben.id)
    assert projects_of(session, ada.id) == [(recipes, Role.OWNER)]


def test_a_project_is_found_by_its_number_or_its_name(session):
    recipes = project(session, "Recipes")
    assert project_by_id(session, recipes.id) is recipes
    assert project_named(session, "Recipes") is recipes
    assert project_named(session, str(recipes.id)) is recipes
    with pytest.raises(NotFound):
        project_by_id(session, recipes.id + 1)


def test_a_project_whose_name_is_a_number_is_found_by_it(session):
    numbered = project(session, "2026")
    assert project_named(session, "2026") is numbered


@pytest.mark.parametrize("name", ["Novels", "9" * 30, "9" * 5_000, "³"])
def test_a_name_that_nobody_gave_is_answered_with_those_there_are(session, name):
    with pytest.raises(NotFound, match="There is: none yet"):
        project_named(session, name)
    project(session, "Recipes")
    project(session, "Poems")
    with pytest.raises(NotFound, match="There is: Poems, Recipes"):
        project_named(session, name)


def test_a_name_given_twice_is_answered_with_the_numbers(session):
    first, second = project(session, "Recipes"), project(session, "Recipes")
    with pytest.raises(NotFound, match=f"2 projects are named “Recipes”.*{first.id}, {second.id}"):
        project_named(session, "Recipes")


def test_an_edit_is_recorded_with_before_and_after(session):
    recipes = project(session)
    edit(session, recipes, name="Dishes", guidelines="Be kind.", approval_ratings=" 2 ", annotators_edit=True)
    assert (recipes.name, recipes.guidelines, recipes.approval_ratings) == ("Dishes", "Be kind.", 2)
    (event,) = events(session, "project.edited")
    money = {"cost_limit": None, "monthly_cost_limit": None}
    before = {"name": "Recipes", "guidelines": "", "approval_ratings": 0, "annotators_edit": False}
    after = {"name": "Dishes", "guidelines": "Be kind.", "approval_ratings": 2, "annotators_edit": True}
    assert (event.before, event.after) == (before | money, after | money)
    assert event.actor_id == 7


@pytest.mark.parametrize(("typed", "ratings"), [("", 0), ("0", 0), ("25", 25)])
def test_the_approval_rule_takes_0_to_25_ratings(session, typed, ratings):
    recipes = project(session)
    edit(session, recipes, approval_ratings=typed)
    assert recipes.approval_ratings == ratings


@pytest.mark.parametrize("typed", ["26", "-1", "two", "1.5", "³", "9" * 5_000])
def test_other_numbers_of_ratings_are_refused_with_the_field(session, typed):
    with pytest.raises(InvalidInput, match="from 0 to 25") as refused:
        edit(session, project(session), approval_ratings=typed)
    assert refused.value.field == "Ratings needed"
