"""Why a run ends or pauses: the state that it comes to and a sentence. None where it goes on."""

from app.carrying import PAUSED, STOPPED
from app.generation.course import Course
from app.models.generation import Endpoint, Run, RunState

# The last of them take five minutes each.
_MOST_HOLDS = 20

Ending = tuple[RunState, str]


def wish_of(run: Run) -> Ending | None:
    """Return how somebody asked a run to end, if they did."""
    if run.cancel_requested_at is not None:
        return RunState.CANCELLED, STOPPED
    return (RunState.PAUSED, PAUSED) if run.pause_requested_at is not None else None


def why_to_end(course: Course, run: Run, endpoint: Endpoint, flying: int, whose_limit: str) -> Ending | None:
    """Return how a run of which ``flying`` calls are under way ends; ``whose_limit`` leaves it least money."""
    failures = course.failures
    if failures.verdict is not None and not course.budget.has_enough:
        return RunState.FAILED, failures.verdict
    if (sentence := course.ending()) is not None:
        return _at_its_end(course, sentence, flying)
    if (wish := wish_of(run)) is not None:
        return wish
    if endpoint.holds and not failures.is_answered:
        return RunState.FAILED, failures.last
    return _why_to_pause(course, endpoint, flying, whose_limit)


def _at_its_end(course: Course, sentence: str, flying: int) -> Ending:
    """A run that kept nothing is not done where its calls failed, or where nothing came of them time after time."""
    if flying or course.budget.kept:
        return RunState.DONE, sentence
    if course.failures.unanswered:
        return RunState.FAILED, f"{sentence} Nothing came of it. {course.failures.unanswered}"
    return RunState.FAILED if course.budget.is_stalled else RunState.DONE, sentence


def _why_to_pause(course: Course, endpoint: Endpoint, flying: int, whose_limit: str) -> Ending | None:
    if endpoint.holds > _MOST_HOLDS:
        return RunState.PAUSED, "The endpoint has not answered for more than an hour. Look at it, then continue."
    if not flying and course.is_broke:
        return RunState.PAUSED, f"The next call could pass the limit of money of {whose_limit}. Raise it to go on."
    return None
