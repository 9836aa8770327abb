"""Rating: one candidate, its questions, one key per answer."""

import secrets
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.responses import Response

from app import approval
from app.candidates import editing
from app.examples import Example
from app.models.candidates import Verdict
from app.models.people import Role
from app.rating import queue, ratings
from app.rating.compared import answers_to_compare
from app.rating.own_rubrics import present_rubric
from app.rating.rubric import Rubric
from app.studies.completing import completion_kept
from app.text import whole_numbers
from app.web.answer_form import AnswerForm
from app.web.rendering import is_htmx
from app.web.route import Route
from app.web.visit import Key, Visit, Visitor

router = APIRouter(prefix="/projects/{project_id}/rate", route_class=Route)


@router.get("", name="rate.next")
def next_(visit: Visit, after: Key = 0) -> Response:
    with visit.reading() as session:
        return _next_page(visit, session, after=after)


@router.get("/ahead", name="rate.ahead")
def ahead(visit: Visit, held: str = "") -> Response:
    """The next one behind those that the page has loaded already."""
    with visit.reading() as session:
        return _next_page(visit, session, held=whole_numbers(held))


@router.get("/recent", name="rate.recent")
def recent(visit: Visit) -> Response:
    """What one rated last, each to be looked at again or taken back."""
    with visit.reading() as session:
        found = ratings.recent_ratings(session, visit.project.id, visit.person.id)
        return visit.render("rate/recent.html", recent=found, most=ratings.RECENT)


@router.get("/{candidate_id}", name="rate.show")
def show(visit: Visit, candidate_id: int) -> Response:
    with visit.reading() as session:
        candidate = queue.ratable_candidate(session, visit.project.id, candidate_id)
        rubric = present_rubric(session, visit.project)
        turn = queue.turn_at(session, candidate, visit.person.id, asked=visit.membership.asked, rubric=rubric)
        return _page(visit, session, turn, rubric)


@router.get("/{candidate_id}/back", name="rate.back")
def back(visit: Visit, candidate_id: int) -> Response:
    """Go to what one rated before this one."""
    with visit.reading() as session:
        before = ratings.rating_before(session, visit.project.id, visit.person.id, candidate_id or None)
    target = before.candidate_id if before else candidate_id
    if not target:
        return visit.redirect("rate.next", project_id=visit.project.id, notice="You haven’t rated anything yet.")
    return visit.redirect("rate.show", project_id=visit.project.id, candidate_id=target)


@router.post("/{candidate_id}", name="rate.save")
def save(visit: Visit, candidate_id: int, form: Annotated[AnswerForm, Form()]) -> Response:
    """Store the answer. Approving says that whatever wasn't answered is fine."""
    form.check_annotator(visit)
    approve = form.action == "approve" and visit.role.includes(Role.CURATOR)
    with visit.writing() as session, completion_kept(session, visit.membership if form.is_skip else None):
        # Where something is decided, two ratings at once must see each other.
        decides = approve or visit.project.approval_ratings > 0
        candidate = queue.ratable_candidate(session, visit.project.id, candidate_id, locked=decides)
        rubric = present_rubric(session, visit.project)
        ratings.submit(session, candidate, rubric, form.rating(rubric.assumed() if approve else None), visit.person.id)
        if approve:
            approval.decide(session, candidate, Verdict.APPROVED, visit.person.id)
        else:
            approval.apply_rule(session, candidate.project, candidate)
    return _onward(visit, after=candidate_id, form=form)


@router.post("/{candidate_id}/edit", name="rate.edit")
def edit(
    visit: Visit,
    candidate_id: int,
    version: Annotated[int, Form()],
    instruction: Annotated[str, Form()],
    output: Annotated[str, Form()],
    input: Annotated[str, Form()] = "",  # noqa: A002 - a field of the form
) -> Response:
    with visit.writing() as session:
        candidate = queue.ratable_candidate(session, visit.project.id, candidate_id, locked=True)
        example = editing.typed_over(candidate, Example(instruction, input, output))
        editing.edit_candidate(session, candidate, example, version=version, actor_id=visit.person.id)
    return _again(visit, candidate_id, "Your change is saved. Now rate it as it is.")


@router.post("/undo/{rating_id}", name="rate.undo")
def undo(visit: Visit, rating_id: int) -> Response:
    """Take one's rating back and show what it was about."""
    with visit.writing() as session, completion_kept(session, visit.membership):
        rating = ratings.rating_of(session, visit.project.id, rating_id, visit.person.id)
        ratings.take_back(session, rating)
        candidate = queue.ratable_candidate(session, visit.project.id, rating.candidate_id, locked=True)
        approval.undo_approval(session, candidate, rating)
        approval.apply_rule(session, candidate.project, candidate)
    return _again(visit, candidate.id, "Your answer is taken back.")


def _onward(visit: Visitor, *, after: int, form: AnswerForm) -> Response:
    """Show the next one: the page takes it in, a browser without scripts is sent there."""
    if not is_htmx(visit.request):
        return visit.redirect("rate.next", project_id=visit.project.id)
    with visit.reading() as session:
        return form.stored(_next_page(visit, session, after=after, held=whole_numbers(form.held)))


def _again(visit: Visitor, candidate_id: int, notice: str) -> Response:
    """Show one as it is now: htmx swaps it in, a browser without it is sent there, where a reload sends nothing."""
    if is_htmx(visit.request):
        return show(visit, candidate_id)
    return visit.redirect("rate.show", project_id=visit.project.id, candidate_id=candidate_id, notice=notice)


def _next_page(visit: Visitor, session: Any, *, after: int = 0, held: Sequence[int] = ()) -> Response:
    rubric = present_rubric(session, visit.project)
    turn = queue.next_turn(
        session,
        visit.project.id,
        visit.person.id,
        after=max((after, *held)),
        held=held,
        asked=visit.membership.asked,
        rubric=rubric,
    )
    return _page(visit, session, turn, rubric)


def _page(visit: Visitor, session: Any, turn: queue.Turn, rubric: Rubric) -> Response:
    candidate, mine = turn.candidate, turn.mine
    is_asked_again = mine is not None and candidate is not None and mine.candidate_version == candidate.version
    return visit.render(
        "rate/show.html",
        block="card" if is_htmx(visit.request) else None,
        candidate=candidate,
        compared=answers_to_compare(session, candidate, rubric, visit.person.id) if candidate else [],
        mine=mine,
        given=mine.answers if mine is not None and is_asked_again and mine.rubric == rubric.name else {},
        newest=turn.newest,
        progress=turn.progress,
        rubric=rubric,
        skip_reasons=ratings.SKIP_REASONS,
        submission=secrets.token_urlsafe(16),
    )
