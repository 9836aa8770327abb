"""Members are paused, left out of reports, asked about themselves, and let in again by a link."""

import pytest

from app.errors import Forbidden, InvalidInput, NotFound
from app.models.people import LinkPurpose, Membership, Role
from app.people.accounts import check_password, members_of, person_with_email, reset_password, set_password
from app.people.links import new_link, redeem_sign_in_link
from app.people.members import leave_out, left_out_of, link_for_member, membership_of, pause_member
from app.people.questionnaire import QUESTIONS, answer_questions
from app.people.sessions import person_of, sign_in
from tests.factories import events, person, project

OLD, NEW = "a long password", "a longer password"


@pytest.fixture
def recipes(session):
    return project(session)


@pytest.fixture
def ben(session, recipes):
    """Ben's membership."""
    member = Membership(project_id=recipes.id, person_id=person(session, "Ben").id, role=Role.ANNOTATOR)
    session.add(member)
    session.flush()
    return member


@pytest.fixture
def owner(session, recipes):
    return members_of(session, recipes.id)[0].person


def test_pausing_and_leaving_out_are_recorded_once_and_taken_back(session, recipes, ben):
    for change, name, kinds in (
        (pause_member, "paused", ("member.paused", "member.resumed")),
        (leave_out, "left_out", ("member.left_out", "member.counted")),
    ):
        for is_on in (True, True, False, False):
            change(session, recipes.id, ben.id, **{name: is_on}, actor_id=1)
            assert (getattr(ben, f"{name}_at") is not None) is is_on
        assert [len(events(session, kind)) for kind in kinds] == [1, 1]


def test_those_left_out_are_known_even_once_they_left(session, recipes, ben, clock):
    assert left_out_of(session, recipes.id) == set()
    leave_out(session, recipes.id, ben.id, left_out=True, actor_id=1)
    ben.removed_at = clock()
    session.flush()
    assert left_out_of(session, recipes.id) == {ben.person_id}
    assert left_out_of(session, project(session, "Poems").id) == set()


def test_a_member_of_another_project_is_not_found(session, ben):
    poems = project(session, "Poems")
    with pytest.raises(NotFound):
        pause_member(session, poems.id, ben.id, paused=True, actor_id=1)
    with pytest.raises(NotFound):
        membership_of(session, poems.id, ben.person_id)


def test_an_owner_lets_their_own_people_in_again(session, recipes, ben, owner):
    purpose, token = link_for_member(session, recipes.id, ben.id, owner.id)
    assert purpose is LinkPurpose.SIGN_IN
    assert redeem_sign_in_link(session, token) is ben.person
    set_password(session, ben.person, email="ben@b.org", password=OLD, present="", keep_token=None)
    purpose, token = link_for_member(session, recipes.id, ben.id, owner.id)
    assert purpose is LinkPurpose.RESET
    with pytest.raises(InvalidInput):
        redeem_sign_in_link(session, token)  # it is for choosing a password, which other devices are told by


@pytest.mark.parametrize("why", ["elsewhere", "runs the instance"])
def test_a_link_opens_nothing_that_its_maker_has_no_say_in(session, recipes, ben, owner, why):
    if why == "elsewhere":
        session.add(Membership(project_id=project(session, "Poems").id, person_id=ben.person_id, role=Role.VIEWER))
    else:
        ben.person.runs_instance = True
    session.flush()
    with pytest.raises(Forbidden):
        link_for_member(session, recipes.id, ben.id, owner.id)


def test_a_reset_link_sets_a_password_once_and_ends_every_sign_in(session, ben):
    set_password(session, ben.person, email="ben@b.org", password=OLD, present="", keep_token=None)
    cookie = sign_in(session, ben.person, browser="", days=1)
    found = person_with_email(session, " BEN@b.org ")
    token = new_link(session, found, purpose=LinkPurpose.RESET, email="ben@b.org")
    with pytest.raises(InvalidInput, match="10 characters"):
        reset_password(session, token, email="ben@b.org", password="short")
    assert reset_password(session, token, email="ben@b.org", password=NEW) is ben.person
    assert check_password(session, "ben@b.org", NEW) is ben.person
    assert ben.person.email_verified_at is not None
    assert membership_of(session, ben.project_id, ben.person_id) is ben
    assert person_of(session, cookie) is None
    with pytest.raises(InvalidInput, match="used already"):
        reset_password(session, token, email="ben@b.org", password=NEW)


def test_an_e_mail_that_the_link_was_not_sent_to_is_not_verified(session, ben):
    token = new_link(session, ben.person, purpose=LinkPurpose.RESET)
    reset_password(session, token, email="ben@b.org", password=NEW)
    assert ben.person.email_verified_at is None
    other = new_link(session, ben.person, purpose=LinkPurpose.RESET, email="ben@b.org")
    reset_password(session, other, email="another@b.org", password=NEW)
    assert (ben.person.email, ben.person.email_verified_at) == ("another@b.org", None)


def test_a_new_e_mail_has_to_be_verified_anew(session, ben, clock):
    set_password(session, ben.person, email="ben@b.org", password=OLD, present="", keep_token=None)
    ben.person.email_verified_at = clock()
    set_password(session, ben.person, email="ben@b.org", password=NEW, present=OLD, keep_token=None)
    assert ben.person.email_verified_at is not None
    set_password(session, ben.person, email="new@b.org", password=NEW, present=NEW, keep_token=None)
    assert ben.person.email_verified_at is None


def test_a_reset_leaves_a_sign_in_link_alone_and_the_other_way_round(session, ben):
    first = new_link(session, ben.person)
    new_link(session, ben.person, purpose=LinkPurpose.RESET)
    assert redeem_sign_in_link(session, first) is ben.person


def test_every_question_is_optional_and_an_answer_can_be_taken_back(session, ben):
    answer_questions(session, ben, {"language": "fluent", "field": "  Law ", "years": "", "consent": "no", "more": "x"})
    assert ben.about == {"language": "fluent", "field": "Law", "consent": "no"}
    answer_questions(session, ben, {})
    assert ben.about == {}
    assert [event.after for event in events(session, "member.described")] == [{"answers": 3}, {"answers": 0}]
    assert len({question.name for question in QUESTIONS}) == len(QUESTIONS)


@pytest.mark.parametrize("sent", [{"language": "klingon"}, {"field": "x" * 121}, {"field": "a\nb"}, {"field": "\x00"}])
def test_an_answer_that_is_none_is_refused(session, ben, sent):
    with pytest.raises(InvalidInput):
        answer_questions(session, ben, sent)
