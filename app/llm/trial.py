"""A model tried as a run would use it: what it refuses is learned, and whether it answers in JSON is found out."""

import re
from dataclasses import dataclass, field

import orjson

from app.database import Database
from app.llm import ledger, lessons, money
from app.llm.client import Target, list_models, send
from app.llm.dialect import Dialect, dialect_in, milder_than
from app.llm.endpoint import endpoint_in, target_of
from app.llm.ledger import Asking, Closed, Step
from app.llm.prices import worst_cost
from app.llm.prompt import Prompt, Sampling
from app.llm.reading import USABLE
from app.llm.secrets import Vault
from app.models.generation import CallOutcome, EndpointStyle

DEADLINE = 60.0
# Whatever a pipeline may send is sent, away from its default, so that what the model doesn't take shows.
_SAMPLING = Sampling(
    temperature=0.7, top_p=0.5, max_tokens=64, frequency_penalty=0.1, presence_penalty=0.1, stop=("\n\n", "\n16.")
)
_TEXT = Prompt("Reply with the single word: ready", _SAMPLING)
_JSON = Prompt(
    'Reply with JSON only: an object whose single key "word" has the value "ready".',
    _SAMPLING,
    schema={
        "type": "object",
        "properties": {"word": {"type": "string"}},
        "required": ["word"],
        "additionalProperties": False,
    },
)
_OBJECT = re.compile(r"\{[^{}]*\}")
# Each parameter, both names of the limit, each way of asking for JSON, and room made several times.
_MOST_LESSONS = 16


@dataclass(frozen=True, slots=True)
class Trial:
    """Whether a model works, in words what came of trying it, and what was learned."""

    works: bool
    sentence: str
    learned: tuple[str, ...] = ()


def try_endpoint(database: Database, vault: Vault, project_id: int, endpoint_id: int) -> Trial:
    """Send short prompts and say in words what came of them. The ledger and the limits count them like any other."""
    trying = _Trying(database, vault, project_id, endpoint_id)
    closed = trying.ask(_TEXT)
    if closed is None:
        return Trial(False, trying.no_money, tuple(trying.learned))
    works, sentence = _judge(closed, trying)
    if works and trying.target.style is EndpointStyle.CHAT:
        _try_json(trying)
    return Trial(works, sentence, tuple(trying.learned))


def _judge(closed: Closed, trying: "_Trying") -> tuple[bool, str]:
    reading = closed.reading
    if reading.over:
        return False, reading.over
    if reading.outcome in USABLE:
        answer = (reading.text or "").strip()[:80]
        return True, f"It works: {reading.model or trying.target.model} answered “{answer}”."
    if reading.outcome is CallOutcome.BAD_REQUEST and (names := list_models(trying.target, deadline=DEADLINE)):
        return False, f"{reading.sentence} Models that it has: {', '.join(names[:8])}."
    return False, reading.sentence


def _try_json(trying: "_Trying") -> None:
    """Ask for JSON, more mildly as long as it is answered otherwise: a server may take a parameter and not heed it.

    A call that came to nothing, or couldn't be paid, says nothing of the model.
    """
    while (closed := trying.ask(_JSON)) is not None and closed.reading.outcome in USABLE:
        if _is_word(closed.reading.text or ""):
            trying.change("It answers in JSON where it is asked to.", knows_json=True)
            return
        milder = milder_than(trying.target.dialect.structure)
        if milder is None:
            trying.change(knows_json=False)
            return
        trying.change(structure=milder)


def _is_word(text: str) -> bool:
    """Return whether a text holds the object that was asked for; readers take it fenced and among words, too."""
    found = _OBJECT.search(text)
    try:
        return found is not None and isinstance(orjson.loads(found[0])["word"], str)
    except (orjson.JSONDecodeError, KeyError):
        return False


@dataclass(slots=True)
class _Trying:
    """Calls of one endpoint, each by what those before taught. ``no_money`` says why none was made."""

    database: Database
    vault: Vault
    project_id: int
    endpoint_id: int
    learned: list[str] = field(default_factory=list)
    no_money: str = ""
    target: Target = field(init=False)

    def ask(self, prompt: Prompt) -> Closed | None:
        """Make a call, again after each lesson. None where there is no money for it."""
        closed = None
        for _ in range(_MOST_LESSONS):
            call_id = self._open(prompt)
            if call_id is None:
                break
            closed, learned = self._answer(call_id, prompt)
            self.learned += learned.sentences
            if not learned.again:
                break
        return closed

    def change(self, sentence: str = "", **changes: object) -> None:
        """Keep what was found out, where it is new."""
        with self.database.writing() as session:
            endpoint = endpoint_in(session, self.project_id, self.endpoint_id)
            before = dialect_in(endpoint.dialect)
            after = Dialect.model_validate(before.model_dump() | changes)
            if after != before:
                lessons.store_dialect(session, endpoint, after, [sentence] if sentence else [])
                self.learned += [sentence] if sentence else []
            self.target = target_of(endpoint, self.vault)

    def _open(self, prompt: Prompt) -> int | None:
        with self.database.writing() as session:
            endpoint = endpoint_in(session, self.project_id, self.endpoint_id)
            self.target = target_of(endpoint, self.vault)
            left, whose = money.left(session, self.project_id)
            if left is not None and worst_cost(prompt, endpoint) > left:
                self.no_money = f"This call could pass the limit of money of {whose}. Raise it to try the model."
                return None
            (call_id,) = ledger.open_calls(session, endpoint, None, [Asking(Step(0, -1, "try"), 1, prompt)])
            return call_id

    def _answer(self, call_id: int, prompt: Prompt) -> tuple[Closed, lessons.Learned]:
        reply = send(self.target, prompt, deadline=DEADLINE)
        with self.database.writing() as session:
            ledger.store_replies(session, {call_id: reply})
        with self.database.writing() as session:
            endpoint = endpoint_in(session, self.project_id, self.endpoint_id)
            closed = ledger.close_calls(session, endpoint, {call_id: reply})[call_id]
            return closed, lessons.heed(session, self.endpoint_id, {call_id: (prompt, closed)})
