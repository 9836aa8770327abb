"""What a fault is: something that real servers do, with a name."""

from collections.abc import Callable
from dataclasses import dataclass

import orjson
from starlette.responses import Response

from app.llm.practice.protocol import Body

HEADER = "x-practice-fault"

Answer = Callable[[str, Body], Response]


@dataclass(frozen=True, slots=True)
class Fault:
    """``answer`` gets the name and the right payload, and returns the response.

    ``passes``: whoever asks again soon gets over it. The others end a run or last until a deadline, so they are only
    drawn where they are named.
    """

    name: str
    answer: Answer
    passes: bool = True


def as_json(payload: object, status: int = 200) -> Response:
    """Return a JSON response."""
    return Response(orjson.dumps(payload), status, media_type="application/json")


def marked(name: str, payload: Body) -> Body:
    """Return the payload of an answer whose text arrives: the fault is named beside what was planted."""
    return {**payload, "practice": {**payload["practice"], "fault": name}}


def spoiled(name: str, payload: Body) -> Body:
    """Return the payload of an answer whose text doesn't arrive: nothing that was planted counts."""
    return {**payload, "practice": {"choices": [], "fault": name}}
