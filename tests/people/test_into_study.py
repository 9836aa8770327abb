"""Invitations into one study: who can be invited, who is let in, and what whoever comes too late is told."""

from functools import partial

import pytest

from app.database import Database
from app.errors import InvalidInput
from app.models.people import Membership, Role
from app.models.studies import Study, StudyState
from app.people.into_study import studies_to_join, why_not_now
from app.people.invitations import invite, invite_each
from app.people.welcome import come_in, welcome
from app.studies import reporting, studying
from tests.builders import add_candidate, add_person, add_project
from tests.racing import race
from tests.studies.builders import add_study


@pytest.fixture
def curator(session):
    return add_person(session, "Cem")


@pytest.fixture
def kitchen(session, curator):
    made = add_project(session, name="Kitchen")
    session.add(Membership(project_id=made.id, person_id=curator.id, role=Role.OWNER))
    for number in range(4):
        add_candidate(session, made, f"Name {number} fruits.")
    return made


def link_into(session, study, *, role="annotator", uses="9"):
    made = invite(
        session,
        study.project_id,
        role=role,
        uses=uses,
        days="7",
        actor_id=study.created_by_id,
        study=str(study.id),
    )
    return made[1]


def arrive(session, token, name="Jo", here=None):
    return come_in(session, token, here=here, name=name, external_id="", goes_on=False)


def test_whoever_joins_is_led_to_the_study_and_counted_among_its_people(session, kitchen, curator):
    study = add_study(session, kitchen, curator, people=[curator.id])
    token = link_into(session, study)
    assert welcome(session, token, {}).study is study
    jo, kim = arrive(session, token), arrive(session, token, "Kim")
    assert (jo.study, jo.delay) == (study, "")
    assert study.people == [curator.id, jo.person.id, kim.person.id]


def test_a_study_of_everybody_stays_one(session, kitchen, curator):
    study = add_study(session, kitchen, curator)
    assert arrive(session, link_into(session, study)).study is study
    assert study.people == []


def test_a_member_uses_a_place_only_where_it_lets_them_in(session, kitchen, curator):
    ben = add_person(session, "Ben")
    session.add(Membership(project_id=kitchen.id, person_id=ben.id, role=Role.ANNOTATOR))
    study = add_study(session, kitchen, curator, people=[curator.id])
    token = link_into(session, study, uses="1")
    assert arrive(session, token, here=curator).study is study
    assert arrive(session, token, here=ben).study is study
    assert study.people == [curator.id, ben.id]
    with pytest.raises(InvalidInput, match="run out"):
        arrive(session, token)


@pytest.mark.parametrize("chosen", [True, False])
def test_a_viewer_is_told_that_viewers_do_not_rate_and_uses_nothing_up(session, kitchen, curator, chosen):
    vic = add_person(session, "Vic")
    session.add(Membership(project_id=kitchen.id, person_id=vic.id, role=Role.VIEWER))
    study = add_study(session, kitchen, curator, people=[curator.id] if chosen else [])
    token = link_into(session, study, uses="1")
    assert "viewers don’t rate" in welcome(session, token, {}, here=vic).delay
    came = arrive(session, token, here=vic)
    assert came.only_looks
    assert (came.study, came.delay) == (None, welcome(session, token, {}, here=vic).delay)
    assert arrive(session, token).study is study  # the place is there for somebody else
    assert arrive(session, link_into(session, study, role="curator"), here=vic).study is study


def test_only_what_is_dealt_is_said_to_be_given_out(session, kitchen, curator):
    study = add_study(session, kitchen, curator, people=[curator.id])
    assert "is rated by other people" in why_not_now(study, add_person(session, "Ben").id)
    dealt = add_study(session, kitchen, curator, people=[curator.id], giving_out="fixed")
    assert "gave all its examples out" in why_not_now(dealt, add_person(session, "Eve").id)
    assert why_not_now(dealt, curator.id) == ""


def test_only_a_study_that_takes_people_in_can_be_named(session, kitchen, curator):
    people = [curator.id]
    planned = add_study(session, kitchen, curator, opened=False, people=people, giving_out="fixed")
    dealt = add_study(session, kitchen, curator, people=people, giving_out="fixed")
    closed = add_study(session, kitchen, curator)
    reporting.close_study(session, closed, curator.id)
    elsewhere = add_project(session, name="Elsewhere")
    add_candidate(session, elsewhere)
    strange = add_study(session, elsewhere, curator)
    assert studies_to_join(session, kitchen.id) == [planned]
    for study, reason in ((dealt, "gave all its examples out"), (closed, "is closed")):
        with pytest.raises(InvalidInput, match=reason):
            link_into(session, study)
    for typed in (str(strange.id), "0", "-1", "x", "9" * 30):
        with pytest.raises(InvalidInput, match="no such study"):
            invite_each(session, kitchen.id, role="annotator", emails="a@b.org", days="7", actor_id=1, study=typed)
    with pytest.raises(InvalidInput, match="Viewers"):
        link_into(session, planned, role="viewer")


def test_who_comes_before_a_study_opens_gets_their_share_and_who_comes_later_is_told(session, kitchen, curator):
    study = add_study(session, kitchen, curator, opened=False, people=[curator.id], giving_out="fixed")
    token = link_into(session, study)
    early = arrive(session, token)
    assert "hasn’t begun" in early.delay
    studying.open_study(session, study, curator.id)
    assert {worker.person.name: worker.open for worker in studying.workers_of(session, study)} == {"Cem": 2, "Jo": 2}
    assert "gave all its examples out" in welcome(session, token, {}).delay
    late = arrive(session, token, "Kim")
    assert late.study is None
    assert "gave all its examples out" in late.delay
    assert late.person.id not in study.people
    assert late.person in studying.annotators_of(session, kitchen.id)


def test_a_closed_study_is_told_and_the_membership_holds(session, kitchen, curator):
    study = add_study(session, kitchen, curator)
    token = link_into(session, study)
    reporting.close_study(session, study, curator.id)
    assert "closed already" in welcome(session, token, {}).delay
    late = arrive(session, token)
    assert (late.study, late.delay) == (None, why_not_now(study, late.person.id))
    assert late.person in studying.annotators_of(session, kitchen.id)


def test_a_letter_into_one_study_leaves_that_into_another_alone(session, kitchen, curator):
    one, other = (add_study(session, kitchen, curator) for _ in range(2))
    letters = {"role": "annotator", "emails": "a@b.org", "days": "7", "actor_id": curator.id}
    (first,), (second,), (third,) = (
        invite_each(session, kitchen.id, **letters, study=study) for study in (str(one.id), str(other.id), "")
    )
    (again,) = invite_each(session, kitchen.id, **letters, study=str(one.id))
    assert [each.revoked_at is None for each, _ in (first, second, third, again)] == [False, True, True, True]


def test_people_who_join_at_once_are_all_let_in(database: Database):
    with database.writing() as session:
        curator = add_person(session, "Cem")
        project = add_project(session)
        session.add(Membership(project_id=project.id, person_id=curator.id, role=Role.OWNER))
        add_candidate(session, project)
        study = add_study(session, project, curator, people=[curator.id])
        token = link_into(session, study)

    def join():
        with database.writing() as session:
            return arrive(session, token).person.id

    joined = race(*[join] * 4)
    with database.reading() as session:
        found = session.get_one(Study, study.id)
        assert found.state is StudyState.OPEN
        assert found.people == sorted({curator.id, *joined})
        assert len(found.people) == 5


def test_whoever_joins_while_a_study_opens_has_examples_or_is_told(database: Database):
    with database.writing() as session:
        curator = add_person(session, "Cem")
        project = add_project(session)
        for number in range(8):
            add_candidate(session, project, f"Name {number} fruits.")
        plans = [
            add_study(session, project, curator, opened=False, people=[curator.id], giving_out="fixed")
            for _ in range(8)
        ]
        tokens = [link_into(session, study) for study in plans]

    def join(token):
        with database.writing() as session:
            return arrive(session, token).delay

    def open_(study):
        with database.writing() as session:
            studying.open_study(session, studying.study_in(session, project.id, study.id, locked=True), curator.id)

    for study, token in zip(plans, tokens, strict=True):
        race(partial(join, token), partial(open_, study), partial(join, token))
        with database.reading() as session:
            found = session.get_one(Study, study.id)
            assert sorted(worker.person.id for worker in studying.workers_of(session, found)) == found.people
