"""Links that let one person in, once."""

import pytest
from sqlalchemy import select

from app.errors import InvalidInput, LinkGone
from app.models.people import LinkPurpose, Role, SignInLink
from app.people.accounts import change_member, members_of, set_password
from app.people.invitations import invite, open_invitations, working_invitation
from app.people.links import link_of, new_link, redeem_sign_in_link, use_link
from app.people.members import link_for_member
from app.people.sessions import sign_out_everywhere
from app.people.tokens import hash_token
from app.projects import create_project
from tests.factories import person
from tests.racing import race
from tests.web.world import join


def test_a_sign_in_link_works_once(session):
    ada = person(session)
    link = new_link(session, ada)
    assert redeem_sign_in_link(session, link) is ada
    with pytest.raises(InvalidInput, match="used already or is too old"):
        redeem_sign_in_link(session, link)


def test_a_sign_in_link_works_for_a_day(session, clock):
    link = new_link(session, person(session))
    clock.forward(hours=23, minutes=59)
    assert redeem_sign_in_link(session, link)
    late = new_link(session, person(session))
    clock.forward(hours=24, minutes=1)
    with pytest.raises(InvalidInput, match="too old"):
        redeem_sign_in_link(session, late)


def test_a_new_link_ends_the_unused_ones_before_it(session):
    ada, ben = person(session, "Ada"), person(session, "Ben")
    old, other = new_link(session, ada), new_link(session, ben)
    new = new_link(session, ada)
    with pytest.raises(InvalidInput):
        redeem_sign_in_link(session, old)
    assert redeem_sign_in_link(session, new) is ada
    assert redeem_sign_in_link(session, other) is ben


def test_an_unknown_sign_in_link_is_refused(session):
    with pytest.raises(InvalidInput, match="tamis sign-in"):
        redeem_sign_in_link(session, "\x00unknown\ud800")


def test_a_sign_in_link_opened_twice_at_the_same_moment_works_once(database):
    with database.writing() as session:
        link = new_link(session, person(session))

    def redeem():
        with database.writing() as session:
            return redeem_sign_in_link(session, link).name

    outcomes = race(*[redeem] * 4)
    assert outcomes.count("Ada") == 1
    assert sum(isinstance(outcome, InvalidInput) for outcome in outcomes) == 3


@pytest.mark.parametrize("purpose", LinkPurpose)
def test_a_link_is_for_its_purpose_alone_and_works_once(session, purpose):
    ada = person(session)
    token = new_link(session, ada, purpose)
    for other in set(LinkPurpose) - {purpose}:
        with pytest.raises(LinkGone):
            use_link(session, token, other)
    assert link_of(session, token, purpose).person_id == ada.id
    assert use_link(session, token, purpose).person_id == ada.id
    for ask in (link_of, use_link):
        with pytest.raises(LinkGone, match="used already or is too old"):
            ask(session, token, purpose)


@pytest.mark.parametrize("purpose", LinkPurpose)
def test_a_link_runs_out_and_a_newer_one_ends_it(session, clock, purpose):
    ada = person(session)
    late = new_link(session, ada, purpose)
    clock.forward(hours=24, minutes=1)
    old = new_link(session, ada, purpose)
    new = new_link(session, ada, purpose)
    for token in (late, old):
        with pytest.raises(LinkGone):
            use_link(session, token, purpose)
    assert use_link(session, new, purpose)


@pytest.mark.parametrize("purpose", LinkPurpose)
@pytest.mark.parametrize("ends", ["a new password", "signing out everywhere"])
def test_what_ends_somebodys_sign_ins_ends_their_links(session, purpose, ends):
    """Else whoever was signed in as them a moment ago comes back by a link that they made for themselves."""
    ada, ben = person(session, "Ada"), person(session, "Ben")
    mine, bens = (new_link(session, each, purpose) for each in (ada, ben))
    if ends == "a new password":
        set_password(session, ada, email="ada@example.org", password="a long one", present="", keep_token=None)
    else:
        sign_out_everywhere(session, ada.id)
    with pytest.raises(LinkGone):
        use_link(session, mine, purpose)
    assert use_link(session, bens, purpose)


@pytest.mark.parametrize("purpose", LinkPurpose)
def test_only_the_hash_of_a_link_is_stored(session, purpose):
    token = new_link(session, person(session), purpose)
    assert session.scalars(select(SignInLink)).one().token_hash == hash_token(token)


class Shared:
    """Ola owns a project, Kim curates it, and Gus is a guest there, for whom Ola has made a link."""

    def __init__(self, session):
        self.session = session
        self.ola, self.kim, self.gus = (person(session, name) for name in ("Ola", "Kim", "Gus"))
        self.project = create_project(session, "Poems", "", self.ola.id)
        self.other = create_project(session, "Recipes", "", self.kim.id)
        join(session, self.project.id, self.kim.id, Role.CURATOR)
        self.member_id = join(session, self.project.id, self.gus.id, Role.ANNOTATOR)
        session.flush()
        _, self.token = link_for_member(session, self.project.id, self.member_id, self.ola.id)


@pytest.fixture
def shared(session):
    return Shared(session)


def _joins_elsewhere(shared):
    join(shared.session, shared.other.id, shared.gus.id, Role.CURATOR)


def _is_removed(shared):
    change_member(shared.session, shared.project.id, shared.member_id, None, shared.ola.id)


def _comes_to_run_the_instance(shared):
    shared.gus.runs_instance = True


def _its_maker_owns_it_no_more(shared):
    join(shared.session, shared.project.id, person(shared.session, "Noa").id, Role.OWNER)
    mine = next(each for each in members_of(shared.session, shared.project.id) if each.person_id == shared.ola.id)
    change_member(shared.session, shared.project.id, mine.id, Role.CURATOR, shared.ola.id)


@pytest.mark.parametrize(
    "happens", [_joins_elsewhere, _is_removed, _comes_to_run_the_instance, _its_maker_owns_it_no_more]
)
def test_a_link_made_for_somebody_else_is_asked_again_when_it_is_used(shared, happens):
    assert link_of(shared.session, shared.token, LinkPurpose.SIGN_IN).person_id == shared.gus.id
    happens(shared)
    shared.session.flush()
    for ask in (link_of, use_link):
        with pytest.raises(LinkGone):
            ask(shared.session, shared.token, LinkPurpose.SIGN_IN)


@pytest.mark.parametrize("more", [{}, {"parameter": "PROLIFIC_PID"}], ids=["a link", "a crowd's"])
def test_an_invitation_ends_where_its_maker_owns_the_project_no_more(shared, more):
    made, token = invite(
        shared.session, shared.project.id, role="annotator", uses="9", days="7", actor_id=shared.ola.id, **more
    )
    assert working_invitation(shared.session, token) is made
    assert open_invitations(shared.session, shared.project.id) == [made]
    _its_maker_owns_it_no_more(shared)
    shared.session.flush()
    with pytest.raises(LinkGone, match="Ask the people of the project"):
        working_invitation(shared.session, token)
    assert open_invitations(shared.session, shared.project.id) == []


def test_a_link_that_one_made_for_oneself_goes_on_working(shared):
    token = new_link(shared.session, shared.gus, actor_id=shared.gus.id)
    _joins_elsewhere(shared)
    shared.session.flush()
    assert redeem_sign_in_link(shared.session, token) is shared.gus
