"""People: members of a project, how far they are, and the links that invite more."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from starlette.responses import Response

from app.candidates import editing
from app.insights import progress
from app.models.base import NumberOf
from app.models.people import Invitation, Membership
from app.models.studies import Study
from app.people import accounts, crowd, into_study, invitations, letters, mail, members, throttle
from app.people.questionnaire import QUESTIONS
from app.studies.completing import completed
from app.studies.shared import judged_in_project
from app.studies.with_others import with_others
from app.web.route import Route
from app.web.visit import Visit, Visitor

router = APIRouter(prefix="/projects/{project_id}/people", route_class=Route)
Text = Annotated[str, Form()]
Yes = Annotated[bool, Form()]
StudyNumber = Annotated[str, Form(), NumberOf(Study)]


@router.get("", name="people.list")
def list_(visit: Visit, study: Annotated[str, Query(), NumberOf(Study)] = "") -> Response:
    """``study`` is the number of the one that the forms to invite people begin with."""
    return _page(visit, study=study)


@router.get("/members.csv", name="people.download")
def download(visit: Visit) -> Response:
    with visit.reading() as session:
        parts = progress.parts_of(session, visit.project.id)
        text = progress.write_members(parts, completed(session, parts))
    headers = {"content-disposition": 'attachment; filename="people.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/invite", name="people.invite")
def invite(visit: Visit, role: Text, uses: Text = "1", days: Text = "7", study: StudyNumber = "") -> Response:
    with visit.writing() as session:
        _, token = invitations.invite(
            session, visit.project.id, role=role, uses=uses, days=days, actor_id=visit.person.id, study=study
        )
    # Shown once, in this answer: only the hash is stored.
    return _page(visit, shown=[(visit.link("join.show", token=token), "")], study=study)


@router.post("/invite-by-mail", name="people.mail")
def invite_by_mail(visit: Visit, role: Text, emails: Text, days: Text = "7", study: StudyNumber = "") -> Response:
    """Send a link to each address. Whoever doesn't get theirs is named with it, to be sent by other means."""
    number = 0 if mail.why_no_mail(visit.settings) else invitations.count_addresses(emails)
    with visit.writing() as session:
        throttle.count(session, visit.settings, throttle.LETTERS, f"{visit.person.id}", number=number)
    with visit.writing() as session:
        made = invitations.invite_each(
            session, visit.project.id, role=role, emails=emails, days=days, actor_id=visit.person.id, study=study
        )
        names = into_study.study_names(session, [each.study_id for each, _ in made])
    links = {each.email or "": visit.link("join.show", token=token) for each, token in made}
    unsent = _send(visit, [each for each, _ in made], links, names)
    with visit.writing() as session:
        invitations.note_sent(session, [each.id for each, _ in made if each.email not in unsent])
    sent = len(made) - len(unsent)
    told = f"{sent} invitation{'s' if sent != 1 else ''} sent." if sent else ""
    shown = [(links[to], f"For {to}. {reason}") for to, reason in unsent.items()]
    return _page(visit, told=told, shown=shown, study=study)


@router.post("/invite-crowd", name="people.crowd")
def invite_crowd(
    visit: Visit,
    parameter: Text = "PROLIFIC_PID",
    completion_code: Text = "",
    completion_url: Text = "",
    asked: Text = "",
    uses: Text = "100",
    days: Text = "30",
    study: StudyNumber = "",
) -> Response:
    with visit.writing() as session:
        invitation, token = crowd.invite_crowd(
            session,
            visit.project.id,
            parameter=parameter,
            completion_code=completion_code,
            completion_url=completion_url,
            asked=asked,
            uses=uses,
            days=days,
            actor_id=visit.person.id,
            study=study,
        )
    link = f"{visit.link('join.show', token=token)}?{_placeholder(invitation)}"
    return _page(visit, shown=[(link, "")], study=study)


@router.post("/invitations/{invitation_id}/revoke", name="people.revoke")
def revoke(visit: Visit, invitation_id: int) -> Response:
    with visit.writing() as session:
        invitations.revoke_invitation(session, visit.project.id, invitation_id, visit.person.id)
    return _back(visit, "The invitation is withdrawn.")


@router.post("/members/{member_id}", name="people.change")
def change(visit: Visit, member_id: int, role: Text) -> Response:
    with visit.writing() as session:
        new_role = None if role == "removed" else invitations.parse_role(role)
        accounts.change_member(session, visit.project.id, member_id, new_role, visit.person.id)
    return _back(visit, "Saved.")


@router.post("/members/{member_id}/pause", name="people.pause")
def pause(visit: Visit, member_id: int, paused: Yes) -> Response:
    told = "{name} is paused and is told so." if paused else "{name} can go on rating."
    return _mark(visit, member_id, partial(members.pause_member, paused=paused), told)


@router.post("/members/{member_id}/leave-out", name="people.leave_out")
def leave_out(visit: Visit, member_id: int, left_out: Yes) -> Response:
    told = "Reports leave {name}’s ratings out. They stay stored." if left_out else "{name}’s ratings count again."
    return _mark(visit, member_id, partial(members.leave_out, left_out=left_out), told)


@router.post("/members/{member_id}/link", name="people.link")
def link(visit: Visit, member_id: int) -> Response:
    with visit.writing() as session:
        purpose, token = members.link_for_member(session, visit.project.id, member_id, visit.person.id)
        name = members.member_in(session, visit.project.id, member_id).person.name
    return _page(visit, shown=[(visit.sign_in_link(purpose, token), f"For {name} alone: works once, within a day.")])


@router.post("/members/{member_id}/take-back", name="people.take_back")
def take_back(visit: Visit, member_id: int) -> Response:
    """What somebody changed in examples is as it was before them."""
    with visit.writing() as session:
        person = members.member_in(session, visit.project.id, member_id).person
        count = editing.take_back_edits(session, visit.project.id, person.id, visit.person.id)
    told = f"{count:,} example{'s have' if count != 1 else ' has'} the text from before {person.name} changed it again."
    return _back(visit, told if count else f"No example has a text of {person.name}’s now.")


def _send(visit: Visitor, made: list[Invitation], links: dict[str, str], studies: dict[int, str]) -> dict[str, str]:
    """Send the letters of these invitations, ``studies`` being the names of those that they lead into. Returns why some
    were not, by address."""
    if why := mail.why_no_mail(visit.settings):
        return dict.fromkeys(links, f"{why} Send the link yourself.")
    written = [
        letters.invitation_letter(
            each,
            project=visit.project.name,
            inviter=visit.person.name,
            link=links[each.email or ""],
            study=studies.get(each.study_id or 0, ""),
        )
        for each in made
    ]
    return mail.send_letters(visit.settings, written)


def _placeholder(invitation: Invitation) -> str:
    """What the platform fills in: Prolific's own placeholder for its own parameter."""
    name = invitation.parameter or ""
    return f"{name}={{{{%{name}%}}}}" if name == "PROLIFIC_PID" else f"{name}="


def _mark(visit: Visitor, member_id: int, mark: Callable[..., Membership], told: str) -> Response:
    """Do something to a member and say so; ``{name}`` in what is told stands for theirs."""
    with visit.writing() as session:
        name = mark(session, visit.project.id, member_id, actor_id=visit.person.id).person.name
    return _back(visit, told.replace("{name}", name))


def _back(visit: Visitor, told: str) -> Response:
    return visit.redirect("people.list", project_id=visit.project.id, notice=told)


def _page(visit: Visitor, *, told: str = "", shown: list[tuple[str, str]] | None = None, study: str = "") -> Response:
    """Show the page, with links that are shown once, each with a remark; ``study`` is chosen in the forms."""
    with visit.reading() as session:
        there = invitations.open_invitations(session, visit.project.id)
        parts = progress.parts_of(session, visit.project.id)
        judged, _ = judged_in_project(session, visit.project.id, with_open=True)
        named = [each.study_id for each in there] + [each.study_id for each in parts]
        values: dict[str, Any] = {
            "parts": parts,
            "beside": with_others(judged),
            "invitations": there,
            "studies": into_study.studies_to_join(session, visit.project.id),
            "study_names": into_study.study_names(session, named),
        }
        why = mail.why_no_mail(visit.settings)
        return visit.render(
            "people/list.html", **values, chosen=study, shown=shown or [], told=told, no_mail=why, questions=QUESTIONS
        )
