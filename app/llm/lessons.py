"""What answers teach of an endpoint's model, kept with the endpoint so that every later call heeds it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.database import lock
from app.llm.dialect import Dialect, dialect_in, word
from app.llm.learning import learn
from app.llm.ledger import Closed
from app.llm.prompt import Prompt
from app.models.events import record
from app.models.generation import CallOutcome, Endpoint, EndpointStyle

# These are asked again once the model is asked otherwise.
_ASKED_AGAIN = frozenset({CallOutcome.BAD_REQUEST, CallOutcome.USED_UP, CallOutcome.EMPTY})
_TEACHES = _ASKED_AGAIN | {CallOutcome.CUT_OFF}


@dataclass(frozen=True, slots=True)
class Learned:
    """``sentences`` say what was learned, empty where nothing was; ``again`` are the calls that are to be made anew."""

    sentences: list[str] = field(default_factory=list)
    again: set[int] = field(default_factory=set)


def heed(session: Session, endpoint_id: int, answers: Mapping[int, tuple[Prompt, Closed]]) -> Learned:
    """Learn from what came back, by call: its prompt, and what its reply meant. Locks the endpoint where it teaches."""
    telling = {
        call_id: each
        for call_id, each in answers.items()
        if each[1].reading.outcome in _TEACHES
        or each[1].reading.is_headless
        or (each[1].reading.is_inline and "stop" in each[1].parameters)
    }
    if not telling:
        return Learned()
    session.flush()
    lock(session, Endpoint, endpoint_id)
    endpoint = session.get_one(Endpoint, endpoint_id, populate_existing=True)
    learned, dialect = Learned(), dialect_in(endpoint.dialect)
    for call_id, (prompt, closed) in telling.items():
        # Whoever was asked in an older way teaches nothing that isn't known.
        if not _is_stale(endpoint, dialect, prompt, closed) and (
            lesson := learn(dialect, closed.parameters, closed.reading)
        ):
            dialect = lesson.dialect
            learned.sentences.append(lesson.sentence)
        if closed.reading.outcome in _ASKED_AGAIN and _is_stale(endpoint, dialect, prompt, closed):
            learned.again.add(call_id)
    if learned.sentences:
        store_dialect(session, endpoint, dialect, learned.sentences)
    return learned


def store_dialect(session: Session, endpoint: Endpoint, dialect: Dialect, sentences: list[str]) -> None:
    """Keep what was learned of the model of an endpoint."""
    endpoint.dialect = dialect.as_json()
    record(
        session,
        "endpoint.learned",
        project_id=endpoint.project_id,
        actor_id=None,
        subject_id=endpoint.id,
        after={"name": endpoint.name, "learned": sentences},
    )


def _is_stale(endpoint: Endpoint, dialect: Dialect, prompt: Prompt, closed: Closed) -> bool:
    """Return whether the call would be made otherwise now."""
    is_chat = endpoint.style is EndpointStyle.CHAT
    return word(dialect, prompt, is_chat=is_chat).parameters != dict(closed.parameters)
