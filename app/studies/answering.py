"""Answers in a study: saved, skipped, taken back, and what follows from them for the study."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, aliased, joinedload

from app.database import lock
from app.errors import Conflict, NotFound
from app.examples import Example
from app.models.base import now
from app.models.candidates import Candidate, CandidateVersion, Rating
from app.models.comparisons import Alternative
from app.models.studies import Assignment, AssignmentState, GivingOut, Study, StudyItem, StudyState
from app.rating import ratings
from app.rating.compared import answers_by_lot
from app.rating.ratings import RatingForm
from app.rating.rubric import Rubric
from app.studies.queue import count_given
from app.studies.studying import rubric_of
from app.studies.tie_breaks import want_one_more
from app.text import clean


@dataclass(frozen=True, slots=True)
class Turn:
    """What an annotator has before them in a study.

    An assignment or, where there is nothing for them, none; the example as it was drawn, with the answers to it that
    are judged, from left to right, none where it is the example itself; their counting rating of it; what they answered
    last; how much they have done, and have left, None where that depends on others; and what they are asked.
    """

    assignment: Assignment | None
    example: Example | None
    answers: Sequence[Alternative]
    mine: Rating | None
    newest: Assignment | None
    done: int
    left: int | None
    rubric: Rubric

    @property
    def compared(self) -> Sequence[Alternative]:
        """The answers that are shown side by side, none where there is only one to judge."""
        return self.answers if len(self.answers) > 1 else ()


def assignment_of(
    session: Session, project_id: int, study_id: int, assignment_id: int, annotator_id: int, *, locked: bool = False
) -> Assignment:
    """Return one's own assignment with its item and candidate, or raise NotFound.

    ``locked``: other answers on the same example wait until this transaction ends.
    """
    if locked:
        item_id = select(Assignment.study_item_id).where(Assignment.id == assignment_id).scalar_subquery()
        lock(session, StudyItem, item_id)
    whose = {"project": project_id, "study": study_id, "assignment": assignment_id, "annotator": annotator_id}
    if (found := session.scalars(_WITH_TOUCHED, whose).unique().one_or_none()) is None:
        raise NotFound("There is no such example of yours in this study.")
    return found


def turn_at(session: Session, study: Study, assignment: Assignment | None, annotator_id: int) -> Turn:
    """Return an annotator's turn at one assignment, or at none."""
    whose = {"study": study.id, "annotator": annotator_id}
    newest, done, left = session.execute(_STANDING, whose).one()
    is_answered = assignment is not None and assignment.state is not AssignmentState.OPEN
    mine = _counting(session, assignment.id) if assignment is not None and is_answered else None
    theirs = left if study.giving_out is GivingOut.FIXED else None
    if assignment is None:
        return Turn(None, None, (), None, newest, done, theirs, rubric_of(session, study))
    answers = _judged(session, assignment)
    example = example_of(session, assignment.item, answers)
    return Turn(assignment, example, answers, mine, newest, done, theirs, _rubric_for(session, study, assignment))


def example_of(session: Session, item: StudyItem, answers: Sequence[Alternative] = ()) -> Example:
    """Return the example of an item as it was drawn, whatever became of the candidate since.

    Of ``answers`` that are judged, a single one stands in the place of its output.
    """
    candidate: Candidate | CandidateVersion = item.candidate
    if candidate.version != item.candidate_version:
        candidate = session.scalars(
            select(CandidateVersion).where(
                CandidateVersion.candidate_id == item.candidate_id, CandidateVersion.version == item.candidate_version
            )
        ).one()
    output = answers[0].output if len(answers) == 1 else candidate.output
    return Example(candidate.instruction, candidate.input, output)


def answer_before(session: Session, study_id: int, annotator_id: int, assignment_id: int | None) -> Assignment | None:
    """Return what the annotator answered before ``assignment_id`` in a study (None: what they answered last)."""
    mine = select(Assignment).where(
        Assignment.study_id == study_id,
        Assignment.annotator_id == annotator_id,
        Assignment.done_at.is_not(None),
        Assignment.state != AssignmentState.OPEN,
    )
    if assignment_id is not None and (present := session.get(Assignment, assignment_id)) and present.done_at:
        mine = mine.where(Assignment.done_at < present.done_at)
    return session.scalars(mine.order_by(Assignment.done_at.desc(), Assignment.id.desc()).limit(1)).first()


def answer(session: Session, study: Study, assignment: Assignment, form: RatingForm) -> Rating:
    """Store an annotator's answers on a locked assignment; what was given to others meanwhile is taken all the same.

    A skip gives the example to others. Raises Conflict where the study is closed, unless this very answer was stored
    before, and as ``ratings.submit`` does.
    """
    if study.state is not StudyState.OPEN and (stored := _sent_before(session, assignment, form)) is not None:
        return stored
    _check_open(study)
    item, was = assignment.item, assignment.state
    rubric = _rubric_for(session, study, assignment)
    form = replace(form, shown=tuple(each.id for each in _judged(session, assignment)))
    rating = ratings.submit(session, item.candidate, rubric, form, assignment.annotator_id, assignment)
    if rating.assignment_id != assignment.id or rating.replaced_at is not None:
        return rating  # an old answer that was sent once more
    if assignment.asked is not None:
        rating.all_valid = None  # some questions tell nothing about all
    state = AssignmentState.RELEASED if rating.skipped else AssignmentState.DONE
    is_fresh = was is AssignmentState.OPEN or assignment.done_at is None
    assignment.state, assignment.done_at = state, now() if is_fresh else assignment.done_at
    count_given(session, item, assignment.number, by=_counted(state) - _counted(was))
    session.flush()
    want_one_more(session, study, item)
    return rating


def take_back(session: Session, study: Study, assignment: Assignment) -> None:
    """Undo an answer: it stays stored but no longer counts, and the example lies open again."""
    _check_open(study)
    rating = _counting(session, assignment.id)
    if rating is None:
        return
    ratings.take_back(session, rating)
    was, assignment.state, assignment.given_at = assignment.state, AssignmentState.OPEN, now()
    count_given(session, assignment.item, assignment.number, by=1 - _counted(was))


def _rubric_for(session: Session, study: Study, assignment: Assignment) -> Rubric:
    rubric = rubric_of(session, study)
    return rubric if assignment.asked is None else rubric.only(assignment.asked)


def _judged(session: Session, assignment: Assignment) -> list[Alternative]:
    """The answers that are judged, from left to right. No page names them: their numbers would tell whose they are.

    A silent repeat has sides of its own, so whoever always takes the left one isn't steady.
    """
    return answers_by_lot(session, assignment.item.answers, assignment.id)


def _counting(session: Session, assignment_id: int) -> Rating | None:
    return session.scalars(_COUNTING, {"assignment": assignment_id}).one_or_none()


def _sent_before(session: Session, assignment: Assignment, form: RatingForm) -> Rating | None:
    same = (Rating.assignment_id == assignment.id, Rating.submission == clean(form.submission, "submission"))
    return session.scalars(select(Rating).where(*same)).one_or_none()


def _counted(state: AssignmentState) -> int:
    return 0 if state is AssignmentState.RELEASED else 1


def _check_open(study: Study) -> None:
    if study.state is not StudyState.OPEN:
        raise Conflict("This study is closed: nothing of it changes any more. Thank you for your work!")


# The queries are made once: they are asked after every answer, and making one takes longer than asking it.
_is_theirs = (Assignment.study_id == bindparam("study"), Assignment.annotator_id == bindparam("annotator"))
_candidate = joinedload(Assignment.item).joinedload(StudyItem.candidate)
_WITH_TOUCHED = (
    select(Assignment)
    .where(*_is_theirs, Assignment.id == bindparam("assignment"), Assignment.project_id == bindparam("project"))
    .options(_candidate.joinedload(Candidate.ratings), _candidate.joinedload(Candidate.project))
    .execution_options(populate_existing=True)
)
_counts = (
    select(
        func.count().filter(Assignment.state == AssignmentState.DONE).label("done"),
        func.count().filter(Assignment.state == AssignmentState.OPEN).label("open"),
    )
    .where(*_is_theirs)
    .subquery()
)
_newest = (
    select(Assignment.id)
    .where(*_is_theirs, Assignment.done_at.is_not(None), Assignment.state != AssignmentState.OPEN)
    .order_by(Assignment.done_at.desc(), Assignment.id.desc())
    .limit(1)
    .scalar_subquery()
)
_answered = aliased(Assignment)
_STANDING = select(_answered, _counts).select_from(_counts).outerjoin(_answered, _answered.id == _newest)
_COUNTING = select(Rating).where(Rating.assignment_id == bindparam("assignment"), Rating.replaced_at.is_(None))
