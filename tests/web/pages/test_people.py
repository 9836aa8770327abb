"""People: invited by a link that is shown once, given roles, removed."""

import csv
import io
import re

from sqlalchemy import select

from app.models.candidates import Rating
from app.models.people import Invitation, Membership, Person
from app.models.studies import Study
from tests.people.mailbox import SITE, open_mailbox, with_mail
from tests.web.html import parse
from tests.web.routes import RATING
from tests.web.world import BOTH, YES, Browser, add_candidate, rate


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


def test_letters_go_out_and_whoever_gets_none_is_named_with_a_link(app, olga, nobody, place):
    form = {"role": "annotator", "emails": "jo@example.org\nkim@example.org", "days": "7"}
    with open_mailbox(refused=frozenset({"kim@example.org"})) as box:
        app.state.settings = with_mail(app.state.settings, box)
        page = parse(olga.submit("people.mail", form, project_id=place.id).text)
    assert "1 invitation sent." in page.text
    assert "For kim@example.org. The mail server refused this address." in page.text
    (link,) = [each["value"] for each in page.all("input") if each["id"] == "link"]
    letter = box.to("jo@example.org")
    sent = re.search(rf"{SITE}(/join/\S+)", letter.get_content()).group(1)
    assert letter["Subject"] == "Invitation to “Say it”"
    for path in (sent, link.removeprefix(SITE)):
        assert "Welcome" in nobody.get(path).text
    listed = olga.visit("people.list", project_id=place.id).text
    assert re.search(r"jo@example\.org.*· sent<", listed)
    assert re.search(r"kim@example\.org.*· not sent by Tamis<", listed)


def test_a_letter_into_a_study_names_it(app, olga, place):
    olga.submit("studies.start", {"name": "Pears", "size": "1", "opens": "true"}, project_id=place.id)
    page = parse(olga.visit("people.list", project_id=place.id).text)
    number = next(each["value"] for each in page.all("option") if each.text == "Pears")
    form = {"role": "annotator", "emails": "jo@example.org", "days": "7", "study": number}
    with open_mailbox() as box:
        app.state.settings = with_mail(app.state.settings, box)
        olga.submit("people.mail", form, project_id=place.id)
    assert "“Say it” to rate examples in the study “Pears”." in box.to("jo@example.org").get_content()


def test_without_a_mail_server_each_link_is_shown(olga, place):
    form = {"role": "viewer", "emails": "jo@example.org kim@example.org"}
    page = parse(olga.submit("people.mail", form, project_id=place.id).text)
    links = [each["value"] for each in page.all("input") if each["id"].startswith("link")]
    assert len(set(links)) == 2
    assert "This Tamis has no mail server (TAMIS_SMTP_HOST and TAMIS_SMTP_FROM). Send the link yourself." in page.text


def test_somebody_paused_is_told_kindly_and_goes_on_later(olga, ana, place, database):
    with database.reading() as session:
        member_id = session.scalars(select(Membership.id).where(Membership.person_id == ana.person_id)).one()
    where = {"project_id": place.id, "member_id": member_id}
    assert "Ana is paused" in olga.follow(olga.submit("people.pause", {"paused": "true"}, **where)).text
    for answer in (
        ana.visit("rate.next", project_id=place.id),
        ana.submit("rate.save", RATING | {"version": 1}, project_id=place.id, candidate_id=place["open_id"]),
    ):
        assert answer.status_code == 403
        assert "take a break from rating" in answer.text
        assert "not for you" not in answer.text
    assert "take a break from rating" in ana.visit("own.show", project_id=place.id).text
    olga.submit("people.pause", {"paused": "false"}, **where)
    assert ana.visit("rate.next", project_id=place.id).status_code == 200


def test_the_export_says_who_rated_what_and_what_they_said(olga, ana, place):
    ana.submit("own.answer", {"language": "fluent", "field": "Law"}, project_id=place.id)
    answer = olga.visit("people.download", project_id=place.id)
    assert "attachment" in answer.headers["content-disposition"]
    assert ",fluent,Law,,\r\n" in answer.text
    assert "Fluently · Law" in olga.visit("people.list", project_id=place.id).text


def test_a_participant_comes_back_by_their_id_and_gets_the_code_at_the_end(app, olga, place):
    form = {"parameter": "PROLIFIC_PID", "completion_code": "C0DE", "asked": "1", "uses": "5", "days": "5"}
    page = parse(olga.submit("people.crowd", form, project_id=place.id).text)
    (link,) = [each["value"] for each in page.all("input") if each["id"] == "link"]
    assert link.endswith("?PROLIFIC_PID={{%PROLIFIC_PID%}}")
    path = link.removeprefix(SITE).split("?")[0]
    first, again = Browser(app), Browser(app)
    assert "lacks your participant number" in first.get(path).text
    assert "You take part as" in first.get(f"{path}?PROLIFIC_PID=abc").text
    assert first.post(path, data={"external_id": "abc"}).headers["location"].endswith("/rate")
    assert "C0DE" not in first.visit("own.show", project_id=place.id).text
    assert "0 rated, 1 left for you" in first.visit("rate.next", project_id=place.id).text
    saved = first.submit("rate.save", RATING | {"version": 1}, project_id=place.id, candidate_id=place["open_id"])
    assert saved.status_code == 303
    done = first.visit("rate.next", project_id=place.id).text
    assert "You are done. Thank you!" in done
    assert "1 rated, 0 left for you" in done
    assert 'class="rate-card"' not in done
    assert "Go on rating" not in first.visit("own.show", project_id=place.id).text
    assert again.post(path, data={"external_id": "abc"}).status_code == 303
    assert "C0DE" in again.visit("own.show", project_id=place.id).text
    assert "Participant abc" in olga.visit("people.list", project_id=place.id).text


def _rated_by(database, external_id):
    with database.reading() as session:
        mine = select(Rating.id).join(Membership, Membership.person_id == Rating.annotator_id)
        return session.scalars(mine.where(Membership.external_id == external_id).order_by(Rating.id.desc())).first()


@BOTH
def test_after_the_code_was_shown_nothing_that_it_was_given_for_goes(app, olga, place, database):
    form = {"parameter": "PROLIFIC_PID", "completion_code": "C0DE", "asked": "1", "uses": "5", "days": "5"}
    page = parse(olga.submit("people.crowd", form, project_id=place.id).text)
    (link,) = [each["value"] for each in page.all("input") if each["id"] == "link"]
    pat, where = Browser(app), {"project_id": place.id, "candidate_id": place["open_id"]}
    pat.post(link.removeprefix(SITE).split("?")[0], data={"external_id": "abc"})
    assert ",abc,annotator,0,0,0,1," in olga.visit("people.download", project_id=place.id).text
    pat.submit("rate.save", RATING | {"version": 1}, **where)
    assert "can’t be taken back" in pat.visit("own.show", project_id=place.id).text
    undone = pat.post(pat.path("rate.undo", project_id=place.id, rating_id=_rated_by(database, "abc")))
    skipped = pat.submit("rate.save", RATING | {"version": 1, "action": "skip", "submission": "two"}, **where)
    for refused in (undone, skipped):
        assert refused.status_code == 409
        assert "your code counts for the answers that you gave" in refused.text
    changed = pat.submit("rate.save", RATING | {"version": 1, "comment": "Better so.", "submission": "three"}, **where)
    assert changed.status_code == 303
    assert "C0DE" in pat.visit("own.show", project_id=place.id).text
    people = csv.DictReader(io.StringIO(olga.visit("people.download", project_id=place.id).text))
    (row,) = [each for each in people if each["external_id"]]
    assert (row["rated"], row["asked"], row["completed"]) == ("1", "1", "yes")


def test_a_participant_of_a_study_is_led_back_when_they_are_done(app, olga, place, database):
    study = {"name": "Pears", "size": "2", "opens": "true", "overlap": "1"}
    olga.submit("studies.start", study, project_id=place.id)
    with database.reading() as session:
        study_id = session.scalars(select(Study.id).where(Study.name == "Pears")).one()
    back = "https://app.prolific.com/submissions/complete?cc=C0DE"
    form = {"parameter": "PROLIFIC_PID", "completion_url": back, "asked": "1", "uses": "5", "study": str(study_id)}
    page = parse(olga.submit("people.crowd", form, project_id=place.id).text)
    (link,) = [each["value"] for each in page.all("input") if each["id"] == "link"]
    pat = Browser(app)
    path = link.removeprefix(SITE).split("?")[0]
    assert "asked to rate 1 example" in pat.get(f"{path}?PROLIFIC_PID=abc").text
    rating = parse(pat.follow(pat.post(path, data={"external_id": "abc"})).text)
    own = pat.visit("own.show", project_id=place.id).text
    assert "The way back appears here once you are done." in own
    assert "C0DE" not in own
    (action,) = [each["action"] for each in rating.all("form") if each["id"] == "answers"]
    version = next(each["value"] for each in rating.all("input") if each["name"] == "version")
    assert "All done for now" in pat.follow(pat.post(action, data=RATING | {"version": version})).text
    done = parse(pat.visit("own.show", project_id=place.id).text)
    (button,) = [each for each in done.all("a") if each["href"] == back]
    assert button["rel"] == "noreferrer"
    assert [each["value"] for each in done.all("input") if each["id"] == "code"] == ["C0DE"]
    assert "0 left of 1 asked for" in olga.visit("people.list", project_id=place.id).text
    undo = pat.path("studies.undo", project_id=place.id, study_id=study_id, assignment_id=int(action.split("/")[-1]))
    assert "your code counts" in pat.post(undo).text
    assert pat.post(undo).status_code == 409
    assert (
        pat.post(action, data=RATING | {"version": version, "action": "skip", "submission": "two"}).status_code == 409
    )
    assert "C0DE" in pat.visit("own.show", project_id=place.id).text


@BOTH
def test_a_participant_rates_in_the_study_they_came_for_and_nowhere_else(app, olga, place, database):
    for name in ("Pears", "Plums"):
        olga.submit("studies.start", {"name": name, "size": "2", "opens": "true"}, project_id=place.id)
    with database.reading() as session:
        pears, plums = (
            session.scalars(select(Study.id).where(Study.name == each)).one() for each in ("Pears", "Plums")
        )
    form = {"parameter": "PROLIFIC_PID", "completion_code": "C0DE", "asked": "1", "uses": "5", "study": str(pears)}
    page = parse(olga.submit("people.crowd", form, project_id=place.id).text)
    (link,) = [each["value"] for each in page.all("input") if each["id"] == "link"]
    pat = Browser(app)
    pat.post(link.removeprefix(SITE).split("?")[0], data={"external_id": "abc"})
    home = pat.path("studies.rate", project_id=place.id, study_id=pears)
    for refused in (
        pat.visit("rate.next", project_id=place.id),
        pat.visit("studies.rate", project_id=place.id, study_id=plums),
        pat.submit("rate.save", RATING | {"version": 1}, project_id=place.id, candidate_id=place["open_id"]),
    ):
        assert refused.status_code == 403
        assert "for one study of this project" in refused.text
        assert home in [each["href"] for each in parse(refused.text).all("a")]
    assert pat.get(home).status_code == 200
    listed = pat.follow(pat.visit("projects.show", project_id=place.id)).text
    assert "Pears" in listed
    assert "Plums" not in listed
    assert pat.path("rate.next", project_id=place.id) not in [each["href"] for each in parse(listed).all("a")]


def test_owners_and_people_see_how_far_they_agree_from_ten_shared_on(olga, ana, ben, place, database):
    with database.writing() as session:
        for number in range(9):
            candidate = add_candidate(session, place.id, f"Name river {number}.")
            rate(session, candidate, ana.person_id)
            rate(session, candidate, ben.person_id)
    assert "9 of the examples that you rated were rated by others, too." in _own(ana, place)
    assert "9 examples rated by others, too: too few" in parse(olga.visit("people.list", project_id=place.id).text).text
    with database.writing() as session:
        for number in range(9, 11):
            candidate = add_candidate(session, place.id, f"Name river {number}.")
            rate(session, candidate, ana.person_id)
            rate(session, candidate, ben.person_id, answers=YES | {"valid_task": "no"})
    page = _own(ana, place)
    assert "On the 11 examples that others have rated, too, 94% of their answers are the same as yours." in page
    assert "You Yes Others No" in page
    assert "Ben" not in page
    assert "94% same answers as others" in parse(olga.visit("people.list", project_id=place.id).text).text


def test_a_name_and_an_example_are_text(olga, ana, ben, place, database):
    with database.writing() as session:
        session.get_one(Person, ben.person_id).name = "<b>Ben</b>"
        candidate = add_candidate(session, place.id, "Say <script>alert(1)</script>.")
        rate(session, candidate, ana.person_id)
        rate(session, candidate, ben.person_id, answers=YES | {"valid_task": "no"})
    assert "Say <script>" not in ana.visit("own.show", project_id=place.id).text
    assert "Say &lt;script&gt;" in ana.visit("own.show", project_id=place.id).text
    assert "<b>Ben" not in olga.visit("people.list", project_id=place.id).text


def _own(browser, place):
    return parse(browser.visit("own.show", project_id=place.id).text).text
